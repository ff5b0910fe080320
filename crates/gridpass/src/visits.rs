//! Visits: a grid worker's calls at doors, which end in facts.
//!
//! Invariants: a person has at most one open visit for a cause; a visit ends once, in the
//! transaction that records what was found; what was verified at the door closes every open
//! visit of the person that asked for the same; a call at a door is recorded person by person,
//! once under its number, and never over what somebody else changed unseen. Locks are taken in one order everywhere:
//! the person's state row, then visits.

mod api;
mod call;
mod call_model;
mod complete;
mod door;
pub mod handlers;
mod jobs;
mod leads;
pub mod model;
mod stay;
mod stops;
pub mod store;

use std::time::Duration;

use gridpass_types::ids::PersonId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::auth::Entity;
use crate::db::Client;
use crate::facts;
use crate::http::error::ApiResult;
use crate::jobs::Loop;
use model::Visit;

/// Where facts of visits come from.
const SOURCE: &str = facts::SOURCE_VISIT;

/// Background work: what is late is put before the lead.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "visit escalation",
        period: Duration::from_secs(30),
        round: |app| Box::pin(jobs::escalate(app)),
    }]
}

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::list_visits, api::create_visit))
        .routes(routes!(api::assign_visit))
        .routes(routes!(complete::complete_visit))
        .routes(routes!(stops::list_stops))
        .routes(routes!(door::find_stop))
        .routes(routes!(call::record_calls))
        .routes(routes!(leads::get_visit_load))
        .routes(routes!(leads::assign_visits))
        .routes(routes!(leads::hand_over_visits))
}

impl Entity for Visit {
    type Id = (i64, i64);

    async fn load(
        _app: &App,
        db: &Client,
        (person_id, visit_id): (i64, i64),
    ) -> ApiResult<Option<Self>> {
        Ok(store::find_visit(db, person_id, visit_id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn subject(&self) -> Option<PersonId> {
        Some(self.person_id)
    }
}
