//! The facts a colour stands on: those without which another row of the table would decide.
//!
//! Two contacts can each be enough, so that taking one away changes nothing: facts are taken
//! away kind by kind, and of a kind that matters each fact counts that would be enough alone.
//! A colour for want of evidence stands on none.

use std::collections::BTreeSet;

use gridpass_rules::words::{
    CaseStatus, Certainty, EmploymentStatus, RegistryStatus, ResidenceStatus, Risk,
};
use gridpass_rules::{Colour, Fact, FactBody, RuleSet, derive};
use gridpass_types::ids::FactId;
use jiff::Timestamp;

/// The facts that the colour at `at` stands on, in order of identity.
pub(super) fn causes(rules: &RuleSet, facts: &[Fact], at: Timestamp) -> Vec<FactId> {
    let live: Vec<&Fact> = facts
        .iter()
        .filter(|fact| fact.recorded_at <= at && fact.retracted_at.is_none_or(|end| at < end))
        .collect();
    let now = decide(rules, &live, at);
    let kinds: BTreeSet<&'static str> = live
        .iter()
        .filter(|fact| is_adverse(&fact.body))
        .map(|fact| fact.body.kind())
        .collect();
    let mut found = BTreeSet::new();
    for kind in &kinds {
        let of_kind = |fact: &Fact| fact.body.kind() == *kind && is_adverse(&fact.body);
        found.extend(enough(rules, (&live, at), now, of_kind));
    }
    if found.is_empty() {
        // Facts of several kinds that are each enough for the same row.
        found.extend(enough(rules, (&live, at), now, |fact| {
            is_adverse(&fact.body)
        }));
    }
    found.into_iter().collect()
}

/// Of the facts that `of_kind` names: those that would be enough alone, if another row that is
/// no worse would decide without all of them.
fn enough(
    rules: &RuleSet,
    (live, at): (&[&Fact], Timestamp),
    (rule, colour): (&str, Colour),
    of_kind: impl Fn(&Fact) -> bool,
) -> Vec<FactId> {
    let (mine, others): (Vec<&Fact>, Vec<&Fact>) = live.iter().partition(|fact| of_kind(fact));
    let without = decide(rules, &others, at);
    if mine.is_empty() || without.0 == rule || without.1.code() > colour.code() {
        return Vec::new();
    }
    let alone = |fact: &&&Fact| {
        let mut with = others.clone();
        with.push(fact);
        decide(rules, &with, at).0 == rule
    };
    let ids = |fact: &&Fact| fact.id;
    let sufficient: Vec<FactId> = mine.iter().filter(alone).map(ids).collect();
    if sufficient.is_empty() {
        return mine.iter().map(ids).collect();
    }
    sufficient
}

fn decide<'r>(rules: &'r RuleSet, facts: &[&Fact], at: Timestamp) -> (&'r str, Colour) {
    let facts: Vec<Fact> = facts.iter().map(|fact| (*fact).clone()).collect();
    let decided = rules.decide_colour(&derive(&facts, at).state);
    (decided.rule, decided.colour)
}

/// Whether a fact stands against somebody. Evidence that is only weak (a residence that is
/// declared and not verified) does not: without it the pass would be no better.
fn is_adverse(body: &FactBody) -> bool {
    match body {
        FactBody::Case { status } => {
            matches!(status, CaseStatus::Confirmed | CaseStatus::Suspected)
        }
        FactBody::Quarantine { released_at, .. } => released_at.is_none(),
        FactBody::Contact { .. } => true,
        FactBody::Stay { risk, .. } => *risk == Risk::High,
        FactBody::Health {
            temperature,
            symptoms,
            ..
        } => {
            !symptoms.is_empty()
                || temperature.is_some_and(|celsius| celsius >= gridpass_rules::FEVER_CELSIUS)
        }
        FactBody::Registry { status, .. } => *status == RegistryStatus::Conflict,
        FactBody::Residence { status, .. } => *status == ResidenceStatus::Away,
        FactBody::Employment { status, .. } => *status == EmploymentStatus::Left,
        FactBody::GateCheck { passed, .. } => !passed,
        FactBody::Clearance { .. } | FactBody::Exemption { .. } => false,
    }
}

/// Whether a doctor answers for what a fact says.
pub fn is_medical(body: &FactBody) -> bool {
    match body {
        FactBody::Case { .. }
        | FactBody::Quarantine { .. }
        | FactBody::Contact { .. }
        | FactBody::Health { .. }
        | FactBody::Clearance { .. }
        | FactBody::Exemption { .. } => true,
        FactBody::Stay { certainty, .. } => *certainty == Certainty::Confirmed,
        FactBody::Residence { .. }
        | FactBody::Employment { .. }
        | FactBody::Registry { .. }
        | FactBody::GateCheck { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridpass_rules::default_rule_set;

    const NOW: &str = "2020-03-06T08:00:00Z";

    fn fact(id: i64, body: &str) -> Fact {
        Fact {
            id: FactId::new(id),
            recorded_at: "2020-03-01T00:00:00Z".parse().unwrap(),
            retracted_at: None,
            body: serde_json::from_str(body).unwrap(),
        }
    }

    fn contact(id: i64, day: &str) -> Fact {
        fact(
            id,
            &format!(r#"{{"kind":"contact","level":"close","last_exposed":"{day}"}}"#),
        )
    }

    fn home(id: i64, status: &str) -> Fact {
        fact(
            id,
            &format!(r#"{{"kind":"residence","status":"{status}","enclosure":7}}"#),
        )
    }

    fn ids(facts: &[Fact]) -> Vec<i64> {
        let found = causes(&default_rule_set(), facts, NOW.parse().unwrap());
        found.into_iter().map(FactId::get).collect()
    }

    #[test]
    fn each_of_two_contacts_is_a_cause_and_one_long_past_is_none() {
        let facts = [
            home(1, "verified"),
            contact(2, "2020-03-01"),
            contact(3, "2020-02-28"),
            contact(4, "2020-01-02"),
        ];
        assert_eq!(ids(&facts), [2, 3]);
    }

    #[test]
    fn what_is_retracted_causes_nothing() {
        let mut facts = [home(1, "verified"), contact(2, "2020-03-01")];
        assert_eq!(ids(&facts), [2]);
        facts[1].retracted_at = Some("2020-03-02T00:00:00Z".parse().unwrap());
        assert!(ids(&facts).is_empty());
    }

    #[test]
    fn a_want_of_evidence_stands_on_no_fact() {
        assert!(ids(&[]).is_empty());
        assert!(ids(&[home(1, "declared")]).is_empty());
    }

    #[test]
    fn the_register_that_disagrees_is_named() {
        let registry = |id, status: &str, source: &str| {
            let body = format!(
                r#"{{"kind":"registry","status":"{status}","registry_source":"{source}"}}"#
            );
            fact(id, &body)
        };
        let facts = [
            registry(1, "matched", "公安库"),
            registry(2, "conflict", "人口库"),
            home(3, "verified"),
        ];
        assert_eq!(ids(&facts), [2]);
    }
}
