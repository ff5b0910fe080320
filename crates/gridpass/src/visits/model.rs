//! Visits as they go over the wire.

use gridpass_types::ids::{EnclosureId, PersonId, StaffId, VisitId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::stay::{StayAnswer, not_asked};
use crate::facts::DecisionView;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Characters of a cause at most.
const CAUSE_CHARS_MAX: usize = 40;
/// Characters of a remark at most.
pub(super) const NOTE_CHARS_MAX: usize = 500;

/// Where a visit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisitStatus {
    /// Waiting.
    Open,
    /// Ended with a finding.
    Done,
    /// Ended without one.
    NotExecutable,
}

impl VisitStatus {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::NotExecutable => "not_executable",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Done, Self::NotExecutable]
            .into_iter()
            .find(|status| status.as_str() == name)
    }
}

/// What a worker found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisitOutcome {
    /// The person lives there: verified and moved in (已核已入住).
    VerifiedMovedIn,
    /// The person lives there no more.
    MovedOut,
    /// Nobody was there to ask.
    NotFound,
    /// What was to be asked or brought was.
    Checked,
}

impl VisitOutcome {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifiedMovedIn => "verified_moved_in",
            Self::MovedOut => "moved_out",
            Self::NotFound => "not_found",
            Self::Checked => "checked",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::VerifiedMovedIn,
            Self::MovedOut,
            Self::NotFound,
            Self::Checked,
        ]
        .into_iter()
        .find(|outcome| outcome.as_str() == name)
    }

    /// Where a visit stands that ended so.
    pub fn status(self) -> VisitStatus {
        match self {
            Self::VerifiedMovedIn | Self::MovedOut | Self::Checked => VisitStatus::Done,
            Self::NotFound => VisitStatus::NotExecutable,
        }
    }
}

/// What a visit is for: one call at the door serves every cause of the same purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// Whether the person lives there and is who the registers say.
    Dwelling,
    /// How the person is, and where the person was.
    Health,
    /// Something else.
    Other(&'a str),
}

impl Purpose<'_> {
    /// The purpose as sent.
    pub fn kind(self) -> VisitKind {
        match self {
            Self::Dwelling => VisitKind::Dwelling,
            Self::Health => VisitKind::Health,
            Self::Other(_) => VisitKind::Other,
        }
    }
}

/// What a visit is for, as sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisitKind {
    /// Whether the person lives there and is who the registers say.
    Dwelling,
    /// How the person is, and where the person was.
    Health,
    /// Something else, for example what is missing there.
    Other,
}

/// The cause of a visit about a stay that somebody declared; the answer about it serves it.
pub(super) const CAUSE_STAY: &str = "epidemic_area_declared";

/// The purpose of a cause.
pub fn purpose(cause: &str) -> Purpose<'_> {
    match cause {
        "unknown" | "residence_unverified" | "employment_unverified" | "identity_conflict" => {
            Purpose::Dwelling
        }
        "symptoms" | "secondary_contact" | CAUSE_STAY => Purpose::Health,
        other => Purpose::Other(other),
    }
}

/// A visit.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Visit {
    /// Whom to call on.
    pub person_id: PersonId,
    /// Identity.
    pub visit_id: VisitId,
    /// Reason code that made it needed.
    pub cause: String,
    /// Name, as far as the caller's role sees it; on lists only.
    pub name: Option<String>,
    /// Building and room, for whoever goes there; on lists of open visits only.
    pub address: Option<String>,
    /// Enclosure of the residence on record.
    pub enclosure_id: Option<EnclosureId>,
    /// Its name.
    pub enclosure_name: Option<String>,
    /// Leaf division whose grid worker goes.
    pub place_code: String,
    /// Where it stands.
    pub status: VisitStatus,
    /// By when.
    pub due_at: Timestamp,
    /// Who goes; absent while nobody has it.
    pub assigned_to: Option<StaffId>,
    /// When it was needed first.
    pub created_at: Timestamp,
    /// Who asked for it; absent when a rule did.
    pub created_by: Option<StaffId>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// Who ended it.
    pub completed_by: Option<StaffId>,
    /// What was found.
    pub outcome: Option<VisitOutcome>,
}

/// Which visits to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct VisitQuery {
    /// Where they stand; open ones when absent.
    pub status: Option<VisitStatus>,
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
    /// Only those this member of staff has.
    pub assigned_to: Option<i64>,
    /// Only calls on this person.
    pub person_id: Option<i64>,
}

/// A visit to ask for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVisit {
    /// Whom to call on.
    pub person_id: i64,
    /// Why: a reason code, 1 to 40 of `a-z 0-9 _`.
    pub cause: String,
    /// By when; in 24 hours when absent.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
}

impl NewVisit {
    /// Checks cause and time as seen at `now`.
    ///
    /// # Errors
    /// 422 with the fields.
    pub fn validate(&self, now: Timestamp) -> ApiResult<()> {
        let mut wrong = Vec::new();
        let word = self
            .cause
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !word || self.cause.is_empty() || self.cause.len() > CAUSE_CHARS_MAX {
            wrong.push(FieldError::new(
                "cause",
                "cause_invalid",
                "1 to 40 of a-z 0-9 _",
                "原因代码应为 1 至 40 位小写字母、数字或下划线",
            ));
        }
        if self.due_at.is_some_and(|due| due <= now) {
            wrong.push(FieldError::new(
                "due_at",
                "due_in_past",
                "lies in the past",
                "期限早于当前时间",
            ));
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(ApiError::fields(wrong))
        }
    }
}

/// Who goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignInput {
    /// A grid worker or community lead of the place.
    pub staff_id: i64,
}

/// What a worker found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteInput {
    /// What was found.
    pub outcome: VisitOutcome,
    /// Where the person lives or lived; the residence on record when absent.
    #[serde(default)]
    pub enclosure_id: Option<i64>,
    /// Whether there was a stay in an epidemic area, if that was asked.
    #[serde(default)]
    pub epidemic_area_stay: Option<StayAnswer>,
    /// A remark, at most 500 characters; sealed.
    #[serde(default)]
    pub note: Option<String>,
}

impl CompleteInput {
    /// Checks what needs no database.
    ///
    /// # Errors
    /// 422 with the fields.
    pub fn validate(&self) -> ApiResult<()> {
        let mut wrong = Vec::new();
        let note = self.note.as_deref().unwrap_or_default();
        if note.chars().count() > NOTE_CHARS_MAX {
            wrong.push(FieldError::new(
                "note",
                "note_too_long",
                "at most 500 characters",
                "备注不能超过 500 字",
            ));
        }
        let answer = self.epidemic_area_stay.as_ref();
        wrong.extend(answer.and_then(StayAnswer::fault));
        let nobody = self.outcome == VisitOutcome::NotFound;
        if nobody && answer.is_some_and(|answer| !answer.found) {
            wrong.push(not_asked());
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(ApiError::fields(wrong))
        }
    }
}

/// A visit that ended, with what follows.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CompletedView {
    /// The visit.
    pub visit: Visit,
    /// The colour that follows.
    pub decision: DecisionView,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_names_are_sent_names() {
        for name in ["open", "done", "not_executable"] {
            let status = VisitStatus::parse(name).unwrap();
            assert_eq!(serde_json::to_value(status).unwrap(), name);
        }
        for name in ["verified_moved_in", "moved_out", "not_found", "checked"] {
            let outcome = VisitOutcome::parse(name).unwrap();
            assert_eq!(serde_json::to_value(outcome).unwrap(), name);
        }
    }

    #[test]
    fn every_cause_of_the_rules_has_a_purpose() {
        let rules = gridpass_rules::default_rule_set();
        let csv = String::from_utf8(rules.colour.to_csv()).unwrap();
        for row in csv.lines().skip(1) {
            let cells: Vec<&str> = row.split(',').collect();
            let visit = row.contains(",24,");
            if let (true, Some(at)) = (visit, cells.iter().position(|cell| *cell == "24")) {
                let cause = cells[at - 1];
                assert!(!matches!(purpose(cause), Purpose::Other(_)), "{cause}");
            }
        }
    }
}
