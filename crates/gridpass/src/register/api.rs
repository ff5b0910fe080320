//! Taking entries in.

use axum::Json;
use axum::extract::State;

use super::model::{EntriesView, NewEntries, NewEntry, RejectedEntry};
use super::store;
use crate::app::App;
use crate::audit;
use crate::gates::Device;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::seal::Field;

/// Takes what a gate wrote down by number or by hand. Each entry is taken once; one that cannot be
/// taken is named and spoils no others.
#[utoipa::path(post, path = "/api/v1/device/register", operation_id = "add_register_entries", tag = "gates",
    security(("device" = []), ("shift" = [])), request_body = NewEntries,
    responses((status = 200, body = EntriesView), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn add_register_entries(
    State(app): State<App>,
    device: Device,
    extract::Json(input): extract::Json<NewEntries>,
) -> ApiResult<Json<EntriesView>> {
    input.validate()?;
    audit::object(format!("device/{}", device.device_id));
    let view = store_all(&app, &device, &input.entries).await?;
    app.work_waiting.notify_waiters();
    Ok(Json(view))
}

/// Stores entries in one transaction; those that cannot be taken are named.
async fn store_all(app: &App, device: &Device, entries: &[NewEntry]) -> ApiResult<EntriesView> {
    let now = app.now();
    let tx = app.db.tx().await?;
    let (mut accepted, mut rejected) = (0, Vec::new());
    for entry in entries {
        let (at, decicelsius) = match entry.check(now) {
            Ok(checked) => checked,
            Err(code) => {
                rejected.push(RejectedEntry {
                    entry_key: entry.entry_key.clone(),
                    code: code.to_owned(),
                });
                continue;
            }
        };
        let entry_id = app.ids.next();
        let details = serde_json::to_vec(&entry.details()).map_err(ApiError::internal)?;
        let field = Field::RegisterDetails;
        let row = store::NewRow {
            device_id: device.device_id,
            gate_id: device.gate_id,
            entry_id,
            entry,
            at,
            decicelsius,
            details_sealed: &app.sealer.seal(field, entry_id, &details, &app.entropy),
        };
        accepted += store::insert_entry(&tx, &row, now).await?;
    }
    tx.commit().await?;
    Ok(EntriesView {
        accepted,
        duplicates: (entries.len() - rejected.len()) as u64 - accepted,
        rejected,
    })
}
