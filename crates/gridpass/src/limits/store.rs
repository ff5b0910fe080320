//! SQL of limits.

use jiff::Timestamp;
use tokio_postgres::Error;

use crate::db::Client;

/// Where a count stands.
pub struct Count {
    /// Uses in this window, the new one included.
    pub uses: i64,
    /// When the window ends.
    pub ends_at: Timestamp,
}

/// Counts a use; a window that is over begins anew and would end at `ends_at`.
pub async fn count_use(
    db: &Client,
    (kind, key): (&str, &[u8]),
    ends_at: Timestamp,
    now: Timestamp,
) -> Result<Count, Error> {
    let sql = "-- limits.count_use
        INSERT INTO limit_count AS l (kind, key_digest, uses, ends_at) VALUES ($1, $2, 1, $3)
        ON CONFLICT (kind, key_digest) DO UPDATE SET
            uses = CASE WHEN l.ends_at <= $4 THEN 1 ELSE l.uses + 1 END,
            ends_at = CASE WHEN l.ends_at <= $4 THEN $3 ELSE l.ends_at END
        RETURNING uses, ends_at";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(&statement, &[&kind, &key, &ends_at, &now])
        .await?;
    Ok(Count {
        uses: row.get(0),
        ends_at: row.get(1),
    })
}

/// Removes counts whose window is over; says how many.
pub async fn delete_ended(db: &Client, now: Timestamp, limit: i64) -> Result<u64, Error> {
    let sql = "-- limits.delete_ended
        DELETE FROM limit_count WHERE ctid IN
            (SELECT ctid FROM limit_count WHERE ends_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)";
    db.execute(&db.prepare_cached(sql).await?, &[&now, &limit])
        .await
}
