//! Guards on duty: who works with which device from when to when, and what the device shows them of
//! their gate.
//!
//! Invariants: a device has one shift at a time; a guard begins it with their own sign-in and the
//! device's token, both; the secret that opens what the device keeps sealed is given then and only
//! then, so never to a device that was revoked; a scan of a device is the scan of the guard on
//! duty, whose token it shows, and scanning itself asks nothing here.

mod api;
mod board;
mod holds;
pub mod model;
mod store;

use std::time::Duration;

use utoipa_axum::{router::OpenApiRouter, routes};

use gridpass_types::ids::DeviceId;

use crate::app::App;
use crate::gates::{self, SHIFT_MAX};
use crate::http::error::ApiResult;
use crate::jobs::Loop;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::start_shift, api::list_shifts))
        .routes(routes!(api::get_shift))
        .routes(routes!(api::hand_over_shift))
        .routes(routes!(board::get_gate_board))
        .routes(routes!(holds::get_hold))
        .routes(routes!(holds::list_gate_holds))
        .routes(routes!(holds::list_recalls))
}

/// Background work: ends shifts that nobody ended, and those of guards whose account was closed.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "guards' shifts",
        period: Duration::from_secs(30),
        round: |app| Box::pin(lapse(app)),
    }]
}

async fn lapse(app: App) -> anyhow::Result<bool> {
    let db = app.db.client().await?;
    store::end_lapsed(&db, app.now() - SHIFT_MAX, app.now()).await?;
    let closed = store::list_closed_accounts(&db).await?;
    drop(db);
    for device_id in closed {
        let ended = end_of_closed(&app, device_id).await;
        ended.map_err(|error| anyhow::anyhow!("the shift of a closed account: {error:?}"))?;
    }
    Ok(false)
}

/// Ends the shift on a device whose guard's account was closed: its token opens nothing more.
async fn end_of_closed(app: &App, device_id: DeviceId) -> ApiResult<()> {
    let tx = app.db.tx().await?;
    store::lock_device(&tx, device_id).await?;
    // The next guard may have signed in meanwhile.
    if store::list_closed_accounts(&tx).await?.contains(&device_id) {
        store::end_closed_account(&tx, device_id, app.now()).await?;
        gates::end_shift(&tx, device_id, app.now()).await?;
    }
    tx.commit().await?;
    gates::refresh_shifts(app).await
}
