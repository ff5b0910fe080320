//! The end of an order, towards green: one person does it.

use axum::Json;
use axum::extract::State;

use super::change::{begin, finish};
use super::model::{OrderRelease, OrderStatus, OrderStepKind, OrderView, QuarantineOrder};
use crate::access::OrderQuarantine;
use crate::app::App;
use crate::auth::Authorised;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::notify::{self, Notice};

/// Releases a person: completed clears the exposures the order was for, cancelled nothing.
#[utoipa::path(post, path = "/api/v1/quarantine-orders/{person_id}/{order_id}/release", operation_id = "release_quarantine",
    tag = "quarantine", security(("staff" = [])), request_body = OrderRelease,
    params(("person_id" = i64, Path,), ("order_id" = i64, Path,)),
    responses((status = 200, body = OrderView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn release_quarantine(
    State(app): State<App>,
    order: Authorised<QuarantineOrder, OrderQuarantine>,
    extract::Json(input): extract::Json<OrderRelease>,
) -> ApiResult<Json<OrderView>> {
    let tx = order.tx(&app).await?;
    let ids = (order.entity.person_id, order.entity.order_id);
    let mut changed = begin(&tx, &app, ids).await?;
    changed.status = OrderStatus::Released;
    changed.released_at = Some(app.now());
    changed.end_reason = Some(input.end_reason);
    let by = order.caller.staff_id;
    let done = (OrderStepKind::Released, None);
    let view = finish(&tx, &app, (changed, done), (by, None)).await?;
    let notice = Notice::OrderReleased {
        end_reason: input.end_reason,
        unit: order.caller.unit.clone(),
    };
    notify::tell(&tx, &app, order.entity.person_id, &notice).await?;
    tx.commit().await?;
    Ok(Json(view))
}
