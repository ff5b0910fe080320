//! An installation of the suite `guomi`: what its server signs, it signs with SM2.
//!
//! That the main stories, uploads and the audit log's digests hold under it as well is told
//! beside the same tests for `standard`.

use gridpass::access::Role;
use gridpass::passes::{Keys, store};
use gridpass::seal::Field;
use gridpass_passcode::{KeySet, Limits, OfflineVerifier, PassError, ServerKey, Suite, base45};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::scans::support::{Phone, scan, scene_on, shown};

async fn published(test: &TestApp) -> Value {
    let keys = test.resident().get("/.well-known/gridpass-keys").await;
    keys.expect(200)
}

/// A gate that knows what is published and nothing else.
fn gate(published: &Value) -> OfflineVerifier {
    let keys: KeySet = serde_json::from_value(published.clone()).unwrap();
    OfflineVerifier::new(keys)
}

/// The number of the suite in what a phone shows.
fn suite_of(text: &str) -> u8 {
    let mut buffer = [0; 512];
    base45::decode_into(&text.as_bytes()[4..], &mut buffer).unwrap()[1]
}

async fn guomi_scene() -> (TestApp, crate::gates::Post, Phone) {
    scene_on(TestApp::guomi_with_divisions().await).await
}

#[tokio::test]
async fn a_pass_is_signed_with_sm2_and_counts_with_and_without_network() {
    let (test, post, phone) = guomi_scene().await;
    let keys = published(&test).await;
    let key = &keys["keys"][0];
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"]),
        (&json!("EC"), &json!("SM2"), &json!("SM2"))
    );
    let text = phone.show(test.now());
    assert_eq!(suite_of(&text), 2);
    let seen = gate(&keys).verify(text.as_bytes(), test.now(), Limits::default());
    assert_eq!(seen.unwrap().person_id.get(), phone.person_id);
    assert_eq!(scan(&test, &post, &phone).await["colour"], "yellow");

    let worker = test
        .caller(Role::GridWorker, crate::scans::support::HERE)
        .await;
    let path = format!("/api/v1/people/{}/paper-passes", phone.person_id);
    let paper = worker.post(&path, json!({})).await.expect(201);
    let text = paper["qr"].as_str().unwrap();
    assert_eq!(suite_of(text), 2);
    let body = json!({ "presentation": text, "at": test.now().to_string(), "direction": "out" });
    let answer = post.device.post("/api/v1/scans", body).await.expect(200);
    assert_eq!(answer["colour"], "yellow");
    assert!(
        gate(&keys)
            .verify(text.as_bytes(), test.now(), Limits::default())
            .is_ok()
    );

    let admin = test.caller(Role::SystemAdmin, "").await;
    let specimen = admin
        .post("/api/v1/specimen-passes", json!({}))
        .await
        .expect(201);
    let text = specimen["qr"].as_str().unwrap().as_bytes();
    let refused = gate(&keys).verify(text, test.now(), Limits::default());
    assert_eq!(refused, Err(PassError::Specimen));
}

#[tokio::test]
async fn an_altered_pass_of_sm2_is_refused() {
    let (test, post, phone) = guomi_scene().await;
    let text = phone.show(test.now());
    // Near the end stands the issuer's signature.
    let at = text.len() - 30;
    let other = if text.as_bytes()[at] == b'0' {
        "1"
    } else {
        "0"
    };
    let mut forged = text.clone();
    forged.replace_range(at..=at, other);
    let seen =
        gate(&published(&test).await).verify(forged.as_bytes(), test.now(), Limits::default());
    assert_eq!(seen, Err(PassError::Forged));
    let mut body = shown(&test, &phone);
    body["presentation"] = json!(forged);
    post.device
        .post("/api/v1/scans", body)
        .await
        .problem(422, "pass_forged");
}

#[tokio::test]
async fn the_gates_own_code_counts_under_sm3() {
    let (test, post, phone) = guomi_scene().await;
    let code = post
        .device
        .get("/api/v1/device/gate-code")
        .await
        .expect(200);
    let mut read =
        json!({ "gate_code": code["gate_code"], "direction": "in", "at": test.now().to_string() });
    let answer = phone.client.post("/api/v1/gate-scans", read.clone()).await;
    assert_eq!(answer.expect(200)["action"], "check");
    let text = code["gate_code"].as_str().unwrap();
    let last = if text.ends_with('0') { '1' } else { '0' };
    read["gate_code"] = json!(format!("{}{last}", &text[..text.len() - 1]));
    let refused = phone.client.post("/api/v1/gate-scans", read).await;
    assert!(refused.status.is_client_error());
}

/// As an installation has it that began before passes were part of its suite.
#[tokio::test]
async fn a_key_of_the_other_suite_gives_way_and_what_it_signed_goes_on_counting() {
    let (test, post, mut phone) = guomi_scene().await;
    test.advance(SignedDuration::from_mins(1));
    let old = ServerKey::from_bytes(Suite::Standard, &[8; 32]).unwrap();
    let id = old.public().id();
    let app = &test.app;
    let sealed = app.sealer.seal(
        Field::PassKey,
        i64::from_be_bytes(id.0),
        &*old.to_bytes(),
        &app.entropy,
    );
    let row = store::KeyRow {
        id,
        suite: old.suite(),
        public_key: old.public().to_bytes(),
        private_key_sealed: Some(sealed),
        not_before: test.now(),
        not_after: test.now() + SignedDuration::from_hours(24 * 90),
    };
    let db = app.db.client().await.unwrap();
    store::insert_key(&db, &row, test.now()).await.unwrap();
    app.part::<Keys>().reload(app, &db).await.unwrap();
    drop(db);
    phone.renewed(1).await;
    let before = phone.show(test.now());
    assert_eq!(suite_of(&before), 1);

    test.advance(SignedDuration::from_secs(20));
    test.settle().await;
    phone.renewed(1).await;
    let after = phone.show(test.now());
    assert_eq!(suite_of(&after), 2);
    let keys = published(&test).await;
    assert_eq!(keys["keys"].as_array().unwrap().len(), 3);
    for text in [&before, &after] {
        let seen = gate(&keys).verify(text.as_bytes(), test.now(), Limits::default());
        assert_eq!(seen.unwrap().person_id.get(), phone.person_id);
        let body = json!({ "presentation": text, "at": test.now().to_string(), "direction": "in" });
        post.device.post("/api/v1/scans", body).await.expect(200);
        test.advance(SignedDuration::from_secs(1));
    }
    test.settle().await;
    let made: i64 = test.scalar("SELECT count(*) FROM pass_key").await;
    assert_eq!(made, 3, "a key of the right suite is not renewed");
}

#[tokio::test]
async fn the_table_takes_no_key_of_another_length() {
    let test = TestApp::start().await;
    let owner = crate::audit::owner(&test).await;
    for (suite, bytes) in [("standard", 65), ("guomi", 32), ("other", 32)] {
        let sql = format!(
            "INSERT INTO pass_key (kid, suite, public_key, not_before, not_after, created_at)
             VALUES ('\\x0000000000000000', '{suite}', decode(repeat('04', {bytes}), 'hex'), now(), now(), now())"
        );
        let refused = owner.batch_execute(&sql).await.unwrap_err();
        let refused = refused.as_db_error().unwrap();
        assert_eq!(
            refused.constraint(),
            Some("pass_key_public_key_check"),
            "{suite}"
        );
    }
}
