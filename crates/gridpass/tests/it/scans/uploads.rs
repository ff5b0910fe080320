//! What gates kept while they were without network.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use super::support::*;
use crate::app::{Answer, TestApp};
use crate::gates::Post;

const DEVICE_SEED: [u8; 32] = [42; 32];

/// A scene whose device has registered its key.
async fn keyed_scene() -> (TestApp, Post, Phone) {
    keyed(scene().await).await
}

async fn keyed((test, post, phone): (TestApp, Post, Phone)) -> (TestApp, Post, Phone) {
    register_key(&post).await;
    (test, post, phone)
}

/// Registers the key by which [`upload`] signs.
pub async fn register_key(post: &Post) {
    let key = SigningKey::from_bytes(&DEVICE_SEED)
        .verifying_key()
        .to_bytes();
    let body = json!({ "public_key": URL_SAFE_NO_PAD.encode(key) });
    post.alone.put("/api/v1/device/key", body).await.expect(204);
}

async fn send(post: &Post, body: Vec<u8>, signature: &str) -> Answer {
    // What a guard did is told with nobody on duty, too.
    let request = post
        .alone
        .request(Method::POST, "/api/v1/scans/batch")
        .header("content-type", "application/json")
        .header("x-device-signature", signature)
        .body(body);
    post.alone.send(request).await
}

async fn upload_bytes(post: &Post, body: Vec<u8>) -> Answer {
    let signature = SigningKey::from_bytes(&DEVICE_SEED).sign(&body).to_bytes();
    send(post, body, &URL_SAFE_NO_PAD.encode(signature)).await
}

/// Sends scans that a gate kept.
pub async fn upload(post: &Post, batch_id: i64, scans: &[Value]) -> Answer {
    let body = json!({ "batch_id": batch_id, "scans": scans });
    upload_bytes(post, serde_json::to_vec(&body).unwrap()).await
}

/// A scan that a gate kept.
pub fn kept(phone: &Phone, at: Timestamp, shown: &str, action: &str) -> Value {
    json!({ "person_id": phone.person_id, "pass_serial": phone.serial, "at": at.to_string(), "direction": "in",
        "temperature": 36.4, "shown_colour": shown, "action": action, "rung": "snapshot" })
}

#[tokio::test]
async fn an_upload_is_taken_once_however_often_it_is_sent() {
    let (test, post, phone) = keyed_scene().await;
    test.advance(SignedDuration::from_mins(30));
    let at = |minute: i64| test.now() - SignedDuration::from_mins(20 - minute);
    let scans: Vec<Value> = (0..5)
        .map(|minute| kept(&phone, at(minute), "yellow", "check"))
        .collect();
    let first = upload(&post, 1, &scans).await.expect(200);
    assert_eq!(
        first,
        json!({ "accepted": 5, "duplicates": 0, "rejected": [], "late_reds": [], "specimens": 0 })
    );
    assert_eq!(upload(&post, 1, &scans).await.expect(200), first);
    upload(&post, 1, &scans[1..])
        .await
        .problem(409, "upload_batch_reused");
    // The same scans in another upload, one of them twice, and one that is new.
    let mut more = scans.clone();
    more.push(scans[0].clone());
    more.push(kept(&phone, at(9), "yellow", "check"));
    let second = upload(&post, 2, &more).await.expect(200);
    assert_eq!(
        (&second["accepted"], &second["duplicates"]),
        (&json!(1), &json!(6))
    );
    assert_eq!(count(&test, "scan").await, 6);
    let stored: bool = test
        .scalar("SELECT bool_and(shown_colour = 1 AND action = 1 AND rung = 6 AND colour = 1) FROM scan")
        .await;
    assert!(stored);
    assert_counts_agree(&test).await;
    test.settle().await;
    assert_counts_agree(&test).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_upload_sent_by_many_is_stored_once() {
    let (test, post, phone) = keyed_scene().await;
    let mut hot = kept(&phone, test.now(), "red", "stop");
    hot["temperature"] = json!(38.5);
    hot["presentation"] = json!(phone.show(test.now()));
    let scans: Vec<Value> = (1..60)
        .map(|second| {
            kept(
                &phone,
                test.now() - SignedDuration::from_secs(second),
                "yellow",
                "check",
            )
        })
        .chain([hot])
        .collect();
    let sent = (0..16).map(|_| upload(&post, 7, &scans));
    for answer in futures_util::future::join_all(sent).await {
        let answer = answer.expect(200);
        assert_eq!(
            (&answer["accepted"], &answer["duplicates"]),
            (&json!(60), &json!(0))
        );
    }
    assert_eq!(count(&test, "scan").await, 60);
    assert_eq!(count(&test, "fact WHERE kind = 'health'").await, 1);
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn a_scan_is_decided_as_of_its_own_time_and_late_reds_are_told() {
    let (test, post, phone) = keyed_scene().await;
    test.advance(SignedDuration::from_mins(10));
    verify(&test, phone.person_id, post.enclosure_id).await;
    test.advance(SignedDuration::from_mins(10));
    let fact = json!({ "kind": "quarantine", "place": "home", "start": "2020-03-06", "end": "2020-03-20" });
    record(&test.app, phone.person_id, fact).await;
    let ordered = test.now();
    test.advance(SignedDuration::from_mins(10));
    let minutes = |minutes: i64| ordered + SignedDuration::from_mins(minutes);
    let scans = [
        kept(&phone, minutes(-15), "yellow", "check"),
        kept(&phone, minutes(-5), "green", "pass"),
        kept(&phone, minutes(5), "green", "pass"),
        kept(&phone, minutes(6), "red", "stop"),
    ];
    let answer = upload(&post, 1, &scans).await.expect(200);
    assert_eq!(
        answer["late_reds"],
        json!([{ "index": 2, "reason": "quarantine", "red_since": ordered.to_string() }])
    );
    let colours: Vec<i16> = {
        let db = test.app.db.client().await.unwrap();
        let rows = db
            .query("SELECT colour FROM scan ORDER BY at", &[])
            .await
            .unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    };
    assert_eq!(colours, [1, 0, 2, 2]);
    assert_eq!(count(&test, "late_red").await, 1);
    assert_eq!(
        upload(&post, 2, &scans[2..3]).await.expect(200)["late_reds"],
        json!([])
    );
    test.settle().await;
    assert_eq!(
        count(
            &test,
            "alert WHERE kind = 'late_red' AND reason = 'quarantine'"
        )
        .await,
        1
    );
    assert_eq!(
        count(&test, "alert WHERE kind = 'red_at_gate'").await,
        1,
        "the one that was stopped"
    );
}

#[tokio::test]
async fn bad_scans_are_named_by_place_and_spare_the_others() {
    let (test, post, phone) = keyed_scene().await;
    let now = test.now();
    let good = |second: i64| {
        kept(
            &phone,
            now - SignedDuration::from_secs(second),
            "yellow",
            "check",
        )
    };
    let with = |second: i64, name: &str, value: Value| {
        let mut scan = good(second);
        scan[name] = value;
        scan
    };
    let scans = [
        good(1),
        with(
            2,
            "at",
            json!((now + SignedDuration::from_mins(3)).to_string()),
        ),
        with(
            3,
            "at",
            json!((now - SignedDuration::from_hours(24 * 8)).to_string()),
        ),
        with(4, "temperature", json!(12.0)),
        with(5, "person_id", json!(123)),
        with(6, "pass_serial", json!(phone.serial + 1)),
        with(7, "presentation", json!("X".repeat(500))),
        good(8),
    ];
    let answer = upload(&post, 1, &scans).await.expect(200);
    let codes: Vec<_> = answer["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| {
            (
                each["index"].as_i64().unwrap(),
                each["code"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        (1, "time_in_future"),
        (2, "time_too_old"),
        (3, "temperature_absurd"),
        (4, "person_unknown"),
        (5, "pass_serial_wrong"),
        (6, "pass_too_long"),
    ];
    assert_eq!(codes, expected);
    assert_eq!(
        (&answer["accepted"], count(&test, "scan").await),
        (&json!(2), 2)
    );

    // One that has not even the form of a scan.
    let odd = [
        good(20),
        json!({ "person_id": "x" }),
        with(21, "colour", json!("green")),
        good(22),
    ];
    let answer = upload(&post, 2, &odd).await.expect(200);
    assert_eq!(answer["accepted"], 2);
    assert_eq!(
        answer["rejected"],
        json!([{ "index": 1, "code": "invalid_fields" }, { "index": 2, "code": "invalid_fields" }])
    );
    assert_eq!(upload(&post, 3, &[]).await.expect(200)["accepted"], 0);
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn an_upload_that_is_not_the_devices_is_refused_whole() {
    let (test, post, phone) = scene().await;
    let scans = [kept(&phone, test.now(), "yellow", "check")];
    upload(&post, 1, &scans)
        .await
        .problem(409, "device_key_missing");
    let key = SigningKey::from_bytes(&DEVICE_SEED)
        .verifying_key()
        .to_bytes();
    let body = json!({ "public_key": URL_SAFE_NO_PAD.encode(key) });
    post.device
        .put("/api/v1/device/key", body)
        .await
        .expect(204);

    let body = serde_json::to_vec(&json!({ "batch_id": 1, "scans": scans })).unwrap();
    let signature =
        URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(&DEVICE_SEED).sign(&body).to_bytes());
    let mut changed = body.clone();
    let last = changed.iter().rposition(|byte| *byte == b'4').unwrap();
    changed[last] = b'5';
    send(&post, changed, &signature)
        .await
        .problem(422, "device_signature_invalid");
    for strange in ["", "AAAA", "not base64 at all"] {
        send(&post, body.clone(), strange)
            .await
            .problem(422, "device_signature_invalid");
    }
    let unsigned = post
        .device
        .post("/api/v1/scans/batch", json!({ "batch_id": 1, "scans": [] }))
        .await;
    unsigned.problem(422, "device_signature_invalid");
    upload_bytes(&post, b"{\"batch_id\":1,\"scans\":[".to_vec())
        .await
        .problem(400, "bad_json");
    upload_bytes(&post, b"{\"batch_id\":1,\"scans\":[\"\xff\"]}".to_vec())
        .await
        .problem(400, "bad_utf8");
    upload_bytes(&post, b"{\"batch_id\":1}".to_vec())
        .await
        .problem(422, "invalid_fields");
    let many: Vec<Value> = (0..1001).map(|_| scans[0].clone()).collect();
    upload(&post, 2, &many)
        .await
        .problem(413, "upload_too_large");
    upload_bytes(&post, vec![b' '; 1_100_000])
        .await
        .problem(413, "body_too_large");
    assert_eq!(
        (
            count(&test, "scan").await,
            count(&test, "upload_batch").await
        ),
        (0, 0)
    );
    send(&post, body, &signature).await.expect(200);
}

#[tokio::test]
async fn what_was_shown_offline_is_checked_once_more() {
    check_once_more(keyed_scene().await).await;
}

#[tokio::test]
async fn what_was_signed_with_sm2_is_checked_once_more() {
    let scene = scene_on(TestApp::guomi_with_divisions().await).await;
    check_once_more(keyed(scene).await).await;
}

async fn check_once_more((test, post, phone): (TestApp, Post, Phone)) {
    let now = test.now();
    let shown = |second: i64, text: String| {
        let mut scan = kept(
            &phone,
            now - SignedDuration::from_secs(second),
            "yellow",
            "check",
        );
        scan["presentation"] = json!(text);
        scan
    };
    let other = phone_of_another(&test, &post).await;
    let good = phone.show(now);
    let mut forged = good.clone().into_bytes();
    forged[60] = if forged[60] == b'0' { b'1' } else { b'0' };
    let scans = [shown(0, good)];
    upload(&post, 1, &scans).await.expect(200);
    assert_eq!(count(&test, "scan_proof").await, 1);
    test.settle().await;
    assert_eq!(count(&test, "scan_proof").await, 0);
    assert_eq!(count(&test, "alert WHERE kind = 'forged_proof'").await, 0);

    let scans = [shown(10, String::from_utf8(forged).unwrap())];
    upload(&post, 2, &scans).await.expect(200);
    test.settle().await;
    assert_eq!(
        count(
            &test,
            "alert WHERE kind = 'forged_proof' AND reason = 'pass_forged'"
        )
        .await,
        1
    );
    // Genuine, but of somebody else; ten minutes on, so that it is an alert of its own.
    test.advance(SignedDuration::from_mins(10));
    let mut swapped = kept(&phone, test.now(), "green", "pass");
    swapped["presentation"] = json!(other.show(test.now()));
    upload(&post, 3, &[swapped]).await.expect(200);
    test.settle().await;
    assert_eq!(
        count(
            &test,
            "alert WHERE kind = 'forged_proof' AND reason = 'another_person'"
        )
        .await,
        1
    );
    assert_eq!(
        count(&test, "scan").await,
        3,
        "a scan stays recorded whatever was shown"
    );
}

async fn phone_of_another(test: &TestApp, post: &Post) -> Phone {
    phone(test, 2, post.enclosure_id).await
}

#[tokio::test]
async fn specimens_scanned_without_network_are_counted_once() {
    let (test, post, phone) = keyed_scene().await;
    let admin = test.caller(gridpass::access::Role::SystemAdmin, "").await;
    let made = admin.post("/api/v1/specimen-passes", json!({})).await;
    let specimen = made.expect(201)["qr"].clone();
    test.advance(SignedDuration::from_mins(30));
    let before = |minutes: i64| (test.now() - SignedDuration::from_mins(minutes)).to_string();
    let paper = json!({ "at": before(1), "presentation": shown(&test, &phone)["presentation"] });
    let body = json!({ "batch_id": 9,
        "scans": [kept(&phone, test.now() - SignedDuration::from_mins(5), "green", "pass")],
        "specimens": [
            { "at": before(20), "presentation": specimen },
            { "at": before(10), "presentation": specimen },
            // The same moment twice, somebody's pass, nothing at all, and last month.
            { "at": before(10), "presentation": specimen },
            paper,
            { "at": before(8), "presentation": "GP1:x" },
            { "at": before(60 * 24 * 40), "presentation": specimen },
        ] });
    let bytes = serde_json::to_vec(&body).unwrap();
    let answer = upload_bytes(&post, bytes.clone()).await.expect(200);
    assert_eq!(
        (&answer["specimens"], &answer["accepted"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(answer["rejected"], json!([]));
    let again = upload_bytes(&post, bytes).await.expect(200);
    assert_eq!(again, answer, "sent again");
    assert_eq!(count(&test, "specimen_scan").await, 2);

    // One that did reach the server, but whose answer got lost, comes once more by the upload.
    let at = test.now().to_string();
    let scan = json!({ "presentation": specimen, "at": at, "direction": "in" });
    post.device
        .post("/api/v1/scans", scan)
        .await
        .problem(422, "pass_specimen");
    assert_eq!(count(&test, "specimen_scan").await, 3);
    let body = json!({ "batch_id": 10, "scans": [],
        "specimens": [{ "at": at, "presentation": specimen }] });
    let answer = upload_bytes(&post, serde_json::to_vec(&body).unwrap()).await;
    assert_eq!(answer.expect(200)["specimens"], 0);
    assert_eq!(count(&test, "specimen_scan").await, 3);
    let board = post.device.get("/api/v1/device/board").await.expect(200);
    assert_eq!(board["day"]["specimens"], 3);
}

#[tokio::test]
async fn a_check_whose_network_went_is_told_later_and_once() {
    let (test, post, phone) = keyed_scene().await;
    assert_eq!(scan(&test, &post, &phone).await["action"], "check");
    test.advance(SignedDuration::from_mins(2));
    let then = test.now();
    test.advance(SignedDuration::from_hours(3));
    let tell = async |at: Timestamp, key: &str| {
        let check = json!({ "person_id": phone.person_id, "at": at.to_string(), "passed": true,
            "travel_history": "none" });
        let request = post.device.request(Method::POST, "/api/v1/gate-checks");
        let request = request.header("idempotency-key", key).json(&check);
        post.device.send(request).await
    };
    for _ in 0..2 {
        tell(then, "check-0001").await.expect(201);
    }
    assert_eq!(count(&test, "fact WHERE kind = 'gate_check'").await, 1);
    // Nobody was scanned then.
    let before = then - SignedDuration::from_mins(30);
    tell(before, "check-0002")
        .await
        .problem(404, "not_scanned_here");
    // Only what was asked and answered is on record.
    let next = then + SignedDuration::from_secs(1);
    let asked = json!({ "person_id": phone.person_id, "at": next.to_string(), "passed": true,
        "host": "3栋1201" });
    post.device
        .post("/api/v1/gate-checks", asked)
        .await
        .expect(201);
    assert_eq!(check_source(&test).await, "gate; host consents: 3栋1201");
    let passed = scan(&test, &post, &phone).await;
    assert_eq!(
        (&passed["action"], &passed["gate_reason"]),
        (&json!("pass"), &json!("checked"))
    );
}
