//! The version of the directory: enclosures, employers, gates and devices; and that of the open
//! shifts at gates, which change oftener.
//!
//! Whoever changes one of them bumps the version in the same transaction; caches compare
//! it inside the scan batch's transaction, so a sealed enclosure or a revoked device counts
//! at every gate of every node from the next scan on.

use tokio_postgres::Error;

use crate::db::Client;

/// Counts a change in the caller's transaction.
pub async fn bump(tx: &Client) -> Result<(), Error> {
    let sql = "-- directory.bump
        UPDATE epoch SET value = value + 1 WHERE name = 'directory'";
    tx.execute(&tx.prepare_cached(sql).await?, &[]).await?;
    Ok(())
}

/// The version now.
pub async fn version(db: &Client) -> Result<i64, Error> {
    let sql = "-- directory.version
        SELECT value FROM epoch WHERE name = 'directory'";
    Ok(db
        .query_one(&db.prepare_cached(sql).await?, &[])
        .await?
        .get(0))
}

/// Counts a shift that began or ended, in the caller's transaction.
pub async fn bump_shifts(tx: &Client) -> Result<(), Error> {
    let sql = "-- directory.bump_shifts
        UPDATE epoch SET value = value + 1 WHERE name = 'shifts'";
    tx.execute(&tx.prepare_cached(sql).await?, &[]).await?;
    Ok(())
}

/// The version of the open shifts now.
pub async fn shifts_version(db: &Client) -> Result<i64, Error> {
    let sql = "-- directory.shifts_version
        SELECT value FROM epoch WHERE name = 'shifts'";
    let row = db.query_one(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(row.get(0))
}
