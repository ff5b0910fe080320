//! People written down at a gate, and the scans that come of it.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::gates::Post;
use crate::people::resident_number;
use crate::scans::support::{assert_counts_agree, count, phone, record, scene};

fn entry(test: &TestApp, key: &str, who: Value) -> Value {
    let mut entry = json!({ "entry_key": key, "at": test.now().to_string(), "direction": "in", "action": "pass",
        "temperature": 36.5 });
    entry
        .as_object_mut()
        .unwrap()
        .extend(who.as_object().unwrap().clone());
    entry
}

async fn send(post: &Post, entries: &[Value]) -> Value {
    let body = json!({ "entries": entries });
    post.device
        .post("/api/v1/device/register", body)
        .await
        .expect(200)
}

#[tokio::test]
async fn an_entry_becomes_a_scan_of_its_own_time_once() {
    let (test, post, person) = scene().await;
    let by_number = entry(
        &test,
        "entry-0001",
        json!({ "document_number": person.number, "name": "张三" }),
    );
    let by_serial = entry(
        &test,
        "entry-0002",
        json!({ "pass_serial": person.serial, "shown_colour": "yellow" }),
    );
    test.advance(SignedDuration::from_mins(30));
    let mut later = by_serial.clone();
    later["at"] = json!((test.now() - SignedDuration::from_mins(10)).to_string());
    let entries = [by_number, later];
    assert_eq!(
        send(&post, &entries).await,
        json!({ "accepted": 2, "duplicates": 0, "rejected": [] })
    );
    assert_eq!(
        send(&post, &entries).await,
        json!({ "accepted": 0, "duplicates": 2, "rejected": [] })
    );
    test.settle().await;
    assert_eq!(count(&test, "scan").await, 2);
    let right: bool = test
        .scalar("SELECT bool_and(rung = 6 AND action = 0 AND colour = 1 AND device_id IS NOT NULL) FROM scan")
        .await;
    assert!(right);
    let shown: i64 = test
        .scalar("SELECT count(*) FROM scan WHERE shown_colour = 1")
        .await;
    assert_eq!(shown, 1, "nothing was shown of who was only written down");
    let sealed: i64 = test
        .scalar("SELECT count(*) FROM gate_register WHERE details_sealed IS NOT NULL")
        .await;
    assert_eq!(sealed, 0, "who it was is not kept twice");
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn somebody_registered_later_is_found_then() {
    let (test, post, _) = scene().await;
    let number = resident_number(7);
    send(
        &post,
        &[entry(
            &test,
            "entry-0003",
            json!({ "document_number": number }),
        )],
    )
    .await;
    send(
        &post,
        &[entry(
            &test,
            "entry-0004",
            json!({ "name": "李四", "phone": "13800138000" }),
        )],
    )
    .await;
    // Name and phone together are somebody, whichever way the guard wrote the phone.
    let by_hand = json!({ "name": "张三", "phone": "138 0000 0007" });
    test.advance(SignedDuration::from_secs(1));
    send(&post, &[entry(&test, "entry-0005", by_hand)]).await;
    let another = json!({ "name": "王五", "phone": "13800000007" });
    send(&post, &[entry(&test, "entry-0006", another)]).await;
    test.settle().await;
    assert_eq!(count(&test, "scan").await, 0);
    phone(&test, 7, post.enclosure_id).await;
    test.advance(SignedDuration::from_mins(11));
    test.settle().await;
    assert_eq!(count(&test, "scan").await, 2);
    let kept: i64 = test
        .scalar("SELECT count(*) FROM gate_register WHERE became IS NULL")
        .await;
    assert_eq!(
        kept, 2,
        "another name, or a phone that is nobody's, finds nobody"
    );
    test.advance(SignedDuration::from_hours(31 * 24));
    test.settle().await;
    assert_eq!(count(&test, "gate_register").await, 0);
}

#[tokio::test]
async fn who_was_red_is_recalled() {
    let (test, post, person) = scene().await;
    let order = json!({ "kind": "quarantine", "place": "home", "start": "2020-03-05", "end": "2020-03-19" });
    record(&test.app, person.person_id, order).await;
    send(
        &post,
        &[entry(
            &test,
            "entry-0005",
            json!({ "document_number": person.number }),
        )],
    )
    .await;
    test.settle().await;
    let recalls = post.device.get("/api/v1/device/recalls").await.expect(200);
    assert_eq!(recalls[0]["person_id"], person.person_id);
    let alerts: i64 = test
        .scalar("SELECT count(*) FROM alert WHERE kind = 'late_red'")
        .await;
    assert_eq!(alerts, 1);
}

#[tokio::test]
async fn bad_entries_are_named_and_spoil_no_others() {
    let (test, post, person) = scene().await;
    let mut hot = entry(&test, "entry-0007", json!({ "name": "张三" }));
    hot["temperature"] = json!(99);
    let mut future = entry(&test, "entry-0008", json!({ "name": "张三" }));
    future["at"] = json!("2021-01-01T00:00:00Z");
    let entries = [
        entry(
            &test,
            "entry-0001",
            json!({ "document_number": person.number }),
        ),
        entry(&test, "short", json!({ "name": "张三" })),
        entry(&test, "entry-0006", json!({})),
        entry(&test, "entry-0009", json!({ "name": "何\t国庆" })),
        hot,
        future,
        entry(
            &test,
            "entry-0002",
            json!({ "name": "王秀兰", "phone": "13800138000" }),
        ),
    ];
    let body = json!({ "entries": entries });
    let path = "/api/v1/device/register";
    let answer = post.device.post(path, body.clone()).await.expect(200);
    assert_eq!(
        (&answer["accepted"], &answer["duplicates"]),
        (&json!(2), &json!(0))
    );
    let rejected = answer["rejected"].as_array().unwrap().iter();
    let rejected: Vec<(&str, &str)> = rejected
        .map(|one| {
            (
                one["entry_key"].as_str().unwrap(),
                one["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rejected,
        [
            ("short", "entry_invalid"),
            ("entry-0006", "entry_invalid"),
            ("entry-0009", "entry_invalid"),
            ("entry-0007", "temperature_absurd"),
            ("entry-0008", "time_in_future"),
        ]
    );
    assert_eq!(count(&test, "gate_register").await, 2);
    let again = post.device.post(path, body).await.expect(200);
    assert_eq!(
        (&again["accepted"], &again["duplicates"], &again["rejected"]),
        (&json!(0), &json!(2), &answer["rejected"]),
        "sent again"
    );
    let many: Vec<Value> = (0..201)
        .map(|n| entry(&test, &format!("entry-{n:04}"), json!({ "name": "x" })))
        .collect();
    post.device
        .post(path, json!({ "entries": many }))
        .await
        .problem(422, "invalid_fields");
}
