//! The holder's phone: its token, and the extractor that proves it.
//!
//! A token is `gph1.<person id>.<24 random bytes>`. The identity in it says on which shard
//! the session lies; the digest of the whole token is what is stored and compared.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass_types::ids::PersonId;
use jiff::{SignedDuration, Timestamp};

use super::store;
use crate::app::App;
use crate::audit;
use crate::auth::bearer;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::notify::{self, Notice};
use crate::seal::token_digest;

/// Prefix of holder tokens.
pub const HOLDER_TOKEN_PREFIX: &str = "gph1.";
/// How long a phone may show a pass without enrolling again: the length of an emergency's
/// first phase.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The holder of a pass, by the token of the phone.
#[derive(Clone, Copy, Debug)]
pub struct Holder {
    /// Whose phone it is.
    pub person_id: PersonId,
}

impl FromRequestParts<App> for Holder {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let person_id = admitted(app, bearer(parts)?).await?;
        audit::actor(|| audit::Actor::holder(person_id));
        audit::subject(person_id);
        Ok(Self { person_id })
    }
}

/// Whose phone a token is of, if it shows the pass still.
pub(super) async fn admitted(app: &App, token: &str) -> ApiResult<PersonId> {
    let person_id = person_of(token).ok_or(Code::NotSignedIn)?;
    let digest = token_digest(token);
    let db = app.db.client().await?;
    let session = store::find_session(&db, (person_id.get(), &digest)).await?;
    let session = session.ok_or(Code::SessionExpired)?;
    // Only the newest phone counts, so a session that was ended was replaced.
    if let Some(at) = session.replaced_at {
        return Err(ApiError::new(Code::PhoneReplaced).at(at));
    }
    if session.expires_at <= app.now() {
        return Err(Code::SessionExpired.into());
    }
    Ok(person_id)
}

fn person_of(token: &str) -> Option<PersonId> {
    let (id, random) = token.strip_prefix(HOLDER_TOKEN_PREFIX)?.split_once('.')?;
    let canonical = !random.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
    id.parse().ok().filter(|_| canonical).map(PersonId::new)
}

/// A token just made.
pub(super) struct IssuedToken {
    /// The token; only its digest is stored.
    pub token: String,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Whether another phone showed the pass until now.
    pub replaced_phone: bool,
}

/// Admits a new phone of a person and ends the ones before, in the caller's transaction. The
/// person is told when there was one, so that a theft does not go unnoticed.
pub(super) async fn issue_token(
    tx: &Client,
    app: &App,
    person_id: PersonId,
) -> ApiResult<IssuedToken> {
    let random = URL_SAFE_NO_PAD.encode(app.entropy.bytes::<24>());
    let token = format!("{HOLDER_TOKEN_PREFIX}{person_id}.{random}");
    let now = app.now();
    let expires_at = now + TOKEN_LIFE;
    let replaced_phone = store::revoke_sessions(tx, person_id, now).await?;
    store::insert_session(tx, (person_id, &token_digest(&token)), now, expires_at).await?;
    if replaced_phone {
        notify::tell(tx, app, person_id, &Notice::PhoneReplaced { at: now }).await?;
    }
    Ok(IssuedToken {
        token,
        expires_at,
        replaced_phone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_of_holders_name_a_person() {
        assert_eq!(person_of("gph1.42.abc"), Some(PersonId::new(42)));
        for token in [
            "gph1.42",
            "gph1.42.",
            "gph1.-42.abc",
            "gps1.42.abc",
            "gph1..abc",
            "",
        ] {
            assert_eq!(person_of(token), None, "{token}");
        }
    }
}
