//! Somebody whose check at the gate does not let them in: who is told, and what a travel card says.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::alerts_fixture::raise;
use crate::app::TestApp;
use crate::appeals::{OWN, against, decision, path};
use crate::evidence::{assert_counts_agree, assert_states_are_derived, person};
use crate::gates::Post;
use crate::scans::support::{HERE, Phone, count, record, scan, scene};

async fn check(test: &TestApp, post: &Post, phone: &Phone, rest: Value) -> Value {
    let mut body = json!({ "person_id": phone.person_id, "at": test.now().to_string(), "travel_history": "none" });
    let body_fields = body.as_object_mut().unwrap();
    body_fields.extend(rest.as_object().unwrap().clone());
    let guard = post.guard(test).await;
    guard.post("/api/v1/gate-checks", body).await.expect(201)
}

const HELD: &str = "alert WHERE kind = 'held_at_gate'";

#[tokio::test]
async fn somebody_held_is_told_to_the_community_and_the_team_once() {
    let (test, post, phone) = scene().await;
    test.advance(SignedDuration::from_secs(1));
    assert_eq!(scan(&test, &post, &phone).await["action"], "check");
    let hold = format!("/api/v1/device/holds/{}", phone.person_id);
    assert_eq!(post.device.get(&hold).await.expect(200)["status"], "none");
    check(&test, &post, &phone, json!({ "passed": false })).await;
    test.settle().await;
    assert_eq!(count(&test, HELD).await, 1);
    assert_eq!(post.device.get(&hold).await.expect(200)["status"], "open");
    for role in [Role::CommunityLead, Role::TeamPolice] {
        let reader = test.caller(role, HERE).await;
        let alerts = reader.get("/api/v1/alerts").await.expect(200);
        let alert = &alerts["items"][0];
        assert_eq!(
            (&alert["kind"], &alert["reason"], &alert["gate_id"]),
            (
                &json!("held_at_gate"),
                &json!("residence_unverified"),
                &json!(post.gate_id)
            )
        );
    }
    // Pressed again, and scanned and pressed again: one alert, until somebody has closed it.
    test.advance(SignedDuration::from_mins(2));
    check(&test, &post, &phone, json!({ "passed": false })).await;
    test.settle().await;
    assert_eq!(count(&test, HELD).await, 1);
    let shift = post.device.get("/api/v1/device/shift").await.expect(200);
    assert_eq!(shift["summary"]["open_holds"], 1, "{shift}");

    let team = test.caller(Role::TeamWorker, HERE).await;
    let alerts = team.get("/api/v1/alerts").await.expect(200);
    let alert = &alerts["items"][0];
    let path = |verb: &str| {
        format!(
            "/api/v1/alerts/{}/{}/{verb}",
            phone.person_id, alert["alert_id"]
        )
    };
    team.post(&path("accept"), json!({})).await.expect(200);
    team.post(&path("close"), json!({ "outcome": "advised" }))
        .await
        .expect(200);
    test.advance(SignedDuration::from_mins(1));
    check(&test, &post, &phone, json!({ "passed": true })).await;
    test.advance(SignedDuration::from_secs(40));
    assert_eq!(scan(&test, &post, &phone).await["action"], "pass");
    let shift = post.device.get("/api/v1/device/shift").await.expect(200);
    assert_eq!(shift["summary"]["open_holds"], 0, "let in after all");
    check(&test, &post, &phone, json!({ "passed": false })).await;
    test.settle().await;
    assert_eq!(count(&test, HELD).await, 2, "held anew is told anew");
}

#[tokio::test]
async fn whom_a_check_held_is_on_the_gates_list_and_in_every_shifts_sums() {
    let (test, mut post, phone) = scene().await;
    test.advance(SignedDuration::from_secs(1));
    assert_eq!(scan(&test, &post, &phone).await["action"], "check");
    check(&test, &post, &phone, json!({ "passed": false })).await;
    test.settle().await;
    let held = async |post: &Post| {
        let list = post.device.get("/api/v1/device/holds").await.expect(200);
        let shift = post.device.get("/api/v1/device/shift").await.expect(200);
        let listed = list["holds"].as_array().unwrap().clone();
        assert_eq!(shift["summary"]["open_holds"], listed.len(), "{shift}");
        listed
    };
    let listed = held(&post).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0]["person_id"], &listed[0]["status"]),
        (&json!(phone.person_id), &json!("open"))
    );
    // The next guard hears of them, and so does the one after.
    for _ in 0..2 {
        test.advance(SignedDuration::from_mins(5));
        post.relieve(&test).await;
        assert_eq!(held(&post).await.len(), 1);
    }
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let path = format!("/api/v1/gates/{}/shifts", post.gate_id);
    let shifts = lead.get(&path).await.expect(200);
    for shift in &shifts.as_array().unwrap()[..2] {
        assert_eq!(shift["summary"]["open_holds"], 1, "{shift}");
    }
    // Looked at again they go in, and once more they do not: nobody has closed the alert yet.
    for (passed, open) in [(true, 0), (false, 1), (true, 0)] {
        test.advance(SignedDuration::from_mins(1));
        assert_eq!(scan(&test, &post, &phone).await["colour"], "yellow");
        test.advance(SignedDuration::from_secs(1));
        check(&test, &post, &phone, json!({ "passed": passed })).await;
        test.settle().await;
        assert_eq!(held(&post).await.len(), open, "{passed}");
    }
}

#[tokio::test]
async fn a_travel_card_with_a_city_is_a_declared_stay_that_somebody_asks_about() {
    let (test, post, phone) = scene().await;
    scan(&test, &post, &phone).await;
    let hit = json!({ "passed": true, "travel_history": "hit", "travel_cities": "湖北武汉、深圳" });
    let decision = check(&test, &post, &phone, hit.clone()).await;
    assert_eq!(
        (&decision["colour"], &decision["reason"]),
        (&json!("yellow"), &json!("epidemic_area_declared"))
    );
    let fact = "SELECT body FROM fact WHERE kind = 'stay'";
    let body: Value = test
        .scalar::<tokio_postgres::types::Json<Value>>(fact)
        .await
        .0;
    assert_eq!(
        body,
        json!({ "kind": "stay", "area": "4201", "risk": "high", "until": "2020-03-05", "certainty": "declared" })
    );
    test.settle().await;
    let visit = "visit WHERE cause = 'epidemic_area_declared' AND due_at <= created_at + interval '24 hours'";
    assert_eq!(count(&test, visit).await, 1);
    assert_eq!(count(&test, "alert").await, 0, "passed: nobody is held");
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn every_city_on_a_card_is_a_stay_and_so_is_one_of_no_list() {
    let (test, post, phone) = scene().await;
    scan(&test, &post, &phone).await;
    let nowhere = json!({ "passed": false, "travel_history": "hit", "travel_cities": "某地" });
    let decision = check(&test, &post, &phone, nowhere).await;
    test.settle().await;
    let areas = "SELECT string_agg(body ->> 'area', ' ' ORDER BY body ->> 'area') FROM fact WHERE kind = 'stay'";
    assert_eq!(test.scalar::<String>(areas).await, "00");
    assert_eq!(decision["reason"], "epidemic_area_declared");
    assert_eq!(
        count(&test, "visit WHERE cause = 'epidemic_area_declared'").await,
        1
    );
    assert_eq!(count(&test, HELD).await, 1);
    test.advance(SignedDuration::from_mins(1));
    let two =
        json!({ "passed": false, "travel_history": "hit", "travel_cities": "湖北省武汉市、广西" });
    check(&test, &post, &phone, two).await;
    assert_eq!(test.scalar::<String>(areas).await, "00 4201 45");
    assert_states_are_derived(&test).await;
}

#[tokio::test]
async fn a_red_pass_held_is_told_once() {
    let (test, post, phone) = scene().await;
    let case = json!({ "kind": "case", "status": "confirmed" });
    record(&test.app, phone.person_id, case).await;
    assert_eq!(scan(&test, &post, &phone).await["colour"], "red");
    test.settle().await;
    check(&test, &post, &phone, json!({ "passed": false })).await;
    test.settle().await;
    assert_eq!(
        count(&test, "alert").await,
        1,
        "the red pass is told already"
    );
}

#[tokio::test]
async fn nobody_ends_from_a_chair_what_nobody_went_for() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    for _ in 0..2 {
        let someone = person(&test, HERE).await;
        raise(&test, someone).await;
    }
    let inbox = team.get("/api/v1/alerts").await.expect(200);
    let alerts = inbox["items"].as_array().unwrap();
    assert_eq!(alerts.len(), 2);
    let close = |alert: &Value| {
        format!(
            "/api/v1/alerts/{}/{}/close",
            alert["person_id"], alert["alert_id"]
        )
    };
    for outcome in [
        "sent_home",
        "sent_to_hospital",
        "sent_to_central",
        "not_found",
    ] {
        team.post(&close(&alerts[0]), json!({ "outcome": outcome }))
            .await
            .problem(409, "alert_not_accepted");
    }
    for (alert, outcome) in alerts.iter().zip(["false_alarm", "advised"]) {
        let closed = team
            .post(&close(alert), json!({ "outcome": outcome }))
            .await;
        assert_eq!(closed.expect(200)["status"], "closed");
    }
}

/// Grid workers are told of whoever waits held at a gate, and of nothing else that the team sees.
#[tokio::test]
async fn grid_workers_answer_for_whoever_is_held_and_see_no_other_alert() {
    let (test, post, phone) = scene().await;
    let red = person(&test, HERE).await;
    raise(&test, red).await;
    test.advance(SignedDuration::from_secs(1));
    scan(&test, &post, &phone).await;
    check(&test, &post, &phone, json!({ "passed": false })).await;
    test.settle().await;
    let team = test.caller(Role::TeamPolice, HERE).await;
    let all = team.get("/api/v1/alerts").await.expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    let other = &all["items"][0];
    assert_eq!(other["person_id"], red);

    let worker = test.caller(Role::GridWorker, HERE).await;
    let mine = worker.get("/api/v1/alerts").await.expect(200);
    let mine = mine["items"].as_array().unwrap();
    assert_eq!(mine.len(), 1);
    assert_eq!(
        (&mine[0]["kind"], &mine[0]["person_id"]),
        (&json!("held_at_gate"), &json!(phone.person_id))
    );
    let step = |alert: &Value, verb: &str| {
        let (person, id) = (&alert["person_id"], &alert["alert_id"]);
        format!("/api/v1/alerts/{person}/{id}/{verb}")
    };
    // The other alert is as if it were not there.
    for verb in ["accept", "arrive"] {
        let path = step(other, verb);
        worker
            .post(&path, json!({}))
            .await
            .problem(404, "not_found");
    }
    let advised = json!({ "outcome": "advised" });
    let path = step(other, "close");
    worker
        .post(&path, advised.clone())
        .await
        .problem(404, "not_found");
    let path = step(other, "steps");
    worker.get(&path).await.problem(404, "not_found");

    let there = test.now() + SignedDuration::from_mins(10);
    let said = json!({ "expected_at": there.to_string() });
    worker
        .post(&step(&mine[0], "accept"), said)
        .await
        .expect(200);
    let hold = format!("/api/v1/device/holds/{}", phone.person_id);
    assert_eq!(
        post.device.get(&hold).await.expect(200)["status"],
        "on_the_way"
    );
    worker
        .post(&step(&mine[0], "arrive"), json!({}))
        .await
        .expect(200);
    let steps = worker.get(&step(&mine[0], "steps")).await.expect(200);
    assert_eq!(steps.as_array().unwrap().len(), 3);
    worker
        .post(&step(&mine[0], "close"), advised)
        .await
        .expect(200);
    let left = worker.get("/api/v1/alerts").await.expect(200);
    assert_eq!(left["items"], json!([]));
    let elsewhere = test.caller(Role::GridWorker, "440310002").await;
    let path = step(&mine[0], "steps");
    elsewhere.get(&path).await.problem(404, "not_found");

    // One that nobody answered goes up: the community hears of all, its grid workers of those held.
    let team_steps = "INSERT INTO alert_step (person_id, alert_id, step_id, place_code, step, level, at)
        SELECT person_id, alert_id, alert_id + 7, place_code, 'escalated', 12, raised_at FROM alert";
    let db = test.app.db.client().await.unwrap();
    db.execute(team_steps, &[]).await.unwrap();
    for (caller, count) in [(&team, 2), (&worker, 1)] {
        let told = caller.get("/api/v1/alert-notices").await.expect(200);
        assert_eq!(told.as_array().unwrap().len(), count, "{told}");
    }
}

#[tokio::test]
async fn a_card_that_an_appeal_found_wrong_is_asked_about_and_colours_nobody_again() {
    let (test, post, phone) = scene().await;
    scan(&test, &post, &phone).await;
    let card =
        |cities: &str| json!({ "passed": true, "travel_history": "hit", "travel_cities": cities });
    check(&test, &post, &phone, card("湖北武汉")).await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let opened = phone.client.post(OWN, against("colour")).await.expect(201);
    assert_eq!(opened["cause"], "epidemic_area_declared");
    let decide = path(phone.person_id, &opened, "/decide");
    lead.post(&decide, decision("wrong_person"))
        .await
        .expect(200);

    let seen = async |rest: Value| {
        test.advance(SignedDuration::from_secs(61));
        // By number: the phone's code would be a day old.
        let scan = json!({ "document_number": phone.number, "at": test.now().to_string(), "direction": "in" });
        let guard = post.guard(&test).await;
        guard.post("/api/v1/scans", scan).await.expect(200);
        let decision = check(&test, &post, &phone, rest).await;
        decision["reason"].as_str().unwrap().to_owned()
    };
    let stay = "epidemic_area_declared";
    assert_ne!(seen(card("湖北武汉")).await, stay);
    assert_ne!(seen(card("武汉市")).await, stay);
    assert_ne!(seen(card("Wuhan; Shenzhen")).await, stay);
    assert_ne!(seen(card("湖北")).await, stay);
    let mut consent = card("武汉");
    consent["host"] = "3栋1201".into();
    assert_ne!(seen(consent).await, stay);
    test.settle().await;
    let visit = "visit WHERE cause = 'epidemic_area_declared'";
    assert!(count(&test, visit).await >= 1, "a person asks");
    for _ in 0..2 {
        test.advance(SignedDuration::from_hours(24));
        assert_ne!(
            seen(card("湖北武汉")).await,
            stay,
            "the card shows it for two weeks"
        );
    }
    assert_eq!(count(&test, "fact WHERE kind = 'stay'").await, 1);
    // Another city is another stay; so is the same city when the card cannot mean those days.
    assert_eq!(seen(card("黄石")).await, stay);
    test.advance(SignedDuration::from_hours(24 * 20));
    assert_eq!(seen(card("武汉")).await, stay);
}
