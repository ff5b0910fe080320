//! A gate's own page: how many came when, and what became of them.

use axum::Json;
use axum::extract::State;
use gridpass_types::clock::{district_date, start_of_day};
use jiff::{SignedDuration, Timestamp};

use super::model::{GateBoard, GateDay, Quarter};
use super::store;
use crate::app::App;
use crate::gates::Device;
use crate::http::error::{ApiError, ApiResult, Problem};

/// Quarters of an hour shown.
const QUARTERS: i64 = 32;
/// Seconds of one.
const QUARTER_S: i64 = 900;
/// For how long an inspection is shown.
const INSPECTIONS_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Inspections shown at most.
const INSPECTIONS_MAX: i64 = 5;
/// Over how long the pace is measured.
const PACE_SPAN: SignedDuration = SignedDuration::from_mins(10);
/// People below which there is no pace.
const PACE_PEOPLE_MIN: i64 = 5;

/// What goes on at the calling device's gate; exact up to the last second.
#[utoipa::path(get, path = "/api/v1/device/board", operation_id = "get_gate_board", tag = "gates",
    security(("device" = []), ("shift" = [])),
    responses((status = 200, body = GateBoard), (status = 401, body = Problem)))]
pub async fn get_gate_board(State(app): State<App>, device: Device) -> ApiResult<Json<GateBoard>> {
    let (now, gate_id) = (app.now(), device.gate_id);
    let db = app.db.client().await?;
    let first = first_quarter(now)?;
    let counted = store::list_quarters(&db, gate_id, first).await?;
    let midnight = start_of_day(district_date(now));
    let cells = store::list_day_cells(&db, gate_id, midnight).await?;
    let day = GateDay {
        late_reds: store::count_late_reds(&db, gate_id, midnight).await?,
        specimens: store::count_specimens(&db, gate_id, midnight).await?,
        overrides: store::count_overrides(&db, gate_id, midnight).await?,
        ..day_of(&cells)
    };
    let since = now - INSPECTIONS_LIFE;
    let inspections = store::list_inspections(&db, gate_id, (since, INSPECTIONS_MAX)).await?;
    let lately = store::count_since(&db, gate_id, now - PACE_SPAN).await?;
    Ok(Json(GateBoard {
        as_of: now,
        quarters: without_gaps(first, &counted)?,
        day,
        inspections,
        seconds_a_person: pace(lately),
    }))
}

fn first_quarter(now: Timestamp) -> ApiResult<Timestamp> {
    let current = now.as_second().div_euclid(QUARTER_S);
    time((current - QUARTERS + 1) * QUARTER_S)
}

fn time(seconds: i64) -> ApiResult<Timestamp> {
    Timestamp::from_second(seconds).map_err(ApiError::internal)
}

/// Seconds from one person to the next; none when too few came to say.
fn pace(people: i64) -> Option<f64> {
    (people >= PACE_PEOPLE_MIN).then(|| PACE_SPAN.as_secs_f64() / people as f64)
}

/// Every quarter once, also those in which nobody came.
fn without_gaps(first: Timestamp, counted: &[Quarter]) -> ApiResult<Vec<Quarter>> {
    let mut quarters = Vec::with_capacity(QUARTERS as usize);
    for number in 0..QUARTERS {
        let start = time(first.as_second() + number * QUARTER_S)?;
        let found = counted.iter().find(|quarter| quarter.start == start);
        quarters.push(found.copied().unwrap_or(Quarter {
            start,
            ..Quarter::default()
        }));
    }
    Ok(quarters)
}

/// Adds up cells of the roll-up: colour × 100 + action × 10 + direction × 2 + fever.
fn day_of(cells: &[(i16, i64)]) -> GateDay {
    let mut day = GateDay::default();
    for (cell, scans) in cells {
        day.scans += scans;
        match cell / 10 % 10 {
            0 => day.passed += scans,
            1 => day.checked += scans,
            _ => day.held += scans,
        }
        if cell % 10 < 2 {
            day.going_in += scans;
        }
        if cell % 2 == 1 {
            day.fevers += scans;
        }
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_add_up_to_the_day() {
        // Green passed in; yellow checked out; red held in with a fever.
        let day = day_of(&[(0, 5), (112, 3), (221, 2)]);
        let all = (
            day.scans,
            day.going_in,
            day.passed,
            day.checked,
            day.held,
            day.fevers,
        );
        assert_eq!(all, (10, 7, 5, 3, 2, 2));
    }

    #[test]
    fn quarters_have_no_gaps_and_end_with_the_present_one() {
        let now: Timestamp = "2020-03-06T00:31:00Z".parse().unwrap();
        let first = first_quarter(now).unwrap();
        let one = Quarter {
            start: first,
            green: 4,
            ..Quarter::default()
        };
        let quarters = without_gaps(first, &[one]).unwrap();
        assert_eq!(quarters.len(), 32);
        assert_eq!((quarters[0].green, quarters[1].green), (4, 0));
        assert_eq!(quarters[31].start.to_string(), "2020-03-06T00:30:00Z");
    }

    #[test]
    fn a_pace_takes_some_people() {
        assert_eq!(pace(4), None);
        assert_eq!(pace(60), Some(10.0));
    }
}
