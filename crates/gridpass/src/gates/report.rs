//! What a device says of itself with each sign of life, so that a supervisor sees which one is lost,
//! old, or full.
//!
//! It names nobody, and nothing depends on it: a device that says nothing scans all the same. One
//! row a device; the same words again within a minute are not written again.

use gridpass_types::ids::DeviceId;
use jiff::{SignedDuration, Timestamp};

use super::model::{DeviceReport, NewDeviceReport};
use super::store::reports as store;
use crate::app::App;
use crate::db::Client;
use crate::http::error::ApiResult;

/// How exact the last contact is.
const EXACT_TO: SignedDuration = SignedDuration::from_mins(1);

/// Notes what a device says of itself, if it says anything.
///
/// # Errors
/// 422 when it is not well said.
pub(super) async fn note(
    app: &App,
    db: &Client,
    (device_id, said): (DeviceId, NewDeviceReport),
) -> ApiResult<()> {
    let now: Timestamp = app.now();
    let Some((app_version, waiting)) = said.validate()? else {
        return Ok(());
    };
    let report = DeviceReport {
        at: now,
        app_version,
        waiting,
        snapshot_as_of: said.snapshot_as_of,
    };
    store::write_report(db, device_id, &report, now - EXACT_TO).await?;
    Ok(())
}
