//! What an appeal found wrong never comes back from the same evidence; new evidence counts.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{OWN, Stopped, against, decision, path, phone_of, stopped};
use crate::app::{Client, TestApp};
use crate::evidence::{
    HERE, PROPOSALS, assert_states_are_derived, colour, facts_path, live_order, medical,
    order_input, person, red_fact_input, two_people,
};
use crate::people::{applicant, enclosure, enrolled, resident_number};

#[tokio::test]
async fn a_proposal_and_a_list_with_the_same_paper_are_answered_so() {
    let test = TestApp::with_divisions().await;
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    let other = test.caller_of(Role::TeamDoctor, HERE, "区人民医院").await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let mut form = applicant("李雷", 63, "13800001234");
    form["enclosure_id"] = enclosure(&test, "金地朗悦").await.into();
    let (phone, _) = enrolled(&test, form).await;
    let who: i64 = test.scalar("SELECT person_id FROM person").await;
    crate::evidence::red_fact(&test, &doctor, who, medical("contact")).await;
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    let decide = path(who, &opened, "/decide");
    other
        .post(&decide, decision("wrong_person"))
        .await
        .expect(200);
    assert_eq!(colour(&lead, who).await, "yellow");

    let same = red_fact_input(who, medical("contact"));
    doctor
        .post(PROPOSALS, same.clone())
        .await
        .problem(409, "resolved_on_appeal");
    let mut worded = same.clone();
    worded["evidence"]["reference"] = "坪疾控流调 [2020] 17号".into();
    worded["measure"]["fact"]["last_exposed"] = "2020-03-04".into();
    doctor
        .post(PROPOSALS, worded)
        .await
        .problem(409, "resolved_on_appeal");
    let csv = format!(
        "document_number,kind,value,day,area,evidence_kind,evidence_reference\n\
         {0},contact,close,2020-03-05,,investigation,坪疾控流调〔2020〕17号\n",
        resident_number(63)
    );
    let answer = doctor
        .post_text("/api/v1/red-lists", "text/csv", csv.clone())
        .await;
    let answer = answer.expect(200);
    assert_eq!(answer["rows"][0]["code"], "resolved_on_appeal");
    assert_eq!(answer["rows"][0]["accepted"], false);
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM fact WHERE kind = 'contact'")
            .await,
        1
    );

    let fresh = csv.replace("17号", "18号");
    let answer = doctor
        .post_text("/api/v1/red-lists", "text/csv", fresh)
        .await
        .expect(201);
    assert_eq!(
        answer["rows"][0]["accepted"], true,
        "another investigation is new evidence"
    );
}

#[tokio::test]
async fn a_confirmation_that_was_under_way_records_nothing() {
    let Stopped {
        test,
        doctor,
        person,
        phone,
    } = stopped().await;
    let other = test.caller_of(Role::TeamDoctor, HERE, "区人民医院").await;
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    // The same paper, proposed once more while the appeal waits.
    let again = doctor
        .post(PROPOSALS, red_fact_input(person, medical("contact")))
        .await;
    let again = again.expect(201);
    let decide = path(person, &opened, "/decide");
    other
        .post(&decide, decision("evidence_wrong"))
        .await
        .expect(200);
    let police = test.caller_of(Role::TeamPolice, HERE, "派出所").await;
    let confirm = crate::evidence::proposal_path(&again, "confirm");
    police
        .post(&confirm, json!({}))
        .await
        .problem(409, "resolved_on_appeal");
    assert_eq!(colour(&doctor, person).await, "yellow");
}

#[tokio::test]
async fn a_stay_is_refused_from_whichever_source_for_the_same_days() {
    let test = TestApp::with_divisions().await;
    let worker = test.caller(Role::TeamWorker, HERE).await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let who = person(&test, HERE).await;
    let phone = phone_of(&test, who).await;
    let stay = |source: &str| {
        json!({ "kind": "stay", "area": "420100", "risk": "high", "until": "2020-03-01",
                "certainty": "declared", "source": source })
    };
    worker
        .post(&facts_path(who), stay("电话核查"))
        .await
        .expect(201);
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    assert_eq!(opened["cause"], "epidemic_area_declared");
    let decide = path(who, &opened, "/decide");
    worker
        .post(&decide, decision("evidence_wrong"))
        .await
        .problem(409, "appeal_own_cause");
    lead.post(&decide, decision("evidence_wrong"))
        .await
        .expect(200);
    worker
        .post(&facts_path(who), stay("电话核查"))
        .await
        .problem(409, "resolved_on_appeal");
    for source in [" 电话核查 ", "行程卡截图", "铁路名单"] {
        worker
            .post(&facts_path(who), stay(source))
            .await
            .problem(409, "resolved_on_appeal");
    }
    let on = |until: &str| {
        let mut stay = stay("铁路名单");
        stay["until"] = until.into();
        stay
    };
    for day in ["2020-02-29", "2020-03-02"] {
        worker
            .post(&facts_path(who), on(day))
            .await
            .problem(409, "resolved_on_appeal");
    }
    assert_eq!(colour_reason(&lead, who).await, "unknown");
    // Who goes there once more has been there once more, and another place is another place.
    let mut elsewhere = stay("铁路名单");
    elsewhere["area"] = "420200".into();
    worker.post(&facts_path(who), elsewhere).await.expect(201);
    worker
        .post(&facts_path(who), on("2020-03-04"))
        .await
        .expect(201);
    assert_eq!(colour_reason(&lead, who).await, "epidemic_area_declared");
}

async fn colour_reason(caller: &Client, who: i64) -> String {
    let path = crate::evidence::decision_path(who);
    let decision = caller.get(&path).await.expect(200);
    decision["reason"].as_str().unwrap().to_owned()
}

/// A proposal about an order, with its paper.
fn with_paper(mut input: Value, number: &str) -> Value {
    input["evidence"] = json!({ "kind": "order_document", "reference": number });
    input
}

#[tokio::test]
async fn an_order_found_wrong_is_wrong_with_every_paper_it_ever_had() {
    let test = TestApp::with_divisions().await;
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    let other = test.caller_of(Role::TeamDoctor, HERE, "区人民医院").await;
    let who = person(&test, HERE).await;
    let phone = phone_of(&test, who).await;
    let start = |number: &str| {
        let input = order_input(who, "home", "2020-03-06", "2020-03-08");
        with_paper(input, number)
    };
    two_people(&test, &doctor, start("坪隔2020-101号")).await;
    let id = live_order(&doctor, who).await["order_id"].clone();
    test.advance(SignedDuration::from_mins(5));
    let extend = json!({ "person_id": who, "measure": { "step": "extend_quarantine", "order_id": id,
        "end": "2020-03-12" } });
    two_people(&test, &doctor, with_paper(extend, "坪隔2020-102号")).await;
    test.advance(SignedDuration::from_mins(5));
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    assert_eq!(opened["cause"], "quarantine");
    // The order goes on while the appeal waits.
    let transfer = json!({ "person_id": who, "measure": { "step": "transfer_quarantine", "order_id": id,
        "place": "central" } });
    two_people(&test, &doctor, with_paper(transfer, "坪隔2020-103号")).await;
    let decide = path(who, &opened, "/decide");
    other
        .post(&decide, decision("evidence_wrong"))
        .await
        .expect(200);
    assert_eq!(colour(&other, who).await, "yellow");

    for number in [
        "坪隔2020-101号",
        "坪隔 2020-101 号",
        "坪隔2020-101",
        "坪隔〔2020〕第101号",
        "坪隔2020-103",
        "坪隔2020-102号",
        "坪隔2020-103号",
    ] {
        doctor
            .post(PROPOSALS, start(number))
            .await
            .problem(409, "resolved_on_appeal");
    }
    assert_eq!(colour(&other, who).await, "yellow");
    // A paper of its own is new evidence.
    two_people(&test, &doctor, start("坪隔2020-104号")).await;
    assert_eq!(colour(&other, who).await, "red");
    assert_states_are_derived(&test).await;
}

#[tokio::test]
async fn an_appeal_against_an_order_that_ended_leaves_the_next_one_alone() {
    let test = TestApp::with_divisions().await;
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    let other = test.caller_of(Role::TeamDoctor, HERE, "区人民医院").await;
    let who = person(&test, HERE).await;
    let phone = phone_of(&test, who).await;
    let start =
        |number: &str| with_paper(order_input(who, "home", "2020-03-06", "2020-03-12"), number);
    two_people(&test, &doctor, start("坪隔2020-101号")).await;
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    let order = live_order(&doctor, who).await;
    let release = format!(
        "/api/v1/quarantine-orders/{who}/{}/release",
        order["order_id"]
    );
    test.advance(SignedDuration::from_mins(5));
    let ground = json!({ "end_reason": "cancelled", "ground": "exposure_ruled_out" });
    doctor.post(&release, ground).await.expect(200);
    test.advance(SignedDuration::from_mins(5));
    two_people(&test, &doctor, start("坪隔2020-201号")).await;
    let decide = path(who, &opened, "/decide");
    other
        .post(&decide, decision("evidence_wrong"))
        .await
        .expect(200);
    assert_eq!(
        colour(&other, who).await,
        "red",
        "another order, another paper"
    );
    assert_ne!(
        live_order(&doctor, who).await["order_id"],
        order["order_id"]
    );
}

const HEADER: &str = "document_type,document_number,name,phone,origin,residence_status,enclosure_code,grid_code,\
household,address,employer_code,employment_status\n";

fn file(name: &str) -> String {
    let number = resident_number(64);
    format!("{HEADER}resident_id,{number},{name},13800001234,420100,,,,,,,\n")
}

async fn import(desk: &Client, file: String) -> (i64, String) {
    let path = "/api/v1/registry-imports?source=police";
    let view = desk.post_text(path, "text/csv", file).await.expect(200);
    let rows = format!("/api/v1/registry-imports/{}/rows", view["import_id"]);
    let rows = desk.get(&rows).await.expect(200);
    let code = rows["items"][0]["code"]
        .as_str()
        .unwrap_or("none")
        .to_owned();
    (view["conflicts"].as_i64().unwrap(), code)
}

async fn live_conflicts(test: &TestApp) -> i64 {
    let sql = "SELECT count(*) FROM fact WHERE kind = 'registry' AND body->>'status' = 'conflict' AND retracted_at IS NULL";
    test.scalar(sql).await
}

/// Somebody whom the police's file calls by another name, and an appeal against that.
async fn in_conflict() -> (TestApp, Client, Client, i64, Value) {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "440310").await;
    let mut form = applicant("李四", 64, "13800001234");
    form["enclosure_id"] = enclosure(&test, "金地朗悦").await.into();
    let (phone, _) = enrolled(&test, form).await;
    let who: i64 = test.scalar("SELECT person_id FROM person").await;
    assert_eq!(
        import(&desk, file("王五")).await,
        (1, "name_differs".into())
    );
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    assert_eq!(opened["cause"], "identity_conflict");
    assert_eq!(opened["level"], "district", "registers are the data desk's");
    (test, desk, phone, who, opened)
}

#[tokio::test]
async fn the_same_file_is_told_apart_from_a_new_one() {
    let (test, desk, _, who, opened) = in_conflict().await;
    let decide = path(who, &opened, "/decide");
    desk.post(&decide, decision("evidence_wrong"))
        .await
        .expect(200);
    assert_eq!(live_conflicts(&test).await, 0);
    let facts = "SELECT count(*) FROM fact";
    let before: i64 = test.scalar(facts).await;
    assert_eq!(
        import(&desk, file("王五")).await,
        (1, "resolved_on_appeal".into())
    );
    assert_eq!(
        test.scalar::<i64>(facts).await,
        before,
        "no fact is written"
    );
    assert_eq!(
        import(&desk, file("赵六")).await,
        (1, "name_differs".into())
    );
    assert_eq!(
        live_conflicts(&test).await,
        1,
        "another name is new evidence"
    );
}

#[tokio::test]
async fn a_conflict_is_suspended_when_nobody_decides_and_counts_again_when_it_was_right() {
    let (test, _, phone, who, opened) = in_conflict().await;
    test.advance(SignedDuration::from_hours(48));
    test.settle().await;
    let desk = test.caller(Role::DataDesk, "440310").await;
    let own = phone.get(OWN).await.expect(200);
    assert_eq!(own[0]["provisional"], "suspend_cause");
    assert_eq!(own[0]["status"], "open", "somebody still has to decide");
    assert_eq!(live_conflicts(&test).await, 0);
    let reason: String = test
        .scalar("SELECT retract_reason FROM fact WHERE kind = 'registry'")
        .await;
    assert_eq!(reason, "appeal_suspended");
    assert_eq!(
        import(&desk, file("王五")).await,
        (1, "resolved_on_appeal".into())
    );
    assert_eq!(
        live_conflicts(&test).await,
        0,
        "nor does the file bring it back meanwhile"
    );
    let decide = path(who, &opened, "/decide");
    desk.post(&decide, decision("evidence_confirmed"))
        .await
        .expect(200);
    assert_eq!(live_conflicts(&test).await, 1);
    let pass = phone.get("/api/v1/pass").await.expect(200);
    assert_eq!(pass["reason"], "identity_conflict");
    assert_eq!(
        import(&desk, file("王五")).await,
        (1, "name_differs".into())
    );
}
