//! Around a scan: cards, gate codes, replays, lists, other nodes, and repairs.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::support::*;
use crate::app::TestApp;
use crate::gates;

#[tokio::test]
async fn the_guard_sees_whom_they_scanned_and_nobody_else() {
    let (test, post, phone) = scene().await;
    let path = format!("/api/v1/scans/card/{}", phone.person_id);
    let photo = format!("/api/v1/scans/photo/{}", phone.person_id);
    post.device
        .get(&path)
        .await
        .problem(404, "not_scanned_here");
    scan(&test, &post, &phone).await;
    let card = post.device.get(&path).await.expect(200);
    assert_eq!(
        (&card["name"], &card["residence"], &card["has_photo"]),
        (&json!("张三"), &json!("金地朗悦"), &json!(false))
    );
    assert!(
        card["document_masked"]
            .as_str()
            .unwrap()
            .starts_with("4403*")
    );
    post.device.get(&photo).await.problem(404, "photo_missing");
    let other = gates::post(&test, "东城", HERE).await;
    other
        .device
        .get(&path)
        .await
        .problem(404, "not_scanned_here");
    test.advance(SignedDuration::from_mins(11));
    post.device
        .get(&path)
        .await
        .problem(404, "not_scanned_here");
}

#[tokio::test]
async fn the_holders_phone_reads_the_gates_code() {
    let (test, post, phone) = scene().await;
    let code = post
        .device
        .get("/api/v1/device/gate-code")
        .await
        .expect(200);
    let read =
        json!({ "gate_code": code["gate_code"], "direction": "in", "at": test.now().to_string() });
    let answer = phone
        .client
        .post("/api/v1/gate-scans", read.clone())
        .await
        .expect(200);
    assert_eq!(
        (&answer["colour"], &answer["action"]),
        (&json!("yellow"), &json!("check"))
    );
    let again = phone
        .client
        .post("/api/v1/gate-scans", read.clone())
        .await
        .expect(200);
    assert_eq!(again["duplicate"], true);
    assert_eq!(
        count(
            &test,
            &format!(
                "scan WHERE rung = 1 AND device_id IS NULL AND gate_id = {}",
                post.gate_id
            )
        )
        .await,
        1
    );
    assert_counts_agree(&test).await;
    let facts = count(&test, "fact").await;
    test.resident()
        .post("/api/v1/gate-scans", read.clone())
        .await
        .problem(401, "not_signed_in");

    // A picture of the code, a minute later and far away.
    test.advance(SignedDuration::from_secs(90));
    let mut late = read;
    late["at"] = json!(test.now().to_string());
    phone
        .client
        .post("/api/v1/gate-scans", late.clone())
        .await
        .problem(422, "gate_code_expired");
    late["gate_code"] = json!("GP1:ABC");
    phone
        .client
        .post("/api/v1/gate-scans", late)
        .await
        .problem(422, "not_a_gate_code");
    assert_eq!(
        (count(&test, "scan").await, count(&test, "fact").await),
        (1, facts)
    );
}

#[tokio::test]
async fn a_phone_writes_itself_to_a_gate_only_now_and_once() {
    let (test, post, phone) = scene().await;
    let code = async || {
        let path = "/api/v1/device/gate-code";
        post.device.get(path).await.expect(200)["gate_code"].clone()
    };
    let read = |code: &Value, direction: &str, back_h: i64| {
        let at = test.now() - SignedDuration::from_hours(back_h);
        json!({ "gate_code": code, "direction": direction, "at": at.to_string() })
    };
    let send = async |body: Value| phone.client.post("/api/v1/gate-scans", body).await;
    // Whatever time the phone names, and however many it sends at once: one scan, of now.
    let now = code().await;
    let (one, two, three) = tokio::join!(
        send(read(&now, "in", 0)),
        send(read(&now, "in", 72)),
        send(read(&now, "in", 11))
    );
    let answers = [one.expect(200), two.expect(200), three.expect(200)];
    let first: Vec<bool> = answers
        .iter()
        .map(|answer| answer["duplicate"] != true)
        .collect();
    assert_eq!(
        first.iter().filter(|first| **first).count(),
        1,
        "{answers:?}"
    );
    let within = "scan WHERE at BETWEEN received_at - interval '1 second' AND received_at";
    assert_eq!(
        (count(&test, "scan").await, count(&test, within).await),
        (1, 1)
    );
    // Another way, or after a minute, is another scan.
    test.advance(SignedDuration::from_secs(1));
    send(read(&now, "out", 0)).await.expect(200);
    test.advance(SignedDuration::from_secs(58));
    let same = send(read(&code().await, "in", 0)).await.expect(200);
    assert_eq!(same["duplicate"], true);
    test.advance(SignedDuration::from_secs(2));
    send(read(&code().await, "in", 0)).await.expect(200);
    assert_eq!(count(&test, "scan").await, 3);
    // An hour has room for sixty.
    let now = code().await;
    for _ in 0..54 {
        send(read(&now, "in", 0)).await.expect(200);
    }
    send(read(&now, "in", 0))
        .await
        .problem(429, "too_many_requests");
    assert_eq!(count(&test, "scan").await, 3);
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn the_same_presentation_at_two_gates_is_a_replay() {
    let (test, post, phone) = scene().await;
    let other = gates::post(&test, "东城", HERE).await;
    let body = shown(&test, &phone);
    post.device
        .post("/api/v1/scans", body.clone())
        .await
        .expect(200);
    other
        .device
        .post("/api/v1/scans", body.clone())
        .await
        .problem(422, "presentation_replayed");
    let mut later = body;
    later["at"] = json!("2020-03-06T00:30:01Z");
    post.device.post("/api/v1/scans", later).await.expect(200);
    test.advance(SignedDuration::from_secs(30));
    other
        .device
        .post("/api/v1/scans", shown(&test, &phone))
        .await
        .expect(200);
    assert_eq!(count(&test, "scan").await, 3);
    test.settle().await;
    assert_eq!(
        count(
            &test,
            &format!(
                "alert WHERE kind = 'replayed_presentation' AND gate_id = {}",
                other.gate_id
            )
        )
        .await,
        1
    );
}

#[tokio::test]
async fn staff_list_scans_of_their_gates_only() {
    let (test, post, phone) = scene().await;
    for _ in 0..3 {
        scan(&test, &post, &phone).await;
        test.advance(SignedDuration::from_secs(10));
    }
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let path = format!("/api/v1/scans?gate_id={}&limit=2", post.gate_id);
    let page = team.get(&path).await.expect(200);
    let items = page["items"].as_array().unwrap();
    assert_eq!(
        (items.len(), &items[0]["at"]),
        (2, &json!("2020-03-06T00:30:20Z"))
    );
    assert_eq!(
        (&items[0]["rung"], &items[0]["direction"], &items[0]["rule"]),
        (&json!("presentation"), &json!("in"), &json!("A13"))
    );
    let next = page["next"].as_str().unwrap();
    let rest = team.get(&format!("{path}&after={next}")).await.expect(200);
    assert_eq!(
        (rest["items"].as_array().unwrap().len(), &rest["next"]),
        (1, &Value::Null)
    );
    team.get(&format!("{path}&after=x"))
        .await
        .problem(400, "bad_query");
    team.get(&format!("{path}&from=2020-03-01T00:00:00Z"))
        .await
        .problem(400, "bad_query");
    let outside = test.caller(Role::TeamDoctor, "440310002").await;
    outside.get(&path).await.problem(404, "not_found");
    test.caller(Role::GateGuard, HERE)
        .await
        .get(&path)
        .await
        .problem(403, "not_allowed");
}

#[tokio::test]
async fn the_team_sees_where_one_person_was_checked() {
    let (test, post, phone) = scene().await;
    for _ in 0..3 {
        scan(&test, &post, &phone).await;
        test.advance(SignedDuration::from_secs(10));
    }
    let person: i64 = test.scalar("SELECT person_id FROM scan LIMIT 1").await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let path = format!("/api/v1/people/{person}/scans");
    let page = team.get(&format!("{path}?limit=2")).await.expect(200);
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(
        (
            &items[0]["at"],
            &items[0]["gate_id"],
            &items[0]["direction"]
        ),
        (
            &json!("2020-03-06T00:30:20Z"),
            &json!(post.gate_id),
            &json!("in")
        )
    );
    assert!(
        items[0]["gate_name"]
            .as_str()
            .is_some_and(|name| !name.is_empty())
    );
    let rest = team
        .get(&format!("{path}?after={}", page["next"]))
        .await
        .expect(200);
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    test.advance(SignedDuration::from_hours(15 * 24));
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let later = team.get(&path).await.expect(200);
    assert!(
        later["items"].as_array().unwrap().is_empty(),
        "no further back than the rules count"
    );
    let outside = test.caller(Role::TeamDoctor, "440310002").await;
    outside.get(&path).await.problem(404, "not_found");
    for role in [Role::GridWorker, Role::CommunityLead] {
        let caller = test.caller(role, HERE).await;
        caller.get(&path).await.problem(403, "not_allowed");
    }
}

#[tokio::test]
async fn another_node_sees_changes_with_its_next_scan() {
    let (test, post, phone) = scene().await;
    let node = TestApp::start_on(test.config.clone(), test.clock.clone()).await;
    let there = node.with_token(post.device.token());
    let body = |test: &TestApp| {
        test.advance(SignedDuration::from_secs(1));
        shown(test, &phone)
    };
    there.post("/api/v1/scans", body(&test)).await.expect(200);

    let desk = test.caller(Role::DataDesk, "").await;
    let enclosure = format!("/api/v1/enclosures/{}", post.enclosure_id);
    desk.patch(&enclosure, json!({ "area_status": "sealed" }))
        .await
        .expect(200);
    let mut out = body(&test);
    out["direction"] = json!("out");
    assert_eq!(
        there.post("/api/v1/scans", out).await.expect(200)["gate_reason"],
        "sealed_area"
    );

    let admin = test.caller(Role::SystemAdmin, "").await;
    admin
        .post(
            &format!("/api/v1/devices/{}/revoke", post.device_id),
            json!({}),
        )
        .await
        .expect(204);
    there
        .post("/api/v1/scans", body(&test))
        .await
        .problem(401, "device_revoked");
    there
        .get("/api/v1/device/gate-code")
        .await
        .problem(401, "device_revoked");
    assert_eq!(count(&test, "scan").await, 2);
}

#[tokio::test]
async fn a_broken_connection_and_a_missing_partition_are_repaired() {
    let (test, mut post, phone) = scene().await;
    scan(&test, &post, &phone).await;
    let killed: i64 = test
        .scalar(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE application_name = 'gridpass scans' AND datname = current_database()",
        )
        .await;
    assert!(killed >= 1);
    test.advance(SignedDuration::from_secs(1));
    scan(&test, &post, &phone).await;
    let owner = test.app.db.owner().await.unwrap();
    let drop = "DROP TABLE scan_20200306";
    owner.batch_execute(drop).await.unwrap();
    test.advance(SignedDuration::from_secs(1));
    scan(&test, &post, &phone).await;
    // A clock that leaps finds its days ready without any job.
    test.advance(SignedDuration::from_hours(24 * 30));
    post.relieve(&test).await;
    let fresh = equip(&phone.client, [5; 32]).await;
    let body = json!({ "presentation": fresh.present(test.now()).unwrap(), "at": test.now().to_string(), "direction": "in" });
    post.device.post("/api/v1/scans", body).await.expect(200);
    assert_eq!(count(&test, "scan").await, 2);
    test.settle().await;
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM pg_inherits WHERE inhparent = 'scan'::regclass")
            .await,
        34
    );
}

#[tokio::test]
async fn the_slow_path_of_the_benchmark_decides_the_same() {
    let (test, post, phone) = scene().await;
    let slow = post
        .device
        .post("/bench/scans", shown(&test, &phone))
        .await
        .expect(200);
    let mut fast = post
        .device
        .post("/api/v1/scans", shown(&test, &phone))
        .await
        .expect(200);
    assert_eq!(fast["duplicate"], true);
    fast["duplicate"] = json!(false);
    assert_eq!(fast, slow);
    assert_counts_agree(&test).await;
}
