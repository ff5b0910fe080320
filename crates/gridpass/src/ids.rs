//! Identities given by the application, so that no table needs a serial and a
//! row knows its key before it meets the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gridpass_types::clock::Clock;
use rand::{Rng, SeedableRng, rngs::StdRng};

/// 2020-01-01T00:00:00Z in milliseconds since 1970: where time-ordered ids begin.
const ID_EPOCH_MS: i64 = 1_577_836_800_000;
/// Ids a millisecond leaves room for.
const IDS_PER_MS: i64 = 1 << 12;
/// Greatest integer that JavaScript reads exactly.
const JSON_SAFE_MAX: u64 = (1 << 53) - 1;

/// Gives out identities: strictly growing within a process, time-ordered across
/// processes, below 2^53 so that JSON readers keep them exact.
pub struct IdSource {
    clock: Arc<dyn Clock>,
    last: AtomicI64,
}

impl IdSource {
    /// A source that follows `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            last: AtomicI64::new(0),
        }
    }

    /// The next identity. Two calls never give the same; a clock that stands
    /// still or goes back does not matter.
    pub fn next(&self) -> i64 {
        let floor = (self.clock.now().as_millisecond() - ID_EPOCH_MS).max(1) * IDS_PER_MS;
        let bump = |last: i64| Some(floor.max(last + 1));
        match self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, bump)
        {
            Ok(last) | Err(last) => floor.max(last + 1),
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
        let ids = IdSource::new(Arc::new(clock.clone()));
        let first = ids.next();
        clock.set("2020-03-06T07:00:00Z".parse().unwrap());
        let second = ids.next();
        assert!(second > first);
        assert!(second < 1 << 53);
    }
}
