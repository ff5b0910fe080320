//! SQL of kept answers and of calls that are running.

use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::db::Client;

/// A call that wants its key.
pub(super) struct Claim {
    /// Digest of the caller.
    pub caller: String,
    /// The key.
    pub key: String,
    /// Digest of what is asked.
    pub digest: [u8; 32],
    /// Tells it from every other call.
    pub number: i64,
}

/// A kept answer.
pub(super) struct Kept {
    /// Digest of what was asked.
    pub digest: Vec<u8>,
    /// HTTP status.
    pub status: i16,
    /// Media type; none without a body.
    pub content_type: Option<String>,
    /// The body.
    pub sealed: Vec<u8>,
    /// Audit entry of the call.
    pub entry_id: Option<i64>,
    /// Whom it shows.
    pub subjects: Option<Vec<i64>>,
    /// Which other thing it is about.
    pub object: Option<String>,
}

/// How a key stands.
pub(super) enum Standing {
    /// This call has it.
    Mine,
    /// It is answered.
    Answered(Kept),
    /// A call with it runs.
    Runs,
    /// A call with it made its change, and its answer is lost.
    Lost,
    /// Another request has it.
    Other,
}

/// The answer kept for a key since then.
pub(super) async fn find(
    db: &Client,
    claim: &Claim,
    since: Timestamp,
) -> Result<Option<Kept>, Error> {
    let sql = "-- idempotency.find
        SELECT request_sha256, status, content_type, answer_sealed, entry_id, subjects, object
        FROM idempotency WHERE caller = $1 AND key = $2 AND created_at > $3";
    let row = db
        .query_opt(
            &db.prepare_cached(sql).await?,
            &[&claim.caller, &claim.key, &since],
        )
        .await?;
    Ok(row.map(|row| kept(&row)))
}

fn kept(row: &Row) -> Kept {
    Kept {
        digest: row.get(0),
        status: row.get(1),
        content_type: row.get(2),
        sealed: row.get(3),
        entry_id: row.get(4),
        subjects: row.get(5),
        object: row.get(6),
    }
}

/// Takes the key, if nobody has it: nobody's is also a claim whose lease is over before anything
/// was committed, and one as old as answers get.
pub(super) async fn claim(
    db: &Client,
    claim: &Claim,
    (now, lease_until): (Timestamp, Timestamp),
    since: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- idempotency.claim
        INSERT INTO idempotency_claim AS held (caller, key, request_sha256, claim, claimed_at, lease_until)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (caller, key) DO UPDATE SET request_sha256 = EXCLUDED.request_sha256, claim = EXCLUDED.claim,
            claimed_at = EXCLUDED.claimed_at, lease_until = EXCLUDED.lease_until, committed = false
        WHERE (held.lease_until <= $5 AND NOT held.committed) OR held.claimed_at <= $7";
    let taken = db
        .execute(
            &db.prepare_cached(sql).await?,
            &[
                &claim.caller,
                &claim.key,
                &&claim.digest[..],
                &claim.number,
                &now,
                &lease_until,
                &since,
            ],
        )
        .await?;
    Ok(taken == 1)
}

/// How a key stands that another call has; `None` when it may be claimed.
pub(super) async fn standing(
    db: &Client,
    claim: &Claim,
    (now, since): (Timestamp, Timestamp),
) -> Result<Option<Standing>, Error> {
    let sql = "-- idempotency.standing
        SELECT request_sha256, committed AND lease_until <= $3 FROM idempotency_claim
        WHERE caller = $1 AND key = $2 AND (committed OR lease_until > $3) AND claimed_at > $4";
    let row = db
        .query_opt(
            &db.prepare_cached(sql).await?,
            &[&claim.caller, &claim.key, &now, &since],
        )
        .await?;
    Ok(row.map(|row| {
        let (digest, lost): (Vec<u8>, bool) = (row.get(0), row.get(1));
        match (digest == claim.digest, lost) {
            (false, _) => Standing::Other,
            (true, true) => Standing::Lost,
            (true, false) => Standing::Runs,
        }
    }))
}

/// Marks the claim in the transaction of its call; false when another call has the key.
pub(super) async fn mark_committed(tx: &Client, claim: &Claim) -> Result<bool, Error> {
    let sql = "-- idempotency.mark_committed
        UPDATE idempotency_claim SET committed = true
        WHERE caller = $1 AND key = $2 AND claim = $3";
    let marked = tx
        .execute(
            &tx.prepare_cached(sql).await?,
            &[&claim.caller, &claim.key, &claim.number],
        )
        .await?;
    Ok(marked == 1)
}

/// Keeps the answer and gives the claim up, at once.
pub(super) async fn keep(
    db: &Client,
    claim: &Claim,
    kept: &Kept,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- idempotency.keep
        WITH done AS (
            DELETE FROM idempotency_claim WHERE caller = $1 AND key = $2 AND claim = $3 RETURNING caller, key)
        INSERT INTO idempotency (caller, key, request_sha256, status, content_type, answer_sealed, created_at,
            entry_id, subjects, object)
        SELECT caller, key, $4, $5, $6, $7, $8, $9, $10, $11 FROM done
        ON CONFLICT (caller, key) DO UPDATE SET request_sha256 = EXCLUDED.request_sha256,
            status = EXCLUDED.status, content_type = EXCLUDED.content_type,
            answer_sealed = EXCLUDED.answer_sealed, created_at = EXCLUDED.created_at,
            entry_id = EXCLUDED.entry_id, subjects = EXCLUDED.subjects, object = EXCLUDED.object";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[
            &claim.caller,
            &claim.key,
            &claim.number,
            &kept.digest,
            &kept.status,
            &kept.content_type,
            &kept.sealed,
            &now,
            &kept.entry_id,
            &kept.subjects,
            &kept.object,
        ],
    )
    .await?;
    Ok(())
}

/// Gives the claim up; with `committed` also when its call had committed something.
pub(super) async fn release(db: &Client, claim: &Claim, committed: bool) -> Result<(), Error> {
    let sql = "-- idempotency.release
        DELETE FROM idempotency_claim
        WHERE caller = $1 AND key = $2 AND claim = $3 AND ($4 OR NOT committed)";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[&claim.caller, &claim.key, &claim.number, &committed],
    )
    .await?;
    Ok(())
}

/// Says that the call of a claim runs no more.
pub(super) async fn end_lease(db: &Client, claim: &Claim, now: Timestamp) -> Result<(), Error> {
    let sql = "-- idempotency.end_lease
        UPDATE idempotency_claim SET lease_until = $4 WHERE caller = $1 AND key = $2 AND claim = $3";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[&claim.caller, &claim.key, &claim.number, &now],
    )
    .await?;
    Ok(())
}

/// Removes what is older than it is kept.
pub(super) async fn sweep(db: &Client, before: Timestamp, rows_max: i64) -> Result<u64, Error> {
    let sql = "-- idempotency.sweep_answers
        DELETE FROM idempotency WHERE ctid IN
            (SELECT ctid FROM idempotency WHERE created_at <= $1 LIMIT $2)";
    let answers = db
        .execute(&db.prepare_cached(sql).await?, &[&before, &rows_max])
        .await?;
    let sql = "-- idempotency.sweep_claims
        DELETE FROM idempotency_claim WHERE ctid IN
            (SELECT ctid FROM idempotency_claim WHERE claimed_at <= $1 LIMIT $2)";
    let claims = db
        .execute(&db.prepare_cached(sql).await?, &[&before, &rows_max])
        .await?;
    Ok(answers + claims)
}
