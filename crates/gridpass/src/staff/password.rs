//! Passwords: what is refused, and how they are kept.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use zxcvbn::Score;

use crate::app::App;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Characters of a password at least.
const CHARS_MIN: usize = 10;
/// Bytes of a password at most; hashing more only helps an attacker keep us busy.
const BYTES_MAX: usize = 256;
/// Characters looked at when guessing; more would only take time.
const JUDGED_CHARS_MAX: usize = 64;

/// What is wrong with a new password, or nothing. `about` is what others know of its owner.
///
/// The judgement is zxcvbn's (Wheeler, USENIX Security 2016): it carries the tens of
/// thousands of passwords that leaks have shown most often, and the words, names, dates and
/// keyboard walks that guessing begins with. Under 10⁸ guesses is refused.
pub fn problem(password: &str, about: &[&str]) -> Option<FieldError> {
    if password.chars().count() < CHARS_MIN || password.len() > BYTES_MAX {
        return Some(FieldError::new(
            "password",
            "password_too_short",
            "at least 10 characters",
            "密码至少 10 位",
        ));
    }
    let judged: String = password.chars().take(JUDGED_CHARS_MAX).collect();
    if zxcvbn::zxcvbn(&judged, about).score() >= Score::Three {
        return None;
    }
    Some(FieldError::new(
        "password",
        "password_weak",
        "too easy to guess, or known from leaks; several unrelated words are good",
        "密码过于简单或已泄露，可用几个不相关的词组合",
    ))
}

/// A new password that is the present one.
pub fn unchanged() -> FieldError {
    FieldError::new(
        "password",
        "password_unchanged",
        "not the present password",
        "不能与当前密码相同",
    )
}

/// Hashes a password with Argon2id; `salt` is 16 random bytes.
pub fn hash(password: &str, salt: &[u8; 16]) -> ApiResult<String> {
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|error| ApiError::internal(anyhow::anyhow!("hashing a password: {error}")))?;
    Ok(hash.to_string())
}

/// Whether a password belongs to a stored hash.
fn verify(password: &str, stored: &str) -> bool {
    let Ok(hash) = PasswordHash::new(stored) else {
        return false;
    };
    password.len() <= BYTES_MAX
        && Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
}

/// Hashes off the async threads.
pub async fn hash_apart(app: &App, password: String) -> ApiResult<String> {
    let salt = app.entropy.bytes();
    tokio::task::spawn_blocking(move || hash(&password, &salt))
        .await
        .map_err(|error| ApiError::internal(anyhow::Error::new(error)))?
}

/// Verifies off the async threads, and hashes for nothing when there is nothing to compare
/// with, so that the time taken does not tell which it was.
pub async fn verify_apart(app: &App, password: String, stored: Option<String>) -> ApiResult<bool> {
    let salt = app.entropy.bytes();
    let checked = tokio::task::spawn_blocking(move || match stored {
        Some(stored) => verify(&password, &stored),
        None => hash(&password, &salt).is_err(),
    });
    checked
        .await
        .map_err(|error| ApiError::internal(anyhow::Error::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_verify_only_against_their_hash() {
        let stored = hash("correct horse", &[7; 16]).unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("correct horse", &stored));
        assert!(!verify("correct horsf", &stored));
        assert!(!verify("correct horse", "not a hash"));
    }

    #[test]
    fn leaked_and_weak_passwords_are_refused() {
        let code = |password: &str| problem(password, &["chen.jing", "陈静"]).map(|it| it.code);
        assert_eq!(code("short").as_deref(), Some("password_too_short"));
        for weak in [
            "1234567890",
            "qwertyuiop",
            "password123",
            "chen.jing2020",
            "iloveyou2020",
            "aaaaaaaaaaaa",
        ] {
            assert_eq!(code(weak).as_deref(), Some("password_weak"), "{weak}");
        }
        assert_eq!(code("correct horse battery"), None);
        assert_eq!(code("南山 竹林 渡口 三十七 盏灯"), None);
        assert_eq!(
            code(&"long".repeat(100)).as_deref(),
            Some("password_too_short")
        );
    }
}
