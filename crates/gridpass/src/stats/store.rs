//! SQL of counts. Every read unites roll-up and pending changes in one statement.

use jiff::Timestamp;
use tokio_postgres::Error;
use tokio_postgres::types::ToSql;

use super::sums::ScanSums;
use crate::db::Client;

/// Advisory lock of folding scans.
pub const FOLD_SCANS_LOCK: i64 = 0x6772_6964_0001;
/// Advisory lock of folding people.
pub const FOLD_PEOPLE_LOCK: i64 = 0x6772_6964_0002;

/// A place (or gate), a cell and a count.
pub struct CellRow {
    /// Division code or gate identity.
    pub key: String,
    /// Packed dimensions.
    pub cell: i16,
    /// Count.
    pub count: i64,
}

/// Takes a lock until the transaction ends, unless another node has it.
pub async fn try_lock(tx: &Client, lock: i64) -> Result<bool, Error> {
    let sql = "-- stats.try_lock
        SELECT pg_try_advisory_xact_lock($1)";
    Ok(tx
        .query_one(&tx.prepare_cached(sql).await?, &[&lock])
        .await?
        .get(0))
}

/// Takes pending scans out, to be added to the roll-ups in the same transaction; answers how
/// many batches they came from.
pub async fn take_scan_tallies(
    tx: &Client,
    tallies_max: i64,
    sums: &mut ScanSums,
) -> Result<i64, Error> {
    let sql = "-- stats.take_scan_tallies
        WITH due AS (SELECT lane, tally_id FROM scan_tally ORDER BY lane, tally_id LIMIT $1)
        DELETE FROM scan_tally t USING due WHERE t.lane = due.lane AND t.tally_id = due.tally_id
        RETURNING t.gate_ids, t.minutes, t.cells";
    let rows = tx
        .query(&tx.prepare_cached(sql).await?, &[&tallies_max])
        .await?;
    for row in &rows {
        let (gates, minutes): (Vec<i64>, Vec<i32>) = (row.get(0), row.get(1));
        let cells: Vec<i16> = row.get(2);
        for ((gate_id, minute), cell) in gates.into_iter().zip(minutes).zip(cells) {
            sums.add(gate_id, minute, cell);
        }
    }
    Ok(rows.len() as i64)
}

/// Adds sums to the roll-ups by hour and by minute, in order of their keys, so that nobody
/// who does the same waits in a circle.
pub async fn add_scan_sums(tx: &Client, sums: &ScanSums) -> Result<(), Error> {
    let hours = sums.hours();
    let sql = "-- stats.add_scan_hours
        INSERT INTO scan_hour (gate_id, hour, cell, scans)
        SELECT g, to_timestamp(h::bigint * 3600), c, n
        FROM unnest($1::bigint[], $2::integer[], $3::smallint[], $4::bigint[]) AS u (g, h, c, n)
        ON CONFLICT (gate_id, hour, cell) DO UPDATE SET scans = scan_hour.scans + excluded.scans";
    let params: [&(dyn ToSql + Sync); 4] = [&hours.gates, &hours.times, &hours.cells, &hours.scans];
    tx.execute(&tx.prepare_cached(sql).await?, &params).await?;
    let minutes = sums.minutes();
    let sql = "-- stats.add_scan_minutes
        INSERT INTO scan_minute (gate_id, minute, colour, scans)
        SELECT g, to_timestamp(m::bigint * 60), c, n
        FROM unnest($1::bigint[], $2::integer[], $3::smallint[], $4::bigint[]) AS u (g, m, c, n)
        ON CONFLICT (minute, gate_id, colour) DO UPDATE SET scans = scan_minute.scans + excluded.scans";
    let params: [&(dyn ToSql + Sync); 4] = [
        &minutes.gates,
        &minutes.times,
        &minutes.cells,
        &minutes.scans,
    ];
    tx.execute(&tx.prepare_cached(sql).await?, &params).await?;
    Ok(())
}

/// Moves pending changes of people into cells; answers how many rows were moved.
pub async fn fold_people(tx: &Client, tallies_max: i64) -> Result<i64, Error> {
    let sql = "-- stats.fold_people
        WITH due AS (SELECT lane, tally_id FROM state_tally ORDER BY lane, tally_id LIMIT $1),
        taken AS (
            DELETE FROM state_tally t USING due WHERE t.lane = due.lane AND t.tally_id = due.tally_id
            RETURNING t.place_codes, t.cells, t.deltas),
        summed AS (
            SELECT u.place_code, u.cell, sum(u.delta)::bigint AS people
            FROM taken, unnest(taken.place_codes, taken.cells, taken.deltas) AS u (place_code, cell, delta)
            GROUP BY 1, 2),
        cells AS (
            INSERT INTO people_cell (place_code, cell, people)
            SELECT place_code, cell, people FROM summed WHERE people <> 0 ORDER BY 1, 2
            ON CONFLICT (place_code, cell) DO UPDATE SET people = people_cell.people + excluded.people)
        SELECT count(*) FROM taken";
    Ok(tx
        .query_one(&tx.prepare_cached(sql).await?, &[&tallies_max])
        .await?
        .get(0))
}

/// People under `prefix` by the first `digits` of their place and by cell.
pub async fn list_people_cells(
    db: &Client,
    prefix: &str,
    digits: i32,
) -> Result<Vec<CellRow>, Error> {
    let sql = "-- stats.list_people_cells
        SELECT left(place_code, $2), cell, sum(people)::bigint FROM (
            SELECT place_code, cell, people FROM people_cell WHERE starts_with(place_code, $1)
            UNION ALL
            SELECT u.place_code, u.cell, u.delta
            FROM state_tally t, unnest(t.place_codes, t.cells, t.deltas) AS u (place_code, cell, delta)
            WHERE starts_with(u.place_code, $1)) AS all_cells
        GROUP BY 1, 2 HAVING sum(people) <> 0 ORDER BY 1, 2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&prefix, &digits])
        .await?;
    Ok(rows.iter().map(cell_row).collect())
}

/// How scans are grouped.
pub enum GroupBy {
    /// By hour.
    Hour,
    /// By day of the district's calendar.
    Day,
    /// By gate.
    Gate,
    /// By the first digits of the gate's place.
    Place(i32),
}

/// Which scans.
pub struct ScanRange<'a> {
    /// Prefix of the gates' place.
    pub prefix: &'a str,
    /// First hour.
    pub from: Timestamp,
    /// First hour not counted.
    pub to: Timestamp,
}

/// Scans of a range, grouped, by cell.
pub async fn list_scan_cells(
    db: &Client,
    range: &ScanRange<'_>,
    by: &GroupBy,
) -> Result<Vec<CellRow>, Error> {
    let sql = "-- stats.list_scan_cells
        SELECT CASE $4::text
                WHEN 'hour' THEN replace(to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), ' ', 'T') || 'Z'
                WHEN 'day' THEN to_char(hour AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')
                WHEN 'gate' THEN gate_id::text
                ELSE left(g.place_code, $5) END AS key,
            cell, sum(scans)::bigint
        FROM (
            SELECT gate_id, hour, cell, scans FROM scan_hour WHERE hour >= $2 AND hour < $3
            UNION ALL
            SELECT u.gate_id, to_timestamp(u.minute / 60 * 3600), u.cell, 1
            FROM scan_tally t, unnest(t.gate_ids, t.minutes, t.cells) AS u (gate_id, minute, cell)
            WHERE to_timestamp(u.minute / 60 * 3600) >= $2 AND to_timestamp(u.minute / 60 * 3600) < $3) AS all_scans
        JOIN gate g USING (gate_id)
        WHERE starts_with(g.place_code, $1)
        GROUP BY 1, 2 ORDER BY 1, 2";
    let (word, digits) = match by {
        GroupBy::Hour => ("hour", 0),
        GroupBy::Day => ("day", 0),
        GroupBy::Gate => ("gate", 0),
        GroupBy::Place(digits) => ("place", *digits),
    };
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(
            &statement,
            &[&range.prefix, &range.from, &range.to, &word, &digits],
        )
        .await?;
    Ok(rows.iter().map(cell_row).collect())
}

/// Scans per minute since `from`, at the gates under `prefix`.
pub async fn list_minutes(
    db: &Client,
    prefix: &str,
    from: Timestamp,
) -> Result<Vec<(Timestamp, i64)>, Error> {
    let sql = "-- stats.list_minutes
        SELECT minute, sum(scans)::bigint FROM (
            SELECT gate_id, minute, scans FROM scan_minute WHERE minute >= $2
            UNION ALL
            SELECT u.gate_id, to_timestamp(u.minute::bigint * 60), 1
            FROM scan_tally t, unnest(t.gate_ids, t.minutes) AS u (gate_id, minute)
            WHERE to_timestamp(u.minute::bigint * 60) >= $2) AS all_scans
        JOIN gate g USING (gate_id) WHERE starts_with(g.place_code, $1)
        GROUP BY 1 ORDER BY 1";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&prefix, &from])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// The busiest gates under `prefix` since `from`.
pub async fn list_busy_gates(
    db: &Client,
    prefix: &str,
    from: Timestamp,
    limit: i64,
) -> Result<Vec<super::model::GateCount>, Error> {
    let sql = "-- stats.list_busy_gates
        SELECT gate_id, g.name, g.place_code, sum(scans)::bigint AS scans_15min,
            coalesce(sum(scans) FILTER (WHERE colour = 2), 0)::bigint AS red_15min
        FROM (
            SELECT gate_id, colour, scans FROM scan_minute WHERE minute >= $2
            UNION ALL
            SELECT u.gate_id, u.cell / 100, 1
            FROM scan_tally t, unnest(t.gate_ids, t.minutes, t.cells) AS u (gate_id, minute, cell)
            WHERE to_timestamp(u.minute::bigint * 60) >= $2) AS all_scans
        JOIN gate g USING (gate_id) WHERE starts_with(g.place_code, $1)
        GROUP BY gate_id, g.name, g.place_code ORDER BY scans_15min DESC, gate_id LIMIT $3";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&prefix, &from, &limit])
        .await?;
    let read = |row: &tokio_postgres::Row| super::model::GateCount {
        gate_id: row.get("gate_id"),
        name: row.get("name"),
        place_code: row.get("place_code"),
        scans_15min: row.get("scans_15min"),
        red_15min: row.get("red_15min"),
    };
    Ok(rows.iter().map(read).collect())
}

/// Names of divisions directly below `prefix`, by code.
pub async fn list_names(
    db: &Client,
    prefix: &str,
    digits: i32,
) -> Result<Vec<(String, String)>, Error> {
    let sql = "-- stats.list_names
        SELECT division_code, name FROM division WHERE starts_with(division_code, $1) AND length(division_code) = $2
        ORDER BY division_code";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&prefix, &digits])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Names of gates by identity as text.
pub async fn list_gate_names(db: &Client, prefix: &str) -> Result<Vec<(String, String)>, Error> {
    let sql = "-- stats.list_gate_names
        SELECT gate_id::text, name FROM gate WHERE starts_with(place_code, $1)";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&prefix]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Forgets minutes before a time.
pub async fn delete_minutes_before(db: &Client, before: Timestamp) -> Result<(), Error> {
    let sql = "-- stats.delete_minutes_before
        DELETE FROM scan_minute WHERE minute < $1";
    db.execute(&db.prepare_cached(sql).await?, &[&before])
        .await?;
    Ok(())
}

/// Counts raw state rows and compares them with roll-up and pending changes, cell by
/// cell, in one statement: people, and cells that differ.
pub async fn compare_people(db: &Client) -> Result<(i64, i64), Error> {
    let sql = "-- stats.compare_people
        WITH raw AS (
            SELECT place_code, (colour * 100 + residence * 10 + quarantine)::smallint AS cell, count(*) AS people
            FROM person_state GROUP BY 1, 2),
        rolled AS (
            SELECT place_code, cell, sum(people)::bigint AS people FROM (
                SELECT place_code, cell, people FROM people_cell
                UNION ALL
                SELECT u.place_code, u.cell, u.delta
                FROM state_tally t, unnest(t.place_codes, t.cells, t.deltas) AS u (place_code, cell, delta)) AS cells
            GROUP BY 1, 2)
        SELECT coalesce(sum(raw.people), 0)::bigint,
            count(*) FILTER (WHERE coalesce(raw.people, 0) <> coalesce(rolled.people, 0))
        FROM raw FULL JOIN rolled USING (place_code, cell)";
    let row = db.query_one(&db.prepare_cached(sql).await?, &[]).await?;
    Ok((row.get(0), row.get(1)))
}

/// The same for scans, by gate, hour and cell.
pub async fn compare_scans(db: &Client) -> Result<(i64, i64), Error> {
    let sql = "-- stats.compare_scans
        WITH raw AS (
            SELECT gate_id, date_trunc('hour', at, 'UTC') AS hour,
                (colour * 100 + action * 10 + direction * 2
                    + CASE WHEN temperature_decicelsius >= 373 THEN 1 ELSE 0 END)::smallint AS cell, count(*) AS scans
            FROM scan GROUP BY 1, 2, 3),
        rolled AS (
            SELECT gate_id, hour, cell, sum(scans)::bigint AS scans FROM (
                SELECT gate_id, hour, cell, scans FROM scan_hour
                UNION ALL
                SELECT u.gate_id, to_timestamp(u.minute / 60 * 3600), u.cell, 1
                FROM scan_tally t, unnest(t.gate_ids, t.minutes, t.cells) AS u (gate_id, minute, cell)) AS cells
            GROUP BY 1, 2, 3)
        SELECT coalesce(sum(raw.scans), 0)::bigint,
            count(*) FILTER (WHERE coalesce(raw.scans, 0) <> coalesce(rolled.scans, 0))
        FROM raw FULL JOIN rolled USING (gate_id, hour, cell)";
    let row = db.query_one(&db.prepare_cached(sql).await?, &[]).await?;
    Ok((row.get(0), row.get(1)))
}

fn cell_row(row: &tokio_postgres::Row) -> CellRow {
    CellRow {
        key: row.get(0),
        cell: row.get(1),
        count: row.get(2),
    }
}
