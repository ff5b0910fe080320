//! What a staff token opens: a session, finished signing in or not.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use gridpass_types::ids::{GrantId, SessionId, StaffId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Caller, STAFF_TOKEN_PREFIX, bearer, store};
use crate::app::App;
use crate::audit;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::seal::token_digest;
use crate::ten_donts;

/// A session's last use is written down at most this often, so that looking at a page does
/// not write.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// What is still missing before a session may do anything, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A code of the second factor.
    SecondFactor,
    /// A second factor must be set up.
    EnrolSecondFactor,
    /// Somebody else set the password.
    ChangePassword,
    /// The ten rules of information security in their current version.
    ConfirmTenDonts,
    /// A grant to act under: none is chosen, or it ended.
    ChooseGrant,
}

impl Need {
    fn code(self) -> Code {
        match self {
            Need::SecondFactor => Code::SecondFactorNeeded,
            Need::EnrolSecondFactor => Code::SecondFactorUnset,
            Need::ChangePassword => Code::PasswordChangeNeeded,
            Need::ConfirmTenDonts => Code::TenDontsNotConfirmed,
            Need::ChooseGrant => Code::GrantNeeded,
        }
    }
}

/// A live session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Identity.
    pub session_id: SessionId,
    /// Whose.
    pub staff_id: StaffId,
    /// Organisation the person belongs to, as in [`Caller`].
    pub unit: String,
    /// Prefix of the divisions whose security administrator answers for the account.
    pub home: String,
    /// What is missing; empty once signing in is finished.
    pub needs: Vec<Need>,
    /// Whether the account has a second factor in force.
    pub has_factor: bool,
    /// Who acts, if a grant is chosen.
    pub acting: Option<Caller>,
}

impl Session {
    /// The caller, once nothing is missing; 403 with what is missing first.
    pub fn finished(self) -> ApiResult<Caller> {
        match (self.needs.first(), self.acting) {
            (None, Some(caller)) => Ok(caller),
            (Some(need), _) => Err(need.code().into()),
            (None, None) => Err(Code::GrantNeeded.into()),
        }
    }

    /// 403 while the second factor has not been presented, or set up where it must be.
    pub fn require_factor(&self) -> ApiResult<()> {
        let missing = [Need::SecondFactor, Need::EnrolSecondFactor];
        match self.needs.iter().find(|need| missing.contains(need)) {
            Some(need) => Err(need.code().into()),
            None => Ok(()),
        }
    }
}

/// A row of a live session, before it is judged.
pub(super) struct Found {
    pub session_id: SessionId,
    pub staff_id: StaffId,
    pub unit: String,
    pub home: String,
    pub by_provider: bool,
    pub last_seen_at: Timestamp,
    pub factor_presented: bool,
    pub has_factor: bool,
    pub password_must_change: bool,
    pub ten_donts_version: i32,
    pub acting: Option<Caller>,
}

impl Found {
    fn judge(self, factor_required: bool) -> Session {
        let missing = [
            (
                Need::SecondFactor,
                self.has_factor && !self.factor_presented,
            ),
            (
                Need::EnrolSecondFactor,
                factor_required && !self.has_factor && !self.factor_presented,
            ),
            // Who came without the password does not need to know it.
            (
                Need::ChangePassword,
                self.password_must_change && !self.by_provider,
            ),
            (
                Need::ConfirmTenDonts,
                self.ten_donts_version < ten_donts::VERSION,
            ),
            (Need::ChooseGrant, self.acting.is_none()),
        ];
        let needs = missing.into_iter().filter(|(_, is)| *is);
        Session {
            session_id: self.session_id,
            staff_id: self.staff_id,
            unit: self.unit,
            home: self.home,
            needs: needs.map(|(need, _)| need).collect(),
            has_factor: self.has_factor,
            acting: self.acting,
        }
    }
}

/// A session, also one that has not finished signing in: for finishing it, and for the
/// account's own affairs.
pub struct Entering(pub Session);

impl FromRequestParts<App> for Entering {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        if let Some(session) = parts.extensions.get::<Session>() {
            return Ok(Self(session.clone()));
        }
        let token = bearer(parts)?;
        if !token.starts_with(STAFF_TOKEN_PREFIX) {
            return Err(Code::NotSignedIn.into());
        }
        let digest = token_digest(token);
        let Some(session) = find(app, &digest).await? else {
            return Err(gone(app, &digest).await?.into());
        };
        audit::actor(|| {
            let home = session.home.clone();
            audit::Actor::account(session.staff_id, Some(&session.unit), home)
        });
        parts.extensions.insert(session.clone());
        Ok(Self(session))
    }
}

/// The live session of a token's digest; one query, and one write a minute.
pub(crate) async fn find(app: &App, digest: &[u8]) -> ApiResult<Option<Session>> {
    let now = app.now();
    let rules = &app.settings.sign_in;
    let db = app.db.client().await?;
    let Some(found) = store::find_session(&db, digest, now, now - rules.idle_max).await? else {
        return Ok(None);
    };
    if now.duration_since(found.last_seen_at) >= TOUCH_EVERY {
        store::touch_session(&db, found.session_id, now).await?;
    }
    Ok(Some(found.judge(rules.factor_required)))
}

/// Why a token opens nothing: its time is over, or somebody ended it. A phone that is away from the
/// network goes on under its lock after the first, and not after the second.
async fn gone(app: &App, digest: &[u8]) -> ApiResult<Code> {
    let db = app.db.client().await?;
    Ok(match store::is_revoked(&db, digest).await? {
        true => Code::SessionRevoked,
        false => Code::SessionExpired,
    })
}

/// Whether a session still acts under a grant. Asking is no use of it.
///
/// # Errors
/// When the database does not answer.
pub async fn acts_still(
    app: &App,
    (session_id, grant_id): (SessionId, GrantId),
) -> ApiResult<bool> {
    let now = app.now();
    let idle_since = now - app.settings.sign_in.idle_max;
    let db = app.db.client().await?;
    Ok(store::acts_still(&db, (session_id, grant_id), (now, idle_since)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Found {
        Found {
            session_id: SessionId::new(1),
            staff_id: StaffId::new(2),
            unit: "社区".into(),
            home: String::new(),
            by_provider: false,
            last_seen_at: Timestamp::UNIX_EPOCH,
            factor_presented: false,
            has_factor: false,
            password_must_change: false,
            ten_donts_version: ten_donts::VERSION,
            acting: None,
        }
    }

    #[test]
    fn what_is_missing_is_asked_in_order_and_the_factor_before_all() {
        let session = Found {
            password_must_change: true,
            ten_donts_version: 0,
            ..found()
        };
        let session = session.judge(true);
        assert_eq!(
            session.needs,
            [
                Need::EnrolSecondFactor,
                Need::ChangePassword,
                Need::ConfirmTenDonts,
                Need::ChooseGrant
            ]
        );
        assert!(session.require_factor().is_err());
        assert_eq!(
            session.finished().unwrap_err().code(),
            Code::SecondFactorUnset
        );
        let provided = Found {
            password_must_change: true,
            by_provider: true,
            ..found()
        };
        assert_eq!(provided.judge(false).needs, [Need::ChooseGrant]);
        let optional = found().judge(false);
        assert_eq!(optional.needs, [Need::ChooseGrant]);
        assert!(optional.require_factor().is_ok());
        let enrolled = Found {
            has_factor: true,
            ..found()
        };
        // Who has a factor presents it, required or not.
        assert!(enrolled.judge(false).require_factor().is_err());
    }
}
