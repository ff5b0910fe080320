//! SQL of leads: what is open, who has it, handing it over.

use gridpass_types::ids::{PersonId, StaffId, VisitId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::db::Client;

/// How much is open at a place or with somebody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open {
    /// Open.
    pub open: i64,
    /// Past their time.
    pub late: i64,
    /// Nobody has them.
    pub unassigned: i64,
    /// Put before the lead.
    pub escalated: i64,
}

fn open_of(row: &Row) -> Open {
    Open {
        open: row.get("open"),
        late: row.get("late"),
        unassigned: row.get("unassigned"),
        escalated: row.get("escalated"),
    }
}

/// Open visits by leaf division, in order of code; at most so many divisions.
pub async fn count_by_place(
    db: &Client,
    (prefix, now): (&str, Timestamp),
    limit: i64,
) -> Result<Vec<(String, Open)>, Error> {
    let sql = "-- visits.count_by_place
        SELECT place_code, count(*) AS open, count(*) FILTER (WHERE due_at <= $2) AS late,
               count(*) FILTER (WHERE assigned_to IS NULL) AS unassigned,
               count(*) FILTER (WHERE escalated_at IS NOT NULL) AS escalated
        FROM visit WHERE status = 'open' AND starts_with(place_code, $1)
        GROUP BY place_code ORDER BY place_code LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&prefix, &now, &limit]).await?;
    Ok(rows
        .iter()
        .map(|row| (row.get("place_code"), open_of(row)))
        .collect())
}

/// What a worker has open and did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    /// Open visits.
    pub open: i64,
    /// Past their time.
    pub late: i64,
    /// People asked since the day began.
    pub done_today: i64,
    /// When the last call was recorded today.
    pub last_call_at: Option<Timestamp>,
}

/// Open visits by worker below a prefix.
pub async fn count_by_worker(
    db: &Client,
    (prefix, now): (&str, Timestamp),
) -> Result<Vec<(StaffId, Load)>, Error> {
    let sql = "-- visits.count_by_worker
        SELECT assigned_to, count(*) AS open, count(*) FILTER (WHERE due_at <= $2) AS late
        FROM visit WHERE status = 'open' AND assigned_to IS NOT NULL AND starts_with(place_code, $1)
        GROUP BY assigned_to";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&prefix, &now]).await?;
    let read = |row: &Row| {
        let load = Load {
            open: row.get("open"),
            late: row.get("late"),
            ..Load::default()
        };
        (row.get(0), load)
    };
    Ok(rows.iter().map(read).collect())
}

/// What workers recorded below a prefix since an instant: people asked, and the last time.
pub async fn count_done(
    db: &Client,
    (prefix, since): (&str, Timestamp),
) -> Result<Vec<(StaffId, i64, Timestamp)>, Error> {
    let sql = "-- visits.count_done
        SELECT staff_id, count(*) FILTER (WHERE outcome NOT IN ('absent','not_executable')), max(recorded_at)
        FROM door_call WHERE recorded_at >= $2 AND starts_with(place_code, $1) GROUP BY staff_id";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&prefix, &since]).await?;
    let read = |row: &Row| (row.get(0), row.get(1), row.get(2));
    Ok(rows.iter().map(read).collect())
}

/// An open visit to hand over, with the household it belongs to.
pub struct HandedVisit {
    /// Whose.
    pub person_id: PersonId,
    /// Which.
    pub visit_id: VisitId,
    /// Where.
    pub place_code: String,
    /// Household, declared door, or the person without either.
    pub key: i64,
}

/// Open visits somebody has below a prefix, household by household; at most so many.
pub async fn list_assigned(
    db: &Client,
    (prefix, staff_id): (&str, StaffId),
    limit: i64,
) -> Result<Vec<HandedVisit>, Error> {
    let sql = "-- visits.list_assigned
        SELECT v.person_id, v.visit_id, v.place_code, coalesce(p.household_id,
            CASE WHEN p.declared_enclosure_id = s.enclosure_id THEN p.declared_door END, v.person_id) AS key
        FROM visit v LEFT JOIN person p USING (person_id) LEFT JOIN person_state s USING (person_id)
        WHERE v.status = 'open' AND v.assigned_to = $2 AND starts_with(v.place_code, $1)
        ORDER BY key, v.visit_id LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&prefix, &staff_id, &limit]).await?;
    let read = |row: &Row| HandedVisit {
        person_id: row.get(0),
        visit_id: row.get(1),
        place_code: row.get(2),
        key: row.get(3),
    };
    Ok(rows.iter().map(read).collect())
}

/// Puts visits that are late before the lead; answers places and identities.
pub async fn escalate(
    db: &Client,
    now: Timestamp,
    rows_max: i64,
) -> Result<Vec<(String, i64)>, Error> {
    let sql = "-- visits.escalate
        UPDATE visit v SET escalated_at = $1
        FROM (SELECT person_id, visit_id FROM visit
              WHERE status = 'open' AND escalated_at IS NULL AND due_at <= $1
              ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED) d
        WHERE v.person_id = d.person_id AND v.visit_id = d.visit_id
        RETURNING v.place_code, v.visit_id";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&now, &rows_max]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
