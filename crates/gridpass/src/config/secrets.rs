//! The master keys of an installation, in every generation that is still needed.
//!
//! They are made once, at the first start, and everything sealed depends on
//! them: a data directory that has a database but no keys is refused rather
//! than given new ones. A demo gets keys that anybody can compute, so that it
//! is repeatable; production refuses exactly those, from every source.

mod form;

use std::path::PathBuf;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::Mode;
use crate::ids::Entropy;
use crate::seal::{Suite, Which};

/// Generations of one key that may be kept: a key number is one byte.
const GENERATIONS_MAX: usize = 255;

/// One generation of a key: 32 random bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop, PartialEq, Eq)]
pub struct MasterKey {
    /// Its number, 1 to 255; sealed values carry it.
    #[zeroize(skip)]
    pub number: u8,
    /// From when it is written with.
    #[zeroize(skip)]
    pub active_from: Timestamp,
    /// The key.
    pub secret: [u8; 32],
}

/// All master keys, oldest generation first.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    suite: Suite,
    sealing: Vec<MasterKey>,
    digest: Vec<MasterKey>,
    pass: Vec<MasterKey>,
    /// Keys what must stay the same when the digest key changes.
    lasting: zeroize::Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// Why there are no usable keys. No variant holds a part of a key.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The database is there, the keys are not.
    #[error(
        "{} is missing although a database exists beside it, and new keys could not open what \
         the old ones sealed; restore the file from your backup", path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Not the expected content.
    #[error("the master keys from {from} are unusable: {reason}; restore them from your backup")]
    Unusable {
        /// Where they come from.
        from: String,
        /// What is wrong, never a value.
        reason: String,
    },
    /// Readable for others.
    #[error("the secrets file {0} can be read by other accounts; protect it with: chmod 600 {0}", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// Demo keys in production.
    #[error(
        "the master keys from {from} are the published keys of the demo, which production refuses; \
         start production with a new --data-dir or with keys of your own"
    )]
    DemoKeys {
        /// Where they come from.
        from: String,
    },
    /// The file system said no.
    #[error("the secrets file {} cannot be used: {source}; check who owns it", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// More than one source.
    #[error("the master keys come from {0} and from {1}; give one of them only")]
    Ambiguous(&'static str, &'static str),
    /// The command did not print keys.
    #[error("the command that prints the master keys {reason}; run it by hand to see why")]
    Command {
        /// What happened, never what it printed.
        reason: String,
    },
    /// Not ours to write.
    #[error(
        "the master keys come from {0}, which gridpass does not write; add the new key there, \
         as docs/operations.md shows"
    )]
    ReadOnly(String),
    /// The keys are for another suite than the one asked for.
    #[error(
        "the master keys from {from} are for the suite {found}, which never changes; \
         leave --suite out, or start anew with a new --data-dir"
    )]
    OtherSuite {
        /// Where they come from.
        from: String,
        /// Their suite.
        found: &'static str,
    },
    /// No number is left.
    #[error("a key has at most 255 generations; drop retired ones from the file first")]
    TooMany,
}

impl Secrets {
    /// One generation of each key, in force since always.
    pub fn single(sealing: [u8; 32], digest: [u8; 32], pass: [u8; 32]) -> Self {
        let first = |secret| {
            vec![MasterKey {
                number: 1,
                active_from: Timestamp::UNIX_EPOCH,
                secret,
            }]
        };
        Self {
            suite: Suite::Standard,
            lasting: lasting(&digest),
            sealing: first(sealing),
            digest: first(digest),
            pass: first(pass),
        }
    }

    /// The keys every demo has; no secret at all.
    pub fn demo() -> Self {
        let [sealing, digest, pass] = ["sealing_key", "digest_key", "pass_secret"].map(|name| {
            Sha256::digest(format!("gridpass demo, synthetic people only: {name}")).into()
        });
        Self::single(sealing, digest, pass)
    }

    /// The same keys for another suite; only before anything was sealed.
    #[must_use]
    pub fn with_suite(mut self, suite: Suite) -> Self {
        self.suite = suite;
        self
    }

    /// The suite that the keys are for.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// New keys.
    pub fn random(entropy: &Entropy) -> Self {
        Self::single(entropy.bytes(), entropy.bytes(), entropy.bytes())
    }

    /// The generations of one key, the oldest first; never empty.
    pub fn keys(&self, which: Which) -> &[MasterKey] {
        match which {
            Which::Sealing => &self.sealing,
            Which::Digest => &self.digest,
            Which::Pass => &self.pass,
        }
    }

    /// The key of what outlives changes of the digest key.
    pub fn lasting_key(&self) -> &[u8; 32] {
        &self.lasting
    }

    /// Adds a generation that is written with from `active_from` on; answers its number.
    ///
    /// # Errors
    /// [`SecretsError::TooMany`].
    pub fn add(
        &mut self,
        which: Which,
        active_from: Timestamp,
        entropy: &Entropy,
    ) -> Result<u8, SecretsError> {
        let keys = self.keys_mut(which);
        let last = keys.last().map_or(0, |key| key.number);
        let number = last.checked_add(1).ok_or(SecretsError::TooMany)?;
        keys.push(MasterKey {
            number,
            active_from,
            secret: entropy.bytes(),
        });
        Ok(number)
    }

    /// Drops a generation, whose material is then gone from this source.
    pub fn forget(&mut self, which: Which, number: u8) {
        self.keys_mut(which).retain(|key| key.number != number);
    }

    fn keys_mut(&mut self, which: Which) -> &mut Vec<MasterKey> {
        match which {
            Which::Sealing => &mut self.sealing,
            Which::Digest => &mut self.digest,
            Which::Pass => &mut self.pass,
        }
    }

    /// Refuses keys that cannot be secret or cannot be told apart.
    ///
    /// # Errors
    /// [`SecretsError::DemoKeys`] and [`SecretsError::Unusable`].
    pub fn checked(self, from: &str, mode: Mode) -> Result<Self, SecretsError> {
        let unusable = |reason: &str| SecretsError::Unusable {
            from: from.to_owned(),
            reason: reason.to_owned(),
        };
        let all: Vec<&[u8; 32]> = Which::ALL
            .iter()
            .flat_map(|which| self.keys(*which))
            .map(|key| &key.secret)
            .collect();
        let demo = Self::demo();
        let mut published = Which::ALL.iter().flat_map(|which| demo.keys(*which));
        if mode == Mode::Production && published.any(|key| all.contains(&&key.secret)) {
            return Err(SecretsError::DemoKeys {
                from: from.to_owned(),
            });
        }
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        if distinct.len() != all.len() || all.iter().any(|key| is_plain(key)) {
            return Err(unusable("the keys must be random and different"));
        }
        for which in Which::ALL {
            let keys = self.keys(which);
            let in_order = keys.windows(2).all(|pair| {
                pair[0].number < pair[1].number && pair[0].active_from <= pair[1].active_from
            });
            if keys.is_empty() || keys.len() > GENERATIONS_MAX || keys[0].number == 0 || !in_order {
                return Err(unusable(
                    "each kind needs keys with rising numbers from 1 to 255 and rising times",
                ));
            }
        }
        Ok(self)
    }
}

/// Whether a key is one that people write when they mean to change it later: few different
/// bytes, or printable text.
fn is_plain(key: &[u8; 32]) -> bool {
    let distinct: std::collections::BTreeSet<_> = key.iter().collect();
    distinct.len() < 8 || key.iter().all(u8::is_ascii_graphic)
}

fn lasting(digest: &[u8; 32]) -> zeroize::Zeroizing<[u8; 32]> {
    let parts: [&[u8]; 1] = [b"gridpass lasting digests v1"];
    zeroize::Zeroizing::new(Suite::Standard.mac(digest, &parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_keys_come_back_as_they_were_written() {
        let mut secrets = Secrets::random(&Entropy::seeded(1)).with_suite(Suite::Guomi);
        let from = "2020-03-06T08:00:00Z".parse().unwrap();
        assert_eq!(
            secrets
                .add(Which::Digest, from, &Entropy::seeded(2))
                .unwrap(),
            2
        );
        let text = secrets.to_text();
        let read = Secrets::parse(&text, "a test").unwrap();
        assert!(read == secrets);
        assert!(read.checked("a test", Mode::Production).is_ok());
    }

    #[test]
    fn the_form_of_one_generation_is_still_read() {
        let hex = |byte: u8| format!("{byte:02x}").repeat(32);
        let text = format!(
            "sealing_key = \"{}\"\ndigest_key = \"{}\"\npass_secret = \"{}\"\n",
            hex(1),
            hex(2),
            hex(3)
        );
        let read = Secrets::parse(&text, "a test").unwrap();
        assert!(read == Secrets::single([1; 32], [2; 32], [3; 32]));
    }

    #[test]
    fn production_refuses_everything_that_is_no_secret() {
        let random = || Secrets::random(&Entropy::seeded(1));
        let mut twice = random();
        twice.digest[0].secret = twice.sealing[0].secret;
        let mut late = random();
        late.add(Which::Pass, Timestamp::UNIX_EPOCH, &Entropy::seeded(3))
            .unwrap();
        late.pass[0].active_from = "2020-01-01T00:00:00Z".parse().unwrap();
        let mut none = random();
        none.forget(Which::Pass, 1);
        let typed = *b"1234567890123456-1234567890123456";
        let mut typed_in = random();
        typed_in.sealing[0].secret.copy_from_slice(&typed[..32]);
        let zeros = Secrets::single([0; 32], [1; 32], [2; 32]);
        let mut one_of_the_demo = random();
        one_of_the_demo.pass[0].secret = Secrets::demo().pass[0].secret;
        for (what, secrets, demo) in [
            ("the demo's", Secrets::demo(), true),
            ("one of the demo's", one_of_the_demo, true),
            ("one key twice", twice, false),
            ("times out of order", late, false),
            ("a kind without a key", none, false),
            ("a key typed by hand", typed_in, false),
            ("zeros", zeros, false),
        ] {
            let refused = secrets
                .checked("the file x", Mode::Production)
                .expect_err(what);
            assert_eq!(
                matches!(refused, SecretsError::DemoKeys { .. }),
                demo,
                "{what}"
            );
            assert!(refused.to_string().contains("the file x"), "{what}");
        }
        assert!(Secrets::demo().checked("x", Mode::Demo).is_ok());
    }
}
