//! Inspections of gates: an inspector shows a specimen and sees what the guard does.
//!
//! Invariants: a specimen never passes, so whoever scans it stops it and whoever only looks does not
//! find out; a gate has one open inspection at a time and is not told of it before it ended; nobody
//! who runs a gate inspects it; an inspection says something about a gate and names nobody.

mod api;
pub mod model;
mod store;

use gridpass_types::ids::InspectionId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::auth::Entity;
use crate::db::Client;
use crate::http::error::ApiResult;
use model::Inspection;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::create_inspection))
        .routes(routes!(api::list_inspections))
        .routes(routes!(api::close_inspection))
}

impl Entity for Inspection {
    type Id = i64;

    async fn load(_app: &App, db: &Client, id: i64) -> ApiResult<Option<Self>> {
        Ok(store::find_inspection(db, InspectionId::new(id)).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }
}
