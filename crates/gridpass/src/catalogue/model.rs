//! Entries as they go over the wire.

use gridpass_rules::CatalogueEntry;
use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CatalogueEntryStatus)]
pub enum EntryStatus {
    /// Waits for a second person.
    Proposed,
    /// Counts, for good.
    Approved,
    /// Given up before it counted.
    Withdrawn,
}

impl EntryStatus {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Of what is stored; a CHECK keeps it among these.
    pub fn read(status: &str) -> Self {
        match status {
            "approved" => Self::Approved,
            "withdrawn" => Self::Withdrawn,
            _ => Self::Proposed,
        }
    }
}

/// An entry, from its proposal on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CatalogueEntryView {
    /// Identity of the proposal.
    pub proposal_id: i64,
    /// What it is.
    pub definition: CatalogueEntry,
    /// Where it stands.
    pub status: EntryStatus,
    /// Version of the catalogue that brought it, once it is approved.
    pub catalogue_version: Option<i32>,
    /// Why it was proposed.
    pub note: String,
    /// When.
    pub proposed_at: Timestamp,
    /// By whom.
    pub proposed_by: StaffId,
    /// When it was approved or withdrawn.
    pub decided_at: Option<Timestamp>,
    /// By whom.
    pub decided_by: Option<StaffId>,
    /// Why.
    pub decision_note: Option<String>,
    /// Code of what keeps the caller from approving it; absent when nothing does.
    pub hindrance: Option<String>,
}

/// An entry to propose.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCatalogueEntry {
    /// What it is to be.
    pub definition: CatalogueEntry,
    /// Why, 1 to 200 characters.
    pub note: String,
}

/// Why an entry is approved or withdrawn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryDecision {
    /// 1 to 200 characters.
    pub note: String,
}
