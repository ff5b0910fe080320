//! One number, two people who gave it: what each of them has meanwhile, and how it ends.

use jiff::SignedDuration;
use serde_json::json;

use super::*;

const HERE: &str = "440310001001";
const OWNER: &str = "13800001234";
const OTHER: &str = "13900001234";

/// Somebody whom the counter entered with a home, and the counter.
async fn entered(test: &TestApp) -> (Client, Value) {
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let home = enclosure(test, "六联新村").await;
    let body = json!({ "name": "陈婆婆", "document_type": "resident_id", "document_number": resident_number(11),
                       "phone": OWNER, "enclosure_id": home, "address": "7栋0301" });
    let person = lead.post("/api/v1/people", body).await.expect(201);
    (lead, person)
}

fn claims_path(person_id: &Value) -> String {
    format!("/api/v1/people/{person_id}/number-claims")
}

async fn verify(
    test: &TestApp,
    lead: &Client,
    person_id: &Value,
    enclosure: &Value,
) -> crate::app::Answer {
    test.settle().await;
    let path = format!("/api/v1/visits?person_id={person_id}");
    let visit = lead.get(&path).await.expect(200)["items"][0].clone();
    let path = format!(
        "/api/v1/visits/{}/{}/complete",
        visit["person_id"], visit["visit_id"]
    );
    let found = json!({ "outcome": "verified_moved_in", "enclosure_id": enclosure });
    lead.post(&path, found).await
}

#[tokio::test]
async fn a_stranger_with_name_and_number_gets_nothing_of_the_record() {
    let test = TestApp::with_divisions().await;
    let (lead, person) = entered(&test).await;
    let mut form = applicant("陈婆婆", 11, OTHER);
    let home = lead.get("/api/v1/enclosures").await.expect(200)["items"][0]["enclosure_id"].clone();
    form["enclosure_id"] = home.clone();
    let (stranger, view) = enrolled(&test, form.clone()).await;
    assert_ne!(view["pass_serial"], person["pass_serial"]);
    assert_eq!(view["pass"]["reason"], "residence_unverified");
    assert_eq!(
        view["pass"]["home_asked"], true,
        "no address of the record held"
    );
    let data = stranger
        .get("/api/v1/pass/data")
        .await
        .expect(200)
        .to_string();
    assert!(
        !data.contains("7栋0301") && !data.contains("number_claim"),
        "{data}"
    );
    // Again, on the same phone, it is the same pass, and one visit.
    let (stranger, again) = enrolled(&test, form).await;
    assert_eq!(again["pass_serial"], view["pass_serial"]);
    // A grid worker cannot make it green before the number is decided.
    let claims = lead
        .get(&claims_path(&person["person_id"]))
        .await
        .expect(200);
    assert_eq!(claims.as_array().unwrap().len(), 1);
    let claim = &claims[0];
    assert_eq!(claim["pass_serial"], view["pass_serial"]);
    assert_eq!(claim["held"]["person_id"], person["person_id"]);
    let applicant = claim["applicant"]["person_id"].clone();
    let worker = test.caller(Role::GridWorker, HERE).await;
    verify(&test, &worker, &applicant, &home)
        .await
        .problem(409, "number_claimed");
    // Not theirs: the pass ends, and what it showed counts no more.
    let decision = json!({ "pass_serial": view["pass_serial"], "outcome": "not_theirs" });
    lead.post(&claims_path(&person["person_id"]), decision.clone())
        .await
        .expect(204);
    stranger
        .get("/api/v1/pass")
        .await
        .problem(401, "session_expired");
    lead.post(&claims_path(&person["person_id"]), decision)
        .await
        .problem(404, "not_found");
    verify(&test, &worker, &applicant, &home)
        .await
        .problem(409, "number_claimed");
    // The owner is not touched by any of it.
    let (_, own) = enrolled(&test, super::applicant("陈婆婆", 11, OWNER)).await;
    assert_eq!(own["pass_serial"], person["pass_serial"]);
}

#[tokio::test]
async fn the_right_person_is_joined_with_the_record_by_who_saw_the_document() {
    let test = TestApp::with_divisions().await;
    // A stranger was first: the number is held under another name, from another phone.
    let (stranger, first) = enrolled(&test, applicant("赵某甲", 12, OWNER)).await;
    let (own, view) = enrolled(&test, applicant("陈婆婆", 12, OTHER)).await;
    assert_ne!(view["pass_serial"], first["pass_serial"]);
    let desk = test.caller(Role::CommunityLead, "440310").await;
    let search = json!({ "document_type": "resident_id", "document_number": resident_number(12) });
    let held = desk.post("/api/v1/people/search", search).await.expect(200);
    assert_eq!(held["pass_serial"], first["pass_serial"]);
    let path = claims_path(&held["person_id"]);
    let claims = desk.get(&path).await.expect(200);
    assert_eq!(claims[0]["pass_serial"], view["pass_serial"]);
    let elsewhere = test.caller(Role::CommunityLead, HERE).await;
    elsewhere.get(&path).await.problem(404, "not_found");
    let supervisor = test.caller(Role::DataDesk, "").await;
    supervisor.get(&path).await.problem(403, "not_allowed");
    let wrong = json!({ "pass_serial": view["pass_serial"], "outcome": "same_person", "name": "" });
    desk.post(&path, wrong).await.problem(422, "invalid_fields");
    let decision =
        json!({ "pass_serial": view["pass_serial"], "outcome": "same_person", "name": "陈婆婆" });
    desk.post(&path, decision).await.expect(204);
    own.get("/api/v1/pass")
        .await
        .problem(401, "session_expired");
    stranger
        .get("/api/v1/pass")
        .await
        .problem(401, "phone_replaced");
    test.advance(SignedDuration::from_mins(2));
    let (own, joined) = enrolled(&test, applicant("陈婆婆", 12, OTHER)).await;
    assert_eq!(joined["pass_serial"], first["pass_serial"]);
    let pass = own.get("/api/v1/pass").await.expect(200);
    assert_eq!(pass["name"], "陈婆婆");
    assert_eq!(desk.get(&path).await.expect(200), json!([]));
}

#[tokio::test]
async fn another_person_gets_the_number_of_the_document_and_may_become_green() {
    let test = TestApp::with_divisions().await;
    let (lead, person) = entered(&test).await;
    let home = lead.get("/api/v1/enclosures").await.expect(200)["items"][0]["enclosure_id"].clone();
    let mut form = applicant("陈小妹", 11, OTHER);
    form["enclosure_id"] = home.clone();
    let (own, view) = enrolled(&test, form).await;
    let path = claims_path(&person["person_id"]);
    let decide = |number: Option<String>| {
        let mut body = json!({ "pass_serial": view["pass_serial"], "outcome": "other_number" });
        if let Some(number) = number {
            body["document_type"] = "resident_id".into();
            body["document_number"] = number.into();
        }
        body
    };
    lead.post(&path, decide(None))
        .await
        .problem(422, "invalid_fields");
    lead.post(&path, decide(Some("440399198001010014".to_owned())))
        .await
        .problem(422, "invalid_fields");
    // The number that is held stays held.
    lead.post(&path, decide(Some(resident_number(11))))
        .await
        .problem(409, "already_enrolled");
    lead.post(&path, decide(Some(resident_number(13))))
        .await
        .expect(204);
    let pass = own.get("/api/v1/pass").await.expect(200);
    let masked = format!("4403**********{}", &resident_number(13)[14..]);
    assert_eq!(pass["document_masked"], masked);
    let search = json!({ "document_type": "resident_id", "document_number": resident_number(13) });
    let found = lead.post("/api/v1/people/search", search).await.expect(200);
    assert_eq!(found["pass_serial"], view["pass_serial"]);
    let worker = test.caller(Role::GridWorker, HERE).await;
    let done = verify(&test, &worker, &found["person_id"], &home)
        .await
        .expect(200);
    assert_eq!(done["decision"]["colour"], "green");
}

#[tokio::test]
async fn a_record_elsewhere_is_written_by_its_own_community_only() {
    let test = TestApp::with_divisions().await;
    let (lead, person) = entered(&test).await;
    let there = test.caller(Role::CommunityLead, "440310002001").await;
    let desk = test.caller(Role::DataDesk, "").await;
    let new = json!({ "name": "远方苑", "kind": "estate", "community_code": "440310002001" });
    let far = desk.post("/api/v1/enclosures", new).await.expect(201)["enclosure_id"].clone();
    let mut form = applicant("陈婆婆", 11, OTHER);
    form["enclosure_id"] = far;
    let (_, view) = enrolled(&test, form).await;
    let applicant: i64 = test.scalar("SELECT person_id FROM number_claim").await;
    let path = claims_path(&json!(applicant));
    let claims = there.get(&path).await.expect(200);
    assert_eq!(
        claims[0]["held"],
        Value::Null,
        "somebody elsewhere is not shown"
    );
    assert_eq!(claims[0]["applicant"]["name"], "陈婆婆");
    let same = json!({ "pass_serial": view["pass_serial"], "outcome": "same_person" });
    there
        .post(&path, same.clone())
        .await
        .problem(409, "held_elsewhere");
    lead.get(&path).await.problem(404, "not_found");
    lead.post(&claims_path(&person["person_id"]), same)
        .await
        .expect(204);
    test.advance(SignedDuration::from_mins(2));
    let (_, joined) = enrolled(&test, super::applicant("陈婆婆", 11, OTHER)).await;
    assert_eq!(joined["pass_serial"], person["pass_serial"]);
}
