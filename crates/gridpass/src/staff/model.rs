//! Accounts, grants and sessions as they go over the wire, and the checks on new accounts.

use gridpass_types::ids::{GrantId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::oidc::IdentityView;
use super::password;
use crate::access::Role;
use crate::auth::Need;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Characters of an organisation's name at most.
const UNIT_CHARS_MAX: usize = 60;
/// Characters of a reason at most.
pub const REASON_CHARS_MAX: usize = 200;
/// Characters of a browser's name that are kept.
pub const CLIENT_CHARS_MAX: usize = 120;

/// A user name and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInInput {
    /// User name, lower case.
    pub username: String,
    /// Password.
    pub password: String,
}

/// An account to make, with its first grant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStaff {
    /// User name: 3 to 40 of `a-z 0-9 . _ -`.
    pub username: String,
    /// First password: at least 10 characters, not easily guessed. Its owner must change it.
    pub password: String,
    /// Role.
    pub role: Role,
    /// Prefix of the divisions the person may act in; empty is everywhere.
    pub jurisdiction: String,
    /// Name colleagues know.
    pub display_name: String,
    /// Organisation the person belongs to, 1 to 60 characters, for example `六联社区居委会`.
    pub unit: String,
    /// The one enclosure the first grant covers, in the jurisdiction; guards and employer
    /// managers only.
    #[serde(default)]
    pub enclosure_id: Option<i64>,
    /// The one employer the first grant covers, likewise.
    pub employer_id: Option<i64>,
    /// When the first grant ends by itself.
    pub valid_until: Option<Timestamp>,
}

/// An account as the security administrator sees it.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct StaffView {
    /// Identity.
    pub staff_id: StaffId,
    /// User name.
    pub username: String,
    /// Name colleagues know.
    pub display_name: String,
    /// Organisation the person belongs to; empty on accounts from before units.
    pub unit: String,
    /// Division whose security administrator answers for the account.
    pub jurisdiction: String,
    /// Whether it is locked after wrong attempts at this moment.
    pub locked: bool,
    /// Whether a second factor is in force.
    pub second_factor: bool,
    /// Whether the password was set by somebody else and must be changed.
    pub password_must_change: bool,
    /// Who the account is at the identity provider, if it is linked.
    pub identity: Option<IdentityView>,
    /// Grants that count now or later.
    pub grants: Vec<GrantView>,
}

/// A role in a place for a time.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct GrantView {
    /// Identity.
    pub grant_id: GrantId,
    /// Whose.
    pub staff_id: StaffId,
    /// Name of who holds it.
    pub holder: String,
    /// Role.
    pub role: Role,
    /// Prefix of the divisions it covers.
    pub jurisdiction: String,
    /// The one enclosure it covers, if it covers one only.
    pub enclosure_id: Option<i64>,
    /// The one employer it covers, if it covers one only.
    pub employer_id: Option<i64>,
    /// From when it counts.
    pub valid_from: Timestamp,
    /// From when it counts no more.
    pub valid_until: Option<Timestamp>,
    /// Why it was given.
    pub reason: String,
    /// Name of who gave it; absent when made on the command line.
    pub granted_by: Option<String>,
    /// The colleague's grant that it hands over.
    pub handed_from: Option<GrantId>,
}

/// The account of a session, and what is still missing.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct MeView {
    /// Identity.
    pub staff_id: StaffId,
    /// User name.
    pub username: String,
    /// Name colleagues know.
    pub display_name: String,
    /// Organisation the person belongs to.
    pub unit: String,
    /// The grant the session acts under.
    pub grant_id: Option<GrantId>,
    /// Its role.
    pub role: Option<Role>,
    /// Its prefix of divisions.
    pub jurisdiction: Option<String>,
    /// What is missing before anything else may be done, in this order.
    pub needs: Vec<Need>,
    /// Grants that may be chosen now.
    pub grants: Vec<GrantView>,
    /// Whether a second factor is in force.
    pub second_factor: bool,
    /// Recovery codes not used yet.
    pub recovery_codes_left: i64,
}

/// A session just opened.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// Bearer token; shown only here.
    pub token: String,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Whose session.
    pub account: MeView,
}

/// An attempt to sign in.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SignInRow {
    /// Identity.
    pub sign_in_id: i64,
    /// When.
    pub happened_at: Timestamp,
    /// `signed_in`, `wrong_password`, `locked`, `second_factor`, `recovery_code`,
    /// `wrong_code` or `identity_provider`.
    pub outcome: String,
    /// What the browser calls itself.
    pub client: String,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordInput {
    /// At least 10 characters, not easily guessed.
    pub password: String,
}

/// A new password and the present one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present password.
    pub current: String,
    /// The new one: at least 10 characters, not easily guessed.
    pub password: String,
}

/// Which grant to act under.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantChoice {
    /// One of the account's grants that count now.
    pub grant_id: GrantId,
}

/// The ten rules of information security.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct TenDontsView {
    /// Version; a confirmation is for one version.
    pub version: i32,
    /// The rules, in order.
    pub rules: Vec<TenDontView>,
}

/// One of the ten rules.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct TenDontView {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// Says that the ten rules were read and will be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenDontsInput {
    /// The version that was shown.
    pub version: i32,
}

impl NewStaff {
    /// Checks every field; all that is wrong is told at once.
    pub fn validate(&self) -> ApiResult<()> {
        let mut wrong = Vec::new();
        if !username_ok(&self.username) {
            wrong.push(FieldError::new(
                "username",
                "username_invalid",
                "3 to 40 of a-z 0-9 . _ -",
                "3 至 40 位小写字母、数字或 . _ -",
            ));
        }
        let about = [self.username.as_str(), self.display_name.as_str()];
        wrong.extend(password::problem(&self.password, &about));
        wrong.extend(jurisdiction_problem(&self.jurisdiction));
        if self.display_name.trim().is_empty() || self.display_name.chars().count() > 50 {
            wrong.push(FieldError::new(
                "display_name",
                "display_name_invalid",
                "1 to 50 characters",
                "1 至 50 个字符",
            ));
        }
        if self.unit.trim().is_empty() || self.unit.chars().count() > UNIT_CHARS_MAX {
            wrong.push(FieldError::new(
                "unit",
                "unit_invalid",
                "1 to 60 characters",
                "1 至 60 个字符",
            ));
        }
        all_right(wrong)
    }
}

fn username_ok(username: &str) -> bool {
    (3..=40).contains(&username.len())
        && username
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
}

/// What is wrong with a prefix of divisions, or nothing.
pub fn jurisdiction_problem(jurisdiction: &str) -> Option<FieldError> {
    let ok = jurisdiction.len() <= 15 && jurisdiction.bytes().all(|b| b.is_ascii_digit());
    (!ok).then(|| {
        FieldError::new(
            "jurisdiction",
            "jurisdiction_invalid",
            "a prefix of a division code",
            "应为行政区划代码前缀",
        )
    })
}

/// 422 with everything that is wrong, if anything is.
pub fn all_right(wrong: Vec<FieldError>) -> ApiResult<()> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(ApiError::fields(wrong))
    }
}
