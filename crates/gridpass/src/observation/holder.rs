//! The phone of somebody under observation: the diary, openings of the door, requests. What it
//! sends arrives at the team's screens at once.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gridpass_rules::words::QuarantinePlace;
use gridpass_types::clock::district_date;
use gridpass_types::ids::{PassSerial, PersonId};
use jiff::SignedDuration;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{
    CheckView, DayPart, NeedView, NewCheck, NewNeed, NewOpening, OpeningView, RecordedCheck, Slot,
    SlotState, SlotView, day_number,
};
use super::store::{self, checks as rows, doors, needs as need_rows};
use super::{checks, needs, openings};
use crate::app::App;
use crate::audit;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::limits::{self, Limit};
use crate::people::{self, Holder};

/// Entries of one phone within a day: a family of eight with some corrections.
const ENTRIES: Limit = Limit {
    kind: "observation_entries",
    uses_max: 100,
    window: SignedDuration::from_hours(24),
    code: Code::TooManyEntries,
};
/// Checks, openings and requests shown on a phone at most.
const SHOWN_MAX: i64 = 30;

/// What the phone's holder or a dependant is under observation for, and what is asked today.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnObservation {
    /// Whose pass.
    pub pass_serial: PassSerial,
    /// Where the order is served.
    pub place: QuarantinePlace,
    /// First day.
    pub start: Date,
    /// First day free.
    pub end: Date,
    /// Today's day of the order, from 1.
    pub day_number: i32,
    /// This morning's check.
    pub morning: SlotView,
    /// This evening's check.
    pub evening: SlotView,
    /// What was recorded last, newest first.
    pub checks: Vec<CheckView>,
    /// Announced openings that are not over.
    pub openings: Vec<OpeningView>,
    /// Requests, newest first.
    pub needs: Vec<NeedView>,
}

/// A check that a phone sends.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OwnCheck {
    /// Whose, if not the holder's: the pass of a dependant on this phone.
    #[serde(default)]
    pub pass_serial: Option<PassSerial>,
    /// The reading.
    #[serde(flatten)]
    pub check: NewCheck,
}

/// An opening that a phone announces.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OwnOpening {
    /// Whose, if not the holder's: the pass of a dependant on this phone.
    #[serde(default)]
    pub pass_serial: Option<PassSerial>,
    /// The opening.
    #[serde(flatten)]
    pub opening: NewOpening,
}

/// A request that a phone makes.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OwnNeed {
    /// Whose, if not the holder's: the pass of a dependant on this phone.
    #[serde(default)]
    pub pass_serial: Option<PassSerial>,
    /// The request.
    #[serde(flatten)]
    pub need: NewNeed,
}

/// Those of this phone who are under observation today, with what is asked of them; empty when
/// nobody is.
#[utoipa::path(get, path = "/api/v1/pass/observation", operation_id = "get_own_observation", tag = "observation",
    security(("holder" = [])),
    responses((status = 200, body = Vec<OwnObservation>), (status = 401, body = Problem)))]
pub async fn get_own_observation(
    State(app): State<App>,
    holder: Holder,
) -> ApiResult<Json<Vec<OwnObservation>>> {
    let db = app.db.client().await?;
    let mut observed = Vec::new();
    for person_id in people::list_in_care(&db, &app, holder).await? {
        let serial = people::get(&db, person_id).await?.pass_serial;
        if let Some(own) = own(&db, &app, (person_id, serial)).await? {
            audit::subject(person_id);
            observed.push(own);
        }
    }
    Ok(Json(observed))
}

async fn own(
    db: &Client,
    app: &App,
    (person_id, pass_serial): (PersonId, PassSerial),
) -> ApiResult<Option<OwnObservation>> {
    let now = app.now();
    let day = district_date(now);
    let Some(order) = store::find_observing(db, person_id, day).await? else {
        return Ok(None);
    };
    let checks = rows::list_checks(db, person_id, SHOWN_MAX).await?;
    let day = Slot::day_at(now);
    let slot = |part: DayPart| {
        let last = checks.iter().find(|one| (one.day, one.part) == (day, part));
        let slot = Slot { day, part };
        SlotView {
            state: SlotState::of(slot, last.is_some(), (order.created_at, now)),
            due_at: slot.due_at(),
            temperature: last.map(|check| check.temperature),
            symptoms: last.map_or_else(Vec::new, |check| check.symptoms.clone()),
        }
    };
    let found = need_rows::list_needs_of(db, person_id, SHOWN_MAX).await?;
    let needs: ApiResult<Vec<NeedView>> = found
        .into_iter()
        .map(|found| needs::with_note(app, found))
        .collect();
    Ok(Some(OwnObservation {
        pass_serial,
        place: order.place,
        start: order.start,
        end: order.end,
        day_number: day_number(order.start, now),
        morning: slot(DayPart::Morning),
        evening: slot(DayPart::Evening),
        openings: doors::list_openings_of(db, person_id, now, SHOWN_MAX).await?,
        needs: needs?,
        checks,
    }))
}

/// Counts an entry of the phone and finds whom it is about.
async fn entry(app: &App, holder: Holder, serial: Option<PassSerial>) -> ApiResult<PersonId> {
    let key = app
        .sealer
        .digest("observation_entries", &holder.person_id.to_string());
    limits::take(app, &ENTRIES, &key).await?;
    people::in_care(app, holder, serial).await
}

/// Records the holder's or a dependant's temperature and symptoms. The same instant sent again is
/// answered as before. A fever alerts the team.
#[utoipa::path(post, path = "/api/v1/pass/observation/checks", operation_id = "record_own_check", tag = "observation",
    security(("holder" = [])), request_body = OwnCheck,
    responses((status = 201, body = RecordedCheck), (status = 200, body = RecordedCheck), (status = 401, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
              (status = 429, body = Problem)))]
pub async fn record_own_check(
    State(app): State<App>,
    holder: Holder,
    extract::Json(input): extract::Json<OwnCheck>,
) -> ApiResult<(StatusCode, Json<RecordedCheck>)> {
    let reading = input.check.check(app.now())?;
    let person_id = entry(&app, holder, input.pass_serial).await?;
    let tx = app.db.tx().await?;
    let answer = checks::record(&tx, &app, (person_id, None), &reading).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(answer)
}

/// Announces that the door will open.
#[utoipa::path(post, path = "/api/v1/pass/observation/openings", operation_id = "announce_own_opening",
    tag = "observation", security(("holder" = [])), request_body = OwnOpening,
    responses((status = 201, body = OpeningView), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn announce_own_opening(
    State(app): State<App>,
    holder: Holder,
    extract::Json(input): extract::Json<OwnOpening>,
) -> ApiResult<(StatusCode, Json<OpeningView>)> {
    let person_id = entry(&app, holder, input.pass_serial).await?;
    let tx = app.db.tx().await?;
    let opening = openings::announce(&tx, &app, (person_id, None), &input.opening).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(opening)))
}

/// Takes an announced opening back: the holder's or a dependant's.
#[utoipa::path(post, path = "/api/v1/pass/observation/openings/{opening_id}/withdraw",
    operation_id = "withdraw_own_opening", tag = "observation", security(("holder" = [])),
    params(("opening_id" = i64, Path,)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn withdraw_own_opening(
    State(app): State<App>,
    holder: Holder,
    Path(opening_id): Path<i64>,
) -> ApiResult<StatusCode> {
    let tx = app.db.tx().await?;
    for person_id in people::list_in_care(&tx, &app, holder).await? {
        if let Some(opening) = doors::find_opening(&tx, (person_id.get(), opening_id)).await? {
            audit::subject(person_id);
            openings::withdraw(&tx, &app, &opening).await?;
            tx.commit().await?;
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(Code::NotFound.into())
}

/// Asks for food, medicine, the fetching of rubbish or other help.
#[utoipa::path(post, path = "/api/v1/pass/observation/needs", operation_id = "ask_own_need", tag = "observation",
    security(("holder" = [])), request_body = OwnNeed,
    responses((status = 201, body = NeedView), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn ask_own_need(
    State(app): State<App>,
    holder: Holder,
    extract::Json(input): extract::Json<OwnNeed>,
) -> ApiResult<(StatusCode, Json<NeedView>)> {
    let person_id = entry(&app, holder, input.pass_serial).await?;
    let tx = app.db.tx().await?;
    let need = needs::ask(&tx, &app, (person_id, None), &input.need).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(need)))
}
