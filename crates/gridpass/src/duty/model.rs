//! Shifts and what they add up to, as they go over the wire.

use gridpass_types::ids::{AlertId, DeviceId, GateId, PersonId, ShiftId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a shift ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShiftEnd {
    /// The guard handed it over.
    HandedOver,
    /// The next guard signed in.
    Relieved,
    /// Nobody ended it.
    Lapsed,
}

impl ShiftEnd {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HandedOver => "handed_over",
            Self::Relieved => "relieved",
            Self::Lapsed => "lapsed",
        }
    }

    /// Reads a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::HandedOver, Self::Relieved, Self::Lapsed]
            .into_iter()
            .find(|end| end.as_str() == word)
    }
}

/// What a shift adds up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShiftSummary {
    /// Scans of the device.
    pub scans: i64,
    /// Of these green.
    pub green: i64,
    /// Of these yellow.
    pub yellow: i64,
    /// Of these red.
    pub red: i64,
    /// Of these let in at once.
    pub passed: i64,
    /// Of these to be checked on the spot.
    pub checked: i64,
    /// Of these held.
    pub held: i64,
    /// Of these with a fever.
    pub fevers: i64,
    /// Of these made without network.
    pub offline: i64,
    /// People who were held and have not gone through since.
    pub open_holds: i64,
    /// People let in who were red by then.
    pub late_reds: i64,
    /// People written down by number or by hand.
    pub registered: i64,
    /// What the device had not uploaded at the hand-over, by its own word.
    #[serde(default)]
    pub waiting: i64,
    /// People let in although the check spoke against it, by the device's word.
    #[serde(default)]
    pub overrides: i64,
}

/// A shift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Shift {
    /// Identity.
    pub shift_id: ShiftId,
    /// The device.
    pub device_id: DeviceId,
    /// The gate.
    pub gate_id: GateId,
    /// The guard.
    pub staff_id: StaffId,
    /// The guard's name.
    pub guard: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; absent while it lasts.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub ended_how: Option<ShiftEnd>,
    /// What it added up to, once it was handed over.
    pub summary: Option<ShiftSummary>,
}

/// A shift just begun.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct StartedShift {
    /// The shift.
    pub shift: Shift,
    /// Opens what the device keeps sealed; the device keeps it nowhere.
    pub vault_secret: String,
    /// The shift before on this device, if there was one.
    pub before: Option<Shift>,
}

/// The shift on a device, as it stands.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct DeviceShift {
    /// The shift; absent when nobody is on duty.
    pub shift: Option<Shift>,
    /// What it adds up to by now.
    pub summary: Option<ShiftSummary>,
}

/// Ending a shift.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// Which shift.
    pub shift_id: ShiftId,
    /// What the device has not uploaded yet.
    pub waiting: u16,
    /// People let in although the check spoke against it.
    pub overrides: u16,
}

/// Where the alert about somebody held at this gate stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateHold {
    /// The alert; absent when there is none.
    pub alert_id: Option<AlertId>,
    /// `none`, `open`, `accepted` or `closed`.
    pub status: String,
    /// When it reached the response team.
    pub raised_at: Option<Timestamp>,
    /// When somebody took it.
    pub accepted_at: Option<Timestamp>,
    /// Unit of who took it and comes.
    pub unit: Option<String>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<String>,
}

/// Somebody whom this gate let in without network and who was red by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recall {
    /// The person.
    pub person_id: PersonId,
    /// The person's name, so that the guard knows whom to look for.
    pub name: String,
    /// When they were let in.
    pub at: Timestamp,
    /// Since when they were red; absent when no date says.
    pub red_since: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// When it was found out.
    pub recorded_at: Timestamp,
}

/// A quarter of an hour at a gate, by colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quarter {
    /// When it begins.
    pub start: Timestamp,
    /// Green.
    pub green: i64,
    /// Yellow.
    pub yellow: i64,
    /// Red.
    pub red: i64,
}

/// What went on at a gate today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateDay {
    /// Scans.
    pub scans: i64,
    /// In.
    pub going_in: i64,
    /// Let in at once.
    pub passed: i64,
    /// Checked on the spot.
    pub checked: i64,
    /// Held.
    pub held: i64,
    /// Fevers.
    pub fevers: i64,
    /// Late reds of the last day.
    pub late_reds: i64,
    /// Specimens that inspectors showed and the guard scanned.
    pub specimens: i64,
}

/// A gate's own page.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct GateBoard {
    /// When it was counted.
    pub as_of: Timestamp,
    /// The last eight hours, oldest first, without gaps.
    pub quarters: Vec<Quarter>,
    /// Since midnight.
    pub day: GateDay,
    /// Seconds from one person to the next in the last ten minutes, over all lanes; absent when
    /// too few came.
    pub seconds_a_person: Option<f64>,
}
