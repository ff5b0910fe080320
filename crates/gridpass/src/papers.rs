//! Papers: the two that a community may be asked for, and nothing else.
//!
//! The end-of-observation notice and the proof of residence, printed with a serial that can be
//! checked. Invariants: a paper says what the record says at the moment of issuing, and is refused
//! otherwise; its serial carries a MAC, so that a made-up one is told apart; every paper is in the
//! log with who issued it; one that was withdrawn proves nothing; there is deliberately no third
//! kind.

mod api;
mod checker;
mod compose;
pub mod model;
mod serial;
pub mod store;

use gridpass_types::ids::PersonId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::auth::Entity;
use crate::db::Client;
use crate::http::error::ApiResult;
use model::IssuedPaper;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::issue_paper, api::list_papers))
        .routes(routes!(api::check_paper))
        .routes(routes!(api::get_paper))
        .routes(routes!(api::withdraw_paper))
}

impl Entity for IssuedPaper {
    type Id = (i64, i64);

    async fn load(_app: &App, db: &Client, id: (i64, i64)) -> ApiResult<Option<Self>> {
        Ok(store::find_paper(db, id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn subject(&self) -> Option<PersonId> {
        Some(self.person_id)
    }
}
