//! People written down at a gate, and the scans that come of it.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::gates::Post;
use crate::people::resident_number;
use crate::scans::support::{HERE, assert_counts_agree, count, phone, record, scene};

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

#[tokio::test]
async fn who_is_found_nowhere_is_read_by_the_lead_and_settled() {
    let (test, post, person) = scene().await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let list = async || lead.get("/api/v1/register-entries").await.expect(200)["items"].clone();
    let by_hand = json!({ "name": "赵无名", "phone": "13800138000" });
    let lost = entry(&test, "entry-0101", by_hand);
    let other = entry(&test, "entry-0102", json!({ "name": "钱无踪" }));
    let found = entry(
        &test,
        "entry-0103",
        json!({ "document_number": person.number }),
    );
    send(&post, &[lost, other, found]).await;
    assert_eq!(list().await, json!([]), "not looked for yet");
    test.settle().await;
    let entries = list().await;
    assert_eq!(entries.as_array().unwrap().len(), 2);
    assert!(
        !entries.to_string().contains("无名"),
        "the list names nobody"
    );

    let path = |at: usize| {
        let one = &entries[at];
        format!(
            "/api/v1/gates/{}/register-entries/{}",
            one["gate_id"], one["entry_id"]
        )
    };
    let read = lead.get(&path(0)).await.expect(200);
    assert_eq!(
        (&read["details"]["name"], &read["details"]["phone"]),
        (&json!("赵无名"), &json!("13800138000"))
    );
    let looks = format!(
        "SELECT count(*) FROM audit_entry WHERE action = 'get_register_entry' AND result = 'shown'
            AND object LIKE '%{}%'",
        entries[0]["entry_id"]
    );
    assert_eq!(test.scalar::<i64>(&looks).await, 1, "each look is logged");
    let elsewhere = test.caller(Role::CommunityLead, "440310002").await;
    elsewhere.get(&path(0)).await.problem(404, "not_found");
    assert_eq!(
        elsewhere.get("/api/v1/register-entries").await.expect(200)["items"],
        json!([])
    );
    let guard = test.caller(Role::GateGuard, HERE).await;
    guard.get(&path(0)).await.problem(403, "not_allowed");

    let settle =
        async |at: usize, body: Value| lead.post(&format!("{}/settle", path(at)), body).await;
    for bad in [
        json!({ "outcome": "known" }),
        json!({ "outcome": "not_found", "person_id": person.person_id }),
    ] {
        settle(0, bad).await.problem(422, "invalid_fields");
    }
    let stranger = json!({ "outcome": "known", "person_id": 77 });
    settle(0, stranger).await.problem(404, "not_found");
    let known = json!({ "outcome": "known", "person_id": person.person_id });
    test.advance(SignedDuration::from_mins(1));
    settle(0, known.clone()).await.expect(204);
    settle(0, known).await.problem(404, "not_found");
    settle(1, json!({ "outcome": "not_found" }))
        .await
        .expect(204);
    assert_eq!(list().await, json!([]));
    let ends = "SELECT string_agg(became, ' ' ORDER BY entry_id) FROM gate_register";
    assert_eq!(test.scalar::<String>(ends).await, "scan nobody scan");
    let kept = "SELECT count(*) FROM gate_register WHERE details_sealed IS NOT NULL";
    assert_eq!(
        test.scalar::<i64>(kept).await,
        0,
        "what was written is gone"
    );
    let by = "SELECT count(*) FROM gate_register WHERE settled_by IS NOT NULL";
    assert_eq!(test.scalar::<i64>(by).await, 2);
    test.settle().await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn what_was_written_goes_after_two_weeks() {
    let (test, post, _) = scene().await;
    let lost = entry(
        &test,
        "entry-0201",
        json!({ "name": "赵无名", "phone": "13800138000" }),
    );
    send(&post, &[lost]).await;
    test.settle().await;
    let kept = "SELECT count(*) FROM gate_register WHERE details_sealed IS NOT NULL";
    test.advance(SignedDuration::from_hours(14 * 24) - SignedDuration::from_mins(1));
    test.settle().await;
    assert_eq!(test.scalar::<i64>(kept).await, 1);
    test.advance(SignedDuration::from_mins(2));
    test.settle().await;
    assert_eq!(test.scalar::<i64>(kept).await, 0);
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let list = lead.get("/api/v1/register-entries").await.expect(200);
    assert_eq!(list["items"], json!([]));
}
