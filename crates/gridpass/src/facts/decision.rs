//! The colour that follows from a state, as other slices and the wire see it, and the
//! follow-ups it causes.

use gridpass_rules::words::Notify;
use gridpass_rules::{Colour, Reason, RuleSet, State};
use gridpass_types::clock::district_date;
use gridpass_types::ids::{PersonId, RuleSetVersion};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::jobs::outbox::NewFollowUp;

/// Outbox topic of a visit that a decision asks for.
pub const TOPIC_VISIT: &str = "visit.needed";

/// A colour with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColourDecision {
    /// The colour.
    pub colour: Colour,
    /// Why, from the closed list.
    pub reason: Reason,
    /// Row of the colour table.
    pub rule: String,
    /// Version of the table.
    pub rule_set_version: RuleSetVersion,
    /// Hours within which a grid worker has to call; `None` when nobody has to.
    pub visit_hours: Option<u16>,
    /// Who is told.
    pub notify: Vec<Notify>,
    /// What the person reads, in Chinese.
    pub message_zh: String,
    /// What the person reads, in English.
    pub message_en: String,
}

impl ColourDecision {
    /// The colour that a rule set gives a state at an instant.
    pub fn of(rules: &RuleSet, state: &State, at: Timestamp) -> Self {
        let decided = rules.decide_colour(state, at);
        Self {
            colour: decided.colour,
            reason: decided.reason,
            rule: decided.rule.to_owned(),
            rule_set_version: rules.version,
            visit_hours: decided.visit_hours,
            notify: decided.notify.to_vec(),
            message_zh: decided.message_zh.to_owned(),
            message_en: decided.message_en.to_owned(),
        }
    }
}

/// A colour decision as it goes over the wire.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DecisionView {
    /// The colour.
    pub colour: Colour,
    /// Why, from the closed list.
    pub reason: Reason,
    /// Row of the colour table.
    pub rule: String,
    /// Version of the table.
    pub rule_set_version: RuleSetVersion,
    /// What the person reads, in Chinese.
    pub message_zh: String,
    /// What the person reads, in English.
    pub message_en: String,
    /// Hours within which a grid worker has to call.
    pub visit_hours: Option<u16>,
    /// Who is told.
    pub notify: Vec<Notify>,
    /// The instant decided for.
    pub decided_at: Timestamp,
    /// When a date in the facts will change the state by itself, if any will.
    pub valid_until: Option<Timestamp>,
}

/// A decision in the form it goes over the wire.
pub fn decision_view(
    decision: &ColourDecision,
    decided_at: Timestamp,
    valid_until: Option<Timestamp>,
) -> DecisionView {
    DecisionView {
        colour: decision.colour,
        reason: decision.reason,
        rule: decision.rule.clone(),
        rule_set_version: decision.rule_set_version,
        message_zh: decision.message_zh.clone(),
        message_en: decision.message_en.clone(),
        visit_hours: decision.visit_hours,
        notify: decision.notify.clone(),
        decided_at,
        valid_until,
    }
}

/// What a decision made at a scan, an import or an enrolment causes: a visit, if the
/// colour asks for one. Written to the outbox by the caller, in its transaction.
pub fn follow_ups(
    person_id: PersonId,
    decision: &ColourDecision,
    gate_id: Option<i64>,
    now: Timestamp,
) -> Vec<NewFollowUp> {
    let needed = decision.visit_hours.map(|due_hours| {
        let cause = (decision.reason.as_str(), due_hours);
        visit_needed(person_id, cause, gate_id, now)
    });
    needed.into_iter().collect()
}

/// The follow-up that asks for a visit within some hours; the same cause counts once a day.
pub fn visit_needed(
    person_id: PersonId,
    (cause, due_hours): (&str, u16),
    gate_id: Option<i64>,
    now: Timestamp,
) -> NewFollowUp {
    NewFollowUp {
        person_id,
        topic: TOPIC_VISIT,
        dedupe_key: format!("{cause}|{}", district_date(now)),
        payload: serde_json::json!({ "cause": cause, "due_hours": due_hours, "gate_id": gate_id }),
    }
}
