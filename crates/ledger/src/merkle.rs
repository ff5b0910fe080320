//! The Merkle tree of RFC 6962, section 2.1: a root over leaves, and short proofs that a
//! leaf is under it.

use sha2::{Digest, Sha256};

use crate::chain::{Hash, NODE};

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([NODE])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// Builds a root from leaves that come one by one; holds one hash a level.
#[derive(Default)]
pub struct RootBuilder {
    /// Roots of complete subtrees, greatest first, with their heights.
    subtrees: Vec<(u32, Hash)>,
}

impl RootBuilder {
    /// Adds the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut subtree = (0, leaf);
        while let Some(&(height, left)) = self.subtrees.last() {
            if height != subtree.0 {
                break;
            }
            self.subtrees.pop();
            subtree = (height + 1, node(&left, &subtree.1));
        }
        self.subtrees.push(subtree);
    }

    /// The root; without leaves the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut smallest_first = self.subtrees.iter().rev().map(|(_, hash)| *hash);
        match smallest_first.next() {
            Some(first) => smallest_first.fold(first, |right, left| node(&left, &right)),
            None => Sha256::digest([]).into(),
        }
    }
}

/// The root over leaves.
pub fn root(leaves: &[Hash]) -> Hash {
    let mut builder = RootBuilder::default();
    for leaf in leaves {
        builder.push(*leaf);
    }
    builder.root()
}

/// The sibling hashes from a leaf up to the root; `None` when there is no such leaf.
pub fn proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    (index < leaves.len()).then(|| path(leaves, index))
}

fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let split = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(split);
    let (mut path, sibling) = if index < split {
        (path(left, index), root(right))
    } else {
        (path(right, index - split), root(left))
    };
    path.push(sibling);
    path
}

/// Whether `proof` shows that `leaf` is number `index` (from 0) of `count` under `root`.
pub fn is_included(root: &Hash, leaf: Hash, (index, count): (u64, u64), proof: &[Hash]) -> bool {
    if index >= count {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, count - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node(sibling, &hash);
            // A leaf on the right edge has no sibling on the levels it skips.
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}
