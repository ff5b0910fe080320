//! Whose business the home of somebody under an order is.

use gridpass_rules::words::QuarantinePlace;
use gridpass_types::ids::PersonId;

use super::store::{self, steps};
use crate::app::App;
use crate::auth::Caller;
use crate::db::Client;
use crate::http::error::ApiResult;

/// Whether somebody is ordered to stay at home and the caller neither watches the order's place nor
/// answers for the order.
///
/// # Errors
/// When the database does not answer.
pub async fn is_watched_by_others(
    db: &Client,
    app: &App,
    (person_id, caller): (PersonId, &Caller),
) -> ApiResult<bool> {
    let live = store::find_live(db, person_id.get()).await?;
    let at_home =
        live.filter(|order| order.place == QuarantinePlace::Home && !order.is_over(app.now()));
    let Some(order) = at_home else {
        return Ok(false);
    };
    if caller.covers(&order.place_code) {
        return Ok(false);
    }
    Ok(!steps::answers_for(db, &order, caller.staff_id).await?)
}
