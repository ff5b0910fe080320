//! From the outbox to the list of doors.

use anyhow::Context;
use gridpass_types::ids::VisitId;
use jiff::SignedDuration;
use serde::Deserialize;

use super::store::{self, NewRow};
use crate::app::{App, LiveEvent};
use crate::db::{Client, Tx};
use crate::events;
use crate::facts::{self, TOPIC_VISIT};
use crate::jobs::outbox::{FollowUp, Handlers, Handling};

/// What a follow-up says about a visit.
#[derive(Debug, Deserialize)]
struct VisitPayload {
    cause: String,
    due_hours: u16,
    #[serde(default)]
    gate_id: Option<i64>,
}

/// Adds the handler of visits that decisions ask for.
pub fn register(handlers: Handlers) -> Handlers {
    handlers.on(TOPIC_VISIT, create)
}

/// Creates the visit a decision asked for, unless one is open for the cause.
fn create<'a>(app: &'a App, tx: &'a Tx, follow_up: &'a FollowUp) -> Handling<'a> {
    Box::pin(async move {
        let payload: VisitPayload = serde_json::from_value(follow_up.payload.clone())
            .context("the payload of a visit cannot be read")?;
        let nowhere = facts::home_place(app, None);
        let row = NewRow {
            person_id: follow_up.person_id,
            visit_id: VisitId::new(app.ids.next()),
            cause: &payload.cause,
            gate_id: payload.gate_id,
            nowhere: &nowhere,
            due_at: follow_up.created_at + SignedDuration::from_hours(payload.due_hours.into()),
            created_at: app.now(),
            created_by: None,
        };
        if let Some(place_code) = store::insert_visit(tx, &row).await? {
            tell(tx, place_code, row.visit_id, "open").await?;
        }
        Ok(())
    })
}

/// Tells open pages that a visit changed.
pub async fn tell(
    tx: &Client,
    place_code: String,
    visit_id: VisitId,
    status: &str,
) -> Result<(), tokio_postgres::Error> {
    let body = serde_json::json!({ "visit_id": visit_id, "status": status });
    let event = LiveEvent {
        topic: events::VISIT,
        place_code,
        body: body.to_string().into(),
    };
    events::notify(tx, &event).await
}
