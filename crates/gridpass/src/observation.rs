//! Observation: people who serve an order at home or in a central facility, watched and helped.
//!
//! Temperature and symptoms morning and evening, openings of doors that are announced, and what
//! the household needs. Invariants: a reading is kept with the health fact that it is, in one
//! transaction; one that would turn the pass red is kept without a fact, raises an alert and, if
//! staff took it, is proposed, because red needs two people; the same instant is the same
//! reading, however often it is sent; a missed check has one consequence, a reminder, and two in
//! a row an alert; an unannounced opening is a lead for somebody to check; nothing here changes
//! an order. Locks are taken in one order: the person's state row, then rows of this slice.

mod api;
mod checks;
mod holder;
mod jobs;
pub mod model;
mod needs;
mod openings;
mod sensors;
pub mod store;

use std::time::Duration;

use gridpass_types::ids::PersonId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::{App, LiveEvent};
use crate::auth::Entity;
use crate::db::Client;
use crate::events;
use crate::http::error::ApiResult;
use crate::jobs::Loop;
pub use sensors::register;

use model::{NeedView, OpeningView, SensorView};

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::list_observed))
        .routes(routes!(checks::record_check, checks::get_diary))
        .routes(routes!(openings::announce_opening))
        .routes(routes!(openings::list_openings))
        .routes(routes!(openings::withdraw_opening))
        .routes(routes!(needs::ask_need))
        .routes(routes!(needs::list_needs))
        .routes(routes!(needs::accept_need))
        .routes(routes!(needs::deliver_need))
        .routes(routes!(needs::refuse_need))
        .routes(routes!(sensors::create_sensor, sensors::list_sensors))
        .routes(routes!(sensors::remove_sensor))
        .routes(routes!(sensors::report_opening))
}

/// Routes of the public listener: the phone of somebody under observation.
pub fn public_router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(holder::get_own_observation))
        .routes(routes!(holder::record_own_check))
        .routes(routes!(holder::announce_own_opening))
        .routes(routes!(holder::withdraw_own_opening))
        .routes(routes!(holder::ask_own_need))
}

/// Background work: finds checks that are due and not there.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "missed checks",
        period: Duration::from_secs(60),
        round: |app| Box::pin(jobs::find_missed(app)),
    }]
}

/// Tells open pages of the place that something of a person under observation changed.
async fn tell(
    tx: &Client,
    place_code: &str,
    (what, id): (&str, i64),
) -> Result<(), tokio_postgres::Error> {
    let body = serde_json::json!({ "what": what, "id": id });
    let event = LiveEvent {
        topic: events::OBSERVATION,
        place_code: place_code.to_owned(),
        body: body.to_string().into(),
    };
    events::notify(tx, &event).await
}

impl Entity for NeedView {
    type Id = (i64, i64);

    async fn load(_app: &App, db: &Client, id: (i64, i64)) -> ApiResult<Option<Self>> {
        let found = store::needs::find_need(db, id).await?;
        Ok(found.map(|found| found.need))
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn subject(&self) -> Option<PersonId> {
        Some(self.person_id)
    }
}

impl Entity for OpeningView {
    type Id = (i64, i64);

    async fn load(_app: &App, db: &Client, id: (i64, i64)) -> ApiResult<Option<Self>> {
        Ok(store::doors::find_opening(db, id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn subject(&self) -> Option<PersonId> {
        Some(self.person_id)
    }
}

impl Entity for SensorView {
    type Id = (i64, i64);

    async fn load(_app: &App, db: &Client, id: (i64, i64)) -> ApiResult<Option<Self>> {
        Ok(store::doors::find_sensor(db, id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn subject(&self) -> Option<PersonId> {
        Some(self.person_id)
    }
}
