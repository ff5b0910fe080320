//! States that stay although a date was reached.
//!
//! A passage of time that is held leaves people's rows as they are: the row's interval loses its
//! end and the row says which date is held, so a scan reads it as any other and decides for the
//! instant before that date. What is kept here says which date did not take effect and until when, so that a decision of the past can be derived again
//! from the facts. The first fact that is recorded about somebody, or withdrawn, ends it for that
//! person: evidence is never held.

use std::collections::HashMap;

use gridpass_rules::{Colour, Derived, Fact, derive};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{counted_at, just_before};
use super::store::{self, held as held_store};
use crate::app::App;
use crate::db::Client;
use crate::http::error::ApiResult;
use crate::rules::Scopes;

pub use super::store::held::{Due, DueCount, Window};

/// People whose dates are looked at together.
const PEOPLE_CHUNK: usize = 1000;

/// A time during which a state stayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldState {
    /// The hold.
    pub hold_id: i64,
    /// The date that would have changed the state, and from when on the old one stays.
    pub from_at: Timestamp,
    /// The source whose silence is held; absent when too many would change at once.
    pub source: Option<String>,
    /// Until when it stayed; absent while it stays.
    pub until_at: Option<Timestamp>,
}

impl HeldState {
    fn holds_at(&self, at: Timestamp) -> bool {
        self.from_at <= at && self.until_at.is_none_or(|until| at < until)
    }
}

/// What is known about a person: evidence, and when a date did not take effect.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The facts, retracted ones too.
    pub facts: Vec<Fact>,
    /// When a state stayed.
    pub held: Vec<HeldState>,
}

impl Known {
    /// What held at an instant, if anything did.
    pub fn held_at(&self, at: Timestamp) -> Option<&HeldState> {
        self.held.iter().find(|held| held.holds_at(at))
    }

    /// What the facts added up to at an instant, as it counted then: where a date did not take
    /// effect, the state just before it.
    pub fn derive(&self, at: Timestamp) -> Derived {
        let mut derived = derive(&self.facts, self.counted_at(at));
        if let Some(held) = self.held_at(at) {
            derived.valid_until = held.until_at;
        }
        derived
    }

    /// The instant whose dates count at `at`: that one, or the one just before a date that is held.
    pub fn counted_at(&self, at: Timestamp) -> Timestamp {
        counted_at(self.held_at(at).map(|held| held.from_at), at)
    }
}

/// What is known about people; everybody asked for is in it.
///
/// # Errors
/// When the database does not answer.
pub async fn load_known(db: &Client, people: &[i64]) -> ApiResult<HashMap<i64, Known>> {
    let (facts, mut held) = tokio::try_join!(
        store::list_facts(db, people),
        held_store::list_held(db, people)
    )?;
    let mut known: HashMap<i64, Known> = people.iter().map(|id| (*id, Known::default())).collect();
    for (id, facts) in facts {
        known.entry(id).or_default().facts = facts;
    }
    for (id, held) in held.drain() {
        known.entry(id).or_default().held = held;
    }
    Ok(known)
}

/// How many people have a date within a window, by community and hour; dates that are over count
/// in the hour of now, because they would take effect now.
///
/// # Errors
/// When the database does not answer.
pub async fn count_due(db: &Client, window: Window) -> ApiResult<Vec<DueCount>> {
    Ok(held_store::count_due(db, window).await?)
}

/// People of a community with a date within a window, but for those whom somebody let through.
///
/// # Errors
/// When the database does not answer.
pub async fn list_due(
    db: &Client,
    community: &str,
    (window, changed_since): (Window, Timestamp),
) -> ApiResult<Vec<Due>> {
    Ok(held_store::list_due(db, community, (window, changed_since)).await?)
}

/// People with a date within a window who have a fact of one of these sources.
///
/// # Errors
/// When the database does not answer.
pub async fn list_due_of(db: &Client, source: &str, window: Window) -> ApiResult<Vec<Due>> {
    Ok(held_store::list_due_of(db, source, window).await?)
}

/// Those of them whose colour their date would change.
///
/// # Errors
/// When the database does not answer.
pub async fn would_flip(db: &Client, rules: &Scopes, due: Vec<Due>) -> ApiResult<Vec<Due>> {
    let mut flips = Vec::new();
    for chunk in due.chunks(PEOPLE_CHUNK) {
        let people: Vec<i64> = chunk.iter().map(|due| due.person_id.get()).collect();
        let facts = store::list_facts(db, &people).await?;
        flips.extend(
            chunk
                .iter()
                .filter(|due| {
                    let facts = facts
                        .get(&due.person_id.get())
                        .map_or(&[][..], Vec::as_slice);
                    colour_at(rules, due, (facts, due.valid_until)) != due.colour
                })
                .cloned(),
        );
    }
    Ok(flips)
}

/// Those of them whose colour their date would change only because of what a source said: without
/// its facts nothing would change at that instant.
///
/// # Errors
/// When the database does not answer.
pub async fn would_flip_by(
    db: &Client,
    rules: &Scopes,
    (source, due): (&str, Vec<Due>),
) -> ApiResult<Vec<Due>> {
    let mut flips = Vec::new();
    for chunk in due.chunks(PEOPLE_CHUNK) {
        let people: Vec<i64> = chunk.iter().map(|due| due.person_id.get()).collect();
        let facts = store::list_facts(db, &people).await?;
        let said = held_store::list_said(db, source, &people).await?;
        flips.extend(
            chunk
                .iter()
                .filter(|due| {
                    let facts = facts
                        .get(&due.person_id.get())
                        .map_or(&[][..], Vec::as_slice);
                    let others: Vec<Fact> = facts
                        .iter()
                        .filter(|fact| !said.contains(&fact.id.get()))
                        .cloned()
                        .collect();
                    let without = |at| colour_at(rules, due, (&others, at));
                    colour_at(rules, due, (facts, due.valid_until)) != due.colour
                        && without(due.valid_until) == without(just_before(due.valid_until))
                })
                .cloned(),
        );
    }
    Ok(flips)
}

fn colour_at(rules: &Scopes, due: &Due, (facts, at): (&[Fact], Timestamp)) -> Colour {
    let state = derive(facts, at).state;
    rules.at(&due.place_code).decide_colour(&state, at).colour
}

/// Lets the states of people stay as they are when their date comes. Whose row somebody else
/// has locked, or whose date is another by now, is left out; gives how many stay.
///
/// # Errors
/// When the database does not answer.
pub async fn hold_states(tx: &Client, hold: (i64, Option<&str>), due: &[Due]) -> ApiResult<i64> {
    let mut held = 0;
    for chunk in due.chunks(PEOPLE_CHUNK) {
        held += held_store::hold(tx, hold, chunk).await?;
    }
    Ok(held)
}

/// Gives the people of a hold their dates back: with `let_through` they take effect, else they
/// are looked at like any other. One statement, so it counts from the next scan on.
///
/// # Errors
/// When the database does not answer.
pub async fn end_hold(tx: &Client, app: &App, hold_id: i64, let_through: bool) -> ApiResult<i64> {
    Ok(held_store::end_hold(tx, (hold_id, app.now()), let_through).await?)
}

/// How many people of holds are held now.
///
/// # Errors
/// When the database does not answer.
pub async fn count_held(db: &Client, holds: &[i64]) -> ApiResult<HashMap<i64, i64>> {
    Ok(held_store::count_held(db, holds).await?)
}

/// Colours that passing time has changed already, by community in an hour.
///
/// # Errors
/// When the database does not answer.
pub async fn passed_flips(db: &Client, hour: Timestamp) -> ApiResult<HashMap<String, i64>> {
    Ok(held_store::list_passed(db, hour).await?)
}

/// Takes the counts of hours long gone away.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_passed(db: &Client, before: Timestamp) -> ApiResult<()> {
    Ok(held_store::delete_passed(db, before).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridpass_rules::FactBody;
    use gridpass_rules::words::Contact;
    use gridpass_types::ids::FactId;

    fn ts(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn known(until_at: Option<Timestamp>) -> Known {
        let body = serde_json::json!({ "kind": "contact", "level": "close", "last_exposed": "2020-03-01" });
        let body: FactBody = serde_json::from_value(body).unwrap();
        Known {
            facts: vec![Fact {
                id: FactId::new(1),
                recorded_at: ts("2020-03-02T08:00:00+08:00"),
                retracted_at: None,
                body,
            }],
            held: vec![HeldState {
                hold_id: 7,
                from_at: ts("2020-03-15T00:00:00+08:00"),
                source: None,
                until_at,
            }],
        }
    }

    #[test]
    fn a_held_date_leaves_the_state_before_it() {
        let contact = |known: &Known, at| known.derive(ts(at)).state.contact;
        let open = known(None);
        assert_eq!(contact(&open, "2020-03-14T23:59:59+08:00"), Contact::Close);
        assert_eq!(contact(&open, "2020-03-20T00:00:00+08:00"), Contact::Close);
        assert_eq!(
            open.derive(ts("2020-03-20T00:00:00+08:00")).valid_until,
            None
        );
        let ended = known(Some(ts("2020-03-16T09:00:00+08:00")));
        assert_eq!(contact(&ended, "2020-03-16T08:59:59+08:00"), Contact::Close);
        assert_eq!(contact(&ended, "2020-03-16T09:00:00+08:00"), Contact::None);
        let never = known(Some(ts("2020-03-14T09:00:00+08:00")));
        assert_eq!(contact(&never, "2020-03-15T00:00:00+08:00"), Contact::None);
    }
}
