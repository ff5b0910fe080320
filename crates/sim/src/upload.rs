//! Bodies of `POST /api/v1/scans/batch`: what a gate kept while it was without
//! network, signed as a whole by the device's key. Used by the load generator
//! and by the replay.

use std::io::Write as _;

use anyhow::Result;
use ed25519_dalek::Signer as _;

use crate::state::{Gate, from_base64, to_base64};

/// Scans of one upload at most.
pub const SCANS_MAX: usize = 1000;

/// Tenths of a degree Celsius from which on nobody is let in.
pub const FEVER_DECIDEGREES: u64 = 373;

/// A scan that a gate kept.
#[derive(Clone, Copy, Debug)]
pub struct KeptScan {
    /// The server's id of the person.
    pub person_id: i64,
    /// Serial of the pass.
    pub serial: i64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Whether the person went in.
    pub inward: bool,
    /// Tenths of a degree Celsius.
    pub decidegrees: u64,
    /// What the gate showed.
    pub shown: &'static str,
}

impl KeptScan {
    /// Whether the reading is a fever, which stops anybody.
    pub const fn is_fever(self) -> bool {
        self.decidegrees >= FEVER_DECIDEGREES
    }

    /// What a guard does at that colour.
    fn action(self) -> &'static str {
        match self.shown {
            _ if self.is_fever() => "stop",
            "green" => "pass",
            "yellow" => "check",
            _ => "stop",
        }
    }
}

/// The body of one upload.
///
/// # Errors
/// When a time is out of range.
pub fn body(batch_id: i64, scans: &[KeptScan]) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(64 + scans.len() * 190);
    write!(out, r#"{{"batch_id":{batch_id},"scans":["#)?;
    for (index, scan) in scans.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let at = jiff::Timestamp::from_millisecond(scan.at_ms)?;
        write!(
            out,
            r#"{{"person_id":{},"pass_serial":{},"at":"{at:.3}","direction":"{}","temperature":{}.{},"shown_colour":"{}","action":"{}","rung":"snapshot"}}"#,
            scan.person_id,
            scan.serial,
            if scan.inward { "in" } else { "out" },
            scan.decidegrees / 10,
            scan.decidegrees % 10,
            scan.shown,
            scan.action(),
        )?;
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// A device's key, unpacked once.
#[derive(Clone, Debug)]
pub struct DeviceKey(ed25519_dalek::SigningKey);

impl DeviceKey {
    /// The key of a gate's device.
    ///
    /// # Errors
    /// When the state file holds something else.
    pub fn of(gate: &Gate) -> Result<Self> {
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&from_base64(
            &gate.device_key,
        )?)))
    }

    /// The signature header of a body.
    pub fn sign(&self, body: &[u8]) -> String {
        to_base64(&self.0.sign(body).to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_json_and_its_signature_verifies() {
        let scan = KeptScan {
            person_id: 7,
            serial: 3,
            at_ms: 1_583_454_600_007,
            inward: true,
            decidegrees: 365,
            shown: "green",
        };
        let red = KeptScan {
            shown: "red",
            inward: false,
            ..scan
        };
        let body = body(12, &[scan, red]).expect("writes");
        let json: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(json["scans"][0]["at"], "2020-03-06T00:30:00.007Z");
        assert_eq!(json["scans"][0]["temperature"], 36.5);
        assert_eq!(
            (&json["scans"][1]["action"], &json["scans"][1]["direction"]),
            (&"stop".into(), &"out".into())
        );
        let (_, gate, _) = crate::bench::testing::phone_and_gate(
            jiff::Timestamp::from_second(1_583_454_600).expect("a time"),
        );
        let key = DeviceKey::of(&gate).expect("a key");
        let signature =
            ed25519_dalek::Signature::from_bytes(&from_base64(&key.sign(&body)).expect("64 bytes"));
        assert!(
            key.0
                .verifying_key()
                .verify_strict(&body, &signature)
                .is_ok()
        );
    }
}
