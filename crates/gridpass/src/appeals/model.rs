//! Appeals: their words, what comes in, and what goes over the wire.

use gridpass_types::ids::{
    AppealEvidenceId, AppealId, FactId, PassSerial, PersonId, RuleSetVersion, StaffId,
};
use gridpass_types::{Colour, Sensitive};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::Role;
use crate::app::AppealTerms;
use crate::auth::Caller;
use crate::divisions::{Desk, DutyLevel, ResponsibleUnit};
use crate::facts::FactView;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};
use crate::notify::Words;

/// Characters of the person's words at least: one word says nothing.
const STATEMENT_CHARS_MIN: usize = 4;
/// Characters of the person's words, and of the answer, at most.
const TEXT_CHARS_MAX: usize = 1000;

macro_rules! words {
    ($(#[doc = $meaning:literal])* $name:ident { $(#[doc = $what:literal] $variant:ident $word:literal,)* }) => {
        $(#[doc = $meaning])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $(#[doc = $what] $variant),* }

        impl $name {
            /// As stored and sent.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// Reads a stored word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// What an appeal is against.
    AppealKind {
        /// A red pass.
        Red "red",
        /// A yellow pass.
        Yellow "yellow",
        /// Something on record.
        Detail "detail",
    }
}

/// What somebody appeals against, as they say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The colour of now.
    Colour,
    /// The name on record.
    Name,
    /// Where the person is said to live.
    Residence,
    /// Where the person is said to work.
    Workplace,
    /// Something else on record.
    Other,
}

words! {
    /// Where an appeal stands.
    AppealStatus {
        /// Waiting for a decision.
        Open "open",
        /// Decided in favour of the person.
        Granted "granted",
        /// Decided against the person.
        Rejected "rejected",
        /// Taken back by the person.
        Withdrawn "withdrawn",
    }
}

words! {
    /// What holds when the last deadline has passed and nobody has decided. Nothing else may be
    /// decided by a clock.
    Provisional {
        /// The present state stays.
        Keep "keep",
        /// What caused it does not count until somebody decides.
        SuspendCause "suspend_cause",
    }
}

words! {
    /// Why an appeal was decided as it was.
    DecisionReason {
        /// The evidence is wrong.
        EvidenceWrong "evidence_wrong",
        /// The evidence is about somebody else.
        WrongPerson "wrong_person",
        /// The evidence is out of date.
        Outdated "outdated",
        /// The detail was put right.
        DetailCorrected "detail_corrected",
        /// Evidence was missing; somebody calls at the door for it.
        VisitOrdered "visit_ordered",
        /// The evidence was checked and stands.
        EvidenceConfirmed "evidence_confirmed",
        /// The term that the rules set is still running.
        TermRuns "term_runs",
        /// Nothing was shown that speaks against it.
        NothingShown "nothing_shown",
    }
}

impl DecisionReason {
    /// Whether it decides in favour of the person.
    pub fn grants(self) -> bool {
        match self {
            Self::EvidenceWrong
            | Self::WrongPerson
            | Self::Outdated
            | Self::DetailCorrected
            | Self::VisitOrdered => true,
            Self::EvidenceConfirmed | Self::TermRuns | Self::NothingShown => false,
        }
    }

    /// What the person reads.
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Self::EvidenceWrong => (
                "经核实，原依据有误，已撤销",
                "the evidence was wrong and is withdrawn",
            ),
            Self::WrongPerson => (
                "经核实，原依据与您本人无关，已撤销",
                "the evidence was about somebody else and is withdrawn",
            ),
            Self::Outdated => (
                "经核实，原依据已过时，已撤销",
                "the evidence was out of date and is withdrawn",
            ),
            Self::DetailCorrected => ("登记信息已更正", "what is on record was put right"),
            Self::VisitOrdered => (
                "已安排网格员上门核实",
                "a grid worker will call to verify it",
            ),
            Self::EvidenceConfirmed => (
                "经复核，原依据属实",
                "the evidence was checked again and stands",
            ),
            Self::TermRuns => (
                "规定的期限尚未届满",
                "the term that the rules set is still running",
            ),
            Self::NothingShown => (
                "未提供可推翻原依据的材料",
                "nothing was shown that speaks against it",
            ),
        };
        Words {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }
}

words! {
    /// A step in the life of an appeal.
    StepKind {
        /// It was opened.
        Opened "opened",
        /// A photo or paper was added.
        Evidence "evidence",
        /// Somebody else has it.
        Assigned "assigned",
        /// A deadline passed; the level above has it.
        Escalated "escalated",
        /// The last deadline passed.
        Provisional "provisional",
        /// It was decided in favour.
        Granted "granted",
        /// It was decided against.
        Rejected "rejected",
        /// It was taken back.
        Withdrawn "withdrawn",
    }
}

words! {
    /// What was shown.
    Media {
        /// A picture, drawn anew as a JPEG.
        Image "image",
        /// A PDF.
        Pdf "pdf",
    }
}

/// An appeal as stored, without sealed words.
#[derive(Clone, Debug)]
pub struct Appeal {
    /// Whose.
    pub person_id: PersonId,
    /// Identity.
    pub appeal_id: AppealId,
    /// Leaf division that decides who answers.
    pub place_code: String,
    /// Against what kind of thing.
    pub kind: AppealKind,
    /// Reason code of the colour, or the detail.
    pub cause: String,
    /// Row of the colour table.
    pub rule: Option<String>,
    /// Version of the table.
    pub rule_set_version: Option<RuleSetVersion>,
    /// Facts that caused it.
    pub fact_ids: Vec<FactId>,
    /// Who set them.
    pub set_by: Vec<i64>,
    /// Whether a doctor answers for one of them.
    pub medical: bool,
    /// Which kind of unit answers.
    pub desk: Desk,
    /// Who answers now.
    pub level: DutyLevel,
    /// Who has it.
    pub owner_id: Option<StaffId>,
    /// Where it stands.
    pub status: AppealStatus,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Staff at a counter.
    pub opened_by: Option<StaffId>,
    /// Deadline of the present level.
    pub due_at: Timestamp,
    /// Deadlines that passed.
    pub missed: i16,
    /// What holds since the last one passed.
    pub provisional: Option<Provisional>,
    /// Since when.
    pub provisional_at: Option<Timestamp>,
    /// When it was decided or withdrawn.
    pub decided_at: Option<Timestamp>,
    /// Who decided.
    pub decided_by: Option<StaffId>,
    /// Why.
    pub decision_reason: Option<DecisionReason>,
}

impl Appeal {
    /// What keeps a caller from deciding; `None` when nothing does.
    pub fn hindrance(&self, caller: &Caller) -> Option<Code> {
        if self.status != AppealStatus::Open {
            return Some(Code::AppealClosed);
        }
        if self.set_by.contains(&caller.staff_id.get()) {
            return Some(Code::AppealOwnCause);
        }
        (caller.jurisdiction.len() > self.level.digits()).then_some(Code::AppealHeldAbove)
    }

    /// What keeps a caller from deciding in favour: medical evidence is taken back by a doctor,
    /// or above.
    pub fn grant_hindrance(&self, caller: &Caller) -> Option<Code> {
        let doctor = caller.role == Role::TeamDoctor || self.level > DutyLevel::Community;
        (self.medical && !doctor).then_some(Code::AppealNeedsDoctor)
    }

    /// Whether a deadline has passed without a decision.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.status == AppealStatus::Open && (self.missed > 0 || self.due_at <= now)
    }

    /// How long each level has.
    pub fn term(&self, terms: &AppealTerms) -> SignedDuration {
        match self.kind {
            AppealKind::Red => terms.red,
            AppealKind::Yellow => terms.yellow,
            AppealKind::Detail => terms.detail,
        }
    }

    /// What holds when the last deadline passes: only a register's conflict is suspended, and
    /// nothing that a doctor answers for.
    pub fn outcome(&self, terms: &AppealTerms) -> Provisional {
        let conflict = self.kind == AppealKind::Yellow && self.cause == "identity_conflict";
        match conflict && !self.medical && terms.suspend_conflicts {
            true => Provisional::SuspendCause,
            false => Provisional::Keep,
        }
    }
}

/// The kind of an appeal against a colour; none is needed against green.
pub fn kind_of(colour: Colour) -> Option<AppealKind> {
    match colour {
        Colour::Green => None,
        Colour::Yellow => Some(AppealKind::Yellow),
        Colour::Red => Some(AppealKind::Red),
    }
}

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
    let plain = |letter: char| !letter.is_control() || letter == '\n';
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

    fn appeal(kind: AppealKind, cause: &str, medical: bool) -> Appeal {
        let at = Timestamp::UNIX_EPOCH;
        Appeal {
            person_id: PersonId::new(1),
            appeal_id: AppealId::new(2),
            place_code: "440310001001000".to_owned(),
            kind,
            cause: cause.to_owned(),
            rule: None,
            rule_set_version: None,
            fact_ids: Vec::new(),
            set_by: vec![9],
            medical,
            desk: Desk::Team,
            level: DutyLevel::Community,
            owner_id: None,
            status: AppealStatus::Open,
            opened_at: at,
            opened_by: None,
            due_at: at,
            missed: 0,
            provisional: None,
            provisional_at: None,
            decided_at: None,
            decided_by: None,
            decision_reason: None,
        }
    }

    #[test]
    fn a_clock_suspends_a_registers_conflict_and_nothing_else() {
        let terms = AppealTerms::default();
        let conflict = appeal(AppealKind::Yellow, "identity_conflict", false);
        assert_eq!(conflict.outcome(&terms), Provisional::SuspendCause);
        for (kind, cause, medical) in [
            (AppealKind::Red, "close_contact", true),
            (AppealKind::Red, "identity_conflict", false),
            (AppealKind::Yellow, "secondary_contact", true),
            (AppealKind::Yellow, "identity_conflict", true),
            (AppealKind::Yellow, "unknown", false),
            (AppealKind::Detail, "name", false),
        ] {
            let outcome = appeal(kind, cause, medical).outcome(&terms);
            assert_eq!(outcome, Provisional::Keep, "{cause}");
        }
        let kept = AppealTerms {
            suspend_conflicts: false,
            ..terms
        };
        assert_eq!(conflict.outcome(&kept), Provisional::Keep);
    }

    #[test]
    fn each_kind_has_its_term_and_is_late_after_it() {
        let terms = AppealTerms::default();
        let hours = |kind| appeal(kind, "x", false).term(&terms).as_hours();
        assert_eq!(hours(AppealKind::Red), 24);
        assert_eq!(hours(AppealKind::Yellow), 48);
        assert_eq!(hours(AppealKind::Detail), 72);
        let mut one = appeal(AppealKind::Red, "case", true);
        one.due_at = "2020-03-06T00:00:00Z".parse().unwrap();
        assert!(!one.is_late("2020-03-05T23:59:59Z".parse().unwrap()));
        assert!(one.is_late(one.due_at));
        one.status = AppealStatus::Granted;
        assert!(!one.is_late(one.due_at));
    }

    #[test]
    fn texts_have_words_and_bounds() {
        let check = |text: &str| check_text("x", &Sensitive::from(text.to_owned())).is_ok();
        assert!(check("我没有接触过病例\n请核实"));
        assert!(!check("  好  "));
        assert!(!check("bell\u{7}bell"));
        assert!(!check(&"长".repeat(1001)));
    }
}
