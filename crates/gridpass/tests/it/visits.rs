//! Visits: asked for, handed out, ended into facts.

use gridpass::access::Role;
use gridpass::facts::visit_needed;
use gridpass::jobs::outbox;
use gridpass_types::ids::PersonId;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};
use crate::evidence::{
    ELSEWHERE, HERE, PROPOSALS, assert_counts_agree, assert_states_are_derived, enclosure, person,
    proposal_path,
};

/// A decision at a scan asks for a visit, as scans write it.
pub async fn need(test: &TestApp, person_id: i64, cause: &str) {
    let tx = test.app.db.tx().await.unwrap();
    let person_id = PersonId::new(person_id);
    let row = visit_needed(person_id, (cause, 24), None, test.now());
    outbox::insert(&tx, &[row], test.now()).await.unwrap();
    tx.commit().await.unwrap();
    test.settle().await;
}

async fn open_visits(caller: &Client) -> Vec<Value> {
    let list = caller.get("/api/v1/visits").await.expect(200);
    list["items"].as_array().unwrap().clone()
}

fn path(visit: &Value, verb: &str) -> String {
    format!(
        "/api/v1/visits/{}/{}/{verb}",
        visit["person_id"], visit["visit_id"]
    )
}

#[tokio::test]
async fn a_decision_asks_once_and_the_door_turns_the_pass_green() {
    let test = TestApp::with_divisions().await;
    let enclosure = enclosure(&test, HERE).await;
    let person = person(&test, HERE).await;
    need(&test, person, "unknown").await;
    need(&test, person, "unknown").await;
    test.advance(SignedDuration::from_hours(24));
    need(&test, person, "unknown").await;
    need(&test, person, "residence_unverified").await;
    need(&test, person, "symptoms").await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let visits = open_visits(&worker).await;
    assert_eq!(visits.len(), 3, "one open visit for a cause");
    assert_eq!(visits[0]["name"], "李雷");
    assert_eq!(visits[0]["cause"], "unknown");
    assert_eq!(visits[0]["due_at"], "2020-03-07T00:30:00Z");

    for (whose, count) in [(person, 3), (person + 1, 0)] {
        let path = format!("/api/v1/visits?person_id={whose}");
        let page = worker.get(&path).await.expect(200);
        assert_eq!(page["items"].as_array().unwrap().len(), count);
    }
    let complete = path(&visits[0], "complete");
    let outcome = json!({ "outcome": "verified_moved_in" });
    let problem = worker
        .post(&complete, outcome)
        .await
        .problem(422, "invalid_fields");
    assert_eq!(problem["fields"][0]["field"], "enclosure_id");
    let outcome =
        json!({ "outcome": "verified_moved_in", "enclosure_id": enclosure, "note": "三口之家" });
    let done = worker.post(&complete, outcome.clone()).await.expect(200);
    assert_eq!(done["decision"]["colour"], "green");
    assert_eq!(done["visit"]["status"], "done");
    assert_eq!(done["visit"]["enclosure_name"], "金地朗悦");
    let again = worker.post(&complete, outcome).await.expect(200);
    assert_eq!(
        again["visit"], done["visit"],
        "a repeated call is answered alike"
    );
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, 1);
    worker
        .post(&complete, json!({ "outcome": "not_found" }))
        .await
        .problem(409, "visit_closed");
    let left = open_visits(&worker).await;
    assert_eq!(
        left.len(),
        1,
        "the other open visit of the same purpose is closed too"
    );
    assert_eq!(left[0]["cause"], "symptoms");
    let ended = worker.get("/api/v1/visits?status=done").await.expect(200);
    assert_eq!(ended["items"].as_array().unwrap().len(), 2);
    let note: Option<Vec<u8>> = test
        .scalar("SELECT note_sealed FROM visit WHERE note_sealed IS NOT NULL")
        .await;
    assert!(!String::from_utf8_lossy(&note.unwrap()).contains("三口"));
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn what_the_door_brings_to_light_counts() {
    let test = TestApp::with_divisions().await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let enclosure = enclosure(&test, HERE).await;
    let someone = person(&test, HERE).await;
    need(&test, someone, "unknown").await;
    let visit = open_visits(&worker).await.remove(0);
    let outcome = json!({ "outcome": "verified_moved_in", "enclosure_id": enclosure,
                          "epidemic_area_stay": { "area": "42", "until": "2020-03-01" } });
    let done = worker
        .post(&path(&visit, "complete"), outcome)
        .await
        .expect(200);
    assert_eq!(
        (
            done["decision"]["colour"].as_str(),
            done["decision"]["reason"].as_str()
        ),
        (Some("yellow"), Some("epidemic_area_declared")),
        "one person's word makes nobody red"
    );
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let waiting = team.get(PROPOSALS).await.expect(200);
    let proposal = &waiting["items"][0];
    assert_eq!(proposal["evidence"]["kind"], "visit");
    let confirmed = team
        .post(&proposal_path(proposal, "confirm"), json!({}))
        .await
        .expect(200);
    assert_eq!(confirmed["decision"]["reason"], "epidemic_area");

    let mover = person(&test, HERE).await;
    need(&test, mover, "residence_unverified").await;
    let visit = open_visits(&worker).await.remove(0);
    let future = json!({ "outcome": "moved_out", "enclosure_id": enclosure,
                         "epidemic_area_stay": { "area": "42", "until": "2020-04-01" } });
    worker
        .post(&path(&visit, "complete"), future)
        .await
        .problem(422, "fact_invalid");
    let unknown = json!({ "outcome": "moved_out", "enclosure_id": 7 });
    worker
        .post(&path(&visit, "complete"), unknown)
        .await
        .problem(422, "enclosure_unknown");
    let gone = json!({ "outcome": "moved_out", "enclosure_id": enclosure });
    let done = worker
        .post(&path(&visit, "complete"), gone)
        .await
        .expect(200);
    assert_eq!(done["decision"]["colour"], "yellow");
    let residence = format!("SELECT residence FROM person_state WHERE person_id = {mover}");
    assert_eq!(test.scalar::<i16>(&residence).await, 3);

    let nobody = person(&test, HERE).await;
    need(&test, nobody, "unknown").await;
    let visit = open_visits(&worker).await.remove(0);
    let done = worker
        .post(&path(&visit, "complete"), json!({ "outcome": "not_found" }))
        .await
        .expect(200);
    assert_eq!(done["visit"]["status"], "not_executable");
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn a_conflict_of_registers_is_settled_at_the_door() {
    let test = TestApp::with_divisions().await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let enclosure = enclosure(&test, HERE).await;
    let person = person(&test, HERE).await;
    let facts = format!("/api/v1/people/{person}/facts");
    let conflict = json!({ "kind": "registry", "status": "conflict", "registry_source": "population", "source": "x" });
    let appended = worker.post(&facts, conflict).await.expect(201);
    assert_eq!(appended["decision"]["reason"], "identity_conflict");
    need(&test, person, "identity_conflict").await;
    let visit = open_visits(&worker).await.remove(0);
    let outcome = json!({ "outcome": "verified_moved_in", "enclosure_id": enclosure });
    let done = worker
        .post(&path(&visit, "complete"), outcome)
        .await
        .expect(200);
    assert_eq!(done["decision"]["colour"], "green");
    assert_states_are_derived(&test).await;
}

#[tokio::test]
async fn visits_are_asked_for_and_handed_out() {
    let test = TestApp::with_divisions().await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let person = person(&test, HERE).await;
    let new = json!({ "person_id": person, "cause": "needs_medicine" });
    let visit = lead
        .post_with_key("/api/v1/visits", "v1", new.clone())
        .await
        .expect(201);
    let same = lead
        .post_with_key("/api/v1/visits", "v1", new.clone())
        .await
        .expect(201);
    assert_eq!(visit, same);
    let open = lead.post("/api/v1/visits", new.clone()).await.expect(200);
    assert_eq!(
        open["visit_id"], visit["visit_id"],
        "the open one is answered"
    );

    let me = worker.get("/api/v1/me").await.expect(200);
    let assigned = lead
        .post(
            &path(&visit, "assign"),
            json!({ "staff_id": me["staff_id"] }),
        )
        .await
        .expect(200);
    assert_eq!(assigned["assigned_to"], me["staff_id"]);
    let mine = format!("/api/v1/visits?assigned_to={}", me["staff_id"]);
    assert_eq!(
        worker.get(&mine).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let none = worker.get("/api/v1/visits?assigned_to=1").await.expect(200);
    assert!(none["items"].as_array().unwrap().is_empty());

    let stranger = test.caller(Role::GridWorker, ELSEWHERE).await;
    let stranger = stranger.get("/api/v1/me").await.expect(200);
    for staff_id in [stranger["staff_id"].clone(), json!(1)] {
        lead.post(&path(&visit, "assign"), json!({ "staff_id": staff_id }))
            .await
            .problem(422, "invalid_fields");
    }
    worker
        .post(&path(&visit, "complete"), json!({ "outcome": "not_found" }))
        .await
        .expect(200);
    lead.post(
        &path(&visit, "assign"),
        json!({ "staff_id": me["staff_id"] }),
    )
    .await
    .problem(409, "visit_closed");
    let bad = [
        json!({ "person_id": person, "cause": "Not A Word" }),
        json!({ "person_id": person, "cause": "x", "due_at": "2020-03-05T00:00:00Z" }),
        json!({ "person_id": "p" }),
    ];
    for new in bad {
        lead.post("/api/v1/visits", new)
            .await
            .problem(422, "invalid_fields");
    }
}

#[tokio::test]
async fn pages_go_on_where_the_last_ended() {
    let test = TestApp::with_divisions().await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let person = person(&test, HERE).await;
    for n in 0..5 {
        let new = json!({ "person_id": person, "cause": format!("cause_{n}") });
        lead.post("/api/v1/visits", new).await.expect(201);
    }
    let mut seen = Vec::new();
    let mut after = 0;
    loop {
        let page = lead
            .get(&format!("/api/v1/visits?limit=2&after={after}"))
            .await
            .expect(200);
        for visit in page["items"].as_array().unwrap() {
            seen.push(visit["cause"].as_str().unwrap().to_owned());
        }
        match page["next"].as_i64() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(
        seen,
        ["cause_0", "cause_1", "cause_2", "cause_3", "cause_4"]
    );
}

#[tokio::test]
async fn others_neither_see_nor_end_a_visit() {
    let test = TestApp::with_divisions().await;
    let person = person(&test, HERE).await;
    need(&test, person, "unknown").await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let visit = open_visits(&worker).await.remove(0);
    let (complete, assign) = (path(&visit, "complete"), path(&visit, "assign"));
    let outcome = json!({ "outcome": "not_found" });
    let staff = json!({ "staff_id": 1 });

    let outside = test.caller(Role::CommunityLead, ELSEWHERE).await;
    assert!(open_visits(&outside).await.is_empty());
    outside
        .post(&complete, outcome.clone())
        .await
        .problem(404, "not_found");
    outside
        .post(&assign, staff.clone())
        .await
        .problem(404, "not_found");
    let new = json!({ "person_id": person, "cause": "unknown" });
    outside
        .post("/api/v1/visits", new.clone())
        .await
        .problem(404, "not_found");

    let guard = test.caller(Role::GateGuard, HERE).await;
    guard
        .get("/api/v1/visits")
        .await
        .problem(403, "not_allowed");
    guard
        .post(&complete, outcome.clone())
        .await
        .problem(403, "not_allowed");
    worker
        .post(&assign, staff)
        .await
        .problem(403, "not_allowed");
    worker
        .post("/api/v1/visits", new)
        .await
        .problem(403, "not_allowed");
    test.anonymous()
        .get("/api/v1/visits")
        .await
        .problem(401, "not_signed_in");
    worker
        .post(&complete, json!({ "outcome": "guessed" }))
        .await
        .problem(422, "invalid_fields");
}

#[tokio::test]
async fn two_workers_at_one_door_end_it_once() {
    let test = TestApp::with_divisions().await;
    let enclosure = enclosure(&test, HERE).await;
    let person = person(&test, HERE).await;
    need(&test, person, "unknown").await;
    let mut workers = Vec::new();
    for _ in 0..6 {
        workers.push(test.caller(Role::GridWorker, HERE).await);
    }
    let visits = open_visits(&workers[0]).await;
    let mut calls = tokio::task::JoinSet::new();
    for worker in workers {
        let complete = path(&visits[0], "complete");
        calls.spawn(async move {
            let outcome = json!({ "outcome": "verified_moved_in", "enclosure_id": enclosure });
            worker.post(&complete, outcome).await.status.as_u16()
        });
    }
    let mut answers = calls.join_all().await;
    answers.sort_unstable();
    assert_eq!(answers, [200, 409, 409, 409, 409, 409]);
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, 1);
}
