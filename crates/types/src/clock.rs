//! Time is passed in: a [`Clock`] for instants, and the district's calendar for days.
//!
//! Days are those of Asia/Shanghai. China has kept UTC+08:00 without summer time since
//! 15 September 1991, so for every day the system decides about the zone is this fixed offset;
//! no time zone database is consulted and a day boundary costs one division.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// Offset of the district's zone from UTC in seconds.
pub const DISTRICT_OFFSET_SECONDS: i64 = 8 * 3600;

const DAY_SECONDS: i64 = 86_400;

/// Where "now" comes from. The server has [`SystemClock`], tests and replays a [`ManualClock`].
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

/// The machine's clock, truncated to microseconds, the precision PostgreSQL stores.
///
/// Truncation makes an instant equal to itself after a round trip through the database.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system time"
    )]
    fn now(&self) -> Timestamp {
        truncate_to_micros(Timestamp::now())
    }
}

/// A clock that stands still until it is set. Clones show the same time.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock standing at `now` (kept to the microsecond).
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.as_microsecond())))
    }

    /// Sets the time, backwards too.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_microsecond(), Ordering::SeqCst);
    }

    /// Moves the time by `by`, which may be negative, and returns the new time.
    pub fn advance(&self, by: SignedDuration) -> Timestamp {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        let before = self.0.fetch_add(micros, Ordering::SeqCst);
        timestamp_saturating(before.saturating_add(micros))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        timestamp_saturating(self.0.load(Ordering::SeqCst))
    }
}

/// The district's time zone.
#[must_use]
pub fn district_zone() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// The calendar day of the district at an instant.
#[must_use]
pub fn district_date(at: Timestamp) -> Date {
    Offset::constant(8).to_datetime(at).date()
}

/// The instant a calendar day of the district begins. Saturates at the ends of time.
#[must_use]
pub fn start_of_day(date: Date) -> Timestamp {
    let seconds = epoch_day(date) * DAY_SECONDS - DISTRICT_OFFSET_SECONDS;
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// Days from `from` to `to`; negative when `to` is earlier.
#[must_use]
pub fn days_between(from: Date, to: Date) -> i32 {
    // Two days of the civil calendar are at most 20,000 years apart, so this always fits.
    i32::try_from(epoch_day(to) - epoch_day(from)).unwrap_or(i32::MAX)
}

/// Beginning of the hour; it is the same in every zone whose offset is of whole hours.
#[must_use]
pub fn hour_of(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(3600)).unwrap_or(at)
}

/// Drops what PostgreSQL would not store.
#[must_use]
pub fn truncate_to_micros(at: Timestamp) -> Timestamp {
    timestamp_saturating(at.as_microsecond())
}

/// Days since 1 January 1970, after Howard Hinnant's `days_from_civil`.
fn epoch_day(date: Date) -> i64 {
    let month = i64::from(date.month());
    let year = i64::from(date.year()) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(date.day()) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn timestamp_saturating(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_day_turns_at_four_in_the_afternoon_utc() {
        let last: Timestamp = "2020-03-05T15:59:59.999999Z".parse().unwrap();
        let first: Timestamp = "2020-03-05T16:00:00Z".parse().unwrap();
        assert_eq!(district_date(last), date(2020, 3, 5));
        assert_eq!(district_date(first), date(2020, 3, 6));
        assert_eq!(start_of_day(date(2020, 3, 6)), first);
    }

    #[test]
    fn the_calendar_agrees_with_jiff_everywhere() {
        for year in (-9999..=9999).step_by(7) {
            for (month, day) in [(1, 1), (2, 28), (3, 1), (7, 14), (12, 31)] {
                let day = date(year, month, day);
                let days = (day - date(1970, 1, 1)).get_days();
                assert_eq!(days_between(date(1970, 1, 1), day), days, "{day}");
                let start = start_of_day(day);
                if start > Timestamp::MIN && start < Timestamp::MAX {
                    assert_eq!(district_date(start), day);
                }
            }
        }
    }

    #[test]
    fn the_fixed_offset_is_the_zone_of_shanghai() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap_or_else(|_| district_zone());
        for text in [
            "1991-09-16T00:00:00Z",
            "2020-03-06T00:30:00Z",
            "2040-07-01T00:00:00Z",
        ] {
            let at: Timestamp = text.parse().unwrap();
            assert_eq!(zone.to_datetime(at).date(), district_date(at));
        }
    }

    #[test]
    fn an_hour_begins_at_its_beginning() {
        let hour = |text: &str| hour_of(text.parse().unwrap()).to_string();
        assert_eq!(
            hour("2020-03-06T08:59:59.999999+08:00"),
            "2020-03-06T00:00:00Z"
        );
        assert_eq!(hour("2020-03-06T09:00:00+08:00"), "2020-03-06T01:00:00Z");
        assert_eq!(hour("1969-12-31T23:30:00Z"), "1969-12-31T23:00:00Z");
    }

    #[test]
    fn a_manual_clock_is_shared_by_its_clones() {
        let clock = ManualClock::new("2020-03-06T08:30:00+08:00".parse().unwrap());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let later = clock.advance(SignedDuration::from_hours(1));
        assert_eq!(shared.now(), later);
        assert_eq!(later.to_string(), "2020-03-06T01:30:00Z");
    }
}
