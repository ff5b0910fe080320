//! Details, dependants, and the colours of the past.

use gridpass::access::Role;
use serde_json::{Value, json};

use super::{APPEALS, OWN, Stopped, against, decision, path, stopped};
use crate::app::TestApp;
use crate::evidence::{HERE, colour};
use crate::people::{applicant, enclosure, enrolled, resident_number};

#[tokio::test]
async fn a_wrong_name_is_put_right_and_a_counter_opens_for_those_without_a_phone() {
    let test = TestApp::with_divisions().await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let desk = test.caller(Role::DataDesk, "440310").await;
    let mut form = applicant("张山", 62, "13800001234");
    form["enclosure_id"] = enclosure(&test, "金地朗悦").await.into();
    let (phone, _) = enrolled(&test, form).await;
    let who: i64 = test.scalar("SELECT person_id FROM person").await;
    let mut input = against("name");
    input["person_id"] = who.into();
    let opened = lead.post(APPEALS, input.clone()).await.expect(201);
    lead.post(APPEALS, input)
        .await
        .problem(409, "appeal_exists");
    assert_eq!(opened["desk"], "data_desk");
    assert_eq!(opened["level"], "district");
    assert_eq!(opened["hindrance"], "appeal_held_above");
    let decide = path(who, &opened, "/decide");
    lead.post(&decide, decision("detail_corrected"))
        .await
        .problem(422, "invalid_fields");
    let mut right = decision("detail_corrected");
    right["correct_name"] = "张三".into();
    lead.post(&decide, right.clone())
        .await
        .problem(409, "appeal_held_above");
    let decided = desk.post(&decide, right).await.expect(200);
    assert_eq!(decided["status"], "granted");
    assert_eq!(decided["name"], "张*", "the desk sees a masked name");
    let pass = phone.get("/api/v1/pass").await.expect(200);
    assert_eq!(pass["name"], "张三");
}

#[tokio::test]
async fn a_guardian_appeals_for_a_dependant() {
    let test = TestApp::with_divisions().await;
    let (phone, view) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    let child = json!({ "name": "张小宝", "document_type": "resident_id", "document_number": resident_number(21) });
    let child = phone
        .post("/api/v1/pass/dependants", child)
        .await
        .expect(201);
    let mut input = against("colour");
    input["pass_serial"] = child["pass_serial"].clone();
    let opened = phone.post(OWN, input).await.expect(201);
    assert_eq!(opened["pass_serial"], child["pass_serial"]);
    let own = phone.post(OWN, against("colour")).await.expect(201);
    assert_eq!(own["pass_serial"], view["pass_serial"]);
    let all = phone.get(OWN).await.expect(200);
    assert_eq!(all.as_array().unwrap().len(), 2);
    let mut stranger = against("colour");
    stranger["pass_serial"] = 999_999.into();
    phone
        .post(OWN, stranger)
        .await
        .problem(404, "person_unknown");
}

#[tokio::test]
async fn the_colours_of_the_past_are_told_from_the_record() {
    let Stopped {
        test,
        doctor,
        person,
        phone,
    } = stopped().await;
    let other = test.caller_of(Role::TeamDoctor, HERE, "区人民医院").await;
    test.advance(jiff::SignedDuration::from_hours(2));
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    let decide = path(person, &opened, "/decide");
    other
        .post(&decide, decision("evidence_wrong"))
        .await
        .expect(200);
    let spans = phone.get("/api/v1/pass/history").await.expect(200);
    let told: Vec<(&str, &str)> = spans
        .as_array()
        .unwrap()
        .iter()
        .map(|span| {
            (
                span["colour"].as_str().unwrap(),
                span["cause"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("yellow", "evidence"), ("red", "first")]);
    assert_eq!(spans[0]["before"], "red");
    assert_eq!(spans[1]["until"], spans[0]["from"]);
    assert_eq!(spans[0]["until"], Value::Null);
    assert_eq!(colour(&doctor, person).await, "yellow");
}
