//! SQL that adds people up. The tables that are compared stand in the statements as expressions:
//! in the text they are `0`, marked with `/* before */` and `/* after */`, so that every statement
//! can be prepared as it stands here.

use std::collections::HashMap;

use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::backtest::population::AGE_BOUNDS;
use crate::db::Client;

/// Rows out of date that are looked at.
const STALE_MAX: i64 = 100_000;

/// Makes the caller's transaction one snapshot that cannot write, with memory enough to add up
/// everybody in it. The planner overrates the number of groups, and would use one core only if
/// handing rows over between processes counted.
pub async fn make_read_only(tx: &Client) -> Result<(), Error> {
    let sql = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
        SET LOCAL work_mem = '64MB'; SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0";
    tx.batch_execute(sql).await
}

/// Whom to count.
pub struct Scope {
    /// The instant decided for.
    pub at: Timestamp,
    /// `LIKE` patterns of the divisions; `None` is everywhere.
    patterns: Option<Vec<String>>,
    /// Year in which ages are counted.
    year: i32,
}

impl Scope {
    /// People who count in these divisions; everybody when there are none.
    pub fn new(at: Timestamp, divisions: &[String], year: i32) -> Self {
        let patterns = divisions.iter().map(|code| format!("{code}%")).collect();
        Self {
            at,
            patterns: (!divisions.is_empty()).then_some(patterns),
            year,
        }
    }
}

/// People of one place and enclosure by the rows that decide.
pub struct PlaceRow {
    /// Leaf division.
    pub place_code: String,
    /// Enclosure they live in.
    pub enclosure_id: Option<i64>,
    /// Number of the row that decides.
    pub before: i32,
    /// Number of the row that would.
    pub after: i32,
    /// How many.
    pub people: i64,
}

/// People of one age band and origin by the rows that decide.
pub struct TraitRow {
    /// Number of the age band.
    pub age: Option<i32>,
    /// Two digits.
    pub origin: Option<String>,
    /// Number of the row that decides.
    pub before: i32,
    /// Number of the row that would.
    pub after: i32,
    /// How many.
    pub people: i64,
}

fn with_tables(sql: &str, (before, after): &(String, String)) -> String {
    sql.replace("0 /* before */", before)
        .replace("0 /* after */", after)
}

/// Counts people by place, enclosure and deciding rows, but for rows whose time is over.
pub async fn count_places(
    db: &Client,
    tables: &(String, String),
    scope: &Scope,
) -> Result<Vec<PlaceRow>, Error> {
    let sql = "-- backtest.count_places
        SELECT d.place_code, d.enclosure_id, d.before, d.after, count(*) FROM (
            SELECT s.place_code, CASE WHEN s.residence IN (1, 2) THEN s.enclosure_id END AS enclosure_id,
                (0 /* before */) AS before, (0 /* after */) AS after
            FROM person_state s
            WHERE (s.valid_until IS NULL OR s.valid_until > $1)
              AND ($2::text[] IS NULL OR s.place_code LIKE ANY ($2))) AS d
        GROUP BY 1, 2, 3, 4";
    let sql = with_tables(sql, tables);
    let rows = db.query(&sql, &[&scope.at, &scope.patterns]).await?;
    let read = |row: &Row| PlaceRow {
        place_code: row.get(0),
        enclosure_id: row.get(1),
        before: row.get(2),
        after: row.get(3),
        people: row.get(4),
    };
    Ok(rows.iter().map(read).collect())
}

/// Counts people by age band, origin and deciding rows, but for rows whose time is over.
pub async fn count_traits(
    db: &Client,
    tables: &(String, String),
    scope: &Scope,
) -> Result<Vec<TraitRow>, Error> {
    let sql = "-- backtest.count_traits
        SELECT width_bucket($3::integer - p.birth_year, $4::integer[]), p.origin_province, d.before, d.after, count(*)
        FROM (
            SELECT s.person_id, (0 /* before */) AS before, (0 /* after */) AS after
            FROM person_state s
            WHERE (s.valid_until IS NULL OR s.valid_until > $1)
              AND ($2::text[] IS NULL OR s.place_code LIKE ANY ($2))) AS d
        LEFT JOIN person p ON p.person_id = d.person_id
        GROUP BY 1, 2, 3, 4";
    let sql = with_tables(sql, tables);
    let bounds = AGE_BOUNDS.as_slice();
    let rows = db
        .query(&sql, &[&scope.at, &scope.patterns, &scope.year, &bounds])
        .await?;
    let read = |row: &Row| TraitRow {
        age: row.get(0),
        origin: row.get(1),
        before: row.get(2),
        after: row.get(3),
        people: row.get(4),
    };
    Ok(rows.iter().map(read).collect())
}

/// Somebody whose row is out of date.
pub struct StaleRow {
    /// Who.
    pub person_id: i64,
    /// Where the person counts by the row.
    pub place_code: String,
    /// Enclosure the person lives in by the row.
    pub enclosure_id: Option<i64>,
    /// Number of the age band.
    pub age: Option<i32>,
    /// Two digits.
    pub origin: Option<String>,
}

/// People whose row's time is over.
pub async fn list_stale(db: &Client, scope: &Scope) -> Result<Vec<StaleRow>, Error> {
    let sql = "-- backtest.list_stale
        SELECT s.person_id, s.place_code, CASE WHEN s.residence IN (1, 2) THEN s.enclosure_id END,
            width_bucket($3::integer - p.birth_year, $4::integer[]), p.origin_province
        FROM person_state s LEFT JOIN person p ON p.person_id = s.person_id
        WHERE s.valid_until <= $1 AND ($2::text[] IS NULL OR s.place_code LIKE ANY ($2))
        LIMIT $5";
    let statement = db.prepare_cached(sql).await?;
    let bounds = AGE_BOUNDS.as_slice();
    let rows = db
        .query(
            &statement,
            &[&scope.at, &scope.patterns, &scope.year, &bounds, &STALE_MAX],
        )
        .await?;
    let read = |row: &Row| StaleRow {
        person_id: row.get(0),
        place_code: row.get(1),
        enclosure_id: row.get(2),
        age: row.get(3),
        origin: row.get(4),
    };
    Ok(rows.iter().map(read).collect())
}

/// Names of places.
#[derive(Default)]
pub struct Names {
    /// By code.
    pub divisions: HashMap<String, String>,
    /// Name and community, by identity.
    pub enclosures: HashMap<i64, (String, String)>,
}

/// Names of all divisions.
pub async fn list_division_names(db: &Client) -> Result<HashMap<String, String>, Error> {
    let sql = "-- backtest.list_division_names
        SELECT division_code, name FROM division";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Grid workers at work, by jurisdiction.
pub async fn count_workers(db: &Client, at: Timestamp) -> Result<Vec<(String, i64)>, Error> {
    let sql = "-- backtest.count_workers
        SELECT jurisdiction, count(DISTINCT staff_id) FROM staff_grant
        WHERE role = 'grid_worker' AND valid_from <= $1 AND (valid_until IS NULL OR valid_until > $1)
          AND ended_at IS NULL AND enclosure_id IS NULL AND employer_id IS NULL
        GROUP BY 1";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&at]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Somebody for whom something would change.
pub struct ExampleRow {
    /// Who.
    pub person_id: PersonId,
    /// Where the person counts.
    pub place_code: String,
    /// Number of the age band.
    pub age: Option<i32>,
    /// Sealed name.
    pub name_sealed: Option<Vec<u8>>,
    /// Number of the row that decides.
    pub before: i32,
    /// Number of the row that would.
    pub after: i32,
}

/// People for whom these rows decide now and then.
pub async fn list_examples(
    db: &Client,
    tables: &(String, String),
    (scope, (before, after), limit): (&Scope, &(Vec<i32>, Vec<i32>), i64),
) -> Result<Vec<ExampleRow>, Error> {
    let sql = "-- backtest.list_examples
        SELECT d.person_id, d.place_code, width_bucket($3::integer - p.birth_year, $4::integer[]), p.name_sealed,
            d.before, d.after
        FROM (
            SELECT s.person_id, s.place_code, (0 /* before */) AS before, (0 /* after */) AS after
            FROM person_state s
            WHERE (s.valid_until IS NULL OR s.valid_until > $1)
              AND ($2::text[] IS NULL OR s.place_code LIKE ANY ($2))) AS d
        JOIN person p ON p.person_id = d.person_id
        WHERE d.before = ANY ($5::integer[]) AND d.after = ANY ($6::integer[]) LIMIT $7";
    let sql = with_tables(sql, tables);
    let bounds = AGE_BOUNDS.as_slice();
    let rows = db
        .query(
            &sql,
            &[
                &scope.at,
                &scope.patterns,
                &scope.year,
                &bounds,
                before,
                after,
                &limit,
            ],
        )
        .await?;
    let read = |row: &Row| ExampleRow {
        person_id: row.get(0),
        place_code: row.get(1),
        age: row.get(2),
        name_sealed: row.get(3),
        before: row.get(4),
        after: row.get(5),
    };
    Ok(rows.iter().map(read).collect())
}
