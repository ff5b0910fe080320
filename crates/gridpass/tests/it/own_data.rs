//! A person's own data: what is held, the notice, corrections, the photo.

use gridpass::access::Role;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::gates;
use crate::people::{applicant, enrolled, resident_number};
use crate::photos::{picture, put_photo};

const DATA: &str = "/api/v1/pass/data";

fn field<'a>(data: &'a Value, name: &str) -> &'a Value {
    let fields = data["fields"].as_array().unwrap();
    fields.iter().find(|field| field["field"] == name).unwrap()
}

#[tokio::test]
async fn everything_held_is_shown_with_source_and_term() {
    let test = TestApp::with_divisions().await;
    let post = gates::post(&test, "金地朗悦", "440310001001").await;
    let mut form = applicant("张三", 1, "13800001234");
    form["enclosure_id"] = post.enclosure_id.into();
    let (phone, _) = enrolled(&test, form).await;
    test.settle().await;
    let scan = json!({ "document_number": resident_number(1), "at": test.now().to_string(), "direction": "in",
        "temperature": 36.5 });
    post.device.post("/api/v1/scans", scan).await.expect(200);
    let data = phone.get(DATA).await.expect(200);
    assert_eq!(field(&data, "name")["value"], "张三");
    assert_eq!(field(&data, "phone")["value"], "138****1234");
    assert_eq!(
        field(&data, "document_number")["value"],
        format!("4403**********{}", &resident_number(1)[14..])
    );
    assert_eq!(field(&data, "name")["because"], "pass");
    assert_eq!(field(&data, "birth_year")["value"], "1980");
    assert_eq!(
        (
            &data["facts"]["items"][0]["kind"],
            &data["facts"]["items"][0]["source"]
        ),
        (&json!("residence"), &json!("holder"))
    );
    let check = &data["checks"]["items"][0];
    assert_eq!(
        (
            &check["gate"],
            &check["temperature_decicelsius"],
            &data["checks"]["kept"]
        ),
        (&json!("东门"), &json!(365), &json!("60 days"))
    );
    assert_eq!(data["visits"]["items"][0]["cause"], "residence_unverified");
    assert_eq!(data["orders"]["items"], json!([]));
    assert!(
        !data.to_string().contains(&resident_number(1)),
        "the number is masked"
    );
    test.resident()
        .get(DATA)
        .await
        .problem(401, "not_signed_in");
    phone
        .get(&format!("{DATA}?pass_serial=9999"))
        .await
        .problem(404, "person_unknown");
}

#[tokio::test]
async fn a_photo_is_removed_when_its_holder_wishes() {
    let test = TestApp::with_divisions().await;
    let (phone, _) = enrolled(&test, applicant("张三", 1, "13800001234")).await;
    put_photo(&phone, "/api/v1/pass/photo", picture())
        .await
        .expect(204);
    let data = phone.get(DATA).await.expect(200);
    let photo = field(&data, "photo");
    assert_eq!(
        (&photo["value"], &photo["because"]),
        (&json!("yes"), &Value::Null)
    );
    phone.delete("/api/v1/pass/photo").await.expect(204);
    phone
        .get("/api/v1/pass/photo")
        .await
        .problem(404, "photo_missing");
    let left: i64 = test
        .scalar("SELECT count(*) FROM person WHERE photo_sealed IS NOT NULL")
        .await;
    assert_eq!(left, 0);
}

#[tokio::test]
async fn the_notice_is_read_by_anybody_and_its_acceptance_kept() {
    let test = TestApp::with_divisions().await;
    let notice = test
        .resident()
        .get("/api/v1/privacy-notice")
        .await
        .expect(200);
    let version = notice[0]["version"].as_i64().unwrap();
    let (phone, _) = enrolled(&test, applicant("张三", 1, "13800001234")).await;
    let path = "/api/v1/pass/privacy-consent";
    let old = phone.put(path, json!({ "version": version + 1 })).await;
    let old = old.problem(422, "invalid_fields");
    assert_eq!(old["fields"][0]["code"], "notice_version_old");
    for _ in 0..2 {
        phone
            .put(path, json!({ "version": version }))
            .await
            .expect(204);
        test.advance(jiff::SignedDuration::from_mins(1));
    }
    let data = phone.get(DATA).await.expect(200);
    let consents = data["consents"].as_array().unwrap();
    assert_eq!(
        (consents.len(), &consents[0]["version"]),
        (1, &json!(version))
    );
}

#[tokio::test]
async fn a_correction_sends_a_grid_worker_once_a_day() {
    let test = TestApp::with_divisions().await;
    let post = gates::post(&test, "金地朗悦", "440310001001").await;
    let mut form = applicant("张三", 1, "13800001234");
    form["enclosure_id"] = post.enclosure_id.into();
    let (phone, _) = enrolled(&test, form).await;
    for _ in 0..2 {
        let answer = phone
            .post("/api/v1/pass/corrections", json!({ "what": "residence" }))
            .await
            .expect(202);
        assert!(answer["due_at"].as_str().unwrap() > test.now().to_string().as_str());
    }
    test.settle().await;
    let worker = test.caller(Role::GridWorker, "440310001001").await;
    let visits = worker.get("/api/v1/visits").await.expect(200);
    let causes: Vec<&str> = visits["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|visit| visit["cause"].as_str().unwrap())
        .collect();
    assert_eq!(
        causes
            .iter()
            .filter(|cause| **cause == "correct_residence")
            .count(),
        1,
        "{causes:?}"
    );
    phone
        .post("/api/v1/pass/corrections", json!({ "what": "colour" }))
        .await
        .problem(422, "invalid_fields");
}
