//! Accounts as they go over the wire, and the checks on new ones.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Role;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Characters of a password at least.
const PASSWORD_CHARS_MIN: usize = 10;
/// Bytes of a password at most; hashing more only helps an attacker keep us busy.
const PASSWORD_BYTES_MAX: usize = 256;
/// Characters of an organisation's name at most.
const UNIT_CHARS_MAX: usize = 60;

/// A user name and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInInput {
    /// User name, lower case.
    pub username: String,
    /// Password.
    pub password: String,
}

/// An account to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStaff {
    /// User name: 3 to 40 of `a-z 0-9 . _ -`.
    pub username: String,
    /// Password: at least 10 characters.
    pub password: String,
    /// Role.
    pub role: Role,
    /// Prefix of the divisions the person may act in; empty is everywhere.
    pub jurisdiction: String,
    /// Name colleagues know.
    pub display_name: String,
    /// Organisation the person belongs to, 1 to 60 characters, for example `六联社区居委会`.
    pub unit: String,
}

/// An account.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct StaffView {
    /// Identity.
    pub staff_id: StaffId,
    /// User name.
    pub username: String,
    /// Name colleagues know.
    pub display_name: String,
    /// Role.
    pub role: Role,
    /// Prefix of the divisions the person may act in.
    pub jurisdiction: String,
    /// Organisation the person belongs to; empty on accounts from before units.
    pub unit: String,
}

/// A session just opened.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// Bearer token; shown only here.
    pub token: String,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Whose session.
    pub account: StaffView,
}

impl NewStaff {
    /// Checks every field; all that is wrong is told at once.
    pub fn validate(&self) -> ApiResult<()> {
        let mut wrong = Vec::new();
        let name_ok = (3..=40).contains(&self.username.len())
            && self
                .username
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
        if !name_ok {
            wrong.push(FieldError::new(
                "username",
                "username_invalid",
                "3 to 40 of a-z 0-9 . _ -",
                "3 至 40 位小写字母、数字或 . _ -",
            ));
        }
        if self.password.chars().count() < PASSWORD_CHARS_MIN
            || self.password.len() > PASSWORD_BYTES_MAX
        {
            wrong.push(FieldError::new(
                "password",
                "password_too_short",
                "at least 10 characters",
                "密码至少 10 位",
            ));
        }
        if self.jurisdiction.len() > 15 || !self.jurisdiction.bytes().all(|b| b.is_ascii_digit()) {
            wrong.push(FieldError::new(
                "jurisdiction",
                "jurisdiction_invalid",
                "a prefix of a division code",
                "应为行政区划代码前缀",
            ));
        }
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
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(ApiError::fields(wrong))
        }
    }
}

/// Hashes a password with Argon2id; `salt` is 16 random bytes.
pub fn hash_password(password: &str, salt: &[u8; 16]) -> ApiResult<String> {
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|error| ApiError::internal(anyhow::anyhow!("hashing a password: {error}")))?;
    Ok(hash.to_string())
}

/// Whether a password belongs to a stored hash.
pub fn verify_password(password: &str, stored: &str) -> bool {
    let Ok(hash) = PasswordHash::new(stored) else {
        return false;
    };
    password.len() <= PASSWORD_BYTES_MAX
        && Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_verify_only_against_their_hash() {
        let hash = hash_password("correct horse", &[7; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify_password("correct horse", &hash));
        assert!(!verify_password("correct horsf", &hash));
        assert!(!verify_password("correct horse", "not a hash"));
    }
}
