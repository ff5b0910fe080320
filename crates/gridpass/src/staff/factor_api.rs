//! Operations on one's own second factor.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::MeView;
use super::{factor, sign_in};
use crate::app::App;
use crate::auth::{self, Entering};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;

/// A code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeInput {
    /// Six digits of the authenticator app, or a recovery code.
    pub code: String,
}

/// What an authenticator app needs.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct NewFactorView {
    /// The secret in base32, for typing it in.
    pub secret: String,
    /// The address to show as a QR code.
    pub otpauth_uri: String,
}

/// Codes that stand in for a lost second factor, each once; shown only here.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct RecoveryCodesView {
    /// Ten codes.
    pub recovery_codes: Vec<String>,
}

/// Presents a code of the second factor for this session.
#[utoipa::path(post, path = "/api/v1/sessions/current/second-factor", operation_id = "present_second_factor",
    tag = "staff", security(("staff" = [])), request_body = CodeInput,
    responses((status = 200, body = MeView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn present_second_factor(
    State(app): State<App>,
    Entering(mut session): Entering,
    headers: HeaderMap,
    extract::Json(input): extract::Json<CodeInput>,
) -> ApiResult<Json<MeView>> {
    let client = sign_in::client_of(&headers);
    factor::present(&app, &session, &input.code, &client).await?;
    session
        .needs
        .retain(|need| *need != auth::Need::SecondFactor);
    Ok(Json(sign_in::me(&app, &session).await?))
}

/// Makes a secret for an authenticator app; it counts once a first code proves it.
#[utoipa::path(post, path = "/api/v1/me/second-factor", operation_id = "begin_second_factor",
    tag = "staff", security(("staff" = [])),
    responses((status = 200, body = NewFactorView), (status = 401, body = Problem), (status = 409, body = Problem)))]
pub async fn begin_second_factor(
    State(app): State<App>,
    Entering(session): Entering,
) -> ApiResult<Json<NewFactorView>> {
    let secret = factor::begin(&app, &session).await?;
    let me = sign_in::me(&app, &session).await?;
    Ok(Json(NewFactorView {
        otpauth_uri: factor::otpauth_uri(&secret, &me.username),
        secret,
    }))
}

/// Puts the second factor into force with its first code.
#[utoipa::path(post, path = "/api/v1/me/second-factor/confirm", operation_id = "confirm_second_factor",
    tag = "staff", security(("staff" = [])), request_body = CodeInput,
    responses((status = 200, body = RecoveryCodesView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn confirm_second_factor(
    State(app): State<App>,
    Entering(session): Entering,
    extract::Json(input): extract::Json<CodeInput>,
) -> ApiResult<Json<RecoveryCodesView>> {
    let recovery_codes = factor::confirm(&app, &session, &input.code).await?;
    Ok(Json(RecoveryCodesView { recovery_codes }))
}

/// Makes new recovery codes; the old ones count no more.
#[utoipa::path(post, path = "/api/v1/me/recovery-codes", operation_id = "renew_recovery_codes",
    tag = "staff", security(("staff" = [])),
    responses((status = 200, body = RecoveryCodesView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 409, body = Problem)))]
pub async fn renew_recovery_codes(
    State(app): State<App>,
    Entering(session): Entering,
) -> ApiResult<Json<RecoveryCodesView>> {
    session.require_factor()?;
    if !session.has_factor {
        return Err(Code::Conflict.into());
    }
    let db = app.db.tx().await?;
    let recovery_codes = factor::renew_codes(&app, &db, session.staff_id).await?;
    db.commit().await?;
    Ok(Json(RecoveryCodesView { recovery_codes }))
}
