//! Rule sets: versioned decision tables, immutable, one of them in force.
//!
//! Invariants: a stored version never changes; the tables of every stored version are
//! complete and without unreachable rows; which version decides is the last activation,
//! and each activation counts the epoch `rules` up in its own transaction, so that caches
//! which compare it are never behind; what was in force at any past instant can be told.

mod api;
mod in_force;
pub mod model;
pub mod store;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use gridpass_rules::{RuleSet, default_rule_set};
use gridpass_types::ids::{RuleSetVersion, StaffId};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};

pub use in_force::InForce;
pub use model::table_problem;

/// Bytes an uploaded workbook or pair of tables may have.
const TABLE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    let uploads = OpenApiRouter::new()
        .routes(routes!(api::list_rule_sets, api::create_rule_set))
        .routes(routes!(api::import_rule_set))
        .layer(DefaultBodyLimit::max(TABLE_BYTES_MAX));
    OpenApiRouter::new()
        .merge(uploads)
        .routes(routes!(api::get_rule_set))
        .routes(routes!(api::get_rule_table))
        .routes(routes!(api::get_rule_dmn))
        .routes(routes!(api::activate_rule_set))
        .routes(routes!(api::evaluate_case))
}

/// Puts the tables shipped with the program into force as version 1 when there is no
/// version yet: the first start on an empty database.
///
/// # Errors
/// When the database does not answer.
pub async fn ensure_first(app: &App) -> ApiResult<()> {
    let db = app.db.client().await?;
    if store::max_version(&db).await? > 0 {
        return Ok(());
    }
    drop(db);
    let tx = app.db.tx().await?;
    store::lock_rules(&tx).await?;
    // Another node may have been first while we waited.
    if store::max_version(&tx).await? == 0 {
        let now = app.now();
        let rules = default_rule_set();
        let note = "2020-03, shipped with the program / 随程序提供";
        insert(&tx, &rules, (note, now, None)).await?;
        store::insert_activation(&tx, app.ids.next(), rules.version, (now, None)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Stores a rule set as the next version. The tables are checked already.
async fn insert_next(
    tx: &Client,
    mut rules: RuleSet,
    written: (&str, Timestamp, Option<StaffId>),
) -> ApiResult<RuleSet> {
    store::lock_rules(tx).await?;
    rules.version = RuleSetVersion::new(store::max_version(tx).await? + 1);
    insert(tx, &rules, written).await?;
    Ok(rules)
}

async fn insert(
    tx: &Client,
    rules: &RuleSet,
    (note, created_at, created_by): (&str, Timestamp, Option<StaffId>),
) -> ApiResult<()> {
    let text = |csv: Vec<u8>| String::from_utf8(csv).map_err(ApiError::internal);
    let tables = store::Tables {
        version: rules.version,
        colour_csv: text(rules.colour.to_csv())?,
        gate_csv: text(rules.gate.to_csv())?,
    };
    let content_sha256 = content_sha256(&tables.colour_csv, &tables.gate_csv);
    let row = store::NewRow {
        tables: &tables,
        content_sha256: &content_sha256,
        note,
        created_at,
        created_by,
    };
    Ok(store::insert_rule_set(tx, &row).await?)
}

/// What names the content of a rule set: SHA-256 over both tables in their canonical CSV form.
pub fn content_sha256(colour_csv: &str, gate_csv: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(colour_csv);
    digest.update([0]);
    digest.update(gate_csv);
    digest.finalize().into()
}

/// A stored version, ready to decide.
async fn load(db: &Client, version: i32) -> ApiResult<Option<RuleSet>> {
    let tables = store::find_tables(db, version).await?;
    tables.as_ref().map(compile).transpose()
}

fn compile(tables: &store::Tables) -> ApiResult<RuleSet> {
    let (colour, gate) = (tables.colour_csv.as_bytes(), tables.gate_csv.as_bytes());
    RuleSet::from_csv(tables.version, colour, gate).map_err(|errors| {
        let first = errors.first().map(ToString::to_string).unwrap_or_default();
        ApiError::internal(anyhow::anyhow!(
            "rule set {} as stored is not valid: {first}",
            tables.version
        ))
    })
}

/// The rule set that was in force at an instant; before the first activation, the first.
///
/// # Errors
/// When the database does not answer.
pub async fn in_force_at(db: &Client, app: &App, at: Timestamp) -> ApiResult<Arc<RuleSet>> {
    let version = store::find_version_at(db, at).await?;
    at_version(db, app, version.ok_or(Code::RuleSetUnknown)?).await
}

/// A stored version, whichever is in force.
///
/// # Errors
/// [`Code::RuleSetUnknown`] when it was never stored, or when the database does not answer.
pub async fn at_version(db: &Client, app: &App, version: i32) -> ApiResult<Arc<RuleSet>> {
    let current = app.part::<InForce>().current(db).await?;
    if current.version.get() == version {
        return Ok(current);
    }
    let rules = load(db, version).await?.ok_or(Code::RuleSetUnknown)?;
    Ok(Arc::new(rules))
}
