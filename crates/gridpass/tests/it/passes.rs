//! Signing keys, credentials, paper and specimens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass::access::Role;
use gridpass_passcode::{Limits, PassError, SigningKey};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::TestApp;

/// The public key of the key pair that this number seeds, as phones and devices send it.
pub fn public_key(seed: u8) -> String {
    URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(&[seed; 32]).public().to_bytes())
}

fn kids(keys: &Value) -> Vec<String> {
    let keys = keys["keys"].as_array().unwrap();
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_first_start_makes_a_key_and_the_next_one_keeps_it() {
    let test = TestApp::start().await;
    let keys = test.resident().get("/.well-known/gridpass-keys").await;
    assert_eq!(keys.headers["cache-control"], "public, max-age=300");
    let keys = keys.expect(200);
    assert_eq!(keys["keys"][0]["alg"], "EdDSA");
    assert_eq!(
        kids(&keys),
        kids(
            &test
                .anonymous()
                .get("/.well-known/gridpass-keys")
                .await
                .expect(200)
        )
    );
    let sealed: i64 = test
        .scalar("SELECT count(*) FROM pass_key WHERE octet_length(private_key_sealed) > 32")
        .await;
    assert_eq!(sealed, 1);
    test.settle().await;
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM pass_key").await, 1);
}

#[tokio::test]
async fn a_rotated_key_goes_on_verifying_what_it_signed() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SystemAdmin, "").await;
    let specimen = || async {
        admin
            .post("/api/v1/specimen-passes", json!({}))
            .await
            .expect(201)
    };
    let before = specimen().await;
    let old = kids(
        &test
            .resident()
            .get("/.well-known/gridpass-keys")
            .await
            .expect(200),
    );
    test.advance(SignedDuration::from_mins(5));
    let keys = admin
        .post("/api/v1/pass-keys/rotate", json!({}))
        .await
        .expect(201);
    assert_eq!(kids(&keys).len(), 2);
    let after = specimen().await;

    let verify = |pass: &Value| {
        let ring = test.app.part::<gridpass::passes::Keys>().ring();
        let text = pass["qr"].as_str().unwrap().as_bytes().to_vec();
        ring.online
            .verify(&text, test.now(), Limits::default())
            .unwrap_err()
    };
    // Genuine, and then a specimen: an unknown key would be told before.
    assert_eq!(
        (verify(&before), verify(&after)),
        (PassError::Specimen, PassError::Specimen)
    );
    // Ninety days later both keys are past, and a new one was made in time.
    test.advance(SignedDuration::from_hours(24 * 90));
    test.settle().await;
    let now = kids(
        &test
            .resident()
            .get("/.well-known/gridpass-keys")
            .await
            .expect(200),
    );
    assert!(!now.contains(&old[0]) && !now.is_empty());
    let admin = test.caller(Role::SystemAdmin, "").await;
    admin
        .post("/api/v1/specimen-passes", json!({}))
        .await
        .expect(201);
    assert_eq!(verify(&before), PassError::KeyUnknown);
}

#[tokio::test]
async fn only_system_administrators_handle_keys_and_specimens() {
    let test = TestApp::start().await;
    let worker = test.caller(Role::GridWorker, "").await;
    for path in ["/api/v1/pass-keys/rotate", "/api/v1/specimen-passes"] {
        worker
            .post(path, json!({}))
            .await
            .problem(403, "not_allowed");
        test.anonymous()
            .post(path, json!({}))
            .await
            .problem(401, "not_signed_in");
    }
    let admin = test.caller(Role::SystemAdmin, "").await;
    admin
        .post("/api/v1/specimen-passes", json!({ "colour": "blue" }))
        .await
        .problem(422, "invalid_fields");
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM pass_key").await, 1);
}
