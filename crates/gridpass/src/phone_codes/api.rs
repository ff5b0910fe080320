//! Handlers: ask for a code, and read one in a demo.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::model::{PhoneCodeInput, PhoneCodeView, ShownCodeView};
use super::{CODE_LIFE, RESEND_AFTER, Shown, send};
use crate::app::App;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::limits::Network;

/// Sends a one-time code to a phone. The answer is the same for every phone.
#[utoipa::path(post, path = "/api/v1/phone-codes", operation_id = "request_phone_code", tag = "phones",
    request_body = PhoneCodeInput,
    responses((status = 202, body = PhoneCodeView), (status = 422, body = Problem), (status = 429, body = Problem),
              (status = 501, body = Problem), (status = 503, body = Problem)))]
pub async fn request_phone_code(
    State(app): State<App>,
    from: Network,
    extract::Json(input): extract::Json<PhoneCodeInput>,
) -> ApiResult<(StatusCode, Json<PhoneCodeView>)> {
    send(&app, from, &input.phone()?, input.purpose).await?;
    let view = PhoneCodeView {
        expires_at: app.now() + CODE_LIFE,
        resend_after_s: RESEND_AFTER.as_secs(),
    };
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// The last code sent to a phone, for synthetic people, who have none. Refused outside demo mode.
#[utoipa::path(post, path = "/api/v1/phone-codes/shown", operation_id = "show_phone_code", tag = "phones",
    request_body = PhoneCodeInput,
    responses((status = 200, body = ShownCodeView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn show_phone_code(
    State(app): State<App>,
    extract::Json(input): extract::Json<PhoneCodeInput>,
) -> ApiResult<Json<ShownCodeView>> {
    if !app.settings.demo {
        return Err(Code::DemoOnly.into());
    }
    let found = app.part::<Shown>().find(&input.phone()?, input.purpose);
    let code = found.ok_or(ApiError::new(Code::NotFound))?;
    Ok(Json(ShownCodeView { code }))
}
