//! Papers as they go over the wire.

use gridpass_rules::words::QuarantinePlace;
use gridpass_types::ids::{PersonId, QuarantineOrderId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which paper. There is no third.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaperKind {
    /// That the observation of a quarantine order is over.
    ObservationEnd,
    /// That the person lives here.
    Residence,
}

impl PaperKind {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ObservationEnd => "observation_end",
            Self::Residence => "residence",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::ObservationEnd, Self::Residence]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// A paper to issue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPaper {
    /// Whom it is about.
    pub person_id: i64,
    /// Which paper.
    pub kind: PaperKind,
    /// The order whose end it says; needed for that paper and no other.
    #[serde(default)]
    pub order_id: Option<i64>,
}

/// A paper in the log.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct IssuedPaper {
    /// Whom it is about.
    pub person_id: PersonId,
    /// Identity.
    pub paper_id: i64,
    /// Name, as far as the caller sees it; on lists only.
    pub name: Option<String>,
    /// Which paper.
    pub kind: PaperKind,
    /// The order whose end it says.
    pub order_id: Option<QuarantineOrderId>,
    /// Leaf division where the person counted.
    pub place_code: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Who issued it.
    pub issued_by: StaffId,
    /// Unit that answers for it.
    pub issued_unit: String,
    /// When it was taken back.
    pub withdrawn_at: Option<Timestamp>,
}

/// The observation that a notice speaks of.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ObservedSpan {
    /// Where it was served.
    pub place: QuarantinePlace,
    /// First day.
    pub start: Date,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Number of the order's paper.
    pub document: Option<String>,
}

/// A paper as it is printed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PaperView {
    /// The paper.
    pub paper: IssuedPaper,
    /// What stands on it, and what is checked.
    pub serial: String,
    /// Name.
    pub name: String,
    /// First and last characters of the document number.
    pub document_masked: String,
    /// Building and room, on a proof of residence.
    pub address: Option<String>,
    /// Enclosure of the residence.
    pub enclosure_name: Option<String>,
    /// Names of the divisions from the district down.
    pub divisions: Vec<String>,
    /// The observation, on an end-of-observation notice.
    pub observation: Option<ObservedSpan>,
}

/// Which papers to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct PaperQuery {
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
    /// Only papers of this person.
    pub person_id: Option<i64>,
}

/// A serial to check.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckInput {
    /// As printed, or as read from the paper's code.
    pub serial: String,
}

/// What a serial stands for: as much as somebody needs who holds the paper.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CheckedPaper {
    /// Which paper.
    pub kind: PaperKind,
    /// Family name, to compare: `张*`.
    pub name_masked: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Unit that answers for it.
    pub issued_unit: String,
    /// When it was taken back; it proves nothing then.
    pub withdrawn_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_names_are_sent_names() {
        for name in ["observation_end", "residence"] {
            let kind = PaperKind::parse(name).unwrap();
            assert_eq!(serde_json::to_value(kind).unwrap(), name);
        }
        assert_eq!(PaperKind::parse("no_case"), None);
    }
}
