//! Everybody's colour by serial: the same as a scan would give, in versions that only grow.

use gridpass::access::Role;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::json;

use crate::app::{Answer, TestApp};
use crate::gates::Post;
use crate::scans::support::{phone, record, scan, scene, verify};

const HEAD: usize = 44;

/// An answer taken apart.
#[derive(Debug, PartialEq)]
struct Parts {
    kind: u8,
    version: u64,
    since: u64,
    as_of_ms: u64,
    serials: u32,
    changes: Vec<(u32, u8)>,
    colours: Vec<u8>,
    revocations: Vec<[u32; 3]>,
}

fn parts(answer: &Answer) -> Parts {
    let bytes = &answer.bytes;
    assert_eq!(&bytes[..4], b"GPS1");
    let four = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let eight = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let (kind, serials, changed, revoked) = (bytes[4], four(32), four(36), four(40) as usize);
    let end = bytes.len() - revoked * 12;
    let middle = &bytes[HEAD..end];
    let mut changes = Vec::new();
    let mut colours = Vec::new();
    if kind == 1 {
        assert_eq!(middle.len(), changed as usize * 4);
        for at in (HEAD..end).step_by(4) {
            changes.push((four(at) >> 2, (four(at) & 3) as u8));
        }
    } else {
        assert_eq!(middle.len(), serials.div_ceil(4) as usize);
        colours
            .extend((0..serials).map(|serial| middle[serial as usize / 4] >> (serial % 4 * 2) & 3));
    }
    Parts {
        kind,
        version: eight(8),
        since: eight(16),
        as_of_ms: eight(24),
        serials,
        changes,
        colours,
        revocations: (0..revoked)
            .map(|n| [0, 4, 8].map(|part| four(end + n * 12 + part)))
            .collect(),
    }
}

async fn get(post: &Post, since: Option<u64>) -> Parts {
    let query = since.map_or_else(String::new, |version| format!("?since={version}"));
    let answer = post
        .alone
        .get(&format!("/api/v1/device/snapshot{query}"))
        .await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.headers["content-type"], "application/octet-stream");
    parts(&answer)
}

/// Lets the next snapshot be made.
async fn made(test: &TestApp) {
    test.advance(SignedDuration::from_secs(60));
    test.settle().await;
}

#[tokio::test]
async fn it_says_what_a_scan_says_and_hands_out_what_changed() {
    let (test, post, one) = scene().await;
    let two = phone(&test, 2, post.enclosure_id).await;
    verify(&test, two.person_id, post.enclosure_id).await;
    made(&test).await;
    let full = get(&post, None).await;
    assert_eq!(
        (full.kind, full.as_of_ms),
        (0, test.now().as_millisecond().unsigned_abs())
    );
    assert_eq!(
        (
            full.colours[one.serial as usize],
            full.colours[two.serial as usize]
        ),
        (1, 0)
    );
    assert_eq!(full.colours[0], 3, "nobody has this serial");

    let order = json!({ "kind": "quarantine", "place": "home", "start": "2020-03-05", "end": "2020-03-19" });
    record(&test.app, two.person_id, order).await;
    made(&test).await;
    let delta = get(&post, Some(full.version)).await;
    assert_eq!((delta.kind, delta.since), (1, full.version));
    assert_eq!(delta.changes, [(two.serial as u32, 2)]);
    assert!(delta.version > full.version);
    assert_eq!(scan(&test, &post, &two).await["colour"], "red");

    made(&test).await;
    let same = get(&post, Some(delta.version)).await;
    assert_eq!((same.version, same.changes.len()), (delta.version, 0));
    assert!(
        same.as_of_ms > delta.as_of_ms,
        "nothing changed, and it is known to be so by now"
    );
    let foreign = get(&post, Some(delta.version + 5)).await;
    assert_eq!(
        foreign.kind, 0,
        "a version of another server is no beginning"
    );
}

#[tokio::test]
async fn time_alone_changes_a_colour_in_it() {
    let (test, post, one) = scene().await;
    verify(&test, one.person_id, post.enclosure_id).await;
    let order = json!({ "kind": "quarantine", "place": "home", "start": "2020-03-07", "end": "2020-03-19" });
    record(&test.app, one.person_id, order).await;
    made(&test).await;
    let before = get(&post, None).await.colours[one.serial as usize];
    test.advance(SignedDuration::from_hours(24));
    test.settle().await;
    let after = get(&post, None).await.colours[one.serial as usize];
    assert_eq!((before, after), (0, 2));
}

#[tokio::test]
async fn an_etag_costs_nothing_and_the_age_is_told() {
    let (test, post, _) = scene().await;
    made(&test).await;
    let first = post.device.get("/api/v1/device/snapshot").await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    made(&test).await;
    let request = post.device.request(Method::GET, "/api/v1/device/snapshot");
    let again = post.device.send(request.header("if-none-match", tag)).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    let as_of: Timestamp = again.headers["x-snapshot-as-of"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(as_of, test.now());
    test.anonymous()
        .get("/api/v1/device/snapshot")
        .await
        .problem(401, "not_signed_in");
}

#[tokio::test]
async fn a_withdrawn_pass_is_named_by_its_serial() {
    let (test, post, one) = scene().await;
    made(&test).await;
    let before = get(&post, None).await;
    let worker = test
        .caller(Role::GridWorker, crate::scans::support::HERE)
        .await;
    let path = format!("/api/v1/people/{}/passes/revoke", one.person_id);
    worker.post(&path, json!({})).await.expect(204);
    made(&test).await;
    let delta = get(&post, Some(before.version)).await;
    let newest = delta
        .revocations
        .iter()
        .find(|one_of| one_of[0] == one.serial as u32)
        .unwrap();
    assert!(
        i64::from(newest[1]) > test.now().as_second() - 200,
        "{newest:?}"
    );
}

#[tokio::test]
async fn another_node_hands_out_the_same_version() {
    let (test, post, _) = scene().await;
    made(&test).await;
    let here = get(&post, None).await;
    let other = TestApp::start_on(test.config.clone(), test.clock.clone()).await;
    other.settle().await;
    let there = other
        .with_token(&post.token)
        .get("/api/v1/device/snapshot")
        .await;
    assert_eq!(parts(&there), here);
}

#[tokio::test]
async fn the_table_of_a_gate_is_worked_out_for_every_situation() {
    let (test, post, _) = scene().await;
    let find = async |colour: &str, direction: &str, relation: &str, fever: bool| {
        let table = post.device.get("/api/v1/device/table").await.expect(200);
        let rows = table["rows"].as_array().unwrap().clone();
        assert_eq!(rows.len(), 36);
        let fits = |row: &&serde_json::Value| {
            row["colour"] == colour
                && row["direction"] == direction
                && row["relation"] == relation
                && row["fever"] == fever
        };
        rows.iter().find(fits).unwrap()["action"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(find("green", "in", "visitor", false).await, "pass");
    assert_eq!(find("green", "in", "lives_here", true).await, "stop");
    assert_eq!(find("yellow", "in", "works_here", false).await, "check");
    assert_eq!(find("red", "out", "lives_here", false).await, "stop");
    let desk = test.caller(Role::DataDesk, "").await;
    let path = format!("/api/v1/enclosures/{}", post.enclosure_id);
    desk.patch(&path, json!({ "area_status": "controlled" }))
        .await
        .expect(200);
    assert_eq!(find("green", "in", "visitor", false).await, "check");
    assert_eq!(find("green", "in", "lives_here", false).await, "pass");
}
