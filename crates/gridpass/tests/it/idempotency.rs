//! `Idempotency-Key`: done once, also at the same moment and on two nodes; and to whom a kept
//! answer is given.

use std::time::Duration;

use futures_util::future::join_all;
use gridpass::access::Role;
use gridpass::audit::Entry;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::app::{Client, TestApp};
use crate::audit;
use crate::evidence::{HERE, facts_path, person};
use crate::people::{applicant, enclosure, enrolled};

const ENCLOSURES: &str = "/api/v1/enclosures";

fn estate(name: &str) -> Value {
    json!({ "name": name, "kind": "estate", "community_code": HERE })
}

async fn count(test: &TestApp, name: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM enclosure WHERE name = '{name}'");
    test.scalar(&sql).await
}

/// Nobody can enter an enclosure until the transaction ends.
async fn held_up(test: &TestApp) -> gridpass::db::Tx {
    let tx = test.app.db.tx().await.unwrap();
    tx.batch_execute("LOCK TABLE enclosure IN SHARE MODE")
        .await
        .unwrap();
    tx
}

/// Waits until so many claims are there.
async fn claimed(test: &TestApp, claims: i64) {
    for _ in 0..200 {
        if test
            .scalar::<i64>("SELECT count(*) FROM idempotency_claim")
            .await
            == claims
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("never {claims} claims");
}

#[tokio::test]
async fn of_calls_at_the_same_moment_on_two_nodes_one_runs() {
    let test = TestApp::with_divisions().await;
    let other = TestApp::start_on(test.config.clone(), test.clock.clone()).await;
    let here = test.caller(Role::DataDesk, "").await;
    let there = other.with_token(here.token());
    // More than both nodes have connections: whoever waits holds none.
    let callers: Vec<&Client> = (0..40)
        .map(|n| if n % 2 == 0 { &here } else { &there })
        .collect();
    let held = held_up(&test).await;
    let calls = callers
        .iter()
        .map(|caller| caller.post_with_key(ENCLOSURES, "same", estate("同时")));
    let look = async {
        claimed(&test, 1).await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        // Everybody else is served meanwhile.
        for caller in [&here, &there] {
            caller.get("/api/v1/me").await.expect(200);
        }
        held.rollback().await.unwrap();
    };
    let (answers, ()) = tokio::join!(join_all(calls), look);
    let answers: Vec<Value> = answers
        .into_iter()
        .map(|answer| answer.expect(201))
        .collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(count(&test, "同时").await, 1);
    claimed(&test, 0).await;
    let facts = {
        let who = person(&test, HERE).await;
        let worker = test.caller(Role::TeamWorker, HERE).await;
        let stay = json!({ "kind": "stay", "area": "420100", "risk": "high", "until": "2020-03-01",
            "certainty": "declared", "source": "电话核查" });
        let path = facts_path(who);
        let calls = (0..8).map(|_| worker.post_with_key(&path, "fact", stay.clone()));
        for answer in join_all(calls).await {
            answer.expect(201);
        }
        test.scalar::<i64>("SELECT count(*) FROM fact WHERE kind = 'stay'")
            .await
    };
    assert_eq!(facts, 1);
}

#[tokio::test]
async fn another_body_query_or_path_under_a_key_in_use_is_refused_at_once() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let held = held_up(&test).await;
    let first = desk.post_with_key(ENCLOSURES, "k", estate("甲"));
    let others = async {
        claimed(&test, 1).await;
        let reused = "idempotency_key_reused";
        desk.post_with_key(ENCLOSURES, "k", estate("乙"))
            .await
            .problem(409, reused);
        desk.post_with_key(&format!("{ENCLOSURES}?x=1"), "k", estate("甲"))
            .await
            .problem(409, reused);
        held.rollback().await.unwrap();
    };
    let (first, ()) = tokio::join!(first, others);
    let first = first.expect(201);
    desk.post_with_key(&format!("{ENCLOSURES}?x=1"), "k", estate("甲"))
        .await
        .problem(409, "idempotency_key_reused");
    let again = desk.post_with_key(ENCLOSURES, "k", estate("甲")).await;
    assert_eq!(again.expect(201), first);
}

#[tokio::test]
async fn who_waits_too_long_is_told_to_come_again_and_is_answered_then() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let held = held_up(&test).await;
    let first = desk.post_with_key(ENCLOSURES, "slow", estate("慢"));
    let second = async {
        claimed(&test, 1).await;
        let answer = desk.post_with_key(ENCLOSURES, "slow", estate("慢")).await;
        assert_eq!(answer.headers["retry-after"], "5");
        answer.problem(409, "idempotency_key_in_use");
        held.rollback().await.unwrap();
    };
    let (first, ()) = tokio::join!(first, second);
    let again = desk.post_with_key(ENCLOSURES, "slow", estate("慢")).await;
    assert_eq!(again.expect(201), first.expect(201));
    assert_eq!(count(&test, "慢").await, 1);
}

#[tokio::test]
async fn a_caller_whose_network_went_finds_the_answer() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let held = held_up(&test).await;
    let gone = tokio::time::timeout(
        Duration::from_millis(600),
        desk.post_with_key(ENCLOSURES, "gone", estate("断网")),
    );
    assert!(gone.await.is_err(), "the caller gave up");
    claimed(&test, 1).await;
    held.rollback().await.unwrap();
    let again = desk.post_with_key(ENCLOSURES, "gone", estate("断网")).await;
    let again = again.expect(201);
    let listed: i64 = test
        .scalar("SELECT enclosure_id FROM enclosure WHERE name = '断网'")
        .await;
    assert_eq!(again["enclosure_id"], listed);
}

/// A claim as a node that died left it, of the call that was answered under `k`.
async fn left_behind(test: &TestApp, key: &str, committed: bool) {
    let sql = format!(
        "INSERT INTO idempotency_claim SELECT caller, '{key}', request_sha256, 1, created_at,
            created_at + interval '90 s', {committed} FROM idempotency WHERE key = 'k'"
    );
    let db = test.app.db.client().await.unwrap();
    assert_eq!(db.execute(&sql, &[]).await.unwrap(), 1);
}

#[tokio::test]
async fn a_node_that_died_blocks_nobody_for_long_and_nothing_is_done_twice() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let call = async |key: &'static str| desk.post_with_key(ENCLOSURES, key, estate("甲")).await;
    call("k").await.expect(201);
    left_behind(&test, "before", false).await;
    left_behind(&test, "after", true).await;
    test.advance(SignedDuration::from_secs(91));
    // It died before it changed anything: the call runs.
    call("before").await.expect(201);
    // It died between the change and the answer.
    call("after").await.problem(409, "idempotency_answer_lost");
    assert_eq!(count(&test, "甲").await, 2);
    let other = desk.post_with_key(ENCLOSURES, "after", estate("乙")).await;
    other.problem(409, "idempotency_key_reused");
}

#[tokio::test]
async fn a_call_that_lost_its_key_to_another_changes_nothing() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let held = held_up(&test).await;
    let first = desk.post_with_key(ENCLOSURES, "lost", estate("迟"));
    let taken = async {
        claimed(&test, 1).await;
        let db = test.app.db.client().await.unwrap();
        db.execute("UPDATE idempotency_claim SET claim = 1", &[])
            .await
            .unwrap();
        held.rollback().await.unwrap();
    };
    let (first, ()) = tokio::join!(first, taken);
    first.problem(503, "database_unavailable");
    assert_eq!(count(&test, "迟").await, 0);
}

#[tokio::test]
async fn a_refused_call_leaves_its_key_free() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let mut wrong = estate("甲");
    wrong["community_code"] = "440310001999".into();
    for _ in 0..2 {
        let answer = desk.post_with_key(ENCLOSURES, "k", wrong.clone()).await;
        answer.problem(422, "division_unknown");
    }
    desk.post_with_key(ENCLOSURES, "k", estate("甲"))
        .await
        .expect(201);
}

#[tokio::test]
async fn an_answer_is_kept_for_a_day_and_then_removed() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let name: String = {
        desk.post_with_key(ENCLOSURES, "k", estate("甲"))
            .await
            .expect(201);
        left_behind(&test, "dead", true).await;
        test.scalar("SELECT key FROM idempotency WHERE content_type = 'application/json'")
            .await
    };
    assert_eq!(name, "k");
    test.settle().await;
    let rows =
        "SELECT (SELECT count(*) FROM idempotency) + (SELECT count(*) FROM idempotency_claim)";
    assert_eq!(test.scalar::<i64>(rows).await, 2);
    test.advance(SignedDuration::from_hours(25));
    test.settle().await;
    assert_eq!(test.scalar::<i64>(rows).await, 0);
}

async fn entered(caller: &Client, key: &str, home: i64) -> Answer {
    let mut form = applicant("王芳", 41, "13800004141");
    form["enclosure_id"] = home.into();
    caller.post_with_key("/api/v1/people", key, form).await
}

#[tokio::test]
async fn nothing_is_given_to_a_session_that_ended_or_acts_otherwise() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let made = desk.post_with_key(ENCLOSURES, "k", estate("甲")).await;
    made.expect(201);
    desk.delete("/api/v1/sessions/current").await.expect(204);
    desk.post_with_key(ENCLOSURES, "k", estate("甲"))
        .await
        .problem(401, "session_revoked");

    let closed = test.caller(Role::DataDesk, "").await;
    let made = closed.post_with_key(ENCLOSURES, "k", estate("乙")).await;
    made.expect(201);
    let me = closed.get("/api/v1/me").await.expect(200);
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let account = format!("/api/v1/staff/{}", me["staff_id"]);
    admin.delete(&account).await.expect(204);
    closed
        .post_with_key(ENCLOSURES, "k", estate("乙"))
        .await
        .problem(401, "session_revoked");

    let moved = test.caller(Role::DataDesk, "").await;
    let made = moved.post_with_key(ENCLOSURES, "k", estate("丙")).await;
    made.expect(201);
    let db = test.app.db.client().await.unwrap();
    let sql = "UPDATE staff_grant SET ended_at = valid_from + interval '1 s' WHERE staff_id =
        (SELECT max(staff_id) FROM staff)";
    assert_eq!(db.execute(sql, &[]).await.unwrap(), 1);
    moved
        .post_with_key(ENCLOSURES, "k", estate("丙"))
        .await
        .problem(403, "grant_needed");
}

#[tokio::test]
async fn nothing_is_given_to_a_phone_that_was_replaced() {
    let test = TestApp::with_divisions().await;
    let form = applicant("李雷", 70, "13800001270");
    let once = test.with_code(form.clone()).await;
    let enrol = "/api/v1/people/enrol";
    let first = test
        .resident()
        .post_with_key(enrol, "e1", once.clone())
        .await;
    let first = first.expect(201);
    let phone = test.holder(first["holder_token"].as_str().unwrap());
    let appeal = json!({ "about": "colour", "statement": "请核实我的住址情况。" });
    let opened = phone
        .post_with_key("/api/v1/pass/appeals", "a1", appeal.clone())
        .await;
    opened.expect(201);
    // Before it is replaced, both are answered again.
    let again = test
        .resident()
        .post_with_key(enrol, "e1", once.clone())
        .await;
    assert_eq!(again.expect(201), first);

    test.advance(SignedDuration::from_mins(2));
    let other = test.enrol(form).await;
    assert!(other.status.is_success(), "{other:?}");
    phone
        .post_with_key("/api/v1/pass/appeals", "a1", appeal)
        .await
        .problem(401, "phone_replaced");
    test.resident()
        .post_with_key(enrol, "e1", once)
        .await
        .problem(401, "session_expired");
}

#[tokio::test]
async fn a_key_on_a_read_is_ignored() {
    let test = TestApp::with_divisions().await;
    let (phone, _) = enrolled(&test, applicant("李雷", 70, "13800001270")).await;
    let worker = test.caller(Role::TeamWorker, HERE).await;
    let who = person(&test, HERE).await;
    let read = async |caller: &Client, path: &str| {
        let request = caller.request(Method::GET, path);
        caller.send(request.header("idempotency-key", "q")).await
    };
    for _ in 0..2 {
        read(&phone, "/api/v1/pass").await.expect(200);
        read(&phone, "/api/v1/pass/notices").await.expect(200);
        read(&phone, "/api/v1/pass/photo")
            .await
            .problem(404, "photo_missing");
        read(&worker, &facts_path(who)).await.expect(200);
    }
    let search = json!({ "name": "李雷" });
    for _ in 0..2 {
        worker
            .post_with_key("/api/v1/people/search", "s", search.clone())
            .await;
    }
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM idempotency").await,
        0
    );
}

#[tokio::test]
async fn an_answer_given_again_is_in_the_log_with_whom_it_shows() {
    let test = TestApp::with_divisions().await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let home = enclosure(&test, "金地朗悦").await;
    let first = entered(&worker, "p", home).await.expect(201);
    let again = entered(&worker, "p", home).await.expect(201);
    assert_eq!(first, again);
    let who = first["person_id"].as_i64().unwrap();
    let entries: Vec<Entry> = audit::of(&test, "create_person").await;
    let results: Vec<&str> = entries.iter().map(|entry| entry.result.as_str()).collect();
    assert_eq!(results, ["done", "unchanged"]);
    for entry in &entries {
        assert_eq!(entry.subjects, [who]);
        assert_eq!(entry.actor, "staff");
        assert_eq!(entry.role.as_deref(), Some("grid_worker"));
    }
    let kept: Vec<i64> = test
        .scalar("SELECT subjects FROM idempotency WHERE key = 'p'")
        .await;
    assert_eq!(kept, [who]);
}

#[tokio::test]
async fn a_file_larger_than_a_form_is_read_with_a_key() {
    let test = TestApp::with_divisions().await;
    let (phone, _) = enrolled(&test, applicant("李雷", 70, "13800001270")).await;
    let file = async |bytes: usize| {
        let request = phone.request(Method::PUT, "/api/v1/pass/photo");
        let request = request.header("content-type", "image/jpeg");
        let request = request.header("idempotency-key", "photo");
        phone.send(request.body(vec![7; bytes])).await
    };
    // Looked at, and found to be no picture.
    let answer = file(100 * 1024).await;
    assert_eq!(answer.status.as_u16(), 422, "{answer:?}");
    assert_eq!(file(100).await.status.as_u16(), 422);
}
