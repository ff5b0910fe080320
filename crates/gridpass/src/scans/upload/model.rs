//! Uploads as they come in and as they are answered.

use gridpass_rules::{Action, Colour, Direction};
use gridpass_types::ids::{PassSerial, PersonId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::scans::model::Rung;

/// How a gate without network knew the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UploadRung {
    /// By the snapshot of all serials' colours.
    Snapshot,
    /// By the signed presentation alone.
    Code,
    /// By a paper pass.
    Paper,
    /// By a typed number.
    Number,
}

impl From<UploadRung> for Rung {
    fn from(rung: UploadRung) -> Self {
        match rung {
            UploadRung::Snapshot => Self::Snapshot,
            UploadRung::Code => Self::Code,
            UploadRung::Paper | UploadRung::Number => Self::OfflinePaper,
        }
    }
}

/// A scan that a gate kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadedScan {
    /// The person, as the credential says.
    pub person_id: PersonId,
    /// Serial of the pass, as the credential says.
    pub pass_serial: PassSerial,
    /// When, by the device's clock; counts to the millisecond.
    pub at: Timestamp,
    /// Which way.
    pub direction: Direction,
    /// Reading in degrees Celsius, rounded to tenths.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// What the gate showed.
    pub shown_colour: Colour,
    /// What the guard did.
    pub action: Action,
    /// How the gate knew the person.
    pub rung: UploadRung,
    /// The text that was shown, for checking its signatures once more.
    #[serde(default)]
    pub presentation: Option<String>,
}

/// A specimen that an inspector showed a gate without network.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadedSpecimen {
    /// When, by the device's clock; counts to the millisecond.
    pub at: Timestamp,
    /// The text that was shown; only what is signed as a specimen counts.
    pub presentation: String,
}

/// What a gate kept while it was without network.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// Number that the device gives an upload; never the same for different scans.
    pub batch_id: i64,
    /// The scans, at most 1,000.
    pub scans: Vec<UploadedScan>,
    /// Specimens that it refused, at most 1,000.
    #[serde(default)]
    pub specimens: Vec<UploadedSpecimen>,
}

/// A scan that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rejected {
    /// Its place in the upload, from 0.
    pub index: usize,
    /// Stable code of the reason.
    pub code: String,
}

/// Somebody let in who was red by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LateRed {
    /// Place of the scan in the upload, from 0.
    pub index: usize,
    /// Why red.
    pub reason: String,
    /// Since when; absent when no date says.
    pub red_since: Option<Timestamp>,
}

/// What became of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadView {
    /// Scans stored.
    pub accepted: u64,
    /// Scans that were known already.
    pub duplicates: u64,
    /// Scans not taken.
    pub rejected: Vec<Rejected>,
    /// People let in who were red by then.
    pub late_reds: Vec<LateRed>,
    /// Specimens counted; one that is known already or is none is not.
    #[serde(default)]
    pub specimens: u64,
}
