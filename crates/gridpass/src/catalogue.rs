//! The catalogue: kinds of facts and columns of the state that are data.
//!
//! Invariants: an entry is proposed by one and approved by somebody of another unit; approved
//! entries never change and are never taken away, and a name is given once, so whatever was
//! recorded or decided by an entry keeps its meaning; the catalogue's version only grows; what an
//! approved entry says was valid after all entries before it.

mod api;
pub mod model;
mod propose;
mod store;

use gridpass_rules::Catalogue;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::db::Client;
use crate::http::error::{ApiError, ApiResult};

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            api::list_catalogue_entries,
            api::propose_catalogue_entry
        ))
        .routes(routes!(api::approve_catalogue_entry))
        .routes(routes!(api::withdraw_catalogue_entry))
}

/// Approved entries, as the caller's transaction sees them. Few, and asked for rarely: when
/// tables are compiled, and when a fact of such a kind is recorded. So they are kept nowhere.
///
/// # Errors
/// When the database does not answer.
pub async fn approved(db: &Client) -> ApiResult<Catalogue> {
    let entries = store::list_approved(db).await?;
    Catalogue::of(entries).map_err(|problem| {
        ApiError::internal(anyhow::anyhow!("the catalogue as stored: {problem}"))
    })
}
