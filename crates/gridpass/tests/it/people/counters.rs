//! What a counter does for people without a phone, or with another one.

use serde_json::json;

use super::*;

#[tokio::test]
async fn people_without_a_phone_are_entered_and_may_enrol_later() {
    let test = TestApp::with_divisions().await;
    let lead = test.caller(Role::CommunityLead, "440310001001").await;
    let home = enclosure(&test, "六联新村").await;
    let body = json!({ "name": "陈婆婆", "document_type": "resident_id", "document_number": resident_number(11), "enclosure_id": home });
    let person = lead.post("/api/v1/people", body).await.expect(201);
    assert!(person["phone"].is_null());
    // Name and number are known to many: they open nobody's record.
    let form = || applicant("陈婆婆", 11, "13800005678");
    test.enrol(form()).await.problem(409, "ask_at_counter");
    let path = format!("/api/v1/people/{}/phone", person["person_id"]);
    let says = |phone: &str| json!({ "phone": phone });
    lead.put(&path, says("138"))
        .await
        .problem(422, "invalid_fields");
    lead.put(&path, says("13800005678")).await.expect(204);
    let (first, view) = enrolled(&test, form()).await;
    assert_eq!(view["pass_serial"], person["pass_serial"]);
    let other_phone = || applicant("陈婆婆", 11, "13900005678");
    test.enrol(other_phone())
        .await
        .problem(409, "ask_at_counter");
    // The phone is lost: the counter writes the new number, and who held the old one is told.
    lead.put(&path, says("13900005678")).await.expect(204);
    let notices = first.get("/api/v1/pass/notices").await.expect(200);
    assert_eq!(notices[0]["template"], "number_changed");
    enrolled(&test, other_phone()).await;
    first
        .get("/api/v1/pass")
        .await
        .problem(401, "phone_replaced");
    let elsewhere = test.caller(Role::CommunityLead, "440310002001").await;
    elsewhere
        .put(&path, says("13700005678"))
        .await
        .problem(404, "not_found");
    let wrong_grid = json!({ "name": "陈婆婆", "document_type": "resident_id", "document_number": resident_number(12),
                             "grid_code": "440310001001999" });
    let problem = lead
        .post("/api/v1/people", wrong_grid)
        .await
        .problem(422, "invalid_fields");
    assert_eq!(problem["fields"][0]["code"], "grid_unknown");
}
