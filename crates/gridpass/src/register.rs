//! The register: people written down at a gate by number, or by hand when all else failed.
//!
//! Invariants: an entry is taken once, however often it is sent; what it says of a person is
//! sealed, shown only to who leads the community of the gate, one by one and logged, while nobody
//! has been found, and goes as soon as a scan came of it, after two weeks in any case; an entry becomes a scan of the
//! moment it was written, decided by what is known by now, as soon as somebody is known under its
//! number; whoever was let in although red is then recalled like after any upload; a fever is evidence
//! only by the person's own number and of a time when a guard was on duty with the device.

mod api;
mod job;
pub mod model;
mod store;
mod unknown;

use std::time::Duration;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::jobs::Loop;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::add_register_entries))
        .routes(routes!(unknown::list_register_entries))
        .routes(routes!(unknown::get_register_entry))
        .routes(routes!(unknown::settle_register_entry))
}

/// Background work: turns entries into scans.
pub fn loops() -> Vec<Loop> {
    vec![
        Loop {
            name: "gate register",
            period: Duration::from_secs(5),
            round: |app| Box::pin(job::round(app)),
        },
        Loop {
            name: "sweep gate register",
            period: Duration::from_secs(3600),
            round: |app| Box::pin(job::sweep(app)),
        },
    ]
}
