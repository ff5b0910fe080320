//! How long appeals take, by place: for those who lead.

use axum::Json;
use axum::extract::State;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::store::stats as store;
use crate::access::ReadAppealStats;
use crate::app::App;
use crate::auth::Staff;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;

/// Days looked back unless asked otherwise, and at most.
const DAYS_DEFAULT: i64 = 30;
const DAYS_MAX: i64 = 366;

/// Which appeals are counted.
#[derive(Debug, Deserialize, IntoParams)]
pub struct AppealStatsQuery {
    /// Code of a division; the caller's jurisdiction when absent.
    pub division: Option<String>,
    /// Opened within so many days, 1 to 366; 30 when absent.
    pub days: Option<i64>,
}

/// Appeals of a place, counted. `opened` is the sum of open, granted, rejected and withdrawn;
/// each count is the sum of those below.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct AppealCounts {
    /// Name of the division; absent for people whose place is not known.
    pub name: Option<String>,
    /// Opened in the time looked at.
    pub opened: i64,
    /// Of these, waiting.
    pub open: i64,
    /// Of those waiting, past a deadline.
    pub late: i64,
    /// Decided in favour.
    pub granted: i64,
    /// Decided against.
    pub rejected: i64,
    /// Taken back.
    pub withdrawn: i64,
    /// Seconds until a decision that half took at most; absent while none is decided.
    pub median_s: Option<i64>,
    /// Seconds that nine in ten took at most.
    pub p90_s: Option<i64>,
}

/// A place below.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppealPlace {
    /// Code.
    pub code: String,
    /// Its appeals.
    #[serde(flatten)]
    pub counts: AppealCounts,
}

/// Appeals of a place and of each place below it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppealStats {
    /// Code of the place; empty is everywhere.
    pub division: String,
    /// Days looked back.
    pub days: i64,
    /// All of it.
    pub total: AppealCounts,
    /// One level down, in order of code; places without appeals are left out.
    pub places: Vec<AppealPlace>,
}

/// How many appeals there are and how long they take, for a place and each place below it.
#[utoipa::path(get, path = "/api/v1/appeals/stats", operation_id = "get_appeal_stats", tag = "appeals",
    security(("staff" = [])), params(AppealStatsQuery),
    responses((status = 200, body = AppealStats), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_appeal_stats(
    State(app): State<App>,
    staff: Staff<ReadAppealStats>,
    extract::Query(query): extract::Query<AppealStatsQuery>,
) -> ApiResult<Json<AppealStats>> {
    let asked = query.division.as_deref();
    let prefix = staff.caller.narrow(asked).ok_or(Code::NotFound)?;
    if asked.is_some_and(|asked| asked.len() > prefix.len()) {
        return Err(Code::NotFound.into());
    }
    let days = query.days.unwrap_or(DAYS_DEFAULT).clamp(1, DAYS_MAX);
    let now = app.now();
    let since = now - SignedDuration::from_hours(24 * days);
    let db = staff.tx(&app).await?;
    let below = (prefix.as_str(), digits_below(&prefix));
    let rows = store::count_appeals(&db, below, (since, now)).await?;
    let mut stats = AppealStats {
        division: prefix,
        days,
        total: AppealCounts::default(),
        places: Vec::new(),
    };
    for (code, counts) in rows {
        match code {
            None => stats.total = counts,
            Some(code) => stats.places.push(AppealPlace { code, counts }),
        }
    }
    Ok(Json(stats))
}

/// Digits of the divisions one level below a code.
fn digits_below(prefix: &str) -> i32 {
    match prefix.len() {
        0..6 => 6,
        6..9 => 9,
        9..12 => 12,
        _ => 15,
    }
}

#[cfg(test)]
mod tests {
    use super::digits_below;

    #[test]
    fn one_level_down() {
        let of = ["", "4403", "440310", "440310001", "440310001001"];
        assert_eq!(of.map(digits_below), [6, 6, 9, 12, 15]);
    }
}
