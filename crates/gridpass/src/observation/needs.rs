//! Requests of isolated households, and those who answer them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::clock::district_date;
use gridpass_types::ids::{PersonId, StaffId};

use super::model::{NeedQuery, NeedStatus, NeedView, NewNeed, Refusal, RefuseInput};
use super::store::needs::{self as rows, FoundNeed, NewNeedRow};
use super::{store, tell};
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
use crate::notify::{self, Notice};
use crate::seal::Field;

/// Open requests of one person; more would only hide the first.
const OPEN_MAX: i64 = 5;

/// Asks for something in the name of somebody who cannot do it on a phone.
#[utoipa::path(post, path = "/api/v1/people/{person_id}/needs", operation_id = "ask_need", tag = "observation",
    security(("staff" = [])), params(("person_id" = i64, Path,)), request_body = NewNeed,
    responses((status = 201, body = NeedView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn ask_need(
    State(app): State<App>,
    person: Authorised<Subject, WorkObservation>,
    extract::Json(input): extract::Json<NewNeed>,
) -> ApiResult<(StatusCode, Json<NeedView>)> {
    let tx = person.tx(&app).await?;
    let by = Some(person.caller.staff_id);
    let need = ask(&tx, &app, (person.entity.person_id, by), &input).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(need)))
}

/// Keeps a request of somebody under observation and tells the team.
pub(super) async fn ask(
    tx: &Client,
    app: &App,
    (person_id, by): (PersonId, Option<StaffId>),
    input: &NewNeed,
) -> ApiResult<NeedView> {
    let note = input.note()?;
    facts::lock_person(tx, person_id).await?;
    let now = app.now();
    let order = store::find_observing(tx, person_id, district_date(now)).await?;
    let order = order.ok_or(Code::NotObserved)?;
    if rows::count_open(tx, person_id).await? >= OPEN_MAX {
        return Err(Code::TooManyNeeds.into());
    }
    let need_id = app.ids.next();
    let seal = |note: &str| {
        let field = Field::NeedNote;
        app.sealer
            .seal(field, need_id, note.as_bytes(), &app.entropy)
    };
    let row = NewNeedRow {
        person_id,
        need_id,
        household_id: order.household_id,
        kind: input.kind,
        note_sealed: note.map(seal),
        asked_at: now,
        asked_by: by,
    };
    rows::insert_need(tx, &row).await?;
    tell(tx, &order.place_code, ("need", need_id)).await?;
    find(tx, app, (person_id.get(), need_id)).await
}

/// A request with its note; name and address are for lists.
async fn find(db: &Client, app: &App, id: (i64, i64)) -> ApiResult<NeedView> {
    let found = rows::find_need(db, id).await?.ok_or(Code::NotFound)?;
    with_note(app, found)
}

/// Opens the words of whoever asks.
pub(super) fn with_note(app: &App, found: FoundNeed) -> ApiResult<NeedView> {
    let mut need = found.need;
    need.note = match &found.note_sealed {
        Some(sealed) => Some(
            app.sealer
                .open_text(Field::NeedNote, need.need_id, sealed)?,
        ),
        None => None,
    };
    Ok(need)
}

/// Requests under a prefix within the caller's jurisdiction, oldest first.
#[utoipa::path(get, path = "/api/v1/needs", operation_id = "list_needs", tag = "observation",
    security(("staff" = [])), params(NeedQuery, PageQuery),
    responses((status = 200, body = Page<NeedView>), (status = 403, body = Problem)))]
pub async fn list_needs(
    State(app): State<App>,
    staff: Staff<WorkObservation>,
    extract::Query(query): extract::Query<NeedQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<NeedView>>> {
    let limit = page.limit();
    let found = match staff.caller.narrow(query.prefix.as_deref()) {
        Some(prefix) => {
            let db = staff.tx(&app).await?;
            rows::list_needs(&db, (&prefix, query.status), page.after(), limit).await?
        }
        None => Vec::new(),
    };
    audit::subjects(found.iter().map(|row| row.need.person_id));
    let viewer = Viewer::Staff(staff.caller.role);
    let items: ApiResult<Vec<NeedView>> = found
        .into_iter()
        .map(|row| listed(&app, viewer, row))
        .collect();
    Ok(Json(Page::new(items?, limit, |item| item.need_id)))
}

/// A request with name and address as far as the viewer sees them.
fn listed(app: &App, viewer: Viewer, row: FoundNeed) -> ApiResult<NeedView> {
    let person_id = row.need.person_id.get();
    let seen = |shown, sealed: Option<&[u8]>| {
        masking::show(&app.sealer, viewer, shown, (person_id, sealed))
    };
    let name = seen(Shown::Name, row.name_sealed.as_deref())?;
    let address = seen(Shown::Address, row.address_sealed.as_deref())?;
    let need = with_note(app, row)?;
    Ok(NeedView {
        name,
        address,
        ..need
    })
}

/// Takes a request: from now on the caller is on it.
#[utoipa::path(post, path = "/api/v1/needs/{person_id}/{need_id}/accept", operation_id = "accept_need",
    tag = "observation", security(("staff" = [])), params(("person_id" = i64, Path,), ("need_id" = i64, Path,)),
    responses((status = 200, body = NeedView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn accept_need(
    State(app): State<App>,
    need: Authorised<NeedView, WorkObservation>,
) -> ApiResult<Json<NeedView>> {
    let tx = need.tx(&app).await?;
    let (by, need) = (need.caller.staff_id, need.entity);
    if !rows::accept_need(&tx, &need, (by, app.now())).await? {
        // A repeated call of whoever has it is answered alike.
        return match need.status {
            NeedStatus::Accepted if need.accepted_by == Some(by) => {
                let id = (need.person_id.get(), need.need_id);
                find(&tx, &app, id).await.map(Json)
            }
            NeedStatus::Asked | NeedStatus::Accepted => Err(Code::Conflict.into()),
            NeedStatus::Delivered | NeedStatus::Refused => Err(Code::NeedClosed.into()),
        };
    }
    tell(&tx, &need.place_code, ("need", need.need_id)).await?;
    let changed = find(&tx, &app, (need.person_id.get(), need.need_id)).await?;
    tx.commit().await?;
    Ok(Json(changed))
}

/// Says that what was asked for is done; the person is told.
#[utoipa::path(post, path = "/api/v1/needs/{person_id}/{need_id}/deliver", operation_id = "deliver_need",
    tag = "observation", security(("staff" = [])), params(("person_id" = i64, Path,), ("need_id" = i64, Path,)),
    responses((status = 200, body = NeedView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn deliver_need(
    State(app): State<App>,
    need: Authorised<NeedView, WorkObservation>,
) -> ApiResult<Json<NeedView>> {
    close(&app, need, None).await.map(Json)
}

/// Refuses a request with a reason of a closed list; the person is told.
#[utoipa::path(post, path = "/api/v1/needs/{person_id}/{need_id}/refuse", operation_id = "refuse_need",
    tag = "observation", security(("staff" = [])), request_body = RefuseInput,
    params(("person_id" = i64, Path,), ("need_id" = i64, Path,)),
    responses((status = 200, body = NeedView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn refuse_need(
    State(app): State<App>,
    need: Authorised<NeedView, WorkObservation>,
    extract::Json(input): extract::Json<RefuseInput>,
) -> ApiResult<Json<NeedView>> {
    close(&app, need, Some(input.refusal)).await.map(Json)
}

/// Ends a request. The same ending again, by the same person, is answered alike.
async fn close(
    app: &App,
    need: Authorised<NeedView, WorkObservation>,
    refusal: Option<Refusal>,
) -> ApiResult<NeedView> {
    let tx = need.tx(app).await?;
    let (by, need) = (need.caller.staff_id, need.entity);
    let id = (need.person_id.get(), need.need_id);
    if !rows::close_need(&tx, &need, refusal, (by, app.now())).await? {
        let found = find(&tx, app, id).await?;
        let same = found.closed_by == Some(by) && found.refusal == refusal;
        return if same {
            Ok(found)
        } else {
            Err(Code::NeedClosed.into())
        };
    }
    let (what_zh, what_en) = need.kind.words();
    let notice = Notice::NeedAnswered {
        what_zh: what_zh.to_owned(),
        what_en: what_en.to_owned(),
        refused: refusal.map(Refusal::words),
    };
    notify::tell(&tx, app, need.person_id, &notice).await?;
    tell(&tx, &need.place_code, ("need", need.need_id)).await?;
    let changed = find(&tx, app, id).await?;
    tx.commit().await?;
    Ok(changed)
}
