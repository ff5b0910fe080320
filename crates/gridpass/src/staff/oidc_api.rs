//! Operations of signing in through an identity provider.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::accounts::StaffAccount;
use super::model::{SessionView, all_right};
use super::oidc::{self, IdentityAnswer, IdentityQuestion, Provider};
use super::sign_in;
use crate::access::ManageStaff;
use crate::app::App;
use crate::auth::Authorised;
use crate::http::error::{ApiResult, FieldError, Problem};
use crate::http::extract;

/// Bytes of a provider's name of a person at most (OpenID Connect Core 1.0 §2).
const SUBJECT_BYTES_MAX: usize = 255;

/// The identity provider, for the sign-in page and for linking accounts.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ProviderView {
    /// As it names itself; null when there is none.
    pub issuer: Option<String>,
}

/// Who an account is at the provider.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityLink {
    /// The provider's own name of the person (`sub`); null takes the link away.
    pub subject: Option<String>,
}

impl IdentityLink {
    fn validate(&self) -> ApiResult<()> {
        let wrong = self.subject.as_deref().is_some_and(|subject| {
            subject.is_empty()
                || subject.len() > SUBJECT_BYTES_MAX
                || subject.trim() != subject
                || subject.chars().any(char::is_control)
        });
        let problem = FieldError::new(
            "subject",
            "subject_invalid",
            "1 to 255 characters, without spaces around them",
            "1 至 255 个字符，首尾不得有空格",
        );
        all_right(wrong.then_some(problem).into_iter().collect())
    }
}

/// The identity provider one may sign in through, if there is one.
#[utoipa::path(get, path = "/api/v1/identity-provider", operation_id = "get_identity_provider", tag = "staff",
    responses((status = 200, body = ProviderView)))]
pub async fn get_identity_provider(State(app): State<App>) -> Json<ProviderView> {
    let provider = app.part::<Provider>();
    let issuer = provider.given().ok().map(|given| given.issuer.clone());
    Json(ProviderView { issuer })
}

/// Begins signing in through the provider.
#[utoipa::path(post, path = "/api/v1/identity-provider/questions", operation_id = "ask_identity_provider", tag = "staff",
    responses((status = 201, body = IdentityQuestion), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub async fn ask_identity_provider(
    State(app): State<App>,
) -> ApiResult<(StatusCode, Json<IdentityQuestion>)> {
    Ok((StatusCode::CREATED, Json(oidc::ask(&app).await?)))
}

/// Opens a session with the provider's answer. `account.needs` says what is missing before it
/// may do anything.
#[utoipa::path(post, path = "/api/v1/identity-provider/sessions", operation_id = "sign_in_with_identity", tag = "staff",
    request_body = IdentityAnswer,
    responses((status = 201, body = SessionView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 503, body = Problem)))]
pub async fn sign_in_with_identity(
    State(app): State<App>,
    headers: HeaderMap,
    extract::Json(input): extract::Json<IdentityAnswer>,
) -> ApiResult<(StatusCode, Json<SessionView>)> {
    let opened = oidc::answer(&app, &input, sign_in::client_of(&headers)).await?;
    Ok((StatusCode::CREATED, Json(opened)))
}

/// Links an account to a person of the identity provider, or to none, and ends the account's
/// sessions.
#[utoipa::path(put, path = "/api/v1/staff/{staff_id}/identity", operation_id = "link_identity", tag = "staff",
    security(("staff" = [])), params(("staff_id" = i64, Path)), request_body = IdentityLink,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn link_identity(
    State(app): State<App>,
    account: Authorised<StaffAccount, ManageStaff>,
    extract::Json(input): extract::Json<IdentityLink>,
) -> ApiResult<StatusCode> {
    let by = account.caller.staff_id;
    let staff_id = account.entity.of_another(&account.caller)?.staff_id;
    input.validate()?;
    oidc::link(&app, staff_id, input.subject, by).await?;
    Ok(StatusCode::NO_CONTENT)
}
