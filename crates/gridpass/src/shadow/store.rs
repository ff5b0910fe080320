//! SQL of shadows and their counts.

use gridpass_rules::{Action, Colour, Direction};
use gridpass_types::ids::{GateId, PersonId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{Error, Row};

use super::model::{Shadow, ShadowPeople, ShadowScans};
use crate::db::Client;

fn shadow(row: &Row) -> Shadow {
    Shadow {
        shadow_id: row.get("shadow_id"),
        version: row.get("rule_set_version"),
        place_prefix: row.get("place_prefix"),
        scan_percent: row.get("scan_percent"),
        count_people: row.get("count_people"),
        note: row.get("note"),
        started_at: row.get("started_at"),
        started_by: row.get("started_by"),
        ended_at: row.get("ended_at"),
        ended_by: row.get("ended_by"),
        scans_until: row.get("scans_until"),
        people_counted_at: row.get("people_counted_at"),
        reach: String::new(),
    }
}

/// Stores a shadow.
pub async fn insert_shadow(tx: &Client, row: &Shadow) -> Result<(), Error> {
    let sql = "-- shadow.insert_shadow
        INSERT INTO rule_shadow (shadow_id, rule_set_version, place_prefix, scan_percent, count_people, note,
                                 started_at, started_by, scans_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7)";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[
            &row.shadow_id,
            &row.version,
            &row.place_prefix,
            &row.scan_percent,
            &row.count_people,
            &row.note,
            &row.started_at,
            &row.started_by,
        ],
    )
    .await?;
    Ok(())
}

/// One shadow.
pub async fn find_shadow(db: &Client, shadow_id: i64) -> Result<Option<Shadow>, Error> {
    let sql = "-- shadow.find_shadow
        SELECT shadow_id, rule_set_version, place_prefix, scan_percent, count_people, note, started_at, started_by,
               ended_at, ended_by, scans_until, people_counted_at
        FROM rule_shadow WHERE shadow_id = $1";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&shadow_id]).await?;
    Ok(row.as_ref().map(shadow))
}

/// Shadows from `after` on.
pub async fn list_shadows(db: &Client, after: i64, limit: i64) -> Result<Vec<Shadow>, Error> {
    let sql = "-- shadow.list_shadows
        SELECT shadow_id, rule_set_version, place_prefix, scan_percent, count_people, note, started_at, started_by,
               ended_at, ended_by, scans_until, people_counted_at
        FROM rule_shadow WHERE shadow_id > $1 ORDER BY shadow_id LIMIT $2";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&after, &limit]).await?;
    Ok(rows.iter().map(shadow).collect())
}

/// A running shadow that has something to do, locked; those that another node has are left out.
/// Scans that the server took before `scans_before` are settled.
pub async fn lock_due(
    tx: &Client,
    scans_before: Timestamp,
    people_before: Timestamp,
) -> Result<Option<Shadow>, Error> {
    let sql = "-- shadow.lock_due
        SELECT shadow_id, rule_set_version, place_prefix, scan_percent, count_people, note, started_at, started_by,
               ended_at, ended_by, scans_until, people_counted_at
        FROM rule_shadow WHERE ended_at IS NULL
            AND ((scan_percent > 0 AND scans_until < $1)
                OR (count_people AND (people_counted_at IS NULL OR people_counted_at < $2)))
        ORDER BY scans_until LIMIT 1 FOR UPDATE SKIP LOCKED";
    let statement = tx.prepare_cached(sql).await?;
    let row = tx
        .query_opt(&statement, &[&scans_before, &people_before])
        .await?;
    Ok(row.as_ref().map(shadow))
}

/// Ends a shadow unless it has ended.
pub async fn end_shadow(
    tx: &Client,
    shadow_id: i64,
    (at, by): (Timestamp, StaffId),
) -> Result<(), Error> {
    let sql = "-- shadow.end_shadow
        UPDATE rule_shadow SET ended_at = $2, ended_by = $3 WHERE shadow_id = $1 AND ended_at IS NULL";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(&statement, &[&shadow_id, &at, &by]).await?;
    Ok(())
}

/// Notes how far the counting has come.
pub async fn update_progress(tx: &Client, row: &Shadow) -> Result<(), Error> {
    let sql = "-- shadow.update_progress
        UPDATE rule_shadow SET scans_until = $2, people_counted_at = $3 WHERE shadow_id = $1";
    let statement = tx.prepare_cached(sql).await?;
    let row = (&row.shadow_id, &row.scans_until, &row.people_counted_at);
    tx.execute(&statement, &[row.0, row.1, row.2]).await?;
    Ok(())
}

/// A scan as it was decided.
pub struct Decided {
    /// Who.
    pub person_id: PersonId,
    /// When.
    pub at: Timestamp,
    /// Where.
    pub gate_id: GateId,
    /// When the server took it; the state of then counts.
    pub received_at: Timestamp,
    /// Which way.
    pub direction: Direction,
    /// Colour.
    pub colour: Colour,
    /// Action.
    pub action: Action,
    /// Reading in tenths of a degree Celsius.
    pub decicelsius: Option<i16>,
}

/// A sample of the scans that were decided online in a span of time, in order of when the
/// server took them.
pub async fn list_decided(
    db: &Client,
    (from, until): (Timestamp, Timestamp),
    percent: i16,
    limit: i64,
) -> Result<Vec<Decided>, Error> {
    let sql = "-- shadow.list_decided
        SELECT person_id, at, gate_id, received_at, direction, colour, action, temperature_decicelsius
        FROM scan WHERE received_at > $1 AND received_at <= $2 AND rung < 4
            AND abs(hashint8(person_id # (extract(epoch FROM at) * 1000)::bigint)::bigint) % 100 < $3
        ORDER BY received_at LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    let percent = i64::from(percent);
    let rows = db
        .query(&statement, &[&from, &until, &percent, &limit])
        .await?;
    let decided = |row: &Row| Decided {
        person_id: row.get(0),
        at: row.get(1),
        gate_id: row.get(2),
        received_at: row.get(3),
        direction: word(row, 4, Direction::from_code),
        colour: word(row, 5, Colour::from_code),
        action: word(row, 6, Action::from_code),
        decicelsius: row.get(7),
    };
    Ok(rows.iter().map(decided).collect())
}

fn word<T>(row: &Row, at: usize, read: fn(i16) -> Option<T>) -> T {
    read(row.get(at)).expect("a CHECK keeps the code within the word list")
}

/// Counts by column.
#[derive(Default)]
pub struct Counts {
    /// Days.
    pub days: Vec<Date>,
    /// Communities.
    pub divisions: Vec<String>,
    /// Colour and action that were decided, then those by the shadow; people have no action.
    pub codes: [Vec<i16>; 4],
    /// How many.
    pub counts: Vec<i64>,
}

/// Adds scans.
pub async fn add_scans(tx: &Client, shadow_id: i64, counts: &Counts) -> Result<(), Error> {
    let sql = "-- shadow.add_scans
        INSERT INTO rule_shadow_scan AS s
            (shadow_id, day, division_code, colour, action, shadow_colour, shadow_action, scans)
        SELECT $1, d, v, c, a, sc, sa, n
        FROM unnest($2::date[], $3::text[], $4::smallint[], $5::smallint[], $6::smallint[], $7::smallint[], $8::bigint[])
            AS u (d, v, c, a, sc, sa, n)
        ON CONFLICT (shadow_id, day, division_code, colour, action, shadow_colour, shadow_action)
            DO UPDATE SET scans = s.scans + excluded.scans";
    let statement = tx.prepare_cached(sql).await?;
    let [colours, actions, shadow_colours, shadow_actions] = &counts.codes;
    tx.execute(
        &statement,
        &[
            &shadow_id,
            &counts.days,
            &counts.divisions,
            colours,
            actions,
            shadow_colours,
            shadow_actions,
            &counts.counts,
        ],
    )
    .await?;
    Ok(())
}

/// Takes a day's count of people away, before the next one.
pub async fn delete_people(tx: &Client, shadow_id: i64, day: Date) -> Result<(), Error> {
    let sql = "-- shadow.delete_people
        DELETE FROM rule_shadow_people WHERE shadow_id = $1 AND day = $2";
    tx.execute(&tx.prepare_cached(sql).await?, &[&shadow_id, &day])
        .await?;
    Ok(())
}

/// Stores a day's count of people.
pub async fn insert_people(
    tx: &Client,
    (shadow_id, day): (i64, Date),
    counts: &Counts,
) -> Result<(), Error> {
    let sql = "-- shadow.insert_people
        INSERT INTO rule_shadow_people (shadow_id, day, division_code, colour, shadow_colour, people)
        SELECT $1, $2, v, c, sc, n
        FROM unnest($3::text[], $4::smallint[], $5::smallint[], $6::bigint[]) AS u (v, c, sc, n)";
    let statement = tx.prepare_cached(sql).await?;
    let [colours, _, shadow_colours, _] = &counts.codes;
    tx.execute(
        &statement,
        &[
            &shadow_id,
            &day,
            &counts.divisions,
            colours,
            shadow_colours,
            &counts.counts,
        ],
    )
    .await?;
    Ok(())
}

/// Scans of a shadow under a prefix.
pub async fn list_scans(
    db: &Client,
    shadow_id: i64,
    prefix: &str,
) -> Result<Vec<ShadowScans>, Error> {
    let sql = "-- shadow.list_scans
        SELECT day, division_code, colour, action, shadow_colour, shadow_action, scans
        FROM rule_shadow_scan WHERE shadow_id = $1 AND starts_with(division_code, $2)
        ORDER BY day, division_code, colour, action, shadow_colour, shadow_action";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&shadow_id, &prefix]).await?;
    let view = |row: &Row| ShadowScans {
        day: row.get(0),
        division_code: row.get(1),
        colour: word(row, 2, Colour::from_code),
        action: word(row, 3, Action::from_code),
        shadow_colour: word(row, 4, Colour::from_code),
        shadow_action: word(row, 5, Action::from_code),
        scans: row.get(6),
    };
    Ok(rows.iter().map(view).collect())
}

/// People of a shadow under a prefix.
pub async fn list_people(
    db: &Client,
    shadow_id: i64,
    prefix: &str,
) -> Result<Vec<ShadowPeople>, Error> {
    let sql = "-- shadow.list_people
        SELECT day, division_code, colour, shadow_colour, people
        FROM rule_shadow_people WHERE shadow_id = $1 AND starts_with(division_code, $2)
        ORDER BY day, division_code, colour, shadow_colour";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&shadow_id, &prefix]).await?;
    let view = |row: &Row| ShadowPeople {
        day: row.get(0),
        division_code: row.get(1),
        colour: word(row, 2, Colour::from_code),
        shadow_colour: word(row, 3, Colour::from_code),
        people: row.get(4),
    };
    Ok(rows.iter().map(view).collect())
}
