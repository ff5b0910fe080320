//! SQL of the second factor.

use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use tokio_postgres::Error;

use crate::db::Client;

/// Whether an account has a second factor in force.
pub async fn has_factor(db: &Client, staff_id: StaffId) -> Result<bool, Error> {
    let sql = "-- staff.has_factor
        SELECT 1 FROM staff WHERE staff_id = $1 AND totp_confirmed_at IS NOT NULL";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&staff_id.get()])
        .await?;
    Ok(row.is_some())
}

/// Keeps a new secret; false when one is in force already.
pub async fn set_secret(db: &Client, staff_id: StaffId, sealed: &[u8]) -> Result<bool, Error> {
    let sql = "-- staff.set_secret
        UPDATE staff SET totp_secret_sealed = $2, totp_step = 0 WHERE staff_id = $1 AND totp_confirmed_at IS NULL";
    let changed = db
        .execute(&db.prepare_cached(sql).await?, &[&staff_id.get(), &sealed])
        .await?;
    Ok(changed == 1)
}

/// The sealed secret, in force or not yet.
pub async fn find_secret(db: &Client, staff_id: StaffId) -> Result<Option<Vec<u8>>, Error> {
    let sql = "-- staff.find_secret
        SELECT totp_secret_sealed FROM staff WHERE staff_id = $1 AND totp_secret_sealed IS NOT NULL";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&staff_id.get()])
        .await?;
    Ok(row.map(|row| row.get("totp_secret_sealed")))
}

/// Puts the secret into force; false when another was meanwhile.
pub async fn confirm_secret(
    db: &Client,
    staff_id: StaffId,
    step: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- staff.confirm_secret
        UPDATE staff SET totp_confirmed_at = $3, totp_step = $2 WHERE staff_id = $1 AND totp_confirmed_at IS NULL";
    let changed = db
        .execute(
            &db.prepare_cached(sql).await?,
            &[&staff_id.get(), &step, &now],
        )
        .await?;
    Ok(changed == 1)
}

/// Uses a time step up; false when it, or a later one, was used: a replay.
pub async fn take_step(db: &Client, staff_id: StaffId, step: i64) -> Result<bool, Error> {
    let sql = "-- staff.take_step
        UPDATE staff SET totp_step = $2 WHERE staff_id = $1 AND totp_step < $2 AND totp_confirmed_at IS NOT NULL";
    let changed = db
        .execute(&db.prepare_cached(sql).await?, &[&staff_id.get(), &step])
        .await?;
    Ok(changed == 1)
}

/// Takes the second factor off an account.
pub async fn clear_factor(db: &Client, staff_id: StaffId) -> Result<(), Error> {
    let sql = "-- staff.clear_factor
        UPDATE staff SET totp_secret_sealed = NULL, totp_confirmed_at = NULL, totp_step = 0 WHERE staff_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&staff_id.get()])
        .await?;
    Ok(())
}

/// Recovery codes not used yet.
pub async fn count_recovery_codes(db: &Client, staff_id: StaffId) -> Result<i64, Error> {
    let sql = "-- staff.count_recovery_codes
        SELECT count(*) AS count FROM staff_recovery_code WHERE staff_id = $1 AND used_at IS NULL";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&staff_id.get()])
        .await?;
    Ok(row.get("count"))
}

/// Uses a recovery code up; false when there is none such, or it was used.
pub async fn use_recovery_code(
    db: &Client,
    staff_id: StaffId,
    digest: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- staff.use_recovery_code
        UPDATE staff_recovery_code SET used_at = $3 WHERE staff_id = $1 AND code_digest = $2 AND used_at IS NULL";
    let changed = db
        .execute(
            &db.prepare_cached(sql).await?,
            &[&staff_id.get(), &digest, &now],
        )
        .await?;
    Ok(changed == 1)
}

/// Takes all recovery codes away, used or not.
pub async fn delete_recovery_codes(db: &Client, staff_id: StaffId) -> Result<(), Error> {
    let sql = "-- staff.delete_recovery_codes
        DELETE FROM staff_recovery_code WHERE staff_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&staff_id.get()])
        .await?;
    Ok(())
}

/// Keeps new recovery codes.
pub async fn insert_recovery_codes(
    db: &Client,
    staff_id: StaffId,
    digests: &[Vec<u8>],
) -> Result<(), Error> {
    let sql = "-- staff.insert_recovery_codes
        INSERT INTO staff_recovery_code (staff_id, code_digest) SELECT $1, unnest($2::bytea[])";
    db.execute(&db.prepare_cached(sql).await?, &[&staff_id.get(), &digests])
        .await?;
    Ok(())
}
