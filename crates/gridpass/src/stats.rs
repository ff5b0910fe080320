//! Numbers: people and scans, live, for any division, exact.
//!
//! Invariants: whoever writes a state row or a scan writes its change of the counts in the
//! same transaction (`state_tally`, `scan_tally`); folding moves these into the roll-ups by
//! `DELETE … RETURNING`, so none is missed or counted twice whatever commits late; every
//! read adds roll-up and pending changes in one statement, hence one snapshot. So a level
//! always equals the sum of the level below it, and the roll-up a count over the raw rows.

mod api;
pub mod fold;
pub mod model;
mod store;
mod sums;

use std::time::Duration;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::jobs::Loop;

/// Pause between foldings: short enough that pending changes stay few, long enough that
/// many batches fold into one update of a hot gate.
const FOLD_PERIOD: Duration = Duration::from_secs(2);

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::get_people_stats))
        .routes(routes!(api::get_scan_stats))
        .routes(routes!(api::get_live_stats))
        .routes(routes!(api::verify_stats))
}

/// Background work.
pub fn loops() -> Vec<Loop> {
    vec![
        Loop {
            name: "fold scans",
            period: FOLD_PERIOD,
            round: |app| Box::pin(fold::fold_scans(app)),
        },
        Loop {
            name: "fold people",
            period: FOLD_PERIOD,
            round: |app| Box::pin(fold::fold_people(app)),
        },
        Loop {
            name: "sweep minutes",
            period: Duration::from_secs(600),
            round: |app| Box::pin(fold::sweep_minutes(app)),
        },
    ]
}
