//! Shadow mode: an approved version evaluated beside what is in force, counted and not acted on.
//!
//! Invariants: nothing here is asked when a scan is decided; background work decides recorded
//! scans a second time, from the facts as they were then, and counts what would have differed;
//! counts name nobody; every scan of the sample is counted once, whichever node does it.

mod api;
mod jobs;
pub mod model;
pub mod store;

use std::time::Duration;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::jobs::Loop;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::start_rule_shadow))
        .routes(routes!(api::list_rule_shadows))
        .routes(routes!(api::get_rule_shadow))
        .routes(routes!(api::end_rule_shadow))
}

/// Background work: decides scans a second time, and counts people.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "rule shadows",
        period: Duration::from_secs(5),
        round: |app| Box::pin(jobs::round(app)),
    }]
}
