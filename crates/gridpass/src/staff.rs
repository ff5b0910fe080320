//! Accounts of people who work with the system, and signing in.
//!
//! Invariants: a password is stored as Argon2id only; a wrong user name and a wrong
//! password are answered alike and take as long; nobody grants a jurisdiction wider than
//! their own.

mod api;
pub mod model;
pub mod store;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub use api::insert;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::sign_in))
        .routes(routes!(api::sign_out))
        .routes(routes!(api::get_me))
        .routes(routes!(api::create_staff, api::list_staff))
}
