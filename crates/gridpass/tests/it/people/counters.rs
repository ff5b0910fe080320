//! What a counter does for people without a phone, or with another one.

use jiff::SignedDuration;
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
    // The number is written once more as it is: nothing ends.
    lead.put(&path, says("13800005678")).await.expect(204);
    first.get("/api/v1/pass").await.expect(200);
    let code = crate::scans::support::equip(&first, [7; 32]).await;
    let added = first
        .post("/api/v1/pass/dependants", json!({ "name": "陈小宝", "document_type": "resident_id", "document_number": child_number(13) }))
        .await
        .expect(201);
    let card = added["pass_serial"].as_i64();
    let card = crate::scans::support::equip_for(&first, [8; 32], card).await;
    // The phone is lost: the counter writes the new number. Whoever found the old one has nothing.
    test.advance(SignedDuration::from_mins(1));
    lead.put(&path, says("13900005678")).await.expect(204);
    first
        .get("/api/v1/pass")
        .await
        .problem(401, "phone_replaced");
    first
        .put(
            "/api/v1/pass/phone",
            json!({ "phone": "13600005678", "phone_code": "000000" }),
        )
        .await
        .problem(401, "phone_replaced");
    test.settle().await;
    test.advance(SignedDuration::from_secs(2));
    let post = crate::gates::post(&test, "聚龙花园", "440310001001").await;
    for holder in [code, card] {
        let now = test.now();
        let body =
            json!({ "presentation": holder.present(now).unwrap(), "at": now, "direction": "in" });
        let scan = post.device.post("/api/v1/scans", body).await;
        scan.problem(422, "pass_revoked");
    }
    let (again, _) = enrolled(&test, other_phone()).await;
    let notices = again.get("/api/v1/pass/notices").await.expect(200);
    let templates: Vec<_> = notices
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["template"].clone())
        .collect();
    assert!(
        templates.contains(&json!("number_changed")),
        "{templates:?}"
    );
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
