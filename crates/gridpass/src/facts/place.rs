//! Where a person counts.
//!
//! A resident counts in the grid of the home if that grid lies in the enclosure's
//! community, else in the community's "grid unknown" (`000`). Who has no residence counts
//! at the home grid if one is known; who moved away, and who has neither, counts in the
//! district's "unknown". So the place is a function of the facts, the home grid and the
//! enclosure, and can be computed anew at any time.

use std::collections::HashMap;

use gridpass_rules::words::Residence;

use super::model::StateRow;
use super::store;
use crate::db::Client;

/// Digits of a leaf code.
const LEAF_DIGITS: usize = 15;

/// What places depend on besides the state.
pub(super) struct Places {
    nowhere: String,
    homes: HashMap<i64, String>,
    communities: HashMap<i64, String>,
}

impl Places {
    /// Loads the homes of people and the communities of enclosures.
    pub async fn load(
        db: &Client,
        district: &str,
        people: &[i64],
        enclosures: Vec<i64>,
    ) -> Result<Self, tokio_postgres::Error> {
        let mut places = Self::with_homes(district, HashMap::new());
        let (homes, communities) = tokio::try_join!(
            store::list_home_grids(db, people),
            communities(db, enclosures)
        )?;
        places.homes = homes;
        places.communities = communities;
        Ok(places)
    }

    /// For homes that are known already; no community is known yet.
    pub fn with_homes(district: &str, homes: HashMap<i64, String>) -> Self {
        Self {
            nowhere: leaf(district),
            homes,
            communities: HashMap::new(),
        }
    }

    /// Loads communities not known yet.
    pub async fn also_know(
        &mut self,
        db: &Client,
        mut enclosures: Vec<i64>,
    ) -> Result<(), tokio_postgres::Error> {
        enclosures.retain(|id| !self.communities.contains_key(id));
        self.communities.extend(communities(db, enclosures).await?);
        Ok(())
    }

    /// Where the person of this row counts.
    pub fn of(&self, row: &StateRow) -> String {
        let home = self.homes.get(&row.person_id.get());
        let community = row
            .state
            .enclosure
            .and_then(|id| self.communities.get(&id.get()));
        match (row.state.residence, community) {
            (Residence::Away, _) => self.nowhere.clone(),
            (Residence::Declared | Residence::Verified, Some(community)) => home
                .filter(|grid| grid.starts_with(community.as_str()))
                .cloned()
                .unwrap_or_else(|| leaf(community)),
            (_, _) => home.cloned().unwrap_or_else(|| self.nowhere.clone()),
        }
    }
}

/// Communities of enclosures; asks nothing when there are none.
async fn communities(
    db: &Client,
    mut enclosures: Vec<i64>,
) -> Result<HashMap<i64, String>, tokio_postgres::Error> {
    enclosures.sort_unstable();
    enclosures.dedup();
    if enclosures.is_empty() {
        return Ok(HashMap::new());
    }
    store::list_communities(db, &enclosures).await
}

/// The leaf code that stands for "somewhere in this division".
pub(super) fn leaf(division: &str) -> String {
    format!("{division:0<LEAF_DIGITS$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridpass_rules::{Colour, State};
    use gridpass_types::ids::{EnclosureId, PassSerial, PersonId, RuleSetVersion};
    use jiff::Timestamp;

    fn row(residence: Residence, enclosure: Option<i64>) -> StateRow {
        StateRow {
            person_id: PersonId::new(1),
            pass_serial: PassSerial::new(1),
            place_code: String::new(),
            state: State {
                residence,
                enclosure: enclosure.map(EnclosureId::new),
                ..State::EMPTY
            },
            valid_from: Timestamp::UNIX_EPOCH,
            valid_until: None,
            colour: Colour::Yellow,
            rule_id: "A15".into(),
            rule_set_version: RuleSetVersion::new(1),
            changed_at: Timestamp::UNIX_EPOCH,
            held_from: None,
        }
    }

    fn places(home: Option<&str>) -> Places {
        Places {
            nowhere: leaf("440310"),
            homes: home.map(|grid| (1, grid.to_owned())).into_iter().collect(),
            communities: HashMap::from([(7, "440310001002".to_owned())]),
        }
    }

    #[test]
    fn residents_count_in_their_community() {
        let inside = places(Some("440310001002005"));
        assert_eq!(
            inside.of(&row(Residence::Verified, Some(7))),
            "440310001002005"
        );
        let outside = places(Some("440310001003001"));
        assert_eq!(
            outside.of(&row(Residence::Declared, Some(7))),
            "440310001002000"
        );
        let unknown = places(None);
        assert_eq!(
            unknown.of(&row(Residence::Verified, Some(7))),
            "440310001002000"
        );
    }

    #[test]
    fn others_count_at_home_or_nowhere() {
        let home = places(Some("440310001003001"));
        assert_eq!(home.of(&row(Residence::None, None)), "440310001003001");
        assert_eq!(home.of(&row(Residence::Away, Some(7))), "440310000000000");
        assert_eq!(
            places(None).of(&row(Residence::None, None)),
            "440310000000000"
        );
    }
}
