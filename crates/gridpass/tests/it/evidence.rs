//! People, places and evidence for tests, and the laws that hold at all times.

use std::collections::BTreeMap;

use gridpass::access::Role;
use gridpass::facts::{self, NewPersonState};
use gridpass_types::ids::{PassSerial, PersonId};
use jiff::Timestamp;
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

/// Where a person's facts are.
pub fn facts_path(person_id: i64) -> String {
    format!("/api/v1/people/{person_id}/facts")
}

/// Where a person's decision is.
pub fn decision_path(person_id: i64) -> String {
    format!("/api/v1/people/{person_id}/decision")
}

/// The colour of a person's pass as a caller sees it.
pub async fn colour(caller: &Client, person_id: i64) -> String {
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
    let mut known = facts::load_known(&db, &people).await.unwrap();
    for row in facts::read_states(&db, &people).await.unwrap() {
        let known = known.remove(&row.person_id.get()).unwrap_or_default();
        let at = row.changed_at.max(row.valid_from);
        let derived = known.derive(at);
        assert_eq!(row.state, derived.state);
        assert_ends(&row, derived.valid_until);
        assert!(row.holds_at(at));
    }
}

/// A row that is held has no end. A duration of the table may end before the facts change.
fn assert_ends(row: &facts::StateRow, derived: Option<Timestamp>) {
    if row.held_from.is_some() {
        assert_eq!(row.valid_until, None);
    } else if row.state.catalogued.is_empty() {
        assert_eq!(row.valid_until, derived);
    } else {
        let within = derived.is_none_or(|end| row.valid_until.is_some_and(|until| until <= end));
        assert!(within, "{:?} is after {derived:?}", row.valid_until);
    }
}

/// Where proposals are.
pub const PROPOSALS: &str = "/api/v1/red-proposals";

/// The address of one proposal's step.
pub fn proposal_path(proposal: &Value, verb: &str) -> String {
    format!(
        "{PROPOSALS}/{}/{}/{verb}",
        proposal["person_id"], proposal["proposal_id"]
    )
}

/// A proposal to record a fact, with evidence of the kind it needs.
pub fn red_fact_input(person_id: i64, mut fact: Value) -> Value {
    fact.as_object_mut().unwrap().remove("source");
    let (kind, reference) = match fact["kind"].as_str().unwrap() {
        "case" => ("lab_report", "PCR-2020030617"),
        "health" => ("device_reading", "额温枪 0017-0830"),
        _ => ("investigation", "坪疾控流调〔2020〕17号"),
    };
    json!({ "person_id": person_id, "measure": { "step": "fact", "fact": fact },
            "evidence": { "kind": kind, "reference": reference } })
}

/// A proposal to start a quarantine.
pub fn order_input(person_id: i64, place: &str, start: &str, end: &str) -> Value {
    json!({ "person_id": person_id, "reason": "close_contact",
            "measure": { "step": "start_quarantine", "place": place, "start": start, "end": end },
            "evidence": { "kind": "order_document", "reference": "坪隔〔2020〕12号" } })
}

/// Both steps: the caller proposes, somebody of another unit confirms. Answers the confirmation.
pub async fn two_people(test: &TestApp, proposer: &Client, input: Value) -> Value {
    let proposal = proposer.post(PROPOSALS, input).await.expect(201);
    let second = test.caller_of(Role::TeamPolice, "", "另一单位").await;
    let path = proposal_path(&proposal, "confirm");
    second.post(&path, json!({})).await.expect(200)
}

/// Records a fact that leads to red, by two people.
pub async fn red_fact(test: &TestApp, proposer: &Client, person_id: i64, fact: Value) -> Value {
    two_people(test, proposer, red_fact_input(person_id, fact)).await
}

/// The live order of a person.
pub async fn live_order(caller: &Client, person_id: i64) -> Value {
    let orders = caller.get("/api/v1/quarantine-orders").await.expect(200);
    let orders = orders["items"].as_array().unwrap();
    let of_person = |order: &&Value| order["person_id"] == person_id;
    orders.iter().find(of_person).cloned().unwrap_or_default()
}

/// Evidence that a doctor answers for, by kind.
pub fn medical(kind: &str) -> Value {
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
