//! SQL about people with catalogued facts.

use tokio_postgres::Error;

use super::StateRow;
use crate::db::Client;

/// The next rows of people with catalogued facts under a prefix, but for narrower places, that
/// another version coloured, locked, in order of identity; rows that somebody else has locked are
/// left for the next pass.
pub async fn lock_behind(
    db: &Client,
    (prefix, but): (&str, &[String]),
    version: i32,
    (after, rows_max): (i64, i64),
) -> Result<Vec<StateRow>, Error> {
    let sql = "-- facts.lock_behind
        SELECT person_id, pass_serial, place_code, case_status, quarantine, contact, health, stay,
               exempt, registry, residence, employment, checked, enclosure_id, employer_ids,
               valid_from, valid_until, colour, rule_id, rule_set_version, changed_at, catalogued, held_from
        FROM person_state
        WHERE catalogued IS NOT NULL AND person_id > $4 AND rule_set_version <> $3
            AND starts_with(place_code, $1) AND NOT place_code LIKE ANY ($2)
        ORDER BY person_id LIMIT $5 FOR UPDATE SKIP LOCKED";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&prefix, &but, &version, &after, &rows_max])
        .await?;
    Ok(rows.iter().map(StateRow::from_row).collect())
}
