//! Identities given by the application, so that no table needs a serial and a
//! row knows its key before it meets the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gridpass_types::clock::Clock;
use rand::{Rng, SeedableRng, rngs::StdRng};

/// 2020-01-01T00:00:00Z in milliseconds since 1970: where time-ordered ids begin.
const ID_EPOCH_MS: i64 = 1_577_836_800_000;
/// Numbers that tell the processes on one database apart.
pub const NODES: i64 = 1 << 6;
/// Ids a millisecond leaves room for, over all processes.
const IDS_PER_MS: i64 = 1 << 12;
/// Greatest integer that JavaScript reads exactly.
const JSON_SAFE_MAX: u64 = (1 << 53) - 1;

/// Gives out identities: strictly growing within a process, time-ordered across
/// processes, below 2^53 so that JSON readers keep them exact.
///
/// The lowest six bits are the process's own, so that two processes whose clocks agree to the
/// millisecond never give the same.
pub struct IdSource {
    clock: Arc<dyn Clock>,
    node: i64,
    last: AtomicI64,
}

impl IdSource {
    /// A source that follows `clock`, for the process numbered `node`, counted modulo [`NODES`].
    pub fn new(clock: Arc<dyn Clock>, node: i64) -> Self {
        let node = node.rem_euclid(NODES);
        Self {
            clock,
            node,
            last: AtomicI64::new(node),
        }
    }

    /// The next identity. Two calls never give the same; a clock that stands
    /// still or goes back does not matter.
    pub fn next(&self) -> i64 {
        let elapsed_ms = (self.clock.now().as_millisecond() - ID_EPOCH_MS).max(1);
        let floor = elapsed_ms * IDS_PER_MS + self.node;
        let bump = |last: i64| Some(floor.max(last + NODES));
        match self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, bump)
        {
            Ok(last) | Err(last) => floor.max(last + NODES),
        }
    }
}

/// Randomness, passed in so that tests can repeat themselves.
pub struct Entropy(std::sync::Mutex<StdRng>);

impl Entropy {
    /// Seeded by the operating system.
    pub fn from_os() -> Self {
        Self(std::sync::Mutex::new(StdRng::from_rng(&mut rand::rng())))
    }

    /// Seeded by a number: the same seed gives the same bytes. For tests and simulations.
    pub fn seeded(seed: u64) -> Self {
        Self(std::sync::Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0
            .lock()
            .expect("no thread panics while it fills a buffer")
            .fill_bytes(&mut bytes);
        bytes
    }

    /// A random identity for a person: positive and JSON-safe.
    pub fn person_id(&self) -> i64 {
        loop {
            let id = u64::from_le_bytes(self.bytes::<8>()) & JSON_SAFE_MAX;
            if id > 0 {
                return id.cast_signed();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridpass_types::clock::ManualClock;

    #[test]
    fn ids_grow_even_when_the_clock_goes_back() {
        let clock = ManualClock::new("2020-03-06T08:00:00Z".parse().unwrap());
        let ids = IdSource::new(Arc::new(clock.clone()), 63);
        let first = ids.next();
        clock.set("2020-03-06T07:00:00Z".parse().unwrap());
        let second = ids.next();
        assert!(second > first);
        assert!(second < 1 << 53);
    }

    #[test]
    fn processes_with_one_clock_never_give_the_same() {
        let clock = ManualClock::new("2020-03-06T08:00:00Z".parse().unwrap());
        let given: Vec<i64> = (0..NODES)
            .flat_map(|node| {
                let ids = IdSource::new(Arc::new(clock.clone()), node);
                (0..500).map(move |_| ids.next())
            })
            .collect();
        let distinct: std::collections::HashSet<i64> = given.iter().copied().collect();
        assert_eq!(distinct.len(), given.len());
    }
}
