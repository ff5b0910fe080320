//! SQL of the master keys and of bringing values to the newest one.
//!
//! The statements over sealed columns are made from [`super::columns`], because they are the
//! same for every column; a test runs each of them.

use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::columns::Column;
use crate::db::Client;
use crate::seal::{Generation, Standing, Which};

/// What the database knows of a key.
pub struct KeyRow {
    /// Which key.
    pub generation: Generation,
    /// Names it without telling it.
    pub fingerprint: Vec<u8>,
    /// When it was found that nothing by it is left.
    pub retired_at: Option<Timestamp>,
}

/// Every key a node ever had.
pub async fn list_keys(db: &Client) -> Result<Vec<KeyRow>, Error> {
    let sql = "-- keys.list_keys
        SELECT which, number, fingerprint, retired_at FROM master_key ORDER BY which, number";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(rows.iter().filter_map(key_row).collect())
}

fn key_row(row: &Row) -> Option<KeyRow> {
    // The table's checks make both conversions succeed.
    let name: &str = row.get(0);
    let which = Which::ALL
        .into_iter()
        .find(|which| which.as_str() == name)?;
    let number = u8::try_from(row.get::<_, i16>(1)).ok()?;
    Some(KeyRow {
        generation: Generation { which, number },
        fingerprint: row.get(2),
        retired_at: row.get(3),
    })
}

/// Notes a key; another node may have done so.
pub async fn insert_key(db: &Client, key: &Standing, now: Timestamp) -> Result<(), Error> {
    let sql = "-- keys.insert_key
        INSERT INTO master_key (which, number, fingerprint, active_from, first_seen_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    let Generation { which, number } = key.generation;
    db.execute(
        &statement,
        &[
            &which.as_str(),
            &i16::from(number),
            &&key.fingerprint[..],
            &key.active_from,
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// Notes that nothing by a key is left.
pub async fn retire_key(db: &Client, key: Generation, now: Timestamp) -> Result<(), Error> {
    let sql = "-- keys.retire_key
        UPDATE master_key SET retired_at = $3 WHERE which = $1 AND number = $2 AND retired_at IS NULL";
    let statement = db.prepare_cached(sql).await?;
    let number = i16::from(key.number);
    db.execute(&statement, &[&key.which.as_str(), &number, &now])
        .await?;
    Ok(())
}

/// Takes the work on a target for this transaction; false when another node has it.
pub async fn lock_work(db: &Client, target: &str) -> Result<bool, Error> {
    let sql = "-- keys.lock_work
        SELECT pg_try_advisory_xact_lock(hashtextextended('gridpass key work ' || $1, 0))";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&target])
        .await?;
    Ok(row.get(0))
}

/// How far the work on a target has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The generation that is taken into use.
    pub number: i16,
    /// Where the next batch begins.
    pub after: i64,
    /// Values brought to the new key.
    pub moved: i64,
    /// Values that did not open when they were met.
    pub failed: i64,
    /// Whether nothing by an older key was left.
    pub finished: bool,
    /// When this last changed.
    pub changed_at: Option<Timestamp>,
}

impl Progress {
    /// At the beginning.
    fn new(number: i16) -> Self {
        Self {
            number,
            after: -1,
            moved: 0,
            failed: 0,
            finished: false,
            changed_at: None,
        }
    }

    /// Counts a batch of which `moved` of `met` values were brought to the new key.
    pub fn count(&mut self, moved: usize, met: usize) {
        self.moved += i64::try_from(moved).unwrap_or(i64::MAX);
        self.failed += i64::try_from(met - moved).unwrap_or(i64::MAX);
    }
}

/// The progress of a target towards a generation.
pub async fn find_progress(db: &Client, target: &str, number: i16) -> Result<Progress, Error> {
    let found = list_progress(db).await?;
    let found = found
        .into_iter()
        .find(|(name, progress)| name == target && progress.number == number);
    Ok(found.map_or_else(|| Progress::new(number), |(_, progress)| progress))
}

/// The progress of every target that was ever worked on.
pub async fn list_progress(db: &Client) -> Result<Vec<(String, Progress)>, Error> {
    let sql = "-- keys.list_progress
        SELECT target, key_number, after_id, moved, failed, finished, changed_at
        FROM key_work ORDER BY target";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    let read = |row: &Row| {
        let progress = Progress {
            number: row.get(1),
            after: row.get(2),
            moved: row.get(3),
            failed: row.get(4),
            finished: row.get(5),
            changed_at: row.get(6),
        };
        (row.get(0), progress)
    };
    Ok(rows.iter().map(read).collect())
}

/// Writes the progress of a target.
pub async fn save_progress(
    db: &Client,
    target: &str,
    progress: &Progress,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- keys.save_progress
        INSERT INTO key_work (target, key_number, after_id, moved, failed, finished, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (target) DO UPDATE SET key_number = $2, after_id = $3, moved = $4, failed = $5,
            finished = $6, changed_at = $7";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &target,
            &progress.number,
            &progress.after,
            &progress.moved,
            &progress.failed,
            &progress.finished,
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// A sealed value where it stands.
pub struct Value {
    /// Its place in the walk.
    pub order: i64,
    /// The row number bound into it.
    pub id: i64,
    /// The value.
    pub sealed: Vec<u8>,
}

/// Values from `after` on by a key before `number`, their rows locked; rows locked by
/// somebody else are left out.
pub async fn lock_values(
    db: &Client,
    column: &Column,
    (after, number): (i64, u8),
) -> Result<Vec<Value>, Error> {
    let Column {
        table,
        column: sealed,
        order,
        id,
        ..
    } = column;
    // The first byte alone, so that large values are not fetched to be passed over.
    let sql = format!(
        "/* keys.lock_values */ SELECT ({order})::bigint, ({id})::bigint, {sealed} FROM {table}
         WHERE {sealed} IS NOT NULL AND ({order}) >= $1
           AND substring({sealed} FROM 1 FOR 1) < $2
         ORDER BY ({order}) LIMIT $3 FOR UPDATE SKIP LOCKED"
    );
    let (after, number) = (after.max(0), [number]);
    let number = &number[..];
    let rows = db
        .query_typed(
            &sql,
            &[
                (&after, tokio_postgres::types::Type::INT8),
                (&number, tokio_postgres::types::Type::BYTEA),
                (&column.batch_rows_max, tokio_postgres::types::Type::INT8),
            ],
        )
        .await?;
    let read = |row: &Row| Value {
        order: row.get(0),
        id: row.get(1),
        sealed: row.get(2),
    };
    Ok(rows.iter().map(read).collect())
}

/// Puts `fresh` values in the place of `old` ones, in rows that the caller has locked. A
/// value that changed meanwhile stays: no two sealed values are ever equal.
pub async fn update_values(
    db: &Client,
    column: &Column,
    old: &[Value],
    fresh: &[Vec<u8>],
) -> Result<u64, Error> {
    let Column {
        table,
        column: sealed,
        order,
        ..
    } = column;
    let sql = format!(
        "/* keys.update_values */ UPDATE {table} SET {sealed} = u.fresh
         FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS u (place, old, fresh)
         WHERE ({order}) = u.place AND {sealed} = u.old"
    );
    let places: Vec<i64> = old.iter().map(|value| value.order).collect();
    let old: Vec<&[u8]> = old.iter().map(|value| &value.sealed[..]).collect();
    let fresh: Vec<&[u8]> = fresh.iter().map(Vec::as_slice).collect();
    let statement = db.prepare_cached(&sql).await?;
    db.execute(&statement, &[&places, &old, &fresh]).await
}

/// How many values a column holds by each key number.
pub async fn count_values(db: &Client, column: &Column) -> Result<Vec<(u8, i64)>, Error> {
    let Column {
        table,
        column: sealed,
        ..
    } = column;
    let sql = format!(
        "/* keys.count_values */ SELECT substring({sealed} FROM 1 FOR 1), count(*)
         FROM {table} WHERE {sealed} IS NOT NULL GROUP BY 1 ORDER BY 1"
    );
    let rows = db.query(&db.prepare_cached(&sql).await?, &[]).await?;
    let number = |row: &Row| row.get::<_, &[u8]>(0).first().copied().unwrap_or_default();
    Ok(rows.iter().map(|row| (number(row), row.get(1))).collect())
}
