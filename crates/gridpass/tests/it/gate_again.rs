//! The same twice at gates: one code shown again, an alert for one person, a check told again; and who
//! was let in although a check spoke against it.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::gates::{self, Post};
use crate::scans::support::{
    HERE, Phone, assert_counts_agree, check_source, count, phone, record, scan, scene, shown,
    verify,
};
use crate::scans::uploads::{kept, register_key, upload};

async fn send(post: &Post, body: &Value) -> Value {
    post.device
        .post("/api/v1/scans", body.clone())
        .await
        .expect(200)
}

/// The same code, shown so much later.
fn later(test: &TestApp, code: &Value, seconds: i64) -> Value {
    let mut body = code.clone();
    body["at"] = json!((test.now() + SignedDuration::from_secs(seconds)).to_string());
    body
}

/// Another gate of the post's enclosure, with a device and a guard.
async fn next_gate(test: &TestApp, post: &Post) -> Post {
    let admin = test.caller(Role::SystemAdmin, "").await;
    let gate = json!({ "name": "二栋门", "enclosure_id": post.enclosure_id, "lanes": [{ "lane": 1, "direction": "both" }] });
    let gate = admin.post("/api/v1/gates", gate).await.expect(201);
    let gate_id = gate["gate_id"].as_i64().unwrap();
    let path = format!("/api/v1/gates/{gate_id}/devices");
    let device = admin.post(&path, json!({ "name": "楼栋手机" })).await;
    let device = device.expect(201);
    let token = device["device_token"].as_str().unwrap().to_owned();
    Post {
        enclosure_id: post.enclosure_id,
        gate_id,
        device_id: device["device_id"].as_i64().unwrap(),
        device: gates::on_duty(test, gate_id, &token).await,
        reliefs: tokio::sync::Mutex::default(),
        alone: test.with_token(&token),
        token,
    }
}

#[tokio::test]
async fn a_code_shown_again_is_a_check_and_no_pass() {
    let (test, post, phone) = scene().await;
    verify(&test, phone.person_id, post.enclosure_id).await;
    let code = shown(&test, &phone);
    let first = send(&post, &code).await;
    assert_eq!(first["action"], "pass");
    let same = send(&post, &code).await;
    assert_eq!(
        (&same["action"], &same["gate_reason"], &same["duplicate"]),
        (&json!("pass"), &json!("green"), &json!(true)),
        "sent again it is answered as before"
    );
    assert_eq!(send(&post, &later(&test, &code, 3)).await["action"], "pass");

    test.advance(SignedDuration::from_secs(8));
    let picture = later(&test, &code, 0);
    let again = send(&post, &picture).await;
    assert_eq!(
        (&again["action"], &again["gate_reason"], &again["checks"]),
        (
            &json!("check"),
            &json!("shown_before"),
            &json!(["key_facts"])
        )
    );
    assert_eq!(again["colour"], "green");
    let repeated = send(&post, &picture).await;
    let mut expected = again.clone();
    expected["duplicate"] = json!(true);
    assert_eq!(repeated, expected, "word for word");

    // The other way, measured again, or looked at: no second showing.
    let mut out = later(&test, &code, 1);
    out["direction"] = json!("out");
    assert_eq!(send(&post, &out).await["action"], "pass");
    let mut measured = later(&test, &code, 2);
    measured["measured_again"] = json!(true);
    assert_eq!(send(&post, &measured).await["action"], "pass");
    let mut looked = later(&test, &code, 3);
    looked["checked_on_spot"] = json!(true);
    assert_eq!(send(&post, &looked).await["action"], "pass");
    test.advance(SignedDuration::from_secs(30));
    assert_eq!(
        scan(&test, &post, &phone).await["action"],
        "pass",
        "a new code"
    );

    test.settle().await;
    assert_eq!(count(&test, "alert").await, 0);
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn somebody_yellow_or_red_is_answered_as_ever() {
    let (test, post, phone) = scene().await;
    let code = shown(&test, &phone);
    let first = send(&post, &code).await;
    let again = send(&post, &later(&test, &code, 9)).await;
    assert_eq!(first["action"], "check");
    assert_eq!(again["gate_reason"], first["gate_reason"]);
}

#[tokio::test]
async fn at_the_next_gate_of_the_enclosure_the_guard_waits_for_the_next_code() {
    let (test, post, phone) = scene().await;
    let next = next_gate(&test, &post).await;
    let code = shown(&test, &phone);
    send(&post, &code).await;
    test.advance(SignedDuration::from_secs(20));
    let there = later(&test, &code, 0);
    let answer = next.device.post("/api/v1/scans", there).await;
    answer.problem(422, "presentation_nearby");
    test.settle().await;
    assert_eq!(count(&test, "alert").await, 0, "nobody is told of a walk");
    test.advance(SignedDuration::from_secs(10));
    scan(&test, &next, &phone).await;
    assert_eq!(count(&test, "scan").await, 2);
}

#[tokio::test]
async fn a_person_at_a_gate_is_one_open_alert_of_a_kind() {
    let (test, post, phone) = scene().await;
    let order = json!({ "kind": "quarantine", "place": "home", "start": "2020-03-05", "end": "2020-03-19" });
    record(&test.app, phone.person_id, order).await;
    for _ in 0..3 {
        scan(&test, &post, &phone).await;
        test.settle().await;
        test.advance(SignedDuration::from_mins(11));
    }
    let red = "alert WHERE kind = 'red_at_gate'";
    assert_eq!(count(&test, red).await, 1);
    let seen = "SELECT happened_at FROM alert WHERE kind = 'red_at_gate'";
    let seen: jiff::Timestamp = test.scalar(seen).await;
    assert_eq!(
        seen,
        test.now() - SignedDuration::from_mins(11),
        "the last time"
    );

    // Elsewhere, and once the team is done, it is another one.
    let other = gates::post(&test, "聚龙花园", HERE).await;
    scan(&test, &other, &phone).await;
    test.settle().await;
    assert_eq!(count(&test, red).await, 2);
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let alerts = team.get("/api/v1/alerts").await.expect(200);
    for alert in alerts["items"].as_array().unwrap() {
        let path = format!(
            "/api/v1/alerts/{}/{}",
            alert["person_id"], alert["alert_id"]
        );
        team.post(&format!("{path}/accept"), json!({}))
            .await
            .expect(200);
        team.post(&format!("{path}/arrive"), json!({}))
            .await
            .expect(200);
        let end = json!({ "outcome": "sent_home" });
        team.post(&format!("{path}/close"), end).await.expect(200);
    }
    test.advance(SignedDuration::from_mins(11));
    scan(&test, &post, &phone).await;
    test.settle().await;
    assert_eq!(count(&test, red).await, 3);
}

#[tokio::test]
async fn a_recall_says_which_way() {
    let (test, post, phone) = scene().await;
    register_key(&post).await;
    let order = json!({ "kind": "quarantine", "place": "home", "start": "2020-03-05", "end": "2020-03-19" });
    record(&test.app, phone.person_id, order).await;
    test.advance(SignedDuration::from_mins(10));
    let mut out = kept(
        &phone,
        test.now() - SignedDuration::from_mins(5),
        "green",
        "pass",
    );
    out["direction"] = json!("out");
    let back = kept(
        &phone,
        test.now() - SignedDuration::from_mins(4),
        "green",
        "pass",
    );
    upload(&post, 1, &[out, back]).await.expect(200);
    let recalls = post.device.get("/api/v1/device/recalls").await.expect(200);
    let mut ways: Vec<_> = recalls
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["direction"].as_str().unwrap())
        .collect();
    ways.sort_unstable();
    assert_eq!(ways, ["in", "out"]);
}

async fn told(post: &Post, phone: &Phone, at: jiff::Timestamp, rest: Value) -> Value {
    let mut body = json!({ "person_id": phone.person_id, "at": at.to_string() });
    body.as_object_mut()
        .unwrap()
        .extend(rest.as_object().unwrap().clone());
    post.device
        .post("/api/v1/gate-checks", body)
        .await
        .expect(201)
}

#[tokio::test]
async fn who_is_let_in_against_a_check_is_counted_by_the_server() {
    let (test, mut post, one) = scene().await;
    let two = phone(&test, 2, post.enclosure_id).await;
    for person in [&one, &two] {
        scan(&test, &post, person).await;
    }
    test.advance(SignedDuration::from_secs(20));
    let at = test.now();
    let hit = json!({ "passed": true, "travel_history": "hit", "travel_cities": "武汉" });
    let first = told(&post, &one, at, hit.clone()).await;
    let again = told(&post, &one, at, hit).await;
    assert_eq!(first["colour"], again["colour"]);
    let held = json!({ "passed": false, "travel_history": "hit", "travel_cities": "武汉" });
    told(&post, &two, at, held).await;
    told(
        &post,
        &two,
        at + SignedDuration::from_secs(1),
        json!({ "passed": true }),
    )
    .await;
    assert_eq!(count(&test, "gate_check").await, 3);
    assert_eq!(
        count(&test, "fact WHERE kind = 'gate_check'").await,
        3,
        "told again is no other"
    );

    let without = json!({ "person_id": two.person_id, "at": test.now().to_string(), "passed": true, "travel_history": "hit" });
    let refused = post.device.post("/api/v1/gate-checks", without).await;
    let refused = refused.problem(422, "invalid_fields");
    assert_eq!(refused["fields"][0]["field"], "travel_cities");

    let board = async |post: &Post| post.device.get("/api/v1/device/board").await.expect(200);
    assert_eq!(board(&post).await["day"]["overrides"], 1);
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let shifts = format!("/api/v1/gates/{}/shifts", post.gate_id);
    let open = lead.get(&shifts).await.expect(200);
    assert_eq!(open[0]["summary"]["overrides"], 1, "while it lasts");

    let shift = post.device.get("/api/v1/device/shift").await.expect(200);
    assert_eq!(shift["summary"]["overrides"], 1);
    let over = json!({ "shift_id": shift["shift"]["shift_id"], "waiting": 2, "overrides": 2 });
    let ended = post
        .device
        .post("/api/v1/device/shift/hand-over", over)
        .await
        .expect(200);
    assert_eq!(
        ended["summary"]["overrides"], 3,
        "and what the device still has to tell"
    );
    test.advance(SignedDuration::from_secs(1));
    post.relieve(&test).await;
    let next = post.device.get("/api/v1/device/shift").await.expect(200);
    assert_eq!(next["summary"]["overrides"], 0, "another guard's");
    assert_eq!(board(&post).await["day"]["overrides"], 1, "the gate's day");
    test.advance(SignedDuration::from_hours(11));
    test.advance(SignedDuration::from_hours(11));
    post.relieve(&test).await;
    assert_eq!(board(&post).await["day"]["overrides"], 0, "another day");
}

#[tokio::test]
async fn a_visitor_goes_in_when_it_is_said_which_host_agreed() {
    let (test, post, phone) = scene().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let home = json!({ "name": "聚龙花园", "kind": "estate", "community_code": "440310001001" });
    let home = desk.post("/api/v1/enclosures", home).await.expect(201);
    verify(
        &test,
        phone.person_id,
        home["enclosure_id"].as_i64().unwrap(),
    )
    .await;
    let path = format!("/api/v1/enclosures/{}", post.enclosure_id);
    desk.patch(&path, json!({ "area_status": "controlled" }))
        .await
        .expect(200);
    let tell = async |rest: Value| {
        test.advance(SignedDuration::from_secs(20));
        let mut body = json!({ "person_id": phone.person_id, "at": test.now().to_string() });
        body.as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        post.device.post("/api/v1/gate-checks", body).await
    };
    test.advance(SignedDuration::from_secs(40));
    let asked = scan(&test, &post, &phone).await;
    assert_eq!(
        (&asked["action"], &asked["gate_reason"], &asked["checks"]),
        (&json!("check"), &json!("visitor"), &json!(["host_consent"]))
    );
    for (host, code) in [
        (json!({}), "host_needed"),
        (json!({ "host": "  " }), "host_needed"),
        (json!({ "host": "王先生 138-0013-8000" }), "host_invalid"),
        (json!({ "host": "138 0013 8000" }), "host_invalid"),
        (json!({ "host": "１３８００１３８０００" }), "host_invalid"),
        (json!({ "host": "x".repeat(41) }), "host_invalid"),
    ] {
        let mut rest = host.clone();
        rest["passed"] = true.into();
        let refused = tell(rest).await.problem(422, "invalid_fields");
        assert_eq!(refused["fields"][0]["code"], code, "{host}");
    }
    assert_eq!(count(&test, "gate_check").await, 0, "nothing half-written");
    // Who is sent away needs no host.
    tell(json!({ "passed": false })).await.expect(201);
    tell(json!({ "passed": true, "host": " 3栋1201 " }))
        .await
        .expect(201);
    assert_eq!(check_source(&test).await, "gate; host consents: 3栋1201");
    // Another visit is another host: the table asks each time.
    test.advance(SignedDuration::from_secs(40));
    assert_eq!(
        scan(&test, &post, &phone).await["checks"],
        json!(["host_consent"])
    );
}
