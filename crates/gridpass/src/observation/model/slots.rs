//! The two checks of a day: when each is asked for, when it is due, where it stands.

use gridpass_types::clock::{district_date, start_of_day};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Until when a reading in the night is the evening's.
const NIGHT_ENDS: SignedDuration = SignedDuration::from_hours(4);
/// Until when a reading is the morning's.
const NOON_ENDS: SignedDuration = SignedDuration::from_hours(13);

/// One of the two checks of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayPart {
    /// From 06:00, due at 10:00.
    Morning,
    /// From 16:00, due at 20:00.
    Evening,
}

impl DayPart {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Morning => "morning",
            Self::Evening => "evening",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Morning, Self::Evening]
            .into_iter()
            .find(|part| part.as_str() == name)
    }

    fn opens_after(self) -> SignedDuration {
        SignedDuration::from_hours(match self {
            Self::Morning => 6,
            Self::Evening => 16,
        })
    }

    fn due_after(self) -> SignedDuration {
        SignedDuration::from_hours(match self {
            Self::Morning => 10,
            Self::Evening => 20,
        })
    }
}

/// A check of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The day.
    pub day: Date,
    /// Which of the two.
    pub part: DayPart,
}

impl Slot {
    /// Which check a reading is: before 13:00 the morning's; in the night, before 04:00, still
    /// that of the evening before, because the morning is asked about when it has come.
    pub fn of(at: Timestamp) -> Self {
        let day = district_date(at);
        let since = at.duration_since(start_of_day(day));
        if since < NIGHT_ENDS {
            Self {
                day: day.yesterday().unwrap_or(day),
                part: DayPart::Evening,
            }
        } else if since < NOON_ENDS {
            Self {
                day,
                part: DayPart::Morning,
            }
        } else {
            Self {
                day,
                part: DayPart::Evening,
            }
        }
    }

    /// The day whose checks are asked for: in the night, before 04:00, still yesterday.
    pub fn day_at(now: Timestamp) -> Date {
        Self::of(now).day
    }

    /// From when it is asked for.
    pub fn opens_at(self) -> Timestamp {
        start_of_day(self.day) + self.part.opens_after()
    }

    /// By when it is due.
    pub fn due_at(self) -> Timestamp {
        start_of_day(self.day) + self.part.due_after()
    }

    /// The check asked for at an instant; between the night and the first window of a day none is.
    pub fn asked_at(now: Timestamp) -> Option<Self> {
        let day = Self::day_at(now);
        [DayPart::Evening, DayPart::Morning]
            .into_iter()
            .map(|part| Self { day, part })
            .find(|slot| slot.opens_at() <= now)
    }

    /// The check before.
    pub fn before(self) -> Self {
        match self.part {
            DayPart::Evening => Self {
                day: self.day,
                part: DayPart::Morning,
            },
            DayPart::Morning => Self {
                day: self.day.yesterday().unwrap_or(self.day),
                part: DayPart::Evening,
            },
        }
    }

    /// The check that was due last.
    pub fn last_due(now: Timestamp) -> Self {
        let day = district_date(now);
        let evening = Self {
            day,
            part: DayPart::Evening,
        };
        let mut slot = evening;
        while slot.due_at() > now {
            slot = slot.before();
        }
        slot
    }
}

/// Where a check of today stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    /// There.
    Done,
    /// Asked for now, not there yet.
    Missing,
    /// Was due and is not there.
    Late,
    /// Not asked for yet, or not under observation then.
    NotAsked,
}

impl SlotState {
    /// Of a slot, for somebody whose order was entered at `since`.
    pub fn of(slot: Slot, done: bool, (since, now): (Timestamp, Timestamp)) -> Self {
        if done {
            Self::Done
        } else if now < slot.opens_at() || slot.due_at() <= since {
            Self::NotAsked
        } else if now < slot.due_at() {
            Self::Missing
        } else {
            Self::Late
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn slot(day: &str, part: DayPart) -> Slot {
        Slot {
            day: day.parse().unwrap(),
            part,
        }
    }

    #[test]
    fn a_day_has_two_windows_in_the_districts_time() {
        let asked = |text: &str| Slot::asked_at(at(text));
        assert_eq!(asked("2020-03-06T05:59:59+08:00"), None);
        assert_eq!(asked("2020-03-06T04:00:00+08:00"), None);
        let before = slot("2020-03-05", DayPart::Evening);
        assert_eq!(asked("2020-03-06T03:59:59+08:00"), Some(before));
        let morning = slot("2020-03-06", DayPart::Morning);
        assert_eq!(asked("2020-03-06T06:00:00+08:00"), Some(morning));
        assert_eq!(asked("2020-03-06T15:59:00+08:00"), Some(morning));
        let evening = slot("2020-03-06", DayPart::Evening);
        assert_eq!(asked("2020-03-06T16:00:00+08:00"), Some(evening));
        let of = |text: &str| Slot::of(at(text));
        assert_eq!(of("2020-03-06T04:00:00+08:00"), morning);
        assert_eq!(of("2020-03-06T12:59:59+08:00"), morning);
        assert_eq!(of("2020-03-06T13:00:00+08:00"), evening);
        // 23:30 in the district is the afternoon of the same day in UTC.
        assert_eq!(of("2020-03-06T15:30:00Z"), evening);
    }

    #[test]
    fn a_reading_in_the_night_is_no_morning_check() {
        let evening = slot("2020-02-29", DayPart::Evening);
        for night in [
            "2020-03-01T00:00:00+08:00",
            "2020-03-01T00:05:00+08:00",
            "2020-03-01T03:59:59+08:00",
        ] {
            assert_eq!(Slot::of(at(night)), evening, "{night}");
        }
    }

    #[test]
    fn the_last_due_check_is_yesterdays_until_ten() {
        let last = |text: &str| Slot::last_due(at(text));
        assert_eq!(
            last("2020-03-06T09:59:59+08:00"),
            slot("2020-03-05", DayPart::Evening)
        );
        assert_eq!(
            last("2020-03-06T10:00:00+08:00"),
            slot("2020-03-06", DayPart::Morning)
        );
        assert_eq!(
            last("2020-03-01T00:00:00+08:00").before(),
            slot("2020-02-29", DayPart::Morning)
        );
    }

    #[test]
    fn nobody_is_late_before_the_order() {
        let morning = slot("2020-03-06", DayPart::Morning);
        let (early, late) = (
            at("2020-03-06T08:00:00+08:00"),
            at("2020-03-06T11:00:00+08:00"),
        );
        let state = |done, since, now| SlotState::of(morning, done, (since, now));
        assert_eq!(state(false, early, early), SlotState::Missing);
        assert_eq!(state(false, early, late), SlotState::Late);
        assert_eq!(state(false, late, late), SlotState::NotAsked);
        assert_eq!(state(true, late, late), SlotState::Done);
        let night = at("2020-03-06T01:00:00+08:00");
        assert_eq!(state(false, night, night), SlotState::NotAsked);
    }
}
