//! Gates, their lanes, the devices that guards hold, and the codes that gates show.
//!
//! Invariants: a gate belongs to an enclosure, an employer or both, and to one place; a
//! device's token is shown once and stored as a digest; a revoked device is refused by
//! this node at once and by every other node within its next batch of scans, because the
//! directory's version is bumped in the transaction that revokes it; the end of a guard's shift
//! reaches them the same way.

mod api;
mod codes;
mod device;
mod devices;
mod directory;
mod enrol;
pub mod model;
mod on_duty;
mod report;
pub mod store;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::audit;
use crate::auth::Entity;
use crate::db::Client;
use crate::http::error::ApiResult;
use crate::http::idempotency::Callers;
use crate::jobs::Loop;
use gridpass_types::ids::{DeviceId, EmployerId, EnclosureId, GateId};

pub use codes::{gate_code, verify_gate_code};
pub use device::{DEVICE_TOKEN_PREFIX, Device, admitted};
pub use directory::{DeviceInfo, Directory, GateInfo, Snapshot};
pub use model::GateView;
use model::RegisteredDevice;
pub use on_duty::{
    Duty, OnDuty, OpenShifts, SHIFT_MAX, SHIFT_TOKEN_PREFIX, Shifts, begin_shift, end_shift,
    refresh_shifts, was_on_duty,
};

/// How often a node looks whether another one changed the directory. Scans do not wait
/// for it: they compare the version inside their own transaction.
const DIRECTORY_REFRESH: std::time::Duration = std::time::Duration::from_secs(1);

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::create_gate, api::list_gates))
        .routes(routes!(api::get_gate, api::update_gate))
        .routes(routes!(devices::create_device))
        .routes(routes!(devices::revoke_device))
        .routes(routes!(enrol::create_device_code))
        .routes(routes!(enrol::enrol_device))
        .routes(routes!(device::get_device))
        .routes(routes!(device::put_device_key))
        .routes(routes!(codes::get_gate_code))
}

/// Tells whose key a call of a device has.
pub fn register(callers: Callers) -> Callers {
    callers.with(DEVICE_TOKEN_PREFIX, |app, token| {
        Box::pin(async move {
            let device = admitted(&app, &token).await?;
            Ok(audit::Actor::device(device.device_id))
        })
    })
}

/// Background work.
pub fn loops() -> Vec<Loop> {
    vec![
        Loop {
            name: "gate directory",
            period: DIRECTORY_REFRESH,
            round: |app| Box::pin(refresh_directory(app)),
        },
        Loop {
            name: "tokens of shifts",
            period: std::time::Duration::from_secs(600),
            round: |app| Box::pin(on_duty::sweep(app)),
        },
        Loop {
            name: "device codes",
            period: std::time::Duration::from_secs(600),
            round: |app| Box::pin(enrol::sweep(app)),
        },
    ]
}

async fn refresh_directory(app: App) -> anyhow::Result<bool> {
    let db = app.db.client().await?;
    app.part::<Directory>()
        .current(&app, &db)
        .await
        .map_err(|error| anyhow::anyhow!("reading the gate directory: {error:?}"))?;
    app.part::<Shifts>().current(&db).await?;
    Ok(false)
}

impl Entity for GateView {
    type Id = i64;

    async fn load(_app: &App, db: &Client, id: i64) -> ApiResult<Option<Self>> {
        Ok(store::find_gate(db, GateId::new(id)).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn enclosure_id(&self) -> Option<EnclosureId> {
        self.enclosure_id
    }

    fn employer_id(&self) -> Option<EmployerId> {
        self.employer_id
    }
}

impl Entity for RegisteredDevice {
    type Id = i64;

    async fn load(_app: &App, db: &Client, id: i64) -> ApiResult<Option<Self>> {
        Ok(store::find_device(db, DeviceId::new(id)).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn employer_id(&self) -> Option<EmployerId> {
        self.employer_id
    }
}
