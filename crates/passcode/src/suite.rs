//! The cryptographic suites: with what a server signs, digests and makes MACs. The first
//! number of an envelope names one.
//!
//! What a **phone** computes is the same under every suite, because it computes it with what
//! every browser has and keeps its key in: [`PHONE`].

use hmac::digest::consts::U32;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sm3::Sm3;

/// A suite. All sign in 64 bytes and digest in 32, so that the layout is the same for all.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Suite {
    /// Ed25519 (RFC 8032), SHA-256 and HMAC-SHA-256 (RFC 2104).
    Standard,
    /// SM2 (GB/T 32918.2), SM3 (GB/T 32905) and HMAC-SM3.
    Guomi,
}

/// The suite of everything that a phone computes: the id of its credential, the signature of
/// a presentation and its MAC.
pub(crate) const PHONE: Suite = Suite::Standard;

/// What COSE writes for EdDSA: −8, in CBOR major type 1 with argument 7 (RFC 9053, table 2).
pub(crate) const EDDSA: u8 = 0x27;

/// What COSE writes for SM2 with SM3, which has no registered number: −65537, the first of
/// those for private use (RFC 9053, §11.1).
const SM2_SM3: [u8; 5] = [0x3a, 0, 1, 0, 0];

impl Suite {
    /// Every suite.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Guomi];

    /// Its name, as settings and the database have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Guomi => "guomi",
        }
    }

    /// The suite of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.as_str() == name)
    }

    /// Its signature algorithm as published keys name it (`alg`): `EdDSA` (RFC 8037), or `SM2`,
    /// which no register knows.
    #[must_use]
    pub const fn algorithm(self) -> &'static str {
        match self {
            Self::Standard => "EdDSA",
            Self::Guomi => "SM2",
        }
    }

    /// The suite of a published key's `alg`.
    #[must_use]
    pub fn of_algorithm(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|suite| suite.algorithm() == name)
    }

    /// The number that names this suite in an envelope, 0 to 23.
    pub(crate) const fn envelope_version(self) -> u8 {
        match self {
            Self::Standard => 1,
            Self::Guomi => 2,
        }
    }

    /// The suite an envelope names, if this build knows it.
    pub(crate) fn of(envelope_version: u64) -> Option<Self> {
        let names = |suite: &Self| u64::from(suite.envelope_version()) == envelope_version;
        Self::ALL.into_iter().find(names)
    }

    /// The issuer's signature algorithm as COSE encodes it.
    pub(crate) const fn cose_algorithm(self) -> &'static [u8] {
        match self {
            Self::Standard => &[EDDSA],
            Self::Guomi => &SM2_SM3,
        }
    }

    /// Digest of `bytes`.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> [u8; 32] {
        match self {
            Self::Standard => Sha256::digest(bytes).into(),
            Self::Guomi => Sm3::digest(bytes).into(),
        }
    }

    /// MAC under `key` over the parts as if they were one.
    #[must_use]
    pub fn mac(self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        match self {
            Self::Standard => mac_of::<Hmac<Sha256>>(key, parts),
            Self::Guomi => mac_of::<Hmac<Sm3>>(key, parts),
        }
    }
}

fn mac_of<M>(key: &[u8], parts: &[&[u8]]) -> [u8; 32]
where
    M: Mac<OutputSize = U32> + KeyInit,
{
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GB/T 32905-2016, annex A: examples 1 and 2.
    #[test]
    fn sm3_is_that_of_the_standard() {
        let hex = |bytes: [u8; 32]| bytes.map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(
            hex(Suite::Guomi.digest(b"abc")),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
        assert_eq!(
            hex(Suite::Guomi.digest(&b"abcd".repeat(16))),
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
        );
    }
}
