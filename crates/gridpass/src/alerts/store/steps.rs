//! SQL of the steps of alerts, and of those that nobody answered.

use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::super::model::{Alert, AlertKind, AlertNotice, AlertStep, StepKind};
use super::alert;
use crate::db::Client;

/// A step to keep.
pub struct NewStep<'a> {
    /// Person and alert.
    pub key: (i64, i64),
    /// Identity.
    pub step_id: i64,
    /// Leaf division whose team acts.
    pub place_code: &'a str,
    /// What happened.
    pub step: StepKind,
    /// Digits of the division told from now on.
    pub level: i16,
    /// When.
    pub at: Timestamp,
    /// Who; `None` for a job.
    pub by: Option<i64>,
    /// When they said they would be there.
    pub expected_at: Option<Timestamp>,
}

/// Keeps a step.
pub async fn insert_step(db: &Client, row: &NewStep<'_>) -> Result<(), Error> {
    let sql = "-- alerts.insert_step
        INSERT INTO alert_step (person_id, alert_id, step_id, place_code, step, level, at, by, expected_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &row.key.0,
            &row.key.1,
            &row.step_id,
            &row.place_code,
            &row.step.as_str(),
            &row.level,
            &row.at,
            &row.by,
            &row.expected_at,
        ],
    )
    .await?;
    Ok(())
}

/// The steps of an alert in their order.
pub async fn list_steps(
    db: &Client,
    person_id: i64,
    alert_id: i64,
    limit: i64,
) -> Result<Vec<AlertStep>, Error> {
    let sql = "-- alerts.list_steps
        SELECT step_id, step, level, at, by, expected_at FROM alert_step
        WHERE person_id = $1 AND alert_id = $2 ORDER BY step_id LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&person_id, &alert_id, &limit])
        .await?;
    let step = |row: &Row| {
        Some(AlertStep {
            step_id: row.get("step_id"),
            step: StepKind::parse(row.get("step"))?,
            level: row.get("level"),
            at: row.get("at"),
            by: row.get("by"),
            expected_at: row.get("expected_at"),
        })
    };
    Ok(rows.iter().filter_map(step).collect())
}

/// What the staff of a level were told below a prefix, newest first.
pub async fn list_notices(
    db: &Client,
    (prefix, level, kind): (&str, i16, Option<AlertKind>),
    limit: i64,
) -> Result<Vec<AlertNotice>, Error> {
    let sql = "-- alerts.list_notices
        SELECT t.step_id, t.at, a.person_id, a.alert_id, a.kind, a.reason, a.gate_id, g.name AS gate_name,
               a.place_code, a.happened_at, a.raised_at, a.status, a.accepted_at, a.accepted_by,
               a.closed_at, a.closed_by, a.outcome, a.arrived_at, a.arrived_by, a.expected_at, a.due_at, COALESCE(a.level, 15::smallint) AS level
        FROM alert_step t JOIN alert a USING (person_id, alert_id) LEFT JOIN gate g USING (gate_id)
        WHERE t.step = 'escalated' AND t.level = $2 AND starts_with(t.place_code, $1)
          AND ($4::text IS NULL OR a.kind = $4)
        ORDER BY t.step_id DESC LIMIT $3";
    let statement = db.prepare_cached(sql).await?;
    let kind = kind.map(AlertKind::as_str);
    let rows = db
        .query(&statement, &[&prefix, &level, &limit, &kind])
        .await?;
    let notice = |row: &Row| {
        Some(AlertNotice {
            step_id: row.get("step_id"),
            told_at: row.get("at"),
            alert: alert(row)?,
        })
    };
    Ok(rows.iter().filter_map(notice).collect())
}

/// Alerts whose time is up, locked; rows that somebody is just answering are left alone.
pub async fn lock_unanswered(
    db: &Client,
    now: Timestamp,
    rows_max: i64,
) -> Result<Vec<Alert>, Error> {
    let sql = "-- alerts.lock_unanswered
        SELECT a.person_id, a.alert_id, a.kind, a.reason, a.gate_id, NULL::text AS gate_name,
               a.place_code, a.happened_at, a.raised_at, a.status, a.accepted_at, a.accepted_by,
               a.closed_at, a.closed_by, a.outcome, a.arrived_at, a.arrived_by, a.expected_at, a.due_at, COALESCE(a.level, 15::smallint) AS level
        FROM alert a WHERE a.escalate_at <= $1 ORDER BY a.escalate_at LIMIT $2
        FOR UPDATE SKIP LOCKED";
    let statement = db.prepare_cached(sql).await?;
    let rows = db.query(&statement, &[&now, &rows_max]).await?;
    Ok(rows.iter().filter_map(alert).collect())
}

/// Moves an alert up; without a next time it stays where it is.
pub async fn move_up(
    db: &Client,
    alert: &Alert,
    (level, next): (i16, Option<Timestamp>),
) -> Result<(), Error> {
    let sql = "-- alerts.move_up
        UPDATE alert SET level = $3, escalate_at = $4 WHERE person_id = $1 AND alert_id = $2";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[&alert.person_id, &alert.alert_id, &level, &next],
    )
    .await?;
    Ok(())
}
