//! A little work before an enrolment, so that a machine cannot send thousands: off unless the
//! operator asks for it.
//!
//! A challenge is stateless: it carries its end, its difficulty and a MAC. The solution is a
//! number that, appended to the challenge, gives a SHA-256 with so many leading zero bits. A
//! challenge counts once, which the table of limits remembers until it has run out.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::limits::{self, Limit};

/// How long a challenge counts.
const LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Characters of a solution at most.
const SOLUTION_CHARS_MAX: usize = 20;
/// Bytes of the body: end in milliseconds (8), difficulty (1), random (16).
const BODY_BYTES: usize = 25;
const MAC_BYTES: usize = 16;

/// What an enrolment must solve first.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ChallengeView {
    /// Leading zero bits asked for; 0 when there is nothing to solve.
    pub bits: u8,
    /// To be sent back with the solution; absent when there is nothing to solve.
    pub challenge: Option<String>,
}

/// What has to be solved before an enrolment: find a number so that SHA-256 over the challenge,
/// a full stop and the number in decimal begins with `bits` zero bits.
#[utoipa::path(get, path = "/api/v1/people/enrol-challenge", operation_id = "get_enrol_challenge", tag = "people",
    responses((status = 200, body = ChallengeView)))]
pub async fn get_enrol_challenge(State(app): State<App>) -> Json<ChallengeView> {
    let bits = app.settings.limits.enrol_challenge.bits();
    Json(ChallengeView {
        bits,
        challenge: (bits > 0).then(|| issue(&app, bits)),
    })
}

fn issue(app: &App, bits: u8) -> String {
    let ends_at = app.now() + LIFE;
    let mut bytes = Vec::with_capacity(BODY_BYTES + MAC_BYTES);
    bytes.extend_from_slice(&ends_at.as_millisecond().to_be_bytes());
    bytes.push(bits);
    bytes.extend_from_slice(&app.entropy.bytes::<16>());
    let mac = mac(app, &bytes);
    bytes.extend_from_slice(&mac);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Checks the solution, if this installation asks for one, and uses the challenge up.
///
/// # Errors
/// 422 `challenge_unsolved`: missing, wrong, run out or used.
pub(super) async fn check(
    app: &App,
    challenge: Option<&str>,
    solution: Option<&str>,
) -> ApiResult<()> {
    let bits = app.settings.limits.enrol_challenge.bits();
    if bits == 0 {
        return Ok(());
    }
    let (Some(challenge), Some(solution)) = (challenge, solution) else {
        return Err(Code::ChallengeUnsolved.into());
    };
    let ends_at = read(app, challenge, bits).filter(|ends_at| *ends_at > app.now());
    let solved = is_solution(challenge, solution, bits);
    let Some(ends_at) = ends_at.filter(|_| solved) else {
        return Err(Code::ChallengeUnsolved.into());
    };
    let once = Limit {
        kind: "challenge",
        uses_max: 1,
        window: ends_at.duration_since(app.now()) + SignedDuration::from_secs(1),
        code: Code::ChallengeUnsolved,
    };
    limits::take(
        app,
        &once,
        &app.sealer.lasting_digest("used challenge", challenge),
    )
    .await
}

/// The end of a challenge that we made, with the difficulty asked for now.
fn read(app: &App, challenge: &str, bits: u8) -> Option<Timestamp> {
    let bytes = URL_SAFE_NO_PAD.decode(challenge).ok()?;
    let (body, given) = bytes.split_at_checked(BODY_BYTES)?;
    let genuine = bool::from(mac(app, body).ct_eq(given)) && body[8] == bits;
    let ends_ms = i64::from_be_bytes(*body.first_chunk()?);
    Timestamp::from_millisecond(ends_ms)
        .ok()
        .filter(|_| genuine)
}

fn mac(app: &App, body: &[u8]) -> [u8; MAC_BYTES] {
    app.sealer
        .digest("enrol challenge", &URL_SAFE_NO_PAD.encode(body))
}

fn is_solution(challenge: &str, solution: &str, bits: u8) -> bool {
    let plain = !solution.is_empty()
        && solution.len() <= SOLUTION_CHARS_MAX
        && solution.bytes().all(|byte| byte.is_ascii_digit());
    plain && leading_zeros(&Sha256::digest(format!("{challenge}.{solution}"))) >= u32::from(bits)
}

fn leading_zeros(digest: &[u8]) -> u32 {
    let zeros = digest.iter().take_while(|byte| **byte == 0).count();
    let rest = digest.get(zeros).map_or(0, |byte| byte.leading_zeros());
    8 * u32::try_from(zeros).unwrap_or(u32::MAX / 8) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_counted_over_bytes() {
        assert_eq!(leading_zeros(&[0xff]), 0);
        assert_eq!(leading_zeros(&[0, 0x1f]), 11);
        assert_eq!(leading_zeros(&[0, 0]), 16);
    }

    #[test]
    fn only_digits_are_a_solution() {
        let solution = (0..)
            .find(|n: &u32| is_solution("abc", &n.to_string(), 8))
            .unwrap();
        assert!(!is_solution("abd", &solution.to_string(), 8));
        for wrong in ["", "-1", "1e3", "000000000000000000000"] {
            assert!(!is_solution("abc", wrong, 0), "{wrong}");
        }
    }
}
