//! Listing orders, and what happened to one.

use axum::Json;
use axum::extract::State;

use super::model::{OrderPage, OrderQuery, OrderStatus, OrderStep, OrderStepKind, QuarantineOrder};
use super::store::{self, steps};
use crate::access::ReadQuarantine;
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Staff};
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::masking::{self, Shown, Viewer};

/// Steps shown of an order at most.
const STEPS_MAX: i64 = 200;

/// Orders under a prefix within the caller's jurisdiction, the newest first, with how many people
/// and households they concern; the next page goes on below `after`.
#[utoipa::path(get, path = "/api/v1/quarantine-orders", operation_id = "list_quarantine_orders", tag = "quarantine",
    security(("staff" = [])), params(OrderQuery, PageQuery),
    responses((status = 200, body = OrderPage), (status = 403, body = Problem)))]
pub async fn list_quarantine_orders(
    State(app): State<App>,
    staff: Staff<ReadQuarantine>,
    extract::Query(query): extract::Query<OrderQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<OrderPage>> {
    let limit = page.limit();
    let status = query.status.unwrap_or(OrderStatus::Live);
    let mut rows = Vec::new();
    let (mut persons, mut households) = (0, 0);
    if let Some(prefix) = staff.caller.narrow(query.prefix.as_deref()) {
        let db = staff.tx(&app).await?;
        let which = (prefix.as_str(), status, query.person_id);
        rows = store::list_orders(&db, which, page.after(), limit).await?;
        (persons, households) = store::count_orders(&db, which).await?;
    }
    audit::subjects(rows.iter().map(|(order, _)| order.person_id));
    let items = with_names(&app, Viewer::Staff(staff.caller.role), rows)?;
    let Page { items, next } = Page::new(items, limit, |item| item.order_id.get());
    Ok(Json(OrderPage {
        items,
        next,
        persons,
        households,
    }))
}

/// Who changed what of an order and when, with the paper behind each step.
#[utoipa::path(get, path = "/api/v1/quarantine-orders/{person_id}/{order_id}/steps", operation_id = "list_order_steps",
    tag = "quarantine", security(("staff" = [])), params(("person_id" = i64, Path,), ("order_id" = i64, Path,)),
    responses((status = 200, body = Vec<OrderStep>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list_order_steps(
    State(app): State<App>,
    order: Authorised<QuarantineOrder, ReadQuarantine>,
) -> ApiResult<Json<Vec<OrderStep>>> {
    let db = order.tx(&app).await?;
    let order = &order.entity;
    let mut found = steps::list_steps(&db, order, STEPS_MAX).await?;
    let released = found
        .iter()
        .any(|step| step.step == OrderStepKind::Released);
    if order.is_over(app.now()) && !released {
        found.push(OrderStep::completed(order));
    }
    Ok(Json(found))
}

/// Orders with the names as far as the viewer sees them.
fn with_names(
    app: &App,
    viewer: Viewer,
    rows: Vec<(QuarantineOrder, Option<Vec<u8>>)>,
) -> ApiResult<Vec<QuarantineOrder>> {
    let named = rows.into_iter().map(|(mut order, sealed)| {
        let name = (order.person_id.get(), sealed.as_deref());
        order.name = masking::show(&app.sealer, viewer, Shown::Name, name)?;
        Ok(order)
    });
    named.collect()
}
