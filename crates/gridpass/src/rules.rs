//! Rule sets: versioned decision tables, and where each is in force.
//!
//! Invariants: a version is written by some, checked by its cases, back-tested as it stands and
//! approved by somebody of another unit; from then on it never changes, and only such a version
//! decides; the tables of every stored version are complete and without unreachable rows; of the
//! versions in force around a place the one of the longest division code decides; each change
//! of what is in force counts the epoch `rules` up in its own transaction, so that caches which
//! compare it are never behind; what was in force where at any past instant can be told; a start
//! that would flip too many people of a community waits for a person, and what was in force
//! before goes on deciding.

mod api;
mod approve;
mod draft;
mod flips;
mod in_force;
pub mod life;
pub mod model;
mod place;
mod schedule;
pub mod store;
pub mod trial;
mod views;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use gridpass_rules::{RuleSet, default_rule_set};
use gridpass_types::ids::RuleSetVersion;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::jobs::Loop;
use life::DraftStatus;
use store::{ActivationKind, NewActivation, drafts};

pub use approve::{SignedRuleSet, VerifyError};
pub use in_force::{Deciding, InForce, Scopes};
pub use model::table_problem;
pub use place::named as named_place;

/// Bytes an uploaded workbook, or two tables with their cases, may have.
const TABLE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Cases shipped with the program: those handed over, and our own of the edges.
const FIRST_CASES: [&str; 2] = [
    include_str!("../../../rules/2020-03/cases.jsonl"),
    include_str!("../../../rules/2020-03/cases-edges.jsonl"),
];

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    let uploads = OpenApiRouter::new()
        .routes(routes!(api::list_rule_sets, api::create_rule_set))
        .routes(routes!(api::import_rule_set))
        .routes(routes!(api::read_rule_workbook))
        .routes(routes!(api::check_rule_tables))
        .routes(routes!(api::get_rule_set, api::update_rule_set))
        .layer(DefaultBodyLimit::max(TABLE_BYTES_MAX));
    OpenApiRouter::new()
        .merge(uploads)
        .routes(routes!(api::check_rule_set))
        .routes(routes!(api::get_rule_dmn))
        .routes(routes!(api::evaluate_case))
        .routes(routes!(api::life::approve_rule_set))
        .routes(routes!(api::life::withdraw_rule_set))
        .routes(routes!(api::life::list_rule_steps))
        .routes(routes!(api::life::schedule_rule_set))
        .routes(routes!(api::get_rule_table))
        .routes(routes!(api::life::list_rule_schedules))
        .routes(routes!(api::life::cancel_rule_schedule))
        .routes(routes!(api::life::release_rule_schedule))
        .routes(routes!(api::life::reject_rule_schedule))
        .routes(routes!(api::life::get_rules_in_force))
        .routes(routes!(api::life::roll_back_rules))
}

/// Background work: begins and ends schedules whose time has come.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "rule schedules",
        period: Duration::from_secs(1),
        round: |app| Box::pin(schedule::due(app)),
    }]
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
        let rules = default_rule_set();
        let content = draft::Content::of(&rules, &FIRST_CASES.join("\n"))?;
        let note = "2020-03, shipped with the program / 随程序提供";
        let mut first = draft::new_draft(rules.version, content, (note, None), (app, None));
        first.status = DraftStatus::Approved;
        drafts::insert_draft(&tx, &first).await?;
        let row = approve::signed(app, &first, (first.created_at, None));
        store::insert_rule_set(&tx, &row).await?;
        let activation = NewActivation {
            activation_id: app.ids.next(),
            place_prefix: "",
            version: Some(rules.version),
            kind: ActivationKind::Start,
            schedule_id: None,
            back_to: None,
            by: (first.created_at, None),
        };
        store::insert_activation(&tx, &activation).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Both tables in their canonical form.
fn csv(rules: &RuleSet) -> ApiResult<(String, String)> {
    let text = |csv: Vec<u8>| String::from_utf8(csv).map_err(ApiError::internal);
    Ok((text(rules.colour.to_csv())?, text(rules.gate.to_csv())?))
}

/// What names the content of a rule set: SHA-256 over both tables in their canonical CSV form.
pub fn content_sha256(colour_csv: &str, gate_csv: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(colour_csv);
    digest.update([0]);
    digest.update(gate_csv);
    digest.finalize().into()
}

/// A version as it is stored, draft or approved, ready to decide.
///
/// # Errors
/// When the database does not answer.
pub async fn load(db: &Client, version: i32) -> ApiResult<Option<RuleSet>> {
    let draft = drafts::find_draft(db, version).await?;
    draft.map(|draft| compile(&draft.tables)).transpose()
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

/// The rule set that was in force at a place at an instant; before the first activation, the
/// first.
///
/// # Errors
/// When the database does not answer.
pub async fn in_force_at(
    db: &Client,
    app: &App,
    (place_code, at): (&str, Timestamp),
) -> ApiResult<Arc<RuleSet>> {
    let version = store::find_version_at(db, place_code, at).await?;
    at_version(db, app, version.ok_or(Code::RuleSetUnknown)?).await
}

/// When what is in force anywhere changed between two instants, oldest first; the last
/// thousand.
///
/// # Errors
/// When the database does not answer.
pub async fn activations(db: &Client, span: (Timestamp, Timestamp)) -> ApiResult<Vec<Timestamp>> {
    Ok(store::list_activation_times(db, span).await?)
}

/// The version, if it is approved and not given up.
///
/// # Errors
/// [`Code::RuleSetUnknown`], [`Code::RuleSetNotApproved`].
pub async fn require_approved(db: &Client, version: i32) -> ApiResult<RuleSetVersion> {
    let draft = drafts::find_draft(db, version).await?;
    let draft = draft.ok_or(Code::RuleSetUnknown)?;
    match draft.status {
        DraftStatus::Approved => Ok(draft.tables.version),
        _ => Err(Code::RuleSetNotApproved.into()),
    }
}

/// Everybody under a prefix, counted by place, state and colour.
///
/// # Errors
/// When the database does not answer.
pub async fn count_alike(db: &Client, prefix: &str) -> ApiResult<Vec<store::schedules::Alike>> {
    Ok(store::schedules::count_alike(db, prefix).await?)
}

/// A version as it is stored, whichever is in force.
///
/// # Errors
/// [`Code::RuleSetUnknown`] when it was never stored, or when the database does not answer.
pub async fn at_version(db: &Client, app: &App, version: i32) -> ApiResult<Arc<RuleSet>> {
    let current = app.part::<InForce>().current(db).await?;
    let version = RuleSetVersion::new(version);
    if let Some(held) = current.all().find(|rules| rules.version == version) {
        return Ok(held.clone());
    }
    let rules = load(db, version.get()).await?;
    Ok(Arc::new(rules.ok_or(Code::RuleSetUnknown)?))
}
