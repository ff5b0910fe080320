//! Visits: a grid worker's calls at doors, which end in facts.
//!
//! Invariants: a person has at most one open visit for a cause; a visit ends once, in the
//! transaction that records what was found; what was verified at the door closes every open
//! visit of the person that asked for the same. Locks are taken in one order everywhere:
//! the person's state row, then visits.

mod api;
mod complete;
pub mod handlers;
pub mod model;
pub mod store;

use gridpass_types::ids::PersonId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::auth::Entity;
use crate::db::Client;
use crate::http::error::ApiResult;
use model::Visit;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::list_visits, api::create_visit))
        .routes(routes!(api::assign_visit))
        .routes(routes!(complete::complete_visit))
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
