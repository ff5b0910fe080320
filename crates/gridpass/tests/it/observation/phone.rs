//! What people under observation send from the phone, and what sensors report.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{alerts, kinds, observe, observed, today};
use crate::app::{Client, TestApp};
use crate::evidence::{ELSEWHERE, HERE, PROPOSALS, live_order};
use crate::people::applicant;

/// Somebody who enrolled on a phone and is under observation at home.
async fn with_phone(test: &TestApp, team: &Client) -> (i64, i64, Client) {
    let view = test
        .enrol(applicant("王芳", 3, "13800001234"))
        .await
        .expect(201);
    let phone = test.holder(view["holder_token"].as_str().unwrap());
    let serial = view["pass"]["pass_serial"].as_i64().unwrap();
    let id = format!("SELECT person_id FROM person WHERE pass_serial = {serial}");
    let person: i64 = test.scalar(&id).await;
    observe(test, team, person, "home").await;
    (person, serial, phone)
}

const OWN: &str = "/api/v1/pass/observation";

#[tokio::test]
async fn the_phone_keeps_the_diary_and_the_team_sees_it() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, "440310").await;
    let (person, serial, phone) = with_phone(&test, &team).await;
    let own = phone.get(OWN).await.expect(200);
    assert_eq!(
        (
            &own[0]["pass_serial"],
            &own[0]["morning"]["state"],
            &own[0]["day_number"]
        ),
        (&json!(serial), &json!("missing"), &json!(1))
    );
    let path = format!("{OWN}/checks");
    let reading = json!({ "at": "2020-03-06T08:10:00+08:00", "temperature": 36.7, "symptoms": ["cold_like"] });
    phone.post(&path, reading.clone()).await.expect(201);
    phone.post(&path, reading.clone()).await.expect(200);
    let own = phone.get(OWN).await.expect(200);
    assert_eq!(own[0]["morning"]["state"], "done");
    assert_eq!(own[0]["checks"][0]["recorded_by"], Value::Null);
    assert_eq!(
        today(&team, "").await["items"][0]["morning"]["symptoms"],
        json!(["cold_like"])
    );

    // A report of a fever alerts, and proposes nobody on a report alone.
    phone
        .post(&path, json!({ "temperature": 38.0 }))
        .await
        .expect(201);
    test.settle().await;
    assert_eq!(kinds(&alerts(&team).await), ["fever_at_home"]);
    let open = team.get(PROPOSALS).await.expect(200);
    assert_eq!(open["items"], json!([]));

    // Somebody else's pass on another phone is nobody's business here.
    let other = json!({ "temperature": 36.5, "pass_serial": serial + 1 });
    phone
        .post(&path, other)
        .await
        .problem(404, "person_unknown");
    phone
        .post(&path, json!({ "temperature": 50 }))
        .await
        .problem(422, "temperature_absurd");
    test.resident().get(OWN).await.problem(401, "not_signed_in");
    let free = test
        .enrol(applicant("李四", 4, "13800001235"))
        .await
        .expect(201);
    let free = test.holder(free["holder_token"].as_str().unwrap());
    assert_eq!(free.get(OWN).await.expect(200), json!([]));
    free.post(&path, json!({ "temperature": 36.5 }))
        .await
        .problem(409, "not_observed");
    // Many entries a day are a fault of somebody.
    let entries = "UPDATE limit_count SET uses = 100 WHERE kind = 'observation_entries'";
    test.app
        .db
        .client()
        .await
        .unwrap()
        .batch_execute(entries)
        .await
        .unwrap();
    phone
        .post(&path, json!({ "temperature": 36.5 }))
        .await
        .problem(429, "too_many_entries");
    assert!(person > 0);
}

#[tokio::test]
async fn an_opening_that_was_announced_alarms_nobody() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamPolice, "440310").await;
    let (person, _, phone) = with_phone(&test, &team).await;
    let sensors = format!("/api/v1/people/{person}/door-sensors");
    let placed = team.post(&sensors, json!({})).await.expect(201);
    let sensor = test.with_token(placed["sensor_token"].as_str().unwrap());
    let report = |at: jiff::Timestamp| json!({ "at": at.to_string() });
    const HEARD: &str = "/api/v1/door-sensors/openings";

    let opening = phone
        .post(&format!("{OWN}/openings"), json!({ "purpose": "rubbish" }))
        .await
        .expect(201);
    assert_eq!(opening["until_at"], "2020-03-06T00:45:00Z");
    let listed = team.get("/api/v1/door-openings").await.expect(200);
    assert_eq!(listed["items"][0]["opening_id"], opening["opening_id"]);
    assert!(today(&team, "").await["items"][0]["door_open_until"].is_string());
    test.advance(SignedDuration::from_mins(5));
    let heard = sensor.post(HEARD, report(test.now())).await.expect(200);
    assert_eq!(heard["expected"], true);
    test.settle().await;
    assert!(alerts(&team).await.is_empty());

    // Taken back, the door is expected shut.
    let withdraw = format!("{OWN}/openings/{}/withdraw", opening["opening_id"]);
    phone.post(&withdraw, json!({})).await.expect(204);
    phone
        .post(&withdraw, json!({}))
        .await
        .problem(409, "opening_over");
    test.advance(SignedDuration::from_mins(1));
    let unannounced = report(test.now());
    let heard = sensor.post(HEARD, unannounced.clone()).await.expect(200);
    assert_eq!(heard["expected"], false);
    // Announcing it afterwards does not make it announced, and the report again is the same.
    phone
        .post(&format!("{OWN}/openings"), json!({ "purpose": "parcel" }))
        .await
        .expect(201);
    let heard = sensor.post(HEARD, unannounced).await.expect(200);
    assert_eq!(heard["expected"], false);
    test.settle().await;
    let found = alerts(&team).await;
    assert_eq!(kinds(&found), ["unannounced_opening"]);
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM door_event").await,
        2
    );
    assert_eq!(
        live_order(&team, person).await["end"],
        "2020-03-20",
        "a lead, no penalty"
    );

    for at in ["2020-03-06T09:30:00+08:00", "2020-03-04T09:30:00+08:00"] {
        let answer = sensor.post(HEARD, json!({ "at": at })).await;
        assert_eq!(answer.status, 422);
    }
    let list = team.get(&sensors).await.expect(200);
    assert_eq!(list[0]["sensor_id"], placed["sensor_id"]);
    assert!(!list.to_string().contains("token"));
    let remove = format!(
        "/api/v1/door-sensors/{person}/{}/remove",
        placed["sensor_id"]
    );
    team.post(&remove, json!({})).await.expect(204);
    sensor
        .post(HEARD, report(test.now()))
        .await
        .problem(401, "sensor_removed");
    test.with_token("gds1.1.1.x")
        .post(HEARD, report(test.now()))
        .await
        .problem(401, "not_signed_in");
    let worker = test.caller(Role::GridWorker, HERE).await;
    worker
        .post(&sensors, json!({}))
        .await
        .problem(403, "not_allowed");
}

#[tokio::test]
async fn a_household_announces_for_all_of_it() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamPolice, "440310").await;
    let (husband, wife) = (observed(&test, &team).await, observed(&test, &team).await);
    let db = test.app.db.client().await.unwrap();
    let sql = "UPDATE person SET household_id = 7 WHERE person_id = ANY ($1)";
    db.execute(sql, &[&&[husband, wife][..]]).await.unwrap();
    assert_eq!(today(&team, "").await["households"], 1);
    let sensors = format!("/api/v1/people/{husband}/door-sensors");
    let placed = team.post(&sensors, json!({})).await.expect(201);
    let sensor = test.with_token(placed["sensor_token"].as_str().unwrap());
    let openings = format!("/api/v1/people/{wife}/door-openings");
    let opening = team
        .post(
            &openings,
            json!({ "purpose": "medical", "until_at": "2020-03-06T09:30:00+08:00" }),
        )
        .await
        .expect(201);
    let heard = sensor
        .post(
            "/api/v1/door-sensors/openings",
            json!({ "at": test.now().to_string() }),
        )
        .await
        .expect(200);
    assert_eq!(heard["expected"], true);
    team.post(
        &openings,
        json!({ "purpose": "medical", "until_at": "2020-03-06T12:30:00+08:00" }),
    )
    .await
    .problem(422, "invalid_fields");
    let withdraw = |who: i64| {
        format!(
            "/api/v1/door-openings/{who}/{}/withdraw",
            opening["opening_id"]
        )
    };
    let outside = test.caller(Role::TeamPolice, ELSEWHERE).await;
    outside
        .post(&withdraw(wife), json!({}))
        .await
        .problem(404, "not_found");
    team.post(&withdraw(husband), json!({}))
        .await
        .problem(404, "not_found");
    team.post(&withdraw(wife), json!({})).await.expect(204);
}

#[tokio::test]
async fn a_need_is_asked_taken_and_answered() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamWorker, "440310").await;
    let (person, _, phone) = with_phone(&test, &team).await;
    let path = format!("{OWN}/needs");
    let asked = phone
        .post_with_key(
            &path,
            "n1",
            json!({ "kind": "medicine", "note": "降压药，一盒" }),
        )
        .await
        .expect(201);
    let again = phone
        .post_with_key(
            &path,
            "n1",
            json!({ "kind": "medicine", "note": "降压药，一盒" }),
        )
        .await
        .expect(201);
    assert_eq!(asked["need_id"], again["need_id"]);
    let list = team.get("/api/v1/needs").await.expect(200);
    assert_eq!(
        (
            &list["items"][0]["name"],
            &list["items"][0]["note"],
            &list["items"][0]["status"]
        ),
        (&json!("王芳"), &json!("降压药，一盒"), &json!("asked"))
    );
    assert_eq!(today(&team, "").await["items"][0]["needs_open"], 1);
    let sealed: Vec<u8> = test.scalar("SELECT note_sealed FROM need").await;
    assert!(!String::from_utf8_lossy(&sealed).contains("降压药"));

    let step = |verb: &str| format!("/api/v1/needs/{person}/{}/{verb}", asked["need_id"]);
    let accepted = team.post(&step("accept"), json!({})).await.expect(200);
    assert_eq!(accepted["status"], "accepted");
    team.post(&step("accept"), json!({})).await.expect(200);
    let colleague = test.caller(Role::GridWorker, "440310").await;
    colleague
        .post(&step("accept"), json!({}))
        .await
        .problem(409, "conflict");
    let outside = test.caller(Role::TeamWorker, ELSEWHERE).await;
    outside
        .post(&step("deliver"), json!({}))
        .await
        .problem(404, "not_found");
    let delivered = team.post(&step("deliver"), json!({})).await.expect(200);
    assert_eq!(delivered["status"], "delivered");
    team.post(&step("deliver"), json!({})).await.expect(200);
    team.post(&step("refuse"), json!({ "refusal": "asked_twice" }))
        .await
        .problem(409, "need_closed");
    let own = phone.get(OWN).await.expect(200);
    assert_eq!(own[0]["needs"][0]["status"], "delivered");
    let notices = phone.get("/api/v1/pass/notices").await.expect(200);
    assert_eq!(notices[0]["text_zh"], "您申请的药品已办理。");

    phone
        .post(&path, json!({ "kind": "other" }))
        .await
        .problem(422, "invalid_fields");
    let needs = format!("/api/v1/people/{person}/needs");
    let mut last = Value::Null;
    for _ in 0..5 {
        last = team
            .post(&needs, json!({ "kind": "food" }))
            .await
            .expect(201);
    }
    phone
        .post(&path, json!({ "kind": "food" }))
        .await
        .problem(409, "too_many_needs");
    let refuse = format!("/api/v1/needs/{person}/{}/refuse", last["need_id"]);
    team.post(&refuse, json!({ "refusal": "mood" }))
        .await
        .problem(422, "invalid_fields");
    let refused = team
        .post(&refuse, json!({ "refusal": "not_available" }))
        .await
        .expect(200);
    assert_eq!(
        (&refused["status"], &refused["refusal"]),
        (&json!("refused"), &json!("not_available"))
    );
    let closed = team.get("/api/v1/needs?status=refused").await.expect(200);
    assert_eq!(closed["items"].as_array().unwrap().len(), 1);
    let guard = test.caller(Role::GateGuard, HERE).await;
    guard.get("/api/v1/needs").await.problem(403, "not_allowed");
    assert_eq!(
        outside.get("/api/v1/needs").await.expect(200)["items"],
        json!([])
    );
}

#[tokio::test]
async fn a_phone_announces_so_much_and_no_door_is_open_all_day() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, "440310").await;
    let (person, _, phone) = with_phone(&test, &team).await;
    let path = format!("{OWN}/openings");
    let minutes = |from: i64, until: i64| {
        let at = |minutes| test.now() + SignedDuration::from_mins(minutes);
        json!({ "purpose": "rubbish", "from_at": at(from), "until_at": at(until) })
    };
    let announce = async |from: i64, until: i64| phone.post(&path, minutes(from, until)).await;
    let first = announce(0, 20).await.expect(201);
    announce(0, 20).await.problem(409, "opening_overlaps");
    announce(10, 30).await.problem(409, "opening_overlaps");
    announce(20, 40).await.expect(201);
    // Two hours in all, of which what is taken back is no part.
    announce(60, 141).await.problem(409, "too_many_openings");
    let withdraw = format!("{path}/{}/withdraw", first["opening_id"]);
    phone.post(&withdraw, json!({})).await.expect(204);
    announce(60, 141).await.expect(201);
    for start in [150, 155, 160] {
        announce(start, start + 2).await.expect(201);
    }
    announce(170, 171).await.problem(409, "too_many_openings");
    // Somebody at the team's phone may know why it is needed; tomorrow is another day.
    let listed = format!("/api/v1/people/{person}/door-openings");
    team.post(&listed, minutes(170, 200)).await.expect(201);
    announce(23 * 60, 23 * 60 + 10).await.expect(201);
    // However many phones ask at once.
    let (one, two) = tokio::join!(
        announce(23 * 60 + 20, 23 * 60 + 30),
        announce(23 * 60 + 25, 23 * 60 + 35)
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}
