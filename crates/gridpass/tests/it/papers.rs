//! The two papers: issued on what the record says, checked by their serial, withdrawn.

use gridpass::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::evidence::{
    ELSEWHERE, HERE, enclosure, facts_path, live_order, order_input, two_people,
};
use crate::gates::post;
use crate::people::applicant;
use crate::quarantine::discharge;

const PATH: &str = "/api/v1/papers";

/// Somebody entered at a counter, and the enclosure that was declared.
async fn resident(test: &TestApp) -> (i64, i64) {
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let enclosure = enclosure(test, HERE).await;
    let mut body = applicant("李雷", 7, "13800001234");
    body["enclosure_id"] = enclosure.into();
    let entered = lead.post("/api/v1/people", body).await.expect(201);
    (entered["person_id"].as_i64().unwrap(), enclosure)
}

/// The same with the home verified, and whoever verified it.
async fn verified_resident(test: &TestApp) -> (Client, i64) {
    let (person, enclosure) = resident(test).await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let lives =
        json!({ "kind": "residence", "status": "verified", "enclosure": enclosure, "source": "x" });
    lead.post(&facts_path(person), lives).await.expect(201);
    (lead, person)
}

#[tokio::test]
async fn a_notice_says_that_the_observation_is_over_and_is_checked_anywhere() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamWorker, HERE).await;
    let (person, _) = resident(&test).await;
    two_people(
        &test,
        &team,
        order_input(person, "home", "2020-03-06", "2020-03-20"),
    )
    .await;
    let order = live_order(&team, person).await;
    let new =
        json!({ "person_id": person, "kind": "observation_end", "order_id": order["order_id"] });
    team.post(PATH, new.clone())
        .await
        .problem(409, "paper_no_ground");
    let release = format!(
        "/api/v1/quarantine-orders/{person}/{}/release",
        order["order_id"]
    );
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    doctor.post(&release, discharge()).await.expect(200);

    let paper = team
        .post_with_key(PATH, "p1", new.clone())
        .await
        .expect(201);
    let again = team.post_with_key(PATH, "p1", new).await.expect(201);
    assert_eq!(paper["serial"], again["serial"]);
    assert_eq!(paper["name"], "李雷");
    assert_eq!(
        (
            &paper["observation"]["place"],
            &paper["observation"]["document"]
        ),
        (&json!("home"), &json!("坪隔〔2020〕12号"))
    );
    assert_eq!(paper["divisions"][0], "坪山区");
    assert_eq!(paper["address"], Value::Null);
    let print = format!("{PATH}/{person}/{}", paper["paper"]["paper_id"]);
    assert_eq!(
        team.get(&print).await.expect(200)["serial"],
        paper["serial"]
    );

    // A guard of another district's gate reads it from the paper.
    let guard = test.caller(Role::GateGuard, ELSEWHERE).await;
    let check = |serial: &str| json!({ "serial": serial });
    let path = format!("{PATH}/check");
    let serial = paper["serial"].as_str().unwrap();
    let checked = guard
        .post(&path, check(&serial.to_lowercase()))
        .await
        .expect(200);
    assert_eq!(
        (
            &checked["name_masked"],
            &checked["kind"],
            &checked["withdrawn_at"]
        ),
        (&json!("李*"), &json!("observation_end"), &Value::Null)
    );
    assert!(!checked.to_string().contains("李雷"));
    let mut forged = serial.to_owned();
    let last = forged.pop().unwrap();
    forged.push(if last == '7' { '8' } else { '7' });
    guard
        .post(&path, check(&forged))
        .await
        .problem(404, "paper_unknown");
    guard
        .post(&path, check("GPP-1"))
        .await
        .problem(404, "paper_unknown");

    let withdraw = format!("{print}/withdraw");
    let outside = test.caller(Role::TeamWorker, ELSEWHERE).await;
    outside
        .post(&withdraw, json!({}))
        .await
        .problem(404, "not_found");
    outside.get(&print).await.problem(404, "not_found");
    team.post(&withdraw, json!({})).await.expect(204);
    team.post(&withdraw, json!({}))
        .await
        .problem(409, "paper_withdrawn");
    team.get(&print).await.problem(409, "paper_withdrawn");
    let checked = guard.post(&path, check(serial)).await.expect(200);
    assert!(checked["withdrawn_at"].is_string());
    let log = team
        .get(&format!("{PATH}?person_id={person}"))
        .await
        .expect(200);
    assert_eq!(
        (&log["items"][0]["name"], &log["items"][0]["issued_unit"]),
        (&json!("李雷"), &json!("单位-team_worker"))
    );
    assert_eq!(outside.get(PATH).await.expect(200)["items"], json!([]));
    guard.get(PATH).await.problem(403, "not_allowed");
    test.anonymous()
        .post(&path, check(serial))
        .await
        .problem(401, "not_signed_in");
}

#[tokio::test]
async fn no_notice_says_that_an_observation_ended_which_did_not() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamWorker, HERE).await;
    let (person, _) = resident(&test).await;
    let order = order_input(person, "home", "2020-03-06", "2020-03-07");
    two_people(&test, &team, order.clone()).await;
    let first = live_order(&team, person).await;
    let release = format!(
        "/api/v1/quarantine-orders/{person}/{}/release",
        first["order_id"]
    );
    let cancelled = json!({ "end_reason": "cancelled", "ground": "exposure_ruled_out" });
    team.post(&release, cancelled).await.expect(200);
    let notice = |order: &Value| json!({ "person_id": person, "kind": "observation_end", "order_id": order["order_id"] });
    team.post(PATH, notice(&first))
        .await
        .problem(409, "paper_no_ground");
    // As a version before ended it: completed at once, by one person's word.
    two_people(&test, &team, order).await;
    let second = live_order(&team, person).await;
    let db = test.app.db.client().await.unwrap();
    let early = "UPDATE quarantine_order SET status = 'released', end_reason = 'completed', released_at = $1
        WHERE status = 'live'";
    db.execute(early, &[&test.now()]).await.unwrap();
    team.post(PATH, notice(&second))
        .await
        .problem(409, "paper_no_ground");
    let ran = "UPDATE quarantine_order SET released_at = NULL, end_reason = NULL, status = 'live'
        WHERE order_id = $1";
    db.execute(ran, &[&second["order_id"].as_i64().unwrap()])
        .await
        .unwrap();
    test.clock.set("2020-03-07T00:00:00+08:00".parse().unwrap());
    let team = test.caller(Role::TeamWorker, HERE).await;
    let paper = team.post(PATH, notice(&second)).await.expect(201);
    assert_eq!(paper["observation"]["ended_at"], "2020-03-06T16:00:00Z");
}

#[tokio::test]
async fn a_gates_device_checks_a_paper() {
    let test = TestApp::with_divisions().await;
    let (lead, person) = verified_resident(&test).await;
    let new = json!({ "person_id": person, "kind": "residence" });
    let paper = lead.post(PATH, new).await.expect(201);
    let there = post(&test, "锦绣苑", HERE).await;
    let path = format!("{PATH}/check");
    let asked = json!({ "serial": paper["serial"] });
    let checked = there.device.post(&path, asked.clone()).await.expect(200);
    assert_eq!(
        (&checked["name_masked"], &checked["kind"]),
        (&json!("李*"), &json!("residence"))
    );
    let made_up = json!({ "serial": "GPP-00000-000001-00000000" });
    there
        .device
        .post(&path, made_up)
        .await
        .problem(404, "paper_unknown");
    test.with_token("gpd1.1.x")
        .post(&path, asked)
        .await
        .problem(401, "not_signed_in");
    let entry = crate::audit::of(&test, "check_paper").await.remove(0);
    assert_eq!(
        (&*entry.actor, &entry.subjects[..]),
        ("device", &[person][..])
    );
}

#[tokio::test]
async fn the_newest_papers_come_first_page_by_page() {
    let test = TestApp::with_divisions().await;
    let (lead, person) = verified_resident(&test).await;
    let mut issued = Vec::new();
    for _ in 0..3 {
        let new = json!({ "person_id": person, "kind": "residence" });
        let paper = lead.post(PATH, new).await.expect(201);
        issued.insert(0, paper["paper"]["paper_id"].as_i64().unwrap());
        test.advance(SignedDuration::from_secs(1));
    }
    let page = lead.get(&format!("{PATH}?limit=2")).await.expect(200);
    let ids = |page: &Value| -> Vec<i64> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|one| one["paper_id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(&page), issued[..2]);
    let rest = format!("{PATH}?limit=2&after={}", page["next"]);
    assert_eq!(ids(&lead.get(&rest).await.expect(200)), issued[2..]);
}

#[tokio::test]
async fn checks_are_counted_so_that_nobody_tries_serials() {
    let test = TestApp::with_divisions().await;
    let guard = test.caller(Role::GateGuard, HERE).await;
    let path = format!("{PATH}/check");
    let made_up = json!({ "serial": "GPP-00000-000001-00000000" });
    for _ in 0..120 {
        guard
            .post(&path, made_up.clone())
            .await
            .problem(404, "paper_unknown");
    }
    guard
        .post(&path, made_up.clone())
        .await
        .problem(429, "too_many_requests");
    let other = test.caller(Role::GateGuard, HERE).await;
    other
        .post(&path, made_up)
        .await
        .problem(404, "paper_unknown");
}

#[tokio::test]
async fn residence_is_proved_only_when_it_was_verified() {
    let test = TestApp::with_divisions().await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let (person, enclosure) = resident(&test).await;
    let new = json!({ "person_id": person, "kind": "residence" });
    lead.post(PATH, new.clone())
        .await
        .problem(409, "paper_no_ground");
    let residence = |status: &str| json!({ "kind": "residence", "status": status, "enclosure": enclosure, "source": "x" });
    let declared = residence("declared");
    lead.post(&facts_path(person), declared).await.expect(201);
    lead.post(PATH, new.clone())
        .await
        .problem(409, "paper_no_ground");
    lead.post(&facts_path(person), residence("verified"))
        .await
        .expect(201);
    let paper = lead.post(PATH, new.clone()).await.expect(201);
    assert_eq!(paper["enclosure_name"], "金地朗悦");
    assert_eq!(paper["observation"], Value::Null);
    // Whoever moved away later lived there when the paper was issued.
    test.advance(jiff::SignedDuration::from_hours(1));
    lead.post(&facts_path(person), residence("away"))
        .await
        .expect(201);
    let print = format!("{PATH}/{person}/{}", paper["paper"]["paper_id"]);
    let district = test.caller(Role::CommunityLead, "440310").await;
    district.get(&print).await.expect(200);
    district
        .post(PATH, new.clone())
        .await
        .problem(409, "paper_no_ground");
    let mut wrong = new.clone();
    wrong["order_id"] = 1.into();
    lead.post(PATH, wrong).await.problem(422, "invalid_fields");
    let notice = json!({ "person_id": person, "kind": "observation_end" });
    lead.post(PATH, notice).await.problem(422, "invalid_fields");
    lead.post(PATH, json!({ "person_id": person, "kind": "no_case" }))
        .await
        .problem(422, "invalid_fields");
    let outside = test.caller(Role::CommunityLead, ELSEWHERE).await;
    outside
        .post(PATH, new.clone())
        .await
        .problem(404, "not_found");
    let police = test.caller(Role::TeamPolice, HERE).await;
    police.post(PATH, new).await.problem(403, "not_allowed");
}
