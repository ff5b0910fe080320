//! Openings of doors: announced by the people behind them, reported by sensors.

use gridpass_types::ids::{PersonId, StaffId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::field;
use crate::http::error::ApiResult;

/// How long one announced opening may last.
const OPENING_MAX: SignedDuration = SignedDuration::from_hours(2);
/// How far ahead an opening may be announced.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24);
/// How far back a start may lie: the door is open already, and somebody says so.
const BACK_MAX: SignedDuration = SignedDuration::from_mins(10);
/// How long an opening lasts that names no end.
const OPENING_DEFAULT: SignedDuration = SignedDuration::from_mins(15);
/// How old a sensor's report may be, and how far ahead its clock may run.
const REPORT_AGE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// What a door is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpeningPurpose {
    /// Rubbish is put out.
    Rubbish,
    /// Something is taken in.
    Parcel,
    /// A doctor comes, or the person goes to one.
    Medical,
    /// Something else.
    Other,
}

impl OpeningPurpose {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rubbish => "rubbish",
            Self::Parcel => "parcel",
            Self::Medical => "medical",
            Self::Other => "other",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Rubbish, Self::Parcel, Self::Medical, Self::Other]
            .into_iter()
            .find(|purpose| purpose.as_str() == name)
    }
}

/// An opening to announce.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOpening {
    /// What for.
    pub purpose: OpeningPurpose,
    /// From when; now when absent, at most a day ahead.
    #[serde(default)]
    pub from_at: Option<Timestamp>,
    /// Until when; 15 minutes later when absent, at most two hours.
    #[serde(default)]
    pub until_at: Option<Timestamp>,
}

impl NewOpening {
    /// From when until when, as seen at `now`.
    ///
    /// # Errors
    /// 422 with the field.
    pub fn times(&self, now: Timestamp) -> ApiResult<(Timestamp, Timestamp)> {
        let from = self.from_at.unwrap_or(now);
        if from < now - BACK_MAX || from > now + AHEAD_MAX {
            return Err(field(
                "from_at",
                "opening_from",
                "now, or at most a day ahead",
                "应为现在或今后 24 小时内",
            ));
        }
        let until = self.until_at.unwrap_or(from + OPENING_DEFAULT);
        if until <= from || until > from + OPENING_MAX || until <= now {
            return Err(field(
                "until_at",
                "opening_until",
                "after the start, and at most two hours later",
                "应晚于开始时间，且不超过 2 小时",
            ));
        }
        Ok((from, until))
    }
}

/// An opening that was announced.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OpeningView {
    /// Whose door.
    pub person_id: PersonId,
    /// Identity.
    pub opening_id: i64,
    /// Name, as far as the caller sees it; on lists only.
    pub name: Option<String>,
    /// Building and room, likewise.
    pub address: Option<String>,
    /// Leaf division whose team watches.
    pub place_code: String,
    /// What for.
    pub purpose: OpeningPurpose,
    /// From when.
    pub from_at: Timestamp,
    /// Until when.
    pub until_at: Timestamp,
    /// When it was announced.
    pub announced_at: Timestamp,
    /// Staff member; absent when the person did it.
    pub announced_by: Option<StaffId>,
    /// When it was taken back.
    pub withdrawn_at: Option<Timestamp>,
}

/// A sensor to put up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSensor {}

/// A sensor on a door.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SensorView {
    /// Whose door.
    pub person_id: PersonId,
    /// Identity.
    pub sensor_id: i64,
    /// Leaf division whose team watches.
    pub place_code: String,
    /// When it was put up.
    pub created_at: Timestamp,
    /// Who put it up.
    pub created_by: StaffId,
    /// When it was taken down.
    pub removed_at: Option<Timestamp>,
}

/// A sensor just put up; its token is shown here and never again.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PlacedSensor {
    /// Identity.
    pub sensor_id: i64,
    /// What the sensor sends as its bearer token.
    pub sensor_token: String,
}

/// A sensor's report.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportInput {
    /// When the door opened.
    pub at: Timestamp,
}

impl ReportInput {
    /// Checks the time as seen at `now`.
    ///
    /// # Errors
    /// 422 with the code.
    pub fn check(&self, now: Timestamp) -> ApiResult<Timestamp> {
        use crate::http::code::Code;
        if self.at > now + SignedDuration::from_mins(2) {
            return Err(Code::TimeInFuture.into());
        }
        if now.duration_since(self.at) > REPORT_AGE_MAX {
            return Err(Code::TimeTooOld.into());
        }
        Ok(gridpass_types::clock::truncate_to_micros(self.at.min(now)))
    }
}

/// What became of a report.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ReportView {
    /// Whether somebody of the household had announced it, or nobody there is under observation.
    pub expected: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_is_short_and_near() {
        let now: Timestamp = "2020-03-06T08:30:00+08:00".parse().unwrap();
        let minutes = |n: i64| Some(now + SignedDuration::from_mins(n));
        let times = |from, until| {
            NewOpening {
                purpose: OpeningPurpose::Rubbish,
                from_at: from,
                until_at: until,
            }
            .times(now)
        };
        let quarter = (now, now + OPENING_DEFAULT);
        assert_eq!(times(None, None).unwrap(), quarter);
        assert!(times(minutes(60), minutes(180)).is_ok());
        for (from, until) in [
            (minutes(60), minutes(181)),
            (minutes(60), minutes(60)),
            (minutes(-11), None),
            (minutes(-10), minutes(0)),
            (minutes(24 * 60 + 1), None),
        ] {
            assert!(times(from, until).is_err(), "{from:?} {until:?}");
        }
    }

    #[test]
    fn stored_names_are_sent_names() {
        for name in ["rubbish", "parcel", "medical", "other"] {
            let purpose = OpeningPurpose::parse(name).unwrap();
            assert_eq!(serde_json::to_value(purpose).unwrap(), name);
        }
    }
}
