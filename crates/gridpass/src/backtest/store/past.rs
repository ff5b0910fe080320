//! SQL that reads scans of the past, and the gates they were at.

use std::collections::HashMap;

use gridpass_rules::{AreaStatus, Direction};
use gridpass_types::Rung;
use gridpass_types::ids::{EmployerId, EnclosureId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::backtest::past::{PastGate, PastScan};
use crate::db::Client;

/// About how many scans there are: those folded into hours.
pub async fn count_scans(db: &Client, from: Timestamp, to: Timestamp) -> Result<i64, Error> {
    let sql = "-- backtest.count_scans
        SELECT coalesce(sum(scans), 0)::bigint FROM scan_hour WHERE hour >= $1 AND hour < $2";
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query_one(&statement, &[&from, &to]).await?.get(0))
}

/// People in order of identity, one in so many, with where they count.
pub async fn list_people(
    db: &Client,
    after: i64,
    one_in: i64,
    limit: i64,
) -> Result<Vec<(i64, String)>, Error> {
    let sql = "-- backtest.list_people
        SELECT person_id, place_code FROM person_state
        WHERE person_id > $1 AND person_id % $2 = 0 ORDER BY person_id LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&after, &one_in, &limit]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Scans of people in a span, in order of person and time.
pub async fn list_scans(
    db: &Client,
    people: &[i64],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<PastScan>, Error> {
    let sql = "-- backtest.list_scans
        SELECT person_id, at, gate_id, received_at, rule_set_version, gate_rule_set_version, direction, rung, temperature_decicelsius,
            colour, action, colour_rule, gate_rule
        FROM scan WHERE person_id = ANY ($1) AND at >= $2 AND at < $3 ORDER BY person_id, at, gate_id";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&people, &from, &to]).await?;
    Ok(rows.iter().filter_map(past_scan).collect())
}

/// The table's checks keep every code known.
fn past_scan(row: &Row) -> Option<PastScan> {
    Some(PastScan {
        person_id: row.get("person_id"),
        at: row.get("at"),
        gate_id: row.get("gate_id"),
        received_at: row.get("received_at"),
        rule_set_version: row.get("rule_set_version"),
        gate_rule_set_version: row.get("gate_rule_set_version"),
        direction: Direction::from_code(row.get("direction"))?,
        rung: Rung::from_code(row.get("rung"))?,
        decicelsius: row.get("temperature_decicelsius"),
        colour: row.get("colour"),
        action: row.get("action"),
        rules: (row.get("colour_rule"), row.get("gate_rule")),
    })
}

/// All gates.
pub async fn list_gates(db: &Client) -> Result<HashMap<i64, PastGate>, Error> {
    let sql = "-- backtest.list_gates
        SELECT gate_id, name, place_code, enclosure_id, employer_id FROM gate";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    let read = |row: &Row| {
        let (enclosure, employer): (Option<i64>, Option<i64>) = (row.get(3), row.get(4));
        let gate = PastGate {
            name: row.get(1),
            place_code: row.get(2),
            enclosure_id: enclosure.map(EnclosureId::new),
            employer_id: employer.map(EmployerId::new),
        };
        (row.get(0), gate)
    };
    Ok(rows.iter().map(read).collect())
}

/// How enclosures were managed, in order of time.
pub async fn list_areas(db: &Client) -> Result<HashMap<i64, Vec<(Timestamp, AreaStatus)>>, Error> {
    let sql = "-- backtest.list_areas
        SELECT enclosure_id, since, area_status FROM enclosure_area ORDER BY enclosure_id, since";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    let mut areas: HashMap<i64, Vec<(Timestamp, AreaStatus)>> = HashMap::new();
    for row in &rows {
        let status = AreaStatus::from_code(row.get(2)).unwrap_or(AreaStatus::Normal);
        areas
            .entry(row.get(0))
            .or_default()
            .push((row.get(1), status));
    }
    Ok(areas)
}
