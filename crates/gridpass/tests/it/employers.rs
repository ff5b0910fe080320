//! The directory of employers.

use gridpass::access::Role;
use serde_json::json;

use crate::app::TestApp;
use crate::people::enclosure;

/// A credit code whose check character is right.
const CREDIT_CODE: &str = "9144030071526726XG";

#[tokio::test]
async fn an_employer_is_registered_once_and_seen_in_its_jurisdiction() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "440310").await;
    let park = enclosure(&test, "坪山工业园").await;
    let new = json!({ "name": "坪山制造", "credit_code": "91440300 71526726xg", "kind": "company",
                      "place_code": "440310001001", "enclosure_id": park });
    let before: i64 = test
        .scalar("SELECT value FROM epoch WHERE name = 'directory'")
        .await;
    let employer = desk
        .post("/api/v1/employers", new.clone())
        .await
        .expect(201);
    let after: i64 = test
        .scalar("SELECT value FROM epoch WHERE name = 'directory'")
        .await;
    assert!(after > before, "gates would not hear of it");
    assert_eq!(
        (
            employer["credit_code"].as_str(),
            employer["place_code"].as_str()
        ),
        (Some(CREDIT_CODE), Some("440310001001000"))
    );
    desk.post("/api/v1/employers", new.clone())
        .await
        .problem(409, "credit_code_taken");

    let path = format!("/api/v1/employers/{}", employer["employer_id"]);
    let inside = test.caller(Role::CommunityLead, "440310001").await;
    let detail = inside.get(&path).await.expect(200);
    assert_eq!(
        (
            detail["name"].as_str(),
            detail["gates"].as_array().unwrap().len()
        ),
        (Some("坪山制造"), 0)
    );
    inside
        .post("/api/v1/employers", new)
        .await
        .problem(403, "not_allowed");
    let outside = test.caller(Role::CommunityLead, "440310002").await;
    outside.get(&path).await.problem(404, "not_found");
    assert!(
        outside
            .get("/api/v1/employers?prefix=440310001")
            .await
            .expect(200)["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let list = inside
        .get("/api/v1/employers?prefix=4403&limit=1")
        .await
        .expect(200);
    assert_eq!(list["items"][0]["employer_id"], employer["employer_id"]);
    for (part, count) in [("制造", 1), ("别处", 0)] {
        let path = format!("/api/v1/employers?name={part}");
        let list = inside.get(&path).await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), count, "{part}");
    }
}

#[tokio::test]
async fn an_employer_shows_its_gates() {
    let test = TestApp::with_divisions().await;
    let admin = test.caller(Role::SystemAdmin, "").await;
    let new = json!({ "name": "坪山制造", "credit_code": CREDIT_CODE, "kind": "company", "place_code": "440310001001" });
    let employer = admin.post("/api/v1/employers", new).await.expect(201);
    let gate = json!({ "name": "东门", "employer_id": employer["employer_id"],
                       "lanes": [{ "lane": 1, "direction": "both" }] });
    let gate = admin.post("/api/v1/gates", gate).await.expect(201);
    let path = format!("/api/v1/employers/{}", employer["employer_id"]);
    let detail = admin.get(&path).await.expect(200);
    assert_eq!(detail["gates"][0]["gate_id"], gate["gate_id"]);
}

#[tokio::test]
async fn every_wrong_field_of_an_employer_is_told() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "440310001").await;
    let bad = json!({ "name": "", "credit_code": "9144030071526726XH", "kind": "castle", "place_code": "44" });
    let problem = desk
        .post("/api/v1/employers", bad)
        .await
        .problem(422, "invalid_fields");
    let codes: Vec<&str> = problem["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "name_invalid",
            "credit_code_checksum",
            "kind_unknown",
            "division_unknown"
        ]
    );
    let elsewhere = json!({ "name": "x", "credit_code": CREDIT_CODE, "kind": "company", "place_code": "440310002001", "enclosure_id": 5 });
    let problem = desk
        .post("/api/v1/employers", elsewhere)
        .await
        .problem(422, "invalid_fields");
    assert_eq!(problem["fields"].as_array().unwrap().len(), 2);
    desk.post("/api/v1/employers", json!({ "name": "x" }))
        .await
        .problem(422, "invalid_fields");
}

#[tokio::test]
async fn employers_come_in_by_file_and_again_without_doubling() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "440310").await;
    let file = format!(
        "name,credit_code,kind,place_code,enclosure_id\n坪山制造,{CREDIT_CODE},company,440310001001000,\n"
    );
    let import = |file: String| desk.post_text("/api/v1/employers/import", "text/csv", file);
    assert_eq!(import(file.clone()).await.expect(200)["created"], 1);
    assert_eq!(import(file.clone()).await.expect(200)["unchanged"], 1);
    assert_eq!(
        import(file.replace("制造", "电子")).await.expect(200)["updated"],
        1
    );
    let twice = format!("{file}另一家,{CREDIT_CODE},castle,440399001001000,7\n");
    let problem = import(twice).await.problem(422, "csv_invalid");
    assert_eq!(problem["fields"][0]["field"], "row 3, kind");
    let unknown = format!("{file}另一家,{CREDIT_CODE},school,440310001999,7\n");
    let problem = import(unknown).await.problem(422, "csv_invalid");
    let fields: Vec<&str> = problem["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        [
            "row 3, place_code",
            "row 3, enclosure_id",
            "row 3, credit_code"
        ]
    );
    test.caller(Role::GridWorker, "")
        .await
        .post_text("/api/v1/employers/import", "text/csv", file)
        .await
        .problem(403, "not_allowed");
}
