//! The cryptographic suites behind one trait; the first number of an envelope names one.

use ed25519_dalek::Signature;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::PublicKey;

/// What the pass code needs of cryptography. Every suite signs in 64 bytes and digests in
/// 32, so that lengths, and with them the layout, are the same for all.
pub trait Suite: Send + Sync {
    /// The number that names this suite in an envelope, 0 to 23.
    fn envelope_version(&self) -> u8;

    /// The signature algorithm as COSE encodes it: one byte of CBOR (RFC 9053, table 2).
    fn cose_algorithm(&self) -> u8;

    /// Digest of `bytes`.
    fn digest(&self, bytes: &[u8]) -> [u8; 32];

    /// MAC under `key` over the parts as if they were one.
    fn mac(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32];

    /// Whether `signature` over `message` was made by the owner of `key`.
    fn is_signed_by(&self, key: &PublicKey, message: &[u8], signature: &[u8; 64]) -> bool;
}

/// Ed25519 (RFC 8032), SHA-256 and HMAC-SHA-256 (RFC 2104).
#[derive(Clone, Copy, Debug)]
pub struct Standard;

/// The suite `standard`, to borrow.
pub static STANDARD: Standard = Standard;

impl Suite for Standard {
    fn envelope_version(&self) -> u8 {
        1
    }

    fn cose_algorithm(&self) -> u8 {
        // EdDSA is −8, which CBOR writes as major type 1 with argument 7.
        0x27
    }

    fn digest(&self, bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }

    fn mac(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    fn is_signed_by(&self, key: &PublicKey, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        // The strict form refuses what different libraries judge differently.
        key.verifying_key()
            .verify_strict(message, &signature)
            .is_ok()
    }
}

/// The suite an envelope names, if this build knows it.
pub(crate) fn suite_of(envelope_version: u64) -> Option<&'static dyn Suite> {
    (envelope_version == u64::from(STANDARD.envelope_version())).then_some(&STANDARD as &dyn Suite)
}
