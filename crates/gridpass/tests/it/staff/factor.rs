//! The second factor: set up, presented, replayed, lost and reset.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{FIRST, OWN, enter, make, staff_id};
use crate::app::{Client, Setup, TestApp};
use crate::cluster;

/// The code an authenticator app shows now, found the way the app does: RFC 6238 with the
/// secret that was typed in.
fn code(test: &TestApp, secret: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new()
        .with_secret(secret.as_bytes())
        .build()
        .unwrap();
    let now_s = u64::try_from(test.now().as_second()).unwrap();
    totp.generate(now_s).to_string()
}

/// Sets a second factor up; answers the secret and the recovery codes.
async fn enrol(test: &TestApp, caller: &Client) -> (String, Vec<String>) {
    let begun = caller
        .post("/api/v1/me/second-factor", json!({}))
        .await
        .expect(200);
    let secret = begun["secret"].as_str().unwrap().to_owned();
    assert!(begun["otpauth_uri"].as_str().unwrap().contains(&secret));
    let body = json!({ "code": code(test, &secret) });
    let codes = caller
        .post("/api/v1/me/second-factor/confirm", body)
        .await
        .expect(200);
    let codes: Vec<String> = serde_json::from_value(codes["recovery_codes"].clone()).unwrap();
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

async fn present(caller: &Client, code: &str) -> crate::app::Answer {
    let body = json!({ "code": code });
    caller
        .post("/api/v1/sessions/current/second-factor", body)
        .await
}

#[tokio::test]
async fn a_code_counts_once() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    make(&admin, "desk-1", "data_desk", "440310").await;
    let desk = enter(&test, "desk-1").await;
    let (secret, _) = enrol(&test, &desk).await;
    desk.get("/api/v1/gates").await.expect(200);

    test.advance(SignedDuration::from_secs(30));
    let second = test.sign_in("desk-1", OWN).await;
    let me = second.get("/api/v1/me").await.expect(200);
    assert_eq!(me["needs"], json!(["second_factor"]));
    second
        .get("/api/v1/gates")
        .await
        .problem(403, "second_factor_needed");
    let secrets = second.post("/api/v1/me/recovery-codes", json!({})).await;
    secrets.problem(403, "second_factor_needed");
    let change = json!({ "current": OWN, "password": FIRST });
    second
        .put("/api/v1/me/password", change)
        .await
        .problem(403, "second_factor_needed");
    second
        .post("/api/v1/me/second-factor", json!({}))
        .await
        .problem(409, "second_factor_set");

    present(&second, "000000")
        .await
        .problem(422, "second_factor_wrong");
    let shown = code(&test, &secret);
    let me = present(&second, &shown).await.expect(200);
    assert_eq!(me["needs"], json!([]));
    second.get("/api/v1/gates").await.expect(200);
    // Seen over a shoulder, the same code opens nothing.
    let third = test.sign_in("desk-1", OWN).await;
    present(&third, &shown)
        .await
        .problem(422, "second_factor_wrong");
    test.advance(SignedDuration::from_secs(30));
    present(&third, &code(&test, &secret)).await.expect(200);
}

#[tokio::test]
async fn guessing_codes_locks_even_with_the_right_password() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    make(&admin, "desk-1", "data_desk", "440310").await;
    let desk = enter(&test, "desk-1").await;
    let (secret, _) = enrol(&test, &desk).await;
    for round in 0..5 {
        // Signing in anew with the password does not give new attempts.
        let session = test.sign_in("desk-1", OWN).await;
        let answer = present(&session, &format!("00000{round}")).await;
        answer.problem(422, "second_factor_wrong");
    }
    test.advance(SignedDuration::from_secs(60));
    let body = json!({ "username": "desk-1", "password": OWN });
    let answer = test.anonymous().post("/api/v1/sessions", body).await;
    answer.problem(403, "account_locked");
    test.advance(SignedDuration::from_mins(31));
    let session = test.sign_in("desk-1", OWN).await;
    present(&session, &code(&test, &secret)).await.expect(200);
}

#[tokio::test]
async fn a_recovery_code_stands_in_once_and_new_ones_void_the_old() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    make(&admin, "desk-1", "data_desk", "440310").await;
    let desk = enter(&test, "desk-1").await;
    let (_, codes) = enrol(&test, &desk).await;
    let second = test.sign_in("desk-1", OWN).await;
    let typed = codes[0].to_uppercase().replace('-', " ");
    let me = present(&second, &typed).await.expect(200);
    assert_eq!(me["recovery_codes_left"], 9);
    let third = test.sign_in("desk-1", OWN).await;
    present(&third, &codes[0])
        .await
        .problem(422, "second_factor_wrong");
    let new: Value = second
        .post("/api/v1/me/recovery-codes", json!({}))
        .await
        .expect(200);
    present(&third, &codes[1])
        .await
        .problem(422, "second_factor_wrong");
    present(&third, new["recovery_codes"][0].as_str().unwrap())
        .await
        .expect(200);
    let plain = codes
        .iter()
        .map(|code| code.replace('-', ""))
        .collect::<Vec<_>>();
    let stored: Vec<u8> = test
        .scalar("SELECT string_agg(code_digest, '') FROM staff_recovery_code")
        .await;
    let stored = String::from_utf8_lossy(&stored).into_owned();
    assert!(plain.iter().all(|code| !stored.contains(code.as_str())));
}

#[tokio::test]
async fn a_lost_factor_is_reset_by_the_security_administrator() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = make(&admin, "desk-1", "data_desk", "440310").await;
    let desk = enter(&test, "desk-1").await;
    enrol(&test, &desk).await;
    let path = format!("/api/v1/staff/{id}/second-factor");
    let system = test.caller(Role::SystemAdmin, "").await;
    system.delete(&path).await.problem(403, "not_allowed");
    admin.delete(&path).await.expect(204);
    desk.get("/api/v1/me").await.problem(401, "session_revoked");
    let desk = test.sign_in("desk-1", OWN).await;
    desk.get("/api/v1/gates").await.expect(200);
}

#[tokio::test]
async fn where_it_is_required_nothing_is_done_without_one() {
    let config = cluster::new_database().await;
    let clock = gridpass_types::clock::ManualClock::new(crate::app::MORNING.parse().unwrap());
    let first = TestApp::start_as(config.clone(), clock.clone(), Setup::default()).await;
    let admin = first.caller(Role::SecurityAdmin, "").await;
    make(&admin, "desk-1", "data_desk", "440310").await;
    let mut setup = Setup {
        seed: 2,
        ..Setup::default()
    };
    setup.sign_in.factor_required = true;
    let strict = TestApp::start_as(config, clock, setup).await;
    let desk = strict.sign_in("desk-1", FIRST).await;
    let me = desk.get("/api/v1/me").await.expect(200);
    assert_eq!(me["needs"][0], "enrol_second_factor");
    desk.get("/api/v1/gates")
        .await
        .problem(403, "second_factor_unset");
    let change = json!({ "current": FIRST, "password": OWN });
    desk.put("/api/v1/me/password", change.clone())
        .await
        .problem(403, "second_factor_unset");
    enrol(&strict, &desk).await;
    desk.put("/api/v1/me/password", change).await.expect(204);
    desk.confirm_ten_donts().await;
    desk.get("/api/v1/gates").await.expect(200);
    assert!(staff_id(&desk).await > 0);
}
