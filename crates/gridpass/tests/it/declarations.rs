//! Declarations: asked when a rule needs them, kept whole, and what follows.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::people::{applicant, child_number, enrolled};

const DECLARATIONS: &str = "/api/v1/pass/declarations";

async fn asked(phone: &Client) -> Value {
    phone.get(DECLARATIONS).await.expect(200)[0]["asked"].clone()
}

fn journey(area: &str, from: &str, until: &str) -> Value {
    json!({ "travel": { "journey": "arrived", "legs": [
        { "area": area, "place": "武汉", "from": from, "until": until, "by": "train", "number": "G1012" }] } })
}

/// A phone in a district that knows Hubei as an area of risk.
async fn phone() -> (TestApp, Client) {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let areas = json!([{ "area_code": "42", "name_zh": "湖北省", "name_en": "Hubei", "since": "2020-01-23" }]);
    desk.put(
        "/api/v1/risk-areas",
        json!({ "version": 1, "areas": areas }),
    )
    .await
    .expect(200);
    let (phone, _) = enrolled(&test, applicant("张三", 1, "13800001234")).await;
    (test, phone)
}

#[tokio::test]
async fn what_is_answered_is_not_asked_again_until_it_is_old() {
    let (test, phone) = phone().await;
    assert_eq!(asked(&phone).await, json!(["travel", "health"]));
    let answer = json!({ "travel": { "journey": "stayed" }, "health": { "symptoms": [] } });
    phone.post(DECLARATIONS, answer).await.expect(201);
    assert_eq!(asked(&phone).await, json!([]));
    test.advance(SignedDuration::from_hours(73));
    assert_eq!(asked(&phone).await, json!(["health"]));
    test.advance(SignedDuration::from_hours(12 * 24));
    assert_eq!(asked(&phone).await, json!(["travel", "health"]));
    let before = phone.get(DECLARATIONS).await.expect(200);
    assert_eq!(before[0]["travel"]["journey"], "stayed", "to begin with");
    let clear: i64 = test
        .scalar(
            "SELECT count(*) FROM declaration WHERE position('stayed'::bytea in answer_sealed) > 0",
        )
        .await;
    assert_eq!(clear, 0);
}

#[tokio::test]
async fn a_stay_in_an_area_of_risk_turns_the_pass_yellow_and_sends_somebody() {
    let (test, phone) = phone().await;
    let elsewhere = phone
        .post(DECLARATIONS, journey("43", "2020-02-20", "2020-02-28"))
        .await
        .expect(201);
    assert_eq!(elsewhere["reason"], "unknown");
    let there = phone
        .post(DECLARATIONS, journey("4201", "2020-02-20", "2020-02-28"))
        .await
        .expect(201);
    assert_eq!(
        (&there["colour"], &there["reason"]),
        (&json!("yellow"), &json!("epidemic_area_declared"))
    );
    assert_eq!(
        asked(&phone).await,
        json!([]),
        "the rules need nothing more"
    );
    let visits: i64 = test
        .scalar("SELECT count(*) FROM outbox WHERE topic = 'visit.needed' AND payload->>'cause' = 'epidemic_area_declared'")
        .await;
    assert_eq!(visits, 1);
    let data = phone.get("/api/v1/pass/data").await.expect(200);
    assert_eq!(data["facts"]["items"][0]["certainty"], "declared");
    phone
        .post(DECLARATIONS, journey("42", "2020-03-09", "2020-03-08"))
        .await
        .problem(422, "invalid_fields");
    phone
        .post(DECLARATIONS, json!({}))
        .await
        .problem(422, "invalid_fields");
}

#[tokio::test]
async fn a_fever_by_ones_own_word_is_a_symptom_and_no_red() {
    let (_test, phone) = phone().await;
    let hot = json!({ "health": { "symptoms": ["cold_like"], "temperature": 38.6 } });
    let answer = phone.post(DECLARATIONS, hot).await.expect(201);
    assert_eq!(
        (&answer["colour"], &answer["reason"]),
        (&json!("yellow"), &json!("symptoms"))
    );
}

#[tokio::test]
async fn who_may_have_met_a_patient_is_called_on_and_stays_as_green_as_before() {
    let (test, phone) = phone().await;
    let unsure = json!({ "health": { "symptoms": [], "contact": "unsure" } });
    let answer = phone.post(DECLARATIONS, unsure).await.expect(201);
    assert_eq!(answer["reason"], "unknown");
    let visits: i64 = test
        .scalar("SELECT count(*) FROM outbox WHERE topic = 'visit.needed' AND payload->>'cause' = 'contact_declared'")
        .await;
    assert_eq!(visits, 1);
}

#[tokio::test]
async fn a_mother_answers_for_her_child_and_nobody_else_does() {
    let (test, phone) = phone().await;
    let child = json!({ "name": "张小宝", "document_type": "resident_id", "document_number": child_number(2) });
    let child = phone
        .post("/api/v1/pass/dependants", child)
        .await
        .expect(201);
    let list = phone.get(DECLARATIONS).await.expect(200);
    assert_eq!(list[1]["name"], "张小宝");
    let well = json!({ "pass_serial": child["pass_serial"], "health": { "symptoms": [] } });
    phone.post(DECLARATIONS, well.clone()).await.expect(201);
    let list = phone.get(DECLARATIONS).await.expect(200);
    assert_eq!(list[1]["asked"], json!(["travel"]));
    let (stranger, _) = enrolled(&test, applicant("李四", 3, "13900001234")).await;
    stranger
        .post(DECLARATIONS, well)
        .await
        .problem(404, "person_unknown");
}
