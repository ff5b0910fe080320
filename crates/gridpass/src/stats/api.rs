//! Reading counts.

use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::State;
use gridpass_types::clock::{district_date, start_of_day};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{
    ChildCount, LiveStats, MinuteCount, PeopleCount, PeopleStats, ScanCount, ScanRow, ScanStats,
    Verification,
};
use super::store::{self, GroupBy, ScanRange};
use crate::access::ReadStats;
use crate::app::App;
use crate::auth::{Caller, Staff};
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;

/// Gates the live page shows at most.
const BUSY_GATES_MAX: i64 = 20;
/// Minutes the live page shows.
const LIVE_MINUTES: i64 = 60;
/// Rows a grouping may have: a year of hours.
const RANGE_MAX: SignedDuration = SignedDuration::from_hours(24 * 366);
/// Name shown for people whose place is known no deeper.
const NOT_PLACED: &str = "未落到下级";

/// Which division.
#[derive(Deserialize, IntoParams)]
pub struct DivisionQuery {
    /// Code; the caller's jurisdiction when absent.
    division: Option<String>,
}

/// The division asked for, if the caller may see it: 404 outside the jurisdiction.
fn division_of(app: &App, caller: &Caller, asked: Option<&str>) -> ApiResult<String> {
    let fallback = if caller.jurisdiction.is_empty() {
        &app.settings.district
    } else {
        &caller.jurisdiction
    };
    let division = asked.unwrap_or(fallback);
    let well_formed = matches!(division.len(), 4 | 6 | 9 | 12 | 15)
        && division.bytes().all(|byte| byte.is_ascii_digit());
    if !well_formed {
        return Err(
            ApiError::new(Code::BadQuery).detail("division is a code of 4, 6, 9, 12 or 15 digits")
        );
    }
    if !caller.covers(division) {
        return Err(Code::NotFound.into());
    }
    Ok(division.to_owned())
}

/// Digits of the level below.
fn digits_below(division: &str) -> i32 {
    match division.len() {
        4 => 6,
        6 => 9,
        9 => 12,
        _ => 15,
    }
}

/// People of a division by colour, residence and quarantine, and of those below it.
#[utoipa::path(get, path = "/api/v1/stats/people", operation_id = "get_people_stats", tag = "stats",
    security(("staff" = [])), params(DivisionQuery),
    responses((status = 200, body = PeopleStats), (status = 404, body = Problem)))]
pub async fn get_people_stats(
    State(app): State<App>,
    staff: Staff<ReadStats>,
    extract::Query(query): extract::Query<DivisionQuery>,
) -> ApiResult<Json<PeopleStats>> {
    let division = division_of(&app, &staff.caller, query.division.as_deref())?;
    Ok(Json(
        people(&app, &app.db.client().await?, &division).await?,
    ))
}

async fn people(app: &App, db: &Client, division: &str) -> ApiResult<PeopleStats> {
    let digits = digits_below(division);
    let names = store::list_names(db, division, digits).await?;
    let mut children: BTreeMap<String, ChildCount> = names
        .into_iter()
        .map(|(code, name)| {
            (
                code.clone(),
                ChildCount {
                    code,
                    name,
                    count: PeopleCount::default(),
                },
            )
        })
        .collect();
    let mut total = PeopleCount::default();
    for row in store::list_people_cells(db, division, digits).await? {
        total.add(row.cell, row.count);
        let nameless = || ChildCount {
            code: row.key.clone(),
            name: NOT_PLACED.into(),
            count: PeopleCount::default(),
        };
        children
            .entry(row.key.clone())
            .or_insert_with(nameless)
            .count
            .add(row.cell, row.count);
    }
    let children = children.into_values().collect();
    Ok(PeopleStats {
        division: division.to_owned(),
        as_of: app.now(),
        total,
        children,
    })
}

/// How scan counts are grouped.
#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// By hour.
    Hour,
    /// By day of the district's calendar.
    Day,
    /// By gate.
    Gate,
    /// By the divisions below.
    Division,
}

/// Which scans, grouped how.
#[derive(Deserialize, IntoParams)]
pub struct ScanQuery {
    /// Code; the caller's jurisdiction when absent.
    division: Option<String>,
    /// From this time, down to the hour; today when absent.
    from: Option<Timestamp>,
    /// Before this time, up to the hour; now when absent.
    to: Option<Timestamp>,
    /// Grouping; by hour when absent.
    #[param(inline)]
    by: Option<By>,
}

/// Scans at the gates of a division by colour, direction and action.
#[utoipa::path(get, path = "/api/v1/stats/scans", operation_id = "get_scan_stats", tag = "stats",
    security(("staff" = [])), params(ScanQuery),
    responses((status = 200, body = ScanStats), (status = 404, body = Problem)))]
pub async fn get_scan_stats(
    State(app): State<App>,
    staff: Staff<ReadStats>,
    extract::Query(query): extract::Query<ScanQuery>,
) -> ApiResult<Json<ScanStats>> {
    let division = division_of(&app, &staff.caller, query.division.as_deref())?;
    Ok(Json(scan_stats(&app, division, &query).await?))
}

/// Counts the scans of a division that the caller may see.
async fn scan_stats(app: &App, division: String, query: &ScanQuery) -> ApiResult<ScanStats> {
    let now = app.now();
    let from = hour_of(
        query
            .from
            .unwrap_or_else(|| start_of_day(district_date(now))),
        false,
    );
    let to = hour_of(query.to.unwrap_or(now), true);
    if to.duration_since(from) > RANGE_MAX {
        return Err(ApiError::new(Code::BadQuery).detail("from and to lie more than a year apart"));
    }
    let by = match query.by.unwrap_or(By::Hour) {
        By::Hour => GroupBy::Hour,
        By::Day => GroupBy::Day,
        By::Gate => GroupBy::Gate,
        By::Division => GroupBy::Place(digits_below(&division)),
    };
    let db = app.db.client().await?;
    let names = names_of(&db, &division, &by).await?;
    let prefix = division.as_str();
    let range = ScanRange { prefix, from, to };
    let cells = store::list_scan_cells(&db, &range, &by).await?;
    let (total, rows) = rows_of(cells, &names);
    Ok(ScanStats {
        division,
        from,
        to,
        as_of: now,
        total,
        rows,
    })
}

async fn names_of(db: &Client, division: &str, by: &GroupBy) -> ApiResult<HashMap<String, String>> {
    let names = match by {
        GroupBy::Hour | GroupBy::Day => Vec::new(),
        GroupBy::Gate => store::list_gate_names(db, division).await?,
        GroupBy::Place(digits) => store::list_names(db, division, *digits).await?,
    };
    Ok(names.into_iter().collect())
}

fn rows_of(
    cells: Vec<store::CellRow>,
    names: &HashMap<String, String>,
) -> (ScanCount, Vec<ScanRow>) {
    let mut total = ScanCount::default();
    let mut rows: Vec<ScanRow> = Vec::new();
    for cell in cells {
        total.add(cell.cell, cell.count);
        if rows.last().is_none_or(|row| row.key != cell.key) {
            let name = names.get(&cell.key).cloned();
            rows.push(ScanRow {
                key: cell.key,
                name,
                count: ScanCount::default(),
            });
        }
        if let Some(row) = rows.last_mut() {
            row.count.add(cell.cell, cell.count);
        }
    }
    (total, rows)
}

/// The hour's start, or the next one's when `up` and not on the hour.
fn hour_of(at: Timestamp, up: bool) -> Timestamp {
    let second = at.as_second();
    let floor = second - second.rem_euclid(3600);
    let hour = if up && (floor != second || at.subsec_nanosecond() != 0) {
        floor + 3600
    } else {
        floor
    };
    Timestamp::from_second(hour).unwrap_or(at)
}

/// What the live page shows: the last hour by minute, people, and the busiest gates.
#[utoipa::path(get, path = "/api/v1/stats/live", operation_id = "get_live_stats", tag = "stats",
    security(("staff" = [])), params(DivisionQuery),
    responses((status = 200, body = LiveStats), (status = 404, body = Problem)))]
pub async fn get_live_stats(
    State(app): State<App>,
    staff: Staff<ReadStats>,
    extract::Query(query): extract::Query<DivisionQuery>,
) -> ApiResult<Json<LiveStats>> {
    let division = division_of(&app, &staff.caller, query.division.as_deref())?;
    let db = app.db.client().await?;
    let now = app.now();
    let first = minute_of(now) - SignedDuration::from_mins(LIVE_MINUTES - 1);
    let minutes: HashMap<Timestamp, i64> = store::list_minutes(&db, &division, first)
        .await?
        .into_iter()
        .collect();
    let scans_per_minute = (0..LIVE_MINUTES)
        .map(|index| first + SignedDuration::from_mins(index))
        .map(|minute| MinuteCount {
            minute,
            scans: minutes.get(&minute).copied().unwrap_or(0),
        })
        .collect();
    let quarter = minute_of(now) - SignedDuration::from_mins(14);
    let gates = store::list_busy_gates(&db, &division, quarter, BUSY_GATES_MAX).await?;
    let people = people(&app, &db, &division).await?;
    Ok(Json(LiveStats {
        as_of: now,
        scans_per_minute,
        people,
        gates,
    }))
}

fn minute_of(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(60)).unwrap_or(at)
}

/// Counts the raw rows and compares them with the roll-ups. Each of the two comparisons
/// is one statement, hence one snapshot, so it must hold at any moment under any load.
#[utoipa::path(get, path = "/api/v1/stats/verification", operation_id = "verify_stats", tag = "stats",
    security(("staff" = [])), responses((status = 200, body = Verification), (status = 403, body = Problem)))]
pub async fn verify_stats(
    State(app): State<App>,
    _staff: Staff<crate::access::VerifyStats>,
) -> ApiResult<Json<Verification>> {
    let db = app.db.client().await?;
    let (people, people_differences) = store::compare_people(&db).await?;
    let (scans, scan_differences) = store::compare_scans(&db).await?;
    Ok(Json(Verification {
        people,
        scans,
        people_differences,
        scan_differences,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_round_outward() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(
            hour_of(at("2020-03-06T00:30:00Z"), false),
            at("2020-03-06T00:00:00Z")
        );
        assert_eq!(
            hour_of(at("2020-03-06T00:30:00Z"), true),
            at("2020-03-06T01:00:00Z")
        );
        assert_eq!(
            hour_of(at("2020-03-06T01:00:00Z"), true),
            at("2020-03-06T01:00:00Z")
        );
        assert_eq!(
            hour_of(at("2020-03-06T01:00:00.001Z"), true),
            at("2020-03-06T02:00:00Z")
        );
    }
}
