//! What is held about a person, as the person sees it. Pure but for the words of the file of columns.

use std::collections::HashMap;
use std::sync::LazyLock;

use gridpass_rules::words::Direction;
use gridpass_rules::{Action, FactBody};
use gridpass_types::Colour;
use gridpass_types::ids::PassSerial;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::more::OwnMore;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// The file by which data is kept and destroyed, part of the binary.
const COLUMNS: &str = include_str!("../../../../columns.toml");

#[derive(Deserialize)]
struct Column {
    retention: String,
}

static KEPT: LazyLock<HashMap<String, HashMap<String, Column>>> =
    LazyLock::new(|| toml::from_str(COLUMNS).expect("columns.toml is checked by a test"));

/// How long a column is kept: the word of `columns.toml`.
pub fn kept(table: &str, column: &str) -> String {
    let found = KEPT.get(table).and_then(|columns| columns.get(column));
    found.map_or_else(String::new, |column| column.retention.clone())
}

/// Why something is not removed before its term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// Without it there is no pass.
    Pass,
    /// It is evidence for the control of the epidemic.
    Evidence,
    /// It is how somebody is found who met a case.
    Tracing,
}

/// A field that is held.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HeldField {
    /// Which: `name`, `document_number`, `phone`, `address`, `address_code`, `grid`, `household`, `birth_year`,
    /// `sex`, `origin`, `photo`.
    pub field: String,
    /// Its value as far as it is shown on a phone; the number is masked.
    pub value: Option<String>,
    /// How long it is kept: `emergency`, or a span.
    pub kept: String,
    /// Why it is not removed before; absent for what may be removed now.
    pub because: Option<Because>,
}

/// Evidence that is held.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HeldFact {
    /// What it says.
    #[serde(flatten)]
    pub body: FactBody,
    /// Where it came from.
    pub source: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// From when it counts no more, if it was withdrawn.
    pub retracted_at: Option<Timestamp>,
}

/// A call at the door.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HeldVisit {
    /// Why.
    pub cause: String,
    /// `open`, `done` or `not_executable`.
    pub status: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// What came of it.
    pub outcome: Option<String>,
}

/// A quarantine order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HeldOrder {
    /// `home`, `central` or `hospital`.
    pub place: String,
    /// First day.
    pub start: Date,
    /// First day free.
    pub end: Date,
    /// Where it stands.
    pub status: String,
}

/// A check at a gate.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HeldCheck {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub gate: Option<String>,
    /// In or out.
    pub direction: Direction,
    /// Colour as decided then.
    pub colour: Colour,
    /// What the guard was told.
    pub action: Action,
    /// Temperature in tenths of a degree Celsius, if one was taken.
    pub temperature_decicelsius: Option<i16>,
}

/// A version of the notice that was accepted.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ConsentView {
    /// Version.
    pub version: i32,
    /// When.
    pub accepted_at: Timestamp,
}

/// Records of one kind with their term.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Held<T> {
    /// The records, newest first.
    pub items: Vec<T>,
    /// Whether there are older ones than are shown.
    pub more: bool,
    /// How long they are kept.
    pub kept: String,
    /// Why they are not removed before.
    pub because: Because,
}

/// Everything that is held about a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnDataView {
    /// Serial of the pass.
    pub pass_serial: PassSerial,
    /// When this was put together.
    pub made_at: Timestamp,
    /// Where the record first came from: `holder`, `counter` or a registry's name.
    pub source: String,
    /// When first known.
    pub created_at: Timestamp,
    /// When the person applied.
    pub enrolled_at: Option<Timestamp>,
    /// Fields.
    pub fields: Vec<HeldField>,
    /// Evidence.
    pub facts: Held<HeldFact>,
    /// Calls at the door.
    pub visits: Held<HeldVisit>,
    /// Quarantine orders.
    pub orders: Held<HeldOrder>,
    /// Checks at gates.
    pub checks: Held<HeldCheck>,
    /// Versions of the notice that were accepted, newest first.
    pub consents: Vec<ConsentView>,
    /// What the person asked for, said and was told.
    #[serde(flatten)]
    pub more: OwnMore,
}

/// Whose data.
#[derive(Debug, Deserialize, IntoParams)]
pub struct OwnDataQuery {
    /// Serial of the pass of a child or of somebody of the household; the holder's own when absent.
    pub pass_serial: Option<PassSerial>,
}

/// A version that is accepted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInput {
    /// The version that was shown: the one that holds now.
    pub version: i32,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// The name.
    Name,
    /// Where the person lives.
    Residence,
    /// Where the person works.
    Employment,
    /// Evidence: a stay, a contact, a health reading.
    Evidence,
}

impl Correction {
    /// The cause of the call that follows.
    pub fn cause(self) -> &'static str {
        match self {
            Correction::Name => "correct_name",
            Correction::Residence => "correct_residence",
            Correction::Employment => "correct_employment",
            Correction::Evidence => "correct_evidence",
        }
    }
}

/// A correction that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionInput {
    /// Serial of the pass of a child or of somebody of the household; the holder's own when absent.
    #[serde(default)]
    pub pass_serial: Option<PassSerial>,
    /// What is wrong.
    pub what: Correction,
}

/// What follows.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CorrectionView {
    /// Until when a grid worker calls.
    pub due_at: Timestamp,
}

/// Refuses another version than the one that holds.
///
/// # Errors
/// 422 with the field.
pub fn check_version(given: i32, current: i32) -> ApiResult<()> {
    if given == current {
        return Ok(());
    }
    Err(ApiError::fields(vec![FieldError::new(
        "version",
        "notice_version_old",
        "another version of the notice holds now; read it first",
        "隐私告知已更新，请先阅读最新版本",
    )]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_those_of_the_file() {
        assert_eq!(kept("scan", "colour"), "60 days");
        assert_eq!(kept("person", "name_sealed"), "emergency");
        assert_eq!(kept("fact", "body"), "emergency");
        assert_eq!(kept("no_such", "table"), "");
    }
}
