//! Masks by role, and lifting them for half an hour.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::people::{applicant, enclosure};

const HERE: &str = "440310001001";
const ELSEWHERE: &str = "440310002";
const PATH: &str = "/api/v1/break-glass";

/// A resident of the first community, known with phone and address.
async fn resident(test: &TestApp) -> i64 {
    let home = enclosure(test, "金地朗悦").await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let mut body = applicant("张三", 9, "13800001234");
    body["enclosure_id"] = home.into();
    let person = worker.post("/api/v1/people", body).await.expect(201);
    person["person_id"].as_i64().unwrap()
}

async fn record(caller: &Client, person: i64) -> Value {
    let path = format!("/api/v1/people/{person}");
    caller.get(&path).await.expect(200)
}

fn request(person: i64) -> Value {
    json!({ "person_id": person, "reason": "urgent_contact", "note": "家属报警，需立即联系本人" })
}

#[tokio::test]
async fn masks_are_lifted_for_one_person_one_caller_and_half_an_hour() {
    let test = TestApp::with_divisions().await;
    let person = resident(&test).await;
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    let colleague = test.caller(Role::TeamPolice, HERE).await;
    let masked = record(&doctor, person).await;
    assert_eq!(masked["phone"], "138****1234");
    assert_eq!(masked["document_number"], "4403**********0099");
    assert!(masked["lifted_until"].is_null());

    let opened = doctor
        .post_with_key(PATH, "g1", request(person))
        .await
        .expect(201);
    let again = doctor.post_with_key(PATH, "g1", request(person)).await;
    assert_eq!(again.expect(201), opened, "a repeated key opens once");
    assert_eq!(opened["expires_at"], "2020-03-06T01:00:00Z");
    let clear = record(&doctor, person).await;
    assert_eq!(clear["phone"], "+8613800001234");
    let number = clear["document_number"].as_str().unwrap();
    assert!(number.starts_with("4403991980") && !number.contains('*'));
    assert_eq!(clear["lifted_until"], opened["expires_at"]);
    assert_eq!(record(&colleague, person).await["phone"], "138****1234");

    test.advance(SignedDuration::from_mins(30));
    assert_eq!(record(&doctor, person).await, {
        let mut later = masked;
        later["decision"] = record(&doctor, person).await["decision"].clone();
        later
    });
}

#[tokio::test]
async fn supervisors_are_told_and_nobody_reviews_their_own() {
    let test = TestApp::with_divisions().await;
    let person = resident(&test).await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let officer = test.caller(Role::SubdistrictOfficer, "440310001").await;
    let other = test.caller(Role::SubdistrictOfficer, ELSEWHERE).await;
    let privacy = test.caller(Role::PrivacyOfficer, "").await;
    let mut events = test.app.events.subscribe();
    lead.post(PATH, request(person)).await.expect(201);
    let event = events.recv().await.unwrap();
    assert_eq!(event.topic, "break_glass");
    assert!(!event.body.contains("家属"), "live events carry no words");

    let unseen = format!("{PATH}?reviewed=false");
    let list = privacy.get(&unseen).await.expect(200);
    let glass = &list["items"][0];
    assert_eq!(glass["note"], "家属报警，需立即联系本人");
    assert_eq!(glass["reason"], "urgent_contact");
    assert_eq!(glass["opened_by_name"], "community_lead");
    let review = format!("{PATH}/{person}/{}/review", glass["glass_id"]);
    lead.post(&review, json!({}))
        .await
        .problem(403, "not_allowed");
    other
        .post(&review, json!({}))
        .await
        .problem(404, "not_found");
    let reviewed = officer.post(&review, json!({})).await.expect(200);
    assert!(reviewed["reviewed_at"].is_string());
    officer.post(&review, json!({})).await.expect(200);
    privacy
        .post(&review, json!({}))
        .await
        .problem(409, "conflict");
    for (caller, count) in [(&privacy, 0), (&officer, 0)] {
        let list = caller.get(&unseen).await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), count);
    }
    let list = other.get(PATH).await.expect(200);
    assert_eq!(list["items"], json!([]), "another subdistrict");
}

#[tokio::test]
async fn it_takes_a_reason_a_role_and_the_jurisdiction() {
    let test = TestApp::with_divisions().await;
    let person = resident(&test).await;
    let team = test.caller(Role::TeamWorker, HERE).await;
    let short = json!({ "person_id": person, "reason": "urgent_contact", "note": "急 " });
    let body = team.post(PATH, short).await.expect(422);
    assert_eq!(body["fields"][0]["field"], "note");
    let odd = json!({ "person_id": person, "reason": "curiosity", "note": "我想看看这个人" });
    team.post(PATH, odd).await.expect(422);
    let outside = test.caller(Role::TeamWorker, ELSEWHERE).await;
    outside
        .post(PATH, request(person))
        .await
        .problem(404, "not_found");
    outside
        .post(PATH, request(1))
        .await
        .problem(404, "not_found");
    for role in [
        Role::GridWorker,
        Role::DataDesk,
        Role::PrivacyOfficer,
        Role::SystemAdmin,
    ] {
        let caller = test.caller(role, "").await;
        caller
            .post(PATH, request(person))
            .await
            .problem(403, "not_allowed");
    }
    let guard = test.caller(Role::GateGuard, HERE).await;
    guard.get(PATH).await.problem(403, "not_allowed");
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM break_glass").await,
        0
    );
}

/// Who goes to a door or answers for an order sees the whole name; who only hands visits out
/// sees the family name and no address.
#[tokio::test]
async fn lists_show_what_the_role_needs() {
    let test = TestApp::with_divisions().await;
    let person = resident(&test).await;
    test.settle().await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let officer = test.caller(Role::SubdistrictOfficer, "440310001").await;
    let first = |list: Value| list["items"][0].clone();
    let at_the_door = first(worker.get("/api/v1/visits").await.expect(200));
    let from_afar = first(officer.get("/api/v1/visits").await.expect(200));
    assert_eq!(at_the_door["person_id"], person);
    assert_eq!(at_the_door["name"], "张三");
    assert_eq!(from_afar["name"], "张*");
    assert!(from_afar["address"].is_null());
}
