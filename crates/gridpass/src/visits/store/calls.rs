//! SQL of calls at doors.

use gridpass_types::ids::{EnclosureId, PersonId, StaffId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::db::Client;

/// A call to record.
pub struct NewCall<'a> {
    /// About whom.
    pub person_id: PersonId,
    /// The phone's number of the call.
    pub call_id: i64,
    /// Where the person counts.
    pub place_code: &'a str,
    /// When the worker stood there.
    pub called_at: Timestamp,
    /// Now.
    pub recorded_at: Timestamp,
    /// Who called.
    pub staff_id: StaffId,
    /// What came of it.
    pub outcome: &'a str,
    /// Why nobody could be asked.
    pub reason: Option<&'a str>,
    /// When the worker tries again.
    pub next_try_at: Option<Timestamp>,
    /// What is missing there.
    pub needs: &'a [&'a str],
    /// Sealed remark.
    pub note_sealed: Option<&'a [u8]>,
}

/// Records a call; false when it is recorded already.
pub async fn insert_call(db: &Client, call: &NewCall<'_>) -> Result<bool, Error> {
    let sql = "-- visits.insert_call
        INSERT INTO door_call (person_id, call_id, place_code, called_at, recorded_at, staff_id, outcome, reason,
            next_try_at, needs, note_sealed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    let written = db
        .execute(
            &statement,
            &[
                &call.person_id,
                &call.call_id,
                &call.place_code,
                &call.called_at,
                &call.recorded_at,
                &call.staff_id,
                &call.outcome,
                &call.reason,
                &call.next_try_at,
                &call.needs,
                &call.note_sealed,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// Who recorded a call, if it is recorded.
pub async fn find_caller(
    db: &Client,
    person_id: PersonId,
    call_id: i64,
) -> Result<Option<StaffId>, Error> {
    let sql = "-- visits.find_caller
        SELECT staff_id FROM door_call WHERE person_id = $1 AND call_id = $2";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&person_id, &call_id]).await?;
    Ok(row.map(|row| row.get(0)))
}

/// What is on record of a person's home now, with who changed it last.
pub struct Home {
    /// Last live fact about the residence.
    pub residence_fact: Option<i64>,
    /// When it was recorded.
    pub residence_at: Option<Timestamp>,
    /// Who recorded it; `None` for registries and the person.
    pub residence_by: Option<StaffId>,
    /// The name of that colleague.
    pub residence_name: Option<String>,
    /// Enclosure of the residence on record.
    pub enclosure: Option<(EnclosureId, String)>,
    /// Building and room, sealed.
    pub address_sealed: Option<Vec<u8>>,
    /// When the address was corrected last.
    pub address_at: Option<Timestamp>,
    /// Who corrected it.
    pub address_by: Option<StaffId>,
    /// The name of that colleague.
    pub address_name: Option<String>,
}

/// A person's home as it is on record; `None` when the person is not in reach.
pub async fn find_home(db: &Client, person_id: PersonId) -> Result<Option<Home>, Error> {
    let sql = "-- visits.find_home
        SELECT f.fact_id, f.recorded_at, f.recorded_by, fb.display_name AS residence_name, e.enclosure_id, e.name AS enclosure_name,
               p.address_sealed, p.address_changed_at, p.address_changed_by, ab.display_name AS address_name
        FROM person p LEFT JOIN person_state s USING (person_id) LEFT JOIN enclosure e USING (enclosure_id)
             LEFT JOIN LATERAL (SELECT fact_id, recorded_at, recorded_by FROM fact
                WHERE person_id = p.person_id AND kind = 'residence' AND retracted_at IS NULL
                ORDER BY fact_id DESC LIMIT 1) f ON true
             LEFT JOIN staff fb ON fb.staff_id = f.recorded_by
             LEFT JOIN staff ab ON ab.staff_id = p.address_changed_by
        WHERE p.person_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    let read = |row: Row| {
        let enclosure: Option<EnclosureId> = row.get("enclosure_id");
        Home {
            residence_fact: row.get("fact_id"),
            residence_at: row.get("recorded_at"),
            residence_by: row.get("recorded_by"),
            residence_name: row.get("residence_name"),
            enclosure: enclosure.map(|id| (id, row.get("enclosure_name"))),
            address_sealed: row.get("address_sealed"),
            address_at: row.get("address_changed_at"),
            address_by: row.get("address_changed_by"),
            address_name: row.get("address_name"),
        }
    };
    Ok(row.map(read))
}

/// A try in vain: every open visit of the person waits for the next one, and after the third
/// it is put before the lead. Answers places and identities.
pub async fn put_off(
    db: &Client,
    person_id: PersonId,
    (reason, next_try_at): (&str, Option<Timestamp>),
    (now, tries_max): (Timestamp, i16),
) -> Result<Vec<(String, i64)>, Error> {
    let sql = "-- visits.put_off
        UPDATE visit SET tries = coalesce(tries, 0::smallint) + 1::smallint, try_reason = $2, next_try_at = $3,
               escalated_at = CASE WHEN coalesce(tries, 0::smallint) + 1 >= $5 THEN coalesce(escalated_at, $4)
                                   ELSE escalated_at END
        WHERE person_id = $1 AND status = 'open' RETURNING place_code, visit_id";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(
            &statement,
            &[
                &person_id,
                &reason,
                &next_try_at,
                &now,
                &i32::from(tries_max),
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
