//! Alerts as they go over the wire, and the payloads that raise them.

use gridpass_types::ids::{AlertId, GateId, PersonId, StaffId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::Role;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A red pass at a gate.
    RedAtGate,
    /// A fever at a gate.
    FeverAtGate,
    /// Somebody whom a gate without network let in was red by then.
    LateRed,
    /// Somebody at the gate of a sealed area.
    SealedArea,
    /// A presentation whose signature was wrong.
    ForgedProof,
    /// The same presentation at two gates.
    ReplayedPresentation,
    /// A fever that somebody under observation reported.
    FeverAtHome,
    /// Two daily checks in a row are missing.
    ChecksMissed,
    /// A door sensor reported an opening that nobody had announced.
    UnannouncedOpening,
    /// A guard held somebody whose check on the spot did not let them in.
    HeldAtGate,
}

impl AlertKind {
    /// Whether somebody who stands at a gate is told of once while that is open: scanned or measured
    /// again it is the same person waiting.
    pub fn is_one_at_gate(self) -> bool {
        matches!(
            self,
            Self::RedAtGate | Self::FeverAtGate | Self::SealedArea | Self::ReplayedPresentation
        )
    }

    const ALL: [Self; 10] = [
        Self::RedAtGate,
        Self::FeverAtGate,
        Self::LateRed,
        Self::SealedArea,
        Self::ForgedProof,
        Self::ReplayedPresentation,
        Self::FeverAtHome,
        Self::ChecksMissed,
        Self::UnannouncedOpening,
        Self::HeldAtGate,
    ];

    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RedAtGate => "red_at_gate",
            Self::FeverAtGate => "fever_at_gate",
            Self::LateRed => "late_red",
            Self::SealedArea => "sealed_area",
            Self::ForgedProof => "forged_proof",
            Self::ReplayedPresentation => "replayed_presentation",
            Self::FeverAtHome => "fever_at_home",
            Self::ChecksMissed => "checks_missed",
            Self::UnannouncedOpening => "unannounced_opening",
            Self::HeldAtGate => "held_at_gate",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The one kind of alerts that concerns a role; `None` for the response team and its leads, whom all
/// concern. Whoever waits held at a gate waits for a grid worker as well.
pub fn kind_for(role: Role) -> Option<AlertKind> {
    (role == Role::GridWorker).then_some(AlertKind::HeldAtGate)
}

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    /// Nobody has taken it.
    Open,
    /// Somebody is on it.
    Accepted,
    /// Ended.
    Closed,
}

impl AlertStatus {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Closed => "closed",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Accepted, Self::Closed]
            .into_iter()
            .find(|status| status.as_str() == name)
    }
}

/// How an alert ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertOutcome {
    /// Taken home to isolate.
    SentHome,
    /// Handed to a hospital or fever clinic.
    SentToHospital,
    /// Taken to a central facility.
    SentToCentral,
    /// The person was not found.
    NotFound,
    /// It was nothing: the second look found no cause.
    FalseAlarm,
    /// Spoken to and advised; nothing more was needed.
    Advised,
}

impl AlertOutcome {
    const ALL: [Self; 6] = [
        Self::SentHome,
        Self::SentToHospital,
        Self::SentToCentral,
        Self::NotFound,
        Self::FalseAlarm,
        Self::Advised,
    ];

    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SentHome => "sent_home",
            Self::SentToHospital => "sent_to_hospital",
            Self::SentToCentral => "sent_to_central",
            Self::NotFound => "not_found",
            Self::FalseAlarm => "false_alarm",
            Self::Advised => "advised",
        }
    }

    /// What somebody should do next. None of it is done to the person by the system: an order
    /// takes two people, and a visit only looks.
    pub fn follow(self) -> Option<AlertFollow> {
        match self {
            Self::SentHome => Some(AlertFollow::OrderHome),
            Self::SentToHospital => Some(AlertFollow::OrderHospital),
            Self::SentToCentral => Some(AlertFollow::OrderCentral),
            Self::NotFound => Some(AlertFollow::Visit),
            Self::FalseAlarm | Self::Advised => None,
        }
    }

    /// Whether an alert that nobody accepted may end so: nobody has to have gone for it.
    pub fn closes_unseen(self) -> bool {
        matches!(self, Self::FalseAlarm | Self::Advised)
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == name)
    }
}

/// What follows from an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertFollow {
    /// Propose an order at home.
    OrderHome,
    /// Propose an order in hospital.
    OrderHospital,
    /// Propose an order in a central facility.
    OrderCentral,
    /// A call at the door, which is asked for with the closing.
    Visit,
}

/// An alert.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// The person concerned.
    pub person_id: PersonId,
    /// Identity.
    pub alert_id: AlertId,
    /// What happened.
    pub kind: AlertKind,
    /// Reason code.
    pub reason: String,
    /// Name of the person, as far as the caller's role sees it; on lists only.
    pub name: Option<String>,
    /// Where, if at a gate.
    pub gate_id: Option<GateId>,
    /// Name of the gate.
    pub gate_name: Option<String>,
    /// Leaf division whose team acts.
    pub place_code: String,
    /// When it happened.
    pub happened_at: Timestamp,
    /// When it reached the inbox.
    pub raised_at: Timestamp,
    /// Where it stands.
    pub status: AlertStatus,
    /// When somebody took it.
    pub accepted_at: Option<Timestamp>,
    /// Who took it.
    pub accepted_by: Option<StaffId>,
    /// When somebody was there.
    pub arrived_at: Option<Timestamp>,
    /// Who was there.
    pub arrived_by: Option<StaffId>,
    /// When whoever took it said they would be there; absent while they said nothing.
    pub expected_at: Option<Timestamp>,
    /// By when the next step is due: accepting while it is open, then arriving; absent after.
    pub due_at: Option<Timestamp>,
    /// Digits of the division told: 15 grid, 12 community, 9 subdistrict, 6 district.
    pub level: i16,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Who ended it.
    pub closed_by: Option<StaffId>,
    /// How it ended.
    pub outcome: Option<AlertOutcome>,
    /// What somebody should do next, once it is closed.
    pub follows: Option<AlertFollow>,
}

/// What happened to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// It reached the inbox.
    Raised,
    /// Somebody took it.
    Accepted,
    /// Whoever took it said anew when they would be there.
    OnTheWay,
    /// Somebody was there.
    Arrived,
    /// Nothing happened in time, so the next level up was told.
    Escalated,
    /// Ended.
    Closed,
}

impl StepKind {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Accepted => "accepted",
            Self::OnTheWay => "on_the_way",
            Self::Arrived => "arrived",
            Self::Escalated => "escalated",
            Self::Closed => "closed",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Raised,
            Self::Accepted,
            Self::OnTheWay,
            Self::Arrived,
            Self::Escalated,
            Self::Closed,
        ]
        .into_iter()
        .find(|step| step.as_str() == name)
    }
}

/// One step of an alert, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AlertStep {
    /// Identity; grows with time.
    pub step_id: i64,
    /// What happened.
    pub step: StepKind,
    /// Digits of the division told from then on.
    pub level: i16,
    /// When.
    pub at: Timestamp,
    /// Who; absent when a job did it.
    pub by: Option<StaffId>,
    /// When they said they would be there.
    pub expected_at: Option<Timestamp>,
}

/// A notice to the staff of a level: an alert below them went unanswered.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AlertNotice {
    /// Identity; grows with time.
    pub step_id: i64,
    /// When they were told.
    pub told_at: Timestamp,
    /// The alert as it stands now.
    pub alert: Alert,
}

/// The level to which an alert goes up when nothing happens; `None` at the top.
pub fn level_above(level: i16) -> Option<i16> {
    match level {
        13.. => Some(12),
        10..=12 => Some(9),
        7..=9 => Some(6),
        _ => None,
    }
}

/// The level whose notices somebody of a jurisdiction reads: the whole district reads those of
/// the district.
pub fn level_of(jurisdiction: &str) -> i16 {
    match jurisdiction.len() {
        13.. => 15,
        10..=12 => 12,
        7..=9 => 9,
        _ => 6,
    }
}

/// Which alerts to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct AlertQuery {
    /// Where they stand; open and accepted ones when absent.
    pub status: Option<AlertStatus>,
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
}

/// Furthest ahead that somebody may say they will be there.
const EXPECTED_MAX: SignedDuration = SignedDuration::from_hours(4);
/// How far behind the server's clock a phone's may be.
const EXPECTED_PAST_MAX: SignedDuration = SignedDuration::from_mins(2);

/// Taking an alert.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInput {
    /// When the caller will be there, at most 4 hours from now. Said again later, it is put off or
    /// brought forward; not said, the gate is told by when somebody is due.
    #[serde(default)]
    pub expected_at: Option<Timestamp>,
}

impl AcceptInput {
    /// Refuses times that nobody at a gate could wait for.
    ///
    /// # Errors
    /// 422 with the field.
    pub fn check(&self, now: Timestamp) -> ApiResult<()> {
        let sensible = now - EXPECTED_PAST_MAX..=now + EXPECTED_MAX;
        match self.expected_at {
            Some(at) if !sensible.contains(&at) => Err(ApiError::fields(vec![FieldError::new(
                "expected_at",
                "expected_at_invalid",
                "from now to 4 hours ahead",
                "应为现在起 4 小时以内",
            )])),
            _ => Ok(()),
        }
    }
}

/// How an alert ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseInput {
    /// How it ended.
    pub outcome: AlertOutcome,
}

/// What a follow-up says about an alert to raise.
#[derive(Debug, Deserialize)]
pub struct AlertPayload {
    /// What happened; each topic has a kind of its own when absent.
    #[serde(default)]
    pub kind: Option<AlertKind>,
    /// Reason code.
    pub reason: String,
    /// Where, if at a gate.
    #[serde(default)]
    pub gate_id: Option<i64>,
    /// When it happened.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_names_are_sent_names() {
        for name in [
            "red_at_gate",
            "fever_at_gate",
            "late_red",
            "sealed_area",
            "forged_proof",
            "replayed_presentation",
            "fever_at_home",
            "checks_missed",
            "unannounced_opening",
            "held_at_gate",
        ] {
            let kind = AlertKind::parse(name).unwrap();
            assert_eq!(serde_json::to_value(kind).unwrap(), name);
        }
        for name in ["open", "accepted", "closed"] {
            let status = AlertStatus::parse(name).unwrap();
            assert_eq!(serde_json::to_value(status).unwrap(), name);
        }
        for name in [
            "sent_home",
            "sent_to_hospital",
            "sent_to_central",
            "not_found",
            "false_alarm",
            "advised",
        ] {
            let outcome = AlertOutcome::parse(name).unwrap();
            assert_eq!(serde_json::to_value(outcome).unwrap(), name);
        }
    }
    #[test]
    fn an_alert_goes_up_to_the_district_and_stays_there() {
        let mut level = 15;
        let mut told = Vec::new();
        while let Some(above) = level_above(level) {
            told.push(above);
            level = above;
        }
        assert_eq!(told, [12, 9, 6]);
        for (jurisdiction, level) in [
            ("440310001001003", 15),
            ("440310001001", 12),
            ("440310001", 9),
            ("440310", 6),
            ("", 6),
        ] {
            assert_eq!(level_of(jurisdiction), level, "{jurisdiction}");
        }
    }

    #[test]
    fn no_outcome_does_anything_to_the_person() {
        let follow = |outcome: AlertOutcome| outcome.follow();
        assert_eq!(follow(AlertOutcome::SentHome), Some(AlertFollow::OrderHome));
        assert_eq!(follow(AlertOutcome::NotFound), Some(AlertFollow::Visit));
        assert_eq!(follow(AlertOutcome::FalseAlarm), None);
        assert_eq!(follow(AlertOutcome::Advised), None);
    }
}
