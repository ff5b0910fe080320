//! The rotating code on a gate's screen, which a holder scans to show that they are there.

use axum::Json;
use axum::extract::State;
use gridpass_passcode::{GATE_SLOT_S, GateCode, Suite, VerifiedGateCode};
use jiff::Timestamp;

use super::device::Device;
use super::directory::{Directory, GateInfo, Snapshot};
use super::model::GateCodeView;
use crate::app::App;
use crate::http::error::{ApiError, ApiResult, Problem};

/// The code to show on the calling device's gate now.
#[utoipa::path(get, path = "/api/v1/device/gate-code", operation_id = "get_gate_code", tag = "gates",
    security(("device" = []), ("shift" = [])),
    responses((status = 200, body = GateCodeView), (status = 401, body = Problem)))]
pub async fn get_gate_code(
    State(app): State<App>,
    device: Device,
) -> ApiResult<Json<GateCodeView>> {
    let snapshot = app.part::<Directory>().latest();
    let gate = snapshot.gate_of(device.device_id)?;
    let mut view = gate_code(app.sealer.signing_suite(), gate, app.now())?;
    let origin = app.settings.pass_url.as_deref();
    view.address = origin.map(|origin| address(origin, &view.gate_code));
    Ok(Json(view))
}

/// The pass's address that takes a gate code, behind # so that no log along the way sees it.
fn address(origin: &str, gate_code: &str) -> String {
    let mut address = format!("{origin}/#g=");
    for byte in gate_code.bytes() {
        if byte.is_ascii_alphanumeric() {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    address
}

/// The code a gate shows at `now`, its MAC by `suite`.
///
/// # Errors
/// Only at times that 32 bits of seconds cannot hold.
pub fn gate_code(suite: Suite, gate: &GateInfo, now: Timestamp) -> ApiResult<GateCodeView> {
    let text =
        GateCode::make(suite, &gate.secret, gate.gate_id, now).map_err(ApiError::internal)?;
    let slot_s = i64::from(GATE_SLOT_S);
    let next_s = (now.as_second().div_euclid(slot_s) + 1) * slot_s;
    let valid_until = Timestamp::from_second(next_s).map_err(ApiError::internal)?;
    Ok(GateCodeView {
        gate_code: text,
        address: None,
        valid_until,
    })
}

/// Checks a gate code that a phone read at `now`; codes of closed gates do not count.
///
/// # Errors
/// Codes `not_a_gate_code`, `gate_code_malformed`, `gate_unknown`, `gate_code_forged`,
/// `gate_code_expired` and `gate_code_in_future`.
pub fn verify_gate_code(
    snapshot: &Snapshot,
    text: &str,
    now: Timestamp,
) -> ApiResult<VerifiedGateCode> {
    let secret_of = |id| {
        let gate = snapshot.gate(id).filter(|gate| gate.active)?;
        Some(gate.secret.clone())
    };
    GateCode::verify(secret_of, text.as_bytes(), now)
        .map_err(|error| crate::passes::code_of(error).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_the_code_to_the_letter() {
        let address = address("https://pass.example", "GPG1:A B%+/");
        assert_eq!(address, "https://pass.example/#g=GPG1%3AA%20B%25%2B%2F");
    }
}
