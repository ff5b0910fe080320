//! What a device says of itself, so that a supervisor sees which one is lost, old, or full.
//!
//! It names nobody, and nothing depends on it: a device that never says anything scans all the
//! same. One row a device, written by the device itself about once a minute.

use axum::extract::State;
use axum::http::StatusCode;

use super::device::Device;
use super::model::NewDeviceReport;
use super::store::reports as store;
use crate::app::App;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;

/// Notes what the calling device says of itself; it takes the place of what it said before.
#[utoipa::path(put, path = "/api/v1/device/report", operation_id = "report_device", tag = "gates",
    security(("device" = [])), request_body = NewDeviceReport,
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn report_device(
    State(app): State<App>,
    device: Device,
    extract::Json(input): extract::Json<NewDeviceReport>,
) -> ApiResult<StatusCode> {
    input.validate()?;
    let db = app.db.client().await?;
    store::write_report(&db, device.device_id, &input, app.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
