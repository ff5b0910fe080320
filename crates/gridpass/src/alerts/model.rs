//! Alerts as they go over the wire, and the payloads that raise them.

use gridpass_types::ids::{AlertId, GateId, PersonId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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
}

impl AlertKind {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RedAtGate => "red_at_gate",
            Self::FeverAtGate => "fever_at_gate",
            Self::LateRed => "late_red",
            Self::SealedArea => "sealed_area",
            Self::ForgedProof => "forged_proof",
            Self::ReplayedPresentation => "replayed_presentation",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::RedAtGate,
            Self::FeverAtGate,
            Self::LateRed,
            Self::SealedArea,
            Self::ForgedProof,
            Self::ReplayedPresentation,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }
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
}

impl AlertOutcome {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SentHome => "sent_home",
            Self::SentToHospital => "sent_to_hospital",
            Self::SentToCentral => "sent_to_central",
            Self::NotFound => "not_found",
            Self::FalseAlarm => "false_alarm",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::SentHome,
            Self::SentToHospital,
            Self::SentToCentral,
            Self::NotFound,
            Self::FalseAlarm,
        ]
        .into_iter()
        .find(|outcome| outcome.as_str() == name)
    }
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
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Who ended it.
    pub closed_by: Option<StaffId>,
    /// How it ended.
    pub outcome: Option<AlertOutcome>,
}

/// Which alerts to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct AlertQuery {
    /// Where they stand; open and accepted ones when absent.
    pub status: Option<AlertStatus>,
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
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
        ] {
            let outcome = AlertOutcome::parse(name).unwrap();
            assert_eq!(serde_json::to_value(outcome).unwrap(), name);
        }
    }
}
