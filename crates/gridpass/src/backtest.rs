//! Back-tests: what a rule set would change, found out without changing anything.
//!
//! Invariants: the live people and the past scans are read in read-only transactions; both sides
//! are decided by the same tables as at a gate; a record is made by the server alone, names
//! nobody, says which content it is about and is never edited afterwards; what is decided over a
//! sample says so. The same reading of past scans replays recorded decisions.

mod api;
mod card;
mod compared;
mod examples;
mod fairness;
pub mod jobs;
pub mod model;
mod past;
mod past_scans;
mod population;
mod provinces;
mod replay;
pub mod store;

use std::time::Duration;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::jobs::Loop;

pub use card::{Group, ImpactCard};
pub use replay::{Difference, Report, Span, replay};
pub use store::{Record, record_of};

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::run_back_test, api::list_back_tests))
        .routes(routes!(api::get_back_test))
        .routes(routes!(examples::list_back_test_examples))
}

/// Background work: the back-tests that were asked for.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "back-tests",
        period: Duration::from_secs(1),
        round: |app| Box::pin(jobs::run_waiting(app)),
    }]
}
