//! Signing in through a government identity provider: OpenID Connect, authorization code
//! with PKCE (RFC 7636).
//!
//! The provider says who somebody is; what that person may do stands in the grants here. It
//! never makes an account: the security administrator links one to the provider's own name of
//! the person. Each question carries a state, a nonce and a proof key of its own, is bound to
//! the browser that asked by a key that never leaves it, and is answered once.

mod provider;
pub mod store;
mod token;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass_types::ids::StaffId;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::model::SessionView;
use super::sign_in::{self, Entrance, Windows};
use super::store as accounts;
use crate::app::App;
use crate::auth;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::seal::token_digest;
use token::Expected;

pub use provider::{Provider, ProviderConfigError};

/// How long somebody may take at the provider.
const QUESTION_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Questions that wait for an answer at most; anybody can ask one.
const QUESTIONS_MAX: i64 = 10_000;

/// Who an account is at an identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IdentityView {
    /// The provider, as it names itself.
    pub issuer: String,
    /// The provider's own name of the person (`sub`).
    pub subject: String,
}

/// Where to send the browser, and what it keeps meanwhile.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct IdentityQuestion {
    /// Address at the provider.
    pub url: String,
    /// Comes back with the answer; the browser compares it.
    pub state: String,
    /// Sent with the answer and seen by nobody else: what the provider sends the browser back
    /// with is worthless without it.
    pub key: String,
}

/// What the provider sent the browser back with, and the key of the question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityAnswer {
    /// Authorization code.
    pub code: String,
    /// State.
    pub state: String,
    /// Key of the question.
    pub key: String,
}

/// Begins: remembers the question and answers where to send the browser.
pub async fn ask(app: &App) -> ApiResult<IdentityQuestion> {
    let part = app.part::<Provider>();
    let provider = part.given()?;
    let now = app.now();
    let [state, key, nonce, verifier] = [(); 4].map(|()| secret(app));
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let mut url = provider.authorization_endpoint(now).await?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &provider.client_id)
        .append_pair("redirect_uri", &provider.redirect_url)
        .append_pair("scope", "openid")
        .append_pair("state", &state)
        .append_pair("nonce", &nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    let question = store::NewQuestion {
        digest: &digest_of(&state, &key),
        nonce: &nonce,
        verifier: &verifier,
        expires_at: now + QUESTION_LIFE,
    };
    let db = app.db.client().await?;
    store::delete_old_questions(&db, now).await?;
    if !store::insert_question(&db, &question, QUESTIONS_MAX).await? {
        return Err(Code::Overloaded.into());
    }
    let url = url.into();
    Ok(IdentityQuestion { url, state, key })
}

/// Ends: exchanges the code, believes or refuses the token, and opens a session of the linked
/// account.
pub async fn answer(
    app: &App,
    input: &IdentityAnswer,
    client_name: String,
) -> ApiResult<SessionView> {
    let part = app.part::<Provider>();
    let provider = part.given()?;
    let now = app.now();
    let db = app.db.client().await?;
    let digest = digest_of(&input.state, &input.key);
    let question = store::take_question(&db, &digest, now).await?;
    // The provider may take its time, and connections are few.
    drop(db);
    let (nonce, verifier) = question.ok_or(Code::IdentityRefused)?;
    let id_token = provider.exchange(&input.code, &verifier, now).await?;
    let expected = Expected {
        issuer: &provider.issuer,
        client_id: &provider.client_id,
        nonce: &nonce,
        now,
    };
    let who = provider.believe(&id_token, &expected).await?;
    let staff_id = enter_linked(app, (&provider.issuer, &who.subject), &client_name).await?;
    let strong = provider.counts_as_factor(who.strong);
    sign_in::open_session(app, staff_id, Entrance::Provider { strong }, client_name).await
}

/// The account of an identity, with the attempt in its history. A lock holds here too: behind
/// it codes of the second factor are guessed.
async fn enter_linked(
    app: &App,
    (issuer, subject): (&str, &str),
    client_name: &str,
) -> ApiResult<StaffId> {
    let db = app.db.client().await?;
    let found = store::find_linked(&db, issuer, subject).await?;
    let staff_id = found.ok_or(Code::IdentityUnlinked)?;
    let account = accounts::find_staff(&db, staff_id, Windows::at(app.now())).await?;
    let account = account.ok_or(Code::IdentityUnlinked)?;
    sign_in::note_actor(&account);
    if account.locked {
        sign_in::remember(app, &db, staff_id, "locked", client_name).await?;
        return Err(Code::AccountLocked.into());
    }
    sign_in::remember(app, &db, staff_id, "identity_provider", client_name).await?;
    Ok(staff_id)
}

/// Links an account to a person of the provider, or to none, and ends the account's sessions.
pub async fn link(
    app: &App,
    staff_id: StaffId,
    subject: Option<String>,
    by: StaffId,
) -> ApiResult<()> {
    let part = app.part::<Provider>();
    let now = app.now();
    let db = app.db.tx().await?;
    store::delete_identity(&db, staff_id).await?;
    if let Some(subject) = subject {
        let issuer = part.given()?.issuer.clone();
        let identity = IdentityView { issuer, subject };
        let linked = store::insert_identity(&db, staff_id, &identity, (by, now)).await;
        linked.map_err(taken)?;
    }
    auth::store::revoke_sessions(&db, staff_id, auth::store::Which::All, now).await?;
    db.commit().await?;
    Ok(())
}

fn taken(error: tokio_postgres::Error) -> ApiError {
    if crate::http::error::violates(&error, "staff_identity_pkey") {
        Code::IdentityTaken.into()
    } else {
        ApiError::from(error)
    }
}

/// Who an account is at the provider.
pub async fn identity_of(db: &Client, staff_id: StaffId) -> ApiResult<Option<IdentityView>> {
    Ok(store::find_identity(db, staff_id).await?)
}

fn digest_of(state: &str, key: &str) -> [u8; 32] {
    token_digest(&format!("{state}.{key}"))
}

fn secret(app: &App) -> String {
    URL_SAFE_NO_PAD.encode(app.entropy.bytes::<32>())
}
