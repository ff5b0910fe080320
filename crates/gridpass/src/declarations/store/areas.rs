//! SQL of areas of risk and of their history.

use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::Json;
use tokio_postgres::{Error, Row};

use crate::db::Client;
use crate::declarations::risk::{Change, RiskArea, RiskAreaChange};

/// Areas of risk, in order of their codes.
pub async fn list(db: &Client) -> Result<Vec<RiskArea>, Error> {
    let sql = "-- declarations.list_risk_areas
        SELECT area_code, name_zh, name_en, since, until FROM risk_area ORDER BY area_code LIMIT 1000";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    let read = |row: &Row| RiskArea {
        area_code: row.get(0),
        name_zh: row.get(1),
        name_en: row.get(2),
        since: row.get(3),
        until: row.get(4),
    };
    Ok(rows.iter().map(read).collect())
}

/// Version of the list.
pub async fn version(db: &Client) -> Result<i32, Error> {
    let sql = "-- declarations.risk_area_version
        SELECT version FROM risk_area_list";
    let row = db.query_one(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(row.get(0))
}

/// Version of the list; whoever else would change it waits until the transaction is over.
pub async fn lock_version(tx: &Client) -> Result<i32, Error> {
    let sql = "-- declarations.lock_risk_area_version
        SELECT version FROM risk_area_list FOR UPDATE";
    let row = tx.query_one(&tx.prepare_cached(sql).await?, &[]).await?;
    Ok(row.get(0))
}

/// Notes the next version.
pub async fn update_version(tx: &Client, version: i32) -> Result<(), Error> {
    let sql = "-- declarations.update_risk_area_version
        UPDATE risk_area_list SET version = $1";
    tx.execute(&tx.prepare_cached(sql).await?, &[&version])
        .await?;
    Ok(())
}

/// Takes areas off the list.
pub async fn delete(tx: &Client, codes: &[&str]) -> Result<(), Error> {
    let sql = "-- declarations.delete_risk_areas
        DELETE FROM risk_area WHERE area_code = ANY ($1)";
    tx.execute(&tx.prepare_cached(sql).await?, &[&codes])
        .await?;
    Ok(())
}

/// Puts areas on the list.
pub async fn insert(
    tx: &Client,
    areas: &[&RiskArea],
    (by, now): (StaffId, Timestamp),
) -> Result<(), Error> {
    let codes: Vec<&str> = areas.iter().map(|area| area.area_code.as_str()).collect();
    let names_zh: Vec<&str> = areas.iter().map(|area| area.name_zh.as_str()).collect();
    let names_en: Vec<&str> = areas.iter().map(|area| area.name_en.as_str()).collect();
    let since: Vec<Date> = areas.iter().map(|area| area.since).collect();
    let until: Vec<Option<Date>> = areas.iter().map(|area| area.until).collect();
    let sql = "-- declarations.insert_risk_areas
        INSERT INTO risk_area (area_code, name_zh, name_en, since, until, entered_by, entered_at)
        SELECT c, z, e, s, u, $6, $7
        FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::date[]) AS r (c, z, e, s, u)";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[&codes, &names_zh, &names_en, &since, &until, &by, &now],
    )
    .await?;
    Ok(())
}

/// Keeps what changed, in the order given.
pub async fn insert_changes(
    tx: &Client,
    (change_ids, changes): (&[i64], &[Change]),
    (version, by, now): (i32, StaffId, Timestamp),
) -> Result<(), Error> {
    let codes: Vec<&str> = changes.iter().map(Change::area_code).collect();
    let before: Vec<Option<Json<&RiskArea>>> =
        changes.iter().map(|one| one.before().map(Json)).collect();
    let after: Vec<Option<Json<&RiskArea>>> =
        changes.iter().map(|one| one.after().map(Json)).collect();
    let sql = "-- declarations.insert_risk_area_changes
        INSERT INTO risk_area_change (change_id, version, area_code, before, after, changed_at, changed_by)
        SELECT i, $5, c, b, a, $6, $7
        FROM unnest($1::bigint[], $2::text[], $3::jsonb[], $4::jsonb[]) AS r (i, c, b, a)";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[&change_ids, &codes, &before, &after, &version, &now, &by],
    )
    .await?;
    Ok(())
}

/// Changes earlier than `before`, the newest first.
pub async fn list_changes(
    db: &Client,
    before: i64,
    limit: i64,
) -> Result<Vec<RiskAreaChange>, Error> {
    let sql = "-- declarations.list_risk_area_changes
        SELECT c.change_id, c.version, c.area_code, c.before, c.after, c.changed_at, s.display_name, s.unit
        FROM risk_area_change c LEFT JOIN staff s ON s.staff_id = c.changed_by
        WHERE c.change_id < $1 ORDER BY c.change_id DESC LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&before, &limit]).await?;
    rows.iter().map(change).collect()
}

fn change(row: &Row) -> Result<RiskAreaChange, Error> {
    let before: Option<Json<RiskArea>> = row.try_get("before")?;
    let after: Option<Json<RiskArea>> = row.try_get("after")?;
    Ok(RiskAreaChange {
        change_id: row.try_get("change_id")?,
        version: row.try_get("version")?,
        area_code: row.try_get("area_code")?,
        before: before.map(|Json(area)| area),
        after: after.map(|Json(area)| area),
        changed_at: row.try_get("changed_at")?,
        by_name: row.try_get("display_name")?,
        by_unit: row.try_get("unit")?,
    })
}
