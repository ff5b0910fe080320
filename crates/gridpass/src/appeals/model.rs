//! Appeals: their words, who may decide, and what a clock may.

use gridpass_types::Colour;
use gridpass_types::ids::{AppealId, FactId, PersonId, RuleSetVersion, StaffId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Role;
use crate::app::AppealTerms;
use crate::auth::Caller;
use crate::divisions::{Desk, DutyLevel};
use crate::http::code::Code;
use crate::notify::Words;

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
}
