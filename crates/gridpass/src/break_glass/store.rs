//! SQL of break-glass accesses.

use gridpass_types::ids::{PersonId, StaffId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::{Glass, GlassReason};
use crate::db::Client;

/// Writes an access with its sealed note.
pub async fn insert_glass(db: &Client, glass: &Glass, note_sealed: &[u8]) -> Result<(), Error> {
    let sql = "-- break_glass.insert_glass
        INSERT INTO break_glass (person_id, glass_id, place_code, opened_by, reason, note_sealed, opened_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &glass.person_id,
            &glass.glass_id,
            &glass.place_code,
            &glass.opened_by,
            &glass.reason.as_str(),
            &note_sealed,
            &glass.opened_at,
            &glass.expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// Until when a person's masks are lifted for somebody, if they are.
pub async fn find_lifted(
    db: &Client,
    person_id: PersonId,
    staff_id: StaffId,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let sql = "-- break_glass.find_lifted
        SELECT max(expires_at) FROM break_glass
        WHERE person_id = $1 AND opened_by = $2 AND expires_at > $3";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(&statement, &[&person_id, &staff_id, &now])
        .await?;
    Ok(row.get(0))
}

/// An access by identity.
pub async fn find_glass(
    db: &Client,
    person_id: i64,
    glass_id: i64,
) -> Result<Option<Glass>, Error> {
    let sql = "-- break_glass.find_glass
        SELECT g.person_id, g.glass_id, g.place_code, g.opened_by, s.display_name, g.reason, g.opened_at,
               g.expires_at, g.reviewed_at, g.reviewed_by
        FROM break_glass g LEFT JOIN staff s ON s.staff_id = g.opened_by
        WHERE g.person_id = $1 AND g.glass_id = $2";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id, &glass_id])
        .await?;
    Ok(row.as_ref().and_then(glass))
}

/// Accesses under a prefix with their sealed notes, oldest first.
pub async fn list_glass(
    db: &Client,
    (prefix, reviewed): (&str, Option<bool>),
    after: i64,
    limit: i64,
) -> Result<Vec<(Glass, Vec<u8>)>, Error> {
    let sql = "-- break_glass.list_glass
        SELECT g.person_id, g.glass_id, g.place_code, g.opened_by, s.display_name, g.reason, g.opened_at,
               g.expires_at, g.reviewed_at, g.reviewed_by, g.note_sealed
        FROM break_glass g LEFT JOIN staff s ON s.staff_id = g.opened_by
        WHERE g.glass_id > $3 AND starts_with(g.place_code, $1)
          AND ($2::boolean IS NULL OR (g.reviewed_at IS NOT NULL) = $2)
        ORDER BY g.glass_id LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&prefix, &reviewed, &after, &limit])
        .await?;
    let both = |row: &Row| Some((glass(row)?, row.get("note_sealed")));
    Ok(rows.iter().filter_map(both).collect())
}

/// Says who reviewed an access; false when somebody has.
pub async fn review_glass(
    db: &Client,
    glass: &Glass,
    by: StaffId,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- break_glass.review_glass
        UPDATE break_glass SET reviewed_at = $3, reviewed_by = $4
        WHERE person_id = $1 AND glass_id = $2 AND reviewed_at IS NULL";
    let statement = db.prepare_cached(sql).await?;
    let key: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&glass.person_id, &glass.glass_id, &now, &by];
    Ok(db.execute(&statement, &key).await? == 1)
}

fn glass(row: &Row) -> Option<Glass> {
    Some(Glass {
        person_id: row.get("person_id"),
        glass_id: row.get("glass_id"),
        place_code: row.get("place_code"),
        opened_by: row.get("opened_by"),
        opened_by_name: row.get("display_name"),
        reason: GlassReason::parse(row.get("reason"))?,
        note: None,
        opened_at: row.get("opened_at"),
        expires_at: row.get("expires_at"),
        reviewed_at: row.get("reviewed_at"),
        reviewed_by: row.get("reviewed_by"),
    })
}
