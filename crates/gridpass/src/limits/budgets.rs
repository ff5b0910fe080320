//! Requests a client may send: a budget that refills, in a table of fixed size.
//!
//! Each client is one 64-bit word: a tag and the time at which the budget would be full again
//! (the generic cell rate algorithm, ITU-T I.371). A request moves that time on by one interval
//! and is refused when it would lie further ahead than the burst allows. Words stand in sets of
//! four; a new client takes the place of the one whose budget is fullest. So half a megabyte
//! holds 65,536 clients, spraying addresses cannot make it grow, no request waits for another,
//! and the worst that crowding does is to forget somebody's use.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

/// Sets of words; a power of two.
const SETS: usize = 1 << 14;
/// Words in a set.
const WAYS: usize = 4;
/// Times count in steps of 64 µs from 1970, in 48 bits: until the year 2541.
const STEP_US_BITS: u32 = 6;
const STEPS_PER_S: u64 = 1_000_000 >> STEP_US_BITS;
const TIME_BITS: u32 = 48;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;
/// Tries against others that write the same word; then the request is let through.
const TRIES_MAX: usize = 8;
/// Seconds of its rate that a budget holds when it is full.
const BURST_S: u64 = 10;

/// A rate and its burst, in steps.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    interval: u64,
    burst: u64,
}

impl Rate {
    /// So many requests a second in the long run, and ten seconds' worth at once.
    pub fn per_s(requests: u32) -> Self {
        let interval = (STEPS_PER_S / u64::from(requests.max(1))).max(1);
        Self {
            interval,
            burst: BURST_S * STEPS_PER_S,
        }
    }
}

/// Budgets of clients, by whatever names a client.
pub struct Budgets {
    words: Box<[AtomicU64]>,
    /// Keyed anew in each process, so that nobody can choose addresses that collide.
    hasher: RandomState,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            words: (0..SETS * WAYS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl Budgets {
    /// Takes one request from the budget of `client`.
    ///
    /// # Errors
    /// The seconds to wait, 1 or more, when it is used up.
    pub fn take(&self, client: impl Hash, rate: Rate, now: Timestamp) -> Result<(), u32> {
        let hash = self.hasher.hash_one(client);
        let set = usize::try_from(hash).unwrap_or(0) % SETS * WAYS;
        let words = &self.words[set..set + WAYS];
        let tag = hash >> TIME_BITS;
        let now = steps(now);
        for _ in 0..TRIES_MAX {
            let (word, old) = place(words, tag);
            let mut full_at = if old >> TIME_BITS == tag {
                old & TIME_MASK
            } else {
                0
            };
            // A clock that was set back would lock everybody out.
            if full_at > now + rate.burst + rate.interval {
                full_at = now;
            }
            let next = full_at.max(now) + rate.interval;
            if let Some(over @ 1..) = next.checked_sub(now + rate.burst) {
                return Err(u32::try_from(over.div_ceil(STEPS_PER_S)).unwrap_or(u32::MAX));
            }
            let new = (tag << TIME_BITS) | (next & TIME_MASK);
            let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
            if word.compare_exchange(old, new, success, failure).is_ok() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The word of a tag, or the one whose budget is fullest.
fn place(words: &[AtomicU64], tag: u64) -> (&AtomicU64, u64) {
    let mut best = (&words[0], words[0].load(Ordering::Relaxed));
    for word in words {
        let value = word.load(Ordering::Relaxed);
        if value >> TIME_BITS == tag && value != 0 {
            return (word, value);
        }
        if value & TIME_MASK < best.1 & TIME_MASK {
            best = (word, value);
        }
    }
    best
}

fn steps(at: Timestamp) -> u64 {
    u64::try_from(at.as_microsecond()).unwrap_or(0) >> STEP_US_BITS
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn morning() -> Timestamp {
        "2020-03-06T08:00:00Z".parse().unwrap()
    }

    fn taken(budgets: &Budgets, client: u32, rate: Rate, now: Timestamp) -> usize {
        let mut taken = 0;
        while budgets.take(client, rate, now).is_ok() {
            taken += 1;
        }
        taken
    }

    #[test]
    fn a_budget_is_ten_seconds_worth_and_refills() {
        let (budgets, rate, now) = (Budgets::default(), Rate::per_s(5), morning());
        assert_eq!(taken(&budgets, 1, rate, now), 50);
        assert_eq!(budgets.take(1, rate, now), Err(1));
        assert_eq!(taken(&budgets, 2, rate, now), 50, "others have their own");
        let later = now + SignedDuration::from_secs(2);
        assert_eq!(taken(&budgets, 1, rate, later), 10);
        let much_later = now + SignedDuration::from_hours(1);
        assert_eq!(
            taken(&budgets, 1, rate, much_later),
            50,
            "no more than full"
        );
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out() {
        let (budgets, rate) = (Budgets::default(), Rate::per_s(5));
        taken(&budgets, 1, rate, morning());
        let before = morning() - SignedDuration::from_hours(1);
        assert!(budgets.take(1, rate, before).is_ok());
    }

    #[test]
    fn spraying_addresses_neither_grows_nor_refuses() {
        let (budgets, rate, now) = (Budgets::default(), Rate::per_s(5), morning());
        for client in 0..1_000_000_u32 {
            assert!(budgets.take(client, rate, now).is_ok());
        }
        assert_eq!(budgets.words.len(), 65_536);
    }

    #[test]
    fn several_threads_take_no_more_than_there_is() {
        let (budgets, rate, now) = (Budgets::default(), Rate::per_s(100), morning());
        let one = || {
            (0..2_000)
                .filter(|_| budgets.take(1_u8, rate, now).is_ok())
                .count()
        };
        let total: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        // A word that changed eight times under somebody lets one through.
        assert!((1000..1100).contains(&total), "{total}");
    }
}
