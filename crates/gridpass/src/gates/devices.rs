//! Enrolling and revoking the devices that guards hold.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass_passcode::PublicKey;
use gridpass_types::ids::{DeviceId, EmployerId, GateId};

use super::device::DEVICE_TOKEN_PREFIX;
use super::directory::Directory;
use super::model::{EnrolledDevice, GateView, NewDevice, RegisteredDevice};
use super::on_duty::{self, Shifts};
use super::store;
use crate::access::{ManageDevices, Role};
use crate::app::App;
use crate::auth::{Authorised, Caller, Scope};
use crate::db::Client;
use crate::directory;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::seal::token_digest;

/// Enrols a device at a gate. Its token is shown here and never again.
#[utoipa::path(post, path = "/api/v1/gates/{gate_id}/devices", operation_id = "create_device", tag = "gates",
    security(("staff" = [])), params(("gate_id" = i64, Path)), request_body = NewDevice,
    responses((status = 201, body = EnrolledDevice), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn create_device(
    State(app): State<App>,
    gate: Authorised<GateView, ManageDevices>,
    extract::Json(input): extract::Json<NewDevice>,
) -> ApiResult<(StatusCode, Json<EnrolledDevice>)> {
    check_own(&gate.caller, gate.entity.employer_id)?;
    let key = input.validate()?;
    let tx = app.db.tx().await?;
    let at = (gate.entity.gate_id, input.name.trim());
    let enrolled = insert(&tx, &app, at, key.as_ref()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(enrolled)))
}

/// Who manages an employer has to do with the devices of its own gates, however far the grant reaches;
/// others are as if they were not there.
pub(super) fn check_own(caller: &Caller, employer_id: Option<EmployerId>) -> ApiResult<()> {
    let own = match caller.scope {
        Scope::Employer(id) => employer_id == Some(id),
        Scope::Division | Scope::Enclosure(_) => false,
    };
    if own || caller.role != Role::EmployerManager {
        Ok(())
    } else {
        Err(Code::NotFound.into())
    }
}

/// Enters a device of this name at a gate, with a new token.
pub(super) async fn insert(
    tx: &Client,
    app: &App,
    (gate_id, name): (GateId, &str),
    public_key: Option<&PublicKey>,
) -> ApiResult<EnrolledDevice> {
    let device_id = DeviceId::new(app.ids.next());
    let secret = URL_SAFE_NO_PAD.encode(app.entropy.bytes::<24>());
    let device_token = format!("{DEVICE_TOKEN_PREFIX}{device_id}.{secret}");
    let row = store::NewDeviceRow {
        device_id,
        gate_id,
        name,
        token_digest: &token_digest(&device_token),
        public_key,
    };
    store::insert_device(tx, &row, app.now()).await?;
    directory::bump(tx).await?;
    Ok(EnrolledDevice {
        device_id,
        device_token,
    })
}

/// Revokes a device: refused here at once, and at every node from its next scan on.
#[utoipa::path(post, path = "/api/v1/devices/{device_id}/revoke", operation_id = "revoke_device", tag = "gates",
    security(("staff" = [])), params(("device_id" = i64, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn revoke_device(
    State(app): State<App>,
    device: Authorised<RegisteredDevice, ManageDevices>,
) -> ApiResult<StatusCode> {
    check_own(&device.caller, device.entity.employer_id)?;
    let tx = app.db.tx().await?;
    store::revoke_device(&tx, device.entity.device_id).await?;
    on_duty::end_shift(&tx, device.entity.device_id, app.now()).await?;
    directory::bump(&tx).await?;
    tx.commit().await?;
    let db = app.db.client().await?;
    app.part::<Directory>().current(&app, &db).await?;
    app.part::<Shifts>().current(&db).await?;
    Ok(StatusCode::NO_CONTENT)
}
