//! Scans as they come in and as they are answered, and the checks on what a gate sends.

use gridpass_rules::words::Check;
use gridpass_rules::{Action, Colour, Direction, Reason};
pub use gridpass_types::Rung;
use gridpass_types::Sensitive;
use gridpass_types::document::DocumentType;
use gridpass_types::ids::{DeviceId, GateId, PassSerial, PersonId, RuleSetVersion, ShiftId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// How far a device's clock may run ahead of the server's.
pub const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(2);
/// How old a scan may be when it arrives.
pub const AGE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Believable readings, in tenths of a degree Celsius.
const DECICELSIUS: std::ops::RangeInclusive<f64> = 300.0..=450.0;
/// A reading from which on it is a fever, in tenths of a degree Celsius.
pub const FEVER_DECICELSIUS: i16 = 373;

/// A scan by a gate's device. Exactly one of `presentation`, `document_number` and
/// `pass_serial` says who it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanInput {
    /// Text of the QR code, from a phone or from paper.
    #[serde(default)]
    pub presentation: Option<String>,
    /// Kind of document, if the guard knows it.
    #[serde(default)]
    pub document_type: Option<DocumentType>,
    /// Number of a document.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub document_number: Option<Sensitive<String>>,
    /// Serial of the pass.
    #[serde(default)]
    pub pass_serial: Option<PassSerial>,
    /// When, by the device's clock; counts to the millisecond.
    pub at: Timestamp,
    /// Which way.
    pub direction: Direction,
    /// Reading in degrees Celsius, rounded to tenths.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// The guard has just checked the person on the spot and nothing spoke against.
    #[serde(default)]
    pub checked_on_spot: bool,
    /// The reading is a second one, taken because the first at this gate was a fever. When it is
    /// none and the first was the only one, the first counts no more.
    #[serde(default)]
    pub measured_again: bool,
}

/// A holder's phone read the code on a gate's screen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GateScanInput {
    /// Text of the gate's code.
    pub gate_code: String,
    /// Which way.
    pub direction: Direction,
    /// Sent by apps of before; the server's own time counts.
    #[serde(default)]
    pub at: Option<Timestamp>,
}

/// The code of a leaf division, kept without allocating: the hot path holds one for each
/// person of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafCode([u8; 15]);

impl LeafCode {
    /// A code of 15 digits.
    ///
    /// # Panics
    /// Never: a CHECK keeps stored codes at that length.
    pub fn of(code: &str) -> Self {
        let digits = code.as_bytes().try_into();
        Self(digits.expect("a leaf code has 15 digits"))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("it was text")
    }
}

/// What a gate is told about a scan. The same scan sent again is answered the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScanView {
    /// The person.
    pub person_id: PersonId,
    /// Serial of the pass.
    pub pass_serial: PassSerial,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Colour of the pass.
    pub colour: Colour,
    /// Why it has this colour.
    pub reason: Reason,
    /// Row of the colour table.
    pub rule: String,
    /// What the guard does.
    pub action: Action,
    /// Why.
    pub gate_reason: Reason,
    /// Row of the gate table.
    pub gate_rule: String,
    /// What to check on the spot.
    pub checks: Vec<Check>,
    /// What the person is told, in Chinese.
    pub message_zh: String,
    /// What the person is told, in English.
    pub message_en: String,
    /// Version of the colour table, and of the gate table unless another is named.
    pub rule_set_version: RuleSetVersion,
    /// Version of the gate table where it is another: the gate stands in a division with
    /// rules of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate_rule_set_version: Option<RuleSetVersion>,
    /// Whether the scan was known already.
    pub duplicate: bool,
}

/// A recorded scan, for staff.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordedScan {
    /// The person.
    pub person_id: PersonId,
    /// When, by the device's clock.
    pub at: Timestamp,
    /// When the server took it.
    pub received_at: Timestamp,
    /// By which device; absent when the holder read the gate's code.
    pub device_id: Option<DeviceId>,
    /// Which way.
    pub direction: Direction,
    /// Colour.
    pub colour: Colour,
    /// What the guard was told to do, or did without network.
    pub action: Action,
    /// How the gate knew the person.
    pub rung: Rung,
    /// What a gate without network showed.
    pub shown_colour: Option<Colour>,
    /// Row of the colour table.
    pub rule: String,
    /// Row of the gate table.
    pub gate_rule: String,
}

/// A page of recorded scans, newest first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordedScans {
    /// The scans.
    pub items: Vec<RecordedScan>,
    /// Pass as `after` for the next page; absent on the last.
    pub next: Option<String>,
}

/// A check of one person, for the team that follows the person up.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PersonScan {
    /// When, by the device's clock.
    pub at: Timestamp,
    /// Where.
    pub gate_id: GateId,
    /// The gate's name.
    pub gate_name: String,
    /// Which way.
    pub direction: Direction,
    /// Colour.
    pub colour: Colour,
    /// What the guard was told to do, or did without network.
    pub action: Action,
}

/// Identity of a scan: idempotency key and history at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScanKey {
    /// The person.
    pub person_id: PersonId,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Where.
    pub gate_id: GateId,
}

/// What was shown, as far as it decides whether it still counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A phone's credential of this time of issue, for the phone of this key.
    Phone(Timestamp, Option<[u8; 32]>),
    /// A paper pass of this time of issue.
    Paper(Timestamp),
    /// Nothing that could be withdrawn.
    Nothing,
}

/// A scan that was checked and waits for its batch.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Identity.
    pub key: ScanKey,
    /// By which device; `None` for the holder's own phone.
    pub device_id: Option<DeviceId>,
    /// The guard's shift that answers now; `None` where no guard does, or did at another time.
    pub shift_id: Option<ShiftId>,
    /// Which way.
    pub direction: Direction,
    /// How the gate knew the person.
    pub rung: Rung,
    /// What was shown.
    pub shown: Shown,
    /// Reading in tenths of a degree Celsius.
    pub decicelsius: Option<i16>,
    /// Whether the very code was shown at this gate before.
    pub shown_before: bool,
}

impl Scan {
    /// Whether the reading is a fever.
    pub fn is_fever(&self) -> bool {
        is_fever(self.decicelsius)
    }
}

/// Whether a reading in tenths of a degree is a fever.
pub fn is_fever(decicelsius: Option<i16>) -> bool {
    decicelsius.is_some_and(|reading| reading >= FEVER_DECICELSIUS)
}

/// A reading in tenths of a degree, rounded as thermometers show it.
///
/// # Errors
/// [`Code::TemperatureAbsurd`] outside 30 to 45 °C.
pub fn decicelsius(celsius: Option<f64>) -> Result<Option<i16>, Code> {
    let Some(celsius) = celsius else {
        return Ok(None);
    };
    let tenths = (celsius * 10.0).round();
    if !DECICELSIUS.contains(&tenths) {
        return Err(Code::TemperatureAbsurd);
    }
    // Within 300 to 450, so nothing is cut off.
    Ok(Some(tenths as i16))
}

/// The time of a scan, cut to the millisecond.
///
/// # Errors
/// [`Code::TimeInFuture`] and [`Code::TimeTooOld`] as seen at `now`.
pub fn scan_time(at: Timestamp, now: Timestamp) -> Result<Timestamp, Code> {
    if at.duration_since(now) > AHEAD_MAX {
        return Err(Code::TimeInFuture);
    }
    if now.duration_since(at) > AGE_MAX {
        return Err(Code::TimeTooOld);
    }
    Timestamp::from_millisecond(at.as_millisecond()).map_err(|_| Code::TimeTooOld)
}

impl ScanInput {
    /// Refuses a scan that says nobody or more than one.
    ///
    /// # Errors
    /// 422 with the field.
    pub fn check_who(&self) -> ApiResult<()> {
        let given = [
            self.presentation.is_some(),
            self.document_number.is_some(),
            self.pass_serial.is_some(),
        ];
        if given.iter().filter(|given| **given).count() == 1 {
            return Ok(());
        }
        Err(ApiError::fields(vec![FieldError::new(
            "presentation",
            "identification_not_one",
            "exactly one of presentation, document_number and pass_serial",
            "二维码、证件号码、通行证序号应且仅应提供一项",
        )]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_taken_to_a_tenth() {
        assert_eq!(decicelsius(None), Ok(None));
        assert_eq!(decicelsius(Some(36.5)), Ok(Some(365)));
        assert_eq!(decicelsius(Some(37.3)), Ok(Some(FEVER_DECICELSIUS)));
        assert_eq!(decicelsius(Some(37.29)), Ok(Some(FEVER_DECICELSIUS)));
        assert_eq!(decicelsius(Some(37.24)), Ok(Some(372)));
        assert_eq!(decicelsius(Some(30.0)), Ok(Some(300)));
        for absurd in [29.9, 45.1, -40.0, 1e300, f64::NAN, f64::INFINITY] {
            assert_eq!(decicelsius(Some(absurd)), Err(Code::TemperatureAbsurd));
        }
    }

    #[test]
    fn times_are_cut_to_milliseconds_and_bounded() {
        let now: Timestamp = "2020-03-06T00:30:00Z".parse().unwrap();
        let at = |text: &str| scan_time(text.parse().unwrap(), now);
        assert_eq!(
            at("2020-03-06T00:29:59.123987Z").unwrap().to_string(),
            "2020-03-06T00:29:59.123Z"
        );
        assert!(at("2020-03-06T00:32:00Z").is_ok());
        assert_eq!(at("2020-03-06T00:32:01Z"), Err(Code::TimeInFuture));
        assert!(at("2020-02-28T00:30:00Z").is_ok());
        assert_eq!(at("2020-02-28T00:29:59Z"), Err(Code::TimeTooOld));
        assert_eq!(at("-009998-01-01T00:00:00Z"), Err(Code::TimeTooOld));
    }
}
