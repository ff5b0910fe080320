//! Shifts and what they add up to, and who is held, as they go over the wire.

use gridpass_types::ids::{AlertId, DeviceId, GateId, PersonId, ShiftId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::divisions::{DutyLevel, ResponsibleUnit};
use gridpass_rules::Direction;

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
    /// People who are held at the gate by now, whoever stopped them.
    pub open_holds: i64,
    /// People let in who were red by then.
    pub late_reds: i64,
    /// People written down by number or by hand.
    pub registered: i64,
    /// What the device had not uploaded at the hand-over, by its own word.
    #[serde(default)]
    pub waiting: i64,
    /// People let in although the check spoke against it: as checks say, and what the device had not
    /// told yet.
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
    /// What it added up to, once it was handed over; to its gate's supervisors by now, while it lasts.
    pub summary: Option<ShiftSummary>,
}

/// A shift just begun.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct StartedShift {
    /// The shift.
    pub shift: Shift,
    /// What the device shows while this guard is on duty; given once, ends with the shift.
    pub shift_token: String,
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
    /// People let in although the check spoke against it whose checks the device has not told yet.
    pub overrides: u16,
}

/// How far the response team is with somebody held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateHoldStatus {
    /// There is no alert, or not yet.
    None,
    /// The team was asked; nobody has taken it.
    Open,
    /// Somebody took it.
    Accepted,
    /// Somebody took it and said when they will be there.
    OnTheWay,
    /// Somebody is there.
    Arrived,
    /// Ended.
    Closed,
}

impl GateHoldStatus {
    /// What the columns of an alert say together.
    pub fn of(status: &str, expected: bool, arrived: bool) -> Self {
        match status {
            "closed" => Self::Closed,
            "accepted" if arrived => Self::Arrived,
            "accepted" if expected => Self::OnTheWay,
            "accepted" => Self::Accepted,
            _ => Self::Open,
        }
    }
}

/// Where the alert about somebody held at this gate stands: who comes, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateHold {
    /// The person.
    pub person_id: PersonId,
    /// The person's name; on the list only.
    pub name: Option<String>,
    /// The alert; absent when there is none.
    pub alert_id: Option<AlertId>,
    /// How far the team is.
    pub status: GateHoldStatus,
    /// When it reached the response team.
    pub raised_at: Option<Timestamp>,
    /// When somebody took it.
    pub accepted_at: Option<Timestamp>,
    /// Unit of who took it and comes.
    pub unit: Option<String>,
    /// When they said they would be there.
    pub expected_at: Option<Timestamp>,
    /// By when the next step is due: accepting, then arriving; absent once somebody is there.
    pub due_at: Option<Timestamp>,
    /// Digits of the division told: 15 grid, 12 community, 9 subdistrict, 6 district.
    pub level: Option<i16>,
    /// When the level above was told last, because nothing happened in time.
    pub escalated_at: Option<Timestamp>,
    /// When somebody was there.
    pub arrived_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Whom to call about it: the team, or the office above that was told.
    pub call: Option<ResponsibleUnit>,
    /// Leaf division whose team acts.
    #[serde(skip)]
    pub place_code: String,
}

impl GateHold {
    /// Somebody about whom there is no alert.
    pub fn nothing(person_id: PersonId) -> Self {
        Self {
            person_id,
            name: None,
            alert_id: None,
            status: GateHoldStatus::None,
            raised_at: None,
            accepted_at: None,
            unit: None,
            expected_at: None,
            due_at: None,
            level: None,
            escalated_at: None,
            arrived_at: None,
            closed_at: None,
            outcome: None,
            call: None,
            place_code: String::new(),
        }
    }

    /// The level of the office to call: whoever was told last.
    pub fn duty_level(&self) -> DutyLevel {
        match self.level {
            Some(..=6) => DutyLevel::District,
            Some(7..=9) => DutyLevel::Subdistrict,
            _ => DutyLevel::Community,
        }
    }
}

/// Everybody held at a gate, and whom to call about anybody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateHolds {
    /// When it was read.
    pub as_of: Timestamp,
    /// The team of this gate's place.
    pub team: ResponsibleUnit,
    /// Who is held, longest first; ended ones for a quarter of an hour more.
    pub holds: Vec<GateHold>,
}

/// Somebody whom this gate let through without network and who was red by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recall {
    /// The person.
    pub person_id: PersonId,
    /// The person's name, so that the guard knows whom to look for.
    pub name: String,
    /// When they went through.
    pub at: Timestamp,
    /// Which way; absent for a scan of long ago.
    pub direction: Option<Direction>,
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
    /// People let in although the check spoke against it.
    pub overrides: i64,
}

/// An inspection of a gate that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndedInspection {
    /// When the inspector came.
    pub started_at: Timestamp,
    /// When the guard scanned the specimen; absent when that did not happen.
    pub scanned_at: Option<Timestamp>,
    /// What the guard did: `stopped`, `waved_through` or `let_in_anyway`.
    pub result: String,
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
    /// The last inspections that ended, newest first.
    pub inspections: Vec<EndedInspection>,
    /// Seconds from one person to the next in the last ten minutes, over all lanes; absent when
    /// too few came.
    pub seconds_a_person: Option<f64>,
}
