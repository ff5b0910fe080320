//! Orders that wait for a change, and orders page by page.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::evidence::{
    HERE, PROPOSALS, live_order, order_input, person, proposal_path, two_people,
};

const PATH: &str = "/api/v1/quarantine-orders";

#[tokio::test]
async fn one_change_of_an_order_waits_at_a_time() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let person = person(&test, HERE).await;
    let new = order_input(person, "home", "2020-03-06", "2020-03-12");
    two_people(&test, &team, new).await;
    let order = live_order(&team, person).await;
    let change = |step: Value| {
        let mut measure = step;
        measure["order_id"] = order["order_id"].clone();
        json!({ "person_id": person, "measure": measure,
                "evidence": { "kind": "order_document", "reference": "坪隔〔2020〕31号" } })
    };
    let extend = change(json!({ "step": "extend_quarantine", "end": "2020-03-18" }));
    let transfer = change(json!({ "step": "transfer_quarantine", "place": "hospital" }));
    let waiting = team.post(PROPOSALS, extend.clone()).await.expect(201);
    team.post(PROPOSALS, transfer.clone())
        .await
        .problem(409, "order_change_waits");
    // The same again is another refusal: there is nothing else to wait for.
    team.post(PROPOSALS, extend)
        .await
        .problem(409, "proposal_exists");
    assert_eq!(live_order(&team, person).await["end"], "2020-03-12");
    let second = test.caller_of(Role::TeamPolice, "", "另一单位").await;
    let path = proposal_path(&waiting, "refuse");
    second.post(&path, json!({})).await.expect(200);
    two_people(&test, &team, transfer).await;
    assert_eq!(live_order(&team, person).await["place"], "hospital");
}

#[tokio::test]
async fn the_newest_orders_come_first_page_by_page() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let mut people = Vec::new();
    for _ in 0..3 {
        let someone = person(&test, HERE).await;
        let new = order_input(someone, "home", "2020-03-06", "2020-03-12");
        two_people(&test, &team, new).await;
        people.push(someone);
        test.advance(SignedDuration::from_secs(1));
    }
    people.reverse();
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let page = format!("{PATH}?limit=2&after={after}");
        let page = team.get(&page).await.expect(200);
        let items = page["items"].as_array().unwrap();
        found.extend(items.iter().map(|one| one["person_id"].as_i64().unwrap()));
        match page["next"].as_i64() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(found, people);
}
