//! Taking entries in.

use axum::Json;
use axum::extract::State;

use super::model::{EntriesView, NewEntries, NewEntry};
use super::store;
use crate::app::App;
use crate::audit;
use crate::gates::Device;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::scans;
use crate::seal::Field;

/// Takes what a gate wrote down by number or by hand. Each entry is taken once.
#[utoipa::path(post, path = "/api/v1/device/register", operation_id = "add_register_entries", tag = "gates",
    security(("device" = [])), request_body = NewEntries,
    responses((status = 200, body = EntriesView), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn add_register_entries(
    State(app): State<App>,
    device: Device,
    extract::Json(input): extract::Json<NewEntries>,
) -> ApiResult<Json<EntriesView>> {
    input.validate()?;
    audit::object(format!("device/{}", device.device_id));
    let accepted = store_all(&app, &device, &input.entries).await?;
    app.work_waiting.notify_waiters();
    Ok(Json(EntriesView {
        accepted,
        duplicates: input.entries.len() as u64 - accepted,
    }))
}

/// Stores entries in one transaction; answers how many were new.
async fn store_all(app: &App, device: &Device, entries: &[NewEntry]) -> ApiResult<u64> {
    let now = app.now();
    let tx = app.db.tx().await?;
    let mut accepted = 0;
    for entry in entries {
        let entry_id = app.ids.next();
        let details = serde_json::to_vec(&entry.details()).map_err(ApiError::internal)?;
        let field = Field::RegisterDetails;
        let row = store::NewRow {
            device_id: device.device_id,
            gate_id: device.gate_id,
            entry_id,
            entry,
            at: scans::scan_time(entry.at, now)?,
            decicelsius: scans::decicelsius(entry.temperature)?,
            details_sealed: &app.sealer.seal(field, entry_id, &details, &app.entropy),
        };
        accepted += store::insert_entry(&tx, &row, now).await?;
    }
    tx.commit().await?;
    Ok(accepted)
}
