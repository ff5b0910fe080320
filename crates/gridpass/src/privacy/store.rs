//! SQL of a person's own data. Other slices' tables are only read, by the person's key.

pub mod more;

use gridpass_rules::words::Direction;
use gridpass_rules::{Action, FactBody};
use gridpass_types::Colour;
use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use tokio_postgres::types::Json;
use tokio_postgres::{Error, Row};

use super::model::{ConsentView, HeldCheck, HeldFact, HeldOrder, HeldVisit};
use crate::db::Client;

/// Evidence about a person, newest first.
pub async fn list_facts(
    db: &Client,
    person_id: PersonId,
    rows_max: i64,
) -> Result<Vec<HeldFact>, Error> {
    let sql = "-- privacy.list_facts
        SELECT body, source, recorded_at, retracted_at FROM fact
        WHERE person_id = $1 ORDER BY fact_id DESC LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &rows_max]).await?;
    let read = |row: &Row| {
        let Json(body): Json<FactBody> = row.try_get(0)?;
        Ok(HeldFact {
            body,
            source: row.get(1),
            recorded_at: row.get(2),
            retracted_at: row.get(3),
        })
    };
    rows.iter().map(read).collect()
}

/// Calls at a person's door, newest first.
pub async fn list_visits(
    db: &Client,
    person_id: PersonId,
    rows_max: i64,
) -> Result<Vec<HeldVisit>, Error> {
    let sql = "-- privacy.list_visits
        SELECT cause, status, created_at, completed_at, outcome FROM visit
        WHERE person_id = $1 ORDER BY visit_id DESC LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &rows_max]).await?;
    let read = |row: &Row| HeldVisit {
        cause: row.get(0),
        status: row.get(1),
        created_at: row.get(2),
        completed_at: row.get(3),
        outcome: row.get(4),
    };
    Ok(rows.iter().map(read).collect())
}

/// A person's quarantine orders, newest first.
pub async fn list_orders(
    db: &Client,
    person_id: PersonId,
    rows_max: i64,
) -> Result<Vec<HeldOrder>, Error> {
    let sql = "-- privacy.list_orders
        SELECT place, start_date, end_date, status FROM quarantine_order
        WHERE person_id = $1 ORDER BY order_id DESC LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &rows_max]).await?;
    let read = |row: &Row| HeldOrder {
        place: row.get(0),
        start: row.get(1),
        end: row.get(2),
        status: row.get(3),
    };
    Ok(rows.iter().map(read).collect())
}

/// Checks of a person at gates since a time, newest first.
pub async fn list_checks(
    db: &Client,
    person_id: PersonId,
    (since, rows_max): (Timestamp, i64),
) -> Result<Vec<HeldCheck>, Error> {
    let sql = "-- privacy.list_checks
        SELECT s.at, g.name, s.direction, s.colour, s.action, s.temperature_decicelsius
        FROM scan s LEFT JOIN gate g ON g.gate_id = s.gate_id
        WHERE s.person_id = $1 AND s.at >= $2 ORDER BY s.at DESC LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&person_id, &since, &rows_max])
        .await?;
    // The table's checks keep every code known.
    let read = |row: &Row| {
        Some(HeldCheck {
            at: row.get(0),
            gate: row.get(1),
            direction: Direction::from_code(row.get(2))?,
            colour: Colour::from_code(row.get(3))?,
            action: Action::from_code(row.get(4))?,
            temperature_decicelsius: row.get(5),
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// Keeps that a version was accepted; again changes nothing.
pub async fn insert_consent(
    db: &Client,
    person_id: PersonId,
    version: i32,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- privacy.insert_consent
        INSERT INTO privacy_consent (person_id, version, accepted_at) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&person_id, &version, &now])
        .await?;
    Ok(())
}

/// Versions a person accepted, newest first.
pub async fn list_consents(db: &Client, person_id: PersonId) -> Result<Vec<ConsentView>, Error> {
    let sql = "-- privacy.list_consents
        SELECT version, accepted_at FROM privacy_consent
        WHERE person_id = $1 ORDER BY version DESC LIMIT 100";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    let read = |row: &Row| ConsentView {
        version: row.get(0),
        accepted_at: row.get(1),
    };
    Ok(rows.iter().map(read).collect())
}
