//! SQL of what households ask for.

use gridpass_types::ids::{HouseholdId, PersonId, StaffId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::super::model::{NeedKind, NeedStatus, NeedView, Refusal};
use crate::db::Client;

/// A request to keep.
pub struct NewNeedRow {
    /// Who asks.
    pub person_id: PersonId,
    /// Identity.
    pub need_id: i64,
    /// Household it is for.
    pub household_id: Option<HouseholdId>,
    /// What is needed.
    pub kind: NeedKind,
    /// Sealed remark.
    pub note_sealed: Option<Vec<u8>>,
    /// Now.
    pub asked_at: Timestamp,
    /// Staff member; `None` for the person.
    pub asked_by: Option<StaffId>,
}

/// Keeps a request.
pub async fn insert_need(db: &Client, row: &NewNeedRow) -> Result<(), Error> {
    let sql = "-- observation.insert_need
        INSERT INTO need (person_id, need_id, household_id, kind, note_sealed, status, asked_at, asked_by)
        VALUES ($1, $2, $3, $4, $5, 'asked', $6, $7)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &row.person_id,
            &row.need_id,
            &row.household_id,
            &row.kind.as_str(),
            &row.note_sealed,
            &row.asked_at,
            &row.asked_by,
        ],
    )
    .await?;
    Ok(())
}

/// A request with what is sealed of it and of the person.
pub struct FoundNeed {
    /// The request.
    pub need: NeedView,
    /// Words of whoever asks.
    pub note_sealed: Option<Vec<u8>>,
    /// Name.
    pub name_sealed: Option<Vec<u8>>,
    /// Building and room.
    pub address_sealed: Option<Vec<u8>>,
}

/// A request by identity.
pub async fn find_need(
    db: &Client,
    (person_id, need_id): (i64, i64),
) -> Result<Option<FoundNeed>, Error> {
    let sql = "-- observation.find_need
        SELECT n.person_id, n.need_id, n.household_id, s.place_code, n.kind, n.note_sealed, n.status,
               n.asked_at, n.asked_by, n.accepted_at, n.accepted_by, n.closed_at, n.closed_by, n.refusal,
               p.name_sealed, p.address_sealed
        FROM need n JOIN person_state s USING (person_id) LEFT JOIN person p USING (person_id)
        WHERE n.person_id = $1 AND n.need_id = $2";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id, &need_id])
        .await?;
    Ok(row.as_ref().and_then(found))
}

/// Requests under a prefix, oldest first.
pub async fn list_needs(
    db: &Client,
    (prefix, status): (&str, Option<NeedStatus>),
    after: i64,
    limit: i64,
) -> Result<Vec<FoundNeed>, Error> {
    let sql = "-- observation.list_needs
        SELECT n.person_id, n.need_id, n.household_id, s.place_code, n.kind, n.note_sealed, n.status,
               n.asked_at, n.asked_by, n.accepted_at, n.accepted_by, n.closed_at, n.closed_by, n.refusal,
               p.name_sealed, p.address_sealed
        FROM need n JOIN person_state s USING (person_id) LEFT JOIN person p USING (person_id)
        WHERE n.need_id > $3 AND starts_with(s.place_code, $1)
          AND CASE WHEN $2::text IS NULL THEN n.status IN ('asked','accepted') ELSE n.status = $2 END
        ORDER BY n.need_id LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    let status = status.map(NeedStatus::as_str);
    let rows = db
        .query(&statement, &[&prefix, &status, &after, &limit])
        .await?;
    Ok(rows.iter().filter_map(found).collect())
}

/// A person's requests, newest first.
pub async fn list_needs_of(
    db: &Client,
    person_id: PersonId,
    limit: i64,
) -> Result<Vec<FoundNeed>, Error> {
    let sql = "-- observation.list_needs_of
        SELECT n.person_id, n.need_id, n.household_id, s.place_code, n.kind, n.note_sealed, n.status,
               n.asked_at, n.asked_by, n.accepted_at, n.accepted_by, n.closed_at, n.closed_by, n.refusal,
               NULL::bytea AS name_sealed, NULL::bytea AS address_sealed
        FROM need n JOIN person_state s USING (person_id)
        WHERE n.person_id = $1 ORDER BY n.need_id DESC LIMIT $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&person_id, &limit])
        .await?;
    Ok(rows.iter().filter_map(found).collect())
}

/// How many requests of a person are open; the caller holds the person's lock.
pub async fn count_open(db: &Client, person_id: PersonId) -> Result<i64, Error> {
    let sql = "-- observation.count_open
        SELECT count(*) FROM need WHERE person_id = $1 AND status IN ('asked','accepted')";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&person_id])
        .await?;
    Ok(row.get(0))
}

/// Takes a request; false when it is not asked for any more.
pub async fn accept_need(
    db: &Client,
    need: &NeedView,
    (by, now): (StaffId, Timestamp),
) -> Result<bool, Error> {
    let sql = "-- observation.accept_need
        UPDATE need SET status = 'accepted', accepted_at = $3, accepted_by = $4
        WHERE person_id = $1 AND need_id = $2 AND status = 'asked'";
    let statement = db.prepare_cached(sql).await?;
    let changed = db
        .execute(&statement, &[&need.person_id, &need.need_id, &now, &by])
        .await?;
    Ok(changed == 1)
}

/// Ends a request; false when it has ended already.
pub async fn close_need(
    db: &Client,
    need: &NeedView,
    refusal: Option<Refusal>,
    (by, now): (StaffId, Timestamp),
) -> Result<bool, Error> {
    let sql = "-- observation.close_need
        UPDATE need SET status = CASE WHEN $3::text IS NULL THEN 'delivered' ELSE 'refused' END,
            refusal = $3, closed_at = $4, closed_by = $5
        WHERE person_id = $1 AND need_id = $2 AND status IN ('asked','accepted')";
    let statement = db.prepare_cached(sql).await?;
    let refusal = refusal.map(Refusal::as_str);
    let changed = db
        .execute(
            &statement,
            &[&need.person_id, &need.need_id, &refusal, &now, &by],
        )
        .await?;
    Ok(changed == 1)
}

fn found(row: &Row) -> Option<FoundNeed> {
    let refusal: Option<&str> = row.get("refusal");
    Some(FoundNeed {
        need: NeedView {
            person_id: row.get("person_id"),
            need_id: row.get("need_id"),
            name: None,
            address: None,
            household_id: row.get("household_id"),
            place_code: row.get("place_code"),
            kind: NeedKind::parse(row.get("kind"))?,
            note: None,
            status: NeedStatus::parse(row.get("status"))?,
            asked_at: row.get("asked_at"),
            asked_by: row.get("asked_by"),
            accepted_at: row.get("accepted_at"),
            accepted_by: row.get("accepted_by"),
            closed_at: row.get("closed_at"),
            closed_by: row.get("closed_by"),
            refusal: refusal.and_then(Refusal::parse),
        },
        note_sealed: row.get("note_sealed"),
        name_sealed: row.get("name_sealed"),
        address_sealed: row.get("address_sealed"),
    })
}
