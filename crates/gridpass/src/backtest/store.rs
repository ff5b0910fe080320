//! SQL of back-tests: the records here, what they read in `people` and `past`.

mod past;
mod people;

use gridpass_rules::{Catalogue, RuleSet};
use gridpass_types::ids::{RuleSetVersion, StaffId};
use jiff::Timestamp;
use tokio_postgres::types::Json;
use tokio_postgres::{Error, Row};

use super::card::ImpactCard;
use super::model::{Asked, Assumptions, BackTestStatus, BackTestView};
use crate::db::Client;
use crate::http::error::{ApiError, ApiResult};
use crate::rules;

pub use past::{count_scans, list_areas, list_gates, list_people, list_scans};
pub use people::{
    ExampleRow, Names, PlaceRow, Scope, StaleRow, TraitRow, count_places, count_traits,
    count_workers, list_division_names, list_examples, list_stale, make_read_only,
};

/// Stores what was asked for.
pub async fn insert(
    db: &Client,
    back_test_id: i64,
    asked: &Asked,
    (at, by): (Timestamp, StaffId),
) -> ApiResult<()> {
    let sql = "-- backtest.insert
        INSERT INTO back_test (back_test_id, content_sha256, rule_set_version, colour_csv, gate_csv, divisions,
            scan_days, assumptions, status, percent, started_at, started_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, $9, $10)";
    let text = |csv: Vec<u8>| String::from_utf8(csv).map_err(ApiError::internal);
    let colour_csv = text(asked.rules.colour.to_csv())?;
    let gate_csv = text(asked.rules.gate.to_csv())?;
    let digest = rules::content_sha256(&colour_csv, &gate_csv);
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &back_test_id,
            &digest.as_slice(),
            &asked.version,
            &colour_csv,
            &gate_csv,
            &asked.divisions,
            &asked.scan_days,
            &Json(asked.assumptions),
            &at,
            &by,
        ],
    )
    .await?;
    Ok(())
}

/// A back-test to run, or its tables.
pub struct Claimed {
    /// Which.
    pub back_test_id: i64,
    /// Where it would be in force.
    pub divisions: Vec<String>,
    /// Days of scans.
    pub scan_days: i16,
    /// What minutes and days are reckoned with.
    pub assumptions: Assumptions,
    version: Option<RuleSetVersion>,
    colour_csv: String,
    gate_csv: String,
}

impl Claimed {
    /// The rule set to try, with the catalogue it may name; version 0 for tables that were sent along.
    ///
    /// # Errors
    /// When what was stored is no rule set.
    pub fn rules(&self, catalogue: &Catalogue) -> ApiResult<RuleSet> {
        let version = self.version.unwrap_or(RuleSetVersion::new(0));
        let both = (self.colour_csv.as_bytes(), self.gate_csv.as_bytes());
        RuleSet::from_csv_with(version, both, catalogue).map_err(|errors| {
            let first = errors.first().map(ToString::to_string).unwrap_or_default();
            ApiError::internal(anyhow::anyhow!("the tables of a back-test: {first}"))
        })
    }

    fn from_row(row: &Row) -> Result<Self, Error> {
        let Json(assumptions) = row.try_get("assumptions")?;
        Ok(Self {
            back_test_id: row.get("back_test_id"),
            divisions: row.get("divisions"),
            scan_days: row.get("scan_days"),
            assumptions,
            version: row.get("rule_set_version"),
            colour_csv: row.get("colour_csv"),
            gate_csv: row.get("gate_csv"),
        })
    }
}

/// Takes the next back-test that nobody works on, or whose node has not been heard of since
/// `gone_since`.
pub async fn claim(
    db: &Client,
    now: Timestamp,
    gone_since: Timestamp,
) -> Result<Option<Claimed>, Error> {
    let sql = "-- backtest.claim
        UPDATE back_test SET status = 'running', claimed_at = $1, percent = 0
        WHERE back_test_id = (
            SELECT back_test_id FROM back_test
            WHERE status = 'waiting' OR (status = 'running' AND claimed_at < $2)
            ORDER BY back_test_id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING back_test_id, divisions, scan_days, assumptions, rule_set_version, colour_csv, gate_csv";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&now, &gone_since]).await?;
    row.as_ref().map(Claimed::from_row).transpose()
}

/// The tables of a back-test, and where it stands.
pub async fn find_tables(
    db: &Client,
    back_test_id: i64,
) -> Result<Option<(Claimed, BackTestStatus)>, Error> {
    let sql = "-- backtest.find_tables
        SELECT back_test_id, divisions, scan_days, assumptions, rule_set_version, colour_csv, gate_csv, status
        FROM back_test WHERE back_test_id = $1";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&back_test_id]).await?;
    let read = |row: Row| {
        let status = BackTestStatus::parse(row.get("status"));
        let tables = Claimed::from_row(&row)?;
        Ok((tables, status.unwrap_or(BackTestStatus::Failed)))
    };
    row.map(read).transpose()
}

/// Says how far a back-test is.
pub async fn say(
    db: &Client,
    back_test_id: i64,
    percent: i16,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- backtest.say
        UPDATE back_test SET percent = $2, claimed_at = $3 WHERE back_test_id = $1 AND status = 'running'";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&back_test_id, &percent, &now])
        .await?;
    Ok(())
}

/// What a back-test found.
pub struct Finished {
    /// People decided.
    pub people: i64,
    /// People whose colour differs.
    pub changed: i64,
    /// Scans decided.
    pub scans: i64,
    /// Scans whose action differs.
    pub scans_changed: i64,
    /// The card.
    pub card: ImpactCard,
}

/// Stores what a back-test found.
pub async fn finish(
    db: &Client,
    back_test_id: i64,
    found: &Finished,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "-- backtest.finish
        UPDATE back_test SET status = 'done', percent = 100, finished_at = $2, people = $3, changed = $4, scans = $5,
            scans_changed = $6, card = $7
        WHERE back_test_id = $1 AND status = 'running'";
    let statement = db.prepare_cached(sql).await?;
    let Finished {
        people,
        changed,
        scans,
        scans_changed,
        card,
    } = found;
    let card = Json(card);
    db.execute(
        &statement,
        &[
            &back_test_id,
            &now,
            people,
            changed,
            scans,
            scans_changed,
            &card,
        ],
    )
    .await?;
    Ok(())
}

/// Says that a back-test broke off.
pub async fn fail(db: &Client, back_test_id: i64, now: Timestamp) -> Result<(), Error> {
    let sql = "-- backtest.fail
        UPDATE back_test SET status = 'failed', finished_at = $2 WHERE back_test_id = $1 AND status = 'running'";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&back_test_id, &now]).await?;
    Ok(())
}

/// A back-test with its card.
pub async fn find(db: &Client, back_test_id: i64) -> Result<Option<BackTestView>, Error> {
    let sql = "-- backtest.find
        SELECT back_test_id, status, percent, rule_set_version, encode(content_sha256, 'hex') AS digest, divisions,
            scan_days, assumptions, started_at, started_by, finished_at, card
        FROM back_test WHERE back_test_id = $1";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&back_test_id]).await?;
    row.as_ref().map(view).transpose()
}

/// Which back-tests.
pub struct Wanted {
    /// Of this version only.
    pub version: Option<i32>,
    /// Of this content only.
    pub content_sha256: Option<Vec<u8>>,
    /// Earlier than this one.
    pub before: i64,
    /// How many.
    pub limit: i64,
}

/// Back-tests without their cards, the newest first.
pub async fn list(db: &Client, wanted: &Wanted) -> Result<Vec<BackTestView>, Error> {
    let sql = "-- backtest.list
        SELECT back_test_id, status, percent, rule_set_version, encode(content_sha256, 'hex') AS digest, divisions,
            scan_days, assumptions, started_at, started_by, finished_at, NULL::jsonb AS card
        FROM back_test
        WHERE back_test_id < $1 AND ($2::integer IS NULL OR rule_set_version = $2)
          AND ($3::bytea IS NULL OR content_sha256 = $3)
        ORDER BY back_test_id DESC LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    let Wanted {
        version,
        content_sha256,
        before,
        limit,
    } = wanted;
    let rows = db
        .query(&statement, &[before, version, content_sha256, limit])
        .await?;
    rows.iter().map(view).collect()
}

fn view(row: &Row) -> Result<BackTestView, Error> {
    let Json(assumptions) = row.try_get("assumptions")?;
    let card: Option<Json<ImpactCard>> = row.try_get("card")?;
    Ok(BackTestView {
        back_test_id: row.get("back_test_id"),
        status: BackTestStatus::parse(row.get("status")).unwrap_or(BackTestStatus::Failed),
        percent: row.get("percent"),
        rule_set_version: row.get("rule_set_version"),
        content_sha256: row.get("digest"),
        divisions: row.get("divisions"),
        scan_days: row.get("scan_days"),
        assumptions,
        started_at: row.get("started_at"),
        started_by: row.get("started_by"),
        finished_at: row.get("finished_at"),
        card: card.map(|Json(card)| card),
    })
}

/// That a rule set was tried before it was approved.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The back-test.
    pub back_test_id: i64,
    /// Where it was taken to be in force; empty is everywhere.
    pub divisions: Vec<String>,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Who asked for it.
    pub started_by: StaffId,
    /// People decided.
    pub people: i64,
    /// People whose colour would differ.
    pub changed: i64,
}

/// The last back-test of exactly this content that came to its end.
///
/// # Errors
/// When the database does not answer.
pub async fn record_of(db: &Client, content_sha256: &[u8]) -> Result<Option<Record>, Error> {
    let sql = "-- backtest.record_of
        SELECT back_test_id, divisions, finished_at, started_by, people, changed FROM back_test
        WHERE content_sha256 = $1 AND status = 'done' ORDER BY back_test_id DESC LIMIT 1";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&content_sha256]).await?;
    Ok(row.map(|row| Record {
        back_test_id: row.get("back_test_id"),
        divisions: row.get("divisions"),
        finished_at: row.get("finished_at"),
        started_by: row.get("started_by"),
        people: row.get("people"),
        changed: row.get("changed"),
    }))
}
