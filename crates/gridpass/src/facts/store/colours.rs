//! SQL of reading everybody's state, or only of those whose row was written since.

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use std::pin::pin;
use tokio_postgres::Error;
use tokio_postgres::types::ToSql;

use crate::db::Client;
use crate::facts::model::StateRow;

/// Calls back with each state row that a transaction from `since` on wrote, or whose time is
/// over; with every row when `since` is `None`. Rows stream: nothing is held but one.
pub async fn each_state_since(
    db: &Client,
    since: Option<i64>,
    now: Timestamp,
    mut each: impl FnMut(StateRow),
) -> Result<(), Error> {
    // The row's own transaction is compared by age, so that it does not matter that numbers of
    // transactions come around; a very old row may be read once too often.
    let sql = "-- facts.each_state_since
        SELECT person_id, pass_serial, place_code, case_status, quarantine, contact, health, stay,
               exempt, registry, residence, employment, checked, enclosure_id, employer_ids,
               valid_from, valid_until, colour, rule_id, rule_set_version, changed_at, catalogued, held_from
        FROM person_state
        WHERE $1::bigint IS NULL OR age(xmin) <= age(($1 & 4294967295)::text::xid) OR valid_until <= $2";
    let statement = db.prepare_cached(sql).await?;
    let params: [&(dyn ToSql + Sync); 2] = [&since, &now];
    let mut rows = pin!(db.query_raw(&statement, params).await?);
    while let Some(row) = rows.try_next().await? {
        each(StateRow::from_row(&row));
    }
    Ok(())
}
