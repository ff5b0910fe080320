//! Opening a session: who is tried, how often, and what the answer may tell.
//!
//! An attempt is counted before anything is checked, so a thousand attempts at the same
//! moment are still a thousand. From the sixth on the account is locked; only the right
//! password is told so, and from the eleventh on nothing is compared any more, so that a
//! locked account cannot be used to find its password. A wrong answer never comes before
//! its time, which is the same whether or not the name is known.

use std::time::Duration;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass_types::ids::{GrantId, SessionId, StaffId};
use jiff::{SignedDuration, Timestamp};

use super::model::{CLIENT_CHARS_MAX, MeView, SessionView, SignInInput, SignInRow, StaffView};
use super::{factor, grants, password, store};
use crate::app::App;
use crate::audit;
use crate::auth::{self, STAFF_TOKEN_PREFIX, Session};
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::seal::token_digest;

/// Wrong attempts that lock an account.
pub const TRIES_MAX: i32 = 5;
/// Attempts on a locked account whose password is still compared.
const COMPARED_MAX: i32 = 10;
/// Wrong attempts count together within this.
const COUNTED: SignedDuration = SignedDuration::from_mins(15);
/// How long a lock lasts, from the first of the attempts that caused it.
const LOCKED: SignedDuration = SignedDuration::from_mins(30);
/// How long a session lasts at most.
const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(12);
/// When a wrong attempt is answered; longer than any check takes.
const WRONG_AFTER: Duration = Duration::from_millis(500);

/// Between which times attempts count.
#[derive(Clone, Copy)]
pub struct Windows {
    /// Now.
    pub now: Timestamp,
    /// Attempts counted from before this are forgotten.
    pub counted_since: Timestamp,
    /// Locks from before this are over.
    pub locked_since: Timestamp,
}

impl Windows {
    /// As of a time.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            counted_since: now - COUNTED,
            locked_since: now - LOCKED,
        }
    }
}

/// How somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// With the password.
    Password,
    /// Through the identity provider.
    Provider {
        /// Whether its word counts as our second factor.
        strong: bool,
    },
}

/// What the browser calls itself, cut; empty when it says nothing.
pub fn client_of(headers: &HeaderMap) -> String {
    let said = headers.get(header::USER_AGENT);
    let said = said.and_then(|value| value.to_str().ok()).unwrap_or("");
    said.chars().take(CLIENT_CHARS_MAX).collect()
}

/// Signs in with a password; a second factor and the rest are asked of the session.
pub async fn with_password(
    app: &App,
    input: SignInInput,
    client: String,
) -> ApiResult<SessionView> {
    let answer_at = tokio::time::Instant::now() + WRONG_AFTER;
    match try_password(app, input, &client).await {
        Ok(staff_id) => open_session(app, staff_id, Entrance::Password, client).await,
        Err(error) => {
            tokio::time::sleep_until(answer_at).await;
            Err(error)
        }
    }
}

async fn try_password(app: &App, input: SignInInput, client: &str) -> ApiResult<StaffId> {
    let windows = Windows::at(app.now());
    let db = app.db.client().await?;
    let ticket = store::take_ticket(&db, store::Account::Named(&input.username), windows).await?;
    drop(db);
    let compared = ticket
        .as_ref()
        .filter(|ticket| ticket.tries <= COMPARED_MAX)
        .map(|ticket| ticket.password_hash.clone());
    let right = password::verify_apart(app, input.password, compared).await?;
    let Some(ticket) = ticket else {
        return Err(Code::WrongCredentials.into());
    };
    let outcome = match (right, ticket.tries > TRIES_MAX) {
        (true, false) => "signed_in",
        (true, true) => "locked",
        (false, _) => "wrong_password",
    };
    let db = app.db.client().await?;
    if ticket.tries <= COMPARED_MAX {
        remember(app, &db, ticket.staff_id, outcome, client).await?;
    }
    match outcome {
        "signed_in" => settle_ticket(&db, ticket.staff_id).await,
        "locked" => {
            let account = store::find_staff(&db, ticket.staff_id, windows).await?;
            if let Some(account) = &account {
                note_actor(account);
            }
            Err(Code::AccountLocked.into())
        }
        _ => Err(Code::WrongCredentials.into()),
    }
}

/// The right password alone forgets wrong attempts only where it is all that is asked.
async fn settle_ticket(db: &Client, staff_id: StaffId) -> ApiResult<StaffId> {
    if factor::store::has_factor(db, staff_id).await? {
        store::give_back(db, staff_id).await?;
    } else {
        store::clear_tries(db, staff_id).await?;
    }
    Ok(staff_id)
}

/// Writes an attempt into the account's history.
pub async fn remember(
    app: &App,
    db: &Client,
    staff_id: StaffId,
    outcome: &str,
    client: &str,
) -> ApiResult<()> {
    let row = SignInRow {
        sign_in_id: app.ids.next(),
        happened_at: app.now(),
        outcome: outcome.to_owned(),
        client: client.to_owned(),
    };
    Ok(store::insert_sign_in(db, staff_id, &row).await?)
}

/// Says in the audit log whose account it is, and where it belongs: whoever searches the log
/// of a place finds who came in there.
pub fn note_actor(account: &StaffView) {
    audit::actor(|| {
        let unit = Some(account.unit.as_str()).filter(|unit| !unit.is_empty());
        audit::Actor::account(account.staff_id, unit, account.jurisdiction.clone())
    });
}

/// Makes a token, which only the answer holds, and stores its digest.
pub async fn open_session(
    app: &App,
    staff_id: StaffId,
    entrance: Entrance,
    client: String,
) -> ApiResult<SessionView> {
    let secret = URL_SAFE_NO_PAD.encode(app.entropy.bytes::<32>());
    let token = format!("{STAFF_TOKEN_PREFIX}{secret}");
    let now = app.now();
    let expires_at = now + SESSION_LIFE;
    let digest = token_digest(&token);
    let db = app.db.tx().await?;
    let account = store::find_staff(&db, staff_id, Windows::at(now)).await?;
    note_actor(&account.ok_or(Code::WrongCredentials)?);
    let new = auth::store::NewSession {
        session_id: SessionId::new(app.ids.next()),
        digest: &digest,
        staff_id,
        grant_id: only_grant(&db, staff_id, now).await?,
        expires_at,
        factor_at: (entrance == Entrance::Provider { strong: true }).then_some(now),
        by_provider: entrance != Entrance::Password,
        client: &client,
    };
    auth::store::insert_session(&db, &new, now).await?;
    db.commit().await?;
    let session = auth::find_session(app, &digest).await?;
    let session = session.ok_or_else(|| ApiError::new(Code::SessionExpired))?;
    Ok(SessionView {
        token,
        expires_at,
        account: me(app, &session).await?,
    })
}

/// The grant to act under when there is no choice.
async fn only_grant(db: &Client, staff_id: StaffId, now: Timestamp) -> ApiResult<Option<GrantId>> {
    let grants = grants::in_force(db, staff_id, now).await?;
    Ok(match grants.as_slice() {
        [one] => Some(one.grant_id),
        _ => None,
    })
}

/// The account of a session, and what is still missing.
pub async fn me(app: &App, session: &Session) -> ApiResult<MeView> {
    let now = app.now();
    let db = app.db.client().await?;
    let view = store::find_staff(&db, session.staff_id, Windows::at(now)).await?;
    let view = view.ok_or_else(|| ApiError::new(Code::SessionExpired))?;
    let acting = session.acting.as_ref();
    Ok(MeView {
        staff_id: view.staff_id,
        username: view.username,
        display_name: view.display_name,
        unit: view.unit,
        grant_id: acting.map(|caller| caller.grant_id),
        role: acting.map(|caller| caller.role),
        jurisdiction: acting.map(|caller| caller.jurisdiction.clone()),
        needs: session.needs.clone(),
        grants: grants::in_force(&db, session.staff_id, now).await?,
        second_factor: view.second_factor,
        recovery_codes_left: factor::store::count_recovery_codes(&db, session.staff_id).await?,
    })
}
