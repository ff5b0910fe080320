//! Appeals: against a red or yellow pass, or a wrong detail.
//!
//! Invariants: an appeal is bound to the facts that caused what it is against, and one is open
//! for each cause; it has an owner and a deadline, and a person is told the unit and its phone;
//! each deadline that passes moves it one level up and both sides are told; nobody decides about
//! what they set themselves; a decision in favour withdraws the cause in its own transaction,
//! and the same evidence never causes it again; a clock decides nothing but a pause, and that
//! only of a register's conflict. What is shown is checked, stripped, sealed, and each look at
//! it is on record. Locks are taken in one order: the person's state row, then the appeal.

mod api;
mod deadlines;
mod decide;
mod evidence;
mod model;
mod open;
mod own;
mod owner;
mod pdf;
mod stats;
mod store;
mod view;
mod wire;

use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use gridpass_types::ids::PersonId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::{App, LiveEvent};
use crate::auth::Entity;
use crate::db::Client;
use crate::events;
use crate::http::error::ApiResult;
use crate::jobs::Loop;
use model::Appeal;

pub use wire::OwnAppeal;

/// A person's appeals with what they wrote and what was answered, newest first.
///
/// # Errors
/// When the database does not answer, or something sealed cannot be opened.
pub async fn list_of(db: &Client, app: &App, person_id: PersonId) -> ApiResult<Vec<OwnAppeal>> {
    view::own(db, app, &[person_id]).await
}

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    let uploads = OpenApiRouter::new().routes(routes!(api::add_appeal_evidence));
    OpenApiRouter::new()
        .merge(bounded(uploads))
        .routes(routes!(api::list_appeals, api::open_appeal))
        .routes(routes!(stats::get_appeal_stats))
        .routes(routes!(api::get_appeal))
        .routes(routes!(api::get_appeal_evidence))
        .routes(routes!(api::list_appeal_assignees))
        .routes(routes!(api::assign_appeal))
        .routes(routes!(api::decide_appeal))
}

/// Routes of the public listener.
pub fn public_router() -> OpenApiRouter<App> {
    let uploads = OpenApiRouter::new().routes(routes!(own::add_own_appeal_evidence));
    OpenApiRouter::new()
        .merge(bounded(uploads))
        .routes(routes!(own::list_own_appeals, own::open_own_appeal))
        .routes(routes!(own::withdraw_own_appeal))
        .routes(routes!(own::get_own_appeal_evidence))
}

fn bounded(routes: OpenApiRouter<App>) -> OpenApiRouter<App> {
    routes.layer(DefaultBodyLimit::max(evidence::UPLOAD_BYTES_MAX))
}

/// Background work: moves what nobody decided in time.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "appeal deadlines",
        period: Duration::from_secs(30),
        round: |app| Box::pin(deadlines::round(app)),
    }]
}

impl Entity for Appeal {
    type Id = (i64, i64);

    async fn load(
        _app: &App,
        db: &Client,
        (person_id, appeal_id): (i64, i64),
    ) -> ApiResult<Option<Self>> {
        Ok(store::find_appeal(db, person_id, appeal_id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn subject(&self) -> Option<PersonId> {
        Some(self.person_id)
    }
}

/// Tells open inboxes that an appeal came, moved or ended.
async fn tell(tx: &Client, appeal: &Appeal) -> ApiResult<()> {
    let body = serde_json::json!({ "appeal_id": appeal.appeal_id, "status": appeal.status });
    let event = LiveEvent {
        topic: events::APPEAL,
        place_code: appeal.place_code.clone(),
        body: body.to_string().into(),
    };
    Ok(events::notify(tx, &event).await?)
}
