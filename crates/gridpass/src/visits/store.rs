//! SQL of visits.

pub mod calls;
pub mod leads;
pub mod stops;

use gridpass_types::ids::{PersonId, StaffId, VisitId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::{Visit, VisitOutcome, VisitStatus};
use crate::db::Client;

/// A visit to create.
pub struct NewRow<'a> {
    /// Whom to call on.
    pub person_id: PersonId,
    /// Identity.
    pub visit_id: VisitId,
    /// Reason code.
    pub cause: &'a str,
    /// Gate where the need came up, if it did.
    pub gate_id: Option<i64>,
    /// The district's "unknown" place.
    pub nowhere: &'a str,
    /// By when.
    pub due_at: Timestamp,
    /// Now.
    pub created_at: Timestamp,
    /// Staff member; `None` when a rule asked for it.
    pub created_by: Option<StaffId>,
}

/// Creates a visit where the person counts, or by the gate when the home is unknown; its
/// place, or `None` when one is open for the cause or the person is unknown.
pub async fn insert_visit(db: &Client, row: &NewRow<'_>) -> Result<Option<String>, Error> {
    let sql = "-- visits.insert_visit
        INSERT INTO visit (person_id, visit_id, cause, place_code, status, due_at, created_at, created_by)
        SELECT s.person_id, $2, $3,
               CASE WHEN s.place_code = $5
                    THEN COALESCE((SELECT g.place_code FROM gate g WHERE g.gate_id = $4), s.place_code)
                    ELSE s.place_code END,
               'open', $6, $7, $8
        FROM person_state s WHERE s.person_id = $1
        ON CONFLICT DO NOTHING RETURNING place_code";
    let statement = db.prepare_cached(sql).await?;
    let written = db
        .query_opt(
            &statement,
            &[
                &row.person_id,
                &row.visit_id,
                &row.cause,
                &row.gate_id,
                &row.nowhere,
                &row.due_at,
                &row.created_at,
                &row.created_by,
            ],
        )
        .await?;
    Ok(written.map(|row| row.get(0)))
}

/// A visit by identity.
pub async fn find_visit(
    db: &Client,
    person_id: i64,
    visit_id: i64,
) -> Result<Option<Visit>, Error> {
    let sql = "-- visits.find_visit
        SELECT v.person_id, v.visit_id, v.cause, v.place_code, v.status, v.due_at, v.assigned_to,
               v.created_at, v.created_by, v.completed_at, v.completed_by, v.outcome,
               e.enclosure_id, e.name AS enclosure_name
        FROM visit v LEFT JOIN person_state s USING (person_id) LEFT JOIN enclosure e USING (enclosure_id)
        WHERE v.person_id = $1 AND v.visit_id = $2";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id, &visit_id])
        .await?;
    Ok(row.as_ref().and_then(visit))
}

/// The open visit of a person for a cause.
pub async fn find_open(
    db: &Client,
    person_id: PersonId,
    cause: &str,
) -> Result<Option<VisitId>, Error> {
    let sql = "-- visits.find_open
        SELECT visit_id FROM visit WHERE person_id = $1 AND cause = $2 AND status = 'open'";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id, &cause])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// A visit with the sealed name and address of the person.
pub struct Listed {
    /// The visit.
    pub visit: Visit,
    /// Name.
    pub name_sealed: Option<Vec<u8>>,
    /// Building and room.
    pub address_sealed: Option<Vec<u8>>,
}

/// Visits under a prefix, in order of identity.
pub async fn list_visits(
    db: &Client,
    (prefix, status, (assigned_to, person_id)): (&str, VisitStatus, (Option<i64>, Option<i64>)),
    after: i64,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    let sql = "-- visits.list_visits
        SELECT v.person_id, v.visit_id, v.cause, v.place_code, v.status, v.due_at, v.assigned_to,
               v.created_at, v.created_by, v.completed_at, v.completed_by, v.outcome,
               e.enclosure_id, e.name AS enclosure_name, p.name_sealed, p.address_sealed
        FROM visit v LEFT JOIN person_state s USING (person_id) LEFT JOIN person p USING (person_id)
             LEFT JOIN enclosure e USING (enclosure_id)
        WHERE v.visit_id > $4 AND v.status = $2 AND starts_with(v.place_code, $1)
          AND ($3::bigint IS NULL OR v.assigned_to = $3)
          AND ($6::bigint IS NULL OR v.person_id = $6)
        ORDER BY v.visit_id LIMIT $5";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(
            &statement,
            &[
                &prefix,
                &status.as_str(),
                &assigned_to,
                &after,
                &limit,
                &person_id,
            ],
        )
        .await?;
    let listed = |row: &Row| {
        Some(Listed {
            visit: visit(row)?,
            name_sealed: row.get("name_sealed"),
            address_sealed: row.get("address_sealed"),
        })
    };
    Ok(rows.iter().filter_map(listed).collect())
}

/// Gives an open visit to somebody; false when it is not open.
pub async fn assign_visit(db: &Client, visit: &Visit, staff_id: StaffId) -> Result<bool, Error> {
    let sql = "-- visits.assign_visit
        UPDATE visit SET assigned_to = $3
        WHERE person_id = $1 AND visit_id = $2 AND status = 'open'";
    let statement = db.prepare_cached(sql).await?;
    let changed = db
        .execute(&statement, &[&visit.person_id, &visit.visit_id, &staff_id])
        .await?;
    Ok(changed == 1)
}

/// Open visits of a person with their causes and places.
pub async fn list_open_of_person(
    db: &Client,
    person_id: PersonId,
) -> Result<Vec<(VisitId, String, String)>, Error> {
    let sql = "-- visits.list_open_of_person
        SELECT visit_id, cause, place_code FROM visit
        WHERE person_id = $1 AND status = 'open' ORDER BY visit_id";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    let read = |row: &Row| (row.get(0), row.get(1), row.get(2));
    Ok(rows.iter().map(read).collect())
}

/// How a visit ended.
pub struct Ending<'a> {
    /// Whose visit.
    pub person_id: PersonId,
    /// Which one.
    pub visit_id: VisitId,
    /// What was found.
    pub outcome: VisitOutcome,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: StaffId,
    /// Sealed remark.
    pub note_sealed: Option<&'a [u8]>,
    /// Why it could not be done, from the closed list.
    pub reason: Option<&'a str>,
}

/// Ends an open visit; false when it is not open.
pub async fn end_visit(db: &Client, ending: &Ending<'_>) -> Result<bool, Error> {
    let sql = "-- visits.end_visit
        UPDATE visit SET status = $3, outcome = $4, completed_at = $5, completed_by = $6, note_sealed = $7,
            end_reason = $8
        WHERE person_id = $1 AND visit_id = $2 AND status = 'open'";
    let statement = db.prepare_cached(sql).await?;
    let changed = db
        .execute(
            &statement,
            &[
                &ending.person_id,
                &ending.visit_id,
                &ending.outcome.status().as_str(),
                &ending.outcome.as_str(),
                &ending.at,
                &ending.by,
                &ending.note_sealed,
                &ending.reason,
            ],
        )
        .await?;
    Ok(changed == 1)
}

fn visit(row: &Row) -> Option<Visit> {
    let outcome: Option<&str> = row.get("outcome");
    Some(Visit {
        person_id: row.get("person_id"),
        visit_id: row.get("visit_id"),
        cause: row.get("cause"),
        name: None,
        address: None,
        enclosure_id: row.get("enclosure_id"),
        enclosure_name: row.get("enclosure_name"),
        place_code: row.get("place_code"),
        status: VisitStatus::parse(row.get("status"))?,
        due_at: row.get("due_at"),
        assigned_to: row.get("assigned_to"),
        created_at: row.get("created_at"),
        created_by: row.get("created_by"),
        completed_at: row.get("completed_at"),
        completed_by: row.get("completed_by"),
        outcome: outcome.and_then(VisitOutcome::parse),
    })
}
