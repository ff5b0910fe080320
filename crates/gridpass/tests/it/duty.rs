//! Guards on duty: enrolling a device by a code, shifts, hand-over, the gate's own page, holds, recalls.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass::access::Role;
use gridpass::config::Limits;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::gates::{Post, start_shift};
use crate::scans::support::{HERE, count, phone, record, scan, scene, shown, verify};
use crate::scans::uploads::{kept, register_key, upload};

/// A guard of the community goes on duty with the post's device.
async fn on_duty(test: &TestApp, post: &mut Post) -> (Client, Value) {
    let guard = test.caller(Role::GateGuard, HERE).await;
    let started = start_shift(&guard, post.gate_id, &post.token)
        .await
        .expect(201);
    post.device = test.with_token(started["shift_token"].as_str().unwrap());
    (guard, started)
}

#[tokio::test]
async fn a_device_is_enrolled_once_by_a_code() {
    let (test, post, _) = scene().await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let path = format!("/api/v1/gates/{}/device-codes", post.gate_id);
    let made = lead
        .post(&path, json!({ "name": "二号机" }))
        .await
        .expect(201);
    let code = made["code"].as_str().unwrap();
    assert_eq!(code.len(), 10);
    lead.post(&path, json!({ "name": " " }))
        .await
        .problem(422, "invalid_fields");
    let elsewhere = test.caller(Role::CommunityLead, "440310002").await;
    elsewhere
        .post(&path, json!({ "name": "x" }))
        .await
        .problem(404, "not_found");

    let anybody = test.anonymous();
    let enrol = async |code: &str| {
        anybody
            .post("/api/v1/device/enrol", json!({ "code": code }))
            .await
    };
    enrol("0000000000").await.problem(422, "device_code_wrong");
    let spaced = format!("{} {}", &code[..5], &code[5..]);
    let enrolled = enrol(&spaced).await.expect(201);
    enrol(code).await.problem(422, "device_code_wrong");
    let device = test.with_token(enrolled["device_token"].as_str().unwrap());
    let view = device.get("/api/v1/device").await.expect(200);
    assert_eq!(
        (&view["name"], &view["gate"]["gate_id"]),
        (&json!("二号机"), &json!(post.gate_id))
    );

    let late = lead
        .post(&path, json!({ "name": "三号机" }))
        .await
        .expect(201);
    test.advance(SignedDuration::from_mins(15));
    enrol(late["code"].as_str().unwrap())
        .await
        .problem(422, "device_code_wrong");
    test.advance(SignedDuration::from_hours(25));
    test.settle().await;
    assert_eq!(count(&test, "device_code").await, 0);
}

#[tokio::test]
async fn guesses_are_counted_before_they_are_known_to_be_wrong_and_stop_nobody_else() {
    let limits = Limits {
        client_address_header: Some("x-real-ip".parse().unwrap()),
        ..Limits::default()
    };
    let test = TestApp::with_limits(limits).await;
    let nobody = test.anonymous();
    let guess = async |from: &str| {
        let request = nobody.request(reqwest::Method::POST, "/api/v1/device/enrol");
        let request = request.header("x-real-ip", from);
        nobody.send(request.json(&json!({ "code": "1" }))).await
    };
    for _ in 0..100 {
        guess("10.1.0.1").await.problem(422, "device_code_wrong");
    }
    let refused = guess("10.1.0.1").await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.problem(429, "too_many_requests");
    guess("10.1.0.2").await.problem(422, "device_code_wrong");
    // One IPv6 line is one client.
    for host in 0..100 {
        let from = format!("2001:db8::{host:x}");
        guess(&from).await.problem(422, "device_code_wrong");
    }
    guess("2001:db8::ffff")
        .await
        .problem(429, "too_many_requests");
    guess("2001:db8:0:1::1")
        .await
        .problem(422, "device_code_wrong");
    let clear = "SELECT count(*) FROM limit_count WHERE position('10.1'::bytea IN key_digest) > 0";
    assert_eq!(test.scalar::<i64>(clear).await, 0, "no address is kept");
    test.advance(SignedDuration::from_mins(16));
    guess("10.1.0.1").await.problem(422, "device_code_wrong");
}

#[tokio::test]
async fn a_guard_goes_on_duty_and_hands_over() {
    let (test, mut post, phone) = scene().await;
    let (guard, started) = on_duty(&test, &mut post).await;
    assert_eq!(started["before"]["ended_how"], "relieved");
    assert_eq!(started["shift"]["guard"], "gate_guard");
    let secret = URL_SAFE_NO_PAD
        .decode(started["vault_secret"].as_str().unwrap())
        .unwrap();
    assert_eq!(secret.len(), 16);

    scan(&test, &post, &phone).await;
    test.advance(SignedDuration::from_mins(2));
    let mut hot = shown(&test, &phone);
    hot["temperature"] = json!(38.1);
    post.device.post("/api/v1/scans", hot).await.expect(200);
    test.settle().await;
    let now = post.device.get("/api/v1/device/shift").await.expect(200);
    let summary = &now["summary"];
    for (name, n) in [
        ("scans", 2),
        ("checked", 1),
        ("held", 1),
        ("fevers", 1),
        ("open_holds", 1),
        ("offline", 0),
    ] {
        assert_eq!(summary[name], n, "{name} of {summary}");
    }

    let shift_id = &started["shift"]["shift_id"];
    let over = json!({ "shift_id": shift_id, "waiting": 3, "overrides": 1 });
    let path = "/api/v1/device/shift/hand-over";
    let ended = post.device.post(path, over.clone()).await.expect(200);
    let device = post.alone.clone();
    assert_eq!(ended["ended_how"], "handed_over");
    assert_eq!(
        (&ended["summary"]["waiting"], &ended["summary"]["overrides"]),
        (&json!(3), &json!(1))
    );
    test.advance(SignedDuration::from_mins(1));
    assert_eq!(
        device.post(path, over).await.expect(200),
        ended,
        "sent again"
    );
    let nobody = device.get("/api/v1/device/shift").await.expect(200);
    assert_eq!(nobody["shift"], Value::Null);
    let other = json!({ "shift_id": 5, "waiting": 0, "overrides": 0 });
    device.post(path, other).await.problem(404, "shift_unknown");

    let next = start_shift(&guard, post.gate_id, &post.token)
        .await
        .expect(201);
    assert_eq!(next["before"], ended);
    assert_eq!(
        next["vault_secret"], started["vault_secret"],
        "what was left can be opened"
    );
}

#[tokio::test]
async fn going_on_duty_takes_the_gate_and_its_device() {
    let (test, post, _) = scene().await;
    let guard = test.caller(Role::GateGuard, HERE).await;
    let bare = guard
        .post(&format!("/api/v1/gates/{}/shifts", post.gate_id), json!({}))
        .await;
    bare.problem(400, "bad_header");
    start_shift(&guard, post.gate_id, "gpd1.7.wrong")
        .await
        .problem(401, "not_signed_in");
    start_shift(&guard, 77, &post.token)
        .await
        .problem(404, "not_found");
    let elsewhere = test.caller(Role::GateGuard, "440310002").await;
    start_shift(&elsewhere, post.gate_id, &post.token)
        .await
        .problem(404, "not_found");
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    start_shift(&doctor, post.gate_id, &post.token)
        .await
        .problem(403, "not_allowed");
    let other = crate::gates::post(&test, "聚龙花园", HERE).await;
    start_shift(&guard, post.gate_id, &other.token)
        .await
        .problem(404, "not_found");

    let admin = test.caller(Role::SystemAdmin, "").await;
    let revoke = format!("/api/v1/devices/{}/revoke", post.device_id);
    admin.post(&revoke, json!({})).await.expect(204);
    start_shift(&guard, post.gate_id, &post.token)
        .await
        .problem(401, "device_revoked");
}

#[tokio::test]
async fn the_next_guard_relieves_and_a_forgotten_shift_lapses() {
    let (test, mut post, _) = scene().await;
    let (_, first) = on_duty(&test, &mut post).await;
    test.advance(SignedDuration::from_hours(1));
    let (_, second) = on_duty(&test, &mut post).await;
    assert_eq!(second["before"]["shift_id"], first["shift"]["shift_id"]);
    assert_eq!(second["before"]["ended_how"], "relieved");
    test.advance(SignedDuration::from_hours(17));
    test.settle().await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let path = format!("/api/v1/gates/{}/shifts", post.gate_id);
    let shifts = lead.get(&path).await.expect(200);
    let ends: Vec<_> = shifts
        .as_array()
        .unwrap()
        .iter()
        .map(|shift| &shift["ended_how"])
        .collect();
    assert_eq!(ends, ["lapsed", "relieved", "relieved"]);
    let elsewhere = test.caller(Role::CommunityLead, "440310002").await;
    elsewhere.get(&path).await.problem(404, "not_found");
    let guard = test.caller(Role::GateGuard, HERE).await;
    guard.get(&path).await.problem(403, "not_allowed");
}

#[tokio::test]
async fn a_gates_page_counts_what_went_on() {
    let (test, post, one) = scene().await;
    scan(&test, &post, &one).await;
    let two = phone(&test, 2, post.enclosure_id).await;
    verify(&test, two.person_id, post.enclosure_id).await;
    test.advance(SignedDuration::from_mins(16));
    test.settle().await;
    scan(&test, &post, &two).await;
    for _ in 0..4 {
        test.advance(SignedDuration::from_secs(40));
        scan(&test, &post, &two).await;
    }
    let admin = test.caller(Role::SystemAdmin, "").await;
    let specimen = admin
        .post("/api/v1/specimen-passes", json!({}))
        .await
        .expect(201);
    let body =
        json!({ "presentation": specimen["qr"], "at": test.now().to_string(), "direction": "in" });
    post.device
        .post("/api/v1/scans", body)
        .await
        .problem(422, "pass_specimen");

    let board = post.device.get("/api/v1/device/board").await.expect(200);
    let quarters = board["quarters"].as_array().unwrap();
    assert_eq!(quarters.len(), 32);
    let sum = |colour: &str| {
        quarters
            .iter()
            .map(|one| one[colour].as_i64().unwrap())
            .sum::<i64>()
    };
    assert_eq!((sum("green"), sum("yellow"), sum("red")), (5, 1, 0));
    let day = &board["day"];
    for (name, n) in [
        ("scans", 6),
        ("passed", 5),
        ("checked", 1),
        ("held", 0),
        ("going_in", 6),
        ("specimens", 1),
    ] {
        assert_eq!(day[name], n, "{name} of {day}");
    }
    assert_eq!(board["seconds_a_person"], 120.0);
}

#[tokio::test]
async fn a_guard_sees_who_comes_for_somebody_held() {
    let (test, post, phone) = scene().await;
    let path = format!("/api/v1/device/holds/{}", phone.person_id);
    post.device
        .get(&path)
        .await
        .problem(404, "not_scanned_here");
    let order = json!({ "kind": "quarantine", "place": "home", "start": "2020-03-05", "end": "2020-03-19" });
    record(&test.app, phone.person_id, order).await;
    assert_eq!(scan(&test, &post, &phone).await["colour"], "red");
    assert_eq!(post.device.get(&path).await.expect(200)["status"], "none");
    test.settle().await;
    assert_eq!(post.device.get(&path).await.expect(200)["status"], "open");

    let police = test
        .caller_of(Role::TeamPolice, "440310001", "六联警务室")
        .await;
    let alerts = police.get("/api/v1/alerts").await.expect(200);
    let alert = &alerts["items"][0];
    let accept = format!(
        "/api/v1/alerts/{}/{}/accept",
        alert["person_id"], alert["alert_id"]
    );
    police.post(&accept, json!({})).await.expect(200);
    test.advance(SignedDuration::from_mins(20));
    let hold = post.device.get(&path).await.expect(200);
    assert_eq!(
        (&hold["status"], &hold["unit"]),
        (&json!("accepted"), &json!("六联警务室"))
    );
    let elsewhere = crate::gates::post(&test, "聚龙花园", HERE).await;
    elsewhere
        .device
        .get(&path)
        .await
        .problem(404, "not_scanned_here");
}

#[tokio::test]
async fn who_was_let_in_red_comes_back_as_a_recall() {
    let (test, mut post, phone) = scene().await;
    register_key(&post).await;
    let order = json!({ "kind": "quarantine", "place": "home", "start": "2020-03-05", "end": "2020-03-19" });
    record(&test.app, phone.person_id, order).await;
    assert_eq!(
        post.device.get("/api/v1/device/recalls").await.expect(200),
        json!([])
    );
    // The order counts from when it was recorded.
    test.advance(SignedDuration::from_mins(10));
    let at = test.now() - SignedDuration::from_mins(5);
    upload(&post, 1, &[kept(&phone, at, "green", "pass")])
        .await
        .expect(200);
    let recalls = post.device.get("/api/v1/device/recalls").await.expect(200);
    assert_eq!(
        (&recalls[0]["name"], &recalls[0]["at"]),
        (&json!("张三"), &json!(at.to_string()))
    );
    test.advance(SignedDuration::from_hours(25));
    post.relieve(&test).await;
    assert_eq!(
        post.device.get("/api/v1/device/recalls").await.expect(200),
        json!([])
    );
}

#[tokio::test]
async fn a_gate_sees_everybody_held_who_comes_and_when() {
    let (test, post, phone) = scene().await;
    let list = async || post.device.get("/api/v1/device/holds").await.expect(200);
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let set = json!({ "phone": "0755-28330000" });
    lead.put(&format!("/api/v1/divisions/{HERE}/phone"), set)
        .await
        .expect(200);
    let nobody = list().await;
    assert_eq!(nobody["holds"], json!([]));
    assert_eq!(nobody["team"]["phone"], "0755-28330000");

    let order = json!({ "kind": "quarantine", "place": "home", "start": "2020-03-05", "end": "2020-03-19" });
    record(&test.app, phone.person_id, order).await;
    scan(&test, &post, &phone).await;
    test.settle().await;
    let held = list().await;
    let hold = &held["holds"][0];
    assert_eq!(
        (&hold["name"], &hold["status"], &hold["level"]),
        (&json!("张三"), &json!("open"), &json!(15))
    );
    assert_eq!(hold["call"]["phone"], "0755-28330000");
    assert!(
        hold["call"]["unit_zh"]
            .as_str()
            .unwrap()
            .ends_with("三位一体小组")
    );

    // Nobody answers: the level above is told, and that is whom the guard calls.
    test.advance(SignedDuration::from_mins(5));
    test.settle().await;
    test.advance(SignedDuration::from_mins(5));
    test.settle().await;
    let told = list().await["holds"][0].clone();
    assert_eq!(
        (&told["level"], &told["escalated_at"]),
        (&json!(9), &json!(test.now().to_string()))
    );
    assert!(
        told["call"]["unit_zh"]
            .as_str()
            .unwrap()
            .ends_with("办事处")
    );

    let police = test
        .caller_of(Role::TeamPolice, "440310001", "六联警务室")
        .await;
    let path = |verb: &str| {
        format!(
            "/api/v1/alerts/{}/{}/{verb}",
            hold["person_id"], hold["alert_id"]
        )
    };
    police.post(&path("accept"), json!({})).await.expect(200);
    let taken = list().await["holds"][0].clone();
    assert_eq!(
        (&taken["status"], &taken["unit"], &taken["expected_at"]),
        (&json!("accepted"), &json!("六联警务室"), &Value::Null)
    );
    let due = (test.now() + SignedDuration::from_mins(30)).to_string();
    assert_eq!(
        taken["due_at"], due,
        "by the rule, until somebody says when"
    );
    let at = (test.now() + SignedDuration::from_mins(10)).to_string();
    let said = json!({ "expected_at": at });
    police.post(&path("accept"), said).await.expect(200);
    let coming = list().await["holds"][0].clone();
    assert_eq!(
        (&coming["status"], &coming["expected_at"]),
        (&json!("on_the_way"), &json!(at))
    );
    // Scanned again in another window: the same person waits, and is told of once.
    test.advance(SignedDuration::from_mins(20));
    scan(&test, &post, &phone).await;
    test.settle().await;
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM alert").await, 1);
    let again = list().await;
    assert_eq!(again["holds"].as_array().unwrap().len(), 1);
    assert_eq!(again["holds"][0]["status"], "on_the_way");
    let one = format!("/api/v1/device/holds/{}", phone.person_id);
    let one = post.device.get(&one).await.expect(200);
    assert_eq!(one["status"], "on_the_way");

    police.post(&path("arrive"), json!({})).await.expect(200);
    assert_eq!(list().await["holds"][0]["status"], "arrived");
    let ended = json!({ "outcome": "sent_home" });
    police.post(&path("close"), ended).await.expect(200);
    let closed = list().await["holds"][0].clone();
    assert_eq!(
        (&closed["status"], &closed["outcome"], &closed["call"]),
        (&json!("closed"), &json!("sent_home"), &Value::Null)
    );
    test.advance(SignedDuration::from_mins(16));
    assert_eq!(list().await["holds"], json!([]), "gone from the list");
    let elsewhere = crate::gates::post(&test, "聚龙花园", HERE).await;
    let none = elsewhere.device.get("/api/v1/device/holds").await;
    assert_eq!(none.expect(200)["holds"], json!([]));
    lead.get("/api/v1/device/holds")
        .await
        .problem(401, "not_signed_in");
}

#[tokio::test]
async fn who_is_let_in_later_is_held_no_more() {
    let (test, post, phone) = scene().await;
    verify(&test, phone.person_id, post.enclosure_id).await;
    let measured = async |celsius: f64| {
        let mut body = shown(&test, &phone);
        body["temperature"] = json!(celsius);
        post.device.post("/api/v1/scans", body).await.expect(200)
    };
    assert_eq!(measured(38.2).await["action"], "stop");
    test.settle().await;
    let held = async || {
        let list = post.device.get("/api/v1/device/holds").await.expect(200);
        list["holds"].as_array().unwrap().len()
    };
    test.advance(SignedDuration::from_mins(5));
    assert_eq!(
        measured(36.6).await["action"],
        "stop",
        "red until a doctor cleared"
    );
    assert_eq!(held().await, 1);
    let cleared = json!({ "kind": "clearance", "at": test.now().to_string() });
    record(&test.app, phone.person_id, cleared).await;
    test.advance(SignedDuration::from_mins(1));
    assert_eq!(measured(36.6).await["action"], "pass");
    assert_eq!(held().await, 0);
}
