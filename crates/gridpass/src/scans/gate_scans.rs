//! The holder's own phone reads the code on a gate's screen.
//!
//! The code proves that the phone is there now. It shows the holder, and the guard who
//! looks at the phone, what is decided, and counts as a scan. It records no evidence: a
//! picture of a gate's code sent to somebody else changes nobody's state. The time is the
//! server's, or a phone could write itself to a gate at a time of its choice; within a minute
//! the same person, gate and direction are the same scan, however often it is sent.

use axum::Json;
use axum::extract::State;

use jiff::SignedDuration;

use super::model::{GateScanInput, Rung, Scan, ScanKey, ScanView, Shown, scan_time};
use super::{count_refusal, submit};
use crate::app::App;
use crate::gates::{Directory, verify_gate_code};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::limits::{self, Limit};
use crate::people::Holder;

/// Scans of one phone within an hour.
const SCANS: Limit = Limit {
    kind: "gate_code_scans",
    uses_max: 60,
    window: SignedDuration::from_hours(1),
    code: Code::TooManyRequests,
};
/// Within this time it is the same scan.
const SAME: SignedDuration = SignedDuration::from_secs(60);

/// Shows the holder's pass at the gate whose code the phone has just read.
#[utoipa::path(post, path = "/api/v1/gate-scans", operation_id = "scan_gate_code", tag = "scans",
    security(("holder" = [])), request_body = GateScanInput,
    responses((status = 200, body = ScanView), (status = 401, body = Problem),
              (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn scan_gate_code(
    State(app): State<App>,
    holder: Holder,
    extract::Json(input): extract::Json<GateScanInput>,
) -> ApiResult<Json<ScanView>> {
    let answer = scan(&app, holder, &input).await;
    if let Err(error) = &answer {
        count_refusal(&app, error.code());
    }
    answer.map(Json)
}

async fn scan(app: &App, holder: Holder, input: &GateScanInput) -> ApiResult<ScanView> {
    let now = app.now();
    let digest = |kind, key: &str| app.sealer.digest(kind, key);
    let phone = digest(SCANS.kind, &holder.person_id.to_string());
    limits::take(app, &SCANS, &phone).await?;
    let directory = app.part::<Directory>();
    let mut code = verify_gate_code(&directory.latest(), &input.gate_code, now);
    if code
        .as_ref()
        .is_err_and(|error| error.code() == Code::GateUnknown)
    {
        // A gate that another node has just entered.
        let db = app.db.client().await?;
        let fresh = directory.current(app, &db).await?;
        code = verify_gate_code(&fresh, &input.gate_code, now);
    }
    let gate_id = code?.gate_id;
    let same = format!("{}/{gate_id}/{}", holder.person_id, input.direction.code());
    let kind = "gate_code_scan";
    let first = limits::first_use(app, kind, SAME, &digest(kind, &same)).await?;
    let scan = Scan {
        key: ScanKey {
            person_id: holder.person_id,
            at: scan_time(first, now)?,
            gate_id,
        },
        device_id: None,
        shift_id: None,
        direction: input.direction,
        rung: Rung::GateCode,
        shown: Shown::Nothing,
        decicelsius: None,
        shown_before: false,
    };
    submit(app, scan).await
}
