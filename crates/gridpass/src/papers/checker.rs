//! Who may check a paper that somebody shows.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use gridpass_types::ids::{DeviceId, StaffId};

use crate::access::CheckPapers;
use crate::app::App;
use crate::auth::{Staff, bearer};
use crate::gates::{DEVICE_TOKEN_PREFIX, OnDuty, SHIFT_TOKEN_PREFIX};
use crate::http::error::{ApiError, ApiResult};

/// Who checks papers: staff who may, and a gate's device with its guard on duty.
pub enum Checker {
    /// A member of staff.
    Staff(StaffId),
    /// A gate's device.
    Device(DeviceId),
}

impl Checker {
    /// Under which name checks are counted.
    pub fn counted_as(&self) -> String {
        match self {
            Self::Staff(id) => id.to_string(),
            Self::Device(id) => format!("device {id}"),
        }
    }
}

impl FromRequestParts<App> for Checker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let token = bearer(parts)?;
        if [DEVICE_TOKEN_PREFIX, SHIFT_TOKEN_PREFIX]
            .iter()
            .any(|prefix| token.starts_with(prefix))
        {
            let OnDuty(device) = OnDuty::from_request_parts(parts, app).await?;
            return Ok(Self::Device(device.device_id));
        }
        let staff = Staff::<CheckPapers>::from_request_parts(parts, app).await?;
        Ok(Self::Staff(staff.caller.staff_id))
    }
}
