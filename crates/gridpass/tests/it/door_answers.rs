//! What is answered at a door: a stay denied, a household or area that does not exist, and people
//! out of reach.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::audit::of;
use crate::calls::{CALLS, Street, call, person_of, stops, street};
use crate::evidence::{
    ELSEWHERE, HERE, PROPOSALS, assert_counts_agree, assert_states_are_derived, decision_path,
    enclosure, facts_path, medical, person, red_fact, red_fact_input,
};
use crate::visits::need;

const CAUSE: &str = "epidemic_area_declared";

fn declared(area: &str) -> Value {
    json!({ "kind": "stay", "area": area, "risk": "high", "until": "2020-03-01",
            "certainty": "declared", "source": "x" })
}

async fn save(street: &Street, call_id: i64, person: Value) -> Value {
    let body = call(&street.test, call_id, json!([person]));
    let view = street.worker.post(CALLS, body).await.expect(200);
    view["results"][0].clone()
}

/// Lives there, verified, and has declared a stay.
async fn verified_with_stay(street: &Street, who: i64, call_id: i64) {
    let seen = person_of(&stops(&street.worker, "").await, who)["seen"].clone();
    let lives = json!({ "person_id": who, "outcome": "verified_moved_in", "seen": seen });
    assert_eq!(save(street, call_id, lives).await["status"], "saved");
    let path = facts_path(who);
    street
        .worker
        .post(&path, declared("4201"))
        .await
        .expect(201);
    need(&street.test, who, CAUSE).await;
}

#[tokio::test]
async fn a_declared_stay_is_cleared_at_the_door_and_a_confirmed_one_is_not() {
    let street = street().await;
    verified_with_stay(&street, street.li, 1).await;
    let decision = street
        .worker
        .get(&decision_path(street.li))
        .await
        .expect(200);
    assert_eq!(
        (&decision["colour"], &decision["reason"], &decision["rule"]),
        (&json!("yellow"), &json!(CAUSE), &json!("A7"))
    );
    let no = json!({ "person_id": street.li, "outcome": "checked", "seen": {},
        "epidemic_area_stay": { "found": false } });
    let saved = save(&street, 2, no.clone()).await;
    assert_eq!(saved["status"], "saved", "{saved}");
    assert_eq!(
        (&saved["decision"]["colour"], &saved["decision"]["rule"]),
        (&json!("green"), &json!("A11")),
        "the colour follows at once"
    );
    assert_eq!(save(&street, 2, no).await["status"], "repeated");
    let withdrawn: String = street
        .test
        .scalar("SELECT retract_reason FROM fact WHERE kind = 'stay' AND retracted_at IS NOT NULL")
        .await;
    assert_eq!(withdrawn, "not_confirmed_at_door");
    let open =
        "SELECT count(*) FROM visit WHERE status = 'open' AND cause = 'epidemic_area_declared'";
    assert_eq!(
        street.test.scalar::<i64>(open).await,
        0,
        "the visit is over"
    );
    street.test.settle().await;
    assert_eq!(street.test.scalar::<i64>(open).await, 0, "and none follows");

    // What two people answered for does not go by one worker's word.
    verified_with_stay(&street, street.han, 3).await;
    let doctor = street.test.caller(Role::TeamDoctor, HERE).await;
    red_fact(&street.test, &doctor, street.han, medical("stay")).await;
    let no = json!({ "person_id": street.han, "outcome": "checked", "seen": {},
        "epidemic_area_stay": { "found": false } });
    let saved = save(&street, 4, no).await;
    assert_eq!(
        (&saved["decision"]["colour"], &saved["decision"]["reason"]),
        (&json!("red"), &json!("epidemic_area"))
    );
    let live = "SELECT count(*) FROM fact WHERE kind = 'stay' AND retracted_at IS NULL";
    assert_eq!(street.test.scalar::<i64>(live).await, 1);
    assert_states_are_derived(&street.test).await;
    assert_counts_agree(&street.test).await;
}

#[tokio::test]
async fn the_end_of_one_visit_clears_a_declared_stay_too() {
    let street = street().await;
    verified_with_stay(&street, street.li, 1).await;
    let list = street.worker.get("/api/v1/visits").await.expect(200);
    let visits = list["items"].as_array().unwrap();
    let visit = visits.iter().find(|one| one["cause"] == CAUSE).unwrap();
    let path = format!(
        "/api/v1/visits/{}/{}/complete",
        street.li, visit["visit_id"]
    );
    let no = json!({ "found": false });
    let unseen = json!({ "outcome": "not_found", "epidemic_area_stay": no });
    let problem = street
        .worker
        .post(&path, unseen)
        .await
        .problem(422, "invalid_fields");
    assert_eq!(problem["fields"][0]["code"], "stay_not_asked");
    let seen = json!({ "outcome": "checked", "epidemic_area_stay": no });
    let done = street.worker.post(&path, seen).await.expect(200);
    assert_eq!(done["decision"]["colour"], "green");
    assert_states_are_derived(&street.test).await;
}

#[tokio::test]
async fn what_older_phones_have_kept_is_still_taken_and_half_answers_are_not() {
    let street = street().await;
    let answer = |stay: Value| json!({ "person_id": street.li, "outcome": "checked", "seen": {}, "epidemic_area_stay": stay });
    let kept = answer(json!({ "area": "42", "until": "2020-03-01" }));
    let saved = save(&street, 1001, kept).await;
    assert_eq!(saved["decision"]["reason"], CAUSE, "{saved}");
    let newer = answer(json!({ "found": true, "area": "4201", "until": "2020-03-02" }));
    assert_eq!(save(&street, 1002, newer).await["status"], "saved");
    let mut absent = answer(json!({ "found": false }));
    absent["outcome"] = json!("absent");
    absent["reason"] = json!("at_work");
    for (wrong, code) in [
        (answer(json!({ "area": "42" })), "stay_incomplete"),
        (
            answer(json!({ "found": false, "area": "42" })),
            "stay_incomplete",
        ),
        (
            answer(json!({ "area": "99", "until": "2020-03-01" })),
            "area_unknown",
        ),
        (
            answer(json!({ "area": "4299", "until": "2020-03-01" })),
            "area_unknown",
        ),
        (absent, "stay_not_asked"),
    ] {
        let body = call(&street.test, 3, json!([wrong]));
        let problem = street
            .worker
            .post(CALLS, body)
            .await
            .problem(422, "invalid_fields");
        assert_eq!(problem["fields"][0]["code"], code, "{problem}");
    }
}

#[tokio::test]
async fn a_try_in_vain_counts_also_when_the_phone_had_no_network_until_after_the_next() {
    let street = street().await;
    let before = |hours| street.test.now() - SignedDuration::from_hours(hours);
    let absent = json!({ "person_id": street.wang, "outcome": "absent", "reason": "at_work", "seen": {},
        "next_try_at": before(24) });
    let mut late = call(&street.test, 1001, json!([absent]));
    late["called_at"] = json!(before(48));
    let view = street.worker.post(CALLS, late).await.expect(200);
    assert_eq!(view["results"][0]["status"], "saved", "{view}");
    let stops = stops(&street.worker, "").await;
    assert_eq!(person_of(&stops, street.wang)["visits"][0]["tries"], 1);
}

#[tokio::test]
async fn a_call_at_the_end_of_time_is_refused_like_any_other() {
    let street = street().await;
    let person = json!({ "person_id": street.wang, "outcome": "absent", "reason": "at_work", "seen": {},
        "next_try_at": "9999-12-29T00:00:00Z" });
    let mut far = call(&street.test, 5, json!([person]));
    for at in ["9999-12-25T00:00:00Z", "-009999-01-02T01:59:59Z"] {
        far["called_at"] = at.into();
        let problem = street.worker.post(CALLS, far.clone()).await;
        let problem = problem.problem(422, "invalid_fields");
        let codes: Vec<&Value> = problem["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["code"])
            .collect();
        assert!(codes.contains(&&json!("called_at_invalid")), "{problem}");
    }
}

#[tokio::test]
async fn a_household_is_one_that_lives_there_within_reach() {
    let street = street().await;
    let moved = |call_id: i64, household: i64| {
        let person = json!({ "person_id": street.wang, "outcome": "checked", "seen": {}, "address": "3栋201",
            "household_id": household });
        call(&street.test, call_id, json!([person]))
    };
    for household in [0, -1] {
        let problem = street.worker.post(CALLS, moved(1, household)).await;
        let problem = problem.problem(422, "invalid_fields");
        assert_eq!(problem["fields"][0]["code"], "household_unknown");
    }
    let view = street.worker.post(CALLS, moved(1, 1)).await.expect(200);
    assert_eq!(
        (&view["results"][0]["status"], &view["results"][0]["code"]),
        (&json!("refused"), &json!("household_unknown"))
    );
    // Somebody lives in that one, but in another subdistrict.
    let far = person(&street.test, ELSEWHERE).await;
    let db = street.test.app.db.client().await.unwrap();
    db.execute(
        "UPDATE person SET household_id = 77 WHERE person_id = $1",
        &[&far],
    )
    .await
    .unwrap();
    let view = street.worker.post(CALLS, moved(1, 77)).await.expect(200);
    assert_eq!(view["results"][0]["code"], "household_unknown", "{view}");
    let sql = format!(
        "SELECT household_id FROM person WHERE person_id = {}",
        street.li
    );
    let theirs: i64 = street.test.scalar(&sql).await;
    let view = street
        .worker
        .post(CALLS, moved(1, theirs))
        .await
        .expect(200);
    assert_eq!(view["results"][0]["status"], "saved", "{view}");
}

#[tokio::test]
async fn everybody_named_in_a_call_is_on_record_also_out_of_reach() {
    let street = street().await;
    let someone = |id: i64| json!({ "person_id": id, "outcome": "checked", "seen": {} });
    let people = json!([
        someone(5),
        someone(street.li),
        someone(-1),
        someone(i64::MAX)
    ]);
    let view = street
        .worker
        .post(CALLS, call(&street.test, 1, people))
        .await
        .expect(200);
    let told: Vec<&Value> = view["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["status"])
        .collect();
    assert_eq!(told, ["refused", "saved", "refused", "refused"]);
    let outside = street.test.caller(Role::GridWorker, ELSEWHERE).await;
    let body = call(&street.test, 2, json!([someone(street.han)]));
    outside.post(CALLS, body).await.expect(200);
    let entries = of(&street.test, "record_calls").await;
    let told: Vec<(&str, Option<&str>, &[i64])> = entries
        .iter()
        .map(|entry| (&*entry.result, entry.code.as_deref(), &entry.subjects[..]))
        .collect();
    assert_eq!(
        told,
        [
            ("refused", Some("not_found"), &[5][..]),
            ("done", None, &[street.li][..]),
            ("refused", Some("not_found"), &[street.han][..]),
        ]
    );
}

/// Every operation whose body names people, asked about somebody who is not there: it answers, and
/// says so.
#[tokio::test]
async fn nobody_asked_about_drops_a_connection() {
    let test = TestApp::with_divisions().await;
    enclosure(&test, HERE).await;
    let now = test.now().to_string();
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    for id in [5, -1, i64::MAX] {
        let call = json!({ "call_id": 1, "called_at": now,
            "people": [{ "person_id": id, "outcome": "checked", "seen": {} }] });
        let asked = [
            (&lead, CALLS, call, 200),
            (
                &lead,
                "/api/v1/visits",
                json!({ "person_id": id, "cause": "unknown" }),
                404,
            ),
            (
                &lead,
                "/api/v1/visits/assign",
                json!({ "staff_id": 1, "visits": [{ "person_id": id, "visit_id": 7 }] }),
                200,
            ),
            (
                &lead,
                "/api/v1/papers",
                json!({ "person_id": id, "kind": "residence" }),
                404,
            ),
            (
                &lead,
                "/api/v1/appeals",
                json!({ "person_id": id, "about": "colour", "statement": "颜色有误，请核实" }),
                404,
            ),
            (
                &doctor,
                "/api/v1/break-glass",
                json!({ "person_id": id, "reason": "urgent_contact", "note": "家属报警，需立即联系本人" }),
                404,
            ),
            (
                &doctor,
                "/api/v1/red-proposals",
                crate::evidence::order_input(id, "home", "2020-03-06", "2020-03-20"),
                404,
            ),
        ];
        for (caller, path, body, status) in asked {
            let answer = caller.post(path, body).await;
            assert_eq!(answer.status, status, "{path} about {id}");
        }
    }
    for action in ["record_calls", "assign_visits"] {
        let entries = of(&test, action).await;
        let named = entries.iter().any(|entry| entry.subjects == [5]);
        assert!(named, "{action} names whom it was asked about");
    }
}

/// Whichever way a stay comes in, it was somewhere.
#[tokio::test]
async fn a_stay_is_somewhere_that_exists() {
    let street = street().await;
    for area in ["99", "4299", "420", "x"] {
        let problem = street
            .worker
            .post(&facts_path(street.li), declared(area))
            .await
            .problem(422, "fact_invalid");
        assert_eq!(problem["fields"][0]["field"], "area", "{area}: {problem}");
    }
    let doctor = street.test.caller(Role::TeamDoctor, HERE).await;
    let mut stay = medical("stay");
    stay["area"] = "99".into();
    doctor
        .post(PROPOSALS, red_fact_input(street.li, stay))
        .await
        .problem(422, "fact_invalid");
    street
        .worker
        .post(&facts_path(street.li), declared("4201"))
        .await
        .expect(201);
}
