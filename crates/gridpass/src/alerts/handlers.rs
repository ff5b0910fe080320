//! From the outbox to the inbox.

use anyhow::Context;

use super::model::{AlertKind, AlertPayload};
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

/// Adds the handlers of the three topics.
pub fn register(handlers: Handlers) -> Handlers {
    handlers
        .on(TOPIC_RED, raise)
        .on(TOPIC_LATE_RED, raise)
        .on(TOPIC_COMMUNITY, raise)
}

/// Raises the alert of any of the three topics; the same cause raises one.
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
        let row = NewRow {
            person_id: follow_up.person_id,
            alert_id: app.ids.next(),
            kind,
            dedupe_key: &follow_up.dedupe_key,
            gate_id: payload.gate_id,
            reason: &payload.reason,
            happened_at: payload.at,
            raised_at: app.now(),
            nowhere: &nowhere,
        };
        if let Some(place_code) = store::insert_alert(tx, &row).await? {
            tell(tx, place_code, row.alert_id, "open").await?;
        }
        Ok(())
    })
}

/// Tells open pages that an alert changed.
pub async fn tell(
    tx: &Client,
    place_code: String,
    alert_id: i64,
    status: &str,
) -> Result<(), tokio_postgres::Error> {
    let body = serde_json::json!({ "alert_id": alert_id, "status": status });
    let event = LiveEvent {
        topic: events::ALERT,
        place_code,
        body: body.to_string().into(),
    };
    events::notify(tx, &event).await
}
