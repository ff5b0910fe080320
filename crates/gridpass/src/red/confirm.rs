//! The second person: confirms, refuses; and who proposed it takes it back.

use gridpass_types::clock::start_of_day;
use gridpass_types::ids::{FactId, QuarantineOrderId};

use super::model::{ConfirmedView, Measure, Proposal, ProposalStatus};
use super::{propose, store};
use crate::app::App;
use crate::auth::Caller;
use crate::db::Client;
use crate::facts::{self, DecisionView, Grounds, NewFact, TwoPeople, decision_view};
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::notify::{self, Notice};
use crate::quarantine;

/// Where facts of confirmed proposals come from.
pub const SOURCE: &str = "red_proposal";

/// Records the fact and turns the pass, in one transaction: a scan after the commit is red.
pub async fn confirm(app: &App, asked: &Proposal, caller: &Caller) -> ApiResult<ConfirmedView> {
    let tx = caller.tx_on(app, asked).await?;
    facts::lock_person(&tx, asked.person_id).await?;
    let mut proposal = lock(&tx, asked).await?;
    if proposal.status == ProposalStatus::Confirmed && proposal.decided_by == Some(caller.staff_id)
    {
        return again(&tx, app, proposal).await;
    }
    let now = app.now();
    if let Some(code) = proposal.hindrance(caller, now) {
        return Err(code.into());
    }
    let done = carry_out(&tx, app, &proposal, caller).await?;
    proposal.status = ProposalStatus::Confirmed;
    proposal.decided_at = Some(now);
    proposal.decided_by = Some(caller.staff_id);
    proposal.decided_unit = Some(caller.unit.clone());
    proposal.fact_id = Some(done.fact_id);
    store::decide(&tx, &proposal).await?;
    propose::tell(&tx, &proposal).await?;
    let notice = Notice::Stopped {
        reason: proposal.reason,
        unit: proposal.proposed_unit.clone(),
        until: proposal.until,
    };
    notify::tell(&tx, app, proposal.person_id, &notice).await?;
    tx.commit().await?;
    Ok(ConfirmedView {
        proposal,
        order_id: done.order_id,
        decision: done.decision,
    })
}

/// What a confirmation did.
struct Done {
    fact_id: FactId,
    order_id: Option<QuarantineOrderId>,
    decision: DecisionView,
}

async fn carry_out(
    tx: &Client,
    app: &App,
    proposal: &Proposal,
    caller: &Caller,
) -> ApiResult<Done> {
    let by = proposal.proposed_by;
    let mut two = TwoPeople {
        reason: proposal.reason,
        evidence: proposal.evidence.kind,
        reference: proposal.evidence.reference.clone(),
        confirmed_by: caller.staff_id,
        until: None,
    };
    let Measure::Fact { fact } = &proposal.measure else {
        let step = proposal.measure.order_step().ok_or(Code::RedNoGround)?;
        let person_id = proposal.person_id;
        let view = quarantine::carry_out(tx, app, person_id, (&step, by, two)).await?;
        return Ok(Done {
            fact_id: view.order.fact_id,
            order_id: Some(view.order.order_id),
            decision: view.decision,
        });
    };
    if matches!(fact, gridpass_rules::FactBody::Case { .. }) {
        two.until = proposal.until.map(start_of_day);
    }
    let fact = NewFact {
        body: fact.clone(),
        source: SOURCE.to_owned(),
        recorded_by: Some(by.get()),
        grounds: Some(Grounds::TwoPeople(two)),
    };
    let appended = facts::append(tx, app, proposal.person_id, &[fact]).await?;
    Ok(Done {
        fact_id: appended.fact_ids[0],
        order_id: None,
        decision: decision_view(
            &appended.decision,
            appended.row.changed_at,
            appended.row.valid_until,
        ),
    })
}

/// The same confirmation sent again: answered with what is true now.
async fn again(tx: &Client, app: &App, proposal: Proposal) -> ApiResult<ConfirmedView> {
    let now = app.now();
    let replayed = facts::state_at(tx, app, proposal.person_id, now).await?;
    Ok(ConfirmedView {
        decision: decision_view(&replayed.decision, now, replayed.valid_until),
        order_id: None,
        proposal,
    })
}

/// Says no: whoever could confirm it, whatever the unit.
pub async fn refuse(app: &App, asked: &Proposal, caller: &Caller) -> ApiResult<Proposal> {
    end(app, asked, (caller, ProposalStatus::Refused)).await
}

/// Takes it back: only who proposed it.
pub async fn withdraw(app: &App, asked: &Proposal, caller: &Caller) -> ApiResult<Proposal> {
    if asked.proposed_by != caller.staff_id {
        return Err(Code::ProposalNotYours.into());
    }
    end(app, asked, (caller, ProposalStatus::Withdrawn)).await
}

async fn end(
    app: &App,
    asked: &Proposal,
    (caller, status): (&Caller, ProposalStatus),
) -> ApiResult<Proposal> {
    let tx = caller.tx_on(app, asked).await?;
    let mut proposal = lock(&tx, asked).await?;
    let now = app.now();
    if !proposal.is_open(now) {
        return Err(Code::ProposalDecided.into());
    }
    if status == ProposalStatus::Refused && proposal.proposed_by == caller.staff_id {
        return Err(Code::RedSameAccount.into());
    }
    proposal.status = status;
    proposal.decided_at = Some(now);
    proposal.decided_by = Some(caller.staff_id);
    proposal.decided_unit = Some(caller.unit.clone());
    store::decide(&tx, &proposal).await?;
    propose::tell(&tx, &proposal).await?;
    tx.commit().await?;
    Ok(proposal)
}

async fn lock(tx: &Client, asked: &Proposal) -> ApiResult<Proposal> {
    let (person_id, proposal_id) = (asked.person_id.get(), asked.proposal_id.get());
    let found = store::lock_proposal(tx, person_id, proposal_id).await?;
    found.ok_or_else(|| Code::NotFound.into())
}
