//! Handlers of photos: the holder's own and those that staff take.

use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::ids::PassSerial;
use serde::Deserialize;
use utoipa::IntoParams;

use super::holder::Holder;
use super::photo::{self, Jpeg};
use super::record::Person;
use super::store;
use crate::access::{EnterPeople, ReadPeople};
use crate::app::App;
use crate::auth::Authorised;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract::{self, Body};

/// Whose photo on this phone.
#[derive(Debug, Deserialize, IntoParams)]
pub struct PhotoQuery {
    /// Serial of a dependant's pass; the holder's own when absent.
    pub pass_serial: Option<PassSerial>,
}

/// Stores the photo of the holder or of a dependant, unless staff took one: that stands until
/// staff take another, or the holder removes it and gates look at the document.
#[utoipa::path(put, path = "/api/v1/pass/photo", operation_id = "put_own_photo", tag = "people",
    security(("holder" = [])), params(PhotoQuery),
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    responses((status = 204), (status = 401, body = Problem), (status = 409, body = Problem),
              (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn put_own_photo(
    State(app): State<App>,
    holder: Holder,
    extract::Query(query): extract::Query<PhotoQuery>,
    Body(upload): Body,
) -> ApiResult<StatusCode> {
    let person_id = super::in_care(&app, holder, query.pass_serial).await?;
    let sealed = photo::seal_photo(&app, person_id, upload).await?;
    let db = app.db.client().await?;
    if store::update_own_photo(&db, person_id, &sealed).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Code::PhotoByStaff.into())
    }
}

/// The photo of the holder or of a dependant.
#[utoipa::path(get, path = "/api/v1/pass/photo", operation_id = "get_own_photo", tag = "people",
    security(("holder" = [])), params(PhotoQuery),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>), (status = 401, body = Problem),
              (status = 404, body = Problem)))]
pub async fn get_own_photo(
    State(app): State<App>,
    holder: Holder,
    extract::Query(query): extract::Query<PhotoQuery>,
) -> ApiResult<Jpeg> {
    let person_id = super::on_phone(&app, holder, query.pass_serial).await?;
    photo::photo(&app.db.client().await?, &app, person_id).await
}

/// Removes the photo of the holder or of a dependant; it was given freely. Gates then compare
/// with the document.
#[utoipa::path(delete, path = "/api/v1/pass/photo", operation_id = "delete_own_photo", tag = "people",
    security(("holder" = [])), params(PhotoQuery),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_own_photo(
    State(app): State<App>,
    holder: Holder,
    extract::Query(query): extract::Query<PhotoQuery>,
) -> ApiResult<StatusCode> {
    let person_id = super::in_care(&app, holder, query.pass_serial).await?;
    store::delete_photo(&app.db.client().await?, person_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stores a photo that staff took.
#[utoipa::path(put, path = "/api/v1/people/{person_id}/photo", operation_id = "put_photo", tag = "people",
    security(("staff" = [])), params(("person_id" = i64, Path,)),
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn put_photo(
    State(app): State<App>,
    person: Authorised<Person, EnterPeople>,
    Body(upload): Body,
) -> ApiResult<StatusCode> {
    let person_id = person.entity.person_id;
    let sealed = photo::seal_photo(&app, person_id, upload).await?;
    let tx = person.tx(&app).await?;
    store::update_photo(&tx, person_id, &sealed).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A person's photo.
#[utoipa::path(get, path = "/api/v1/people/{person_id}/photo", operation_id = "get_photo", tag = "people",
    security(("staff" = [])), params(("person_id" = i64, Path,)),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
pub async fn get_photo(
    State(app): State<App>,
    person: Authorised<Person, ReadPeople>,
) -> ApiResult<Jpeg> {
    let db = person.tx(&app).await?;
    photo::photo(&db, &app, person.entity.person_id).await
}
