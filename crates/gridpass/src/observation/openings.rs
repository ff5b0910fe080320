//! Openings that the team announces for people without a phone, and the list of all.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::clock::district_date;
use gridpass_types::ids::{PersonId, StaffId};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{NewOpening, OpeningView};
use super::store::{self, doors};
use super::tell;
use crate::access::WorkObservation;
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Staff};
use crate::db::Client;
use crate::facts::{self, Subject};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::masking::{self, Shown, Viewer};

/// Openings that a phone announces for one day at most.
const OWN_DAY_MAX: i64 = 6;
/// How long a door may be open on one day by what a phone announces.
const OWN_DAY_OPEN_MAX: SignedDuration = SignedDuration::from_hours(2);

/// Which openings to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct OpeningQuery {
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
}

/// Announces that a door will open, for somebody who cannot do it on a phone.
#[utoipa::path(post, path = "/api/v1/people/{person_id}/door-openings", operation_id = "announce_opening",
    tag = "observation", security(("staff" = [])), params(("person_id" = i64, Path,)), request_body = NewOpening,
    responses((status = 201, body = OpeningView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn announce_opening(
    State(app): State<App>,
    person: Authorised<Subject, WorkObservation>,
    extract::Json(input): extract::Json<NewOpening>,
) -> ApiResult<(StatusCode, Json<OpeningView>)> {
    let tx = person.tx(&app).await?;
    let by = Some(person.caller.staff_id);
    let opening = announce(&tx, &app, (person.entity.person_id, by), &input).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(opening)))
}

/// Keeps an opening of somebody under observation and tells the team.
pub(super) async fn announce(
    tx: &Client,
    app: &App,
    (person_id, by): (PersonId, Option<StaffId>),
    input: &NewOpening,
) -> ApiResult<OpeningView> {
    let now = app.now();
    let times = input.times(now)?;
    let order = store::find_observing(tx, person_id, district_date(now)).await?;
    let order = order.ok_or(Code::NotObserved)?;
    if by.is_none() {
        check_own(tx, person_id, times).await?;
    }
    let row = doors::NewOpeningRow {
        person_id,
        opening_id: app.ids.next(),
        purpose: input.purpose,
        times,
        announced_at: now,
        announced_by: by,
    };
    doors::insert_opening(tx, &row).await?;
    tell(tx, &order.place_code, ("opening", row.opening_id)).await?;
    let kept = doors::find_opening(tx, (person_id.get(), row.opening_id)).await?;
    kept.ok_or_else(|| Code::NotFound.into())
}

/// What is announced on a phone is bounded: a door that is announced all day long is watched by
/// nobody. The person's lock makes two phones of one household wait for each other.
async fn check_own(
    tx: &Client,
    person_id: PersonId,
    times: (Timestamp, Timestamp),
) -> ApiResult<()> {
    facts::lock_person(tx, person_id).await?;
    let day = doors::day_of(tx, person_id, times, district_date(times.0)).await?;
    if day.overlaps {
        return Err(Code::OpeningOverlaps.into());
    }
    let wanted = times.1.duration_since(times.0);
    if day.openings >= OWN_DAY_MAX || day.open + wanted > OWN_DAY_OPEN_MAX {
        return Err(Code::TooManyOpenings.into());
    }
    Ok(())
}

/// Announced openings under a prefix that are not over.
#[utoipa::path(get, path = "/api/v1/door-openings", operation_id = "list_openings", tag = "observation",
    security(("staff" = [])), params(OpeningQuery, PageQuery),
    responses((status = 200, body = Page<OpeningView>), (status = 403, body = Problem)))]
pub async fn list_openings(
    State(app): State<App>,
    staff: Staff<WorkObservation>,
    extract::Query(query): extract::Query<OpeningQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<OpeningView>>> {
    let limit = page.limit();
    let rows = match staff.caller.narrow(query.prefix.as_deref()) {
        Some(prefix) => {
            let db = staff.tx(&app).await?;
            doors::list_openings(&db, (&prefix, app.now()), page.after(), limit).await?
        }
        None => Vec::new(),
    };
    audit::subjects(rows.iter().map(|row| row.opening.person_id));
    let viewer = Viewer::Staff(staff.caller.role);
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let mut opening = row.opening;
        let person_id = opening.person_id.get();
        let seen = |shown, sealed: Option<&[u8]>| {
            masking::show(&app.sealer, viewer, shown, (person_id, sealed))
        };
        opening.name = seen(Shown::Name, row.name_sealed.as_deref())?;
        opening.address = seen(Shown::Address, row.address_sealed.as_deref())?;
        items.push(opening);
    }
    Ok(Json(Page::new(items, limit, |item| item.opening_id)))
}

/// Takes an announced opening back.
#[utoipa::path(post, path = "/api/v1/door-openings/{person_id}/{opening_id}/withdraw", operation_id = "withdraw_opening",
    tag = "observation", security(("staff" = [])),
    params(("person_id" = i64, Path,), ("opening_id" = i64, Path,)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn withdraw_opening(
    State(app): State<App>,
    opening: Authorised<OpeningView, WorkObservation>,
) -> ApiResult<StatusCode> {
    let tx = opening.tx(&app).await?;
    withdraw(&tx, &app, &opening.entity).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an opening back and tells the team.
pub(super) async fn withdraw(tx: &Client, app: &App, opening: &OpeningView) -> ApiResult<()> {
    let key = (opening.person_id, opening.opening_id);
    if !doors::withdraw_opening(tx, key, app.now()).await? {
        return Err(Code::OpeningOver.into());
    }
    tell(tx, &opening.place_code, ("opening", opening.opening_id)).await?;
    Ok(())
}
