//! Who counts nowhere is given a home by whoever knows name and number, and nothing more.

use gridpass::facts::visit_needed;
use gridpass::jobs::outbox;
use gridpass_types::ids::PersonId;
use jiff::SignedDuration;
use serde_json::json;

use super::*;

const STREET: &str = "440310002001";
const OWNER: &str = "13700001234";
const OTHER: &str = "13900001234";

async fn far_estate(test: &TestApp) -> i64 {
    let desk = test.caller(Role::DataDesk, "").await;
    let new = json!({ "name": "远方苑", "kind": "estate", "community_code": STREET });
    let view = desk.post("/api/v1/enclosures", new).await.expect(201);
    view["enclosure_id"].as_i64().unwrap()
}

/// Name, number and a door, as anybody who knows the two may type them.
fn entry(sequence: u32, enclosure: i64) -> Value {
    json!({ "name": "无家", "document_type": "resident_id", "document_number": resident_number(sequence),
            "enclosure_id": enclosure, "address": "1栋2" })
}

fn phone_path(person_id: &Value) -> String {
    format!("/api/v1/people/{person_id}/phone")
}

async fn templates(phone: &Client) -> Vec<String> {
    let notices = phone.get("/api/v1/pass/notices").await.expect(200);
    let notices = notices.as_array().unwrap().iter();
    notices
        .map(|one| one["template"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn one_worker_alone_gives_a_home_and_takes_no_phone() {
    let test = TestApp::with_divisions().await;
    let far = far_estate(&test).await;
    let (own, view) = enrolled(&test, applicant("无家", 15, OWNER)).await;
    let worker = test.caller(Role::GridWorker, STREET).await;
    let person = worker
        .post("/api/v1/people", entry(15, far))
        .await
        .expect(200);
    assert_eq!(person["pass_serial"], view["pass_serial"]);
    assert_eq!(person["residence"], "远方苑");
    let path = phone_path(&person["person_id"]);
    let other = json!({ "phone": OTHER });
    worker
        .put(&path, other.clone())
        .await
        .problem(409, "ask_colleague");
    // Nor by applying on it and deciding about the number.
    let (_, beside) = enrolled(&test, applicant("无家", 15, OTHER)).await;
    assert_ne!(beside["pass_serial"], view["pass_serial"]);
    let claims = format!("/api/v1/people/{}/number-claims", person["person_id"]);
    let same = json!({ "pass_serial": beside["pass_serial"], "outcome": "same_person" });
    worker
        .post(&claims, same)
        .await
        .problem(409, "ask_colleague");
    // Nor by entering the person once more.
    worker
        .post("/api/v1/people", entry(15, far))
        .await
        .expect(200);
    worker
        .put(&path, other.clone())
        .await
        .problem(409, "ask_colleague");
    own.get("/api/v1/pass").await.expect(200);
    assert_eq!(
        templates(&own).await,
        ["home_entered"],
        "the owner is told once"
    );

    // A colleague to whom the document is shown, too, helps at once.
    let colleague = test.caller(Role::CommunityLead, STREET).await;
    colleague.put(&path, other).await.expect(204);
    own.get("/api/v1/pass").await.problem(401, "phone_replaced");
    test.advance(SignedDuration::from_mins(2));
    let (_, again) = enrolled(&test, applicant("无家", 15, OTHER)).await;
    assert_eq!(again["pass_serial"], view["pass_serial"]);
}

#[tokio::test]
async fn who_moved_out_is_not_taken_over_elsewhere() {
    let test = TestApp::with_divisions().await;
    let (home, far) = (enclosure(&test, "六联新村").await, far_estate(&test).await);
    let mut form = applicant("无家", 16, OWNER);
    form["enclosure_id"] = home.into();
    let (own, _) = enrolled(&test, form).await;
    let who: i64 = test.scalar("SELECT person_id FROM person").await;
    let there = test.caller(Role::GridWorker, "440310001001").await;
    let gone =
        json!({ "kind": "residence", "status": "away", "enclosure": home, "source": "visit" });
    there
        .post(&format!("/api/v1/people/{who}/facts"), gone)
        .await
        .expect(201);
    let worker = test.caller(Role::GridWorker, STREET).await;
    worker
        .post("/api/v1/people", entry(16, far))
        .await
        .expect(200);
    worker
        .put(&phone_path(&json!(who)), json!({ "phone": OTHER }))
        .await
        .problem(409, "ask_colleague");
    own.get("/api/v1/pass").await.expect(200);
}

#[tokio::test]
async fn a_call_on_somebody_met_at_a_gate_is_no_ground_either() {
    let test = TestApp::with_divisions().await;
    let post = crate::gates::post(&test, "聚龙花园", STREET).await;
    let (own, _) = enrolled(&test, applicant("无家", 17, OWNER)).await;
    let who: i64 = test.scalar("SELECT person_id FROM person").await;
    let tx = test.app.db.tx().await.unwrap();
    let cause = ("residence_unverified", 24);
    let asked = visit_needed(PersonId::new(who), cause, Some(post.gate_id), test.now());
    outbox::insert(&tx, &[asked], test.now()).await.unwrap();
    tx.commit().await.unwrap();
    test.settle().await;
    let worker = test.caller(Role::GridWorker, STREET).await;
    let visits = worker.get("/api/v1/visits").await.expect(200);
    let path = format!(
        "/api/v1/visits/{who}/{}/complete",
        visits["items"][0]["visit_id"]
    );
    let found = json!({ "outcome": "verified_moved_in", "enclosure_id": post.enclosure_id });
    worker.post(&path, found).await.expect(200);
    worker
        .put(&phone_path(&json!(who)), json!({ "phone": OTHER }))
        .await
        .problem(409, "ask_colleague");
    own.get("/api/v1/pass").await.expect(200);
    assert!(templates(&own).await.contains(&"home_entered".to_owned()));
}

#[tokio::test]
async fn a_lost_phone_is_replaced_at_once_where_the_home_is_known() {
    let test = TestApp::with_divisions().await;
    let home = enclosure(&test, "六联新村").await;
    let (own, _) = enrolled(&test, applicant("无家", 18, OWNER)).await;
    let who: i64 = test.scalar("SELECT person_id FROM person").await;
    own.put(
        "/api/v1/pass/home",
        json!({ "enclosure_id": home, "address": "3栋1202" }),
    )
    .await
    .expect(200);
    let worker = test.caller(Role::GridWorker, "440310001001").await;
    // Entering somebody who counts here already is no taking in.
    let mut known = entry(18, home);
    known["address"] = "3栋1202".into();
    worker.post("/api/v1/people", known).await.expect(200);
    worker
        .put(&phone_path(&json!(who)), json!({ "phone": OTHER }))
        .await
        .expect(204);
    own.get("/api/v1/pass").await.problem(401, "phone_replaced");
    // Who has no phone yet is entered with one, and a slip is put right at once.
    let mut first = entry(19, home);
    first["phone"] = OWNER.into();
    let person = worker.post("/api/v1/people", first).await.expect(201);
    worker
        .put(&phone_path(&person["person_id"]), json!({ "phone": OTHER }))
        .await
        .expect(204);
}
