//! Facts: what is recorded, what follows, and the laws that hold at all times.

use std::collections::BTreeMap;

use gridpass::access::Role;
use gridpass::facts::{self, BulkPerson, NewFact, NewPersonState, Retract};
use gridpass_rules::{FactBody, derive};
use gridpass_types::ids::{FactId, PassSerial, PersonId};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Client, TestApp};

/// Six Liulian, a community of the first subdistrict.
pub const HERE: &str = "440310001001";
/// Another subdistrict.
pub const ELSEWHERE: &str = "440310002";

/// A person with a state row and no facts, whose home grid is unknown but whose place is
/// the given one.
pub async fn person(test: &TestApp, place_code: &str) -> i64 {
    let person_id = PersonId::new(test.app.entropy.person_id());
    let serial = i32::try_from(person_id.get() % 1_000_000).unwrap();
    let tx = test.app.db.tx().await.unwrap();
    let new = NewPersonState {
        person_id,
        pass_serial: PassSerial::new(serial),
        place_code: format!("{place_code:0<15}"),
    };
    facts::open_person(&tx, &test.app, new).await.unwrap();
    tx.commit().await.unwrap();
    // The person's own row, as enrolment writes it, so that the home grid is known.
    let sql = "INSERT INTO person (person_id, pass_serial, document_type, document_number_sealed,
            name_sealed, number_digest, name_digest, grid_code, source, created_at)
        VALUES ($1, $2, 'passport', '', $3, int8send($1), '', $4, 'test', $5)";
    let name = "李雷".as_bytes();
    let field = gridpass::seal::Field::Name;
    let sealed = test
        .app
        .sealer
        .seal(field, person_id.get(), name, &test.app.entropy);
    let grid = format!("{place_code:0<15}");
    let db = test.app.db.client().await.unwrap();
    db.execute(sql, &[&person_id, &serial, &sealed, &grid, &test.now()])
        .await
        .unwrap();
    person_id.get()
}

/// An enclosure of a community.
pub async fn enclosure(test: &TestApp, community: &str) -> i64 {
    let desk = test.caller(Role::DataDesk, "").await;
    let new = json!({ "name": "金地朗悦", "kind": "estate", "community_code": community });
    let view = desk.post("/api/v1/enclosures", new).await.expect(201);
    view["enclosure_id"].as_i64().unwrap()
}

fn facts_path(person_id: i64) -> String {
    format!("/api/v1/people/{person_id}/facts")
}

fn decision_path(person_id: i64) -> String {
    format!("/api/v1/people/{person_id}/decision")
}

async fn colour(caller: &Client, person_id: i64) -> String {
    let decision = caller.get(&decision_path(person_id)).await.expect(200);
    decision["colour"].as_str().unwrap().to_owned()
}

/// Counted anew from the state rows, by place and cell.
const RAW: &str = "SELECT place_code, (colour * 100 + residence * 10 + quarantine)::smallint,
        count(*) FROM person_state GROUP BY 1, 2";
/// Folded and pending together.
const ROLLED: &str = "SELECT place_code, cell, sum(people)::bigint FROM (
        SELECT place_code, cell, people FROM people_cell
        UNION ALL
        SELECT p, c, d FROM state_tally, unnest(place_codes, cells, deltas) AS u (p, c, d)
    ) AS x GROUP BY 1, 2 HAVING sum(people) <> 0";

/// The roll-up equals a count over the rows.
pub async fn assert_counts_agree(test: &TestApp) {
    let tx = test.app.db.tx().await.unwrap();
    tx.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        .await
        .unwrap();
    let mut counts: Vec<BTreeMap<(String, i16), i64>> = Vec::new();
    for sql in [RAW, ROLLED] {
        let rows = tx.query(sql, &[]).await.unwrap();
        let key = |row: &tokio_postgres::Row| ((row.get(0), row.get(1)), row.get(2));
        counts.push(rows.iter().map(key).collect());
    }
    assert_eq!(counts[0], counts[1], "rows and roll-up disagree");
}

/// Every state row is what its facts add up to, and holds now once the loops have run.
pub async fn assert_states_are_derived(test: &TestApp) {
    let db = test.app.db.client().await.unwrap();
    let people = db
        .query("SELECT person_id FROM person_state", &[])
        .await
        .unwrap();
    let people: Vec<i64> = people.iter().map(|row| row.get(0)).collect();
    let mut facts = facts::load_facts(&db, &people).await.unwrap();
    for row in facts::read_states(&db, &people).await.unwrap() {
        let known = facts.remove(&row.person_id.get()).unwrap_or_default();
        let at = row.changed_at.max(row.valid_from);
        let derived = derive(&known, at);
        assert_eq!(row.state, derived.state);
        assert_eq!(row.valid_until, derived.valid_until);
        assert!(row.holds_at(at));
    }
}

fn medical(kind: &str) -> Value {
    match kind {
        "case" => json!({ "kind": kind, "status": "confirmed" }),
        "contact" => json!({ "kind": kind, "level": "close", "last_exposed": "2020-03-05" }),
        "clearance" => json!({ "kind": kind, "at": "2020-03-06T08:00:00+08:00" }),
        "exemption" => json!({ "kind": kind, "from": "2020-03-06T08:00:00+08:00",
                               "to": "2020-03-07T08:00:00+08:00", "approvals": 2 }),
        "quarantine" => {
            json!({ "kind": kind, "place": "home", "start": "2020-03-06", "end": "2020-03-20" })
        }
        _ => json!({ "kind": "stay", "area": "420100", "risk": "high", "until": "2020-03-01",
                     "certainty": "confirmed" }),
    }
}

#[tokio::test]
async fn a_verified_residence_turns_the_pass_green_and_its_withdrawal_yellow_again() {
    let test = TestApp::with_divisions().await;
    let worker = test.caller(Role::GridWorker, HERE).await;
    let enclosure = enclosure(&test, HERE).await;
    let person = person(&test, HERE).await;
    assert_eq!(colour(&worker, person).await, "yellow");

    let fact = json!({ "kind": "residence", "status": "verified", "enclosure": enclosure, "source": "visit" });
    let appended = worker
        .post_with_key(&facts_path(person), "r1", fact.clone())
        .await
        .expect(201);
    let again = worker
        .post_with_key(&facts_path(person), "r1", fact)
        .await
        .expect(201);
    assert_eq!(appended, again, "a repeated key records once");
    assert_eq!(appended["decision"]["colour"], "green");
    assert_eq!(appended["decision"]["rule"], "A11");
    assert_eq!(colour(&worker, person).await, "green");

    let list = worker.get(&facts_path(person)).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["kind"], "residence");
    assert_eq!(list["items"][0]["source"], "visit");

    let retract = format!("{}/{}/retract", facts_path(person), appended["fact_id"]);
    test.advance(SignedDuration::from_mins(1));
    let back = worker
        .post(&retract, json!({ "reason": "另一户" }))
        .await
        .expect(200);
    assert_eq!(back["decision"]["colour"], "yellow");
    worker
        .post(&retract, json!({ "reason": "再次" }))
        .await
        .problem(409, "fact_retracted");
    let list = worker.get(&facts_path(person)).await.expect(200);
    assert_eq!(list["items"][0]["retract_reason"], "另一户");
    assert_counts_agree(&test).await;
    assert_states_are_derived(&test).await;
}

#[tokio::test]
async fn any_past_moment_is_replayed_by_the_facts_and_rules_of_then() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::ResponseTeam, HERE).await;
    let person = person(&test, HERE).await;
    let before = test.now();
    test.advance(SignedDuration::from_mins(10));
    let mut fact = medical("case");
    fact["source"] = "hospital".into();
    team.post(&facts_path(person), fact).await.expect(201);
    let red = test.now();
    test.advance(SignedDuration::from_mins(10));

    let maker = test.caller(Role::RuleMaker, "").await;
    let colour_csv = include_str!("../../../../rules/2020-03/colour.csv").replace(
        "A15,-,-,-,-,-,-,-,-,-,yellow,",
        "A15,-,-,-,-,-,-,-,-,-,red,",
    );
    let gate_csv = include_str!("../../../../rules/2020-03/gate.csv");
    let rules = json!({ "colour_csv": colour_csv, "gate_csv": gate_csv, "note": "收紧" });
    maker.post("/api/v1/rule-sets", rules).await.expect(201);
    maker
        .post("/api/v1/rule-sets/2/activate", json!({}))
        .await
        .expect(200);

    let ask = |at: jiff::Timestamp| {
        let team = team.clone();
        async move {
            let path = format!("{}?at={at}", decision_path(person));
            team.get(&path).await.expect(200)
        }
    };
    let then = ask(before).await;
    assert_eq!(
        (then["colour"].as_str(), then["rule_set_version"].as_i64()),
        (Some("yellow"), Some(1))
    );
    let then = ask(red).await;
    assert_eq!(
        (then["colour"].as_str(), then["reason"].as_str()),
        (Some("red"), Some("case"))
    );
    assert_eq!(then["state"]["case"], "confirmed");
    assert_eq!(then["trace"].as_array().unwrap().len(), 1);
    let now = ask(test.now()).await;
    assert_eq!(now["rule_set_version"], 2);
    let future = test.now() + SignedDuration::from_secs(1);
    team.get(&format!("{}?at={future}", decision_path(person)))
        .await
        .problem(422, "time_in_future");
    team.get(&format!("{}?at=yesterday", decision_path(person)))
        .await
        .problem(400, "bad_query");
}

#[tokio::test]
async fn a_new_rule_set_colours_the_counts_anew() {
    let test = TestApp::with_divisions().await;
    for _ in 0..3 {
        person(&test, HERE).await;
    }
    test.settle().await;
    let reds = "SELECT count(*) FROM person_state WHERE colour = 2 AND rule_set_version = 2";
    assert_eq!(test.scalar::<i64>(reds).await, 0);
    let maker = test.caller(Role::RuleMaker, "").await;
    let colour_csv = include_str!("../../../../rules/2020-03/colour.csv").replace(
        "A15,-,-,-,-,-,-,-,-,-,yellow,",
        "A15,-,-,-,-,-,-,-,-,-,red,",
    );
    let gate_csv = include_str!("../../../../rules/2020-03/gate.csv");
    let rules = json!({ "colour_csv": colour_csv, "gate_csv": gate_csv, "note": "收紧" });
    maker.post("/api/v1/rule-sets", rules).await.expect(201);
    maker
        .post("/api/v1/rule-sets/2/activate", json!({}))
        .await
        .expect(200);
    test.settle().await;
    assert_eq!(test.scalar::<i64>(reds).await, 3);
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn who_may_record_what_and_where() {
    let test = TestApp::with_divisions().await;
    let person = person(&test, HERE).await;
    let path = facts_path(person);
    let worker = test.caller(Role::GridWorker, HERE).await;
    let team = test.caller(Role::ResponseTeam, HERE).await;
    for kind in [
        "case",
        "contact",
        "clearance",
        "exemption",
        "quarantine",
        "stay",
    ] {
        let mut fact = medical(kind);
        fact["source"] = "hospital".into();
        worker
            .post(&path, fact.clone())
            .await
            .problem(403, "not_allowed");
        team.post(&path, fact).await.expect(201);
    }
    let declared = json!({ "kind": "stay", "area": "420100", "risk": "high", "until": "2020-03-01",
                           "certainty": "declared", "source": "person" });
    let mine = worker.post(&path, declared.clone()).await.expect(201);

    let outside = test.caller(Role::ResponseTeam, ELSEWHERE).await;
    let retract = format!("{path}/{}/retract", mine["fact_id"]);
    outside
        .post(&path, declared.clone())
        .await
        .problem(404, "not_found");
    outside.get(&path).await.problem(404, "not_found");
    outside
        .get(&decision_path(person))
        .await
        .problem(404, "not_found");
    outside
        .post(&retract, json!({ "reason": "x" }))
        .await
        .problem(404, "not_found");
    let admin = test.caller(Role::SystemAdmin, "").await;
    admin
        .post(&path, declared.clone())
        .await
        .problem(403, "not_allowed");
    admin.get(&path).await.problem(403, "not_allowed");
    admin
        .get(&decision_path(person))
        .await
        .problem(403, "not_allowed");
    admin
        .post(&retract, json!({ "reason": "x" }))
        .await
        .problem(403, "not_allowed");
    test.anonymous()
        .get(&path)
        .await
        .problem(401, "not_signed_in");
    let nobody = facts_path(person + 1);
    team.post(&nobody, declared).await.problem(404, "not_found");
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_nothing_is_stored() {
    let test = TestApp::with_divisions().await;
    let person = person(&test, HERE).await;
    let path = facts_path(person);
    let worker = test.caller(Role::GridWorker, HERE).await;
    let refused = [
        (
            json!({ "kind": "health", "at": "2020-03-06T08:00:00+08:00", "temperature": 51.0, "source": "x" }),
            "fact_invalid",
        ),
        (
            json!({ "kind": "health", "at": "2020-03-07T08:00:00+08:00", "source": "x" }),
            "fact_invalid",
        ),
        (
            json!({ "kind": "registry", "status": "matched", "registry_source": "", "source": "x" }),
            "fact_invalid",
        ),
        (
            json!({ "kind": "registry", "status": "matched", "registry_source": "p", "source": " " }),
            "fact_invalid",
        ),
        (
            json!({ "kind": "residence", "status": "verified", "enclosure": 77, "source": "x" }),
            "enclosure_unknown",
        ),
        (
            json!({ "kind": "employment", "status": "declared", "employer": 77, "source": "x" }),
            "employer_unknown",
        ),
        (json!({ "kind": "mood", "source": "x" }), "invalid_fields"),
        (
            json!({ "kind": "case", "status": "maybe", "source": "x" }),
            "invalid_fields",
        ),
        (
            json!({ "kind": "gate_check", "at": "2020-03-06T08:00:00+08:00", "passed": true, "extra": 1, "source": "x" }),
            "invalid_fields",
        ),
        (
            json!({ "kind": "gate_check", "at": "2020-03-06T08:00:00+08:00", "passed": true }),
            "invalid_fields",
        ),
    ];
    for (fact, code) in refused {
        worker.post(&path, fact).await.problem(422, code);
    }
    worker
        .post_text(&path, "application/json", "{\"kind\":")
        .await
        .problem(400, "bad_json");
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, 0);
    let ok = json!({ "kind": "gate_check", "at": "2020-03-06T08:00:00+08:00", "passed": true, "source": "x" });
    let fact = worker.post(&path, ok).await.expect(201);
    let retract = format!("{path}/{}/retract", fact["fact_id"]);
    worker
        .post(&retract, json!({ "reason": "" }))
        .await
        .problem(422, "invalid_fields");
    worker
        .post(&format!("{path}/1/retract"), json!({ "reason": "x" }))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn the_place_follows_the_residence() {
    let test = TestApp::with_divisions().await;
    let lead = test.caller(Role::CommunityLead, "440310").await;
    let (here, there) = (
        enclosure(&test, HERE).await,
        enclosure(&test, "440310002002").await,
    );
    let home = format!("{HERE}007");
    let person = person(&test, &home).await;
    let place = |test: &TestApp| {
        let db = test.app.db.clone();
        async move {
            let db = db.client().await.unwrap();
            facts::read_states(&db, &[person])
                .await
                .unwrap()
                .remove(0)
                .place_code
        }
    };
    assert_eq!(place(&test).await, home);
    let steps = [
        ("declared", there, "440310002002000"),
        ("verified", here, "440310001001007"),
        ("away", here, "440310000000000"),
        ("declared", here, "440310001001007"),
    ];
    for (status, enclosure, expected) in steps {
        test.advance(SignedDuration::from_secs(1));
        let fact =
            json!({ "kind": "residence", "status": status, "enclosure": enclosure, "source": "x" });
        // Who moved away is out of the community's sight, so the district records.
        lead.post(&facts_path(person), fact).await.expect(201);
        assert_eq!(place(&test).await, expected, "{status}");
    }
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn concurrent_changes_of_one_person_lose_nothing() {
    let test = TestApp::with_divisions().await;
    let person = person(&test, HERE).await;
    let team = test.caller(Role::ResponseTeam, HERE).await;
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..24 {
        let (team, path) = (team.clone(), facts_path(person));
        calls.spawn(async move {
            let fact = json!({ "kind": "registry", "status": "matched",
                               "registry_source": format!("r{n}"), "source": "x" });
            team.post(&path, fact).await.expect(201);
            let mut contact = medical("contact");
            contact["source"] = "x".into();
            let fact = team.post(&path, contact).await.expect(201);
            let retract = format!("{path}/{}/retract", fact["fact_id"]);
            team.post(&retract, json!({ "reason": "mistake" }))
                .await
                .expect(200);
        });
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap();
    }
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, 48);
    let contact: i16 = test.scalar("SELECT contact FROM person_state").await;
    assert_eq!(
        contact, 0,
        "every contact was withdrawn, and the last derivation saw it"
    );
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn overlapping_bulk_changes_and_loops_neither_deadlock_nor_miscount() {
    let test = TestApp::with_divisions().await;
    let mut people = Vec::new();
    for _ in 0..12 {
        people.push(person(&test, HERE).await);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..8 {
        let (app, mut mine) = (test.app.clone(), people.clone());
        mine.rotate_left(n);
        tasks.spawn(async move {
            for _ in 0..4 {
                let facts: Vec<(PersonId, Vec<NewFact>)> = mine
                    .iter()
                    .map(|id| (PersonId::new(*id), vec![check(&app, n % 2 == 0)]))
                    .collect();
                let tx = app.db.tx().await.unwrap();
                let appended = facts::append_many(&tx, &app, &facts).await.unwrap();
                assert_eq!(appended.len(), 12);
                tx.commit().await.unwrap();
                facts::jobs::refresh(app.clone()).await.unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
        assert_counts_agree(&test).await;
    }
    assert_eq!(
        test.scalar::<i64>("SELECT count(*) FROM fact").await,
        8 * 4 * 12
    );
    assert_states_are_derived(&test).await;
}

fn check(app: &gridpass::app::App, passed: bool) -> NewFact {
    NewFact {
        body: FactBody::GateCheck {
            at: app.now(),
            passed,
        },
        source: "gate".into(),
        recorded_by: None,
    }
}

#[tokio::test]
async fn time_alone_changes_rows_and_counts() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::ResponseTeam, HERE).await;
    let person = person(&test, HERE).await;
    let mut contact = medical("contact");
    contact["source"] = "x".into();
    let appended = team.post(&facts_path(person), contact).await.expect(201);
    assert_eq!(appended["decision"]["colour"], "red");
    assert_eq!(appended["decision"]["valid_until"], "2020-03-18T16:00:00Z");
    test.settle().await;
    assert_eq!(
        test.scalar::<i16>("SELECT colour FROM person_state").await,
        2
    );

    test.advance(SignedDuration::from_hours(24 * 13));
    // A decision is never stale, whatever the row says.
    let team = test.caller(Role::ResponseTeam, HERE).await;
    assert_eq!(colour(&team, person).await, "yellow");
    test.settle().await;
    assert_eq!(
        test.scalar::<i16>("SELECT colour FROM person_state").await,
        1
    );
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
}

#[tokio::test]
async fn many_people_are_opened_with_their_facts_at_once() {
    let test = TestApp::with_divisions().await;
    let enclosure = enclosure(&test, HERE).await;
    let fact = |body: Value| NewFact {
        body: serde_json::from_value(body).unwrap(),
        source: "population".into(),
        recorded_by: None,
    };
    let people: Vec<BulkPerson> = (1..=1000)
        .map(|n| BulkPerson {
            person_id: PersonId::new(n),
            pass_serial: PassSerial::new(i32::try_from(n).unwrap()),
            place_code: facts::home_place(&test.app, None),
            facts: match n % 3 {
                0 => Vec::new(),
                1 => vec![fact(
                    json!({ "kind": "residence", "status": "verified", "enclosure": enclosure }),
                )],
                _ => vec![
                    fact(
                        json!({ "kind": "registry", "status": "matched", "registry_source": "p" }),
                    ),
                    fact(json!({ "kind": "employment", "status": "declared", "employer": 5 })),
                    fact(json!({ "kind": "employment", "status": "verified", "employer": 3 })),
                ],
            },
        })
        .collect();
    let tx = test.app.db.tx().await.unwrap();
    let opened = facts::open_people_bulk(&tx, &test.app, &people)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(opened.len(), 1000);
    assert!(
        opened
            .iter()
            .zip(&people)
            .all(|(o, p)| o.row.person_id == p.person_id)
    );
    assert_eq!(opened[0].row.place_code, format!("{HERE}000"));
    assert_eq!(opened[1].fact_ids.len(), 3);
    let follow_ups = facts::follow_ups(people[2].person_id, &opened[2].decision, None, test.now());
    assert_eq!(follow_ups[0].topic, "visit.needed");
    assert!(
        facts::follow_ups(people[0].person_id, &opened[0].decision, None, test.now()).is_empty()
    );
    let employers: Vec<i64> = test
        .scalar("SELECT employer_ids FROM person_state WHERE person_id = 2")
        .await;
    assert_eq!(employers, [3, 5]);
    assert_states_are_derived(&test).await;
    assert_counts_agree(&test).await;
    test.settle().await;
    assert_counts_agree(&test).await;

    let tx = test.app.db.tx().await.unwrap();
    assert!(
        facts::open_people_bulk(&tx, &test.app, &people[..1])
            .await
            .is_err(),
        "nobody is opened twice"
    );
}

#[tokio::test]
async fn a_change_that_is_rolled_back_leaves_no_trace() {
    let test = TestApp::with_divisions().await;
    let person = PersonId::new(person(&test, HERE).await);
    let tx = test.app.db.tx().await.unwrap();
    let fact = check(&test.app, true);
    let appended = facts::append(&tx, &test.app, person, &[fact])
        .await
        .unwrap();
    let missing = Retract {
        fact_id: FactId::new(1),
        by: 1,
        reason: "x".into(),
    };
    let error = facts::retract(&tx, &test.app, person, &missing)
        .await
        .unwrap_err();
    assert_eq!(error.code(), gridpass::http::code::Code::NotFound);
    assert_eq!(appended.fact_ids.len(), 1);
    tx.rollback().await.unwrap();
    assert_eq!(test.scalar::<i64>("SELECT count(*) FROM fact").await, 0);
    assert_counts_agree(&test).await;
    assert_states_are_derived(&test).await;
}
