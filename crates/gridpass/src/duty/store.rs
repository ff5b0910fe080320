//! SQL of shifts, and of what a gate is shown about itself.

pub mod holds;

use gridpass_rules::Direction;
use gridpass_types::ids::{DeviceId, GateId, ShiftId, StaffId};
use jiff::Timestamp;
use tokio_postgres::types::Json;
use tokio_postgres::{Error, Row};

use super::model::{EndedInspection, Quarter, Recall, Shift, ShiftEnd, ShiftSummary};
use crate::db::Client;

/// A shift to begin.
pub struct NewShift {
    /// Identity.
    pub shift_id: ShiftId,
    /// The device.
    pub device_id: DeviceId,
    /// The gate.
    pub gate_id: GateId,
    /// The guard.
    pub staff_id: StaffId,
    /// When.
    pub started_at: Timestamp,
}

/// Locks a device's row, so that its shifts begin and end one after the other.
pub async fn lock_device(db: &Client, device_id: DeviceId) -> Result<(), Error> {
    let sql = "-- duty.lock_device
        SELECT FROM gate_device WHERE device_id = $1 FOR NO KEY UPDATE";
    db.query_one(&db.prepare_cached(sql).await?, &[&device_id])
        .await?;
    Ok(())
}

/// Begins a shift.
pub async fn insert_shift(db: &Client, new: &NewShift) -> Result<(), Error> {
    let sql = "-- duty.insert_shift
        INSERT INTO gate_shift (shift_id, device_id, gate_id, staff_id, started_at) VALUES ($1, $2, $3, $4, $5)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &new.shift_id,
            &new.device_id,
            &new.gate_id,
            &new.staff_id,
            &new.started_at,
        ],
    )
    .await?;
    Ok(())
}

/// Ends a shift with what it added up to.
pub async fn end_shift(
    db: &Client,
    shift_id: ShiftId,
    (how, at): (ShiftEnd, Timestamp),
    summary: &ShiftSummary,
) -> Result<(), Error> {
    let sql = "-- duty.end_shift
        UPDATE gate_shift SET ended_at = greatest($2, started_at), ended_how = $3, summary = $4
        WHERE shift_id = $1 AND ended_at IS NULL";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&shift_id, &at, &how.as_str(), &Json(summary)])
        .await?;
    Ok(())
}

/// Ends shifts begun before a time that nobody ended.
pub async fn end_lapsed(db: &Client, before: Timestamp, now: Timestamp) -> Result<(), Error> {
    let sql = "-- duty.end_lapsed
        UPDATE gate_shift SET ended_at = $2, ended_how = 'lapsed' WHERE ended_at IS NULL AND started_at < $1";
    db.execute(&db.prepare_cached(sql).await?, &[&before, &now])
        .await?;
    Ok(())
}

/// Ends the open shift on a device; nobody handed it over.
pub async fn end_closed_account(
    db: &Client,
    device_id: DeviceId,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- duty.end_closed_account
        UPDATE gate_shift SET ended_at = greatest($2, started_at), ended_how = 'lapsed'
        WHERE device_id = $1 AND ended_at IS NULL";
    db.execute(&db.prepare_cached(sql).await?, &[&device_id, &now])
        .await?;
    Ok(())
}

/// Devices whose open shift is of a guard whose account was closed.
pub async fn list_closed_accounts(db: &Client) -> Result<Vec<DeviceId>, Error> {
    let sql = "-- duty.list_closed_accounts
        SELECT h.device_id FROM gate_shift h JOIN staff s USING (staff_id)
        WHERE h.ended_at IS NULL AND NOT s.active ORDER BY h.device_id";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// A shift by identity.
pub async fn find_shift(db: &Client, shift_id: ShiftId) -> Result<Option<Shift>, Error> {
    let sql = "-- duty.find_shift
        SELECT h.shift_id, h.device_id, h.gate_id, h.staff_id, s.display_name, h.started_at, h.ended_at, h.ended_how,
            h.summary
        FROM gate_shift h LEFT JOIN staff s USING (staff_id) WHERE h.shift_id = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&shift_id])
        .await?;
    Ok(row.as_ref().map(shift))
}

/// The open shift on a device.
pub async fn find_open(db: &Client, device_id: DeviceId) -> Result<Option<Shift>, Error> {
    let sql = "-- duty.find_open
        SELECT h.shift_id, h.device_id, h.gate_id, h.staff_id, s.display_name, h.started_at, h.ended_at, h.ended_how,
            h.summary
        FROM gate_shift h LEFT JOIN staff s USING (staff_id) WHERE h.device_id = $1 AND h.ended_at IS NULL";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&device_id])
        .await?;
    Ok(row.as_ref().map(shift))
}

/// The last shift on a device that is over.
pub async fn find_last_ended(db: &Client, device_id: DeviceId) -> Result<Option<Shift>, Error> {
    let sql = "-- duty.find_last_ended
        SELECT h.shift_id, h.device_id, h.gate_id, h.staff_id, s.display_name, h.started_at, h.ended_at, h.ended_how,
            h.summary
        FROM gate_shift h LEFT JOIN staff s USING (staff_id)
        WHERE h.gate_id = (SELECT gate_id FROM gate_device WHERE device_id = $1) AND h.device_id = $1
            AND h.ended_at IS NOT NULL
        ORDER BY h.shift_id DESC LIMIT 1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&device_id])
        .await?;
    Ok(row.as_ref().map(shift))
}

/// The last shifts at a gate, newest first.
pub async fn list_shifts(db: &Client, gate_id: GateId, limit: i64) -> Result<Vec<Shift>, Error> {
    let sql = "-- duty.list_shifts
        SELECT h.shift_id, h.device_id, h.gate_id, h.staff_id, s.display_name, h.started_at, h.ended_at, h.ended_how,
            h.summary
        FROM gate_shift h LEFT JOIN staff s USING (staff_id)
        WHERE h.gate_id = $1 ORDER BY h.shift_id DESC LIMIT $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&gate_id, &limit])
        .await?;
    Ok(rows.iter().map(shift).collect())
}

fn shift(row: &Row) -> Shift {
    let how: Option<&str> = row.get("ended_how");
    let summary: Option<Json<ShiftSummary>> = row.get("summary");
    Shift {
        shift_id: row.get("shift_id"),
        device_id: row.get("device_id"),
        gate_id: row.get("gate_id"),
        staff_id: row.get("staff_id"),
        guard: row
            .get::<_, Option<String>>("display_name")
            .unwrap_or_default(),
        started_at: row.get("started_at"),
        ended_at: row.get("ended_at"),
        ended_how: how.and_then(ShiftEnd::parse),
        summary: summary.map(|summary| summary.0),
    }
}

/// What a shift adds up to from its beginning to a time, with how many are held at its gate then.
/// Reads the scans that reached the server since, by the index over arrival.
pub async fn sum_up(
    db: &Client,
    shift: &Shift,
    (until, open_holds): (Timestamp, i64),
) -> Result<ShiftSummary, Error> {
    let sql = "-- duty.sum_up
        WITH mine AS (
            SELECT colour, action, temperature_decicelsius, rung FROM scan
            WHERE received_at >= $2 AND at >= $2 AND at <= $3 AND device_id = $1)
        SELECT count(*) AS scans, count(*) FILTER (WHERE colour = 0) AS green,
            count(*) FILTER (WHERE colour = 1) AS yellow, count(*) FILTER (WHERE colour = 2) AS red,
            count(*) FILTER (WHERE action = 0) AS passed, count(*) FILTER (WHERE action = 1) AS checked,
            count(*) FILTER (WHERE action = 2) AS held, count(*) FILTER (WHERE temperature_decicelsius >= 373) AS fevers,
            count(*) FILTER (WHERE rung >= 4) AS offline,
            (SELECT count(*) FROM late_red l WHERE l.gate_id = $4 AND l.recorded_at >= $2 AND l.recorded_at <= $3)
                AS late_reds,
            (SELECT count(*) FROM gate_register r WHERE r.device_id = $1 AND r.at >= $2 AND r.at <= $3) AS registered,
            (SELECT count(*) FROM gate_check k WHERE k.gate_id = $4 AND k.at >= $2 AND k.at <= $3 AND k.device_id = $1
                AND k.passed AND k.travel_history = 1) AS overrides
        FROM mine";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(
            &statement,
            &[&shift.device_id, &shift.started_at, &until, &shift.gate_id],
        )
        .await?;
    Ok(ShiftSummary {
        scans: row.get("scans"),
        green: row.get("green"),
        yellow: row.get("yellow"),
        red: row.get("red"),
        passed: row.get("passed"),
        checked: row.get("checked"),
        held: row.get("held"),
        fevers: row.get("fevers"),
        offline: row.get("offline"),
        open_holds,
        late_reds: row.get("late_reds"),
        registered: row.get("registered"),
        waiting: 0,
        overrides: row.get("overrides"),
    })
}

/// People a gate let through who were red by then, newest first; names are put in by the caller.
pub async fn list_recalls(
    db: &Client,
    gate_id: GateId,
    (since, limit): (Timestamp, i64),
) -> Result<Vec<Recall>, Error> {
    let sql = "-- duty.list_recalls
        SELECT l.person_id, l.at, l.red_since, l.reason, l.recorded_at, s.direction
        FROM late_red l LEFT JOIN scan s ON s.person_id = l.person_id AND s.at = l.at AND s.gate_id = l.gate_id
        WHERE l.gate_id = $1 AND l.recorded_at >= $2 ORDER BY l.recorded_at DESC, l.person_id LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&gate_id, &since, &limit]).await?;
    let read = |row: &Row| Recall {
        person_id: row.get(0),
        name: String::new(),
        at: row.get(1),
        red_since: row.get(2),
        reason: row.get(3),
        recorded_at: row.get(4),
        direction: row.get::<_, Option<i16>>(5).and_then(Direction::from_code),
    };
    Ok(rows.iter().map(read).collect())
}

/// Scans of a gate by quarter of an hour since a time: folded and pending in one statement.
pub async fn list_quarters(
    db: &Client,
    gate_id: GateId,
    from: Timestamp,
) -> Result<Vec<Quarter>, Error> {
    let sql = "-- duty.list_quarters
        SELECT to_timestamp(floor(date_part('epoch', minute) / 900) * 900) AS start,
            coalesce(sum(scans) FILTER (WHERE colour = 0), 0)::bigint AS green,
            coalesce(sum(scans) FILTER (WHERE colour = 1), 0)::bigint AS yellow,
            coalesce(sum(scans) FILTER (WHERE colour = 2), 0)::bigint AS red
        FROM (
            SELECT minute, colour, scans FROM scan_minute WHERE minute >= $2 AND gate_id = $1
            UNION ALL
            SELECT to_timestamp(u.minute::bigint * 60), u.cell / 100, 1
            FROM scan_tally t, unnest(t.gate_ids, t.minutes, t.cells) AS u (gate_id, minute, cell)
            WHERE u.gate_id = $1 AND to_timestamp(u.minute::bigint * 60) >= $2) AS all_scans
        GROUP BY 1 ORDER BY 1";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&gate_id, &from])
        .await?;
    let read = |row: &Row| Quarter {
        start: row.get(0),
        green: row.get(1),
        yellow: row.get(2),
        red: row.get(3),
    };
    Ok(rows.iter().map(read).collect())
}

/// Scans of a gate since a full hour by cell, likewise.
pub async fn list_day_cells(
    db: &Client,
    gate_id: GateId,
    from: Timestamp,
) -> Result<Vec<(i16, i64)>, Error> {
    let sql = "-- duty.list_day_cells
        SELECT cell, sum(scans)::bigint FROM (
            SELECT cell, scans FROM scan_hour WHERE gate_id = $1 AND hour >= $2
            UNION ALL
            SELECT u.cell, 1 FROM scan_tally t, unnest(t.gate_ids, t.minutes, t.cells) AS u (gate_id, minute, cell)
            WHERE u.gate_id = $1 AND to_timestamp(u.minute::bigint * 60) >= $2) AS all_scans
        GROUP BY 1 ORDER BY 1";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&gate_id, &from])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Scans of a gate since a minute.
pub async fn count_since(db: &Client, gate_id: GateId, from: Timestamp) -> Result<i64, Error> {
    let sql = "-- duty.count_since
        SELECT coalesce(sum(scans), 0)::bigint FROM (
            SELECT scans FROM scan_minute WHERE minute >= $2 AND gate_id = $1
            UNION ALL
            SELECT 1 FROM scan_tally t, unnest(t.gate_ids, t.minutes) AS u (gate_id, minute)
            WHERE u.gate_id = $1 AND to_timestamp(u.minute::bigint * 60) >= $2) AS all_scans";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&gate_id, &from])
        .await?;
    Ok(row.get(0))
}

/// Late reds of a gate found out since a time.
pub async fn count_late_reds(db: &Client, gate_id: GateId, from: Timestamp) -> Result<i64, Error> {
    let sql = "-- duty.count_late_reds
        SELECT count(*) FROM late_red WHERE gate_id = $1 AND recorded_at >= $2";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&gate_id, &from])
        .await?;
    Ok(row.get(0))
}

/// People let in at a gate since a time although the check spoke against it.
pub async fn count_overrides(db: &Client, gate_id: GateId, from: Timestamp) -> Result<i64, Error> {
    let sql = "-- duty.count_overrides
        SELECT count(*) FROM gate_check WHERE gate_id = $1 AND at >= $2 AND passed AND travel_history = 1";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&gate_id, &from])
        .await?;
    Ok(row.get(0))
}

/// Specimens scanned at a gate since a time.
pub async fn count_specimens(db: &Client, gate_id: GateId, from: Timestamp) -> Result<i64, Error> {
    let sql = "-- duty.count_specimens
        SELECT count(*) FROM specimen_scan WHERE gate_id = $1 AND at >= $2";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&gate_id, &from])
        .await?;
    Ok(row.get(0))
}

/// The last inspections of a gate that ended since a time and came to something, newest first.
pub async fn list_inspections(
    db: &Client,
    gate_id: GateId,
    (since, limit): (Timestamp, i64),
) -> Result<Vec<EndedInspection>, Error> {
    let sql = "-- duty.list_inspections
        SELECT i.started_at, i.result,
            (SELECT min(s.at) FROM specimen_scan s WHERE s.gate_id = i.gate_id AND s.at >= i.started_at
                AND s.at <= i.closed_at) AS scanned_at
        FROM inspection i WHERE i.gate_id = $1 AND i.closed_at >= $2 AND i.result <> 'cancelled'
        ORDER BY i.inspection_id DESC LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&gate_id, &since, &limit]).await?;
    let read = |row: &Row| EndedInspection {
        started_at: row.get("started_at"),
        scanned_at: row.get("scanned_at"),
        result: row.get("result"),
    };
    Ok(rows.iter().map(read).collect())
}
