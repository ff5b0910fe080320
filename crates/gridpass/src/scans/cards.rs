//! Whom the guard sees: the card and the photo of somebody just scanned at this gate.

use axum::Json;
use axum::extract::State;
use gridpass_types::ids::PersonId;
use jiff::{SignedDuration, Timestamp};

use super::model::{AHEAD_MAX, ScanKey};
use super::store;
use crate::app::App;
use crate::gates::{Device, OnDuty};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::people::{self, Jpeg, PersonCard};

/// How long after a scan the guard may look the person up.
pub const LOOK_MAX: SignedDuration = SignedDuration::from_mins(10);
/// How long somebody may be held at a gate.
const HOLD_MAX: SignedDuration = SignedDuration::from_hours(4);

/// Refuses a person who was not scanned at the device's gate lately.
///
/// # Errors
/// [`Code::NotScannedHere`].
pub async fn check_scanned_here(app: &App, device: &Device, person_id: PersonId) -> ApiResult<()> {
    latest_scan(app, device, person_id, app.now())
        .await
        .map(|_| ())
}

/// The latest scan of a person at the device's gate shortly before a time: what a gate without
/// network did then it tells later.
///
/// # Errors
/// [`Code::NotScannedHere`].
pub async fn latest_scan(
    app: &App,
    device: &Device,
    person_id: PersonId,
    at: Timestamp,
) -> ApiResult<ScanKey> {
    latest_within(app, device, person_id, (at - LOOK_MAX, at + AHEAD_MAX)).await
}

/// Refuses a person who was not scanned at the device's gate within a hold: those who wait for
/// the response team are still there after ten minutes.
///
/// # Errors
/// [`Code::NotScannedHere`].
pub async fn check_held_here(app: &App, device: &Device, person_id: PersonId) -> ApiResult<()> {
    let now = app.now();
    let within = (now - HOLD_MAX, now + AHEAD_MAX);
    latest_within(app, device, person_id, within)
        .await
        .map(|_| ())
}

async fn latest_within(
    app: &App,
    device: &Device,
    person_id: PersonId,
    (since, until): (Timestamp, Timestamp),
) -> ApiResult<ScanKey> {
    let db = app.db.client().await?;
    let gate_id = device.gate_id;
    let at = store::find_latest(&db, (person_id, gate_id), since, until)
        .await?
        .ok_or(Code::NotScannedHere)?;
    Ok(ScanKey {
        person_id,
        at,
        gate_id,
    })
}

/// The person to look at, for ten minutes after the scan at this gate.
#[utoipa::path(get, path = "/api/v1/scans/card/{person_id}", operation_id = "get_scan_card", tag = "scans",
    security(("shift" = [])), params(("person_id" = i64, Path)),
    responses((status = 200, body = PersonCard), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn get_scan_card(
    State(app): State<App>,
    OnDuty(device): OnDuty,
    extract::Path(person_id): extract::Path<PersonId>,
) -> ApiResult<Json<PersonCard>> {
    check_scanned_here(&app, &device, person_id).await?;
    people::card(&app, person_id).await.map(Json)
}

/// The photo to compare the face with, for ten minutes after the scan at this gate.
#[utoipa::path(get, path = "/api/v1/scans/photo/{person_id}", operation_id = "get_scan_photo", tag = "scans",
    security(("shift" = [])), params(("person_id" = i64, Path)),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>), (status = 401, body = Problem),
              (status = 404, body = Problem)))]
pub async fn get_scan_photo(
    State(app): State<App>,
    OnDuty(device): OnDuty,
    extract::Path(person_id): extract::Path<PersonId>,
) -> ApiResult<Jpeg> {
    check_scanned_here(&app, &device, person_id).await?;
    people::photo(&app.db.client().await?, &app, person_id).await
}
