//! Personal fields at rest: sealed one by one, found by keyed digests.
//!
//! A sealed value is `key number (1) ‖ nonce (12) ‖ ciphertext ‖ tag (16)` under
//! AES-256-GCM. The column and the row's identity are associated data, so a value
//! copied to another row or column does not open.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use gridpass_types::name::PersonName;
use hmac::Mac;
use sha2::{Digest, Sha256};

use crate::ids::Entropy;

/// Number of the key that seals now; older numbers stay readable once keys rotate.
const KEY_NUMBER: u8 = 1;
const NONCE_BYTES: usize = 12;
/// Bytes of a keyed digest as stored.
pub const DIGEST_BYTES: usize = 16;

/// A sealed column; its name is part of the associated data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `person.document_number_sealed`
    DocumentNumber,
    /// `person.name_sealed`
    Name,
    /// `person.phone_sealed`
    Phone,
    /// `person.address_sealed`
    Address,
    /// `person.photo_sealed`
    Photo,
    /// `visit.note_sealed`
    VisitNote,
    /// `gate.code_secret_sealed`
    GateCodeSecret,
    /// `pass_key.private_key_sealed`
    PassKey,
    /// `idempotency.answer_sealed`
    Answer,
    /// `text_message.phone_sealed`
    TextPhone,
    /// `text_message.words_sealed`
    TextWords,
}

/// Why a sealed value did not open.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open: wrong key, wrong row or changed bytes")]
pub struct UnsealError;

/// Seals, opens and digests with the keys of this installation.
pub struct Sealer {
    cipher: Aes256Gcm,
    digest_key: [u8; 32],
}

impl Sealer {
    /// From the two keys of the secrets file.
    pub fn new(sealing_key: &[u8; 32], digest_key: &[u8; 32]) -> Self {
        Self {
            cipher: Aes256Gcm::new(&(*sealing_key).into()),
            digest_key: *digest_key,
        }
    }

    /// Seals `plain` for `field` of the row `id`.
    pub fn seal(&self, field: Field, id: i64, plain: &[u8], entropy: &Entropy) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = entropy.bytes();
        let aad = associated_data(field, id);
        let body = self
            .cipher
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: &aad,
                },
            )
            .expect("AES-GCM only fails above 64 GiB");
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + body.len());
        sealed.push(KEY_NUMBER);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&body);
        sealed
    }

    /// Opens what [`Sealer::seal`] made for the same field and row.
    pub fn open(&self, field: Field, id: i64, sealed: &[u8]) -> Result<Vec<u8>, UnsealError> {
        let (&number, rest) = sealed.split_first().ok_or(UnsealError)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(UnsealError)?;
        if number != KEY_NUMBER {
            return Err(UnsealError);
        }
        let aad = associated_data(field, id);
        self.cipher
            .decrypt(
                &Nonce::from(*nonce),
                Payload {
                    msg: body,
                    aad: &aad,
                },
            )
            .map_err(|_| UnsealError)
    }

    /// Opens a text field.
    pub fn open_text(&self, field: Field, id: i64, sealed: &[u8]) -> Result<String, UnsealError> {
        String::from_utf8(self.open(field, id, sealed)?).map_err(|_| UnsealError)
    }

    /// A person's sealed name, opened and masked; `None` when there is none.
    pub fn masked_name(
        &self,
        person_id: i64,
        sealed: Option<&[u8]>,
    ) -> Result<Option<String>, UnsealError> {
        let Some(sealed) = sealed else {
            return Ok(None);
        };
        let name = self.open_text(Field::Name, person_id, sealed)?;
        Ok(PersonName::parse(&name).ok().map(|name| name.masked()))
    }

    /// Keyed digest for matching: the same purpose and value give the same
    /// bytes, and nobody without the key can try numbers against them.
    pub fn digest(&self, purpose: &str, value: &str) -> [u8; DIGEST_BYTES] {
        let mut mac = <hmac::Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.digest_key)
            .expect("HMAC takes a key of any length");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        let full = mac.finalize().into_bytes();
        let mut digest = [0; DIGEST_BYTES];
        digest.copy_from_slice(&full[..DIGEST_BYTES]);
        digest
    }
}

/// SHA-256 of a bearer token or another high-entropy secret, for storing.
pub fn token_digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn associated_data(field: Field, id: i64) -> [u8; 9] {
    let mut aad = [0; 9];
    aad[0] = field as u8;
    aad[1..].copy_from_slice(&id.to_be_bytes());
    aad
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_in_its_own_row_and_column() {
        let sealer = Sealer::new(&[1; 32], &[2; 32]);
        let entropy = Entropy::seeded(7);
        let sealed = sealer.seal(Field::Name, 5, "张三".as_bytes(), &entropy);
        assert_eq!(sealer.open_text(Field::Name, 5, &sealed).unwrap(), "张三");
        assert!(sealer.open(Field::Name, 6, &sealed).is_err());
        assert!(sealer.open(Field::Phone, 5, &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(sealer.open(Field::Name, 5, &changed).is_err());
        }
        assert!(sealer.open(Field::Name, 5, &sealed[..12]).is_err());
    }

    #[test]
    fn digests_differ_by_key_and_purpose() {
        let a = Sealer::new(&[1; 32], &[2; 32]);
        let b = Sealer::new(&[1; 32], &[3; 32]);
        assert_eq!(a.digest("number", "1"), a.digest("number", "1"));
        assert_ne!(a.digest("number", "1"), a.digest("phone", "1"));
        assert_ne!(a.digest("number", "1"), b.digest("number", "1"));
    }
}
