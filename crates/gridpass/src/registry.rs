//! Population registries and declarations: streamed in, matched by document number, compared.
//!
//! Invariants: a file is never in memory as a whole; it is taken in chunks, each in one
//! transaction with its counts, so an import that breaks off left whole chunks and the same
//! file again changes nothing twice; a known person is compared, never overwritten; what a
//! row says becomes facts with the registry as their source; rows that need an eye are kept
//! by number, column and code, never by value; a file that would flip too many colours of a
//! community, or is of an unusual size, is held from there on until a second person releases it.

mod api;
mod chunk;
mod compare;
mod directory;
pub mod file;
mod hold;
mod import;
mod model;
mod prepare;
mod said;
pub mod store;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::import_registry))
        .routes(routes!(api::get_registry_import))
        .routes(routes!(api::list_registry_import_rows))
        .routes(routes!(api::list_registry_imports))
        .routes(routes!(api::release_registry_import))
}
