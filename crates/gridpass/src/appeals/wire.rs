//! Appeals as they come in and go over the wire.

use gridpass_types::Sensitive;
use gridpass_types::ids::{AppealEvidenceId, AppealId, PassSerial, PersonId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{About, AppealKind, AppealStatus, DecisionReason, Media, Provisional, StepKind};
use crate::divisions::{Desk, DutyLevel, ResponsibleUnit};
use crate::facts::FactView;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Characters of the person's words at least: one word says nothing.
const STATEMENT_CHARS_MIN: usize = 4;
/// Characters of the person's words, and of the answer, at most.
const TEXT_CHARS_MAX: usize = 1000;

/// An appeal that a phone opens.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnAppealInput {
    /// Serial of a dependant's pass; the holder's own when absent.
    #[serde(default)]
    pub pass_serial: Option<PassSerial>,
    /// Against what.
    pub about: About,
    /// What is wrong, 4 to 1,000 characters; sealed.
    #[schema(value_type = String)]
    pub statement: Sensitive<String>,
}

/// An appeal that somebody opens at a counter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppealInput {
    /// For whom.
    pub person_id: i64,
    /// Against what.
    pub about: About,
    /// What the person says is wrong, 4 to 1,000 characters; sealed.
    #[schema(value_type = String)]
    pub statement: Sensitive<String>,
}

/// Words of a person or of an answer, without blanks around them.
///
/// # Errors
/// 422 with the field.
pub fn check_text<'t>(field: &str, text: &'t Sensitive<String>) -> ApiResult<&'t str> {
    let text = text.expose().trim();
    let chars = text.chars().count();
    let plain = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\t');
    if (STATEMENT_CHARS_MIN..=TEXT_CHARS_MAX).contains(&chars) && text.chars().all(plain) {
        return Ok(text);
    }
    Err(ApiError::fields(vec![FieldError::new(
        field,
        "text_length",
        format!("{STATEMENT_CHARS_MIN} to {TEXT_CHARS_MAX} characters"),
        format!("应为 {STATEMENT_CHARS_MIN} 至 {TEXT_CHARS_MAX} 个字"),
    )]))
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideInput {
    /// Why, from the list; it says whether the appeal is granted.
    pub reason: DecisionReason,
    /// Why, in plain Chinese, 4 to 1,000 characters; the person reads it.
    #[schema(value_type = String)]
    pub text: Sensitive<String>,
    /// The right name, for a granted appeal against the name.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub correct_name: Option<Sensitive<String>>,
}

/// Who is to have an appeal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignAppealInput {
    /// Somebody who may decide it.
    pub staff_id: i64,
}

/// Whose appeals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The caller's own.
    Mine,
    /// Those of the caller's unit.
    Unit,
    /// All in the jurisdiction.
    All,
}

/// Which appeals to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct AppealQuery {
    /// Where they stand; open ones when absent.
    pub status: Option<AppealStatus>,
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
    /// Whose; all when absent.
    #[param(inline)]
    pub whose: Option<Whose>,
    /// Only those past a deadline.
    pub late: Option<bool>,
    /// Only those of this person.
    pub person_id: Option<i64>,
}

/// Somebody who has or may have an appeal, for colleagues.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AppealOwner {
    /// Who.
    pub staff_id: StaffId,
    /// Name that colleagues know.
    pub name: Option<String>,
    /// Organisation.
    pub unit: Option<String>,
    /// Open appeals they have; on lists of whom to choose.
    pub open: Option<i64>,
}

/// An appeal as staff see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AppealView {
    /// Whose.
    pub person_id: PersonId,
    /// Identity.
    pub appeal_id: AppealId,
    /// Serial of the pass.
    pub pass_serial: Option<PassSerial>,
    /// Name, as far as the caller's role sees it.
    pub name: Option<String>,
    /// Leaf division that decides who answers.
    pub place_code: String,
    /// Against what kind of thing.
    pub kind: AppealKind,
    /// Reason code of the colour, or the detail.
    pub cause: String,
    /// Whether a doctor answers for what caused it.
    pub medical: bool,
    /// Which kind of unit answers.
    pub desk: Desk,
    /// Which level has it.
    pub level: DutyLevel,
    /// Who has it; absent while there is nobody fit.
    pub owner: Option<AppealOwner>,
    /// Whether the caller has it.
    pub mine: bool,
    /// Where it stands.
    pub status: AppealStatus,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Whether it was opened at a counter.
    pub at_counter: bool,
    /// Deadline of the present level.
    pub due_at: Timestamp,
    /// Whether a deadline has passed.
    pub late: bool,
    /// Deadlines that passed.
    pub missed: i16,
    /// What holds since the last one passed.
    pub provisional: Option<Provisional>,
    /// When it was decided or withdrawn.
    pub decided_at: Option<Timestamp>,
    /// Why it was decided so.
    pub decision_reason: Option<DecisionReason>,
    /// Code of what keeps the caller from deciding; absent when nothing does.
    pub hindrance: Option<&'static str>,
    /// Code of what keeps the caller from deciding in favour.
    pub grant_hindrance: Option<&'static str>,
}

/// A step as staff see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AppealStep {
    /// What happened.
    pub kind: StepKind,
    /// When.
    pub at: Timestamp,
    /// Who did it, for colleagues; absent for the person and the clock.
    pub by: Option<AppealOwner>,
    /// Which level has it from then on.
    pub level: DutyLevel,
    /// Who has it from then on, for colleagues.
    pub owner: Option<AppealOwner>,
    /// Deadline from then on.
    pub due_at: Option<Timestamp>,
    /// A code: outcome, reason or kind of paper.
    pub detail: Option<String>,
}

/// A photo or paper.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AppealEvidenceView {
    /// Identity.
    pub evidence_id: AppealEvidenceId,
    /// What it is.
    pub media: Media,
    /// Bytes.
    pub content_bytes: i32,
    /// When it was added.
    pub added_at: Timestamp,
    /// Whether staff added it at a counter.
    pub at_counter: bool,
}

/// An appeal with all that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppealDetail {
    /// The appeal.
    #[serde(flatten)]
    pub appeal: AppealView,
    /// What the person wrote.
    pub statement: String,
    /// The answer, once there is one.
    pub decision_text: Option<String>,
    /// The unit that the person was told, and its phone.
    pub responsible: ResponsibleUnit,
    /// The facts that caused it.
    pub facts: Vec<FactView>,
    /// What happened, oldest first.
    pub steps: Vec<AppealStep>,
    /// What was shown.
    pub evidence: Vec<AppealEvidenceView>,
}

/// An appeal as the person sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnAppeal {
    /// Identity.
    pub appeal_id: AppealId,
    /// Whose pass it is about: the holder's own or a dependant's.
    pub pass_serial: PassSerial,
    /// Against what kind of thing.
    pub kind: AppealKind,
    /// Reason code of the colour, or the detail.
    pub cause: String,
    /// Where it stands.
    pub status: AppealStatus,
    /// What the person wrote.
    pub statement: String,
    /// Which level has it.
    pub level: DutyLevel,
    /// The unit that answers, and its phone.
    pub responsible: ResponsibleUnit,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// By when it is answered.
    pub due_at: Timestamp,
    /// Whether a deadline has passed.
    pub late: bool,
    /// Deadlines that passed.
    pub missed: i16,
    /// What holds since the last one passed.
    pub provisional: Option<Provisional>,
    /// When it was decided or withdrawn.
    pub decided_at: Option<Timestamp>,
    /// Why it was decided so.
    pub decision_reason: Option<DecisionReason>,
    /// The reason in plain Chinese.
    pub reason_zh: Option<String>,
    /// The reason in plain English.
    pub reason_en: Option<String>,
    /// What whoever decided wrote, in Chinese.
    pub decision_text: Option<String>,
    /// What happened, oldest first; never who.
    pub steps: Vec<OwnStep>,
    /// What was shown.
    pub evidence: Vec<AppealEvidenceView>,
}

/// A step as the person sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OwnStep {
    /// What happened.
    pub kind: StepKind,
    /// When.
    pub at: Timestamp,
    /// Which level has it from then on.
    pub level: DutyLevel,
    /// Deadline from then on.
    pub due_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_words_and_bounds() {
        let check = |text: &str| check_text("x", &Sensitive::from(text.to_owned())).is_ok();
        assert!(check("我没有接触过病例\n请核实"));
        assert!(!check("  好  "));
        assert!(!check("bell\u{7}bell"));
        assert!(!check(&"长".repeat(1001)));
    }
}
