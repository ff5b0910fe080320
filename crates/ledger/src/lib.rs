//! A log that shows when somebody changed it behind its keeper's back.
//!
//! - **Leaf**: SHA-256 over an entry's canonical bytes ([`Canonical`]).
//! - **Chain**: each link's hash covers the link before it, its own number and its leaf, so
//!   the newest hash, the head, stands for everything before it ([`Chain`]).
//! - **Day digest**: a Merkle root over the day's leaves, the head, and the digest before it;
//!   small enough to be printed in a newspaper ([`DayDigest`]). An inclusion proof shows that
//!   one entry is in a day without showing any other ([`merkle`]).
//! - **Verifier**: walks the stored links in order, holds a few thousand at most, and names
//!   the first that is not as it was, and what happened to it ([`Verifier`]).
//!
//! The crate is pure: no clock, no key, no storage. Who signs digests and who keeps an
//! entry from being forged before it is linked is the caller's business.

mod canonical;
mod chain;
mod digest;
pub mod merkle;
mod verify;

pub use canonical::Canonical;
pub use chain::{Chain, Hash, leaf};
pub use digest::DayDigest;
pub use verify::{Fault, Link, Verifier};
