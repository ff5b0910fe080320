//! What a gate is told, what is stored, and what follows.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::support::*;

#[tokio::test]
async fn a_scan_is_decided_by_everything_known_then() {
    let (test, post, phone) = scene().await;
    let yellow = scan(&test, &post, &phone).await;
    assert_eq!(
        (
            &yellow["colour"],
            &yellow["reason"],
            &yellow["rule"],
            &yellow["action"],
            &yellow["gate_rule"]
        ),
        (
            &json!("yellow"),
            &json!("residence_unverified"),
            &json!("A13"),
            &json!("check"),
            &json!("B8")
        )
    );
    assert_eq!(yellow["checks"], json!(["travel_history", "key_facts"]));
    assert_eq!(
        (&yellow["person_id"], &yellow["pass_serial"]),
        (&json!(phone.person_id), &json!(phone.serial))
    );
    assert_eq!(
        (&yellow["rule_set_version"], &yellow["duplicate"]),
        (&json!(1), &json!(false))
    );

    verify(&test, phone.person_id, post.enclosure_id).await;
    test.advance(SignedDuration::from_secs(1));
    let green = scan(&test, &post, &phone).await;
    assert_eq!(
        (&green["colour"], &green["action"], &green["message_zh"]),
        (&json!("green"), &json!("pass"), &json!("已核已入住"))
    );

    let fact = json!({ "kind": "quarantine", "place": "home", "start": "2020-03-06", "end": "2020-03-20" });
    record(&test.app, phone.person_id, fact).await;
    test.advance(SignedDuration::from_secs(1));
    let red = scan(&test, &post, &phone).await;
    assert_eq!(
        (&red["colour"], &red["action"], &red["reason"]),
        (&json!("red"), &json!("stop"), &json!("quarantine"))
    );
    assert_eq!(count(&test, "scan").await, 3);
    assert_counts_agree(&test).await;
    test.settle().await;
    assert_counts_agree(&test).await;
    assert_eq!(count(&test, "scan_tally").await, 0);
}

#[tokio::test]
async fn a_scan_sent_again_is_answered_the_same_and_counted_once() {
    let (test, post, phone) = scene().await;
    let body = shown(&test, &phone);
    let first = post
        .device
        .post("/api/v1/scans", body.clone())
        .await
        .expect(200);
    // What changed since does not change what was decided then.
    verify(&test, phone.person_id, post.enclosure_id).await;
    let mut again = post
        .device
        .post("/api/v1/scans", body.clone())
        .await
        .expect(200);
    assert_eq!(again["duplicate"], true);
    again["duplicate"] = json!(false);
    assert_eq!(again, first);

    // Also when the presentation is past by now, because the first answer was lost.
    test.advance(SignedDuration::from_mins(5));
    let late = post
        .device
        .post("/api/v1/scans", body.clone())
        .await
        .expect(200);
    assert_eq!(
        (&late["colour"], &late["duplicate"]),
        (&first["colour"], &json!(true))
    );
    let mut other = body;
    other["at"] = json!("2020-03-06T00:30:00.001Z");
    post.device
        .post("/api/v1/scans", other)
        .await
        .problem(422, "presentation_expired");
    assert_eq!(count(&test, "scan").await, 1);
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn people_without_a_phone_pass_by_number_serial_or_paper() {
    let (test, post, phone) = scene().await;
    verify(&test, phone.person_id, post.enclosure_id).await;
    let by = async |who: Value| {
        test.advance(SignedDuration::from_millis(1));
        let mut body = json!({ "at": test.now().to_string(), "direction": "out" });
        body.as_object_mut()
            .unwrap()
            .extend(who.as_object().unwrap().clone());
        post.device.post("/api/v1/scans", body).await
    };
    let typed = by(json!({ "document_number": phone.number.to_lowercase() }))
        .await
        .expect(200);
    assert_eq!(
        (&typed["person_id"], &typed["colour"]),
        (&json!(phone.person_id), &json!("green"))
    );
    by(json!({ "document_number": phone.number, "document_type": "resident_id" }))
        .await
        .expect(200);
    by(json!({ "pass_serial": phone.serial })).await.expect(200);
    let unknown = crate::people::resident_number(77);
    by(json!({ "document_number": unknown }))
        .await
        .problem(404, "person_unknown");
    by(json!({ "pass_serial": 123_456 }))
        .await
        .problem(404, "person_unknown");
    by(json!({ "document_number": "1?" }))
        .await
        .problem(422, "invalid_fields");

    let worker = test.caller(Role::GridWorker, HERE).await;
    let path = format!("/api/v1/people/{}/paper-passes", phone.person_id);
    let paper = worker.post(&path, json!({})).await.expect(201);
    assert_eq!(paper["pass"]["pass_serial"], phone.serial);
    assert_eq!(paper["expires_at"], "2020-04-05T00:30:00Z");
    let qr = &paper["qr"];
    assert_eq!(
        by(json!({ "presentation": qr })).await.expect(200)["colour"],
        "green"
    );
    let rungs: Vec<i16> = {
        let db = test.app.db.client().await.unwrap();
        let rows = db
            .query("SELECT rung FROM scan ORDER BY at", &[])
            .await
            .unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    };
    assert_eq!(rungs, [2, 2, 7, 3]);

    // A second print voids the first, even in the same second.
    let second = worker.post(&path, json!({})).await.expect(201);
    by(json!({ "presentation": qr }))
        .await
        .problem(422, "pass_revoked");
    by(json!({ "presentation": second["qr"] }))
        .await
        .expect(200);
    let outside = test.caller(Role::GridWorker, "440310002").await;
    outside
        .post(&path, json!({}))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_new_phone_and_a_withdrawal_void_what_was_issued() {
    let (test, post, phone) = scene().await;
    scan(&test, &post, &phone).await;
    let new_phone = equip(&phone.client, [77; 32]).await;
    test.advance(SignedDuration::from_secs(2));
    let old = post
        .device
        .post("/api/v1/scans", shown(&test, &phone))
        .await;
    old.problem(422, "pass_revoked");
    let show = |at| json!({ "presentation": new_phone.present(at).unwrap(), "at": at.to_string(), "direction": "in" });
    post.device
        .post("/api/v1/scans", show(test.now()))
        .await
        .expect(200);

    let team = test.caller(Role::TeamDoctor, HERE).await;
    let path = format!("/api/v1/people/{}/passes/revoke", phone.person_id);
    test.caller(Role::GateGuard, HERE)
        .await
        .post(&path, json!({}))
        .await
        .problem(403, "not_allowed");
    team.post(&path, json!({})).await.expect(204);
    test.advance(SignedDuration::from_secs(2));
    post.device
        .post("/api/v1/scans", show(test.now()))
        .await
        .problem(422, "pass_revoked");
    let again = equip(&phone.client, [77; 32]).await;
    let body = json!({ "presentation": again.present(test.now()).unwrap(), "at": test.now().to_string(), "direction": "in" });
    post.device.post("/api/v1/scans", body).await.expect(200);
}

#[tokio::test]
async fn a_fever_is_recorded_before_the_colour_is_decided() {
    let (test, post, phone) = scene().await;
    verify(&test, phone.person_id, post.enclosure_id).await;
    let mut body = shown(&test, &phone);
    body["temperature"] = json!(37.3);
    let first = post
        .device
        .post("/api/v1/scans", body.clone())
        .await
        .expect(200);
    assert_eq!(
        (
            &first["colour"],
            &first["reason"],
            &first["action"],
            &first["gate_rule"]
        ),
        (&json!("red"), &json!("fever"), &json!("stop"), &json!("B1"))
    );
    let again = post.device.post("/api/v1/scans", body).await.expect(200);
    assert_eq!(
        (&again["duplicate"], &again["gate_rule"]),
        (&json!(true), &json!("B1"))
    );
    assert_eq!(count(&test, "fact WHERE kind = 'health'").await, 1);
    test.advance(SignedDuration::from_secs(30));
    assert_eq!(scan(&test, &post, &phone).await["colour"], "red");
    assert_counts_agree(&test).await;
    test.settle().await;
    assert_eq!(count(&test, "alert WHERE kind = 'fever_at_gate'").await, 1);
    assert_eq!(
        count(&test, "alert").await,
        2,
        "the second scan has no fever, but is red"
    );
}

#[tokio::test]
async fn follow_ups_are_written_once_for_each_cause() {
    let (test, post, phone) = scene().await;
    for _ in 0..3 {
        scan(&test, &post, &phone).await;
        test.advance(SignedDuration::from_secs(61));
    }
    assert_eq!(count(&test, "outbox WHERE topic = 'visit.needed'").await, 1);
    let fact = json!({ "kind": "case", "status": "confirmed" });
    record(&test.app, phone.person_id, fact).await;
    for _ in 0..3 {
        scan(&test, &post, &phone).await;
        test.advance(SignedDuration::from_secs(61));
    }
    assert_eq!(count(&test, "outbox WHERE topic = 'alert.red'").await, 1);
    test.advance(SignedDuration::from_mins(10));
    scan(&test, &post, &phone).await;
    assert_eq!(count(&test, "outbox WHERE topic = 'alert.red'").await, 2);
    test.settle().await;
    assert_eq!(
        count(
            &test,
            "alert WHERE kind = 'red_at_gate' AND reason = 'case'"
        )
        .await,
        1,
        "the same person still stands there"
    );
}

#[tokio::test]
async fn a_check_on_the_spot_lets_a_yellow_pass_in_for_a_time() {
    let (test, mut post, phone) = scene().await;
    let check = json!({ "person_id": phone.person_id, "at": test.now().to_string(), "passed": true,
        "travel_history": "hit", "travel_cities": "武汉" });
    post.device
        .post("/api/v1/gate-checks", check.clone())
        .await
        .problem(404, "not_scanned_here");
    assert_eq!(scan(&test, &post, &phone).await["action"], "check");
    let decision = post
        .device
        .post("/api/v1/gate-checks", check.clone())
        .await
        .expect(201);
    assert_eq!(
        (&decision["colour"], &decision["reason"]),
        (&json!("yellow"), &json!("epidemic_area_declared")),
        "the card's city is a stay that somebody asks about"
    );
    let mut wrong = check.clone();
    wrong["travel_history"] = json!("none");
    post.device
        .post("/api/v1/gate-checks", wrong)
        .await
        .problem(422, "invalid_fields");
    let source: String = test
        .scalar("SELECT source FROM fact WHERE kind = 'gate_check'")
        .await;
    assert_eq!(source, "gate; travel card: hit 武汉");
    test.advance(SignedDuration::from_secs(40));
    let passed = scan(&test, &post, &phone).await;
    assert_eq!(
        (&passed["action"], &passed["gate_reason"]),
        (&json!("pass"), &json!("checked"))
    );
    test.advance(SignedDuration::from_hours(13));
    post.relieve(&test).await;
    let later = scan(&test, &post, &phone).await;
    assert_eq!(
        later["action"], "check",
        "twelve hours have passed, though no job ran"
    );
    // Or in one go with the scan.
    test.advance(SignedDuration::from_secs(40));
    let mut body = shown(&test, &phone);
    body["checked_on_spot"] = json!(true);
    assert_eq!(
        post.device.post("/api/v1/scans", body).await.expect(200)["action"],
        "pass"
    );
}
