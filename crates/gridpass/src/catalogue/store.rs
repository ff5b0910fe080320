//! SQL of the catalogue.

use gridpass_rules::CatalogueEntry;
use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use tokio_postgres::types::Json;
use tokio_postgres::{Error, Row};

use super::model::EntryStatus;
use crate::db::Client;

/// Lock under which one entry at a time is proposed or approved.
const CATALOGUE_LOCK: i64 = 0x6772_6964_0030;

/// An entry as it is stored.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Identity.
    pub proposal_id: i64,
    /// What is proposed.
    pub definition: CatalogueEntry,
    /// Why.
    pub note: String,
    /// Where it stands.
    pub status: EntryStatus,
    /// When it was proposed.
    pub proposed_at: Timestamp,
    /// By whom.
    pub proposed_by: StaffId,
    /// Unit of that person then.
    pub proposed_unit: String,
    /// When, by whom and why it was approved or withdrawn.
    pub decided: Option<Decision>,
    /// Version of the catalogue that brought it.
    pub catalogue_version: Option<i32>,
}

/// The end of a proposal.
#[derive(Clone, Debug)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: StaffId,
    /// Unit of that person then.
    pub unit: String,
    /// Why.
    pub note: String,
}

fn proposal(row: &Row) -> Result<Proposal, Error> {
    let Json(definition) = row.try_get("definition")?;
    let status: &str = row.get("status");
    let decided: Option<Timestamp> = row.get("decided_at");
    Ok(Proposal {
        proposal_id: row.get("proposal_id"),
        definition,
        note: row.get("note"),
        status: EntryStatus::read(status),
        proposed_at: row.get("proposed_at"),
        proposed_by: row.get("proposed_by"),
        proposed_unit: row.get("proposed_unit"),
        decided: decided.map(|at| Decision {
            at,
            by: row.get("decided_by"),
            unit: row.get("decided_unit"),
            note: row.get("decision_note"),
        }),
        catalogue_version: row.get("catalogue_version"),
    })
}

/// Makes changes to the catalogue follow one another.
pub async fn lock_catalogue(tx: &Client) -> Result<(), Error> {
    let sql = "-- catalogue.lock_catalogue
        SELECT pg_advisory_xact_lock($1)";
    tx.query_one(&tx.prepare_cached(sql).await?, &[&CATALOGUE_LOCK])
        .await?;
    Ok(())
}

/// Approved entries in the order of their approval.
pub async fn list_approved(db: &Client) -> Result<Vec<CatalogueEntry>, Error> {
    let sql = "-- catalogue.list_approved
        SELECT definition FROM catalogue_entry ORDER BY catalogue_version";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    rows.iter()
        .map(|row| row.try_get(0).map(|Json(definition)| definition))
        .collect()
}

/// Proposals in order, approved and withdrawn ones too.
pub async fn list_proposals(db: &Client, after: i64, limit: i64) -> Result<Vec<Proposal>, Error> {
    let sql = "-- catalogue.list_proposals
        SELECT p.proposal_id, p.definition, p.note, p.status, p.proposed_at, p.proposed_by, p.proposed_unit,
               p.decided_at, p.decided_by, p.decided_unit, p.decision_note, e.catalogue_version
        FROM catalogue_proposal p LEFT JOIN catalogue_entry e USING (proposal_id)
        WHERE p.proposal_id > $1 ORDER BY p.proposal_id LIMIT $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&after, &limit])
        .await?;
    rows.iter().map(proposal).collect()
}

/// One proposal.
pub async fn find_proposal(db: &Client, proposal_id: i64) -> Result<Option<Proposal>, Error> {
    let sql = "-- catalogue.find_proposal
        SELECT p.proposal_id, p.definition, p.note, p.status, p.proposed_at, p.proposed_by, p.proposed_unit,
               p.decided_at, p.decided_by, p.decided_unit, p.decision_note, e.catalogue_version
        FROM catalogue_proposal p LEFT JOIN catalogue_entry e USING (proposal_id)
        WHERE p.proposal_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&proposal_id])
        .await?;
    row.as_ref().map(proposal).transpose()
}

/// How many proposals wait.
pub async fn count_waiting(db: &Client) -> Result<i64, Error> {
    let sql = "-- catalogue.count_waiting
        SELECT count(*) FROM catalogue_proposal WHERE status = 'proposed'";
    let row = db.query_one(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(row.get(0))
}

/// Stores a proposal.
pub async fn insert_proposal(tx: &Client, one: &Proposal) -> Result<(), Error> {
    let sql = "-- catalogue.insert_proposal
        INSERT INTO catalogue_proposal (proposal_id, sort, entry_key, definition, note, status, proposed_at,
            proposed_by, proposed_unit)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[
            &one.proposal_id,
            &one.definition.sort(),
            &one.definition.key(),
            &Json(&one.definition),
            &one.note,
            &one.status.as_str(),
            &one.proposed_at,
            &one.proposed_by,
            &one.proposed_unit,
        ],
    )
    .await?;
    Ok(())
}

/// Ends a proposal that waits.
pub async fn decide_proposal(
    tx: &Client,
    (proposal_id, status): (i64, EntryStatus),
    decision: &Decision,
) -> Result<(), Error> {
    let sql = "-- catalogue.decide_proposal
        UPDATE catalogue_proposal
        SET status = $2, decided_at = $3, decided_by = $4, decided_unit = $5, decision_note = $6
        WHERE proposal_id = $1 AND status = 'proposed'";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[
            &proposal_id,
            &status.as_str(),
            &decision.at,
            &decision.by,
            &decision.unit,
            &decision.note,
        ],
    )
    .await?;
    Ok(())
}

/// Takes an approved entry into the catalogue, under its next version.
pub async fn insert_entry(tx: &Client, one: &Proposal, at: Timestamp) -> Result<(), Error> {
    let sql = "-- catalogue.insert_entry
        INSERT INTO catalogue_entry (catalogue_version, proposal_id, sort, entry_key, definition, approved_at)
        SELECT COALESCE(max(catalogue_version), 0) + 1, $1, $2, $3, $4, $5 FROM catalogue_entry";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[
            &one.proposal_id,
            &one.definition.sort(),
            &one.definition.key(),
            &Json(&one.definition),
            &at,
        ],
    )
    .await?;
    Ok(())
}
