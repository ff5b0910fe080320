//! Links: each hash covers the one before.

use sha2::{Digest, Sha256};

/// SHA-256.
pub type Hash = [u8; 32];

/// Prefixes keep leaves, inner nodes of the tree, links and digests apart: bytes hashed as
/// one can never pass for another. The first two are those of RFC 6962.
pub(crate) const LEAF: u8 = 0;
pub(crate) const NODE: u8 = 1;
pub(crate) const LINK: u8 = 2;
pub(crate) const DIGEST: u8 = 3;

/// Hash of an entry's canonical bytes.
pub fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([LEAF])
        .chain_update(bytes)
        .finalize()
        .into()
}

/// Where a chain stands: how many links it has, and the hash of the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// Number of the last link; 0 before the first.
    pub seq: u64,
    /// Its hash; zeros before the first.
    pub head: Hash,
}

impl Chain {
    /// The hash of a link that would follow with the given number and leaf.
    pub fn hash_of(head: &Hash, seq: u64, leaf: &Hash) -> Hash {
        Sha256::new()
            .chain_update([LINK])
            .chain_update(head)
            .chain_update(seq.to_be_bytes())
            .chain_update(leaf)
            .finalize()
            .into()
    }

    /// Adds a link; afterwards `seq` and `head` are its own.
    pub fn append(&mut self, leaf: &Hash) {
        self.seq += 1;
        self.head = Self::hash_of(&self.head, self.seq, leaf);
    }
}
