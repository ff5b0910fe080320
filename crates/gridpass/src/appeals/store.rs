//! SQL of appeals and their steps.

pub mod evidence;
pub mod stats;

use gridpass_types::ids::{AppealId, FactId, PassSerial, PersonId, StaffId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::{Appeal, AppealKind, AppealStatus, DecisionReason, Provisional, StepKind};
use crate::db::Client;
use crate::divisions::{Desk, DutyLevel};

/// Enters an appeal with the sealed words of the person. The index `appeal_one_open_idx` says
/// that one is open for the cause.
pub async fn insert_appeal(db: &Client, new: &Appeal, statement: &[u8]) -> Result<(), Error> {
    let sql = "-- appeals.insert_appeal
        INSERT INTO appeal (person_id, appeal_id, place_code, kind, cause, rule_id, rule_set_version, fact_ids,
            set_by, medical, statement_sealed, desk, level, owner_id, status, opened_at, opened_by, due_at, missed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'open', $15, $16, $17, 0)";
    let facts: Vec<i64> = new.fact_ids.iter().map(|fact| fact.get()).collect();
    db.execute(
        &db.prepare_cached(sql).await?,
        &[
            &new.person_id,
            &new.appeal_id,
            &new.place_code,
            &new.kind.as_str(),
            &new.cause,
            &new.rule,
            &new.rule_set_version,
            &facts,
            &new.set_by,
            &new.medical,
            &statement,
            &new.desk.as_str(),
            &new.level.code(),
            &new.owner_id,
            &new.opened_at,
            &new.opened_by,
            &new.due_at,
        ],
    )
    .await?;
    Ok(())
}

/// An appeal by identity.
pub async fn find_appeal(
    db: &Client,
    person_id: i64,
    appeal_id: i64,
) -> Result<Option<Appeal>, Error> {
    let sql = "-- appeals.find_appeal
        SELECT person_id, appeal_id, place_code, kind, cause, rule_id, rule_set_version, fact_ids, set_by, medical,
               desk, level, owner_id, status, opened_at, opened_by, due_at, missed, provisional, provisional_at,
               decided_at, decided_by, decision_reason
        FROM appeal WHERE person_id = $1 AND appeal_id = $2";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id, &appeal_id])
        .await?;
    Ok(row.as_ref().and_then(appeal))
}

/// The same, locked until the transaction ends.
pub async fn lock_appeal(db: &Client, asked: &Appeal) -> Result<Option<Appeal>, Error> {
    let sql = "-- appeals.lock_appeal
        SELECT person_id, appeal_id, place_code, kind, cause, rule_id, rule_set_version, fact_ids, set_by, medical,
               desk, level, owner_id, status, opened_at, opened_by, due_at, missed, provisional, provisional_at,
               decided_at, decided_by, decision_reason
        FROM appeal WHERE person_id = $1 AND appeal_id = $2 FOR UPDATE";
    let row = db
        .query_opt(
            &db.prepare_cached(sql).await?,
            &[&asked.person_id, &asked.appeal_id],
        )
        .await?;
    Ok(row.as_ref().and_then(appeal))
}

/// Sealed words of an appeal.
pub struct SealedTexts {
    /// The person's.
    pub statement: Vec<u8>,
    /// The answer's.
    pub decision: Option<Vec<u8>>,
}

/// The sealed words of an appeal.
pub async fn get_texts(db: &Client, of: &Appeal) -> Result<SealedTexts, Error> {
    let sql = "-- appeals.get_texts
        SELECT statement_sealed, decision_sealed FROM appeal WHERE person_id = $1 AND appeal_id = $2";
    let row = db
        .query_one(
            &db.prepare_cached(sql).await?,
            &[&of.person_id, &of.appeal_id],
        )
        .await?;
    Ok(SealedTexts {
        statement: row.get(0),
        decision: row.get(1),
    })
}

/// An appeal with what a list shows of its person.
pub struct Listed {
    /// The appeal.
    pub appeal: Appeal,
    /// Serial of the pass.
    pub pass_serial: Option<PassSerial>,
    /// Sealed name.
    pub name_sealed: Option<Vec<u8>>,
}

/// What to list.
pub struct Wanted<'a> {
    /// Below which prefix.
    pub prefix: &'a str,
    /// Where they stand.
    pub status: AppealStatus,
    /// Only of this owner.
    pub owner: Option<StaffId>,
    /// Only of owners of this unit.
    pub unit: Option<&'a str>,
    /// Only those past a deadline at this instant.
    pub late_at: Option<Timestamp>,
    /// Only of this person.
    pub person_id: Option<i64>,
}

/// Appeals in order of identity.
pub async fn list_appeals(
    db: &Client,
    wanted: &Wanted<'_>,
    after: i64,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    let sql = "-- appeals.list_appeals
        SELECT a.person_id, a.appeal_id, a.place_code, a.kind, a.cause, a.rule_id, a.rule_set_version, a.fact_ids,
               a.set_by, a.medical, a.desk, a.level, a.owner_id, a.status, a.opened_at, a.opened_by, a.due_at,
               a.missed, a.provisional, a.provisional_at, a.decided_at, a.decided_by, a.decision_reason,
               p.pass_serial, p.name_sealed
        FROM appeal a LEFT JOIN person p USING (person_id) LEFT JOIN staff s ON s.staff_id = a.owner_id
        WHERE a.appeal_id > $1 AND starts_with(a.place_code, $2) AND a.status = $3
          AND ($4::bigint IS NULL OR a.owner_id = $4) AND ($5::text IS NULL OR s.unit = $5)
          AND ($6::timestamptz IS NULL OR a.missed > 0 OR a.due_at <= $6)
          AND ($7::bigint IS NULL OR a.person_id = $7)
        ORDER BY a.appeal_id LIMIT $8";
    let rows = db
        .query(
            &db.prepare_cached(sql).await?,
            &[
                &after,
                &wanted.prefix,
                &wanted.status.as_str(),
                &wanted.owner,
                &wanted.unit,
                &wanted.late_at,
                &wanted.person_id,
                &limit,
            ],
        )
        .await?;
    Ok(rows.iter().filter_map(listed).collect())
}

/// Appeals of people, newest first.
pub async fn list_of_people(
    db: &Client,
    people: &[PersonId],
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    let sql = "-- appeals.list_of_people
        SELECT a.person_id, a.appeal_id, a.place_code, a.kind, a.cause, a.rule_id, a.rule_set_version, a.fact_ids,
               a.set_by, a.medical, a.desk, a.level, a.owner_id, a.status, a.opened_at, a.opened_by, a.due_at,
               a.missed, a.provisional, a.provisional_at, a.decided_at, a.decided_by, a.decision_reason,
               p.pass_serial, p.name_sealed
        FROM appeal a JOIN person p USING (person_id)
        WHERE a.person_id = ANY ($1) ORDER BY a.appeal_id DESC LIMIT $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&people, &limit])
        .await?;
    Ok(rows.iter().filter_map(listed).collect())
}

/// Open appeals of staff, counted.
pub async fn count_open(db: &Client, owners: &[i64]) -> Result<Vec<(i64, i64)>, Error> {
    let sql = "-- appeals.count_open
        SELECT owner_id, count(*) FROM appeal WHERE status = 'open' AND owner_id = ANY ($1) GROUP BY owner_id";
    let rows = db.query(&db.prepare_cached(sql).await?, &[&owners]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Open appeals whose deadline has passed, the oldest first.
pub async fn list_due(db: &Client, now: Timestamp, rows_max: i64) -> Result<Vec<Appeal>, Error> {
    let sql = "-- appeals.list_due
        SELECT person_id, appeal_id, place_code, kind, cause, rule_id, rule_set_version, fact_ids, set_by, medical,
               desk, level, owner_id, status, opened_at, opened_by, due_at, missed, provisional, provisional_at,
               decided_at, decided_by, decision_reason
        FROM appeal WHERE status = 'open' AND provisional IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&now, &rows_max])
        .await?;
    Ok(rows.iter().filter_map(appeal).collect())
}

/// Writes who has an appeal and until when; the caller has locked it.
pub async fn update_owner(db: &Client, of: &Appeal) -> Result<(), Error> {
    let sql = "-- appeals.update_owner
        UPDATE appeal SET level = $3, owner_id = $4, due_at = $5
        WHERE person_id = $1 AND appeal_id = $2 AND status = 'open'";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[
            &of.person_id,
            &of.appeal_id,
            &of.level.code(),
            &of.owner_id,
            &of.due_at,
        ],
    )
    .await?;
    Ok(())
}

/// Writes a deadline that passed, and what holds when it was the last.
pub async fn update_missed(db: &Client, of: &Appeal) -> Result<(), Error> {
    let sql = "-- appeals.update_missed
        UPDATE appeal SET missed = $3, provisional = $4, provisional_at = $5
        WHERE person_id = $1 AND appeal_id = $2 AND status = 'open'";
    let provisional = of.provisional.map(Provisional::as_str);
    db.execute(
        &db.prepare_cached(sql).await?,
        &[
            &of.person_id,
            &of.appeal_id,
            &of.missed,
            &provisional,
            &of.provisional_at,
        ],
    )
    .await?;
    Ok(())
}

/// Writes how an appeal ended; the caller has locked it.
pub async fn end_appeal(
    db: &Client,
    of: &Appeal,
    decision_sealed: Option<&[u8]>,
) -> Result<(), Error> {
    let sql = "-- appeals.end_appeal
        UPDATE appeal SET status = $3, decided_at = $4, decided_by = $5, decision_reason = $6, decision_sealed = $7
        WHERE person_id = $1 AND appeal_id = $2 AND status = 'open'";
    let reason = of.decision_reason.map(DecisionReason::as_str);
    db.execute(
        &db.prepare_cached(sql).await?,
        &[
            &of.person_id,
            &of.appeal_id,
            &of.status.as_str(),
            &of.decided_at,
            &of.decided_by,
            &reason,
            &decision_sealed,
        ],
    )
    .await?;
    Ok(())
}

/// A step as stored.
pub struct StepRow {
    /// Of which appeal.
    pub appeal_id: AppealId,
    /// What happened.
    pub kind: StepKind,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: Option<StaffId>,
    /// Level from then on.
    pub level: DutyLevel,
    /// Owner from then on.
    pub owner_id: Option<StaffId>,
    /// Deadline from then on.
    pub due_at: Option<Timestamp>,
    /// A code.
    pub detail: Option<String>,
}

/// Writes a step.
pub async fn insert_step(
    db: &Client,
    (person_id, step_id): (PersonId, i64),
    step: &StepRow,
) -> Result<(), Error> {
    let sql = "-- appeals.insert_step
        INSERT INTO appeal_step (person_id, step_id, appeal_id, kind, at, by_staff, level, owner_id, due_at, detail)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    db.execute(
        &db.prepare_cached(sql).await?,
        &[
            &person_id,
            &step_id,
            &step.appeal_id,
            &step.kind.as_str(),
            &step.at,
            &step.by,
            &step.level.code(),
            &step.owner_id,
            &step.due_at,
            &step.detail,
        ],
    )
    .await?;
    Ok(())
}

/// Steps of people's appeals, oldest first.
pub async fn list_steps(
    db: &Client,
    people: &[PersonId],
    appeals: &[AppealId],
) -> Result<Vec<StepRow>, Error> {
    let sql = "-- appeals.list_steps
        SELECT appeal_id, kind, at, by_staff, level, owner_id, due_at, detail FROM appeal_step
        WHERE person_id = ANY ($1) AND appeal_id = ANY ($2) ORDER BY step_id LIMIT 5000";
    let rows = db
        .query(&db.prepare_cached(sql).await?, &[&people, &appeals])
        .await?;
    let read = |row: &Row| {
        Some(StepRow {
            appeal_id: row.get(0),
            kind: StepKind::parse(row.get(1))?,
            at: row.get(2),
            by: row.get(3),
            level: DutyLevel::from_code(row.get(4))?,
            owner_id: row.get(5),
            due_at: row.get(6),
            detail: row.get(7),
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}

fn listed(row: &Row) -> Option<Listed> {
    Some(Listed {
        appeal: appeal(row)?,
        pass_serial: row.get("pass_serial"),
        name_sealed: row.get("name_sealed"),
    })
}

/// `None` for a row with a word of a newer version.
fn appeal(row: &Row) -> Option<Appeal> {
    let facts: Vec<i64> = row.get("fact_ids");
    let provisional: Option<&str> = row.get("provisional");
    let reason: Option<&str> = row.get("decision_reason");
    Some(Appeal {
        person_id: row.get("person_id"),
        appeal_id: row.get("appeal_id"),
        place_code: row.get("place_code"),
        kind: AppealKind::parse(row.get("kind"))?,
        cause: row.get("cause"),
        rule: row.get("rule_id"),
        rule_set_version: row.get("rule_set_version"),
        fact_ids: facts.into_iter().map(FactId::new).collect(),
        set_by: row.get("set_by"),
        medical: row.get("medical"),
        desk: Desk::parse(row.get("desk"))?,
        level: DutyLevel::from_code(row.get("level"))?,
        owner_id: row.get("owner_id"),
        status: AppealStatus::parse(row.get("status"))?,
        opened_at: row.get("opened_at"),
        opened_by: row.get("opened_by"),
        due_at: row.get("due_at"),
        missed: row.get("missed"),
        provisional: provisional.and_then(Provisional::parse),
        provisional_at: row.get("provisional_at"),
        decided_at: row.get("decided_at"),
        decided_by: row.get("decided_by"),
        decision_reason: reason.and_then(DecisionReason::parse),
    })
}
