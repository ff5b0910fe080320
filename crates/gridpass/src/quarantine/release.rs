//! The end of an order, towards green: one person does it.

use axum::Json;
use axum::extract::State;

use super::change::{Basis, begin, finish};
use super::ground::{OrderRelease, ReleaseGround};
use super::model::{OrderStatus, OrderStepKind, OrderView, QuarantineOrder};
use crate::access::{AppendMedicalFacts, OrderQuarantine};
use crate::app::App;
use crate::auth::Authorised;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::notify::{self, Notice};

/// Releases a person before the order's last day, on a ground of the closed list: a doctor's
/// discharge completes the order and clears the exposures it was for, everything else cancels it
/// and clears nothing. From the last day on nobody has to: the order is over by the rules.
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
    let ground = input.ground()?;
    if ground == ReleaseGround::MedicalDischarge {
        order.caller.require::<AppendMedicalFacts>()?;
    }
    changed.status = OrderStatus::Released;
    changed.released_at = Some(app.now());
    changed.end_reason = Some(input.end_reason);
    let by = order.caller.staff_id;
    let done = (OrderStepKind::Released, None);
    let basis = Basis::Release(ground, input.document);
    let view = finish(&tx, &app, (changed, done), (by, basis)).await?;
    let notice = Notice::OrderReleased {
        end_reason: input.end_reason,
        unit: order.caller.unit.clone(),
    };
    notify::tell(&tx, &app, order.entity.person_id, &notice).await?;
    tx.commit().await?;
    Ok(Json(view))
}
