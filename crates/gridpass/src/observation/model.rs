//! Checks of people under observation as they go over the wire, and when they are due.

mod doors;
mod needs;
mod slots;

use gridpass_rules::FactBody;
use gridpass_rules::words::QuarantinePlace;
use gridpass_types::clock::{days_between, district_date};
use gridpass_types::ids::{FactId, HouseholdId, PersonId, QuarantineOrderId, StaffId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::facts::DecisionView;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};

pub use doors::{
    NewOpening, NewSensor, OpeningPurpose, OpeningView, PlacedSensor, ReportInput, ReportView,
    SensorView,
};
pub use needs::{NeedKind, NeedQuery, NeedStatus, NeedView, NewNeed, Refusal, RefuseInput};
pub use slots::{DayPart, Slot, SlotState};

/// Tenths of a degree that a person can have.
const DECICELSIUS: std::ops::RangeInclusive<f64> = 300.0..=450.0;
/// How old a reading may be when it arrives: a phone that was in a cellar over night.
const READING_AGE_MAX: SignedDuration = SignedDuration::from_hours(36);
/// How far ahead a phone's clock may run.
const CLOCK_SKEW_MAX: SignedDuration = SignedDuration::from_mins(2);

/// What somebody feels, from the closed list of the health declaration; nothing is an empty list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckSymptom {
    /// Like a cold: cough, sore throat, tiredness.
    ColdLike,
    /// Short of breath.
    ShortOfBreath,
    /// Nausea, vomiting, diarrhoea.
    Stomach,
    /// Palpitation.
    Palpitation,
    /// Conjunctivitis.
    Conjunctivitis,
    /// Something else.
    Other,
}

impl CheckSymptom {
    const ALL: [Self; 6] = [
        Self::ColdLike,
        Self::ShortOfBreath,
        Self::Stomach,
        Self::Palpitation,
        Self::Conjunctivitis,
        Self::Other,
    ];

    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ColdLike => "cold_like",
            Self::ShortOfBreath => "short_of_breath",
            Self::Stomach => "stomach",
            Self::Palpitation => "palpitation",
            Self::Conjunctivitis => "conjunctivitis",
            Self::Other => "other",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|symptom| symptom.as_str() == name)
    }
}

/// A reading to record.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCheck {
    /// When it was taken; now when absent. At most 36 hours back.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// Body temperature in degrees Celsius, 30 to 45; kept in tenths.
    pub temperature: f64,
    /// What the person feels; nothing when empty.
    #[serde(default)]
    pub symptoms: Vec<CheckSymptom>,
}

/// A reading that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// When it was taken.
    pub at: Timestamp,
    /// Tenths of a degree.
    pub decicelsius: i16,
    /// Each once, in the order of the list.
    pub symptoms: Vec<CheckSymptom>,
}

impl NewCheck {
    /// Checks the values as seen at `now`.
    ///
    /// # Errors
    /// 422 with the code of what is wrong.
    pub fn check(&self, now: Timestamp) -> ApiResult<Reading> {
        let tenths = (self.temperature * 10.0).round();
        if !DECICELSIUS.contains(&tenths) {
            return Err(Code::TemperatureAbsurd.into());
        }
        let at = self.at.unwrap_or(now);
        if at > now + CLOCK_SKEW_MAX {
            return Err(Code::TimeInFuture.into());
        }
        // A fact is never from the future.
        let at = gridpass_types::clock::truncate_to_micros(at.min(now));
        if now.duration_since(at) > READING_AGE_MAX {
            return Err(Code::TimeTooOld.into());
        }
        let felt = |symptom: &CheckSymptom| self.symptoms.contains(symptom);
        Ok(Reading {
            at,
            #[expect(clippy::cast_possible_truncation, reason = "between 300 and 450")]
            decicelsius: tenths as i16,
            symptoms: CheckSymptom::ALL.into_iter().filter(felt).collect(),
        })
    }
}

impl Reading {
    /// What it says as evidence.
    pub fn fact(&self) -> FactBody {
        FactBody::Health {
            at: self.at,
            temperature: Some(f64::from(self.decicelsius) / 10.0),
            symptoms: self
                .symptoms
                .iter()
                .map(|symptom| symptom.as_str().to_owned())
                .collect(),
        }
    }

    /// The check it is.
    pub fn slot(&self) -> Slot {
        Slot::of(self.at)
    }
}

/// A check that was recorded.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CheckView {
    /// Identity.
    pub check_id: i64,
    /// Day it counts for.
    pub day: Date,
    /// Which of the two checks of the day.
    pub part: DayPart,
    /// When it was taken.
    pub at: Timestamp,
    /// Degrees Celsius.
    pub temperature: f64,
    /// What the person felt.
    pub symptoms: Vec<CheckSymptom>,
    /// When it arrived.
    pub recorded_at: Timestamp,
    /// Staff member; absent when the person entered it.
    pub recorded_by: Option<StaffId>,
    /// The health fact; absent while a reading that would turn the pass red waits for two people.
    pub fact_id: Option<FactId>,
}

/// A check that was recorded, with what follows.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordedCheck {
    /// The check.
    pub check: CheckView,
    /// Whether the team was alerted: the reading would turn the pass red, and that takes two people.
    pub alerted: bool,
    /// The colour that follows.
    pub decision: DecisionView,
}

/// A check that was missed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MissedView {
    /// Day.
    pub day: Date,
    /// Which of the two.
    pub part: DayPart,
}

/// Checks of one person, newest first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DiaryView {
    /// What was recorded.
    pub checks: Vec<CheckView>,
    /// What was due and not there in time.
    pub missed: Vec<MissedView>,
}

/// Somebody under observation today.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ObservedPerson {
    /// The person.
    pub person_id: PersonId,
    /// The order.
    pub order_id: QuarantineOrderId,
    /// Name, as far as the caller's role sees it.
    pub name: Option<String>,
    /// Building and room, likewise.
    pub address: Option<String>,
    /// Enclosure of the residence on record.
    pub enclosure_name: Option<String>,
    /// Household the person is counted with.
    pub household_id: Option<HouseholdId>,
    /// Leaf division whose team watches.
    pub place_code: String,
    /// Where the order is served.
    pub place: QuarantinePlace,
    /// First day.
    pub start: Date,
    /// First day free.
    pub end: Date,
    /// Today's day of the order, from 1.
    pub day_number: i32,
    /// This morning's check.
    pub morning: SlotView,
    /// This evening's check.
    pub evening: SlotView,
    /// Requests that are open.
    pub needs_open: i64,
    /// Until when an announced opening of the door lasts, if one does now.
    pub door_open_until: Option<Timestamp>,
}

/// A check of today.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SlotView {
    /// Where it stands.
    pub state: SlotState,
    /// By when it is due.
    pub due_at: Timestamp,
    /// What was measured last.
    pub temperature: Option<f64>,
    /// What the person felt then.
    pub symptoms: Vec<CheckSymptom>,
}

/// Day of an order at an instant, from 1.
pub fn day_number(start: Date, now: Timestamp) -> i32 {
    days_between(start, district_date(now)) + 1
}

/// Which people to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ObservedQuery {
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
    /// Only those whose check asked for now is not there.
    pub missing: Option<bool>,
}

/// A page of people under observation, with what the whole list holds.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ObservedPage {
    /// The people.
    pub items: Vec<ObservedPerson>,
    /// Pass as `after` for the next page; absent on the last.
    pub next: Option<i64>,
    /// People under observation.
    pub persons: i64,
    /// Households; a person of no known household counts as one.
    pub households: i64,
    /// People whose check asked for now is not there.
    pub missing: i64,
    /// Today.
    pub day: Date,
    /// The check asked for now; absent before the first window of the day.
    pub part: Option<DayPart>,
}

pub(super) fn field(name: &str, code: &'static str, en: &str, zh: &str) -> ApiError {
    ApiError::fields(vec![FieldError::new(name, code, en, zh)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_reading_is_kept_in_tenths_and_is_not_from_another_time() {
        let now = at("2020-03-06T08:30:00+08:00");
        let check = |temperature: f64, at: Option<Timestamp>| {
            NewCheck {
                at,
                temperature,
                symptoms: vec![
                    CheckSymptom::Other,
                    CheckSymptom::ColdLike,
                    CheckSymptom::Other,
                ],
            }
            .check(now)
        };
        let reading = check(36.549, None).unwrap();
        assert_eq!((reading.decicelsius, reading.at), (365, now));
        assert_eq!(
            reading.symptoms,
            [CheckSymptom::ColdLike, CheckSymptom::Other]
        );
        for absurd in [29.9, 45.1, f64::NAN] {
            assert_eq!(
                check(absurd, None).unwrap_err().code(),
                Code::TemperatureAbsurd
            );
        }
        let skewed = check(36.5, Some(now + SignedDuration::from_mins(1))).unwrap();
        assert_eq!(skewed.at, now);
        let ahead = check(36.5, Some(now + SignedDuration::from_mins(3)));
        assert_eq!(ahead.unwrap_err().code(), Code::TimeInFuture);
        let old = check(36.5, Some(now - SignedDuration::from_hours(37)));
        assert_eq!(old.unwrap_err().code(), Code::TimeTooOld);
    }

    #[test]
    fn stored_names_are_sent_names() {
        for symptom in CheckSymptom::ALL {
            assert_eq!(serde_json::to_value(symptom).unwrap(), symptom.as_str());
            assert_eq!(CheckSymptom::parse(symptom.as_str()), Some(symptom));
        }
        for part in [DayPart::Morning, DayPart::Evening] {
            assert_eq!(serde_json::to_value(part).unwrap(), part.as_str());
        }
    }
}
