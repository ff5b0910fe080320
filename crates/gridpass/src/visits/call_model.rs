//! A call at a door as it goes over the wire, and what it means for each open visit.

use gridpass_types::ids::{PersonId, VisitId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{NOTE_CHARS_MAX, VisitOutcome};
use super::stay::{StayAnswer, not_asked};
use super::stops::Seen;
use crate::facts::DecisionView;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// People one call may be about.
const PEOPLE_MAX: usize = 20;
/// A phone may have been without network so long.
const OFFLINE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Clocks of phones may be ahead by so much.
const SKEW_MAX: SignedDuration = SignedDuration::from_mins(10);
/// The next try lies within so long.
const NEXT_TRY_MAX: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Numbers a phone may give: what JavaScript holds exactly.
const CALL_ID_MAX: i64 = (1 << 53) - 1;

/// What came of a call for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// The person lives there: verified and moved in (已核已入住).
    VerifiedMovedIn,
    /// The person lives there no more.
    MovedOut,
    /// Asked, helped or corrected, without a word on the residence.
    Checked,
    /// Not at home: the visit stays open.
    Absent,
    /// It cannot be done.
    NotExecutable,
}

impl CallOutcome {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifiedMovedIn => "verified_moved_in",
            Self::MovedOut => "moved_out",
            Self::Checked => "checked",
            Self::Absent => "absent",
            Self::NotExecutable => "not_executable",
        }
    }

    /// How visits end that this call serves; `None` when they stay open.
    pub fn ends(self) -> Option<VisitOutcome> {
        match self {
            Self::VerifiedMovedIn => Some(VisitOutcome::VerifiedMovedIn),
            Self::MovedOut => Some(VisitOutcome::MovedOut),
            Self::Checked => Some(VisitOutcome::Checked),
            Self::NotExecutable => Some(VisitOutcome::NotFound),
            Self::Absent => None,
        }
    }
}

macro_rules! closed_list {
    ($(#[doc = $what:literal])* $list:ident { $(#[doc = $doc:literal] $name:ident $word:literal;)* }) => {
        $(#[doc = $what])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $list { $(#[doc = $doc] $name),* }

        impl $list {
            /// Name as stored and sent.
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $word),* } }
        }
    };
}

closed_list! {
    /// Why nobody could be asked, or why it cannot be done.
    CallReason {
        /// Nobody opened.
        NobodyHome "nobody_home";
        /// At work; back later.
        AtWork "at_work";
        /// Away for some days.
        AwayForDays "away_for_days";
        /// Asked to come again.
        ComeAgain "come_again";
        /// There is no such door.
        AddressUnknown "address_unknown";
        /// The building cannot be entered.
        BuildingClosed "building_closed";
        /// Refused to answer.
        Refused "refused";
        /// Nobody of that name lives there, nor where the person went is known.
        PersonUnknown "person_unknown";
    }
}

impl CallReason {
    /// Whether trying again later makes sense.
    fn waits(self) -> bool {
        matches!(
            self,
            Self::NobodyHome | Self::AtWork | Self::AwayForDays | Self::ComeAgain
        )
    }
}

closed_list! {
    /// What is missing at a door; each becomes a visit of its own.
    HouseholdNeed {
        /// Food.
        Food "needs_food";
        /// Medicine.
        Medicine "needs_medicine";
        /// Seeing a doctor.
        Doctor "needs_doctor";
        /// Help for an elder, a child or somebody with a disability.
        Care "needs_care";
        /// Anything else; the remark says what.
        Other "needs_other";
    }
}

closed_list! {
    /// A symptom somebody has.
    Symptom {
        /// Fever.
        Fever "fever";
        /// Cough.
        Cough "cough";
        /// Fatigue.
        Fatigue "fatigue";
        /// Short of breath.
        Breath "shortness_of_breath";
        /// Diarrhoea.
        Diarrhoea "diarrhoea";
    }
}

/// How somebody is.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HealthAnswer {
    /// Body temperature in degrees Celsius, if it was taken.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// Symptoms; none if empty.
    #[serde(default)]
    pub symptoms: Vec<Symptom>,
}

/// What a call found about one person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallInput {
    /// Who.
    pub person_id: i64,
    /// What came of it.
    pub outcome: CallOutcome,
    /// What the worker had seen; a field that somebody else changed since is a conflict.
    pub seen: Seen,
    /// Where the person lives or lived; the residence on record when absent.
    #[serde(default)]
    pub enclosure_id: Option<i64>,
    /// Building and room, if they are to be corrected.
    #[serde(default)]
    pub address: Option<String>,
    /// Standard address code of the corrected address, 25 digits.
    #[serde(default)]
    pub address_code: Option<String>,
    /// The household that lives at the corrected address already, if it is known.
    #[serde(default)]
    pub household_id: Option<i64>,
    /// Whether there was a stay in an epidemic area, if that was asked. A stay counts as
    /// declared; a no withdraws what was declared.
    #[serde(default)]
    pub epidemic_area_stay: Option<StayAnswer>,
    /// How the person is, if asked.
    #[serde(default)]
    pub health: Option<HealthAnswer>,
    /// What is missing.
    #[serde(default)]
    pub needs: Vec<HouseholdNeed>,
    /// Visits that the call served beyond residence and health: what was needed was brought.
    #[serde(default)]
    pub served: Vec<VisitId>,
    /// Why nobody could be asked; with `absent` and `not_executable`.
    #[serde(default)]
    pub reason: Option<CallReason>,
    /// When the worker tries again; with `absent`.
    #[serde(default)]
    pub next_try_at: Option<Timestamp>,
    /// A remark, at most 500 characters; sealed.
    #[serde(default)]
    pub note: Option<String>,
}

/// A call at a door, about one or several people.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallsInput {
    /// Number the phone gave the call, 1 to 2^53 − 1: sent again, it counts once for each person.
    pub call_id: i64,
    /// When the worker stood at the door; at most a week ago.
    pub called_at: Timestamp,
    /// The people, at most 20.
    pub people: Vec<CallInput>,
}

impl CallsInput {
    /// Checks what needs no database, as seen at `now`.
    ///
    /// # Errors
    /// 422 with the fields.
    pub fn validate(&self, now: Timestamp) -> ApiResult<()> {
        let mut wrong = Vec::new();
        let mut add = |field: &str, code: &str, en: &str, zh: &str| {
            wrong.push(FieldError::new(field, code, en, zh));
        };
        if !(1..=CALL_ID_MAX).contains(&self.call_id) {
            add(
                "call_id",
                "call_id_invalid",
                "1 to 2^53 - 1",
                "编号应为 1 至 2^53 - 1",
            );
        }
        if self.called_at > now + SKEW_MAX || self.called_at < now - OFFLINE_MAX {
            add(
                "called_at",
                "called_at_invalid",
                "within the last week",
                "上门时间应在最近一周内",
            );
        }
        let mut ids: Vec<i64> = self.people.iter().map(|one| one.person_id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() || ids.len() > PEOPLE_MAX || ids.len() != self.people.len() {
            add(
                "people",
                "people_count",
                "1 to 20 different people",
                "应为 1 至 20 名不同人员",
            );
        }
        for (at, person) in self.people.iter().enumerate() {
            person.check(self.called_at, |field, code, en, zh| {
                add(&format!("people[{at}].{field}"), code, en, zh);
            });
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(ApiError::fields(wrong)),
        }
    }
}

impl CallInput {
    fn check(&self, called_at: Timestamp, mut wrong: impl FnMut(&str, &str, &str, &str)) {
        let reason_fits = match self.outcome {
            CallOutcome::Absent => self.reason.is_some_and(CallReason::waits),
            CallOutcome::NotExecutable => self.reason.is_some_and(|reason| !reason.waits()),
            _ => self.reason.is_none(),
        };
        if !reason_fits {
            wrong(
                "reason",
                "reason_unfit",
                "does not go with the outcome",
                "原因与结果不符",
            );
        }
        self.check_answers(&mut wrong);
        let absent = self.outcome == CallOutcome::Absent;
        // As seen at the door: a phone may have had no network until long after it.
        let last = called_at.checked_add(NEXT_TRY_MAX);
        let next = |at| absent && at > called_at && last.as_ref().is_ok_and(|last| at <= *last);
        if self.next_try_at.is_some_and(|at| !next(at)) {
            wrong(
                "next_try_at",
                "next_try_invalid",
                "within the fortnight after the call",
                "应在上门后两周内",
            );
        }
        let note = self.note.as_deref().unwrap_or_default();
        if note.chars().count() > NOTE_CHARS_MAX {
            wrong(
                "note",
                "note_too_long",
                "at most 500 characters",
                "备注不能超过 500 字",
            );
        }
        if self.address_code.is_some() && self.address.is_none() {
            wrong(
                "address_code",
                "address_missing",
                "a code needs the address it is for",
                "填写地址编码时须同时填写地址",
            );
        }
        if self.household_id.is_some_and(|household| household <= 0) {
            wrong(
                "household_id",
                "household_unknown",
                "no household has this number",
                "户号不存在",
            );
        }
    }

    /// What was asked at the door.
    fn check_answers(&self, wrong: &mut impl FnMut(&str, &str, &str, &str)) {
        let answer = self.epidemic_area_stay.as_ref();
        if let Some(fault) = answer.and_then(StayAnswer::fault) {
            wrong(&fault.field, &fault.code, &fault.message, &fault.message_zh);
        }
        let nobody = matches!(
            self.outcome,
            CallOutcome::Absent | CallOutcome::NotExecutable
        );
        if nobody && answer.is_some_and(|answer| !answer.found) {
            let fault = not_asked();
            wrong(&fault.field, &fault.code, &fault.message, &fault.message_zh);
        }
        let heat = self.health.as_ref().and_then(|health| health.temperature);
        if heat.is_some_and(|heat| !(34.0..=43.0).contains(&heat)) {
            wrong(
                "health.temperature",
                "temperature_invalid",
                "34 to 43 degrees",
                "体温应在 34 至 43 度之间",
            );
        }
    }
}

/// What became of one person's part of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// Recorded.
    Saved,
    /// Recorded before; nothing was done again.
    Repeated,
    /// Somebody else changed a field meanwhile; nothing was recorded.
    Conflict,
    /// Refused; nothing was recorded.
    Refused,
}

/// A field that somebody else changed meanwhile.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct FieldConflict {
    /// `residence` or `address`.
    pub field: String,
    /// What stands there now: a word of the residence, or the address as far as the caller sees it.
    pub theirs: Option<String>,
    /// The enclosure of the residence that stands there now.
    pub enclosure_name: Option<String>,
    /// When it was changed.
    pub changed_at: Option<Timestamp>,
    /// By whom; absent when a registry or the person did.
    pub changed_by: Option<String>,
}

/// The answer for one person.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CallResult {
    /// Who.
    pub person_id: PersonId,
    /// What became of it.
    pub status: CallStatus,
    /// The colour that follows, when it was recorded.
    pub decision: Option<DecisionView>,
    /// Fields that somebody else changed; send the call again with `seen` to go over them.
    pub conflicts: Vec<FieldConflict>,
    /// What stands there now, to send as `seen`.
    pub seen: Option<Seen>,
    /// Code of the refusal.
    pub code: Option<String>,
    /// Its words in English.
    pub message: Option<String>,
    /// Its words in Chinese.
    pub message_zh: Option<String>,
}

/// Answers, in the order of the people asked about.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CallsView {
    /// One for each person.
    pub results: Vec<CallResult>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(person: serde_json::Value) -> Vec<String> {
        let now: Timestamp = "2020-03-06T00:30:00Z".parse().unwrap();
        let input = json!({ "call_id": 7, "called_at": now, "people": [person] });
        let input: CallsInput = serde_json::from_value(input).unwrap();
        match input.validate(now) {
            Ok(()) => Vec::new(),
            Err(error) => error.field_codes(),
        }
    }

    #[test]
    fn a_reason_goes_with_its_outcome() {
        let call = |outcome, reason| json!({ "person_id": 1, "outcome": outcome, "reason": reason, "seen": {} });
        for (outcome, reason, fits) in [
            ("absent", json!("at_work"), true),
            ("absent", json!("refused"), false),
            ("absent", json!(null), false),
            ("not_executable", json!("refused"), true),
            ("not_executable", json!("at_work"), false),
            ("checked", json!(null), true),
            ("verified_moved_in", json!("at_work"), false),
        ] {
            let found = problems(call(outcome, reason.clone()));
            assert_eq!(found.is_empty(), fits, "{outcome} {reason}: {found:?}");
        }
    }

    #[test]
    fn the_next_try_lies_ahead_and_only_after_a_try_in_vain() {
        let next = |at| {
            problems(
                json!({ "person_id": 1, "outcome": "absent", "reason": "at_work",
                "next_try_at": at, "seen": {} }),
            )
        };
        assert!(next("2020-03-06T10:00:00Z").is_empty());
        assert_eq!(next("2020-03-05T10:00:00Z"), ["next_try_invalid"]);
        assert_eq!(next("2020-05-06T10:00:00Z"), ["next_try_invalid"]);
        let now = json!({ "person_id": 1, "outcome": "checked", "seen": {},
            "next_try_at": "2020-03-06T10:00:00Z" });
        assert_eq!(problems(now), ["next_try_invalid"]);
    }
}
