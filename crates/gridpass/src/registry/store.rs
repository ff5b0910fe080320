//! SQL of imports, and of the comparison of many people at once.

use std::collections::HashMap;

use gridpass_rules::FactBody;
use gridpass_types::ids::{PersonId, RegistryImportId, StaffId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::{HoldView, ImportRowView, ImportView, RowOutcome};
use crate::db::Client;
use crate::http::error::{ApiError, ApiResult};

/// Key of the lock that lets one chunk be written at a time.
const CHUNK_LOCK: i64 = 0x7265_6769;

/// Counts of a chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows read.
    pub rows: i64,
    /// Known and agreeing.
    pub matched: i64,
    /// Entered.
    pub created: i64,
    /// Known and disagreeing.
    pub conflicts: i64,
    /// Unknown and not entered.
    pub missed: i64,
    /// Not readable.
    pub rejected: i64,
}

/// A row that needs somebody's eye.
#[derive(Clone, Debug)]
pub struct NotedRow {
    /// Row in the file.
    pub number: i64,
    /// What became of it.
    pub outcome: RowOutcome,
    /// Code of the reason.
    pub code: &'static str,
    /// Columns concerned.
    pub fields: Vec<&'static str>,
    /// The person, if known.
    pub person_id: Option<i64>,
}

/// Begins an import.
pub async fn insert_import(
    db: &Client,
    import_id: RegistryImportId,
    (source, creates_people, releases): (&str, bool, Option<i64>),
    started_by: StaffId,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- registry.insert_import
        INSERT INTO registry_import (import_id, source, creates_people, started_at, started_by, releases)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &import_id,
            &source,
            &creates_people,
            &now,
            &started_by,
            &releases,
        ],
    )
    .await?;
    Ok(())
}

/// Adds a chunk's counts, in the chunk's transaction.
pub async fn add_counts(
    db: &Client,
    import_id: RegistryImportId,
    counts: &Counts,
) -> Result<(), Error> {
    let sql = "-- registry.add_counts
        UPDATE registry_import SET rows_read = rows_read + $2, matched = matched + $3,
            created = created + $4, conflicts = conflicts + $5, missed = missed + $6, rejected = rejected + $7
        WHERE import_id = $1";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &import_id,
            &counts.rows,
            &counts.matched,
            &counts.created,
            &counts.conflicts,
            &counts.missed,
            &counts.rejected,
        ],
    )
    .await?;
    Ok(())
}

/// Ends an import.
pub async fn finish_import(
    db: &Client,
    import_id: RegistryImportId,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- registry.finish_import
        UPDATE registry_import SET finished_at = $2 WHERE import_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&import_id, &now])
        .await?;
    Ok(())
}

/// An import with its counts so far.
pub async fn find_import(db: &Client, import_id: i64) -> Result<Option<ImportView>, Error> {
    let sql = "-- registry.find_import
        SELECT import_id, source, creates_people, started_at, finished_at, rows_read, matched, created,
            conflicts, missed, rejected, held_at, hold_reason, held_community, held_count, held_of, released_at,
            released_by, releases
        FROM registry_import WHERE import_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&import_id])
        .await?;
    Ok(row.as_ref().map(ImportView::from_row))
}

/// Imports from `after` on, with their counts.
pub async fn list_imports(db: &Client, after: i64, limit: i64) -> Result<Vec<ImportView>, Error> {
    let sql = "-- registry.list_imports
        SELECT import_id, source, creates_people, started_at, finished_at, rows_read, matched, created,
            conflicts, missed, rejected, held_at, hold_reason, held_community, held_count, held_of, released_at,
            released_by, releases
        FROM registry_import WHERE import_id > $1 ORDER BY import_id LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&after, &limit]).await?;
    Ok(rows.iter().map(ImportView::from_row).collect())
}

/// Rows of a usual file of a source: the median of the last five that ended and were not held;
/// `None` while there are fewer than three.
pub async fn find_usual_rows(db: &Client, source: &str) -> Result<Option<i64>, Error> {
    let sql = "-- registry.find_usual_rows
        SELECT CASE WHEN count(*) >= 3
            THEN percentile_disc(0.5) WITHIN GROUP (ORDER BY rows_read) END
        FROM (SELECT rows_read FROM registry_import
              WHERE source = $1 AND finished_at IS NOT NULL AND held_at IS NULL
              ORDER BY started_at DESC LIMIT 5) AS last";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&source])
        .await?;
    Ok(row.get(0))
}

/// People who count in a community.
pub async fn count_people(db: &Client, community: &str) -> Result<i64, Error> {
    let sql = "-- registry.count_people
        SELECT count(*) FROM person_state WHERE place_code ~>=~ $1 AND place_code ~<=~ ($1 || '~')";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&community])
        .await?;
    Ok(row.get(0))
}

/// Notes a hold.
pub async fn hold_import(
    tx: &Client,
    import_id: RegistryImportId,
    hold: &HoldView,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- registry.hold_import
        UPDATE registry_import SET held_at = $2, hold_reason = $3, held_community = $4, held_count = $5, held_of = $6
        WHERE import_id = $1";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[
            &import_id,
            &now,
            &hold.reason.as_str(),
            &hold.community,
            &hold.count,
            &hold.of,
        ],
    )
    .await?;
    Ok(())
}

/// Who sent an import that is held and not released, locked; `None` when there is none.
pub async fn lock_held(tx: &Client, import_id: i64) -> Result<Option<StaffId>, Error> {
    let sql = "-- registry.lock_held
        SELECT started_by FROM registry_import
        WHERE import_id = $1 AND held_at IS NOT NULL AND released_at IS NULL FOR UPDATE";
    let row = tx
        .query_opt(&tx.prepare_cached(sql).await?, &[&import_id])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// Lets a held file be sent again.
pub async fn release_import(
    tx: &Client,
    import_id: i64,
    (by, note): (StaffId, &str),
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- registry.release_import
        UPDATE registry_import SET released_at = $2, released_by = $3, release_note = $4 WHERE import_id = $1";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(&statement, &[&import_id, &now, &by, &note])
        .await?;
    Ok(())
}

/// Whether a held import of this source was released and not carried out yet.
pub async fn is_released(db: &Client, import_id: i64, source: &str) -> Result<bool, Error> {
    let sql = "-- registry.is_released
        SELECT EXISTS (SELECT FROM registry_import
                       WHERE import_id = $1 AND source = $2 AND released_at IS NOT NULL)
            AND NOT EXISTS (SELECT FROM registry_import WHERE releases = $1)";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_one(&statement, &[&import_id, &source]).await?;
    Ok(row.get(0))
}

/// Rows of an import that need an eye, in order of the file.
pub async fn list_rows(
    db: &Client,
    import_id: i64,
    outcome: Option<RowOutcome>,
    after: i64,
    limit: i64,
) -> Result<Vec<ImportRowView>, Error> {
    let sql = "-- registry.list_rows
        SELECT row_number, outcome, code, fields, person_id FROM registry_import_row
        WHERE import_id = $1 AND ($2::text IS NULL OR outcome = $2) AND row_number > $3
        ORDER BY row_number LIMIT $4";
    let outcome = outcome.map(RowOutcome::as_str);
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&import_id, &outcome, &after, &limit])
        .await?;
    Ok(rows.iter().filter_map(ImportRowView::from_row).collect())
}

/// Notes rows that need an eye.
pub async fn insert_rows(
    db: &Client,
    import_id: RegistryImportId,
    rows: &[NotedRow],
) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
    let outcomes: Vec<&str> = rows.iter().map(|row| row.outcome.as_str()).collect();
    let codes: Vec<&str> = rows.iter().map(|row| row.code).collect();
    // Arrays of arrays must be rectangular; column names have no comma.
    let fields: Vec<String> = rows.iter().map(|row| row.fields.join(",")).collect();
    let people: Vec<Option<i64>> = rows.iter().map(|row| row.person_id).collect();
    let sql = "-- registry.insert_rows
        INSERT INTO registry_import_row (import_id, row_number, outcome, code, fields, person_id)
        SELECT $1, n, o, c, string_to_array(f, ','), p
        FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[]) AS u (n, o, c, f, p)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[&import_id, &numbers, &outcomes, &codes, &fields, &people],
    )
    .await?;
    Ok(())
}

/// Lets chunks of imports that run at the same time follow one another.
pub async fn lock_chunks(db: &Client) -> Result<(), Error> {
    let sql = "-- registry.lock_chunks
        SELECT pg_advisory_xact_lock($1)";
    db.execute(&db.prepare_cached(sql).await?, &[&CHUNK_LOCK])
        .await?;
    Ok(())
}

/// Who the number digests belong to.
pub async fn list_known(
    db: &Client,
    digests: &[&[u8]],
) -> Result<HashMap<Vec<u8>, PersonId>, Error> {
    let sql = "-- registry.list_known
        SELECT number_digest, person_id FROM person_identifier WHERE number_digest = ANY($1)";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&digests])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// What is held of a person that a row is compared with.
pub struct Held {
    /// Digest of the name.
    pub name_digest: Vec<u8>,
    /// Sealed name.
    pub name_sealed: Vec<u8>,
    /// Whether grid, household, origin, address and its code are held.
    pub has: [bool; 5],
}

/// What is held of people.
pub async fn list_held(db: &Client, people: &[i64]) -> Result<HashMap<i64, Held>, Error> {
    let sql = "-- registry.list_held
        SELECT person_id, name_digest, name_sealed, grid_code IS NOT NULL, household_id IS NOT NULL,
            origin_province IS NOT NULL, address_sealed IS NOT NULL, address_code_sealed IS NOT NULL
        FROM person WHERE person_id = ANY($1)";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&people]).await?;
    let read = |row: &Row| {
        let held = Held {
            name_digest: row.get(1),
            name_sealed: row.get(2),
            has: [row.get(3), row.get(4), row.get(5), row.get(6), row.get(7)],
        };
        (row.get(0), held)
    };
    Ok(rows.iter().map(read).collect())
}

/// The live facts of one source about people, in order of recording.
pub async fn list_said(
    db: &Client,
    source: &str,
    people: &[i64],
) -> ApiResult<Vec<(i64, FactBody)>> {
    let sql = "-- registry.list_said
        SELECT person_id, body::text FROM fact
        WHERE person_id = ANY($1) AND source = $2 AND retracted_at IS NULL
            AND kind IN ('registry', 'residence', 'employment')
        ORDER BY person_id, recorded_at, fact_id";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&people, &source])
        .await?;
    let read = |row: &Row| {
        let body = serde_json::from_str(row.get(1)).map_err(ApiError::internal)?;
        Ok((row.get(0), body))
    };
    rows.iter().map(read).collect()
}
