//! Accesses as they go over the wire.

use gridpass_types::Sensitive;
use gridpass_types::ids::{BreakGlassId, PersonId, StaffId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::error::{ApiError, ApiResult, FieldError};

/// How long the masks stay lifted.
pub const LIFE: SignedDuration = SignedDuration::from_mins(30);
/// Shortest note, in characters: one word explains nothing.
const NOTE_CHARS_MIN: usize = 6;
/// Longest note, in characters.
const NOTE_CHARS_MAX: usize = 500;

/// Why somebody must see more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GlassReason {
    /// Life or limb: an ambulance has to find the person.
    EmergencyRescue,
    /// The person must be reached at once.
    UrgentContact,
    /// Contacts of a case are traced.
    ContactTracing,
    /// It is in doubt who somebody is.
    IdentityDispute,
}

impl GlassReason {
    /// Every reason.
    pub const ALL: [GlassReason; 4] = [
        GlassReason::EmergencyRescue,
        GlassReason::UrgentContact,
        GlassReason::ContactTracing,
        GlassReason::IdentityDispute,
    ];

    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            GlassReason::EmergencyRescue => "emergency_rescue",
            GlassReason::UrgentContact => "urgent_contact",
            GlassReason::ContactTracing => "contact_tracing",
            GlassReason::IdentityDispute => "identity_dispute",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// Whose masks to lift, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GlassInput {
    /// The one person.
    pub person_id: i64,
    /// Why, from the list.
    pub reason: GlassReason,
    /// Why, in words, 6 to 500 characters. Supervisors read it.
    #[schema(value_type = String)]
    pub note: Sensitive<String>,
}

impl GlassInput {
    /// The note without blanks around it.
    ///
    /// # Errors
    /// 422 when it is too short or too long.
    pub fn note(&self) -> ApiResult<&str> {
        let note = self.note.expose().trim();
        let length = note.chars().count();
        if (NOTE_CHARS_MIN..=NOTE_CHARS_MAX).contains(&length) {
            return Ok(note);
        }
        Err(ApiError::fields(vec![FieldError::new(
            "note",
            "note_length",
            "say why in 6 to 500 characters",
            "请用6至500个字说明原因",
        )]))
    }
}

/// An access.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Glass {
    /// Whose masks are lifted.
    pub person_id: PersonId,
    /// Identity.
    pub glass_id: BreakGlassId,
    /// Leaf division where the person counted.
    pub place_code: String,
    /// Who looks.
    pub opened_by: StaffId,
    /// Name that colleagues know.
    pub opened_by_name: Option<String>,
    /// Why.
    pub reason: GlassReason,
    /// Why, in words; for the reviewers' list.
    pub note: Option<String>,
    /// From when.
    pub opened_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// When a supervisor looked at it.
    pub reviewed_at: Option<Timestamp>,
    /// Which one.
    pub reviewed_by: Option<StaffId>,
}

/// Which accesses to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct GlassQuery {
    /// Reviewed ones or not; both when absent.
    pub reviewed: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_names_are_sent_names() {
        for reason in GlassReason::ALL {
            assert_eq!(GlassReason::parse(reason.as_str()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
