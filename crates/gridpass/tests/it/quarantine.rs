//! Quarantine orders, and the pass that turns with them.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::evidence::{
    ELSEWHERE, HERE, PROPOSALS, assert_counts_agree, assert_states_are_derived, enclosure,
    live_order, medical, order_input, person, proposal_path, red_fact, two_people,
};

const PATH: &str = "/api/v1/quarantine-orders";

fn path(order: &Value, verb: &str) -> String {
    format!("{PATH}/{}/{}/{verb}", order["person_id"], order["order_id"])
}

/// A doctor lets somebody go before the last day.
pub fn discharge() -> Value {
    json!({ "end_reason": "completed", "ground": "medical_discharge", "document": "诊断〔2020〕0317号" })
}

async fn decision(caller: &Client, person: i64) -> Value {
    let path = format!("/api/v1/people/{person}/decision");
    caller.get(&path).await.expect(200)
}

async fn live_orders(caller: &Client) -> Value {
    caller.get(PATH).await.expect(200)
}

#[tokio::test]
async fn start_turns_red_and_a_doctors_discharge_clears_what_it_was_for() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let person = person(&test, HERE).await;
    let facts = format!("/api/v1/people/{person}/facts");
    let residence = json!({ "kind": "residence", "status": "verified", "enclosure": enclosure(&test, HERE).await, "source": "x" });
    team.post(&facts, residence).await.expect(201);
    red_fact(&test, &team, person, medical("contact")).await;

    let new = order_input(person, "home", "2020-03-06", "2020-03-20");
    let started = two_people(&test, &team, new.clone()).await;
    assert_eq!(started["decision"]["colour"], "red");
    assert_eq!(started["decision"]["reason"], "quarantine");
    let order = live_order(&team, person).await;
    assert_eq!(order["order_id"], started["order_id"]);
    assert_eq!(
        (&order["status"], &order["reason"], &order["document"]),
        (
            &json!("live"),
            &json!("close_contact"),
            &json!("坪隔〔2020〕12号")
        )
    );
    team.post(PROPOSALS, new).await.problem(409, "order_exists");
    assert_eq!(live_orders(&team).await["items"][0]["name"], "李雷");

    for (whose, count) in [(person, 1), (person + 1, 0)] {
        let path = format!("{PATH}?person_id={whose}");
        let page = team.get(&path).await.expect(200);
        assert_eq!(page["persons"], count, "orders of one person");
        assert_eq!(page["items"].as_array().unwrap().len(), count);
    }

    test.advance(SignedDuration::from_hours(1));
    let order = &order;
    // Nobody completes it before its last day by their word.
    let completed = json!({ "end_reason": "completed" });
    team.post(&path(order, "release"), completed)
        .await
        .problem(409, "order_not_over");
    for wrong in [
        json!({ "end_reason": "completed", "ground": "medical_discharge" }),
        json!({ "end_reason": "cancelled" }),
        json!({ "end_reason": "cancelled", "ground": "medical_discharge" }),
    ] {
        team.post(&path(order, "release"), wrong)
            .await
            .problem(422, "invalid_fields");
    }
    let police = test.caller(Role::TeamPolice, HERE).await;
    police
        .post(&path(order, "release"), discharge())
        .await
        .problem(403, "not_allowed");
    assert_eq!(decision(&team, person).await["reason"], "quarantine");
    let released = team
        .post(&path(order, "release"), discharge())
        .await
        .expect(200);
    assert_eq!(
        released["decision"]["colour"], "green",
        "the contact is cleared"
    );
    assert_eq!(released["order"]["end_reason"], "completed");
    team.post(&path(order, "release"), discharge())
        .await
        .problem(409, "order_released");
    assert!(
        live_orders(&team).await["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let all = team
        .get(&format!("{PATH}?status=released"))
        .await
        .expect(200);
    assert_eq!(all["persons"], 1);
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn cancelled_clears_nothing_and_another_order_may_follow() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let person = person(&test, HERE).await;
    red_fact(&test, &team, person, medical("contact")).await;
    let new = order_input(person, "central", "2020-03-06", "2020-03-20");
    two_people(&test, &team, new.clone()).await;
    let released = team
        .post(
            &path(&live_order(&team, person).await, "release"),
            json!({ "end_reason": "cancelled", "ground": "taken_over" }),
        )
        .await
        .expect(200);
    assert_eq!(released["decision"]["reason"], "close_contact");
    two_people(&test, &team, new).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn extending_and_transferring_keep_what_was_true_before() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let person = person(&test, HERE).await;
    two_people(
        &test,
        &team,
        order_input(person, "home", "2020-03-06", "2020-03-08"),
    )
    .await;
    let order = live_order(&team, person).await;
    let change = |measure: Value| {
        json!({ "person_id": person, "measure": measure,
                "evidence": { "kind": "order_document", "reference": "坪隔〔2020〕31号" } })
    };
    let transfer = |place: &str| {
        change(
            json!({ "step": "transfer_quarantine", "order_id": order["order_id"], "place": place }),
        )
    };
    let extend = |end: &str| {
        change(json!({ "step": "extend_quarantine", "order_id": order["order_id"], "end": end }))
    };
    let at_home = test.now();
    test.advance(SignedDuration::from_mins(5));
    two_people(&test, &team, transfer("hospital")).await;
    let moved = live_order(&team, person).await;
    assert_ne!(moved["fact_id"], order["fact_id"]);
    team.post(PROPOSALS, transfer("hospital"))
        .await
        .problem(422, "invalid_fields");
    two_people(&test, &team, extend("2020-03-12")).await;
    let longer = live_order(&team, person).await;
    assert_eq!(
        (longer["end"].as_str(), longer["place"].as_str()),
        (Some("2020-03-12"), Some("hospital"))
    );
    for wrong in ["2020-03-11", "2020-04-04"] {
        team.post(PROPOSALS, extend(wrong))
            .await
            .problem(422, "invalid_fields");
    }

    let then = team
        .get(&format!("/api/v1/people/{person}/decision?at={at_home}"))
        .await
        .expect(200);
    assert_eq!(then["state"]["quarantine"], "home");
    assert_eq!(
        decision(&team, person).await["state"]["quarantine"],
        "hospital"
    );
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, 3);
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM fact WHERE retracted_at IS NULL")
            .await,
        1
    );

    let fact = format!(
        "/api/v1/people/{person}/facts/{}/retract",
        longer["fact_id"]
    );
    team.post(&fact, json!({ "reason": "x" }))
        .await
        .problem(409, "fact_of_order");
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn an_order_that_reaches_its_end_is_completed_by_itself() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let person = person(&test, HERE).await;
    two_people(
        &test,
        &team,
        order_input(person, "home", "2020-03-06", "2020-03-07"),
    )
    .await;
    let order = live_order(&team, person).await;
    let facts: i64 = test.scalar("SELECT count(*) FROM fact").await;
    // Sessions outlive the night only just: 8:30 and 12 hours.
    test.clock.set("2020-03-07T00:00:00+08:00".parse().unwrap());
    let team = test.caller(Role::TeamDoctor, HERE).await;
    assert_eq!(
        decision(&team, person).await["colour"],
        "yellow",
        "before any loop has run"
    );
    let longer = json!({ "person_id": person,
        "measure": { "step": "extend_quarantine", "order_id": order["order_id"], "end": "2020-03-09" },
        "evidence": { "kind": "order_document", "reference": "坪隔〔2020〕31号" } });
    team.post(PROPOSALS, longer)
        .await
        .problem(409, "order_released");
    test.settle().await;
    let all = team
        .get(&format!("{PATH}?status=released"))
        .await
        .expect(200);
    assert_eq!(all["items"][0]["end_reason"], "completed");
    assert_eq!(all["items"][0]["released_at"], "2020-03-06T16:00:00Z");
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, facts);
    two_people(
        &test,
        &team,
        order_input(person, "home", "2020-03-07", "2020-03-09"),
    )
    .await;
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn the_list_counts_people_and_households() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, "440310").await;
    let mut people = Vec::new();
    for _ in 0..4 {
        people.push(person(&test, HERE).await);
    }
    people.push(person(&test, ELSEWHERE).await);
    let db = test.app.db.client().await.unwrap();
    db.execute(
        "UPDATE person SET household_id = 9 WHERE person_id = ANY ($1)",
        &[&&people[..3]],
    )
    .await
    .unwrap();
    for person in &people {
        let new = order_input(*person, "home", "2020-03-06", "2020-03-20");
        two_people(&test, &team, new).await;
    }
    let all = live_orders(&team).await;
    assert_eq!(
        (all["persons"].as_i64(), all["households"].as_i64()),
        (Some(5), Some(3))
    );
    let here = team
        .get(&format!("{PATH}?prefix={HERE}&limit=1"))
        .await
        .expect(200);
    assert_eq!(
        (here["persons"].as_i64(), here["households"].as_i64()),
        (Some(4), Some(2))
    );
    assert_eq!(here["items"].as_array().unwrap().len(), 1);
    assert!(here["next"].is_i64());
}

#[tokio::test]
async fn who_may_order_and_where() {
    let test = TestApp::with_divisions().await;
    let person = person(&test, HERE).await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let new = order_input(person, "home", "2020-03-06", "2020-03-20");
    let outside = test.caller(Role::TeamDoctor, ELSEWHERE).await;
    outside
        .post(PROPOSALS, new.clone())
        .await
        .problem(404, "not_found");
    let lead = test.caller(Role::CommunityLead, HERE).await;
    lead.post(PROPOSALS, new.clone())
        .await
        .problem(403, "not_allowed");
    let mut no_reason = new.clone();
    no_reason.as_object_mut().unwrap().remove("reason");
    team.post(PROPOSALS, no_reason)
        .await
        .problem(422, "invalid_fields");
    let wrong = [
        ("home", "2020-03-20", "2020-03-20", "fact_invalid"),
        ("home", "2020-02-01", "2020-03-06", "invalid_fields"),
        ("moon", "2020-03-06", "2020-03-20", "invalid_fields"),
        ("home", "2020-03-06", "2020-04-20", "invalid_fields"),
    ];
    for (place, start, end, code) in wrong {
        team.post(PROPOSALS, order_input(person, place, start, end))
            .await
            .problem(422, code);
    }
    two_people(&test, &team, new).await;
    let order = live_order(&team, person).await;
    let path = path(&order, "release");
    let body = json!({ "end_reason": "cancelled", "ground": "ordered_in_error" });
    outside
        .post(&path, body.clone())
        .await
        .problem(404, "not_found");
    lead.post(&path, body).await.problem(403, "not_allowed");
    team.post(&path, json!({ "mood": 1 }))
        .await
        .problem(422, "invalid_fields");
    assert_eq!(live_orders(&lead).await["persons"], 1);
    assert_eq!(live_orders(&outside).await["persons"], 0);
    let worker = test.caller(Role::GridWorker, HERE).await;
    worker.get(PATH).await.problem(403, "not_allowed");
    test.anonymous()
        .get(PATH)
        .await
        .problem(401, "not_signed_in");
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM quarantine_order")
            .await,
        1
    );
}

#[tokio::test]
async fn starts_and_releases_that_meet_leave_one_truth() {
    let test = TestApp::with_divisions().await;
    let person = person(&test, HERE).await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let second = test.caller(Role::TeamPolice, HERE).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (team, second) = (team.clone(), second.clone());
        calls.spawn(async move {
            let new = order_input(person, "home", "2020-03-06", "2020-03-20");
            let proposed = team.post(PROPOSALS, new).await;
            if proposed.status != 201 {
                assert_eq!(proposed.status, 409);
                return;
            }
            let proposal = proposed.expect(201);
            let confirm = proposal_path(&proposal, "confirm");
            let confirmed = second.post(&confirm, json!({})).await;
            if confirmed.status == 200 {
                let order = live_order(&team, person).await;
                let body = json!({ "end_reason": "cancelled", "ground": "ordered_in_error" });
                team.post(&path(&order, "release"), body).await.expect(200);
            } else {
                confirmed.problem(409, "order_exists");
            }
        });
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap();
    }
    let live = "SELECT count(*) FROM quarantine_order WHERE status = 'live'";
    assert_eq!(test.scalar::<i64>(live).await, 0);
    assert_eq!(
        test.scalar::<i16>("SELECT quarantine FROM person_state")
            .await,
        0
    );
    let speaking = "SELECT count(*) FROM quarantine_order o JOIN fact f USING (person_id, fact_id)
        WHERE f.retracted_at IS NULL";
    let orders: i64 = test.scalar("SELECT count(*) FROM quarantine_order").await;
    assert!(orders > 0);
    assert_eq!(test.scalar::<i64>(speaking).await, orders);
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn the_history_says_who_changed_what_on_which_paper() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let person = person(&test, HERE).await;
    let mut new = order_input(person, "home", "2020-03-06", "2020-03-10");
    new["measure"]["paper"] = json!({ "date": "2020-03-07", "means": "official_document" });
    team.post(PROPOSALS, new.clone())
        .await
        .problem(422, "invalid_fields");
    new["measure"]["paper"] = json!({ "date": "2020-03-05", "means": "verbal" });
    two_people(&test, &team, new).await;
    let order = live_order(&team, person).await;
    test.advance(SignedDuration::from_hours(1));
    let change = |measure: Value, number: &str| {
        json!({ "person_id": person, "measure": measure,
                "evidence": { "kind": "order_document", "reference": number } })
    };
    let id = &order["order_id"];
    let extend = json!({ "step": "extend_quarantine", "order_id": id, "end": "2020-03-12",
        "paper": { "date": "2020-03-06", "means": "official_document" } });
    two_people(&test, &team, change(extend, "坪隔〔2020〕31号")).await;
    test.advance(SignedDuration::from_hours(1));
    let transfer = json!({ "step": "transfer_quarantine", "order_id": id, "place": "central" });
    two_people(&test, &team, change(transfer, "坪隔〔2020〕32号")).await;
    test.advance(SignedDuration::from_hours(1));
    team.post(&path(&order, "release"), discharge())
        .await
        .expect(200);

    let steps = team.get(&path(&order, "steps")).await.expect(200);
    let told: Vec<String> = steps
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            let text = |name: &str| s[name].as_str().unwrap_or("-").to_owned();
            let two = s["confirmed_by"].is_i64();
            assert!(s["by"].is_i64() && s["by_name"].is_string());
            assert_eq!(s["confirmed_by_name"].is_string(), two);
            format!(
                "{} {} {} {} {} {} {two}",
                text("step"),
                text("place"),
                text("end"),
                text("document"),
                text("document_date"),
                text("means")
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "started home 2020-03-10 坪隔〔2020〕12号 2020-03-05 verbal true",
            "extended home 2020-03-12 坪隔〔2020〕31号 2020-03-06 official_document true",
            "transferred central 2020-03-12 坪隔〔2020〕32号 - - true",
            "released central 2020-03-12 诊断〔2020〕0317号 - - false",
        ]
    );
    assert_eq!(steps[3]["ground"], "medical_discharge");
    let notice = "SELECT count(*) FROM notice WHERE template = 'order_released'";
    assert_eq!(test.scalar::<i64>(notice).await, 1);
    let outside = test.caller(Role::TeamDoctor, ELSEWHERE).await;
    outside
        .get(&path(&order, "steps"))
        .await
        .problem(404, "not_found");
    let desk = test.caller(Role::DataDesk, "").await;
    desk.get(&path(&order, "steps"))
        .await
        .problem(403, "not_allowed");

    // An order that reaches its end says so without anybody.
    two_people(
        &test,
        &team,
        order_input(person, "home", "2020-03-06", "2020-03-07"),
    )
    .await;
    let second = live_order(&team, person).await;
    test.clock.set("2020-03-07T00:00:00+08:00".parse().unwrap());
    test.settle().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let steps = team.get(&path(&second, "steps")).await.expect(200);
    assert_eq!(
        (&steps[1]["step"], &steps[1]["at"], &steps[1]["by"]),
        (
            &json!("completed"),
            &json!("2020-03-06T16:00:00Z"),
            &json!(null)
        )
    );
}
