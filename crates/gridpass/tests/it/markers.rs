//! Where personal values turn up. Marked values are planted in one person's record, a broad
//! run is driven over it, and then everything that came out is searched for them: every
//! answer with its headers, every log line at the finest level, live events, and every column
//! of every table as text.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex};

use gridpass::access::Role;
use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::util::SubscriberInitExt;

use crate::alerts_fixture::raise;
use crate::app::{Exchange, TRANSCRIPT, TestApp};
use crate::evidence::{PROPOSALS, medical, order_input, red_fact_input, two_people};
use crate::gates;
use crate::people::{child_number, resident_number};

const HERE: &str = "440310001001";
const NAME: &str = "璨珺曦";
const PHONE: &str = "13877776666";
const ADDRESS: &str = "幽兰阁七七七室";
const VISIT_NOTE: &str = "青鸾暗记";
const GLASS_NOTE: &str = "玄武暗记需联系本人";

/// Answers that may carry a marked value, with the mask that allows it. What is not listed
/// may not, and what is listed and not used fails. This list only shrinks.
const ALLOWED: [(&str, &str); 19] = [
    ("POST /api/v1/people/enrol", NAME),     // the holder's own pass
    ("GET /api/v1/pass", NAME),              // the same
    ("POST /api/v1/pass/dependants", NAME),  // a dependant's pass on the guardian's phone
    ("POST /api/v1/people", NAME),           // a worker at the door
    ("POST /api/v1/people", ADDRESS),        // the same
    ("GET /api/v1/people/{}", NAME),         // the response team
    ("GET /api/v1/people/{}", PHONE),        // only while an access is open
    ("GET /api/v1/people/{}", ADDRESS),      // the response team goes there
    ("GET /api/v1/people/{}", "{number}"),   // only while an access is open
    ("POST /api/v1/people/search", NAME),    // the response team
    ("POST /api/v1/people/search", ADDRESS), // the same
    ("POST /api/v1/people/{}/paper-passes", NAME), // printed on the pass
    ("GET /api/v1/visits", NAME),            // a worker at the door
    ("GET /api/v1/visits", ADDRESS),         // the same
    ("GET /api/v1/alerts", NAME),            // the team looks for the person
    ("GET /api/v1/quarantine-orders", NAME), // the team answers for the person
    ("GET /api/v1/red-proposals", NAME),     // who confirms must know whom
    ("GET /api/v1/scans/card/{}", NAME),     // a guard after a scan
    ("GET /api/v1/break-glass", GLASS_NOTE), // the supervisor reads why
];

/// Everything that is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Marked {
    person: i64,
    number: String,
}

impl Marked {
    fn values(&self) -> [&str; 6] {
        [NAME, PHONE, ADDRESS, VISIT_NOTE, GLASS_NOTE, &self.number]
    }
}

/// A registry's file: one row that enters the person, one of every way to be rejected.
fn registry(number: &str) -> String {
    format!(
        "document_type,document_number,name,phone,residence_status,enclosure_code,address\n\
         resident_id,{number},{NAME},{PHONE},verified,E1,{ADDRESS}\n\
         resident_id,{number}9,{NAME},{PHONE},verified,E1,{ADDRESS}\n\
         {NAME},{number},{NAME},{PHONE},verified,E1,{ADDRESS}\n\
         resident_id,{number},{NAME},{PHONE}{PHONE},{ADDRESS},E1,{ADDRESS}\n\
         resident_id,{number},别人,{PHONE},verified,{NAME},{ADDRESS}\n"
    )
}

async fn plant(test: &TestApp) -> (Marked, gates::Post) {
    let post = gates::post(test, "金地朗悦", HERE).await;
    let desk = test.caller(Role::DataDesk, "").await;
    let enclosures = format!("code,name,kind,community_code\nE1,幸福里,estate,{HERE}\n");
    let path = "/api/v1/enclosures/import";
    desk.post_text(path, "text/csv", enclosures)
        .await
        .expect(200);
    let number = resident_number(777);
    let path = "/api/v1/registry-imports?source=police&create=true";
    let import = desk
        .post_text(path, "text/csv", registry(&number))
        .await
        .expect(200);
    assert_eq!(
        (&import["created"], &import["rejected"]),
        (&json!(1), &json!(4))
    );
    let rows = format!("/api/v1/registry-imports/{}/rows", import["import_id"]);
    assert_eq!(
        desk.get(&rows).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let person = test.scalar("SELECT person_id FROM person").await;
    (Marked { person, number }, post)
}

/// What is sent in the wrong form must not come back in the words that say so.
async fn bad_input(test: &TestApp, marked: &Marked) {
    let worker = test.caller(Role::GridWorker, HERE).await;
    let (number, person) = (&marked.number, marked.person);
    for body in [
        json!({ "name": { "given": NAME }, "document_number": number, "phone": PHONE }),
        json!({ "name": NAME, "document_type": number, "document_number": number, "phone": PHONE }),
        json!({ "name": NAME, "document_number": number, "phone": PHONE, (NAME): PHONE }),
        json!({ "name": format!("{NAME}1"), "document_number": format!("{number}0"), "phone": format!("{PHONE}0") }),
        json!([NAME, number, PHONE]),
        json!(NAME),
    ] {
        for path in ["/api/v1/people", "/api/v1/people/search"] {
            assert!(
                worker
                    .post(path, body.clone())
                    .await
                    .status
                    .is_client_error()
            );
        }
        let refused = test.resident().post("/api/v1/people/enrol", body).await;
        assert!(refused.status.is_client_error());
    }
    let cut = format!("{{\"name\": \"{NAME}\", \"phone\": \"{PHONE}");
    worker
        .post_text("/api/v1/people", "application/json", cut)
        .await;
    let facts = format!("/api/v1/people/{person}/facts");
    worker
        .post(&facts, json!({ "kind": NAME, "source": PHONE }))
        .await;
    worker
        .post(
            &facts,
            json!({ "kind": "stay", "area": NAME, "risk": PHONE, "source": "s" }),
        )
        .await;
    for path in [
        format!("/api/v1/people/{NAME}"),
        format!("/api/v1/people/{number}/facts"),
        format!("/api/v1/visits?prefix={number}"),
        format!("/api/v1/visits?status={NAME}"),
        format!("/api/v1/{NAME}/{PHONE}"),
        format!("/api/v1/people/{person}/decision?at={NAME}"),
    ] {
        worker.get(&path).await;
    }
    let sign_in = json!({ "username": NAME, "password": PHONE });
    test.anonymous().post("/api/v1/sessions", sign_in).await;
    test.with_token(&format!("gps1.{PHONE}"))
        .get("/api/v1/me")
        .await;
}

/// Phones and gates.
async fn residents(test: &TestApp, marked: &Marked, post: &gates::Post) {
    let own = json!({ "name": NAME, "document_type": "resident_id", "document_number": marked.number, "phone": PHONE });
    let path = "/api/v1/people/enrol";
    let own = test.with_code(own).await;
    let enrolled = test
        .resident()
        .post_with_key(path, "m1", own.clone())
        .await
        .expect(201);
    test.resident()
        .post_with_key(path, "m1", own.clone())
        .await
        .expect(201);
    let phone = test.holder(enrolled["holder_token"].as_str().unwrap());
    phone.get("/api/v1/pass").await.expect(200);
    let child = json!({ "name": NAME, "document_type": "resident_id", "document_number": child_number(778) });
    phone
        .post("/api/v1/pass/dependants", child)
        .await
        .expect(201);
    let mut other = own.clone();
    other["phone"] = "13900000000".into();
    other["phone_code"] = "000000".into();
    test.resident()
        .post(path, other)
        .await
        .problem(422, "phone_code_wrong");
    let at = test.now().to_string();
    let scan = json!({ "document_number": marked.number, "at": at, "direction": "in" });
    post.device.post("/api/v1/scans", scan).await.expect(200);
    post.device
        .get(&format!("/api/v1/scans/card/{}", marked.person))
        .await
        .expect(200);
    let unknown = json!({ "document_number": resident_number(779), "at": at, "direction": "in" });
    post.device.post("/api/v1/scans", unknown).await;
}

/// Staff of every role that sees people, and every list there is.
async fn staff(test: &TestApp, marked: &Marked) {
    let person = marked.person;
    let record = format!("/api/v1/people/{person}");
    let doctor = test.caller(Role::TeamDoctor, HERE).await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let lead = test.caller(Role::CommunityLead, HERE).await;
    let number = json!({ "document_number": marked.number });
    doctor
        .post("/api/v1/people/search", number)
        .await
        .expect(200);
    let again = json!({ "name": NAME, "document_type": "resident_id", "document_number": marked.number, "phone": PHONE });
    worker.post("/api/v1/people", again).await.expect(200);
    lead.post(
        "/api/v1/visits",
        json!({ "person_id": person, "cause": "symptoms" }),
    )
    .await
    .expect(201);
    let visits = worker.get("/api/v1/visits").await.expect(200);
    let visit = &visits["items"][0];
    let path = format!(
        "/api/v1/visits/{}/{}/complete",
        visit["person_id"], visit["visit_id"]
    );
    let ending = json!({ "outcome": "not_found", "note": VISIT_NOTE });
    worker.post(&path, ending).await.expect(200);
    let order = order_input(person, "home", "2020-03-06", "2020-03-20");
    two_people(test, &doctor, order).await;
    let proposal = red_fact_input(person, medical("case"));
    doctor.post(PROPOSALS, proposal).await.expect(201);
    doctor.get(PROPOSALS).await.expect(200);
    raise(test, person).await;
    doctor.get(&record).await.expect(200);
    lead.post(&format!("{record}/paper-passes"), json!({}))
        .await
        .expect(201);
    let glass = json!({ "person_id": person, "reason": "urgent_contact", "note": GLASS_NOTE });
    doctor.post("/api/v1/break-glass", glass).await.expect(201);
    doctor.get(&record).await.expect(200);
    for role in Role::ALL {
        let caller = test.caller(role, "").await;
        for path in [
            "/api/v1/visits",
            "/api/v1/visits?status=not_executable",
            "/api/v1/alerts",
            "/api/v1/quarantine-orders",
            "/api/v1/break-glass",
            "/api/v1/staff",
            "/api/v1/gates",
            "/api/v1/stats/people?division=440310",
            "/api/v1/stats/live?division=440310",
            "/api/v1/me",
        ] {
            caller.get(path).await;
        }
        caller.get(&format!("{record}/facts")).await;
        caller.get(&format!("{record}/decision")).await;
    }
    test.settle().await;
    let metrics = test.anonymous().get("/metrics").await;
    assert!(metrics.status.is_success());
}

/// `GET /api/v1/people/{}` of an exchange, without identities and queries.
fn operation(exchange: &Exchange) -> String {
    let path = exchange.path.split('?').next().unwrap_or_default();
    let parts = path.split('/').map(|part| {
        let id = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if id { "{}" } else { part }
    });
    format!(
        "{} {}",
        exchange.method,
        parts.collect::<Vec<_>>().join("/")
    )
}

fn check_answers(exchanges: &[Exchange], marked: &Marked) {
    let mut used = BTreeSet::new();
    for exchange in exchanges {
        let text = String::from_utf8_lossy(&exchange.answer);
        for value in marked
            .values()
            .into_iter()
            .filter(|value| text.contains(*value))
        {
            let operation = operation(exchange);
            let name = if value == marked.number {
                "{number}"
            } else {
                value
            };
            let allowed = ALLOWED
                .iter()
                .position(|one| *one == (operation.as_str(), name));
            let allowed =
                allowed.unwrap_or_else(|| panic!("{operation} answers with {value}: {text}"));
            used.insert(allowed);
        }
    }
    let unused: Vec<_> = (0..ALLOWED.len())
        .filter(|at| !used.contains(at))
        .map(|at| ALLOWED[at])
        .collect();
    assert!(unused.is_empty(), "allowed and not needed: {unused:?}");
}

/// Every row of every table as text, byte strings in hexadecimal.
async fn check_database(test: &TestApp, marked: &Marked) {
    let owner = test.app.db.owner().await.unwrap();
    let tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p') AND NOT relispartition";
    let tables = owner.query(tables, &[]).await.unwrap();
    assert!(tables.len() > 30);
    for table in tables {
        let table: String = table.get(0);
        let rows = owner
            .query(&format!("SELECT t::text FROM {table} t"), &[])
            .await
            .unwrap();
        for row in rows {
            let text: String = row.get(0);
            for value in marked.values() {
                let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
                assert!(
                    !text.contains(value) && !text.contains(&hex),
                    "{table} holds {value}: {text}"
                );
            }
        }
    }
}

#[tokio::test]
async fn marked_values_turn_up_only_where_a_mask_allows_it() {
    // With one subscriber alone, whether an event is wanted is asked of the thread that meets its
    // line of code first: some other test's, which wants nothing.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = subscriber.set_default();
    let test = TestApp::with_divisions().await;
    let mut events = test.app.events.subscribe();
    TRANSCRIPT.set(Some(Vec::new()));
    let (marked, post) = plant(&test).await;
    bad_input(&test, &marked).await;
    residents(&test, &marked, &post).await;
    staff(&test, &marked).await;
    let exchanges = TRANSCRIPT.take().unwrap();
    assert!(exchanges.len() > 200, "the run was not recorded");
    check_answers(&exchanges, &marked);
    check_database(&test, &marked).await;
    let mut heard = 0;
    while let Ok(event) = events.try_recv() {
        heard += 1;
        for value in marked.values() {
            assert!(!event.body.contains(value), "an event says {value}");
        }
    }
    assert!(heard > 2, "no live events were heard");
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("elapsed_us"), "the log was not captured");
    for value in marked.values() {
        let line = log.lines().find(|line| line.contains(value));
        assert!(line.is_none(), "the log says {value}: {line:?}");
    }
}

/// The search itself finds what it looks for.
#[tokio::test]
async fn a_leak_would_be_found() {
    let exchange = |method: Method, path: &str, body: Value| Exchange {
        method,
        path: path.into(),
        answer: body.to_string().into_bytes(),
    };
    let marked = Marked {
        person: 1,
        number: resident_number(777),
    };
    let leak = [exchange(
        Method::GET,
        "/api/v1/alerts?limit=1",
        json!({ "phone": PHONE }),
    )];
    assert!(std::panic::catch_unwind(|| check_answers(&leak, &marked)).is_err());
    let test = TestApp::start().await;
    let owner = test.app.db.owner().await.unwrap();
    let sql = format!("INSERT INTO counter VALUES ('{NAME}', 1)");
    owner.batch_execute(&sql).await.unwrap();
    let checked = tokio::spawn(async move { check_database(&test, &marked).await });
    assert!(checked.await.is_err());
}
