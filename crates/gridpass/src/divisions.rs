//! The tree of divisions, the enclosures in it, and the maps of them.
//!
//! Invariants: a division's parent is there before it; a tree is imported whole or not at
//! all; an enclosure lies in one community; a changed enclosure counts at every gate from
//! the next scan on, because the directory's version is bumped in the same transaction.

pub mod api;
mod duty;
pub mod enclosures;
pub mod map_model;
mod maps;
pub mod model;
pub mod store;

use axum::extract::DefaultBodyLimit;
use gridpass_types::ids::EnclosureId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::auth::Entity;
use crate::db::Client;
use crate::http::error::ApiResult;

pub use duty::{Desk, DutyLevel, ResponsibleUnit, responsible};
pub use enclosures::Enclosures;
pub use model::{EnclosureView, Faults, ImportReport, read_rows, read_some_rows};

/// Bytes of an import file: a province's tree has some 3 MB.
const IMPORT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    let imports = OpenApiRouter::new()
        .routes(routes!(api::import_divisions))
        .routes(routes!(enclosures::import_enclosures))
        .layer(DefaultBodyLimit::max(IMPORT_BYTES_MAX));
    let drawn = OpenApiRouter::new()
        .routes(routes!(
            maps::put_division_map,
            maps::get_division_map,
            maps::delete_division_map
        ))
        .layer(DefaultBodyLimit::max(maps::MAP_BYTES_MAX));
    OpenApiRouter::new()
        .merge(imports)
        .merge(drawn)
        .routes(routes!(api::list_divisions))
        .routes(routes!(api::get_division))
        .routes(routes!(duty::set_division_phone))
        .routes(routes!(
            enclosures::create_enclosure,
            enclosures::list_enclosures
        ))
        .routes(routes!(
            enclosures::get_enclosure,
            enclosures::update_enclosure
        ))
}

/// Routes of the public listener.
pub fn public_router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(enclosures::find_public_enclosures))
}

/// An enclosure by identity.
///
/// # Errors
/// When the database does not answer.
pub async fn find_enclosure(
    db: &Client,
    enclosure_id: EnclosureId,
) -> ApiResult<Option<EnclosureView>> {
    Ok(store::find_enclosure(db, enclosure_id.get()).await?)
}

/// Those of the given codes that stand in the tree.
///
/// # Errors
/// When the database does not answer.
pub async fn list_known(db: &Client, codes: &[&str]) -> ApiResult<Vec<String>> {
    Ok(store::list_known(db, codes).await?)
}

impl Entity for EnclosureView {
    type Id = i64;

    async fn load(_app: &App, db: &Client, id: i64) -> ApiResult<Option<Self>> {
        Ok(store::find_enclosure(db, id).await?)
    }

    fn place_code(&self) -> &str {
        &self.community_code
    }

    fn enclosure_id(&self) -> Option<EnclosureId> {
        Some(self.enclosure_id)
    }
}
