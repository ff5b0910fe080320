//! SQL of orders to stay at home, as far as a home that becomes known concerns them.

use tokio_postgres::Error;

use crate::db::Client;

/// Gives the live orders of people that are served at home the place of that home, and the household
/// if none was known; answers the places.
pub async fn bring_orders_home(
    db: &Client,
    (people, places): (&[i64], &[&str]),
) -> Result<Vec<String>, Error> {
    let sql = "-- facts.bring_orders_home
        UPDATE quarantine_order o SET place_code = u.place_code,
            household_id = coalesce(o.household_id, (SELECT p.household_id FROM person p WHERE p.person_id = o.person_id))
        FROM unnest($1::bigint[], $2::text[]) AS u (person_id, place_code)
        WHERE o.person_id = u.person_id AND o.status = 'live' AND o.place = 'home'
          AND o.place_code <> u.place_code
        RETURNING o.place_code";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&people, &places])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
