//! Passes and keys as they go over the wire.

use gridpass_passcode::PublishedKey;
use gridpass_types::Colour;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long a paper pass lives: 30 days, in seconds.
pub const PAPER_LIFE_S: u32 = 30 * 24 * 60 * 60;
/// How long a specimen can be looked at: a year, in seconds.
pub const SPECIMEN_LIFE_S: u32 = 365 * 24 * 60 * 60;

/// An issuer key as a JSON Web Key (RFC 7517, RFC 8037) with the period in which it signs.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PassKeyView {
    /// Key id: base64url of the first 8 bytes of the SHA-256 of the key.
    pub kid: String,
    /// Always `OKP`.
    pub kty: String,
    /// Always `Ed25519`.
    pub crv: String,
    /// Always `EdDSA`.
    pub alg: String,
    /// The key: base64url of its 32 bytes.
    pub x: String,
    /// First moment at which a credential may be issued with it.
    pub not_before: Timestamp,
    /// First moment at which none may be issued any more.
    pub not_after: Timestamp,
    /// Withdrawn: nothing it ever signed counts.
    pub retired: bool,
}

/// The keys that gates trust.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PassKeysView {
    /// The keys, those that only verify too.
    pub keys: Vec<PassKeyView>,
}

impl From<&PublishedKey> for PassKeyView {
    fn from(key: &PublishedKey) -> Self {
        Self {
            kid: key.kid.clone(),
            kty: key.kty.clone(),
            crv: key.crv.clone(),
            alg: key.alg.clone(),
            x: key.x.clone(),
            not_before: key.not_before,
            not_after: key.not_after,
            retired: key.retired,
        }
    }
}

/// A specimen to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSpecimen {
    /// The colour it shows; green when absent.
    #[serde(default)]
    pub colour: Option<Colour>,
}

/// A pass to print.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SpecimenView {
    /// Text of the QR code.
    pub qr: String,
}
