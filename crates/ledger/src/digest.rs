//! What is said about one day, to be signed and published.

use sha2::{Digest, Sha256};

use crate::canonical::Canonical;
use crate::chain::{DIGEST, Hash};

/// One day of the log. The links of a day are those with numbers in `first..=last`; a day
/// without any has `last` one below `first`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayDigest {
    /// The day, `2020-03-06`.
    pub day: String,
    /// Number of its first link.
    pub first: u64,
    /// Number of its last link.
    pub last: u64,
    /// Merkle root over the leaves of its links.
    pub root: Hash,
    /// Hash of the last link of the chain at the end of the day.
    pub head: Hash,
    /// Hash of the digest of the day before it in the history; zeros for the first.
    pub previous: Hash,
}

impl DayDigest {
    /// The bytes that are signed.
    pub fn bytes(&self) -> Vec<u8> {
        let hex = |hash: &Hash| hash.iter().map(|b| format!("{b:02x}")).collect::<String>();
        Canonical::new("gridpass audit digest 1")
            .text(&self.day)
            .number(self.first.cast_signed())
            .number(self.last.cast_signed())
            .text(&hex(&self.root))
            .text(&hex(&self.head))
            .text(&hex(&self.previous))
            .finish()
    }

    /// What the next digest names as its previous.
    pub fn hash(&self) -> Hash {
        Sha256::new()
            .chain_update([DIGEST])
            .chain_update(self.bytes())
            .finalize()
            .into()
    }

    /// Links of the day.
    pub fn count(&self) -> u64 {
        (self.last + 1).saturating_sub(self.first)
    }
}
