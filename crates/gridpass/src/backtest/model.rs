//! What is asked for and what goes over the wire.

use std::sync::Arc;

use gridpass_rules::RuleSet;
use gridpass_types::division::DivisionCode;
use gridpass_types::ids::{RuleSetVersion, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::card::ImpactCard;
use crate::auth::Caller;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Days of scans at most; scans are kept longer, but gates change.
const SCAN_DAYS_MAX: i16 = 14;
/// Divisions at most.
const DIVISIONS_MAX: usize = 50;

/// A rule set to try: a stored version, or two tables that need not be stored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBackTest {
    /// A stored version.
    #[serde(default)]
    pub version: Option<i32>,
    /// The colour table as CSV, instead of a version.
    #[serde(default)]
    pub colour_csv: Option<String>,
    /// The gate table as CSV, instead of a version.
    #[serde(default)]
    pub gate_csv: Option<String>,
    /// Prefixes of the divisions where it would be in force; the caller's jurisdiction when empty.
    #[serde(default)]
    pub divisions: Vec<String>,
    /// Days of scans to decide anew, 0 to 14; 3 when absent.
    #[serde(default)]
    pub scan_days: Option<i16>,
    /// What the card's minutes and days are reckoned with.
    #[serde(default)]
    pub assumptions: Assumptions,
}

/// What the card's minutes and days are reckoned with. No source gives these figures: the
/// defaults are ours, and whoever tries a rule set says what holds at the place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Assumptions {
    /// Seconds somebody who passes takes at the gate; 3 when absent, the budget of a scan.
    pub pass_seconds: u16,
    /// Seconds a check on the spot takes; 60 when absent.
    pub check_seconds: u16,
    /// Seconds somebody who is stopped takes; 180 when absent.
    pub stop_seconds: u16,
    /// Visits one grid worker makes a day; 30 when absent.
    pub visits_per_day: u16,
    /// How many times the average a group must be hit for a warning; 2 when absent.
    pub harder_than: f64,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            pass_seconds: 3,
            check_seconds: 60,
            stop_seconds: 180,
            visits_per_day: 30,
            harder_than: 2.0,
        }
    }
}

impl Assumptions {
    fn faults(&self) -> Option<FieldError> {
        let seconds = [self.pass_seconds, self.check_seconds, self.stop_seconds];
        let sound = seconds.iter().all(|seconds| *seconds <= 3_600)
            && (1..=1_000).contains(&self.visits_per_day)
            && (1.0..=100.0).contains(&self.harder_than);
        (!sound).then(|| {
            FieldError::new(
                "assumptions",
                "assumptions_invalid",
                "seconds up to 3600, 1 to 1000 visits a day, 1 to 100 times the average",
                "秒数不超过 3600，每日上门 1 至 1000 次，倍数 1 至 100",
            )
        })
    }
}

/// A rule set to try, checked.
pub struct Asked {
    /// The stored version, if it is one.
    pub version: Option<RuleSetVersion>,
    /// The rule set.
    pub rules: Arc<RuleSet>,
    /// Where it would be in force.
    pub divisions: Vec<String>,
    /// Days of scans.
    pub scan_days: i16,
    /// What minutes and days are reckoned with.
    pub assumptions: Assumptions,
}

/// How many days of scans an input asks for, its divisions within the caller's jurisdiction,
/// and its assumptions.
///
/// # Errors
/// 422 with each field.
pub fn check(input: &NewBackTest, caller: &Caller) -> ApiResult<(i16, Vec<String>)> {
    let mut wrong: Vec<FieldError> = input.assumptions.faults().into_iter().collect();
    let scan_days = input.scan_days.unwrap_or(3);
    if !(0..=SCAN_DAYS_MAX).contains(&scan_days) {
        wrong.push(FieldError::new(
            "scan_days",
            "scan_days_invalid",
            "0 to 14 days",
            "应为 0 至 14 天",
        ));
    }
    let tables = input.colour_csv.is_some() && input.gate_csv.is_some();
    let any_table = input.colour_csv.is_some() || input.gate_csv.is_some();
    if tables == input.version.is_some() || tables != any_table {
        wrong.push(FieldError::new(
            "version",
            "version_or_tables",
            "either a version or both tables",
            "请指定版本，或同时提供两张规则表",
        ));
    }
    let mut divisions = input.divisions.clone();
    if divisions.is_empty() && !caller.jurisdiction.is_empty() {
        divisions.push(caller.jurisdiction.clone());
    }
    let known = |code: &String| DivisionCode::parse(code).is_ok() && caller.covers(code);
    if divisions.len() > DIVISIONS_MAX || !divisions.iter().all(known) {
        wrong.push(FieldError::new(
            "divisions",
            "divisions_invalid",
            "codes of divisions in your jurisdiction, 50 at most",
            "应为管辖范围内的行政区划代码，最多 50 个",
        ));
    }
    if wrong.is_empty() {
        return Ok((scan_days, divisions));
    }
    Err(ApiError::fields(wrong))
}

/// Where a back-test stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackTestStatus {
    /// Nobody works on it yet.
    Waiting,
    /// Under way.
    Running,
    /// The card is there.
    Done,
    /// It broke off; the log says why.
    Failed,
}

impl BackTestStatus {
    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "waiting" => Some(Self::Waiting),
            "running" => Some(Self::Running),
            "done" => Some(Self::Done),
            "failed" => Some(Self::Failed),
            _ => None,
        }
    }
}

/// A back-test.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BackTestView {
    /// Identity.
    pub back_test_id: i64,
    /// Where it stands.
    pub status: BackTestStatus,
    /// How far it has come, 0 to 100.
    pub percent: i16,
    /// The stored version; absent for tables that were sent along.
    pub rule_set_version: Option<RuleSetVersion>,
    /// SHA-256 over both tables, hex.
    pub content_sha256: String,
    /// Where it would be in force; empty is everywhere.
    pub divisions: Vec<String>,
    /// Days of scans decided anew.
    pub scan_days: i16,
    /// What minutes and days are reckoned with.
    pub assumptions: Assumptions,
    /// When it was asked for.
    pub started_at: Timestamp,
    /// By whom.
    pub started_by: StaffId,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The impact card, once done; not in lists.
    pub card: Option<ImpactCard>,
}

/// Which back-tests to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct BackTestsQuery {
    /// Of this version only.
    pub version: Option<i32>,
    /// Of tables with this digest only, hex.
    pub content_sha256: Option<String>,
    /// Continue after this one, with older ones; the newest when absent.
    pub after: Option<i64>,
    /// Items wanted, 1 to 1000; 100 when absent.
    pub limit: Option<u32>,
}

/// A digest as bytes.
///
/// # Errors
/// 400 when it is none.
pub fn read_digest(text: &str) -> ApiResult<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..64).step_by(2).map(pair).collect();
    bytes
        .filter(|_| text.len() == 64)
        .ok_or_else(|| Code::BadQuery.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_64_hexadecimal_digits() {
        assert_eq!(read_digest(&"0f".repeat(32)).unwrap(), [15; 32]);
        for wrong in [
            "",
            "0f",
            &"0f".repeat(33),
            &"zz".repeat(32),
            &"é".repeat(32),
        ] {
            assert!(read_digest(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn absurd_assumptions_are_refused() {
        assert!(Assumptions::default().faults().is_none());
        for wrong in [
            Assumptions {
                visits_per_day: 0,
                ..Assumptions::default()
            },
            Assumptions {
                harder_than: f64::NAN,
                ..Assumptions::default()
            },
            Assumptions {
                stop_seconds: 4_000,
                ..Assumptions::default()
            },
        ] {
            assert!(wrong.faults().is_some());
        }
    }
}
