//! Taking back what an appeal found wrong, so that it does not come back.

use gridpass_rules::Fact;
use gridpass_types::ids::{AppealId, FactId, PersonId, StaffId};

use super::cause::{causes, is_medical};
use super::evidence::{Resolved, of_recorded};
use super::ledger::{self, Appended, Change, Retract};
use super::model::{FactView, Grounds, NewFact, SOURCE_ORDER, TwoPeople};
use super::replay::Replayed;
use super::store::{self, resolved};
use crate::app::App;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::http::page::LIMIT_MAX;
use crate::seal::DIGEST_BYTES;

/// Reason on record of a fact that is suspended while an appeal waits too long.
pub const REASON_SUSPENDED: &str = "appeal_suspended";
/// Reason on record of a fact that an appeal found wrong.
pub const REASON_GRANTED: &str = "appeal_granted";

/// What a colour stands on, for an appeal against it.
#[derive(Clone, Debug, Default)]
pub struct Cause {
    /// The facts; none when evidence is missing.
    pub fact_ids: Vec<FactId>,
    /// Who recorded or confirmed them, devices too.
    pub set_by: Vec<i64>,
    /// Whether a doctor answers for one of them.
    pub medical: bool,
    /// Whether one is of a quarantine order.
    pub of_order: bool,
}

impl Cause {
    fn of(views: &[FactView]) -> Self {
        let mut set_by: Vec<i64> = views
            .iter()
            .flat_map(|view| {
                let confirmed = view.confirmed_by.map(StaffId::get);
                view.recorded_by.into_iter().chain(confirmed)
            })
            .collect();
        set_by.sort_unstable();
        set_by.dedup();
        Self {
            fact_ids: views.iter().map(|view| view.fact.id).collect(),
            set_by,
            medical: views.iter().any(|view| is_medical(&view.fact.body)),
            of_order: views.iter().any(|view| view.source == SOURCE_ORDER),
        }
    }
}

/// What the colour of a replayed decision stands on.
///
/// # Errors
/// When the database does not answer.
pub async fn cause_of_colour(
    db: &Client,
    person_id: PersonId,
    replayed: &Replayed,
) -> ApiResult<(Cause, Vec<FactView>)> {
    let limit = i64::from(LIMIT_MAX);
    let mut views = store::list_fact_views(db, person_id.get(), 0, limit).await?;
    let at = replayed.counted_at;
    views.retain(|view| view.fact.recorded_at <= at);
    let facts: Vec<Fact> = views.iter().map(|view| view.fact.clone()).collect();
    let causes = causes(&replayed.rules, &facts, at);
    views.retain(|view| causes.contains(&view.fact.id));
    Ok((Cause::of(&views), views))
}

/// The live facts of some kind that are still on record, for an appeal against a detail.
///
/// # Errors
/// When the database does not answer.
pub async fn cause_of_detail(
    db: &Client,
    person_id: PersonId,
    (kind, at): (&str, jiff::Timestamp),
) -> ApiResult<Cause> {
    let limit = i64::from(LIMIT_MAX);
    let mut views = store::list_fact_views(db, person_id.get(), 0, limit).await?;
    let live = |view: &FactView| view.fact.retracted_at.is_none_or(|end| at < end);
    views.retain(|view| view.fact.body.kind() == kind && live(view));
    if kind == "residence" {
        // The latest alone says where somebody lives.
        views.sort_unstable_by_key(|view| (view.fact.recorded_at, view.fact.id));
        views.drain(..views.len().saturating_sub(1));
    }
    Ok(Cause::of(&views))
}

/// A person's facts of one source with the time of each, retracted or not, in order of identity.
///
/// # Errors
/// When the database does not answer.
pub async fn list_of_source(
    db: &Client,
    person_id: PersonId,
    source: &str,
) -> ApiResult<Vec<(FactId, jiff::Timestamp)>> {
    let limit = i64::from(LIMIT_MAX);
    Ok(resolved::list_of_source(db, person_id, (source, limit)).await?)
}

/// Some of a person's facts, retracted or not.
///
/// # Errors
/// When the database does not answer.
pub async fn list_by_id(
    db: &Client,
    person_id: PersonId,
    fact_ids: &[FactId],
) -> ApiResult<Vec<FactView>> {
    Ok(resolved::list_fact_views_of(db, person_id, fact_ids).await?)
}

/// What an appeal takes back.
#[derive(Clone, Copy, Debug)]
pub struct Resolution<'a> {
    /// The appeal.
    pub appeal_id: AppealId,
    /// Facts that are wrong; those withdrawn already stay so.
    pub fact_ids: &'a [FactId],
    /// Who decided; `None` for the clock.
    pub by: Option<StaffId>,
    /// Reason on record.
    pub reason: &'static str,
}

/// Withdraws facts and notes their evidence, which records nothing any more. `None` when
/// nothing was left to withdraw.
///
/// # Errors
/// [`Code::PersonUnknown`] when the person has no state row.
pub async fn resolve(
    tx: &Client,
    app: &App,
    person_id: PersonId,
    resolution: &Resolution<'_>,
) -> ApiResult<Option<Appended>> {
    super::lock_person(tx, person_id).await?;
    let now = app.now();
    let views = resolved::list_fact_views_of(tx, person_id, resolution.fact_ids).await?;
    let live = |view: &&FactView| view.fact.retracted_at.is_none_or(|end| now < end);
    let retracts: Vec<Retract> = views
        .iter()
        .filter(live)
        .map(|view| Retract {
            fact_id: view.fact.id,
            by: resolution.by.map(StaffId::get),
            reason: resolution.reason.to_owned(),
        })
        .collect();
    let changes: Vec<Change<'_>> = retracts
        .iter()
        .map(|retract| Change {
            person_id,
            retract: Some(retract),
            facts: &[],
        })
        .collect();
    let changed = match changes.is_empty() {
        true => None,
        false => ledger::apply(tx, app, &changes).await?.pop(),
    };
    note(tx, app, person_id, (resolution.appeal_id, &views)).await?;
    Ok(changed)
}

async fn note(
    tx: &Client,
    app: &App,
    person_id: PersonId,
    (appeal_id, views): (AppealId, &[FactView]),
) -> ApiResult<()> {
    let rows: Vec<(Vec<u8>, FactId)> = views
        .iter()
        .flat_map(|view| {
            let digests = of_recorded(app, person_id, view);
            let row = |digest: [u8; DIGEST_BYTES]| (digest.to_vec(), view.fact.id);
            digests.into_iter().map(row)
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let new = resolved::NewResolved {
        person_id,
        appeal_id,
        at: app.now(),
        rows: &rows,
    };
    Ok(resolved::insert_resolved(tx, &new).await?)
}

/// Records again what was suspended: the appeal ended against the person. `None` when nothing
/// was.
///
/// # Errors
/// [`Code::PersonUnknown`] when the person has no state row.
pub async fn reinstate(
    tx: &Client,
    app: &App,
    person_id: PersonId,
    (appeal_id, fact_ids): (AppealId, &[FactId]),
) -> ApiResult<Option<Appended>> {
    super::lock_person(tx, person_id).await?;
    resolved::lift_resolved(tx, (person_id, appeal_id), app.now()).await?;
    let mut views = resolved::list_fact_views_of(tx, person_id, fact_ids).await?;
    views.retain(|view| view.retract_reason.as_deref() == Some(REASON_SUSPENDED));
    let facts: Vec<NewFact> = views.into_iter().map(again).collect();
    if facts.is_empty() {
        return Ok(None);
    }
    super::append(tx, app, person_id, &facts).await.map(Some)
}

fn again(view: FactView) -> NewFact {
    let shown = view.evidence_kind.zip(view.evidence_reference);
    let grounds = match (shown, view.reason, view.confirmed_by) {
        (Some((evidence, reference)), Some(reason), Some(confirmed_by)) => {
            Some(Grounds::TwoPeople(TwoPeople {
                reason,
                evidence,
                reference,
                confirmed_by,
                until: None,
            }))
        }
        (Some((_, reference)), ..) => Some(Grounds::RegistryRow(reference)),
        _ => None,
    };
    NewFact {
        body: view.fact.body,
        source: view.source,
        recorded_by: view.recorded_by,
        grounds,
    }
}

/// Refuses facts about people whose appeal has found the same evidence wrong.
pub(super) async fn check(tx: &Client, app: &App, changes: &[Change<'_>]) -> ApiResult<()> {
    let news: Vec<&Change<'_>> = changes
        .iter()
        .filter(|change| change.facts.iter().any(Resolved::concerns))
        .collect();
    if news.is_empty() {
        return Ok(());
    }
    let people: Vec<i64> = news.iter().map(|change| change.person_id.get()).collect();
    let resolved = Resolved::load(tx, &people).await?;
    let held = |change: &&Change<'_>| {
        let mut facts = change.facts.iter();
        facts.any(|fact| resolved.holds(app, change.person_id, fact))
    };
    match news.iter().any(held) {
        true => Err(Code::ResolvedOnAppeal.into()),
        false => Ok(()),
    }
}
