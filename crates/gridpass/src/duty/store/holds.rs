//! SQL of the people held at a gate: where the alerts about them stand.

use gridpass_types::ids::{GateId, PersonId};
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use super::super::model::{GateHold, GateHoldStatus};
use crate::db::Client;

/// The alert since a time about somebody at a gate that says most: one that somebody is on before
/// one that nobody took, for a person scanned again is asked for again; the newest of the same.
pub async fn find_hold(
    db: &Client,
    (person_id, gate_id): (PersonId, GateId),
    since: Timestamp,
) -> Result<GateHold, Error> {
    let sql = "-- duty.find_hold
        SELECT a.person_id, a.alert_id, a.status, a.raised_at, a.accepted_at, s.unit, a.expected_at, a.due_at, a.level,
            (SELECT max(t.at) FROM alert_step t WHERE t.person_id = a.person_id AND t.alert_id = a.alert_id
                AND t.step = 'escalated') AS escalated_at,
            a.arrived_at, a.closed_at, a.outcome, a.place_code
        FROM alert a LEFT JOIN staff s ON s.staff_id = a.accepted_by
        WHERE a.person_id = $1 AND a.gate_id = $2 AND a.raised_at >= $3
        ORDER BY a.status = 'closed', a.accepted_at IS NULL, a.raised_at DESC LIMIT 1";
    let statement = db.prepare_cached(sql).await?;
    let row = db
        .query_opt(&statement, &[&person_id, &gate_id, &since])
        .await?;
    Ok(row.map_or_else(|| GateHold::nothing(person_id), |row| hold(&row)))
}

/// Which holds of a gate to list.
pub struct Wanted {
    /// The gate.
    pub gate_id: GateId,
    /// Raised since.
    pub since: Timestamp,
    /// Ended ones since.
    pub ended_since: Timestamp,
    /// At most so many.
    pub limit: i64,
}

/// Everybody held at a gate for a red pass, a fever or a check that did not let them in, once each,
/// longest first, with the sealed names. Who was let in since, as after a second reading or by another
/// check, and was not stopped again, is not held any more.
pub async fn list_holds(
    db: &Client,
    wanted: &Wanted,
) -> Result<Vec<(GateHold, Option<Vec<u8>>)>, Error> {
    let sql = "-- duty.list_holds
        SELECT * FROM (
            SELECT DISTINCT ON (a.person_id) a.person_id, a.alert_id, a.status, a.raised_at, a.accepted_at, s.unit,
                a.expected_at, a.due_at, a.level,
                (SELECT max(t.at) FROM alert_step t WHERE t.person_id = a.person_id AND t.alert_id = a.alert_id
                    AND t.step = 'escalated') AS escalated_at,
                a.arrived_at, a.closed_at, a.outcome, a.place_code, p.name_sealed
            FROM alert a LEFT JOIN staff s ON s.staff_id = a.accepted_by LEFT JOIN person p USING (person_id)
            WHERE a.gate_id = $1 AND a.raised_at >= $2 AND a.kind IN ('red_at_gate', 'fever_at_gate', 'held_at_gate')
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT c.at FROM scan c WHERE c.person_id = a.person_id AND c.at > a.happened_at
                            AND c.gate_id = $1 AND c.action = 0
                        UNION ALL
                        SELECT k.at FROM gate_check k WHERE a.kind = 'held_at_gate' AND k.person_id = a.person_id
                            AND k.at > a.happened_at AND k.gate_id = $1 AND k.passed) AS let_in
                    WHERE NOT EXISTS (SELECT FROM scan c WHERE c.person_id = a.person_id AND c.at > let_in.at
                            AND c.gate_id = $1 AND c.action = 2)
                        AND NOT EXISTS (SELECT FROM gate_check k WHERE k.person_id = a.person_id AND k.at > let_in.at
                            AND k.gate_id = $1 AND NOT k.passed))
            ORDER BY a.person_id, a.status = 'closed', a.accepted_at IS NULL, a.raised_at DESC) AS one_each
        WHERE status <> 'closed' OR closed_at >= $3
        ORDER BY status = 'closed', raised_at, person_id LIMIT $4";
    let statement = db.prepare_cached(sql).await?;
    let rows = db
        .query(
            &statement,
            &[
                &wanted.gate_id,
                &wanted.since,
                &wanted.ended_since,
                &wanted.limit,
            ],
        )
        .await?;
    let both = |row: &Row| (hold(row), row.get("name_sealed"));
    Ok(rows.iter().map(both).collect())
}

fn hold(row: &Row) -> GateHold {
    let expected_at: Option<Timestamp> = row.get("expected_at");
    let arrived_at: Option<Timestamp> = row.get("arrived_at");
    let (expected, arrived) = (expected_at.is_some(), arrived_at.is_some());
    GateHold {
        person_id: row.get("person_id"),
        name: None,
        alert_id: row.get("alert_id"),
        status: GateHoldStatus::of(row.get("status"), expected, arrived),
        raised_at: row.get("raised_at"),
        accepted_at: row.get("accepted_at"),
        unit: row.get("unit"),
        expected_at,
        due_at: row.get("due_at"),
        level: row.get("level"),
        escalated_at: row.get("escalated_at"),
        arrived_at,
        closed_at: row.get("closed_at"),
        outcome: row.get("outcome"),
        call: None,
        place_code: row.get("place_code"),
    }
}
