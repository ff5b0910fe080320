//! Appeals for those who answer: the inbox, one appeal, giving it to somebody, deciding it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use gridpass_types::ids::StaffId;

use super::evidence::{self, Reader};
use super::model::{Appeal, AppealStatus, StepKind};
use super::open::{self, NewAppeal};
use super::own::added;
use super::store::{self, Wanted};
use super::wire::{
    AppealDetail, AppealEvidenceView, AppealInput, AppealOwner, AppealQuery, AppealView,
    AssignAppealInput, DecideInput, Whose, check_text,
};
use super::{decide, owner, tell, view};
use crate::access::{AssignAppeals, DecideAppeals, EnterAppeals, ReadAppeals};
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Caller, Entity, Staff, authorise};
use crate::db::Client;
use crate::facts::Subject;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};

/// Opens an appeal for somebody who stands at a counter, with or without a phone.
#[utoipa::path(post, path = "/api/v1/appeals", operation_id = "open_appeal", tag = "appeals",
    security(("staff" = [])), request_body = AppealInput,
    responses((status = 201, body = AppealDetail), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn open_appeal(
    State(app): State<App>,
    staff: Staff<EnterAppeals>,
    extract::Json(input): extract::Json<AppealInput>,
) -> ApiResult<(StatusCode, Json<AppealDetail>)> {
    let statement = check_text("statement", &input.statement)?;
    let person = authorise::<Subject>(&app, &staff.caller, input.person_id).await?;
    open::count(&app, person.person_id).await?;
    let new = NewAppeal {
        person_id: person.person_id,
        about: input.about,
        statement,
        opened_by: Some(staff.caller.staff_id),
    };
    let tx = staff.caller.tx_on(&app, &person).await?;
    let appeal = open::open(&tx, &app, &new).await?;
    let detail = view::detail(&tx, &app, (&staff.caller, &appeal)).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(detail)))
}

/// Appeals within the caller's jurisdiction, oldest first.
#[utoipa::path(get, path = "/api/v1/appeals", operation_id = "list_appeals", tag = "appeals",
    security(("staff" = [])), params(AppealQuery, PageQuery),
    responses((status = 200, body = Page<AppealView>), (status = 403, body = Problem)))]
pub async fn list_appeals(
    State(app): State<App>,
    staff: Staff<ReadAppeals>,
    extract::Query(query): extract::Query<AppealQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<AppealView>>> {
    let (limit, caller) = (page.limit(), &staff.caller);
    let db = staff.tx(&app).await?;
    let rows = match caller.narrow(query.prefix.as_deref()) {
        Some(prefix) => {
            let wanted = wanted(&app, caller, (&prefix, &query));
            store::list_appeals(&db, &wanted, page.after(), limit).await?
        }
        None => Vec::new(),
    };
    audit::subjects(rows.iter().map(|row| row.appeal.person_id));
    let items = view::listed(&db, &app, (caller, rows)).await?;
    Ok(Json(Page::new(items, limit, |item| item.appeal_id.get())))
}

fn wanted<'a>(
    app: &App,
    caller: &'a Caller,
    (prefix, query): (&'a str, &AppealQuery),
) -> Wanted<'a> {
    let whose = query.whose.unwrap_or(Whose::All);
    Wanted {
        prefix,
        status: query.status.unwrap_or(AppealStatus::Open),
        owner: (whose == Whose::Mine).then_some(caller.staff_id),
        unit: (whose == Whose::Unit).then_some(&caller.unit),
        late_at: query.late.unwrap_or(false).then(|| app.now()),
        person_id: query.person_id,
    }
}

/// One appeal with the person's words, what was shown, the facts behind it and every step.
#[utoipa::path(get, path = "/api/v1/appeals/{person_id}/{appeal_id}", operation_id = "get_appeal", tag = "appeals",
    security(("staff" = [])), params(("person_id" = i64, Path,), ("appeal_id" = i64, Path,)),
    responses((status = 200, body = AppealDetail), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_appeal(
    State(app): State<App>,
    appeal: Authorised<Appeal, ReadAppeals>,
) -> ApiResult<Json<AppealDetail>> {
    let db = appeal.tx(&app).await?;
    answer(&db, &app, (&appeal.caller, &appeal.entity)).await
}

async fn answer(db: &Client, app: &App, of: (&Caller, &Appeal)) -> ApiResult<Json<AppealDetail>> {
    view::detail(db, app, of).await.map(Json)
}

/// Adds a photo or paper that somebody shows at a counter.
#[utoipa::path(post, path = "/api/v1/appeals/{person_id}/{appeal_id}/evidence", operation_id = "add_appeal_evidence",
    tag = "appeals", security(("staff" = [])), params(("person_id" = i64, Path,), ("appeal_id" = i64, Path,)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = AppealEvidenceView), (status = 200, body = AppealEvidenceView),
              (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
              (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn add_appeal_evidence(
    State(app): State<App>,
    appeal: Authorised<Appeal, EnterAppeals>,
    extract::Body(upload): extract::Body,
) -> ApiResult<(StatusCode, Json<AppealEvidenceView>)> {
    let checked = evidence::check(&app, upload).await?;
    let tx = appeal.tx(&app).await?;
    let by = Some(appeal.caller.staff_id);
    let (view, new) = evidence::add(&tx, &app, &appeal.entity, (&checked, by)).await?;
    tx.commit().await?;
    Ok((added(new), Json(view)))
}

/// A photo or paper of an appeal with the appeal.
pub struct EvidenceOf {
    appeal: Appeal,
    view: AppealEvidenceView,
}

impl Entity for EvidenceOf {
    type Id = (i64, i64, i64);

    async fn load(
        _app: &App,
        db: &Client,
        (person_id, appeal_id, evidence_id): (i64, i64, i64),
    ) -> ApiResult<Option<Self>> {
        let Some(appeal) = store::find_appeal(db, person_id, appeal_id).await? else {
            return Ok(None);
        };
        let found = store::evidence::find_evidence(db, &appeal, evidence_id).await?;
        Ok(found.map(|view| Self { appeal, view }))
    }

    fn place_code(&self) -> &str {
        &self.appeal.place_code
    }

    fn subject(&self) -> Option<gridpass_types::ids::PersonId> {
        Some(self.appeal.person_id)
    }
}

/// A photo or paper that was shown for an appeal; the look is on record.
#[utoipa::path(get, path = "/api/v1/appeals/{person_id}/{appeal_id}/evidence/{evidence_id}",
    operation_id = "get_appeal_evidence", tag = "appeals", security(("staff" = [])),
    params(("person_id" = i64, Path,), ("appeal_id" = i64, Path,), ("evidence_id" = i64, Path,)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
              (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_appeal_evidence(
    State(app): State<App>,
    found: Authorised<EvidenceOf, ReadAppeals>,
) -> Response {
    let EvidenceOf { appeal, view } = found.entity;
    audit::object(format!("appeal_evidence/{}", view.evidence_id));
    let of = (appeal.person_id, view);
    let reader = Reader::Staff(Box::new(found.caller), Box::new(appeal));
    evidence::answer(&app, reader, of)
}

/// Those to whom an appeal can be given at its level: nobody who set its cause.
#[utoipa::path(get, path = "/api/v1/appeals/{person_id}/{appeal_id}/assignees",
    operation_id = "list_appeal_assignees", tag = "appeals", security(("staff" = [])),
    params(("person_id" = i64, Path,), ("appeal_id" = i64, Path,)),
    responses((status = 200, body = Vec<AppealOwner>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list_appeal_assignees(
    State(app): State<App>,
    appeal: Authorised<Appeal, AssignAppeals>,
) -> ApiResult<Json<Vec<AppealOwner>>> {
    let db = appeal.tx(&app).await?;
    owner::candidates(&db, &app, &appeal.entity).await.map(Json)
}

/// Gives an open appeal to somebody else; its deadline stays.
#[utoipa::path(post, path = "/api/v1/appeals/{person_id}/{appeal_id}/assign", operation_id = "assign_appeal",
    tag = "appeals", security(("staff" = [])), request_body = AssignAppealInput,
    params(("person_id" = i64, Path,), ("appeal_id" = i64, Path,)),
    responses((status = 200, body = AppealDetail), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn assign_appeal(
    State(app): State<App>,
    appeal: Authorised<Appeal, AssignAppeals>,
    extract::Json(input): extract::Json<AssignAppealInput>,
) -> ApiResult<Json<AppealDetail>> {
    let tx = appeal.tx(&app).await?;
    let mut changed = decide::lock(&tx, &appeal.entity).await?;
    if changed.status != AppealStatus::Open {
        return Err(Code::AppealClosed.into());
    }
    let to = StaffId::new(input.staff_id);
    let fit = owner::candidates(&tx, &app, &changed).await?;
    if !fit.iter().any(|one| one.staff_id == to) {
        return Err(assignee_unfit());
    }
    changed.owner_id = Some(to);
    store::update_owner(&tx, &changed).await?;
    let by = Some(appeal.caller.staff_id);
    open::step(&tx, &app, &changed, (StepKind::Assigned, by, None)).await?;
    tell(&tx, &changed).await?;
    let detail = answer(&tx, &app, (&appeal.caller, &changed)).await?;
    tx.commit().await?;
    Ok(detail)
}

fn assignee_unfit() -> ApiError {
    ApiError::fields(vec![FieldError::new(
        "staff_id",
        "assignee_unfit",
        "nobody who may decide this appeal",
        "该人员不能办理此申诉",
    )])
}

/// Decides an appeal with a reason and words for the person. In favour, what caused it is
/// withdrawn in the same transaction and the pass changes at the next scan.
#[utoipa::path(post, path = "/api/v1/appeals/{person_id}/{appeal_id}/decide", operation_id = "decide_appeal",
    tag = "appeals", security(("staff" = [])), request_body = DecideInput,
    params(("person_id" = i64, Path,), ("appeal_id" = i64, Path,)),
    responses((status = 200, body = AppealDetail), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn decide_appeal(
    State(app): State<App>,
    appeal: Authorised<Appeal, DecideAppeals>,
    extract::Json(input): extract::Json<DecideInput>,
) -> ApiResult<Json<AppealDetail>> {
    let (caller, asked) = (&appeal.caller, &appeal.entity);
    decide::decide(&app, asked, (caller, &input)).await?;
    let db = appeal.tx(&app).await?;
    answer(&db, &app, (caller, asked)).await
}
