//! SQL of numbers that two people gave.

use gridpass_types::ids::{PassSerial, PersonId, StaffId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::NewRow;
use crate::db::Client;
use crate::people::claim_model::Outcome;

/// A number that is waiting for somebody to see the document.
pub struct Claim {
    /// Who gave the number; their record does not hold it.
    pub applicant: PersonId,
    /// Whose record holds it.
    pub held: PersonId,
    /// Serial of the pass that was given for it.
    pub pass_serial: PassSerial,
    /// When it was given.
    pub claimed_at: Timestamp,
}

impl Claim {
    fn from_row(row: &Row) -> Self {
        Self {
            applicant: row.get(0),
            held: row.get(1),
            pass_serial: row.get(2),
            claimed_at: row.get(3),
        }
    }
}

/// Notes that a record's number is held by another; nothing where nobody holds it, by the same
/// statement.
pub async fn insert_claim(
    db: &Client,
    (applicant, serial, held): (PersonId, PassSerial, Option<PersonId>),
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- people.insert_claim
        INSERT INTO number_claim (person_id, pass_serial, held_person_id, claimed_at)
        SELECT $1, $2, u.held, $4 FROM unnest($3::bigint[]) AS u (held)";
    let held: Vec<PersonId> = held.into_iter().collect();
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&applicant, &serial, &held, &now])
        .await?;
    Ok(())
}

/// Records that gave somebody's number from a phone, under any of its digests, and are not decided.
pub async fn list_claimed_by_phone(
    db: &Client,
    held: i64,
    phone_digests: &[Vec<u8>],
    limit: i64,
) -> Result<Vec<PersonId>, Error> {
    let sql = "-- people.list_claimed_by_phone
        SELECT c.person_id FROM number_claim c JOIN person p ON p.person_id = c.person_id
        WHERE c.held_person_id = $1 AND c.ended_at IS NULL AND p.phone_digest = ANY($2)
        ORDER BY c.person_id LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&held, &phone_digests, &limit])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// What is not decided about a person's number, whichever side the person is on.
pub async fn list_open_claims(
    db: &Client,
    person_id: PersonId,
    limit: i64,
) -> Result<Vec<Claim>, Error> {
    let sql = "-- people.list_open_claims
        SELECT person_id, held_person_id, pass_serial, claimed_at FROM number_claim
        WHERE (person_id = $1 OR held_person_id = $1) AND ended_at IS NULL
        ORDER BY claimed_at, person_id LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&person_id, &limit]).await?;
    Ok(rows.iter().map(Claim::from_row).collect())
}

/// Ends a claim; false when somebody was faster.
pub async fn end_claim(
    db: &Client,
    applicant: PersonId,
    (outcome, by): (Outcome, StaffId),
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- people.end_claim
        UPDATE number_claim SET outcome = $2, ended_by = $3, ended_at = $4
        WHERE person_id = $1 AND ended_at IS NULL";
    let statement = db.prepare_cached(sql).await?;
    let ended = db
        .execute(&statement, &[&applicant, &outcome.as_str(), &by, &now])
        .await?;
    Ok(ended == 1)
}

/// Lets every phone of a person run out now: it has to apply anew.
pub async fn expire_sessions(
    db: &Client,
    person_id: PersonId,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- people.expire_sessions
        UPDATE holder_session SET expires_at = $2 WHERE person_id = $1 AND expires_at > $2";
    db.execute(&db.prepare_cached(sql).await?, &[&person_id, &now])
        .await?;
    Ok(())
}

/// Writes another document in place of the one a record gave, with what it tells of its holder.
pub async fn update_document(db: &Client, row: &NewRow) -> Result<(), Error> {
    let sql = "-- people.update_document
        UPDATE person SET document_type = $2, document_number_sealed = $3, number_digest = $4,
            digest_key = least(coalesce(digest_key, 1::smallint), $5), birth_year = $6, sex = $7, origin_province = $8
        WHERE person_id = $1";
    let (digest_key, digest) = &row.number_digests[0];
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &row.person_id,
            &row.document_type,
            &row.sealed.number,
            &&digest[..],
            &digest_key,
            &row.birth_year,
            &row.sex,
            &row.origin_province,
        ],
    )
    .await?;
    Ok(())
}
