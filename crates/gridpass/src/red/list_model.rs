//! Lists as they go over the wire.

use gridpass_rules::FactBody;
use gridpass_rules::red::EvidenceKind;
use gridpass_rules::words::{CaseStatus, Certainty, ContactLevel, Risk};
use gridpass_types::ids::{RedListId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Evidence, Measure, ProposeInput};
use crate::access::{ApproveRedLists, Permission};
use crate::auth::Caller;
use crate::http::code::Code;
use crate::http::error::ApiResult;

/// A row of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListRow {
    /// Number of any document.
    pub document_number: String,
    /// `case`, `contact` or `stay`.
    pub kind: String,
    /// `suspected` or `confirmed`; `close` or `secondary`; `confirmed`.
    pub value: String,
    /// Last day of exposure, or last day there.
    #[serde(default)]
    pub day: Option<Date>,
    /// Division code of the area, for a stay.
    #[serde(default)]
    pub area: Option<String>,
    /// Kind of evidence.
    pub evidence_kind: EvidenceKind,
    /// Its number.
    pub evidence_reference: String,
}

impl ListRow {
    /// The proposal that the row makes about a person.
    ///
    /// # Errors
    /// [`Code::RedNoGround`] for anything that is on no ground of the closed list.
    pub fn input(&self, person_id: i64) -> ApiResult<ProposeInput> {
        let fact = self.fact().ok_or(Code::RedNoGround)?;
        Ok(ProposeInput {
            person_id,
            measure: Measure::Fact { fact },
            reason: None,
            evidence: Evidence {
                kind: self.evidence_kind,
                reference: self.evidence_reference.clone(),
            },
            until: None,
        })
    }

    fn fact(&self) -> Option<FactBody> {
        match (self.kind.as_str(), self.value.as_str()) {
            ("case", "suspected" | "confirmed") => Some(FactBody::Case {
                status: CaseStatus::from_word(&self.value)?,
            }),
            ("contact", level) => Some(FactBody::Contact {
                level: ContactLevel::from_word(level)?,
                last_exposed: self.day?,
            }),
            ("stay", "confirmed") => Some(FactBody::Stay {
                area: self.area.clone()?,
                risk: Risk::High,
                until: self.day?,
                certainty: Certainty::Confirmed,
            }),
            _ => None,
        }
    }
}

/// Where a list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListStatus {
    /// Above the cap: nothing acts until somebody above approves.
    Held,
    /// Its proposals wait for a second person each.
    Open,
    /// Refused above.
    Refused,
    /// Nobody approved within a day.
    Lapsed,
}

impl ListStatus {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Lapsed => "lapsed",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Held, Self::Open, Self::Refused, Self::Lapsed]
            .into_iter()
            .find(|status| status.as_str() == name)
    }
}

/// Why a list is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListHold {
    /// More people than the sender's hour allows.
    Cap,
    /// Ten times as many as lists of this unit usually have.
    Size,
    /// Too many people of one community.
    Share,
    /// Nobody, where lists of this unit usually have somebody.
    Empty,
}

impl ListHold {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cap => "cap",
            Self::Size => "size",
            Self::Share => "share",
            Self::Empty => "empty",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Cap, Self::Size, Self::Share, Self::Empty]
            .into_iter()
            .find(|hold| hold.as_str() == name)
    }
}

/// Why a list is held, with numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListHoldView {
    /// Why.
    pub reason: ListHold,
    /// People of the list, or of it in the community.
    pub count: i64,
    /// People a sender may propose in an hour, the usual number, or the people of the community.
    pub of: i64,
    /// The community, when it is held for its share.
    pub community: Option<String>,
}

/// A list; names nobody.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RedList {
    /// Identity.
    pub list_id: RedListId,
    /// Longest division prefix that holds everybody on it.
    pub place_code: String,
    /// Where it stands.
    pub status: ListStatus,
    /// How many people it proposes.
    pub people: i32,
    /// Whether it was held, so that somebody above answers for it.
    pub held: bool,
    /// Why it was.
    pub hold: Option<ListHoldView>,
    /// When it was sent in.
    pub submitted_at: Timestamp,
    /// Who sent it in.
    pub submitted_by: StaffId,
    /// That person's unit.
    pub submitted_unit: String,
    /// When it lapses.
    pub lapses_at: Timestamp,
    /// When somebody above answered.
    pub approved_at: Option<Timestamp>,
    /// Who.
    pub approved_by: Option<StaffId>,
    /// That person's unit.
    pub approved_unit: Option<String>,
    /// Why the caller cannot approve it, as a code of this API; absent when the caller can.
    pub hindrance: Option<&'static str>,
}

impl RedList {
    /// Why a caller cannot approve it now.
    pub fn hindrance(&self, caller: &Caller, now: Timestamp) -> Option<Code> {
        if !ApproveRedLists::ROLES.contains(&caller.role) {
            Some(Code::NotAllowed)
        } else if self.status != ListStatus::Held || self.lapses_at <= now {
            Some(Code::ProposalDecided)
        } else if self.submitted_by == caller.staff_id {
            Some(Code::RedSameAccount)
        } else if self.submitted_unit == caller.unit {
            Some(Code::RedSameUnit)
        } else {
            None
        }
    }

    /// The list as a caller sees it.
    #[must_use]
    pub fn seen_by(mut self, caller: &Caller, now: Timestamp) -> Self {
        self.hindrance = self.hindrance(caller, now).map(Code::as_str);
        self
    }
}

/// What became of a row.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowAnswer {
    /// Row in the file, the header being row 1; the order of the list when it is confirmed.
    pub row: usize,
    /// Whether it is proposed.
    pub accepted: bool,
    /// Why not, as a code of this API.
    pub code: Option<&'static str>,
    /// Why not, in English.
    pub message: Option<&'static str>,
    /// Why not, in Chinese.
    pub message_zh: Option<&'static str>,
}

/// How many people of a list share something.
#[derive(Debug, Serialize, ToSchema)]
pub struct Share {
    /// Reason, community code or colour.
    pub key: String,
    /// How many.
    pub people: i64,
}

/// What a list would do.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Impact {
    /// By reason.
    pub reasons: Vec<Share>,
    /// By community.
    pub places: Vec<Share>,
    /// By the colour the passes count as now.
    pub colours: Vec<Share>,
}

/// A list with its impact, and answers to rows where rows were sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListAnswer {
    /// The list; absent when no row could be proposed.
    pub list: Option<RedList>,
    /// What it would do.
    pub impact: Option<Impact>,
    /// Row by row.
    pub rows: Vec<RowAnswer>,
}

/// How to take a file.
#[derive(Debug, Deserialize, IntoParams)]
pub struct NewListQuery {
    /// Only say what would happen.
    #[serde(default)]
    pub dry_run: bool,
}

/// Which lists.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ListQuery {
    /// Where they stand; all when absent.
    pub status: Option<ListStatus>,
}
