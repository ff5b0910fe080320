//! Inspections of gates with a specimen: begun, scanned or not, ended, and told to the gate.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::gates::{Post, post};
use crate::scans::support::HERE;

async fn scene() -> (TestApp, Post, Client) {
    let test = TestApp::with_divisions().await;
    let post = post(&test, "金地朗悦", HERE).await;
    let officer = test.caller(Role::SubdistrictOfficer, &HERE[..9]).await;
    (test, post, officer)
}

async fn begin(inspector: &Client, post: &Post) -> Value {
    let path = format!("/api/v1/gates/{}/inspections", post.gate_id);
    inspector.post(&path, json!({})).await.expect(201)
}

fn close(inspection: &Value) -> String {
    format!("/api/v1/inspections/{}/close", inspection["inspection_id"])
}

async fn listed(inspector: &Client) -> Vec<Value> {
    let list = inspector.get("/api/v1/inspections").await.expect(200);
    list["items"].as_array().unwrap().clone()
}

async fn told(post: &Post) -> Value {
    let board = post.alone.get("/api/v1/device/board").await.expect(200);
    board["inspections"].clone()
}

/// The inspector makes a specimen and the guard scans it.
async fn shown(test: &TestApp, inspector: &Client, post: &Post) {
    let made = inspector.post("/api/v1/specimen-passes", json!({})).await;
    let specimen = made.expect(201)["qr"].clone();
    let scan = json!({ "presentation": specimen, "at": test.now().to_string(), "direction": "in" });
    post.device
        .post("/api/v1/scans", scan)
        .await
        .problem(422, "pass_specimen");
}

#[tokio::test]
async fn an_inspection_sees_whether_the_guard_scans() {
    let (test, post, officer) = scene().await;
    shown(&test, &officer, &post).await;
    test.advance(SignedDuration::from_secs(1));
    let one = begin(&officer, &post).await;
    assert_eq!(
        (&one["gate_name"], &one["owner"], &one["scanned_at"]),
        (&json!("东门"), &json!("金地朗悦"), &Value::Null),
        "what was scanned before does not count"
    );
    officer
        .post(
            &format!("/api/v1/gates/{}/inspections", post.gate_id),
            json!({}),
        )
        .await
        .problem(409, "inspection_open");
    test.advance(SignedDuration::from_mins(2));
    shown(&test, &officer, &post).await;
    let scanned = test.now().to_string();
    assert_eq!(listed(&officer).await[0]["scanned_at"], scanned);
    assert_eq!(told(&post).await, json!([]), "the gate is not told yet");

    let stopped = json!({ "result": "stopped" });
    let ended = officer
        .post(&close(&one), stopped.clone())
        .await
        .expect(200);
    assert_eq!(
        (&ended["result"], &ended["scanned_at"]),
        (&json!("stopped"), &json!(scanned))
    );
    let again = officer.post(&close(&one), stopped).await.expect(200);
    assert_eq!(again, ended, "sent again");
    let other = json!({ "result": "waved_through" });
    officer
        .post(&close(&one), other.clone())
        .await
        .problem(409, "inspection_closed");
    assert_eq!(told(&post).await[0]["scanned_at"], scanned);

    test.advance(SignedDuration::from_mins(5));
    let two = begin(&officer, &post).await;
    officer.post(&close(&two), other).await.expect(200);
    test.advance(SignedDuration::from_mins(1));
    shown(&test, &officer, &post).await;
    let list = listed(&officer).await;
    let seen: Vec<(&Value, bool)> = list
        .iter()
        .map(|one| (&one["result"], one["scanned_at"].is_string()))
        .collect();
    assert_eq!(
        seen,
        [(&json!("waved_through"), false), (&json!("stopped"), true)]
    );
    let path = format!("/api/v1/inspections?after={}", two["inspection_id"]);
    let older = officer.get(&path).await.expect(200);
    assert_eq!(older["items"][0]["inspection_id"], one["inspection_id"]);
    assert_eq!(told(&post).await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn one_that_nobody_ended_does_not_keep_others_away() {
    let (test, post, officer) = scene().await;
    begin(&officer, &post).await;
    test.advance(SignedDuration::from_hours(13));
    let looks_on = test.caller(Role::Oversight, "").await;
    begin(&looks_on, &post).await;
    let list = listed(&looks_on).await;
    let results: Vec<&Value> = list.iter().map(|one| &one["result"]).collect();
    assert_eq!(results, [&Value::Null, &json!("cancelled")]);
    assert_eq!(told(&post).await, json!([]), "it came to nothing");
}

#[tokio::test]
async fn who_runs_gates_does_not_inspect_them() {
    let (test, post, officer) = scene().await;
    let one = begin(&officer, &post).await;
    let path = format!("/api/v1/gates/{}/inspections", post.gate_id);
    let end = json!({ "result": "stopped" });
    for role in [
        Role::CommunityLead,
        Role::GateGuard,
        Role::EmployerManager,
        Role::SystemAdmin,
    ] {
        let caller = test.caller(role, HERE).await;
        caller
            .post(&path, json!({}))
            .await
            .problem(403, "not_allowed");
        caller
            .get("/api/v1/inspections")
            .await
            .problem(403, "not_allowed");
        caller
            .post(&close(&one), end.clone())
            .await
            .problem(403, "not_allowed");
    }
    let elsewhere = test.caller(Role::SubdistrictOfficer, "440310002").await;
    elsewhere
        .post(&path, json!({}))
        .await
        .problem(404, "not_found");
    elsewhere
        .post(&close(&one), end)
        .await
        .problem(404, "not_found");
    assert!(listed(&elsewhere).await.is_empty());
    officer
        .post(&close(&one), json!({ "result": "asleep" }))
        .await
        .problem(422, "invalid_fields");
    officer
        .post(
            "/api/v1/inspections/1/close",
            json!({ "result": "stopped" }),
        )
        .await
        .problem(404, "not_found");
}
