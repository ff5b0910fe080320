//! The gate table: from a colour and the gate's context to what the guard does.

use gridpass_types::Colour;
use serde::{Deserialize, Serialize};

use crate::cell::{Test, test_text};
use crate::columns::{GATE_COLUMNS, accepts, accepts_in_column, row_mask, situation};
use crate::coverage::{RowConditions, check_coverage};
use crate::grid::{Grid, read_csv, read_xlsx, write_csv, write_xlsx};
use crate::reason::Reason;
use crate::rule_set::{Explanation, FailedCell, RuleTrial, list_text};
use crate::sheet::{SheetRow, coverage_errors, read_rows};
use crate::table_error::{TableError, TableName};
use crate::words::{Action, AreaStatus, Check, Checked, Direction, Notify, Relation};

const COLUMNS: [&str; 11] = [
    "rule",
    "temperature",
    "colour",
    "area",
    "direction",
    "relation",
    "checked",
    "action",
    "reason",
    "checks",
    "notify",
];

/// What a gate knows at the moment of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GateContext {
    /// Colour of the pass, derived at this moment.
    pub colour: Colour,
    /// How the gate's enclosure is managed.
    pub area: AreaStatus,
    /// In or out.
    pub direction: Direction,
    /// What the person has to do with the gate.
    pub relation: Relation,
    /// Whether an on-the-spot check holds.
    pub checked: Checked,
    /// This scan's reading in degrees Celsius.
    pub temperature: Option<f64>,
}

impl GateContext {
    const fn words(&self) -> [u8; 5] {
        [
            self.colour as u8,
            self.area as u8,
            self.direction as u8,
            self.relation as u8,
            self.checked as u8,
        ]
    }
}

/// A checked gate table: every situation is decided, every row can be reached.
#[derive(Clone, Debug, PartialEq)]
pub struct GateTable {
    rows: Vec<Row>,
    /// Masks of the rows' word columns, apart so that a decision reads few cache lines.
    masks: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    rule: String,
    temperature: Test<f64>,
    tests: Vec<Test<u8>>,
    action: Action,
    reason: Reason,
    checks: Vec<Check>,
    notify: Vec<Notify>,
}

/// What the gate table says. Borrows its words from the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct GateDecision<'t> {
    /// What the guard does.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// Id of the deciding rule.
    pub rule: &'t str,
    /// What the guard checks on the spot.
    pub checks: &'t [Check],
    /// Who is told.
    pub notify: &'t [Notify],
}

impl GateTable {
    /// Reads a table from CSV.
    ///
    /// # Errors
    /// Everything found wrong, with row and column.
    pub fn from_csv(bytes: &[u8]) -> Result<Self, Vec<TableError>> {
        Self::from_grid(&read_csv(TableName::Gate, bytes).map_err(|error| vec![error])?)
    }

    /// Reads a table from the sheet `gate` of a workbook, or its first sheet.
    ///
    /// # Errors
    /// Everything found wrong, with row and column.
    pub fn from_xlsx(bytes: &[u8]) -> Result<Self, Vec<TableError>> {
        Self::from_grid(&read_xlsx(TableName::Gate, bytes, true).map_err(|error| vec![error])?)
    }

    /// Writes the table as CSV; reading it again gives the same table.
    #[must_use]
    pub fn to_csv(&self) -> Vec<u8> {
        write_csv(&self.to_rows())
    }

    /// Writes the table as a workbook with one sheet; reading it again gives the same table.
    #[must_use]
    pub fn to_xlsx(&self) -> Vec<u8> {
        write_xlsx(&[(TableName::Gate, self.to_rows())])
    }

    /// The table as text: the header, then one row for each rule, every cell in its normal form.
    #[must_use]
    pub fn to_rows(&self) -> Vec<Vec<String>> {
        let header = COLUMNS.iter().map(|name| (*name).to_owned()).collect();
        std::iter::once(header)
            .chain(self.rows.iter().map(Row::cells))
            .collect()
    }

    /// The first row whose cells all hold decides.
    #[must_use]
    pub fn decide(&self, context: &GateContext) -> GateDecision<'_> {
        let situation = situation(context.words());
        let deciding = self.masks.iter().zip(&self.rows).position(|(mask, row)| {
            accepts(*mask, situation) && row.temperature.holds(context.temperature)
        });
        // The table was checked to decide every situation, so the last row is never a fallback.
        self.rows[deciding.unwrap_or(self.rows.len() - 1)].decision()
    }

    /// What a rule says, by its id: for decisions kept by the rule that made them.
    #[must_use]
    pub fn find(&self, rule: &str) -> Option<GateDecision<'_>> {
        let row = self.rows.iter().find(|row| row.rule == rule);
        row.map(Row::decision)
    }

    /// What the row at a place says, counted from 0: the number that [`GateTable::to_sql`] gives.
    #[must_use]
    pub fn row(&self, place: usize) -> Option<GateDecision<'_>> {
        self.rows.get(place).map(Row::decision)
    }

    /// The tests of each row and what it says, in order.
    pub(crate) fn rows_for_dmn(
        &self,
    ) -> impl Iterator<Item = (&Test<f64>, &[Test<u8>], GateDecision<'_>)> {
        let rows = self.rows.iter();
        rows.map(|row| (&row.temperature, row.tests.as_slice(), row.decision()))
    }

    /// Mask and test of the temperature of each row, in order.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = (u64, &Test<f64>)> {
        let temperatures = self.rows.iter().map(|row| &row.temperature);
        self.masks.iter().copied().zip(temperatures)
    }

    /// Decides and says for each row tried which cell did not hold.
    #[must_use]
    pub fn explain(&self, context: &GateContext) -> Explanation<GateDecision<'_>> {
        let mut trace = Vec::new();
        for (row, mask) in self.rows.iter().zip(&self.masks) {
            let failed = row.failed_cell(*mask, context);
            let holds = failed.is_none();
            trace.push(RuleTrial {
                rule: row.rule.clone(),
                failed,
            });
            if holds {
                break;
            }
        }
        Explanation {
            decision: self.decide(context),
            trace,
        }
    }

    pub(crate) fn from_grid(grid: &Grid) -> Result<Self, Vec<TableError>> {
        let rows = read_rows(TableName::Gate, &COLUMNS, grid, read_row)?;
        let (numbers, rows): (Vec<u32>, Vec<Row>) = rows.into_iter().unzip();
        let masks: Vec<u64> = rows
            .iter()
            .map(|row| row_mask(&GATE_COLUMNS, &row.tests))
            .collect();
        let conditions: Vec<_> = masks
            .iter()
            .zip(&rows)
            .map(|(mask, row)| RowConditions {
                mask: *mask,
                number: &row.temperature,
            })
            .collect();
        let coverage = check_coverage(&GATE_COLUMNS, &conditions);
        let errors = coverage_errors(TableName::Gate, &numbers, coverage.as_ref());
        if errors.is_empty() {
            Ok(Self { rows, masks })
        } else {
            Err(errors)
        }
    }
}

/// Reads all cells before giving up on a row, so that every error of it is reported.
fn read_row(row: &mut SheetRow<'_>) -> Option<Row> {
    let rule = row.rule_id();
    let temperature = row.number_test("temperature");
    let tests = row.word_tests(&GATE_COLUMNS);
    let action = row.word("action", Action::from_word);
    let reason = row.reason();
    let checks = row.words("checks", Check::from_word);
    let notify = row.words("notify", Notify::from_word);
    Some(Row {
        rule: rule?,
        temperature: temperature?,
        tests: tests?,
        action: action?,
        reason: reason?,
        checks: checks?,
        notify: notify?,
    })
}

fn word_text(test: &Test<u8>, column: usize) -> String {
    test_text(test, |index| {
        (GATE_COLUMNS[column].word_of)(*index).to_owned()
    })
}

impl Row {
    fn decision(&self) -> GateDecision<'_> {
        GateDecision {
            action: self.action,
            reason: self.reason,
            rule: &self.rule,
            checks: &self.checks,
            notify: &self.notify,
        }
    }

    fn failed_cell(&self, mask: u64, context: &GateContext) -> Option<FailedCell> {
        if !self.temperature.holds(context.temperature) {
            return Some(FailedCell {
                column: "temperature".to_owned(),
                cell: test_text(&self.temperature, f64::to_string),
                actual: context
                    .temperature
                    .map_or_else(|| "-".to_owned(), |celsius| celsius.to_string()),
            });
        }
        let words = context.words();
        let situation = situation(words);
        (0..words.len())
            .find(|column| !accepts_in_column(mask, situation, *column))
            .map(|column| FailedCell {
                column: GATE_COLUMNS[column].name.to_owned(),
                cell: word_text(&self.tests[column], column),
                actual: (GATE_COLUMNS[column].word_of)(words[column]).to_owned(),
            })
    }

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![
            self.rule.clone(),
            test_text(&self.temperature, f64::to_string),
        ];
        let tests = self.tests.iter().enumerate();
        cells.extend(tests.map(|(column, test)| word_text(test, column)));
        cells.extend([
            self.action.to_string(),
            self.reason.to_string(),
            list_text(&self.checks),
            list_text(&self.notify),
        ]);
        cells
    }
}
