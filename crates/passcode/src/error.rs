//! Everything that can be wrong with a code, each with a stable name.
//!
//! The names are part of the HTTP interface and of the TypeScript verifier: they may be
//! added to, never changed.

use thiserror::Error;

/// Why a pass or a gate code was refused. The text holds no personal data.
#[derive(Clone, Copy, Debug, Eq, Error, Hash, PartialEq)]
pub enum PassError {
    /// The text is no GridPass pass: a code of another system, or a gate code.
    #[error("this is not a GridPass pass")]
    NotAPass,
    /// The text begins like a pass but does not follow the format.
    #[error("the pass is damaged")]
    Malformed,
    /// The text is longer than any pass can be.
    #[error("the pass is too long")]
    TooLong,
    /// The pass names a cryptographic suite this verifier does not know.
    #[error("the pass uses an unknown suite")]
    SuiteUnknown,
    /// The MAC or a signature does not fit.
    #[error("the pass is forged or altered")]
    Forged,
    /// The presentation is older than its life allows: a screenshot, or a clock far behind.
    #[error("the code on the screen has expired")]
    PresentationExpired,
    /// The presentation was made later than now: a clock far ahead.
    #[error("the code on the screen is from the future")]
    PresentationInFuture,
    /// The credential inside has run out; the phone must fetch a new one.
    #[error("the pass has expired")]
    CredentialExpired,
    /// The credential inside was issued later than now.
    #[error("the pass is not valid yet")]
    CredentialNotYetValid,
    /// A genuine specimen: made to be looked at, never lets anybody through.
    #[error("this pass is a specimen")]
    Specimen,
    /// No issuer key of that id is known.
    #[error("the issuer key of this pass is unknown")]
    KeyUnknown,
    /// The issuer key was withdrawn: nothing it signed counts any more.
    #[error("the issuer key of this pass was withdrawn")]
    KeyRetired,
    /// The credential was issued outside the period in which its key may sign.
    #[error("the issuer key was not in force when this pass was issued")]
    KeyNotInForce,
    /// The text is no GridPass gate code.
    #[error("this is not a GridPass gate code")]
    NotAGateCode,
    /// The text begins like a gate code but does not follow the format.
    #[error("the gate code is damaged")]
    GateCodeMalformed,
    /// No gate of that id is known.
    #[error("the gate of this code is unknown")]
    GateUnknown,
    /// The MAC of the gate code does not fit.
    #[error("the gate code is forged or altered")]
    GateCodeForged,
    /// The gate code is older than the previous slot: a picture sent on.
    #[error("the gate code has expired")]
    GateCodeExpired,
    /// The gate code is of a later slot than now.
    #[error("the gate code is from the future")]
    GateCodeInFuture,
}

impl PassError {
    /// Every error, for tests and for documentation.
    pub const ALL: [Self; 19] = [
        Self::NotAPass,
        Self::Malformed,
        Self::TooLong,
        Self::SuiteUnknown,
        Self::Forged,
        Self::PresentationExpired,
        Self::PresentationInFuture,
        Self::CredentialExpired,
        Self::CredentialNotYetValid,
        Self::Specimen,
        Self::KeyUnknown,
        Self::KeyRetired,
        Self::KeyNotInForce,
        Self::NotAGateCode,
        Self::GateCodeMalformed,
        Self::GateUnknown,
        Self::GateCodeForged,
        Self::GateCodeExpired,
        Self::GateCodeInFuture,
    ];

    /// The stable name of this error, in snake case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAPass => "not_a_pass",
            Self::Malformed => "pass_malformed",
            Self::TooLong => "pass_too_long",
            Self::SuiteUnknown => "pass_suite_unknown",
            Self::Forged => "pass_forged",
            Self::PresentationExpired => "presentation_expired",
            Self::PresentationInFuture => "presentation_in_future",
            Self::CredentialExpired => "credential_expired",
            Self::CredentialNotYetValid => "credential_not_yet_valid",
            Self::Specimen => "pass_specimen",
            Self::KeyUnknown => "pass_key_unknown",
            Self::KeyRetired => "pass_key_retired",
            Self::KeyNotInForce => "pass_key_not_in_force",
            Self::NotAGateCode => "not_a_gate_code",
            Self::GateCodeMalformed => "gate_code_malformed",
            Self::GateUnknown => "gate_unknown",
            Self::GateCodeForged => "gate_code_forged",
            Self::GateCodeExpired => "gate_code_expired",
            Self::GateCodeInFuture => "gate_code_in_future",
        }
    }
}

/// Why a credential, a presentation or a gate code cannot be made from these values.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum IssueError {
    /// Issuer text is 1 to 12 characters of `A`–`Z`, `a`–`z`, `0`–`9`, `.`, `-`.
    #[error("the issuer text must be 1 to 12 letters, digits, dots or hyphens")]
    IssuerText,
    /// Ids are not negative, and those of people and gates are below 2^53, so that
    /// JavaScript holds them exactly.
    #[error("an id is negative or does not fit in 53 bits")]
    IdOutOfRange,
    /// Times lie between 1970 and 2106, in whole seconds.
    #[error("the time does not fit in 32 bits")]
    TimeOutOfRange,
    /// A credential must live for at least one second.
    #[error("the life of a credential must be positive")]
    LifeNotPositive,
    /// A key must be a usable point of its curve: of Ed25519 in 32 bytes for a phone, of full
    /// order; of SM2 in 65.
    #[error("the public key is not usable")]
    PublicKey,
    /// SM2 takes as a secret a number from 1 to n − 2.
    #[error("the bytes are no secret key")]
    ServerKey,
    /// These bytes are no credential.
    #[error("the bytes are not a credential")]
    NotACredential,
    /// A phone presents only a credential that names its own key.
    #[error("the credential belongs to another key or is not for a phone")]
    NotTheHolder,
}

/// Why a published key set was refused.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum KeySetError {
    /// `kty`, `crv` or `alg` is not the one of a known suite.
    #[error("a key of the set has an unknown type, curve or algorithm")]
    Algorithm,
    /// `x`, `y` or `kid` is not base64url of the right length, or not a usable key.
    #[error("a key of the set is damaged")]
    Key,
    /// `kid` is not the digest of the key.
    #[error("a key id of the set does not belong to its key")]
    KeyId,
    /// Two keys of one id.
    #[error("a key appears twice in the set")]
    Duplicate,
    /// `not_after` is not later than `not_before`.
    #[error("a key of the set has an empty period")]
    Period,
}
