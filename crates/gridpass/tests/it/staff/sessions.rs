//! Sessions: how long they live, who sees and ends them.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{FIRST, make, staff_id};
use crate::app::{Setup, TestApp};

#[tokio::test]
async fn a_session_ends_when_signed_out_and_when_its_time_is_over() {
    let test = TestApp::start().await;
    let caller = test.caller(Role::DataDesk, "").await;
    caller.get("/api/v1/me").await.expect(200);
    caller.delete("/api/v1/sessions/current").await.expect(204);
    caller
        .get("/api/v1/me")
        .await
        .problem(401, "session_revoked");

    let caller = test.caller(Role::DataDesk, "").await;
    test.advance(SignedDuration::from_hours(6));
    caller.get("/api/v1/me").await.expect(200);
    test.advance(SignedDuration::from_hours(6));
    caller
        .get("/api/v1/me")
        .await
        .problem(401, "session_expired");
    test.anonymous()
        .get("/api/v1/me")
        .await
        .problem(401, "not_signed_in");
}

#[tokio::test]
async fn an_idle_session_ends() {
    let mut setup = Setup::default();
    setup.sign_in.idle_max = SignedDuration::from_mins(30);
    let test = TestApp::with(setup).await;
    let caller = test.caller(Role::DataDesk, "").await;
    for _ in 0..4 {
        test.advance(SignedDuration::from_mins(20));
        caller.get("/api/v1/gates").await.expect(200);
    }
    // Looking again within the minute writes nothing.
    let seen = "SELECT last_seen_at::text FROM staff_session";
    let before: String = test.scalar(seen).await;
    test.advance(SignedDuration::from_secs(50));
    caller.get("/api/v1/gates").await.expect(200);
    assert_eq!(test.scalar::<String>(seen).await, before);
    test.advance(SignedDuration::from_mins(31));
    caller
        .get("/api/v1/gates")
        .await
        .problem(401, "session_expired");
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = make(&admin, "desk-1", "data_desk", "440310").await;
    let first = super::enter(&test, "desk-1").await;
    let second = test.sign_in("desk-1", super::OWN).await;
    let third = test.sign_in("desk-1", super::OWN).await;
    let listed = first.get("/api/v1/me/sessions").await.expect(200);
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 3);
    let current: Vec<&Value> = listed.iter().filter(|row| row["current"] == true).collect();
    assert_eq!(current.len(), 1);
    assert!(listed.iter().all(|row| row.get("token").is_none()));

    let newest = listed[0]["session_id"].as_i64().unwrap();
    let path = format!("/api/v1/me/sessions/{newest}");
    // Somebody else's session is not there.
    let stranger = test.caller(Role::DataDesk, "440310").await;
    stranger.delete(&path).await.problem(404, "not_found");
    first.delete(&path).await.expect(204);
    third
        .get("/api/v1/me")
        .await
        .problem(401, "session_revoked");
    second.get("/api/v1/me").await.expect(200);
    first.delete("/api/v1/me/sessions").await.expect(204);
    second
        .get("/api/v1/me")
        .await
        .problem(401, "session_revoked");
    first.get("/api/v1/me").await.expect(200);
    let history = first.get("/api/v1/me/sign-ins").await.expect(200);
    assert_eq!(history.as_array().unwrap().len(), 3);

    let path = format!("/api/v1/staff/{id}/sessions");
    stranger.get(&path).await.problem(403, "not_allowed");
    let listed = admin.get(&path).await.expect(200);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    admin.delete(&path).await.expect(204);
    first
        .get("/api/v1/me")
        .await
        .problem(401, "session_revoked");
}

#[tokio::test]
async fn a_session_without_a_grant_can_only_see_itself() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = make(&admin, "desk-1", "data_desk", "440310").await;
    let desk = super::enter(&test, "desk-1").await;
    let view = admin.get(&format!("/api/v1/staff/{id}")).await.expect(200);
    let grant = view["grants"][0]["grant_id"].as_i64().unwrap();
    let path = format!("/api/v1/staff/{id}/grants/{grant}");
    admin.delete(&path).await.expect(204);
    admin.delete(&path).await.problem(404, "not_found");
    desk.get("/api/v1/gates").await.problem(403, "grant_needed");
    let me = desk.get("/api/v1/me").await.expect(200);
    assert_eq!(
        (&me["needs"], &me["role"]),
        (&json!(["choose_grant"]), &Value::Null)
    );
    assert!(staff_id(&desk).await == id && FIRST != super::OWN);
}
