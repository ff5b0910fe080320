//! Inspections as they go over the wire.

use gridpass_types::ids::{GateId, InspectionId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What the guard did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InspectionResult {
    /// Did not let the inspector in, as it should be.
    Stopped,
    /// Looked at the screen and let the inspector in without a scan.
    WavedThrough,
    /// Scanned, saw that the device refused, and let the inspector in.
    LetInAnyway,
    /// It came to nothing.
    Cancelled,
}

impl InspectionResult {
    const ALL: [Self; 4] = [
        Self::Stopped,
        Self::WavedThrough,
        Self::LetInAnyway,
        Self::Cancelled,
    ];

    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::WavedThrough => "waved_through",
            Self::LetInAnyway => "let_in_anyway",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// An inspection of a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Inspection {
    /// Identity; grows with time.
    pub inspection_id: InspectionId,
    /// Which gate.
    pub gate_id: GateId,
    /// Name of the gate.
    pub gate_name: String,
    /// Name of its enclosure or employer.
    pub owner: Option<String>,
    /// Where the gate stands.
    pub place_code: String,
    /// From when a specimen scanned at the gate counts for it.
    pub started_at: Timestamp,
    /// The inspector.
    pub started_by: StaffId,
    /// When a specimen was scanned at the gate first meanwhile; absent while none is known. A gate
    /// without network tells later.
    pub scanned_at: Option<Timestamp>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// What the guard did.
    pub result: Option<InspectionResult>,
}

/// Which inspections to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct InspectionQuery {
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
}

/// What the guard did.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectionEnd {
    /// What the guard did.
    pub result: InspectionResult,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_round_trip() {
        for result in InspectionResult::ALL {
            assert_eq!(InspectionResult::parse(result.as_str()), Some(result));
        }
        assert_eq!(InspectionResult::parse("scanned"), None);
    }
}
