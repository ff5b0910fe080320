//! Alerts: leads for the response team, live on their screens.
//!
//! Invariants: an alert is for a person to check, never a penalty; the same cause raises
//! one alert; an alert is accepted, reached and closed by named staff, and closing says how it
//! ended; one that nobody answers in time is told one level up, again and again; every step is
//! kept and told. Grid workers see those of somebody held at a gate, and no others.
//! Alerts come from the outbox, so they exist exactly when what caused them is committed.

mod api;
pub mod handlers;
mod jobs;
pub mod model;
pub mod store;
mod stream;

use std::time::Duration;

use gridpass_types::ids::PersonId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::access::Role;
use crate::app::App;
use crate::auth::Entity;
use crate::db::Client;
use crate::http::error::ApiResult;
use crate::jobs::Loop;
use model::Alert;

pub use handlers::TOPIC_OBSERVATION;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::list_alerts))
        .routes(routes!(api::accept_alert))
        .routes(routes!(api::arrive_at_alert))
        .routes(routes!(api::close_alert))
        .routes(routes!(api::list_alert_steps))
        .routes(routes!(api::list_alert_notices))
        .routes(routes!(stream::stream_events))
}

/// Background work: tells the next level up of alerts that nobody answers.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "unanswered alerts",
        period: Duration::from_secs(5),
        round: |app| Box::pin(jobs::escalate(app)),
    }]
}

impl Entity for Alert {
    type Id = (i64, i64);

    async fn load(
        _app: &App,
        db: &Client,
        (person_id, alert_id): (i64, i64),
    ) -> ApiResult<Option<Self>> {
        Ok(store::find_alert(db, person_id, alert_id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn subject(&self) -> Option<PersonId> {
        Some(self.person_id)
    }

    fn concerns(&self, role: Role) -> bool {
        model::kind_for(role).is_none_or(|kind| self.kind == kind)
    }
}
