//! Proposing, and the inbox of those who confirm.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::model::{ConfirmedView, Proposal, ProposalQuery, ProposalStatus, ProposeInput};
use super::{confirm, propose, store};
use crate::access::{ConfirmRed, ProposeRed};
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Staff, authorise};
use crate::facts::Subject;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::masking::{self, Shown, Viewer};

/// Proposes what would turn a pass red. Nothing changes until a person of another unit
/// confirms; after a day without an answer it lapses.
#[utoipa::path(post, path = "/api/v1/red-proposals", operation_id = "propose_red", tag = "red",
    security(("staff" = [])), request_body = ProposeInput,
    responses((status = 201, body = Proposal), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn propose_red(
    State(app): State<App>,
    staff: Staff<ProposeRed>,
    extract::Json(input): extract::Json<ProposeInput>,
) -> ApiResult<(StatusCode, Json<Proposal>)> {
    let caller = &staff.caller;
    let person = authorise::<Subject>(&app, caller, input.person_id).await?;
    let tx = caller.tx_on(&app, &person).await?;
    let proposal = propose::insert(&tx, &app, caller, (&person, input)).await?;
    tx.commit().await?;
    let view = proposal.seen_by(caller, app.now());
    Ok((StatusCode::CREATED, Json(view)))
}

/// Proposals under a prefix within the caller's jurisdiction, oldest first, with what keeps
/// the caller from confirming each.
#[utoipa::path(get, path = "/api/v1/red-proposals", operation_id = "list_red_proposals", tag = "red",
    security(("staff" = [])), params(ProposalQuery, PageQuery),
    responses((status = 200, body = Page<Proposal>), (status = 403, body = Problem)))]
pub async fn list_red_proposals(
    State(app): State<App>,
    staff: Staff<ProposeRed>,
    extract::Query(query): extract::Query<ProposalQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<Proposal>>> {
    let (limit, now) = (page.limit(), app.now());
    let mut rows = Vec::new();
    if let Some(prefix) = staff.caller.narrow(query.prefix.as_deref()) {
        let db = staff.tx(&app).await?;
        let status = query.status.unwrap_or(ProposalStatus::Open);
        rows = store::list_proposals(&db, (&prefix, status, &query), page.after(), limit).await?;
    }
    audit::subjects(rows.iter().map(|(proposal, _)| proposal.person_id));
    let viewer = Viewer::Staff(staff.caller.role);
    let mut items = Vec::with_capacity(rows.len());
    for (mut proposal, sealed) in rows {
        let name = (proposal.person_id.get(), sealed.as_deref());
        proposal.name = masking::show(&app.sealer, viewer, Shown::Name, name)?;
        items.push(proposal.seen_by(&staff.caller, now));
    }
    Ok(Json(Page::new(items, limit, |item| item.proposal_id.get())))
}

/// One proposal.
#[utoipa::path(get, path = "/api/v1/red-proposals/{person_id}/{proposal_id}", operation_id = "get_red_proposal",
    tag = "red", security(("staff" = [])), params(("person_id" = i64, Path,), ("proposal_id" = i64, Path,)),
    responses((status = 200, body = Proposal), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_red_proposal(
    State(app): State<App>,
    proposal: Authorised<Proposal, ProposeRed>,
) -> Json<Proposal> {
    Json(proposal.entity.seen_by(&proposal.caller, app.now()))
}

/// Confirms a proposal of another unit: from the commit on, every gate shows red.
#[utoipa::path(post, path = "/api/v1/red-proposals/{person_id}/{proposal_id}/confirm", operation_id = "confirm_red",
    tag = "red", security(("staff" = [])), params(("person_id" = i64, Path,), ("proposal_id" = i64, Path,)),
    responses((status = 200, body = ConfirmedView), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn confirm_red(
    State(app): State<App>,
    proposal: Authorised<Proposal, ConfirmRed>,
) -> ApiResult<Json<ConfirmedView>> {
    let view = confirm::confirm(&app, &proposal.entity, &proposal.caller).await?;
    Ok(Json(view))
}

/// Refuses a proposal: it is over, and nothing has changed.
#[utoipa::path(post, path = "/api/v1/red-proposals/{person_id}/{proposal_id}/refuse", operation_id = "refuse_red",
    tag = "red", security(("staff" = [])), params(("person_id" = i64, Path,), ("proposal_id" = i64, Path,)),
    responses((status = 200, body = Proposal), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn refuse_red(
    State(app): State<App>,
    proposal: Authorised<Proposal, ConfirmRed>,
) -> ApiResult<Json<Proposal>> {
    let (caller, proposal) = (proposal.caller, proposal.entity);
    let refused = confirm::refuse(&app, &proposal, &caller).await?;
    Ok(Json(refused.seen_by(&caller, app.now())))
}

/// Takes a proposal back; only who made it can.
#[utoipa::path(post, path = "/api/v1/red-proposals/{person_id}/{proposal_id}/withdraw", operation_id = "withdraw_red",
    tag = "red", security(("staff" = [])), params(("person_id" = i64, Path,), ("proposal_id" = i64, Path,)),
    responses((status = 200, body = Proposal), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn withdraw_red(
    State(app): State<App>,
    proposal: Authorised<Proposal, ProposeRed>,
) -> ApiResult<Json<Proposal>> {
    let (caller, proposal) = (proposal.caller, proposal.entity);
    let withdrawn = confirm::withdraw(&app, &proposal, &caller).await?;
    Ok(Json(withdrawn.seen_by(&caller, app.now())))
}
