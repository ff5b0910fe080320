//! Checking a pass: online by its MAC, offline by its two signatures.
//!
//! Authenticity comes before everything the pass says about itself, so that an error such
//! as "specimen" or "expired" is the truth about a genuine pass.

use gridpass_types::{Colour, PassForm, PassSerial, PersonId};
use jiff::Timestamp;
use subtle::ConstantTimeEq;

use crate::credential::{Claims, signed_part, timestamp};
use crate::envelope::{Envelope, PASS_BYTES_MAX, Proof, payload, to_be_signed};
use crate::{CredentialId, KeySet, PassError, PublicKey, ServerSecret};

/// How long a presentation counts and how far clocks may be apart, in seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Life of a presentation.
    pub life_s: u32,
    /// Difference allowed between the phone's clock and the verifier's, either way.
    pub skew_s: u32,
}

impl Default for Limits {
    /// 60 s of life and 30 s of skew.
    fn default() -> Self {
        Self {
            life_s: 60,
            skew_s: 30,
        }
    }
}

impl Limits {
    fn check(
        &self,
        claims: &Claims<'_>,
        proof_s: Option<u32>,
        now: Timestamp,
    ) -> Result<(), PassError> {
        let now_s = now.as_second();
        let (life_s, skew_s) = (i64::from(self.life_s), i64::from(self.skew_s));
        if let Some(proof_s) = proof_s {
            let age_s = now_s - i64::from(proof_s);
            if age_s > life_s + skew_s {
                return Err(PassError::PresentationExpired);
            }
            if -age_s > skew_s {
                return Err(PassError::PresentationInFuture);
            }
        }
        if i64::from(claims.issued_at_s) - now_s > skew_s {
            return Err(PassError::CredentialNotYetValid);
        }
        if now_s >= i64::from(claims.expires_at_s) {
            return Err(PassError::CredentialExpired);
        }
        Ok(())
    }
}

/// A genuine pass, shown in time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Presented {
    /// Whose pass it is.
    pub person_id: PersonId,
    /// The dense serial of the pass.
    pub serial: PassSerial,
    /// The colour when the credential was issued; a server derives the one that counts.
    pub colour_at_issue: Colour,
    /// On what it was shown; never a specimen.
    pub form: PassForm,
    /// The key of the phone that the credential is for; `None` on paper, which has none.
    pub holder_key: Option<[u8; 32]>,
    /// The credential. Together with `presented_at` it names the presentation, so that the
    /// same one at two gates is seen to be a replay.
    pub credential_id: CredentialId,
    /// When the phone made the presentation; `None` on paper, which has none.
    pub presented_at: Option<Timestamp>,
    /// When the credential was issued.
    pub issued_at: Timestamp,
    /// When the credential runs out.
    pub expires_at: Timestamp,
}

impl Presented {
    fn new(claims: &Claims<'_>, credential_id: CredentialId, proof_s: Option<u32>) -> Self {
        Self {
            person_id: claims.person_id,
            serial: claims.serial,
            colour_at_issue: claims.colour,
            form: claims.form,
            holder_key: claims.holder_key.copied(),
            credential_id,
            presented_at: proof_s.map(timestamp),
            issued_at: timestamp(claims.issued_at_s),
            expires_at: timestamp(claims.expires_at_s),
        }
    }
}

/// The server's check: a MAC instead of signatures, for phones; the issuer's signature for
/// the few passes on paper.
#[derive(Clone, Debug)]
pub struct OnlineVerifier {
    /// The one that issues now comes first; it is nearly always the right one.
    secrets: Vec<ServerSecret>,
    keys: KeySet,
}

impl OnlineVerifier {
    /// A verifier for phones alone; passes on paper are refused with
    /// [`PassError::KeyUnknown`] until it is given keys.
    #[must_use]
    pub fn new(secret: ServerSecret) -> Self {
        Self::with_keys(secret, KeySet::default())
    }

    /// A verifier for phones, and for paper signed by one of `keys`.
    #[must_use]
    pub fn with_keys(secret: ServerSecret, keys: KeySet) -> Self {
        Self {
            secrets: vec![secret],
            keys,
        }
    }

    /// Also counts MACs by these server secrets: a former one, until what was issued with it
    /// has run out, or one that other servers have taken into use already.
    #[must_use]
    pub fn honouring(mut self, others: Vec<ServerSecret>) -> Self {
        self.secrets.extend(others);
        self
    }

    /// Checks the text of a pass shown at `now`.
    ///
    /// # Errors
    /// A [`PassError`] that says what is wrong, first of all if it is not genuine.
    pub fn verify(
        &self,
        text: &[u8],
        now: Timestamp,
        limits: Limits,
    ) -> Result<Presented, PassError> {
        let mut buffer = [0; PASS_BYTES_MAX];
        let pass = Envelope::parse(text, &mut buffer)?;
        let id = CredentialId::of(pass.credential);
        let proof_s = match &pass.proof {
            Some(proof) => {
                let signed = payload(proof.time_s, &id);
                let fits = |secret: &ServerSecret| {
                    let key = secret.mac_key(&id);
                    let mac = key.presentation_mac(&signed, proof.signature);
                    bool::from(mac.ct_eq(proof.mac))
                };
                if !self.secrets.iter().any(fits) {
                    return Err(PassError::Forged);
                }
                Some(proof.time_s)
            }
            None => {
                check_issuer(&self.keys, &pass)?;
                None
            }
        };
        limits.check(&pass.claims, proof_s, now)?;
        Ok(Presented::new(&pass.claims, id, proof_s))
    }
}

/// The check without a server: both signatures, for gates without network and for the job
/// that looks at their uploads again.
#[derive(Clone, Debug)]
pub struct OfflineVerifier {
    keys: KeySet,
}

impl OfflineVerifier {
    /// A verifier that trusts these issuer keys.
    #[must_use]
    pub const fn new(keys: KeySet) -> Self {
        Self { keys }
    }

    /// Checks the text of a pass shown at `now`.
    ///
    /// # Errors
    /// A [`PassError`] that says what is wrong, first of all if it is not genuine.
    pub fn verify(
        &self,
        text: &[u8],
        now: Timestamp,
        limits: Limits,
    ) -> Result<Presented, PassError> {
        let mut buffer = [0; PASS_BYTES_MAX];
        let pass = Envelope::parse(text, &mut buffer)?;
        let id = CredentialId::of(pass.credential);
        check_issuer(&self.keys, &pass)?;
        let proof_s = match (&pass.proof, pass.claims.holder_key) {
            (Some(proof), Some(key)) => {
                check_phone(proof, key, &id)?;
                Some(proof.time_s)
            }
            _ => None,
        };
        limits.check(&pass.claims, proof_s, now)?;
        Ok(Presented::new(&pass.claims, id, proof_s))
    }
}

/// That a trusted key signed the credential while it was in force, and not as a specimen.
fn check_issuer(keys: &KeySet, pass: &Envelope<'_>) -> Result<(), PassError> {
    let (key, published) = keys.signer(&pass.claims.key_id)?;
    let (message, signature) = signed_part(pass.credential)?;
    // A key of another suite never fits, whatever the bytes.
    if key.suite() != pass.suite || !key.has_signed(&message, signature) {
        return Err(PassError::Forged);
    }
    if !published.is_in_force(pass.claims.issued_at_s) {
        return Err(PassError::KeyNotInForce);
    }
    if pass.claims.form == PassForm::Specimen {
        return Err(PassError::Specimen);
    }
    Ok(())
}

/// That the phone named by the credential signed the presentation.
fn check_phone(proof: &Proof<'_>, key: &[u8; 32], id: &CredentialId) -> Result<(), PassError> {
    let key = PublicKey::from_bytes(key).map_err(|_| PassError::Forged)?;
    let message = to_be_signed(&payload(proof.time_s, id));
    if !key.has_signed(&message, proof.signature) {
        return Err(PassError::Forged);
    }
    Ok(())
}
