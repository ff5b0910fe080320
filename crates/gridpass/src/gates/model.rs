//! Gates and devices as they go over the wire, and the checks on new ones.

use gridpass_passcode::PublicKey;
use gridpass_rules::AreaStatus;
use gridpass_types::ids::{DeviceId, EmployerId, EnclosureId, GateId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::error::{ApiError, ApiResult, FieldError};
use crate::passes::parse_key;

/// Characters of a gate's or a device's name at most.
const NAME_CHARS_MAX: usize = 80;
/// Lanes of a gate at most; the database has the same bound.
const LANES_MAX: usize = 32;
/// Characters of an app's version at most.
const VERSION_CHARS_MAX: usize = 40;
/// More than a device could ever hold.
const WAITING_MAX: i32 = 1_000_000;

/// Which way people pass a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneDirection {
    /// In only.
    In,
    /// Out only.
    Out,
    /// Either way.
    Both,
}

impl LaneDirection {
    /// The word as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Both => "both",
        }
    }

    /// Reads a stored word; the table allows no other.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::In, Self::Out, Self::Both]
            .into_iter()
            .find(|direction| direction.as_str() == word)
    }
}

/// A lane of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    /// Number, 1 to 32.
    pub lane: i16,
    /// Which way people pass it.
    pub direction: LaneDirection,
}

/// A gate to enter. It belongs to an enclosure, to an employer, or to both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGate {
    /// Name as the guards call it, 1 to 80 characters.
    pub name: String,
    /// The enclosure whose gate it is.
    #[serde(default)]
    pub enclosure_id: Option<EnclosureId>,
    /// The employer whose gate it is.
    #[serde(default)]
    pub employer_id: Option<EmployerId>,
    /// Its lanes, 1 to 32.
    pub lanes: Vec<Lane>,
}

/// What to change of a gate; absent fields stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GateChange {
    /// New name.
    #[serde(default)]
    pub name: Option<String>,
    /// New lanes.
    #[serde(default)]
    pub lanes: Option<Vec<Lane>>,
    /// False closes the gate: its devices are refused. True opens it again.
    #[serde(default)]
    pub active: Option<bool>,
}

/// A gate.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GateView {
    /// Identity.
    pub gate_id: GateId,
    /// Name as the guards call it.
    pub name: String,
    /// Leaf division code; every scan counts here.
    pub place_code: String,
    /// The enclosure whose gate it is.
    pub enclosure_id: Option<EnclosureId>,
    /// The employer whose gate it is.
    pub employer_id: Option<EmployerId>,
    /// Name of the enclosure, else of the employer.
    pub owner: Option<String>,
    /// Whether it is open.
    pub active: bool,
    /// Its lanes in order of their numbers.
    pub lanes: Vec<Lane>,
}

/// A gate with its devices.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct GateDetail {
    /// The gate.
    #[serde(flatten)]
    pub gate: GateView,
    /// Its devices, also those revoked.
    pub devices: Vec<RegisteredDevice>,
}

/// A device to enrol.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    /// Name, for example of the post where it lies; 1 to 80 characters.
    pub name: String,
    /// Ed25519 public key for uploads, base64url of 32 bytes; may follow later.
    #[serde(default)]
    pub public_key: Option<String>,
}

/// A device just enrolled.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct EnrolledDevice {
    /// Identity.
    pub device_id: DeviceId,
    /// Bearer token; shown only here.
    pub device_token: String,
}

/// A code to make, by which one device is enrolled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeviceCode {
    /// What the device will be called; 1 to 80 characters.
    pub name: String,
}

/// A code by which one device is enrolled.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct DeviceCode {
    /// Ten digits; shown only here.
    pub code: String,
    /// From when it does not count.
    pub expires_at: Timestamp,
}

/// A device that enrols itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceEnrolment {
    /// The supervisor's code.
    pub code: String,
}

/// A device as those who manage gates see it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RegisteredDevice {
    /// Identity.
    pub device_id: DeviceId,
    /// The gate it is used at.
    pub gate_id: GateId,
    /// Name.
    pub name: String,
    /// Whether it is admitted.
    pub active: bool,
    /// Whether it has registered its key for uploads.
    pub has_key: bool,
    /// What it last said of itself; absent when it never did.
    pub report: Option<DeviceReport>,
    /// Place of its gate.
    #[serde(skip)]
    pub place_code: String,
    /// Employer of its gate.
    #[serde(skip)]
    pub employer_id: Option<EmployerId>,
}

/// What a device says of itself with a sign of life.
#[derive(Deserialize, IntoParams)]
pub struct NewDeviceReport {
    /// Which build of the app it runs, 1 to 40 letters, digits, dots, dashes and underscores;
    /// without it nothing is noted.
    app_version: Option<String>,
    /// Scans and entries it still has to upload, at most 1,000,000.
    waiting: Option<i32>,
    /// Up to when the colours it holds for a time without network are complete.
    pub snapshot_as_of: Option<Timestamp>,
}

/// What a device last said of itself.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeviceReport {
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Which build of the app it runs.
    pub app_version: String,
    /// Scans and entries it still has to upload.
    pub waiting: i32,
    /// Up to when the colours it holds for a time without network are complete.
    pub snapshot_as_of: Option<Timestamp>,
}

/// A device's key for uploads.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceKey {
    /// Ed25519 public key, base64url of 32 bytes.
    pub public_key: String,
}

/// An enclosure or employer by name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Named {
    /// Identity.
    pub id: i64,
    /// Name.
    pub name: String,
}

/// What a device needs to know about its gate.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct DeviceGate {
    /// Identity.
    pub gate_id: GateId,
    /// Name.
    pub name: String,
    /// Leaf division code.
    pub place_code: String,
    /// The enclosure whose gate it is.
    pub enclosure: Option<Named>,
    /// The employer whose gate it is.
    pub employer: Option<Named>,
    /// How the enclosure is managed now.
    pub area: AreaStatus,
    /// Its lanes.
    pub lanes: Vec<Lane>,
}

/// A device about itself.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct DeviceView {
    /// Identity.
    pub device_id: DeviceId,
    /// Name.
    pub name: String,
    /// Whether it has registered its key for uploads.
    pub has_key: bool,
    /// Its gate.
    pub gate: DeviceGate,
    /// The server's time, so that the device can correct its own.
    pub server_time: Timestamp,
}

/// The code to show on the gate's screen now.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct GateCodeView {
    /// The code.
    pub gate_code: String,
    /// The same as an address of the pass, which any phone's camera opens; absent where the
    /// installation was not told its address. What is shown is this, or else the code.
    pub address: Option<String>,
    /// When to ask for the next one.
    pub valid_until: Timestamp,
}

impl NewGate {
    /// Checks every field; all that is wrong is told at once.
    pub fn validate(&self) -> ApiResult<()> {
        let mut wrong = Vec::new();
        wrong.extend(name_fault(&self.name));
        wrong.extend(lanes_fault(&self.lanes));
        if self.enclosure_id.is_none() && self.employer_id.is_none() {
            wrong.push(FieldError::new(
                "enclosure_id",
                "owner_missing",
                "an enclosure or an employer is needed",
                "应指定围合区或复工单位",
            ));
        }
        done(wrong)
    }
}

impl GateChange {
    /// Checks every field given.
    pub fn validate(&self) -> ApiResult<()> {
        let mut wrong = Vec::new();
        wrong.extend(self.name.as_deref().and_then(name_fault));
        wrong.extend(self.lanes.as_deref().and_then(lanes_fault));
        done(wrong)
    }
}

impl NewDevice {
    /// Checks every field and reads the key.
    pub fn validate(&self) -> ApiResult<Option<PublicKey>> {
        let mut wrong: Vec<FieldError> = name_fault(&self.name).into_iter().collect();
        let key = match self.public_key.as_deref().map(parse_key) {
            Some(Err(fault)) => {
                wrong.push(fault);
                None
            }
            Some(Ok(key)) => Some(key),
            None => None,
        };
        done(wrong)?;
        Ok(key)
    }
}

impl NewDeviceCode {
    /// Checks the name.
    pub fn validate(&self) -> ApiResult<()> {
        done(name_fault(&self.name).into_iter().collect())
    }
}

impl NewDeviceReport {
    /// Checks form and bounds; gives version and queue, or nothing when nothing was said.
    ///
    /// # Errors
    /// 422 with the fields.
    pub fn validate(&self) -> ApiResult<Option<(String, i32)>> {
        let Some(version) = &self.app_version else {
            return Ok(None);
        };
        let waiting = self.waiting.unwrap_or(0);
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_".contains(byte);
        let mut wrong = Vec::new();
        if !(1..=VERSION_CHARS_MAX).contains(&version.len())
            || !version.as_bytes().iter().all(plain)
        {
            wrong.push(FieldError::new(
                "app_version",
                "app_version_invalid",
                "1 to 40 letters, digits, dots, dashes and underscores",
                "1 至 40 个字母、数字、点、横线或下划线",
            ));
        }
        if !(0..=WAITING_MAX).contains(&waiting) {
            wrong.push(FieldError::new(
                "waiting",
                "waiting_invalid",
                "0 to 1,000,000",
                "0 至 1000000",
            ));
        }
        done(wrong)?;
        Ok(Some((version.clone(), waiting)))
    }
}

impl DeviceKey {
    /// Reads the key.
    pub fn validate(&self) -> ApiResult<PublicKey> {
        parse_key(&self.public_key).map_err(|fault| ApiError::fields(vec![fault]))
    }
}

fn name_fault(name: &str) -> Option<FieldError> {
    let right = (1..=NAME_CHARS_MAX).contains(&name.trim().chars().count());
    (!right).then(|| {
        FieldError::new(
            "name",
            "name_invalid",
            "1 to 80 characters",
            "1 至 80 个字符",
        )
    })
}

fn lanes_fault(lanes: &[Lane]) -> Option<FieldError> {
    let mut numbers: Vec<i16> = lanes.iter().map(|lane| lane.lane).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let right = (1..=LANES_MAX).contains(&lanes.len())
        && numbers.len() == lanes.len()
        && numbers.iter().all(|number| (1..=32).contains(number));
    (!right).then(|| {
        FieldError::new(
            "lanes",
            "lanes_invalid",
            "1 to 32 lanes with different numbers from 1 to 32",
            "应有 1 至 32 条通道，编号 1 至 32 且不重复",
        )
    })
}

fn done(wrong: Vec<FieldError>) -> ApiResult<()> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(ApiError::fields(wrong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(lane: i16) -> Lane {
        Lane {
            lane,
            direction: LaneDirection::Both,
        }
    }

    #[test]
    fn lanes_are_numbered_without_repetition() {
        assert!(lanes_fault(&[lane(1), lane(32)]).is_none());
        assert!(lanes_fault(&[]).is_some());
        assert!(lanes_fault(&[lane(1), lane(1)]).is_some());
        assert!(lanes_fault(&[lane(0)]).is_some());
        assert!(lanes_fault(&[lane(33)]).is_some());
    }
}
