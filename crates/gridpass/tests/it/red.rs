//! What turns a pass red: two people of different units, evidence, an end.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::evidence::{
    ELSEWHERE, HERE, PROPOSALS, assert_counts_agree, assert_states_are_derived, colour, facts_path,
    medical, order_input, person, proposal_path, red_fact, red_fact_input,
};

struct Scene {
    test: TestApp,
    doctor: Client,
    police: Client,
    person: i64,
}

async fn scene() -> Scene {
    let test = TestApp::with_divisions().await;
    let doctor = test
        .caller_of(Role::TeamDoctor, HERE, "社区健康服务中心")
        .await;
    let police = test.caller_of(Role::TeamPolice, HERE, "派出所").await;
    let person = person(&test, HERE).await;
    Scene {
        test,
        doctor,
        police,
        person,
    }
}

fn case(person: i64) -> Value {
    red_fact_input(person, medical("case"))
}

#[tokio::test]
async fn a_proposal_changes_nothing_until_another_unit_confirms() {
    let Scene {
        test,
        doctor,
        police,
        person,
    } = scene().await;
    let proposal = doctor
        .post_with_key(PROPOSALS, "p1", case(person))
        .await
        .expect(201);
    let again = doctor
        .post_with_key(PROPOSALS, "p1", case(person))
        .await
        .expect(201);
    assert_eq!(proposal, again, "a repeated key proposes once");
    assert_eq!(proposal["status"], "open");
    assert_eq!(proposal["hindrance"], "red_same_account");
    assert_eq!(proposal["until"], "2020-04-05");
    doctor
        .post(PROPOSALS, case(person))
        .await
        .problem(409, "proposal_exists");
    assert_eq!(colour(&doctor, person).await, "yellow");
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, 0);

    let inbox = police.get(PROPOSALS).await.expect(200);
    assert_eq!(inbox["items"][0]["name"], "李雷");
    assert_eq!(inbox["items"][0]["colour"], "yellow");
    assert_eq!(inbox["items"][0]["hindrance"], Value::Null);
    let confirm = proposal_path(&proposal, "confirm");
    let confirmed = police.post(&confirm, json!({})).await.expect(200);
    assert_eq!(confirmed["decision"]["colour"], "red");
    assert_eq!(confirmed["proposal"]["status"], "confirmed");
    assert_eq!(confirmed["proposal"]["decided_unit"], "派出所");
    let notice = "SELECT parameters->>'unit' FROM notice WHERE template = 'stopped'";
    assert_eq!(test.scalar::<String>(notice).await, "社区健康服务中心");
    let same = police.post(&confirm, json!({})).await.expect(200);
    assert_eq!(same["proposal"], confirmed["proposal"], "answered alike");

    let facts = doctor.get(&facts_path(person)).await.expect(200);
    let fact = &facts["items"][0];
    assert_eq!(fact["reason"], "case_confirmed");
    assert_eq!(fact["evidence_kind"], "lab_report");
    assert_eq!(fact["evidence_reference"], "PCR-2020030617");
    assert_eq!(fact["recorded_by"], proposal["proposed_by"]);
    assert_eq!(fact["confirmed_by"], confirmed["proposal"]["decided_by"]);
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn not_the_same_account_and_not_the_same_unit() {
    let Scene {
        test,
        doctor,
        police,
        person,
    } = scene().await;
    let proposal = doctor.post(PROPOSALS, case(person)).await.expect(201);
    let confirm = proposal_path(&proposal, "confirm");
    doctor
        .post(&confirm, json!({}))
        .await
        .problem(409, "red_same_account");
    let colleague = test
        .caller_of(Role::TeamDoctor, HERE, "社区健康服务中心")
        .await;
    colleague
        .post(&confirm, json!({}))
        .await
        .problem(409, "red_same_unit");
    let worker = test.caller(Role::GridWorker, HERE).await;
    worker
        .post(&confirm, json!({}))
        .await
        .problem(403, "not_allowed");
    let outside = test.caller(Role::TeamPolice, ELSEWHERE).await;
    for verb in ["confirm", "refuse", "withdraw"] {
        outside
            .post(&proposal_path(&proposal, verb), json!({}))
            .await
            .problem(404, "not_found");
    }
    let outside = outside.get(PROPOSALS).await.expect(200);
    assert!(outside["items"].as_array().unwrap().is_empty());
    assert_eq!(colour(&doctor, person).await, "yellow");
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, 0);
    test.anonymous()
        .post(&confirm, json!({}))
        .await
        .problem(401, "not_signed_in");
    police.post(&confirm, json!({})).await.expect(200);
}

#[tokio::test]
async fn no_way_around_two_people() {
    let Scene {
        test,
        doctor,
        person,
        ..
    } = scene().await;
    let path = facts_path(person);
    let fever = json!({ "kind": "health", "at": "2020-03-06T08:00:00+08:00", "temperature": 38.2, "source": "x" });
    for mut fact in [
        medical("case"),
        medical("contact"),
        medical("quarantine"),
        medical("stay"),
        fever,
    ] {
        fact["source"] = "x".into();
        doctor.post(&path, fact).await.problem(409, "red_needs_two");
    }
    let contact = red_fact_input(person, medical("contact"));
    let mut free_text = contact.clone();
    free_text["evidence"]["reference"] = "领导要求".into();
    let mut other_kind = contact.clone();
    other_kind["evidence"]["kind"] = "device_reading".into();
    let mut forever = contact.clone();
    forever["until"] = "2020-03-20".into();
    let mut phone = contact.clone();
    phone["evidence"]["reference"] = "13800138000".into();
    for wrong in [free_text, other_kind, forever, phone] {
        doctor
            .post(PROPOSALS, wrong)
            .await
            .problem(422, "invalid_fields");
    }
    let mut unknown = contact.clone();
    unknown["reason"] = "petitioner".into();
    doctor
        .post(PROPOSALS, unknown)
        .await
        .problem(422, "invalid_fields");
    let mut other_reason = contact;
    other_reason["reason"] = "case_confirmed".into();
    doctor
        .post(PROPOSALS, other_reason)
        .await
        .problem(422, "red_no_ground");
    let conflict = json!({ "kind": "registry", "status": "conflict", "registry_source": "p" });
    doctor
        .post(PROPOSALS, red_fact_input(person, conflict))
        .await
        .problem(422, "red_no_ground");
    let secondary =
        json!({ "kind": "contact", "level": "secondary", "last_exposed": "2020-03-05" });
    doctor
        .post(PROPOSALS, red_fact_input(person, secondary))
        .await
        .problem(422, "red_not_needed");
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM red_proposal")
            .await,
        0
    );
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, 0);
}

#[tokio::test]
async fn the_table_itself_refuses_one_person_twice() {
    let Scene { test, .. } = scene().await;
    let sql = "INSERT INTO fact (person_id, fact_id, kind, body, source, recorded_at, recorded_by,
            reason, evidence_kind, evidence_reference, confirmed_by)
        VALUES (1, 1, 'case', '{}', 'x', '2020-03-06Z', 7, 'case_confirmed', 'lab_report', 'PCR-1', 7)";
    let db = test.app.db.client().await.unwrap();
    let refused = db.execute(sql, &[]).await.unwrap_err();
    let constraint = refused.as_db_error().unwrap().constraint();
    assert_eq!(constraint, Some("fact_two_people"));
}

#[tokio::test]
async fn refused_withdrawn_and_lapsed_proposals_never_act() {
    let Scene {
        test,
        doctor,
        police,
        person,
    } = scene().await;
    let first = doctor.post(PROPOSALS, case(person)).await.expect(201);
    police
        .post(&proposal_path(&first, "withdraw"), json!({}))
        .await
        .problem(409, "proposal_not_yours");
    doctor
        .post(&proposal_path(&first, "refuse"), json!({}))
        .await
        .problem(409, "red_same_account");
    let refused = police
        .post(&proposal_path(&first, "refuse"), json!({}))
        .await
        .expect(200);
    assert_eq!(refused["status"], "refused");

    let second = doctor.post(PROPOSALS, case(person)).await.expect(201);
    let withdrawn = doctor
        .post(&proposal_path(&second, "withdraw"), json!({}))
        .await
        .expect(200);
    assert_eq!(withdrawn["status"], "withdrawn");

    let third = doctor.post(PROPOSALS, case(person)).await.expect(201);
    test.advance(SignedDuration::from_hours(24));
    let police = test.caller_of(Role::TeamPolice, HERE, "派出所").await;
    for proposal in [&first, &second, &third] {
        police
            .post(&proposal_path(proposal, "confirm"), json!({}))
            .await
            .problem(409, "proposal_decided");
    }
    test.settle().await;
    let lapsed = police
        .get(&format!("{PROPOSALS}?status=lapsed&person_id={person}"))
        .await
        .expect(200);
    assert_eq!(lapsed["items"][0]["proposal_id"], third["proposal_id"]);
    assert_eq!(lapsed["items"][0]["decided_by"], Value::Null);
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, 0);
    let fourth = test.caller(Role::TeamDoctor, HERE).await;
    fourth.post(PROPOSALS, case(person)).await.expect(201);
}

#[tokio::test]
async fn a_case_is_over_by_itself_and_may_be_withdrawn_before() {
    let Scene {
        test,
        doctor,
        person,
        ..
    } = scene().await;
    let mut input = case(person);
    input["until"] = "2020-03-10".into();
    let proposal = doctor.post(PROPOSALS, input).await.expect(201);
    let second = test.caller(Role::CommunityLead, HERE).await;
    let confirmed = second
        .post(&proposal_path(&proposal, "confirm"), json!({}))
        .await
        .expect(200);
    assert_eq!(confirmed["decision"]["valid_until"], "2020-03-09T16:00:00Z");
    test.clock.set("2020-03-09T23:59:59+08:00".parse().unwrap());
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    assert_eq!(colour(&doctor, person).await, "red");
    test.clock.set("2020-03-10T00:00:00+08:00".parse().unwrap());
    assert_eq!(colour(&doctor, person).await, "yellow");
    test.settle().await;
    assert_eq!(
        test.scalar::<i16>("SELECT colour FROM person_state").await,
        1
    );
    assert_states_are_derived(&test).await;

    let confirmed = red_fact(&test, &doctor, person, medical("case")).await;
    assert_eq!(confirmed["decision"]["colour"], "red");
    let fact_id = &confirmed["proposal"]["fact_id"];
    let retract = format!("{}/{fact_id}/retract", facts_path(person));
    let back = doctor
        .post(&retract, json!({ "reason": "复检阴性" }))
        .await
        .expect(200);
    assert_eq!(back["decision"]["colour"], "yellow", "one person is enough");
    doctor
        .post(&retract, json!({ "reason": "again" }))
        .await
        .problem(409, "fact_retracted");
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn one_person_stops_twenty_within_an_hour_however_many_ask_at_once() {
    let Scene { test, doctor, .. } = scene().await;
    let node = TestApp::start_on(test.config.clone(), test.clock.clone()).await;
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..26 {
        let person = person(&test, HERE).await;
        let here = if n % 2 == 0 { &test } else { &node };
        let doctor = here.with_token(doctor.token());
        calls.spawn(async move {
            let new = order_input(person, "home", "2020-03-06", "2020-03-20");
            let answer = doctor.post(PROPOSALS, new).await;
            match answer.status.as_u16() {
                201 => true,
                429 => {
                    answer.problem(429, "red_cap_reached");
                    false
                }
                other => panic!("{other}"),
            }
        });
    }
    let mut proposed = 0;
    while let Some(done) = calls.join_next().await {
        proposed += u32::from(done.unwrap());
    }
    assert_eq!(proposed, 20, "two nodes do not double the cap");
    test.advance(SignedDuration::from_mins(61));
    let someone = person(&test, HERE).await;
    let new = order_input(someone, "home", "2020-03-06", "2020-03-20");
    doctor.post(PROPOSALS, new).await.expect(201);
}

#[tokio::test]
async fn two_confirmations_at_once_record_one_fact() {
    let Scene {
        test,
        doctor,
        police,
        person,
    } = scene().await;
    let proposal = doctor.post(PROPOSALS, case(person)).await.expect(201);
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let path = proposal_path(&proposal, "confirm");
    let (a, b) = tokio::join!(police.post(&path, json!({})), lead.post(&path, json!({})));
    let mut both = [a.status.as_u16(), b.status.as_u16()];
    both.sort_unstable();
    assert_eq!(both, [200, 409]);
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, 1);
}
