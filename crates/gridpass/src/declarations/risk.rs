//! Areas of high risk, as the district's headquarters names them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Leg;
use super::store;
use crate::access::{ManageDivisions, ReadDirectory};
use crate::app::App;
use crate::auth::Staff;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;

/// Areas at most.
const AREAS_MAX: usize = 1000;
/// Characters of a name at most.
const NAME_CHARS_MAX: usize = 40;

/// An area in which a stay counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskArea {
    /// Division code, from a province (2 digits) down.
    pub area_code: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// First day of the risk.
    pub since: Date,
    /// Last day of it; absent while it lasts.
    #[serde(default)]
    pub until: Option<Date>,
}

impl RiskArea {
    /// Whether a stay may have been here while there was a risk. Who names a wider area
    /// may have been in this one.
    pub fn meets(&self, area: &str, leg: &Leg) -> bool {
        let here = area.starts_with(&self.area_code) || self.area_code.starts_with(area);
        let before_end = self.until.is_none_or(|until| leg.from <= until);
        here && leg.until >= self.since && before_end
    }

    fn is_sound(&self) -> bool {
        let digits = self.area_code.bytes().all(|b| b.is_ascii_digit());
        let length = matches!(self.area_code.len(), 2 | 4 | 6 | 9 | 12 | 15);
        let named = [&self.name_zh, &self.name_en].into_iter().all(|name| {
            let chars = name.trim().chars().count();
            (1..=NAME_CHARS_MAX).contains(&chars) && !name.chars().any(char::is_control)
        });
        let ordered = self.until.is_none_or(|until| self.since <= until);
        digits && length && !self.area_code.starts_with('0') && named && ordered
    }
}

/// Areas of high risk, in order of their codes.
#[utoipa::path(get, path = "/api/v1/risk-areas", operation_id = "list_risk_areas", tag = "declarations",
    security(("staff" = [])),
    responses((status = 200, body = Vec<RiskArea>), (status = 403, body = Problem)))]
pub async fn list_risk_areas(
    State(app): State<App>,
    _staff: Staff<ReadDirectory>,
) -> ApiResult<Json<Vec<RiskArea>>> {
    let db = app.db.client().await?;
    Ok(Json(store::list_risk_areas(&db).await?))
}

/// Sets the areas of high risk; the list takes the place of the one before. Stays declared
/// until now keep counting as they were recorded.
#[utoipa::path(put, path = "/api/v1/risk-areas", operation_id = "put_risk_areas", tag = "declarations",
    security(("staff" = [])), request_body = Vec<RiskArea>,
    responses((status = 204), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn put_risk_areas(
    State(app): State<App>,
    staff: Staff<ManageDivisions>,
    extract::Json(areas): extract::Json<Vec<RiskArea>>,
) -> ApiResult<StatusCode> {
    let mut codes: Vec<&str> = areas.iter().map(|area| area.area_code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let sound = areas.len() <= AREAS_MAX && areas.iter().all(RiskArea::is_sound);
    if !sound || codes.len() != areas.len() {
        return Err(ApiError::fields(vec![FieldError::new(
            "area_code",
            "risk_area_invalid",
            "at most 1000 areas, each once, with a code, both names and its days in order",
            "最多 1000 个地区，每个一次，须有编码、中英文名称和正确的日期",
        )]));
    }
    let tx = app.db.tx().await?;
    store::replace_risk_areas(&tx, &areas, (staff.caller.staff_id, app.now())).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
