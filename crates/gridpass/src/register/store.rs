//! SQL of the register.

pub mod unknown;

use gridpass_types::ids::{DeviceId, GateId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::NewEntry;
use crate::db::Client;

/// An entry to store.
pub struct NewRow<'a> {
    /// By which device.
    pub device_id: DeviceId,
    /// Where.
    pub gate_id: GateId,
    /// Identity.
    pub entry_id: i64,
    /// As sent.
    pub entry: &'a NewEntry,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Reading in tenths of a degree.
    pub decicelsius: Option<i16>,
    /// Who, sealed.
    pub details_sealed: &'a [u8],
}

/// Stores an entry; answers 1 when it was new.
pub async fn insert_entry(db: &Client, row: &NewRow<'_>, now: Timestamp) -> Result<u64, Error> {
    let sql = "-- register.insert_entry
        INSERT INTO gate_register (device_id, entry_id, entry_key, gate_id, at, direction, action, temperature_decicelsius,
            shown_colour, pass_serial, details_sealed, received_at, next_try_at, tries)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, 0)
        ON CONFLICT (device_id, entry_key) DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    let entry = row.entry;
    db.execute(
        &statement,
        &[
            &row.device_id,
            &row.entry_id,
            &entry.entry_key,
            &row.gate_id,
            &row.at,
            &entry.direction.code(),
            &entry.action.code(),
            &row.decicelsius,
            &entry.shown_colour.map(gridpass_types::Colour::code),
            &entry.pass_serial.map(|serial| serial.get()),
            &row.details_sealed,
            &now,
        ],
    )
    .await
}

/// An entry that waits to become a scan.
pub struct Due {
    /// By which device.
    pub device_id: DeviceId,
    /// Where.
    pub gate_id: GateId,
    /// Identity.
    pub entry_id: i64,
    /// When.
    pub at: Timestamp,
    /// Code of the direction.
    pub direction: i16,
    /// Code of what the guard did.
    pub action: i16,
    /// Reading in tenths of a degree.
    pub decicelsius: Option<i16>,
    /// Code of the colour that was shown.
    pub shown_colour: Option<i16>,
    /// Serial of the pass.
    pub pass_serial: Option<i32>,
    /// Who, sealed.
    pub details_sealed: Vec<u8>,
    /// How often it was looked.
    pub tries: i16,
}

/// One entry whose time has come, locked; what somebody else has locked is left to them.
pub async fn lock_due(db: &Client, now: Timestamp) -> Result<Option<Due>, Error> {
    let sql = "-- register.lock_due
        SELECT device_id, gate_id, entry_id, at, direction, action, temperature_decicelsius, shown_colour, pass_serial,
            details_sealed, tries
        FROM gate_register WHERE next_try_at <= $1 ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&now])
        .await?;
    Ok(row.as_ref().map(due))
}

fn due(row: &Row) -> Due {
    Due {
        device_id: row.get(0),
        gate_id: row.get(1),
        entry_id: row.get(2),
        at: row.get(3),
        direction: row.get(4),
        action: row.get(5),
        decicelsius: row.get(6),
        shown_colour: row.get(7),
        pass_serial: row.get(8),
        details_sealed: row.get(9),
        tries: row.get(10),
    }
}

/// Notes what came of an entry; who it was is not needed any more.
pub async fn end_entry(db: &Client, due: &Due, became: &str) -> Result<(), Error> {
    let sql = "-- register.end_entry
        UPDATE gate_register SET next_try_at = NULL, tries = tries + 1, became = $3, details_sealed = NULL
        WHERE device_id = $1 AND entry_id = $2";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&due.device_id, &due.entry_id, &became])
        .await?;
    Ok(())
}

/// Looks again later.
pub async fn postpone_entry(db: &Client, due: &Due, next: Timestamp) -> Result<(), Error> {
    let sql = "-- register.postpone_entry
        UPDATE gate_register SET next_try_at = $3, tries = tries + 1 WHERE device_id = $1 AND entry_id = $2";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&due.device_id, &due.entry_id, &next])
        .await?;
    Ok(())
}

/// Forgets entries received before a time; answers how many.
pub async fn delete_before(db: &Client, before: Timestamp) -> Result<u64, Error> {
    let sql = "-- register.delete_before
        DELETE FROM gate_register WHERE (device_id, entry_id) IN (
            SELECT device_id, entry_id FROM gate_register WHERE received_at < $1 LIMIT 1000)";
    db.execute(&db.prepare_cached(sql).await?, &[&before]).await
}
