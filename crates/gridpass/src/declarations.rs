//! Declarations: what people say of their travels and their health.
//!
//! Invariants: something is asked only while the rules in force would decide otherwise by the
//! answer, and not again while an answer holds; the answer is kept whole and sealed, and what of
//! it counts becomes facts in the same transaction; nobody turns their own pass red by a word:
//! a high temperature that nobody measured is a symptom, and a grid worker calls; the list of
//! areas of risk is changed only by whoever has seen its newest version, and every change stays
//! on record with who made it.

mod answer;
mod api;
mod model;
mod risk;
mod store;

use gridpass_types::ids::PersonId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::db::Client;
use crate::http::error::ApiResult;

pub use answer::GivenAnswer;

/// A person's answers as they were given, newest first.
///
/// # Errors
/// When the database does not answer, or an answer cannot be opened.
pub async fn list_given(
    db: &Client,
    app: &App,
    person_id: PersonId,
    rows_max: i64,
) -> ApiResult<Vec<GivenAnswer>> {
    api::given(db, app, person_id, rows_max).await
}

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(risk::list_risk_areas, risk::put_risk_areas))
        .routes(routes!(risk::list_risk_area_changes))
}

/// Routes of the public listener.
pub fn public_router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(
        api::list_own_declarations,
        api::create_own_declaration
    ))
}
