//! Break-glass: somebody who must see more of one person says why, and others read it.
//!
//! Invariants: an access is for one person, lasts half an hour and ends by itself; it lifts
//! masks and never widens a jurisdiction; it is written in the transaction that tells the
//! supervisors of the place; it is never edited or deleted, and nobody reviews their own.

mod api;
mod model;
mod store;

use gridpass_types::ids::{PersonId, StaffId};
use jiff::Timestamp;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::auth::Entity;
use crate::db::Client;
use crate::http::error::ApiResult;
use model::Glass;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::open_break_glass, api::list_break_glass))
        .routes(routes!(api::review_break_glass))
}

/// Until when the masks of a person are lifted for a member of staff; `None` when they are
/// not.
///
/// # Errors
/// When the database does not answer.
pub async fn lifted_until(
    db: &Client,
    person_id: PersonId,
    staff_id: StaffId,
    now: Timestamp,
) -> ApiResult<Option<Timestamp>> {
    Ok(store::find_lifted(db, person_id, staff_id, now).await?)
}

impl Entity for Glass {
    type Id = (i64, i64);

    async fn load(
        _app: &App,
        db: &Client,
        (person_id, glass_id): (i64, i64),
    ) -> ApiResult<Option<Self>> {
        Ok(store::find_glass(db, person_id, glass_id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn subject(&self) -> Option<PersonId> {
        Some(self.person_id)
    }
}
