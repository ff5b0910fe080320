//! The issuer's public keys, as verifiers hold them and as `/.well-known/gridpass-keys`
//! serves them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::credential::timestamp;
use crate::{KeyId, KeySetError, PassError, ServerPublicKey, Suite};

/// One issuer key in its published form, a JSON Web Key (RFC 7517; Ed25519 as in RFC 8037, SM2
/// in the form that RFC 7518, §6.2 gives elliptic curves) with the period in which it may sign.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PublishedKey {
    /// Key id: base64url of the first 8 bytes of the digest of the key: SHA-256 of Ed25519's 32
    /// bytes, SM3 of SM2's 65.
    pub kid: String,
    /// `OKP`, or `EC` for SM2.
    pub kty: String,
    /// `Ed25519` or `SM2`.
    pub crv: String,
    /// `EdDSA` or `SM2`.
    pub alg: String,
    /// The key, or its coordinate x: base64url of 32 bytes.
    pub x: String,
    /// SM2 only: the coordinate y, base64url of 32 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// First moment at which a credential may be issued with it.
    pub not_before: Timestamp,
    /// First moment at which no credential may be issued with it any more. Credentials
    /// issued before keep counting until they expire.
    pub not_after: Timestamp,
    /// Withdrawn: nothing it ever signed counts any more. Never taken back.
    #[serde(default)]
    pub retired: bool,
}

/// `kty`, `crv` and `alg` of a suite's keys.
const fn kind(suite: Suite) -> [&'static str; 3] {
    let [kty, crv] = match suite {
        Suite::Standard => ["OKP", "Ed25519"],
        Suite::Guomi => ["EC", "SM2"],
    };
    [kty, crv, suite.algorithm()]
}

impl PublishedKey {
    /// The published form of a key in force from `not_before` until `not_after`.
    #[must_use]
    pub fn new(key: &ServerPublicKey, not_before: Timestamp, not_after: Timestamp) -> Self {
        let bytes = key.to_bytes();
        let (x, y) = match key.suite() {
            Suite::Standard => (&bytes[..], None),
            Suite::Guomi => (&bytes[1..33], Some(&bytes[33..])),
        };
        let [kty, crv, alg] = kind(key.suite()).map(str::to_owned);
        Self {
            kid: URL_SAFE_NO_PAD.encode(key.id().0),
            kty,
            crv,
            alg,
            x: URL_SAFE_NO_PAD.encode(x),
            y: y.map(|y| URL_SAFE_NO_PAD.encode(y)),
            not_before,
            not_after,
            retired: false,
        }
    }

    /// The key it publishes, if everything about it agrees.
    fn key(&self) -> Result<ServerPublicKey, KeySetError> {
        let named = [&*self.kty, &*self.crv, &*self.alg];
        let suite = Suite::ALL.into_iter().find(|suite| kind(*suite) == named);
        let suite = suite.ok_or(KeySetError::Algorithm)?;
        let bytes = self.bytes(suite).ok_or(KeySetError::Key)?;
        let key = ServerPublicKey::from_bytes(suite, &bytes).map_err(|_| KeySetError::Key)?;
        if self.kid != URL_SAFE_NO_PAD.encode(key.id().0) {
            return Err(KeySetError::KeyId);
        }
        if self.not_after <= self.not_before {
            return Err(KeySetError::Period);
        }
        Ok(key)
    }

    /// The bytes of the key, if `x` and `y` are there as its suite has them.
    fn bytes(&self, suite: Suite) -> Option<Vec<u8>> {
        let coordinate = |text: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            <[u8; 32]>::try_from(bytes).ok()
        };
        let x = coordinate(&self.x)?;
        match (suite, &self.y) {
            (Suite::Standard, None) => Some(x.to_vec()),
            (Suite::Guomi, Some(y)) => Some([&[4][..], &x, &coordinate(y)?].concat()),
            _ => None,
        }
    }
}

/// The issuer keys a verifier trusts. Its JSON form is `{"keys": [...]}`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct KeySet {
    keys: BTreeMap<KeyId, (ServerPublicKey, PublishedKey)>,
}

/// The JSON form.
#[derive(Deserialize, Serialize)]
struct Document {
    keys: Vec<PublishedKey>,
}

impl KeySet {
    /// A set of these keys.
    ///
    /// # Errors
    /// A [`KeySetError`] if a key is damaged, of an unknown kind, has an empty period, or
    /// appears twice.
    pub fn new(keys: impl IntoIterator<Item = PublishedKey>) -> Result<Self, KeySetError> {
        let mut set = Self::default();
        for published in keys {
            let key = published.key()?;
            if set.keys.insert(key.id(), (key, published)).is_some() {
                return Err(KeySetError::Duplicate);
            }
        }
        Ok(set)
    }

    /// The keys in their published form, in order of their ids.
    pub fn published(&self) -> impl Iterator<Item = &PublishedKey> {
        self.keys.values().map(|(_, published)| published)
    }

    /// The key that signed a credential, unless it is unknown or withdrawn.
    pub(crate) fn signer(
        &self,
        id: &KeyId,
    ) -> Result<(&ServerPublicKey, &PublishedKey), PassError> {
        let (key, published) = self.keys.get(id).ok_or(PassError::KeyUnknown)?;
        if published.retired {
            return Err(PassError::KeyRetired);
        }
        Ok((key, published))
    }
}

impl PublishedKey {
    /// Whether it might issue at that second.
    pub(crate) fn is_in_force(&self, issued_at_s: u32) -> bool {
        (self.not_before..self.not_after).contains(&timestamp(issued_at_s))
    }
}

impl TryFrom<Document> for KeySet {
    type Error = KeySetError;

    fn try_from(document: Document) -> Result<Self, KeySetError> {
        Self::new(document.keys)
    }
}

impl From<KeySet> for Document {
    fn from(set: KeySet) -> Self {
        Self {
            keys: set.keys.into_values().map(|(_, key)| key).collect(),
        }
    }
}
