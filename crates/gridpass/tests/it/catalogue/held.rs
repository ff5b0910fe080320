//! A duration of the catalogue whose passage is held.

use serde_json::json;

use super::uses::back_test;
use super::*;

const HELD_FROM: &str = "SELECT held_from FROM person_state WHERE held_from IS NOT NULL";

/// Somebody green by a test for 48 hours, a minute after these are over, where everybody's hour
/// is held.
async fn held_scene() -> (TestApp, crate::gates::Post, Phone, Timestamp) {
    let test = TestApp::strict_with_divisions(1).await;
    let (test, post, mut phone, until) = tested_scene_on(test).await;
    test.settle().await;
    assert_eq!(scan(&test, &post, &phone).await["rule"], "T1");
    let half = SignedDuration::from_mins(30);
    test.advance(until.duration_since(test.now()) - half);
    test.settle().await;
    phone.renewed(1).await;
    assert_eq!(scan(&test, &post, &phone).await["colour"], "green");
    test.advance(half + SignedDuration::from_mins(1));
    (test, post, phone, until)
}

async fn the_hold(test: &TestApp) -> Value {
    let desk = test.caller(Role::DataDesk, "").await;
    let holds = desk.get("/api/v1/time-holds").await.expect(200);
    assert_eq!(holds["items"].as_array().unwrap().len(), 1, "{holds}");
    holds["items"][0].clone()
}

async fn assert_replays(test: &TestApp, scans: u64) {
    let span = Span {
        from: test.now() - SignedDuration::from_hours(96),
        to: test.now() + SignedDuration::from_hours(1),
    };
    let report = replay(&test.app, span).await.unwrap();
    let found = (report.differences, report.in_flight, report.scans);
    assert_eq!(found, (0, 0, scans), "{:?}", report.told);
}

#[tokio::test]
async fn a_held_duration_keeps_the_old_colour_until_somebody_releases_it() {
    let (test, post, phone, until) = held_scene().await;
    let hold = the_hold(&test).await;
    assert_eq!(
        (&hold["status"], &hold["flips"]),
        (&json!("held"), &json!(1))
    );

    // At the gate, in the counts, on the phone.
    let green = scan(&test, &post, &phone).await;
    assert_eq!(
        (&green["colour"], &green["rule"]),
        (&json!("green"), &json!("T1"))
    );
    test.settle().await;
    let row = "SELECT colour FROM person_state WHERE rule_id = 'T1'";
    assert_eq!(test.scalar::<i16>(row).await, 0);
    let told = phone.client.get("/api/v1/pass/explanation").await;
    let told = told.expect(200);
    assert_eq!(told[0]["decision"]["colour"], "green");
    assert_eq!(told[0]["plain"]["held"]["since"], json!(until));

    // In the explanation: what the column held just before.
    let worker = test.caller(Role::GridWorker, HERE).await;
    let path = decision_path(phone.person_id);
    let view = worker.get(&path).await.expect(200);
    assert_eq!(
        (&view["rule"], &view["held"]["from_at"]),
        (&json!("T1"), &json!(until))
    );
    assert_eq!(
        view["columns"][0],
        json!({ "column": "hours_since_negative_test", "value": "47h59m" })
    );
    let trace = view["trace"].as_array().unwrap();
    assert_eq!(trace.last().unwrap()["rule"], "T1");

    // In a back-test: the test is as old as it was just before.
    for (cells, changed) in [("< 48h,>= 2", 0), ("< 47h,>= 2", 1)] {
        let card = back_test(&test, cells).await;
        assert_eq!(card["people"]["total"]["changed"], changed, "{cells}");
    }
    assert_replays(&test, 4).await;

    // Released, it counts at the next scan; then in the counts, and told.
    test.advance(SignedDuration::from_mins(1));
    let officer = test.caller(Role::SubdistrictOfficer, "440310001").await;
    let release = format!("/api/v1/time-holds/{}/release", hold["hold_id"]);
    let released = officer.post(&release, json!({ "note": NOTE })).await;
    assert_eq!(released.expect(200)["status"], "released");
    test.advance(SignedDuration::from_mins(1));
    let yellow = scan(&test, &post, &phone).await;
    assert_eq!(
        (&yellow["colour"], &yellow["rule"]),
        (&json!("yellow"), &json!("A13"))
    );
    test.settle().await;
    let notices = phone.client.get("/api/v1/pass/notices").await.expect(200);
    assert!(
        notices.to_string().contains("because a term ended"),
        "{notices}"
    );
    assert_counts_agree(&test).await;
    assert_states_are_derived(&test).await;
    assert_replays(&test, 5).await;

    // The colours of the past: green until the release, not until the 48 hours were over.
    let history = phone.client.get("/api/v1/pass/history").await.expect(200);
    assert_eq!(
        (&history[0]["colour"], &history[0]["cause"]),
        (&json!("yellow"), &json!("time"))
    );
    let changed: Timestamp = history[0]["from"].as_str().unwrap().parse().unwrap();
    assert!(changed > until, "{history}");
}

#[tokio::test]
async fn other_rules_decide_about_who_is_held_as_of_just_before() {
    let (test, post, phone, until) = held_scene().await;
    test.settle().await;
    let lab = lab(&test).await;
    let version = approved(&test, &lab, tables(&tested_colour("< 48h,>= 1"))).await;
    start(&lab, version, "").await;
    assert_eq!(scan(&test, &post, &phone).await["colour"], "green");
    test.settle().await;
    let row = "SELECT rule_set_version FROM person_state WHERE colour = 0";
    assert_eq!(i64::from(test.scalar::<i32>(row).await), version);
    assert_eq!(test.scalar::<Timestamp>(HELD_FROM).await, until);
    assert_eq!(the_hold(&test).await["held_now"], 1);
    assert_counts_agree(&test).await;
    assert_states_are_derived(&test).await;

    // New evidence is not held: another test counts at once, and for its own 48 hours.
    test.advance(SignedDuration::from_mins(1));
    let worker = test.caller(Role::GridWorker, HERE).await;
    let taken_at = test.now();
    worker
        .post(&facts_path(phone.person_id), negative(taken_at))
        .await
        .expect(201);
    let row = "SELECT valid_until FROM person_state WHERE held_from IS NULL AND colour = 0";
    let ends = taken_at + SignedDuration::from_hours(48);
    assert_eq!(test.scalar::<Timestamp>(row).await, ends);
    assert_eq!(the_hold(&test).await["held_now"], 0);
    test.advance(SignedDuration::from_mins(1));
    assert_eq!(scan(&test, &post, &phone).await["colour"], "green");
    assert_replays(&test, 5).await;
}

#[tokio::test]
async fn a_duration_that_the_rules_shorten_before_its_hour_is_looked_at_anew() {
    let test = TestApp::strict_with_divisions(1).await;
    let (test, post, mut phone, until) = tested_scene_on(test).await;
    let half = SignedDuration::from_mins(30);
    test.advance(until.duration_since(test.now()) - half);
    test.settle().await;
    assert_eq!(test.scalar::<Timestamp>(HELD_FROM).await, until);
    // Nothing has been kept yet, so other rules put the date elsewhere.
    let lab = lab(&test).await;
    let longer = approved(&test, &lab, tables(&tested_colour("< 72h,>= 2"))).await;
    start(&lab, longer, "").await;
    test.settle().await;
    let later = until + SignedDuration::from_hours(24);
    let row = "SELECT valid_until FROM person_state WHERE colour = 0";
    assert_eq!(test.scalar::<Timestamp>(row).await, later);
    test.advance(half + half);
    phone.renewed(1).await;
    assert_eq!(scan(&test, &post, &phone).await["colour"], "green");
    test.settle().await;
    assert_eq!(the_hold(&test).await["status"], "over");
    assert_replays(&test, 2).await;
}
