//! Employers: the directory that makes "works here" real.
//!
//! Invariants: an employer is known by its unified social credit code, which is checked and
//! stands once; it lies in a known community or grid; a change bumps the directory's version
//! in the same transaction, so that gates see it from the next scan on.

mod api;
mod import;
pub mod model;
pub mod store;

use axum::extract::DefaultBodyLimit;
use gridpass_types::ids::{EmployerId, EnclosureId};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::auth::Entity;
use crate::db::Client;
use crate::http::error::ApiResult;

pub use model::EmployerView;

/// Bytes of an import file: a district's employers have some 200 kB.
const IMPORT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    let imports = OpenApiRouter::new()
        .routes(routes!(import::import_employers))
        .layer(DefaultBodyLimit::max(IMPORT_BYTES_MAX));
    OpenApiRouter::new()
        .merge(imports)
        .routes(routes!(api::create_employer, api::list_employers))
        .routes(routes!(api::get_employer))
}

/// An employer's registered name.
///
/// # Errors
/// When the database does not answer.
pub async fn find_name(db: &Client, employer_id: EmployerId) -> ApiResult<Option<String>> {
    let found = store::find_employer(db, employer_id.get()).await?;
    Ok(found.map(|view| view.name))
}

/// Identities of the employers that have one of these credit codes.
///
/// # Errors
/// When the database does not answer.
pub async fn list_by_credit_codes(
    db: &Client,
    credit_codes: &[String],
) -> ApiResult<Vec<(String, EmployerId)>> {
    Ok(store::list_by_credit_codes(db, credit_codes).await?)
}

impl Entity for EmployerView {
    type Id = i64;

    async fn load(_app: &App, db: &Client, id: i64) -> ApiResult<Option<Self>> {
        Ok(store::find_employer(db, id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn enclosure_id(&self) -> Option<EnclosureId> {
        self.enclosure_id
    }

    fn employer_id(&self) -> Option<EmployerId> {
        Some(self.employer_id)
    }
}
