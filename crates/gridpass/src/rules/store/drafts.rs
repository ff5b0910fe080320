//! SQL of drafts, of who wrote them, and of the steps in the life of a version.

use gridpass_types::ids::{RuleSetVersion, StaffId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::{Tables, tables};
use crate::db::Client;
use crate::rules::life::{DraftStatus, Step, StepView};

/// A version as it is worked on.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Tables and cases.
    pub tables: Tables,
    /// SHA-256 over both tables.
    pub content_sha256: Vec<u8>,
    /// Why it is made.
    pub note: String,
    /// Version it began as a copy of.
    pub based_on: Option<RuleSetVersion>,
    /// Grows with each edit.
    pub revision: i32,
    /// How far it has come.
    pub status: DraftStatus,
    /// When it was begun.
    pub created_at: Timestamp,
    /// By whom; `None` for the version shipped with the program.
    pub created_by: Option<StaffId>,
    /// When it was last edited.
    pub changed_at: Timestamp,
}

fn draft(row: &Row) -> Draft {
    Draft {
        tables: tables(row),
        content_sha256: row.get("content_sha256"),
        note: row.get("note"),
        based_on: row.get("based_on"),
        revision: row.get("revision"),
        status: DraftStatus::read(row.get("status")),
        created_at: row.get("created_at"),
        created_by: row.get("created_by"),
        changed_at: row.get("changed_at"),
    }
}

/// Stores a new draft.
pub async fn insert_draft(tx: &Client, row: &Draft) -> Result<(), Error> {
    let sql = "-- rules.insert_draft
        INSERT INTO rule_draft (rule_set_version, colour_csv, gate_csv, cases, content_sha256, note, based_on,
                                revision, status, created_at, created_by, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[
            &row.tables.version,
            &row.tables.colour_csv,
            &row.tables.gate_csv,
            &row.tables.cases,
            &row.content_sha256,
            &row.note,
            &row.based_on,
            &row.revision,
            &row.status.as_str(),
            &row.created_at,
            &row.created_by,
            &row.changed_at,
        ],
    )
    .await?;
    Ok(())
}

/// Overwrites a draft that the caller has locked.
pub async fn update_draft(tx: &Client, row: &Draft) -> Result<(), Error> {
    let sql = "-- rules.update_draft
        UPDATE rule_draft SET colour_csv = $2, gate_csv = $3, cases = $4, content_sha256 = $5, note = $6,
            revision = $7, status = $8, changed_at = $9
        WHERE rule_set_version = $1";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[
            &row.tables.version,
            &row.tables.colour_csv,
            &row.tables.gate_csv,
            &row.tables.cases,
            &row.content_sha256,
            &row.note,
            &row.revision,
            &row.status.as_str(),
            &row.changed_at,
        ],
    )
    .await?;
    Ok(())
}

/// A version as it is or was worked on.
pub async fn find_draft(db: &Client, version: i32) -> Result<Option<Draft>, Error> {
    let sql = "-- rules.find_draft
        SELECT rule_set_version, colour_csv, gate_csv, cases, content_sha256, note, based_on, revision, status,
               created_at, created_by, changed_at
        FROM rule_draft WHERE rule_set_version = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&version])
        .await?;
    Ok(row.as_ref().map(draft))
}

/// The same, locked until the transaction ends.
pub async fn lock_draft(tx: &Client, version: i32) -> Result<Option<Draft>, Error> {
    let sql = "-- rules.lock_draft
        SELECT rule_set_version, colour_csv, gate_csv, cases, content_sha256, note, based_on, revision, status,
               created_at, created_by, changed_at
        FROM rule_draft WHERE rule_set_version = $1 FOR UPDATE";
    let row = tx
        .query_opt(&tx.prepare_cached(sql).await?, &[&version])
        .await?;
    Ok(row.as_ref().map(draft))
}

/// Drafts and versions from `after` on, each with whether its tables were back-tested and who
/// approved it when.
pub async fn list_drafts(db: &Client, after: i32, limit: i64) -> Result<Vec<Listed>, Error> {
    let sql = "-- rules.list_drafts
        SELECT d.rule_set_version, d.colour_csv, d.gate_csv, d.cases, d.content_sha256, d.note, d.based_on,
               d.revision, d.status, d.created_at, d.created_by, d.changed_at, r.approved_at, r.approved_by,
               EXISTS (SELECT FROM back_test b WHERE b.content_sha256 = d.content_sha256 AND b.status = 'done')
                   AS back_tested,
               (SELECT max(a.activated_at) FROM rule_set_activation a
                WHERE a.rule_set_version = d.rule_set_version) AS activated_at
        FROM rule_draft d LEFT JOIN rule_set r USING (rule_set_version)
        WHERE d.rule_set_version > $1 ORDER BY d.rule_set_version LIMIT $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&after, &limit])
        .await?;
    let listed = |row: &Row| Listed {
        draft: draft(row),
        back_tested: row.get("back_tested"),
        approved_at: row.get("approved_at"),
        approved_by: row.get("approved_by"),
        activated_at: row.get("activated_at"),
    };
    Ok(rows.iter().map(listed).collect())
}

/// A version with what is known of it elsewhere.
pub struct Listed {
    /// As it is worked on.
    pub draft: Draft,
    /// Whether exactly these tables were back-tested.
    pub back_tested: bool,
    /// When it was approved.
    pub approved_at: Option<Timestamp>,
    /// By whom.
    pub approved_by: Option<StaffId>,
    /// When it was last put into force, anywhere.
    pub activated_at: Option<Timestamp>,
}

/// Notes who edited a draft.
pub async fn upsert_editor(
    tx: &Client,
    version: RuleSetVersion,
    (staff_id, unit): (StaffId, &str),
    at: Timestamp,
) -> Result<(), Error> {
    let sql = "-- rules.upsert_editor
        INSERT INTO rule_draft_editor (rule_set_version, staff_id, unit, edited_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (rule_set_version, staff_id) DO UPDATE SET unit = $3, edited_at = $4";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(&statement, &[&version, &staff_id, &unit, &at])
        .await?;
    Ok(())
}

/// Who wrote a version: accounts and the units they were of.
pub async fn list_editors(db: &Client, version: i32) -> Result<Vec<(StaffId, String)>, Error> {
    let sql = "-- rules.list_editors
        SELECT staff_id, unit FROM rule_draft_editor WHERE rule_set_version = $1 ORDER BY edited_at, staff_id";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&version])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Notes a step.
pub async fn insert_step(tx: &Client, step_id: i64, step: &Step<'_>) -> Result<(), Error> {
    let sql = "-- rules.insert_step
        INSERT INTO rule_step (step_id, rule_set_version, step, place_prefix, note, taken_at, taken_by, unit)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let statement = tx.prepare_cached(sql).await?;
    let (staff_id, unit) = step.by.unzip();
    tx.execute(
        &statement,
        &[
            &step_id,
            &step.version,
            &step.kind.as_str(),
            &step.place_prefix,
            &step.note,
            &step.at,
            &staff_id,
            &unit,
        ],
    )
    .await?;
    Ok(())
}

/// The steps of a version, from `after` on.
pub async fn list_steps(
    db: &Client,
    version: i32,
    after: i64,
    limit: i64,
) -> Result<Vec<StepView>, Error> {
    let sql = "-- rules.list_steps
        SELECT step_id, step, place_prefix, note, taken_at, taken_by, unit
        FROM rule_step WHERE rule_set_version = $1 AND step_id > $2 ORDER BY step_id LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&version, &after, &limit]).await?;
    let view = |row: &Row| StepView {
        step_id: row.get("step_id"),
        step: row.get("step"),
        place_prefix: row.get("place_prefix"),
        note: row.get("note"),
        taken_at: row.get("taken_at"),
        taken_by: row.get("taken_by"),
        unit: row.get("unit"),
    };
    Ok(rows.iter().map(view).collect())
}
