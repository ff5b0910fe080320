//! Which version is in force where, kept in memory and compared by epoch.
//!
//! A version may be in force in named divisions only; of those that fit a place the longest
//! code decides. What a node holds is exact for one epoch, which callers read inside their own
//! transaction: a change counts from the next scan on, on every node.

use std::sync::{Arc, RwLock};

use gridpass_rules::{Catalogue, RuleSet};
use gridpass_types::ids::RuleSetVersion;

use super::{compile, store};
use crate::catalogue;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};

/// Both tables that decide about a scan: the colour follows where the person counts, the
/// action where the gate stands.
#[derive(Clone, Copy, Debug)]
pub struct Deciding<'t> {
    /// Whose colour table counts.
    pub person: &'t RuleSet,
    /// Whose gate table counts.
    pub gate: &'t RuleSet,
}

/// What is in force in every place, as of one epoch.
#[derive(Debug)]
pub struct Scopes {
    epoch: i64,
    whole: Arc<RuleSet>,
    /// Divisions with a version of their own, longest code first.
    parts: Vec<(String, Arc<RuleSet>)>,
}

impl Scopes {
    /// The rule set in force at a place: a division code of any length. Allocates nothing.
    pub fn at(&self, place_code: &str) -> &Arc<RuleSet> {
        let fits = |(prefix, _): &&(String, Arc<RuleSet>)| place_code.starts_with(prefix.as_str());
        self.parts
            .iter()
            .find(fits)
            .map_or(&self.whole, |(_, rules)| rules)
    }

    /// What decides about somebody who counts at one place and stands at a gate in another.
    pub fn deciding(&self, person_place: &str, gate_place: &str) -> Deciding<'_> {
        Deciding {
            person: self.at(person_place),
            gate: self.at(gate_place),
        }
    }

    /// The rule set in force wherever no division has one of its own.
    pub fn whole(&self) -> &Arc<RuleSet> {
        &self.whole
    }

    /// Divisions with a version of their own, longest code first.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &Arc<RuleSet>)> {
        self.parts
            .iter()
            .map(|(prefix, rules)| (prefix.as_str(), rules))
    }

    /// Every rule set that is in force somewhere; one may come twice.
    pub fn all(&self) -> impl Iterator<Item = &Arc<RuleSet>> {
        let parts = self.parts.iter().map(|(_, rules)| rules);
        std::iter::once(&self.whole).chain(parts)
    }

    /// How often what is in force had changed.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    fn find(&self, version: RuleSetVersion) -> Option<&Arc<RuleSet>> {
        self.all().find(|rules| rules.version == version)
    }
}

/// What is in force, as far as this node has seen.
#[derive(Default)]
pub struct InForce(RwLock<Option<Arc<Scopes>>>);

impl InForce {
    /// What is in force as the caller's transaction sees it; read anew when the epoch has
    /// changed.
    ///
    /// # Errors
    /// When the database does not answer, or no rule set was ever put into force.
    pub async fn current(&self, db: &Client) -> ApiResult<Arc<Scopes>> {
        let epoch = store::epoch(db).await?;
        if let Some(scopes) = self.cached(epoch) {
            return Ok(scopes);
        }
        let (epoch, rows) = store::list_in_force(db).await?;
        let catalogue = catalogue::approved(db).await?;
        let scopes = Arc::new(self.read(epoch, &rows, &catalogue)?);
        self.keep(&scopes);
        Ok(scopes)
    }

    /// What was in force as of an epoch that the caller has read in its own transaction;
    /// `None` when this node holds another, and the caller asks [`InForce::current`].
    pub fn cached(&self, epoch: i64) -> Option<Arc<Scopes>> {
        self.held().filter(|scopes| scopes.epoch == epoch)
    }

    fn held(&self) -> Option<Arc<Scopes>> {
        let held = self.0.read();
        held.expect("nothing panics while it holds this").clone()
    }

    /// Compiles what was read; a version never changes, so what is compiled already stays.
    fn read(
        &self,
        epoch: i64,
        rows: &[(String, store::Tables)],
        catalogue: &Catalogue,
    ) -> ApiResult<Scopes> {
        let held = self.held();
        let mut whole = None;
        let mut parts: Vec<(String, Arc<RuleSet>)> = Vec::new();
        for (prefix, tables) in rows {
            let version = tables.version;
            let known = held.as_ref().and_then(|scopes| scopes.find(version));
            let known = known.or_else(|| {
                let compiled = parts.iter().map(|(_, rules)| rules).chain(&whole);
                compiled.into_iter().find(|rules| rules.version == version)
            });
            let rules = match known {
                Some(rules) => rules.clone(),
                None => Arc::new(compile(tables, catalogue)?),
            };
            if prefix.is_empty() {
                whole = Some(rules);
            } else {
                parts.push((prefix.clone(), rules));
            }
        }
        parts.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Ok(Scopes {
            epoch,
            whole: whole.ok_or_else(|| ApiError::new(Code::RuleSetUnknown))?,
            parts,
        })
    }

    /// Keeps the newer of what is held and what was read.
    fn keep(&self, scopes: &Arc<Scopes>) {
        let mut held = self.0.write().expect("nothing panics while it holds this");
        if held.as_ref().is_none_or(|held| held.epoch < scopes.epoch) {
            *held = Some(scopes.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use gridpass_rules::default_rule_set;

    use super::*;

    fn rules(version: i32) -> Arc<RuleSet> {
        let mut rules = default_rule_set();
        rules.version = RuleSetVersion::new(version);
        Arc::new(rules)
    }

    #[test]
    fn the_longest_code_that_fits_decides() {
        let scopes = Scopes {
            epoch: 1,
            whole: rules(1),
            parts: vec![
                ("440310001002".to_owned(), rules(3)),
                ("440310001".to_owned(), rules(2)),
            ],
        };
        let at = |place| scopes.at(place).version.get();
        assert_eq!(at("440310001002005"), 3);
        assert_eq!(at("440310001003001"), 2);
        assert_eq!(at("440310002001001"), 1);
        assert_eq!(at("440310000000000"), 1);
        let both = scopes.deciding("440310001002005", "440310002001001");
        assert_eq!((both.person.version.get(), both.gate.version.get()), (3, 1));
        assert_eq!(scopes.all().count(), 3);
    }
}
