//! SQL of the tokens of open shifts.

use gridpass_types::ids::{DeviceId, ShiftId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::db::Client;

/// A token to store.
pub struct NewToken<'a> {
    /// The shift.
    pub shift_id: ShiftId,
    /// The device.
    pub device_id: DeviceId,
    /// SHA-256 of the token.
    pub digest: &'a [u8; 32],
    /// From when it counts.
    pub started_at: Timestamp,
    /// From when it does not.
    pub ends_at: Timestamp,
}

/// A token that counts, as the cache reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenToken {
    /// The shift.
    pub shift_id: ShiftId,
    /// SHA-256 of the token.
    pub digest: [u8; 32],
    /// From when it does not count.
    pub ends_at: Timestamp,
}

/// Stores a token; the one before on the device must have ended.
pub async fn insert_token(db: &Client, new: &NewToken<'_>) -> Result<(), Error> {
    let sql = "-- gates.insert_shift_token
        INSERT INTO shift_token (shift_id, device_id, token_digest, started_at, ends_at) VALUES ($1, $2, $3, $4, $5)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &new.shift_id,
            &new.device_id,
            &&new.digest[..],
            &new.started_at,
            &new.ends_at,
        ],
    )
    .await?;
    Ok(())
}

/// Ends the token of a device, if one counts.
pub async fn end_token(db: &Client, device_id: DeviceId, now: Timestamp) -> Result<(), Error> {
    let sql = "-- gates.end_shift_token
        UPDATE shift_token SET ended_at = greatest($2, started_at) WHERE device_id = $1 AND ended_at IS NULL";
    db.execute(&db.prepare_cached(sql).await?, &[&device_id, &now])
        .await?;
    Ok(())
}

/// Every token that nobody ended.
pub async fn list_open(db: &Client) -> Result<Vec<(DeviceId, OpenToken)>, Error> {
    let sql = "-- gates.list_open_shift_tokens
        SELECT device_id, shift_id, token_digest, ends_at FROM shift_token WHERE ended_at IS NULL";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    let read = |row: &Row| {
        let open = OpenToken {
            shift_id: row.get("shift_id"),
            digest: row.get::<_, &[u8]>("token_digest").try_into().ok()?,
            ends_at: row.get("ends_at"),
        };
        Some((row.get("device_id"), open))
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// Whether a shift was open on a device at a time.
pub async fn was_on_duty(db: &Client, device_id: DeviceId, at: Timestamp) -> Result<bool, Error> {
    let sql = "-- gates.was_on_duty
        SELECT EXISTS (SELECT FROM shift_token
            WHERE device_id = $1 AND started_at <= $2 AND least(ends_at, ended_at) >= $2)";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&device_id, &at])
        .await?;
    Ok(row.get(0))
}

/// From when to when guards were on duty with a device, of the shifts that touch these times.
pub async fn list_duty(
    db: &Client,
    device_id: DeviceId,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(Timestamp, Timestamp)>, Error> {
    let sql = "-- gates.list_duty
        SELECT started_at, least(ends_at, ended_at) FROM shift_token
        WHERE device_id = $1 AND started_at <= $3 AND least(ends_at, ended_at) >= $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&device_id, &from, &to]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Ends tokens whose time is over, and forgets those that were over before a time.
pub async fn sweep(db: &Client, (now, before): (Timestamp, Timestamp)) -> Result<(), Error> {
    let sql = "-- gates.end_outlived_shift_tokens
        UPDATE shift_token SET ended_at = ends_at WHERE ended_at IS NULL AND ends_at <= $1";
    db.execute(&db.prepare_cached(sql).await?, &[&now]).await?;
    let sql = "-- gates.forget_shift_tokens
        DELETE FROM shift_token WHERE ended_at < $1";
    db.execute(&db.prepare_cached(sql).await?, &[&before])
        .await?;
    Ok(())
}
