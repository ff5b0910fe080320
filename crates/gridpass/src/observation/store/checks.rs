//! SQL of single checks, and of those that were missed.

use gridpass_types::ids::{FactId, PersonId, QuarantineOrderId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::super::model::{CheckSymptom, CheckView, MissedView, Reading, Slot};
use super::{day_part, degrees, read_symptoms};
use crate::db::Client;

/// A check to keep.
pub struct NewRow<'a> {
    /// Whose.
    pub person_id: PersonId,
    /// Identity.
    pub check_id: i64,
    /// The order it belongs to.
    pub order_id: QuarantineOrderId,
    /// What was measured.
    pub reading: &'a Reading,
    /// Now.
    pub recorded_at: Timestamp,
    /// Staff member; `None` for the person.
    pub recorded_by: Option<StaffId>,
    /// The health fact, unless it waits for two people.
    pub fact_id: Option<FactId>,
}

/// Keeps a check; the caller holds the person's lock.
pub async fn insert_check(db: &Client, row: &NewRow<'_>) -> Result<(), Error> {
    let sql = "-- observation.insert_check
        INSERT INTO daily_check (person_id, check_id, order_id, day, day_part, at, decicelsius, symptoms,
            recorded_at, recorded_by, fact_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let slot = row.reading.slot();
    let symptoms = row.reading.symptoms.iter();
    let symptoms: Vec<&str> = symptoms
        .map(|symptom| CheckSymptom::as_str(*symptom))
        .collect();
    let key: [&(dyn ToSql + Sync); 11] = [
        &row.person_id,
        &row.check_id,
        &row.order_id,
        &slot.day,
        &slot.part.as_str(),
        &row.reading.at,
        &row.reading.decicelsius,
        &symptoms,
        &row.recorded_at,
        &row.recorded_by,
        &row.fact_id,
    ];
    db.execute(&db.prepare_cached(sql).await?, &key).await?;
    Ok(())
}

/// The check that was taken at an instant.
pub async fn find_check_at(
    db: &Client,
    person_id: PersonId,
    at: Timestamp,
) -> Result<Option<CheckView>, Error> {
    let sql = "-- observation.find_check_at
        SELECT check_id, day, day_part, at, decicelsius, symptoms, recorded_at, recorded_by, fact_id
        FROM daily_check WHERE person_id = $1 AND at = $2";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id, &at])
        .await?;
    Ok(row.as_ref().and_then(check))
}

/// A person's checks, newest first.
pub async fn list_checks(
    db: &Client,
    person_id: PersonId,
    limit: i64,
) -> Result<Vec<CheckView>, Error> {
    let sql = "-- observation.list_checks
        SELECT check_id, day, day_part, at, decicelsius, symptoms, recorded_at, recorded_by, fact_id
        FROM daily_check WHERE person_id = $1 ORDER BY at DESC LIMIT $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&person_id, &limit])
        .await?;
    Ok(rows.iter().filter_map(check).collect())
}

fn check(row: &Row) -> Option<CheckView> {
    Some(CheckView {
        check_id: row.get("check_id"),
        day: row.get("day"),
        part: day_part(row)?,
        at: row.get("at"),
        temperature: degrees(row.get("decicelsius")),
        symptoms: read_symptoms(row.get("symptoms")),
        recorded_at: row.get("recorded_at"),
        recorded_by: row.get("recorded_by"),
        fact_id: row.get("fact_id"),
    })
}

/// Checks a person missed, newest first.
pub async fn list_missed(
    db: &Client,
    person_id: PersonId,
    limit: i64,
) -> Result<Vec<MissedView>, Error> {
    let sql = "-- observation.list_missed
        SELECT day, day_part FROM missed_check WHERE person_id = $1
        ORDER BY day DESC, day_part LIMIT $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&person_id, &limit])
        .await?;
    let missed = |row: &Row| {
        Some(MissedView {
            day: row.get("day"),
            part: day_part(row)?,
        })
    };
    Ok(rows.iter().filter_map(missed).collect())
}

/// Somebody whose check was due and is not there.
pub struct Missed {
    /// The person.
    pub person_id: PersonId,
    /// Where the team watches.
    pub place_code: String,
    /// Whether the check before was missed too.
    pub again: bool,
}

/// Writes down who missed a check; each person once for each check.
pub async fn insert_missed(
    db: &Client,
    slot: Slot,
    now: Timestamp,
    rows_max: i64,
) -> Result<Vec<Missed>, Error> {
    let sql = "-- observation.insert_missed
        WITH due AS (
            SELECT o.person_id, o.order_id, o.place_code FROM quarantine_order o
            WHERE o.status = 'live' AND o.place <> 'hospital' AND o.start_date <= $1 AND o.end_date > $1
              AND o.created_at < $3
              AND NOT EXISTS (SELECT FROM daily_check c WHERE c.person_id = o.person_id
                              AND c.day = $1 AND c.day_part = $2)
              AND NOT EXISTS (SELECT FROM missed_check m WHERE m.person_id = o.person_id
                              AND m.day = $1 AND m.day_part = $2)
            ORDER BY o.person_id LIMIT $5),
        written AS (
            INSERT INTO missed_check (person_id, day, day_part, order_id, found_at)
            SELECT person_id, $1, $2, order_id, $4 FROM due
            ON CONFLICT DO NOTHING RETURNING person_id)
        SELECT d.person_id, d.place_code,
               EXISTS (SELECT FROM missed_check m WHERE m.person_id = d.person_id
                       AND m.day = $6 AND m.day_part = $7) AS again
        FROM due d JOIN written USING (person_id) ORDER BY d.person_id";
    let before = slot.before();
    let (day, day_before): (Date, Date) = (slot.day, before.day);
    let key: [&(dyn ToSql + Sync); 7] = [
        &day,
        &slot.part.as_str(),
        &slot.due_at(),
        &now,
        &rows_max,
        &day_before,
        &before.part.as_str(),
    ];
    let rows = db.query(&db.prepare_cached(sql).await?, &key).await?;
    let missed = |row: &Row| Missed {
        person_id: row.get("person_id"),
        place_code: row.get("place_code"),
        again: row.get("again"),
    };
    Ok(rows.iter().map(missed).collect())
}
