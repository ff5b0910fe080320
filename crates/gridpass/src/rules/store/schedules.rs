//! SQL of where and when versions are to be in force, and of whom a change would touch.

use gridpass_rules::words::{
    Case, Contact, Employment, Exempt, Health, Quarantine, Registry, Residence, Stay,
};
use gridpass_rules::{RuleSet, State};
use gridpass_types::Colour;
use gridpass_types::ids::RuleSetVersion;
use jiff::Timestamp;
use tokio_postgres::types::Json;
use tokio_postgres::{Error, Row};

use crate::db::Client;
use crate::rules::life::{Flips, Schedule, ScheduleStatus};

fn schedule(row: &Row) -> Schedule {
    Schedule {
        schedule_id: row.get("schedule_id"),
        version: row.get("rule_set_version"),
        place_prefix: row.get("place_prefix"),
        from_at: row.get("from_at"),
        until_at: row.get("until_at"),
        also_narrower: row.get("also_narrower"),
        status: ScheduleStatus::read(row.get("status")),
        note: row.get("note"),
        flips: row
            .get::<_, Option<Json<Flips>>>("flips")
            .map(|Json(flips)| flips),
        created_at: row.get("created_at"),
        created_by: row.get("created_by"),
        decided_at: row.get("decided_at"),
        decided_by: row.get("decided_by"),
    }
}

/// Stores a schedule.
pub async fn insert_schedule(tx: &Client, row: &Schedule) -> Result<(), Error> {
    let sql = "-- rules.insert_schedule
        INSERT INTO rule_schedule (schedule_id, rule_set_version, place_prefix, from_at, until_at, also_narrower,
                                   status, note, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[
            &row.schedule_id,
            &row.version,
            &row.place_prefix,
            &row.from_at,
            &row.until_at,
            &row.also_narrower,
            &row.status.as_str(),
            &row.note,
            &row.created_at,
            &row.created_by,
        ],
    )
    .await?;
    Ok(())
}

/// Stores how far a schedule has come. The caller holds the lock on the rules.
pub async fn update_schedule(tx: &Client, row: &Schedule) -> Result<(), Error> {
    let sql = "-- rules.update_schedule
        UPDATE rule_schedule SET status = $2, flips = $3, decided_at = $4, decided_by = $5
        WHERE schedule_id = $1";
    let statement = tx.prepare_cached(sql).await?;
    let flips = row.flips.as_ref().map(Json);
    tx.execute(
        &statement,
        &[
            &row.schedule_id,
            &row.status.as_str(),
            &flips,
            &row.decided_at,
            &row.decided_by,
        ],
    )
    .await?;
    Ok(())
}

/// One schedule.
pub async fn find_schedule(db: &Client, schedule_id: i64) -> Result<Option<Schedule>, Error> {
    let sql = "-- rules.find_schedule
        SELECT schedule_id, rule_set_version, place_prefix, from_at, until_at, also_narrower, status, note, flips,
               created_at, created_by, decided_at, decided_by
        FROM rule_schedule WHERE schedule_id = $1";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&schedule_id]).await?;
    Ok(row.as_ref().map(schedule))
}

/// Schedules from `after` on; of one version if one is named.
pub async fn list_schedules(
    db: &Client,
    version: Option<i32>,
    after: i64,
    limit: i64,
) -> Result<Vec<Schedule>, Error> {
    let sql = "-- rules.list_schedules
        SELECT schedule_id, rule_set_version, place_prefix, from_at, until_at, also_narrower, status, note, flips,
               created_at, created_by, decided_at, decided_by
        FROM rule_schedule WHERE ($1::integer IS NULL OR rule_set_version = $1) AND schedule_id > $2
        ORDER BY schedule_id LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&version, &after, &limit]).await?;
    Ok(rows.iter().map(schedule).collect())
}

/// Schedules that are to begin or to end by now, and those that are in force anywhere.
pub async fn list_due(db: &Client, now: Timestamp) -> Result<Vec<Schedule>, Error> {
    let sql = "-- rules.list_due
        SELECT schedule_id, rule_set_version, place_prefix, from_at, until_at, also_narrower, status, note, flips,
               created_at, created_by, decided_at, decided_by
        FROM rule_schedule
        WHERE (status = 'scheduled' AND from_at <= $1) OR (status = 'in_force' AND until_at <= $1)
        ORDER BY COALESCE(until_at, from_at), schedule_id";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&now]).await?;
    Ok(rows.iter().map(schedule).collect())
}

/// Schedules whose version is in force in a place because of them; at most one stays.
pub async fn end_others(tx: &Client, place_prefix: &str, but: Option<i64>) -> Result<(), Error> {
    let sql = "-- rules.end_others
        UPDATE rule_schedule SET status = 'ended'
        WHERE status = 'in_force' AND place_prefix = $1 AND schedule_id IS DISTINCT FROM $2";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(&statement, &[&place_prefix, &but]).await?;
    Ok(())
}

/// Ends every schedule of a version that has not begun.
pub async fn cancel_waiting(tx: &Client, version: RuleSetVersion) -> Result<(), Error> {
    let sql = "-- rules.cancel_waiting
        UPDATE rule_schedule SET status = 'cancelled'
        WHERE rule_set_version = $1 AND status IN ('scheduled','held')";
    tx.execute(&tx.prepare_cached(sql).await?, &[&version])
        .await?;
    Ok(())
}

/// People of one place who have the same state and the same colour.
pub struct Alike {
    /// Leaf division where they count.
    pub place_code: String,
    /// What the facts of each add up to, but for catalogued kinds.
    pub state: State,
    /// The class of each column of the catalogue that the rule set names.
    pub classes: Vec<i16>,
    /// Colour as last derived, by code.
    pub colour: i16,
    /// How many.
    pub people: i64,
}

/// Everybody under a prefix, counted by place, state and colour: a few ten thousand rows for a
/// million people, so that a rule set is asked once for each situation and not for each person.
///
/// `classes` are expressions over `person_state AS s`, of [`gridpass_rules::ColourTable::class_sql`].
pub async fn count_alike(
    db: &Client,
    place_prefix: &str,
    classes: &[String],
) -> Result<Vec<Alike>, Error> {
    let sql = "-- rules.count_alike
        SELECT s.place_code, s.case_status, s.quarantine, s.contact, s.health, s.stay, s.exempt, s.registry,
               s.residence, s.employment, s.colour, count(*), ARRAY[/* classes */]::smallint[]
        FROM person_state s WHERE starts_with(s.place_code, $1)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13";
    let sql = sql.replace("/* classes */", &classes.join(", "));
    let rows = db.query(&sql, &[&place_prefix]).await?;
    Ok(rows.iter().map(alike).collect())
}

impl Alike {
    /// The colour that the rule set gives them whose classes these are.
    pub fn colour_by(&self, rules: &RuleSet) -> Colour {
        rules
            .colour
            .decide_classes(&self.state, &self.classes)
            .colour
    }
}

fn alike(row: &Row) -> Alike {
    Alike {
        place_code: row.get(0),
        // The colour table does not ask for the rest.
        state: State {
            case: word(row, 1, Case::from_code),
            quarantine: word(row, 2, Quarantine::from_code),
            contact: word(row, 3, Contact::from_code),
            health: word(row, 4, Health::from_code),
            stay: word(row, 5, Stay::from_code),
            exempt: if row.get(6) { Exempt::Yes } else { Exempt::No },
            registry: word(row, 7, Registry::from_code),
            residence: word(row, 8, Residence::from_code),
            employment: word(row, 9, Employment::from_code),
            ..State::EMPTY
        },
        classes: row.get(12),
        colour: row.get(10),
        people: row.get(11),
    }
}

fn word<T>(row: &Row, at: usize, read: fn(i16) -> Option<T>) -> T {
    read(row.get(at)).expect("a CHECK keeps the code within the word list")
}
