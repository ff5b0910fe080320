//! Signing in through an identity provider: a small real one that listens, signs and checks
//! the proof key like those that governments run.

mod idp;

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use gridpass::access::Role;
use gridpass::config::{IdentityConfig, ProviderFactor};
use gridpass::staff::Provider;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{FIRST, OWN, enter, make};
use crate::app::{Answer, Client, Setup, TestApp};
use idp::{Idp, key};

const CLIENT_ID: &str = "gridpass-440310";
const REDIRECT: &str = "https://staff.example/";
const SUBJECT: &str = "u-7781";
const SECRET: &str = "a secret/with+signs";
const QUESTIONS: &str = "/api/v1/identity-provider/questions";
const SESSIONS: &str = "/api/v1/identity-provider/sessions";

/// What the browser was told to ask the provider.
struct Question {
    asked: HashMap<String, String>,
    state: String,
    key: String,
    now_s: i64,
}

async fn ask(test: &TestApp) -> Question {
    let question = test.anonymous().post(QUESTIONS, json!({})).await;
    let question = question.expect(201);
    let url = reqwest::Url::parse(question["url"].as_str().unwrap()).unwrap();
    let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!(asked["realm"], "gov");
    Question {
        asked,
        state: question["state"].as_str().unwrap().to_owned(),
        key: question["key"].as_str().unwrap().to_owned(),
        now_s: test.now().as_second(),
    }
}

async fn answer(test: &TestApp, code: &str, state: &str, key: &str) -> Answer {
    let body = json!({ "code": code, "state": state, "key": key });
    test.anonymous().post(SESSIONS, body).await
}

/// Asks, signs in at the provider and answers.
async fn come_in(test: &TestApp, idp: &Idp, change: impl FnOnce(&mut Value)) -> Answer {
    let question = ask(test).await;
    let code = idp.sign_in(&question, change);
    answer(test, &code, &question.state, &question.key).await
}

fn settings(issuer: &str, factor: ProviderFactor) -> Provider {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), format!("{SECRET}\n")).unwrap();
    let config = IdentityConfig {
        oidc_issuer: Some(issuer.to_owned()),
        oidc_client_id: Some(CLIENT_ID.into()),
        oidc_redirect_url: Some(REDIRECT.into()),
        oidc_client_secret_file: Some(secret.path().into()),
        oidc_second_factor: factor,
        ..IdentityConfig::default()
    };
    Provider::open(&config).unwrap()
}

async fn start(idp: &Idp, factor: ProviderFactor) -> TestApp {
    let setup = Setup {
        provider: settings(&idp.issuer, factor),
        ..Setup::default()
    };
    TestApp::with(setup).await
}

async fn link(admin: &Client, staff_id: i64, subject: Value) -> Answer {
    let path = format!("/api/v1/staff/{staff_id}/identity");
    admin.put(&path, json!({ "subject": subject })).await
}

fn needs(opened: &Answer) -> Value {
    let view: Value = serde_json::from_slice(&opened.bytes).unwrap();
    view["account"]["needs"].clone()
}

#[tokio::test]
async fn a_linked_account_signs_in_through_the_provider_and_no_other() {
    let idp = Idp::start().await;
    let test = start(&idp, ProviderFactor::Told).await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = make(&admin, "desk-1", "data_desk", "440310").await;
    enter(&test, "desk-1").await;
    let shown = test.anonymous().get("/api/v1/identity-provider").await;
    assert_eq!(shown.expect(200)["issuer"], idp.issuer);

    // Nobody is let in, and no account is made, for being known there.
    let named = |claims: &mut Value| claims["preferred_username"] = json!("desk-1");
    let stranger = come_in(&test, &idp, named).await;
    stranger.problem(403, "identity_unlinked");

    link(&admin, id, json!(SUBJECT)).await.expect(204);
    let view = admin.get(&format!("/api/v1/staff/{id}")).await.expect(200);
    assert_eq!(
        view["identity"],
        json!({ "issuer": idp.issuer, "subject": SUBJECT })
    );
    let question = ask(&test).await;
    let code = idp.sign_in(&question, |_| {});
    let opened = answer(&test, &code, &question.state, &question.key).await;
    assert_eq!(needs(&opened), json!([]));
    let opened = opened.expect(201);
    assert_eq!(opened["account"]["username"], "desk-1");
    let desk = test.with_token(opened["token"].as_str().unwrap());
    desk.get("/api/v1/gates").await.expect(200);
    // The same answer again is no answer.
    let again = answer(&test, &code, &question.state, &question.key).await;
    again.problem(401, "identity_refused");
    let history = desk.get("/api/v1/me/sign-ins").await.expect(200);
    assert_eq!(history[0]["outcome"], "identity_provider");
    // The entry belongs to the place of the account.
    let entries = crate::audit::of(&test, "sign_in_with_identity").await;
    let done = entries.iter().find(|entry| entry.result == "done").unwrap();
    assert_eq!((done.actor_id, done.jurisdiction.as_str()), (id, "440310"));

    link(&admin, id, Value::Null).await.expect(204);
    desk.get("/api/v1/gates")
        .await
        .problem(401, "session_revoked");
    let gone = come_in(&test, &idp, |_| {}).await;
    gone.problem(403, "identity_unlinked");
}

#[tokio::test]
async fn only_the_administrator_of_the_place_links_an_account_and_an_identity_opens_one() {
    let idp = Idp::start().await;
    let test = start(&idp, ProviderFactor::Told).await;
    let admin = test.caller(Role::SecurityAdmin, "440310").await;
    let id = make(&admin, "desk-1", "data_desk", "440310").await;
    let other = make(&admin, "desk-2", "data_desk", "440310").await;
    link(&admin, id, json!(SUBJECT)).await.expect(204);
    link(&admin, other, json!(SUBJECT))
        .await
        .problem(409, "identity_taken");
    for bad in [json!(""), json!(" u-1"), json!("x".repeat(256)), json!(7)] {
        link(&admin, other, bad).await.expect(422);
    }
    let elsewhere = test.caller(Role::SecurityAdmin, "440311").await;
    link(&elsewhere, id, json!("u-1"))
        .await
        .problem(404, "not_found");
    let worker = test.caller(Role::GridWorker, "440310").await;
    link(&worker, id, json!("u-1"))
        .await
        .problem(403, "not_allowed");
    let own = super::staff_id(&admin).await;
    link(&admin, own, json!("u-1"))
        .await
        .problem(403, "own_account");

    // A closed account is out, and its owner's identity free for another.
    admin
        .delete(&format!("/api/v1/staff/{id}"))
        .await
        .expect(204);
    let closed = come_in(&test, &idp, |_| {}).await;
    closed.problem(403, "identity_unlinked");
    link(&admin, other, json!(SUBJECT)).await.expect(204);
    assert_eq!(
        come_in(&test, &idp, |_| {}).await.expect(201)["account"]["username"],
        "desk-2"
    );

    let without = TestApp::start().await;
    let nobody = without.anonymous();
    let shown = nobody.get("/api/v1/identity-provider").await.expect(200);
    assert_eq!(shown["issuer"], Value::Null);
    nobody
        .post(QUESTIONS, json!({}))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_token_that_is_not_for_us_now_is_refused() {
    let idp = Idp::start().await;
    let test = start(&idp, ProviderFactor::Told).await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = make(&admin, "desk-1", "data_desk", "440310").await;
    link(&admin, id, json!(SUBJECT)).await.expect(204);
    let wrong: [(&str, Value); 9] = [
        ("nonce", json!("another question's")),
        ("nonce", Value::Null),
        ("aud", json!("another-application")),
        ("aud", json!([CLIENT_ID, "another-application"])),
        ("azp", json!("another-application")),
        ("iss", json!("http://127.0.0.1:1")),
        ("exp", json!(test.now().as_second() - 120)),
        ("iat", json!(test.now().as_second() + 3600)),
        ("forged", json!(true)),
    ];
    for (claim, value) in wrong {
        let answered = come_in(&test, &idp, |claims| claims[claim] = value).await;
        answered.problem(401, "identity_refused");
    }
    for header in [
        json!({ "alg": "none", "kid": "k1" }),
        json!({ "alg": "HS256", "kid": "k1" }),
        json!({ "alg": "RS256", "kid": "k1" }),
        json!({ "alg": "ES256", "kid": "k9" }),
        json!({ "alg": "ES256", "kid": "k1", "crit": ["exp"] }),
    ] {
        let question = ask(&test).await;
        let code = idp.sign_in_as(&question, header, |_| {});
        let answered = answer(&test, &code, &question.state, &question.key).await;
        answered.problem(401, "identity_refused");
    }
    // Unknown names made the keys be read no more than once in a minute.
    assert_eq!(idp.keys_read.load(Ordering::SeqCst), 1);
    let sessions = "SELECT count(*) FROM staff_session WHERE by_provider";
    assert_eq!(test.scalar::<i64>(sessions).await, 0);
    come_in(&test, &idp, |_| {}).await.expect(201);
}

#[tokio::test]
async fn a_question_is_answered_once_in_time_and_by_the_browser_that_asked() {
    let idp = Idp::start().await;
    let test = start(&idp, ProviderFactor::Told).await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = make(&admin, "desk-1", "data_desk", "440310").await;
    link(&admin, id, json!(SUBJECT)).await.expect(204);

    // Another question's code fails its proof key, and both questions are used up.
    let (first, second) = (ask(&test).await, ask(&test).await);
    let code = idp.sign_in(&first, |_| {});
    let answered = answer(&test, &code, &second.state, &second.key).await;
    answered.problem(401, "identity_refused");
    let answered = answer(&test, &code, &first.state, &first.key).await;
    answered.problem(401, "identity_refused");

    // What passes through the provider is not enough: the key stays in the browser.
    let question = ask(&test).await;
    let code = idp.sign_in(&question, |_| {});
    for (state, key) in [
        (question.state.as_str(), second.key.as_str()),
        ("made-up", question.key.as_str()),
        (question.state.as_str(), ""),
    ] {
        let answered = answer(&test, &code, state, key).await;
        answered.problem(401, "identity_refused");
    }
    // Whoever tried did not spoil it for the one who asked.
    answer(&test, &code, &question.state, &question.key)
        .await
        .expect(201);

    let question = ask(&test).await;
    let code = idp.sign_in(&question, |claims| claims["exp"] = json!(4_000_000_000_i64));
    test.advance(SignedDuration::from_mins(11));
    let answered = answer(&test, &code, &question.state, &question.key).await;
    answered.problem(401, "identity_refused");
    // Old questions are forgotten with the next one.
    ask(&test).await;
    let left = "SELECT count(*) FROM staff_identity_question";
    assert_eq!(test.scalar::<i64>(left).await, 1);
}

#[tokio::test]
async fn new_keys_of_the_provider_are_taken_up() {
    let idp = Idp::start().await;
    let test = start(&idp, ProviderFactor::Told).await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = make(&admin, "desk-1", "data_desk", "440310").await;
    link(&admin, id, json!(SUBJECT)).await.expect(204);
    come_in(&test, &idp, |_| {}).await.expect(201);
    idp.keys.lock().unwrap().push(("k2".into(), key()));
    test.advance(SignedDuration::from_mins(2));
    come_in(&test, &idp, |_| {}).await.expect(201);
    assert_eq!(idp.keys_read.load(Ordering::SeqCst), 2);
    // A key that was taken back counts no more after an hour.
    idp.keys.lock().unwrap().swap(0, 1);
    come_in(&test, &idp, |_| {}).await.expect(201);
    let (_, stolen) = idp.keys.lock().unwrap().pop().unwrap();
    test.advance(SignedDuration::from_mins(61));
    come_in(&test, &idp, |_| {}).await.expect(201);
    let question = ask(&test).await;
    let code = idp.sign_in_as(&question, json!({ "alg": "ES256", "kid": "k1" }), |_| {});
    // The thief signs with it all the same.
    idp.keys.lock().unwrap().push(("hidden".into(), stolen));
    let answered = answer(&test, &code, &question.state, &question.key).await;
    answered.problem(401, "identity_refused");
}

#[tokio::test]
async fn the_second_factor_is_asked_unless_the_provider_saw_one() {
    let idp = Idp::start().await;
    for (factor, methods, asked) in [
        (ProviderFactor::Told, json!(["pwd"]), true),
        (ProviderFactor::Told, json!(["pwd", "otp"]), false),
        (ProviderFactor::Never, json!(["mfa"]), true),
        (ProviderFactor::Always, json!([]), false),
    ] {
        let lenient = start(&idp, factor).await;
        let admin = lenient.caller(Role::SecurityAdmin, "").await;
        let id = make(&admin, "desk-1", "data_desk", "440310").await;
        link(&admin, id, json!(SUBJECT)).await.expect(204);
        let mut setup = Setup {
            provider: settings(&idp.issuer, factor),
            seed: 2,
            ..Setup::default()
        };
        setup.sign_in.factor_required = true;
        let test = TestApp::start_as(lenient.config.clone(), lenient.clock.clone(), setup).await;
        let opened = come_in(&test, &idp, |claims| claims["amr"] = methods).await;
        // The first password is somebody else's; who came without it need not change it.
        let expected = match asked {
            true => json!(["enrol_second_factor", "confirm_ten_donts"]),
            false => json!(["confirm_ten_donts"]),
        };
        assert_eq!(needs(&opened), expected, "{factor:?}");
        let opened = opened.expect(201);
        let desk = test.with_token(opened["token"].as_str().unwrap());
        let closed = if asked {
            "second_factor_unset"
        } else {
            "ten_donts_not_confirmed"
        };
        desk.get("/api/v1/gates").await.problem(403, closed);
        if !asked {
            desk.confirm_ten_donts().await;
            desk.get("/api/v1/gates").await.expect(200);
        }
        // With the password it is still to be changed.
        let by_password = test.sign_in("desk-1", FIRST).await;
        let me = by_password.get("/api/v1/me").await.expect(200);
        assert!(
            me["needs"]
                .as_array()
                .unwrap()
                .contains(&json!("change_password"))
        );
    }
}

#[tokio::test]
async fn a_locked_account_is_locked_here_too() {
    let idp = Idp::start().await;
    let test = start(&idp, ProviderFactor::Told).await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = make(&admin, "desk-1", "data_desk", "440310").await;
    enter(&test, "desk-1").await;
    link(&admin, id, json!(SUBJECT)).await.expect(204);
    let wrong = json!({ "username": "desk-1", "password": "wrong password" });
    for _ in 0..5 {
        let nobody = test.anonymous();
        let answer = nobody.post("/api/v1/sessions", wrong.clone()).await;
        answer.problem(401, "wrong_credentials");
    }
    let locked = come_in(&test, &idp, |_| {}).await;
    locked.problem(403, "account_locked");
    let path = format!("/api/v1/staff/{id}/sign-ins");
    let history = admin.get(&path).await.expect(200);
    assert_eq!(history[0]["outcome"], "locked");
    admin
        .post(&format!("/api/v1/staff/{id}/unlock"), json!({}))
        .await
        .expect(204);
    come_in(&test, &idp, |_| {}).await.expect(201);
    test.sign_in("desk-1", OWN).await;
}

#[tokio::test]
async fn a_provider_that_is_down_keeps_nobody_else_out() {
    // Nobody listens there.
    let setup = Setup {
        provider: settings("http://127.0.0.1:1", ProviderFactor::Told),
        ..Setup::default()
    };
    let test = TestApp::with(setup).await;
    let answered = test.anonymous().post(QUESTIONS, json!({})).await;
    answered.problem(503, "identity_provider_down");
    test.caller(Role::DataDesk, "").await;

    // One that names itself otherwise than the settings do is not asked.
    let idp = Idp::start().await;
    let other = idp.issuer.replace("127.0.0.1", "localhost");
    let setup = Setup {
        provider: settings(&other, ProviderFactor::Told),
        ..Setup::default()
    };
    let test = TestApp::with(setup).await;
    let answered = test.anonymous().post(QUESTIONS, json!({})).await;
    answered.problem(503, "identity_provider_down");
}
