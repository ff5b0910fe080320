//! SQL of signing in through an identity provider.

use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use tokio_postgres::Error;

use super::IdentityView;
use crate::db::Client;

/// A question to remember.
pub struct NewQuestion<'a> {
    /// SHA-256 of state and key.
    pub digest: &'a [u8],
    /// Nonce.
    pub nonce: &'a str,
    /// Proof key.
    pub verifier: &'a str,
    /// Until when it may be answered.
    pub expires_at: Timestamp,
}

/// Remembers a question; false when `open_max` wait for their answers already.
pub async fn insert_question(
    db: &Client,
    new: &NewQuestion<'_>,
    open_max: i64,
) -> Result<bool, Error> {
    let sql = "-- staff.insert_question
        INSERT INTO staff_identity_question (question_digest, nonce, verifier, expires_at)
        SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM staff_identity_question) < $5";
    let statement = db.prepare_cached(sql).await?;
    let inserted = db
        .execute(
            &statement,
            &[
                &new.digest,
                &new.nonce,
                &new.verifier,
                &new.expires_at,
                &open_max,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// Takes a question back: it is answered once. Answers nonce and proof key.
pub async fn take_question(
    db: &Client,
    digest: &[u8],
    now: Timestamp,
) -> Result<Option<(String, String)>, Error> {
    let sql = "-- staff.take_question
        DELETE FROM staff_identity_question WHERE question_digest = $1 AND expires_at > $2
        RETURNING nonce, verifier";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&digest, &now])
        .await?;
    Ok(row.map(|row| (row.get("nonce"), row.get("verifier"))))
}

/// Forgets questions that were never answered.
pub async fn delete_old_questions(db: &Client, now: Timestamp) -> Result<(), Error> {
    let sql = "-- staff.delete_old_questions
        DELETE FROM staff_identity_question WHERE expires_at <= $1";
    db.execute(&db.prepare_cached(sql).await?, &[&now]).await?;
    Ok(())
}

/// The active account that an identity opens.
pub async fn find_linked(
    db: &Client,
    issuer: &str,
    subject: &str,
) -> Result<Option<StaffId>, Error> {
    let sql = "-- staff.find_linked
        SELECT i.staff_id FROM staff_identity i JOIN staff s USING (staff_id)
        WHERE i.issuer = $1 AND i.subject = $2 AND s.active";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&issuer, &subject])
        .await?;
    Ok(row.map(|row| StaffId::new(row.get("staff_id"))))
}

/// Who an account is at a provider.
pub async fn find_identity(db: &Client, staff_id: StaffId) -> Result<Option<IdentityView>, Error> {
    let sql = "-- staff.find_identity
        SELECT issuer, subject FROM staff_identity WHERE staff_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&staff_id.get()])
        .await?;
    Ok(row.map(|row| IdentityView {
        issuer: row.get("issuer"),
        subject: row.get("subject"),
    }))
}

/// Links an account to an identity; the constraint `staff_identity_pkey` says that another
/// account has it.
pub async fn insert_identity(
    db: &Client,
    staff_id: StaffId,
    identity: &IdentityView,
    (by, now): (StaffId, Timestamp),
) -> Result<(), Error> {
    let sql = "-- staff.insert_identity
        INSERT INTO staff_identity (issuer, subject, staff_id, linked_by, linked_at) VALUES ($1, $2, $3, $4, $5)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &identity.issuer,
            &identity.subject,
            &staff_id.get(),
            &by.get(),
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// Takes an account's link away, if it has one.
pub async fn delete_identity(db: &Client, staff_id: StaffId) -> Result<(), Error> {
    let sql = "-- staff.delete_identity
        DELETE FROM staff_identity WHERE staff_id = $1";
    db.execute(&db.prepare_cached(sql).await?, &[&staff_id.get()])
        .await?;
    Ok(())
}
