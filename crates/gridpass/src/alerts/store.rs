//! SQL of alerts.

pub mod steps;

use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::model::{Alert, AlertKind, AlertOutcome, AlertStatus};
use crate::db::Client;

/// An alert to raise.
pub struct NewRow<'a> {
    /// The person concerned.
    pub person_id: PersonId,
    /// Identity.
    pub alert_id: i64,
    /// What happened.
    pub kind: AlertKind,
    /// Same cause, same key.
    pub dedupe_key: &'a str,
    /// Where, if at a gate.
    pub gate_id: Option<i64>,
    /// Reason code.
    pub reason: &'a str,
    /// When it happened.
    pub happened_at: Timestamp,
    /// Now.
    pub raised_at: Timestamp,
    /// By when it has to be accepted.
    pub due_at: Timestamp,
    /// Division to tell when neither gate nor person is known, 15 digits.
    pub nowhere: &'a str,
}

/// Raises an alert at the gate's place, else at the person's; the place, or `None` when the
/// same cause has raised one before.
pub async fn insert_alert(db: &Client, row: &NewRow<'_>) -> Result<Option<String>, Error> {
    let sql = "-- alerts.insert_alert
        INSERT INTO alert (person_id, alert_id, kind, dedupe_key, gate_id, place_code, reason,
                           happened_at, raised_at, status, due_at, escalate_at, level)
        SELECT $1, $2, $3, $4, $5,
               COALESCE((SELECT g.place_code FROM gate g WHERE g.gate_id = $5),
                        (SELECT s.place_code FROM person_state s WHERE s.person_id = $1), $9),
               $6, $7, $8, 'open', $10, $10, 15
        ON CONFLICT DO NOTHING RETURNING place_code";
    let statement = db.prepare_cached(sql).await?;
    let written = db
        .query_opt(
            &statement,
            &[
                &row.person_id,
                &row.alert_id,
                &row.kind.as_str(),
                &row.dedupe_key,
                &row.gate_id,
                &row.reason,
                &row.happened_at,
                &row.raised_at,
                &row.nowhere,
                &row.due_at,
            ],
        )
        .await?;
    Ok(written.map(|row| row.get(0)))
}

/// Whether an alert about a person at a gate waits or is worked on since a time.
pub async fn is_open_at_gate(
    db: &Client,
    (person_id, gate_id): (PersonId, i64),
    since: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- alerts.is_open_at_gate
        SELECT EXISTS (SELECT FROM alert WHERE person_id = $1 AND gate_id = $2 AND status <> 'closed'
                       AND raised_at >= $3)";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_one(&statement, &[&person_id, &gate_id, &since])
        .await?;
    Ok(row.get(0))
}

/// Joins what happened now to an open alert of the same kind about the person at that gate, raised
/// since a time; false when there is none.
pub async fn join_open(
    db: &Client,
    (person_id, gate_id, kind): (PersonId, i64, AlertKind),
    (at, since): (Timestamp, Timestamp),
) -> Result<bool, Error> {
    let sql = "-- alerts.join_open
        UPDATE alert SET happened_at = greatest(happened_at, $4)
        WHERE person_id = $1 AND gate_id = $2 AND kind = $3 AND status <> 'closed' AND raised_at >= $5";
    let statement = db.prepare_cached(sql).await?;
    let joined = db
        .execute(
            &statement,
            &[&person_id, &gate_id, &kind.as_str(), &at, &since],
        )
        .await?;
    Ok(joined > 0)
}

/// An alert by identity.
pub async fn find_alert(
    db: &Client,
    person_id: i64,
    alert_id: i64,
) -> Result<Option<Alert>, Error> {
    let sql = "-- alerts.find_alert
        SELECT a.person_id, a.alert_id, a.kind, a.reason, a.gate_id, g.name AS gate_name,
               a.place_code, a.happened_at, a.raised_at, a.status, a.accepted_at, a.accepted_by,
               a.closed_at, a.closed_by, a.outcome, a.arrived_at, a.arrived_by, a.expected_at, a.due_at, COALESCE(a.level, 15::smallint) AS level
        FROM alert a LEFT JOIN gate g USING (gate_id)
        WHERE a.person_id = $1 AND a.alert_id = $2";
    let row = db
        .query_opt(&db.prepare_cached(sql).await?, &[&person_id, &alert_id])
        .await?;
    Ok(row.as_ref().and_then(alert))
}

/// Alerts under a prefix, of one kind or of all, oldest first, with the sealed names of the people concerned.
pub async fn list_alerts(
    db: &Client,
    (prefix, status, kind): (&str, Option<AlertStatus>, Option<AlertKind>),
    after: i64,
    limit: i64,
) -> Result<Vec<(Alert, Option<Vec<u8>>)>, Error> {
    let sql = "-- alerts.list_alerts
        SELECT a.person_id, a.alert_id, a.kind, a.reason, a.gate_id, g.name AS gate_name,
               a.place_code, a.happened_at, a.raised_at, a.status, a.accepted_at, a.accepted_by,
               a.closed_at, a.closed_by, a.outcome, a.arrived_at, a.arrived_by, a.expected_at, a.due_at, COALESCE(a.level, 15::smallint) AS level, p.name_sealed
        FROM alert a LEFT JOIN gate g USING (gate_id) LEFT JOIN person p USING (person_id)
        WHERE a.alert_id > $3 AND starts_with(a.place_code, $1)
          AND CASE WHEN $2::text IS NULL THEN a.status <> 'closed' ELSE a.status = $2 END
          AND ($5::text IS NULL OR a.kind = $5)
        ORDER BY a.alert_id LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    let status = status.map(AlertStatus::as_str);
    let kind = kind.map(AlertKind::as_str);
    let rows = db
        .query(&statement, &[&prefix, &status, &after, &limit, &kind])
        .await?;
    let both = |row: &Row| Some((alert(row)?, row.get("name_sealed")));
    Ok(rows.iter().filter_map(both).collect())
}

/// Takes an alert that is open, or that somebody took and did not get to in time; false
/// otherwise.
pub async fn accept_alert(
    db: &Client,
    alert: &Alert,
    (by, expected_at): (i64, Option<Timestamp>),
    (now, due_at): (Timestamp, Timestamp),
) -> Result<bool, Error> {
    let sql = "-- alerts.accept_alert
        UPDATE alert SET status = 'accepted', accepted_at = $3, accepted_by = $4, expected_at = $6,
            due_at = $5, escalate_at = $5
        WHERE person_id = $1 AND alert_id = $2 AND arrived_at IS NULL
          AND (status = 'open' OR (status = 'accepted' AND due_at <= $3 AND accepted_by <> $4))";
    let statement = db.prepare_cached(sql).await?;
    let key: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
        &alert.person_id,
        &alert.alert_id,
        &now,
        &by,
        &due_at,
        &expected_at,
    ];
    Ok(db.execute(&statement, &key).await? == 1)
}

/// Says anew when whoever took it will be there; false when somebody else has it, when somebody is
/// there, or when that is what was said before.
pub async fn expect_arrival(
    db: &Client,
    alert: &Alert,
    (by, expected_at): (i64, Timestamp),
) -> Result<bool, Error> {
    let sql = "-- alerts.expect_arrival
        UPDATE alert SET expected_at = $4
        WHERE person_id = $1 AND alert_id = $2 AND status = 'accepted' AND accepted_by = $3
          AND arrived_at IS NULL AND expected_at IS DISTINCT FROM $4";
    let statement = db.prepare_cached(sql).await?;
    let changed = db
        .execute(
            &statement,
            &[&alert.person_id, &alert.alert_id, &by, &expected_at],
        )
        .await?;
    Ok(changed == 1)
}

/// Says that somebody is there; false unless it is accepted and nobody was there before.
pub async fn arrive_at_alert(
    db: &Client,
    alert: &Alert,
    (by, now): (i64, Timestamp),
) -> Result<bool, Error> {
    let sql = "-- alerts.arrive_at_alert
        UPDATE alert SET arrived_at = $3, arrived_by = $4, due_at = NULL, escalate_at = NULL
        WHERE person_id = $1 AND alert_id = $2 AND status = 'accepted' AND arrived_at IS NULL";
    let statement = db.prepare_cached(sql).await?;
    let changed = db
        .execute(&statement, &[&alert.person_id, &alert.alert_id, &now, &by])
        .await?;
    Ok(changed == 1)
}

/// Open alerts of a fever that a gate measured before a time, by identity.
pub async fn list_open_fevers(
    db: &Client,
    (person_id, gate_id): (PersonId, i64),
    before: Timestamp,
) -> Result<Vec<i64>, Error> {
    let sql = "-- alerts.list_open_fevers
        SELECT alert_id FROM alert
        WHERE person_id = $1 AND gate_id = $2 AND kind = 'fever_at_gate' AND status <> 'closed' AND happened_at <= $3";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(&statement, &[&person_id, &gate_id, &before])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Ends an alert; false when it has ended already, or nobody accepted it and the outcome says that
/// somebody went.
pub async fn close_alert(
    db: &Client,
    alert: &Alert,
    outcome: AlertOutcome,
    (by, now): (Option<i64>, Timestamp),
) -> Result<bool, Error> {
    let sql = "-- alerts.close_alert
        UPDATE alert SET status = 'closed', closed_at = $3, closed_by = $4, outcome = $5,
            due_at = NULL, escalate_at = NULL
        WHERE person_id = $1 AND alert_id = $2 AND (status = 'accepted' OR (status = 'open' AND $6))";
    let statement = db.prepare_cached(sql).await?;
    let unseen = outcome.closes_unseen();
    let outcome = outcome.as_str();
    let changed = db
        .execute(
            &statement,
            &[
                &alert.person_id,
                &alert.alert_id,
                &now,
                &by,
                &outcome,
                &unseen,
            ],
        )
        .await?;
    Ok(changed == 1)
}

pub(super) fn alert(row: &Row) -> Option<Alert> {
    let outcome: Option<&str> = row.get("outcome");
    Some(Alert {
        person_id: row.get("person_id"),
        alert_id: row.get("alert_id"),
        kind: AlertKind::parse(row.get("kind"))?,
        reason: row.get("reason"),
        name: None,
        gate_id: row.get("gate_id"),
        gate_name: row.get("gate_name"),
        place_code: row.get("place_code"),
        happened_at: row.get("happened_at"),
        raised_at: row.get("raised_at"),
        status: AlertStatus::parse(row.get("status"))?,
        accepted_at: row.get("accepted_at"),
        accepted_by: row.get("accepted_by"),
        closed_at: row.get("closed_at"),
        closed_by: row.get("closed_by"),
        arrived_at: row.get("arrived_at"),
        arrived_by: row.get("arrived_by"),
        expected_at: row.get("expected_at"),
        due_at: row.get("due_at"),
        level: row.get("level"),
        outcome: outcome.and_then(AlertOutcome::parse),
        follows: outcome
            .and_then(AlertOutcome::parse)
            .and_then(AlertOutcome::follow),
    })
}
