//! The keys in use at one moment: which one seals, which ones open, and from when.
//!
//! A key counts from its `active_from` on; before that it is known already, so that a node
//! whose clock runs behind can read what a node ahead of it wrote. A key is *active* when it
//! is the newest that counts, *pending* before that, *retiring* after it, and *retired* once
//! the database says that nothing by it is left.

use gridpass_passcode::{CREDENTIAL_LIFE_S, ServerSecret};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::DIGEST_BYTES;
use super::suite::{Cipher, Suite};
use crate::config::secrets::{MasterKey, Secrets};

/// How long after its successor an old key may still be written with, by a node that has
/// not noticed. Nothing is retired sooner.
pub const SETTLING: SignedDuration = SignedDuration::from_mins(10);

/// What a master key is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Seals personal fields.
    Sealing,
    /// Keys the digests by which sealed fields are looked up.
    Digest,
    /// The server secret from which the phones' MAC keys derive.
    Pass,
}

impl Which {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Sealing, Self::Digest, Self::Pass];

    /// Name as stored and printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sealing => "sealing",
            Self::Digest => "digest",
            Self::Pass => "pass",
        }
    }
}

/// Where a key stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Known, and not yet written with.
    Pending,
    /// Written with.
    Active,
    /// Only read with, until nothing by it is left.
    Retiring,
    /// Nothing by it is left; it opens nothing any more.
    Retired,
}

impl KeyState {
    /// Name as printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Retiring => "retiring",
            Self::Retired => "retired",
        }
    }
}

/// One generation of a key: what it is for, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation {
    /// What it is for.
    pub which: Which,
    /// Its number, 1 to 255.
    pub number: u8,
}

/// A generation with its state and its beginning, for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which key.
    pub generation: Generation,
    /// Where it stands.
    pub state: KeyState,
    /// From when it is written with.
    pub active_from: Timestamp,
    /// Names the key without telling it.
    pub fingerprint: [u8; 8],
}

/// The keys in use at one moment.
pub struct Ring {
    suite: Suite,
    ciphers: Vec<Option<Cipher>>,
    seals_with: u8,
    /// Number and key, the active one first.
    digests: Vec<(u8, zeroize::Zeroizing<[u8; 32]>)>,
    lasting: zeroize::Zeroizing<[u8; 32]>,
    /// The issuing one first.
    pass_secrets: Vec<ServerSecret>,
    standings: Vec<Standing>,
}

impl Ring {
    /// The keys of `secrets` that are in use at `now`, without the `retired` ones.
    pub fn new(secrets: &Secrets, retired: &[Generation], now: Timestamp) -> Self {
        let mut ring = Self {
            suite: secrets.suite(),
            ciphers: (0..=u8::MAX).map(|_| None).collect(),
            seals_with: 0,
            digests: Vec::new(),
            lasting: zeroize::Zeroizing::new(*secrets.lasting_key()),
            pass_secrets: Vec::new(),
            standings: Vec::new(),
        };
        for which in Which::ALL {
            ring.take(which, secrets.keys(which), retired, now);
        }
        ring
    }

    fn take(&mut self, which: Which, keys: &[MasterKey], retired: &[Generation], now: Timestamp) {
        let active = active(keys, now);
        let mut in_use = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            let generation = Generation {
                which,
                number: key.number,
            };
            let state = state(
                keys,
                (at, active),
                retired.contains(&generation),
                (which, now),
            );
            self.standings.push(Standing {
                generation,
                state,
                active_from: key.active_from,
                fingerprint: fingerprint(self.suite, which, key),
            });
            if state != KeyState::Retired {
                in_use.push((state == KeyState::Active, key));
            }
        }
        // The active one first; the others in no order that matters.
        in_use.sort_by_key(|(active, _)| !active);
        for (_, key) in &in_use {
            match which {
                Which::Sealing => {
                    let slot = &mut self.ciphers[usize::from(key.number)];
                    *slot = Some(Cipher::new(self.suite, &key.secret));
                }
                Which::Digest => {
                    let secret = zeroize::Zeroizing::new(key.secret);
                    self.digests.push((key.number, secret));
                }
                Which::Pass => self
                    .pass_secrets
                    .push(ServerSecret::from_bytes(&key.secret)),
            }
        }
        if which == Which::Sealing {
            self.seals_with = keys[active].number;
        }
    }

    /// The suite of the installation.
    pub(super) fn suite(&self) -> Suite {
        self.suite
    }

    /// Number and cipher of the key that seals.
    pub(super) fn sealing_key(&self) -> (u8, &Cipher) {
        let cipher = self.ciphers[usize::from(self.seals_with)].as_ref();
        let cipher = cipher.expect("the active key is never left out of a ring");
        (self.seals_with, cipher)
    }

    /// The cipher of a key number, unless it is unknown or retired.
    pub(super) fn opening_key(&self, number: u8) -> Option<&Cipher> {
        self.ciphers[usize::from(number)].as_ref()
    }

    pub(super) fn digest(&self, purpose: &str, value: &str) -> [u8; DIGEST_BYTES] {
        keyed(self.suite, &self.digests[0].1, (purpose, value))
    }

    pub(super) fn digests(&self, purpose: &str, value: &str) -> Vec<(i16, [u8; DIGEST_BYTES])> {
        let keys = self.digests.iter();
        keys.map(|(number, key)| (i16::from(*number), keyed(self.suite, key, (purpose, value))))
            .collect()
    }

    pub(super) fn lasting_digest(&self, purpose: &str, value: &str) -> [u8; DIGEST_BYTES] {
        keyed(self.suite, &self.lasting, (purpose, value))
    }

    /// The secrets whose phones' MACs count, the one that issues first.
    pub fn pass_secrets(&self) -> &[ServerSecret] {
        &self.pass_secrets
    }

    /// Every generation, in order of kind and number.
    pub fn standings(&self) -> &[Standing] {
        &self.standings
    }

    /// The number that is written with.
    pub fn active_number(&self, which: Which) -> u8 {
        let mut of = self.standings.iter();
        of.find(|one| one.generation.which == which && one.state == KeyState::Active)
            .map_or(0, |one| one.generation.number)
    }

    /// Generations that are only read with.
    pub fn retiring(&self, which: Which) -> Vec<Generation> {
        let of = |one: &&Standing| one.generation.which == which && one.state == KeyState::Retiring;
        let retiring = self.standings.iter().filter(of);
        retiring.map(|one| one.generation).collect()
    }

    /// Whether the active key has counted for so long that no node writes with another.
    pub fn is_settled(&self, which: Which, now: Timestamp) -> bool {
        self.standings.iter().any(|one| {
            one.generation.which == which
                && one.state == KeyState::Active
                && now >= one.active_from + SETTLING
        })
    }
}

/// Index of the newest key that counts at `now`; of the oldest when none does, as on a
/// clock that was set back.
fn active(keys: &[MasterKey], now: Timestamp) -> usize {
    let newest_first = (0..keys.len()).rev();
    newest_first
        .into_iter()
        .find(|at| keys[*at].active_from <= now)
        .unwrap_or(0)
}

fn state(
    keys: &[MasterKey],
    (at, active): (usize, usize),
    retired: bool,
    (which, now): (Which, Timestamp),
) -> KeyState {
    if at == active {
        return KeyState::Active;
    }
    if at > active {
        return KeyState::Pending;
    }
    // Nothing by a pass secret is stored: what it was used for runs out by itself.
    let life = SignedDuration::from_secs(CREDENTIAL_LIFE_S.into());
    let run_out = which == Which::Pass && now >= keys[at + 1].active_from + life + SETTLING;
    if retired || run_out {
        KeyState::Retired
    } else {
        KeyState::Retiring
    }
}

fn keyed(suite: Suite, key: &[u8; 32], (purpose, value): (&str, &str)) -> [u8; DIGEST_BYTES] {
    let full = suite.mac(key, &[purpose.as_bytes(), &[0], value.as_bytes()]);
    let mut digest = [0; DIGEST_BYTES];
    digest.copy_from_slice(&full[..DIGEST_BYTES]);
    digest
}

/// Names a key, together with its suite, without telling it.
fn fingerprint(suite: Suite, which: Which, key: &MasterKey) -> [u8; 8] {
    let parts = [&b"gridpass key fingerprint "[..], which.as_str().as_bytes()];
    let full = suite.mac(&key.secret, &parts);
    let mut short = [0; 8];
    short.copy_from_slice(&full[..8]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Entropy;
    use crate::seal::{Field, Sealer};

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn rotated() -> Secrets {
        let mut secrets = Secrets::single([1; 32], [2; 32], [3; 32]);
        for which in Which::ALL {
            secrets.add(which, at(100), &Entropy::seeded(5)).unwrap();
        }
        secrets
    }

    #[test]
    fn a_new_key_is_read_at_once_and_written_with_from_its_time_on() {
        let secrets = rotated();
        let entropy = Entropy::seeded(1);
        let [before, after] =
            [at(99), at(100)].map(|now| Sealer::new(Ring::new(&secrets, &[], now)));
        let old = before.seal(Field::Name, 1, b"a", &entropy);
        let new = after.seal(Field::Name, 1, b"a", &entropy);
        assert_eq!((old[0], new[0]), (1, 2));
        for sealer in [&before, &after] {
            assert_eq!(sealer.open(Field::Name, 1, &old).unwrap(), b"a");
            assert_eq!(sealer.open(Field::Name, 1, &new).unwrap(), b"a");
        }
        assert_eq!(
            (1, before.digest("p", "v")),
            after.numbered_digests("p", "v")[1]
        );
        assert_eq!(
            (2, after.digest("p", "v")),
            before.numbered_digests("p", "v")[1]
        );
        assert_eq!(
            before.lasting_digest("p", "v"),
            after.lasting_digest("p", "v")
        );
    }

    #[test]
    fn a_retired_key_opens_nothing() {
        let secrets = rotated();
        let entropy = Entropy::seeded(1);
        let old = Sealer::new(Ring::new(&secrets, &[], at(0))).seal(Field::Name, 1, b"a", &entropy);
        let retired = [Which::Sealing, Which::Digest].map(|which| Generation { which, number: 1 });
        let sealer = Sealer::new(Ring::new(&secrets, &retired, at(200)));
        assert_eq!(sealer.digests("p", "v").len(), 1);
        assert!(sealer.open(Field::Name, 1, &old).is_err());
    }

    #[test]
    fn keys_are_settled_after_ten_minutes_and_pass_secrets_run_out_after_a_day() {
        let secrets = rotated();
        let ring = |minutes| Ring::new(&secrets, &[], at(minutes));
        assert_eq!(ring(100).retiring(Which::Sealing)[0].number, 1);
        assert!(!ring(109).is_settled(Which::Sealing, at(109)));
        assert!(ring(110).is_settled(Which::Sealing, at(110)));
        assert_eq!(ring(100 + 24 * 60).pass_secrets().len(), 2);
        assert_eq!(ring(110 + 24 * 60).pass_secrets().len(), 1);
    }
}
