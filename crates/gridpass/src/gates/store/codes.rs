//! SQL of codes by which devices are enrolled.

use gridpass_types::ids::{DeviceId, GateId};
use jiff::Timestamp;
use tokio_postgres::Error;

use crate::db::Client;

/// A code to store.
pub struct NewCode<'a> {
    /// Keyed digest.
    pub code_digest: &'a [u8; 16],
    /// Where the device will work.
    pub gate_id: GateId,
    /// What it will be called.
    pub name: &'a str,
    /// Who made the code.
    pub made_by: i64,
    /// From when it does not count.
    pub expires_at: Timestamp,
}

/// Stores a code.
pub async fn insert_code(db: &Client, row: &NewCode<'_>, now: Timestamp) -> Result<(), Error> {
    let sql = "-- gates.insert_code
        INSERT INTO device_code (code_digest, gate_id, name, made_by, made_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &&row.code_digest[..],
            &row.gate_id,
            &row.name,
            &row.made_by,
            &now,
            &row.expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// A code that counts now, by any of its digests, with its gate and name.
pub async fn find_code(
    db: &Client,
    digests: &[[u8; 16]],
    now: Timestamp,
) -> Result<Option<(Vec<u8>, GateId, String)>, Error> {
    let sql = "-- gates.find_code
        SELECT code_digest, gate_id, name FROM device_code
        WHERE code_digest = ANY ($1) AND used_at IS NULL AND expires_at > $2";
    let digests: Vec<&[u8]> = digests.iter().map(|digest| &digest[..]).collect();
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&digests, &now]).await?;
    Ok(row.map(|row| (row.get(0), row.get(1), row.get(2))))
}

/// Uses a code up; false when somebody else did.
pub async fn spend_code(
    db: &Client,
    digest: &[u8],
    device_id: DeviceId,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- gates.spend_code
        UPDATE device_code SET used_at = $2, device_id = $3 WHERE code_digest = $1 AND used_at IS NULL";
    let statement = db.prepare_cached(sql).await?;
    Ok(db.execute(&statement, &[&digest, &now, &device_id]).await? == 1)
}

/// Forgets codes made before a time.
pub async fn delete_before(db: &Client, before: Timestamp) -> Result<(), Error> {
    let sql = "-- gates.delete_codes_before
        DELETE FROM device_code WHERE made_at < $1";
    db.execute(&db.prepare_cached(sql).await?, &[&before])
        .await?;
    Ok(())
}
