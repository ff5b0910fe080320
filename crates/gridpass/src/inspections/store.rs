//! SQL of inspections.

use gridpass_types::ids::{GateId, InspectionId, StaffId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::{Inspection, InspectionResult};
use crate::db::Client;

/// An inspection to begin.
pub struct NewInspection {
    /// Identity.
    pub inspection_id: InspectionId,
    /// Which gate.
    pub gate_id: GateId,
    /// Now.
    pub started_at: Timestamp,
    /// The inspector.
    pub started_by: StaffId,
}

/// Begins an inspection; false when the gate has an open one.
pub async fn insert_inspection(db: &Client, new: &NewInspection) -> Result<bool, Error> {
    let sql = "-- inspections.insert_inspection
        INSERT INTO inspection (inspection_id, gate_id, started_at, started_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    let written = db
        .execute(
            &statement,
            &[
                &new.inspection_id,
                &new.gate_id,
                &new.started_at,
                &new.started_by,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// Ends an inspection of a gate begun before a time that nobody ended: it came to nothing.
pub async fn end_forgotten(
    db: &Client,
    (gate_id, before): (GateId, Timestamp),
    (by, now): (StaffId, Timestamp),
) -> Result<(), Error> {
    let sql = "-- inspections.end_forgotten
        UPDATE inspection SET closed_at = $4, closed_by = $3, result = 'cancelled'
        WHERE gate_id = $1 AND closed_at IS NULL AND started_at < $2";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&gate_id, &before, &by, &now])
        .await?;
    Ok(())
}

/// Ends an inspection; false when it has ended.
pub async fn close_inspection(
    db: &Client,
    (id, result): (InspectionId, InspectionResult),
    (by, now): (StaffId, Timestamp),
) -> Result<bool, Error> {
    let sql = "-- inspections.close_inspection
        UPDATE inspection SET closed_at = $4, closed_by = $3, result = $2
        WHERE inspection_id = $1 AND closed_at IS NULL";
    let statement = db.prepare_cached(sql).await?;
    let changed = db
        .execute(&statement, &[&id, &result.as_str(), &by, &now])
        .await?;
    Ok(changed == 1)
}

/// An inspection by identity.
pub async fn find_inspection(db: &Client, id: InspectionId) -> Result<Option<Inspection>, Error> {
    Ok(read_inspections(db, (Some(id), ""), 0, 1).await?.pop())
}

/// Inspections under a prefix, newest first, from below an identity on.
pub async fn list_inspections(
    db: &Client,
    prefix: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Inspection>, Error> {
    read_inspections(db, (None, prefix), after, limit).await
}

/// The one statement that reads inspections, so that no column can be forgotten in another.
async fn read_inspections(
    db: &Client,
    (id, prefix): (Option<InspectionId>, &str),
    after: i64,
    limit: i64,
) -> Result<Vec<Inspection>, Error> {
    let sql = "-- inspections.read_inspections
        SELECT i.inspection_id, i.gate_id, g.name AS gate_name, coalesce(e.name, m.name) AS owner, g.place_code,
            i.started_at, i.started_by, i.closed_at, i.result,
            (SELECT min(s.at) FROM specimen_scan s WHERE s.gate_id = i.gate_id AND s.at >= i.started_at
                AND s.at <= coalesce(i.closed_at, 'infinity')) AS scanned_at
        FROM inspection i JOIN gate g USING (gate_id) LEFT JOIN enclosure e USING (enclosure_id)
            LEFT JOIN employer m USING (employer_id)
        WHERE ($1::bigint IS NULL OR i.inspection_id = $1) AND starts_with(g.place_code, $2)
          AND ($3::bigint = 0 OR i.inspection_id < $3)
        ORDER BY i.inspection_id DESC LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&id, &prefix, &after, &limit])
        .await?;
    Ok(rows.iter().map(inspection).collect())
}

fn inspection(row: &Row) -> Inspection {
    let result: Option<&str> = row.get("result");
    Inspection {
        inspection_id: row.get("inspection_id"),
        gate_id: row.get("gate_id"),
        gate_name: row.get("gate_name"),
        owner: row.get("owner"),
        place_code: row.get("place_code"),
        started_at: row.get("started_at"),
        started_by: row.get("started_by"),
        scanned_at: row.get("scanned_at"),
        closed_at: row.get("closed_at"),
        result: result.and_then(InspectionResult::parse),
    }
}
