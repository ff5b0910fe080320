//! The audit log: what is recorded, and that it is recorded with the change or before the answer.

use gridpass::access::Role;
use gridpass::audit::operations::{Kind, OPERATIONS};
use gridpass::audit::{Entry, read_entry};
use gridpass::documents;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::evidence::{ELSEWHERE, HERE, facts_path, person};

/// Operations that leave no entry. This list only shrinks.
const EXEMPT: [&str; 5] = [
    "create_scan",
    "get_scan_card",
    "get_scan_photo",
    "scan_gate_code",
    "upload_scans",
];

/// A connection of the owner of the tables, behind the application's back.
pub async fn owner(test: &TestApp) -> tokio_postgres::Client {
    let (client, connection) = test.config.connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Every entry, oldest first.
pub async fn entries(test: &TestApp) -> Vec<Entry> {
    let sql =
        "SELECT entry_id, at, actor, actor_id, unit, role, jurisdiction, purpose, action, subjects,
            object, result, code, origin, session, reference, key_number, mac
        FROM audit_entry ORDER BY entry_id";
    let rows = owner(test).await.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| read_entry(row, 0)).collect()
}

/// Entries of one operation.
pub async fn of(test: &TestApp, action: &str) -> Vec<Entry> {
    let mut all = entries(test).await;
    all.retain(|entry| entry.action == action);
    all
}

#[test]
fn every_operation_is_declared() {
    let description: Value = serde_json::from_str(&documents::openapi()).unwrap();
    let mut described = Vec::new();
    for item in description["paths"].as_object().unwrap().values() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let declared = OPERATIONS.iter().find(|one| one.id == id);
            let declared =
                declared.unwrap_or_else(|| panic!("declare {id} in audit/operations.rs"));
            // What is sent with another method than GET changes something, with few exceptions
            // that ask with a body.
            let asks = [
                "ask_identity_provider",
                "check_paper",
                "check_rule_tables",
                "evaluate_case",
                "find_stop",
                "read_rule_workbook",
                "search_people",
                "set_clock",
            ];
            if method != "get" && !asks.contains(&id.as_str()) {
                let changes = matches!(
                    declared.kind,
                    Kind::Change | Kind::Manage | Kind::Supervise | Kind::Exempt(_)
                );
                assert!(
                    changes,
                    "{id} changes something and is declared {:?}",
                    declared.kind
                );
            }
            described.push(id);
        }
    }
    // The other way round: nothing is declared that is not there any more.
    described.sort();
    described.dedup();
    let declared: Vec<&str> = OPERATIONS.iter().map(|one| one.id).collect();
    assert_eq!(described, declared);
    let exempt = OPERATIONS
        .iter()
        .filter(|one| matches!(one.kind, Kind::Exempt(_)));
    assert_eq!(exempt.map(|one| one.id).collect::<Vec<_>>(), EXEMPT);
}

#[tokio::test]
async fn a_read_names_who_looked_at_whom_and_what_for() {
    let test = TestApp::with_divisions().await;
    let someone = person(&test, HERE).await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let me = worker.get("/api/v1/me").await.expect(200);
    worker
        .get(&format!("/api/v1/people/{someone}/decision"))
        .await
        .expect(200);
    let entry = of(&test, "get_decision").await.pop().unwrap();
    assert_eq!(entry.actor, "staff");
    assert_eq!(entry.actor_id, me["staff_id"].as_i64().unwrap());
    assert_eq!(entry.role.as_deref(), Some("grid_worker"));
    assert_eq!(entry.unit.as_deref(), me["unit"].as_str());
    assert_eq!(entry.jurisdiction, HERE);
    assert_eq!(entry.purpose, "evidence");
    assert_eq!(entry.subjects, [someone]);
    assert_eq!(entry.result, "shown");
    assert_eq!(entry.origin.as_deref(), Some("127.0.0.1"));
    let session = entry.session.unwrap();
    assert_eq!(session.len(), 8);
    assert!(!worker.token().contains(&session));
}

#[tokio::test]
async fn a_list_names_each_person_shown_and_an_empty_one_names_nobody() {
    let test = TestApp::with_divisions().await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let mut people = Vec::new();
    for cause in ["needs_food", "needs_medicine"] {
        let someone = person(&test, HERE).await;
        let new = json!({ "person_id": someone, "cause": cause });
        lead.post("/api/v1/visits", new).await.expect(201);
        people.push(someone);
    }
    lead.get("/api/v1/visits").await.expect(200);
    lead.get("/api/v1/visits?assigned_to=1").await.expect(200);
    let seen: Vec<Vec<i64>> = of(&test, "list_visits")
        .await
        .into_iter()
        .map(|entry| entry.subjects)
        .collect();
    assert_eq!(seen, [people, vec![]]);
}

#[tokio::test]
async fn a_change_and_its_entry_are_one_transaction() {
    let test = TestApp::with_divisions().await;
    let someone = person(&test, HERE).await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let path = facts_path(someone);
    let body = json!({ "kind": "registry", "status": "conflict", "registry_source": "population",
                       "source": "x" });
    // Without a place for the entry there is no change either, and nothing is shown.
    let owner = owner(&test).await;
    owner
        .batch_execute("ALTER TABLE audit_pending RENAME TO hidden")
        .await
        .unwrap();
    worker
        .post(&path, body.clone())
        .await
        .problem(503, "database_unavailable");
    worker.get(&path).await.problem(503, "audit_unavailable");
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, 0);
    owner
        .batch_execute("ALTER TABLE hidden RENAME TO audit_pending")
        .await
        .unwrap();
    worker.post(&path, body).await.expect(201);
    let written = of(&test, "append_fact").await;
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].subjects, [someone]);
    assert_eq!(written[0].result, "done");
}

#[tokio::test]
async fn refused_attempts_are_on_record() {
    let test = TestApp::with_divisions().await;
    let someone = person(&test, HERE).await;
    let path = format!("/api/v1/people/{someone}/decision");
    let outside = test.caller(Role::GridWorker, ELSEWHERE).await;
    outside.get(&path).await.problem(404, "not_found");
    let guard = test.caller(Role::GateGuard, HERE).await;
    guard.get(&path).await.problem(403, "not_allowed");
    let head = guard.request(reqwest::Method::HEAD, &path);
    assert_eq!(guard.send(head).await.status.as_u16(), 403);
    test.anonymous()
        .get(&path)
        .await
        .problem(401, "not_signed_in");
    let found: Vec<(String, Option<String>, Vec<i64>)> = of(&test, "get_decision")
        .await
        .into_iter()
        .map(|entry| (entry.result, entry.code, entry.subjects))
        .collect();
    let refused =
        |code: &str, people: Vec<i64>| ("refused".to_owned(), Some(code.to_owned()), people);
    assert_eq!(
        found,
        [
            refused("not_found", vec![someone]),
            refused("not_allowed", vec![someone]),
            refused("not_allowed", vec![someone])
        ]
    );
}

#[tokio::test]
async fn an_answer_given_again_is_on_record_with_the_same_people() {
    let test = TestApp::with_divisions().await;
    let someone = person(&test, HERE).await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let new = json!({ "person_id": someone, "cause": "needs_food" });
    for _ in 0..2 {
        lead.post_with_key("/api/v1/visits", "one", new.clone())
            .await
            .expect(201);
    }
    let found = of(&test, "create_visit").await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].result, "unchanged");
    assert_eq!(found[1].subjects, found[0].subjects);
    assert_eq!(found[1].actor_id, found[0].actor_id);
}

#[tokio::test]
async fn jobs_that_change_something_about_a_person_are_on_record_as_the_system() {
    let test = TestApp::with_divisions().await;
    let someone = person(&test, HERE).await;
    crate::visits::need(&test, someone, "unknown").await;
    let jobs = of(&test, "follow-up").await;
    let of_person = jobs
        .iter()
        .find(|entry| entry.subjects == [someone])
        .unwrap();
    assert_eq!(of_person.actor, "system");
    assert_eq!(of_person.object.as_deref(), Some("follow-up/visit.needed"));
}
