//! A home that becomes known while its resident is ordered to stay at home.
//!
//! Who applied with three fields counts nowhere, and so does an order about them: only the district
//! sees it. Whoever records the home, at a counter, at the door or on the phone, brings the order
//! to the community that watches there, in the same transaction. A home that was known when the
//! order began is changed by the team alone, and the order's place with it.

use gridpass_rules::words::Quarantine;

use super::model::StateRow;
use super::place;
use super::store::watched as store;
use crate::app::{App, LiveEvent};
use crate::db::Client;
use crate::events;
use crate::http::error::ApiResult;

/// Brings the orders of people home who counted nowhere before; `placed` is where each counted.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn bring_home(
    tx: &Client,
    app: &App,
    placed: &[String],
    rows: &[StateRow],
) -> ApiResult<()> {
    let nowhere = place::leaf(&app.settings.district);
    let came_home = |(before, row): &(&String, &StateRow)| {
        row.state.quarantine == Quarantine::Home && **before == nowhere && row.place_code != nowhere
    };
    let home: Vec<&StateRow> = placed
        .iter()
        .zip(rows)
        .filter(came_home)
        .map(|(_, row)| row)
        .collect();
    if home.is_empty() {
        return Ok(());
    }
    let people: Vec<i64> = home.iter().map(|row| row.person_id.get()).collect();
    let places: Vec<&str> = home.iter().map(|row| row.place_code.as_str()).collect();
    for place_code in store::bring_orders_home(tx, (&people, &places)).await? {
        let event = LiveEvent {
            topic: events::OBSERVATION,
            place_code,
            body: r#"{"what":"home_known"}"#.into(),
        };
        events::notify(tx, &event).await?;
    }
    Ok(())
}
