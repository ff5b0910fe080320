//! Who comes for somebody held at the gate and when, everybody held there, and whom to call back.

use axum::Json;
use axum::extract::State;
use gridpass_types::ids::{GateId, PersonId};
use jiff::{SignedDuration, Timestamp};

use super::model::{GateHold, GateHolds, Recall};
use super::store;
use super::store::holds::{self, Wanted};
use crate::app::App;
use crate::audit;
use crate::db::Client;
use crate::divisions::{self, Desk, DutyLevel};
use crate::gates::{Directory, OnDuty};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::masking::{self, Shown, Viewer};
use crate::{people, scans};

/// For how long a recall is shown.
const RECALL_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// Recalls shown at most.
const RECALLS_MAX: i64 = 20;
/// For how long somebody is listed as held who was never let in.
const HOLD_LIFE: SignedDuration = SignedDuration::from_hours(4);
/// For how long an ended one stays on the list, so that the guard sees how it ended.
const ENDED_LIFE: SignedDuration = SignedDuration::from_mins(15);
/// People listed as held at most.
const HOLDS_MAX: i64 = 50;

/// Where the alert about somebody just held at this gate stands: whether somebody took it, of
/// which unit, when they will be there, and whom to call.
#[utoipa::path(get, path = "/api/v1/device/holds/{person_id}", operation_id = "get_hold", tag = "gates",
    security(("shift" = [])), params(("person_id" = i64, Path)),
    responses((status = 200, body = GateHold), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn get_hold(
    State(app): State<App>,
    OnDuty(device): OnDuty,
    extract::Path(person_id): extract::Path<PersonId>,
) -> ApiResult<Json<GateHold>> {
    audit::subject(person_id);
    scans::check_held_here(&app, &device, person_id).await?;
    let db = app.db.client().await?;
    let since = app.now() - RECALL_LIFE;
    let found = holds::find_hold(&db, (person_id, device.gate_id), since).await?;
    Ok(Json(with_call(&db, found).await?))
}

/// Adds whom to call about an alert that is still open.
async fn with_call(db: &Client, mut hold: GateHold) -> ApiResult<GateHold> {
    if hold.alert_id.is_some() && hold.closed_at.is_none() {
        let who = (Desk::Team, hold.duty_level());
        hold.call = Some(divisions::responsible(db, &hold.place_code, who).await?);
    }
    Ok(hold)
}

fn wanted(gate_id: GateId, now: Timestamp) -> Wanted {
    Wanted {
        gate_id,
        since: now - HOLD_LIFE,
        ended_since: now - ENDED_LIFE,
        limit: HOLDS_MAX,
    }
}

/// How many are held at a gate now: as many as its list says, whoever stopped them.
///
/// # Errors
/// When the database does not answer.
pub async fn count_open(db: &Client, gate_id: GateId, now: Timestamp) -> ApiResult<i64> {
    let listed = holds::list_holds(db, &wanted(gate_id, now)).await?;
    let open = listed.iter().filter(|(hold, _)| hold.closed_at.is_none());
    Ok(open.count() as i64)
}

/// Everybody held at the calling device's gate for a red pass, a fever or a check that did not let them
/// in, longest first: who comes for them and when. Kept by the device for when there is no network.
#[utoipa::path(get, path = "/api/v1/device/holds", operation_id = "list_gate_holds", tag = "gates",
    security(("shift" = [])),
    responses((status = 200, body = GateHolds), (status = 401, body = Problem)))]
pub async fn list_gate_holds(
    State(app): State<App>,
    OnDuty(device): OnDuty,
) -> ApiResult<Json<GateHolds>> {
    let now = app.now();
    let db = app.db.client().await?;
    let mut found = Vec::new();
    for (mut hold, name_sealed) in holds::list_holds(&db, &wanted(device.gate_id, now)).await? {
        let name = (hold.person_id.get(), name_sealed.as_deref());
        hold.name = masking::show(&app.sealer, Viewer::Gate, Shown::Name, name)?;
        found.push(with_call(&db, hold).await?);
    }
    audit::subjects(found.iter().map(|hold| hold.person_id));
    let snapshot = app.part::<Directory>().current(&app, &db).await?;
    let gate = snapshot.gate(device.gate_id).ok_or(Code::GateUnknown)?;
    let team = (Desk::Team, DutyLevel::Community);
    let team = divisions::responsible(&db, &gate.place_code, team).await?;
    Ok(Json(GateHolds {
        as_of: now,
        team,
        holds: found,
    }))
}

/// People whom this gate let through without network and who were red by then, of the last day, newest
/// first: the guard tells the response team where they went.
#[utoipa::path(get, path = "/api/v1/device/recalls", operation_id = "list_recalls", tag = "gates",
    security(("shift" = [])),
    responses((status = 200, body = Vec<Recall>), (status = 401, body = Problem)))]
pub async fn list_recalls(
    State(app): State<App>,
    OnDuty(device): OnDuty,
) -> ApiResult<Json<Vec<Recall>>> {
    let db = app.db.client().await?;
    let since = app.now() - RECALL_LIFE;
    let mut recalls = store::list_recalls(&db, device.gate_id, (since, RECALLS_MAX)).await?;
    drop(db);
    audit::subjects(recalls.iter().map(|recall| recall.person_id));
    for recall in &mut recalls {
        recall.name = people::card(&app, recall.person_id).await?.name;
    }
    Ok(Json(recalls))
}
