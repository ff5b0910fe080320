//! A door without an open visit: whoever stands before it finds it by enclosure and room, or by
//! somebody who lives behind it, and gets the stop that a phone works with.

use axum::Json;
use axum::extract::State;
use gridpass_types::ids::EnclosureId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::stops::{Stop, empty, gather};
use super::store::stops as rows;
use crate::access::WorkVisits;
use crate::app::App;
use crate::auth::{Caller, Staff, authorise};
use crate::db::Client;
use crate::divisions::{self, EnclosureView};
use crate::facts::Subject;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;
use crate::people::{self, Door};

/// Which door: its enclosure with building and room, or somebody who lives behind it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoorInput {
    /// Enclosure; goes with `address`.
    #[serde(default)]
    pub enclosure_id: Option<i64>,
    /// Building and room, 1 to 200 characters, in any way of writing them.
    #[serde(default)]
    pub address: Option<String>,
    /// Somebody of the household, instead of enclosure and address.
    #[serde(default)]
    pub person_id: Option<i64>,
}

/// A door, whether or not a visit is open there: everybody known to live behind it, as far as they
/// are within the caller's reach. Behind a door that nobody is known of, the stop has no people.
#[utoipa::path(post, path = "/api/v1/stops/find", operation_id = "find_stop", tag = "visits",
    security(("staff" = [])), request_body = DoorInput,
    responses((status = 200, body = Stop), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem)))]
pub async fn find_stop(
    State(app): State<App>,
    staff: Staff<WorkVisits>,
    extract::Json(input): extract::Json<DoorInput>,
) -> ApiResult<Json<Stop>> {
    let stop = match (input.enclosure_id, &input.address, input.person_id) {
        (Some(enclosure_id), Some(address), None) => {
            at(&app, &staff.caller, (enclosure_id, address)).await?
        }
        (None, None, Some(person_id)) => of(&app, &staff.caller, person_id).await?,
        _ => return Err(one_way()),
    };
    Ok(Json(stop))
}

fn one_way() -> ApiError {
    ApiError::fields(vec![FieldError::new(
        "address",
        "door_or_person",
        "give either enclosure_id with address, or person_id",
        "请提供围合区和门牌，或人员编号之一",
    )])
}

/// The stop of somebody within reach.
async fn of(app: &App, caller: &Caller, person_id: i64) -> ApiResult<Stop> {
    let person = authorise::<Subject>(app, caller, person_id).await?;
    let tx = caller.tx_on(app, &person).await?;
    let key = rows::find_key(&tx, person.person_id).await?;
    let key = key.ok_or_else(|| ApiError::new(Code::PersonUnknown))?;
    let found = gather(&tx, app, caller.role, &[key]).await?;
    let theirs = |stop: &Stop| {
        stop.people
            .iter()
            .any(|one| one.person_id == person.person_id)
    };
    let stop = found.into_iter().find(theirs);
    stop.ok_or_else(|| Code::PersonUnknown.into())
}

/// The stop behind a typed door: the household that its people make, none without a room. Whom a registry holds under a
/// household number of its own is found by their document instead, for addresses are sealed.
async fn at(app: &App, caller: &Caller, (id, address): (i64, &str)) -> ApiResult<Stop> {
    let address = people::checked_address(address)?;
    let tx = caller.tx(app).await?;
    let enclosure = reached(&tx, caller, id).await?;
    let key = people::door_number(app, enclosure.enclosure_id, &address);
    let makes_one = people::household_of(app, enclosure.enclosure_id, &address).is_some();
    let found = gather(&tx, app, caller.role, &[key]).await?;
    let behind = |stop: &Stop| stop.people.iter().all(|one| one.person_id.get() != key);
    let mut stop = found.into_iter().find(behind).unwrap_or_else(|| empty(key));
    if stop.people.is_empty() && makes_one {
        stop.household_id = Some(key);
    }
    // What the worker stands before is what was typed, whatever the people behind it say.
    stop.enclosure_id = Some(enclosure.enclosure_id);
    stop.enclosure_name = Some(enclosure.name);
    if stop.door.is_none() {
        stop.door = Some(Door::parse(&address));
    }
    Ok(stop)
}

/// An enclosure of the caller's jurisdiction; one elsewhere is as unknown.
async fn reached(db: &Client, caller: &Caller, id: i64) -> ApiResult<EnclosureView> {
    let found = divisions::find_enclosure(db, EnclosureId::new(id)).await?;
    let here = found.filter(|view| caller.covers(&view.community_code));
    here.ok_or_else(|| Code::EnclosureUnknown.into())
}
