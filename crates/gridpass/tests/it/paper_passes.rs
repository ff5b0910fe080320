//! Paper passes for a household and for a building, in pages.

use gridpass::access::Role;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::gates;
use crate::people::resident_number;

const HERE: &str = "440310001001";
const GRID: &str = "440310001001001";
const PAPERS: &str = "/api/v1/paper-passes";

/// A building of 50 people and one of one, three to a household; the worker of their grid.
async fn building() -> (TestApp, Client) {
    let test = TestApp::with_divisions().await;
    let desk = test.caller(Role::DataDesk, "").await;
    let grid = format!("code,name,level,parent\n{GRID},第一网格,grid,{HERE}\n");
    desk.post_text("/api/v1/divisions/import", "text/csv", grid)
        .await
        .expect(200);
    let mut file = String::from("document_number,name,grid_code,household,address\n");
    for n in 0..50 {
        let number = resident_number(n);
        file += &format!("{number},张三,{GRID},H{},3栋{n}室\n", n / 3);
    }
    file += &format!("{},李四,{GRID},X,13栋1室\n", resident_number(60));
    let path = "/api/v1/registry-imports?source=police&create=true";
    desk.post_text(path, "text/csv", file).await.expect(200);
    let worker = test.caller(Role::GridWorker, HERE).await;
    (test, worker)
}

fn items(view: &Value) -> &Vec<Value> {
    view["items"].as_array().unwrap()
}

#[tokio::test]
async fn a_building_of_an_estate_is_printed_whoever_entered_its_people() {
    let (test, worker) = building().await;
    let post = gates::post(&test, "金地朗悦", HERE).await;
    let mut serials = Vec::new();
    for (n, address) in [(71, "21栋101"), (72, "21栋102"), (73, "22栋101")] {
        let form = json!({ "name": "张三", "document_type": "resident_id", "document_number": resident_number(n),
            "phone": format!("139000000{n}"), "enclosure_id": post.enclosure_id });
        let view = test.enrol(form).await.expect(201);
        let phone = test.holder(view["holder_token"].as_str().unwrap());
        let home = json!({ "enclosure_id": post.enclosure_id, "address": address });
        phone.put("/api/v1/pass/home", home).await.expect(200);
        serials.push(view["pass_serial"].clone());
    }
    let asked = json!({ "enclosure_id": post.enclosure_id, "building": "21栋" });
    let printed = worker.post(PAPERS, asked.clone()).await.expect(201);
    let found: Vec<Value> = items(&printed)
        .iter()
        .map(|item| item["pass"]["pass_serial"].clone())
        .collect();
    assert_eq!(found.len(), 2);
    assert!(serials[..2].iter().all(|serial| found.contains(serial)));
    let elsewhere = test.caller(Role::GridWorker, "440310002001").await;
    let none = elsewhere.post(PAPERS, asked.clone()).await.expect(201);
    assert!(items(&none).is_empty());
    let mut both = asked;
    both["grid_code"] = GRID.into();
    worker
        .post(PAPERS, both)
        .await
        .problem(422, "invalid_fields");
    let unknown = json!({ "enclosure_id": 7, "building": "21栋" });
    worker
        .post(PAPERS, unknown)
        .await
        .problem(422, "enclosure_unknown");
}

#[tokio::test]
async fn a_building_is_printed_in_pages_and_each_pass_counts_once() {
    let (test, worker) = building().await;
    let asked = json!({ "grid_code": GRID, "building": "3栋" });
    let first = worker.post(PAPERS, asked.clone()).await.expect(201);
    assert_eq!(items(&first).len(), 40);
    let mut rest = asked.clone();
    rest["after"] = first["next"].clone();
    let rest = worker.post(PAPERS, rest).await.expect(201);
    assert_eq!((items(&rest).len(), &rest["next"]), (10, &Value::Null));
    let mut serials: Vec<i64> = items(&first)
        .iter()
        .chain(items(&rest))
        .map(|item| item["pass"]["pass_serial"].as_i64().unwrap())
        .collect();
    serials.sort_unstable();
    serials.dedup();
    assert_eq!(serials.len(), 50);
    assert!(
        items(&first)
            .iter()
            .all(|item| item["pass"]["name"] == "张三")
    );

    let post = gates::post(&test, "金地朗悦", HERE).await;
    let scan =
        |qr: &Value| json!({ "presentation": qr, "at": test.now().to_string(), "direction": "in" });
    let paper = &items(&rest)[0];
    post.device
        .post("/api/v1/scans", scan(&paper["qr"]))
        .await
        .expect(200);
    let path = format!("/api/v1/people/{}/paper-passes", paper["person_id"]);
    let newer = worker.post(&path, json!({})).await.expect(201);
    test.advance(jiff::SignedDuration::from_secs(5));
    post.device
        .post("/api/v1/scans", scan(&paper["qr"]))
        .await
        .problem(422, "pass_revoked");
    post.device
        .post("/api/v1/scans", scan(&newer["qr"]))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_household_is_printed_in_the_jurisdiction_only() {
    let (test, worker) = building().await;
    let household: i64 = test
        .scalar("SELECT household_id FROM person WHERE household_id IS NOT NULL GROUP BY household_id HAVING count(*) = 3 LIMIT 1")
        .await;
    let asked = json!({ "household_id": household });
    let papers = worker.post(PAPERS, asked.clone()).await.expect(201);
    assert_eq!(items(&papers).len(), 3);
    let elsewhere = test.caller(Role::GridWorker, "440310002").await;
    let none = elsewhere.post(PAPERS, asked.clone()).await.expect(201);
    assert_eq!(items(&none).len(), 0);
    test.caller(Role::GateGuard, HERE)
        .await
        .post(PAPERS, asked)
        .await
        .problem(403, "not_allowed");
    for unclear in [
        json!({}),
        json!({ "grid_code": GRID }),
        json!({ "grid_code": GRID, "building": " " }),
        json!({ "household_id": household, "building": "3栋" }),
    ] {
        let problem = worker
            .post(PAPERS, unclear)
            .await
            .problem(422, "invalid_fields");
        assert_eq!(problem["fields"][0]["code"], "household_or_building");
    }
}
