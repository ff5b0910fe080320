//! The issuer's public keys, as verifiers hold them and as `/.well-known/gridpass-keys`
//! serves them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::credential::timestamp;
use crate::{KeyId, KeySetError, PassError, PublicKey};

/// One issuer key in its published form, a JSON Web Key (RFC 7517, RFC 8037) with the
/// period in which it may sign.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PublishedKey {
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
    /// First moment at which no credential may be issued with it any more. Credentials
    /// issued before keep counting until they expire.
    pub not_after: Timestamp,
    /// Withdrawn: nothing it ever signed counts any more. Never taken back.
    #[serde(default)]
    pub retired: bool,
}

impl PublishedKey {
    /// The published form of a key in force from `not_before` until `not_after`.
    #[must_use]
    pub fn new(key: &PublicKey, not_before: Timestamp, not_after: Timestamp) -> Self {
        Self {
            kid: URL_SAFE_NO_PAD.encode(key.id().0),
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            alg: "EdDSA".into(),
            x: URL_SAFE_NO_PAD.encode(key.to_bytes()),
            not_before,
            not_after,
            retired: false,
        }
    }

    /// The key it publishes, if everything about it agrees.
    fn key(&self) -> Result<PublicKey, KeySetError> {
        if (&*self.kty, &*self.crv, &*self.alg) != ("OKP", "Ed25519", "EdDSA") {
            return Err(KeySetError::Algorithm);
        }
        let x = URL_SAFE_NO_PAD
            .decode(&self.x)
            .map_err(|_| KeySetError::Key)?;
        let x = x.as_slice().try_into().map_err(|_| KeySetError::Key)?;
        let key = PublicKey::from_bytes(x).map_err(|_| KeySetError::Key)?;
        if self.kid != URL_SAFE_NO_PAD.encode(key.id().0) {
            return Err(KeySetError::KeyId);
        }
        if self.not_after <= self.not_before {
            return Err(KeySetError::Period);
        }
        Ok(key)
    }
}

/// The issuer keys a verifier trusts. Its JSON form is `{"keys": [...]}`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct KeySet {
    keys: BTreeMap<KeyId, (PublicKey, PublishedKey)>,
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
    pub(crate) fn signer(&self, id: &KeyId) -> Result<(&PublicKey, &PublishedKey), PassError> {
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
