//! Proposals as they go over the wire, and what must be true of them.

use gridpass_rules::red::{EvidenceKind, Lasts, ORDER_EVIDENCE, RedReason, check_reference};
use gridpass_rules::{Colour, FactBody};
use gridpass_types::clock::district_date;
use gridpass_types::ids::{FactId, PersonId, QuarantineOrderId, RedListId, RedProposalId, StaffId};
use jiff::civil::Date;
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::{ConfirmRed, Permission};
use crate::auth::Caller;
use crate::facts::DecisionView;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};
use crate::quarantine::{ExtendOrder, NewOrder, Step, TransferOrder};

/// A proposal that nobody confirms lapses after a day: nobody stays half red.
pub const PROPOSAL_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// Contacts and stays count for 14 days by the rules.
const EXPOSURE_DAYS: i32 = 14;
/// Health readings count for 72 hours by the rules.
const READING_LIFE: SignedDuration = SignedDuration::from_hours(72);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Measure {
    /// Record a fact.
    Fact {
        /// What it says; one that leads to red.
        fact: FactBody,
    },
    /// Start a quarantine.
    StartQuarantine(NewOrder),
    /// Move its end to a later day.
    ExtendQuarantine(ExtendOrder),
    /// Move it to another place.
    TransferQuarantine(TransferOrder),
}

impl Measure {
    /// The step of an order; `None` for a fact.
    pub fn order_step(&self) -> Option<Step> {
        match self {
            Self::Fact { .. } => None,
            Self::StartQuarantine(new) => Some(Step::Start(new.clone())),
            Self::ExtendQuarantine(change) => Some(Step::Extend(change.clone())),
            Self::TransferQuarantine(change) => Some(Step::Transfer(change.clone())),
        }
    }

    /// First day on which it counts no more, where the measure says so.
    fn own_end(&self) -> Option<Date> {
        let days_on = |day: &Date| day.checked_add(Span::new().days(EXPOSURE_DAYS)).ok();
        match self {
            Self::StartQuarantine(new) => Some(new.end),
            Self::ExtendQuarantine(change) => Some(change.end),
            Self::TransferQuarantine(_) => None,
            Self::Fact { fact } => match fact {
                FactBody::Contact { last_exposed, .. } => days_on(last_exposed),
                FactBody::Stay { until, .. } => days_on(until),
                FactBody::Health { at, .. } => {
                    let over = at.checked_add(READING_LIFE).ok()?;
                    district_date(over).tomorrow().ok()
                }
                _ => None,
            },
        }
    }
}

/// What is shown for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What kind of paper or reading.
    pub kind: EvidenceKind,
    /// Its number, 4 to 40 characters; a name or a sentence is no number.
    pub reference: String,
}

/// What would turn a pass red.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeInput {
    /// Whom it is about.
    pub person_id: i64,
    /// What is to be done.
    pub measure: Measure,
    /// Why; needed to start a quarantine, otherwise it follows from the measure.
    #[serde(default)]
    pub reason: Option<RedReason>,
    /// What is shown for it.
    pub evidence: Evidence,
    /// First day on which a case counts no more; 30 days ahead when absent. Other facts have
    /// an end of their own.
    #[serde(default)]
    pub until: Option<Date>,
}

impl ProposeInput {
    /// Checks evidence and end against the closed list; answers the first day on which the
    /// measure counts no more, where that is known.
    ///
    /// # Errors
    /// 422 with the fields.
    pub fn check(&self, reason: RedReason, now: Timestamp) -> ApiResult<Option<Date>> {
        let ground = reason.ground();
        let of_order = !matches!(self.measure, Measure::Fact { .. });
        let accepted = if of_order {
            ORDER_EVIDENCE
        } else {
            ground.evidence
        };
        let mut wrong = Vec::new();
        if !accepted.contains(&self.evidence.kind) {
            wrong.push(wrong_kind(accepted));
        }
        if let Err(error) = check_reference(self.evidence.kind, &self.evidence.reference) {
            wrong.push(FieldError::new(
                "evidence.reference",
                "evidence_reference",
                error.to_string(),
                "应为文书或检测编号（4 至 40 个字符，不得填写姓名、证件号、电话或说明文字）",
            ));
        }
        let end = match (ground.lasts, of_order) {
            (Lasts::Chosen { days_max }, false) => {
                let chosen = self.chosen_end(days_max, now);
                chosen.map_err(|error| wrong.push(error)).ok()
            }
            _ if self.until.is_some() => {
                wrong.push(until_error("follows from the measure; leave it out"));
                None
            }
            _ => self.measure.own_end(),
        };
        if wrong.is_empty() {
            Ok(end)
        } else {
            Err(ApiError::fields(wrong))
        }
    }

    fn chosen_end(&self, days_max: i32, now: Timestamp) -> Result<Date, FieldError> {
        let today = district_date(now);
        let last = today
            .checked_add(Span::new().days(days_max))
            .unwrap_or(Date::MAX);
        let chosen = self.until.unwrap_or(last);
        if chosen > today && chosen <= last {
            Ok(chosen)
        } else {
            Err(until_error("after today, and at most 30 days ahead"))
        }
    }
}

fn wrong_kind(accepted: &[EvidenceKind]) -> FieldError {
    let names: Vec<&str> = accepted.iter().map(|kind| kind.as_str()).collect();
    FieldError::new(
        "evidence.kind",
        "evidence_kind",
        format!("this reason needs one of: {}", names.join(", ")),
        format!("该事由需要以下证据之一：{}", names.join("、")),
    )
}

fn until_error(en: &str) -> FieldError {
    FieldError::new("until", "until_invalid", en, "截止日期不符合要求")
}

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProposalStatus {
    /// Part of a list that is held: not even to be confirmed.
    Held,
    /// Waits for a second person.
    Open,
    /// Confirmed: it acts.
    Confirmed,
    /// A second person said no.
    Refused,
    /// Taken back by who proposed it.
    Withdrawn,
    /// Nobody answered within a day.
    Lapsed,
}

impl ProposalStatus {
    const ALL: [Self; 6] = [
        Self::Held,
        Self::Open,
        Self::Confirmed,
        Self::Refused,
        Self::Withdrawn,
        Self::Lapsed,
    ];

    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// A proposal.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Proposal {
    /// Whom it is about.
    pub person_id: PersonId,
    /// Identity.
    pub proposal_id: RedProposalId,
    /// Name, as far as the caller's role sees it; on lists only.
    pub name: Option<String>,
    /// Colour the person's pass counts as now; on lists only.
    pub colour: Option<Colour>,
    /// Leaf division where the person counted when it was proposed.
    pub place_code: String,
    /// What is to be done.
    pub measure: Measure,
    /// Why, from the closed list.
    pub reason: RedReason,
    /// What is shown for it.
    pub evidence: Evidence,
    /// First day on which it counts no more, where that is known.
    pub until: Option<Date>,
    /// Where it stands.
    pub status: ProposalStatus,
    /// List it came with.
    pub list_id: Option<RedListId>,
    /// When it was proposed.
    pub proposed_at: Timestamp,
    /// Who proposed it.
    pub proposed_by: StaffId,
    /// That person's unit.
    pub proposed_unit: String,
    /// When it lapses.
    pub lapses_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Who decided; absent when it lapsed.
    pub decided_by: Option<StaffId>,
    /// That person's unit.
    pub decided_unit: Option<String>,
    /// The fact that the confirmation recorded.
    pub fact_id: Option<FactId>,
    /// Why the caller cannot confirm it, as a code of this API; absent when the caller can.
    pub hindrance: Option<&'static str>,
}

impl Proposal {
    /// Whether it still waits at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.status == ProposalStatus::Open && now < self.lapses_at
    }

    /// Why a caller cannot confirm it now.
    pub fn hindrance(&self, caller: &Caller, now: Timestamp) -> Option<Code> {
        if !ConfirmRed::ROLES.contains(&caller.role) {
            Some(Code::NotAllowed)
        } else if !self.is_open(now) {
            Some(Code::ProposalDecided)
        } else if self.proposed_by == caller.staff_id {
            Some(Code::RedSameAccount)
        } else if self.proposed_unit == caller.unit {
            Some(Code::RedSameUnit)
        } else {
            None
        }
    }

    /// The proposal as a caller sees it.
    #[must_use]
    pub fn seen_by(mut self, caller: &Caller, now: Timestamp) -> Self {
        self.hindrance = self.hindrance(caller, now).map(Code::as_str);
        self
    }
}

/// Which proposals to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ProposalQuery {
    /// Where they stand; open ones when absent.
    pub status: Option<ProposalStatus>,
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
    /// Only those about this person.
    pub person_id: Option<i64>,
    /// Only those of this list.
    pub list_id: Option<i64>,
}

/// A confirmed proposal with what follows.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfirmedView {
    /// The proposal.
    pub proposal: Proposal,
    /// The order it started or changed.
    pub order_id: Option<QuarantineOrderId>,
    /// The colour that follows.
    pub decision: DecisionView,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    fn input(json: &str) -> ProposeInput {
        serde_json::from_str(json).unwrap()
    }

    fn now() -> Timestamp {
        "2020-03-06T08:30:00+08:00".parse().unwrap()
    }

    #[test]
    fn every_measure_has_an_end() {
        let case = |until: &str| {
            input(&format!(
                r#"{{"person_id":1,"measure":{{"step":"fact","fact":{{"kind":"case","status":"confirmed"}}}},
                    "evidence":{{"kind":"lab_report","reference":"PCR-2020030617"}}{until}}}"#
            ))
        };
        let end = |input: &ProposeInput| input.check(RedReason::CaseConfirmed, now());
        assert_eq!(end(&case("")).unwrap().unwrap().to_string(), "2020-04-05");
        let chosen = case(r#","until":"2020-03-20""#);
        assert_eq!(end(&chosen).unwrap().unwrap().to_string(), "2020-03-20");
        for wrong in [r#","until":"2020-03-06""#, r#","until":"2020-04-06""#] {
            assert_eq!(end(&case(wrong)).unwrap_err().code(), Code::InvalidFields);
        }
        let contact = input(
            r#"{"person_id":1,"measure":{"step":"fact","fact":{"kind":"contact","level":"close","last_exposed":"2020-03-05"}},
                "evidence":{"kind":"investigation","reference":"流调2020-17"}}"#,
        );
        let ends = contact.check(RedReason::CloseContact, now()).unwrap();
        assert_eq!(ends.unwrap().to_string(), "2020-03-19");
        let order = input(
            r#"{"person_id":1,"measure":{"step":"start_quarantine","place":"home","start":"2020-03-06","end":"2020-03-20"},
                "reason":"close_contact","evidence":{"kind":"order_document","reference":"坪隔2020-12"}}"#,
        );
        let ends = order.check(RedReason::CloseContact, now()).unwrap();
        assert_eq!(ends.unwrap().to_string(), "2020-03-20");
    }

    #[test]
    fn evidence_must_be_of_the_kind_the_reason_needs() {
        let input = input(
            r#"{"person_id":1,"measure":{"step":"fact","fact":{"kind":"case","status":"confirmed"}},
                "evidence":{"kind":"investigation","reference":"流调2020-17"}}"#,
        );
        assert!(input.check(RedReason::CaseConfirmed, now()).is_err());
        assert!(input.check(RedReason::CaseSuspected, now()).is_ok());
    }

    #[test]
    fn nobody_confirms_a_proposal_of_the_own_unit() {
        let caller = |staff_id, unit: &str, role| Caller {
            staff_id: StaffId::new(staff_id),
            role,
            jurisdiction: String::new(),
            unit: unit.into(),
            grant_id: gridpass_types::ids::GrantId::new(1),
            scope: crate::auth::Scope::Division,
        };
        let proposal = Proposal {
            person_id: PersonId::new(1),
            proposal_id: RedProposalId::new(1),
            name: None,
            colour: None,
            place_code: "440310001001000".into(),
            measure: Measure::TransferQuarantine(TransferOrder {
                order_id: QuarantineOrderId::new(1),
                place: gridpass_rules::words::QuarantinePlace::Hospital,
                paper: None,
            }),
            reason: RedReason::CloseContact,
            evidence: Evidence {
                kind: EvidenceKind::OrderDocument,
                reference: "坪隔2020-12".into(),
            },
            until: None,
            status: ProposalStatus::Open,
            list_id: None,
            proposed_at: now(),
            proposed_by: StaffId::new(1),
            proposed_unit: "clinic".into(),
            lapses_at: now() + PROPOSAL_LIFE,
            decided_at: None,
            decided_by: None,
            decided_unit: None,
            fact_id: None,
            hindrance: None,
        };
        let why = |caller: Caller| proposal.hindrance(&caller, now());
        let doctor = Role::TeamDoctor;
        assert_eq!(why(caller(1, "clinic", doctor)), Some(Code::RedSameAccount));
        assert_eq!(why(caller(1, "police", doctor)), Some(Code::RedSameAccount));
        assert_eq!(why(caller(2, "clinic", doctor)), Some(Code::RedSameUnit));
        assert_eq!(
            why(caller(2, "police", Role::GridWorker)),
            Some(Code::NotAllowed)
        );
        assert_eq!(why(caller(2, "police", Role::TeamPolice)), None);
        let late = proposal.hindrance(&caller(2, "police", doctor), proposal.lapses_at);
        assert_eq!(late, Some(Code::ProposalDecided));
    }
}
