//! The colours a person has had: when, from what to what, and why.
//!
//! Nothing of it is stored. It is replayed from the facts, each with the time it was recorded
//! and withdrawn, and from what rules were in force where the person counted. What is replayed
//! is bounded; of a longer history the end is told.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use gridpass_rules::{Colour, Derived, Fact, FactBody, Reason, RuleSet, derive};
use gridpass_types::ids::{PersonId, RuleSetVersion};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::decision::ColourDecision;
use super::model::StateRow;
use super::place::Places;
use super::store;
use crate::app::App;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::rules;

/// Instants at which somebody's state can have changed, at most.
const INSTANTS_MAX: usize = 4000;
/// Of these, decided anew.
const DECISIONS_MAX: usize = 400;
/// Spans told, the newest.
pub const SPANS_MAX: usize = 60;

/// What made a colour change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeCause {
    /// The first colour.
    First,
    /// Evidence was recorded or withdrawn.
    Evidence,
    /// A term ended.
    Time,
    /// The rules changed.
    Rules,
}

/// A time during which a pass had one colour for one reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ColourSpan {
    /// From when.
    pub from: Timestamp,
    /// Until when; absent for the colour of now.
    pub until: Option<Timestamp>,
    /// The colour before; absent for the first that is told.
    pub before: Option<Colour>,
    /// The colour.
    pub colour: Colour,
    /// Why, from the closed list.
    pub reason: Reason,
    /// What made it change.
    pub cause: ChangeCause,
    /// What the person read, in Chinese.
    pub message_zh: String,
    /// What the person read, in English.
    pub message_en: String,
    /// Row of the colour table.
    pub rule: String,
    /// Version of the table.
    pub rule_set_version: RuleSetVersion,
}

/// An instant from which on a state held.
struct Turn {
    at: Timestamp,
    derived: Derived,
    cause: ChangeCause,
}

/// The colours of a person since `since`, newest first.
///
/// # Errors
/// [`Code::PersonUnknown`], or when the database does not answer.
pub async fn history(
    db: &Client,
    app: &App,
    person_id: PersonId,
    since: Timestamp,
) -> ApiResult<Vec<ColourSpan>> {
    let id = person_id.get();
    let mut facts = store::list_facts(db, &[id]).await?;
    let facts = facts.remove(&id).unwrap_or_default();
    let row = store::list_states(db, &[id]).await?.pop();
    let row = row.ok_or(Code::PersonUnknown)?;
    let first = facts.iter().map(|fact| fact.recorded_at).min();
    let since = first.map_or(since, |first| first.min(since));
    let now = app.now();
    let activations = rules::activations(db, (since, now)).await?;
    let mut turns = turns(&facts, (since, now), &activations);
    turns.drain(..turns.len().saturating_sub(DECISIONS_MAX));
    let enclosures = facts.iter().filter_map(enclosure).collect();
    let places = Places::load(db, &app.settings.district, &[id], enclosures).await?;
    let mut decided = Decided {
        db,
        app,
        places,
        row,
        activations: &activations,
        rules: HashMap::new(),
    };
    let mut spans: Vec<ColourSpan> = Vec::new();
    for turn in turns {
        let decision = decided.at(&turn).await?;
        push(&mut spans, (turn.at, turn.cause), decision);
    }
    spans.reverse();
    spans.truncate(SPANS_MAX);
    Ok(spans)
}

fn enclosure(fact: &Fact) -> Option<i64> {
    match &fact.body {
        FactBody::Residence { enclosure, .. } => Some(enclosure.get()),
        _ => None,
    }
}

/// Every instant from which on state or rules may have been others, oldest first.
fn turns(
    facts: &[Fact],
    (since, now): (Timestamp, Timestamp),
    activations: &[Timestamp],
) -> Vec<Turn> {
    let evidence: BTreeSet<Timestamp> = facts
        .iter()
        .flat_map(|fact| std::iter::once(fact.recorded_at).chain(fact.retracted_at))
        .collect();
    let mut turns = Vec::new();
    let mut at = since;
    let mut cause = ChangeCause::First;
    while turns.len() < INSTANTS_MAX {
        let derived = derive(facts, at);
        let term = derived.valid_until.filter(|until| *until > at);
        let later = (std::ops::Bound::Excluded(at), std::ops::Bound::Unbounded);
        let recorded = evidence.range(later).next().copied();
        let rules = activations.iter().find(|started| **started > at).copied();
        turns.push(Turn { at, derived, cause });
        let next = [
            (recorded, ChangeCause::Evidence),
            (rules, ChangeCause::Rules),
            (term, ChangeCause::Time),
        ];
        let next = next
            .into_iter()
            .filter_map(|(at, cause)| at.map(|at| (at, cause)))
            .min_by_key(|(at, _)| *at);
        match next {
            Some((next, why)) if next <= now => (at, cause) = (next, why),
            _ => break,
        }
    }
    turns
}

/// Decides states by the rules of their time and place; a version is asked for once.
struct Decided<'a> {
    db: &'a Client,
    app: &'a App,
    places: Places,
    row: StateRow,
    activations: &'a [Timestamp],
    rules: HashMap<(String, usize), Arc<RuleSet>>,
}

impl Decided<'_> {
    async fn at(&mut self, turn: &Turn) -> ApiResult<ColourDecision> {
        self.row.hold(turn.derived.clone());
        let place = self.places.of(&self.row);
        let era = self.activations.partition_point(|at| *at <= turn.at);
        let key = (place, era);
        let rules = match self.rules.get(&key) {
            Some(rules) => rules.clone(),
            None => {
                let rules = rules::in_force_at(self.db, self.app, (&key.0, turn.at)).await?;
                self.rules.insert(key, rules.clone());
                rules
            }
        };
        Ok(ColourDecision::of(&rules, &turn.derived.state))
    }
}

/// Adds a decision, or nothing when it is what held already.
fn push(
    spans: &mut Vec<ColourSpan>,
    (from, cause): (Timestamp, ChangeCause),
    decision: ColourDecision,
) {
    let before = match spans.last_mut() {
        Some(last) if last.colour == decision.colour && last.reason == decision.reason => return,
        Some(last) => {
            last.until = Some(from);
            Some(last.colour)
        }
        None => None,
    };
    spans.push(ColourSpan {
        from,
        until: None,
        before,
        colour: decision.colour,
        reason: decision.reason,
        cause,
        message_zh: decision.message_zh,
        message_en: decision.message_en,
        rule: decision.rule,
        rule_set_version: decision.rule_set_version,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridpass_types::ids::FactId;

    #[test]
    fn every_turn_is_found_with_its_cause() {
        let fact = Fact {
            id: FactId::new(1),
            recorded_at: "2020-03-02T00:00:00Z".parse().unwrap(),
            retracted_at: Some("2020-03-04T00:00:00Z".parse().unwrap()),
            body: serde_json::from_str(
                r#"{"kind":"contact","level":"close","last_exposed":"2020-02-18"}"#,
            )
            .unwrap(),
        };
        let span = (
            "2020-03-01T00:00:00Z".parse().unwrap(),
            "2020-03-06T00:00:00Z".parse().unwrap(),
        );
        let rules = ["2020-03-05T00:00:00Z".parse().unwrap()];
        let found: Vec<ChangeCause> = turns(&[fact], span, &rules)
            .into_iter()
            .map(|turn| turn.cause)
            .collect();
        // The contact's 14 days end on 3 March in Shenzhen, before it is withdrawn.
        assert_eq!(
            found,
            [
                ChangeCause::First,
                ChangeCause::Evidence,
                ChangeCause::Time,
                ChangeCause::Evidence,
                ChangeCause::Rules
            ]
        );
    }
}
