//! Shadow mode: evaluated and counted, not acted on.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::support::{approved, draft, lab, loose, trusting};
use crate::app::TestApp;
use crate::gates;
use crate::scans::support::{phone, scan, verify};

const STREET: &str = "440310001";
const HERE: &str = "440310001001";

#[tokio::test]
async fn a_shadow_counts_what_it_would_have_decided_and_decides_nothing() {
    let test = TestApp::with_divisions().await;
    let post = gates::post(&test, "金地朗悦", HERE).await;
    let there = gates::post(&test, "六和商业", "440310002001").await;
    let waiting = phone(&test, 1, post.enclosure_id).await;
    let known = phone(&test, 2, post.enclosure_id).await;
    verify(&test, known.person_id, post.enclosure_id).await;
    let elsewhere = phone(&test, 3, there.enclosure_id).await;
    test.settle().await;
    let lab = lab(&test).await;
    let version = approved(&test, &lab, trusting()).await;
    let path = format!("/api/v1/rule-sets/{version}/shadows");
    let body = json!({ "place_prefix": STREET, "scan_percent": 100, "count_people": true, "note": "试算" });
    let shadow = lab.maker.post(&path, body).await.expect(201);
    test.advance(SignedDuration::from_secs(1));
    assert_eq!(scan(&test, &post, &waiting).await["colour"], "yellow");
    assert_eq!(scan(&test, &post, &known).await["colour"], "green");
    assert_eq!(scan(&test, &there, &elsewhere).await["colour"], "yellow");
    // What happens after a scan does not change what is counted for it.
    test.advance(SignedDuration::from_secs(1));
    verify(&test, waiting.person_id, post.enclosure_id).await;
    test.advance(SignedDuration::from_secs(60));
    test.settle().await;
    test.settle().await;

    let path = format!("/api/v1/rule-shadows/{}", shadow["shadow_id"]);
    let view = lab.approver.get(&path).await.expect(200);
    let scans = view["scans"].as_array().unwrap();
    let told = |one: &Value| {
        let word = |name: &str| one[name].as_str().unwrap().to_owned();
        (
            word("colour") + ">" + &word("shadow_colour"),
            word("action") + ">" + &word("shadow_action"),
            one["scans"].as_i64().unwrap(),
        )
    };
    let told: Vec<_> = scans.iter().map(told).collect();
    assert_eq!(
        told,
        [
            ("green>green".to_owned(), "pass>pass".to_owned(), 1),
            ("yellow>green".to_owned(), "check>pass".to_owned(), 1),
        ]
    );
    assert_eq!(scans[0]["division_code"], HERE);
    let people: i64 = view["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["people"].as_i64().unwrap())
        .sum();
    assert_eq!(people, 2, "of the street only");

    lab.approver
        .post(&format!("{path}/end"), json!({}))
        .await
        .expect(204);
    test.advance(SignedDuration::from_secs(1));
    scan(&test, &post, &known).await;
    test.advance(SignedDuration::from_secs(60));
    test.settle().await;
    let after = lab.approver.get(&path).await.expect(200);
    assert_eq!(after["scans"], view["scans"]);
    assert!(after["ended_at"].is_string());
}

#[tokio::test]
async fn only_approved_versions_are_shadowed_by_those_who_work_on_rules() {
    let test = TestApp::with_divisions().await;
    let lab = lab(&test).await;
    let version = draft(&lab, loose()).await;
    let path = format!("/api/v1/rule-sets/{version}/shadows");
    let body = json!({ "scan_percent": 5, "count_people": false, "note": "试算" });
    let refused = lab.maker.post(&path, body.clone()).await;
    refused.problem(409, "rule_set_not_approved");
    let none = json!({ "scan_percent": 0, "count_people": false, "note": "试算" });
    let refused = lab.maker.post(&path, none).await;
    refused.problem(422, "invalid_fields");
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let refused = lead.post(&path, body.clone()).await;
    refused.problem(403, "not_allowed");
    let street = test.caller(Role::RuleApprover, STREET).await;
    let path = "/api/v1/rule-sets/1/shadows";
    let refused = street.post(path, body.clone()).await;
    refused.problem(404, "not_found");
    let shadow = lab.maker.post(path, body).await.expect(201);
    let path = format!("/api/v1/rule-shadows/{}", shadow["shadow_id"]);
    street.get(&path).await.problem(404, "not_found");
    let refused = street.post(&format!("{path}/end"), json!({})).await;
    refused.problem(404, "not_found");
    let list = lab.maker.get("/api/v1/rule-shadows").await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}
