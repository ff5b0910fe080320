//! Facts: laws that hold whatever happens at once, and when time passes.

use gridpass::access::Role;
use gridpass::facts::{self, BulkPerson, NewFact, Retract};
use gridpass_rules::FactBody;
use gridpass_types::ids::{FactId, PassSerial, PersonId};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::evidence::{
    HERE, assert_counts_agree, assert_states_are_derived, colour, enclosure, facts_path, medical,
    person, red_fact,
};

#[tokio::test]
async fn concurrent_changes_of_one_person_lose_nothing() {
    let test = TestApp::with_divisions().await;
    let person = person(&test, HERE).await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..24 {
        let (team, path) = (team.clone(), facts_path(person));
        calls.spawn(async move {
            let fact = json!({ "kind": "registry", "status": "matched",
                               "registry_source": format!("r{n}"), "source": "x" });
            team.post(&path, fact).await.expect(201);
            let secondary = json!({ "kind": "contact", "level": "secondary",
                                    "last_exposed": "2020-03-05", "source": "x" });
            let fact = team.post(&path, secondary).await.expect(201);
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
                facts::refresh(app.clone(), app.now()).await.unwrap();
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
        grounds: None,
    }
}

#[tokio::test]
async fn time_alone_changes_rows_and_counts() {
    let test = TestApp::with_divisions().await;
    let team = test.caller(Role::TeamDoctor, HERE).await;
    let person = person(&test, HERE).await;
    let appended = red_fact(&test, &team, person, medical("contact")).await;
    assert_eq!(appended["decision"]["colour"], "red");
    assert_eq!(appended["decision"]["valid_until"], "2020-03-18T16:00:00Z");
    test.settle().await;
    assert_eq!(
        test.scalar::<i16>("SELECT colour FROM person_state").await,
        2
    );

    test.advance(SignedDuration::from_hours(24 * 13));
    // A decision is never stale, whatever the row says.
    let team = test.caller(Role::TeamDoctor, HERE).await;
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
        grounds: None,
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
        by: Some(1),
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

#[tokio::test]
async fn what_colouring_anew_writes_is_in_no_index() {
    let test = TestApp::start().await;
    // Else each row that is coloured anew is written to every index of the table, too.
    let sql = r"SELECT count(*) FROM pg_indexes WHERE tablename = 'person_state'
        AND indexdef ~ '\m(colour|rule_id|rule_set_version|changed_at)\M'";
    assert_eq!(test.scalar::<i64>(sql).await, 0);
}
