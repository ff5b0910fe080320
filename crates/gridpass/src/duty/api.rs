//! Beginning, showing and handing over a shift.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass_types::ids::{DeviceId, ShiftId, StaffId};

use super::model::{DeviceShift, HandOver, Shift, ShiftEnd, ShiftSummary, StartedShift};
use super::{holds, store};
use crate::access::{KeepGate, ReadShifts};
use crate::app::App;
use crate::audit;
use crate::auth::Authorised;
use crate::db::Client;
use crate::gates::{self, Device, GateView};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;

/// The device's own token, beside the guard's session.
const DEVICE_HEADER: &str = "x-device-token";
/// Shifts shown of a gate.
const SHIFTS_MAX: i64 = 100;

/// Begins the caller's shift on a device of the gate; the shift before on it ends. Needs the
/// device's token as well, and gives the shift's token and what opens the device's sealed store.
#[utoipa::path(post, path = "/api/v1/gates/{gate_id}/shifts", operation_id = "start_shift", tag = "gates",
    security(("staff" = [])),
    params(("gate_id" = i64, Path), ("x-device-token" = String, Header, description = "token of the device")),
    responses((status = 201, body = StartedShift), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
pub async fn start_shift(
    State(app): State<App>,
    gate: Authorised<GateView, KeepGate>,
    headers: HeaderMap,
) -> ApiResult<(StatusCode, Json<StartedShift>)> {
    let token = headers.get(DEVICE_HEADER);
    let token = token.and_then(|value| value.to_str().ok());
    let device = gates::admitted(&app, token.ok_or(Code::BadHeader)?).await?;
    if device.gate_id != gate.entity.gate_id {
        return Err(Code::NotFound.into());
    }
    audit::object(format!("device/{}", device.device_id));
    let (shift, token, before) = relieve(&app, &device, gate.caller.staff_id).await?;
    gates::refresh_shifts(&app).await?;
    let started = StartedShift {
        shift,
        shift_token: token,
        vault_secret: vault_secret(&app, device.device_id),
        before,
    };
    Ok((StatusCode::CREATED, Json(started)))
}

/// Ends the shift on a device and begins the guard's; answers it with its token, and the one before.
async fn relieve(
    app: &App,
    device: &Device,
    staff_id: StaffId,
) -> ApiResult<(Shift, String, Option<Shift>)> {
    let tx = app.db.tx().await?;
    store::lock_device(&tx, device.device_id).await?;
    let before = end_open(app, &tx, device).await?;
    let new = store::NewShift {
        shift_id: ShiftId::new(app.ids.next()),
        device_id: device.device_id,
        gate_id: device.gate_id,
        staff_id,
        started_at: app.now(),
    };
    store::insert_shift(&tx, &new).await?;
    let opened = (device.device_id, new.shift_id);
    let token = gates::begin_shift(&tx, app, opened, new.started_at).await?;
    let shift = store::find_shift(&tx, new.shift_id).await?;
    tx.commit().await?;
    Ok((shift.ok_or(Code::ShiftUnknown)?, token, before))
}

/// Ends the open shift on a device, if there is one; answers the last that was.
async fn end_open(app: &App, tx: &crate::db::Tx, device: &Device) -> ApiResult<Option<Shift>> {
    if let Some(open) = store::find_open(tx, device.device_id).await? {
        let summary = sum_up(app, tx, &open).await?;
        store::end_shift(tx, open.shift_id, (ShiftEnd::Relieved, app.now()), &summary).await?;
    }
    Ok(store::find_last_ended(tx, device.device_id).await?)
}

/// What a shift adds up to by now, and who is still held at its gate.
async fn sum_up(app: &App, db: &Client, shift: &Shift) -> ApiResult<ShiftSummary> {
    let now = app.now();
    let open_holds = holds::count_open(db, shift.gate_id, now).await?;
    Ok(store::sum_up(db, shift, (now, open_holds)).await?)
}

/// What opens a device's sealed store. It is not kept anywhere: it follows from a key of this
/// installation that outlives every change of keys.
fn vault_secret(app: &App, device_id: DeviceId) -> String {
    let secret = app
        .sealer
        .lasting_digest("device_vault", &device_id.to_string());
    URL_SAFE_NO_PAD.encode(secret)
}

/// The shift on the calling device, and what it adds up to by now.
#[utoipa::path(get, path = "/api/v1/device/shift", operation_id = "get_shift", tag = "gates",
    security(("device" = []), ("shift" = [])),
    responses((status = 200, body = DeviceShift), (status = 401, body = Problem)))]
pub async fn get_shift(State(app): State<App>, device: Device) -> ApiResult<Json<DeviceShift>> {
    let db = app.db.client().await?;
    let shift = store::find_open(&db, device.device_id).await?;
    let summary = match &shift {
        Some(shift) => Some(sum_up(&app, &db, shift).await?),
        None => None,
    };
    Ok(Json(DeviceShift { shift, summary }))
}

/// Hands the shift on the calling device over, with what it added up to. Sent again, it is answered
/// as before: the shift's token has ended by then, so the device's own is enough.
#[utoipa::path(post, path = "/api/v1/device/shift/hand-over", operation_id = "hand_over_shift", tag = "gates",
    security(("device" = []), ("shift" = [])), request_body = HandOver,
    responses((status = 200, body = Shift), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem)))]
pub async fn hand_over_shift(
    State(app): State<App>,
    device: Device,
    extract::Json(input): extract::Json<HandOver>,
) -> ApiResult<Json<Shift>> {
    let tx = app.db.tx().await?;
    store::lock_device(&tx, device.device_id).await?;
    let found = store::find_shift(&tx, input.shift_id).await?;
    let shift = found.filter(|shift| shift.device_id == device.device_id);
    let shift = shift.ok_or(Code::ShiftUnknown)?;
    audit::object(format!("gate_shift/{}", shift.shift_id));
    if shift.ended_at.is_some() {
        return Ok(Json(shift));
    }
    end_with_sums(&app, &tx, (&shift, &input)).await?;
    let ended = store::find_shift(&tx, shift.shift_id).await?;
    tx.commit().await?;
    gates::refresh_shifts(&app).await?;
    Ok(Json(ended.ok_or(Code::ShiftUnknown)?))
}

/// Ends a shift with what it added up to, and what the device has not told yet.
async fn end_with_sums(
    app: &App,
    tx: &crate::db::Tx,
    (shift, input): (&Shift, &HandOver),
) -> ApiResult<()> {
    let now = app.now();
    let counted = sum_up(app, tx, shift).await?;
    let summary = ShiftSummary {
        waiting: input.waiting.into(),
        overrides: counted.overrides + i64::from(input.overrides),
        ..counted
    };
    let how = (ShiftEnd::HandedOver, now);
    store::end_shift(tx, shift.shift_id, how, &summary).await?;
    gates::end_shift(tx, shift.device_id, now).await
}

/// The last shifts at a gate, newest first: who was on duty with which device, and what each adds up
/// to by now.
#[utoipa::path(get, path = "/api/v1/gates/{gate_id}/shifts", operation_id = "list_shifts", tag = "gates",
    security(("staff" = [])), params(("gate_id" = i64, Path)),
    responses((status = 200, body = Vec<Shift>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list_shifts(
    State(app): State<App>,
    gate: Authorised<GateView, ReadShifts>,
) -> ApiResult<Json<Vec<Shift>>> {
    let db = app.db.client().await?;
    let mut shifts = store::list_shifts(&db, gate.entity.gate_id, SHIFTS_MAX).await?;
    // Each device has one at most.
    for shift in shifts.iter_mut().filter(|shift| shift.ended_at.is_none()) {
        shift.summary = Some(sum_up(&app, &db, shift).await?);
    }
    Ok(Json(shifts))
}
