//! SQL of the detector: confirmed reds in, leads out.

use std::collections::HashMap;

use gridpass_rules::red::EvidenceKind;
use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{Error, Row};

use crate::db::Client;
use crate::red::detect::{Crowds, Finding, RedEvent};
use crate::red::findings::RedFinding;

/// Confirmed reds looked at in one round; a district has far fewer in a week.
const EVENTS_MAX: i64 = 50_000;

/// Confirmed reds since an instant, with where the people live and work now and whether
/// somebody took the fact back. A change of an order is no taking back.
pub async fn list_events(db: &Client, since: Timestamp) -> Result<Vec<RedEvent>, Error> {
    let sql = "-- red.list_events
        SELECT r.person_id, r.decided_at, r.evidence_kind, r.evidence_reference, r.proposed_by,
               r.proposed_unit, r.decided_by, r.proposed_at, r.place_code, s.enclosure_id,
               s.employer_ids,
               CASE WHEN f.retracted_by IS NOT NULL
                     AND f.retract_reason NOT IN ('extended','transferred')
                    THEN f.retracted_at END AS undone_at
        FROM red_proposal r
        JOIN person_state s USING (person_id)
        LEFT JOIN fact f ON f.person_id = r.person_id AND f.fact_id = r.fact_id
        WHERE r.status = 'confirmed' AND r.decided_at > $1
        ORDER BY r.decided_at DESC LIMIT $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&since, &EVENTS_MAX])
        .await?;
    Ok(rows.iter().filter_map(event).collect())
}

/// `None` for a row with a word of a newer version.
fn event(row: &Row) -> Option<RedEvent> {
    let at: Timestamp = row.get("decided_at");
    let proposed_at: Timestamp = row.get("proposed_at");
    Some(RedEvent {
        person_id: row.get("person_id"),
        at,
        evidence: EvidenceKind::from_word(row.get("evidence_kind"))?,
        reference: row.get("evidence_reference"),
        proposed_by: row.get("proposed_by"),
        proposed_unit: row.get("proposed_unit"),
        confirmed_by: row.get("decided_by"),
        waited_s: at.duration_since(proposed_at).as_secs(),
        place_code: row.get("place_code"),
        enclosure: row.get("enclosure_id"),
        employers: row.get("employer_ids"),
        undone_at: row.get("undone_at"),
    })
}

/// How many people are known where the people of these reds live and work.
pub async fn crowds(db: &Client, events: &[RedEvent]) -> Result<Crowds, Error> {
    let enclosures: Vec<i64> = events.iter().filter_map(|event| event.enclosure).collect();
    let employers: Vec<i64> = events
        .iter()
        .flat_map(|event| event.employers.iter().copied())
        .collect();
    if events.is_empty() {
        return Ok(Crowds::default());
    }
    let sql = "-- red.crowds
        SELECT 'enclosure' AS what, enclosure_id AS id, count(*) AS people
        FROM person_state WHERE enclosure_id = ANY ($1) GROUP BY enclosure_id
        UNION ALL
        SELECT 'employer', e, count(*)
        FROM person_state, unnest(employer_ids) AS u (e) WHERE e = ANY ($2) GROUP BY e";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&enclosures, &employers])
        .await?;
    let of = |wanted: &str| -> HashMap<i64, i64> {
        let rows = rows
            .iter()
            .filter(|row| row.get::<_, &str>("what") == wanted);
        rows.map(|row| (row.get("id"), row.get("people"))).collect()
    };
    Ok(Crowds {
        enclosures: of("enclosure"),
        employers: of("employer"),
    })
}

/// A lead to keep.
pub struct NewFinding<'a> {
    /// Identity, if it is new.
    pub finding_id: i64,
    /// Day of the newest red in it.
    pub day: Date,
    /// Where.
    pub place_code: &'a str,
    /// What.
    pub found: &'a Finding,
    /// When.
    pub found_at: Timestamp,
}

/// Keeps a lead; the same pattern of the same subject on the same day is one lead, whose
/// score only grows.
pub async fn insert_finding(db: &Client, new: &NewFinding<'_>) -> Result<(), Error> {
    let sql = "-- red.insert_finding
        INSERT INTO red_finding (finding_id, pattern, subject, place_code, day, score, people, found_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (pattern, subject, day) DO UPDATE
        SET score = greatest(red_finding.score, EXCLUDED.score), people = EXCLUDED.people,
            place_code = EXCLUDED.place_code
        WHERE red_finding.closed_at IS NULL";
    let people = i32::try_from(new.found.people).unwrap_or(i32::MAX);
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &new.finding_id,
            &new.found.pattern.as_str(),
            &new.found.subject,
            &new.place_code,
            &new.day,
            &new.found.score,
            &people,
            &new.found_at,
        ],
    )
    .await?;
    Ok(())
}

/// A lead by identity.
pub async fn find_finding(db: &Client, finding_id: i64) -> Result<Option<RedFinding>, Error> {
    let sql = "-- red.find_finding
        SELECT finding_id, pattern, subject, place_code, day, score, people, found_at, closed_at,
               outcome
        FROM red_finding WHERE finding_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&finding_id])
        .await?;
    Ok(row.as_ref().map(finding))
}

/// Leads under a prefix, from `after` on.
pub async fn list_findings(
    db: &Client,
    (prefix, closed): (&str, bool),
    after: i64,
    limit: i64,
) -> Result<Vec<RedFinding>, Error> {
    let sql = "-- red.list_findings
        SELECT finding_id, pattern, subject, place_code, day, score, people, found_at, closed_at,
               outcome
        FROM red_finding
        WHERE finding_id > $3 AND starts_with(place_code, $1) AND (closed_at IS NOT NULL) = $2
        ORDER BY finding_id LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&prefix, &closed, &after, &limit])
        .await?;
    Ok(rows.iter().map(finding).collect())
}

/// Closes an open lead; false when it is closed already.
pub async fn close_finding(
    db: &Client,
    finding_id: i64,
    (by, at, outcome): (StaffId, Timestamp, &str),
) -> Result<bool, Error> {
    let sql = "-- red.close_finding
        UPDATE red_finding SET closed_at = $2, closed_by = $3, outcome = $4
        WHERE finding_id = $1 AND closed_at IS NULL";
    let statement = db.prepare_cached(sql).await?;
    let changed = db
        .execute(&statement, &[&finding_id, &at, &by, &outcome])
        .await?;
    Ok(changed == 1)
}

fn finding(row: &Row) -> RedFinding {
    RedFinding {
        finding_id: row.get("finding_id"),
        pattern: row.get("pattern"),
        subject: row.get("subject"),
        place_code: row.get("place_code"),
        day: row.get("day"),
        score: row.get("score"),
        people: row.get("people"),
        found_at: row.get("found_at"),
        closed_at: row.get("closed_at"),
        outcome: row.get("outcome"),
    }
}
