//! SQL of photos: who took one decides who may replace it.

use gridpass_types::ids::PersonId;
use tokio_postgres::Error;

use crate::db::Client;

/// A person's sealed photo.
pub async fn find_photo(db: &Client, person_id: PersonId) -> Result<Option<Vec<u8>>, Error> {
    let sql = "-- people.find_photo
        SELECT photo_sealed FROM person WHERE person_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    Ok(row.and_then(|row| row.get(0)))
}

/// Writes the sealed photo that staff took.
pub async fn update_photo(db: &Client, person_id: PersonId, sealed: &[u8]) -> Result<(), Error> {
    let sql = "-- people.update_photo
        UPDATE person SET photo_sealed = $2, photo_by_staff = true WHERE person_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&person_id, &sealed])
        .await?;
    Ok(())
}

/// Writes the sealed photo that the holder gave; `false` when staff took the one there is.
pub async fn update_own_photo(
    db: &Client,
    person_id: PersonId,
    sealed: &[u8],
) -> Result<bool, Error> {
    let sql = "-- people.update_own_photo
        UPDATE person SET photo_sealed = $2 WHERE person_id = $1 AND photo_by_staff IS NOT TRUE";
    let statement = db.prepare_cached(sql).await?;
    Ok(db.execute(&statement, &[&person_id, &sealed]).await? > 0)
}

/// Removes a person's photo.
pub async fn delete_photo(db: &Client, person_id: PersonId) -> Result<(), Error> {
    let sql = "-- people.delete_photo
        UPDATE person SET photo_sealed = NULL, photo_by_staff = false WHERE person_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    Ok(())
}
