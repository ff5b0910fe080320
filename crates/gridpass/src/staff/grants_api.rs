//! Operations on grants.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::ids::GrantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::accounts::StaffAccount;
use super::grants::{self, GrantInput, HandOverInput, store};
use super::model::GrantView;
use crate::access::{ManageStaff, SignedIn};
use crate::app::App;
use crate::auth::{Authorised, Entering, Staff};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;

/// A grant just given.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct GrantedView {
    /// Identity.
    pub grant_id: GrantId,
}

/// Gives somebody else a role, within the caller's own jurisdiction.
#[utoipa::path(post, path = "/api/v1/staff/{staff_id}/grants", operation_id = "grant_role", tag = "staff",
    security(("staff" = [])), params(("staff_id" = i64, Path)), request_body = GrantInput,
    responses((status = 201, body = GrantedView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn grant_role(
    State(app): State<App>,
    account: Authorised<StaffAccount, ManageStaff>,
    extract::Json(input): extract::Json<GrantInput>,
) -> ApiResult<(StatusCode, Json<GrantedView>)> {
    let staff_id = account.entity.0.staff_id;
    let grant_id = grants::grant(&app, &account.caller, staff_id, input).await?;
    Ok((StatusCode::CREATED, Json(GrantedView { grant_id })))
}

/// Ends a grant of somebody else, and what was handed over from it.
#[utoipa::path(delete, path = "/api/v1/staff/{staff_id}/grants/{grant_id}", operation_id = "end_grant", tag = "staff",
    security(("staff" = [])), params(("staff_id" = i64, Path), ("grant_id" = i64, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn end_grant(
    State(app): State<App>,
    staff: Staff<ManageStaff>,
    extract::Path((staff_id, grant_id)): extract::Path<(i64, GrantId)>,
) -> ApiResult<StatusCode> {
    let account = crate::auth::authorise::<StaffAccount>(&app, &staff.caller, staff_id).await?;
    let account = account.of_another(&staff.caller)?;
    let db = app.db.tx().await?;
    let which = (account.staff_id, grant_id);
    if !store::end_grant(&db, which, staff.caller.staff_id, app.now()).await? {
        return Err(Code::NotFound.into());
    }
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Hands one of the caller's grants over to a colleague for a time.
#[utoipa::path(post, path = "/api/v1/me/grants/{grant_id}/hand-over", operation_id = "hand_over_grant", tag = "staff",
    security(("staff" = [])), params(("grant_id" = i64, Path)), request_body = HandOverInput,
    responses((status = 201, body = GrantedView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn hand_over_grant(
    State(app): State<App>,
    _staff: Staff<SignedIn>,
    Entering(session): Entering,
    extract::Path(grant_id): extract::Path<GrantId>,
    extract::Json(input): extract::Json<HandOverInput>,
) -> ApiResult<(StatusCode, Json<GrantedView>)> {
    let grant_id = grants::hand_over(&app, &session, grant_id, input).await?;
    Ok((StatusCode::CREATED, Json(GrantedView { grant_id })))
}

/// What the caller handed over and what still counts of it.
#[utoipa::path(get, path = "/api/v1/me/hand-overs", operation_id = "list_hand_overs", tag = "staff",
    security(("staff" = [])), responses((status = 200, body = Vec<GrantView>), (status = 403, body = Problem)))]
pub async fn list_hand_overs(
    State(app): State<App>,
    staff: Staff<SignedIn>,
) -> ApiResult<Json<Vec<GrantView>>> {
    let db = app.db.client().await?;
    Ok(Json(
        store::list_hand_overs(&db, staff.caller.staff_id, app.now()).await?,
    ))
}

/// Takes back what the caller handed over.
#[utoipa::path(delete, path = "/api/v1/me/hand-overs/{grant_id}", operation_id = "end_hand_over", tag = "staff",
    security(("staff" = [])), params(("grant_id" = i64, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn end_hand_over(
    State(app): State<App>,
    staff: Staff<SignedIn>,
    extract::Path(grant_id): extract::Path<GrantId>,
) -> ApiResult<StatusCode> {
    let db = app.db.tx().await?;
    if !store::end_hand_over(&db, grant_id, staff.caller.staff_id, app.now()).await? {
        return Err(Code::NotFound.into());
    }
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
