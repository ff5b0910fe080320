//! Passes: signing keys, the credentials of phones and paper, specimens, and what of all
//! that was issued still counts.
//!
//! Invariants: a private key leaves the database only sealed; a rotated key signs nothing
//! new, but what it signed counts until it runs out; one phone and one paper pass at a
//! time, each newer one voids the one before; a specimen never passes.

mod api;
mod issue;
mod jobs;
mod keys;
pub mod model;
mod paper;
pub mod store;

use gridpass_passcode::PassError;
use jiff::{SignedDuration, Timestamp};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::jobs::outbox::Handlers;
use crate::people;

pub use jobs::loops;
pub use keys::{KeyRing, Keys};
pub use model::parse_key;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::get_pass_keys))
        .routes(routes!(api::rotate_pass_keys))
        .routes(routes!(api::create_specimen_pass))
        .routes(routes!(paper::create_paper_pass))
        .routes(routes!(paper::create_paper_passes))
        .routes(routes!(issue::revoke_passes))
}

/// Routes of the public listener.
pub fn public_router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::get_pass_keys))
        .routes(routes!(issue::issue_credential))
        .routes(routes!(paper::create_own_paper_pass))
}

/// Adds the handler of what follows when a guardian's phone carries a pass no more.
pub fn register(handlers: Handlers) -> Handlers {
    handlers.on(people::TOPIC_CARRIED_NO_MORE, issue::end_carried)
}

/// Withdrawn passes that somebody may still show, in order of serial: the serial, and before when
/// phones' and paper passes of it do not count.
///
/// # Errors
/// When the database does not answer.
pub async fn revocations(
    db: &Client,
    now: Timestamp,
) -> ApiResult<Vec<(i32, Timestamp, Timestamp)>> {
    let life =
        |seconds: u32| SignedDuration::from_secs(seconds.into()) + SignedDuration::from_hours(1);
    let since = (
        now - life(gridpass_passcode::CREDENTIAL_LIFE_S),
        now - life(model::PAPER_LIFE_S),
    );
    Ok(store::list_revocations(db, since).await?)
}

/// The API's code for what is wrong with a pass or a gate code: the same name.
pub fn code_of(error: PassError) -> Code {
    match error {
        PassError::NotAPass => Code::NotAPass,
        PassError::Malformed => Code::PassMalformed,
        PassError::TooLong => Code::PassTooLong,
        PassError::SuiteUnknown => Code::PassSuiteUnknown,
        PassError::Forged => Code::PassForged,
        PassError::PresentationExpired => Code::PresentationExpired,
        PassError::PresentationInFuture => Code::PresentationInFuture,
        PassError::CredentialExpired => Code::CredentialExpired,
        PassError::CredentialNotYetValid => Code::CredentialNotYetValid,
        PassError::Specimen => Code::PassSpecimen,
        PassError::KeyUnknown => Code::PassKeyUnknown,
        PassError::KeyRetired => Code::PassKeyRetired,
        PassError::KeyNotInForce => Code::PassKeyNotInForce,
        PassError::NotAGateCode => Code::NotAGateCode,
        PassError::GateCodeMalformed => Code::GateCodeMalformed,
        PassError::GateUnknown => Code::GateUnknown,
        PassError::GateCodeForged => Code::GateCodeForged,
        PassError::GateCodeExpired => Code::GateCodeExpired,
        PassError::GateCodeInFuture => Code::GateCodeInFuture,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_pass_keeps_its_name() {
        for error in PassError::ALL {
            assert_eq!(code_of(error).as_str(), error.code());
        }
    }
}
