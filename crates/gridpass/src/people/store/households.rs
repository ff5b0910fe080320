//! SQL of households: who makes one, who joins, and who has left.

use gridpass_types::ids::{EnclosureId, PersonId, StaffId};
use jiff::Timestamp;
use tokio_postgres::Error;

use crate::db::Client;

/// Whether a household may be named for somebody, if already known: it is theirs, or one of it counts
/// under a prefix; and none of the others is known to live in another enclosure than the given one,
/// if one is.
pub async fn is_household(
    db: &Client,
    (household_id, person_id): (i64, Option<PersonId>),
    (prefix, enclosure_id): (&str, Option<EnclosureId>),
) -> Result<bool, Error> {
    let sql = "-- people.is_household
        SELECT coalesce(bool_or(p.person_id = $2 OR starts_with(s.place_code, $3)), false)
           AND NOT coalesce(bool_or(p.person_id IS DISTINCT FROM $2 AND s.enclosure_id <> $4), false)
        FROM person p JOIN person_state s USING (person_id) WHERE p.household_id = $1";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(
            &statement,
            &[&household_id, &person_id, &prefix, &enclosure_id],
        )
        .await?;
    Ok(row.get(0))
}

/// Takes somebody out of household and address: they live there no more.
pub async fn leave_household(
    db: &Client,
    person_id: PersonId,
    (now, by): (Timestamp, StaffId),
) -> Result<(), Error> {
    let sql = "-- people.leave_household
        UPDATE person SET household_id = NULL, address_sealed = NULL, address_code_sealed = NULL,
            declared_door = NULL, declared_enclosure_id = NULL, address_changed_at = $2, address_changed_by = $3
        WHERE person_id = $1";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&person_id, &now, &by]).await?;
    Ok(())
}

/// The sealed address of somebody who is of no household yet; none without an address.
pub async fn find_unjoined_address(
    db: &Client,
    person_id: PersonId,
) -> Result<Option<Vec<u8>>, Error> {
    let sql = "-- people.find_unjoined_address
        SELECT address_sealed FROM person
        WHERE person_id = $1 AND household_id IS NULL AND address_sealed IS NOT NULL";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// Puts somebody into a household who is of none.
pub async fn join_household(
    db: &Client,
    person_id: PersonId,
    household_id: i64,
) -> Result<(), Error> {
    let sql = "-- people.join_household
        UPDATE person SET household_id = $2 WHERE person_id = $1 AND household_id IS NULL";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&person_id, &household_id]).await?;
    Ok(())
}
