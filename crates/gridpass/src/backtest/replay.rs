//! Replay: recorded scans decided again from the facts and rules of then, and compared.
//!
//! Whatever the server recorded must follow from what it knew: the facts, which are appended or
//! retracted and never edited, the version of the rules on record, and the gate. A difference
//! means that somebody changed one of them behind the application's back, or that we have a fault.

use std::collections::HashMap;
use std::sync::Arc;

use gridpass_rules::{Action, Fact, RuleSet};
use gridpass_types::Rung;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::past::{Gates, PastScan};
use super::store;
use crate::app::App;
use crate::db::Client;
use crate::facts::{self, HeldState, Known};
use crate::http::error::ApiResult;
use crate::rules::{self, Deciding};

/// People read at a time.
const PEOPLE_CHUNK: i64 = 2_000;
/// Differences that are told.
const TOLD_MAX: usize = 20;
/// How long before a scan a fact may have been stamped and still not be seen by it: its
/// transaction was not committed yet when the scan's began.
const IN_FLIGHT: SignedDuration = SignedDuration::from_secs(10);

/// Which scans to replay.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// From this instant on, by the device's clock.
    pub from: Timestamp,
    /// Up to this one, not included.
    pub to: Timestamp,
}

/// What a replay found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Scans replayed.
    pub scans: u64,
    /// Scans that came out the same when facts of the same seconds, committed later, are not
    /// counted.
    pub in_flight: u64,
    /// Scans that came out otherwise.
    pub differences: u64,
    /// The first of them.
    pub told: Vec<Difference>,
}

/// A scan that came out otherwise. Identities and codes only.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// Who.
    pub person_id: i64,
    /// When.
    pub at: Timestamp,
    /// Where.
    pub gate_id: i64,
    /// Colour, action and rows on record.
    pub recorded: String,
    /// The same as it comes out now.
    pub replayed: String,
}

/// Replays every scan of a span.
///
/// # Errors
/// When the database does not answer, or a version on record is not there.
pub async fn replay(app: &App, span: Span) -> ApiResult<Report> {
    let db = app.db.client().await?;
    let gates = Gates::load(&db).await?;
    let mut versions = HashMap::new();
    let mut report = Report::default();
    let mut after = 0;
    loop {
        let people = store::list_people(&db, after, 1, PEOPLE_CHUNK).await?;
        let Some((last, _)) = people.last() else {
            return Ok(report);
        };
        after = *last;
        let ids: Vec<i64> = people.iter().map(|(person_id, _)| *person_id).collect();
        let scans = store::list_scans(&db, &ids, (span.from, span.to)).await?;
        let mut scanned: Vec<i64> = scans.iter().map(|scan| scan.person_id).collect();
        scanned.dedup();
        let known = facts::load_known(&db, &scanned).await?;
        for scan in &scans {
            let person = version(&db, app, &mut versions, scan.rule_set_version).await?;
            let gate = match scan.gate_rule_set_version {
                Some(other) => version(&db, app, &mut versions, other).await?,
                None => person.clone(),
            };
            let rules = Deciding {
                person: &person,
                gate: &gate,
            };
            if let Some(known) = known.get(&scan.person_id) {
                report.add(scan, (&gates, rules, known));
            }
        }
    }
}

async fn version(
    db: &Client,
    app: &App,
    versions: &mut HashMap<i32, Arc<RuleSet>>,
    version: i32,
) -> ApiResult<Arc<RuleSet>> {
    if let Some(rules) = versions.get(&version) {
        return Ok(rules.clone());
    }
    let rules = rules::at_version(db, app, version).await?;
    versions.insert(version, rules.clone());
    Ok(rules)
}

impl Report {
    fn add(&mut self, scan: &PastScan, (gates, rules, known): (&Gates, Deciding<'_>, &Known)) {
        self.scans += 1;
        let recorded = recorded(scan);
        let again = decided_again(scan, (gates, rules, known));
        if again == recorded {
            return;
        }
        let seen = as_seen(scan, known);
        if decided_again(scan, (gates, rules, &seen)) == recorded {
            self.in_flight += 1;
            return;
        }
        self.differences += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(Difference {
                person_id: scan.person_id,
                at: scan.at,
                gate_id: scan.gate_id,
                recorded,
                replayed: again,
            });
        }
    }
}

/// What is known about somebody without what was written around the scan's own instant.
fn as_seen(scan: &PastScan, known: &Known) -> Known {
    let at = scan.decided_for();
    let late = |stamp: Timestamp| stamp <= at && at.duration_since(stamp) < IN_FLIGHT;
    let fact = |fact: &Fact| {
        let retracted_late = fact.retracted_at.is_some_and(late);
        (!late(fact.recorded_at)).then(|| Fact {
            retracted_at: fact.retracted_at.filter(|_| !retracted_late),
            ..fact.clone()
        })
    };
    let held = |held: &HeldState| {
        let ended_late = held.until_at.is_some_and(late);
        (!late(held.from_at)).then(|| HeldState {
            until_at: held.until_at.filter(|_| !ended_late),
            ..held.clone()
        })
    };
    Known {
        facts: known.facts.iter().filter_map(fact).collect(),
        held: known.held.iter().filter_map(held).collect(),
    }
}

/// Everything a decision left on record. For an offline scan the action is what the gate did.
fn recorded(scan: &PastScan) -> String {
    let action = (!scan.is_offline()).then_some(scan.action);
    let (colour_rule, gate_rule) = &scan.rules;
    format!("{} {colour_rule} {gate_rule} {action:?}", scan.colour)
}

/// Whether a code that the gate had seen a moment before was checked where the table lets pass: what
/// codes were shown is on no record.
fn was_shown_before(scan: &PastScan, decided: Action) -> bool {
    scan.rung == Rung::Presentation
        && decided == Action::Pass
        && scan.action == Action::Check.code()
}

fn decided_again(scan: &PastScan, (gates, rules, known): (&Gates, Deciding<'_>, &Known)) -> String {
    let state = scan.state(known);
    let counted_at = known.counted_at(scan.decided_for());
    let colour = rules.person.decide_colour(&state, counted_at);
    let Some(context) = gates.context(scan, &state, colour.colour) else {
        return "the gate is not known any more".to_owned();
    };
    let gate = rules.gate.decide_gate(&context);
    let action = (!scan.is_offline()).then_some(match was_shown_before(scan, gate.action) {
        true => scan.action,
        false => gate.action.code(),
    });
    format!(
        "{} {} {} {action:?}",
        colour.colour.code(),
        colour.rule,
        gate.rule
    )
}
