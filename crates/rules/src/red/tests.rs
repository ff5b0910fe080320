//! What leads to red, and what is evidence.

use super::*;
use crate::default_rule_set;
use gridpass_types::RuleSetVersion;

fn body(json: &str) -> FactBody {
    serde_json::from_str(json).unwrap()
}

fn table(from: &str, to: &str) -> RuleSet {
    let colour = String::from_utf8(default_rule_set().colour.to_csv()).unwrap();
    assert!(colour.contains(from));
    let gate = default_rule_set().gate.to_csv();
    let colour = colour.replace(from, to);
    RuleSet::from_csv(RuleSetVersion::new(2), colour.as_bytes(), &gate).unwrap()
}

const SYMPTOMS: &str = r#"{"kind":"health","at":"2020-03-06T08:00:00Z","symptoms":["cough"]}"#;
const SECONDARY: &str = r#"{"kind":"contact","level":"secondary","last_exposed":"2020-03-05"}"#;

#[test]
fn the_table_in_force_says_what_leads_to_red() {
    let red = RedValues::of(&default_rule_set());
    for leading in [
        r#"{"kind":"case","status":"confirmed"}"#,
        r#"{"kind":"case","status":"suspected"}"#,
        r#"{"kind":"quarantine","place":"home","start":"2030-03-06","end":"2030-03-20"}"#,
        r#"{"kind":"contact","level":"close","last_exposed":"2020-03-05"}"#,
        r#"{"kind":"stay","area":"420100","risk":"high","until":"2020-03-01","certainty":"confirmed"}"#,
        r#"{"kind":"health","at":"2020-03-06T08:00:00Z","temperature":37.3}"#,
    ] {
        assert!(red.leads(&body(leading)), "{leading}");
    }
    for harmless in [
        SYMPTOMS,
        SECONDARY,
        r#"{"kind":"case","status":"ruled_out"}"#,
        r#"{"kind":"stay","area":"420100","risk":"low","until":"2020-03-01","certainty":"confirmed"}"#,
        r#"{"kind":"stay","area":"420100","risk":"high","until":"2020-03-01","certainty":"declared"}"#,
        r#"{"kind":"health","at":"2020-03-06T08:00:00Z","temperature":36.6}"#,
        r#"{"kind":"registry","status":"conflict","registry_source":"p"}"#,
        r#"{"kind":"quarantine","place":"home","start":"2020-03-06","end":"2020-03-20","released_at":"2020-03-08T00:00:00Z","end_reason":"cancelled"}"#,
    ] {
        assert!(!red.leads(&body(harmless)), "{harmless}");
    }
}

#[test]
fn a_stricter_table_asks_for_two_people_by_itself() {
    let strict = table(
        "A9,-,-,-,symptoms,-,-,-,-,-,yellow",
        "A9,-,-,-,symptoms,-,-,-,-,-,red",
    );
    let red = RedValues::of(&strict);
    assert!(red.leads(&body(SYMPTOMS)));
    assert!(!red.leads(&body(SECONDARY)));
    assert_eq!(groundless(&strict), None);
}

#[test]
fn a_table_that_stops_people_on_no_ground_is_found_out() {
    assert_eq!(groundless(&default_rule_set()), None);
    for (from, to) in [
        ("A15,-,-,-,-,-,-,-,-,-,yellow", "A15,-,-,-,-,-,-,-,-,-,red"),
        (
            "A10,-,-,-,-,-,-,conflict,-,-,yellow",
            "A10,-,-,-,-,-,-,conflict,-,-,red",
        ),
        (
            "A7,-,-,-,-,declared,-,-,-,-,yellow",
            "A7,-,-,-,-,declared,-,-,-,-,red",
        ),
    ] {
        assert!(groundless(&table(from, to)).is_some(), "{to}");
    }
}

#[test]
fn every_fact_that_leads_to_red_has_a_reason_with_evidence() {
    for (index, ground) in GROUNDS.iter().enumerate() {
        assert_eq!(usize::from(ground.reason as u8), index + 1);
        assert!(!ground.evidence.is_empty());
    }
    for text in [SYMPTOMS, SECONDARY] {
        assert!(reason_of(&body(text)).is_some());
    }
    assert_eq!(
        reason_of(&body(r#"{"kind":"case","status":"recovered"}"#)),
        None
    );
}

#[test]
fn a_reference_is_a_number_of_a_paper() {
    use EvidenceKind::{Investigation, LabReport, OrderDocument, Visit};
    for (kind, good) in [
        (LabReport, "PCR-2020030617"),
        (Investigation, "坪疾控流调〔2020〕17号"),
        (OrderDocument, "坪隔 2020-12"),
        (Visit, "48211"),
    ] {
        assert_eq!(check_reference(kind, good), Ok(()), "{good}");
    }
    for (kind, bad, why) in [
        (
            LabReport,
            "he complained at the bank",
            ReferenceError::Digits,
        ),
        (Investigation, "领导要求", ReferenceError::Digits),
        (Investigation, "；DROP", ReferenceError::Form),
        (OrderDocument, "13800138000", ReferenceError::Person),
        (LabReport, "440399198001010013", ReferenceError::Person),
        (Visit, "door", ReferenceError::Form),
    ] {
        assert_eq!(check_reference(kind, bad), Err(why), "{bad}");
    }
}
