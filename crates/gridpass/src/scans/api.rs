//! A scan by a gate's device.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;

use super::model::{Scan, ScanInput, ScanView, scan_time};
use super::online::{self, Read};
use super::with_facts::{self, Brought};
use super::{count_refusal, store, submit};
use crate::app::App;
use crate::gates::{Device, OnDuty};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;

/// Checks one person at the calling device's gate. Sent again, it is answered the same.
#[utoipa::path(post, path = "/api/v1/scans", operation_id = "create_scan", tag = "scans",
    security(("shift" = [])), request_body = ScanInput,
    responses((status = 200, body = ScanView), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn create_scan(
    State(app): State<App>,
    OnDuty(device): OnDuty,
    extract::Json(input): extract::Json<ScanInput>,
) -> ApiResult<Json<ScanView>> {
    let answer = scan(&app, &device, &input).await;
    if let Err(error) = &answer {
        count_refusal(&app, error.code());
        if error.code() == Code::PassSpecimen {
            note_specimen(&app, &device, input.at).await?;
        }
    }
    answer.map(Json)
}

/// An inspector showed a specimen, and the guard did scan it. By the device's time, so that one whose
/// answer got lost and that is uploaded later is the same one.
async fn note_specimen(app: &App, device: &Device, at: Timestamp) -> ApiResult<()> {
    let db = app.db.client().await?;
    let by = (device.gate_id, device.device_id);
    store::checks::insert_specimen(&db, by, scan_time(at, app.now())?).await?;
    Ok(())
}

async fn scan(app: &App, device: &Device, input: &ScanInput) -> ApiResult<ScanView> {
    match online::read(app, device, input).await? {
        Read::Known(view) => Ok(view),
        Read::New(scan) if records_facts(&scan, input) => {
            let brought = Brought {
                checked_on_spot: input.checked_on_spot,
                measured_again: input.measured_again,
                by_serial: input.pass_serial.is_some(),
            };
            with_facts::scan(app, &scan, brought).await
        }
        Read::New(scan) => submit(app, scan).await,
    }
}

/// Whether a scan brings evidence, and so has to be a transaction of its own.
fn records_facts(scan: &Scan, input: &ScanInput) -> bool {
    scan.is_fever() || input.checked_on_spot || input.measured_again
}
