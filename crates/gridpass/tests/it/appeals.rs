//! Appeals: from the phone to the decision, with clocks, evidence and what never comes back.

mod again;
mod clock;
mod kinds;
mod shown;

use gridpass::access::Role;
use gridpass_types::ids::PersonId;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::evidence::{
    ELSEWHERE, HERE, assert_counts_agree, assert_states_are_derived, colour, medical, order_input,
    person, red_fact, two_people,
};
use crate::people::{applicant, enclosure, enrolled};

/// Appeals from a phone.
pub const OWN: &str = "/api/v1/pass/appeals";
/// Appeals for staff.
pub const APPEALS: &str = "/api/v1/appeals";

/// The address of one appeal's step, for staff.
pub fn path(person: i64, appeal: &Value, verb: &str) -> String {
    format!("{APPEALS}/{person}/{}{verb}", appeal["appeal_id"])
}

/// What a phone sends to appeal.
pub fn against(about: &str) -> Value {
    json!({ "about": about, "statement": "我没有接触过病例，请核实。" })
}

/// A decision with words.
pub fn decision(reason: &str) -> Value {
    json!({ "reason": reason, "text": "经电话和材料核实，处理如下。" })
}

/// A phone of somebody who was entered behind the API.
pub async fn phone_of(test: &TestApp, person_id: i64) -> Client {
    let token = format!("gph1.{person_id}.of-a-test");
    let digest = gridpass::seal::token_digest(&token);
    let db = test.app.db.client().await.unwrap();
    let (now, until) = (
        test.now(),
        test.now() + jiff::SignedDuration::from_hours(2000),
    );
    let sql = "INSERT INTO holder_session (person_id, token_digest, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    let id = PersonId::new(person_id);
    db.execute(sql, &[&id, &&digest[..], &now, &until])
        .await
        .unwrap();
    test.holder(&token)
}

/// Somebody red because of a contact, who set that, and the phone.
pub struct Stopped {
    pub test: TestApp,
    pub doctor: Client,
    pub person: i64,
    pub phone: Client,
}

pub async fn stopped() -> Stopped {
    let test = TestApp::with_divisions().await;
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    let mut form = applicant("李雷", 70, "13800001270");
    form["enclosure_id"] = enclosure(&test, "金地朗悦").await.into();
    let (phone, _) = enrolled(&test, form).await;
    let person: i64 = test.scalar("SELECT person_id FROM person").await;
    red_fact(&test, &doctor, person, medical("contact")).await;
    Stopped {
        test,
        doctor,
        person,
        phone,
    }
}

/// An account of staff that signs in anew whenever it is needed: sessions end after a day.
pub struct Account {
    id: i64,
}

impl Account {
    /// Makes one of a role in a place, with a unit of its own.
    pub async fn new(test: &TestApp, role: Role, jurisdiction: &str) -> Self {
        let unit = format!("单位-{}-{jurisdiction}", role.as_str());
        let caller = test.caller_of(role, jurisdiction, &unit).await;
        let me = caller.get("/api/v1/me").await.expect(200);
        Self {
            id: me["staff_id"].as_i64().unwrap(),
        }
    }

    /// The same person with a fresh session.
    pub async fn caller(&self, test: &TestApp) -> Client {
        let sql = format!("SELECT username FROM staff WHERE staff_id = {}", self.id);
        let username: String = test.scalar(&sql).await;
        test.sign_in(&username, "correct horse battery").await
    }
}

pub async fn templates(test: &TestApp) -> Vec<String> {
    test.scalar(
        "SELECT array_agg(template ORDER BY notice_id) FROM notice WHERE template LIKE 'appeal%'",
    )
    .await
}

#[tokio::test]
async fn from_the_phone_to_the_decision() {
    let test = TestApp::with_divisions().await;
    let lead = test
        .caller_of(Role::CommunityLead, HERE, "六联社区居委会")
        .await;
    let desk = test.caller(Role::DataDesk, "440310").await;
    let number = json!({ "phone": "0755-28330000" });
    desk.put("/api/v1/divisions/440310/phone", number)
        .await
        .expect(200);
    let mut form = applicant("张三", 60, "13800001234");
    form["enclosure_id"] = enclosure(&test, "金地朗悦").await.into();
    let (phone, _) = enrolled(&test, form).await;
    let who: i64 = test.scalar("SELECT person_id FROM person").await;

    let opened = phone
        .post_with_key(OWN, "a1", against("colour"))
        .await
        .expect(201);
    let again = phone
        .post_with_key(OWN, "a1", against("colour"))
        .await
        .expect(201);
    assert_eq!(opened, again, "a repeated key opens one");
    assert_eq!(opened["kind"], "yellow");
    assert_eq!(opened["cause"], "residence_unverified");
    assert_eq!(opened["level"], "community");
    assert_eq!(opened["responsible"]["phone"], "0755-28330000");
    let unit = opened["responsible"]["unit_zh"].as_str().unwrap();
    assert!(unit.contains("社区") && unit.ends_with("居委会"), "{unit}");
    assert_eq!(opened["due_at"], "2020-03-08T00:30:00Z", "48 hours");
    phone
        .post(OWN, against("colour"))
        .await
        .problem(409, "appeal_exists");

    let inbox = lead.get(&format!("{APPEALS}?whose=mine")).await.expect(200);
    assert_eq!(inbox["items"][0]["name"], "张三");
    assert_eq!(inbox["items"][0]["mine"], true);
    assert_eq!(inbox["items"][0]["late"], false);
    let detail = lead.get(&path(who, &opened, "")).await.expect(200);
    assert_eq!(detail["statement"], "我没有接触过病例，请核实。");
    assert_eq!(detail["owner"]["unit"], "六联社区居委会");
    assert!(
        detail["facts"].as_array().unwrap().is_empty(),
        "evidence is missing"
    );
    let sealed: bool = test
        .scalar("SELECT position('核实'::bytea in statement_sealed) = 0 FROM appeal")
        .await;
    assert!(sealed, "what the person wrote is sealed");

    let decide = path(who, &opened, "/decide");
    let unfit = lead.post(&decide, decision("evidence_wrong")).await;
    assert_eq!(
        unfit.problem(422, "invalid_fields")["fields"][0]["field"],
        "reason"
    );
    let decided = lead
        .post(&decide, decision("visit_ordered"))
        .await
        .expect(200);
    assert_eq!(decided["status"], "granted");
    let same = lead
        .post(&decide, decision("visit_ordered"))
        .await
        .expect(200);
    assert_eq!(same["decided_at"], decided["decided_at"]);
    lead.post(&decide, decision("nothing_shown"))
        .await
        .problem(409, "appeal_closed");
    test.settle().await;
    let visits = lead.get("/api/v1/visits").await.expect(200);
    let causes = visits["items"].as_array().unwrap().iter();
    assert!(
        causes
            .clone()
            .any(|visit| visit["cause"] == "residence_unverified")
    );

    let own = phone.get(OWN).await.expect(200);
    assert_eq!(own[0]["status"], "granted");
    assert_eq!(own[0]["decision_text"], "经电话和材料核实，处理如下。");
    assert!(own[0]["reason_zh"].as_str().unwrap().contains("网格员"));
    assert!(
        !own.to_string().contains("staff_id"),
        "a person sees units, no names"
    );
    assert_eq!(templates(&test).await, ["appeal_opened", "appeal_decided"]);
}

#[tokio::test]
async fn the_explanation_names_unit_phone_and_who_set_it() {
    let Stopped {
        test,
        doctor,
        person,
        phone,
        ..
    } = stopped().await;
    let desk = test.caller(Role::SubdistrictOfficer, "440310001").await;
    let number = json!({ "phone": "0755-84622000" });
    desk.put("/api/v1/divisions/440310001001/phone", number)
        .await
        .expect(200);
    let why = phone.get("/api/v1/pass/explanation").await.expect(200);
    let why = &why[0];
    assert_eq!(why["decision"]["colour"], "red");
    assert_eq!(why["can_appeal"], true);
    assert_eq!(why["responsible"]["phone"], "0755-84622000");
    assert!(
        why["responsible"]["unit_zh"]
            .as_str()
            .unwrap()
            .ends_with("三位一体小组")
    );
    assert_eq!(why["set_by"][0]["kind"], "contact");
    assert_eq!(
        why["set_by"][0]["units"],
        json!(["单位-team_doctor", "另一单位"])
    );
    assert!(why["plain"]["lift_zh"].as_str().unwrap().contains("14 天"));
    let elsewhere = test.caller(Role::SubdistrictOfficer, ELSEWHERE).await;
    let number = json!({ "phone": "12345" });
    elsewhere
        .put("/api/v1/divisions/440310001001/phone", number.clone())
        .await
        .problem(404, "not_found");
    doctor
        .put("/api/v1/divisions/440310001001/phone", number)
        .await
        .problem(403, "not_allowed");
    assert_eq!(colour(&doctor, person).await, "red");
}

#[tokio::test]
async fn nobody_decides_about_what_they_set_and_a_doctor_takes_medical_evidence_back() {
    let Stopped {
        test,
        doctor,
        person,
        phone,
    } = stopped().await;
    let other = test.caller_of(Role::TeamDoctor, HERE, "区人民医院").await;
    let police = test.caller(Role::TeamPolice, HERE).await;
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    assert_eq!(opened["kind"], "red");
    let decide = path(person, &opened, "/decide");
    let detail = other.get(&path(person, &opened, "")).await.expect(200);
    assert_eq!(detail["mine"], true, "a doctor who did not set it has it");
    assert_eq!(detail["medical"], true);
    assert_eq!(detail["facts"][0]["kind"], "contact");
    doctor
        .post(&decide, decision("evidence_wrong"))
        .await
        .problem(409, "appeal_own_cause");
    police
        .post(&decide, decision("evidence_wrong"))
        .await
        .problem(409, "appeal_needs_doctor");
    other
        .post(&decide, decision("evidence_wrong"))
        .await
        .expect(200);
    assert_eq!(colour(&doctor, person).await, "yellow");
    let reason: String = test
        .scalar("SELECT retract_reason FROM fact WHERE kind = 'contact'")
        .await;
    assert_eq!(reason, "appeal_granted");
    phone
        .post(
            OWN,
            json!({ "about": "colour", "statement": "还是黄证，不对" }),
        )
        .await
        .expect(201);
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn an_order_that_was_wrong_is_cancelled() {
    let test = TestApp::with_divisions().await;
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    let other = test.caller_of(Role::TeamDoctor, HERE, "区人民医院").await;
    let person = person(&test, HERE).await;
    let input = order_input(person, "home", "2020-03-06", "2020-03-20");
    two_people(&test, &doctor, input.clone()).await;
    let phone = phone_of(&test, person).await;
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    assert_eq!(opened["cause"], "quarantine");
    let decide = path(person, &opened, "/decide");
    other
        .post(&decide, decision("wrong_person"))
        .await
        .expect(200);
    assert_eq!(colour(&doctor, person).await, "yellow");
    let status: String = test.scalar("SELECT status FROM quarantine_order").await;
    assert_eq!(status, "released");
    doctor
        .post("/api/v1/red-proposals", input)
        .await
        .problem(409, "resolved_on_appeal");
    assert_states_are_derived(&test).await;
}

#[tokio::test]
async fn outside_it_is_not_there_and_without_the_permission_it_is_refused() {
    let Stopped {
        test,
        person,
        phone,
        ..
    } = stopped().await;
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    let outside = test.caller(Role::TeamDoctor, ELSEWHERE).await;
    let lead_outside = test.caller(Role::CommunityLead, ELSEWHERE).await;
    let guard = test.caller(Role::GateGuard, HERE).await;
    for (verb, body) in [
        ("/decide", decision("nothing_shown")),
        ("/assign", json!({ "staff_id": 1 })),
    ] {
        lead_outside
            .post(&path(person, &opened, verb), body.clone())
            .await
            .problem(404, "not_found");
        guard
            .post(&path(person, &opened, verb), body)
            .await
            .problem(403, "not_allowed");
    }
    outside
        .get(&path(person, &opened, ""))
        .await
        .problem(404, "not_found");
    let inbox = outside.get(APPEALS).await.expect(200);
    assert!(inbox["items"].as_array().unwrap().is_empty());
    guard.get(APPEALS).await.problem(403, "not_allowed");
    test.anonymous()
        .get(APPEALS)
        .await
        .problem(401, "not_signed_in");
    test.resident().get(OWN).await.problem(401, "not_signed_in");
    let (stranger, _) = enrolled(&test, applicant("李四", 61, "13900001234")).await;
    let withdraw = format!("{OWN}/{}/withdraw", opened["appeal_id"]);
    stranger
        .post(&withdraw, json!({}))
        .await
        .problem(404, "not_found");
    for body in [
        json!({ "about": "colour", "statement": "短" }),
        json!({ "about": "colour", "statement": "长".repeat(1001) }),
        json!({ "about": "weather", "statement": "天气不对，请核实" }),
        json!({ "about": "colour" }),
    ] {
        phone.post(OWN, body).await.problem(422, "invalid_fields");
    }
}

#[tokio::test]
async fn it_is_given_to_somebody_fit_and_taken_back_by_the_person() {
    let Stopped {
        test,
        doctor,
        person,
        phone,
    } = stopped().await;
    let worker = test.caller(Role::TeamWorker, HERE).await;
    let other = test.caller_of(Role::TeamDoctor, HERE, "区人民医院").await;
    let opened = phone.post(OWN, against("colour")).await.expect(201);
    let fit = worker
        .get(&path(person, &opened, "/assignees"))
        .await
        .expect(200);
    let fit: Vec<i64> = fit
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["staff_id"].as_i64().unwrap())
        .collect();
    let id = |me: Value| me["staff_id"].as_i64().unwrap();
    let me = id(worker.get("/api/v1/me").await.expect(200));
    let setter = id(doctor.get("/api/v1/me").await.expect(200));
    let second = id(other.get("/api/v1/me").await.expect(200));
    assert!(fit.contains(&me) && fit.contains(&second) && !fit.contains(&setter));
    let assign = path(person, &opened, "/assign");
    let given = worker
        .post(&assign, json!({ "staff_id": me }))
        .await
        .expect(200);
    assert_eq!(given["mine"], true);
    assert_eq!(given["due_at"], opened["due_at"], "the clock goes on");
    let refused = worker.post(&assign, json!({ "staff_id": setter })).await;
    refused.problem(422, "invalid_fields");
    let withdraw = format!("{OWN}/{}/withdraw", opened["appeal_id"]);
    let gone = phone.post(&withdraw, json!({})).await.expect(200);
    assert_eq!(gone["status"], "withdrawn");
    phone.post(&withdraw, json!({})).await.expect(200);
    worker
        .post(&assign, json!({ "staff_id": me }))
        .await
        .problem(409, "appeal_closed");
    let kinds = gone["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["kind"].as_str().unwrap());
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        ["opened", "assigned", "withdrawn"]
    );
    for _ in 0..9 {
        let next = phone.post(OWN, against("colour")).await.expect(201);
        let withdraw = format!("{OWN}/{}/withdraw", next["appeal_id"]);
        phone.post(&withdraw, json!({})).await.expect(200);
    }
    let eleventh = phone.post(OWN, against("colour")).await;
    eleventh.problem(429, "too_many_tries");
}
