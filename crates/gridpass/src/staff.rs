//! Accounts of people who work with the system, and signing in.
//!
//! Invariants: a password is stored as Argon2id only; a wrong user name and a wrong
//! password are answered alike and take as long; nobody grants a jurisdiction wider than
//! their own.

mod api;
pub mod model;
pub mod store;

use utoipa_axum::{router::OpenApiRouter, routes};

use gridpass_types::ids::StaffId;

use crate::app::App;
use crate::db::Client;
use crate::http::error::ApiResult;

pub use api::insert;

/// An active account.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &Client, staff_id: StaffId) -> ApiResult<Option<model::StaffView>> {
    Ok(store::find_staff(db, staff_id).await?)
}

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::sign_in))
        .routes(routes!(api::sign_out))
        .routes(routes!(api::get_me))
        .routes(routes!(api::create_staff, api::list_staff))
}
