//! People under observation: daily checks, openings of doors, needs; by the team and from the phone.

mod phone;

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::evidence::{
    ELSEWHERE, HERE, PROPOSALS, assert_counts_agree, assert_states_are_derived, colour, live_order,
    order_input, person, two_people,
};

/// Somebody at home since this morning; the order's days are those around 6 March.
async fn observed(test: &TestApp, team: &Client) -> i64 {
    let person = person(test, HERE).await;
    observe(test, team, person, "home").await;
    person
}

async fn observe(test: &TestApp, team: &Client, person: i64, place: &str) {
    let order = order_input(person, place, "2020-03-06", "2020-03-20");
    two_people(test, team, order).await;
}

fn checks(person: i64) -> String {
    format!("/api/v1/people/{person}/daily-checks")
}

async fn today(caller: &Client, query: &str) -> Value {
    let path = format!("/api/v1/observation{query}");
    caller.get(&path).await.expect(200)
}

async fn alerts(caller: &Client) -> Vec<Value> {
    let list = caller.get("/api/v1/alerts").await.expect(200);
    list["items"].as_array().unwrap().clone()
}

fn kinds(alerts: &[Value]) -> Vec<&str> {
    alerts.iter().map(|a| a["kind"].as_str().unwrap()).collect()
}

async fn at(test: &TestApp, time: &str) {
    test.clock.set(time.parse().unwrap());
    test.settle().await;
}

#[tokio::test]
async fn a_reading_is_a_check_and_a_fact_at_once_and_once() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamWorker, HERE).await;
    let person = observed(&test, &team).await;
    let list = today(&team, "").await;
    assert_eq!((&list["persons"], &list["missing"]), (&json!(1), &json!(1)));
    assert_eq!(list["part"], "morning");
    let one = &list["items"][0];
    assert_eq!(
        (
            &one["name"],
            &one["morning"]["state"],
            &one["evening"]["state"],
            &one["day_number"]
        ),
        (
            &json!("李雷"),
            &json!("missing"),
            &json!("not_asked"),
            &json!(1)
        )
    );
    assert_eq!(one["morning"]["due_at"], "2020-03-06T02:00:00Z");

    let reading =
        json!({ "at": "2020-03-06T08:20:00.250+08:00", "temperature": 36.6, "symptoms": [] });
    let path = checks(person);
    let first = team.post(&path, reading.clone()).await.expect(201);
    assert_eq!(first["alerted"], false);
    assert_eq!(first["check"]["part"], "morning");
    assert_eq!(first["decision"]["reason"], "quarantine");
    // The same from a phone that did not hear the answer, by whoever of the team.
    let colleague = test.caller(Role::TeamDoctor, HERE).await;
    let again = colleague.post(&path, reading.clone()).await.expect(200);
    assert_eq!(again["check"], first["check"]);
    let mut other = reading.clone();
    other["temperature"] = 37.0.into();
    team.post(&path, other).await.problem(409, "check_differs");
    let keyed = team
        .post_with_key(&path, "k1", json!({ "temperature": 36.5 }))
        .await;
    let keyed = keyed.expect(201);
    test.advance(SignedDuration::from_mins(1));
    let repeated = team
        .post_with_key(&path, "k1", json!({ "temperature": 36.5 }))
        .await;
    assert_eq!(repeated.expect(201)["check"], keyed["check"]);

    let count = |table: &str| format!("SELECT count(*) FROM {table}");
    assert_eq!(test.scalar::<i64>(&count("daily_check")).await, 2);
    let health = "SELECT count(*) FROM fact f JOIN daily_check c USING (person_id, fact_id)
        WHERE f.kind = 'health' AND f.source = 'daily_check' AND f.recorded_by = c.recorded_by";
    assert_eq!(test.scalar::<i64>(health).await, 2);
    let list = today(&team, "").await;
    assert_eq!((&list["persons"], &list["missing"]), (&json!(1), &json!(0)));
    assert_eq!(list["items"][0]["morning"]["temperature"], 36.5);
    assert_eq!(today(&team, "?missing=true").await["items"], json!([]));
    let diary = team.get(&path).await.expect(200);
    assert_eq!(diary["checks"].as_array().unwrap().len(), 2);
    assert_eq!(diary["checks"][1]["check_id"], first["check"]["check_id"]);
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn what_cannot_be_a_check_is_refused() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamWorker, HERE).await;
    let free = person(&test, HERE).await;
    let normal = json!({ "temperature": 36.5 });
    team.post(&checks(free), normal.clone())
        .await
        .problem(409, "not_observed");
    let person = observed(&test, &team).await;
    let path = checks(person);
    for (body, code) in [
        (json!({ "temperature": 29.0 }), "temperature_absurd"),
        (
            json!({ "temperature": 36.5, "symptoms": ["bored"] }),
            "invalid_fields",
        ),
        (json!({ "temperature": 36.5, "mood": 1 }), "invalid_fields"),
        (
            json!({ "temperature": 36.5, "at": "2020-03-06T09:30:00+08:00" }),
            "time_in_future",
        ),
        (
            json!({ "temperature": 36.5, "at": "2020-03-04T09:30:00+08:00" }),
            "time_too_old",
        ),
    ] {
        team.post(&path, body).await.problem(422, code);
    }
    // The day before the order began.
    let before = json!({ "temperature": 36.5, "at": "2020-03-05T20:30:00+08:00" });
    team.post(&path, before).await.problem(409, "not_observed");
    let outside = test.caller(Role::TeamWorker, ELSEWHERE).await;
    outside
        .post(&path, normal.clone())
        .await
        .problem(404, "not_found");
    outside.get(&path).await.problem(404, "not_found");
    assert_eq!(today(&outside, "").await["persons"], 0);
    let guard = test.caller(Role::GateGuard, HERE).await;
    guard.post(&path, normal).await.problem(403, "not_allowed");
    guard
        .get("/api/v1/observation")
        .await
        .problem(403, "not_allowed");
    // In hospital the hospital measures.
    let ill = crate::evidence::person(&test, HERE).await;
    observe(&test, &team, ill, "hospital").await;
    assert_eq!(today(&team, "").await["persons"], 1);
}

#[tokio::test]
async fn a_fever_alerts_and_takes_two_people_to_count() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let person = observed(&test, &team).await;
    let facts: i64 = test.scalar("SELECT count(*) FROM fact").await;
    let fever = json!({ "temperature": 38.2, "symptoms": ["short_of_breath"] });
    let path = checks(person);
    let recorded = team.post(&path, fever.clone()).await.expect(201);
    assert_eq!(recorded["alerted"], true);
    assert_eq!(recorded["check"]["fact_id"], Value::Null);
    test.settle().await;
    let found = alerts(&team).await;
    assert_eq!(kinds(&found), ["fever_at_home"]);
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, facts);
    // The list shows what was measured, whatever becomes of the evidence.
    assert_eq!(
        today(&team, "").await["items"][0]["morning"]["temperature"],
        38.2
    );

    let open = team.get(PROPOSALS).await.expect(200);
    let proposal = &open["items"][0];
    assert_eq!(
        (&proposal["reason"], &proposal["evidence"]["kind"]),
        (&json!("fever"), &json!("device_reading"))
    );
    let second = test.caller_of(Role::TeamPolice, HERE, "派出所").await;
    let confirm = crate::evidence::proposal_path(proposal, "confirm");
    second.post(&confirm, json!({})).await.expect(200);
    let kept =
        "SELECT count(*) FROM fact WHERE kind = 'health' AND (body->>'temperature')::float = 38.2";
    assert_eq!(test.scalar::<i64>(kept).await, 1);
    // A second fever is a second alert and no second proposal.
    test.advance(SignedDuration::from_mins(30));
    team.post(&path, fever).await.expect(201);
    test.settle().await;
    assert_eq!(
        kinds(&alerts(&team).await),
        ["fever_at_home", "fever_at_home"]
    );
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn a_missed_check_reminds_and_two_in_a_row_alert() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamWorker, HERE).await;
    let missing = observed(&test, &team).await;
    let diligent = observed(&test, &team).await;
    team.post(&checks(diligent), json!({ "temperature": 36.4 }))
        .await
        .expect(201);
    at(&test, "2020-03-06T09:59:00+08:00").await;
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM missed_check")
            .await,
        0
    );
    at(&test, "2020-03-06T10:00:00+08:00").await;
    let reminded = format!(
        "SELECT count(*) FROM notice WHERE template = 'check_missing' AND person_id = {missing}"
    );
    assert_eq!(test.scalar::<i64>(&reminded).await, 1);
    test.settle().await;
    assert_eq!(test.scalar::<i64>(&reminded).await, 1, "once");
    assert!(alerts(&team).await.is_empty(), "one miss is no alert");
    assert_eq!(
        today(&team, "?missing=true").await["items"][0]["morning"]["state"],
        "late"
    );

    at(&test, "2020-03-06T20:00:00+08:00").await;
    let found = alerts(&team).await;
    assert_eq!(kinds(&found), ["checks_missed"]);
    assert_eq!(found[0]["person_id"], missing);
    let missed = "SELECT count(*) FROM missed_check";
    assert_eq!(
        test.scalar::<i64>(missed).await,
        3,
        "the diligent one has missed the evening"
    );
    // Entered late, the check is there; that it was late stays on record.
    team.post(&checks(missing), json!({ "temperature": 36.5 }))
        .await
        .expect(201);
    let diary = team.get(&checks(missing)).await.expect(200);
    assert_eq!(diary["missed"].as_array().unwrap().len(), 2);
    assert_eq!(
        (
            &diary["missed"][0]["day"],
            diary["checks"].as_array().unwrap().len()
        ),
        (&json!("2020-03-06"), 1)
    );
    // Nobody has been punished: no fact, no longer order.
    assert_eq!(colour(&team, missing).await, "red");
    assert_eq!(live_order(&team, missing).await["end"], "2020-03-20");
    // After an outage the two last checks are looked at, the older one first.
    let newest = observed(&test, &team).await;
    at(&test, "2020-03-08T09:00:00+08:00").await;
    let of_newest = format!(
        "SELECT string_agg(day || ' ' || day_part, ',' ORDER BY day, day_part DESC) FROM missed_check WHERE person_id = {newest}"
    );
    let days: String = test.scalar(&of_newest).await;
    assert_eq!(days, "2020-03-07 morning,2020-03-07 evening");
}

#[tokio::test]
async fn a_reading_after_midnight_is_not_the_mornings() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamWorker, HERE).await;
    let person = observed(&test, &team).await;
    // On the order's first night, too.
    at(&test, "2020-03-07T00:05:00+08:00").await;
    let team = test.caller(Role::TeamWorker, HERE).await;
    let late = json!({ "temperature": 36.4 });
    let answer = team.post(&checks(person), late).await.expect(201);
    let check = &answer["check"];
    assert_eq!(
        (&check["day"], &check["part"]),
        (&json!("2020-03-06"), &json!("evening"))
    );
    at(&test, "2020-03-07T09:00:00+08:00").await;
    let list = today(&team, "?missing=true").await;
    assert_eq!(
        list["items"][0]["morning"]["state"], "missing",
        "the morning is asked for"
    );
    at(&test, "2020-03-07T10:00:00+08:00").await;
    let missed =
        "SELECT count(*) FROM missed_check WHERE day = '2020-03-07' AND day_part = 'morning'";
    assert_eq!(test.scalar::<i64>(missed).await, 1);
    let reading = json!({ "temperature": 36.6 });
    let answer = team.post(&checks(person), reading).await.expect(201);
    assert_eq!(answer["check"]["part"], "morning");
}
