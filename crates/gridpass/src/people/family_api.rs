//! Handlers of the family on a phone.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::family::{self, carrier_of, dependant_of};
use super::family_model::{FamilyView, HandOverPassInput};
use super::holder::Holder;
use crate::app::App;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;

/// Whose passes this phone carries, and whose phones carry the holder's.
#[utoipa::path(get, path = "/api/v1/pass/family", operation_id = "get_family", tag = "people",
    security(("holder" = [])),
    responses((status = 200, body = FamilyView), (status = 401, body = Problem)))]
pub async fn get_family(State(app): State<App>, holder: Holder) -> ApiResult<Json<FamilyView>> {
    Ok(Json(FamilyView {
        members: family::members(&app, holder.person_id).await?,
        carriers: family::carriers(&app, holder.person_id).await?,
    }))
}

/// Takes a dependant's pass off the holder's phone. The person stays known.
#[utoipa::path(delete, path = "/api/v1/pass/dependants/{pass_serial}", operation_id = "remove_dependant", tag = "people",
    security(("holder" = [])), params(("pass_serial" = i32, Path,)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn remove_dependant(
    State(app): State<App>,
    holder: Holder,
    extract::Path(serial): extract::Path<i32>,
) -> ApiResult<StatusCode> {
    let dependant = dependant_of(&app, holder.person_id, serial).await?;
    family::take_off(&app, holder.person_id, dependant).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Hands a dependant's pass over to a phone of their own, which proves itself by a code. On it
/// they then apply like everybody else.
#[utoipa::path(post, path = "/api/v1/pass/dependants/{pass_serial}/hand-over", operation_id = "hand_over_pass", tag = "people",
    security(("holder" = [])), params(("pass_serial" = i32, Path,)), request_body = HandOverPassInput,
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn hand_over_pass(
    State(app): State<App>,
    holder: Holder,
    extract::Path(serial): extract::Path<i32>,
    extract::Json(input): extract::Json<HandOverPassInput>,
) -> ApiResult<StatusCode> {
    let dependant = dependant_of(&app, holder.person_id, serial).await?;
    family::hand_over(&app, (holder.person_id, dependant), &input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the holder's pass off somebody else's phone.
#[utoipa::path(delete, path = "/api/v1/pass/carriers/{pass_serial}", operation_id = "leave_carrier", tag = "people",
    security(("holder" = [])), params(("pass_serial" = i32, Path,)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn leave_carrier(
    State(app): State<App>,
    holder: Holder,
    extract::Path(serial): extract::Path<i32>,
) -> ApiResult<StatusCode> {
    let guardian = carrier_of(&app, holder.person_id, serial).await?;
    crate::audit::subject(guardian);
    family::take_off(&app, guardian, holder.person_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes another mobile number of the holder, which proves itself by a code; the number held
/// until now is told.
#[utoipa::path(put, path = "/api/v1/pass/phone", operation_id = "change_own_phone", tag = "people",
    security(("holder" = [])), request_body = HandOverPassInput,
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn change_own_phone(
    State(app): State<App>,
    holder: Holder,
    extract::Json(input): extract::Json<HandOverPassInput>,
) -> ApiResult<StatusCode> {
    family::change_phone(&app, holder.person_id, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}
