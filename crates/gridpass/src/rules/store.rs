//! SQL of rule sets and their activations.

use gridpass_types::ids::{RuleSetVersion, StaffId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::RuleSetView;
use crate::db::Client;

/// The two tables of a version, in their canonical CSV form.
pub struct Tables {
    /// Version.
    pub version: RuleSetVersion,
    /// Colour table.
    pub colour_csv: String,
    /// Gate table.
    pub gate_csv: String,
}

fn tables(row: &Row) -> Tables {
    Tables {
        version: row.get("rule_set_version"),
        colour_csv: row.get("colour_csv"),
        gate_csv: row.get("gate_csv"),
    }
}

/// How often the rules in force changed.
pub async fn epoch(db: &Client) -> Result<i64, Error> {
    let sql = "-- rules.epoch
        SELECT value FROM epoch WHERE name = 'rules'";
    let row = db.query_one(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(row.get(0))
}

/// The epoch and the version in force, from one snapshot.
pub async fn find_in_force(db: &Client) -> Result<Option<(i64, Tables)>, Error> {
    let sql = "-- rules.find_in_force
        SELECT e.value, r.rule_set_version, r.colour_csv, r.gate_csv
        FROM epoch e, rule_set r
        WHERE e.name = 'rules' AND r.rule_set_version =
            (SELECT rule_set_version FROM rule_set_activation ORDER BY activation_id DESC LIMIT 1)";
    let row = db.query_opt(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(row.map(|row| (row.get("value"), tables(&row))))
}

/// The version that was in force at an instant; before the first activation, the first.
pub async fn find_version_at(db: &Client, at: Timestamp) -> Result<Option<i32>, Error> {
    let sql = "-- rules.find_version_at
        SELECT rule_set_version FROM rule_set_activation
        ORDER BY activated_at <= $1 DESC,
                 CASE WHEN activated_at <= $1 THEN activation_id ELSE -activation_id END DESC
        LIMIT 1";
    let row = db.query_opt(&db.prepare_cached(sql).await?, &[&at]).await?;
    Ok(row.map(|row| row.get(0)))
}

/// The tables of a version.
pub async fn find_tables(db: &Client, version: i32) -> Result<Option<Tables>, Error> {
    let sql = "-- rules.find_tables
        SELECT rule_set_version, colour_csv, gate_csv FROM rule_set WHERE rule_set_version = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&version])
        .await?;
    Ok(row.as_ref().map(tables))
}

/// Versions from `after` on, with when each was last put into force.
pub async fn list_rule_sets(
    db: &Client,
    after: i32,
    limit: i64,
) -> Result<Vec<RuleSetView>, Error> {
    let sql = "-- rules.list_rule_sets
        SELECT r.rule_set_version, r.note, r.created_at, r.created_by,
               encode(r.content_sha256, 'hex') AS content_sha256,
               (SELECT max(a.activated_at) FROM rule_set_activation a
                WHERE a.rule_set_version = r.rule_set_version) AS activated_at,
               r.rule_set_version = (SELECT a.rule_set_version FROM rule_set_activation a
                                     ORDER BY a.activation_id DESC LIMIT 1) AS in_force
        FROM rule_set r WHERE r.rule_set_version > $1 ORDER BY r.rule_set_version LIMIT $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&after, &limit])
        .await?;
    let view = |row: &Row| RuleSetView {
        version: row.get("rule_set_version"),
        note: row.get("note"),
        content_sha256: row.get("content_sha256"),
        created_at: row.get("created_at"),
        created_by: row.get("created_by"),
        activated_at: row.get("activated_at"),
        in_force: row.get::<_, Option<bool>>("in_force").unwrap_or(false),
    };
    Ok(rows.iter().map(view).collect())
}

/// Makes changes to the rules follow one another.
pub async fn lock_rules(tx: &Client) -> Result<(), Error> {
    let sql = "-- rules.lock_rules
        SELECT value FROM epoch WHERE name = 'rules' FOR UPDATE";
    tx.query_one(&tx.prepare_cached(sql).await?, &[]).await?;
    Ok(())
}

/// The greatest version; 0 when there is none. The caller holds [`lock_rules`].
pub async fn max_version(tx: &Client) -> Result<i32, Error> {
    let sql = "-- rules.max_version
        SELECT COALESCE(max(rule_set_version), 0) FROM rule_set";
    let row = tx.query_one(&tx.prepare_cached(sql).await?, &[]).await?;
    Ok(row.get(0))
}

/// A version to store.
pub struct NewRow<'a> {
    /// The tables.
    pub tables: &'a Tables,
    /// SHA-256 over both.
    pub content_sha256: &'a [u8],
    /// Why it was made.
    pub note: &'a str,
    /// When.
    pub created_at: Timestamp,
    /// By whom; `None` for the version shipped with the program.
    pub created_by: Option<StaffId>,
}

/// Stores a version.
pub async fn insert_rule_set(tx: &Client, row: &NewRow<'_>) -> Result<(), Error> {
    let sql = "-- rules.insert_rule_set
        INSERT INTO rule_set (rule_set_version, colour_csv, gate_csv, content_sha256, note,
                              created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[
            &row.tables.version,
            &row.tables.colour_csv,
            &row.tables.gate_csv,
            &row.content_sha256,
            &row.note,
            &row.created_at,
            &row.created_by,
        ],
    )
    .await?;
    Ok(())
}

/// Puts a version into force and counts the change. The greatest activation is in force, so
/// it is greater than every other whatever the clocks say. The caller holds [`lock_rules`].
pub async fn insert_activation(
    tx: &Client,
    activation_id: i64,
    version: RuleSetVersion,
    (at, by): (Timestamp, Option<StaffId>),
) -> Result<(), Error> {
    let sql = "-- rules.insert_activation
        WITH bump AS (UPDATE epoch SET value = value + 1 WHERE name = 'rules')
        INSERT INTO rule_set_activation (activation_id, rule_set_version, activated_at, activated_by)
        SELECT GREATEST($1, COALESCE(max(activation_id), 0) + 1), $2, $3, $4
        FROM rule_set_activation";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(&statement, &[&activation_id, &version, &at, &by])
        .await?;
    Ok(())
}
