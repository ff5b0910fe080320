//! Issuing, printing, checking and withdrawing papers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::ids::QuarantineOrderId;
use jiff::SignedDuration;

use super::checker::Checker;
use super::compose::compose;
use super::model::{
    CheckInput, CheckedPaper, IssuedPaper, NewPaper, PaperKind, PaperQuery, PaperView,
};
use super::serial::Serial;
use super::store;
use crate::access::IssuePapers;
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Caller, Staff, authorise};
use crate::facts::Subject;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::limits::{self, Limit};
use crate::masking::{self, Shown, Viewer};
use crate::people;

/// Papers one member of staff, or one gate, may check within an hour: a counter's work, not a search.
const CHECKS: Limit = Limit {
    kind: "paper_checks",
    uses_max: 120,
    window: SignedDuration::from_hours(1),
    code: Code::TooManyRequests,
};

/// Issues a paper: the notice that an observation is over, or the proof of residence. It says
/// what the record says now, and is refused when the record says otherwise.
#[utoipa::path(post, path = "/api/v1/papers", operation_id = "issue_paper", tag = "papers",
    security(("staff" = [])), request_body = NewPaper,
    responses((status = 201, body = PaperView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn issue_paper(
    State(app): State<App>,
    staff: Staff<IssuePapers>,
    extract::Json(input): extract::Json<NewPaper>,
) -> ApiResult<(StatusCode, Json<PaperView>)> {
    check_order(&input)?;
    let person = authorise::<Subject>(&app, &staff.caller, input.person_id).await?;
    let view = issue(&app, (&person, &staff.caller), &input).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

fn check_order(input: &NewPaper) -> ApiResult<()> {
    if (input.kind == PaperKind::ObservationEnd) == input.order_id.is_some() {
        return Ok(());
    }
    Err(ApiError::fields(vec![FieldError::new(
        "order_id",
        "paper_order",
        "names the order of an end-of-observation notice, and of nothing else",
        "解除通知书须指明隔离令，其他证明不得填写",
    )]))
}

async fn issue(
    app: &App,
    (person, caller): (&Subject, &Caller),
    input: &NewPaper,
) -> ApiResult<PaperView> {
    let paper = IssuedPaper {
        person_id: person.person_id,
        paper_id: app.ids.next(),
        name: None,
        kind: input.kind,
        order_id: input.order_id.map(QuarantineOrderId::new),
        place_code: person.place_code.clone(),
        issued_at: app.now(),
        issued_by: caller.staff_id,
        issued_unit: caller.unit.clone(),
        withdrawn_at: None,
    };
    let tx = caller.tx_on(app, person).await?;
    let view = compose(&tx, app, paper, caller).await?;
    store::insert_paper(&tx, &view.paper).await?;
    tx.commit().await?;
    Ok(view)
}

/// Papers issued under a prefix within the caller's jurisdiction, the newest first; the next page
/// goes on below `after`.
#[utoipa::path(get, path = "/api/v1/papers", operation_id = "list_papers", tag = "papers",
    security(("staff" = [])), params(PaperQuery, PageQuery),
    responses((status = 200, body = Page<IssuedPaper>), (status = 403, body = Problem)))]
pub async fn list_papers(
    State(app): State<App>,
    staff: Staff<IssuePapers>,
    extract::Query(query): extract::Query<PaperQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<IssuedPaper>>> {
    let limit = page.limit();
    let rows = match staff.caller.narrow(query.prefix.as_deref()) {
        Some(prefix) => {
            let db = staff.tx(&app).await?;
            let which = (prefix.as_str(), query.person_id);
            store::list_papers(&db, which, page.after(), limit).await?
        }
        None => Vec::new(),
    };
    audit::subjects(rows.iter().map(|(paper, _)| paper.person_id));
    let viewer = Viewer::Staff(staff.caller.role);
    let mut items = Vec::with_capacity(rows.len());
    for (mut paper, sealed) in rows {
        let name = (paper.person_id.get(), sealed.as_deref());
        paper.name = masking::show(&app.sealer, viewer, Shown::Name, name)?;
        items.push(paper);
    }
    Ok(Json(Page::new(items, limit, |item| item.paper_id)))
}

/// A paper, to print it again.
#[utoipa::path(get, path = "/api/v1/papers/{person_id}/{paper_id}", operation_id = "get_paper", tag = "papers",
    security(("staff" = [])), params(("person_id" = i64, Path,), ("paper_id" = i64, Path,)),
    responses((status = 200, body = PaperView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn get_paper(
    State(app): State<App>,
    paper: Authorised<IssuedPaper, IssuePapers>,
) -> ApiResult<Json<PaperView>> {
    let db = paper.tx(&app).await?;
    if paper.entity.withdrawn_at.is_some() {
        return Err(Code::PaperWithdrawn.into());
    }
    compose(&db, &app, paper.entity, &paper.caller)
        .await
        .map(Json)
}

/// Takes a paper back: from now on a check says so.
#[utoipa::path(post, path = "/api/v1/papers/{person_id}/{paper_id}/withdraw", operation_id = "withdraw_paper",
    tag = "papers", security(("staff" = [])), params(("person_id" = i64, Path,), ("paper_id" = i64, Path,)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn withdraw_paper(
    State(app): State<App>,
    paper: Authorised<IssuedPaper, IssuePapers>,
) -> ApiResult<StatusCode> {
    let tx = paper.tx(&app).await?;
    let key = (paper.entity.person_id, paper.entity.paper_id);
    let by = (paper.caller.staff_id.get(), app.now());
    if !store::withdraw_paper(&tx, key, by).await? {
        return Err(Code::PaperWithdrawn.into());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Checks a paper that somebody shows, wherever it was issued: whether it is genuine, for whom,
/// and whether it still counts. The number of checks an hour is limited.
#[utoipa::path(post, path = "/api/v1/papers/check", operation_id = "check_paper", tag = "papers",
    security(("staff" = []), ("shift" = [])), request_body = CheckInput,
    responses((status = 200, body = CheckedPaper), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 429, body = Problem)))]
pub async fn check_paper(
    State(app): State<App>,
    checker: Checker,
    extract::Json(input): extract::Json<CheckInput>,
) -> ApiResult<Json<CheckedPaper>> {
    let key = app.sealer.digest("paper_checks", &checker.counted_as());
    limits::take(&app, &CHECKS, &key).await?;
    let serial = Serial::read(&input.serial).ok_or(Code::PaperUnknown)?;
    // The engine looks: whoever shows the paper may come from anywhere, and only what stands on
    // the paper is answered.
    let db = app.db.client().await?;
    let found = store::find_by_number(&db, serial.paper_id).await?;
    let (paper, sealed) = found.ok_or(Code::PaperUnknown)?;
    if !serial.fits(&app.sealer, (paper.person_id, paper.kind)) {
        return Err(Code::PaperUnknown.into());
    }
    audit::subject(paper.person_id);
    let sealed = sealed.ok_or(Code::PaperUnknown)?;
    let name = people::open_name(&app.sealer, paper.person_id, &sealed)?;
    Ok(Json(CheckedPaper {
        kind: paper.kind,
        name_masked: name.masked(),
        issued_at: paper.issued_at,
        issued_unit: paper.issued_unit,
        withdrawn_at: paper.withdrawn_at,
    }))
}
