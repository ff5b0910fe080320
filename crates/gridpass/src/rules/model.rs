//! Rule sets as they go over the wire.

use gridpass_rules::cases::Outcome;
use gridpass_rules::{State, TableError};
use gridpass_types::ids::{RuleSetVersion, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::life::RuleSetStatus;
use crate::http::code::Code;
use crate::http::error::{ApiError, FieldError};

/// Faults of a table that are told at most.
pub(super) const FAULTS_TOLD_MAX: usize = 100;

/// A version, from its first draft on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RuleSetView {
    /// Version.
    pub version: RuleSetVersion,
    /// Where it stands in its life.
    pub status: RuleSetStatus,
    /// Why it is made.
    pub note: String,
    /// SHA-256 over both tables, hex; a back-test counts for exactly this content.
    pub content_sha256: String,
    /// Grows with each edit.
    pub revision: i32,
    /// Version it began as a copy of.
    pub based_on: Option<RuleSetVersion>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// By whom; absent for the version shipped with the program.
    pub created_by: Option<StaffId>,
    /// When it was last edited.
    pub changed_at: Timestamp,
    /// Whether exactly these tables were back-tested.
    pub back_tested: bool,
    /// When it was approved.
    pub approved_at: Option<Timestamp>,
    /// By whom.
    pub approved_by: Option<StaffId>,
    /// When it was last put into force anywhere.
    pub activated_at: Option<Timestamp>,
    /// Whether it decides wherever no division has a version of its own.
    pub in_force: bool,
    /// Where it is in force; empty text is the whole district.
    pub places: Vec<String>,
}

/// A version with its content.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RuleTablesView {
    /// The version.
    #[serde(flatten)]
    pub view: RuleSetView,
    /// The colour table in its canonical CSV form.
    pub colour_csv: String,
    /// The gate table in its canonical CSV form.
    pub gate_csv: String,
    /// Cases with what is expected, one JSON object a line.
    pub cases: String,
    /// Who wrote it; none of them, and nobody of their units, may approve it.
    pub editors: Vec<StaffId>,
    /// Code of what keeps the caller from approving it; absent when nothing does.
    pub hindrance: Option<String>,
}

/// A rule set to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRuleSet {
    /// The colour table as CSV.
    pub colour_csv: String,
    /// The gate table as CSV.
    pub gate_csv: String,
    /// Cases, one JSON object a line; those of `based_on` if absent.
    #[serde(default)]
    pub cases: Option<String>,
    /// Version it is made from; the one in force in the whole district if absent.
    #[serde(default)]
    pub based_on: Option<i32>,
    /// Why it is made, 1 to 200 characters.
    pub note: String,
}

/// A draft as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSetEdit {
    /// The revision that was read; another means that somebody edited it meanwhile.
    pub revision: i32,
    /// The colour table as CSV.
    pub colour_csv: String,
    /// The gate table as CSV.
    pub gate_csv: String,
    /// Cases, one JSON object a line.
    pub cases: String,
    /// Why it is made, 1 to 200 characters.
    pub note: String,
}

/// Tables to look at without storing them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TablesInput {
    /// The colour table as CSV.
    pub colour_csv: String,
    /// The gate table as CSV.
    pub gate_csv: String,
    /// Cases to run, one JSON object a line.
    #[serde(default)]
    pub cases: String,
}

/// What is wrong with tables, cell by cell, and which cases fail.
#[derive(Debug, Serialize, ToSchema)]
pub struct TablesReport {
    /// Faults with table, row and column; a hundred at most. No case is run while there are any.
    pub faults: Vec<TableError>,
    /// A situation that would be red on no ground of the closed list, if there is one.
    pub groundless: Option<State>,
    /// How the cases went.
    pub cases: CaseReport,
}

/// How cases went.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct CaseReport {
    /// Cases that came out as expected.
    pub passed: usize,
    /// Cases that did not.
    pub failed: usize,
    /// Those; a hundred at most.
    pub failures: Vec<CaseFailure>,
}

/// A case that did not come out as expected.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseFailure {
    /// Line in the file, from 1.
    pub line: usize,
    /// Its name; empty for a line that is no case.
    pub id: String,
    /// What was expected.
    pub expected: Option<Outcome>,
    /// What came out.
    pub got: Option<Outcome>,
    /// Why the line is no case.
    pub problem: Option<String>,
}

/// A draft after its check.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckedView {
    /// The version; checked if no case failed.
    #[serde(flatten)]
    pub view: RuleSetView,
    /// How its cases went.
    pub cases: CaseReport,
}

/// A workbook as tables.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkbookView {
    /// The sheet `colour` in its canonical CSV form.
    pub colour_csv: String,
    /// The sheet `gate` in its canonical CSV form.
    pub gate_csv: String,
}

/// Why an uploaded workbook is entered.
#[derive(Debug, Deserialize, IntoParams)]
pub struct NoteQuery {
    /// Why it is made, 1 to 200 characters.
    pub note: Option<String>,
}

/// What is wrong with tables, as fields `colour row 3, health`.
pub fn table_problem(errors: &[TableError]) -> ApiError {
    let told = errors.iter().take(FAULTS_TOLD_MAX).map(|error| {
        let place = match (error.row, error.column.as_str()) {
            (0, "") => error.table.to_string(),
            (0, column) => format!("{}, {column}", error.table),
            (row, "") => format!("{} row {row}", error.table),
            (row, column) => format!("{} row {row}, {column}", error.table),
        };
        FieldError::new(
            place,
            error.code.as_str(),
            error.message.as_str(),
            error.message_zh.as_str(),
        )
    });
    ApiError::new(Code::RuleTableInvalid).with_fields(told.collect())
}
