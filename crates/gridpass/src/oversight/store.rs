//! SQL of looks and findings, and reading of the audit log.

use std::collections::BTreeSet;

use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{Error, Row};

use super::model::{Behaviour, EntryQuery, Finding, FindingStatus, LOOKS, Looks, OddReason};
use crate::access::Role;
use crate::audit::{Entry, read_entry};
use crate::db::Client;

/// Entries of callers within a jurisdiction, newest first.
pub async fn search_entries(
    db: &Client,
    query: &EntryQuery,
    jurisdiction: &str,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let sql = "-- oversight.search_entries
        SELECT entry_id, at, actor, actor_id, unit, role, jurisdiction, purpose, action, subjects, object,
            result, code, origin, session, reference, key_number, mac
        FROM audit_entry
        WHERE entry_id < $1 AND at >= $2 AND at < $3 AND starts_with(jurisdiction, $4)
          AND ($5::bigint IS NULL OR actor_id = $5) AND ($6::text IS NULL OR action = $6)
          AND ($7::text IS NULL OR result = $7) AND ($8::bigint IS NULL OR subjects @> ARRAY[$8])
        ORDER BY entry_id DESC LIMIT $9";
    let (from, to) = (
        query.from.unwrap_or(Timestamp::UNIX_EPOCH),
        // The end of what PostgreSQL and jiff both can say.
        query.to.unwrap_or(Timestamp::MAX.min(far_future())),
    );
    let rows = db
        .query(
            sql,
            &[
                &query.after.unwrap_or(i64::MAX),
                &from,
                &to,
                &jurisdiction,
                &query.actor_id,
                &query.action,
                &query.result,
                &query.subject,
                &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| read_entry(row, 0)).collect())
}

fn far_future() -> Timestamp {
    Timestamp::from_second(32_503_680_000).unwrap_or(Timestamp::MAX)
}

/// Looks of staff at a person, newest first, before an identity.
pub async fn list_looks_at(
    db: &Client,
    person_id: i64,
    before: i64,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let sql = "-- oversight.list_looks_at
        SELECT entry_id, at, actor, actor_id, unit, role, jurisdiction, purpose, action, subjects, object,
            result, code, origin, session, reference, key_number, mac
        FROM audit_entry
        WHERE subjects @> ARRAY[$1::bigint] AND entry_id < $2 AND actor = 'staff' AND result IN ('shown', 'done')
        ORDER BY entry_id DESC LIMIT $3";
    let rows = db
        .query(
            &db.prepare_cached(sql).await?,
            &[&person_id, &before, &limit],
        )
        .await?;
    Ok(rows.iter().map(|row| read_entry(row, 0)).collect())
}

/// Who looked in a span of time, as on the last entry of the span.
pub struct Looker {
    /// Member of staff.
    pub staff_id: i64,
    /// Organisation.
    pub unit: Option<String>,
    /// Role.
    pub role: String,
    /// Jurisdiction.
    pub jurisdiction: String,
}

/// Staff who looked somebody up between two times.
pub async fn list_lookers(
    db: &Client,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Looker>, Error> {
    let sql = "-- oversight.list_lookers
        SELECT DISTINCT ON (actor_id) actor_id, unit, role, jurisdiction FROM audit_entry
        WHERE actor = 'staff' AND at >= $1 AND at < $2 AND action = ANY ($3) AND role IS NOT NULL
        ORDER BY actor_id, entry_id DESC";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&from, &to, &&LOOKS[..]])
        .await?;
    let read = |row: &Row| Looker {
        staff_id: row.get(0),
        unit: row.get(1),
        role: row.get(2),
        jurisdiction: row.get(3),
    };
    Ok(rows.iter().map(read).collect())
}

/// Looks of one member of staff between two times, by hour of the district's day and person;
/// refused attempts count. A record on the screen is asked for part by part, so what is asked
/// about one person within one minute is one look.
pub async fn list_looks_of(
    db: &Client,
    staff_id: i64,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Looks>, Error> {
    let sql = "-- oversight.list_looks_of
        SELECT extract(hour FROM e.at AT TIME ZONE 'Asia/Shanghai')::int4, s.person,
            count(DISTINCT date_trunc('minute', e.at))
        FROM audit_entry e CROSS JOIN unnest(e.subjects) AS s (person)
        WHERE e.actor_id = $1 AND e.actor = 'staff' AND e.at >= $2 AND e.at < $3 AND e.action = ANY ($4)
        GROUP BY 1, 2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&staff_id, &from, &to, &&LOOKS[..]])
        .await?;
    let read = |row: &Row| Looks {
        hour: row.get(0),
        person_id: row.get(1),
        count: row.get(2),
    };
    Ok(rows.iter().map(read).collect())
}

/// Those of some people whom a task connects with a member of staff: a visit, an alert, an
/// order or evidence of theirs, or of somebody in the household; or an open task of the
/// member's place that nobody has taken.
pub async fn list_linked(
    db: &Client,
    staff_id: i64,
    jurisdiction: &str,
    people: &[i64],
) -> Result<BTreeSet<i64>, Error> {
    let sql = "-- oversight.list_linked
        SELECT DISTINCT asked.person_id
        FROM unnest($1::bigint[]) AS asked (person_id)
            LEFT JOIN person p ON p.person_id = asked.person_id
            LEFT JOIN person mate ON mate.household_id = p.household_id
            CROSS JOIN LATERAL (SELECT coalesce(mate.person_id, asked.person_id) AS person_id) AS one
        WHERE EXISTS (SELECT 1 FROM visit v WHERE v.person_id = one.person_id
                AND (v.assigned_to = $2 OR v.created_by = $2 OR v.completed_by = $2
                     OR (v.status = 'open' AND v.assigned_to IS NULL AND starts_with(v.place_code, $3))))
           OR EXISTS (SELECT 1 FROM alert a WHERE a.person_id = one.person_id
                AND (a.accepted_by = $2 OR a.closed_by = $2
                     OR (a.status = 'open' AND starts_with(a.place_code, $3))))
           OR EXISTS (SELECT 1 FROM quarantine_order q WHERE q.person_id = one.person_id
                AND (q.created_by = $2 OR (q.status = 'live' AND starts_with(q.place_code, $3))))
           OR EXISTS (SELECT 1 FROM fact f WHERE f.person_id = one.person_id
                AND (f.recorded_by = $2 OR f.retracted_by = $2))";
    let rows = db
        .query(
            &db.prepare_cached(sql).await?,
            &[&people, &staff_id, &jurisdiction],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// A day that stands out.
pub struct NewFinding<'a> {
    /// Identity, if it is new.
    pub finding_id: i64,
    /// Who.
    pub looker: &'a Looker,
    /// Day.
    pub day: Date,
    /// Points.
    pub score: i16,
    /// What stands out.
    pub reasons: &'a [OddReason],
    /// In numbers.
    pub behaviour: Behaviour,
    /// Now.
    pub at: Timestamp,
}

/// Stores a finding, or brings the open one of the same day up to date.
pub async fn upsert_finding(db: &Client, new: &NewFinding<'_>) -> Result<(), Error> {
    let sql = "-- oversight.upsert_finding
        INSERT INTO lookup_finding (finding_id, staff_id, day, unit, role, jurisdiction, score, reasons, people,
            people_hour_max, unlinked, repeats_max, off_hours, status, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'open', $14)
        ON CONFLICT (staff_id, day) DO UPDATE SET score = excluded.score, reasons = excluded.reasons,
            people = excluded.people, people_hour_max = excluded.people_hour_max, unlinked = excluded.unlinked,
            repeats_max = excluded.repeats_max, off_hours = excluded.off_hours
        WHERE lookup_finding.status = 'open' AND lookup_finding.score <= excluded.score";
    let reasons: Vec<&str> = new.reasons.iter().map(|reason| reason.as_str()).collect();
    let b = new.behaviour;
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &new.finding_id,
            &new.looker.staff_id,
            &new.day,
            &new.looker.unit,
            &new.looker.role,
            &new.looker.jurisdiction,
            &new.score,
            &reasons,
            &number(b.people),
            &number(b.people_hour_max),
            &number(b.unlinked),
            &number(b.repeats_max),
            &number(b.off_hours),
            &new.at,
        ],
    )
    .await?;
    Ok(())
}

/// Findings about staff of a jurisdiction, newest first, before an identity; notes stay sealed.
pub async fn list_findings(
    db: &Client,
    (jurisdiction, status): (&str, FindingStatus),
    before: i64,
    limit: i64,
) -> Result<Vec<(Finding, Option<Vec<u8>>)>, Error> {
    let sql = "-- oversight.list_findings
        SELECT f.finding_id, f.staff_id, s.display_name, f.unit, f.role, f.jurisdiction, f.day, f.score, f.reasons,
            f.people, f.people_hour_max, f.unlinked, f.repeats_max, f.off_hours, f.status, f.decided_by,
            f.decided_at, f.created_at, f.note_sealed
        FROM lookup_finding f LEFT JOIN staff s ON s.staff_id = f.staff_id
        WHERE starts_with(f.jurisdiction, $1) AND f.status = $2 AND f.finding_id < $3
        ORDER BY f.finding_id DESC LIMIT $4";
    let rows = db
        .query(
            &db.prepare_cached(sql).await?,
            &[&jurisdiction, &status.as_str(), &before, &limit],
        )
        .await?;
    Ok(rows.iter().filter_map(read_finding).collect())
}

/// A finding, its note left out.
pub async fn find_finding(db: &Client, finding_id: i64) -> Result<Option<Finding>, Error> {
    let sql = "-- oversight.find_finding
        SELECT f.finding_id, f.staff_id, s.display_name, f.unit, f.role, f.jurisdiction, f.day, f.score, f.reasons,
            f.people, f.people_hour_max, f.unlinked, f.repeats_max, f.off_hours, f.status, f.decided_by,
            f.decided_at, f.created_at, f.note_sealed
        FROM lookup_finding f LEFT JOIN staff s ON s.staff_id = f.staff_id WHERE f.finding_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&finding_id])
        .await?;
    Ok(row
        .as_ref()
        .and_then(read_finding)
        .map(|(finding, _)| finding))
}

/// Decides on an open finding; false when somebody has.
pub async fn resolve_finding(
    db: &Client,
    finding_id: i64,
    (status, note_sealed): (FindingStatus, &[u8]),
    (by, at): (StaffId, Timestamp),
) -> Result<bool, Error> {
    let sql = "-- oversight.resolve_finding
        UPDATE lookup_finding SET status = $2, note_sealed = $3, decided_by = $4, decided_at = $5
        WHERE finding_id = $1 AND status = 'open'";
    let statement = db.prepare_cached(sql).await?;
    let done = db
        .execute(
            &statement,
            &[&finding_id, &status.as_str(), &note_sealed, &by.get(), &at],
        )
        .await?;
    Ok(done == 1)
}

/// The table's checks keep every code known.
fn read_finding(row: &Row) -> Option<(Finding, Option<Vec<u8>>)> {
    let number = |column: &str| u32::try_from(row.get::<_, i32>(column)).unwrap_or(0);
    let reasons: Vec<String> = row.get("reasons");
    let name: Option<String> = row.get("display_name");
    let finding = Finding {
        finding_id: row.get("finding_id"),
        staff_id: StaffId::new(row.get("staff_id")),
        display_name: name.unwrap_or_default(),
        unit: row.get("unit"),
        role: Role::parse(row.get("role"))?,
        jurisdiction: row.get("jurisdiction"),
        day: row.get("day"),
        score: row.get("score"),
        reasons: reasons
            .iter()
            .filter_map(|reason| OddReason::parse(reason))
            .collect(),
        behaviour: Behaviour {
            people: number("people"),
            people_hour_max: number("people_hour_max"),
            unlinked: number("unlinked"),
            repeats_max: number("repeats_max"),
            off_hours: number("off_hours"),
        },
        status: FindingStatus::parse(row.get("status"))?,
        note: None,
        decided_by: row.get::<_, Option<i64>>("decided_by").map(StaffId::new),
        decided_at: row.get("decided_at"),
        created_at: row.get("created_at"),
    };
    Some((finding, row.get("note_sealed")))
}
