//! Passes and keys as they go over the wire.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass_passcode::{PublicKey, PublishedKey};
use gridpass_types::ids::{EnclosureId, HouseholdId, PassSerial, PersonId};
use gridpass_types::{Colour, Sensitive};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::error::{ApiError, ApiResult, FieldError};
use crate::people::PassView;

/// How long a paper pass lives: 30 days, in seconds.
pub const PAPER_LIFE_S: u32 = 30 * 24 * 60 * 60;
/// How long a specimen can be looked at: a year, in seconds.
pub const SPECIMEN_LIFE_S: u32 = 365 * 24 * 60 * 60;

/// An issuer key as a JSON Web Key (RFC 7517) with the period in which it signs: Ed25519
/// (RFC 8037), or SM2 on an installation of the suite `guomi`.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PassKeyView {
    /// Key id: base64url of the first 8 bytes of the digest of the key (SHA-256; SM3 of `04`,
    /// x and y for SM2).
    pub kid: String,
    /// `OKP`, or `EC` for SM2.
    pub kty: String,
    /// `Ed25519` or `SM2`.
    pub crv: String,
    /// `EdDSA` or `SM2`.
    pub alg: String,
    /// The key, or its coordinate x: base64url of 32 bytes.
    pub x: String,
    /// Of SM2 only: the coordinate y, base64url of 32 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
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
            y: key.y.clone(),
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

/// A phone that asks for a credential.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialInput {
    /// Ed25519 public key of the phone, base64url of 32 bytes.
    pub public_key: String,
    /// Serial of a dependant's pass; the holder's own when absent.
    #[serde(default)]
    pub pass_serial: Option<PassSerial>,
}

impl CredentialInput {
    /// Reads the key.
    ///
    /// # Errors
    /// 422 with the field when it is no usable key.
    pub fn key(&self) -> ApiResult<PublicKey> {
        parse_key(&self.public_key).map_err(|fault| ApiError::fields(vec![fault]))
    }
}

/// Reads an Ed25519 public key; one that is no usable point of the curve is refused.
///
/// # Errors
/// The fault of the field `public_key`.
pub fn parse_key(text: &str) -> Result<PublicKey, FieldError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = bytes.and_then(|bytes| PublicKey::from_bytes(&bytes).ok());
    key.ok_or_else(|| {
        FieldError::new(
            "public_key",
            "public_key_invalid",
            "base64url of the 32 bytes of an Ed25519 public key",
            "应为 32 字节 Ed25519 公钥的 base64url 编码",
        )
    })
}

/// A credential with the key that makes its presentations count online.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct CredentialView {
    /// The credential, base64url.
    pub credential: String,
    /// The MAC key, base64url; never leaves the phone.
    pub mac_key: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it runs out.
    pub expires_at: Timestamp,
    /// The server's time, so that the phone can correct its own.
    pub server_time: Timestamp,
}

/// Whose pass a phone prints.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnPaperInput {
    /// Serial of a dependant's pass; the holder's own when absent.
    #[serde(default)]
    pub pass_serial: Option<PassSerial>,
}

/// A home to print for: a household, or a building of a grid.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PapersInput {
    /// Everybody of a household.
    #[serde(default)]
    pub household_id: Option<HouseholdId>,
    /// Everybody of a grid, 15 digits, whose address begins with `building`.
    #[serde(default)]
    pub grid_code: Option<String>,
    /// Everybody of an enclosure, in whatever grid they count, whose address begins with `building`.
    #[serde(default)]
    pub enclosure_id: Option<EnclosureId>,
    /// The beginning of the addresses, 1 to 40 characters, as in `3栋`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub building: Option<Sensitive<String>>,
    /// The `next` of the call before.
    #[serde(default)]
    pub after: Option<PersonId>,
}

/// A paper pass of a batch.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PaperOfHome {
    /// Whose; names the photo.
    pub person_id: PersonId,
    /// What is printed.
    #[serde(flatten)]
    pub paper: PaperPassView,
}

/// Paper passes of a home, as many as one call issues.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PapersView {
    /// The passes, in order of identity.
    pub items: Vec<PaperOfHome>,
    /// To be sent as `after` for those that follow; absent when all are here.
    pub next: Option<PersonId>,
}

/// A paper pass to print.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PaperPassView {
    /// Text of the QR code.
    pub qr: String,
    /// When it runs out.
    pub expires_at: Timestamp,
    /// What stands on it beside the code.
    pub pass: PassView,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_and_damaged_keys_are_refused() {
        let good = gridpass_passcode::SigningKey::from_bytes(&[7; 32]).public();
        let text = URL_SAFE_NO_PAD.encode(good.to_bytes());
        assert!(parse_key(&text).is_ok_and(|key| key == good));
        assert!(parse_key(&text[1..]).is_err());
        assert!(parse_key("不").is_err());
        assert!(parse_key(&URL_SAFE_NO_PAD.encode([0; 32])).is_err());
    }
}
