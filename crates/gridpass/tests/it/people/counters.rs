//! What a counter does for people without a phone, or with another one.

use jiff::SignedDuration;
use serde_json::json;

use super::*;

#[tokio::test]
async fn nobody_is_taken_over_from_another_street_by_name_and_number() {
    let test = TestApp::with_divisions().await;
    let lead = test.caller(Role::CommunityLead, "440310001001").await;
    let home = enclosure(&test, "六联新村").await;
    let body = json!({ "name": "李四", "document_type": "resident_id", "document_number": resident_number(14),
                       "phone": "13800001234", "enclosure_id": home, "address": "7栋0301" });
    let person = lead.post("/api/v1/people", body).await.expect(201);
    let desk = test.caller(Role::DataDesk, "").await;
    let new = json!({ "name": "远方苑", "kind": "estate", "community_code": "440310002001" });
    let far = desk.post("/api/v1/enclosures", new).await.expect(201)["enclosure_id"].clone();
    let there = test.caller(Role::GridWorker, "440310002").await;
    let claim = json!({ "name": "李四", "document_type": "resident_id", "document_number": resident_number(14),
                        "enclosure_id": far, "address": "1栋1" });
    there
        .post("/api/v1/people", claim.clone())
        .await
        .problem(409, "held_elsewhere");
    let path = format!("/api/v1/people/{}", person["person_id"]);
    let held = lead.get(&path).await.expect(200);
    assert_eq!(held["place_code"], person["place_code"]);
    assert_eq!(held["residence"], "六联新村");
    there.get(&path).await.problem(404, "not_found");
    // Who counts nowhere yet is entered where they turn up.
    enrolled(&test, applicant("王五", 15, "13700001234")).await;
    let mut newcomer = claim;
    newcomer["name"] = "王五".into();
    newcomer["document_number"] = resident_number(15).into();
    there.post("/api/v1/people", newcomer).await.expect(200);
}

#[tokio::test]
async fn nobody_is_put_into_a_household_that_is_not_there() {
    let test = TestApp::with_divisions().await;
    let lead = test.caller(Role::CommunityLead, "440310001001").await;
    let home = enclosure(&test, "六联新村").await;
    let body = |sequence: u32, household: Option<&Value>| {
        let mut body = json!({ "name": "李四", "document_type": "resident_id", "document_number": resident_number(sequence),
                               "enclosure_id": home, "address": "7栋0301" });
        if let Some(household) = household {
            body["household_id"] = household.clone();
        }
        body
    };
    let first = lead
        .post("/api/v1/people", body(31, None))
        .await
        .expect(201);
    let second = lead
        .post("/api/v1/people", body(32, Some(&first["household_id"])))
        .await
        .expect(201);
    assert_eq!(second["household_id"], first["household_id"]);
    for nowhere in [json!(-7), json!(0), json!(999)] {
        lead.post("/api/v1/people", body(33, Some(&nowhere)))
            .await
            .problem(422, "household_unknown");
    }
    // One that is there, in another street.
    let there = test.caller(Role::CommunityLead, "440310002001").await;
    let stolen = json!({ "name": "混入", "document_type": "resident_id", "document_number": resident_number(34),
                         "household_id": first["household_id"] });
    there
        .post("/api/v1/people", stolen)
        .await
        .problem(422, "household_unknown");
}

#[tokio::test]
async fn a_counter_does_not_take_back_what_was_verified() {
    let test = TestApp::with_divisions().await;
    let lead = test.caller(Role::CommunityLead, "440310001001").await;
    let worker = test.caller(Role::GridWorker, "440310001001").await;
    let (home, other) = (
        enclosure(&test, "六联新村").await,
        enclosure(&test, "金地").await,
    );
    let body = |enclosure: i64| {
        json!({ "name": "李四", "document_type": "resident_id", "document_number": resident_number(16),
                "enclosure_id": enclosure, "address": "7栋0301" })
    };
    let person = lead.post("/api/v1/people", body(home)).await.expect(201);
    let verified = json!({ "kind": "residence", "status": "verified", "enclosure": home, "source": "grid_visit" });
    let path = format!("/api/v1/people/{}/facts", person["person_id"]);
    worker.post(&path, verified).await.expect(201);
    let again = lead.post("/api/v1/people", body(other)).await.expect(200);
    assert_eq!(again["residence"], "六联新村");
    assert_eq!(again["decision"]["colour"], "green");
}

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
    let (_, beside) = enrolled(&test, form()).await;
    assert_ne!(beside["pass_serial"], person["pass_serial"]);
    let path = format!("/api/v1/people/{}/phone", person["person_id"]);
    let says = |phone: &str| json!({ "phone": phone });
    lead.put(&path, says("138"))
        .await
        .problem(422, "invalid_fields");
    lead.put(&path, says("13800005678")).await.expect(204);
    let (first, view) = enrolled(&test, form()).await;
    assert_eq!(view["pass_serial"], person["pass_serial"]);
    let other_phone = || applicant("陈婆婆", 11, "13900005678");
    let (_, beside) = enrolled(&test, other_phone()).await;
    assert_ne!(beside["pass_serial"], person["pass_serial"]);
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
