//! The honest comparison: one transaction for each scan, as one would build it first.
//!
//! Only offered when the server was started for a benchmark, and not part of the API's
//! description. It checks, reads, decides and stores exactly what the batcher does, with
//! the same statements, one after the other on a pooled connection.

use axum::Json;
use axum::extract::State;
use axum::routing::post;

use super::columns::{FollowColumns, ScanColumns, Stamp};
use super::decide::{AtGate, decide, follow_ups};
use super::model::{Scan, ScanInput, ScanView};
use super::online::{self, Read};
use super::store::{self, Inserted};
use super::{answers, check_shift, gate_of};
use crate::app::App;
use crate::gates::{Directory, OnDuty, Shifts};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract;
use crate::rules::InForce;

/// The route `POST /bench/scans`.
pub fn router() -> axum::Router<App> {
    axum::Router::new().route("/bench/scans", post(create_scan))
}

async fn create_scan(
    State(app): State<App>,
    OnDuty(device): OnDuty,
    extract::Json(input): extract::Json<ScanInput>,
) -> ApiResult<Json<ScanView>> {
    let view = match online::read(&app, &device, &input).await? {
        Read::Known(view) => view,
        Read::New(scan) => transact(&app, &scan).await?,
    };
    Ok(Json(view))
}

async fn transact(app: &App, scan: &Scan) -> ApiResult<ScanView> {
    let tx = app.db.tx().await?;
    let directory = app.part::<Directory>().current(app, &tx).await?;
    let open = app.part::<Shifts>().current(&tx).await?;
    check_shift(&open, scan, app.now())?;
    let rules = app.part::<InForce>().current(&tx).await?;
    let subjects = store::list_subjects(&tx, &[scan.key.person_id.get()]).await?;
    let subject = subjects.first().ok_or(Code::PersonUnknown)?;
    subject.check_shown(scan.shown)?;
    let at = AtGate {
        gate: gate_of(&directory, scan)?,
        direction: scan.direction,
        decicelsius: scan.decicelsius,
    };
    let deciding = rules.deciding(subject.place.as_str(), &at.gate.place_code);
    let verdict = decide(
        deciding,
        (&subject.state, subject.counted_at(app.now())),
        &at,
    )
    .of(scan);
    let stamp = Stamp {
        received_at: app.now(),
        lane: 0,
        tally_id: app.ids.next(),
    };
    let mut columns = ScanColumns::with_capacity(1, stamp);
    columns.push(scan, &verdict, None);
    let mut caused = Vec::new();
    follow_ups(&verdict, &scan.key, scan.decicelsius, &mut caused);
    let mut follow = FollowColumns::default();
    follow.extend(&scan.key, caused);
    if let Inserted::All = store::insert_scans(&tx, &columns, &follow).await? {
        tx.commit().await?;
        return Ok(verdict.view(&scan.key, subject.pass_serial));
    }
    let known = answers::recall_one(app, &tx, &scan.key).await?;
    known.ok_or_else(|| ApiError::new(Code::Conflict))
}
