//! Starting and changing orders, in the caller's transaction. Each change withdraws the order's
//! fact and records another, so what was true before stays on record.

use gridpass_rules::red::RedReason;
use gridpass_rules::words::EndReason;
use gridpass_types::clock::district_date;
use gridpass_types::ids::{PersonId, QuarantineOrderId, StaffId};

use super::ground::ReleaseGround;
use super::model::{
    NewOrder, OrderPaper, OrderStatus, OrderStep, OrderStepKind, OrderView, QuarantineOrder, Step,
    check_end,
};
use super::store::{self, steps};
use crate::app::App;
use crate::db::Client;
use crate::facts::{self, Grounds, NewFact, Retract, SOURCE_ORDER, TwoPeople, decision_view};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, violates};

/// Whether a step could be taken now; answers the reason it would stand on. Proposals ask, so
/// that nobody is sent to confirm what cannot be.
///
/// # Errors
/// What [`carry_out`] would refuse with.
pub async fn check(
    db: &Client,
    app: &App,
    person_id: PersonId,
    (step, reason): (&Step, Option<RedReason>),
) -> ApiResult<RedReason> {
    match step {
        Step::Start(new) => {
            new.validate(app.now())?;
            let live = store::find_live(db, person_id.get()).await?;
            if live.is_some_and(|order| !order.is_over(app.now())) {
                return Err(Code::OrderExists.into());
            }
            reason.ok_or_else(reason_needed)
        }
        Step::Extend(change) => {
            let mut order = find_live(db, app, (person_id, change.order_id)).await?;
            OrderPaper::check(change.paper, app.now())?;
            later_end(&mut order, (change.end, app.now()))?;
            facts::check_body(&order.body(), app.now())?;
            reason_of(&order, reason)
        }
        Step::Transfer(change) => {
            let mut order = find_live(db, app, (person_id, change.order_id)).await?;
            OrderPaper::check(change.paper, app.now())?;
            other_place(&mut order, change.place)?;
            reason_of(&order, reason)
        }
    }
}

/// Takes a step that two people answer for.
///
/// # Errors
/// [`Code::OrderExists`], [`Code::OrderReleased`], or 422 when the order is not any more what
/// it was when the step was proposed.
pub async fn carry_out(
    tx: &Client,
    app: &App,
    person_id: PersonId,
    (step, by, two): (&Step, StaffId, TwoPeople),
) -> ApiResult<OrderView> {
    match step {
        Step::Start(new) => start(tx, app, person_id, (new, by, two)).await,
        Step::Extend(change) => {
            let mut order = begin(tx, app, (person_id, change.order_id)).await?;
            later_end(&mut order, (change.end, app.now()))?;
            let done = (OrderStepKind::Extended, change.paper);
            finish(tx, app, (order, done), (by, Basis::TwoPeople(two))).await
        }
        Step::Transfer(change) => {
            let mut order = begin(tx, app, (person_id, change.order_id)).await?;
            other_place(&mut order, change.place)?;
            let done = (OrderStepKind::Transferred, change.paper);
            finish(tx, app, (order, done), (by, Basis::TwoPeople(two))).await
        }
    }
}

/// Fact and order in one transaction: from the commit on, every gate shows red.
async fn start(
    tx: &Client,
    app: &App,
    person_id: PersonId,
    (new, by, two): (&NewOrder, StaffId, TwoPeople),
) -> ApiResult<OrderView> {
    new.validate(app.now())?;
    let (reason, document) = (two.reason, two.reference.clone());
    let confirmed_by = two.confirmed_by;
    let fact = NewFact {
        body: new.body(),
        source: SOURCE_ORDER.to_owned(),
        recorded_by: Some(by.get()),
        grounds: Some(Grounds::TwoPeople(two)),
    };
    let appended = facts::append(tx, app, person_id, &[fact]).await?;
    let now = appended.row.changed_at;
    store::finish_of_person(tx, person_id, district_date(now)).await?;
    let order = QuarantineOrder {
        person_id,
        order_id: QuarantineOrderId::new(app.ids.next()),
        fact_id: appended.fact_ids[0],
        name: None,
        place_code: appended.row.place_code.clone(),
        place: new.place,
        start: new.start,
        end: new.end,
        status: OrderStatus::Live,
        reason: reason.as_str().to_owned(),
        document: Some(document),
        household_id: None,
        created_at: now,
        created_by: by,
        released_at: None,
        end_reason: None,
    };
    store::insert_order(tx, &order).await.map_err(one_live)?;
    let step = step_of(&order, (OrderStepKind::Started, new.paper), now);
    let step = OrderStep {
        document: order.document.clone(),
        confirmed_by: Some(confirmed_by),
        ..step
    };
    steps::insert_step(tx, (&order, app.ids.next()), &step).await?;
    let (person_id, order_id) = (order.person_id.get(), order.order_id.get());
    let order = store::find_order(tx, person_id, order_id).await?;
    let order = order.ok_or(Code::NotFound)?;
    let decision = decision_view(&appended.decision, now, appended.row.valid_until);
    Ok(OrderView { order, decision })
}

/// What an order is from now on, as its history keeps it.
fn step_of(
    order: &QuarantineOrder,
    (step, paper): (OrderStepKind, Option<OrderPaper>),
    at: jiff::Timestamp,
) -> OrderStep {
    OrderStep {
        step,
        place: order.place,
        end: order.end,
        document: None,
        document_date: paper.map(|paper| paper.date),
        means: paper.map(|paper| paper.means),
        end_reason: order.end_reason,
        ground: None,
        at,
        by: Some(order.created_by),
        by_name: None,
        confirmed_by: None,
        confirmed_by_name: None,
    }
}

fn one_live(error: tokio_postgres::Error) -> ApiError {
    if violates(&error, "quarantine_order_one_live_idx") {
        Code::OrderExists.into()
    } else {
        error.into()
    }
}

/// Locks the person and reads the order again: only a live one that is not over changes.
pub(super) async fn begin(
    tx: &Client,
    app: &App,
    (person_id, order_id): (PersonId, QuarantineOrderId),
) -> ApiResult<QuarantineOrder> {
    facts::lock_person(tx, person_id).await?;
    find_live(tx, app, (person_id, order_id)).await
}

async fn find_live(
    db: &Client,
    app: &App,
    (person_id, order_id): (PersonId, QuarantineOrderId),
) -> ApiResult<QuarantineOrder> {
    let found = store::find_order(db, person_id.get(), order_id.get()).await?;
    let found = found.ok_or(Code::NotFound)?;
    if found.is_over(app.now()) {
        return Err(Code::OrderReleased.into());
    }
    Ok(found)
}

/// On what a change of an order stands.
pub(super) enum Basis {
    /// Two people answer for what keeps somebody in.
    TwoPeople(TwoPeople),
    /// One person ends it on a ground of the closed list, with the number of a paper if there is.
    Release(ReleaseGround, Option<String>),
}

/// Writes the change: the fact before is withdrawn, what the order says now is recorded.
pub(super) async fn finish(
    tx: &Client,
    app: &App,
    (mut order, (what, paper)): (QuarantineOrder, (OrderStepKind, Option<OrderPaper>)),
    (by, basis): (StaffId, Basis),
) -> ApiResult<OrderView> {
    facts::check_body(&order.body(), app.now())?;
    let retract = Retract {
        fact_id: order.fact_id,
        by: Some(by.get()),
        reason: what.as_str().to_owned(),
    };
    let (two, ground, document) = match basis {
        Basis::TwoPeople(two) => {
            let document = two.reference.clone();
            (Some(two), None, Some(document))
        }
        Basis::Release(ground, document) => (None, Some(ground), document),
    };
    let confirmed_by = two.as_ref().map(|two| two.confirmed_by);
    let fact = NewFact {
        body: order.body(),
        source: SOURCE_ORDER.to_owned(),
        recorded_by: Some(by.get()),
        grounds: two.map(Grounds::TwoPeople),
    };
    let changed = facts::replace(tx, app, (order.person_id, &retract), &[fact]).await?;
    order.fact_id = changed.fact_ids[0];
    order.place_code.clone_from(&changed.row.place_code);
    store::update_order(tx, &order).await?;
    let step = OrderStep {
        document,
        ground,
        by: Some(by),
        confirmed_by,
        ..step_of(&order, (what, paper), changed.row.changed_at)
    };
    steps::insert_step(tx, (&order, app.ids.next()), &step).await?;
    let decision = decision_view(
        &changed.decision,
        changed.row.changed_at,
        changed.row.valid_until,
    );
    Ok(OrderView { order, decision })
}

/// Cancels a person's live order, because an appeal found it wrong; `None` when there is none.
///
/// # Errors
/// When the database does not answer.
pub async fn cancel_live(
    tx: &Client,
    app: &App,
    (person_id, by): (PersonId, StaffId),
) -> ApiResult<Option<OrderView>> {
    facts::lock_person(tx, person_id).await?;
    let live = store::find_live(tx, person_id.get()).await?;
    let Some(mut order) = live.filter(|order| !order.is_over(app.now())) else {
        return Ok(None);
    };
    order.status = OrderStatus::Released;
    order.released_at = Some(app.now());
    order.end_reason = Some(EndReason::Cancelled);
    finish(
        tx,
        app,
        (order, (OrderStepKind::Released, None)),
        (by, Basis::Release(ReleaseGround::OrderedInError, None)),
    )
    .await
    .map(Some)
}

fn later_end(
    order: &mut QuarantineOrder,
    (end, now): (jiff::civil::Date, jiff::Timestamp),
) -> ApiResult<()> {
    check_end(end, now)?;
    if end <= order.end {
        return Err(ApiError::fields(vec![FieldError::new(
            "end",
            "end_not_later",
            "not later than the present end",
            "新的期限应晚于原期限",
        )]));
    }
    order.end = end;
    Ok(())
}

fn other_place(
    order: &mut QuarantineOrder,
    place: gridpass_rules::words::QuarantinePlace,
) -> ApiResult<()> {
    if place == order.place {
        return Err(ApiError::fields(vec![FieldError::new(
            "place",
            "place_unchanged",
            "the order is served there already",
            "已在该地点隔离",
        )]));
    }
    order.place = place;
    Ok(())
}

/// The order's own reason; orders from before the closed list have words of their own.
fn reason_of(order: &QuarantineOrder, given: Option<RedReason>) -> ApiResult<RedReason> {
    RedReason::from_word(&order.reason)
        .or(given)
        .ok_or_else(reason_needed)
}

fn reason_needed() -> ApiError {
    ApiError::fields(vec![FieldError::new(
        "reason",
        "reason_needed",
        "name the reason from the closed list",
        "请选择法定事由",
    )])
}
