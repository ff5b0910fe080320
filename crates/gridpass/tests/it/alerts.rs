//! Alerts: from the outbox to the inbox, and live to the pages that are open.

mod streams;

use gridpass::access::Role;
use gridpass::alerts::handlers::{TOPIC_COMMUNITY, TOPIC_LATE_RED, TOPIC_RED};
use gridpass::jobs::outbox::{self, NewFollowUp};
use gridpass_types::ids::PersonId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::evidence::{ELSEWHERE, HERE, person};

/// A follow-up as scans write it; the gate is not known here, so the person's place counts.
async fn cause(test: &TestApp, topic: &'static str, person_id: i64, key: &str) {
    let payload = json!({ "reason": "case", "gate_id": 5, "at": test.now() });
    let row = NewFollowUp {
        person_id: PersonId::new(person_id),
        topic,
        dedupe_key: key.into(),
        payload,
    };
    let tx = test.app.db.tx().await.unwrap();
    outbox::insert(&tx, &[row], test.now()).await.unwrap();
    tx.commit().await.unwrap();
    test.settle().await;
}

async fn inbox(caller: &Client) -> Vec<Value> {
    let list = caller.get("/api/v1/alerts").await.expect(200);
    list["items"].as_array().unwrap().clone()
}

fn path(alert: &Value, verb: &str) -> String {
    format!(
        "/api/v1/alerts/{}/{}/{verb}",
        alert["person_id"], alert["alert_id"]
    )
}

#[tokio::test]
async fn a_red_is_raised_once_accepted_by_one_and_closed_with_an_outcome() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let person = person(&test, HERE).await;
    cause(&test, TOPIC_RED, person, "red_at_gate|5|08:30").await;
    cause(&test, TOPIC_RED, person, "red_at_gate|5|08:30").await;
    cause(&test, TOPIC_LATE_RED, person, "late_red|5|08:30").await;
    cause(&test, TOPIC_COMMUNITY, person, "sealed_area|5|08:30").await;
    let alerts = inbox(&team).await;
    let kinds: Vec<&str> = alerts.iter().map(|a| a["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["red_at_gate", "late_red", "sealed_area"]);
    let alert = &alerts[0];
    assert_eq!(
        (alert["name"].as_str(), alert["status"].as_str()),
        (Some("李雷"), Some("open"))
    );

    let accepted = team
        .post(&path(alert, "accept"), json!({}))
        .await
        .expect(200);
    assert_eq!(accepted["status"], "accepted");
    team.post(&path(alert, "accept"), json!({}))
        .await
        .expect(200);
    let colleague = test.caller(Role::TeamDoctor, HERE).await;
    colleague
        .post(&path(alert, "accept"), json!({}))
        .await
        .problem(409, "conflict");
    let outcome = json!({ "outcome": "sent_home" });
    let closed = team
        .post(&path(alert, "close"), outcome.clone())
        .await
        .expect(200);
    assert_eq!(
        (closed["status"].as_str(), closed["outcome"].as_str()),
        (Some("closed"), Some("sent_home"))
    );
    team.post(&path(alert, "close"), outcome)
        .await
        .problem(409, "alert_closed");
    team.post(&path(alert, "accept"), json!({}))
        .await
        .problem(409, "alert_closed");
    assert_eq!(inbox(&team).await.len(), 2);
    let all = team.get("/api/v1/alerts?status=closed").await.expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn others_neither_see_nor_work_an_alert() {
    let test = TestApp::with_divisions().await;
    let person = person(&test, HERE).await;
    cause(&test, TOPIC_RED, person, "k").await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let alert = inbox(&team).await.remove(0);
    let outcome = json!({ "outcome": "false_alarm" });
    let outside = test.caller(Role::TeamDoctor, ELSEWHERE).await;
    assert!(inbox(&outside).await.is_empty());
    outside
        .post(&path(&alert, "accept"), json!({}))
        .await
        .problem(404, "not_found");
    outside
        .post(&path(&alert, "close"), outcome.clone())
        .await
        .problem(404, "not_found");
    let guard = test.caller(Role::GateGuard, HERE).await;
    guard
        .get("/api/v1/alerts")
        .await
        .problem(403, "not_allowed");
    guard
        .post(&path(&alert, "accept"), json!({}))
        .await
        .problem(403, "not_allowed");
    guard
        .post(&path(&alert, "close"), outcome)
        .await
        .problem(403, "not_allowed");
    test.anonymous()
        .get("/api/v1/alerts")
        .await
        .problem(401, "not_signed_in");
    team.post(&path(&alert, "close"), json!({ "outcome": "bored" }))
        .await
        .problem(422, "invalid_fields");
    team.get("/api/v1/alerts?status=mood")
        .await
        .problem(400, "bad_query");
    team.post("/api/v1/alerts/1/1/accept", json!({}))
        .await
        .problem(404, "not_found");
    team.post("/api/v1/alerts/x/1/accept", json!({}))
        .await
        .problem(404, "bad_path");
}

#[tokio::test]
async fn an_alert_that_nobody_answers_goes_up_level_by_level() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let officer = test.caller(Role::SubdistrictOfficer, &HERE[..9]).await;
    let district = test.caller(Role::SubdistrictOfficer, "440310").await;
    let elsewhere = test.caller(Role::SubdistrictOfficer, ELSEWHERE).await;
    let person = person(&test, HERE).await;
    cause(&test, TOPIC_RED, person, "k").await;
    let facts: i64 = test.scalar("SELECT count(*) FROM fact").await;
    let alert = inbox(&team).await.remove(0);
    assert_eq!(
        (&alert["level"], &alert["due_at"]),
        (&json!(15), &json!("2020-03-06T00:35:00Z"))
    );
    let notices = async |caller: &Client| {
        let list = caller.get("/api/v1/alert-notices").await.expect(200);
        list.as_array().unwrap().len()
    };
    let minutes = jiff::SignedDuration::from_mins;
    for (wait, told) in [
        (4, [0, 0, 0]),
        (1, [1, 0, 0]),
        (5, [1, 1, 0]),
        (5, [1, 1, 1]),
        // At the top it stays, late, and is told no more.
        (600, [1, 1, 1]),
    ] {
        test.advance(minutes(wait));
        test.settle().await;
        let heard = [
            notices(&lead).await,
            notices(&officer).await,
            notices(&district).await,
        ];
        assert_eq!(heard, told, "after {wait} minutes more");
        assert_eq!(notices(&elsewhere).await, 0);
    }
    let alert = inbox(&officer).await.remove(0);
    assert_eq!(
        (&alert["level"], &alert["status"], &alert["name"]),
        (&json!(6), &json!("open"), &json!("李*"))
    );
    officer
        .post(&path(&alert, "accept"), json!({}))
        .await
        .problem(403, "not_allowed");
    team.post(&path(&alert, "accept"), json!({}))
        .await
        .expect(200);
    team.post(&path(&alert, "close"), json!({ "outcome": "advised" }))
        .await
        .expect(200);
    let steps = team.get(&path(&alert, "steps")).await.expect(200);
    let steps: Vec<(&str, i64, bool)> = steps
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            (
                s["step"].as_str().unwrap(),
                s["level"].as_i64().unwrap(),
                s["by"].is_i64(),
            )
        })
        .collect();
    assert_eq!(
        steps,
        [
            ("raised", 15, false),
            ("escalated", 12, false),
            ("escalated", 9, false),
            ("escalated", 6, false),
            ("accepted", 6, true),
            ("closed", 6, true),
        ]
    );
    elsewhere
        .get(&path(&alert, "steps"))
        .await
        .problem(404, "not_found");
    // An alert is a lead: no fact, no order, no proposal came of it.
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, facts);
    for table in ["quarantine_order", "red_proposal"] {
        let sql = format!("SELECT count(*) FROM {table}");
        assert_eq!(test.scalar::<i64>(&sql).await, 0, "{table}");
    }
}

#[tokio::test]
async fn who_accepts_arrives_in_time_or_somebody_takes_over() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let colleague = test.caller(Role::TeamPolice, HERE).await;
    let person = person(&test, HERE).await;
    cause(&test, TOPIC_RED, person, "k").await;
    let alert = inbox(&team).await.remove(0);
    team.post(&path(&alert, "arrive"), json!({}))
        .await
        .problem(409, "alert_not_accepted");
    let accepted = team
        .post(&path(&alert, "accept"), json!({}))
        .await
        .expect(200);
    assert_eq!(accepted["due_at"], "2020-03-06T01:00:00Z");
    test.advance(jiff::SignedDuration::from_mins(29));
    test.settle().await;
    colleague
        .post(&path(&alert, "accept"), json!({}))
        .await
        .problem(409, "conflict");
    test.advance(jiff::SignedDuration::from_mins(1));
    test.settle().await;
    assert_eq!(inbox(&team).await[0]["level"], 12, "nobody arrived");
    let taken = colleague
        .post(&path(&alert, "accept"), json!({}))
        .await
        .expect(200);
    assert_eq!(taken["due_at"], "2020-03-06T01:30:00Z");
    let there = colleague
        .post(&path(&alert, "arrive"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&there["due_at"], &there["arrived_at"]),
        (&json!(null), &json!("2020-03-06T01:00:00Z"))
    );
    colleague
        .post(&path(&alert, "arrive"), json!({}))
        .await
        .expect(200);
    team.post(&path(&alert, "arrive"), json!({}))
        .await
        .problem(409, "conflict");
    test.advance(jiff::SignedDuration::from_hours(2));
    test.settle().await;
    assert_eq!(inbox(&team).await[0]["level"], 12, "somebody is there");

    let outcome = json!({ "outcome": "not_found" });
    let closed = colleague
        .post(&path(&alert, "close"), outcome)
        .await
        .expect(200);
    assert_eq!(closed["follows"], "visit");
    test.settle().await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let visits = lead.get("/api/v1/visits").await.expect(200);
    assert_eq!(visits["items"][0]["cause"], "alert_not_found");
    colleague
        .post(&path(&alert, "arrive"), json!({}))
        .await
        .problem(409, "alert_closed");
}

/// An open stream of events.
struct Stream {
    response: reqwest::Response,
    read: String,
}

impl Stream {
    async fn open(caller: &Client) -> Self {
        let request = caller.request(Method::GET, "/api/v1/events");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let kind = response.headers()["content-type"].to_str().unwrap();
        assert_eq!(kind, "text/event-stream");
        Self {
            response,
            read: String::new(),
        }
    }

    /// Name and body of the next event.
    async fn next(&mut self) -> (String, String) {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.read = rest;
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().trim().to_owned()
                };
                if !field("event:").is_empty() {
                    return (field("event:"), field("data:"));
                }
                continue;
            }
            let chunk = self
                .response
                .chunk()
                .await
                .unwrap()
                .expect("the stream goes on");
            self.read.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    /// The next event of a topic; what comes before is skipped.
    async fn next_of(&mut self, topic: &str) -> String {
        loop {
            let (event, body) = self.next().await;
            if event == topic {
                return body;
            }
        }
    }
}

#[tokio::test]
async fn open_pages_hear_of_their_jurisdiction_on_every_node() {
    let test = TestApp::with_divisions().await;
    let other = TestApp::start_on(test.config.clone(), test.clock.clone()).await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let elsewhere = test.caller(Role::TeamDoctor, ELSEWHERE).await;
    // Both pages hang on the other node; what happens is written on this one.
    let mut here = Stream::open(&other.with_token(team.token())).await;
    let mut there = Stream::open(&other.with_token(elsewhere.token())).await;
    assert_eq!(here.next().await.0, "resync");
    assert_eq!(there.next().await.0, "resync");
    heard(&test, &other).await;

    let (neighbour, stranger) = (person(&test, HERE).await, person(&test, ELSEWHERE).await);
    cause(&test, TOPIC_RED, stranger, "a").await;
    cause(&test, TOPIC_RED, neighbour, "b").await;
    let mine = inbox(&team).await.remove(0);
    let body: Value = serde_json::from_str(&here.next_of("alert").await).unwrap();
    assert_eq!(
        body["alert_id"], mine["alert_id"],
        "the stranger's alert was not for this page"
    );
    assert!(
        !body.to_string().contains(&neighbour.to_string()),
        "an event names nobody"
    );
    team.post(&path(&mine, "accept"), json!({}))
        .await
        .expect(200);
    let body: Value = serde_json::from_str(&here.next_of("alert").await).unwrap();
    assert_eq!(body["status"], "accepted");
    let body: Value = serde_json::from_str(&there.next_of("alert").await).unwrap();
    assert_ne!(body["alert_id"], mine["alert_id"]);
    test.anonymous()
        .get("/api/v1/events")
        .await
        .problem(401, "not_signed_in");
}

/// Waits until the other node listens: notifications before that are rightly lost.
async fn heard(test: &TestApp, other: &TestApp) {
    let mut events = other.app.events.subscribe();
    loop {
        let tx = test.app.db.tx().await.unwrap();
        let event = gridpass::app::LiveEvent {
            topic: gridpass::events::STATS,
            place_code: "440310000000000".into(),
            body: "{}".into(),
        };
        gridpass::events::notify(&tx, &event).await.unwrap();
        tx.commit().await.unwrap();
        let wait = std::time::Duration::from_millis(50);
        if let Ok(Ok(event)) = tokio::time::timeout(wait, events.recv()).await
            && event.topic == gridpass::events::STATS
        {
            return;
        }
    }
}

#[tokio::test]
async fn who_accepts_says_when_they_will_be_there() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let colleague = test.caller(Role::TeamPolice, HERE).await;
    let person = person(&test, HERE).await;
    cause(&test, TOPIC_RED, person, "k").await;
    let alert = inbox(&team).await.remove(0);
    assert_eq!(alert["expected_at"], Value::Null);
    let accept = path(&alert, "accept");
    let minutes = jiff::SignedDuration::from_mins;
    let said = |ahead: i64| json!({ "expected_at": (test.now() + minutes(ahead)).to_string() });
    for nonsense in [-3, 241] {
        let refused = team.post(&accept, said(nonsense)).await;
        let refused = refused.problem(422, "invalid_fields");
        assert_eq!(refused["fields"][0]["code"], "expected_at_invalid");
    }
    assert_eq!(inbox(&team).await[0]["status"], "open");

    let ten = said(10);
    let accepted = team.post(&accept, ten.clone()).await.expect(200);
    assert_eq!(accepted["expected_at"], ten["expected_at"]);
    let again = team.post(&accept, ten.clone()).await.expect(200);
    assert_eq!(again, accepted, "sent again");
    // Without a body, as apps of before do, nothing that was said is taken back.
    let request = team.request(Method::POST, &accept);
    assert_eq!(team.send(request).await.expect(200), accepted);
    colleague
        .post(&accept, said(5))
        .await
        .problem(409, "conflict");

    test.advance(minutes(9));
    let later = said(15);
    let put_off = team.post(&accept, later.clone()).await.expect(200);
    assert_eq!(
        (&put_off["expected_at"], &put_off["due_at"]),
        (&later["expected_at"], &accepted["due_at"]),
        "the clock stays"
    );
    // Nobody came: a colleague takes over and has said nothing yet.
    test.advance(minutes(22));
    let taken = colleague.post(&accept, json!({})).await.expect(200);
    assert_eq!(taken["expected_at"], Value::Null);
    team.post(&accept, said(1)).await.problem(409, "conflict");
    colleague.post(&accept, said(3)).await.expect(200);
    let there = path(&alert, "arrive");
    colleague.post(&there, json!({})).await.expect(200);
    let done = colleague.post(&accept, said(30)).await.expect(200);
    assert_ne!(
        done["expected_at"],
        said(30)["expected_at"],
        "they are there"
    );

    let steps = team.get(&path(&alert, "steps")).await.expect(200);
    let steps = steps.as_array().unwrap().iter();
    let steps: Vec<(&str, bool)> = steps
        .map(|step| {
            (
                step["step"].as_str().unwrap(),
                step["expected_at"].is_string(),
            )
        })
        .collect();
    assert_eq!(
        steps,
        [
            ("raised", false),
            ("accepted", true),
            ("on_the_way", true),
            ("accepted", false),
            ("on_the_way", true),
            ("arrived", false)
        ]
    );
}
