//! Areas of high risk, as the district's headquarters names them.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Leg;
use super::store::areas;
use crate::access::{ManageDivisions, ReadDirectory};
use crate::app::App;
use crate::auth::Staff;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};

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

/// The list with its version.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskAreaList {
    /// Version of the list; grows with each change.
    pub version: i32,
    /// Areas, at most 1000.
    pub areas: Vec<RiskArea>,
}

/// One change of the list.
#[derive(Debug, PartialEq)]
pub enum Change {
    /// The area came.
    Added(RiskArea),
    /// Its names or days changed.
    Changed(RiskArea, RiskArea),
    /// The area was taken off.
    Removed(RiskArea),
}

impl Change {
    /// Code of the area.
    pub fn area_code(&self) -> &str {
        let (Self::Added(area) | Self::Changed(area, _) | Self::Removed(area)) = self;
        &area.area_code
    }

    /// The area before.
    pub fn before(&self) -> Option<&RiskArea> {
        match self {
            Self::Added(_) => None,
            Self::Changed(before, _) | Self::Removed(before) => Some(before),
        }
    }

    /// The area from then on.
    pub fn after(&self) -> Option<&RiskArea> {
        match self {
            Self::Added(after) | Self::Changed(_, after) => Some(after),
            Self::Removed(_) => None,
        }
    }
}

/// What makes one list of the other, in order of the codes.
fn changes(before: &[RiskArea], after: &[RiskArea]) -> Vec<Change> {
    let by_code = |areas: &[RiskArea]| -> BTreeMap<String, RiskArea> {
        let keyed = areas.iter().map(|one| (one.area_code.clone(), one.clone()));
        keyed.collect()
    };
    let (mut old, new) = (by_code(before), by_code(after));
    let mut found: Vec<Change> = Vec::new();
    for (code, area) in new {
        match old.remove(&code) {
            None => found.push(Change::Added(area)),
            Some(was) if was != area => found.push(Change::Changed(was, area)),
            Some(_) => {}
        }
    }
    found.extend(old.into_values().map(Change::Removed));
    found.sort_by(|a, b| a.area_code().cmp(b.area_code()));
    found
}

/// A change on record.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RiskAreaChange {
    /// Identity; grows with time.
    pub change_id: i64,
    /// Version of the list that the change made.
    pub version: i32,
    /// Code of the area.
    pub area_code: String,
    /// Before; absent when the area was added.
    pub before: Option<RiskArea>,
    /// From then on; absent when the area was removed.
    pub after: Option<RiskArea>,
    /// When.
    pub changed_at: Timestamp,
    /// Who changed it.
    pub by_name: Option<String>,
    /// Their unit.
    pub by_unit: Option<String>,
}

/// Areas of high risk, in order of their codes, with the version of the list.
#[utoipa::path(get, path = "/api/v1/risk-areas", operation_id = "list_risk_areas", tag = "declarations",
    security(("staff" = [])),
    responses((status = 200, body = RiskAreaList), (status = 403, body = Problem)))]
pub async fn list_risk_areas(
    State(app): State<App>,
    _staff: Staff<ReadDirectory>,
) -> ApiResult<Json<RiskAreaList>> {
    let db = app.db.client().await?;
    // The version first: a change in between makes it look older, and a save on it is refused.
    let version = areas::version(&db).await?;
    let areas = areas::list(&db).await?;
    Ok(Json(RiskAreaList { version, areas }))
}

/// Sets the areas of high risk; the list takes the place of the one with the version given.
/// Stays declared until now keep counting as they were recorded.
#[utoipa::path(put, path = "/api/v1/risk-areas", operation_id = "put_risk_areas", tag = "declarations",
    security(("staff" = [])), request_body = RiskAreaList,
    responses((status = 200, body = RiskAreaList), (status = 403, body = Problem), (status = 409, body = Problem),
              (status = 422, body = Problem)))]
pub async fn put_risk_areas(
    State(app): State<App>,
    staff: Staff<ManageDivisions>,
    extract::Json(mut list): extract::Json<RiskAreaList>,
) -> ApiResult<Json<RiskAreaList>> {
    check(&list.areas)?;
    let tx = app.db.tx().await?;
    // Two who save at once: the second waits here, and then sees what the first has made.
    if areas::lock_version(&tx).await? != list.version {
        return Err(Code::RiskAreasChanged.into());
    }
    let changes = changes(&areas::list(&tx).await?, &list.areas);
    if !changes.is_empty() {
        list.version += 1;
        let by = (list.version, staff.caller.staff_id, app.now());
        write(&tx, &app, &changes, by).await?;
    }
    tx.commit().await?;
    list.areas.sort_by(|a, b| a.area_code.cmp(&b.area_code));
    Ok(Json(list))
}

/// Who changed which area when, the newest first; `after` continues with earlier ones.
#[utoipa::path(get, path = "/api/v1/risk-areas/changes", operation_id = "list_risk_area_changes",
    tag = "declarations", security(("staff" = [])), params(PageQuery),
    responses((status = 200, body = Page<RiskAreaChange>), (status = 403, body = Problem)))]
pub async fn list_risk_area_changes(
    State(app): State<App>,
    _staff: Staff<ReadDirectory>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<RiskAreaChange>>> {
    let db = app.db.client().await?;
    let limit = page.limit();
    let before = page.after.unwrap_or(i64::MAX);
    let items = areas::list_changes(&db, before, limit).await?;
    Ok(Json(Page::new(items, limit, |change| change.change_id)))
}

fn check(areas: &[RiskArea]) -> ApiResult<()> {
    let codes: BTreeSet<&str> = areas.iter().map(|area| area.area_code.as_str()).collect();
    let sound = areas.len() <= AREAS_MAX && areas.iter().all(RiskArea::is_sound);
    if sound && codes.len() == areas.len() {
        return Ok(());
    }
    Err(ApiError::fields(vec![FieldError::new(
        "area_code",
        "risk_area_invalid",
        "at most 1000 areas, each once, with a code, both names and its days in order",
        "最多 1000 个地区，每个一次，须有编码、中英文名称和正确的日期",
    )]))
}

async fn write(
    tx: &Client,
    app: &App,
    changes: &[Change],
    (version, by, now): (i32, StaffId, Timestamp),
) -> ApiResult<()> {
    let gone: Vec<&str> = changes.iter().map(Change::area_code).collect();
    let come: Vec<&RiskArea> = changes.iter().filter_map(Change::after).collect();
    areas::delete(tx, &gone).await?;
    areas::insert(tx, &come, (by, now)).await?;
    let change_ids: Vec<i64> = changes.iter().map(|_| app.ids.next()).collect();
    areas::insert_changes(tx, (&change_ids, changes), (version, by, now)).await?;
    areas::update_version(tx, version).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(code: &str, until: Option<&str>) -> RiskArea {
        RiskArea {
            area_code: code.to_owned(),
            name_zh: "某地".to_owned(),
            name_en: "Somewhere".to_owned(),
            since: "2020-01-20".parse().unwrap(),
            until: until.map(|day| day.parse().unwrap()),
        }
    }

    #[test]
    fn what_changed_is_found_area_by_area() {
        let before = [area("42", None), area("33", None), area("44", None)];
        let after = [
            area("42", Some("2020-03-01")),
            area("11", None),
            area("44", None),
        ];
        let found = changes(&before, &after);
        let wanted = [
            Change::Added(area("11", None)),
            Change::Removed(area("33", None)),
            Change::Changed(area("42", None), area("42", Some("2020-03-01"))),
        ];
        assert_eq!(found, wanted);
        assert_eq!(changes(&after, &after), []);
    }
}
