//! SQL of rule sets as they decide: versions, and where each is in force.

pub mod drafts;
pub mod schedules;

use gridpass_types::ids::{RuleSetVersion, StaffId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::db::Client;

/// The tables and cases of a version, in their canonical form.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Version.
    pub version: RuleSetVersion,
    /// Colour table, CSV.
    pub colour_csv: String,
    /// Gate table, CSV.
    pub gate_csv: String,
    /// Cases, one JSON object a line.
    pub cases: String,
}

pub(super) fn tables(row: &Row) -> Tables {
    Tables {
        version: row.get("rule_set_version"),
        colour_csv: row.get("colour_csv"),
        gate_csv: row.get("gate_csv"),
        cases: row.get("cases"),
    }
}

/// How often what is in force changed.
pub async fn epoch(db: &Client) -> Result<i64, Error> {
    let sql = "-- rules.epoch
        SELECT value FROM epoch WHERE name = 'rules'";
    let row = db.query_one(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(row.get(0))
}

/// The epoch, and the version in force in each place that has one, from one snapshot.
pub async fn list_in_force(db: &Client) -> Result<(i64, Vec<(String, Tables)>), Error> {
    let sql = "-- rules.list_in_force
        SELECT e.value, a.place_prefix, r.rule_set_version, r.colour_csv, r.gate_csv, r.cases
        FROM epoch e,
            (SELECT DISTINCT ON (place_prefix) place_prefix, rule_set_version FROM rule_set_activation
             ORDER BY place_prefix, activation_id DESC) a
            JOIN rule_set r USING (rule_set_version)
        WHERE e.name = 'rules'";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    let epoch = rows.first().map_or(0, |row| row.get("value"));
    let place = |row: &Row| (row.get("place_prefix"), tables(row));
    Ok((epoch, rows.iter().map(place).collect()))
}

/// The version that was in force at a place at an instant; before the first activation, the
/// first of the whole district.
pub async fn find_version_at(
    db: &Client,
    place_code: &str,
    at: Timestamp,
) -> Result<Option<i32>, Error> {
    let sql = "-- rules.find_version_at
        WITH latest AS (
            SELECT DISTINCT ON (place_prefix) place_prefix, rule_set_version FROM rule_set_activation
            WHERE activated_at <= $2 AND starts_with($1, place_prefix)
            ORDER BY place_prefix, activation_id DESC),
        earliest AS (
            SELECT rule_set_version FROM rule_set_activation WHERE place_prefix = ''
            ORDER BY activation_id LIMIT 1)
        SELECT COALESCE(
            (SELECT rule_set_version FROM latest WHERE rule_set_version IS NOT NULL
             ORDER BY length(place_prefix) DESC LIMIT 1),
            (SELECT rule_set_version FROM earliest))";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_one(&statement, &[&place_code, &at]).await?;
    Ok(row.get(0))
}

/// When what is in force changed, after the first instant and not after the second; the
/// newest thousand, oldest first.
pub async fn list_activation_times(
    db: &Client,
    (after, until): (Timestamp, Timestamp),
) -> Result<Vec<Timestamp>, Error> {
    let sql = "-- rules.list_activation_times
        SELECT activated_at FROM (SELECT DISTINCT activated_at FROM rule_set_activation
            WHERE activated_at > $1 AND activated_at <= $2 ORDER BY activated_at DESC LIMIT 1000) t
        ORDER BY activated_at";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&after, &until])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Makes changes to the rules follow one another.
pub async fn lock_rules(tx: &Client) -> Result<(), Error> {
    let sql = "-- rules.lock_rules
        SELECT value FROM epoch WHERE name = 'rules' FOR UPDATE";
    tx.query_one(&tx.prepare_cached(sql).await?, &[]).await?;
    Ok(())
}

/// The greatest version; 0 when there is none. The caller holds [`lock_rules`].
pub async fn max_version(tx: &Client) -> Result<i32, Error> {
    let sql = "-- rules.max_version
        SELECT COALESCE(max(rule_set_version), 0) FROM rule_draft";
    let row = tx.query_one(&tx.prepare_cached(sql).await?, &[]).await?;
    Ok(row.get(0))
}

/// A version with what answers for it.
#[derive(Clone, Debug)]
pub struct Approved {
    /// Tables and cases.
    pub tables: Tables,
    /// SHA-256 over both tables.
    pub content_sha256: Vec<u8>,
    /// Why it was made.
    pub note: String,
    /// When it was begun.
    pub created_at: Timestamp,
    /// Who began it; `None` for the version shipped with the program.
    pub created_by: Option<StaffId>,
    /// When it was approved.
    pub approved_at: Option<Timestamp>,
    /// Who approved it; `None` for the version shipped with the program.
    pub approved_by: Option<StaffId>,
    /// Number of the key and signature, once it is signed.
    pub signed: Option<(i16, Vec<u8>)>,
}

/// Stores a version for good.
pub async fn insert_rule_set(tx: &Client, row: &Approved) -> Result<(), Error> {
    let sql = "-- rules.insert_rule_set
        INSERT INTO rule_set (rule_set_version, colour_csv, gate_csv, cases, content_sha256, note,
                              created_at, created_by, approved_at, approved_by, key_number, signature)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let statement = tx.prepare_cached(sql).await?;
    let signed = row.signed.as_ref();
    tx.execute(
        &statement,
        &[
            &row.tables.version,
            &row.tables.colour_csv,
            &row.tables.gate_csv,
            &row.tables.cases,
            &row.content_sha256,
            &row.note,
            &row.created_at,
            &row.created_by,
            &row.approved_at,
            &row.approved_by,
            &signed.map(|(number, _)| *number),
            &signed.map(|(_, signature)| signature.as_slice()),
        ],
    )
    .await?;
    Ok(())
}

/// A version with its approval and signature.
pub async fn find_approved(db: &Client, version: i32) -> Result<Option<Approved>, Error> {
    let sql = "-- rules.find_approved
        SELECT rule_set_version, colour_csv, gate_csv, cases, content_sha256, note, created_at, created_by,
               approved_at, approved_by, key_number, signature
        FROM rule_set WHERE rule_set_version = $1";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&version])
        .await?;
    Ok(row.map(|row| Approved {
        tables: tables(&row),
        content_sha256: row.get("content_sha256"),
        note: row.get("note"),
        created_at: row.get("created_at"),
        created_by: row.get("created_by"),
        approved_at: row.get("approved_at"),
        approved_by: row.get("approved_by"),
        signed: row
            .get::<_, Option<i16>>("key_number")
            .zip(row.get("signature")),
    }))
}

/// How a place came to its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivationKind {
    /// Put into force.
    Start,
    /// Taken back.
    RolledBack,
    /// Its time was over.
    Ended,
    /// The division around took the place in.
    TakenIn,
}

impl ActivationKind {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::RolledBack => "rolled_back",
            Self::Ended => "ended",
            Self::TakenIn => "taken_in",
        }
    }
}

/// A change of what is in force in one place.
#[derive(Clone, Debug)]
pub struct NewActivation<'a> {
    /// Identity, unless a greater one is needed.
    pub activation_id: i64,
    /// Where.
    pub place_prefix: &'a str,
    /// The version; `None` lets the place follow the division around it.
    pub version: Option<RuleSetVersion>,
    /// How it came about.
    pub kind: ActivationKind,
    /// By which schedule.
    pub schedule_id: Option<i64>,
    /// What a roll-back returns to.
    pub back_to: Option<i64>,
    /// When, and by whom.
    pub by: (Timestamp, Option<StaffId>),
}

/// Changes what is in force in a place and counts the change. The greatest activation of a
/// place counts, so it is greater than every other whatever the clocks say. The caller holds
/// [`lock_rules`].
pub async fn insert_activation(tx: &Client, row: &NewActivation<'_>) -> Result<(), Error> {
    let sql = "-- rules.insert_activation
        WITH bump AS (UPDATE epoch SET value = value + 1 WHERE name = 'rules')
        INSERT INTO rule_set_activation (activation_id, place_prefix, rule_set_version, kind, schedule_id,
                                         back_to, activated_at, activated_by)
        SELECT GREATEST($1, COALESCE(max(activation_id), 0) + 1), $2, $3, $4, $5, $6, $7, $8
        FROM rule_set_activation";
    let statement = tx.prepare_cached(sql).await?;
    tx.execute(
        &statement,
        &[
            &row.activation_id,
            &row.place_prefix,
            &row.version,
            &row.kind.as_str(),
            &row.schedule_id,
            &row.back_to,
            &row.by.0,
            &row.by.1,
        ],
    )
    .await?;
    Ok(())
}

/// What is or was in force in one place.
#[derive(Clone, Debug)]
pub struct Activation {
    /// Identity.
    pub activation_id: i64,
    /// Where.
    pub place_prefix: String,
    /// The version; `None` when the place follows the division around it.
    pub version: Option<RuleSetVersion>,
    /// By which schedule.
    pub schedule_id: Option<i64>,
    /// What a roll-back returns to.
    pub back_to: Option<i64>,
    /// Since when.
    pub activated_at: Timestamp,
    /// By whom; `None` for background work and the first start.
    pub activated_by: Option<StaffId>,
}

fn activation(row: &Row) -> Activation {
    Activation {
        activation_id: row.get("activation_id"),
        place_prefix: row.get("place_prefix"),
        version: row.get("rule_set_version"),
        schedule_id: row.get("schedule_id"),
        back_to: row.get("back_to"),
        activated_at: row.get("activated_at"),
        activated_by: row.get("activated_by"),
    }
}

/// The newest activation of every place, also of places that follow the division around them.
pub async fn list_activations(db: &Client) -> Result<Vec<Activation>, Error> {
    let sql = "-- rules.list_activations
        SELECT DISTINCT ON (place_prefix) activation_id, place_prefix, rule_set_version, schedule_id, back_to,
               activated_at, activated_by
        FROM rule_set_activation ORDER BY place_prefix, activation_id DESC";
    let rows = db.query(&db.prepare_cached(sql).await?, &[]).await?;
    Ok(rows.iter().map(activation).collect())
}

/// One activation.
pub async fn find_activation(db: &Client, activation_id: i64) -> Result<Option<Activation>, Error> {
    let sql = "-- rules.find_activation
        SELECT activation_id, place_prefix, rule_set_version, schedule_id, back_to, activated_at, activated_by
        FROM rule_set_activation WHERE activation_id = $1";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&activation_id]).await?;
    Ok(row.as_ref().map(activation))
}

/// Whether there is such a division.
pub async fn is_division(db: &Client, code: &str) -> Result<bool, Error> {
    let sql = "-- rules.is_division
        SELECT EXISTS (SELECT FROM division WHERE division_code = $1)";
    let row = db
        .query_one(&db.prepare_cached(sql).await?, &[&code])
        .await?;
    Ok(row.get(0))
}

/// Whether exactly these tables were back-tested.
pub async fn is_back_tested(db: &Client, content_sha256: &[u8]) -> Result<bool, Error> {
    let sql = "-- rules.is_back_tested
        SELECT EXISTS (SELECT FROM back_test WHERE content_sha256 = $1 AND status = 'done')";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_one(&statement, &[&content_sha256]).await?;
    Ok(row.get(0))
}
