//! The same presentation at two gates: somebody shows a picture of another's screen.
//!
//! The window is kept in this node's memory, because asking a database for it would cost
//! more than the scan. It is bounded: in each of sixteen shards two generations of at
//! most 65,536 presentations, each at least as old as a presentation can count. Under more
//! than about 8,000 different presentations a second a generation ends early, and a replay
//! within the last of those seconds may then go unnoticed, as may one at a gate that
//! speaks to another node; the background check of uploads and the photo remain.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gridpass_passcode::{CredentialId, Limits};
use gridpass_types::ids::GateId;
use jiff::Timestamp;

const SHARDS: usize = 16;
const GENERATION_ENTRIES_MAX: usize = 65_536;

/// Presentations shown lately, and where.
pub struct ReplayWindow {
    shards: [Mutex<Shard>; SHARDS],
    generation_s: i64,
}

#[derive(Default)]
struct Shard {
    began_s: i64,
    young: HashMap<u64, GateId>,
    old: HashMap<u64, GateId>,
}

impl ReplayWindow {
    /// An empty window for presentations that count within `limits`.
    pub fn new(limits: Limits) -> Self {
        Self {
            shards: Default::default(),
            generation_s: i64::from(limits.life_s) + 2 * i64::from(limits.skew_s),
        }
    }

    /// Notes a presentation at a gate. `false` when it was shown at another gate before;
    /// the first gate keeps it.
    pub fn admit(
        &self,
        id: &CredentialId,
        presented_at: Timestamp,
        gate: GateId,
        now: Timestamp,
    ) -> bool {
        let (place, key) = place_of(id, presented_at);
        // A shard is whole even if a thread died between two of its steps.
        let mut shard = self.shards[place]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        shard.age(now.as_second(), self.generation_s);
        let known = shard
            .young
            .get(&key)
            .or_else(|| shard.old.get(&key))
            .copied();
        match known {
            Some(first) => first == gate,
            None => {
                shard.young.insert(key, gate);
                true
            }
        }
    }
}

impl Shard {
    fn age(&mut self, now_s: i64, generation_s: i64) {
        let age_s = now_s - self.began_s;
        if age_s.abs() >= generation_s || self.young.len() >= GENERATION_ENTRIES_MAX {
            let long_ago = age_s.abs() >= 2 * generation_s;
            let young = std::mem::take(&mut self.young);
            self.old = if long_ago { HashMap::new() } else { young };
            self.began_s = now_s;
        }
    }
}

/// The shard, and a key within it. A credential's id is a digest, so its bytes spread.
fn place_of(id: &CredentialId, presented_at: Timestamp) -> (usize, u64) {
    let (first, rest) = id.0.split_at(8);
    let first: [u8; 8] = first.try_into().expect("split at eight bytes");
    let seconds = presented_at.as_second().cast_unsigned();
    let key = u64::from_le_bytes(first) ^ seconds.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (usize::from(rest[0]) % SHARDS, key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_583_454_600 + second).unwrap()
    }

    #[test]
    fn a_presentation_stays_with_its_first_gate() {
        let window = ReplayWindow::new(Limits::default());
        let id = CredentialId([7; 16]);
        let admit = |shown, gate, now| window.admit(&id, at(shown), GateId::new(gate), at(now));
        assert!(admit(0, 1, 1));
        assert!(admit(0, 1, 20), "the same gate again");
        assert!(!admit(0, 2, 40), "another gate");
        assert!(admit(30, 2, 40), "a new presentation");
        assert!(!admit(0, 2, 119), "as long as it counts");
        assert!(admit(0, 1, 119));
        assert!(admit(0, 2, 1000), "long forgotten");
    }

    #[test]
    fn memory_stays_bounded() {
        let window = ReplayWindow::new(Limits::default());
        for number in 0..300_000_u64 {
            let mut id = [5; 16];
            id[..8].copy_from_slice(&number.to_le_bytes());
            assert!(window.admit(&CredentialId(id), at(0), GateId::new(1), at(1)));
        }
        let shard = window.shards[5].lock().unwrap();
        assert!(shard.young.len() <= GENERATION_ENTRIES_MAX);
        assert!(shard.old.len() <= GENERATION_ENTRIES_MAX);
    }
}
