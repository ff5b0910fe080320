//! SQL of who gave a home to somebody who counted nowhere.

use gridpass_types::ids::{PersonId, StaffId};
use jiff::Timestamp;
use tokio_postgres::Error;

use crate::db::Client;

/// Notes who takes in somebody who has a phone; false when the person has none.
pub async fn note_taken_in(
    db: &Client,
    person_id: PersonId,
    (now, by): (Timestamp, StaffId),
) -> Result<bool, Error> {
    let sql = "-- people.note_taken_in
        UPDATE person SET taken_in_at = $2, taken_in_by = $3
        WHERE person_id = $1 AND phone_sealed IS NOT NULL";
    let statement = db.prepare_cached(sql).await?;
    let noted = db.execute(&statement, &[&person_id, &now, &by]).await?;
    Ok(noted == 1)
}

/// Who took a person in after an instant, if somebody did.
pub async fn find_taken_in(
    db: &Client,
    person_id: PersonId,
    after: Timestamp,
) -> Result<Option<StaffId>, Error> {
    let sql = "-- people.find_taken_in
        SELECT taken_in_by FROM person WHERE person_id = $1 AND taken_in_at > $2";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&person_id, &after]).await?;
    Ok(row.and_then(|row| row.get(0)))
}
