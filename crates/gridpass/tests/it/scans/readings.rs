//! Fevers at gates, by which way they and the second readings come.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::support::*;
use super::uploads::{kept, register_key, upload};
use crate::app::TestApp;
use crate::gates::{self, Post};

/// A resident whose pass is green, and a gate whose device has its key.
async fn green_scene() -> (TestApp, Post, Phone) {
    let (test, post, phone) = scene().await;
    register_key(&post).await;
    verify(&test, phone.person_id, post.enclosure_id).await;
    (test, post, phone)
}

async fn colour(phone: &Phone) -> String {
    let pass = phone.client.get("/api/v1/pass").await.expect(200);
    pass["colour"].as_str().unwrap().to_owned()
}

/// A scan by what the guard typed or measured, some minutes later.
async fn typed(test: &TestApp, post: &Post, who: Value, temperature: Option<f64>) -> Value {
    test.advance(SignedDuration::from_mins(2));
    let mut body = json!({ "at": test.now(), "direction": "in", "temperature": temperature });
    let fields = body.as_object_mut().unwrap();
    fields.extend(who.as_object().unwrap().clone());
    post.device.post("/api/v1/scans", body).await.expect(200)
}

/// The next reading of the person on the screen, as the gate's app sends it.
async fn again(test: &TestApp, post: &Post, phone: &Phone, temperature: f64) -> Value {
    let who = json!({ "pass_serial": phone.serial, "measured_again": true });
    typed(test, post, who, Some(temperature)).await
}

/// A reading that a gate without network kept, of whoever showed a code with it or before.
fn measured(phone: &Phone, at: Timestamp, temperature: f64, shows: bool) -> Value {
    let action = if temperature < 37.3 { "pass" } else { "stop" };
    let mut scan = kept(phone, at, "green", action);
    scan["temperature"] = json!(temperature);
    if shows {
        scan["presentation"] = json!(phone.show(at));
    }
    scan
}

#[tokio::test]
async fn a_reading_after_the_scan_is_evidence_at_every_gate() {
    let (test, post, phone) = green_scene().await;
    let shown = typed(
        &test,
        &post,
        json!({ "document_number": phone.number }),
        None,
    )
    .await;
    assert_eq!(shown["action"], "pass");
    let hot = again(&test, &post, &phone, 37.9).await;
    assert_eq!(
        (&hot["action"], &hot["colour"]),
        (&json!("stop"), &json!("red"))
    );
    assert_eq!(colour(&phone).await, "red");
    let other = gates::post(&test, "聚龙花园", HERE).await;
    assert_eq!(scan(&test, &other, &phone).await["action"], "stop");
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn a_serial_that_nobody_showed_anything_for_turns_nobody_red() {
    let (test, post, phone) = green_scene().await;
    let serial = json!({ "pass_serial": phone.serial });
    // A scan by the serial before does not help, nor the register, nor an upload.
    typed(&test, &post, serial.clone(), None).await;
    assert_eq!(again(&test, &post, &phone, 38.5).await["action"], "stop");
    assert_eq!(colour(&phone).await, "green");
    let mut entry = json!({ "entry_key": "entry-0001", "at": test.now(), "direction": "in", "action": "stop", "temperature": 38.6 });
    entry["pass_serial"] = json!(phone.serial);
    let body = json!({ "entries": [entry] });
    let taken = post.device.post("/api/v1/device/register", body).await;
    assert_eq!(taken.expect(200)["accepted"], 1);
    test.settle().await;
    let claimed = measured(&phone, test.now(), 38.7, false);
    let mut forged = measured(
        &phone,
        test.now() + SignedDuration::from_secs(1),
        38.8,
        false,
    );
    forged["presentation"] = json!("GP1:AAAA");
    upload(&post, 1, &[claimed, forged]).await.expect(200);
    test.settle().await;
    assert_eq!(colour(&phone).await, "green");
    assert_eq!(count(&test, "fact WHERE kind = 'health'").await, 0);
    // The team hears of it all the same.
    assert!(count(&test, "alert WHERE kind = 'fever_at_gate'").await >= 1);
    // What was shown an hour ago says nothing of who stands there now.
    scan(&test, &post, &phone).await;
    test.advance(SignedDuration::from_hours(1));
    again(&test, &post, &phone, 38.5).await;
    assert_eq!(colour(&phone).await, "green");
}

#[tokio::test]
async fn a_third_reading_takes_two_fevers_back_by_no_way() {
    let (test, post, phone) = green_scene().await;
    let number = json!({ "document_number": phone.number });
    typed(&test, &post, number, Some(38.0)).await;
    assert_eq!(again(&test, &post, &phone, 38.2).await["action"], "stop");
    assert_eq!(again(&test, &post, &phone, 36.4).await["action"], "stop");
    test.advance(SignedDuration::from_mins(1));
    let offline = measured(&phone, test.now(), 36.5, false);
    upload(&post, 1, &[offline]).await.expect(200);
    test.settle().await;
    assert_eq!(colour(&phone).await, "red");
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn a_fever_online_is_taken_back_by_a_reading_that_is_uploaded() {
    let (test, post, phone) = green_scene().await;
    let number = json!({ "document_number": phone.number });
    typed(&test, &post, number, Some(37.6)).await;
    assert_eq!(colour(&phone).await, "red");
    test.settle().await;
    test.advance(SignedDuration::from_mins(5));
    let second = measured(&phone, test.now(), 36.5, false);
    test.advance(SignedDuration::from_mins(40));
    let answer = upload(&post, 1, std::slice::from_ref(&second))
        .await
        .expect(200);
    assert_eq!(answer["late_reds"], json!([]), "nobody red was let in");
    test.settle().await;
    assert_eq!(colour(&phone).await, "green");
    let outcome: String = test
        .scalar("SELECT outcome FROM alert WHERE kind = 'fever_at_gate'")
        .await;
    assert_eq!(outcome, "false_alarm");
    // The same again changes nothing, and a reading of another day neither.
    upload(&post, 2, &[second]).await.expect(200);
    assert_eq!(count(&test, "fact WHERE retracted_at IS NOT NULL").await, 1);
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn two_uploads_in_either_order_say_the_same() {
    let (test, post, phone) = green_scene().await;
    for (batch, first_first) in [(10, true), (20, false)] {
        test.advance(SignedDuration::from_hours(2));
        let first = measured(&phone, test.now(), 37.7, true);
        test.advance(SignedDuration::from_mins(6));
        let second = measured(&phone, test.now(), 36.6, true);
        test.advance(SignedDuration::from_mins(6));
        let order = if first_first {
            [&first, &second]
        } else {
            [&second, &first]
        };
        for (n, scan) in (0..).zip(order) {
            upload(&post, batch + n, std::slice::from_ref(scan))
                .await
                .expect(200);
        }
        test.settle().await;
        assert_eq!(colour(&phone).await, "green", "{first_first}");
    }
    // A fever that stands alone stands, shown with it or just before it.
    test.advance(SignedDuration::from_hours(2));
    let shown = measured(&phone, test.now(), 36.6, true);
    test.advance(SignedDuration::from_mins(3));
    let fever = measured(&phone, test.now(), 38.0, false);
    upload(&post, 30, &[shown, fever]).await.expect(200);
    assert_eq!(colour(&phone).await, "red");
    test.settle().await;
    assert_counts_agree(&test).await;
}

/// The guard hands over; nobody relieves them.
async fn hand_over(post: &Post) {
    let shift = post.device.get("/api/v1/device/shift").await.expect(200);
    let over = json!({ "shift_id": shift["shift"]["shift_id"], "waiting": 0, "overrides": 0 });
    let path = "/api/v1/device/shift/hand-over";
    post.device.post(path, over).await.expect(200);
}

/// A fever that is written into the register now, of whoever is meant.
async fn write_down(test: &TestApp, post: &Post, key: &str, at: Timestamp, who: Value) {
    let mut entry = json!({ "entry_key": key, "at": at, "direction": "in", "action": "stop", "temperature": 38.6 });
    let fields = entry.as_object_mut().unwrap();
    fields.extend(who.as_object().unwrap().clone());
    let body = json!({ "entries": [entry] });
    let taken = post.alone.post("/api/v1/device/register", body).await;
    assert_eq!(taken.expect(200)["accepted"], 1);
    test.settle().await;
}

const FEVER_ALERTS: &str = "alert WHERE kind = 'fever_at_gate'";

#[tokio::test]
async fn a_device_that_no_guard_works_with_colours_nobody() {
    let (test, post, phone) = green_scene().await;
    hand_over(&post).await;
    test.advance(SignedDuration::from_mins(1));
    let number = json!({ "document_number": phone.number });
    write_down(&test, &post, "entry-0001", test.now(), number).await;
    assert_eq!(colour(&phone).await, "green", "by the number");
    assert_eq!(count(&test, FEVER_ALERTS).await, 1, "the team hears of it");
    test.advance(SignedDuration::from_mins(20));
    let shown = measured(&phone, test.now(), 38.4, true);
    let taken = upload(&post, 1, &[shown]).await.expect(200);
    assert_eq!(taken["accepted"], 1);
    test.settle().await;
    assert_eq!(colour(&phone).await, "green", "by what was shown");
    assert_eq!(count(&test, "fact WHERE kind = 'health'").await, 0);
    assert_eq!(count(&test, "scan").await, 2, "both are kept");
    // Another gate lets in.
    let other = gates::post(&test, "聚龙花园", HERE).await;
    assert_eq!(scan(&test, &other, &phone).await["action"], "pass");
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn what_a_guard_wrote_counts_whenever_it_is_told_and_never_by_name_and_phone() {
    let (test, post, phone) = green_scene().await;
    test.advance(SignedDuration::from_mins(10));
    let on_duty = test.now();
    test.advance(SignedDuration::from_mins(10));
    hand_over(&post).await;
    test.advance(SignedDuration::from_hours(3));
    let known = json!({ "name": "张三", "phone": "13800000001" });
    write_down(&test, &post, "entry-0001", on_duty, known).await;
    assert_eq!(count(&test, "scan").await, 1, "somebody was found");
    assert_eq!(colour(&phone).await, "green", "by name and phone");
    assert_eq!(count(&test, FEVER_ALERTS).await, 1);
    let later = on_duty + SignedDuration::from_mins(1);
    let number = json!({ "document_number": phone.number });
    write_down(&test, &post, "entry-0002", later, number).await;
    assert_eq!(colour(&phone).await, "red", "by the number, in the shift");
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn a_reading_of_nobody_on_duty_takes_no_fever_back() {
    let (test, post, phone) = green_scene().await;
    let number = json!({ "document_number": phone.number });
    typed(&test, &post, number, Some(37.8)).await;
    test.advance(SignedDuration::from_mins(1));
    hand_over(&post).await;
    test.advance(SignedDuration::from_mins(5));
    let normal = measured(&phone, test.now(), 36.5, true);
    upload(&post, 1, &[normal]).await.expect(200);
    assert_eq!(colour(&phone).await, "red");
    // Nor does an ordinary reading of the next one in line, sent under this person's name.
    let (test, post, phone) = green_scene().await;
    let number = json!({ "document_number": phone.number });
    typed(&test, &post, number.clone(), Some(37.8)).await;
    for _ in 0..3 {
        let ordinary = typed(&test, &post, number.clone(), Some(36.5)).await;
        assert_eq!(ordinary["action"], "stop");
    }
    assert_eq!(colour(&phone).await, "red");
}

#[tokio::test]
async fn fevers_at_two_gates_agree() {
    let (test, post, phone) = green_scene().await;
    let north = gates::post(&test, "聚龙花园", HERE).await;
    register_key(&north).await;
    let number = json!({ "document_number": phone.number });
    typed(&test, &post, number.clone(), Some(37.8)).await;
    let second = typed(&test, &north, number, Some(38.0)).await;
    assert_eq!(second["action"], "stop");
    for gate in [&north, &post, &north, &post] {
        assert_eq!(again(&test, gate, &phone, 36.6).await["action"], "stop");
    }
    // Nor by the way of an upload.
    let normal = measured(&phone, test.now(), 36.5, true);
    upload(&north, 1, &[normal]).await.expect(200);
    assert_eq!(colour(&phone).await, "red");
    assert_eq!(count(&test, "fact WHERE retracted_at IS NOT NULL").await, 0);

    // A fever and the normal reading after it in one upload, while another gate measured one, too.
    let (test, post, phone) = green_scene().await;
    let north = gates::post(&test, "聚龙花园", HERE).await;
    register_key(&north).await;
    let number = json!({ "document_number": phone.number });
    typed(&test, &post, number, Some(37.8)).await;
    test.advance(SignedDuration::from_mins(3));
    let fever = measured(&phone, test.now(), 38.0, true);
    test.advance(SignedDuration::from_mins(3));
    let normal = measured(&phone, test.now(), 36.5, true);
    upload(&north, 1, &[fever, normal]).await.expect(200);
    assert_eq!(again(&test, &post, &phone, 36.4).await["action"], "stop");
    assert_eq!(colour(&phone).await, "red");
    let standing = "fact WHERE kind = 'health' AND retracted_at IS NULL";
    assert_eq!(count(&test, standing).await, 2);
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn a_check_by_a_typed_serial_counts_only_of_somebody_who_was_shown() {
    let (test, post, phone) = scene().await;
    let north = gates::post(&test, "聚龙花园", HERE).await;
    let by_serial = json!({ "pass_serial": phone.serial, "checked_on_spot": true });
    let claimed = typed(&test, &post, by_serial.clone(), None).await;
    assert_eq!(claimed["action"], "check");
    assert_eq!(scan(&test, &north, &phone).await["action"], "check");
    assert_eq!(count(&test, "fact WHERE kind = 'gate_check'").await, 0);
    test.advance(SignedDuration::from_mins(1));
    assert_eq!(scan(&test, &post, &phone).await["action"], "check");
    let looked = typed(&test, &post, by_serial, None).await;
    assert_eq!(
        (&looked["action"], &looked["gate_reason"]),
        (&json!("pass"), &json!("checked"))
    );
    assert_counts_agree(&test).await;
}
