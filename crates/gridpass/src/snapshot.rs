//! Everybody's colour by the serial of the pass, two bits each, for gates without network.
//!
//! Invariants: the snapshot says what a scan would have said at `as_of`, by the rules of the place
//! where each person counts; it names nobody; versions only grow, also after a restored backup, so
//! a withdrawal never goes back; one node at a time makes it, every node hands it out from memory;
//! what changed since a gate's version is handed out alone while that is less than everything.

mod api;
mod build;
pub mod model;
pub mod store;

use std::sync::{Arc, RwLock};
use std::time::Duration;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::jobs::Loop;
use model::Held;

/// How often a node looks whether the snapshot is to be made, or another node made it.
const LOOK_PERIOD: Duration = Duration::from_secs(3);

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::get_colour_snapshot))
        .routes(routes!(api::get_device_table))
}

/// Background work.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "colour snapshot",
        period: LOOK_PERIOD,
        round: |app| Box::pin(build::round(app)),
    }]
}

/// The newest snapshot this node has seen.
#[derive(Default)]
pub struct Snapshots(RwLock<Option<Arc<Held>>>);

impl Snapshots {
    /// What is held; `None` before the first was made.
    fn latest(&self) -> Option<Arc<Held>> {
        let held = self.0.read();
        held.expect("no thread panics while it swaps a pointer")
            .clone()
    }

    /// Takes a newer one; an older never comes back.
    fn take(&self, newer: Held) {
        let held = self.0.write();
        let mut held = held.expect("no thread panics while it swaps a pointer");
        let before = held.as_ref().map(|held| (held.version, held.as_of));
        if before.is_none_or(|before| before < (newer.version, newer.as_of)) {
            *held = Some(Arc::new(newer));
        }
    }
}
