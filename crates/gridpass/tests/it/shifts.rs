//! The token of a guard's shift: what it opens, what a device's own does not, and when it ends.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::gates::start_shift;
use crate::scans::support::{HERE, count, scan, scene, shown, verify};
use crate::scans::uploads::{kept, register_key, upload};

/// A check that was passed, at a time.
fn passed(person_id: i64, at: jiff::Timestamp) -> Value {
    json!({ "person_id": person_id, "at": at.to_string(), "passed": true, "travel_history": "none" })
}

#[tokio::test]
async fn a_device_alone_shows_nobody_and_decides_about_nobody() {
    let (test, post, phone) = scene().await;
    scan(&test, &post, &phone).await;
    test.advance(SignedDuration::from_secs(40));
    let alone = post.alone.clone();
    let id = phone.person_id;
    for path in [
        format!("/api/v1/scans/card/{id}"),
        format!("/api/v1/scans/photo/{id}"),
        format!("/api/v1/device/holds/{id}"),
        "/api/v1/device/holds".to_owned(),
        "/api/v1/device/recalls".to_owned(),
    ] {
        alone.get(&path).await.problem(401, "shift_needed");
    }
    let by_number =
        json!({ "document_number": phone.number, "at": test.now().to_string(), "direction": "in" });
    for body in [shown(&test, &phone), by_number] {
        alone
            .post("/api/v1/scans", body.clone())
            .await
            .problem(401, "shift_needed");
        alone
            .post("/bench/scans", body)
            .await
            .problem(401, "shift_needed");
    }
    let now = passed(id, test.now());
    alone
        .post("/api/v1/gate-checks", now)
        .await
        .problem(401, "shift_needed");
    let paper = json!({ "serial": "1234-5678" });
    alone
        .post("/api/v1/papers/check", paper)
        .await
        .problem(401, "shift_needed");
    assert_eq!(count(&test, "scan").await, 1);
    // What names nobody needs nobody.
    for path in [
        "/api/v1/device",
        "/api/v1/device/board",
        "/api/v1/device/gate-code",
        "/api/v1/device/table",
        "/api/v1/device/shift",
    ] {
        alone.get(path).await.expect(200);
    }
}

#[tokio::test]
async fn a_device_alone_uploads_and_tells_what_a_guard_did() {
    let (test, post, phone) = scene().await;
    register_key(&post).await;
    test.advance(SignedDuration::from_mins(5));
    let at = test.now() - SignedDuration::from_mins(3);
    scan(&test, &post, &phone).await;
    let shift = post.device.get("/api/v1/device/shift").await.expect(200);
    let over = json!({ "shift_id": shift["shift"]["shift_id"], "waiting": 2, "overrides": 0 });
    test.advance(SignedDuration::from_mins(2));
    let alone = post.alone.clone();
    alone
        .post("/api/v1/device/shift/hand-over", over)
        .await
        .expect(200);
    test.advance(SignedDuration::from_mins(2));
    let done = upload(&post, 1, &[kept(&phone, at, "yellow", "check")]).await;
    assert_eq!(done.expect(200)["accepted"], 1);

    // A check of the shift is taken and answers nothing about the person; one after it is not.
    let told = passed(phone.person_id, test.now() - SignedDuration::from_mins(3));
    assert_eq!(
        alone.post("/api/v1/gate-checks", told).await.expect(204),
        Value::Null
    );
    let nobody_there = passed(phone.person_id, test.now() - SignedDuration::from_secs(70));
    alone
        .post("/api/v1/gate-checks", nobody_there)
        .await
        .problem(401, "shift_needed");
    let checks = "SELECT count(*) FROM fact WHERE kind = 'gate_check'";
    assert_eq!(test.scalar::<i64>(checks).await, 1);
}

#[tokio::test]
async fn a_shift_ends_with_hand_over_relief_its_time_and_the_device() {
    let (test, mut post, phone) = scene().await;
    let needed = async |post: &crate::gates::Post, test: &TestApp| {
        let body = shown(test, &phone);
        post.device
            .post("/api/v1/scans", body)
            .await
            .problem(401, "shift_needed");
        post.device
            .get("/api/v1/device")
            .await
            .problem(401, "shift_needed");
    };
    let shift = post.device.get("/api/v1/device/shift").await.expect(200);
    let over = json!({ "shift_id": shift["shift"]["shift_id"], "waiting": 0, "overrides": 0 });
    post.device
        .post("/api/v1/device/shift/hand-over", over)
        .await
        .expect(200);
    needed(&post, &test).await;

    post.relieve(&test).await;
    scan(&test, &post, &phone).await;
    let before = post.device.clone();
    test.advance(SignedDuration::from_mins(1));
    post.relieve(&test).await;
    scan(&test, &post, &phone).await;
    before
        .get("/api/v1/device/recalls")
        .await
        .problem(401, "shift_needed");

    test.advance(SignedDuration::from_hours(12) - SignedDuration::from_secs(1));
    post.device.get("/api/v1/device/recalls").await.expect(200);
    test.advance(SignedDuration::from_secs(1));
    needed(&post, &test).await;

    post.relieve(&test).await;
    let admin = test.caller(Role::SystemAdmin, "").await;
    let revoke = format!("/api/v1/devices/{}/revoke", post.device_id);
    admin.post(&revoke, json!({})).await.expect(204);
    for path in ["/api/v1/device", "/api/v1/device/recalls"] {
        post.device.get(path).await.problem(401, "device_revoked");
    }
    let open = "SELECT count(*) FROM shift_token WHERE ended_at IS NULL";
    assert_eq!(test.scalar::<i64>(open).await, 0);
    test.advance(SignedDuration::from_hours(9 * 24));
    test.settle().await;
    assert_eq!(count(&test, "shift_token").await, 0);
}

#[tokio::test]
async fn a_shift_belongs_to_its_device_and_begins_by_the_devices_own_token() {
    let (test, post, phone) = scene().await;
    let guard = test.caller(Role::GateGuard, HERE).await;
    let secret = post.device.token().rsplit_once('.').unwrap().1.to_owned();
    for token in [
        format!("gpg1.{}.AAAA", post.device_id),
        format!("gpd1.{}.{secret}", post.device_id),
        format!("gpg1.5.{secret}"),
        "gpg1.x.y".to_owned(),
    ] {
        let answer = test.with_token(&token).get("/api/v1/device/recalls").await;
        assert_eq!(answer.status, 401, "{token}");
    }
    // A shift does not prolong itself.
    start_shift(&guard, post.gate_id, post.device.token())
        .await
        .problem(401, "not_signed_in");
    verify(&test, phone.person_id, post.enclosure_id).await;
    assert_eq!(scan(&test, &post, &phone).await["action"], "pass");
    // No digest of a token is the token.
    let stored =
        "SELECT count(*) FROM shift_token WHERE convert_from(token_digest, 'LATIN1') LIKE 'gpg1%'";
    assert_eq!(test.scalar::<i64>(stored).await, 0);
}

#[tokio::test]
async fn another_node_knows_a_new_shift_at_once_and_an_end_from_the_next_scan_on() {
    let (test, post, phone) = scene().await;
    let other = TestApp::start_on(test.config.clone(), test.clock.clone()).await;
    let there = other.with_token(post.device.token());
    there
        .post("/api/v1/scans", shown(&test, &phone))
        .await
        .expect(200);
    let shift = post.device.get("/api/v1/device/shift").await.expect(200);
    let over = json!({ "shift_id": shift["shift"]["shift_id"], "waiting": 0, "overrides": 0 });
    post.device
        .post("/api/v1/device/shift/hand-over", over)
        .await
        .expect(200);
    test.advance(SignedDuration::from_secs(40));
    // The other node's memory still has the shift; the scan's own transaction knows better.
    there
        .post("/api/v1/scans", shown(&test, &phone))
        .await
        .problem(401, "shift_needed");
    let mut hot = shown(&test, &phone);
    hot["temperature"] = json!(38.2);
    there
        .post("/api/v1/scans", hot)
        .await
        .problem(401, "shift_needed");
    there
        .get("/api/v1/device/recalls")
        .await
        .problem(401, "shift_needed");
    assert_eq!(count(&test, "scan").await, 1);
}

#[tokio::test]
async fn the_shift_of_a_closed_account_opens_nothing() {
    let (test, mut post, phone) = scene().await;
    let guard = test.caller(Role::GateGuard, HERE).await;
    let started = start_shift(&guard, post.gate_id, &post.token).await;
    let token = started.expect(201)["shift_token"].clone();
    post.device = test.with_token(token.as_str().unwrap());
    let me = guard.get("/api/v1/me").await.expect(200);
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let account = format!("/api/v1/staff/{}", me["staff_id"]);
    scan(&test, &post, &phone).await;
    test.settle().await;
    post.device.get("/api/v1/device/holds").await.expect(200);
    admin.delete(&account).await.expect(204);
    test.advance(SignedDuration::from_secs(40));
    test.settle().await;
    // However often it is asked.
    for _ in 0..3 {
        let body = shown(&test, &phone);
        let refused = post.device.post("/api/v1/scans", body).await;
        refused.problem(401, "shift_needed");
    }
    let nobody = post.alone.get("/api/v1/device/shift").await.expect(200);
    assert_eq!(nobody["shift"], Value::Null);
    let ended = "gate_shift WHERE ended_how = 'lapsed'";
    assert_eq!(count(&test, ended).await, 1);
    post.relieve(&test).await;
    scan(&test, &post, &phone).await;
    let admin = test.caller(Role::SystemAdmin, "").await;
    let revoke = format!("/api/v1/devices/{}/revoke", post.device_id);
    let before = test.with_token(token.as_str().unwrap());
    admin.post(&revoke, json!({})).await.expect(204);
    // The token of an ended shift does not hide from the device that it is barred.
    before
        .get("/api/v1/device")
        .await
        .problem(401, "device_revoked");
}
