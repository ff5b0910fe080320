//! Versions on their way from a draft into force, for other tests too.

use gridpass::access::Role;
use gridpass_rules::RuleSet;
use gridpass_rules::cases::Case;
use gridpass_types::ids::RuleSetVersion;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};

pub const COLOUR: &str = include_str!("../../../../../rules/2020-03/colour.csv");
pub const GATE: &str = include_str!("../../../../../rules/2020-03/gate.csv");

/// Those who write and those who approve.
pub struct Lab {
    /// Writes.
    pub maker: Client,
    /// Approves; of another unit.
    pub approver: Client,
}

/// A maker and an approver for the whole district.
pub async fn lab(test: &TestApp) -> Lab {
    Lab {
        maker: test.caller(Role::RuleMaker, "").await,
        approver: test.caller(Role::RuleApprover, "").await,
    }
}

/// The shipped tables with one row of the colour table changed, and a case about it.
pub fn changed(from: &str, to: &str, case: &Value) -> Value {
    let colour = COLOUR.replace(from, to);
    assert_ne!(colour, COLOUR);
    json!({ "colour_csv": colour, "gate_csv": GATE, "cases": case.to_string(), "note": "放宽" })
}

/// Tables in which people of whom nothing is known are green.
pub fn loose() -> Value {
    let expect = json!({ "colour": "green", "reason": "unknown", "rule": "A15", "action": "pass", "gate_rule": "B6" });
    changed(
        "A15,-,-,-,-,-,-,-,-,-,yellow,",
        "A15,-,-,-,-,-,-,-,-,-,green,",
        &case("unknown-is-green", &json!([]), &expect),
    )
}

/// Tables in which a declared residence is enough.
pub fn trusting() -> Value {
    let declared = json!([{ "id": 1, "kind": "residence", "status": "declared", "enclosure": "E1",
        "recorded_at": "2020-02-20T10:00:00+08:00" }]);
    let expect = json!({ "colour": "green", "reason": "residence_unverified", "rule": "A13",
        "action": "pass", "gate_rule": "B6" });
    changed(
        "A13,-,-,-,-,-,-,-,declared,-,yellow,",
        "A13,-,-,-,-,-,-,-,declared,-,green,",
        &case("declared-is-green", &declared, &expect),
    )
}

/// A case of somebody who comes in at E1.
pub fn case(id: &str, facts: &Value, expect: &Value) -> Value {
    json!({ "id": id, "now": "2020-03-06T08:30:00+08:00", "facts": facts,
        "gate": { "enclosure": "E1", "employer": null, "area": "normal" },
        "scan": { "direction": "in", "temperature": 36.5 }, "expect": expect })
}

/// Begins a version.
pub async fn draft(lab: &Lab, tables: Value) -> i64 {
    let view = lab
        .maker
        .post("/api/v1/rule-sets", tables)
        .await
        .expect(201);
    view["version"].as_i64().unwrap()
}

/// Takes a step in the life of a version.
pub async fn step(caller: &Client, version: i64, step: &str) -> crate::answer::Answer {
    let body = match step {
        "check" => json!({}),
        _ => json!({ "note": "按会议纪要第3号" }),
    };
    let path = format!("/api/v1/rule-sets/{version}/{step}");
    caller.post(&path, body).await
}

/// Has a version back-tested as it stands.
pub async fn back_test(test: &TestApp, lab: &Lab, version: i64) {
    let body = json!({ "version": version, "scan_days": 0 });
    let asked = lab.maker.post("/api/v1/back-tests", body).await;
    assert!(asked.status.is_success(), "{}", asked.status);
    while gridpass::backtest::jobs::run_waiting(test.app.clone())
        .await
        .unwrap()
    {}
}

/// A version that was checked, back-tested and approved.
pub async fn approved(test: &TestApp, lab: &Lab, tables: Value) -> i64 {
    let version = draft(lab, tables).await;
    let checked = step(&lab.maker, version, "check").await.expect(200);
    assert_eq!(checked["cases"]["failed"], 0, "{checked}");
    back_test(test, lab, version).await;
    step(&lab.approver, version, "approve").await.expect(200);
    version
}

/// Puts an approved version into force in a place at once.
pub async fn start(lab: &Lab, version: i64, place_prefix: &str) -> Value {
    let path = format!("/api/v1/rule-sets/{version}/schedules");
    let body = json!({ "place_prefix": place_prefix, "note": "即日起" });
    lab.approver.post(&path, body).await.expect(201)
}

/// Takes a place back to what was in force there before.
pub async fn roll_back(lab: &Lab, place_prefix: &str) -> crate::answer::Answer {
    let body = json!({ "place_prefix": place_prefix, "note": "误伤" });
    let path = "/api/v1/rules-in-force/roll-back";
    lab.approver.post(path, body).await
}

/// Tables through their whole life into force in the whole district.
pub async fn put_into_force(test: &TestApp, tables: Value) -> i64 {
    let lab = lab(test).await;
    let version = approved(test, &lab, tables).await;
    let schedule = start(&lab, version, "").await;
    assert_eq!(schedule["status"], "in_force", "{schedule}");
    version
}

/// What is in force where, as `place: version`.
pub async fn in_force(caller: &Client) -> Vec<(String, i64)> {
    let view = caller.get("/api/v1/rules-in-force").await.expect(200);
    let places = view["places"].as_array().unwrap().iter();
    let place = |one: &Value| {
        let prefix = one["place_prefix"].as_str().unwrap().to_owned();
        (prefix, one["version"].as_i64().unwrap())
    };
    places.map(place).collect()
}

/// Any tables through their whole life into force, with a case of what they say.
pub async fn put_tables_into_force(test: &TestApp, colour_csv: &str, gate_csv: &str) -> i64 {
    let version = RuleSetVersion::new(0);
    let rules = RuleSet::from_csv(version, colour_csv.as_bytes(), gate_csv.as_bytes()).unwrap();
    let nothing = json!({ "colour": "", "reason": "", "rule": "", "action": "", "gate_rule": "" });
    let mut case = case("nobody-known", &json!([]), &nothing);
    let got = Case::parse(&case.to_string(), &rules.catalogue)
        .unwrap()
        .run(&rules);
    case["expect"] = serde_json::to_value(got).unwrap();
    let tables = json!({ "colour_csv": colour_csv, "gate_csv": gate_csv, "cases": case.to_string(), "note": "调整" });
    put_into_force(test, tables).await
}
