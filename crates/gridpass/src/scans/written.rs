//! Scans that come from a gate's register: somebody was written down, and is known by now.

use gridpass_rules::{Action, Direction};
use gridpass_types::ids::{DeviceId, GateId, PersonId};
use jiff::Timestamp;

use super::columns::DoneOffline;
use super::model::{Rung, Scan, ScanKey, Shown};
use super::{Ingest, upload};
use crate::app::App;
use crate::db::Tx;
use crate::http::error::ApiResult;

/// Somebody written down at a gate.
#[derive(Clone, Copy, Debug)]
pub struct WrittenDown {
    /// By which device.
    pub device_id: DeviceId,
    /// Where.
    pub gate_id: GateId,
    /// Who it was.
    pub person_id: PersonId,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Which way.
    pub direction: Direction,
    /// What the guard did.
    pub action: Action,
    /// Reading in tenths of a degree.
    pub decicelsius: Option<i16>,
    /// Code of the colour that the guard was shown, if any.
    pub shown_colour: Option<i16>,
    /// The number of a document was written down that is this person's: not a serial, which anybody
    /// can count, nor name and phone, which a whole building knows of each other.
    pub is_vouched: bool,
}

/// Stores it as a scan of its own time, in the caller's transaction, with everything that follows
/// from one: also the recall of somebody who was red by then.
///
/// # Errors
/// When the person cannot be scanned at that gate any more, or the database does not answer.
pub async fn record_written(app: &App, tx: &Tx, written: WrittenDown) -> ApiResult<()> {
    app.part::<Ingest>().partitions.ensure(app).await?;
    let scan = Scan {
        key: ScanKey {
            person_id: written.person_id,
            at: written.at,
            gate_id: written.gate_id,
        },
        device_id: Some(written.device_id),
        shift_id: None,
        direction: written.direction,
        rung: Rung::OfflinePaper,
        shown: Shown::Nothing,
        decicelsius: written.decicelsius,
        shown_before: false,
    };
    let done = DoneOffline {
        shown_colour: written.shown_colour,
        action: written.action,
    };
    upload::store_one(app, tx, scan, (done, written.is_vouched)).await
}
