//! Keys and specimens.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use gridpass_passcode::NewCredential;
use gridpass_types::Colour;
use gridpass_types::ids::{PassSerial, PersonId};

use super::keys::Keys;
use super::model::{NewSpecimen, PassKeysView, SPECIMEN_LIFE_S, SpecimenView};
use crate::access::{IssueSpecimens, ManagePassKeys};
use crate::app::App;
use crate::auth::Staff;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;

/// The keys under which passes verify; public knowledge, so that anybody can check.
#[utoipa::path(get, path = "/.well-known/gridpass-keys", operation_id = "get_pass_keys", tag = "passes",
    responses((status = 200, body = PassKeysView)))]
pub async fn get_pass_keys(State(app): State<App>) -> impl IntoResponse {
    // Five minutes: half of the time in which a rotated key stays in force.
    let cache = [(header::CACHE_CONTROL, "public, max-age=300")];
    (cache, Json(keys_view(&app)))
}

fn keys_view(app: &App) -> PassKeysView {
    let ring = app.part::<Keys>().ring();
    PassKeysView {
        keys: ring.set.published().map(Into::into).collect(),
    }
}

/// Makes a new signing key; the one before goes on verifying what it signed.
#[utoipa::path(post, path = "/api/v1/pass-keys/rotate", operation_id = "rotate_pass_keys", tag = "passes",
    security(("staff" = [])),
    responses((status = 201, body = PassKeysView), (status = 403, body = Problem)))]
pub async fn rotate_pass_keys(
    State(app): State<App>,
    _staff: Staff<ManagePassKeys>,
) -> ApiResult<(StatusCode, Json<PassKeysView>)> {
    app.part::<Keys>().rotate(&app).await?;
    Ok((StatusCode::CREATED, Json(keys_view(&app))))
}

/// Makes a specimen for training and for mystery shoppers: it names nobody and no gate
/// ever lets it through.
#[utoipa::path(post, path = "/api/v1/specimen-passes", operation_id = "create_specimen_pass", tag = "passes",
    security(("staff" = [])), request_body = NewSpecimen,
    responses((status = 201, body = SpecimenView), (status = 403, body = Problem)))]
pub async fn create_specimen_pass(
    State(app): State<App>,
    _staff: Staff<IssueSpecimens>,
    extract::Json(input): extract::Json<NewSpecimen>,
) -> ApiResult<(StatusCode, Json<SpecimenView>)> {
    let ring = app.part::<Keys>().ring();
    let new = NewCredential::specimen(
        PersonId::new(0),
        PassSerial::new(0),
        input.colour.unwrap_or(Colour::Green),
        SPECIMEN_LIFE_S,
    );
    let credential = ring
        .issuer
        .issue(&new, app.now())
        .map_err(ApiError::internal)?;
    let qr = credential
        .paper_text()
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("a specimen is printed")))?;
    Ok((StatusCode::CREATED, Json(SpecimenView { qr })))
}
