//! Seeing and deciding holds, and the rhythm of sources.

use axum::Json;
use axum::extract::State;

use super::look::tell;
use super::model::{
    HoldStatus, KeepHold, NewRhythm, ReleaseHold, SourceView, StepKind, TimeHold, TimeHoldQuery,
    TimeHoldView,
};
use super::{sources, store};
use crate::access::{DecideHolds, ReadHolds, SetRhythms};
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Entity, Staff};
use crate::db::Client;
use crate::facts;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem, check_note};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};

impl Entity for TimeHold {
    type Id = i64;

    async fn load(_app: &App, db: &Client, id: i64) -> ApiResult<Option<Self>> {
        Ok(store::find_hold(db, id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }
}

/// Holds on passing time within the caller's jurisdiction, oldest first.
#[utoipa::path(get, path = "/api/v1/time-holds", operation_id = "list_time_holds", tag = "holds",
    security(("staff" = [])), params(TimeHoldQuery, PageQuery),
    responses((status = 200, body = Page<TimeHold>), (status = 403, body = Problem)))]
pub async fn list_time_holds(
    State(app): State<App>,
    staff: Staff<ReadHolds>,
    extract::Query(query): extract::Query<TimeHoldQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<TimeHold>>> {
    let limit = page.limit();
    let db = staff.tx(&app).await?;
    let wanted = (staff.caller.jurisdiction.as_str(), query.status);
    let mut items = store::list_holds(&db, wanted, page.after(), limit).await?;
    count(&db, items.iter_mut()).await?;
    Ok(Json(Page::new(items, limit, |item| item.hold_id)))
}

/// Fills in how many are held now.
async fn count(db: &Client, holds: impl Iterator<Item = &mut TimeHold>) -> ApiResult<()> {
    let holds: Vec<&mut TimeHold> = holds.collect();
    let ids: Vec<i64> = holds.iter().map(|hold| hold.hold_id).collect();
    let held = facts::count_held(db, &ids).await?;
    for hold in holds {
        hold.held_now = held.get(&hold.hold_id).copied().unwrap_or(0);
    }
    Ok(())
}

async fn view(db: &Client, mut hold: TimeHold) -> ApiResult<Json<TimeHoldView>> {
    count(db, std::iter::once(&mut hold)).await?;
    let steps = store::list_steps(db, hold.hold_id).await?;
    Ok(Json(TimeHoldView { hold, steps }))
}

/// A hold with everything that happened to it.
#[utoipa::path(get, path = "/api/v1/time-holds/{hold_id}", operation_id = "get_time_hold", tag = "holds",
    security(("staff" = [])), params(("hold_id" = i64, Path,)),
    responses((status = 200, body = TimeHoldView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_time_hold(
    State(app): State<App>,
    hold: Authorised<TimeHold, ReadHolds>,
) -> ApiResult<Json<TimeHoldView>> {
    let db = hold.tx(&app).await?;
    view(&db, hold.entity).await
}

/// Lets the dates of a hold take effect: from the next scan on, at every gate.
#[utoipa::path(post, path = "/api/v1/time-holds/{hold_id}/release", operation_id = "release_time_hold", tag = "holds",
    security(("staff" = [])), params(("hold_id" = i64, Path,)), request_body = ReleaseHold,
    responses((status = 200, body = TimeHoldView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn release_time_hold(
    State(app): State<App>,
    hold: Authorised<TimeHold, DecideHolds>,
    extract::Json(input): extract::Json<ReleaseHold>,
) -> ApiResult<Json<TimeHoldView>> {
    check_note(&input.note)?;
    let decided = (HoldStatus::Released, StepKind::Released);
    decide(&app, hold, (decided, None), &input.note).await
}

/// Keeps the old colours for a time; then somebody is asked again. Whoever gets new evidence
/// meanwhile has the colour that follows from it.
#[utoipa::path(post, path = "/api/v1/time-holds/{hold_id}/keep", operation_id = "keep_time_hold", tag = "holds",
    security(("staff" = [])), params(("hold_id" = i64, Path,)), request_body = KeepHold,
    responses((status = 200, body = TimeHoldView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn keep_time_hold(
    State(app): State<App>,
    hold: Authorised<TimeHold, DecideHolds>,
    extract::Json(input): extract::Json<KeepHold>,
) -> ApiResult<Json<TimeHoldView>> {
    input.check(app.now())?;
    let decided = (HoldStatus::Kept, StepKind::Kept);
    decide(&app, hold, (decided, Some(input.until_at)), &input.note).await
}

async fn decide(
    app: &App,
    asked: Authorised<TimeHold, DecideHolds>,
    ((status, step), kept_until): ((HoldStatus, StepKind), Option<jiff::Timestamp>),
    note: &str,
) -> ApiResult<Json<TimeHoldView>> {
    let tx = asked.tx(app).await?;
    let hold = store::lock_hold(&tx, asked.entity.hold_id).await?;
    let mut hold = hold.ok_or(Code::NotFound)?;
    if !hold.status.is_open() {
        return Err(Code::TimeHoldDecided.into());
    }
    let (now, by) = (app.now(), asked.caller.staff_id);
    hold.status = status;
    hold.kept_until = kept_until;
    hold.decided_at = Some(now);
    hold.decided_by = Some(by);
    store::update_hold(&tx, &hold).await?;
    let held = facts::count_held(&tx, &[hold.hold_id]).await?;
    let people = held.get(&hold.hold_id).copied().unwrap_or(0);
    let ids = (hold.hold_id, app.ids.next());
    store::insert_step(&tx, ids, (step, people), (now, Some(by), note.trim())).await?;
    if status == HoldStatus::Released {
        facts::end_hold(&tx, app, hold.hold_id, true).await?;
    }
    audit::object(format!("time_hold/{}", hold.hold_id));
    tell(&tx, &hold.place_code).await?;
    let answer = view(&tx, hold).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(answer)
}

/// Sources that have a rhythm, with when they were last heard of and whether they are late.
#[utoipa::path(get, path = "/api/v1/sources", operation_id = "list_sources", tag = "holds",
    security(("staff" = [])),
    responses((status = 200, body = [SourceView]), (status = 403, body = Problem)))]
pub async fn list_sources(
    State(app): State<App>,
    _staff: Staff<ReadHolds>,
) -> ApiResult<Json<Vec<SourceView>>> {
    let db = app.db.client().await?;
    let mut views = Vec::new();
    for rhythm in store::list_rhythms(&db).await? {
        views.extend(sources::view(&db, &rhythm, app.now()).await?);
    }
    Ok(Json(views))
}

/// Says how often a source is to be heard of, or goes by its imports again.
#[utoipa::path(post, path = "/api/v1/sources/rhythm", operation_id = "set_source_rhythm", tag = "holds",
    security(("staff" = [])), request_body = NewRhythm,
    responses((status = 204), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn set_source_rhythm(
    State(app): State<App>,
    staff: Staff<SetRhythms>,
    extract::Json(input): extract::Json<NewRhythm>,
) -> ApiResult<axum::http::StatusCode> {
    input.check()?;
    let tx = staff.tx(&app).await?;
    match input.every_hours {
        Some(hours) => {
            let by = (staff.caller.staff_id, app.now());
            store::set_rhythm(&tx, (&input, hours), by).await?;
        }
        None => store::delete_rhythm(&tx, input.source.trim()).await?,
    }
    audit::object(format!("source/{}", input.source.trim()));
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(axum::http::StatusCode::NO_CONTENT)
}
