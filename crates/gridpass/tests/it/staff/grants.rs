//! Grants: narrow, for a time, handed over, and kept apart.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{OWN, enter, make};
use crate::app::{Client, TestApp};

async fn grant(admin: &Client, staff_id: i64, body: Value) -> i64 {
    let path = format!("/api/v1/staff/{staff_id}/grants");
    let granted = admin.post(&path, body).await.expect(201);
    granted["grant_id"].as_i64().unwrap()
}

async fn enclosure(desk: &Client, name: &str) -> i64 {
    let body = json!({ "name": name, "kind": "estate", "community_code": "440310001001" });
    let made = desk.post("/api/v1/enclosures", body).await.expect(201);
    made["enclosure_id"].as_i64().unwrap()
}

async fn gate(system: &Client, enclosure_id: i64) -> i64 {
    let body = json!({ "name": "东门", "enclosure_id": enclosure_id, "lanes": [{ "lane": 1, "direction": "both" }] });
    let made = system.post("/api/v1/gates", body).await.expect(201);
    made["gate_id"].as_i64().unwrap()
}

#[tokio::test]
async fn a_grant_ends_by_itself() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = make(&admin, "worker-1", "grid_worker", "440310001").await;
    let until = test.now() + SignedDuration::from_hours(2);
    let from = test.now() + SignedDuration::from_hours(1);
    let body = json!({ "role": "community_lead", "jurisdiction": "440310002", "valid_from": from,
                       "valid_until": until, "reason": "代班" });
    let second = grant(&admin, id, body).await;
    let worker = enter(&test, "worker-1").await;
    // Only one counts yet, so there was nothing to choose.
    let choose = json!({ "grant_id": second });
    let path = "/api/v1/sessions/current/grant";
    worker
        .put(path, choose.clone())
        .await
        .problem(404, "not_found");
    test.advance(SignedDuration::from_mins(61));
    let me = worker.put(path, choose).await.expect(200);
    assert_eq!(
        (&me["role"], &me["jurisdiction"]),
        (&json!("community_lead"), &json!("440310002"))
    );
    worker.get("/api/v1/alerts").await.expect(200);
    test.advance(SignedDuration::from_hours(1));
    worker
        .get("/api/v1/alerts")
        .await
        .problem(403, "grant_needed");
    let me = worker.get("/api/v1/me").await.expect(200);
    let first = me["grants"][0]["grant_id"].clone();
    worker
        .put(path, json!({ "grant_id": first }))
        .await
        .expect(200);
    worker.get("/api/v1/visits").await.expect(200);
}

#[tokio::test]
async fn with_several_grants_a_session_chooses_one() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let id = make(&admin, "worker-1", "grid_worker", "440310001").await;
    let body = json!({ "role": "gate_guard", "jurisdiction": "440310001", "reason": "兼任" });
    grant(&admin, id, body).await;
    let worker = enter(&test, "worker-1").await;
    worker
        .get("/api/v1/visits")
        .await
        .problem(403, "grant_needed");
    let me = worker.get("/api/v1/me").await.expect(200);
    assert_eq!(me["needs"], json!(["choose_grant"]));
    for (at, visits) in [(0, 200), (1, 403)] {
        let choice = json!({ "grant_id": me["grants"][at]["grant_id"] });
        worker
            .put("/api/v1/sessions/current/grant", choice)
            .await
            .expect(200);
        assert_eq!(worker.get("/api/v1/visits").await.status.as_u16(), visits);
    }
}

#[tokio::test]
async fn a_grant_of_one_enclosure_covers_only_it() {
    let test = TestApp::with_divisions().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let desk = test.caller(Role::DataDesk, "440310").await;
    let system = test.caller(Role::SystemAdmin, "").await;
    let (mine, other) = (
        enclosure(&desk, "甲苑").await,
        enclosure(&desk, "乙苑").await,
    );
    let (my_gate, other_gate) = (gate(&system, mine).await, gate(&system, other).await);
    let mut body = super::account("guard-1", "gate_guard", "440310001001");
    body["enclosure_id"] = mine.into();
    let made = admin.post("/api/v1/staff", body).await.expect(201);
    assert_eq!(made["grants"][0]["enclosure_id"], mine);
    let guard = enter(&test, "guard-1").await;
    guard
        .get(&format!("/api/v1/gates/{my_gate}"))
        .await
        .expect(200);
    let path = format!("/api/v1/gates/{other_gate}");
    guard.get(&path).await.problem(404, "not_found");
    let path = format!("/api/v1/enclosures/{other}");
    guard.get(&path).await.problem(404, "not_found");
    for (path, id) in [("/api/v1/gates", my_gate), ("/api/v1/enclosures", mine)] {
        let listed = guard.get(path).await.expect(200);
        let items = listed["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{path}");
        let key = if path.ends_with("gates") {
            "gate_id"
        } else {
            "enclosure_id"
        };
        assert_eq!(items[0][key], id);
    }
    let listed = guard.get("/api/v1/employers").await.expect(200);
    assert_eq!(listed["items"], json!([]));

    // The wide roles act on divisions; a place elsewhere is as if unknown.
    let id = make(&admin, "worker-1", "grid_worker", "440310001").await;
    let path = format!("/api/v1/staff/{id}/grants");
    let narrow = json!({ "role": "grid_worker", "enclosure_id": mine, "reason": "x" });
    admin
        .post(&path, narrow)
        .await
        .problem(422, "invalid_fields");
    let both = json!({ "role": "gate_guard", "enclosure_id": mine, "jurisdiction": "440310001", "reason": "x" });
    admin.post(&path, both).await.problem(422, "invalid_fields");
    let elsewhere = test.caller(Role::SecurityAdmin, "440310002").await;
    let far = make(&elsewhere, "guard-2", "gate_guard", "440310002").await;
    let path = format!("/api/v1/staff/{far}/grants");
    let body = json!({ "role": "gate_guard", "enclosure_id": mine, "reason": "x" });
    elsewhere.post(&path, body).await.problem(404, "not_found");
    let wider = json!({ "role": "gate_guard", "jurisdiction": "440310", "reason": "x" });
    elsewhere
        .post(&path, wider)
        .await
        .problem(403, "outside_jurisdiction");
}

#[tokio::test]
async fn roles_that_check_each_other_never_meet_in_one_person() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    for (held, asked, status) in [
        ("system_admin", "audit_admin", 409),
        ("audit_admin", "security_admin", 409),
        ("rule_maker", "rule_approver", 409),
        ("rule_maker", "data_desk", 201),
    ] {
        let name = format!("{held}-{asked}");
        let id = make(&admin, &name, held, "").await;
        let body = json!({ "role": asked, "jurisdiction": "", "reason": "兼任" });
        let path = format!("/api/v1/staff/{id}/grants");
        // Two at once see each other too.
        let (a, b) = tokio::join!(admin.post(&path, body.clone()), admin.post(&path, body));
        assert_eq!(
            (a.status.as_u16(), b.status.as_u16()),
            (status, status),
            "{name}"
        );
    }
    // One after the other in time is no way around while both would count later.
    let id = make(&admin, "maker", "rule_maker", "").await;
    let later = test.now() + SignedDuration::from_hours(24);
    let body =
        json!({ "role": "rule_approver", "jurisdiction": "", "valid_from": later, "reason": "x" });
    let path = format!("/api/v1/staff/{id}/grants");
    admin.post(&path, body).await.problem(409, "grant_unfit");
}

#[tokio::test]
async fn a_grant_is_handed_over_for_a_time() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    make(&admin, "lead-1", "community_lead", "440310001001").await;
    make(&admin, "worker-1", "grid_worker", "440310001001").await;
    let mut body = super::account("doctor-1", "team_doctor", "440310001001");
    body["unit"] = "社区健康服务中心".into();
    admin.post("/api/v1/staff", body).await.expect(201);
    let lead = enter(&test, "lead-1").await;
    let me = lead.get("/api/v1/me").await.expect(200);
    let path = format!(
        "/api/v1/me/grants/{}/hand-over",
        me["grants"][0]["grant_id"]
    );
    let until = test.now() + SignedDuration::from_hours(48);
    let body = |colleague: &str, jurisdiction: &str| json!({ "username": colleague, "jurisdiction": jurisdiction, "valid_until": until, "reason": "休假" });
    let narrow = "440310001001002";
    let answer = lead.post(&path, body("doctor-1", narrow)).await;
    answer.problem(422, "colleague_unknown");
    let answer = lead.post(&path, body("lead-1", narrow)).await;
    answer.problem(422, "colleague_unknown");
    let answer = lead.post(&path, body("worker-1", "440310")).await;
    answer.problem(403, "outside_jurisdiction");
    let handed = lead.post(&path, body("worker-1", narrow)).await.expect(201);
    let listed = lead.get("/api/v1/me/hand-overs").await.expect(200);
    assert_eq!(
        (&listed[0]["holder"], &listed[0]["granted_by"]),
        (&json!("worker-1"), &json!("lead-1"))
    );

    let worker = enter(&test, "worker-1").await;
    // Nobody takes somebody else's grant, and what was handed over is not handed on.
    worker
        .post(&path, body("lead-1", narrow))
        .await
        .problem(403, "grant_needed");
    let choice = json!({ "grant_id": handed["grant_id"] });
    let me = worker
        .put("/api/v1/sessions/current/grant", choice)
        .await
        .expect(200);
    assert_eq!(me["jurisdiction"], narrow);
    worker.get("/api/v1/alerts").await.expect(200);
    worker
        .post(&path, body("lead-1", narrow))
        .await
        .problem(404, "not_found");
    let on = format!("/api/v1/me/grants/{}/hand-over", handed["grant_id"]);
    worker
        .post(&on, body("lead-1", narrow))
        .await
        .problem(404, "not_found");

    let back = format!("/api/v1/me/hand-overs/{}", handed["grant_id"]);
    worker.delete(&back).await.problem(404, "not_found");
    lead.delete(&back).await.expect(204);
    worker
        .get("/api/v1/alerts")
        .await
        .problem(403, "grant_needed");

    lead.post(&path, body("worker-1", narrow)).await.expect(201);
    let recorded =
        "SELECT count(*) FROM staff_grant WHERE handed_from IS NOT NULL AND reason = '休假'";
    assert_eq!(test.scalar::<i64>(recorded).await, 2);
    test.advance(SignedDuration::from_hours(49));
    let lead = test.sign_in("lead-1", OWN).await;
    let listed = lead.get("/api/v1/me/hand-overs").await.expect(200);
    assert_eq!(listed, json!([]));
}

#[tokio::test]
async fn a_grant_that_ends_takes_along_what_was_handed_over() {
    let test = TestApp::start().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let lead_id = make(&admin, "lead-1", "community_lead", "440310001001").await;
    make(&admin, "worker-1", "grid_worker", "440310001001").await;
    let lead = enter(&test, "lead-1").await;
    let me = lead.get("/api/v1/me").await.expect(200);
    let own = me["grants"][0]["grant_id"].clone();
    let until = test.now() + SignedDuration::from_hours(48);
    let body = json!({ "username": "worker-1", "valid_until": until, "reason": "休假" });
    let handed = lead
        .post(&format!("/api/v1/me/grants/{own}/hand-over"), body)
        .await
        .expect(201);
    let worker = enter(&test, "worker-1").await;
    let choice = json!({ "grant_id": handed["grant_id"] });
    worker
        .put("/api/v1/sessions/current/grant", choice)
        .await
        .expect(200);
    admin
        .delete(&format!("/api/v1/staff/{lead_id}/grants/{own}"))
        .await
        .expect(204);
    worker
        .get("/api/v1/alerts")
        .await
        .problem(403, "grant_needed");
    lead.get("/api/v1/alerts")
        .await
        .problem(403, "grant_needed");
}
