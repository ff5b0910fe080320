//! Signing in and accounts.

use gridpass::access::Role;
use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn wrong_names_and_wrong_passwords_are_answered_alike() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let me = admin.get("/api/v1/me").await.expect(200);
    let nobody = test.anonymous();
    for username in [me["username"].as_str().unwrap(), "no-such-person"] {
        let body = json!({ "username": username, "password": "wrong password" });
        nobody
            .post("/api/v1/sessions", body)
            .await
            .problem(401, "wrong_credentials");
    }
}

#[tokio::test]
async fn a_session_ends_when_signed_out_and_when_its_time_is_over() {
    let test = TestApp::start().await;
    let caller = test.caller(Role::DataDesk, "").await;
    caller.get("/api/v1/me").await.expect(200);
    caller.delete("/api/v1/sessions/current").await.expect(204);
    caller
        .get("/api/v1/me")
        .await
        .problem(401, "session_expired");

    let caller = test.caller(Role::DataDesk, "").await;
    test.advance(jiff::SignedDuration::from_hours(12));
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
async fn only_the_administrator_makes_accounts_and_only_within_the_jurisdiction() {
    let test = TestApp::start().await;
    let account = |jurisdiction: &str| {
        json!({ "username": "guard-1", "password": "long enough 1", "role": "gate_guard",
                "jurisdiction": jurisdiction, "display_name": "门岗一", "unit": "六联社区居委会" })
    };
    let worker = test.caller(Role::GridWorker, "440310001").await;
    worker
        .post("/api/v1/staff", account("440310001"))
        .await
        .problem(403, "not_allowed");
    let admin = test.caller(Role::SecurityAdmin, "440310").await;
    admin
        .post("/api/v1/staff", account(""))
        .await
        .problem(403, "outside_jurisdiction");
    admin
        .post("/api/v1/staff", account("440310001"))
        .await
        .expect(201);
    let system = test.caller(Role::SystemAdmin, "").await;
    system
        .post("/api/v1/staff", account("440310001"))
        .await
        .problem(403, "not_allowed");
    admin
        .post("/api/v1/staff", account("440310001"))
        .await
        .problem(409, "username_taken");
    let bad = json!({ "username": "X", "password": "short", "role": "gate_guard", "jurisdiction": "44x", "display_name": "", "unit": "" });
    let problem = admin
        .post("/api/v1/staff", bad)
        .await
        .problem(422, "invalid_fields");
    assert_eq!(problem["fields"].as_array().unwrap().len(), 5);
    let unknown = json!({ "username": "guard-2", "password": "long enough 1", "role": "emperor", "jurisdiction": "", "display_name": "x", "unit": "六联社区居委会" });
    admin
        .post("/api/v1/staff", unknown)
        .await
        .problem(422, "invalid_fields");
}

#[tokio::test]
async fn a_repeated_key_makes_one_account() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let account = json!({ "username": "guard-1", "password": "long enough 1", "role": "gate_guard", "jurisdiction": "", "display_name": "x", "unit": "六联社区居委会" });
    let first = admin
        .post_with_key("/api/v1/staff", "k1", account.clone())
        .await
        .expect(201);
    let again = admin
        .post_with_key("/api/v1/staff", "k1", account.clone())
        .await
        .expect(201);
    assert_eq!(first, again);
    let mut other = account;
    other["username"] = "guard-2".into();
    admin
        .post_with_key("/api/v1/staff", "k1", other)
        .await
        .problem(409, "idempotency_key_reused");
}
