//! Operations of the security administrator on other people's accounts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::ids::StaffId;

use super::grants::{self, NewGrant};
use super::model::{NewStaff, PasswordInput, SignInRow, StaffView, all_right};
use super::sign_in::Windows;
use super::{factor, oidc, password, store};
use crate::access::ManageStaff;
use crate::app::App;
use crate::audit;
use crate::auth::store::{SessionRow, Which};
use crate::auth::{self, Authorised, Caller, Entity, Scope, Staff};
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};

/// An account in the jurisdiction of the security administrator who asks.
pub struct StaffAccount(pub StaffView);

impl Entity for StaffAccount {
    type Id = i64;

    async fn load(app: &App, db: &Client, id: i64) -> ApiResult<Option<Self>> {
        let now = app.now();
        let staff_id = StaffId::new(id);
        let Some(mut view) = store::find_staff(db, staff_id, Windows::at(now)).await? else {
            return Ok(None);
        };
        view.grants = grants::store::list_live_grants(db, staff_id, now).await?;
        Ok(Some(Self(view)))
    }

    fn place_code(&self) -> &str {
        &self.0.jurisdiction
    }
}

impl StaffAccount {
    /// The account, unless it is the caller's own: nobody is their own administrator.
    pub fn of_another(self, caller: &Caller) -> ApiResult<StaffView> {
        if self.0.staff_id == caller.staff_id {
            return Err(Code::OwnAccount.into());
        }
        Ok(self.0)
    }
}

/// Who makes an account.
#[derive(Clone, Copy, Debug)]
pub enum Maker {
    /// The operator, on the command line. The password was drawn there and is shown once.
    CommandLine {
        /// Whether whoever signs in must change it.
        must_change: bool,
    },
    /// A security administrator.
    Administrator(StaffId),
}

/// Makes an account within the caller's jurisdiction, with its first grant.
#[utoipa::path(post, path = "/api/v1/staff", operation_id = "create_staff", tag = "staff",
    security(("staff" = [])), request_body = NewStaff,
    responses((status = 201, body = StaffView), (status = 403, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_staff(
    State(app): State<App>,
    staff: Staff<ManageStaff>,
    extract::Json(input): extract::Json<NewStaff>,
) -> ApiResult<(StatusCode, Json<StaffView>)> {
    input.validate()?;
    if !staff.caller.covers(&input.jurisdiction) {
        return Err(Code::OutsideJurisdiction.into());
    }
    let place = grants::first_place(&app, &staff.caller, &input).await?;
    let maker = Maker::Administrator(staff.caller.staff_id);
    let view = insert_valid(&app, input, place, maker).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Makes an account; also the way the first administrator comes in, from the command line.
pub async fn insert(app: &App, input: NewStaff, maker: Maker) -> ApiResult<StaffView> {
    input.validate()?;
    let place = (input.jurisdiction.clone(), Scope::Division);
    insert_valid(app, input, place, maker).await
}

async fn insert_valid(
    app: &App,
    input: NewStaff,
    (jurisdiction, scope): (String, Scope),
    maker: Maker,
) -> ApiResult<StaffView> {
    let now = app.now();
    let staff_id = StaffId::new(app.ids.next());
    let password_hash = password::hash_apart(app, input.password).await?;
    let (granted_by, password_must_change) = match maker {
        Maker::CommandLine { must_change } => (None, must_change),
        Maker::Administrator(by) => (Some(by), true),
    };
    let row = store::NewRow {
        staff_id,
        username: &input.username,
        display_name: &input.display_name,
        password_hash: &password_hash,
        password_must_change,
        jurisdiction: &input.jurisdiction,
        unit: &input.unit,
    };
    let db = app.db.tx().await?;
    store::insert_staff(&db, &row, now).await.map_err(taken)?;
    let first = NewGrant {
        staff_id,
        role: input.role,
        jurisdiction,
        scope,
        valid_from: now,
        valid_until: input.valid_until,
        reason: grants::FIRST_REASON.into(),
        granted_by,
        handed_from: None,
    };
    grants::insert(app, &db, &first).await?;
    audit::object(format!("staff/{staff_id}"));
    db.commit().await?;
    let made = StaffAccount::load(app, &app.db.client().await?, staff_id.get()).await?;
    made.map(|account| account.0)
        .ok_or_else(|| Code::NotFound.into())
}

fn taken(error: tokio_postgres::Error) -> ApiError {
    if crate::http::error::violates(&error, "staff_username_key") {
        Code::UsernameTaken.into()
    } else {
        ApiError::from(error)
    }
}

/// Accounts that the caller answers for.
#[utoipa::path(get, path = "/api/v1/staff", operation_id = "list_staff", tag = "staff",
    security(("staff" = [])), params(PageQuery),
    responses((status = 200, body = Page<StaffView>), (status = 403, body = Problem)))]
pub async fn list_staff(
    State(app): State<App>,
    staff: Staff<ManageStaff>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<StaffView>>> {
    let now = app.now();
    let db = app.db.client().await?;
    let limit = page.limit();
    let prefix = &staff.caller.jurisdiction;
    let range = (page.after(), limit);
    let mut items = store::list_staff(&db, prefix, range, Windows::at(now)).await?;
    let ids: Vec<StaffId> = items.iter().map(|item| item.staff_id).collect();
    for grant in grants::store::list_live_grants_of(&db, &ids, now).await? {
        if let Ok(at) = items.binary_search_by_key(&grant.staff_id, |item| item.staff_id) {
            items[at].grants.push(grant);
        }
    }
    Ok(Json(Page::new(items, limit, |item| item.staff_id.get())))
}

/// One account.
#[utoipa::path(get, path = "/api/v1/staff/{staff_id}", operation_id = "get_staff", tag = "staff",
    security(("staff" = [])), params(("staff_id" = i64, Path)),
    responses((status = 200, body = StaffView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_staff(
    State(app): State<App>,
    account: Authorised<StaffAccount, ManageStaff>,
) -> ApiResult<Json<StaffView>> {
    let mut view = account.entity.0;
    // Not the role of staff's to see: linking is all that is done with it.
    let db = app.db.client().await?;
    view.identity = oidc::identity_of(&db, view.staff_id).await?;
    Ok(Json(view))
}

/// Closes an account: its grants and sessions end at once. What it did stays on record.
#[utoipa::path(delete, path = "/api/v1/staff/{staff_id}", operation_id = "close_staff", tag = "staff",
    security(("staff" = [])), params(("staff_id" = i64, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn close_staff(
    State(app): State<App>,
    account: Authorised<StaffAccount, ManageStaff>,
) -> ApiResult<StatusCode> {
    let by = account.caller.staff_id;
    let staff_id = account.entity.of_another(&account.caller)?.staff_id;
    let db = app.db.tx().await?;
    store::close_staff(&db, staff_id).await?;
    // The person may be given another account later.
    oidc::store::delete_identity(&db, staff_id).await?;
    grants::store::end_all_grants(&db, staff_id, by, app.now()).await?;
    auth::store::revoke_sessions(&db, staff_id, Which::All, app.now()).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unlocks an account after too many wrong attempts.
#[utoipa::path(post, path = "/api/v1/staff/{staff_id}/unlock", operation_id = "unlock_staff", tag = "staff",
    security(("staff" = [])), params(("staff_id" = i64, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn unlock_staff(
    State(app): State<App>,
    account: Authorised<StaffAccount, ManageStaff>,
) -> ApiResult<StatusCode> {
    let staff_id = account.entity.of_another(&account.caller)?.staff_id;
    let db = app.db.tx().await?;
    store::clear_tries(&db, staff_id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a password that its owner must change, and ends the account's sessions.
#[utoipa::path(put, path = "/api/v1/staff/{staff_id}/password", operation_id = "reset_password", tag = "staff",
    security(("staff" = [])), params(("staff_id" = i64, Path)), request_body = PasswordInput,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn reset_password(
    State(app): State<App>,
    account: Authorised<StaffAccount, ManageStaff>,
    extract::Json(input): extract::Json<PasswordInput>,
) -> ApiResult<StatusCode> {
    let account = account.entity.of_another(&account.caller)?;
    let about = [account.username.as_str(), account.display_name.as_str()];
    all_right(
        password::problem(&input.password, &about)
            .into_iter()
            .collect(),
    )?;
    let hashed = password::hash_apart(&app, input.password).await?;
    let db = app.db.tx().await?;
    store::set_password(&db, account.staff_id, (&hashed, true), app.now()).await?;
    auth::store::revoke_sessions(&db, account.staff_id, Which::All, app.now()).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a lost second factor and its recovery codes off an account, and ends its sessions.
#[utoipa::path(delete, path = "/api/v1/staff/{staff_id}/second-factor", operation_id = "reset_second_factor",
    tag = "staff", security(("staff" = [])), params(("staff_id" = i64, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn reset_second_factor(
    State(app): State<App>,
    account: Authorised<StaffAccount, ManageStaff>,
) -> ApiResult<StatusCode> {
    let staff_id = account.entity.of_another(&account.caller)?.staff_id;
    let db = app.db.tx().await?;
    factor::store::clear_factor(&db, staff_id).await?;
    factor::store::delete_recovery_codes(&db, staff_id).await?;
    auth::store::revoke_sessions(&db, staff_id, Which::All, app.now()).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An account's live sessions, newest first.
#[utoipa::path(get, path = "/api/v1/staff/{staff_id}/sessions", operation_id = "list_staff_sessions", tag = "staff",
    security(("staff" = [])), params(("staff_id" = i64, Path)),
    responses((status = 200, body = Vec<SessionRow>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list_staff_sessions(
    State(app): State<App>,
    account: Authorised<StaffAccount, ManageStaff>,
) -> ApiResult<Json<Vec<SessionRow>>> {
    let now = app.now();
    let times = (now, now - app.settings.sign_in.idle_max);
    let db = app.db.client().await?;
    let staff_id = account.entity.0.staff_id;
    Ok(Json(
        auth::store::list_sessions(&db, staff_id, times, None).await?,
    ))
}

/// Ends all sessions of an account.
#[utoipa::path(delete, path = "/api/v1/staff/{staff_id}/sessions", operation_id = "end_staff_sessions", tag = "staff",
    security(("staff" = [])), params(("staff_id" = i64, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn end_staff_sessions(
    State(app): State<App>,
    account: Authorised<StaffAccount, ManageStaff>,
) -> ApiResult<StatusCode> {
    let staff_id = account.entity.of_another(&account.caller)?.staff_id;
    let db = app.db.tx().await?;
    auth::store::revoke_sessions(&db, staff_id, Which::All, app.now()).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The last attempts to sign in to an account, newest first.
#[utoipa::path(get, path = "/api/v1/staff/{staff_id}/sign-ins", operation_id = "list_staff_sign_ins", tag = "staff",
    security(("staff" = [])), params(("staff_id" = i64, Path)),
    responses((status = 200, body = Vec<SignInRow>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list_staff_sign_ins(
    State(app): State<App>,
    account: Authorised<StaffAccount, ManageStaff>,
) -> ApiResult<Json<Vec<SignInRow>>> {
    let db = app.db.client().await?;
    Ok(Json(
        store::list_sign_ins(&db, account.entity.0.staff_id).await?,
    ))
}
