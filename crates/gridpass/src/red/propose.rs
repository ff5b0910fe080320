//! Entering a proposal: allowed to this role, on a ground of the closed list, within the cap.

use gridpass_rules::FactBody;
use gridpass_rules::red::{RedReason, reason_of};
use gridpass_types::ids::{PersonId, RedListId, RedProposalId};
use jiff::{SignedDuration, Timestamp};

use super::model::{Measure, PROPOSAL_LIFE, Proposal, ProposalStatus, ProposeInput};
use super::{confirm, store};
use crate::access::{AppendMedicalFacts, OrderQuarantine};
use crate::app::{App, LiveEvent};
use crate::auth::Caller;
use crate::db::Client;
use crate::events;
use crate::facts::{self, Subject};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, violates};
use crate::quarantine;

/// The time over which proposals of one person are counted.
const CAP_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// Enters a proposal and tells the inboxes; the caller commits.
pub async fn insert(
    tx: &Client,
    app: &App,
    caller: &Caller,
    (person, input): (&Subject, ProposeInput),
) -> ApiResult<Proposal> {
    let proposal = prepare(tx, app, caller, (person, input)).await?;
    if store::waits_otherwise(tx, &proposal).await? {
        return Err(Code::OrderChangeWaits.into());
    }
    enter(tx, app, caller, &proposal).await?;
    Ok(proposal)
}

/// As [`insert`], and nothing when the same is proposed for the person already.
pub async fn insert_unless_open(
    tx: &Client,
    app: &App,
    caller: &Caller,
    (person, input): (&Subject, ProposeInput),
) -> ApiResult<()> {
    let proposal = match prepare(tx, app, caller, (person, input)).await {
        // Yellow or green by the rules in force: a declared stay is all there is to record.
        Err(error) if error.code() == Code::RedNotNeeded => return Ok(()),
        other => other?,
    };
    if store::is_open_for(tx, &proposal).await? {
        return Ok(());
    }
    enter(tx, app, caller, &proposal).await
}

/// Counts the proposal against the caller's hour, keeps it and tells the inboxes.
async fn enter(tx: &Client, app: &App, caller: &Caller, proposal: &Proposal) -> ApiResult<()> {
    if !within_cap(tx, app, caller, 1).await? {
        return Err(Code::RedCapReached.into());
    }
    store::insert_proposal(tx, proposal)
        .await
        .map_err(one_open)?;
    tell(tx, proposal).await?;
    Ok(())
}

/// Checks everything that can be checked and makes the row.
pub async fn prepare(
    db: &Client,
    app: &App,
    caller: &Caller,
    (person, input): (&Subject, ProposeInput),
) -> ApiResult<Proposal> {
    require_for(caller, &input.measure)?;
    let now = app.now();
    let reason = match input.measure.order_step() {
        Some(step) => {
            let asked = (&step, input.reason);
            quarantine::check(db, app, person.person_id, asked).await?
        }
        None => reason_of_fact(db, app, &input).await?,
    };
    let until = input.check(reason, now)?;
    check_resolved(db, app, (person.person_id, &input)).await?;
    Ok(Proposal {
        person_id: person.person_id,
        proposal_id: RedProposalId::new(app.ids.next()),
        name: None,
        colour: None,
        place_code: person.place_code.clone(),
        measure: input.measure,
        reason,
        evidence: input.evidence,
        until,
        status: ProposalStatus::Open,
        list_id: None::<RedListId>,
        proposed_at: now,
        proposed_by: caller.staff_id,
        proposed_unit: caller.unit.clone(),
        lapses_at: now + PROPOSAL_LIFE,
        decided_at: None,
        decided_by: None,
        decided_unit: None,
        fact_id: None,
        hindrance: None,
    })
}

/// Refuses evidence that an appeal of the person has found wrong: nobody is sent to confirm
/// what would record nothing.
async fn check_resolved(
    db: &Client,
    app: &App,
    (person_id, input): (PersonId, &ProposeInput),
) -> ApiResult<()> {
    let shown = Some((input.evidence.kind, input.evidence.reference.as_str()));
    let resolved = facts::Resolved::load(db, &[person_id.get()]).await?;
    let held = match (&input.measure, input.measure.order_step()) {
        (Measure::Fact { fact }, _) => {
            resolved.holds_evidence(app, person_id, (fact, confirm::SOURCE, shown))
        }
        (_, Some(quarantine::Step::Start(order))) => {
            let body = order.body();
            resolved.holds_evidence(app, person_id, (&body, facts::SOURCE_ORDER, shown))
        }
        // A live order's own paper: an appeal against it has ended the order.
        _ => false,
    };
    match held {
        true => Err(Code::ResolvedOnAppeal.into()),
        false => Ok(()),
    }
}

/// What a doctor answers for, a doctor proposes; orders are the response team's; a stay found
/// at a door is the grid worker's, and the visit names it.
fn require_for(caller: &Caller, measure: &Measure) -> ApiResult<()> {
    match measure {
        Measure::Fact {
            fact: FactBody::Health { .. } | FactBody::Stay { .. },
        } => Ok(()),
        Measure::Fact { .. } => caller.require::<AppendMedicalFacts>(),
        _ => caller.require::<OrderQuarantine>(),
    }
}

async fn reason_of_fact(db: &Client, app: &App, input: &ProposeInput) -> ApiResult<RedReason> {
    let Measure::Fact { fact } = &input.measure else {
        return Err(Code::RedNoGround.into());
    };
    // A kind of the catalogue has no reason of its own: whoever proposes it names the ground.
    let catalogued = facts::kept_until(db, fact, app.now()).await?.is_some();
    let reason = match catalogued {
        true => input.reason,
        false => reason_of(fact),
    };
    let reason = reason.ok_or(Code::RedNoGround)?;
    if input.reason.is_some_and(|given| given != reason) {
        return Err(Code::RedNoGround.into());
    }
    facts::check_body(fact, app.now())?;
    if !facts::leads_to_red(db, app, fact).await? {
        return Err(Code::RedNotNeeded.into());
    }
    Ok(reason)
}

/// Whether a member of staff may propose `people` more now. The row locked here makes the next
/// of the same person wait, on whichever node, until this transaction is over: the cap holds
/// however many ask at once.
pub async fn within_cap(tx: &Client, app: &App, caller: &Caller, people: i64) -> ApiResult<bool> {
    let now: Timestamp = app.now();
    store::lock_quota(tx, caller.staff_id, now).await?;
    let used = store::count_since(tx, caller.staff_id, now - CAP_WINDOW).await?;
    Ok(used + people <= i64::from(app.settings.red_people_per_hour))
}

pub(super) fn one_open(error: tokio_postgres::Error) -> ApiError {
    if violates(&error, "red_proposal_one_open_idx") {
        Code::ProposalExists.into()
    } else {
        error.into()
    }
}

/// Tells open inboxes that a proposal came, or is decided.
pub async fn tell(tx: &Client, proposal: &Proposal) -> Result<(), tokio_postgres::Error> {
    let body = serde_json::json!({
        "proposal_id": proposal.proposal_id, "status": proposal.status,
    });
    let event = LiveEvent {
        topic: events::RED,
        place_code: proposal.place_code.clone(),
        body: body.to_string().into(),
    };
    events::notify(tx, &event).await
}
