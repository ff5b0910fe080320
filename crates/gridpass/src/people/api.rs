//! Handlers: enrol, look up, the holder's pass, dependants.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::division::{DivisionCode, Level};
use gridpass_types::ids::{HouseholdId, PersonId};

use super::apply::apply;
use super::enrol::{Enrolment, enrol};
use super::holder::Holder;
use super::model::{
    DependantInput, Details, EnrolInput, EnrolledView, ExplanationQuery, HistoryQuery,
    PassExplanation, PassView, PersonInput, PersonView, SearchInput,
};
use super::record::Person;
use super::view::{pass_explanation, pass_view, person_view, single_pass_view};
use super::{address, dependants, store, taken_in};
use crate::access::{EnterPeople, ReadPeople};
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Caller, Staff};
use crate::db::Client;
use crate::divisions;
use crate::facts::{self, ColourSpan};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;
use crate::notify::{self, NoticeView};
use crate::quarantine;

/// Gives a resident a pass at once; its colour follows from the evidence. It takes a code sent
/// to the phone. The same three fields again give a fresh token for the same person, and the
/// phone before no longer counts.
#[utoipa::path(post, path = "/api/v1/people/enrol", operation_id = "enrol_person", tag = "people",
    request_body = EnrolInput,
    responses((status = 201, body = EnrolledView), (status = 409, body = Problem), (status = 422, body = Problem),
              (status = 429, body = Problem)))]
pub async fn enrol_person(
    State(app): State<App>,
    extract::Json(input): extract::Json<EnrolInput>,
) -> ApiResult<(StatusCode, Json<EnrolledView>)> {
    let view = apply(&app, &input).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// The holder's pass with its colour as of now, and those of the dependants.
#[utoipa::path(get, path = "/api/v1/pass", operation_id = "get_pass", tag = "people", security(("holder" = [])),
    responses((status = 200, body = PassView), (status = 401, body = Problem)))]
pub async fn get_pass(State(app): State<App>, holder: Holder) -> ApiResult<Json<PassView>> {
    let db = app.db.client().await?;
    pass_view(&db, &app, holder.person_id).await.map(Json)
}

/// Why the holder's pass and those of the dependants have their colour, now or at a past instant:
/// who has to act, by when, and what the person can do.
#[utoipa::path(get, path = "/api/v1/pass/explanation", operation_id = "get_pass_explanation", tag = "people",
    security(("holder" = [])), params(ExplanationQuery),
    responses((status = 200, body = Vec<PassExplanation>), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn get_pass_explanation(
    State(app): State<App>,
    holder: Holder,
    extract::Query(query): extract::Query<ExplanationQuery>,
) -> ApiResult<Json<Vec<PassExplanation>>> {
    let now = app.now();
    let at = query.at.unwrap_or(now);
    if at > now {
        return Err(Code::TimeInFuture.into());
    }
    let db = app.db.client().await?;
    let people = super::list_in_care(&db, &app, holder).await?;
    let mut explained = Vec::with_capacity(people.len());
    for person_id in people {
        explained.push(pass_explanation(&db, &app, person_id, (at, now)).await?);
    }
    Ok(Json(explained))
}

/// The colours that the pass of the holder or of a dependant has had: when, why, by which version
/// of the rules. Replayed from what was recorded, the newest first.
#[utoipa::path(get, path = "/api/v1/pass/history", operation_id = "get_pass_history", tag = "people",
    security(("holder" = [])), params(HistoryQuery),
    responses((status = 200, body = Vec<ColourSpan>), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn get_pass_history(
    State(app): State<App>,
    holder: Holder,
    extract::Query(query): extract::Query<HistoryQuery>,
) -> ApiResult<Json<Vec<ColourSpan>>> {
    let person_id = super::in_care(&app, holder, query.pass_serial).await?;
    let db = app.db.client().await?;
    let person = super::get(&db, person_id).await?;
    let since = person.enrolled_at.unwrap_or(person.created_at);
    let spans = facts::history(&db, &app, person_id, since).await?;
    Ok(Json(spans))
}

/// What the holder and the dependants were told last, newest first.
#[utoipa::path(get, path = "/api/v1/pass/notices", operation_id = "list_own_notices", tag = "people",
    security(("holder" = [])),
    responses((status = 200, body = Vec<NoticeView>), (status = 401, body = Problem)))]
pub async fn list_own_notices(
    State(app): State<App>,
    holder: Holder,
) -> ApiResult<Json<Vec<NoticeView>>> {
    let db = app.db.client().await?;
    let people = super::list_in_care(&db, &app, holder).await?;
    notify::list(&db, &people).await.map(Json)
}

/// Ends this phone: its token counts no more, and nobody has to wait for it to run out.
#[utoipa::path(delete, path = "/api/v1/pass/phone", operation_id = "end_own_phone", tag = "people",
    security(("holder" = [])),
    responses((status = 204), (status = 401, body = Problem)))]
pub async fn end_own_phone(State(app): State<App>, holder: Holder) -> ApiResult<StatusCode> {
    let tx = app.db.tx().await?;
    store::revoke_sessions(&tx, holder.person_id, app.now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts a dependant's pass on the holder's phone; answers with that pass.
#[utoipa::path(post, path = "/api/v1/pass/dependants", operation_id = "add_dependant", tag = "people",
    security(("holder" = [])), request_body = DependantInput,
    responses((status = 201, body = PassView), (status = 401, body = Problem), (status = 409, body = Problem),
              (status = 422, body = Problem)))]
pub async fn add_dependant(
    State(app): State<App>,
    holder: Holder,
    extract::Json(input): extract::Json<DependantInput>,
) -> ApiResult<(StatusCode, Json<PassView>)> {
    let dependant = dependants::add(&app, holder.person_id, &input).await?;
    let pass = single_pass_view(&app, dependant).await?;
    Ok((StatusCode::CREATED, Json(pass)))
}

/// Enters a person at a counter or a door. The same number again answers with the person
/// held, if the details agree.
#[utoipa::path(post, path = "/api/v1/people", operation_id = "create_person", tag = "people",
    security(("staff" = [])), request_body = PersonInput,
    responses((status = 201, body = PersonView), (status = 200, body = PersonView), (status = 403, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_person(
    State(app): State<App>,
    staff: Staff<EnterPeople>,
    extract::Json(input): extract::Json<PersonInput>,
) -> ApiResult<(StatusCode, Json<PersonView>)> {
    let details = input.typed().check(app.now())?;
    let tx = app.db.tx().await?;
    check_places(&app, &tx, &staff.caller, &input).await?;
    if let Some(known) = find_known(&tx, &app, &details).await? {
        check_reach(&tx, &app, (&staff.caller, &known)).await?;
        let has_home = input.enclosure_id.is_some() || input.grid_code.is_some();
        if has_home {
            let who = (known.person_id, staff.caller.staff_id);
            taken_in::took_in(&tx, &app, who, &known.place_code).await?;
        }
    }
    let enrolment = by_staff(&app, &staff.caller, (input, details))?;
    let enrolled = enrol(&tx, &app, &enrolment).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    let db = app.db.client().await?;
    let person = super::get(&db, enrolled.person_id).await?;
    let status = if enrolled.created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let view = person_view(&db, &app, (&person, &staff.caller)).await?;
    Ok((status, Json(view)))
}

/// An enrolment at a counter or a door, with its address checked.
fn by_staff(
    app: &App,
    caller: &Caller,
    (input, details): (PersonInput, Details),
) -> ApiResult<Enrolment> {
    let household_id = household(app, &input);
    let (text, code) = (input.address.as_ref(), input.address_code.as_ref());
    Ok(Enrolment {
        details,
        enclosure_id: input.enclosure_id,
        household_id,
        address: address::checked(text.map(|text| text.expose().as_str()))?,
        address_code: address::checked_code(code.map(|code| code.expose().as_str()))?,
        grid_code: input.grid_code,
        entered_by: Some(caller.staff_id),
        same_household: false,
        birth_year: None,
    })
}

/// The household named, or the one that the door makes.
fn household(app: &App, input: &PersonInput) -> Option<i64> {
    let named = input.household_id.map(HouseholdId::get);
    named.or_else(|| door_household(app, input))
}

/// The household that people of the door make, where one is given.
fn door_household(app: &App, input: &PersonInput) -> Option<i64> {
    let (enclosure_id, text) = input.enclosure_id.zip(input.address.as_ref())?;
    address::household_of(app, enclosure_id, text.expose())
}

/// Somebody who is known must count in the caller's jurisdiction, or nowhere yet: who knows a
/// name and a number takes nobody over from elsewhere. The community there ends the stay first.
/// Whose home is watched is given none by a street that does not watch it.
///
/// # Errors
/// 409 `held_elsewhere`.
async fn check_reach(tx: &Client, app: &App, (caller, known): (&Caller, &Person)) -> ApiResult<()> {
    let watched = (known.person_id, caller);
    let reached = caller.covers(&known.place_code)
        || known.place_code == facts::home_place(app, None)
            && !quarantine::is_watched_by_others(tx, app, watched).await?;
    match reached {
        true => Ok(()),
        false => Err(Code::HeldElsewhere.into()),
    }
}

/// The person of a number, locked until the transaction ends, if anybody holds it.
async fn find_known(tx: &Client, app: &App, details: &Details) -> ApiResult<Option<Person>> {
    let digests = super::number_digests(app, &details.number);
    let Some(known) = store::find_by_digests(tx, &digests).await? else {
        return Ok(None);
    };
    audit::subject(known);
    store::lock_person(tx, known.get()).await?;
    super::get(tx, known).await.map(Some)
}

/// Enclosure, grid and household must be known and lie in the caller's jurisdiction; outside it
/// they are as unknown.
async fn check_places(
    app: &App,
    db: &Client,
    caller: &Caller,
    input: &PersonInput,
) -> ApiResult<()> {
    if let Some(household_id) = input.household_id.map(HouseholdId::get) {
        let named = address::NamedHousehold {
            household_id,
            person_id: None,
            enclosure_id: input.enclosure_id,
            address: input.address.as_ref().map(|text| text.expose().as_str()),
        };
        address::check_household(db, app, caller, &named).await?;
    }
    if let Some(enclosure_id) = input.enclosure_id {
        let found = divisions::find_enclosure(db, enclosure_id).await?;
        if !found.is_some_and(|view| caller.covers(&view.community_code)) {
            return Err(Code::EnclosureUnknown.into());
        }
    }
    if let Some(grid_code) = &input.grid_code {
        let grid = DivisionCode::parse(grid_code)
            .ok()
            .filter(|code| code.level() == Level::Grid && caller.covers(grid_code));
        let known = match grid {
            Some(code) => !divisions::list_known(db, &[code.as_str()])
                .await?
                .is_empty(),
            None => false,
        };
        if !known {
            return Err(ApiError::fields(vec![FieldError::new(
                "grid_code",
                "grid_unknown",
                "this grid is not known",
                "未知的网格",
            )]));
        }
    }
    Ok(())
}

/// Looks a person up by document number or pass serial.
#[utoipa::path(post, path = "/api/v1/people/search", operation_id = "search_people", tag = "people",
    security(("staff" = [])), request_body = SearchInput,
    responses((status = 200, body = PersonView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem)))]
pub async fn search_people(
    State(app): State<App>,
    staff: Staff<ReadPeople>,
    extract::Json(input): extract::Json<SearchInput>,
) -> ApiResult<Json<PersonView>> {
    let found = find_asked(&app, &input).await?;
    let db = staff.tx(&app).await?;
    let person = match found {
        Some(person_id) => store::find_person(&db, person_id.get()).await?,
        None => None,
    };
    let person = person
        .filter(|person| staff.caller.covers(&person.place_code))
        .ok_or_else(|| ApiError::new(Code::PersonUnknown))?;
    let view = person_view(&db, &app, (&person, &staff.caller)).await?;
    Ok(Json(view))
}

/// Who it is, is asked as the engine, so that an attempt on somebody elsewhere is on record;
/// what is shown of the person is read as staff.
async fn find_asked(app: &App, input: &SearchInput) -> ApiResult<Option<PersonId>> {
    let db = app.db.client().await?;
    let found = match (&input.document_number, input.pass_serial) {
        (Some(number), None) => {
            super::find_by_number(&db, app, input.document_type, number.expose()).await?
        }
        (None, Some(serial)) => store::find_by_serial(&db, serial.get()).await?,
        _ => return Err(one_of_both()),
    };
    if let Some(person_id) = found {
        audit::subject(person_id);
    }
    Ok(found)
}

fn one_of_both() -> ApiError {
    ApiError::fields(vec![FieldError::new(
        "document_number",
        "number_or_serial",
        "give either document_number or pass_serial",
        "请提供证件号码或通行证序号之一",
    )])
}

/// A person, masked.
#[utoipa::path(get, path = "/api/v1/people/{person_id}", operation_id = "get_person", tag = "people",
    security(("staff" = [])), params(("person_id" = i64, Path,)),
    responses((status = 200, body = PersonView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_person(
    State(app): State<App>,
    person: Authorised<Person, ReadPeople>,
) -> ApiResult<Json<PersonView>> {
    let db = person.tx(&app).await?;
    let view = person_view(&db, &app, (&person.entity, &person.caller)).await?;
    Ok(Json(view))
}
