//! What staff see of a number that two people gave, and how they decide.

use gridpass_types::Sensitive;
use gridpass_types::document::DocumentType;
use gridpass_types::ids::{PassSerial, PersonId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NumberClaimOutcome)]
pub enum Outcome {
    /// Both are one person, who stands here with the document.
    SamePerson,
    /// Another person, whose document has another number; it is written down.
    OtherNumber,
    /// The number is not theirs, and there is no other document.
    NotTheirs,
}

impl Outcome {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::SamePerson => "same_person",
            Outcome::OtherNumber => "other_number",
            Outcome::NotTheirs => "not_theirs",
        }
    }
}

/// A number that two people gave.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberClaimView {
    /// Serial of the pass that was given for it on a phone, for the time being.
    pub pass_serial: PassSerial,
    /// When it was given.
    pub claimed_at: Timestamp,
    /// Who gave it; none outside the caller's jurisdiction.
    pub applicant: Option<ClaimSide>,
    /// Whose record holds it; none outside the caller's jurisdiction.
    pub held: Option<ClaimSide>,
}

/// One of the two, as far as the caller's role sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NumberClaimSide)]
pub struct ClaimSide {
    /// Identity.
    pub person_id: PersonId,
    /// Serial of the pass.
    pub pass_serial: PassSerial,
    /// Name.
    pub name: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Where the record came from.
    pub source: String,
    /// When first known.
    pub created_at: Timestamp,
}

/// What somebody who has seen the document decides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NumberClaimDecision)]
pub struct DecisionInput {
    /// Serial of the pass that was given on a phone.
    pub pass_serial: PassSerial,
    /// What the document shows.
    pub outcome: Outcome,
    /// For `same_person`: the name on the document, where the record held has another.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub name: Option<Sensitive<String>>,
    /// For `other_number`: kind of the document.
    #[serde(default)]
    pub document_type: Option<DocumentType>,
    /// For `other_number`: its number.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub document_number: Option<Sensitive<String>>,
}
