//! The response team's inbox.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;

use super::handlers::{self, Told};
use super::model::{
    AcceptInput, Alert, AlertFollow, AlertNotice, AlertQuery, AlertStatus, AlertStep, CloseInput,
    StepKind, kind_for, level_of,
};
use super::store::{self, steps};
use crate::access::{ReadAlerts, WorkAlerts};
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Staff};
use crate::db::Tx;
use crate::facts;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::jobs::outbox;
use crate::masking::{self, Shown, Viewer};

/// Within which somebody calls at the door of a person who was not found.
const VISIT_HOURS: u16 = 4;
/// Steps shown of an alert at most.
const STEPS_MAX: i64 = 200;
/// Notices shown at most.
const NOTICES_MAX: i64 = 100;

/// Alerts under a prefix within the caller's jurisdiction, oldest first.
#[utoipa::path(get, path = "/api/v1/alerts", operation_id = "list_alerts", tag = "alerts",
    security(("staff" = [])), params(AlertQuery, PageQuery),
    responses((status = 200, body = Page<Alert>), (status = 403, body = Problem)))]
pub async fn list_alerts(
    State(app): State<App>,
    staff: Staff<ReadAlerts>,
    extract::Query(query): extract::Query<AlertQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<Alert>>> {
    let limit = page.limit();
    let rows = match staff.caller.narrow(query.prefix.as_deref()) {
        Some(prefix) => {
            let db = staff.tx(&app).await?;
            let which = (prefix.as_str(), query.status, kind_for(staff.caller.role));
            store::list_alerts(&db, which, page.after(), limit).await?
        }
        None => Vec::new(),
    };
    audit::subjects(rows.iter().map(|(alert, _)| alert.person_id));
    let viewer = Viewer::Staff(staff.caller.role);
    let mut items = Vec::with_capacity(rows.len());
    for (mut alert, name_sealed) in rows {
        let name = (alert.person_id.get(), name_sealed.as_deref());
        alert.name = masking::show(&app.sealer, viewer, Shown::Name, name)?;
        items.push(alert);
    }
    Ok(Json(Page::new(items, limit, |item| item.alert_id.get())))
}

/// Takes an alert: from now on the caller is on it, and the clock of arriving runs. One that
/// somebody took and did not get to in time may be taken over. Whoever has it says by the same
/// call when they will be there, as often as that changes; the clock of arriving stays.
#[utoipa::path(post, path = "/api/v1/alerts/{person_id}/{alert_id}/accept", operation_id = "accept_alert",
    tag = "alerts", security(("staff" = [])), params(("person_id" = i64, Path,), ("alert_id" = i64, Path,)),
    request_body = AcceptInput,
    responses((status = 200, body = Alert), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn accept_alert(
    State(app): State<App>,
    alert: Authorised<Alert, WorkAlerts>,
    extract::JsonIfAny(input): extract::JsonIfAny<AcceptInput>,
) -> ApiResult<Json<Alert>> {
    let now = app.now();
    input.check(now)?;
    let tx = alert.tx(&app).await?;
    let (by, alert) = (alert.caller.staff_id, alert.entity);
    let due_at = now + app.settings.response.arrive_max;
    let said = (by.get(), input.expected_at);
    if store::accept_alert(&tx, &alert, said, (now, due_at)).await? {
        return after_step(tx, &app, &alert, (StepKind::Accepted, said)).await;
    }
    if let Some(at) = input.expected_at
        && store::expect_arrival(&tx, &alert, (by.get(), at)).await?
    {
        return after_step(tx, &app, &alert, (StepKind::OnTheWay, said)).await;
    }
    // A repeated call of whoever has it is answered alike.
    let mine = alert.status == AlertStatus::Accepted && alert.accepted_by == Some(by);
    if mine {
        Ok(Json(alert))
    } else {
        Err(refusal(&alert).into())
    }
}

/// Keeps and tells a step, commits, and answers the alert as it is now.
async fn after_step(
    tx: Tx,
    app: &App,
    alert: &Alert,
    (step, (by, expected_at)): (StepKind, (i64, Option<Timestamp>)),
) -> ApiResult<Json<Alert>> {
    let told = Told {
        step,
        level: alert.level,
        by: Some(by),
        expected_at,
    };
    handlers::tell(&tx, app, alert, told).await?;
    let changed = store::find_alert(&tx, alert.person_id.get(), alert.alert_id.get()).await?;
    tx.commit().await?;
    changed.map(Json).ok_or_else(|| Code::NotFound.into())
}

fn refusal(alert: &Alert) -> Code {
    match alert.status {
        AlertStatus::Closed => Code::AlertClosed,
        AlertStatus::Open | AlertStatus::Accepted => Code::Conflict,
    }
}

/// Says that somebody of the team is there. Repeated by the same person it is answered alike.
#[utoipa::path(post, path = "/api/v1/alerts/{person_id}/{alert_id}/arrive", operation_id = "arrive_at_alert",
    tag = "alerts", security(("staff" = [])), params(("person_id" = i64, Path,), ("alert_id" = i64, Path,)),
    responses((status = 200, body = Alert), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn arrive_at_alert(
    State(app): State<App>,
    alert: Authorised<Alert, WorkAlerts>,
) -> ApiResult<Json<Alert>> {
    let tx = alert.tx(&app).await?;
    let (by, alert) = (alert.caller.staff_id, alert.entity);
    if !store::arrive_at_alert(&tx, &alert, (by.get(), app.now())).await? {
        return match alert.status {
            AlertStatus::Open => Err(Code::AlertNotAccepted.into()),
            AlertStatus::Accepted if alert.arrived_by == Some(by) => Ok(Json(alert)),
            AlertStatus::Accepted | AlertStatus::Closed => Err(refusal(&alert).into()),
        };
    }
    after_step(tx, &app, &alert, (StepKind::Arrived, (by.get(), None))).await
}

/// Ends an alert and says how. Whatever the outcome, nothing is done to the person by it: an
/// order takes two people. Somebody who was not found gets a call at the door. One that nobody
/// accepted ends as a false alarm or advised only: for the rest somebody has to have gone.
#[utoipa::path(post, path = "/api/v1/alerts/{person_id}/{alert_id}/close", operation_id = "close_alert",
    tag = "alerts", security(("staff" = [])), request_body = CloseInput,
    params(("person_id" = i64, Path,), ("alert_id" = i64, Path,)),
    responses((status = 200, body = Alert), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn close_alert(
    State(app): State<App>,
    alert: Authorised<Alert, WorkAlerts>,
    extract::Json(input): extract::Json<CloseInput>,
) -> ApiResult<Json<Alert>> {
    let tx = alert.tx(&app).await?;
    let (by, alert) = (alert.caller.staff_id, alert.entity);
    let now = app.now();
    if !store::close_alert(&tx, &alert, input.outcome, (Some(by.get()), now)).await? {
        // Read anew: somebody may have taken or closed it since it was loaded.
        let found = store::find_alert(&tx, alert.person_id.get(), alert.alert_id.get()).await?;
        let open = found.is_some_and(|alert| alert.status == AlertStatus::Open);
        let code = if open {
            Code::AlertNotAccepted
        } else {
            Code::AlertClosed
        };
        return Err(code.into());
    }
    if input.outcome.follow() == Some(AlertFollow::Visit) {
        let cause = ("alert_not_found", VISIT_HOURS);
        let visit = facts::visit_needed(alert.person_id, cause, None, now);
        outbox::insert(&tx, &[visit], now).await?;
    }
    after_step(tx, &app, &alert, (StepKind::Closed, (by.get(), None))).await
}

/// What happened to an alert, step by step.
#[utoipa::path(get, path = "/api/v1/alerts/{person_id}/{alert_id}/steps", operation_id = "list_alert_steps",
    tag = "alerts", security(("staff" = [])), params(("person_id" = i64, Path,), ("alert_id" = i64, Path,)),
    responses((status = 200, body = Vec<AlertStep>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list_alert_steps(
    State(app): State<App>,
    alert: Authorised<Alert, ReadAlerts>,
) -> ApiResult<Json<Vec<AlertStep>>> {
    let db = alert.tx(&app).await?;
    let (person_id, alert_id) = (alert.entity.person_id, alert.entity.alert_id);
    let found = steps::list_steps(&db, person_id.get(), alert_id.get(), STEPS_MAX).await?;
    Ok(Json(found))
}

/// Notices to the staff of the caller's level: alerts below that went unanswered, newest first.
#[utoipa::path(get, path = "/api/v1/alert-notices", operation_id = "list_alert_notices", tag = "alerts",
    security(("staff" = [])), responses((status = 200, body = Vec<AlertNotice>), (status = 403, body = Problem)))]
pub async fn list_alert_notices(
    State(app): State<App>,
    staff: Staff<ReadAlerts>,
) -> ApiResult<Json<Vec<AlertNotice>>> {
    let mut notices = Vec::new();
    if let Some(prefix) = staff.caller.narrow(None) {
        let db = staff.tx(&app).await?;
        let to = (
            prefix.as_str(),
            level_of(&prefix),
            kind_for(staff.caller.role),
        );
        notices = steps::list_notices(&db, to, NOTICES_MAX).await?;
    }
    audit::subjects(notices.iter().map(|notice| notice.alert.person_id));
    Ok(Json(notices))
}
