//! Everything a gate can send that is wrong: its own code each, and nothing is stored.

use gridpass::access::Role;
use gridpass_passcode::{Issuer, MacKey, NewCredential, SigningKey};
use gridpass_types::Colour;
use gridpass_types::ids::{PassSerial, PersonId};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::support::*;
use crate::app::TestApp;

fn with(body: &Value, name: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[name] = value;
    body
}

#[tokio::test]
async fn bad_scans_have_their_own_codes_and_leave_nothing() {
    let (test, post, phone) = scene().await;
    let outbox = count(&test, "outbox").await;
    let facts = count(&test, "fact").await;
    let good = shown(&test, &phone);
    let mut cases = bad_codes(&test, &phone, &good).await;
    cases.extend(bad_fields(&test, &good));
    for (body, status, code) in cases {
        post.device
            .post("/api/v1/scans", body)
            .await
            .problem(status, code);
    }
    let raw = async |content_type: &str, body: Vec<u8>| {
        post.device
            .post_text("/api/v1/scans", content_type, body)
            .await
    };
    raw("application/json", b"{\"at\":".to_vec())
        .await
        .problem(400, "bad_json");
    raw("application/json", b"{\"at\":\"\xff\xfe\"}".to_vec())
        .await
        .problem(400, "bad_utf8");
    raw("application/json", vec![b' '; 70_000])
        .await
        .problem(413, "body_too_large");
    raw("text/plain", b"{}".to_vec())
        .await
        .problem(415, "unsupported_media_type");
    test.anonymous()
        .post("/api/v1/scans", good.clone())
        .await
        .problem(401, "not_signed_in");
    phone
        .client
        .get("/api/v1/scans")
        .await
        .problem(404, "not_found");
    for table in [
        "scan",
        "scan_tally",
        "late_red",
        "scan_proof",
        "upload_batch",
    ] {
        assert_eq!(count(&test, table).await, 0, "{table}");
    }
    assert_eq!(
        (count(&test, "outbox").await, count(&test, "fact").await),
        (outbox, facts)
    );
    // What was refused has not spoilt what is good.
    post.device.post("/api/v1/scans", good).await.expect(200);
    let refusals = test.app.metrics.encode();
    assert!(
        refusals.contains("gridpass_scan_refusals_total{kind=\"pass_forged\"} 2"),
        "{refusals}"
    );
}

/// Codes that are not the person's live one.
async fn bad_codes(test: &TestApp, phone: &Phone, good: &Value) -> Vec<(Value, u16, &'static str)> {
    let text = good["presentation"].as_str().unwrap().to_owned();
    let now = test.now();
    let admin = test.caller(Role::SystemAdmin, "").await;
    let specimen = admin
        .post("/api/v1/specimen-passes", json!({}))
        .await
        .expect(201);
    let specimen = specimen["qr"].as_str().unwrap().to_owned();
    let late = phone.show(now - SignedDuration::from_secs(91));
    let early = phone.show(now + SignedDuration::from_secs(31));
    let cases = [
        ("https://example.com/health".to_owned(), "not_a_pass"),
        ("GPG1:ABC".to_owned(), "not_a_pass"),
        (String::new(), "not_a_pass"),
        (text[..text.len() / 2].to_owned(), "pass_malformed"),
        ("GP1:张三".to_owned(), "pass_malformed"),
        (format!("{text}{text}"), "pass_too_long"),
        (forged(&text), "pass_forged"),
        (of_another_system(test), "pass_forged"),
        (specimen, "pass_specimen"),
        (foreign_paper(test), "pass_key_unknown"),
        (late, "presentation_expired"),
        (early, "presentation_in_future"),
    ];
    let shown_as = |(text, code)| (with(good, "presentation", json!(text)), 422, code);
    cases.into_iter().map(shown_as).collect()
}

/// Fields that cannot be.
fn bad_fields(test: &TestApp, good: &Value) -> Vec<(Value, u16, &'static str)> {
    let at = |offset: SignedDuration| json!((test.now() + offset).to_string());
    let cases = [
        ("temperature", json!(29.9), "temperature_absurd"),
        ("temperature", json!(1e9), "temperature_absurd"),
        ("at", at(SignedDuration::from_secs(121)), "time_in_future"),
        (
            "at",
            at(SignedDuration::from_hours(-24 * 7 - 1)),
            "time_too_old",
        ),
        ("temperature", json!("36.5"), "invalid_fields"),
        ("direction", json!("up"), "invalid_fields"),
        ("at", json!("yesterday"), "invalid_fields"),
        ("at", json!(5), "invalid_fields"),
        ("pass_serial", json!(5), "invalid_fields"),
        ("presentation", Value::Null, "invalid_fields"),
        ("colour", json!("green"), "invalid_fields"),
    ];
    let changed = |(name, value, code)| (with(good, name, value), 422, code);
    let mut cases: Vec<_> = cases.into_iter().map(changed).collect();
    cases.push((json!([]), 422, "invalid_fields"));
    cases
}

/// The same code with one character of the phone's signature changed.
fn forged(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let middle = 60;
    bytes[middle] = if bytes[middle] == b'0' { b'1' } else { b'0' };
    String::from_utf8(bytes).unwrap()
}

/// A well-formed pass whose MAC key another server's secret gave.
fn of_another_system(test: &TestApp) -> String {
    let key = SigningKey::from_bytes(&[4; 32]);
    let issuer = Issuer::new(SigningKey::from_bytes(&[5; 32]), "elsewhere").unwrap();
    let new = NewCredential::phone(
        PersonId::new(7),
        PassSerial::new(1),
        Colour::Green,
        key.public(),
    );
    let credential = issuer.issue(&new, test.now()).unwrap();
    let holder =
        gridpass_passcode::Holder::new(key, credential.bytes(), MacKey::from_bytes(&[6; 16]))
            .unwrap();
    holder.present(test.now()).unwrap()
}

/// A paper pass signed by nobody known here.
fn foreign_paper(test: &TestApp) -> String {
    let issuer = Issuer::new(SigningKey::from_bytes(&[5; 32]), "elsewhere").unwrap();
    let new = NewCredential::paper(PersonId::new(7), PassSerial::new(1), Colour::Green, 3600);
    issuer
        .issue(&new, test.now())
        .unwrap()
        .paper_text()
        .unwrap()
}

#[tokio::test]
async fn a_credential_runs_out_after_a_day() {
    let (test, mut post, phone) = scene().await;
    test.advance(SignedDuration::from_hours(24));
    post.relieve(&test).await;
    post.device
        .post("/api/v1/scans", shown(&test, &phone))
        .await
        .problem(422, "credential_expired");
    assert_eq!(count(&test, "scan").await, 0);
    let weak = json!({ "public_key": "AAAA" });
    phone
        .client
        .post("/api/v1/pass/credential", weak)
        .await
        .problem(422, "invalid_fields");
    test.resident()
        .post(
            "/api/v1/pass/credential",
            json!({ "public_key": crate::passes::public_key(3) }),
        )
        .await
        .problem(401, "not_signed_in");
}
