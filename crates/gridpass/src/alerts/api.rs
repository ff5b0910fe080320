//! The response team's inbox.

use axum::Json;
use axum::extract::State;

use super::model::{Alert, AlertQuery, AlertStatus, CloseInput};
use super::{handlers, store};
use crate::access::WorkAlerts;
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Staff};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::masking::{self, Shown, Viewer};

/// Alerts under a prefix within the caller's jurisdiction, oldest first.
#[utoipa::path(get, path = "/api/v1/alerts", operation_id = "list_alerts", tag = "alerts",
    security(("staff" = [])), params(AlertQuery, PageQuery),
    responses((status = 200, body = Page<Alert>), (status = 403, body = Problem)))]
pub async fn list_alerts(
    State(app): State<App>,
    staff: Staff<WorkAlerts>,
    extract::Query(query): extract::Query<AlertQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<Alert>>> {
    let limit = page.limit();
    let rows = match staff.caller.narrow(query.prefix.as_deref()) {
        Some(prefix) => {
            let db = staff.tx(&app).await?;
            store::list_alerts(&db, (&prefix, query.status), page.after(), limit).await?
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

/// Takes an alert: from now on the caller is on it.
#[utoipa::path(post, path = "/api/v1/alerts/{person_id}/{alert_id}/accept", operation_id = "accept_alert",
    tag = "alerts", security(("staff" = [])), params(("person_id" = i64, Path,), ("alert_id" = i64, Path,)),
    responses((status = 200, body = Alert), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn accept_alert(
    State(app): State<App>,
    alert: Authorised<Alert, WorkAlerts>,
) -> ApiResult<Json<Alert>> {
    let tx = alert.tx(&app).await?;
    let (by, alert) = (alert.caller.staff_id, alert.entity);
    if !store::accept_alert(&tx, &alert, by.get(), app.now()).await? {
        // A repeated call of whoever has it is answered alike.
        let mine = alert.status == AlertStatus::Accepted && alert.accepted_by == Some(by);
        return if mine {
            Ok(Json(alert))
        } else {
            Err(refusal(&alert).into())
        };
    }
    let id = alert.alert_id.get();
    handlers::tell(&tx, alert.place_code.clone(), id, "accepted").await?;
    let changed = store::find_alert(&tx, alert.person_id.get(), id).await?;
    tx.commit().await?;
    changed.map(Json).ok_or_else(|| Code::NotFound.into())
}

fn refusal(alert: &Alert) -> Code {
    match alert.status {
        AlertStatus::Closed => Code::AlertClosed,
        AlertStatus::Open | AlertStatus::Accepted => Code::Conflict,
    }
}

/// Ends an alert and says how.
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
    if !store::close_alert(&tx, &alert, input.outcome, (by.get(), app.now())).await? {
        return Err(Code::AlertClosed.into());
    }
    let id = alert.alert_id.get();
    handlers::tell(&tx, alert.place_code.clone(), id, "closed").await?;
    let changed = store::find_alert(&tx, alert.person_id.get(), id).await?;
    tx.commit().await?;
    changed.map(Json).ok_or_else(|| Code::NotFound.into())
}
