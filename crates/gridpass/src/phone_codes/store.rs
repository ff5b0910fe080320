//! SQL of phone codes.

use jiff::Timestamp;
use tokio_postgres::Error;

use super::model::Purpose;
use crate::db::Client;

/// A code to store.
pub struct NewCode<'a> {
    /// Keyed digest of the phone.
    pub phone_digest: &'a [u8; 16],
    /// What it is for.
    pub purpose: Purpose,
    /// Keyed digest of purpose, phone and code.
    pub code_digest: &'a [u8; 16],
    /// From when it does not count.
    pub expires_at: Timestamp,
    /// Now.
    pub now: Timestamp,
}

/// Stores a code; it takes the place of the one before.
pub async fn put_code(db: &Client, row: &NewCode<'_>) -> Result<(), Error> {
    let sql = "-- phone_codes.put_code
        INSERT INTO phone_code (phone_digest, purpose, code_digest, created_at, expires_at, tries)
        VALUES ($1, $2, $3, $4, $5, 0)
        ON CONFLICT (phone_digest, purpose) DO UPDATE SET code_digest = $3, created_at = $4, expires_at = $5,
            tries = 0, used_at = NULL";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &&row.phone_digest[..],
            &row.purpose.as_str(),
            &&row.code_digest[..],
            &row.now,
            &row.expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// Counts a try; the digest of the code that counts now, if one does.
pub async fn try_code(
    db: &Client,
    (phone_digest, purpose): (&[u8; 16], Purpose),
    tries_max: i16,
    now: Timestamp,
) -> Result<Option<[u8; 16]>, Error> {
    let sql = "-- phone_codes.try_code
        UPDATE phone_code SET tries = tries + 1
        WHERE phone_digest = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $4 AND tries < $3
        RETURNING code_digest";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_opt(
            &statement,
            &[&&phone_digest[..], &purpose.as_str(), &tries_max, &now],
        )
        .await?;
    // The table's check makes the conversion succeed.
    Ok(row.and_then(|row| row.get::<_, &[u8]>(0).try_into().ok()))
}

/// Uses a code up; false when it was used, or another one took its place.
pub async fn spend_code(
    db: &Client,
    (phone_digest, purpose): (&[u8; 16], Purpose),
    code_digest: &[u8; 16],
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- phone_codes.spend_code
        UPDATE phone_code SET used_at = $4
        WHERE phone_digest = $1 AND purpose = $2 AND code_digest = $3 AND used_at IS NULL";
    let statement = db.prepare_cached(sql).await?;
    let spent = db
        .execute(
            &statement,
            &[
                &&phone_digest[..],
                &purpose.as_str(),
                &&code_digest[..],
                &now,
            ],
        )
        .await?;
    Ok(spent == 1)
}

/// Removes codes that ran out; says how many.
pub async fn delete_expired(db: &Client, now: Timestamp, limit: i64) -> Result<u64, Error> {
    let sql = "-- phone_codes.delete_expired
        DELETE FROM phone_code WHERE ctid IN
            (SELECT ctid FROM phone_code WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)";
    db.execute(&db.prepare_cached(sql).await?, &[&now, &limit])
        .await
}
