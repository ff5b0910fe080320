//! SQL of digesting anew.

use gridpass_types::ids::PersonId;
use tokio_postgres::Error;

use crate::db::Client;

/// A person whose digests are by an older key.
pub struct OldDigests {
    /// Who.
    pub person_id: PersonId,
    /// Kind of document.
    pub document_type: String,
    /// Sealed number.
    pub number_sealed: Vec<u8>,
    /// Sealed name.
    pub name_sealed: Vec<u8>,
    /// Sealed phone.
    pub phone_sealed: Option<Vec<u8>>,
    /// Whether the number is theirs: another record may hold it.
    pub holds_number: bool,
}

/// People after `after` with digests by a key before `number`, locked; who is locked by
/// somebody else is left out.
pub async fn lock_old_digests(
    db: &Client,
    (after, number): (i64, i16),
    rows_max: i64,
) -> Result<Vec<OldDigests>, Error> {
    let sql = "-- people.lock_old_digests
        SELECT person_id, document_type, document_number_sealed, name_sealed, phone_sealed,
            NOT EXISTS (SELECT FROM number_claim c WHERE c.person_id = person.person_id
                AND c.outcome IS DISTINCT FROM 'other_number')
        FROM person WHERE person_id > $1 AND coalesce(digest_key, 1::smallint) < $2
        ORDER BY person_id LIMIT $3 FOR UPDATE SKIP LOCKED";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&after, &number, &rows_max]).await?;
    let read = |row: &tokio_postgres::Row| OldDigests {
        person_id: row.get(0),
        document_type: row.get(1),
        number_sealed: row.get(2),
        name_sealed: row.get(3),
        phone_sealed: row.get(4),
        holds_number: row.get(5),
    };
    Ok(rows.iter().map(read).collect())
}

/// A person's digests by the newest key.
pub struct Redigested {
    /// Who.
    pub person_id: PersonId,
    /// Number of the key.
    pub digest_key: i16,
    /// Of the number.
    pub number_digest: [u8; 16],
    /// Of the name.
    pub name_digest: [u8; 16],
    /// Of the phone.
    pub phone_digest: Option<[u8; 16]>,
}

/// Writes digests by the newest key to rows that the caller has locked.
pub async fn update_digests(db: &Client, fresh: &[Redigested]) -> Result<(), Error> {
    let people: Vec<PersonId> = fresh.iter().map(|one| one.person_id).collect();
    let keys: Vec<i16> = fresh.iter().map(|one| one.digest_key).collect();
    let numbers: Vec<&[u8]> = fresh.iter().map(|one| &one.number_digest[..]).collect();
    let names: Vec<&[u8]> = fresh.iter().map(|one| &one.name_digest[..]).collect();
    let phone = |one: &'_ Redigested| one.phone_digest.map(Vec::from);
    let phones: Vec<Option<Vec<u8>>> = fresh.iter().map(phone).collect();
    let sql = "-- people.update_digests
        UPDATE person p SET digest_key = u.k, number_digest = u.d, name_digest = u.n, phone_digest = u.f
        FROM unnest($1::bigint[], $2::smallint[], $3::bytea[], $4::bytea[], $5::bytea[]) AS u (i, k, d, n, f)
        WHERE p.person_id = u.i";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&people, &keys, &numbers, &names, &phones])
        .await?;
    Ok(())
}

/// How many people have digests by a key before `number`.
pub async fn count_old_digests(db: &Client, number: i16) -> Result<i64, Error> {
    let sql = "-- people.count_old_digests
        SELECT count(*) FROM person WHERE coalesce(digest_key, 1::smallint) < $1";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&number])
        .await?;
    Ok(row.get(0))
}

/// Removes rows of the directory by keys before `number`; answers how many.
pub async fn delete_old_identifiers(db: &Client, number: i16, rows_max: i64) -> Result<u64, Error> {
    let sql = "-- people.delete_old_identifiers
        DELETE FROM person_identifier WHERE number_digest IN (
            SELECT number_digest FROM person_identifier WHERE coalesce(digest_key, 1::smallint) < $1 LIMIT $2)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&number, &rows_max]).await
}
