//! Maps of divisions.

use gridpass::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::app::{Client, TestApp};

const COMMUNITY: &str = "440310001001";
const GRID: &str = "440310001001001";

/// A building of an enclosure, as a square.
fn building(enclosure: &str, name: &str, at: f64) -> Value {
    let ring = json!([
        [at, 22.7],
        [at + 0.0005, 22.7],
        [at + 0.0005, 22.7005],
        [at, 22.7]
    ]);
    json!({
        "type": "Feature",
        "geometry": { "type": "Polygon", "coordinates": [ring] },
        "properties": { "enclosure": enclosure, "building": name, "floors": 18 }
    })
}

fn map(features: &[Value]) -> Vec<u8> {
    json!({ "type": "FeatureCollection", "features": features })
        .to_string()
        .into_bytes()
}

fn path(code: &str) -> String {
    format!("/api/v1/divisions/{code}/map")
}

async fn put(caller: &Client, code: &str, file: Vec<u8>) -> Answer {
    let request = caller
        .request(Method::PUT, &path(code))
        .header("content-type", "application/geo+json")
        .body(file);
    caller.send(request).await
}

/// An enclosure of the community, by name and with a code, and a grid.
async fn enclosure(test: &TestApp) -> i64 {
    let desk = test.caller(Role::DataDesk, "").await;
    let new =
        json!({ "name": "金地朗悦", "code": "E1", "kind": "estate", "community_code": COMMUNITY });
    let made = desk.post("/api/v1/enclosures", new).await.expect(201);
    let grid = format!("code,name,level,parent\n{GRID},第一网格,grid,{COMMUNITY}\n");
    desk.post_text("/api/v1/divisions/import", "text/csv", grid)
        .await
        .expect(200);
    made["enclosure_id"].as_i64().unwrap()
}

#[tokio::test]
async fn a_map_is_uploaded_seen_below_replaced_and_taken_away() {
    let test = TestApp::with_divisions().await;
    let enclosure_id = enclosure(&test).await;
    let lead = test.caller(Role::CommunityLead, COMMUNITY).await;
    let worker = test.caller(Role::GridWorker, GRID).await;
    let empty = worker.get(&path(GRID)).await.expect(200);
    assert_eq!(empty["features"], json!([]));
    assert_eq!(empty["uploaded_at"], Value::Null);

    let file = map(&[
        building("E1", "3栋", 114.35),
        building("金地朗悦", "4栋", 114.351),
    ]);
    let stored = put(&lead, COMMUNITY, file.clone()).await.expect(200);
    assert_eq!(stored["division_codes"], json!([COMMUNITY]));
    let seen = worker.get(&path(GRID)).await.expect(200);
    assert_eq!(
        seen, stored,
        "a grid without a map of its own has its community's"
    );
    assert_eq!(seen["features"][0]["enclosure_id"], enclosure_id);
    assert_eq!(seen["features"][1]["building"], "4栋");
    assert_eq!(seen["features"][0]["rings"][0][1], json!([114.3505, 22.7]));
    assert!(
        seen.to_string().find("floors").is_none(),
        "nothing else of the file is kept"
    );

    put(&lead, GRID, map(&[building("E1", "9栋", 114.35)]))
        .await
        .expect(200);
    let own = worker.get(&path(GRID)).await.expect(200);
    assert_eq!(own["features"][0]["building"], "9栋");
    test.advance(jiff::SignedDuration::from_secs(60));
    let again = put(&lead, GRID, map(&[building("E1", "8栋", 114.35)]))
        .await
        .expect(200);
    assert_eq!(again["features"].as_array().unwrap().len(), 1);
    assert_ne!(again["uploaded_at"], own["uploaded_at"]);

    // Whoever looks at a whole subdistrict sees the maps below it together.
    let officer = test.caller(Role::SubdistrictOfficer, "440310001").await;
    let below = officer.get(&path("440310001")).await.expect(200);
    assert_eq!(below["division_codes"], json!([COMMUNITY, GRID]));
    assert_eq!(below["features"].as_array().unwrap().len(), 3);

    lead.delete(&path(GRID)).await.expect(204);
    lead.delete(&path(GRID)).await.problem(404, "not_found");
    let back = worker.get(&path(GRID)).await.expect(200);
    assert_eq!(back["division_codes"], json!([COMMUNITY]));
}

#[tokio::test]
async fn who_may_upload_and_where() {
    let test = TestApp::with_divisions().await;
    enclosure(&test).await;
    let file = map(&[building("E1", "3栋", 114.35)]);
    let elsewhere = test.caller(Role::CommunityLead, "440310002003").await;
    put(&elsewhere, COMMUNITY, file.clone())
        .await
        .problem(404, "not_found");
    elsewhere
        .delete(&path(COMMUNITY))
        .await
        .problem(404, "not_found");
    let worker = test.caller(Role::GridWorker, COMMUNITY).await;
    put(&worker, COMMUNITY, file.clone())
        .await
        .problem(403, "not_allowed");
    worker
        .delete(&path(COMMUNITY))
        .await
        .problem(403, "not_allowed");
    let desk = test.caller(Role::DataDesk, "").await;
    put(&desk, "440310001999", file.clone())
        .await
        .problem(404, "not_found");
    put(&desk, "4403", file.clone())
        .await
        .problem(404, "not_found");
    put(&desk, "nowhere", file.clone())
        .await
        .problem(404, "not_found");
    let nobody = test.anonymous();
    put(&nobody, COMMUNITY, file)
        .await
        .problem(401, "not_signed_in");
    nobody
        .get(&path(COMMUNITY))
        .await
        .problem(401, "not_signed_in");
}

#[tokio::test]
async fn what_is_no_map_is_refused_and_nothing_is_stored() {
    let test = TestApp::with_divisions().await;
    enclosure(&test).await;
    let lead = test.caller(Role::CommunityLead, COMMUNITY).await;
    let bad = map(&[
        building("E1", "3栋", 114.35),
        building("E2", "4栋", 114.35),
        building("E1", "3号楼", 114.36),
    ]);
    let problem = put(&lead, COMMUNITY, bad).await.problem(422, "map_invalid");
    let told: Vec<_> = problem["fields"].as_array().unwrap().iter().collect();
    let told: Vec<_> = told
        .iter()
        .map(|one| (one["field"].as_str(), one["code"].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Some("feature 2"), Some("enclosure_unknown")),
            (Some("feature 3"), Some("building_twice"))
        ]
    );
    put(&lead, COMMUNITY, b"{\"type\": ".to_vec())
        .await
        .problem(400, "bad_json");
    put(&lead, COMMUNITY, b"\xff\xfe".to_vec())
        .await
        .problem(400, "bad_utf8");
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    put(&lead, COMMUNITY, deep).await.problem(400, "bad_json");
    let large = vec![b' '; 2 * 1024 * 1024 + 1];
    put(&lead, COMMUNITY, large)
        .await
        .problem(413, "body_too_large");
    let seen = lead.get(&path(COMMUNITY)).await.expect(200);
    assert_eq!(seen["features"], json!([]));
}
