//! Who comes for somebody held at the gate, and whom to call back.

use axum::Json;
use axum::extract::State;
use gridpass_types::ids::PersonId;
use jiff::SignedDuration;

use super::model::{GateHold, Recall};
use super::store;
use crate::app::App;
use crate::audit;
use crate::gates::Device;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::{people, scans};

/// For how long a recall is shown.
const RECALL_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// Recalls shown at most.
const RECALLS_MAX: i64 = 20;

/// Where the alert about somebody just held at this gate stands: whether somebody took it, of
/// which unit, and when.
#[utoipa::path(get, path = "/api/v1/device/holds/{person_id}", operation_id = "get_hold", tag = "gates",
    security(("device" = [])), params(("person_id" = i64, Path)),
    responses((status = 200, body = GateHold), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn get_hold(
    State(app): State<App>,
    device: Device,
    extract::Path(person_id): extract::Path<PersonId>,
) -> ApiResult<Json<GateHold>> {
    audit::subject(person_id);
    scans::check_held_here(&app, &device, person_id).await?;
    let db = app.db.client().await?;
    let since = app.now() - RECALL_LIFE;
    Ok(Json(
        store::find_hold(&db, (person_id, device.gate_id), since).await?,
    ))
}

/// People whom this gate let in without network and who were red by then, of the last day, newest
/// first: the guard tells the response team where they went.
#[utoipa::path(get, path = "/api/v1/device/recalls", operation_id = "list_recalls", tag = "gates",
    security(("device" = [])),
    responses((status = 200, body = Vec<Recall>), (status = 401, body = Problem)))]
pub async fn list_recalls(State(app): State<App>, device: Device) -> ApiResult<Json<Vec<Recall>>> {
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
