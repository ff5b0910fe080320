//! The list of doors: reading it, adding to it, handing it out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::ids::{StaffId, VisitId};
use jiff::{SignedDuration, Timestamp};

use super::handlers;
use super::model::{AssignInput, NewVisit, Visit, VisitQuery, VisitStatus};
use super::store::{self, Listed, NewRow};
use crate::access::{AssignVisits, Permission, ReadVisits, WorkVisits};
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Caller, Staff, authorise};
use crate::db::Client;
use crate::facts::{self, Subject};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::masking::{self, Shown, Viewer};
use crate::staff;

/// Time for a visit that names none.
const DUE_DEFAULT: SignedDuration = SignedDuration::from_hours(24);

/// Visits under a prefix within the caller's jurisdiction.
#[utoipa::path(get, path = "/api/v1/visits", operation_id = "list_visits", tag = "visits",
    security(("staff" = [])), params(VisitQuery, PageQuery),
    responses((status = 200, body = Page<Visit>), (status = 403, body = Problem)))]
pub async fn list_visits(
    State(app): State<App>,
    staff: Staff<ReadVisits>,
    extract::Query(query): extract::Query<VisitQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<Visit>>> {
    let limit = page.limit();
    let status = query.status.unwrap_or(VisitStatus::Open);
    let rows = match staff.caller.narrow(query.prefix.as_deref()) {
        Some(prefix) => {
            let db = staff.tx(&app).await?;
            let of = (query.assigned_to, query.person_id);
            store::list_visits(&db, (&prefix, status, of), page.after(), limit).await?
        }
        None => Vec::new(),
    };
    audit::subjects(rows.iter().map(|row| row.visit.person_id));
    let viewer = Viewer::Staff(staff.caller.role);
    let items: ApiResult<Vec<Visit>> = rows
        .into_iter()
        .map(|row| open(&app, viewer, row))
        .collect();
    Ok(Json(Page::new(items?, limit, |item| item.visit_id.get())))
}

/// Opens what the worker has to know of the person.
fn open(app: &App, viewer: Viewer, row: Listed) -> ApiResult<Visit> {
    let mut visit = row.visit;
    let person_id = visit.person_id.get();
    let seen = |shown, sealed: Option<Vec<u8>>| {
        masking::show(&app.sealer, viewer, shown, (person_id, sealed.as_deref()))
    };
    visit.name = seen(Shown::Name, row.name_sealed)?;
    if visit.status == VisitStatus::Open {
        visit.address = seen(Shown::Address, row.address_sealed)?;
    }
    Ok(visit)
}

/// Asks for a visit; an open one for the same cause is answered instead of a second.
#[utoipa::path(post, path = "/api/v1/visits", operation_id = "create_visit", tag = "visits",
    security(("staff" = [])), request_body = NewVisit,
    responses((status = 201, body = Visit), (status = 200, body = Visit), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn create_visit(
    State(app): State<App>,
    staff: Staff<AssignVisits>,
    extract::Json(input): extract::Json<NewVisit>,
) -> ApiResult<(StatusCode, Json<Visit>)> {
    input.validate(app.now())?;
    let person = authorise::<Subject>(&app, &staff.caller, input.person_id).await?;
    let (status, visit) = create(&app, (&person, &staff.caller), &input).await?;
    Ok((status, Json(visit)))
}

async fn create(
    app: &App,
    (person, caller): (&Subject, &Caller),
    input: &NewVisit,
) -> ApiResult<(StatusCode, Visit)> {
    let now = app.now();
    let row = NewRow {
        person_id: person.person_id,
        visit_id: VisitId::new(app.ids.next()),
        cause: &input.cause,
        gate_id: None,
        nowhere: &facts::home_place(app, None),
        due_at: input.due_at.unwrap_or(now + DUE_DEFAULT),
        created_at: now,
        created_by: Some(caller.staff_id),
    };
    let tx = caller.tx_on(app, person).await?;
    let (status, visit_id) = match store::insert_visit(&tx, &row).await? {
        Some(place_code) => {
            handlers::tell(&tx, place_code, row.visit_id, "open").await?;
            (StatusCode::CREATED, Some(row.visit_id))
        }
        None => {
            let open = store::find_open(&tx, person.person_id, &input.cause).await?;
            (StatusCode::OK, open)
        }
    };
    // None when the open one was ended between the two statements.
    let visit_id = visit_id.ok_or(Code::Conflict)?;
    let visit = find(&tx, person.person_id.get(), visit_id).await?;
    tx.commit().await?;
    Ok((status, visit))
}

pub(super) async fn find(db: &Client, person_id: i64, visit_id: VisitId) -> ApiResult<Visit> {
    let found = store::find_visit(db, person_id, visit_id.get()).await?;
    found.ok_or_else(|| Code::NotFound.into())
}

/// Gives an open visit to a grid worker or community lead of the place.
#[utoipa::path(post, path = "/api/v1/visits/{person_id}/{visit_id}/assign", operation_id = "assign_visit",
    tag = "visits", security(("staff" = [])), request_body = AssignInput,
    params(("person_id" = i64, Path,), ("visit_id" = i64, Path,)),
    responses((status = 200, body = Visit), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn assign_visit(
    State(app): State<App>,
    visit: Authorised<Visit, AssignVisits>,
    extract::Json(input): extract::Json<AssignInput>,
) -> ApiResult<Json<Visit>> {
    let tx = visit.tx(&app).await?;
    let visit = visit.entity;
    check_assignee(&tx, &visit, input.staff_id, app.now()).await?;
    if !store::assign_visit(&tx, &visit, StaffId::new(input.staff_id)).await? {
        return Err(Code::VisitClosed.into());
    }
    handlers::tell(&tx, visit.place_code.clone(), visit.visit_id, "open").await?;
    let changed = find(&tx, visit.person_id.get(), visit.visit_id).await?;
    tx.commit().await?;
    Ok(Json(changed))
}

/// Whether somebody may work a visit, in its place.
pub(super) async fn fits(
    db: &Client,
    visit: &Visit,
    staff_id: StaffId,
    now: Timestamp,
) -> ApiResult<bool> {
    let there = (WorkVisits::ROLES, visit.place_code.as_str());
    staff::may_act_at(db, staff_id, there, now).await
}

/// Whoever goes must be somebody who may, in the place.
async fn check_assignee(
    db: &Client,
    visit: &Visit,
    staff_id: i64,
    now: Timestamp,
) -> ApiResult<()> {
    if fits(db, visit, StaffId::new(staff_id), now).await? {
        return Ok(());
    }
    Err(ApiError::fields(vec![FieldError::new(
        "staff_id",
        "assignee_unfit",
        "nobody who may work this visit",
        "该人员不能承担此任务",
    )]))
}
