//! The second factor: one-time codes (RFC 6238) and recovery codes.

pub mod store;

use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use totp_rs::{Builder, Secret, Totp};

use super::sign_in::{self, TRIES_MAX, Windows};
use super::store as accounts;
use crate::app::App;
use crate::auth::{self, Need, Session};
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::seal::{Field, token_digest};

/// Bytes of a secret: as long as the hash, RFC 4226 §4.
const SECRET_BYTES: usize = 20;
/// Recovery codes given out at once.
const RECOVERY_CODES: usize = 10;
/// Random bytes of a recovery code: 80 bits, so that its plain digest is safe to keep.
const RECOVERY_BYTES: usize = 10;
/// Characters of a typed one-time code at most; anything longer is a recovery code.
const TOTP_CHARS_MAX: usize = 8;
/// Letters of recovery codes; none is easily taken for another.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789+";

/// A new secret, in force once a first code proves it. Answers the secret in base32.
pub async fn begin(app: &App, session: &Session) -> ApiResult<String> {
    if session.has_factor {
        return Err(Code::SecondFactorSet.into());
    }
    let secret = app.entropy.bytes::<SECRET_BYTES>();
    let staff_id = session.staff_id;
    let sealed = app
        .sealer
        .seal(Field::TotpSecret, staff_id.get(), &secret, &app.entropy);
    let db = app.db.tx().await?;
    if !store::set_secret(&db, staff_id, &sealed).await? {
        return Err(Code::SecondFactorSet.into());
    }
    db.commit().await?;
    Ok(Secret::from(secret).to_base32())
}

/// Puts the secret into force with its first code; answers the recovery codes.
pub async fn confirm(app: &App, session: &Session, code: &str) -> ApiResult<Vec<String>> {
    let now = app.now();
    let staff_id = session.staff_id;
    if session.has_factor {
        return Err(Code::SecondFactorSet.into());
    }
    // Counted whatever follows.
    count_attempt(&app.db.client().await?, staff_id, now).await?;
    let db = app.db.tx().await?;
    let Some(step) = matching_step(app, &db, staff_id, code).await? else {
        return Err(Code::SecondFactorWrong.into());
    };
    if !store::confirm_secret(&db, staff_id, step, now).await? {
        return Err(Code::SecondFactorSet.into());
    }
    auth::store::set_factor(&db, session.session_id, now).await?;
    accounts::clear_tries(&db, staff_id).await?;
    let codes = renew_codes(app, &db, staff_id).await?;
    db.commit().await?;
    Ok(codes)
}

/// New recovery codes instead of all there were.
pub async fn renew_codes(app: &App, db: &Client, staff_id: StaffId) -> ApiResult<Vec<String>> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code(app)).collect();
    let digests: Vec<Vec<u8>> = codes.iter().map(|code| digest(code)).collect();
    store::delete_recovery_codes(db, staff_id).await?;
    store::insert_recovery_codes(db, staff_id, &digests).await?;
    Ok(codes)
}

/// Presents a code for a session that lacks it.
pub async fn present(app: &App, session: &Session, code: &str, client: &str) -> ApiResult<()> {
    if !session.needs.contains(&Need::SecondFactor) {
        return Err(Code::Conflict.into());
    }
    let now = app.now();
    let staff_id = session.staff_id;
    // Counted whatever follows.
    count_attempt(&app.db.client().await?, staff_id, now).await?;
    let db = app.db.tx().await?;
    let Some(outcome) = use_up(app, &db, staff_id, code).await? else {
        drop(db);
        let db = app.db.client().await?;
        sign_in::remember(app, &db, staff_id, "wrong_code", client).await?;
        return Err(Code::SecondFactorWrong.into());
    };
    sign_in::remember(app, &db, staff_id, outcome, client).await?;
    auth::store::set_factor(&db, session.session_id, now).await?;
    accounts::clear_tries(&db, staff_id).await?;
    db.commit().await?;
    Ok(())
}

/// Uses a code up; answers of which kind it was, or nothing when it is wrong.
async fn use_up(
    app: &App,
    db: &Client,
    staff_id: StaffId,
    code: &str,
) -> ApiResult<Option<&'static str>> {
    if code.trim().len() > TOTP_CHARS_MAX {
        let used = store::use_recovery_code(db, staff_id, &digest(code), app.now()).await?;
        return Ok(used.then_some("recovery_code"));
    }
    let Some(step) = matching_step(app, db, staff_id, code).await? else {
        return Ok(None);
    };
    let taken = store::take_step(db, staff_id, step).await?;
    Ok(taken.then_some("second_factor"))
}

/// Codes are guessed like passwords, so they count like passwords.
async fn count_attempt(db: &Client, staff_id: StaffId, now: Timestamp) -> ApiResult<()> {
    let account = accounts::Account::Of(staff_id);
    let ticket = accounts::take_ticket(db, account, Windows::at(now)).await?;
    match ticket {
        Some(ticket) if ticket.tries <= TRIES_MAX => Ok(()),
        Some(_) => Err(Code::AccountLocked.into()),
        None => Err(Code::SessionExpired.into()),
    }
}

/// The time step a code belongs to: this one or a neighbour.
async fn matching_step(
    app: &App,
    db: &Client,
    staff_id: StaffId,
    code: &str,
) -> ApiResult<Option<i64>> {
    let Some(sealed) = store::find_secret(db, staff_id).await? else {
        return Ok(None);
    };
    let secret = app
        .sealer
        .open(Field::TotpSecret, staff_id.get(), &sealed)?;
    let now_s = u64::try_from(app.now().as_second()).unwrap_or(0);
    let step = totp(secret)?.check(code.trim(), now_s);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

fn totp(secret: Vec<u8>) -> ApiResult<Totp> {
    Builder::new()
        .with_secret(secret)
        .build()
        .map_err(|error| ApiError::internal(anyhow::anyhow!("a secret of one-time codes: {error}")))
}

/// The address that an authenticator app reads from a picture.
pub fn otpauth_uri(secret_base32: &str, username: &str) -> String {
    // A user name is of a-z 0-9 . _ - and needs no escaping.
    format!(
        "otpauth://totp/GridPass:{username}?secret={secret_base32}&issuer=GridPass&algorithm=SHA1&digits=6&period=30"
    )
}

fn recovery_code(app: &App) -> String {
    // Five bits a letter: 32 letters divide the byte evenly.
    let bytes = app.entropy.bytes::<{ RECOVERY_BYTES * 8 / 5 }>();
    let letters = bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    let mut code = String::with_capacity(19);
    for (at, letter) in letters.enumerate() {
        if at > 0 && at % 4 == 0 {
            code.push('-');
        }
        code.push(letter);
    }
    code
}

/// Case, spaces and dashes do not matter: people type codes from paper.
fn digest(code: &str) -> Vec<u8> {
    let bare: String = code
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .collect();
    token_digest(&bare.to_lowercase()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: SHA-1, the last six of the eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let totp = totp(b"12345678901234567890".to_vec()).unwrap();
        for (at_s, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp.check(code, at_s), Some(at_s / 30));
            assert_eq!(totp.check(code, at_s + 90), None);
        }
    }

    #[test]
    fn recovery_codes_are_read_as_people_type_them() {
        assert_eq!(digest("ABCD-efgh 2345-jkmn"), digest("abcdefgh2345jkmn"));
        assert_ne!(digest("abcd"), digest("abce"));
    }
}
