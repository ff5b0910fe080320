//! Proposing, approving and withdrawing entries.

use gridpass_rules::catalogue::Fault;

use super::model::{CatalogueEntryView, EntryStatus, NewCatalogueEntry};
use super::store::{self, Decision, Proposal};
use crate::app::App;
use crate::audit;
use crate::auth::{Caller, Staff};
use crate::db::{Client, Tx};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, check_note};

/// Proposals that may wait at the same time.
const WAITING_MAX: i64 = 100;

/// What keeps somebody from approving a proposal.
fn hindrance(proposal: &Proposal, caller: &Caller) -> Option<Code> {
    if proposal.status != EntryStatus::Proposed {
        return Some(Code::CatalogueEntryClosed);
    }
    let same = proposal.proposed_by == caller.staff_id || proposal.proposed_unit == caller.unit;
    same.then_some(Code::CatalogueSameUnit)
}

/// A proposal as its reader sees it.
pub fn view(proposal: Proposal, caller: &Caller) -> CatalogueEntryView {
    let hindrance = hindrance(&proposal, caller).map(|code| code.as_str().to_owned());
    let decided = proposal.decided;
    CatalogueEntryView {
        proposal_id: proposal.proposal_id,
        definition: proposal.definition,
        status: proposal.status,
        catalogue_version: proposal.catalogue_version,
        note: proposal.note,
        proposed_at: proposal.proposed_at,
        proposed_by: proposal.proposed_by,
        decided_at: decided.as_ref().map(|decision| decision.at),
        decided_by: decided.as_ref().map(|decision| decision.by),
        decision_note: decided.map(|decision| decision.note),
        hindrance,
    }
}

/// Proposes an entry.
///
/// # Errors
/// 422 with everything wrong with the note or the definition.
pub async fn propose(app: &App, caller: &Caller, input: NewCatalogueEntry) -> ApiResult<Proposal> {
    check_note(&input.note)?;
    let tx = app.db.tx().await?;
    store::lock_catalogue(&tx).await?;
    check(&tx, &input).await?;
    if store::count_waiting(&tx).await? >= WAITING_MAX {
        return Err(Code::CatalogueFull.into());
    }
    let proposal = Proposal {
        proposal_id: app.ids.next(),
        definition: input.definition,
        note: input.note.trim().to_owned(),
        status: EntryStatus::Proposed,
        proposed_at: app.now(),
        proposed_by: caller.staff_id,
        proposed_unit: caller.unit.clone(),
        decided: None,
        catalogue_version: None,
    };
    store::insert_proposal(&tx, &proposal).await?;
    audit::object(format!("catalogue/{}", proposal.definition.key()));
    tx.commit().await?;
    Ok(proposal)
}

async fn check(tx: &Client, input: &NewCatalogueEntry) -> ApiResult<()> {
    let catalogue = super::approved(tx).await?;
    let faults = catalogue.check(&input.definition);
    match faults.is_empty() {
        true => Ok(()),
        false => Err(ApiError::fields(faults.into_iter().map(field).collect())),
    }
}

fn field(fault: Fault) -> FieldError {
    let path = format!("definition.{}", fault.field);
    FieldError::new(path, fault.code, fault.en, fault.zh)
}

/// Takes a proposal into the catalogue, for good.
///
/// # Errors
/// [`Code::NotFound`], what keeps the caller from it, or 422 when another entry that was approved
/// meanwhile has its name.
pub async fn approve(app: &App, caller: &Caller, (id, note): (i64, &str)) -> ApiResult<Proposal> {
    check_note(note)?;
    let tx = app.db.tx().await?;
    store::lock_catalogue(&tx).await?;
    let proposal = find(&tx, id).await?;
    if let Some(code) = hindrance(&proposal, caller) {
        return Err(code.into());
    }
    let input = NewCatalogueEntry {
        definition: proposal.definition.clone(),
        note: String::new(),
    };
    check(&tx, &input).await?;
    store::insert_entry(&tx, &proposal, app.now()).await?;
    end(tx, app, caller, (&proposal, EntryStatus::Approved, note)).await
}

/// Gives a proposal up.
///
/// # Errors
/// [`Code::NotFound`], [`Code::CatalogueEntryClosed`].
pub async fn withdraw(app: &App, caller: &Caller, (id, note): (i64, &str)) -> ApiResult<Proposal> {
    check_note(note)?;
    let tx = app.db.tx().await?;
    store::lock_catalogue(&tx).await?;
    let proposal = find(&tx, id).await?;
    if proposal.status != EntryStatus::Proposed {
        return Err(Code::CatalogueEntryClosed.into());
    }
    end(tx, app, caller, (&proposal, EntryStatus::Withdrawn, note)).await
}

async fn find(db: &Client, proposal_id: i64) -> ApiResult<Proposal> {
    let found = store::find_proposal(db, proposal_id).await?;
    found.ok_or_else(|| Code::NotFound.into())
}

async fn end(
    tx: Tx,
    app: &App,
    caller: &Caller,
    (proposal, status, note): (&Proposal, EntryStatus, &str),
) -> ApiResult<Proposal> {
    let decision = Decision {
        at: app.now(),
        by: caller.staff_id,
        unit: caller.unit.clone(),
        note: note.trim().to_owned(),
    };
    store::decide_proposal(&tx, (proposal.proposal_id, status), &decision).await?;
    let ended = find(&tx, proposal.proposal_id).await?;
    audit::object(format!("catalogue/{}", ended.definition.key()));
    tx.commit().await?;
    Ok(ended)
}

/// Proposals in order.
///
/// # Errors
/// When the database does not answer.
pub async fn list<P: crate::access::Permission>(
    app: &App,
    staff: &Staff<P>,
    (after, limit): (i64, i64),
) -> ApiResult<Vec<CatalogueEntryView>> {
    let db = staff.tx(app).await?;
    let found = store::list_proposals(&db, after, limit).await?;
    let views = found.into_iter().map(|one| view(one, &staff.caller));
    Ok(views.collect())
}
