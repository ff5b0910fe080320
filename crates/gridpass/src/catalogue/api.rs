//! Reading the catalogue, and its life by two people.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::model::{CatalogueEntryView, EntryDecision, NewCatalogueEntry};
use super::propose::{self, view};
use crate::access::{ApproveRules, ManageRules, ReadCatalogue, WithdrawRules};
use crate::app::App;
use crate::auth::Staff;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};

/// Kinds of facts and columns of the state in the order of their proposal, with where each stands.
#[utoipa::path(get, path = "/api/v1/catalogue-entries", operation_id = "list_catalogue_entries", tag = "rules",
    security(("staff" = [])), params(PageQuery),
    responses((status = 200, body = Page<CatalogueEntryView>), (status = 403, body = Problem)))]
pub async fn list_catalogue_entries(
    State(app): State<App>,
    staff: Staff<ReadCatalogue>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<CatalogueEntryView>>> {
    let limit = page.limit();
    let items = propose::list(&app, &staff, (page.after(), limit)).await?;
    Ok(Json(Page::new(items, limit, |item| item.proposal_id)))
}

/// Proposes a kind or a column. It counts once somebody of another unit has approved it.
#[utoipa::path(post, path = "/api/v1/catalogue-entries", operation_id = "propose_catalogue_entry", tag = "rules",
    security(("staff" = [])), request_body = NewCatalogueEntry,
    responses((status = 201, body = CatalogueEntryView), (status = 403, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn propose_catalogue_entry(
    State(app): State<App>,
    staff: Staff<ManageRules>,
    extract::Json(input): extract::Json<NewCatalogueEntry>,
) -> ApiResult<(StatusCode, Json<CatalogueEntryView>)> {
    let proposal = propose::propose(&app, &staff.caller, input).await?;
    Ok((StatusCode::CREATED, Json(view(proposal, &staff.caller))))
}

/// Takes a proposal into the catalogue, for good: whoever approves is of another unit.
#[utoipa::path(post, path = "/api/v1/catalogue-entries/{entry_id}/approve", operation_id = "approve_catalogue_entry",
    tag = "rules", security(("staff" = [])), params(("entry_id" = i64, Path,)), request_body = EntryDecision,
    responses((status = 200, body = CatalogueEntryView), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn approve_catalogue_entry(
    State(app): State<App>,
    staff: Staff<ApproveRules>,
    extract::Path(entry_id): extract::Path<i64>,
    extract::Json(input): extract::Json<EntryDecision>,
) -> ApiResult<Json<CatalogueEntryView>> {
    let proposal = propose::approve(&app, &staff.caller, (entry_id, &input.note)).await?;
    Ok(Json(view(proposal, &staff.caller)))
}

/// Gives a proposal up before it counts; its record stays.
#[utoipa::path(post, path = "/api/v1/catalogue-entries/{entry_id}/withdraw", operation_id = "withdraw_catalogue_entry",
    tag = "rules", security(("staff" = [])), params(("entry_id" = i64, Path,)), request_body = EntryDecision,
    responses((status = 200, body = CatalogueEntryView), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn withdraw_catalogue_entry(
    State(app): State<App>,
    staff: Staff<WithdrawRules>,
    extract::Path(entry_id): extract::Path<i64>,
    extract::Json(input): extract::Json<EntryDecision>,
) -> ApiResult<Json<CatalogueEntryView>> {
    let proposal = propose::withdraw(&app, &staff.caller, (entry_id, &input.note)).await?;
    Ok(Json(view(proposal, &staff.caller)))
}
