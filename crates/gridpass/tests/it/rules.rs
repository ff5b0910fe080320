//! Rule sets: entering, reading, trying; their life in `life`, where they are in force in
//! `places`.

mod life;
mod places;
mod shadow;
pub mod support;

use gridpass::access::Role;
use serde_json::json;

use crate::app::{Client, TestApp};
use support::{COLOUR, loose};

async fn maker(test: &TestApp) -> Client {
    test.caller(Role::RuleMaker, "").await
}

#[tokio::test]
async fn the_first_start_puts_the_shipped_tables_into_force() {
    let test = TestApp::start().await;
    let maker = maker(&test).await;
    let list = maker.get("/api/v1/rule-sets").await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["version"], 1);
    assert_eq!(list["items"][0]["in_force"], true);
    gridpass::rules::ensure_first(&test.app).await.unwrap();
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM rule_set_activation")
            .await,
        1
    );

    let tables = maker.get("/api/v1/rule-sets/1").await.expect(200);
    let csv = maker.get("/api/v1/rule-sets/1/colour.csv").await;
    assert_eq!(csv.status, 200);
    assert_eq!(csv.bytes, tables["colour_csv"].as_str().unwrap().as_bytes());
    maker
        .get("/api/v1/rule-sets/1/mood.csv")
        .await
        .problem(404, "not_found");
    maker
        .get("/api/v1/rule-sets/9")
        .await
        .problem(404, "rule_set_unknown");
    maker
        .get("/api/v1/rule-sets/x")
        .await
        .problem(404, "rule_set_unknown");
}

#[tokio::test]
async fn a_version_goes_out_and_comes_in_again_by_workbook_and_csv() {
    let test = TestApp::start().await;
    let maker = maker(&test).await;
    let workbook = maker.get("/api/v1/rule-sets/1.xlsx").await;
    assert_eq!(workbook.status, 200);
    let again = maker
        .post_text(
            "/api/v1/rule-sets/import?note=%E5%A4%8D%E6%A0%B8",
            "application/octet-stream",
            workbook.bytes,
        )
        .await
        .expect(201);
    assert_eq!(
        (again["version"].as_i64(), again["note"].as_str()),
        (Some(2), Some("复核"))
    );
    assert_eq!(again["in_force"], false);
    let list = maker.get("/api/v1/rule-sets").await.expect(200);
    assert_eq!(
        list["items"][0]["content_sha256"],
        list["items"][1]["content_sha256"]
    );

    let colour = maker.get("/api/v1/rule-sets/2/colour.csv").await;
    let gate = maker.get("/api/v1/rule-sets/2/gate.csv").await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let body =
        json!({ "colour_csv": text(colour.bytes), "gate_csv": text(gate.bytes), "note": "n" });
    let third = maker.post("/api/v1/rule-sets", body).await.expect(201);
    assert_eq!(third["content_sha256"], list["items"][0]["content_sha256"]);
}

#[tokio::test]
async fn faulty_tables_are_refused_with_row_and_column() {
    let test = TestApp::start().await;
    let maker = maker(&test).await;
    let mut body = loose();
    body["colour_csv"] = COLOUR.replace("A4,-,-,-,fever,", "A4,-,-,-,feber,").into();
    let problem = maker
        .post("/api/v1/rule-sets", body)
        .await
        .problem(422, "rule_table_invalid");
    assert_eq!(problem["fields"][0]["field"], "colour row 5, health");
    assert_eq!(problem["fields"][0]["code"], "unknown_value");
    let mut body = loose();
    body["note"] = "".into();
    maker
        .post("/api/v1/rule-sets", body)
        .await
        .problem(422, "invalid_fields");
    maker
        .post("/api/v1/rule-sets", json!({ "note": 1 }))
        .await
        .problem(422, "invalid_fields");
    maker
        .post_text(
            "/api/v1/rule-sets/import",
            "application/octet-stream",
            "no workbook",
        )
        .await
        .problem(422, "rule_table_invalid");
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM rule_set").await, 1);
}

#[tokio::test]
async fn no_table_stops_people_on_no_ground_of_the_closed_list() {
    let test = TestApp::start().await;
    let maker = maker(&test).await;
    for (from, to) in [
        ("A15,-,-,-,-,-,-,-,-,-,yellow", "A15,-,-,-,-,-,-,-,-,-,red"),
        (
            "A10,-,-,-,-,-,-,conflict,-,-,yellow",
            "A10,-,-,-,-,-,-,conflict,-,-,red",
        ),
    ] {
        let mut body = loose();
        body["colour_csv"] = COLOUR.replace(from, to).into();
        maker
            .post("/api/v1/rule-sets", body)
            .await
            .problem(422, "rule_groundless");
    }
    let mut symptoms = loose();
    symptoms["colour_csv"] = COLOUR
        .replace("symptoms,-,-,-,-,-,yellow", "symptoms,-,-,-,-,-,red")
        .into();
    maker.post("/api/v1/rule-sets", symptoms).await.expect(201);
}

#[tokio::test]
async fn a_start_decides_at_once_and_caches_never_claim_what_they_have_not_read() {
    let test = TestApp::start().await;
    let lab = support::lab(&test).await;
    let new = lab
        .maker
        .post_with_key("/api/v1/rule-sets", "k1", loose())
        .await
        .expect(201);
    let same = lab
        .maker
        .post_with_key("/api/v1/rule-sets", "k1", loose())
        .await
        .expect(201);
    assert_eq!(new["version"], same["version"]);

    let db = test.app.db.client().await.unwrap();
    let in_force = test.app.part::<gridpass::rules::InForce>();
    let whole = async || in_force.current(&db).await.unwrap().whole().version.get();
    assert_eq!(whole().await, 1);
    let epoch: i64 = test
        .scalar("SELECT value FROM epoch WHERE name = 'rules'")
        .await;
    assert!(in_force.cached(epoch).is_some());
    let version = support::put_into_force(&test, loose()).await;
    assert!(in_force.cached(epoch + 1).is_none());
    assert_eq!(i64::from(whole().await), version);
    assert!(in_force.cached(epoch + 1).is_some());
}

#[tokio::test]
async fn a_case_is_tried_without_being_stored() {
    let test = TestApp::start().await;
    let maker = maker(&test).await;
    maker.post("/api/v1/rule-sets", loose()).await.expect(201);
    let case = json!({
        "now": "2020-03-06T08:30:00+08:00",
        "facts": [{ "id": 1, "kind": "residence", "status": "verified", "enclosure": "E1",
                    "recorded_at": "2020-02-20T10:00:00+08:00" }],
        "gate": { "enclosure": "E1", "employer": null, "area": "normal" },
        "scan": { "direction": "in", "temperature": 36.5 }
    });
    let path = "/api/v1/rule-sets/1/evaluate";
    let view = maker.post(path, case.clone()).await.expect(200);
    assert_eq!(
        (view["colour"].as_str(), view["rule"].as_str()),
        (Some("green"), Some("A11"))
    );
    assert_eq!(
        (view["action"].as_str(), view["gate_rule"].as_str()),
        (Some("pass"), Some("B6"))
    );
    assert_eq!(view["trace"].as_array().unwrap().len(), 11);
    assert_eq!(view["trace"][0]["failed"]["column"], "case");

    let mut fever = case.clone();
    fever["scan"]["temperature"] = 38.0.into();
    let view = maker.post(path, fever).await.expect(200);
    assert_eq!(
        (view["colour"].as_str(), view["gate_rule"].as_str()),
        (Some("red"), Some("B1"))
    );

    let mut empty = case.clone();
    empty["facts"] = json!([]);
    let first = maker.post(path, empty.clone()).await.expect(200);
    let second = maker
        .post("/api/v1/rule-sets/2/evaluate", empty)
        .await
        .expect(200);
    assert_eq!(
        (first["colour"].as_str(), second["colour"].as_str()),
        (Some("yellow"), Some("green"))
    );

    let mut bad = case;
    bad["facts"][0]["status"] = "dreamt".into();
    maker.post(path, bad).await.problem(422, "invalid_fields");
}

#[tokio::test]
async fn only_rule_makers_enter_rules() {
    let test = TestApp::start().await;
    let lead = test.caller(Role::CommunityLead, "440310001001").await;
    lead.get("/api/v1/rule-sets").await.expect(200);
    lead.post("/api/v1/rule-sets", loose())
        .await
        .problem(403, "not_allowed");
    lead.post("/api/v1/rule-sets/1/schedules", json!({ "note": "n" }))
        .await
        .problem(403, "not_allowed");
    lead.post_text("/api/v1/rule-sets/import", "application/octet-stream", "x")
        .await
        .problem(403, "not_allowed");
    let guard = test.caller(Role::GateGuard, "440310001001").await;
    guard
        .get("/api/v1/rule-sets")
        .await
        .problem(403, "not_allowed");
    guard
        .get("/api/v1/rule-sets/1")
        .await
        .problem(403, "not_allowed");
    guard
        .get("/api/v1/rule-sets/1/gate.csv")
        .await
        .problem(403, "not_allowed");
    test.anonymous()
        .get("/api/v1/rule-sets")
        .await
        .problem(401, "not_signed_in");
}
