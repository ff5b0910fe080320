//! SQL of openings of doors and of sensors.

use gridpass_types::ids::{PersonId, StaffId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::{Error, Row};

use super::super::model::{OpeningPurpose, OpeningView, SensorView};
use crate::db::Client;

/// An opening to keep.
pub struct NewOpeningRow {
    /// Whose door.
    pub person_id: PersonId,
    /// Identity.
    pub opening_id: i64,
    /// What for.
    pub purpose: OpeningPurpose,
    /// From when until when.
    pub times: (Timestamp, Timestamp),
    /// Now.
    pub announced_at: Timestamp,
    /// Staff member; `None` for the person.
    pub announced_by: Option<StaffId>,
}

/// Keeps an opening.
pub async fn insert_opening(db: &Client, row: &NewOpeningRow) -> Result<(), Error> {
    let sql = "-- observation.insert_opening
        INSERT INTO door_opening (person_id, opening_id, purpose, from_at, until_at, announced_at, announced_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &row.person_id,
            &row.opening_id,
            &row.purpose.as_str(),
            &row.times.0,
            &row.times.1,
            &row.announced_at,
            &row.announced_by,
        ],
    )
    .await?;
    Ok(())
}

/// What a person announced for a day.
pub struct OwnDay {
    /// How many; those that were taken back count.
    pub openings: i64,
    /// How long the door is open by them.
    pub open: SignedDuration,
    /// Whether one that stands falls into the time asked about.
    pub overlaps: bool,
}

/// What a person announced for a day, and for a time.
pub async fn day_of(
    db: &Client,
    person_id: PersonId,
    (from, until): (Timestamp, Timestamp),
    day: Date,
) -> Result<OwnDay, Error> {
    let sql = "-- observation.day_of
        SELECT count(*) FILTER (WHERE same_day),
               coalesce(sum(extract(epoch FROM greatest(ends_at - from_at, interval '0'))) FILTER (WHERE same_day), 0)::bigint,
               coalesce(bool_or(withdrawn_at IS NULL AND from_at < $3 AND until_at > $2), false)
        FROM (SELECT from_at, until_at, withdrawn_at, least(until_at, coalesce(withdrawn_at, until_at)) AS ends_at,
                     (from_at AT TIME ZONE 'Asia/Shanghai')::date = $4 AS same_day
              FROM door_opening WHERE person_id = $1 AND announced_by IS NULL) AS own";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(&statement, &[&person_id, &from, &until, &day])
        .await?;
    Ok(OwnDay {
        openings: row.get(0),
        open: SignedDuration::from_secs(row.get(1)),
        overlaps: row.get(2),
    })
}

/// An opening by identity.
pub async fn find_opening(
    db: &Client,
    (person_id, opening_id): (i64, i64),
) -> Result<Option<OpeningView>, Error> {
    let sql = "-- observation.find_opening
        SELECT d.person_id, d.opening_id, s.place_code, d.purpose, d.from_at, d.until_at,
               d.announced_at, d.announced_by, d.withdrawn_at
        FROM door_opening d JOIN person_state s USING (person_id)
        WHERE d.person_id = $1 AND d.opening_id = $2";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id, &opening_id])
        .await?;
    Ok(row.as_ref().and_then(opening))
}

/// An opening with the sealed name and address of the person.
pub struct ListedOpening {
    /// The opening.
    pub opening: OpeningView,
    /// Name.
    pub name_sealed: Option<Vec<u8>>,
    /// Building and room.
    pub address_sealed: Option<Vec<u8>>,
}

/// Openings that are not over, soonest identity first.
pub async fn list_openings(
    db: &Client,
    (prefix, now): (&str, Timestamp),
    after: i64,
    limit: i64,
) -> Result<Vec<ListedOpening>, Error> {
    let sql = "-- observation.list_openings
        SELECT d.person_id, d.opening_id, s.place_code, d.purpose, d.from_at, d.until_at,
               d.announced_at, d.announced_by, d.withdrawn_at, p.name_sealed, p.address_sealed
        FROM door_opening d JOIN person_state s USING (person_id) LEFT JOIN person p USING (person_id)
        WHERE d.until_at > $2 AND d.withdrawn_at IS NULL AND starts_with(s.place_code, $1)
          AND d.opening_id > $3
        ORDER BY d.opening_id LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&prefix, &now, &after, &limit])
        .await?;
    let listed = |row: &Row| {
        Some(ListedOpening {
            opening: opening(row)?,
            name_sealed: row.get("name_sealed"),
            address_sealed: row.get("address_sealed"),
        })
    };
    Ok(rows.iter().filter_map(listed).collect())
}

/// Openings of one person that are not over.
pub async fn list_openings_of(
    db: &Client,
    person_id: PersonId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<OpeningView>, Error> {
    let sql = "-- observation.list_openings_of
        SELECT d.person_id, d.opening_id, s.place_code, d.purpose, d.from_at, d.until_at,
               d.announced_at, d.announced_by, d.withdrawn_at
        FROM door_opening d JOIN person_state s USING (person_id)
        WHERE d.person_id = $1 AND d.until_at > $2 AND d.withdrawn_at IS NULL
        ORDER BY d.from_at, d.opening_id LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &now, &limit]).await?;
    Ok(rows.iter().filter_map(opening).collect())
}

/// Takes an opening back; false when it is over or taken back already.
pub async fn withdraw_opening(
    db: &Client,
    (person_id, opening_id): (PersonId, i64),
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- observation.withdraw_opening
        UPDATE door_opening SET withdrawn_at = $3
        WHERE person_id = $1 AND opening_id = $2 AND withdrawn_at IS NULL AND until_at > $3";
    let statement = db.prepare_cached(sql).await?;
    let changed = db
        .execute(&statement, &[&person_id, &opening_id, &now])
        .await?;
    Ok(changed == 1)
}

fn opening(row: &Row) -> Option<OpeningView> {
    Some(OpeningView {
        person_id: row.get("person_id"),
        opening_id: row.get("opening_id"),
        name: None,
        address: None,
        place_code: row.get("place_code"),
        purpose: OpeningPurpose::parse(row.get("purpose"))?,
        from_at: row.get("from_at"),
        until_at: row.get("until_at"),
        announced_at: row.get("announced_at"),
        announced_by: row.get("announced_by"),
        withdrawn_at: row.get("withdrawn_at"),
    })
}

/// Puts a sensor up.
pub async fn insert_sensor(
    db: &Client,
    (person_id, sensor_id): (PersonId, i64),
    token_digest: &[u8],
    (by, now): (StaffId, Timestamp),
) -> Result<(), Error> {
    let sql = "-- observation.insert_sensor
        INSERT INTO door_sensor (person_id, sensor_id, token_digest, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[&person_id, &sensor_id, &token_digest, &now, &by],
    )
    .await?;
    Ok(())
}

/// A sensor by identity.
pub async fn find_sensor(
    db: &Client,
    (person_id, sensor_id): (i64, i64),
) -> Result<Option<SensorView>, Error> {
    let sql = "-- observation.find_sensor
        SELECT d.person_id, d.sensor_id, s.place_code, d.created_at, d.created_by, d.removed_at
        FROM door_sensor d JOIN person_state s USING (person_id)
        WHERE d.person_id = $1 AND d.sensor_id = $2";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id, &sensor_id])
        .await?;
    Ok(row.as_ref().map(sensor))
}

/// Sensors of a person's door, also those taken down.
pub async fn list_sensors(
    db: &Client,
    person_id: PersonId,
    limit: i64,
) -> Result<Vec<SensorView>, Error> {
    let sql = "-- observation.list_sensors
        SELECT d.person_id, d.sensor_id, s.place_code, d.created_at, d.created_by, d.removed_at
        FROM door_sensor d JOIN person_state s USING (person_id)
        WHERE d.person_id = $1 ORDER BY d.sensor_id DESC LIMIT $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&person_id, &limit])
        .await?;
    Ok(rows.iter().map(sensor).collect())
}

/// Takes a sensor down; again changes nothing.
pub async fn remove_sensor(db: &Client, sensor: &SensorView, now: Timestamp) -> Result<(), Error> {
    let sql = "-- observation.remove_sensor
        UPDATE door_sensor SET removed_at = COALESCE(removed_at, $3)
        WHERE person_id = $1 AND sensor_id = $2";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&sensor.person_id, &sensor.sensor_id, &now])
        .await?;
    Ok(())
}

fn sensor(row: &Row) -> SensorView {
    SensorView {
        person_id: row.get("person_id"),
        sensor_id: row.get("sensor_id"),
        place_code: row.get("place_code"),
        created_at: row.get("created_at"),
        created_by: row.get("created_by"),
        removed_at: row.get("removed_at"),
    }
}

/// Whether a sensor with this token is up (`Some(true)`), was taken down, or is unknown.
pub async fn admit_sensor(
    db: &Client,
    (person_id, sensor_id): (PersonId, i64),
    token_digest: &[u8],
) -> Result<Option<bool>, Error> {
    let sql = "-- observation.admit_sensor
        SELECT removed_at IS NULL FROM door_sensor
        WHERE person_id = $1 AND sensor_id = $2 AND token_digest = $3";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_opt(&statement, &[&person_id, &sensor_id, &token_digest])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// Whether somebody of the person's household had announced an opening at an instant, or
/// nobody of it was under observation then.
pub async fn is_expected(db: &Client, person_id: PersonId, at: Timestamp) -> Result<bool, Error> {
    let sql = "-- observation.is_expected
        WITH household AS (
            SELECT $1::bigint AS person_id
            UNION SELECT other.person_id FROM person own JOIN person other USING (household_id)
            WHERE own.person_id = $1)
        SELECT EXISTS (SELECT FROM household JOIN door_opening d USING (person_id)
                       WHERE d.from_at <= $2 AND d.until_at >= $2 AND d.announced_at <= $2
                         AND (d.withdrawn_at IS NULL OR d.withdrawn_at > $2))
            OR NOT EXISTS (SELECT FROM household JOIN quarantine_order o USING (person_id)
                           WHERE o.place = 'home' AND o.status = 'live'
                             AND o.start_date <= ($2::timestamptz AT TIME ZONE 'Asia/Shanghai')::date
                             AND o.end_date > ($2::timestamptz AT TIME ZONE 'Asia/Shanghai')::date)";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&person_id, &at])
        .await?;
    Ok(row.get(0))
}

/// Keeps a report; what was said about it before when the same came already.
pub async fn insert_event(
    db: &Client,
    (person_id, sensor_id, at): (PersonId, i64, Timestamp),
    (announced, now): (bool, Timestamp),
) -> Result<Option<bool>, Error> {
    let sql = "-- observation.insert_event
        INSERT INTO door_event (person_id, sensor_id, at, announced, received_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    let written = db
        .execute(&statement, &[&person_id, &sensor_id, &at, &announced, &now])
        .await?;
    if written == 1 {
        return Ok(None);
    }
    let sql = "-- observation.find_event
        SELECT announced FROM door_event WHERE person_id = $1 AND sensor_id = $2 AND at = $3";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(&statement, &[&person_id, &sensor_id, &at])
        .await?;
    Ok(Some(row.get(0)))
}
