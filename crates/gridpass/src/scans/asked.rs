//! Visits that scans have asked for already, so that they are not written again.
//!
//! Somebody yellow is scanned many times a day, and each time the colour asks for the same
//! visit. The outbox counts it once by its key; knowing that here saves the write. The
//! memory is this node's, bounded, and only a shortcut: what it forgot, the outbox still
//! knows.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gridpass_rules::Reason;
use gridpass_types::ids::PersonId;
use jiff::civil::Date;

/// Visits a generation holds; two generations are some 10 MB.
const GENERATION_ENTRIES_MAX: usize = 131_072;

/// Why a person is to be visited, and on which day that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VisitCause {
    /// Who.
    pub person_id: PersonId,
    /// Why.
    pub reason: Reason,
    /// The day in the district.
    pub day: Date,
}

/// Visits that are in the outbox for sure, because their transaction was committed.
#[derive(Default)]
pub struct Asked(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashSet<VisitCause>,
    old: HashSet<VisitCause>,
}

impl Asked {
    /// Whether a visit is known to be asked for.
    pub fn contains(&self, cause: &VisitCause) -> bool {
        let known = self.lock();
        known.young.contains(cause) || known.old.contains(cause)
    }

    /// Remembers visits whose transaction has been committed.
    pub fn remember(&self, causes: &[VisitCause]) {
        let mut known = self.lock();
        for cause in causes {
            if known.young.len() >= GENERATION_ENTRIES_MAX {
                known.old = std::mem::take(&mut known.young);
            }
            known.young.insert(*cause);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        // Both sets are whole after every step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(person: i64) -> VisitCause {
        VisitCause {
            person_id: PersonId::new(person),
            reason: Reason::all().next().expect("there are reasons"),
            day: jiff::civil::date(2020, 3, 6),
        }
    }

    #[test]
    fn only_what_was_remembered_is_left_out() {
        let asked = Asked::default();
        let tomorrow = VisitCause {
            day: jiff::civil::date(2020, 3, 7),
            ..cause(1)
        };
        asked.remember(&[cause(1)]);
        let known = [cause(1), cause(2), tomorrow].map(|cause| asked.contains(&cause));
        assert_eq!(known, [true, false, false]);
    }

    #[test]
    fn memory_stays_bounded_and_the_newest_are_kept() {
        let asked = Asked::default();
        let people = 3 * GENERATION_ENTRIES_MAX as i64;
        for person in 0..people {
            asked.remember(&[cause(person)]);
        }
        let known = asked.lock();
        assert!(known.young.len() + known.old.len() <= 2 * GENERATION_ENTRIES_MAX);
        assert!(known.young.contains(&cause(people - 1)));
    }
}
