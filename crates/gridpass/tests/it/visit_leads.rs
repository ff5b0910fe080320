//! What leads see and do: who has what, giving many visits at once, an absent worker's list.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::calls::{people, stops, street};
use crate::evidence::{ELSEWHERE, HERE};

#[tokio::test]
async fn leads_see_who_has_what_and_hand_lists_over() {
    let street = street().await;
    let lead = street.test.caller(Role::CommunityLead, HERE).await;
    let (absent, taker) = (
        street.worker.get("/api/v1/me").await.expect(200),
        lead.get("/api/v1/me").await.expect(200),
    );
    let load = lead.get("/api/v1/visits/load").await.expect(200);
    assert_eq!(
        (&load["total"]["open"], &load["total"]["unassigned"]),
        (&json!(3), &json!(3))
    );
    let stops = stops(&lead, "?only=unassigned").await;
    let visits: Vec<Value> = stops
        .iter()
        .flat_map(people)
        .flat_map(|one| {
            one["visits"].as_array().unwrap().iter().map(
                |visit| json!({ "person_id": one["person_id"], "visit_id": visit["visit_id"] }),
            )
        })
        .collect();
    let give = json!({ "staff_id": absent["staff_id"], "visits": visits });
    let given = lead
        .post("/api/v1/visits/assign", give.clone())
        .await
        .expect(200);
    assert_eq!(
        (&given["assigned"], given["left"].as_array().unwrap().len()),
        (&json!(3), 0)
    );
    let twice = json!({ "staff_id": absent["staff_id"], "visits": [visits[0], visits[0]] });
    let given = lead.post("/api/v1/visits/assign", twice).await.expect(200);
    assert_eq!(given["assigned"], 1, "named twice, given once");
    let themself = json!({ "from": absent["staff_id"], "to": [absent["staff_id"]] });
    let problem = lead.post("/api/v1/visits/hand-over", themself).await;
    let problem = problem.problem(422, "invalid_fields");
    assert_eq!(problem["fields"][0]["code"], "same_worker");
    let stranger = street
        .test
        .caller(Role::GridWorker, ELSEWHERE)
        .await
        .get("/api/v1/me")
        .await
        .expect(200);
    let wrong = json!({ "staff_id": stranger["staff_id"], "visits": visits });
    let given = lead.post("/api/v1/visits/assign", wrong).await.expect(200);
    assert_eq!(
        given["left"].as_array().unwrap().len(),
        3,
        "nobody from elsewhere goes"
    );

    let outside = street.test.caller(Role::CommunityLead, ELSEWHERE).await;
    let me = outside.get("/api/v1/me").await.expect(200);
    let theirs = json!({ "staff_id": me["staff_id"], "visits": visits });
    let given = outside
        .post("/api/v1/visits/assign", theirs)
        .await
        .expect(200);
    assert_eq!(
        given["left"].as_array().unwrap().len(),
        3,
        "nobody takes visits from elsewhere"
    );
    let over = json!({ "from": absent["staff_id"], "to": [me["staff_id"]] });
    let moved = outside
        .post("/api/v1/visits/hand-over", over)
        .await
        .expect(200);
    assert_eq!(moved["assigned"], 0);

    street.test.advance(SignedDuration::from_hours(30));
    street.test.settle().await;
    let lead = street.test.caller(Role::CommunityLead, HERE).await;
    let load = lead.get("/api/v1/visits/load").await.expect(200);
    assert_eq!(
        load["total"],
        json!({ "open": 3, "late": 3, "unassigned": 0, "escalated": 3 })
    );
    let has = |name: &str| {
        let workers = load["workers"].as_array().unwrap();
        workers
            .iter()
            .find(|one| one["staff_id"] == absent["staff_id"])
            .unwrap()[name]
            .clone()
    };
    assert_eq!((has("open"), has("late")), (json!(3), json!(3)));
    let over = json!({ "from": absent["staff_id"], "to": [taker["staff_id"]] });
    let moved = lead
        .post("/api/v1/visits/hand-over", over.clone())
        .await
        .expect(200);
    assert_eq!(moved["assigned"], 3);
    let again = lead
        .post("/api/v1/visits/hand-over", over)
        .await
        .expect(200);
    assert_eq!(again["assigned"], 0, "a repeated call moves nothing");
    let none = json!({ "from": absent["staff_id"], "to": [] });
    lead.post("/api/v1/visits/hand-over", none)
        .await
        .problem(422, "invalid_fields");
    let worker = street.test.caller(Role::GridWorker, HERE).await;
    worker
        .post("/api/v1/visits/assign", give)
        .await
        .problem(403, "not_allowed");
}
