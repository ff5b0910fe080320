//! Personal fields at rest: sealed one by one, found by keyed digests.
//!
//! A sealed value is `key number (1) ‖ nonce (12) ‖ ciphertext ‖ tag (16)` under the
//! AEAD of the installation's [`Suite`]. The column and the row's identity are associated data, so a value
//! copied to another row or column does not open. There are several generations of each
//! key while one takes the place of another: the newest seals, all that are not retired
//! open, and the key number says which, so that opening costs one look into an array.

mod ring;
mod suite;

use std::sync::RwLock;

use sha2::{Digest, Sha256};

use crate::ids::Entropy;

pub use ring::{Generation, KeyState, Ring, SETTLING, Standing, Which};
pub use suite::Suite;

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
    /// `break_glass.note_sealed`
    GlassNote,
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
    /// `audit_key.seed_sealed`
    AuditKey,
    /// `lookup_finding.note_sealed`
    FindingNote,
    /// `staff.totp_secret_sealed`
    TotpSecret,
    /// `door_call.note_sealed`
    CallNote,
    /// `appeal.statement_sealed`
    AppealStatement,
    /// `appeal.decision_sealed`
    AppealDecision,
    /// `appeal_evidence_chunk.content_sealed`
    AppealEvidence,
    /// `declaration.answer_sealed`
    Declaration,
    /// `need.note_sealed`
    NeedNote,
    /// `person.address_code_sealed`
    AddressCode,
}

/// Why a sealed value did not open.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open: wrong key, wrong row or changed bytes")]
pub struct UnsealError;

/// Seals, opens and digests with the keys of this installation.
pub struct Sealer {
    ring: RwLock<Ring>,
}

impl Sealer {
    /// With the keys in use now.
    pub fn new(ring: Ring) -> Self {
        Self {
            ring: RwLock::new(ring),
        }
    }

    /// Takes these keys into use instead of those before.
    pub fn replace(&self, ring: Ring) {
        *self.ring.write().expect("no thread panics in a swap") = ring;
    }

    /// Reads something of the keys in use.
    pub fn with_ring<T>(&self, read: impl FnOnce(&Ring) -> T) -> T {
        read(&self.ring.read().expect("no thread panics in a swap"))
    }

    /// The suite by which this installation signs and makes MACs.
    pub fn signing_suite(&self) -> gridpass_passcode::Suite {
        self.with_ring(Ring::suite).signing()
    }

    /// Seals `plain` for `field` of the row `id`, with the newest key.
    pub fn seal(&self, field: Field, id: i64, plain: &[u8], entropy: &Entropy) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = entropy.bytes();
        let aad = associated_data(field, id);
        self.with_ring(|ring| {
            let (number, cipher) = ring.sealing_key();
            let body = cipher.encrypt(&nonce, &aad, plain);
            let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + body.len());
            sealed.push(number);
            sealed.extend_from_slice(&nonce);
            sealed.extend_from_slice(&body);
            sealed
        })
    }

    /// Opens what [`Sealer::seal`] made for the same field and row, with any key that is
    /// not retired.
    ///
    /// # Errors
    /// [`UnsealError`].
    pub fn open(&self, field: Field, id: i64, sealed: &[u8]) -> Result<Vec<u8>, UnsealError> {
        let (&number, rest) = sealed.split_first().ok_or(UnsealError)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(UnsealError)?;
        let aad = associated_data(field, id);
        self.with_ring(|ring| {
            let cipher = ring.opening_key(number).ok_or(UnsealError)?;
            cipher.decrypt(nonce, &aad, body).ok_or(UnsealError)
        })
    }

    /// Opens a text field.
    pub fn open_text(&self, field: Field, id: i64, sealed: &[u8]) -> Result<String, UnsealError> {
        String::from_utf8(self.open(field, id, sealed)?).map_err(|_| UnsealError)
    }

    /// Keyed digest for matching, by the newest key: the same purpose and value give the
    /// same bytes, and nobody without the key can try numbers against them. To look
    /// something up, ask for [`Sealer::digests`].
    pub fn digest(&self, purpose: &str, value: &str) -> [u8; DIGEST_BYTES] {
        self.with_ring(|ring| ring.digest(purpose, value))
    }

    /// The digests by every key in use, the newest first: while the digest key changes, a
    /// stored digest may be by any of them. Outside a change it is one.
    pub fn digests(&self, purpose: &str, value: &str) -> Vec<[u8; DIGEST_BYTES]> {
        let numbered = self.numbered_digests(purpose, value);
        numbered.into_iter().map(|(_, digest)| digest).collect()
    }

    /// As [`Sealer::digests`], each with the number of its key, for storing them.
    pub fn numbered_digests(&self, purpose: &str, value: &str) -> Vec<(i16, [u8; DIGEST_BYTES])> {
        self.with_ring(|ring| ring.digests(purpose, value))
    }

    /// A keyed number that outlives every change of the digest key: for identities that
    /// are derived and not stored beside what they derive from.
    pub fn lasting_digest(&self, purpose: &str, value: &str) -> [u8; DIGEST_BYTES] {
        self.with_ring(|ring| ring.lasting_digest(purpose, value))
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
    use crate::config::secrets::Secrets;

    fn sealer(secrets: &Secrets) -> Sealer {
        Sealer::new(Ring::new(secrets, &[], jiff::Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn opens_only_in_its_own_row_and_column() {
        let sealer = sealer(&Secrets::single([1; 32], [2; 32], [3; 32]));
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
        let a = sealer(&Secrets::single([1; 32], [2; 32], [3; 32]));
        let b = sealer(&Secrets::single([1; 32], [4; 32], [3; 32]));
        assert_eq!(a.digest("number", "1"), a.digest("number", "1"));
        assert_ne!(a.digest("number", "1"), a.digest("phone", "1"));
        assert_ne!(a.digest("number", "1"), b.digest("number", "1"));
    }
}
