//! Appeals from a phone: the holder's own and those of dependants.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::evidence::{self, Reader};
use super::model::Appeal;
use super::open::{self, NewAppeal};
use super::wire::{AppealEvidenceView, OwnAppeal, OwnAppealInput, check_text};
use super::{decide, store, view};
use crate::app::App;
use crate::audit;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::people::{self, Holder};

/// Opens an appeal against the colour of now or a wrong detail. One is open for each cause; the
/// answer names who has it and until when.
#[utoipa::path(post, path = "/api/v1/pass/appeals", operation_id = "open_own_appeal", tag = "appeals",
    security(("holder" = [])), request_body = OwnAppealInput,
    responses((status = 201, body = OwnAppeal), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn open_own_appeal(
    State(app): State<App>,
    holder: Holder,
    extract::Json(input): extract::Json<OwnAppealInput>,
) -> ApiResult<(StatusCode, Json<OwnAppeal>)> {
    let statement = check_text("statement", &input.statement)?;
    let person_id = people::in_care(&app, holder, input.pass_serial).await?;
    open::count(&app, person_id).await?;
    let new = NewAppeal {
        person_id,
        about: input.about,
        statement,
        opened_by: None,
    };
    let tx = app.db.tx().await?;
    let appeal = open::open(&tx, &app, &new).await?;
    let opened = own_view(&tx, &app, &appeal).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(opened)))
}

async fn own_view(db: &Client, app: &App, appeal: &Appeal) -> ApiResult<OwnAppeal> {
    let all = view::own(db, app, &[appeal.person_id]).await?;
    let found = all
        .into_iter()
        .find(|one| one.appeal_id == appeal.appeal_id);
    found.ok_or_else(|| Code::NotFound.into())
}

/// An appeal of somebody on this phone; any other is not there.
async fn find(app: &App, holder: Holder, appeal_id: i64) -> ApiResult<Appeal> {
    let db = app.db.client().await?;
    for person_id in people::list_in_care(&db, app, holder).await? {
        if let Some(appeal) = store::find_appeal(&db, person_id.get(), appeal_id).await? {
            audit::subject(person_id);
            return Ok(appeal);
        }
    }
    Err(Code::NotFound.into())
}

/// The appeals of the holder and the dependants with their steps and what was shown, newest
/// first.
#[utoipa::path(get, path = "/api/v1/pass/appeals", operation_id = "list_own_appeals", tag = "appeals",
    security(("holder" = [])),
    responses((status = 200, body = Vec<OwnAppeal>), (status = 401, body = Problem)))]
pub async fn list_own_appeals(
    State(app): State<App>,
    holder: Holder,
) -> ApiResult<Json<Vec<OwnAppeal>>> {
    let db = app.db.client().await?;
    let people = people::list_in_care(&db, &app, holder).await?;
    audit::subjects(people.iter().copied());
    view::own(&db, &app, &people).await.map(Json)
}

/// Takes an appeal back; what it was against stays as it is.
#[utoipa::path(post, path = "/api/v1/pass/appeals/{appeal_id}/withdraw", operation_id = "withdraw_own_appeal",
    tag = "appeals", security(("holder" = [])), params(("appeal_id" = i64, Path,)),
    responses((status = 200, body = OwnAppeal), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn withdraw_own_appeal(
    State(app): State<App>,
    holder: Holder,
    extract::Path(appeal_id): extract::Path<i64>,
) -> ApiResult<Json<OwnAppeal>> {
    let appeal = find(&app, holder, appeal_id).await?;
    decide::withdraw(&app, &appeal).await?;
    let db = app.db.client().await?;
    own_view(&db, &app, &appeal).await.map(Json)
}

/// Adds a photo (JPEG, PNG, WebP) or a PDF to an open appeal, 5 MB at most, six in all. The
/// same file again is answered with what is there.
#[utoipa::path(post, path = "/api/v1/pass/appeals/{appeal_id}/evidence", operation_id = "add_own_appeal_evidence",
    tag = "appeals", security(("holder" = [])), params(("appeal_id" = i64, Path,)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = AppealEvidenceView), (status = 200, body = AppealEvidenceView),
              (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
              (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn add_own_appeal_evidence(
    State(app): State<App>,
    holder: Holder,
    extract::Path(appeal_id): extract::Path<i64>,
    extract::Body(upload): extract::Body,
) -> ApiResult<(StatusCode, Json<AppealEvidenceView>)> {
    let appeal = find(&app, holder, appeal_id).await?;
    let checked = evidence::check(&app, upload).await?;
    let tx = app.db.tx().await?;
    let (view, new) = evidence::add(&tx, &app, &appeal, (&checked, None)).await?;
    tx.commit().await?;
    Ok((added(new), Json(view)))
}

/// The status of something added, or there already.
pub(super) fn added(new: bool) -> StatusCode {
    match new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    }
}

/// A photo or paper of an own appeal.
#[utoipa::path(get, path = "/api/v1/pass/appeals/{appeal_id}/evidence/{evidence_id}",
    operation_id = "get_own_appeal_evidence", tag = "appeals", security(("holder" = [])),
    params(("appeal_id" = i64, Path,), ("evidence_id" = i64, Path,)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
              (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn get_own_appeal_evidence(
    State(app): State<App>,
    holder: Holder,
    extract::Path((appeal_id, evidence_id)): extract::Path<(i64, i64)>,
) -> ApiResult<Response> {
    let appeal = find(&app, holder, appeal_id).await?;
    let db = app.db.client().await?;
    let found = store::evidence::find_evidence(&db, &appeal, evidence_id).await?;
    let found = found.ok_or(Code::NotFound)?;
    let of = (appeal.person_id, found);
    Ok(evidence::answer(&app, Reader::Holder, of))
}
