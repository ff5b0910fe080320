//! The pass code: what a holder shows at a gate and how a gate knows it is real.
//!
//! Three objects, described byte for byte in `FORMAT.md`:
//!
//! - a **credential**, signed by the issuer, says which pass belongs to which phone key;
//! - a **presentation**, made by the phone every 30 s without any server call, proves that
//!   this phone shows the pass now; it carries the credential, a signature (for gates
//!   without network) and a MAC (for the server, two hundred times cheaper to check);
//! - a **gate code**, on the gate's own screen, proves that the holder stands there now.
//!
//! The crate is pure: time and randomness are passed in and nothing is stored. The layout
//! is fixed, so parsing is a strict walk over the bytes in which any other encoding of the
//! same values is refused; that is both quicker and safer than a general CBOR reader.

pub mod base45;
mod cbor;
mod credential;
mod envelope;
mod error;
mod gate_code;
mod holder;
mod issuer;
mod key;
mod key_set;
mod server_key;
mod suite;
mod verify;

pub use credential::{Credential, CredentialId};
pub use error::{IssueError, KeySetError, PassError};
pub use gate_code::{GATE_SLOT_S, GateCode, GateSecret, VerifiedGateCode};
pub use holder::Holder;
pub use issuer::{CREDENTIAL_LIFE_S, Issuer, NewCredential};
pub use key::{KeyId, MacKey, PublicKey, ServerSecret, SigningKey};
pub use key_set::{KeySet, PublishedKey};
pub use server_key::{ServerKey, ServerPublicKey};
pub use suite::Suite;
pub use verify::{Limits, OfflineVerifier, OnlineVerifier, Presented};

/// What a pass begins with; everything after it is base45.
pub const PASS_PREFIX: &str = "GP1:";

/// What a gate code begins with; everything after it is base45.
pub const GATE_PREFIX: &str = "GPG1:";

/// Longest pass text, in characters: the alphanumeric capacity of a QR code of version 13
/// at error level M (ISO/IEC 18004, table 7).
pub const PASS_CHARS_MAX: usize = 483;
