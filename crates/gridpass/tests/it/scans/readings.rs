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
