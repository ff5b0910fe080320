//! Somebody whose check at the gate does not let them in: who is told, and what a travel card says.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::alerts_fixture::raise;
use crate::app::TestApp;
use crate::evidence::{assert_counts_agree, assert_states_are_derived, person};
use crate::gates::Post;
use crate::scans::support::{HERE, Phone, count, record, scan, scene};

async fn check(test: &TestApp, post: &Post, phone: &Phone, rest: Value) -> Value {
    let mut body = json!({ "person_id": phone.person_id, "at": test.now().to_string(), "travel_history": "none" });
    let body_fields = body.as_object_mut().unwrap();
    body_fields.extend(rest.as_object().unwrap().clone());
    post.device
        .post("/api/v1/gate-checks", body)
        .await
        .expect(201)
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
