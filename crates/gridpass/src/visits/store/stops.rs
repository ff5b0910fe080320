//! SQL of stops: open visits gathered by household, and everybody who lives there.

use gridpass_types::ids::{EnclosureId, PersonId, StaffId, VisitId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::db::Client;
use crate::visits::stops::Only;

/// Which stops are wanted.
pub struct Wanted<'a> {
    /// Prefix of divisions.
    pub prefix: &'a str,
    /// Visits given to this member of staff, and with `unassigned` those nobody has.
    pub assigned_to: Option<i64>,
    /// Whether visits nobody has count as well.
    pub unassigned: bool,
    /// Only households with such a visit.
    pub only: Option<Only>,
    /// Only people whose visits are these; used to read one household anew.
    pub household: Option<i64>,
    /// Now.
    pub now: Timestamp,
}

/// Keys of households with open visits, in order. Who is of none is at the door they declared, while they
/// live in its enclosure, or by themselves. Two keys of different kinds that are equal share a place
/// in the order.
pub async fn list_keys(
    db: &Client,
    wanted: &Wanted<'_>,
    (after, limit): (i64, i64),
) -> Result<Vec<i64>, Error> {
    let sql = "-- visits.list_keys
        SELECT DISTINCT key
        FROM visit v JOIN person p USING (person_id) LEFT JOIN person_state s USING (person_id)
             CROSS JOIN LATERAL (SELECT coalesce(p.household_id,
                 CASE WHEN p.declared_enclosure_id = s.enclosure_id THEN p.declared_door END, p.person_id) AS key) k
        WHERE v.status = 'open' AND starts_with(v.place_code, $1)
          AND ($2::bigint IS NULL OR v.assigned_to = $2 OR ($3 AND v.assigned_to IS NULL))
          AND CASE $4 WHEN 'late' THEN v.due_at <= $5 WHEN 'unassigned' THEN v.assigned_to IS NULL
                      WHEN 'escalated' THEN v.escalated_at IS NOT NULL ELSE true END
          AND ($8::bigint IS NULL OR key = $8) AND key > $6
        ORDER BY key LIMIT $7";
    let statement = db.prepare_cached(sql).await?;
    let only = wanted.only.map_or("", Only::as_str);
    let rows = db
        .query(
            &statement,
            &[
                &wanted.prefix,
                &wanted.assigned_to,
                &wanted.unassigned,
                &only,
                &wanted.now,
                &after,
                &limit,
                &wanted.household,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The key of somebody's stop; `None` when the person is not in reach.
pub async fn find_key(db: &Client, person_id: PersonId) -> Result<Option<i64>, Error> {
    let sql = "-- visits.find_key
        SELECT coalesce(p.household_id,
            CASE WHEN p.declared_enclosure_id = s.enclosure_id THEN p.declared_door END, p.person_id)
        FROM person p LEFT JOIN person_state s USING (person_id) WHERE p.person_id = $1";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&person_id]).await?;
    Ok(row.map(|row| row.get(0)))
}

/// Somebody of a household, still sealed.
pub struct Member {
    /// Who.
    pub person_id: PersonId,
    /// The household, if one is known.
    pub household_id: Option<i64>,
    /// The door the person declared, if it counts.
    pub declared_door: Option<i64>,
    /// Name.
    pub name_sealed: Vec<u8>,
    /// Document number.
    pub number_sealed: Vec<u8>,
    /// Phone.
    pub phone_sealed: Option<Vec<u8>>,
    /// Building and room.
    pub address_sealed: Option<Vec<u8>>,
    /// Standard address code of the room.
    pub address_code_sealed: Option<Vec<u8>>,
    /// Year of birth.
    pub birth_year: Option<i16>,
    /// 0 unknown, 1 male, 2 female.
    pub sex: Option<i16>,
    /// Whether there is a photo.
    pub has_photo: bool,
    /// Enclosure of the residence on record, and its name.
    pub enclosure: Option<(EnclosureId, String)>,
    /// Last live fact about the residence.
    pub residence_fact: Option<i64>,
    /// When the address was corrected last.
    pub address_changed_at: Option<Timestamp>,
    /// When somebody called last, and what came of it.
    pub last_call: Option<(Timestamp, String)>,
}

/// Everybody of these households, who declared these doors, and these people; at most so many.
pub async fn list_members(db: &Client, keys: &[i64], limit: i64) -> Result<Vec<Member>, Error> {
    let sql = "-- visits.list_members
        SELECT p.person_id, p.household_id, p.name_sealed,
               CASE WHEN p.declared_enclosure_id = s.enclosure_id THEN p.declared_door END AS declared_door, p.document_number_sealed, p.phone_sealed,
               p.address_sealed, p.address_code_sealed, p.birth_year, p.sex, p.photo_sealed IS NOT NULL AS has_photo,
               p.address_changed_at, e.enclosure_id, e.name AS enclosure_name,
               (SELECT max(f.fact_id) FROM fact f
                WHERE f.person_id = p.person_id AND f.kind = 'residence' AND f.retracted_at IS NULL) AS residence_fact,
               c.recorded_at AS called_at, c.outcome
        FROM person p LEFT JOIN person_state s USING (person_id) LEFT JOIN enclosure e USING (enclosure_id)
             LEFT JOIN LATERAL (SELECT d.recorded_at, d.outcome FROM door_call d WHERE d.person_id = p.person_id
                                ORDER BY d.recorded_at DESC LIMIT 1) c ON true
        WHERE p.household_id = ANY($1) OR (p.household_id IS NULL AND p.declared_door = ANY($1))
           OR (p.household_id IS NULL AND p.person_id = ANY($1))
        ORDER BY p.birth_year NULLS LAST, p.person_id LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&keys, &limit]).await?;
    Ok(rows.iter().map(member).collect())
}

impl Member {
    /// The key of the stop, and whether it is that of a door rather than of the person alone.
    pub fn key(&self) -> (i64, bool) {
        let door = self.household_id.or(self.declared_door);
        (door.unwrap_or(self.person_id.get()), door.is_some())
    }
}

fn member(row: &Row) -> Member {
    let enclosure: Option<EnclosureId> = row.get("enclosure_id");
    let called_at: Option<Timestamp> = row.get("called_at");
    Member {
        person_id: row.get("person_id"),
        household_id: row.get("household_id"),
        declared_door: row.get("declared_door"),
        name_sealed: row.get("name_sealed"),
        number_sealed: row.get("document_number_sealed"),
        phone_sealed: row.get("phone_sealed"),
        address_sealed: row.get("address_sealed"),
        address_code_sealed: row.get("address_code_sealed"),
        birth_year: row.get("birth_year"),
        sex: row.get("sex"),
        has_photo: row.get("has_photo"),
        enclosure: enclosure.map(|id| (id, row.get("enclosure_name"))),
        residence_fact: row.get("residence_fact"),
        address_changed_at: row.get("address_changed_at"),
        last_call: called_at.map(|at| (at, row.get("outcome"))),
    }
}

/// An open visit of somebody at a stop.
pub struct OpenVisit {
    /// Whose.
    pub person_id: PersonId,
    /// Which.
    pub visit_id: VisitId,
    /// Reason code.
    pub cause: String,
    /// Leaf division whose grid worker goes.
    pub place_code: String,
    /// By when.
    pub due_at: Timestamp,
    /// Who goes.
    pub assigned_to: Option<StaffId>,
    /// How often nobody was there.
    pub tries: i16,
    /// Why it was not done the last time.
    pub try_reason: Option<String>,
    /// When the worker tries again.
    pub next_try_at: Option<Timestamp>,
    /// When it was put before the lead.
    pub escalated_at: Option<Timestamp>,
}

/// Open visits of people, in order of when they are due.
pub async fn list_open(db: &Client, people: &[PersonId]) -> Result<Vec<OpenVisit>, Error> {
    let ids: Vec<i64> = people.iter().map(|id| id.get()).collect();
    let sql = "-- visits.list_open
        SELECT person_id, visit_id, cause, place_code, due_at, assigned_to, coalesce(tries, 0::smallint) AS tries,
               try_reason, next_try_at, escalated_at
        FROM visit WHERE person_id = ANY($1) AND status = 'open' ORDER BY due_at, visit_id";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&ids]).await?;
    let read = |row: &Row| OpenVisit {
        person_id: row.get("person_id"),
        visit_id: row.get("visit_id"),
        cause: row.get("cause"),
        place_code: row.get("place_code"),
        due_at: row.get("due_at"),
        assigned_to: row.get("assigned_to"),
        tries: row.get("tries"),
        try_reason: row.get("try_reason"),
        next_try_at: row.get("next_try_at"),
        escalated_at: row.get("escalated_at"),
    };
    Ok(rows.iter().map(read).collect())
}

/// What a worker did since an instant: doors where somebody was asked, and doors tried in vain.
pub async fn count_calls(
    db: &Client,
    staff_id: StaffId,
    since: Timestamp,
) -> Result<(i64, i64), Error> {
    let sql = "-- visits.count_calls
        SELECT count(DISTINCT call_id) FILTER (WHERE outcome NOT IN ('absent','not_executable')),
               count(DISTINCT call_id) FILTER (WHERE outcome IN ('absent','not_executable'))
        FROM door_call WHERE staff_id = $1 AND recorded_at >= $2";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_one(&statement, &[&staff_id, &since]).await?;
    Ok((row.get(0), row.get(1)))
}
