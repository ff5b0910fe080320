//! What passing time would do to colours, looked at before it does: the breaker between dates and
//! people's passes.
//!
//! Invariants: a date takes effect only after it was looked at, up to two hours ahead; where dates
//! of one hour would change the colour of too many people of a community, these people's states
//! stay until a person decides; so do those whose colour would change only because a source that
//! is late has said nothing new; evidence and what people do by hand is never held; scans ask
//! nothing more for it; every step is on record.

mod api;
mod look;
mod model;
mod sources;
pub mod store;

use std::time::Duration;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::facts;
use crate::jobs::Loop;

pub use look::{Watch, look};

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::list_time_holds))
        .routes(routes!(api::get_time_hold))
        .routes(routes!(api::release_time_hold))
        .routes(routes!(api::keep_time_hold))
        .routes(routes!(api::list_sources))
        .routes(routes!(api::set_source_rhythm))
}

/// Background work: lets time pass.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "passing time",
        period: Duration::from_secs(2),
        round: |app| Box::pin(pass(app)),
    }]
}

/// Looks ahead when it is time to, and brings rows whose date has come up to date as far as was
/// looked; true when more may be waiting.
async fn pass(app: App) -> anyhow::Result<bool> {
    look(&app).await?;
    let looked = app.part::<Watch>().looked_until();
    facts::refresh(app, looked).await
}
