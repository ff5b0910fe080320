//! Scans: one check of one person at one gate, online or uploaded later.
//!
//! Invariants: what is acknowledged is committed; the same person at the same gate at the
//! same millisecond is one scan, answered the same however often it is sent; a colour is
//! derived at the moment of the scan, with everything committed before it; everything is
//! bounded, and what is too much is refused at once; one bad scan never spoils another.
//!
//! Ways in: the batcher (`ingest`) for what only reads a person's state; a transaction
//! of its own (`with_facts`) for a scan that records evidence, such as a fever; and
//! `upload` for gates that were without network.

mod answers;
mod api;
mod asked;
mod cards;
mod checks;
mod columns;
mod decide;
mod fever;
mod gate_scans;
mod hot;
mod ingest;
mod list;
pub mod model;
pub mod naive;
mod online;
mod partitions;
mod proofs;
mod readings;
mod replay;
mod second_reading;
pub mod store;
mod upload;
mod with_facts;
mod written;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use gridpass_batcher::{Batcher, Limits, OneLane, SubmitError};
use gridpass_passcode::Limits as PassLimits;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::db::DbError;
use crate::gates::{GateInfo, OpenShifts, Snapshot};
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::jobs::Loop;
use crate::metrics::Kind;
use asked::Asked;
pub use cards::check_held_here;
use ingest::ScanSink;
use model::{Scan, ScanView};
pub use model::{decicelsius, scan_time};
use partitions::Partitions;
use replay::ReplayWindow;
pub use written::{WrittenDown, record_written};

/// Bytes of an upload: a thousand scans with their presentations.
const UPLOAD_BYTES_MAX: usize = 1024 * 1024;
/// Transactions with evidence at the same time; a fever is rare.
const WITH_FACTS_MAX: usize = 4;
/// Uploads worked on at the same time: more would only wait for the same two cores.
const UPLOADS_MAX: usize = 3;
/// Uploads and scans with evidence that may wait for their turn.
const WAITING_MAX: usize = 256;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    let uploads = OpenApiRouter::new()
        .routes(routes!(upload::upload_scans))
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX));
    OpenApiRouter::new()
        .merge(uploads)
        .routes(routes!(api::create_scan, list::list_scans))
        .routes(routes!(list::list_person_scans))
        .routes(routes!(cards::get_scan_card))
        .routes(routes!(cards::get_scan_photo))
        .routes(routes!(checks::create_gate_check))
}

/// Routes of the public listener.
pub fn public_router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(gate_scans::scan_gate_code))
}

/// Background work.
pub fn loops() -> Vec<Loop> {
    vec![
        Loop {
            name: "scan partitions",
            period: Duration::from_secs(60),
            round: |app| Box::pin(partitions::round(app)),
        },
        Loop {
            name: "uploaded proofs",
            period: Duration::from_secs(5),
            round: |app| Box::pin(proofs::round(app)),
        },
    ]
}

/// What scans share on this node.
pub struct Ingest {
    batcher: OnceLock<Batcher<ScanSink>>,
    replays: ReplayWindow,
    asked: Asked,
    partitions: Partitions,
    with_facts: Turns,
    uploads: Turns,
}

impl Default for Ingest {
    fn default() -> Self {
        Self {
            batcher: OnceLock::new(),
            asked: Asked::default(),
            replays: ReplayWindow::new(PassLimits::default()),
            partitions: Partitions::default(),
            with_facts: Turns::new(WITH_FACTS_MAX),
            uploads: Turns::new(UPLOADS_MAX),
        }
    }
}

/// Makes today's partitions and starts the batcher; called once, when the application is
/// put together.
///
/// # Errors
/// When the database refuses.
pub async fn start(app: &App) -> Result<(), DbError> {
    let ingest = app.part::<Ingest>();
    ingest.partitions.ensure(app).await?;
    let (owner, counted) = (app.downgrade(), ScanSink::counters(app));
    let batcher = Batcher::start(Limits::default(), Arc::new(OneLane), move |slot| {
        ScanSink::new(owner.clone(), counted.clone(), slot)
    });
    // A second start would only throw its own, still idle, batcher away.
    let _started_before = ingest.batcher.set(batcher);
    Ok(())
}

/// Hands a scan to the batcher and waits until it is committed.
async fn submit(app: &App, scan: Scan) -> ApiResult<ScanView> {
    let ingest = app.part::<Ingest>();
    let batcher = ingest.batcher.get().ok_or(Code::Overloaded)?;
    app.metrics.scan_queue.inc();
    let submitted = batcher.submit(scan.key.person_id.get(), scan).await;
    if let Err(SubmitError::Full | SubmitError::Closed) = submitted {
        app.metrics.scan_queue.dec();
    }
    let code = match submitted {
        Ok(Ok(view)) => return Ok(view),
        Ok(Err(code)) | Err(SubmitError::Failed(code)) => code,
        Err(SubmitError::Full | SubmitError::Closed) => Code::Overloaded,
        Err(SubmitError::Panicked) => Code::Internal,
    };
    Err(code.into())
}

/// Makes the partitions that are missing, however that came about.
async fn ensure_partitions(app: &App) -> Result<(), DbError> {
    let ingest = app.part::<Ingest>();
    ingest.partitions.forget();
    ingest.partitions.ensure(app).await
}

/// The gate of a scan, if it is open and the device is admitted, as of this directory.
fn gate_of<'d>(directory: &'d Snapshot, scan: &Scan) -> Result<&'d GateInfo, Code> {
    match scan.device_id {
        Some(device_id) => directory.gate_of(device_id),
        None => {
            let gate = directory.gate(scan.key.gate_id);
            gate.filter(|gate| gate.active).ok_or(Code::GateUnknown)
        }
    }
}

/// Refuses a scan whose guard's shift ended meanwhile, as of these open shifts.
fn check_shift(open: &OpenShifts, scan: &Scan, now: Timestamp) -> Result<(), Code> {
    match (scan.device_id, scan.shift_id) {
        (Some(device_id), Some(shift_id)) => open.check((device_id, shift_id), now),
        _ => Ok(()),
    }
}

/// Counts a refusal by its code.
fn count_refusal(app: &App, code: Code) {
    let kind = Kind {
        kind: code.as_str(),
    };
    app.metrics.refusals.get_or_create(&kind).inc();
}

/// A bounded number of turns, and a bounded number of callers waiting for one.
struct Turns {
    places: Semaphore,
    turns: Semaphore,
}

impl Turns {
    fn new(turns: usize) -> Self {
        Self {
            places: Semaphore::new(turns + WAITING_MAX),
            turns: Semaphore::new(turns),
        }
    }

    /// Does `work` in its turn.
    ///
    /// # Errors
    /// [`Code::Overloaded`] at once when too many wait; else what `work` says.
    async fn take<T>(&self, work: impl Future<Output = ApiResult<T>>) -> ApiResult<T> {
        let _place = self.places.try_acquire().map_err(|_| Code::Overloaded)?;
        let _turn = self.turns.acquire().await.map_err(|_| Code::Overloaded)?;
        work.await
    }
}
