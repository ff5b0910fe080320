//! SQL of proposals.

pub mod findings;
pub mod lists;

use gridpass_rules::Colour;
use gridpass_rules::red::{EvidenceKind, RedReason};
use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use tokio_postgres::types::Json;
use tokio_postgres::{Error, Row};

use super::model::{Evidence, Measure, Proposal, ProposalQuery, ProposalStatus};
use crate::db::Client;

/// Enters a proposal. The index `red_proposal_one_open_idx` says that the same waits already.
pub async fn insert_proposal(db: &Client, new: &Proposal) -> Result<(), Error> {
    let sql = "-- red.insert_proposal
        INSERT INTO red_proposal (person_id, proposal_id, place_code, measure, reason, evidence_kind,
            evidence_reference, until_date, status, list_id, proposed_at, proposed_by, proposed_unit,
            lapses_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &new.person_id,
            &new.proposal_id,
            &new.place_code,
            &Json(&new.measure),
            &new.reason.as_str(),
            &new.evidence.kind.as_str(),
            &new.evidence.reference,
            &new.until,
            &new.status.as_str(),
            &new.list_id,
            &new.proposed_at,
            &new.proposed_by,
            &new.proposed_unit,
            &new.lapses_at,
        ],
    )
    .await?;
    Ok(())
}

/// Whether the same waits for the same person.
pub async fn is_open_for(db: &Client, new: &Proposal) -> Result<bool, Error> {
    let sql = "-- red.is_open_for
        SELECT EXISTS (SELECT FROM red_proposal WHERE person_id = $1 AND reason = $2
                       AND status IN ('held','open'))";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(&statement, &[&new.person_id, &new.reason.as_str()])
        .await?;
    Ok(row.get(0))
}

/// Whether a change of the same order waits that is of another kind: a transfer while it is to be
/// extended.
pub async fn waits_otherwise(db: &Client, new: &Proposal) -> Result<bool, Error> {
    let sql = "-- red.waits_otherwise
        SELECT EXISTS (SELECT FROM red_proposal WHERE person_id = $1 AND status IN ('held','open')
                       AND measure ->> 'order_id' = $2::jsonb ->> 'order_id'
                       AND measure ->> 'step' <> $2::jsonb ->> 'step')";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(&statement, &[&new.person_id, &Json(&new.measure)])
        .await?;
    Ok(row.get(0))
}

/// Makes whoever else counts this proposer's hour wait until the transaction is over.
pub async fn lock_quota(db: &Client, staff_id: StaffId, now: Timestamp) -> Result<(), Error> {
    let sql = "-- red.lock_quota
        INSERT INTO red_quota (staff_id, taken_at) VALUES ($1, $2)
        ON CONFLICT (staff_id) DO UPDATE SET taken_at = EXCLUDED.taken_at";
    db.execute(&db.prepare_cached(sql).await?, &[&staff_id, &now])
        .await?;
    Ok(())
}

/// People whom a member of staff has proposed since, those of held lists not counted: somebody
/// above answers for these.
pub async fn count_since(db: &Client, staff_id: StaffId, since: Timestamp) -> Result<i64, Error> {
    let sql = "-- red.count_since
        SELECT count(*) FROM red_proposal r LEFT JOIN red_list l USING (list_id)
        WHERE r.proposed_by = $1 AND r.proposed_at > $2 AND l.held IS NOT TRUE";
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query_one(&statement, &[&staff_id, &since]).await?.get(0))
}

/// A proposal by identity.
pub async fn find_proposal(
    db: &Client,
    person_id: i64,
    proposal_id: i64,
) -> Result<Option<Proposal>, Error> {
    let sql = "-- red.find_proposal
        SELECT person_id, proposal_id, place_code, measure, reason, evidence_kind,
               evidence_reference, until_date, status, list_id, proposed_at, proposed_by,
               proposed_unit, lapses_at, decided_at, decided_by, decided_unit, fact_id
        FROM red_proposal WHERE person_id = $1 AND proposal_id = $2";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_opt(&statement, &[&person_id, &proposal_id])
        .await?;
    row.as_ref().map(proposal).transpose().map(Option::flatten)
}

/// A proposal, locked until the transaction ends.
pub async fn lock_proposal(
    db: &Client,
    person_id: i64,
    proposal_id: i64,
) -> Result<Option<Proposal>, Error> {
    let sql = "-- red.lock_proposal
        SELECT person_id, proposal_id, place_code, measure, reason, evidence_kind,
               evidence_reference, until_date, status, list_id, proposed_at, proposed_by,
               proposed_unit, lapses_at, decided_at, decided_by, decided_unit, fact_id
        FROM red_proposal WHERE person_id = $1 AND proposal_id = $2 FOR UPDATE";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_opt(&statement, &[&person_id, &proposal_id])
        .await?;
    row.as_ref().map(proposal).transpose().map(Option::flatten)
}

/// Writes how a proposal ended; the caller has locked it.
pub async fn decide(db: &Client, decided: &Proposal) -> Result<(), Error> {
    let sql = "-- red.decide
        UPDATE red_proposal SET status = $3, decided_at = $4, decided_by = $5, decided_unit = $6,
            fact_id = $7
        WHERE person_id = $1 AND proposal_id = $2 AND status = 'open'";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &decided.person_id,
            &decided.proposal_id,
            &decided.status.as_str(),
            &decided.decided_at,
            &decided.decided_by,
            &decided.decided_unit,
            &decided.fact_id,
        ],
    )
    .await?;
    Ok(())
}

/// Proposals under a prefix with the sealed names, from `after` on.
pub async fn list_proposals(
    db: &Client,
    (prefix, status, query): (&str, ProposalStatus, &ProposalQuery),
    after: i64,
    limit: i64,
) -> Result<Vec<(Proposal, Option<Vec<u8>>)>, Error> {
    let sql = "-- red.list_proposals
        SELECT r.person_id, r.proposal_id, r.place_code, r.measure, r.reason, r.evidence_kind,
               r.evidence_reference, r.until_date, r.status, r.list_id, r.proposed_at,
               r.proposed_by, r.proposed_unit, r.lapses_at, r.decided_at, r.decided_by,
               r.decided_unit, r.fact_id, p.name_sealed, s.colour
        FROM red_proposal r LEFT JOIN person p USING (person_id)
        LEFT JOIN person_state s USING (person_id)
        WHERE r.proposal_id > $3 AND r.status = $2 AND starts_with(r.place_code, $1)
            AND ($5::bigint IS NULL OR r.person_id = $5)
            AND ($6::bigint IS NULL OR r.list_id = $6)
        ORDER BY r.proposal_id LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(
            &statement,
            &[
                &prefix,
                &status.as_str(),
                &after,
                &limit,
                &query.person_id,
                &query.list_id,
            ],
        )
        .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Some(mut each) = proposal(row)? {
            let colour: Option<i16> = row.get("colour");
            each.colour = colour.and_then(Colour::from_code);
            found.push((each, row.get("name_sealed")));
        }
    }
    Ok(found)
}

/// Says on proposals whose time is over that they lapsed, and answers them; rows that somebody
/// is deciding on are left for the next round.
pub async fn lapse_proposals(
    db: &Client,
    now: Timestamp,
    rows_max: i64,
) -> Result<Vec<Proposal>, Error> {
    let sql = "-- red.lapse_proposals
        UPDATE red_proposal r SET status = 'lapsed', decided_at = r.lapses_at
        FROM (SELECT person_id, proposal_id FROM red_proposal
              WHERE status IN ('held','open') AND lapses_at <= $1
              ORDER BY lapses_at LIMIT $2 FOR UPDATE SKIP LOCKED) d
        WHERE r.person_id = d.person_id AND r.proposal_id = d.proposal_id
        RETURNING r.person_id, r.proposal_id, r.place_code, r.measure, r.reason, r.evidence_kind,
                  r.evidence_reference, r.until_date, r.status, r.list_id, r.proposed_at,
                  r.proposed_by, r.proposed_unit, r.lapses_at, r.decided_at, r.decided_by,
                  r.decided_unit, r.fact_id";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&now, &rows_max]).await?;
    let read: Result<Vec<Option<Proposal>>, Error> = rows.iter().map(proposal).collect();
    Ok(read?.into_iter().flatten().collect())
}

/// `None` for a row with a word of a newer version.
fn proposal(row: &Row) -> Result<Option<Proposal>, Error> {
    let Json(measure): Json<Measure> = row.try_get("measure")?;
    let reason = RedReason::from_word(row.get("reason"));
    let kind = EvidenceKind::from_word(row.get("evidence_kind"));
    let status = ProposalStatus::parse(row.get("status"));
    let (Some(reason), Some(kind), Some(status)) = (reason, kind, status) else {
        return Ok(None);
    };
    Ok(Some(Proposal {
        person_id: row.get("person_id"),
        proposal_id: row.get("proposal_id"),
        name: None,
        colour: None,
        place_code: row.get("place_code"),
        measure,
        reason,
        evidence: Evidence {
            kind,
            reference: row.get("evidence_reference"),
        },
        until: row.get("until_date"),
        status,
        list_id: row.get("list_id"),
        proposed_at: row.get("proposed_at"),
        proposed_by: row.get("proposed_by"),
        proposed_unit: row.get("proposed_unit"),
        lapses_at: row.get("lapses_at"),
        decided_at: row.get("decided_at"),
        decided_by: row.get("decided_by"),
        decided_unit: row.get("decided_unit"),
        fact_id: row.get("fact_id"),
        hindrance: None,
    }))
}
