//! What a scan leads to: colour, action, and who has to be told. Pure.

use std::sync::LazyLock;

use gridpass_rules::words::{Action, Check, Notify};
use gridpass_rules::{ColourDecision, Direction, GateContext, GateDecision, Reason, State};
use gridpass_types::Colour;
use gridpass_types::clock::district_date;
use jiff::Timestamp;

use super::asked::VisitCause;
use super::model::{Scan, ScanKey, ScanView, is_fever};
use crate::gates::GateInfo;
use crate::rules::Deciding;
use gridpass_types::ids::{PassSerial, RuleSetVersion};

/// Seconds in which the same alert about the same person at the same gate counts once.
const ALERT_WINDOW_S: i64 = 600;

/// What was decided about one scan. Borrows its words from the rule set.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'t> {
    /// From the colour table.
    pub colour: ColourDecision<'t>,
    /// From the gate table.
    pub gate: GateDecision<'t>,
    /// Version of the colour table: that of the place where the person counts.
    pub colour_version: RuleSetVersion,
    /// Version of the gate table: that of the place where the gate stands.
    pub gate_version: RuleSetVersion,
}

/// What a gate adds to a person's state.
#[derive(Clone, Copy, Debug)]
pub struct AtGate<'g> {
    /// The gate.
    pub gate: &'g GateInfo,
    /// Which way.
    pub direction: Direction,
    /// Reading in tenths of a degree Celsius.
    pub decicelsius: Option<i16>,
}

/// Decides a scan, for an instant.
pub fn decide<'t>(
    rules: Deciding<'t>,
    (state, now): (&State, Timestamp),
    at: &AtGate<'_>,
) -> Verdict<'t> {
    let colour = rules.person.decide_colour(state, now);
    let context = GateContext {
        colour: colour.colour,
        area: at.gate.area,
        direction: at.direction,
        relation: state.relation(at.gate.enclosure_id, at.gate.employer_id),
        checked: state.checked,
        temperature: at.decicelsius.map(|tenths| f64::from(tenths) / 10.0),
    };
    Verdict {
        colour,
        gate: rules.gate.decide_gate(&context),
        colour_version: rules.person.version,
        gate_version: rules.gate.version,
    }
}

/// Why a guard compares the face although the table lets the person in.
pub static SHOWN_BEFORE: LazyLock<Reason> = LazyLock::new(|| {
    Reason::from_word("shown_before").expect("the list is part of the program and tested")
});
/// What is compared then.
pub const SHOWN_BEFORE_CHECKS: [Check; 1] = [Check::KeyFacts];

impl Verdict<'_> {
    /// The same about a scan whose very code this gate has seen before: nobody is let in on it
    /// without a look at the face.
    pub fn of(mut self, scan: &Scan) -> Self {
        if scan.shown_before && self.gate.action == Action::Pass {
            self.gate.action = Action::Check;
            self.gate.reason = *SHOWN_BEFORE;
            self.gate.checks = &SHOWN_BEFORE_CHECKS;
        }
        self
    }

    /// The answer to the gate.
    pub fn view(&self, key: &ScanKey, pass_serial: PassSerial) -> ScanView {
        ScanView {
            person_id: key.person_id,
            pass_serial,
            at: key.at,
            colour: self.colour.colour,
            reason: self.colour.reason,
            rule: self.colour.rule.to_owned(),
            action: self.gate.action,
            gate_reason: self.gate.reason,
            gate_rule: self.gate.rule.to_owned(),
            checks: self.gate.checks.to_vec(),
            message_zh: self.colour.message_zh.to_owned(),
            message_en: self.colour.message_en.to_owned(),
            rule_set_version: self.colour_version,
            gate_rule_set_version: self.other_gate_version(),
            duplicate: false,
        }
    }
}

/// Something that a scan causes elsewhere: a row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUp {
    /// Which handler.
    pub topic: &'static str,
    /// The same cause has the same key and counts once.
    pub dedupe_key: String,
    /// JSON object of ids, codes and times.
    pub payload: String,
}

/// A visit that the colour asks for.
pub const TOPIC_VISIT: &str = "visit.needed";
/// Somebody red or feverish stands at a gate.
pub const TOPIC_RED: &str = "alert.red";
/// Somebody let in without network was red by then.
pub const TOPIC_LATE_RED: &str = "alert.late_red";
/// Something the community has to look at.
pub const TOPIC_COMMUNITY: &str = "alert.community";

/// What a verdict causes. At most one visit and one alert; each has a key that keeps a
/// person who is scanned again and again from flooding anybody.
pub fn follow_ups(
    verdict: &Verdict<'_>,
    key: &ScanKey,
    decicelsius: Option<i16>,
    out: &mut Vec<FollowUp>,
) {
    out.extend(verdict.visit(key));
    out.extend(verdict.alert(key, decicelsius));
}

impl Verdict<'_> {
    /// Version of the gate table where it is another than the colour table's.
    pub fn other_gate_version(&self) -> Option<RuleSetVersion> {
        Some(self.gate_version).filter(|version| *version != self.colour_version)
    }

    /// Why the colour asks for a visit, if it does.
    pub fn visit_cause(&self, key: &ScanKey) -> Option<VisitCause> {
        self.colour.visit_hours.map(|_| VisitCause {
            person_id: key.person_id,
            reason: self.colour.reason,
            day: district_date(key.at),
        })
    }

    /// The visit that the colour asks for.
    pub fn visit(&self, key: &ScanKey) -> Option<FollowUp> {
        let hours = self.colour.visit_hours?;
        let cause = self.colour.reason.as_str();
        Some(FollowUp {
            topic: TOPIC_VISIT,
            dedupe_key: format!("{cause}|{}", district_date(key.at)),
            payload: format!(
                r#"{{"cause":"{cause}","due_hours":{hours},"gate_id":{}}}"#,
                key.gate_id
            ),
        })
    }

    /// The alert that colour and gate call for.
    pub fn alert(&self, key: &ScanKey, decicelsius: Option<i16>) -> Option<FollowUp> {
        let told = |who| self.gate.notify.contains(&who);
        let (gate, colour) = (self.gate.reason.as_str(), self.colour.reason.as_str());
        if is_fever(decicelsius) && told(Notify::ResponseTeam) {
            Some(alert(TOPIC_RED, "fever_at_gate", gate, key))
        } else if self.colour.colour == Colour::Red {
            Some(alert(TOPIC_RED, "red_at_gate", colour, key))
        } else if told(Notify::Community) {
            Some(alert(TOPIC_COMMUNITY, "sealed_area", gate, key))
        } else {
            None
        }
    }
}

/// An alert of a kind about the person of a scan.
pub fn alert(topic: &'static str, kind: &str, reason: &str, key: &ScanKey) -> FollowUp {
    FollowUp {
        topic,
        dedupe_key: alert_key(kind, key),
        payload: format!(
            r#"{{"kind":"{kind}","reason":"{reason}","gate_id":{},"at":"{}"}}"#,
            key.gate_id, key.at
        ),
    }
}

/// An alert about somebody a gate let in who was red by then.
pub fn late_red_alert(reason: &str, red_since: Option<Timestamp>, key: &ScanKey) -> FollowUp {
    let since = red_since.map_or_else(|| "null".to_owned(), |since| format!(r#""{since}""#));
    FollowUp {
        topic: TOPIC_LATE_RED,
        dedupe_key: alert_key("late_red", key),
        payload: format!(
            r#"{{"reason":"{reason}","gate_id":{},"at":"{}","red_since":{since}}}"#,
            key.gate_id, key.at
        ),
    }
}

fn alert_key(kind: &str, key: &ScanKey) -> String {
    let window = key.at.as_second().div_euclid(ALERT_WINDOW_S) * ALERT_WINDOW_S;
    format!("{kind}|{}|{window}", key.gate_id)
}

#[cfg(test)]
mod tests;
