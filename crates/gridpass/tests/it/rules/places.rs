//! Versions by place and time: one street first, then everywhere; replay; notices; holds.

use gridpass::access::Role;
use gridpass::app::HoldLimit;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::support::{
    approved, in_force, lab, loose, put_into_force, roll_back, start, step, trusting,
};
use crate::app::{Setup, TestApp};
use crate::evidence::{assert_counts_agree, decision_path, person};
use crate::gates::{self, Post};
use crate::scans::support::{Phone, phone};

/// Two streets.
const STREET: &str = "440310001";
const FIRST: &str = "440310001001";
const OTHER: &str = "440310002001";

/// A resident at a gate of each of two streets.
async fn streets() -> (TestApp, [(Post, Phone); 2]) {
    let test = TestApp::with_divisions().await;
    let here = gates::post(&test, "金地朗悦", FIRST).await;
    let there = gates::post(&test, "六和商业", OTHER).await;
    let first = phone(&test, 1, here.enclosure_id).await;
    let second = phone(&test, 2, there.enclosure_id).await;
    (test, [(here, first), (there, second)])
}

/// A scan by the number of the document: one code does not count at two gates.
fn by_number(test: &TestApp, phone: &Phone) -> Value {
    json!({ "document_number": phone.number, "at": test.now().to_string(), "direction": "in" })
}

fn decided(view: &Value) -> (&str, i64, Option<i64>) {
    (
        view["colour"].as_str().unwrap(),
        view["rule_set_version"].as_i64().unwrap(),
        view["gate_rule_set_version"].as_i64(),
    )
}

#[tokio::test]
async fn one_street_first_then_everywhere_then_back_on_the_next_scan_at_every_node() {
    let (test, [(here, first), (there, second)]) = streets().await;
    let lab = lab(&test).await;
    let node = TestApp::start_on(test.config.clone(), test.clock.clone()).await;
    let version = approved(&test, &lab, trusting()).await;
    // Each scan a millisecond later, at the first node or the other.
    let look = async |test: &TestApp, post: &Post, phone: &Phone| {
        test.advance(SignedDuration::from_millis(1));
        let device = test.with_token(post.device.token());
        device
            .post("/api/v1/scans", by_number(test, phone))
            .await
            .expect(200)
    };
    for at in [&test, &node] {
        let view = look(at, &here, &first).await;
        assert_eq!(decided(&view), ("yellow", 1, None));
    }
    start(&lab, version, STREET).await;
    for at in [&node, &test] {
        let view = look(at, &here, &first).await;
        assert_eq!(decided(&view), ("green", version, None));
        let view = look(at, &there, &second).await;
        assert_eq!(decided(&view), ("yellow", 1, None));
        // Somebody of the street at a gate elsewhere: the colour is the person's, the table
        // of actions the gate's.
        let view = look(at, &there, &first).await;
        assert_eq!(decided(&view), ("green", version, Some(1)));
    }
    assert_eq!(
        in_force(&lab.maker).await,
        [(String::new(), 1), (STREET.to_owned(), version)]
    );

    start(&lab, version, "").await;
    assert_eq!(
        in_force(&lab.maker).await,
        [(String::new(), version)],
        "the street is taken in"
    );
    let view = look(&node, &there, &second).await;
    assert_eq!(decided(&view), ("green", version, None));

    roll_back(&lab, "").await.expect(200);
    for at in [&node, &test] {
        for (post, phone) in [(&here, &first), (&there, &second)] {
            let view = look(at, post, phone).await;
            assert_eq!(decided(&view), ("yellow", 1, None));
        }
    }
    roll_back(&lab, STREET).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_scan_sent_again_is_answered_by_the_two_versions_of_then() {
    let (test, [(_, first), (there, _)]) = streets().await;
    let lab = lab(&test).await;
    let version = approved(&test, &lab, trusting()).await;
    start(&lab, version, STREET).await;
    let now = test.now();
    let body = json!({ "presentation": first.show(now), "at": now.to_string(), "direction": "in" });
    let mut view = there
        .device
        .post("/api/v1/scans", body.clone())
        .await
        .expect(200);
    assert_eq!(decided(&view), ("green", version, Some(1)));
    roll_back(&lab, STREET).await.expect(200);
    let again = there.device.post("/api/v1/scans", body).await.expect(200);
    view["duplicate"] = true.into();
    assert_eq!(again, view);
}

#[tokio::test]
async fn a_division_keeps_its_own_version_unless_it_is_to_follow() {
    let test = TestApp::with_divisions().await;
    let lab = lab(&test).await;
    let strict = approved(&test, &lab, loose()).await;
    let other = approved(&test, &lab, trusting()).await;
    start(&lab, strict, FIRST).await;
    start(&lab, other, "").await;
    let places = |list: &[(&str, i64)]| {
        let owned = list
            .iter()
            .map(|(place, version)| (place.to_string(), *version));
        owned.collect::<Vec<_>>()
    };
    assert_eq!(
        in_force(&lab.maker).await,
        places(&[("", other), (FIRST, strict)]),
        "zoned control stays"
    );
    roll_back(&lab, "").await.expect(200);
    let path = format!("/api/v1/rule-sets/{other}/schedules");
    let body = json!({ "also_narrower": true, "note": "全区统一" });
    lab.approver.post(&path, body).await.expect(201);
    assert_eq!(in_force(&lab.maker).await, places(&[("", other)]));
    roll_back(&lab, "").await.expect(200);
    assert_eq!(
        in_force(&lab.maker).await,
        places(&[("", 1), (FIRST, strict)]),
        "and comes back with the rest"
    );
    roll_back(&lab, FIRST).await.expect(200);
    assert_eq!(in_force(&lab.maker).await, places(&[("", 1)]));
}

#[tokio::test]
async fn an_approver_of_a_street_decides_there_only() {
    let test = TestApp::with_divisions().await;
    let lab = lab(&test).await;
    let version = approved(&test, &lab, loose()).await;
    let street = test.caller(Role::RuleApprover, STREET).await;
    let path = format!("/api/v1/rule-sets/{version}/schedules");
    let place = |prefix: &str| json!({ "place_prefix": prefix, "note": "即日起" });
    for outside in ["", "440310", "440310002"] {
        let refused = street.post(&path, place(outside)).await;
        refused.problem(404, "not_found");
    }
    for unknown in ["440310001999", "44031000100", "44031000100x"] {
        let refused = street.post(&path, place(unknown)).await;
        let problem = refused.problem(422, "invalid_fields");
        assert_eq!(problem["fields"][0]["code"], "division_unknown");
    }
    let elsewhere = start(&lab, version, "440310002").await;
    street.post(&path, place(STREET)).await.expect(201);
    let own = json!({ "place_prefix": "440310002", "note": "误伤" });
    let refused = street.post("/api/v1/rules-in-force/roll-back", own).await;
    refused.problem(404, "not_found");
    let id = &elsewhere["schedule_id"];
    let path = format!("/api/v1/rule-schedules/{id}/cancel");
    let refused = street.post(&path, json!({ "note": "撤回" })).await;
    refused.problem(404, "not_found");
    let district = test.caller(Role::RuleApprover, "440310").await;
    let path = format!("/api/v1/rule-sets/{version}/schedules");
    district.post(&path, place("440310")).await.expect(201);
    assert_eq!(
        in_force(&lab.maker).await,
        [(String::new(), version)],
        "the district's code is the whole district"
    );
}

#[tokio::test]
async fn a_schedule_begins_and_ends_on_time_and_can_be_cancelled_before() {
    let test = TestApp::with_divisions().await;
    let lab = lab(&test).await;
    let version = approved(&test, &lab, loose()).await;
    let path = format!("/api/v1/rule-sets/{version}/schedules");
    let (from, until) = (
        test.now() + SignedDuration::from_hours(1),
        test.now() + SignedDuration::from_hours(2),
    );
    let window =
        json!({ "from_at": from.to_string(), "until_at": until.to_string(), "note": "早高峰试行" });
    let schedule = lab.approver.post(&path, window.clone()).await.expect(201);
    assert_eq!(schedule["status"], "scheduled");
    let wrong =
        json!({ "from_at": until.to_string(), "until_at": from.to_string(), "note": "反了" });
    let refused = lab.approver.post(&path, wrong).await;
    refused.problem(422, "invalid_fields");
    let whole = async || {
        test.settle().await;
        in_force(&lab.maker).await[0].1
    };
    let status = async || {
        let view = lab.maker.get(&format!("/api/v1/rule-sets/{version}")).await;
        view.expect(200)["status"].as_str().unwrap().to_owned()
    };
    assert_eq!((whole().await, status().await.as_str()), (1, "scheduled"));
    test.advance(SignedDuration::from_mins(59));
    assert_eq!(whole().await, 1);
    test.advance(SignedDuration::from_mins(1));
    assert_eq!(
        (whole().await, status().await.as_str()),
        (version, "in_force")
    );
    test.advance(SignedDuration::from_mins(60));
    assert_eq!((whole().await, status().await.as_str()), (1, "superseded"));

    let later = test.now() + SignedDuration::from_hours(1);
    let again = json!({ "from_at": later.to_string(), "note": "再试" });
    let schedule = lab.approver.post(&path, again).await.expect(201);
    let path = format!("/api/v1/rule-schedules/{}", schedule["schedule_id"]);
    let note = json!({ "note": "取消" });
    let early = lab
        .approver
        .post(&format!("{path}/release"), note.clone())
        .await;
    early.problem(409, "rule_schedule_decided");
    lab.approver
        .post(&format!("{path}/cancel"), note.clone())
        .await
        .expect(200);
    let twice = lab.approver.post(&format!("{path}/cancel"), note).await;
    twice.problem(409, "rule_schedule_decided");
    test.advance(SignedDuration::from_hours(2));
    assert_eq!(whole().await, 1);
}

#[tokio::test]
async fn any_past_moment_is_replayed_by_the_rules_of_its_place() {
    let test = TestApp::with_divisions().await;
    let doctor = test.caller(Role::TeamDoctor, "").await;
    let (here, there) = (person(&test, FIRST).await, person(&test, OTHER).await);
    let lab = lab(&test).await;
    let version = approved(&test, &lab, loose()).await;
    let mut moments = vec![test.now()];
    test.advance(SignedDuration::from_mins(1));
    start(&lab, version, STREET).await;
    moments.push(test.now());
    test.advance(SignedDuration::from_mins(1));
    start(&lab, version, "").await;
    moments.push(test.now());
    test.advance(SignedDuration::from_mins(1));
    roll_back(&lab, "").await.expect(200);
    moments.push(test.now());
    test.advance(SignedDuration::from_mins(1));
    let mut seen = Vec::new();
    for at in moments {
        let mut pair = Vec::new();
        for person in [here, there] {
            let path = format!("{}?at={at}", decision_path(person));
            let view = doctor.get(&path).await.expect(200);
            pair.push(view["rule_set_version"].as_i64().unwrap());
        }
        seen.push((pair[0], pair[1]));
    }
    assert_eq!(seen, [(1, 1), (version, 1), (version, version), (1, 1)]);
}

#[tokio::test]
async fn whose_colour_the_rules_change_is_told_once() {
    let (test, [(_, first), (_, second)]) = streets().await;
    test.settle().await;
    let lab = lab(&test).await;
    let version = approved(&test, &lab, trusting()).await;
    start(&lab, version, STREET).await;
    test.settle().await;
    let notices = async |phone: &Phone| {
        let list = phone.client.get("/api/v1/pass/notices").await.expect(200);
        let items = list.as_array().unwrap().iter();
        let changed = items.filter(|one| one["template"] == "colour_changed");
        changed.cloned().collect::<Vec<Value>>()
    };
    let told = notices(&first).await;
    assert_eq!(told.len(), 1);
    assert!(
        told[0]["text_en"]
            .as_str()
            .unwrap()
            .contains("from yellow to green")
    );
    assert!(
        told[0]["text_zh"]
            .as_str()
            .unwrap()
            .contains("由黄证变为绿证")
    );
    assert!(notices(&second).await.is_empty(), "another street");
    start(&lab, version, "").await;
    test.settle().await;
    assert_eq!(notices(&first).await.len(), 1, "no change, no notice");
    assert_eq!(notices(&second).await.len(), 1);
    roll_back(&lab, "").await.expect(200);
    test.settle().await;
    test.settle().await;
    assert_eq!(notices(&first).await.len(), 2);
    let stale = "SELECT count(*) FROM person_state WHERE colour <> 1";
    assert_eq!(test.scalar::<i64>(stale).await, 0);
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn whose_colour_time_changes_is_told_without_a_scan() {
    let (test, [(post, first), _]) = streets().await;
    crate::scans::support::verify(&test, first.person_id, post.enclosure_id).await;
    let stay = json!({ "kind": "stay", "area": "420100", "risk": "high", "until": "2020-02-25", "certainty": "declared" });
    crate::scans::support::record(&test.app, first.person_id, stay).await;
    test.settle().await;
    let colour = format!(
        "SELECT colour FROM person_state WHERE person_id = {}",
        first.person_id
    );
    assert_eq!(test.scalar::<i16>(&colour).await, 1);
    test.advance(SignedDuration::from_hours(24 * 5));
    test.settle().await;
    assert_eq!(test.scalar::<i16>(&colour).await, 0);
    let sql = format!(
        "SELECT parameters ->> 'cause' FROM notice WHERE template = 'colour_changed' AND person_id = {}",
        first.person_id
    );
    assert_eq!(test.scalar::<String>(&sql).await, "time");
    let count = "SELECT count(*) FROM notice WHERE template = 'colour_changed'";
    assert_eq!(test.scalar::<i64>(count).await, 1);
    let view = post
        .guard(&test)
        .await
        .post("/api/v1/scans", by_number(&test, &first))
        .await
        .expect(200);
    assert_eq!(view["colour"], "green");
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn a_start_that_flips_too_many_is_held_until_somebody_decides() {
    let setup = Setup {
        hold: HoldLimit {
            share_percent: 5,
            people_min: 2,
        },
        ..Setup::default()
    };
    let test = TestApp::with(setup).await;
    let desk = test.caller(Role::DataDesk, "").await;
    let tree = include_str!("../../../../../data/divisions/pingshan.csv");
    desk.post_text("/api/v1/divisions/import", "text/csv", tree)
        .await
        .expect(200);
    for place in [FIRST, FIRST, FIRST, OTHER] {
        person(&test, place).await;
    }
    let lab = lab(&test).await;
    let version = approved(&test, &lab, loose()).await;
    // One person elsewhere is few.
    let few = start(&lab, version, "440310002").await;
    assert_eq!(few["status"], "in_force");
    let held = start(&lab, version, STREET).await;
    assert_eq!(held["status"], "held");
    assert_eq!(
        (&held["flips"]["people"], &held["flips"]["flips"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(held["flips"]["communities"][0]["division_code"], FIRST);
    test.settle().await;
    let greens =
        "SELECT count(*) FROM person_state WHERE colour = 0 AND place_code LIKE '440310001%'";
    assert_eq!(test.scalar::<i64>(greens).await, 0, "old colours stay");
    let status = lab.maker.get(&format!("/api/v1/rule-sets/{version}")).await;
    assert_eq!(status.expect(200)["status"], "held");

    let path = format!("/api/v1/rule-schedules/{}", held["schedule_id"]);
    let note = json!({ "note": "核对过影响" });
    let early = lab
        .approver
        .post(&format!("{path}/cancel"), note.clone())
        .await;
    early.problem(409, "rule_schedule_decided");
    let rejected = lab
        .approver
        .post(&format!("{path}/reject"), note.clone())
        .await
        .expect(200);
    assert_eq!(rejected["status"], "rejected");

    let held = start(&lab, version, STREET).await;
    let path = format!("/api/v1/rule-schedules/{}/release", held["schedule_id"]);
    let released = lab.approver.post(&path, note.clone()).await.expect(200);
    assert_eq!(released["status"], "in_force");
    test.settle().await;
    assert_eq!(test.scalar::<i64>(greens).await, 3);
    lab.approver
        .post(&path, note)
        .await
        .problem(409, "rule_schedule_decided");
    let steps = lab
        .maker
        .get(&format!("/api/v1/rule-sets/{version}/steps"))
        .await
        .expect(200);
    let taken: Vec<&str> = steps["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["step"].as_str().unwrap())
        .collect();
    let wanted = [
        "created",
        "checked",
        "approved",
        "scheduled",
        "started",
        "scheduled",
        "held",
        "rejected",
        "scheduled",
        "held",
        "released",
        "started",
    ];
    assert_eq!(taken, wanted);
}

#[tokio::test]
async fn a_scheduled_start_is_held_too_and_going_back_never_is() {
    let setup = Setup {
        hold: HoldLimit {
            share_percent: 5,
            people_min: 2,
        },
        ..Setup::default()
    };
    let test = TestApp::with(setup).await;
    for _ in 0..3 {
        person(&test, FIRST).await;
    }
    let lab = lab(&test).await;
    let version = approved(&test, &lab, loose()).await;
    let path = format!("/api/v1/rule-sets/{version}/schedules");
    let from = test.now() + SignedDuration::from_hours(1);
    let later = json!({ "from_at": from.to_string(), "note": "明早" });
    let schedule = lab.approver.post(&path, later).await.expect(201);
    test.advance(SignedDuration::from_hours(1));
    test.settle().await;
    assert_eq!(in_force(&lab.maker).await[0].1, 1);
    let path = format!("/api/v1/rule-schedules/{}/release", schedule["schedule_id"]);
    let note = json!({ "note": "核对过影响" });
    lab.approver.post(&path, note).await.expect(200);
    test.settle().await;
    assert_eq!(in_force(&lab.maker).await[0].1, version);
    roll_back(&lab, "").await.expect(200);
    assert_eq!(in_force(&lab.maker).await[0].1, 1, "at once");
    let gone = step(&lab.approver, version, "withdraw").await;
    gone.expect(200);
}

#[tokio::test]
async fn put_into_force_means_everywhere() {
    let test = TestApp::start().await;
    let version = put_into_force(&test, loose()).await;
    let at = test.now();
    let db = test.app.db.client().await.unwrap();
    let found = gridpass::rules::in_force_at(&db, &test.app, ("440310001001000", at));
    assert_eq!(i64::from(found.await.unwrap().version.get()), version);
}
