//! SQL of quarantine orders.

pub mod steps;

use gridpass_rules::words::{EndReason, QuarantinePlace};
use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{Error, Row};

use super::model::{OrderStatus, QuarantineOrder};
use crate::db::Client;

/// Enters an order; the household is the person's. The index `quarantine_order_one_live_idx`
/// says that one is live already.
pub async fn insert_order(db: &Client, order: &QuarantineOrder) -> Result<(), Error> {
    let sql = "-- quarantine.insert_order
        INSERT INTO quarantine_order (person_id, order_id, fact_id, place_code, place, start_date,
            end_date, status, reason, document, household_id, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'live', $8, $9,
                (SELECT p.household_id FROM person p WHERE p.person_id = $1), $10, $11)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &order.person_id,
            &order.order_id,
            &order.fact_id,
            &order.place_code,
            &order.place.as_str(),
            &order.start,
            &order.end,
            &order.reason,
            &order.document,
            &order.created_at,
            &order.created_by,
        ],
    )
    .await?;
    Ok(())
}

/// An order by identity.
pub async fn find_order(
    db: &Client,
    person_id: i64,
    order_id: i64,
) -> Result<Option<QuarantineOrder>, Error> {
    let sql = "-- quarantine.find_order
        SELECT person_id, order_id, fact_id, place_code, place, start_date, end_date, status,
               reason, document, household_id, created_at, created_by, released_at, end_reason
        FROM quarantine_order WHERE person_id = $1 AND order_id = $2";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id, &order_id])
        .await?;
    Ok(row.as_ref().and_then(order))
}

/// A person's live order, also one that has reached its end and nobody has said so.
pub async fn find_live(db: &Client, person_id: i64) -> Result<Option<QuarantineOrder>, Error> {
    let sql = "-- quarantine.find_live
        SELECT person_id, order_id, fact_id, place_code, place, start_date, end_date, status,
               reason, document, household_id, created_at, created_by, released_at, end_reason
        FROM quarantine_order WHERE person_id = $1 AND status = 'live'";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    Ok(row.as_ref().and_then(order))
}

/// Writes what a change made of a live order; the caller holds the person's lock.
pub async fn update_order(db: &Client, order: &QuarantineOrder) -> Result<(), Error> {
    let sql = "-- quarantine.update_order
        UPDATE quarantine_order SET fact_id = $3, place_code = $4, place = $5, end_date = $6,
            status = $7, released_at = $8, end_reason = $9
        WHERE person_id = $1 AND order_id = $2 AND status = 'live'";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &order.person_id,
            &order.order_id,
            &order.fact_id,
            &order.place_code,
            &order.place.as_str(),
            &order.end,
            &order.status.as_str(),
            &order.released_at,
            &order.end_reason.map(EndReason::as_str),
        ],
    )
    .await?;
    Ok(())
}

/// Says on a person's live order that it has reached its end, if it has.
pub async fn finish_of_person(db: &Client, person_id: PersonId, today: Date) -> Result<(), Error> {
    let sql = "-- quarantine.finish_of_person
        UPDATE quarantine_order SET status = 'released', end_reason = 'completed',
            released_at = end_date::timestamp AT TIME ZONE 'Asia/Shanghai'
        WHERE person_id = $1 AND status = 'live' AND end_date <= $2";
    db.execute(&db.prepare_cached(sql).await?, &[&person_id, &today])
        .await?;
    Ok(())
}

/// Says on live orders that they have reached their end; how many.
pub async fn finish_orders(db: &Client, today: Date, rows_max: i64) -> Result<u64, Error> {
    let sql = "-- quarantine.finish_orders
        UPDATE quarantine_order o SET status = 'released', end_reason = 'completed',
            released_at = o.end_date::timestamp AT TIME ZONE 'Asia/Shanghai'
        FROM (SELECT person_id, order_id FROM quarantine_order
              WHERE status = 'live' AND end_date <= $1 ORDER BY end_date LIMIT $2
              FOR UPDATE SKIP LOCKED) AS due
        WHERE o.person_id = due.person_id AND o.order_id = due.order_id";
    db.execute(&db.prepare_cached(sql).await?, &[&today, &rows_max])
        .await
}

/// Orders under a prefix, of one person if asked, with the sealed names of the people, in order
/// of identity.
pub async fn list_orders(
    db: &Client,
    (prefix, status, person_id): (&str, OrderStatus, Option<i64>),
    after: i64,
    limit: i64,
) -> Result<Vec<(QuarantineOrder, Option<Vec<u8>>)>, Error> {
    let sql = "-- quarantine.list_orders
        SELECT o.person_id, o.order_id, o.fact_id, o.place_code, o.place, o.start_date, o.end_date,
               o.status, o.reason, o.document, o.household_id, o.created_at, o.created_by,
               o.released_at, o.end_reason, p.name_sealed
        FROM quarantine_order o LEFT JOIN person p USING (person_id)
        WHERE ($3::bigint = 0 OR o.order_id < $3) AND o.status = $2 AND starts_with(o.place_code, $1)
          AND ($5::bigint IS NULL OR o.person_id = $5)
        ORDER BY o.order_id DESC LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(
            &statement,
            &[&prefix, &status.as_str(), &after, &limit, &person_id],
        )
        .await?;
    let both = |row: &Row| Some((order(row)?, row.get("name_sealed")));
    Ok(rows.iter().filter_map(both).collect())
}

/// People and households with orders under a prefix.
pub async fn count_orders(
    db: &Client,
    (prefix, status, person_id): (&str, OrderStatus, Option<i64>),
) -> Result<(i64, i64), Error> {
    let sql = "-- quarantine.count_orders
        SELECT count(DISTINCT person_id), count(DISTINCT COALESCE(household_id, -person_id))
        FROM quarantine_order WHERE status = $2 AND starts_with(place_code, $1)
          AND ($3::bigint IS NULL OR person_id = $3)";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(&statement, &[&prefix, &status.as_str(), &person_id])
        .await?;
    Ok((row.get(0), row.get(1)))
}

fn order(row: &Row) -> Option<QuarantineOrder> {
    let end_reason: Option<&str> = row.get("end_reason");
    let released_at: Option<Timestamp> = row.get("released_at");
    Some(QuarantineOrder {
        person_id: row.get("person_id"),
        order_id: row.get("order_id"),
        fact_id: row.get("fact_id"),
        name: None,
        place_code: row.get("place_code"),
        place: QuarantinePlace::from_word(row.get("place"))?,
        start: row.get("start_date"),
        end: row.get("end_date"),
        status: OrderStatus::parse(row.get("status"))?,
        reason: row.get("reason"),
        document: row.get("document"),
        household_id: row.get("household_id"),
        created_at: row.get("created_at"),
        created_by: row.get("created_by"),
        released_at,
        end_reason: end_reason.and_then(EndReason::from_word),
    })
}

/// When each order of a person began, oldest first, and whether it lives.
pub async fn list_begins(
    db: &Client,
    person_id: PersonId,
) -> Result<Vec<(Timestamp, bool)>, Error> {
    let sql = "-- quarantine.list_begins
        SELECT created_at, status = 'live' FROM quarantine_order WHERE person_id = $1
        ORDER BY created_at LIMIT 1000";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
