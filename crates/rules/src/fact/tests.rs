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
        json!({"kind":"vaccination","at":NOW}),
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

#[test]
fn impossible_facts_are_refused_by_code() {
    let later = "2020-03-06T09:00:00+08:00";
    let cases = [
        (
            json!({"kind":"health","at":NOW,"temperature":29.9}),
            "fact_temperature",
        ),
        (
            json!({"kind":"health","at":NOW,"temperature":373}),
            "fact_temperature",
        ),
        (json!({"kind":"health","at":later}), "fact_in_future"),
        (
            json!({"kind":"health","at":NOW,"symptoms":[""]}),
            "fact_symptoms",
        ),
        (json!({"kind":"clearance","at":later}), "fact_in_future"),
        (
            json!({"kind":"gate_check","at":later,"passed":true}),
            "fact_in_future",
        ),
        (
            json!({"kind":"contact","level":"close","last_exposed":"2020-03-07"}),
            "fact_in_future",
        ),
        (
            json!({"kind":"stay","area":"4201x0","risk":"high","until":"2020-03-01","certainty":"declared"}),
            "fact_area",
        ),
        (
            json!({"kind":"stay","area":"420","risk":"high","until":"2020-03-01","certainty":"declared"}),
            "fact_area",
        ),
        (
            json!({"kind":"stay","area":"420100","risk":"high","until":"2020-03-07","certainty":"declared"}),
            "fact_in_future",
        ),
        (
            json!({"kind":"quarantine","place":"home","start":"2020-03-01","end":"2020-03-01"}),
            "fact_period_empty",
        ),
        (
            json!({"kind":"quarantine","place":"home","start":"2020-03-01","end":"2022-03-01"}),
            "fact_period_too_long",
        ),
        (
            json!({"kind":"quarantine","place":"home","start":"2020-03-01","end":"2020-03-15","released_at":NOW}),
            "fact_release_incomplete",
        ),
        (
            json!({"kind":"quarantine","place":"home","start":"2020-03-01","end":"2020-03-15","end_reason":"completed"}),
            "fact_release_incomplete",
        ),
        (
            json!({"kind":"quarantine","place":"home","start":"2020-03-07","end":"2020-03-15","released_at":NOW,"end_reason":"completed"}),
            "fact_released_before_start",
        ),
        (
            json!({"kind":"exemption","from":NOW,"to":NOW,"approvals":2}),
            "fact_period_empty",
        ),
        (
            json!({"kind":"exemption","from":NOW,"to":later,"approvals":101}),
            "fact_approvals",
        ),
        (
            json!({"kind":"residence","status":"verified","enclosure":0}),
            "fact_id",
        ),
        (
            json!({"kind":"registry","status":"matched","registry_source":" "}),
            "fact_registry_source",
        ),
    ];
    for (value, code) in cases {
        let error = check(value.clone()).unwrap_err();
        assert_eq!(error.code(), code, "{value}");
        assert!(!error.field().is_empty() && !error.message_zh().is_empty());
    }
    assert_eq!(validate_temperature(f64::NAN), Err(FactError::Temperature));
}
