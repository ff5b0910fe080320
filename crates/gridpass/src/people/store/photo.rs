//! SQL of photos.

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

/// Writes a person's sealed photo.
pub async fn update_photo(db: &Client, person_id: PersonId, sealed: &[u8]) -> Result<(), Error> {
    let sql = "-- people.update_photo
        UPDATE person SET photo_sealed = $2 WHERE person_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&person_id, &sealed])
        .await?;
    Ok(())
}

/// Removes a person's photo.
pub async fn delete_photo(db: &Client, person_id: PersonId) -> Result<(), Error> {
    let sql = "-- people.delete_photo
        UPDATE person SET photo_sealed = NULL WHERE person_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    Ok(())
}
