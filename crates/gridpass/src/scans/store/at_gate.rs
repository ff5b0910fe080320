//! SQL of who was at a gate lately, and what was measured there.

use gridpass_types::ids::{GateId, PersonId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::db::Client;
use crate::scans::model::{Rung, ScanKey};

/// When a person was last scanned at a gate within these times.
pub async fn find_latest(
    db: &Client,
    (person_id, gate_id): (PersonId, GateId),
    since: Timestamp,
    until: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let sql = "-- scans.find_latest
        SELECT at FROM scan WHERE person_id = $1 AND gate_id = $2 AND at BETWEEN $3 AND $4
        ORDER BY at DESC LIMIT 1";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_opt(&statement, &[&person_id, &gate_id, &since, &until])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// Whether the person was known at the gate within these times by more than a typed serial.
pub async fn was_shown(
    db: &Client,
    (person_id, gate_id): (PersonId, GateId),
    since: Timestamp,
    until: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- scans.was_shown
        SELECT 1 FROM scan WHERE person_id = $1 AND gate_id = $2 AND at BETWEEN $3 AND $4 AND rung <= $5 LIMIT 1";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_opt(
            &statement,
            &[&person_id, &gate_id, &since, &until, &Rung::Code.code()],
        )
        .await?;
    Ok(row.is_some())
}

/// Who was measured, when and where, and the reading in tenths of a degree: at every gate, in no order.
pub async fn list_readings(
    db: &Client,
    people: &[i64],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(ScanKey, i16)>, Error> {
    let sql = "-- scans.list_readings
        SELECT person_id, at, gate_id, temperature_decicelsius FROM scan
        WHERE person_id = ANY($1) AND at BETWEEN $2 AND $3 AND temperature_decicelsius IS NOT NULL";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&people, &from, &to]).await?;
    let read = |row: &Row| {
        let key = ScanKey {
            person_id: row.get(0),
            at: row.get(1),
            gate_id: row.get(2),
        };
        (key, row.get(3))
    };
    Ok(rows.iter().map(read).collect())
}

/// Which of these people a gate has measured a fever of within the times. The limit stands in the
/// statement, as in `scan_fever_idx`, which answers it.
pub async fn list_feverish(
    db: &Client,
    gate_id: GateId,
    people: &[i64],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<PersonId>, Error> {
    let sql = "-- scans.list_feverish
        SELECT DISTINCT person_id FROM scan
        WHERE person_id = ANY($1) AND gate_id = $2 AND at BETWEEN $3 AND $4 AND temperature_decicelsius >= 373";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&people, &gate_id, &from, &to])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
