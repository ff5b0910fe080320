//! Operations on sessions, and on one's own account.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use gridpass_types::ids::SessionId;

use super::model::{
    GrantChoice, MeView, PasswordChange, SessionView, SignInInput, SignInRow, TenDontView,
    TenDontsInput, TenDontsView, all_right,
};
use super::sign_in::{self, TRIES_MAX, Windows};
use super::{grants, password, store};
use crate::app::App;
use crate::auth::store::{SessionRow, Which};
use crate::auth::{self, Entering, Session};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::ten_donts;

/// Opens a session. `account.needs` says what is missing before it may do anything.
#[utoipa::path(post, path = "/api/v1/sessions", operation_id = "sign_in", tag = "staff",
    request_body = SignInInput,
    responses((status = 201, body = SessionView), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    extract::Json(input): extract::Json<SignInInput>,
) -> ApiResult<(StatusCode, Json<SessionView>)> {
    let opened = sign_in::with_password(&app, input, sign_in::client_of(&headers)).await?;
    Ok((StatusCode::CREATED, Json(opened)))
}

/// Ends the session of the caller's token.
#[utoipa::path(delete, path = "/api/v1/sessions/current", operation_id = "sign_out", tag = "staff",
    security(("staff" = [])), responses((status = 204), (status = 401, body = Problem)))]
pub async fn sign_out(
    State(app): State<App>,
    Entering(session): Entering,
) -> ApiResult<StatusCode> {
    end(&app, &session, Which::One(session.session_id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn end(app: &App, session: &Session, which: Which) -> ApiResult<u64> {
    let db = app.db.tx().await?;
    let ended = auth::store::revoke_sessions(&db, session.staff_id, which, app.now()).await?;
    db.commit().await?;
    Ok(ended)
}

/// Chooses or changes the grant the session acts under.
#[utoipa::path(put, path = "/api/v1/sessions/current/grant", operation_id = "choose_grant", tag = "staff",
    security(("staff" = [])), request_body = GrantChoice,
    responses((status = 200, body = MeView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
pub async fn choose_grant(
    State(app): State<App>,
    Entering(mut session): Entering,
    extract::Json(input): extract::Json<GrantChoice>,
) -> ApiResult<Json<MeView>> {
    session.require_factor()?;
    grants::choose(&app, &mut session, input.grant_id).await?;
    Ok(Json(sign_in::me(&app, &session).await?))
}

/// The caller's own account, and what is still missing.
#[utoipa::path(get, path = "/api/v1/me", operation_id = "get_me", tag = "staff",
    security(("staff" = [])), responses((status = 200, body = MeView), (status = 401, body = Problem)))]
pub async fn get_me(
    State(app): State<App>,
    Entering(session): Entering,
) -> ApiResult<Json<MeView>> {
    Ok(Json(sign_in::me(&app, &session).await?))
}

/// The caller's live sessions, newest first.
#[utoipa::path(get, path = "/api/v1/me/sessions", operation_id = "list_own_sessions", tag = "staff",
    security(("staff" = [])),
    responses((status = 200, body = Vec<SessionRow>), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn list_own_sessions(
    State(app): State<App>,
    Entering(session): Entering,
) -> ApiResult<Json<Vec<SessionRow>>> {
    session.require_factor()?;
    let now = app.now();
    let times = (now, now - app.settings.sign_in.idle_max);
    let db = app.db.client().await?;
    let current = Some(session.session_id);
    Ok(Json(
        auth::store::list_sessions(&db, session.staff_id, times, current).await?,
    ))
}

/// Ends every session of the caller but the one that asks.
#[utoipa::path(delete, path = "/api/v1/me/sessions", operation_id = "end_other_sessions", tag = "staff",
    security(("staff" = [])), responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn end_other_sessions(
    State(app): State<App>,
    Entering(session): Entering,
) -> ApiResult<StatusCode> {
    session.require_factor()?;
    end(&app, &session, Which::AllBut(session.session_id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one session of the caller.
#[utoipa::path(delete, path = "/api/v1/me/sessions/{session_id}", operation_id = "end_own_session", tag = "staff",
    security(("staff" = [])), params(("session_id" = i64, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn end_own_session(
    State(app): State<App>,
    Entering(session): Entering,
    extract::Path(session_id): extract::Path<SessionId>,
) -> ApiResult<StatusCode> {
    session.require_factor()?;
    match end(&app, &session, Which::One(session_id)).await? {
        0 => Err(Code::NotFound.into()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// The last attempts to sign in to the caller's account, newest first.
#[utoipa::path(get, path = "/api/v1/me/sign-ins", operation_id = "list_own_sign_ins", tag = "staff",
    security(("staff" = [])),
    responses((status = 200, body = Vec<SignInRow>), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn list_own_sign_ins(
    State(app): State<App>,
    Entering(session): Entering,
) -> ApiResult<Json<Vec<SignInRow>>> {
    session.require_factor()?;
    let db = app.db.client().await?;
    Ok(Json(store::list_sign_ins(&db, session.staff_id).await?))
}

/// The ten rules of information security, in the version to confirm.
#[utoipa::path(get, path = "/api/v1/me/ten-donts", operation_id = "get_ten_donts", tag = "staff",
    security(("staff" = [])), responses((status = 200, body = TenDontsView), (status = 401, body = Problem)))]
pub async fn get_ten_donts(_session: Entering) -> Json<TenDontsView> {
    let rules = ten_donts::ALL.iter().map(|rule| TenDontView {
        zh: rule.zh.to_owned(),
        en: rule.en.to_owned(),
    });
    Json(TenDontsView {
        version: ten_donts::VERSION,
        rules: rules.collect(),
    })
}

/// Confirms the ten rules. Another version than the one in force is 409: read it first.
#[utoipa::path(post, path = "/api/v1/me/ten-donts", operation_id = "confirm_ten_donts", tag = "staff",
    security(("staff" = [])), request_body = TenDontsInput,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub async fn confirm_ten_donts(
    State(app): State<App>,
    Entering(session): Entering,
    extract::Json(input): extract::Json<TenDontsInput>,
) -> ApiResult<StatusCode> {
    session.require_factor()?;
    if input.version != ten_donts::VERSION {
        return Err(Code::Conflict.into());
    }
    let db = app.db.tx().await?;
    store::set_ten_donts(&db, session.staff_id, input.version, app.now()).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the caller's own password and ends the account's other sessions.
#[utoipa::path(put, path = "/api/v1/me/password", operation_id = "change_password", tag = "staff",
    security(("staff" = [])), request_body = PasswordChange,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn change_password(
    State(app): State<App>,
    Entering(session): Entering,
    extract::Json(input): extract::Json<PasswordChange>,
) -> ApiResult<StatusCode> {
    session.require_factor()?;
    change(&app, &session, input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The present password counts as an attempt, so that a session left open is no way to
/// guess it.
async fn change(app: &App, session: &Session, input: PasswordChange) -> ApiResult<()> {
    let now = app.now();
    let staff_id = session.staff_id;
    let db = app.db.client().await?;
    let account = store::find_staff(&db, staff_id, Windows::at(now)).await?;
    let account = account.ok_or(Code::SessionExpired)?;
    let about = [account.username.as_str(), account.display_name.as_str()];
    let mut wrong: Vec<_> = password::problem(&input.password, &about)
        .into_iter()
        .collect();
    if input.password == input.current {
        wrong.push(password::unchanged());
    }
    all_right(wrong)?;
    let ticket = store::take_ticket(&db, store::Account::Of(staff_id), Windows::at(now)).await?;
    let ticket = ticket.ok_or(Code::SessionExpired)?;
    drop(db);
    if ticket.tries > TRIES_MAX {
        return Err(Code::AccountLocked.into());
    }
    if !password::verify_apart(app, input.current, Some(ticket.password_hash)).await? {
        return Err(Code::PasswordWrong.into());
    }
    let hashed = password::hash_apart(app, input.password).await?;
    let db = app.db.tx().await?;
    store::set_password(&db, staff_id, (&hashed, false), now).await?;
    let others = Which::AllBut(session.session_id);
    auth::store::revoke_sessions(&db, staff_id, others, now).await?;
    db.commit().await?;
    Ok(())
}
