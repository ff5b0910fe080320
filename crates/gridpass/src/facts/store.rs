//! SQL of facts, state rows and their tallies. Nothing else writes these tables.

pub mod catalogued;
pub mod colours;
pub mod held;
pub mod recolour;
pub mod resolved;
pub mod watched;

use std::collections::HashMap;

use gridpass_rules::red::{EvidenceKind, RedReason};
use gridpass_rules::{Fact, FactBody};
use gridpass_types::ids::FactId;
use jiff::Timestamp;
use tokio_postgres::types::Json;
use tokio_postgres::{Error, Row};

use super::columns::{FactColumns, StateColumns};
use super::model::{FactView, REASON_EXPIRY, StateRow, word};
use crate::db::Client;

/// How many of these people gave a number that another record holds.
pub async fn count_number_claims(db: &Client, people: &[i64]) -> Result<i64, Error> {
    let sql = "-- facts.count_number_claims
        SELECT count(*) FROM number_claim WHERE person_id = ANY ($1) AND outcome IS DISTINCT FROM 'other_number'";
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query_one(&statement, &[&people]).await?.get(0))
}

/// State rows of these people, in no order; unknown people are left out.
pub async fn list_states(db: &Client, people: &[i64]) -> Result<Vec<StateRow>, Error> {
    let sql = "-- facts.list_states
        SELECT person_id, pass_serial, place_code, case_status, quarantine, contact, health, stay,
               exempt, registry, residence, employment, checked, enclosure_id, employer_ids,
               valid_from, valid_until, colour, rule_id, rule_set_version, changed_at, catalogued, held_from
        FROM person_state WHERE person_id = ANY ($1)";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&people]).await?;
    Ok(rows.iter().map(StateRow::from_row).collect())
}

/// One person's state row, locked until the transaction ends.
pub async fn lock_state(db: &Client, person_id: i64) -> Result<Option<StateRow>, Error> {
    let sql = "-- facts.lock_state
        SELECT person_id, pass_serial, place_code, case_status, quarantine, contact, health, stay,
               exempt, registry, residence, employment, checked, enclosure_id, employer_ids,
               valid_from, valid_until, colour, rule_id, rule_set_version, changed_at, catalogued, held_from
        FROM person_state WHERE person_id = $1 FOR UPDATE";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    Ok(row.as_ref().map(StateRow::from_row))
}

/// Rows whose time is over, locked; rows that somebody else has locked are left for the
/// next round, so this never waits while it holds locks.
pub async fn lock_expired(
    db: &Client,
    now: Timestamp,
    rows_max: i64,
) -> Result<Vec<StateRow>, Error> {
    let sql = "-- facts.lock_expired
        SELECT person_id, pass_serial, place_code, case_status, quarantine, contact, health, stay,
               exempt, registry, residence, employment, checked, enclosure_id, employer_ids,
               valid_from, valid_until, colour, rule_id, rule_set_version, changed_at, catalogued, held_from
        FROM person_state WHERE valid_until <= $1 ORDER BY valid_until LIMIT $2
        FOR UPDATE SKIP LOCKED";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&now, &rows_max])
        .await?;
    Ok(rows.iter().map(StateRow::from_row).collect())
}

/// All facts of these people, retracted ones too.
pub async fn list_facts(db: &Client, people: &[i64]) -> Result<HashMap<i64, Vec<Fact>>, Error> {
    let sql = "-- facts.list_facts
        SELECT person_id, fact_id, body, recorded_at, retracted_at
        FROM fact WHERE person_id = ANY ($1)";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&people]).await?;
    let mut facts: HashMap<i64, Vec<Fact>> = HashMap::with_capacity(people.len());
    for row in &rows {
        facts.entry(row.get(0)).or_default().push(fact(row)?);
    }
    Ok(facts)
}

/// A person's facts with where they came from, from `after` on.
pub async fn list_fact_views(
    db: &Client,
    person_id: i64,
    after: i64,
    limit: i64,
) -> Result<Vec<FactView>, Error> {
    let sql = "-- facts.list_fact_views
        SELECT person_id, fact_id, body, recorded_at, retracted_at, source, recorded_by,
               retracted_by, retract_reason, reason, evidence_kind, evidence_reference, confirmed_by
        FROM fact WHERE person_id = $1 AND fact_id > $2 ORDER BY fact_id LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &after, &limit]).await?;
    rows.iter().map(fact_view).collect()
}

fn fact_view(row: &Row) -> Result<FactView, Error> {
    Ok(FactView {
        fact: fact(row)?,
        source: row.get("source"),
        recorded_by: row.get("recorded_by"),
        retracted_by: row.get("retracted_by"),
        retract_reason: row.get("retract_reason"),
        reason: text(row, "reason").and_then(RedReason::from_word),
        evidence_kind: text(row, "evidence_kind").and_then(EvidenceKind::from_word),
        evidence_reference: row.get("evidence_reference"),
        confirmed_by: row.get("confirmed_by"),
    })
}

fn text<'a>(row: &'a Row, column: &str) -> Option<&'a str> {
    row.get(column)
}

/// One fact with its source, if the person has it.
pub async fn find_fact(
    db: &Client,
    person_id: i64,
    fact_id: i64,
) -> Result<Option<(Fact, String)>, Error> {
    let sql = "-- facts.find_fact
        SELECT person_id, fact_id, body, recorded_at, retracted_at, source
        FROM fact WHERE person_id = $1 AND fact_id = $2";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id, &fact_id])
        .await?;
    row.map(|row| Ok((fact(&row)?, row.get("source"))))
        .transpose()
}

fn fact(row: &Row) -> Result<Fact, Error> {
    let Json(body): Json<FactBody> = row.try_get("body")?;
    Ok(Fact {
        id: row.get("fact_id"),
        recorded_at: row.get("recorded_at"),
        retracted_at: row.get("retracted_at"),
        body,
    })
}

/// Records facts; asks nothing when there are none.
pub(super) async fn insert_facts(db: &Client, facts: &FactColumns<'_>) -> Result<u64, Error> {
    if facts.ids.is_empty() {
        return Ok(0);
    }
    let sql = "-- facts.insert_facts
        INSERT INTO fact (person_id, fact_id, kind, body, source, recorded_by, recorded_at, reason,
            evidence_kind, evidence_reference, confirmed_by, retracted_at, retract_reason)
        SELECT p, f, k, b::jsonb, s, r, $7, a, e, n, c, t, CASE WHEN t IS NOT NULL THEN $13 END
        FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[],
                    $8::text[], $9::text[], $10::text[], $11::bigint[], $12::timestamptz[])
             AS u (p, f, k, b, s, r, a, e, n, c, t)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &facts.people,
            &facts.ids,
            &facts.kinds,
            &facts.bodies,
            &facts.sources,
            &facts.recorded_by,
            &facts.recorded_at,
            &facts.reasons,
            &facts.evidence_kinds,
            &facts.references,
            &facts.confirmed_by,
            &facts.until,
            &REASON_EXPIRY,
        ],
    )
    .await
}

/// A retraction to store.
pub(super) struct Retraction<'a> {
    /// Whose fact.
    pub person_id: i64,
    /// Which fact.
    pub fact_id: FactId,
    /// Who retracts it; `None` for a clock.
    pub by: Option<i64>,
    /// Why.
    pub reason: &'a str,
    /// When.
    pub at: Timestamp,
}

/// Marks a fact retracted unless it is already, also before its time; says how many rows
/// changed.
pub(super) async fn retract_fact(db: &Client, change: &Retraction<'_>) -> Result<u64, Error> {
    let sql = "-- facts.retract_fact
        UPDATE fact SET retracted_at = $3, retracted_by = $4, retract_reason = $5
        WHERE person_id = $1 AND fact_id = $2 AND (retracted_at IS NULL OR retracted_at > $3)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &change.person_id,
            &change.fact_id,
            &change.at,
            &change.by,
            &change.reason,
        ],
    )
    .await
}

/// Writes state rows of people who had none.
pub(super) async fn insert_states(db: &Client, rows: &StateColumns<'_>) -> Result<u64, Error> {
    let sql = "-- facts.insert_states
        INSERT INTO person_state (person_id, pass_serial, place_code, case_status, quarantine,
            contact, health, stay, exempt, registry, residence, employment, checked, enclosure_id,
            employer_ids, valid_from, valid_until, colour, rule_id, rule_set_version, changed_at, catalogued,
            held_from)
        SELECT u1, u2, u3, u4, u5, u6, u7, u8, u9, u10, u11, u12, u13, u14, u15::bigint[],
               u16, u17, u18, u19, u20, u21, u22::jsonb, u23
        FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::smallint[], $5::smallint[],
            $6::smallint[], $7::smallint[], $8::smallint[], $9::boolean[], $10::smallint[],
            $11::smallint[], $12::smallint[], $13::boolean[], $14::bigint[], $15::text[],
            $16::timestamptz[], $17::timestamptz[], $18::smallint[], $19::text[], $20::integer[],
            $21::timestamptz[], $22::text[], $23::timestamptz[])
            AS u (u1, u2, u3, u4, u5, u6, u7, u8, u9, u10, u11, u12, u13, u14, u15, u16, u17, u18,
                  u19, u20, u21, u22, u23)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &rows.params()).await
}

/// Writes state rows that the caller has locked.
pub(super) async fn update_states(db: &Client, rows: &StateColumns<'_>) -> Result<u64, Error> {
    let sql = "-- facts.update_states
        UPDATE person_state s SET pass_serial = u2, place_code = u3, case_status = u4,
            quarantine = u5, contact = u6, health = u7, stay = u8, exempt = u9, registry = u10,
            residence = u11, employment = u12, checked = u13, enclosure_id = u14,
            employer_ids = u15::bigint[], valid_from = u16, valid_until = u17, colour = u18,
            rule_id = u19, rule_set_version = u20, changed_at = u21, catalogued = u22::jsonb,
            held_from = u23
        FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::smallint[], $5::smallint[],
            $6::smallint[], $7::smallint[], $8::smallint[], $9::boolean[], $10::smallint[],
            $11::smallint[], $12::smallint[], $13::boolean[], $14::bigint[], $15::text[],
            $16::timestamptz[], $17::timestamptz[], $18::smallint[], $19::text[], $20::integer[],
            $21::timestamptz[], $22::text[], $23::timestamptz[])
            AS u (u1, u2, u3, u4, u5, u6, u7, u8, u9, u10, u11, u12, u13, u14, u15, u16, u17, u18,
                  u19, u20, u21, u22, u23)
        WHERE s.person_id = u.u1";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &rows.params()).await
}

/// Changes of the roll-up that wait to be folded in.
pub(super) async fn insert_tally(
    db: &Client,
    tally_id: i64,
    (places, cells, deltas): (&[&str], &[i16], &[i32]),
) -> Result<u64, Error> {
    let sql = "-- facts.insert_tally
        INSERT INTO state_tally (lane, tally_id, place_codes, cells, deltas)
        VALUES (0, $1, $2, $3, $4)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&tally_id, &places, &cells, &deltas])
        .await
}

/// Communities of enclosures.
pub(super) async fn list_communities(
    db: &Client,
    enclosures: &[i64],
) -> Result<HashMap<i64, String>, Error> {
    let sql = "-- facts.list_communities
        SELECT enclosure_id, community_code FROM enclosure WHERE enclosure_id = ANY ($1)";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&enclosures])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Home grids of people, where known.
pub(super) async fn list_home_grids(
    db: &Client,
    people: &[i64],
) -> Result<HashMap<i64, String>, Error> {
    let sql = "-- facts.list_home_grids
        SELECT person_id, grid_code FROM person
        WHERE person_id = ANY ($1) AND grid_code IS NOT NULL";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&people]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Which of these enclosures and employers are not known.
pub(super) async fn find_unknown_places(
    db: &Client,
    enclosures: &[i64],
    employers: &[i64],
) -> Result<(bool, bool), Error> {
    let sql = "-- facts.find_unknown_places
        SELECT EXISTS (SELECT FROM unnest($1::bigint[]) AS u (id)
                       WHERE NOT EXISTS (SELECT FROM enclosure e WHERE e.enclosure_id = u.id)),
               EXISTS (SELECT FROM unnest($2::bigint[]) AS u (id)
                       WHERE NOT EXISTS (SELECT FROM employer e WHERE e.employer_id = u.id))";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&enclosures, &employers])
        .await?;
    Ok((row.get(0), row.get(1)))
}
