//! SQL of the steps of orders.

use gridpass_rules::words::{EndReason, QuarantinePlace};
use gridpass_types::ids::StaffId;
use tokio_postgres::{Error, Row};

use super::super::ground::ReleaseGround;
use super::super::model::{OrderMeans, OrderStep, OrderStepKind, QuarantineOrder};
use crate::db::Client;

/// Keeps a step of an order.
pub async fn insert_step(
    db: &Client,
    (order, step_id): (&QuarantineOrder, i64),
    step: &OrderStep,
) -> Result<(), Error> {
    let sql = "-- quarantine.insert_step
        INSERT INTO quarantine_step (person_id, order_id, step_id, place_code, step, place, end_date,
            document, document_date, means, end_reason, at, by, confirmed_by, ground)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &order.person_id,
            &order.order_id,
            &step_id,
            &order.place_code,
            &step.step.as_str(),
            &step.place.as_str(),
            &step.end,
            &step.document,
            &step.document_date,
            &step.means.map(OrderMeans::as_str),
            &step.end_reason.map(EndReason::as_str),
            &step.at,
            &step.by,
            &step.confirmed_by,
            &step.ground.map(ReleaseGround::as_str),
        ],
    )
    .await?;
    Ok(())
}

/// The steps of an order in their order.
pub async fn list_steps(
    db: &Client,
    order: &QuarantineOrder,
    limit: i64,
) -> Result<Vec<OrderStep>, Error> {
    let sql = "-- quarantine.list_steps
        SELECT q.step, q.place, q.end_date, q.document, q.document_date, q.means, q.end_reason, q.ground, q.at, q.by,
               b.display_name AS by_name, q.confirmed_by, c.display_name AS confirmed_by_name
        FROM quarantine_step q LEFT JOIN staff b ON b.staff_id = q.by
             LEFT JOIN staff c ON c.staff_id = q.confirmed_by
        WHERE q.person_id = $1 AND q.order_id = $2 ORDER BY q.step_id LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&order.person_id, &order.order_id, &limit])
        .await?;
    Ok(rows.iter().filter_map(step).collect())
}

/// Whether a member of staff answers for a step of an order, as the first or the second.
pub async fn answers_for(
    db: &Client,
    order: &QuarantineOrder,
    staff_id: StaffId,
) -> Result<bool, Error> {
    let sql = "-- quarantine.answers_for
        SELECT EXISTS (SELECT FROM quarantine_step
                       WHERE person_id = $1 AND order_id = $2 AND $3 IN (by, confirmed_by))";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(&statement, &[&order.person_id, &order.order_id, &staff_id])
        .await?;
    Ok(row.get(0))
}

/// Whether a doctor discharged the person from an order before its time.
pub async fn was_discharged(db: &Client, order: &QuarantineOrder) -> Result<bool, Error> {
    let sql = "-- quarantine.was_discharged
        SELECT EXISTS (SELECT FROM quarantine_step
                       WHERE person_id = $1 AND order_id = $2 AND ground = 'medical_discharge')";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(&statement, &[&order.person_id, &order.order_id])
        .await?;
    Ok(row.get(0))
}

fn step(row: &Row) -> Option<OrderStep> {
    let (means, end_reason): (Option<&str>, Option<&str>) =
        (row.get("means"), row.get("end_reason"));
    let ground: Option<&str> = row.get("ground");
    Some(OrderStep {
        step: OrderStepKind::parse(row.get("step"))?,
        place: QuarantinePlace::from_word(row.get("place"))?,
        end: row.get("end_date"),
        document: row.get("document"),
        document_date: row.get("document_date"),
        means: means.and_then(OrderMeans::parse),
        end_reason: end_reason.and_then(EndReason::from_word),
        ground: ground.and_then(ReleaseGround::parse),
        at: row.get("at"),
        by: row.get("by"),
        by_name: row.get("by_name"),
        confirmed_by: row.get("confirmed_by"),
        confirmed_by_name: row.get("confirmed_by_name"),
    })
}
