//! What isolated households ask for.

use gridpass_types::ids::{HouseholdId, PersonId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::field;
use crate::http::error::ApiResult;
use crate::notify::Words;

/// Characters of a note at most.
const NOTE_CHARS_MAX: usize = 200;

/// What is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeedKind {
    /// Food and water.
    Food,
    /// Medicine.
    Medicine,
    /// Rubbish is to be fetched.
    Rubbish,
    /// Other help; the note says what.
    Other,
}

impl NeedKind {
    const ALL: [Self; 4] = [Self::Food, Self::Medicine, Self::Rubbish, Self::Other];

    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Food => "food",
            Self::Medicine => "medicine",
            Self::Rubbish => "rubbish",
            Self::Other => "other",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// What people read.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Food => ("食品饮水", "food and water"),
            Self::Medicine => ("药品", "medicine"),
            Self::Rubbish => ("垃圾清运", "rubbish collection"),
            Self::Other => ("其他帮助", "other help"),
        }
    }
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeedStatus {
    /// Nobody has taken it.
    Asked,
    /// Somebody is on it.
    Accepted,
    /// Done.
    Delivered,
    /// Not done, with a reason.
    Refused,
}

impl NeedStatus {
    const ALL: [Self; 4] = [Self::Asked, Self::Accepted, Self::Delivered, Self::Refused];

    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Refused => "refused",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Cannot be had at the moment.
    NotAvailable,
    /// Not allowed into quarantine.
    NotPermitted,
    /// The same was asked for twice.
    AskedTwice,
    /// Not under observation any more.
    NotUnderObservation,
}

impl Refusal {
    const ALL: [Self; 4] = [
        Self::NotAvailable,
        Self::NotPermitted,
        Self::AskedTwice,
        Self::NotUnderObservation,
    ];

    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAvailable => "not_available",
            Self::NotPermitted => "not_permitted",
            Self::AskedTwice => "asked_twice",
            Self::NotUnderObservation => "not_under_observation",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == name)
    }

    /// What people read.
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Self::NotAvailable => ("暂时无法提供", "it cannot be had at the moment"),
            Self::NotPermitted => ("隔离期间不允许", "it is not allowed into quarantine"),
            Self::AskedTwice => ("与已有需求重复", "it was asked for twice"),
            Self::NotUnderObservation => ("已不在隔离期", "the observation is over"),
        };
        Words {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }
}

/// A request to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNeed {
    /// What is needed.
    pub kind: NeedKind,
    /// A remark, at most 200 characters; sealed. Other help needs one.
    #[serde(default)]
    pub note: Option<String>,
}

impl NewNeed {
    /// The note, if there is one.
    ///
    /// # Errors
    /// 422 with the field.
    pub fn note(&self) -> ApiResult<Option<&str>> {
        let note = self.note.as_deref().map(str::trim).unwrap_or_default();
        let control = |char: char| char.is_control() && char != '\n';
        if note.chars().count() > NOTE_CHARS_MAX || note.chars().any(control) {
            return Err(field(
                "note",
                "note_too_long",
                "at most 200 characters",
                "备注不能超过 200 字",
            ));
        }
        if note.is_empty() && self.kind == NeedKind::Other {
            return Err(field(
                "note",
                "note_needed",
                "say what is needed",
                "请说明需要什么帮助",
            ));
        }
        Ok(Some(note).filter(|note| !note.is_empty()))
    }
}

/// Why a request is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefuseInput {
    /// The reason.
    pub refusal: Refusal,
}

/// Which requests to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct NeedQuery {
    /// Where they stand; asked and accepted ones when absent.
    pub status: Option<NeedStatus>,
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
}

/// A request.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NeedView {
    /// Who asks.
    pub person_id: PersonId,
    /// Identity.
    pub need_id: i64,
    /// Name, as far as the caller sees it; on lists only.
    pub name: Option<String>,
    /// Building and room, likewise.
    pub address: Option<String>,
    /// Household it is for.
    pub household_id: Option<HouseholdId>,
    /// Leaf division whose team helps.
    pub place_code: String,
    /// What is needed.
    pub kind: NeedKind,
    /// Words of whoever asks.
    pub note: Option<String>,
    /// Where it stands.
    pub status: NeedStatus,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Staff member; absent when the person did it.
    pub asked_by: Option<StaffId>,
    /// When somebody took it.
    pub accepted_at: Option<Timestamp>,
    /// Who took it.
    pub accepted_by: Option<StaffId>,
    /// When it was delivered or refused.
    pub closed_at: Option<Timestamp>,
    /// Who delivered or refused it.
    pub closed_by: Option<StaffId>,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_names_are_sent_names() {
        for kind in NeedKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(NeedKind::parse(kind.as_str()), Some(kind));
        }
        for status in NeedStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
            assert_eq!(NeedStatus::parse(status.as_str()), Some(status));
        }
        for why in Refusal::ALL {
            assert_eq!(serde_json::to_value(why).unwrap(), why.as_str());
            assert_eq!(Refusal::parse(why.as_str()), Some(why));
        }
    }

    #[test]
    fn other_help_says_what() {
        let new = |kind, note: Option<&str>| NewNeed {
            kind,
            note: note.map(str::to_owned),
        };
        assert_eq!(new(NeedKind::Food, None).note().unwrap(), None);
        assert_eq!(new(NeedKind::Food, Some("  ")).note().unwrap(), None);
        assert_eq!(
            new(NeedKind::Other, Some(" 尿布 ")).note().unwrap(),
            Some("尿布")
        );
        assert!(new(NeedKind::Other, None).note().is_err());
        assert!(new(NeedKind::Food, Some(&"字".repeat(201))).note().is_err());
        assert!(new(NeedKind::Food, Some("a\u{7}b")).note().is_err());
    }
}
