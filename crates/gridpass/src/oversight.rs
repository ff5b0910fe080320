//! Who looked at whom: search of the audit log, what a person sees of it, and look-ups that
//! stand out.
//!
//! Invariants: every search is an entry of the log itself; oversight sees no person; a person,
//! and staff who may see the person's record, see unit, role, purpose and time of a look, never
//! the name of a member of staff; a finding
//! is a lead for somebody to check and has no consequence by itself.

mod api;
mod findings;
mod jobs;
mod model;
mod store;

use std::time::Duration;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::auth::Entity;
use crate::db::Client;
use crate::http::error::ApiResult;
use crate::jobs::Loop;
use model::Finding;

/// How often the day's look-ups are scored.
const SCORE_PERIOD: Duration = Duration::from_secs(300);

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::search_audit_entries))
        .routes(routes!(api::list_lookups))
        .routes(routes!(findings::list_lookup_findings))
        .routes(routes!(findings::resolve_lookup_finding))
}

/// Routes of the public listener.
pub fn public_router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(api::list_own_lookups))
}

/// Background work.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "look-ups",
        period: SCORE_PERIOD,
        round: |app| Box::pin(jobs::score_days(app)),
    }]
}

impl Entity for Finding {
    type Id = i64;

    async fn load(_app: &App, db: &Client, id: i64) -> ApiResult<Option<Self>> {
        Ok(store::find_finding(db, id).await?)
    }

    fn place_code(&self) -> &str {
        &self.jurisdiction
    }
}
