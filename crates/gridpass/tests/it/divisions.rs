//! The tree and the enclosures.

use gridpass::access::Role;
use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn the_tree_is_imported_whole_or_not_at_all() {
    let test = TestApp::start().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let tree = include_str!("../../../../data/divisions/pingshan.csv");
    let report = desk
        .post_text("/api/v1/divisions/import", "text/csv", tree)
        .await
        .expect(200);
    assert_eq!(report["created"], 33);
    let again = desk
        .post_text("/api/v1/divisions/import", "text/csv", tree)
        .await
        .expect(200);
    assert_eq!(
        (again["created"].as_u64(), again["unchanged"].as_u64()),
        (Some(0), Some(33))
    );

    let bad = "code,name,level,parent\n440310009,新街道,subdistrict,440310\n440399001001,孤儿社区,community,440399001\n";
    let problem = desk
        .post_text("/api/v1/divisions/import", "text/csv", bad)
        .await
        .problem(422, "csv_invalid");
    assert_eq!(problem["fields"][0]["field"], "row 3, parent");
    desk.get("/api/v1/divisions/440310009")
        .await
        .problem(404, "not_found");
    let community = desk.get("/api/v1/divisions/440310001001").await.expect(200);
    assert_eq!(community["name"], "六联社区");
    let communities = desk
        .get("/api/v1/divisions?prefix=440310002&level=community")
        .await
        .expect(200);
    assert_eq!(communities.as_array().unwrap().len(), 4);
    let worker = test.caller(Role::GridWorker, "440310001001").await;
    worker
        .post_text("/api/v1/divisions/import", "text/csv", tree)
        .await
        .problem(403, "not_allowed");
    desk.post_text(
        "/api/v1/divisions/import",
        "text/csv",
        b"\xff\xfe\x00".to_vec(),
    )
    .await
    .problem(400, "bad_utf8");
}

#[tokio::test]
async fn an_enclosure_is_seen_and_changed_only_in_the_jurisdiction() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let new = json!({ "name": "金地朗悦", "kind": "estate", "community_code": "440310001001" });
    let enclosure = desk.post("/api/v1/enclosures", new).await.expect(201);
    let path = format!("/api/v1/enclosures/{}", enclosure["enclosure_id"]);
    assert_eq!(enclosure["area_status"], "normal");

    let outside = test.caller(Role::SubdistrictOfficer, "440310002").await;
    outside.get(&path).await.problem(404, "not_found");
    outside
        .patch(&path, json!({ "area_status": "sealed" }))
        .await
        .problem(404, "not_found");
    let inside = test.caller(Role::SubdistrictOfficer, "440310001").await;
    let changed = inside
        .patch(&path, json!({ "area_status": "sealed" }))
        .await
        .expect(200);
    assert_eq!(changed["area_status"], "sealed");
    inside
        .patch(&path, json!({ "name": "别名" }))
        .await
        .problem(403, "not_allowed");
    let guard = test.caller(Role::GateGuard, "440310001").await;
    guard
        .patch(&path, json!({ "area_status": "normal" }))
        .await
        .problem(403, "not_allowed");
    inside
        .patch(&path, json!({ "area_status": "burning" }))
        .await
        .problem(422, "invalid_fields");

    let found = test
        .resident()
        .get("/api/v1/enclosures/public?query=朗悦")
        .await
        .expect(200);
    assert_eq!(found[0]["name"], "金地朗悦");
    for (part, count) in [("朗悦", 1), ("别处", 0)] {
        let path = format!("/api/v1/enclosures?name={part}");
        let list = inside.get(&path).await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), count, "{part}");
    }
    let list = outside
        .get("/api/v1/enclosures?name=朗悦")
        .await
        .expect(200);
    assert!(list["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn enclosures_come_in_by_file_and_again_without_doubling() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "440310").await;
    let file = "code,name,kind,community_code\nE1,甲村,urban_village,440310001001\nE2,乙苑,estate,440310001002\n";
    let report = desk
        .post_text("/api/v1/enclosures/import", "text/csv", file)
        .await
        .expect(200);
    assert_eq!(report["created"], 2);
    test.advance(jiff::SignedDuration::from_secs(1));
    let report = desk
        .post_text("/api/v1/enclosures/import", "text/csv", file)
        .await
        .expect(200);
    assert_eq!(
        (report["created"].as_u64(), report["updated"].as_u64()),
        (Some(0), Some(2))
    );
    let bad =
        "code,name,kind,community_code\nE3,丙村,castle,440310001001\nE3,丁村,estate,440311001001\n";
    let problem = desk
        .post_text("/api/v1/enclosures/import", "text/csv", bad)
        .await
        .problem(422, "csv_invalid");
    assert_eq!(problem["fields"].as_array().unwrap().len(), 3);
    let unknown = json!({ "name": "x", "kind": "estate", "community_code": "440310001999" });
    desk.post("/api/v1/enclosures", unknown)
        .await
        .problem(422, "division_unknown");
}

#[tokio::test]
async fn a_file_without_rows_is_no_import() {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let commas = ",".repeat(20_000);
    for kind in ["divisions", "enclosures", "employers"] {
        let path = format!("/api/v1/{kind}/import");
        for file in [
            "",
            "\u{feff}",
            "\"a",
            "code,name,kind,community_code\n",
            &commas,
        ] {
            let answer = desk.post_text(&path, "text/csv", file.to_owned()).await;
            let problem = answer.problem(422, "csv_invalid");
            assert_eq!(
                problem["fields"][0]["code"], "rows_missing",
                "{kind}: {problem}"
            );
        }
    }
}
