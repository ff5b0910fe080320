//! Enrolling a device by a code that a supervisor reads out: nobody copies a token.
//!
//! A code is ten digits, for one device, for a quarter of an hour. Who guesses is counted before
//! it is known whether the guess was right, by the network they come from: whoever guesses stops
//! nobody else. While a hundred codes are open, the chance of a right guess within one network's
//! limit is one in a million, within that of all together below one in a thousand.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use super::devices::{self, check_own};
use super::model::{DeviceCode, DeviceEnrolment, EnrolledDevice, GateView, NewDeviceCode};
use super::store::codes as store;
use crate::access::ManageDevices;
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Caller};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::limits::{self, Limit, Network};

/// How long a code counts.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(15);
/// Purpose of the keyed digest.
const DIGEST: &str = "device_code";
/// Tries of one network.
const TRIES: Limit = Limit {
    kind: "device_code_network",
    uses_max: 100,
    window: CODE_LIFE,
    code: Code::TooManyRequests,
};
/// Tries of all networks together: a thousand of them would have to guess.
const TRIES_OF_ALL: Limit = Limit {
    kind: "device_code",
    uses_max: 100_000,
    window: CODE_LIFE,
    code: Code::TooManyRequests,
};

/// Makes a code by which one device is enrolled at the gate. It is shown here and never again.
#[utoipa::path(post, path = "/api/v1/gates/{gate_id}/device-codes", operation_id = "create_device_code", tag = "gates",
    security(("staff" = [])), params(("gate_id" = i64, Path)), request_body = NewDeviceCode,
    responses((status = 201, body = DeviceCode), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn create_device_code(
    State(app): State<App>,
    gate: Authorised<GateView, ManageDevices>,
    extract::Json(input): extract::Json<NewDeviceCode>,
) -> ApiResult<(StatusCode, Json<DeviceCode>)> {
    check_own(&gate.caller, gate.entity.employer_id)?;
    input.validate()?;
    let (code, now) = (new_code(&app), app.now());
    let row = store::NewCode {
        code_digest: &app.sealer.digest(DIGEST, &code),
        gate_id: gate.entity.gate_id,
        name: input.name.trim(),
        made_by: made_by(&gate.caller),
        expires_at: now + CODE_LIFE,
    };
    audit::object(format!("gate/{}", gate.entity.gate_id));
    let tx = app.db.tx().await?;
    store::insert_code(&tx, &row, now).await?;
    tx.commit().await?;
    let expires_at = row.expires_at;
    Ok((StatusCode::CREATED, Json(DeviceCode { code, expires_at })))
}

fn made_by(caller: &Caller) -> i64 {
    caller.staff_id.get()
}

/// Ten digits.
fn new_code(app: &App) -> String {
    let number = u64::from_le_bytes(app.entropy.bytes()) % 10_000_000_000;
    format!("{number:010}")
}

/// Enrols the calling device by a supervisor's code; spaces and dashes in it do not matter.
#[utoipa::path(post, path = "/api/v1/device/enrol", operation_id = "enrol_device", tag = "gates",
    request_body = DeviceEnrolment,
    responses((status = 201, body = EnrolledDevice), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn enrol_device(
    State(app): State<App>,
    network: Network,
    extract::Json(input): extract::Json<DeviceEnrolment>,
) -> ApiResult<(StatusCode, Json<EnrolledDevice>)> {
    let from = app.sealer.digest(TRIES.kind, &network.digest_input());
    limits::take(&app, &TRIES, &from).await?;
    limits::take(&app, &TRIES_OF_ALL, b"all").await?;
    let code = input.code.chars().filter(char::is_ascii_digit);
    let digests = app.sealer.digests(DIGEST, &code.collect::<String>());
    let tx = app.db.tx().await?;
    let found = store::find_code(&tx, &digests, app.now()).await?;
    let (digest, gate_id, name) = found.ok_or(Code::DeviceCodeWrong)?;
    let enrolled = devices::insert(&tx, &app, (gate_id, &name), None).await?;
    // Found unlocked: of two devices with one code the second finds it used.
    let spent = store::spend_code(&tx, &digest, enrolled.device_id, app.now()).await?;
    if !spent {
        return Err(Code::DeviceCodeWrong.into());
    }
    audit::object(format!("device/{}", enrolled.device_id));
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(enrolled)))
}

/// Removes codes of the day before.
pub async fn sweep(app: App) -> anyhow::Result<bool> {
    let db = app.db.client().await?;
    let before: Timestamp = app.now() - SignedDuration::from_hours(24);
    store::delete_before(&db, before).await?;
    Ok(false)
}
