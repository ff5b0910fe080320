//! The calling device: its extractor, what it may know about itself, and its key.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use gridpass_types::ids::{DeviceId, GateId, ShiftId};

use super::directory::{Directory, GateInfo};
use super::model::{DeviceGate, DeviceKey, DeviceView, Named, NewDeviceReport};
use super::on_duty::{self, SHIFT_TOKEN_PREFIX};
use super::report;
use super::store;
use crate::app::App;
use crate::audit;
use crate::auth::bearer;
use crate::directory;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::seal::token_digest;

/// Prefix of device tokens; the device's number follows, then its secret.
pub const DEVICE_TOKEN_PREFIX: &str = "gpd1.";

/// A device that is admitted, as the extractor proves.
#[derive(Clone, Debug)]
pub struct Device {
    /// Identity.
    pub device_id: DeviceId,
    /// The gate it is used at.
    pub gate_id: GateId,
    /// Name.
    pub name: Arc<str>,
    /// The guard's shift whose token was shown; absent with the device's own token, which shows
    /// nobody and decides about nobody.
    pub shift_id: Option<ShiftId>,
}

impl Device {
    /// The same with a guard on duty.
    pub(super) fn on_duty(&self, shift_id: ShiftId) -> Self {
        Self {
            shift_id: Some(shift_id),
            ..self.clone()
        }
    }
}

impl FromRequestParts<App> for Device {
    type Rejection = ApiError;

    /// Costs one SHA-256 and two look-ups in memory; the database is asked only about a
    /// device this node has not heard of yet.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let token = bearer(parts)?;
        let device = match token.starts_with(SHIFT_TOKEN_PREFIX) {
            true => on_duty::admitted(app, token).await?,
            false => admitted(app, token).await?,
        };
        audit::actor(|| audit::Actor::device(device.device_id));
        Ok(device)
    }
}

/// The device of its own token, if it is admitted.
///
/// # Errors
/// [`Code::NotSignedIn`], [`Code::DeviceRevoked`] and [`Code::GateClosed`].
pub async fn admitted(app: &App, token: &str) -> ApiResult<Device> {
    let id = device_id(token, DEVICE_TOKEN_PREFIX).ok_or(Code::NotSignedIn)?;
    let digest = token_digest(token);
    let directory = app.part::<Directory>();
    let known = directory.latest();
    match known.admit(id, &digest) {
        Ok(device) => return Ok(device.clone()),
        Err(_) if known.device(id).is_none() => {}
        Err(code) => return Err(code.into()),
    }
    let db = app.db.client().await?;
    let fresh = directory.current(app, &db).await?;
    Ok(fresh.admit(id, &digest)?.clone())
}

/// The device that a token names.
pub(super) fn device_id(token: &str, prefix: &str) -> Option<DeviceId> {
    let (id, _secret) = token.strip_prefix(prefix)?.split_once('.')?;
    id.parse().ok()
}

/// The calling device and its gate. What it says of itself with the question is what its
/// supervisor sees of it.
#[utoipa::path(get, path = "/api/v1/device", operation_id = "get_device", tag = "gates",
    security(("device" = []), ("shift" = [])), params(NewDeviceReport),
    responses((status = 200, body = DeviceView), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn get_device(
    State(app): State<App>,
    device: Device,
    extract::Query(said): extract::Query<NewDeviceReport>,
) -> ApiResult<Json<DeviceView>> {
    let db = app.db.client().await?;
    report::note(&app, &db, (device.device_id, said)).await?;
    let snapshot = app.part::<Directory>().current(&app, &db).await?;
    let gate = snapshot.gate_of(device.device_id)?;
    let info = snapshot.device(device.device_id);
    Ok(Json(DeviceView {
        device_id: device.device_id,
        name: device.name.as_ref().to_owned(),
        has_key: info.is_some_and(|info| info.public_key.is_some()),
        gate: device_gate(gate),
        server_time: app.now(),
    }))
}

fn device_gate(gate: &GateInfo) -> DeviceGate {
    let named = |id: Option<i64>, name: &Option<Arc<str>>| {
        id.map(|id| Named {
            id,
            name: name.as_deref().unwrap_or_default().to_owned(),
        })
    };
    DeviceGate {
        gate_id: gate.gate_id,
        name: gate.name.as_ref().to_owned(),
        place_code: gate.place_code.as_ref().to_owned(),
        enclosure: named(gate.enclosure_id.map(|id| id.get()), &gate.enclosure_name),
        employer: named(gate.employer_id.map(|id| id.get()), &gate.employer_name),
        area: gate.area,
        lanes: gate.lanes.to_vec(),
    }
}

/// Registers the calling device's key for uploads; it replaces the one before.
#[utoipa::path(put, path = "/api/v1/device/key", operation_id = "put_device_key", tag = "gates",
    security(("device" = []), ("shift" = [])), request_body = DeviceKey,
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn put_device_key(
    State(app): State<App>,
    device: Device,
    extract::Json(input): extract::Json<DeviceKey>,
) -> ApiResult<StatusCode> {
    let key = input.validate()?;
    let tx = app.db.tx().await?;
    store::update_device_key(&tx, device.device_id, &key).await?;
    directory::bump(&tx).await?;
    tx.commit().await?;
    let db = app.db.client().await?;
    app.part::<Directory>().current(&app, &db).await?;
    Ok(StatusCode::NO_CONTENT)
}
