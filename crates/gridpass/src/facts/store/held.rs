//! SQL of states that stay although a date was reached.

use std::collections::{HashMap, HashSet};

use gridpass_types::Colour;
use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::word;
use crate::db::Client;
use crate::facts::held::HeldState;

/// A span of time in which dates lie.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Beginning of the hour of now: dates before it count as this hour's.
    pub hour: Timestamp,
    /// From this hour on, or everything that is over if it is `hour`.
    pub from: Timestamp,
    /// Up to here, not included.
    pub to: Timestamp,
}

impl Window {
    /// Where dates begin that this window takes in.
    fn begins(&self) -> Timestamp {
        if self.from <= self.hour {
            Timestamp::UNIX_EPOCH
        } else {
            self.from
        }
    }
}

/// How many people of a community have a date in an hour.
#[derive(Clone, Debug)]
pub struct DueCount {
    /// The community.
    pub community: String,
    /// Beginning of the hour.
    pub hour: Timestamp,
    /// How many.
    pub due: i64,
}

/// Somebody whose state a date will change or has changed.
#[derive(Clone, Debug)]
pub struct Due {
    /// Who.
    pub person_id: PersonId,
    /// Leaf division where the person counts.
    pub place_code: String,
    /// The date.
    pub valid_until: Timestamp,
    /// Colour on record.
    pub colour: Colour,
}

/// Counts the dates of a window by community and hour.
pub async fn count_due(db: &Client, window: Window) -> Result<Vec<DueCount>, Error> {
    let sql = "-- facts.count_due
        SELECT left(place_code, 12) AS community, greatest(date_trunc('hour', valid_until), $1) AS hour, count(*)
        FROM person_state WHERE valid_until >= $2 AND valid_until < $3
        GROUP BY 1, 2 ORDER BY 2, 1";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&window.hour, &window.begins(), &window.to])
        .await?;
    let read = |row: &Row| DueCount {
        community: row.get(0),
        hour: row.get(1),
        due: row.get(2),
    };
    Ok(rows.iter().map(read).collect())
}

/// People of a community with a date in a window whose row was written since an instant, but for
/// those who were let through.
pub async fn list_due(
    db: &Client,
    community: &str,
    (window, changed_since): (Window, Timestamp),
) -> Result<Vec<Due>, Error> {
    let sql = "-- facts.list_due
        SELECT s.person_id, s.place_code, s.valid_until, s.colour FROM person_state s
        WHERE s.place_code ~>=~ $1 AND s.place_code ~<=~ ($1 || '~') AND s.valid_until >= $2 AND s.valid_until < $3
            AND s.changed_at >= $4
            AND NOT EXISTS (SELECT FROM held_state h
                WHERE h.person_id = s.person_id AND h.from_at = s.valid_until AND h.let_through)
        ORDER BY s.person_id";
    let statement = db.prepare_cached(sql).await?;
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&community, &window.begins(), &window.to, &changed_since];
    let rows = db.query(&statement, &params).await?;
    Ok(rows.iter().map(due).collect())
}

/// People with a date in a window who have a fact of a source, but for those who were let through.
pub async fn list_due_of(db: &Client, source: &str, window: Window) -> Result<Vec<Due>, Error> {
    let sql = "-- facts.list_due_of
        SELECT s.person_id, s.place_code, s.valid_until, s.colour FROM person_state s
        WHERE s.valid_until >= $2 AND s.valid_until < $3
            AND EXISTS (SELECT FROM fact f WHERE f.person_id = s.person_id AND f.source = $1)
            AND NOT EXISTS (SELECT FROM held_state h
                WHERE h.person_id = s.person_id AND h.from_at = s.valid_until AND h.let_through)
        ORDER BY s.person_id";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&source, &window.begins(), &window.to])
        .await?;
    Ok(rows.iter().map(due).collect())
}

fn due(row: &Row) -> Due {
    Due {
        person_id: row.get(0),
        place_code: row.get(1),
        valid_until: row.get(2),
        colour: word(row, 3, Colour::from_code),
    }
}

/// Which facts of people a source has recorded.
pub async fn list_said(db: &Client, source: &str, people: &[i64]) -> Result<HashSet<i64>, Error> {
    let sql = "-- facts.list_said
        SELECT fact_id FROM fact WHERE person_id = ANY ($2) AND source = $1";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&source, &people]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Takes the end off the intervals of people's rows and notes it; rows that somebody else has
/// locked are left for the next time, so this never waits while it holds locks.
pub async fn hold(
    tx: &Client,
    (hold_id, source): (i64, Option<&str>),
    due: &[Due],
) -> Result<i64, Error> {
    let sql = "-- facts.hold_states
        WITH due AS MATERIALIZED (
            SELECT s.person_id, s.valid_until FROM person_state s
            JOIN unnest($1::bigint[], $2::timestamptz[]) AS u (p, v) ON s.person_id = u.p AND s.valid_until = u.v
            ORDER BY s.person_id FOR UPDATE OF s SKIP LOCKED),
        noted AS (
            INSERT INTO held_state (person_id, from_at, hold_id, source, until_at, let_through)
            SELECT person_id, valid_until, $3, $4, NULL, false FROM due
            ON CONFLICT (person_id, from_at) DO UPDATE
            SET hold_id = excluded.hold_id, source = excluded.source, until_at = NULL, let_through = false),
        kept AS (
            UPDATE person_state s SET valid_until = NULL, held_from = due.valid_until FROM due WHERE s.person_id = due.person_id
            RETURNING s.person_id)
        SELECT count(*) FROM kept";
    let people: Vec<i64> = due.iter().map(|due| due.person_id.get()).collect();
    let dates: Vec<Timestamp> = due.iter().map(|due| due.valid_until).collect();
    let statement = tx.prepare_cached(sql).await?;
    let row = tx
        .query_one(&statement, &[&people, &dates, &hold_id, &source])
        .await?;
    Ok(row.get(0))
}

/// Gives everybody of a hold the date back that was taken off. A row that got new evidence
/// meanwhile is not held any more.
pub async fn end_hold(
    tx: &Client,
    (hold_id, now): (i64, Timestamp),
    let_through: bool,
) -> Result<i64, Error> {
    let sql = "-- facts.end_hold
        WITH due AS MATERIALIZED (
            SELECT s.person_id, h.from_at FROM person_state s JOIN held_state h ON h.person_id = s.person_id
            WHERE h.hold_id = $1 AND h.until_at IS NULL AND s.held_from = h.from_at
            ORDER BY s.person_id FOR UPDATE OF s),
        given AS (
            UPDATE person_state s SET valid_until = due.from_at, held_from = NULL FROM due
            WHERE s.person_id = due.person_id RETURNING s.person_id),
        noted AS (
            UPDATE held_state SET until_at = $2, let_through = $3 WHERE hold_id = $1 AND until_at IS NULL)
        SELECT count(*) FROM given";
    let statement = tx.prepare_cached(sql).await?;
    let row = tx
        .query_one(&statement, &[&hold_id, &now, &let_through])
        .await?;
    Ok(row.get(0))
}

/// Ends what is held of people about whom there is new evidence.
pub async fn end_for(tx: &Client, people: &[i64], now: Timestamp) -> Result<(), Error> {
    if people.is_empty() {
        return Ok(());
    }
    let sql = "-- facts.end_held_states
        UPDATE held_state SET until_at = $2 WHERE person_id = ANY ($1) AND until_at IS NULL";
    tx.execute(&tx.prepare_cached(sql).await?, &[&people, &now])
        .await?;
    Ok(())
}

/// When states of people stayed.
pub async fn list_held(db: &Client, people: &[i64]) -> Result<HashMap<i64, Vec<HeldState>>, Error> {
    let sql = "-- facts.list_held
        SELECT person_id, hold_id, from_at, source, until_at FROM held_state
        WHERE person_id = ANY ($1) AND (until_at IS NULL OR until_at > from_at) ORDER BY person_id, from_at";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&people]).await?;
    let mut held: HashMap<i64, Vec<HeldState>> = HashMap::new();
    for row in &rows {
        held.entry(row.get(0)).or_default().push(HeldState {
            hold_id: row.get(1),
            from_at: row.get(2),
            source: row.get(3),
            until_at: row.get(4),
        });
    }
    Ok(held)
}

/// How many people of holds are held now.
pub async fn count_held(db: &Client, holds: &[i64]) -> Result<HashMap<i64, i64>, Error> {
    let sql = "-- facts.count_held
        SELECT hold_id, count(*) FROM held_state WHERE hold_id = ANY ($1) AND until_at IS NULL GROUP BY hold_id";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&holds]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Those of these people whose date, which it names, somebody let through.
pub async fn list_let_through(
    db: &Client,
    dates: &[(i64, Timestamp)],
) -> Result<HashSet<i64>, Error> {
    let sql = "-- facts.list_let_through
        SELECT h.person_id FROM held_state h JOIN unnest($1::bigint[], $2::timestamptz[]) AS u (p, d)
            ON h.person_id = u.p AND h.from_at = u.d
        WHERE h.let_through";
    let (people, dates): (Vec<i64>, Vec<Timestamp>) = dates.iter().copied().unzip();
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&people, &dates]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Adds to the colours that passing time has changed.
pub async fn add_passed(
    tx: &Client,
    hour: Timestamp,
    (communities, flips): (&[&str], &[i64]),
) -> Result<(), Error> {
    let sql = "-- facts.add_passed
        INSERT INTO passed_flip (community_code, hour_at, flips)
        SELECT c, $1, f FROM unnest($2::text[], $3::bigint[]) AS u (c, f) ORDER BY c
        ON CONFLICT (community_code, hour_at) DO UPDATE SET flips = passed_flip.flips + excluded.flips";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(&statement, &[&hour, &communities, &flips])
        .await?;
    Ok(())
}

/// Colours that passing time has changed in an hour, by community.
pub async fn list_passed(db: &Client, hour: Timestamp) -> Result<HashMap<String, i64>, Error> {
    let sql = "-- facts.list_passed
        SELECT community_code, flips FROM passed_flip WHERE hour_at = $1";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&hour]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Takes the counts of hours long gone away.
pub async fn delete_passed(db: &Client, before: Timestamp) -> Result<(), Error> {
    let sql = "-- facts.delete_passed
        DELETE FROM passed_flip WHERE hour_at < $1";
    db.execute(&db.prepare_cached(sql).await?, &[&before])
        .await?;
    Ok(())
}
