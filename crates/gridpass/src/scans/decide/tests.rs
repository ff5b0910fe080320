//! Decisions at a gate and what they cause, on the rule set of March 2020.

use gridpass_rules::words::{Action, Checked, Health, Quarantine, Residence, Stay};
use gridpass_rules::{AreaStatus, default_rule_set};
use gridpass_types::ids::{EnclosureId, GateId, PersonId};

use super::*;

fn key() -> ScanKey {
    ScanKey {
        person_id: PersonId::new(7),
        at: "2020-03-06T00:37:12.345Z".parse().unwrap(),
        gate_id: GateId::new(3),
    }
}

fn gate(area: AreaStatus) -> GateInfo {
    GateInfo::for_tests(GateId::new(3), Some(EnclosureId::new(1)), area)
}

fn caused(state: &State, area: AreaStatus, decicelsius: Option<i16>) -> (Action, Vec<FollowUp>) {
    let rules = default_rule_set();
    let gate = gate(area);
    let at = AtGate {
        gate: &gate,
        direction: Direction::In,
        decicelsius,
    };
    let deciding = Deciding {
        person: &rules,
        gate: &rules,
    };
    let verdict = decide(deciding, (state, key().at), &at);
    let mut out = Vec::new();
    follow_ups(&verdict, &key(), decicelsius, &mut out);
    (verdict.gate.action, out)
}

#[test]
fn a_yellow_pass_causes_one_visit_a_day() {
    let (action, caused) = caused(&State::EMPTY, AreaStatus::Normal, Some(365));
    assert_eq!(action, Action::Check);
    assert_eq!(caused.len(), 1);
    assert_eq!(
        (caused[0].topic, caused[0].dedupe_key.as_str()),
        (TOPIC_VISIT, "unknown|2020-03-06")
    );
    let payload: serde_json::Value = serde_json::from_str(&caused[0].payload).unwrap();
    assert_eq!(
        payload,
        serde_json::json!({ "cause": "unknown", "due_hours": 24, "gate_id": 3 })
    );
}

#[test]
fn a_red_pass_alerts_once_in_ten_minutes_at_each_gate() {
    let state = State {
        quarantine: Quarantine::Home,
        ..State::EMPTY
    };
    let (action, caused) = caused(&state, AreaStatus::Normal, None);
    assert_eq!(action, Action::Stop);
    assert_eq!(caused.len(), 1);
    let window = "2020-03-06T00:30:00Z"
        .parse::<Timestamp>()
        .unwrap()
        .as_second();
    assert_eq!(caused[0].dedupe_key, format!("red_at_gate|3|{window}"));
    let payload: serde_json::Value = serde_json::from_str(&caused[0].payload).unwrap();
    assert_eq!(payload["at"], "2020-03-06T00:37:12.345Z");
    assert_eq!(
        (&payload["kind"], &payload["reason"]),
        (&"red_at_gate".into(), &"quarantine".into())
    );
}

#[test]
fn a_fever_alerts_as_a_fever_and_not_twice() {
    let state = State {
        health: Health::Fever,
        ..State::EMPTY
    };
    let (action, caused) = caused(&state, AreaStatus::Normal, Some(380));
    assert_eq!(action, Action::Stop);
    let topics: Vec<_> = caused.iter().map(|each| each.topic).collect();
    assert_eq!(topics, [TOPIC_RED]);
    assert!(caused[0].payload.contains("fever_at_gate"));
}

#[test]
fn a_sealed_area_is_told_to_the_community() {
    let state = State {
        residence: Residence::Verified,
        enclosure: Some(EnclosureId::new(2)),
        ..State::EMPTY
    };
    let (action, caused) = caused(&state, AreaStatus::Sealed, None);
    assert_eq!((action, caused[0].topic), (Action::Stop, TOPIC_COMMUNITY));
}

#[test]
fn a_green_resident_and_a_checked_visitor_cause_nothing_new() {
    let resident = State {
        residence: Residence::Verified,
        enclosure: Some(EnclosureId::new(1)),
        ..State::EMPTY
    };
    assert_eq!(
        caused(&resident, AreaStatus::Controlled, Some(364)),
        (Action::Pass, vec![])
    );
    let checked = State {
        stay: Stay::Declared,
        checked: Checked::Yes,
        ..State::EMPTY
    };
    let (action, caused) = caused(&checked, AreaStatus::Normal, None);
    assert_eq!((action, caused[0].topic), (Action::Pass, TOPIC_VISIT));
}

#[test]
fn a_late_red_says_since_when() {
    let since: Timestamp = "2020-03-05T23:50:00Z".parse().unwrap();
    let alert = late_red_alert("quarantine", Some(since), &key());
    let payload: serde_json::Value = serde_json::from_str(&alert.payload).unwrap();
    assert_eq!(payload["red_since"], "2020-03-05T23:50:00Z");
    let always = late_red_alert("case", None, &key());
    let payload: serde_json::Value = serde_json::from_str(&always.payload).unwrap();
    assert!(payload["red_since"].is_null());
}
