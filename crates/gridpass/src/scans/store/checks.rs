//! SQL of checks on the spot, and of specimens that guards scanned.

use gridpass_types::ids::{DeviceId, GateId, PersonId};
use jiff::Timestamp;
use tokio_postgres::Error;

use crate::db::Client;

/// A check to store.
pub struct CheckRow {
    /// Who, when and where.
    pub key: (PersonId, Timestamp, GateId),
    /// By which device.
    pub device_id: DeviceId,
    /// Whether the guard let the person in.
    pub passed: bool,
    /// What the travel card showed: 0 no city, 1 at least one; none where it was not asked for.
    pub travel_history: Option<i16>,
}

/// Stores a check; false when it was told before.
pub async fn insert_gate_check(db: &Client, row: &CheckRow, now: Timestamp) -> Result<bool, Error> {
    let sql = "-- scans.insert_gate_check
        INSERT INTO gate_check (person_id, at, gate_id, device_id, passed, travel_history, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    let (person_id, at, gate_id) = &row.key;
    let inserted = db
        .execute(
            &statement,
            &[
                person_id,
                at,
                gate_id,
                &row.device_id,
                &row.passed,
                &row.travel_history,
                &now,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// Notes that a specimen was scanned; false when that is known.
pub async fn insert_specimen(
    db: &Client,
    (gate_id, device_id): (GateId, DeviceId),
    at: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- scans.insert_specimen
        INSERT INTO specimen_scan (gate_id, device_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    let written = db.execute(&statement, &[&gate_id, &device_id, &at]).await?;
    Ok(written == 1)
}
