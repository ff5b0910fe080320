//! Versions as they are shown: where each stands, and what decides where.

use std::collections::BTreeMap;

use super::life::{
    DraftStatus, InForceView, RuleSetStatus, RulesInForce, Schedule, ScheduleStatus,
};
use super::model::{RuleSetView, RuleTablesView};
use super::store::{self, drafts, schedules};
use super::{approve, schedule};
use crate::audit::digests::hex;
use crate::auth::Caller;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::ApiResult;

/// Schedules looked through for the status of versions at most.
const SCHEDULES_MAX: i64 = 100_000;

/// Versions from `after` on.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Client, after: i32, limit: i64) -> ApiResult<Vec<RuleSetView>> {
    let mut places: BTreeMap<i32, Vec<String>> = BTreeMap::new();
    for place in store::list_activations(db).await? {
        if let Some(version) = place.version {
            let of = places.entry(version.get()).or_default();
            of.push(place.place_prefix);
        }
    }
    let plans = schedules::list_schedules(db, None, 0, SCHEDULES_MAX).await?;
    let listed = drafts::list_drafts(db, after, limit).await?;
    let view = |listed: drafts::Listed| {
        let version = listed.draft.tables.version.get();
        let places = places.remove(&version).unwrap_or_default();
        view(listed, places, &plans)
    };
    Ok(listed.into_iter().map(view).collect())
}

fn view(listed: drafts::Listed, places: Vec<String>, plans: &[Schedule]) -> RuleSetView {
    let status = status(&listed, !places.is_empty(), plans);
    let draft = listed.draft;
    RuleSetView {
        version: draft.tables.version,
        status,
        note: draft.note,
        content_sha256: hex(&draft.content_sha256),
        revision: draft.revision,
        based_on: draft.based_on,
        created_at: draft.created_at,
        created_by: draft.created_by,
        changed_at: draft.changed_at,
        back_tested: listed.back_tested,
        approved_at: listed.approved_at,
        approved_by: listed.approved_by,
        activated_at: listed.activated_at,
        in_force: places.iter().any(String::is_empty),
        places,
    }
}

fn status(listed: &drafts::Listed, in_force: bool, plans: &[Schedule]) -> RuleSetStatus {
    let version = listed.draft.tables.version;
    let waits = |status| {
        let mut of_it = plans.iter().filter(|plan| plan.version == version);
        of_it.any(|plan| plan.status == status)
    };
    match listed.draft.status {
        DraftStatus::Draft => RuleSetStatus::Draft,
        DraftStatus::Checked if listed.back_tested => RuleSetStatus::BackTested,
        DraftStatus::Checked => RuleSetStatus::Checked,
        DraftStatus::Withdrawn => RuleSetStatus::Withdrawn,
        DraftStatus::Approved if waits(ScheduleStatus::Held) => RuleSetStatus::Held,
        DraftStatus::Approved if in_force => RuleSetStatus::InForce,
        DraftStatus::Approved if waits(ScheduleStatus::Scheduled) => RuleSetStatus::Scheduled,
        DraftStatus::Approved if listed.activated_at.is_some() => RuleSetStatus::Superseded,
        DraftStatus::Approved => RuleSetStatus::Approved,
    }
}

/// One version.
///
/// # Errors
/// [`Code::RuleSetUnknown`].
pub async fn get(db: &Client, version: i32) -> ApiResult<RuleSetView> {
    let mut found = list(db, version.saturating_sub(1), 1).await?;
    let found = found.pop().filter(|view| view.version.get() == version);
    found.ok_or_else(|| Code::RuleSetUnknown.into())
}

/// One version with its content, for somebody who may approve it.
///
/// # Errors
/// [`Code::RuleSetUnknown`].
pub async fn get_tables(db: &Client, version: i32, caller: &Caller) -> ApiResult<RuleTablesView> {
    let view = get(db, version).await?;
    let draft = drafts::find_draft(db, version).await?;
    let draft = draft.ok_or(Code::RuleSetUnknown)?;
    let editors = drafts::list_editors(db, version).await?;
    let hindrance = approve::hindrance(db, &draft, caller).await?;
    Ok(RuleTablesView {
        view,
        colour_csv: draft.tables.colour_csv,
        gate_csv: draft.tables.gate_csv,
        cases: draft.tables.cases,
        editors: editors.into_iter().map(|(staff_id, _)| staff_id).collect(),
        hindrance: hindrance.map(|code| code.as_str().to_owned()),
    })
}

/// What is in force where, the whole district first.
///
/// # Errors
/// When the database does not answer.
pub async fn in_force(db: &Client) -> ApiResult<RulesInForce> {
    let epoch = store::epoch(db).await?;
    let mut places = Vec::new();
    for place in store::list_activations(db).await? {
        let Some(version) = place.version else {
            continue;
        };
        let before = schedule::before(db, &place).await?;
        places.push(InForceView {
            version,
            since: place.activated_at,
            activated_by: place.activated_by,
            before: before.and_then(|before| before.version),
            place_prefix: place.place_prefix,
        });
    }
    Ok(RulesInForce { epoch, places })
}
