//! Quarantine orders: start, extend, transfer, release.
//!
//! Starting, extending and transferring are proposed and confirmed in the slice `red` and
//! carried out here; ending an order before its time needs one person and a ground of the closed
//! list. Invariants: a person has at most one live order; every change is a step that stays, with
//! its paper and its people; each live order is spoken for by one live fact, and every change
//! withdraws that fact and records another in the same transaction, so the pass turns with the
//! commit; an order that reaches its first free day is over by the rules, and the loop that says
//! so on the order's row touches no fact; before that day only a doctor's discharge counts as
//! completed. Locks are taken in one order everywhere: the person's state row, then the order.

mod api;
mod change;
mod ground;
pub mod jobs;
pub mod model;
mod release;
pub mod store;
mod watch;
mod whole;

use std::time::Duration;

use gridpass_types::ids::PersonId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::auth::Entity;
use crate::db::Client;
use crate::http::error::ApiResult;
use crate::jobs::Loop;

pub use change::{cancel_live, carry_out, check};
pub use model::{ExtendOrder, NewOrder, QuarantineOrder, Step, TransferOrder};
pub use store::find_order;
pub use store::steps::was_discharged;
pub use watch::is_watched_by_others;
pub use whole::whole_of;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::list_quarantine_orders))
        .routes(routes!(api::list_order_steps))
        .routes(routes!(release::release_quarantine))
}

/// Background work: says on the rows of orders that they have reached their end.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "quarantine ends",
        period: Duration::from_secs(30),
        round: |app| Box::pin(jobs::finish(app)),
    }]
}

impl Entity for QuarantineOrder {
    type Id = (i64, i64);

    async fn load(
        _app: &App,
        db: &Client,
        (person_id, order_id): (i64, i64),
    ) -> ApiResult<Option<Self>> {
        Ok(store::find_order(db, person_id, order_id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn subject(&self) -> Option<PersonId> {
        Some(self.person_id)
    }
}
