//! Changing a live order: each change withdraws the order's fact and records another, so
//! what was true before stays on record.

use axum::Json;
use axum::extract::State;

use super::model::{
    ExtendInput, OrderStatus, OrderView, QuarantineOrder, ReleaseInput, TransferInput,
};
use super::store;
use crate::access::OrderQuarantine;
use crate::app::App;
use crate::auth::{Authorised, Caller};
use crate::db::Tx;
use crate::facts::{self, NewFact, Retract, SOURCE_ORDER, decision_view};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;

/// Moves the end of a live order to a later day.
#[utoipa::path(post, path = "/api/v1/quarantine-orders/{person_id}/{order_id}/extend", operation_id = "extend_quarantine",
    tag = "quarantine", security(("staff" = [])), request_body = ExtendInput,
    params(("person_id" = i64, Path,), ("order_id" = i64, Path,)),
    responses((status = 200, body = OrderView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn extend_quarantine(
    State(app): State<App>,
    order: Authorised<QuarantineOrder, OrderQuarantine>,
    extract::Json(input): extract::Json<ExtendInput>,
) -> ApiResult<Json<OrderView>> {
    let (tx, mut changed) = begin(&app, &order.entity).await?;
    if input.end <= changed.end {
        return Err(ApiError::fields(vec![FieldError::new(
            "end",
            "end_not_later",
            "not later than the present end",
            "新的期限应晚于原期限",
        )]));
    }
    changed.end = input.end;
    finish(&app, tx, (changed, &order.caller), "extended").await
}

/// Moves a live order to another place.
#[utoipa::path(post, path = "/api/v1/quarantine-orders/{person_id}/{order_id}/transfer", operation_id = "transfer_quarantine",
    tag = "quarantine", security(("staff" = [])), request_body = TransferInput,
    params(("person_id" = i64, Path,), ("order_id" = i64, Path,)),
    responses((status = 200, body = OrderView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn transfer_quarantine(
    State(app): State<App>,
    order: Authorised<QuarantineOrder, OrderQuarantine>,
    extract::Json(input): extract::Json<TransferInput>,
) -> ApiResult<Json<OrderView>> {
    let (tx, mut changed) = begin(&app, &order.entity).await?;
    if input.place == changed.place {
        return Err(ApiError::fields(vec![FieldError::new(
            "place",
            "place_unchanged",
            "the order is served there already",
            "已在该地点隔离",
        )]));
    }
    changed.place = input.place;
    finish(&app, tx, (changed, &order.caller), "transferred").await
}

/// Releases a person: completed clears the exposures the order was for, cancelled nothing.
#[utoipa::path(post, path = "/api/v1/quarantine-orders/{person_id}/{order_id}/release", operation_id = "release_quarantine",
    tag = "quarantine", security(("staff" = [])), request_body = ReleaseInput,
    params(("person_id" = i64, Path,), ("order_id" = i64, Path,)),
    responses((status = 200, body = OrderView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn release_quarantine(
    State(app): State<App>,
    order: Authorised<QuarantineOrder, OrderQuarantine>,
    extract::Json(input): extract::Json<ReleaseInput>,
) -> ApiResult<Json<OrderView>> {
    let (tx, mut changed) = begin(&app, &order.entity).await?;
    changed.status = OrderStatus::Released;
    changed.released_at = Some(app.now());
    changed.end_reason = Some(input.end_reason);
    finish(&app, tx, (changed, &order.caller), "released").await
}

/// Locks the person and reads the order again: only a live one that is not over changes.
async fn begin(app: &App, order: &QuarantineOrder) -> ApiResult<(Tx, QuarantineOrder)> {
    let tx = app.db.tx().await?;
    facts::lock_person(&tx, order.person_id).await?;
    let (person_id, order_id) = (order.person_id.get(), order.order_id.get());
    let found = store::find_order(&tx, person_id, order_id).await?;
    let found = found.ok_or(Code::NotFound)?;
    if found.is_over(app.now()) {
        return Err(Code::OrderReleased.into());
    }
    Ok((tx, found))
}

/// Writes the change: the fact before is withdrawn, what the order says now is recorded.
async fn finish(
    app: &App,
    tx: Tx,
    (mut order, caller): (QuarantineOrder, &Caller),
    what: &str,
) -> ApiResult<Json<OrderView>> {
    facts::check_body(&order.body(), app.now())?;
    let by = caller.staff_id.get();
    let retract = Retract {
        fact_id: order.fact_id,
        by,
        reason: what.to_owned(),
    };
    let fact = NewFact {
        body: order.body(),
        source: SOURCE_ORDER.to_owned(),
        recorded_by: Some(by),
    };
    let changed = facts::replace(&tx, app, (order.person_id, &retract), &[fact]).await?;
    order.fact_id = changed.fact_ids[0];
    order.place_code.clone_from(&changed.row.place_code);
    store::update_order(&tx, &order).await?;
    tx.commit().await?;
    let decision = decision_view(
        &changed.decision,
        changed.row.changed_at,
        changed.row.valid_until,
    );
    Ok(Json(OrderView { order, decision }))
}
