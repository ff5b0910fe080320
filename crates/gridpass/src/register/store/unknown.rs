//! SQL of entries about people whom nobody has found.

use gridpass_rules::{Action, Direction};
use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::super::model::RegisterEntry;
use super::{Due, due};
use crate::auth::Reach;
use crate::db::Client;

/// Open entries that were looked for at least once, at gates in reach, in order of identity.
pub async fn list_entries(
    db: &Client,
    reach: &Reach,
    (after, limit): (i64, i64),
) -> Result<Vec<RegisterEntry>, Error> {
    let sql = "-- register.list_unknown
        SELECT r.gate_id, r.entry_id, g.name, g.place_code, g.enclosure_id, g.employer_id, r.at, r.direction, r.action,
            r.temperature_decicelsius, r.received_at, r.details_sealed
        FROM gate_register r JOIN gate g USING (gate_id)
        WHERE r.next_try_at IS NOT NULL AND r.tries > 0 AND starts_with(g.place_code, $1)
            AND ($2::bigint IS NULL OR g.enclosure_id = $2) AND ($3::bigint IS NULL OR g.employer_id = $3)
            AND r.entry_id > $4
        ORDER BY r.entry_id LIMIT $5";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(
            &statement,
            &[
                &reach.prefix,
                &reach.enclosure_id,
                &reach.employer_id,
                &after,
                &limit,
            ],
        )
        .await?;
    Ok(rows.iter().filter_map(entry).collect())
}

/// An open entry that was looked for at least once.
pub async fn find_entry(
    db: &Client,
    (gate_id, entry_id): (i64, i64),
) -> Result<Option<RegisterEntry>, Error> {
    let sql = "-- register.find_unknown
        SELECT r.gate_id, r.entry_id, g.name, g.place_code, g.enclosure_id, g.employer_id, r.at, r.direction, r.action,
            r.temperature_decicelsius, r.received_at, r.details_sealed
        FROM gate_register r JOIN gate g USING (gate_id)
        WHERE r.gate_id = $1 AND r.entry_id = $2 AND r.next_try_at IS NOT NULL AND r.tries > 0";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&gate_id, &entry_id])
        .await?;
    Ok(row.as_ref().and_then(entry))
}

/// `None` for codes outside the table's CHECK.
fn entry(row: &Row) -> Option<RegisterEntry> {
    let tenths: Option<i16> = row.get("temperature_decicelsius");
    Some(RegisterEntry {
        gate_id: row.get("gate_id"),
        entry_id: row.get("entry_id"),
        gate: row.get("name"),
        at: row.get("at"),
        direction: Direction::from_code(row.get("direction"))?,
        action: Action::from_code(row.get("action"))?,
        temperature: tenths.map(|tenths| f64::from(tenths) / 10.0),
        received_at: row.get("received_at"),
        place_code: row.get("place_code"),
        enclosure_id: row.get("enclosure_id"),
        employer_id: row.get("employer_id"),
        details_sealed: row.get("details_sealed"),
    })
}

/// Locks an open entry, so that it is settled once.
pub async fn lock_entry(
    db: &Client,
    (gate_id, entry_id): (i64, i64),
) -> Result<Option<Due>, Error> {
    let sql = "-- register.lock_unknown
        SELECT device_id, gate_id, entry_id, at, direction, action, temperature_decicelsius, shown_colour, pass_serial,
            details_sealed, tries
        FROM gate_register WHERE gate_id = $1 AND entry_id = $2 AND next_try_at IS NOT NULL FOR UPDATE";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&gate_id, &entry_id])
        .await?;
    Ok(row.as_ref().map(due))
}

/// Notes who settled an entry, and when.
pub async fn note_settled(
    db: &Client,
    due: &Due,
    (by, at): (StaffId, Timestamp),
) -> Result<(), Error> {
    let sql = "-- register.note_settled
        UPDATE gate_register SET settled_by = $3, settled_at = $4 WHERE device_id = $1 AND entry_id = $2";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&due.device_id, &due.entry_id, &by, &at])
        .await?;
    Ok(())
}

/// Forgets what was written about people whom nobody found, received before a time.
pub async fn forget_unknown(db: &Client, before: Timestamp) -> Result<u64, Error> {
    let sql = "-- register.forget_unknown
        UPDATE gate_register SET next_try_at = NULL, became = 'nobody', details_sealed = NULL
        WHERE (device_id, entry_id) IN (SELECT device_id, entry_id FROM gate_register
            WHERE next_try_at IS NOT NULL AND received_at < $1 LIMIT 1000)";
    db.execute(&db.prepare_cached(sql).await?, &[&before]).await
}
