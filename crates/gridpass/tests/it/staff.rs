//! Accounts and signing in: who makes them, what locks them, what a session must finish first.

mod factor;
mod grants;
mod oidc;
mod sessions;

use gridpass::access::Role;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};

const FIRST: &str = "first willow lantern";
const OWN: &str = "harbour pencil 39 moss";

/// An account made by an administrator, as sent.
/// An account to make.
pub fn account(username: &str, role: &str, jurisdiction: &str) -> Value {
    json!({ "username": username, "password": FIRST, "role": role, "jurisdiction": jurisdiction,
            "display_name": username, "unit": "六联社区居委会" })
}

/// Makes an account; answers its identity.
async fn make(admin: &Client, username: &str, role: &str, jurisdiction: &str) -> i64 {
    let body = account(username, role, jurisdiction);
    let made = admin.post("/api/v1/staff", body).await.expect(201);
    made["staff_id"].as_i64().unwrap()
}

/// Signs a new account in and finishes all that is asked.
pub async fn enter(test: &TestApp, username: &str) -> Client {
    let caller = test.sign_in(username, FIRST).await;
    let body = json!({ "current": FIRST, "password": OWN });
    caller.put("/api/v1/me/password", body).await.expect(204);
    caller.confirm_ten_donts().await;
    caller
}

async fn staff_id(caller: &Client) -> i64 {
    let me = caller.get("/api/v1/me").await.expect(200);
    me["staff_id"].as_i64().unwrap()
}

async fn username(caller: &Client) -> String {
    let me = caller.get("/api/v1/me").await.expect(200);
    me["username"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn wrong_names_and_wrong_passwords_are_answered_alike() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let known = username(&admin).await;
    let mut answers = Vec::new();
    for name in [known.as_str(), "no-such-person"] {
        let begun = std::time::Instant::now();
        let body = json!({ "username": name, "password": "wrong password" });
        let answer = test.anonymous().post("/api/v1/sessions", body).await;
        answers.push(answer.problem(401, "wrong_credentials"));
        // Both wait for the same moment, which no check comes near.
        assert!(begun.elapsed().as_millis() >= 500);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn five_wrong_attempts_lock_and_only_the_right_password_is_told() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = make(&admin, "guard-1", "gate_guard", "440310").await;
    let nobody = test.anonymous();
    let attempt = |password: &str| {
        let body = json!({ "username": "guard-1", "password": password });
        let nobody = nobody.clone();
        async move { nobody.post("/api/v1/sessions", body).await }
    };
    // At the same moment: each counts.
    let five = (0..5).map(|_| attempt("wrong password"));
    for answer in futures_util::future::join_all(five).await {
        answer.problem(401, "wrong_credentials");
    }
    attempt("wrong password")
        .await
        .problem(401, "wrong_credentials");
    attempt(FIRST).await.problem(403, "account_locked");
    let listed = admin.get(&format!("/api/v1/staff/{id}")).await.expect(200);
    assert_eq!(listed["locked"], true);
    // Somebody who goes on guessing learns nothing any more, not even of the right one.
    for _ in 0..3 {
        attempt("wrong password")
            .await
            .problem(401, "wrong_credentials");
    }
    attempt(FIRST).await.problem(401, "wrong_credentials");

    let worker = test.caller(Role::CommunityLead, "440310").await;
    let unlock = format!("/api/v1/staff/{id}/unlock");
    worker
        .post(&unlock, json!({}))
        .await
        .problem(403, "not_allowed");
    admin.post(&unlock, json!({})).await.expect(204);
    attempt(FIRST).await.expect(201);
    let path = format!("/api/v1/staff/{id}/sign-ins");
    let history = admin.get(&path).await.expect(200);
    assert_eq!(history[0]["outcome"], "signed_in");
    let locked = |row: &&Value| row["outcome"] == "locked";
    assert_eq!(history.as_array().unwrap().iter().filter(locked).count(), 1);
}

#[tokio::test]
async fn a_lock_ends_by_itself_and_slow_mistakes_do_not_lock() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    make(&admin, "guard-1", "gate_guard", "440310").await;
    let nobody = test.anonymous();
    let wrong = json!({ "username": "guard-1", "password": "wrong password" });
    for _ in 0..4 {
        let answer = nobody.post("/api/v1/sessions", wrong.clone()).await;
        answer.problem(401, "wrong_credentials");
    }
    test.advance(jiff::SignedDuration::from_mins(16));
    for _ in 0..4 {
        let answer = nobody.post("/api/v1/sessions", wrong.clone()).await;
        answer.problem(401, "wrong_credentials");
    }
    test.sign_in("guard-1", FIRST).await;
    for _ in 0..5 {
        let answer = nobody.post("/api/v1/sessions", wrong.clone()).await;
        answer.problem(401, "wrong_credentials");
    }
    let right = json!({ "username": "guard-1", "password": FIRST });
    let answer = nobody.post("/api/v1/sessions", right).await;
    answer.problem(403, "account_locked");
    test.advance(jiff::SignedDuration::from_mins(31));
    test.sign_in("guard-1", FIRST).await;
}

#[tokio::test]
async fn only_the_security_administrator_makes_accounts_and_only_within_the_jurisdiction() {
    let test = TestApp::start().await;
    for role in [Role::GridWorker, Role::SystemAdmin, Role::AuditAdmin] {
        let other = test.caller(role, "").await;
        let body = account("guard-1", "gate_guard", "440310001");
        let answer = other.post("/api/v1/staff", body).await;
        answer.problem(403, "not_allowed");
    }
    let admin = test.caller(Role::SecurityAdmin, "440310").await;
    let body = account("guard-1", "gate_guard", "");
    let answer = admin.post("/api/v1/staff", body).await;
    answer.problem(403, "outside_jurisdiction");
    let id = make(&admin, "guard-1", "gate_guard", "440310001").await;
    let body = account("guard-1", "gate_guard", "440310001");
    let answer = admin.post("/api/v1/staff", body).await;
    answer.problem(409, "username_taken");
    let bad = json!({ "username": "X", "password": "short", "role": "gate_guard", "jurisdiction": "44x",
                      "display_name": "", "unit": "" });
    let problem = admin.post("/api/v1/staff", bad).await;
    let problem = problem.problem(422, "invalid_fields");
    assert_eq!(problem["fields"].as_array().unwrap().len(), 5);
    let mut leaked = account("guard-2", "gate_guard", "440310001");
    leaked["password"] = "password123".into();
    let problem = admin.post("/api/v1/staff", leaked).await;
    let problem = problem.problem(422, "invalid_fields");
    assert_eq!(problem["fields"][0]["code"], "password_weak");
    let unknown = account("guard-2", "emperor", "440310");
    let answer = admin.post("/api/v1/staff", unknown).await;
    answer.problem(422, "invalid_fields");

    let elsewhere = test.caller(Role::SecurityAdmin, "440311").await;
    let path = format!("/api/v1/staff/{id}");
    elsewhere.get(&path).await.problem(404, "not_found");
    elsewhere.delete(&path).await.problem(404, "not_found");
    let listed = elsewhere.get("/api/v1/staff").await.expect(200);
    let mine = staff_id(&elsewhere).await;
    assert!(
        listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["staff_id"] == mine)
    );
    let view = admin.get(&path).await.expect(200);
    assert_eq!(view["grants"][0]["role"], "gate_guard");
}

#[tokio::test]
async fn a_repeated_key_makes_one_account() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let body = account("guard-1", "gate_guard", "");
    let first = admin
        .post_with_key("/api/v1/staff", "k1", body.clone())
        .await;
    let again = admin.post_with_key("/api/v1/staff", "k1", body).await;
    assert_eq!(first.expect(201), again.expect(201));
    let other = account("guard-2", "gate_guard", "");
    let answer = admin.post_with_key("/api/v1/staff", "k1", other).await;
    answer.problem(409, "idempotency_key_reused");
}

#[tokio::test]
async fn a_password_set_by_somebody_else_must_be_changed() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = make(&admin, "desk-1", "data_desk", "440310").await;
    let desk = test.sign_in("desk-1", FIRST).await;
    let me = desk.get("/api/v1/me").await.expect(200);
    assert_eq!(me["needs"], json!(["change_password", "confirm_ten_donts"]));
    let stats = "/api/v1/stats/people?division=440310";
    desk.get(stats).await.problem(403, "password_change_needed");
    let change = |current: &str, password: &str| {
        let body = json!({ "current": current, "password": password });
        let desk = desk.clone();
        async move { desk.put("/api/v1/me/password", body).await }
    };
    change("wrong password", OWN)
        .await
        .problem(422, "password_wrong");
    change(FIRST, FIRST).await.problem(422, "invalid_fields");
    change(FIRST, "desk-1desk-1")
        .await
        .problem(422, "invalid_fields");
    let other = test.sign_in("desk-1", FIRST).await;
    change(FIRST, OWN).await.expect(204);
    // Whoever else was signed in with the old one is out.
    other
        .get("/api/v1/me")
        .await
        .problem(401, "session_revoked");
    desk.get(stats)
        .await
        .problem(403, "ten_donts_not_confirmed");
    desk.confirm_ten_donts().await;
    desk.get("/api/v1/gates").await.expect(200);

    let reset = format!("/api/v1/staff/{id}/password");
    let body = json!({ "password": "another willow lantern" });
    admin.put(&reset, body).await.expect(204);
    desk.get("/api/v1/me").await.problem(401, "session_revoked");
    let desk = test.sign_in("desk-1", "another willow lantern").await;
    let me = desk.get("/api/v1/me").await.expect(200);
    assert_eq!(me["needs"], json!(["change_password"]));
}

#[tokio::test]
async fn nothing_is_done_before_the_ten_rules_are_confirmed() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    make(&admin, "worker-1", "grid_worker", "440310").await;
    let worker = test.sign_in("worker-1", FIRST).await;
    let body = json!({ "current": FIRST, "password": OWN });
    worker.put("/api/v1/me/password", body).await.expect(204);
    for path in ["/api/v1/gates", "/api/v1/visits", "/api/v1/me/hand-overs"] {
        worker
            .get(path)
            .await
            .problem(403, "ten_donts_not_confirmed");
    }
    let rules = worker.get("/api/v1/me/ten-donts").await.expect(200);
    assert_eq!(rules["rules"].as_array().unwrap().len(), 10);
    let version = rules["version"].as_i64().unwrap();
    let confirm = |version: i64| {
        let worker = worker.clone();
        async move {
            let body = json!({ "version": version });
            worker.post("/api/v1/me/ten-donts", body).await
        }
    };
    confirm(version - 1).await.problem(409, "conflict");
    confirm(version).await.expect(204);
    worker.get("/api/v1/visits").await.expect(200);
    // A new version asks everybody again, also those who are signed in.
    let db = test.app.db.client().await.unwrap();
    db.execute("UPDATE staff SET ten_donts_version = 0", &[])
        .await
        .unwrap();
    let answer = worker.get("/api/v1/visits").await;
    answer.problem(403, "ten_donts_not_confirmed");
}

#[tokio::test]
async fn a_closed_account_is_out_at_once() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = make(&admin, "worker-1", "grid_worker", "440310").await;
    let worker = enter(&test, "worker-1").await;
    worker.get("/api/v1/visits").await.expect(200);
    admin
        .delete(&format!("/api/v1/staff/{id}"))
        .await
        .expect(204);
    let answer = worker.get("/api/v1/visits").await;
    answer.problem(401, "session_revoked");
    let body = json!({ "username": "worker-1", "password": OWN });
    let answer = test.anonymous().post("/api/v1/sessions", body).await;
    answer.problem(401, "wrong_credentials");
    let open = "SELECT count(*) FROM staff_grant g JOIN staff s USING (staff_id) WHERE NOT s.active AND g.ended_at IS NULL";
    assert_eq!(test.scalar::<i64>(open).await, 0);
}

#[tokio::test]
async fn nobody_administers_their_own_account() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = staff_id(&admin).await;
    let own = |rest: &str| format!("/api/v1/staff/{id}{rest}");
    let grant = json!({ "role": "data_desk", "jurisdiction": "440310", "reason": "x" });
    let answers = [
        admin.post(&own("/grants"), grant).await,
        admin.post(&own("/unlock"), json!({})).await,
        admin
            .put(&own("/password"), json!({ "password": OWN }))
            .await,
        admin.delete(&own("/second-factor")).await,
        admin.delete(&own("/sessions")).await,
        admin.delete(&own("")).await,
    ];
    for answer in answers {
        answer.problem(403, "own_account");
    }
}
