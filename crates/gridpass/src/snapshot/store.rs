//! SQL of the snapshot and its changes.

use jiff::Timestamp;
use tokio_postgres::Error;

use super::model::{Change, Colours};
use crate::db::Client;
use crate::facts::ReadUpTo;

/// Lock under which one node at a time makes the snapshot.
const SNAPSHOT_LOCK: i64 = 0x6772_6964_0040;

/// Takes the turn, until the transaction ends; false when another node has it.
pub async fn try_lock(db: &Client) -> Result<bool, Error> {
    let sql = "-- snapshot.try_lock
        SELECT pg_try_advisory_xact_lock($1)";
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query_one(&statement, &[&SNAPSHOT_LOCK]).await?.get(0))
}

/// How far the stored snapshot is, without its colours.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// Version.
    pub version: i64,
    /// Everything committed before this is in it.
    pub as_of: Timestamp,
    /// What reading it cost.
    pub took_ms: i32,
    /// Up to where it was read.
    pub read_up_to: ReadUpTo,
}

/// How far the stored snapshot is; `None` before the first.
pub async fn find_mark(db: &Client) -> Result<Option<Mark>, Error> {
    let sql = "-- snapshot.find_mark
        SELECT version, as_of, took_ms, rules_epoch, read_up_to FROM colour_snapshot";
    let row = db.query_opt(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(row.map(|row| Mark {
        version: row.get(0),
        as_of: row.get(1),
        took_ms: row.get(2),
        read_up_to: ReadUpTo {
            rules_epoch: row.get(3),
            transaction: row.get(4),
        },
    }))
}

/// The stored colours and withdrawals.
pub async fn get_colours(db: &Client) -> Result<(Colours, Vec<u8>), Error> {
    let sql = "-- snapshot.get_colours
        SELECT serials, colours, revocations FROM colour_snapshot";
    let row = db.query_one(&db.prepare_cached(sql).await?, &[]).await?;
    Ok((Colours::from_parts(row.get(0), row.get(1)), row.get(2)))
}

/// Changes after a version, in order.
pub async fn list_changes(db: &Client, after: i64) -> Result<Vec<Change>, Error> {
    let sql = "-- snapshot.list_changes
        SELECT version, colours, revocations FROM colour_change WHERE version > $1 ORDER BY version";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&after]).await?;
    let read = |row: &tokio_postgres::Row| Change {
        version: row.get(0),
        colours: row.get(1),
        revocations: row.get(2),
    };
    Ok(rows.iter().map(read).collect())
}

/// Notes that nothing changed up to a time.
pub async fn update_mark(db: &Client, mark: &Mark) -> Result<(), Error> {
    let sql = "-- snapshot.update_mark
        UPDATE colour_snapshot SET as_of = $1, took_ms = $2, rules_epoch = $3, read_up_to = $4";
    let statement = db.prepare_cached(sql).await?;
    let up_to = &mark.read_up_to;
    db.execute(
        &statement,
        &[
            &mark.as_of,
            &mark.took_ms,
            &up_to.rules_epoch,
            &up_to.transaction,
        ],
    )
    .await?;
    Ok(())
}

/// Stores a new version.
pub async fn put_snapshot(
    db: &Client,
    mark: &Mark,
    (colours, revocations): (&Colours, &[u8]),
) -> Result<(), Error> {
    let sql = "-- snapshot.put_snapshot
        INSERT INTO colour_snapshot (version, as_of, took_ms, rules_epoch, read_up_to, serials, colours, revocations)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (single) DO UPDATE SET version = $1, as_of = $2, took_ms = $3, rules_epoch = $4, read_up_to = $5,
            serials = $6, colours = $7, revocations = $8";
    let serials = i32::try_from(colours.serials()).unwrap_or(i32::MAX);
    let up_to = &mark.read_up_to;
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &mark.version,
            &mark.as_of,
            &mark.took_ms,
            &up_to.rules_epoch,
            &up_to.transaction,
            &serials,
            &colours.bytes(),
            &revocations,
        ],
    )
    .await?;
    Ok(())
}

/// Stores what a version changed.
pub async fn insert_change(db: &Client, change: &Change, now: Timestamp) -> Result<(), Error> {
    let sql = "-- snapshot.insert_change
        INSERT INTO colour_change (version, made_at, colours, revocations) VALUES ($1, $2, $3, $4)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[&change.version, &now, &change.colours, &change.revocations],
    )
    .await?;
    Ok(())
}

/// Forgets changes made before a time.
pub async fn delete_changes_before(db: &Client, before: Timestamp) -> Result<(), Error> {
    let sql = "-- snapshot.delete_changes_before
        DELETE FROM colour_change WHERE made_at < $1";
    db.execute(&db.prepare_cached(sql).await?, &[&before])
        .await?;
    Ok(())
}
