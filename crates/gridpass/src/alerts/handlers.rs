//! From the outbox to the inbox.

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::model::{Alert, AlertKind, AlertOutcome, AlertPayload, StepKind};
use super::store::steps::{self, NewStep};
use super::store::{self, NewRow};
use crate::app::{App, LiveEvent};
use crate::db::{Client, Tx};
use crate::events;
use crate::jobs::outbox::{FollowUp, Handlers, Handling};

/// Outbox topic of a red pass or a fever at a gate.
pub const TOPIC_RED: &str = "alert.red";
/// Outbox topic of somebody let in who was red by then.
pub const TOPIC_LATE_RED: &str = "alert.late_red";
/// Outbox topic of what the community has to look at.
pub const TOPIC_COMMUNITY: &str = "alert.community";
/// Outbox topic of what the watch over people under observation found; its payload names the kind.
pub const TOPIC_OBSERVATION: &str = "alert.observation";

/// Outbox topic of a fever at a gate that a second reading there did not confirm.
pub const TOPIC_CALMED: &str = "alert.calmed";
/// How long somebody may be held at a gate.
const HOLD_MAX: SignedDuration = SignedDuration::from_hours(4);

/// Adds the handlers of the topics.
pub fn register(handlers: Handlers) -> Handlers {
    handlers
        .on(TOPIC_RED, raise)
        .on(TOPIC_LATE_RED, raise)
        .on(TOPIC_COMMUNITY, raise)
        .on(TOPIC_OBSERVATION, raise)
        .on(TOPIC_CALMED, calm)
}

/// Where a second reading was taken, and when.
#[derive(Deserialize)]
struct CalmedPayload {
    gate_id: i64,
    at: Timestamp,
}

/// Closes what a fever raised that a second reading at the same gate did not confirm.
fn calm<'a>(app: &'a App, tx: &'a Tx, follow_up: &'a FollowUp) -> Handling<'a> {
    Box::pin(async move {
        let payload: CalmedPayload = serde_json::from_value(follow_up.payload.clone())
            .context("the payload of a second reading cannot be read")?;
        let key = (follow_up.person_id, payload.gate_id);
        for alert_id in store::list_open_fevers(tx, key, payload.at).await? {
            let open = store::find_alert(tx, follow_up.person_id.get(), alert_id).await?;
            let alert = open.context("an open alert is not there")?;
            store::close_alert(tx, &alert, AlertOutcome::FalseAlarm, (None, app.now())).await?;
            let told = Told {
                step: StepKind::Closed,
                level: alert.level,
                by: None,
                expected_at: None,
            };
            tell(tx, app, &alert, told).await?;
        }
        Ok(())
    })
}

/// Raises the alert of any of the topics; the same cause raises one, and so does a person who is still
/// there.
pub fn raise<'a>(app: &'a App, tx: &'a Tx, follow_up: &'a FollowUp) -> Handling<'a> {
    Box::pin(async move {
        let payload: AlertPayload = serde_json::from_value(follow_up.payload.clone())
            .context("the payload of an alert cannot be read")?;
        let kind = payload.kind.unwrap_or(match follow_up.topic.as_str() {
            TOPIC_LATE_RED => AlertKind::LateRed,
            TOPIC_COMMUNITY => AlertKind::SealedArea,
            _ => AlertKind::RedAtGate,
        });
        let nowhere = crate::facts::home_place(app, None);
        let now = app.now();
        let gate = payload.gate_id.filter(|_| kind == AlertKind::HeldAtGate);
        if let Some(gate_id) = gate {
            // Red or feverish, or held before: somebody is told of the same person there.
            let there = (follow_up.person_id, gate_id);
            if store::is_open_at_gate(tx, there, now - HOLD_MAX).await? {
                return Ok(());
            }
        }
        if let Some(gate_id) = payload.gate_id.filter(|_| kind.is_one_at_gate()) {
            let there = (follow_up.person_id, gate_id, kind);
            if store::join_open(tx, there, (payload.at, now - HOLD_MAX)).await? {
                return Ok(());
            }
        }
        let row = NewRow {
            person_id: follow_up.person_id,
            alert_id: app.ids.next(),
            kind,
            dedupe_key: &follow_up.dedupe_key,
            gate_id: payload.gate_id,
            reason: &payload.reason,
            happened_at: payload.at,
            raised_at: now,
            due_at: now + app.settings.response.accept_max,
            nowhere: &nowhere,
        };
        if store::insert_alert(tx, &row).await?.is_some() {
            let raised = store::find_alert(tx, row.person_id.get(), row.alert_id).await?;
            let raised = raised.context("an alert just raised is not there")?;
            let told = Told {
                step: StepKind::Raised,
                level: raised.level,
                by: None,
                expected_at: None,
            };
            tell(tx, app, &raised, told).await?;
        }
        Ok(())
    })
}

/// A step of an alert that is kept and told.
pub struct Told {
    /// What happened.
    pub step: StepKind,
    /// Digits of the division told from now on.
    pub level: i16,
    /// Who did it; `None` for a job.
    pub by: Option<i64>,
    /// When they said they would be there.
    pub expected_at: Option<Timestamp>,
}

/// Keeps a step in the caller's transaction and tells open pages of it.
pub async fn tell(
    tx: &Client,
    app: &App,
    alert: &Alert,
    told: Told,
) -> Result<(), tokio_postgres::Error> {
    let step = NewStep {
        key: (alert.person_id.get(), alert.alert_id.get()),
        step_id: app.ids.next(),
        place_code: &alert.place_code,
        step: told.step,
        level: told.level,
        at: app.now(),
        by: told.by,
        expected_at: told.expected_at,
    };
    steps::insert_step(tx, &step).await?;
    // Pages know "open" since before there were steps.
    let status = match told.step {
        StepKind::Raised => "open",
        other => other.as_str(),
    };
    let body = serde_json::json!({
        "alert_id": alert.alert_id, "status": status, "level": told.level,
    });
    let event = |topic| LiveEvent {
        topic,
        place_code: alert.place_code.clone(),
        body: body.to_string().into(),
    };
    if alert.kind == AlertKind::HeldAtGate {
        events::notify(tx, &event(events::HELD)).await?;
    }
    events::notify(tx, &event(events::ALERT)).await
}
