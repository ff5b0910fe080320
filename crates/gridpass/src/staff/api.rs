//! Sign in, sign out, accounts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass_types::ids::StaffId;
use jiff::SignedDuration;

use super::model::{self, NewStaff, SessionView, SignInInput, StaffView};
use super::store;
use crate::access::{ManageStaff, SignedIn};
use crate::app::App;
use crate::auth::{self, STAFF_TOKEN_PREFIX, Staff};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::seal::token_digest;

/// How long a session lasts at most.
const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(12);

/// Opens a session.
#[utoipa::path(post, path = "/api/v1/sessions", operation_id = "sign_in", tag = "staff",
    request_body = SignInInput,
    responses((status = 201, body = SessionView), (status = 401, body = crate::http::error::Problem)))]
pub async fn sign_in(
    State(app): State<App>,
    extract::Json(input): extract::Json<SignInInput>,
) -> ApiResult<(StatusCode, Json<SessionView>)> {
    let db = app.db.client().await?;
    let account = store::find_account(&db, &input.username).await?;
    drop(db);
    let account = check_password(&app, account, input.password).await?;
    let session = open_session(&app, account).await?;
    Ok((StatusCode::CREATED, Json(session)))
}

/// Makes a token, which only the answer holds, and stores its digest.
async fn open_session(app: &App, account: StaffView) -> ApiResult<SessionView> {
    let token = format!(
        "{STAFF_TOKEN_PREFIX}{}",
        URL_SAFE_NO_PAD.encode(app.entropy.bytes::<24>())
    );
    let now = app.now();
    let expires_at = now + SESSION_LIFE;
    let digest = token_digest(&token);
    let db = app.db.client().await?;
    auth::store::insert_session(&db, &digest, account.staff_id, now, expires_at).await?;
    Ok(SessionView {
        token,
        expires_at,
        account,
    })
}

/// Verifies off the async threads, and against a decoy when there is no such account, so
/// that the time taken does not tell which it was.
async fn check_password(
    app: &App,
    account: Option<store::Account>,
    password: String,
) -> ApiResult<StaffView> {
    let salt = app.entropy.bytes();
    let (view, stored) = account.map_or((None, None), |found| {
        (Some(found.view), Some(found.password_hash))
    });
    let checked = tokio::task::spawn_blocking(move || match stored {
        Some(hash) => model::verify_password(&password, &hash),
        None => model::hash_password(&password, &salt).is_err(),
    });
    let right = checked
        .await
        .map_err(|error| ApiError::internal(anyhow::Error::new(error)))?;
    view.filter(|_| right)
        .ok_or_else(|| Code::WrongCredentials.into())
}

/// Ends the session of the caller's token.
#[utoipa::path(delete, path = "/api/v1/sessions/current", operation_id = "sign_out", tag = "staff",
    security(("staff" = [])), responses((status = 204), (status = 401, body = crate::http::error::Problem)))]
pub async fn sign_out(
    State(app): State<App>,
    _caller: Staff<SignedIn>,
    parts: Parts,
) -> ApiResult<StatusCode> {
    let digest = token_digest(auth::bearer(&parts)?);
    auth::store::revoke_session(&app.db.client().await?, &digest, app.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The caller's own account.
#[utoipa::path(get, path = "/api/v1/me", operation_id = "get_me", tag = "staff",
    security(("staff" = [])), responses((status = 200, body = StaffView), (status = 401, body = crate::http::error::Problem)))]
pub async fn get_me(State(app): State<App>, staff: Staff<SignedIn>) -> ApiResult<Json<StaffView>> {
    let found = store::find_staff(&app.db.client().await?, staff.caller.staff_id).await?;
    found.map(Json).ok_or_else(|| Code::NotFound.into())
}

/// Makes an account within the caller's jurisdiction.
#[utoipa::path(post, path = "/api/v1/staff", operation_id = "create_staff", tag = "staff",
    security(("staff" = [])), request_body = NewStaff,
    responses((status = 201, body = StaffView), (status = 403, body = crate::http::error::Problem),
              (status = 409, body = crate::http::error::Problem), (status = 422, body = crate::http::error::Problem)))]
pub async fn create_staff(
    State(app): State<App>,
    staff: Staff<ManageStaff>,
    extract::Json(input): extract::Json<NewStaff>,
) -> ApiResult<(StatusCode, Json<StaffView>)> {
    input.validate()?;
    if !staff.caller.covers(&input.jurisdiction) {
        return Err(Code::OutsideJurisdiction.into());
    }
    let view = insert(&app, input).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Makes an account; also the way the first administrator comes in, from the command line.
pub async fn insert(app: &App, input: NewStaff) -> ApiResult<StaffView> {
    input.validate()?;
    let staff_id = StaffId::new(app.ids.next());
    let salt = app.entropy.bytes();
    let NewStaff {
        username,
        password,
        role,
        jurisdiction,
        display_name,
        unit,
    } = input;
    let hashed = tokio::task::spawn_blocking(move || model::hash_password(&password, &salt));
    let password_hash = hashed
        .await
        .map_err(|error| ApiError::internal(anyhow::Error::new(error)))??;
    let row = store::NewRow {
        staff_id,
        username: &username,
        display_name: &display_name,
        password_hash: &password_hash,
        role,
        jurisdiction: &jurisdiction,
        unit: &unit,
    };
    let inserted = store::insert_staff(&app.db.client().await?, &row, app.now()).await;
    inserted.map_err(|error| {
        if crate::http::error::violates(&error, "staff_username_key") {
            Code::UsernameTaken.into()
        } else {
            ApiError::from(error)
        }
    })?;
    Ok(StaffView {
        staff_id,
        username,
        display_name,
        role,
        jurisdiction,
        unit,
    })
}

/// Accounts within the caller's jurisdiction.
#[utoipa::path(get, path = "/api/v1/staff", operation_id = "list_staff", tag = "staff",
    security(("staff" = [])), params(PageQuery),
    responses((status = 200, body = Page<StaffView>), (status = 403, body = crate::http::error::Problem)))]
pub async fn list_staff(
    State(app): State<App>,
    staff: Staff<ManageStaff>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<StaffView>>> {
    let db = app.db.client().await?;
    let limit = page.limit();
    let items = store::list_staff(&db, &staff.caller.jurisdiction, page.after(), limit).await?;
    Ok(Json(Page::new(items, limit, |item| item.staff_id.get())))
}
