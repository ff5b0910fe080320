//! A person's own data: what is held and why, the notice that says so, corrections.
//!
//! Invariants: what is shown is what is stored, with the source and the term of each part, and
//! with the reason where it cannot be removed before that; terms come from `columns.toml`, the
//! file by which data is destroyed; who carries somebody else's pass by consent sees nothing
//! of this; an acceptance of the notice is kept with its version and time.

mod api;
mod model;
mod more;
mod notice;
mod store;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

/// Routes of the public listener.
pub fn public_router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::get_own_data))
        .routes(routes!(api::get_privacy_notice))
        .routes(routes!(api::accept_privacy_notice))
        .routes(routes!(api::request_correction))
}
