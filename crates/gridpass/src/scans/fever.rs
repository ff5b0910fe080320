//! Which fever measured at a gate becomes evidence.
//!
//! A gate's thermometer may turn a pass red, because a device and a guard stand before the
//! person. So a serial typed alone is not enough, for anybody can count, unless the same gate knew
//! the person by more a moment before: then it is the next reading of whoever stands there. What is
//! told later counts only if a guard was on duty with the device at its time. And one device records
//! so many an hour and no more: a stolen token must not stop a dormitory. What does not count is
//! stopped at that gate and alarms the team all the same.

use gridpass_rules::FactBody;
use jiff::SignedDuration;

use super::model::{Scan, ScanKey};
use super::store;
use super::with_facts::new_fact;
use crate::app::App;
use crate::db::Client;
use crate::facts::NewFact;
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::limits::{self, Limit};

/// Fevers that one device records.
const BY_DEVICE: Limit = Limit {
    kind: "fevers_by_device",
    uses_max: 20,
    window: SignedDuration::from_hours(1),
    code: Code::TooManyEntries,
};

/// For how long somebody who was shown at a gate stands there.
const SHOWN_FOR: SignedDuration = SignedDuration::from_mins(15);

/// Whether the gate of this scan knew the person by more than a typed serial, a moment before.
///
/// # Errors
/// When the database does not answer.
pub async fn was_shown(db: &Client, key: &ScanKey) -> ApiResult<bool> {
    let here = (key.person_id, key.gate_id);
    Ok(store::was_shown(db, here, key.at - SHOWN_FOR, key.at).await?)
}

/// The health fact of a scan with a fever, if it counts as evidence. Counted for the device on a
/// connection of its own: ask before a transaction begins, and once for each scan.
///
/// # Errors
/// When the database does not answer.
pub async fn evidence(app: &App, scan: &Scan) -> ApiResult<Option<NewFact>> {
    let Some(tenths) = scan.decicelsius.filter(|_| scan.is_fever()) else {
        return Ok(None);
    };
    let Some(device_id) = scan.device_id else {
        return Ok(None);
    };
    let key = app.sealer.digest("device", &device_id.to_string());
    match limits::take(app, &BY_DEVICE, &key).await {
        Ok(()) => {}
        Err(error) if error.code() == BY_DEVICE.code => {
            tracing::warn!(
                device_id = device_id.get(),
                "this device measures too many fevers"
            );
            return Ok(None);
        }
        Err(error) => return Err(error),
    }
    let body = FactBody::Health {
        at: scan.key.at,
        temperature: Some(f64::from(tenths) / 10.0),
        symptoms: Vec::new(),
    };
    Ok(Some(new_fact(scan, body)))
}
