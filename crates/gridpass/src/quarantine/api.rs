//! Listing orders.

use axum::Json;
use axum::extract::State;

use super::model::{OrderPage, OrderQuery, OrderStatus, QuarantineOrder};
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
