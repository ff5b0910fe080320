//! Many at once: nothing lost, nothing doubled, and no scan older than an order.

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::support::*;

/// Callers at the same time.
const CLIENTS: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_scan_sent_by_many_is_one_row_and_one_answer() {
    let (test, post, phone) = scene().await;
    for round in 0..4 {
        test.advance(SignedDuration::from_secs(1));
        let mut body = shown(&test, &phone);
        if round == 3 {
            body["temperature"] = json!(38.2);
        }
        let sent = (0..CLIENTS).map(|_| post.device.post("/api/v1/scans", body.clone()));
        let answers: Vec<Value> = join_all(sent)
            .await
            .into_iter()
            .map(|answer| answer.expect(200))
            .collect();
        let first = answers
            .iter()
            .filter(|answer| answer["duplicate"] == false)
            .count();
        assert_eq!(first, 1);
        let same = |answer: &Value| {
            let mut answer = answer.clone();
            answer["duplicate"] = json!(false);
            answer
        };
        assert!(
            answers
                .iter()
                .all(|answer| same(answer) == same(&answers[0]))
        );
    }
    assert_eq!(count(&test, "scan").await, 4);
    assert_eq!(count(&test, "fact WHERE kind = 'health'").await, 1);
    assert_counts_agree(&test).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_scan_spares_its_neighbours() {
    let (test, post, phone) = scene().await;
    let number =
        |person: usize| crate::people::resident_number(u32::try_from(500 + person).unwrap());
    let body = |place: usize| {
        let at = test.now() + SignedDuration::from_millis(i64::try_from(place).unwrap());
        match place % 4 {
            0 => {
                json!({ "document_number": number(place), "at": at.to_string(), "direction": "in" })
            }
            1 => {
                json!({ "pass_serial": phone.serial, "at": at.to_string(), "direction": "in", "temperature": 99.9 })
            }
            _ => json!({ "pass_serial": phone.serial, "at": at.to_string(), "direction": "in" }),
        }
    };
    let sent = (0..200).map(|place| post.device.post("/api/v1/scans", body(place)));
    for (place, answer) in join_all(sent).await.into_iter().enumerate() {
        match place % 4 {
            0 => drop(answer.problem(404, "person_unknown")),
            1 => drop(answer.problem(422, "temperature_absurd")),
            _ => assert_eq!(answer.expect(200)["duplicate"], false),
        }
    }
    assert_eq!(count(&test, "scan").await, 100);
    assert_counts_agree(&test).await;
}

/// Half of the clients only scan; the other half order quarantine, scan, release, scan.
/// Whoever sends a scan after an order was committed is told red, and after the release
/// is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_committed_before_a_scan_turns_it_red() {
    let (test, post, _) = scene().await;
    let mut phones = Vec::new();
    for sequence in 0..CLIENTS {
        let sequence = 100 + u32::try_from(sequence).unwrap();
        let phone = phone(&test, sequence, post.enclosure_id).await;
        verify(&test, phone.person_id, post.enclosure_id).await;
        phones.push(phone);
    }
    let (test, post, phones) = (Arc::new(test), Arc::new(post), Arc::new(phones));
    let clients = (0..CLIENTS).map(|client| {
        let (test, post, phones) = (test.clone(), post.clone(), phones.clone());
        tokio::spawn(async move {
            let phone = &phones[client];
            let at = |step: usize| test.now() + SignedDuration::from_millis(i64::try_from(step * 100 + client).unwrap());
            let scan = async |step: usize, presented: Timestamp| {
                let body = json!({ "presentation": phone.show(presented), "at": at(step).to_string(), "direction": "in" });
                post.device.post("/api/v1/scans", body).await.expect(200)["colour"].clone()
            };
            for step in 0..12 {
                let presented = test.now();
                if client % 2 == 0 {
                    assert_eq!(scan(step, presented).await, "green");
                    continue;
                }
                let order = json!({ "kind": "case", "status": "suspected" });
                record(&test.app, phone.person_id, order).await;
                assert_eq!(scan(2 * step, presented).await, "red", "client {client} step {step}");
                let release = json!({ "kind": "case", "status": "ruled_out" });
                record(&test.app, phone.person_id, release).await;
                assert_eq!(scan(2 * step + 1, presented).await, "green", "client {client} step {step}");
            }
        })
    });
    for client in join_all(clients).await {
        client.unwrap();
    }
    let scans = i64::try_from(CLIENTS / 2 * 12 + CLIENTS / 2 * 24).unwrap();
    assert_eq!(count(&test, "scan").await, scans);
    assert_counts_agree(&test).await;
}
