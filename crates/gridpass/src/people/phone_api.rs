//! The phone by which somebody is known, entered at a counter or a door.
//!
//! Staff see the person and the document, so no code is asked here. Who gave the person a home only
//! now leaves it to a colleague ([`super::taken_in`]). It is asked when the person
//! then applies on that phone. The phone that showed the pass so far may be in a finder's hands: it
//! shows and opens nothing from here on. Who had the number before is told, at that number too.

use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::{Phone, Sensitive};
use serde::Deserialize;
use utoipa::ToSchema;

use super::model::phone_field;
use super::record::Person;
use super::{family, following, taken_in};
use crate::access::EnterPeople;
use crate::app::App;
use crate::auth::Authorised;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;

/// A phone to know somebody by.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonPhoneInput {
    /// Mobile number, as the person says it; the document has been seen.
    #[schema(value_type = String)]
    pub phone: Sensitive<String>,
}

/// Writes the phone by which a person is known, in place of the one before: a first phone, a new
/// number, a lost one. The phone before ends, and what it shows is void. The person then applies on
/// the new one with three fields and a code.
#[utoipa::path(put, path = "/api/v1/people/{person_id}/phone", operation_id = "put_person_phone", tag = "people",
    security(("staff" = [])), params(("person_id" = i64, Path,)), request_body = PersonPhoneInput,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn put_person_phone(
    State(app): State<App>,
    person: Authorised<Person, EnterPeople>,
    extract::Json(input): extract::Json<PersonPhoneInput>,
) -> ApiResult<StatusCode> {
    let phone = Phone::parse(input.phone.expose()).map_err(|error| phone_field(&error))?;
    let person_id = person.entity.person_id;
    let tx = app.db.tx().await?;
    taken_in::check_alone(&tx, &app, (person_id, &person.caller)).await?;
    following::let_follow(&tx, &app, person_id).await?;
    family::write_phone(&tx, &app, (person_id, &phone)).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(StatusCode::NO_CONTENT)
}
