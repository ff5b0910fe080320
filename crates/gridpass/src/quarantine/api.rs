//! Listing orders.

use axum::Json;
use axum::extract::State;

use super::model::{OrderPage, OrderQuery, OrderStatus};
use super::store;
use crate::access::ReadQuarantine;
use crate::app::App;
use crate::audit;
use crate::auth::Staff;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::masking::{self, Shown, Viewer};

/// Orders under a prefix within the caller's jurisdiction, with how many people and
/// households they concern.
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
        rows = store::list_orders(&db, (&prefix, status), page.after(), limit).await?;
        (persons, households) = store::count_orders(&db, &prefix, status).await?;
    }
    audit::subjects(rows.iter().map(|(order, _)| order.person_id));
    let viewer = Viewer::Staff(staff.caller.role);
    let mut items = Vec::with_capacity(rows.len());
    for (mut order, sealed) in rows {
        let name = (order.person_id.get(), sealed.as_deref());
        order.name = masking::show(&app.sealer, viewer, Shown::Name, name)?;
        items.push(order);
    }
    let Page { items, next } = Page::new(items, limit, |item| item.order_id.get());
    Ok(Json(OrderPage {
        items,
        next,
        persons,
        households,
    }))
}
