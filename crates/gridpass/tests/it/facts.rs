//! Facts through the API: what is recorded and what follows.

use gridpass::access::Role;
use gridpass::facts;
use jiff::SignedDuration;
use serde_json::json;

use crate::app::TestApp;
use crate::evidence::{
    ELSEWHERE, HERE, assert_counts_agree, assert_states_are_derived, colour, decision_path,
    enclosure, facts_path, medical, person, red_fact,
};
use crate::rules::support::{loose, put_into_force};

#[tokio::test]
async fn a_verified_residence_turns_the_pass_green_and_its_withdrawal_yellow_again() {
    let test = TestApp::with_divisions().await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let enclosure = enclosure(&test, HERE).await;
    let person = person(&test, HERE).await;
    assert_eq!(colour(&worker, person).await, "yellow");

    let fact = json!({ "kind": "residence", "status": "verified", "enclosure": enclosure, "source": "visit" });
    let appended = worker
        .post_with_key(&facts_path(person), "r1", fact.clone())
        .await
        .expect(201);
    let again = worker
        .post_with_key(&facts_path(person), "r1", fact)
        .await
        .expect(201);
    assert_eq!(appended, again, "a repeated key records once");
    assert_eq!(appended["decision"]["colour"], "green");
    assert_eq!(appended["decision"]["rule"], "A11");
    assert_eq!(colour(&worker, person).await, "green");

    let list = worker.get(&facts_path(person)).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["kind"], "residence");
    assert_eq!(list["items"][0]["source"], "visit");

    let retract = format!("{}/{}/retract", facts_path(person), appended["fact_id"]);
    test.advance(SignedDuration::from_mins(1));
    let back = worker
        .post(&retract, json!({ "reason": "另一户" }))
        .await
        .expect(200);
    assert_eq!(back["decision"]["colour"], "yellow");
    worker
        .post(&retract, json!({ "reason": "再次" }))
        .await
        .problem(409, "fact_retracted");
    let list = worker.get(&facts_path(person)).await.expect(200);
    assert_eq!(list["items"][0]["retract_reason"], "另一户");
    assert_counts_agree(&test).await;
    assert_states_are_derived(&test).await;
}

#[tokio::test]
async fn any_past_moment_is_replayed_by_the_facts_and_rules_of_then() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let person = person(&test, HERE).await;
    let before = test.now();
    test.advance(SignedDuration::from_mins(10));
    red_fact(&test, &team, person, medical("case")).await;
    let red = test.now();
    test.advance(SignedDuration::from_mins(10));

    put_into_force(&test, loose()).await;

    let ask = |at: jiff::Timestamp| {
        let team = team.clone();
        async move {
            let path = format!("{}?at={at}", decision_path(person));
            team.get(&path).await.expect(200)
        }
    };
    let then = ask(before).await;
    assert_eq!(
        (then["colour"].as_str(), then["rule_set_version"].as_i64()),
        (Some("yellow"), Some(1))
    );
    let then = ask(red).await;
    assert_eq!(
        (then["colour"].as_str(), then["reason"].as_str()),
        (Some("red"), Some("case"))
    );
    assert_eq!(then["state"]["case"], "confirmed");
    assert_eq!(then["trace"].as_array().unwrap().len(), 1);
    let now = ask(test.now()).await;
    assert_eq!(now["rule_set_version"], 2);
    let future = test.now() + SignedDuration::from_secs(1);
    team.get(&format!("{}?at={future}", decision_path(person)))
        .await
        .problem(422, "time_in_future");
    team.get(&format!("{}?at=yesterday", decision_path(person)))
        .await
        .problem(400, "bad_query");
}

#[tokio::test]
async fn a_new_rule_set_colours_the_counts_anew() {
    let test = TestApp::with_divisions().await;
    for _ in 0..3 {
        person(&test, HERE).await;
    }
    test.settle().await;
    let greens = "SELECT count(*) FROM person_state WHERE colour = 0 AND rule_set_version = 2";
    assert_eq!(test.scalar::<i64>(greens).await, 0);
    put_into_force(&test, loose()).await;
    test.settle().await;
    assert_eq!(test.scalar::<i64>(greens).await, 3);
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn who_may_record_what_and_where() {
    let test = TestApp::with_divisions().await;
    let person = person(&test, HERE).await;
    let path = facts_path(person);
    let worker = test.caller(Role::GridWorker, HERE).await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    for kind in [
        "case",
        "contact",
        "clearance",
        "exemption",
        "quarantine",
        "stay",
    ] {
        let mut fact = medical(kind);
        fact["source"] = "hospital".into();
        worker
            .post(&path, fact.clone())
            .await
            .problem(403, "not_allowed");
        if ["clearance", "exemption"].contains(&kind) {
            team.post(&path, fact).await.expect(201);
        } else {
            team.post(&path, fact).await.problem(409, "red_needs_two");
        }
    }
    let declared = json!({ "kind": "stay", "area": "420100", "risk": "high", "until": "2020-03-01",
                           "certainty": "declared", "source": "person" });
    let mine = worker.post(&path, declared.clone()).await.expect(201);

    let outside = test.caller(Role::TeamDoctor, ELSEWHERE).await;
    let retract = format!("{path}/{}/retract", mine["fact_id"]);
    outside
        .post(&path, declared.clone())
        .await
        .problem(404, "not_found");
    outside.get(&path).await.problem(404, "not_found");
    outside
        .get(&decision_path(person))
        .await
        .problem(404, "not_found");
    outside
        .post(&retract, json!({ "reason": "x" }))
        .await
        .problem(404, "not_found");
    let admin = test.caller(Role::SystemAdmin, "").await;
    admin
        .post(&path, declared.clone())
        .await
        .problem(403, "not_allowed");
    admin.get(&path).await.problem(403, "not_allowed");
    admin
        .get(&decision_path(person))
        .await
        .problem(403, "not_allowed");
    admin
        .post(&retract, json!({ "reason": "x" }))
        .await
        .problem(403, "not_allowed");
    test.anonymous()
        .get(&path)
        .await
        .problem(401, "not_signed_in");
    let nobody = facts_path(person + 1);
    team.post(&nobody, declared).await.problem(404, "not_found");
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_nothing_is_stored() {
    let test = TestApp::with_divisions().await;
    let person = person(&test, HERE).await;
    let path = facts_path(person);
    let worker = test.caller(Role::GridWorker, HERE).await;
    let refused = [
        (
            json!({ "kind": "health", "at": "2020-03-06T08:00:00+08:00", "temperature": 51.0, "source": "x" }),
            "fact_invalid",
        ),
        (
            json!({ "kind": "health", "at": "2020-03-07T08:00:00+08:00", "source": "x" }),
            "fact_invalid",
        ),
        (
            json!({ "kind": "registry", "status": "matched", "registry_source": "", "source": "x" }),
            "fact_invalid",
        ),
        (
            json!({ "kind": "registry", "status": "matched", "registry_source": "p", "source": " " }),
            "fact_invalid",
        ),
        (
            json!({ "kind": "residence", "status": "verified", "enclosure": 77, "source": "x" }),
            "enclosure_unknown",
        ),
        (
            json!({ "kind": "employment", "status": "declared", "employer": 77, "source": "x" }),
            "employer_unknown",
        ),
        (json!({ "kind": "mood", "source": "x" }), "fact_invalid"),
        (
            json!({ "kind": "case", "status": "maybe", "source": "x" }),
            "invalid_fields",
        ),
        (
            json!({ "kind": "gate_check", "at": "2020-03-06T08:00:00+08:00", "passed": true, "extra": 1, "source": "x" }),
            "invalid_fields",
        ),
        (
            json!({ "kind": "gate_check", "at": "2020-03-06T08:00:00+08:00", "passed": true }),
            "invalid_fields",
        ),
    ];
    for (fact, code) in refused {
        worker.post(&path, fact).await.problem(422, code);
    }
    worker
        .post_text(&path, "application/json", "{\"kind\":")
        .await
        .problem(400, "bad_json");
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, 0);
    let ok = json!({ "kind": "gate_check", "at": "2020-03-06T08:00:00+08:00", "passed": true, "source": "x" });
    let fact = worker.post(&path, ok).await.expect(201);
    let retract = format!("{path}/{}/retract", fact["fact_id"]);
    worker
        .post(&retract, json!({ "reason": "" }))
        .await
        .problem(422, "invalid_fields");
    worker
        .post(&format!("{path}/1/retract"), json!({ "reason": "x" }))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn the_place_follows_the_residence() {
    let test = TestApp::with_divisions().await;
    let lead = test.caller(Role::CommunityLead, "440310").await;
    let (here, there) = (
        enclosure(&test, HERE).await,
        enclosure(&test, "440310002002").await,
    );
    let home = format!("{HERE}007");
    let person = person(&test, &home).await;
    let place = |test: &TestApp| {
        let db = test.app.db.clone();
        async move {
            let db = db.client().await.unwrap();
            facts::read_states(&db, &[person])
                .await
                .unwrap()
                .remove(0)
                .place_code
        }
    };
    assert_eq!(place(&test).await, home);
    let steps = [
        ("declared", there, "440310002002000"),
        ("verified", here, "440310001001007"),
        ("away", here, "440310000000000"),
        ("declared", here, "440310001001007"),
    ];
    for (status, enclosure, expected) in steps {
        test.advance(SignedDuration::from_secs(1));
        let fact =
            json!({ "kind": "residence", "status": status, "enclosure": enclosure, "source": "x" });
        // Who moved away is out of the community's sight, so the district records.
        lead.post(&facts_path(person), fact).await.expect(201);
        assert_eq!(place(&test).await, expected, "{status}");
    }
    assert_counts_agree(&test).await;
}
