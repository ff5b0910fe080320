//! Facts on the wire, and what validation refuses.

use super::*;
use serde_json::json;

const NOW: &str = "2020-03-06T08:30:00+08:00";

fn check(value: serde_json::Value) -> Result<(), FactError> {
    let body: FactBody = serde_json::from_value(value).unwrap();
    body.validate(NOW.parse().unwrap())
}

#[test]
fn a_body_reads_and_writes_alone() {
    let value = json!({"kind":"quarantine","place":"home","start":"2020-03-01","end":"2020-03-15"});
    let body: FactBody = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(body.kind(), "quarantine");
    assert_eq!(serde_json::to_value(&body).unwrap(), value);
    for unknown in [
        json!({"kind":"clearance","at":NOW,"by":"me"}),
        json!({"kind":7,"at":NOW}),
        json!({"at":NOW}),
    ] {
        assert!(serde_json::from_value::<FactBody>(unknown).is_err());
    }
}

#[test]
fn a_whole_fact_is_flat() {
    let value = json!({"id":4,"recorded_at":"2020-03-06T00:30:00Z","kind":"residence",
        "status":"verified","enclosure":12});
    let fact: Fact = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(fact.id, FactId::new(4));
    assert_eq!(serde_json::to_value(&fact).unwrap(), value);
}

#[test]
fn believable_facts_are_taken() {
    for value in [
        json!({"kind":"case","status":"ruled_out"}),
        json!({"kind":"health","at":NOW,"temperature":37.3}),
        json!({"kind":"health","at":NOW,"temperature":null,"symptoms":["cough"]}),
        json!({"kind":"stay","area":"42","risk":"high","until":"2020-03-06","certainty":"declared"}),
        json!({"kind":"quarantine","place":"home","start":"2020-03-01","end":"2020-03-15",
            "released_at":NOW,"end_reason":"completed"}),
        json!({"kind":"exemption","from":NOW,"to":"2020-03-07T08:30:00+08:00","approvals":2}),
        json!({"kind":"gate_check","at":"2020-03-06T08:34:00+08:00","passed":true}),
    ] {
        assert_eq!(check(value.clone()), Ok(()), "{value}");
    }
}

/// Code expected, and a body; the scan of the tests is at 08:30.
const IMPOSSIBLE: &str = r#"
fact_temperature {"kind":"health","at":"2020-03-06T00:30:00Z","temperature":29.9}
fact_temperature {"kind":"health","at":"2020-03-06T00:30:00Z","temperature":373}
fact_in_future {"kind":"health","at":"2020-03-06T01:00:00Z"}
fact_symptoms {"kind":"health","at":"2020-03-06T00:30:00Z","symptoms":[""]}
fact_in_future {"kind":"clearance","at":"2020-03-06T01:00:00Z"}
fact_in_future {"kind":"gate_check","at":"2020-03-06T01:00:00Z","passed":true}
fact_in_future {"kind":"contact","level":"close","last_exposed":"2020-03-07"}
fact_area {"kind":"stay","area":"4201x0","risk":"high","until":"2020-03-01","certainty":"declared"}
fact_area {"kind":"stay","area":"420","risk":"high","until":"2020-03-01","certainty":"declared"}
fact_in_future {"kind":"stay","area":"420100","risk":"high","until":"2020-03-07","certainty":"declared"}
fact_period_empty {"kind":"quarantine","place":"home","start":"2020-03-01","end":"2020-03-01"}
fact_period_too_long {"kind":"quarantine","place":"home","start":"2020-03-01","end":"2022-03-01"}
fact_release_incomplete {"kind":"quarantine","place":"home","start":"2020-03-01","end":"2020-03-15","released_at":"2020-03-06T00:30:00Z"}
fact_release_incomplete {"kind":"quarantine","place":"home","start":"2020-03-01","end":"2020-03-15","end_reason":"completed"}
fact_released_before_start {"kind":"quarantine","place":"home","start":"2020-03-07","end":"2020-03-15","released_at":"2020-03-06T00:30:00Z","end_reason":"completed"}
fact_period_empty {"kind":"exemption","from":"2020-03-06T00:30:00Z","to":"2020-03-06T00:30:00Z","approvals":2}
fact_period_too_long {"kind":"exemption","from":"2020-03-06T00:30:00Z","to":"2022-03-06T00:30:00Z","approvals":2}
fact_approvals {"kind":"exemption","from":"2020-03-06T00:30:00Z","to":"2020-03-07T00:30:00Z","approvals":101}
fact_id {"kind":"residence","status":"verified","enclosure":0}
fact_id {"kind":"employment","status":"verified","employer":-1}
fact_registry_source {"kind":"registry","status":"matched","registry_source":" "}
"#;

#[test]
fn impossible_facts_are_refused_by_code() {
    for line in IMPOSSIBLE.trim().lines() {
        let (code, body) = line.split_once(' ').unwrap();
        let error = check(serde_json::from_str(body).unwrap()).unwrap_err();
        assert_eq!(error.code(), code, "{body}");
        assert!(!error.field().is_empty() && !error.message_zh().is_empty());
    }
    assert_eq!(validate_temperature(f64::NAN), Err(FactError::Temperature));
}
