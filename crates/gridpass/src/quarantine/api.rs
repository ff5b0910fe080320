//! Starting and listing orders.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::clock::district_date;
use gridpass_types::ids::{QuarantineOrderId, StaffId};

use super::model::{NewOrder, OrderPage, OrderQuery, OrderStatus, OrderView, QuarantineOrder};
use super::store;
use crate::access::{OrderQuarantine, ReadQuarantine};
use crate::app::App;
use crate::auth::{Staff, authorise};
use crate::facts::{self, NewFact, SOURCE_ORDER, Subject, decision_view};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem, violates};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};

/// Starts quarantine: from the commit on, every gate shows red.
#[utoipa::path(post, path = "/api/v1/quarantine-orders", operation_id = "start_quarantine", tag = "quarantine",
    security(("staff" = [])), request_body = NewOrder,
    responses((status = 201, body = OrderView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn start_quarantine(
    State(app): State<App>,
    staff: Staff<OrderQuarantine>,
    extract::Json(input): extract::Json<NewOrder>,
) -> ApiResult<(StatusCode, Json<OrderView>)> {
    input.validate(app.now())?;
    let person = authorise::<Subject>(&app, &staff.caller, input.person_id).await?;
    let started = start(&app, &person, input, staff.caller.staff_id).await?;
    Ok((StatusCode::CREATED, Json(started)))
}

/// Fact and order in one transaction.
async fn start(app: &App, person: &Subject, input: NewOrder, by: StaffId) -> ApiResult<OrderView> {
    let fact = NewFact {
        body: input.body(),
        source: SOURCE_ORDER.to_owned(),
        recorded_by: Some(by.get()),
    };
    let tx = app.db.tx().await?;
    let appended = facts::append(&tx, app, person.person_id, &[fact]).await?;
    let now = appended.row.changed_at;
    store::finish_of_person(&tx, person.person_id, district_date(now)).await?;
    let order = QuarantineOrder {
        person_id: person.person_id,
        order_id: QuarantineOrderId::new(app.ids.next()),
        fact_id: appended.fact_ids[0],
        name_masked: None,
        place_code: appended.row.place_code.clone(),
        place: input.place,
        start: input.start,
        end: input.end,
        status: OrderStatus::Live,
        reason: input.reason,
        document: input.document,
        household_id: None,
        created_at: now,
        created_by: by,
        released_at: None,
        end_reason: None,
    };
    store::insert_order(&tx, &order).await.map_err(one_live)?;
    let (person_id, order_id) = (order.person_id.get(), order.order_id.get());
    let order = store::find_order(&tx, person_id, order_id).await?;
    let order = order.ok_or(Code::NotFound)?;
    tx.commit().await?;
    let decision = decision_view(&appended.decision, now, appended.row.valid_until);
    Ok(OrderView { order, decision })
}

fn one_live(error: tokio_postgres::Error) -> ApiError {
    if violates(&error, "quarantine_order_one_live_idx") {
        Code::OrderExists.into()
    } else {
        error.into()
    }
}

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
        let db = app.db.client().await?;
        rows = store::list_orders(&db, (&prefix, status), page.after(), limit).await?;
        (persons, households) = store::count_orders(&db, &prefix, status).await?;
    }
    let mut items = Vec::with_capacity(rows.len());
    for (mut order, sealed) in rows {
        let person_id = order.person_id.get();
        order.name_masked = app.sealer.masked_name(person_id, sealed.as_deref())?;
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
