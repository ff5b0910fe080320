//! What the database cannot store, in whatever a caller sends: U+0000, times beyond its reach.
//! Refused, never a fault of ours.

use gridpass::access::Role;
use gridpass::db::DbErrorKind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::evidence::{HERE, person};
use crate::gates;
use crate::people::{applicant, enclosure, enrolled};

async fn refused(caller: &Client, path: &str, field: &str) {
    let problem = caller.get(path).await.problem(422, "invalid_fields");
    let fault = &problem["fields"][0];
    assert_eq!(fault["field"], field, "{path}");
    assert_eq!(fault["code"], "nul_character", "{path}");
}

async fn refused_body(caller: &Client, asked: (Method, &str), body: Value, field: &str) {
    let request = caller.request(asked.0, asked.1).json(&body);
    let problem = caller.send(request).await.problem(422, "invalid_fields");
    assert_eq!(problem["fields"][0]["field"], field, "{problem}");
    assert_eq!(problem["fields"][0]["code"], "nul_character");
    let told = problem.to_string();
    assert!(!told.contains("secret"), "the value is repeated: {told}");
}

#[tokio::test]
async fn a_query_with_one_is_refused_signed_in_or_not() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let audit = test.caller(Role::AuditAdmin, "").await;
    let nobody = test.resident();
    refused(&nobody, "/api/v1/enclosures/public?query=%00", "query").await;
    refused(
        &nobody,
        "/api/v1/enclosures/public?query=%E9%87%91%00%E5%9C%B0",
        "query",
    )
    .await;
    refused(&desk, "/api/v1/enclosures?name=a%00", "name").await;
    refused(&desk, "/api/v1/employers?name=%00b", "name").await;
    refused(&desk, "/api/v1/divisions?prefix=44%00", "prefix").await;
    refused(&desk, "/api/v1/divisions?after=%00", "after").await;
    refused(&audit, "/api/v1/audit/entries?action=%00", "action").await;
    refused(&audit, "/api/v1/audit/entries?result=%00", "result").await;
    refused(&desk, "/api/v1/enclosures?na%00me=x", "?").await;
    // What only looks like one is somebody's text.
    desk.get("/api/v1/enclosures?name=%2500").await.expect(200);
    desk.get("/api/v1/divisions/44%00/map")
        .await
        .problem(404, "bad_path");
}

#[tokio::test]
async fn a_body_with_one_is_refused_wherever_it_stands() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let home = enclosure(&test, "金地朗悦").await;
    let one = format!("/api/v1/enclosures/{home}");
    let new = |name: &str, contact: &str, code: &str| json!({ "name": name, "kind": "estate", "community_code": HERE, "contact": contact, "code": code });
    for (body, field) in [
        (new("secret\0", "c", "1"), "name"),
        (new("n", "secret\0", "1"), "contact"),
        (new("n", "c", "\0secret"), "code"),
        (json!({ "name": "n", "secret\0": 1 }), "?"),
    ] {
        let asked = (Method::POST, "/api/v1/enclosures");
        refused_body(&desk, asked, body, field).await;
    }
    refused_body(
        &desk,
        (Method::PATCH, &one),
        json!({ "name": "a\0" }),
        "name",
    )
    .await;
    let post = gates::post(&test, "聚龙花园", HERE).await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let codes = format!("/api/v1/gates/{}/device-codes", post.gate_id);
    refused_body(
        &lead,
        (Method::POST, &codes),
        json!({ "name": "\0" }),
        "name",
    )
    .await;
    // Deep in a list, with the place in it.
    let who = person(&test, HERE).await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let call = json!({ "call_id": 5, "called_at": test.now(), "people": [
        { "person_id": who, "outcome": "absent", "reason": "at_work", "note": "secret\0", "seen": {} }] });
    refused_body(
        &worker,
        (Method::POST, "/api/v1/calls"),
        call,
        "people[0].note",
    )
    .await;
    // Residents, and who has no pass yet.
    let (phone, _) = enrolled(&test, applicant("李雷", 70, "13800001270")).await;
    let appeal = json!({ "about": "colour", "statement": "secret\0 请核实" });
    refused_body(
        &phone,
        (Method::POST, "/api/v1/pass/appeals"),
        appeal,
        "statement",
    )
    .await;
    let form = applicant("secret\0", 71, "13800001271");
    refused_body(
        &test.resident(),
        (Method::POST, "/api/v1/people/enrol"),
        form,
        "name",
    )
    .await;
    // A backslash and a number are text.
    let text = new("甲\\u0000", "c", "2");
    desk.post("/api/v1/enclosures", text).await.expect(201);
}

#[tokio::test]
async fn what_no_extractor_reads_is_the_callers_mistake_all_the_same() {
    let test = TestApp::with_divisions().await;
    let db = test.app.db.client().await.unwrap();
    let error = db.query("SELECT $1::text", &[&"a\0b"]).await.unwrap_err();
    assert_eq!(
        gridpass::db::DbError::from(error).kind(),
        DbErrorKind::BadText
    );
    let desk = test.caller(Role::DataDesk, "").await;
    let file = format!("code,name,kind,community_code\nE1,幸\0福里,estate,{HERE}\n");
    let answer = desk
        .post_text("/api/v1/enclosures/import", "text/csv", file)
        .await;
    assert!(answer.status.is_client_error(), "{answer:?}");
    let rows = "SELECT count(*) FROM enclosure WHERE code = 'E1'";
    assert_eq!(test.scalar::<i64>(rows).await, 0, "nothing half-written");
}

#[tokio::test]
async fn a_time_beyond_what_is_counted_is_refused() {
    let test = TestApp::with_divisions().await;
    let (phone, _) = enrolled(&test, applicant("李雷", 70, "13800001270")).await;
    let worker = test.caller(Role::TeamWorker, HERE).await;
    let who = person(&test, HERE).await;
    for at in ["-009999-01-03T00:00:00Z", "-004800-01-01T00:00:00Z"] {
        phone
            .get(&format!("/api/v1/pass/explanation?at={at}"))
            .await
            .problem(422, "time_out_of_range");
        worker
            .get(&format!("/api/v1/people/{who}/decision?at={at}"))
            .await
            .problem(422, "time_out_of_range");
    }
    let past = "/api/v1/pass/explanation?at=2019-01-01T00:00:00Z";
    phone.get(past).await.expect(200);
}
