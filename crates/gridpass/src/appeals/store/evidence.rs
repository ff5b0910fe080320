//! SQL of what was shown for appeals.

use gridpass_types::ids::{AppealEvidenceId, AppealId, PersonId, StaffId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::appeals::model::{Appeal, Media};
use crate::appeals::wire::AppealEvidenceView;
use crate::db::Client;

/// Something shown, to store.
pub struct NewEvidence<'a> {
    /// Of which appeal.
    pub appeal: &'a Appeal,
    /// Identity.
    pub evidence_id: AppealEvidenceId,
    /// What it is.
    pub media: Media,
    /// Bytes before sealing.
    pub content_bytes: i32,
    /// Digest of the upload.
    pub upload_digest: &'a [u8],
    /// Now.
    pub added_at: Timestamp,
    /// Staff at a counter.
    pub added_by: Option<StaffId>,
    /// Sealed pieces in order.
    pub chunks: &'a [Vec<u8>],
}

/// Stores something shown with its pieces.
pub async fn insert_evidence(db: &Client, new: &NewEvidence<'_>) -> Result<(), Error> {
    let sql = "-- appeals.insert_evidence
        INSERT INTO appeal_evidence (person_id, evidence_id, appeal_id, media, content_bytes, upload_digest,
            added_at, added_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[
            &new.appeal.person_id,
            &new.evidence_id,
            &new.appeal.appeal_id,
            &new.media.as_str(),
            &new.content_bytes,
            &new.upload_digest,
            &new.added_at,
            &new.added_by,
        ],
    )
    .await?;
    let sql = "-- appeals.insert_chunks
        INSERT INTO appeal_evidence_chunk (person_id, evidence_id, chunk, content_sealed)
        SELECT $1, $2, n - 1, c FROM unnest($3::bytea[]) WITH ORDINALITY AS u (c, n)";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[&new.appeal.person_id, &new.evidence_id, &new.chunks],
    )
    .await?;
    Ok(())
}

/// What was shown for people's appeals, oldest first.
pub async fn list_evidence(
    db: &Client,
    people: &[PersonId],
    appeals: &[AppealId],
) -> Result<Vec<(AppealId, AppealEvidenceView)>, Error> {
    let sql = "-- appeals.list_evidence
        SELECT appeal_id, evidence_id, media, content_bytes, added_at, added_by FROM appeal_evidence
        WHERE person_id = ANY ($1) AND appeal_id = ANY ($2) ORDER BY evidence_id LIMIT 1000";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&people, &appeals])
        .await?;
    let read = |row: &Row| Some((row.get(0), view(row)?));
    Ok(rows.iter().filter_map(read).collect())
}

/// The same upload, if it was shown for the appeal before.
pub async fn find_same(
    db: &Client,
    appeal: &Appeal,
    upload_digest: &[u8],
) -> Result<Option<AppealEvidenceView>, Error> {
    let sql = "-- appeals.find_same_evidence
        SELECT appeal_id, evidence_id, media, content_bytes, added_at, added_by FROM appeal_evidence
        WHERE person_id = $1 AND appeal_id = $2 AND upload_digest = $3";
    let row = db
        .query_opt(
            &db.prepare_cached(sql).await?,
            &[&appeal.person_id, &appeal.appeal_id, &upload_digest],
        )
        .await?;
    Ok(row.as_ref().and_then(view))
}

/// One photo or paper of an appeal.
pub async fn find_evidence(
    db: &Client,
    appeal: &Appeal,
    evidence_id: i64,
) -> Result<Option<AppealEvidenceView>, Error> {
    let sql = "-- appeals.find_evidence
        SELECT appeal_id, evidence_id, media, content_bytes, added_at, added_by FROM appeal_evidence
        WHERE person_id = $1 AND appeal_id = $2 AND evidence_id = $3";
    let row = db
        .query_opt(
            &db.prepare_cached(sql).await?,
            &[&appeal.person_id, &appeal.appeal_id, &evidence_id],
        )
        .await?;
    Ok(row.as_ref().and_then(view))
}

/// One sealed piece.
pub async fn find_chunk(
    db: &Client,
    (person_id, evidence_id): (PersonId, AppealEvidenceId),
    chunk: i16,
) -> Result<Option<Vec<u8>>, Error> {
    let sql = "-- appeals.find_chunk
        SELECT content_sealed FROM appeal_evidence_chunk WHERE person_id = $1 AND evidence_id = $2 AND chunk = $3";
    let row = db
        .query_opt(
            &db.prepare_cached(sql).await?,
            &[&person_id, &evidence_id, &chunk],
        )
        .await?;
    Ok(row.map(|row| row.get(0)))
}

fn view(row: &Row) -> Option<AppealEvidenceView> {
    Some(AppealEvidenceView {
        evidence_id: row.get("evidence_id"),
        media: Media::parse(row.get("media"))?,
        content_bytes: row.get("content_bytes"),
        added_at: row.get("added_at"),
        at_counter: row.get::<_, Option<i64>>("added_by").is_some(),
    })
}
