//! SQL of evidence that appeals found wrong, and of facts by identity.

use std::collections::{HashMap, HashSet};

use gridpass_types::ids::{AppealId, FactId, PersonId};
use jiff::Timestamp;
use tokio_postgres::Error;

use super::super::model::FactView;
use super::fact_view;
use crate::db::Client;

/// Digests of people's evidence that counts no more.
pub async fn list_resolved(
    db: &Client,
    people: &[i64],
) -> Result<HashMap<i64, HashSet<Vec<u8>>>, Error> {
    let sql = "-- facts.list_resolved
        SELECT person_id, evidence_digest FROM resolved_evidence
        WHERE person_id = ANY ($1) AND lifted_at IS NULL";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&people]).await?;
    let mut found: HashMap<i64, HashSet<Vec<u8>>> = HashMap::new();
    for row in &rows {
        found.entry(row.get(0)).or_default().insert(row.get(1));
    }
    Ok(found)
}

/// Evidence that counts no more, with the fact it had led to.
pub struct NewResolved<'a> {
    /// Whose.
    pub person_id: PersonId,
    /// By which appeal.
    pub appeal_id: AppealId,
    /// Since when.
    pub at: Timestamp,
    /// Digests and facts.
    pub rows: &'a [(Vec<u8>, FactId)],
}

/// Notes evidence that counts no more; what was noted before stands again.
pub async fn insert_resolved(db: &Client, new: &NewResolved<'_>) -> Result<(), Error> {
    let sql = "-- facts.insert_resolved
        INSERT INTO resolved_evidence (person_id, evidence_digest, fact_id, appeal_id, resolved_at)
        SELECT DISTINCT ON (d) $1::bigint, d, f, $2::bigint, $3::timestamptz
        FROM unnest($4::bytea[], $5::bigint[]) AS u (d, f) ORDER BY d, f
        ON CONFLICT (person_id, evidence_digest) DO UPDATE SET fact_id = EXCLUDED.fact_id,
            appeal_id = EXCLUDED.appeal_id, resolved_at = EXCLUDED.resolved_at, lifted_at = NULL";
    let digests: Vec<&[u8]> = new.rows.iter().map(|(digest, _)| &digest[..]).collect();
    let facts: Vec<i64> = new.rows.iter().map(|(_, fact)| fact.get()).collect();
    db.execute(
        &db.prepare_cached(sql).await?,
        &[&new.person_id, &new.appeal_id, &new.at, &digests, &facts],
    )
    .await?;
    Ok(())
}

/// Lets the evidence of an appeal that ended against the person count again.
pub async fn lift_resolved(
    db: &Client,
    (person_id, appeal_id): (PersonId, AppealId),
    at: Timestamp,
) -> Result<u64, Error> {
    let sql = "-- facts.lift_resolved
        UPDATE resolved_evidence SET lifted_at = $3
        WHERE person_id = $1 AND appeal_id = $2 AND lifted_at IS NULL";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[&person_id, &appeal_id, &at],
    )
    .await
}

/// Some of a person's facts, retracted or not, in order of identity.
pub async fn list_fact_views_of(
    db: &Client,
    person_id: PersonId,
    facts: &[FactId],
) -> Result<Vec<FactView>, Error> {
    let sql = "-- facts.list_fact_views_of
        SELECT person_id, fact_id, body, recorded_at, retracted_at, source, recorded_by,
               retracted_by, retract_reason, reason, evidence_kind, evidence_reference, confirmed_by
        FROM fact WHERE person_id = $1 AND fact_id = ANY ($2) ORDER BY fact_id";
    let ids: Vec<i64> = facts.iter().map(|fact| fact.get()).collect();
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&person_id, &ids])
        .await?;
    rows.iter().map(fact_view).collect()
}

/// A person's latest facts of one source with the time of each.
pub async fn list_of_source(
    db: &Client,
    person_id: PersonId,
    (source, limit): (&str, i64),
) -> Result<Vec<(FactId, Timestamp)>, Error> {
    let sql = "-- facts.list_of_source
        SELECT fact_id, recorded_at FROM fact WHERE person_id = $1 AND source = $2 ORDER BY fact_id DESC LIMIT $3";
    let rows = db
        .query(
            &db.prepare_cached(sql).await?,
            &[&person_id, &source, &limit],
        )
        .await?;
    let fact = |row: &tokio_postgres::Row| (FactId::new(row.get(0)), row.get(1));
    Ok(rows.iter().map(fact).collect())
}
