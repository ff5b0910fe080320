//! The same presentation twice, at one gate or at two: somebody shows a picture of another's screen.
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
use gridpass_rules::Direction;
use gridpass_types::ids::GateId;
use jiff::Timestamp;

const SHARDS: usize = 16;
const GENERATION_ENTRIES_MAX: usize = 65_536;

/// At one gate and in one direction, a code seen again so much later is another showing: a guard who
/// scans twice in a moment, or a request sent again, is none.
const AGAIN_AFTER_MS: i32 = 3_000;

/// What is known of a presentation at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Not shown before, or this is the same showing.
    First,
    /// Shown at this gate before, in this direction.
    Again,
    /// Shown at another gate first.
    At(GateId),
}

/// One showing at a gate.
#[derive(Clone, Copy, Debug)]
pub struct Showing {
    /// When the code was made.
    pub presented_at: Timestamp,
    /// Where it is shown.
    pub gate: GateId,
    /// Which way.
    pub direction: Direction,
    /// When, by the gate's clock.
    pub at: Timestamp,
}

/// Where a presentation was shown first, and when in each direction, in milliseconds after it was
/// made.
#[derive(Clone, Copy)]
struct Shown {
    gate: GateId,
    first_ms: [Option<i32>; 2],
}

/// Presentations shown lately, and where.
pub struct ReplayWindow {
    shards: [Mutex<Shard>; SHARDS],
    generation_s: i64,
}

#[derive(Default)]
struct Shard {
    began_s: i64,
    young: HashMap<u64, Shown>,
    old: HashMap<u64, Shown>,
}

impl ReplayWindow {
    /// An empty window for presentations that count within `limits`.
    pub fn new(limits: Limits) -> Self {
        Self {
            shards: Default::default(),
            generation_s: i64::from(limits.life_s) + 2 * i64::from(limits.skew_s),
        }
    }

    /// Notes a presentation at a gate, and says what was known of it; the first gate keeps it.
    pub fn admit(&self, id: &CredentialId, showing: &Showing, now: Timestamp) -> Seen {
        let (place, key) = place_of(id, showing.presented_at);
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
        let (seen, shown) = showing.after(known);
        shard.young.insert(key, shown);
        seen
    }
}

impl Showing {
    /// What this showing is after what was known, and what is known then.
    fn after(&self, known: Option<Shown>) -> (Seen, Shown) {
        let after = self.at.as_millisecond() - self.presented_at.as_millisecond();
        let at_ms = i32::try_from(after).unwrap_or(i32::MAX);
        let way = self.direction as usize;
        let mut shown = known.unwrap_or(Shown {
            gate: self.gate,
            first_ms: [None; 2],
        });
        if shown.gate != self.gate {
            return (Seen::At(shown.gate), shown);
        }
        let first_ms = *shown.first_ms[way].get_or_insert(at_ms);
        let again = at_ms.saturating_sub(first_ms) > AGAIN_AFTER_MS;
        (if again { Seen::Again } else { Seen::First }, shown)
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
        let admit = |shown, gate, now| {
            let showing = showing(shown, gate, Direction::In, at(now));
            window.admit(&id, &showing, at(now))
        };
        let first = GateId::new(1);
        assert_eq!(admit(0, 1, 1), Seen::First);
        assert_eq!(admit(0, 2, 40), Seen::At(first), "another gate");
        assert_eq!(admit(30, 2, 40), Seen::First, "a new presentation");
        assert_eq!(admit(0, 2, 119), Seen::At(first), "as long as it counts");
        assert_eq!(admit(0, 2, 1000), Seen::First, "long forgotten");
    }

    #[test]
    fn a_code_is_shown_again_three_seconds_later_in_the_same_direction() {
        let window = ReplayWindow::new(Limits::default());
        let id = CredentialId([7; 16]);
        let admit = |direction, at_ms: i64| {
            let when = at(0) + jiff::SignedDuration::from_millis(at_ms);
            window.admit(&id, &showing(0, 1, direction, when), at(20))
        };
        assert_eq!(admit(Direction::In, 1_000), Seen::First);
        assert_eq!(admit(Direction::In, 1_000), Seen::First, "sent again");
        assert_eq!(admit(Direction::In, 4_000), Seen::First, "scanned twice");
        assert_eq!(admit(Direction::In, 4_001), Seen::Again);
        assert_eq!(admit(Direction::In, 4_001), Seen::Again, "sent again");
        assert_eq!(admit(Direction::Out, 9_000), Seen::First, "out again");
        assert_eq!(admit(Direction::In, 1_000), Seen::First, "the first, late");
    }

    fn showing(shown: i64, gate: i64, direction: Direction, when: Timestamp) -> Showing {
        Showing {
            presented_at: at(shown),
            gate: GateId::new(gate),
            direction,
            at: when,
        }
    }

    #[test]
    fn memory_stays_bounded() {
        let window = ReplayWindow::new(Limits::default());
        for number in 0..300_000_u64 {
            let mut id = [5; 16];
            id[..8].copy_from_slice(&number.to_le_bytes());
            let one = showing(0, 1, Direction::In, at(1));
            assert_eq!(window.admit(&CredentialId(id), &one, at(1)), Seen::First);
        }
        let shard = window.shards[5].lock().unwrap();
        assert!(shard.young.len() <= GENERATION_ENTRIES_MAX);
        assert!(shard.old.len() <= GENERATION_ENTRIES_MAX);
    }
}
