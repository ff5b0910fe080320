//! Keys and secrets, each in its own type, wiped from memory when dropped and never printed.

use std::fmt;

use ed25519_dalek::{Signature, Signer, VerifyingKey};
use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::suite::PHONE;
use crate::{CredentialId, IssueError};

/// Names an issuer key: the first 8 bytes of its suite's digest of its public key.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyId(pub [u8; 8]);

/// A key pair of Ed25519: a phone's or a gate device's, and a server's of the suite
/// `standard`.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new key pair from 32 bytes of `rng`.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        Self::from_bytes(&seed)
    }

    /// The key pair of a stored 32-byte seed (RFC 8032, §5.1.5).
    #[must_use]
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The 32-byte seed, for sealed storage.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signature over `message`.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public()).finish()
    }
}

/// The public half of a key pair of Ed25519.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key in these 32 bytes.
    ///
    /// # Errors
    /// [`IssueError::PublicKey`] if they are no point of the curve, or one of small order,
    /// under which a signature would fit many messages.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, IssueError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| IssueError::PublicKey)?;
        if key.is_weak() {
            return Err(IssueError::PublicKey);
        }
        Ok(Self(key))
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Whether the owner of this key signed `message`.
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        // The strict form refuses what different libraries judge differently.
        self.0.verify_strict(message, &signature).is_ok()
    }
}

/// The server's secret from which the MAC key of every credential is derived.
#[derive(Clone)]
pub struct ServerSecret(Zeroizing<[u8; 32]>);

impl ServerSecret {
    /// A new secret from 32 bytes of `rng`.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        Self(bytes)
    }

    /// A stored secret.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The 32 bytes, for sealed storage.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.clone()
    }

    /// The MAC key that belongs to exactly this credential.
    ///
    /// The id is a digest of the credential's bytes, so that whoever alters the credential
    /// does not know the key of the altered one.
    pub(crate) fn mac_key(&self, id: &CredentialId) -> MacKey {
        let mac = PHONE.mac(&*self.0, &[b"gridpass mac v1", &id.0]);
        MacKey(Zeroizing::new(
            *mac.first_chunk().expect("a MAC has 32 bytes"),
        ))
    }
}

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret(..)")
    }
}

/// The key with which a phone makes the MAC of its presentations; handed to it together
/// with the credential, over an authenticated connection.
#[derive(Clone)]
pub struct MacKey(Zeroizing<[u8; 16]>);

impl MacKey {
    /// A key received by a holder.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 16]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The 16 bytes to hand to the holder.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 16]> {
        self.0.clone()
    }

    /// The MAC of a presentation: over what the phone signed, and over its signature, so
    /// that no byte of the presentation can be changed unnoticed by the server.
    pub(crate) fn presentation_mac(&self, payload: &[u8], signature: &[u8; 64]) -> [u8; 10] {
        let mac = PHONE.mac(&*self.0, &[payload, signature]);
        *mac.first_chunk().expect("a MAC has 32 bytes")
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(..)")
    }
}
