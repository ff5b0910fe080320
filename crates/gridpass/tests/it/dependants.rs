//! One phone, several people.

use serde_json::json;

use crate::app::TestApp;
use crate::people::{applicant, enrolled, resident_number};

#[tokio::test]
async fn a_phone_carries_eight_dependants_and_no_stranger() {
    let test = TestApp::with_divisions().await;
    let (phone, _) = enrolled(&test, applicant("张三", 20, "13800001234")).await;
    enrolled(&test, applicant("李四", 30, "13900001234")).await;
    let child = |sequence: u32| json!({ "name": "张小宝", "document_type": "resident_id", "document_number": resident_number(sequence) });
    let first = phone
        .post("/api/v1/pass/dependants", child(21))
        .await
        .expect(201);
    assert_eq!(
        (
            first["name"].as_str(),
            first["dependants"].as_array().unwrap().len()
        ),
        (Some("张小宝"), 0)
    );
    let again = phone
        .post("/api/v1/pass/dependants", child(21))
        .await
        .expect(201);
    assert_eq!(first["pass_serial"], again["pass_serial"]);
    let stranger = json!({ "name": "李四", "document_type": "resident_id", "document_number": resident_number(30) });
    phone
        .post("/api/v1/pass/dependants", stranger)
        .await
        .problem(409, "ask_at_counter");
    let problem = phone
        .post(
            "/api/v1/pass/dependants",
            json!({ "name": "张三", "document_type": "resident_id",
        "document_number": resident_number(20) }),
        )
        .await
        .problem(422, "invalid_fields");
    assert_eq!(problem["fields"][0]["code"], "dependant_is_guardian");
    for sequence in 22..29 {
        phone
            .post("/api/v1/pass/dependants", child(sequence))
            .await
            .expect(201);
    }
    phone
        .post("/api/v1/pass/dependants", child(29))
        .await
        .problem(409, "too_many_dependants");
    let pass = phone.get("/api/v1/pass").await.expect(200);
    assert_eq!(pass["dependants"].as_array().unwrap().len(), 8);
    let people: i64 = test.scalar("SELECT count(*) FROM person").await;
    assert_eq!(people, 10, "a refused dependant was entered");
    test.resident()
        .post("/api/v1/pass/dependants", child(21))
        .await
        .problem(401, "not_signed_in");
}
