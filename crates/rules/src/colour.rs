//! The colour table: from a state to a colour with its reason and what follows.

use gridpass_types::Colour;
use serde::Serialize;

use crate::cell::{Test, test_text};
use crate::columns::{
    COLOUR_COLUMNS, accepts, accepts_in_column, row_mask, situation, state_words,
};
use crate::coverage::{RowConditions, check_coverage};
use crate::grid::{Grid, read_csv, read_xlsx, write_csv, write_xlsx};
use crate::reason::Reason;
use crate::rule_set::{Explanation, FailedCell, RuleTrial};
use crate::sheet::{SheetRow, coverage_errors, read_rows};
use crate::state::State;
use crate::table_error::{TableError, TableName};
use crate::words::Notify;

const COLUMNS: [&str; 16] = [
    "rule",
    "case",
    "quarantine",
    "contact",
    "health",
    "stay",
    "exempt",
    "registry",
    "residence",
    "employment",
    "colour",
    "reason",
    "visit_hours",
    "notify",
    "message_zh",
    "message_en",
];

/// A checked colour table: every state is decided, every row can be reached.
#[derive(Clone, Debug, PartialEq)]
pub struct ColourTable {
    rows: Vec<Row>,
    /// Masks of the rows, apart so that a decision reads few cache lines.
    masks: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    rule: String,
    tests: Vec<Test<u8>>,
    colour: Colour,
    reason: Reason,
    visit_hours: Option<u16>,
    notify: Vec<Notify>,
    message_zh: String,
    message_en: String,
}

/// What the colour table says about a state. Borrows its words from the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ColourDecision<'t> {
    /// The colour.
    pub colour: Colour,
    /// Why.
    pub reason: Reason,
    /// Id of the deciding rule.
    pub rule: &'t str,
    /// Hours within which a grid worker visits; `None` if no visit follows.
    pub visit_hours: Option<u16>,
    /// Who is told.
    pub notify: &'t [Notify],
    /// What the person is told, in Chinese.
    pub message_zh: &'t str,
    /// What the person is told, in English.
    pub message_en: &'t str,
}

impl ColourTable {
    /// Reads a table from CSV.
    ///
    /// # Errors
    /// Everything found wrong, with row and column.
    pub fn from_csv(bytes: &[u8]) -> Result<Self, Vec<TableError>> {
        Self::from_grid(&read_csv(TableName::Colour, bytes).map_err(|error| vec![error])?)
    }

    /// Reads a table from the sheet `colour` of a workbook, or its first sheet.
    ///
    /// # Errors
    /// Everything found wrong, with row and column.
    pub fn from_xlsx(bytes: &[u8]) -> Result<Self, Vec<TableError>> {
        Self::from_grid(&read_xlsx(TableName::Colour, bytes, true).map_err(|error| vec![error])?)
    }

    /// Writes the table as CSV; reading it again gives the same table.
    #[must_use]
    pub fn to_csv(&self) -> Vec<u8> {
        write_csv(&self.to_rows())
    }

    /// Writes the table as a workbook with one sheet; reading it again gives the same table.
    #[must_use]
    pub fn to_xlsx(&self) -> Vec<u8> {
        write_xlsx(&[(TableName::Colour, self.to_rows())])
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
    pub fn decide(&self, state: &State) -> ColourDecision<'_> {
        self.rows[self.deciding_row(state)].decision()
    }

    /// The place of the row that decides, counted from 0.
    #[must_use]
    pub fn deciding_row(&self, state: &State) -> usize {
        let situation = situation(state_words(state));
        let deciding = self.masks.iter().position(|mask| accepts(*mask, situation));
        // The table was checked to decide every state, so the last row is never a fallback.
        deciding.unwrap_or(self.rows.len() - 1)
    }

    /// What a rule says, by its id: for decisions kept by the rule that made them.
    #[must_use]
    pub fn find(&self, rule: &str) -> Option<ColourDecision<'_>> {
        let row = self.rows.iter().find(|row| row.rule == rule);
        row.map(Row::decision)
    }

    /// What the row at a place says, counted from 0: the number that [`ColourTable::to_sql`] gives.
    #[must_use]
    pub fn row(&self, place: usize) -> Option<ColourDecision<'_>> {
        self.rows.get(place).map(Row::decision)
    }

    /// The tests of each row and what it says, in order.
    pub(crate) fn rows_for_dmn(&self) -> impl Iterator<Item = (&[Test<u8>], ColourDecision<'_>)> {
        let rows = self.rows.iter();
        rows.map(|row| (row.tests.as_slice(), row.decision()))
    }

    /// The masks of the rows, in order.
    pub(crate) fn masks(&self) -> &[u64] {
        &self.masks
    }

    /// Decides and says for each row tried which cell did not hold.
    #[must_use]
    pub fn explain(&self, state: &State) -> Explanation<ColourDecision<'_>> {
        let words = state_words(state);
        let situation = situation(words);
        let mut trace = Vec::new();
        for (row, mask) in self.rows.iter().zip(&self.masks) {
            let failed = (0..words.len())
                .find(|column| !accepts_in_column(*mask, situation, *column))
                .map(|column| FailedCell {
                    column: COLOUR_COLUMNS[column].name,
                    cell: word_text(&row.tests[column], column),
                    actual: (COLOUR_COLUMNS[column].word_of)(words[column]).to_owned(),
                });
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
            decision: self.decide(state),
            trace,
        }
    }

    pub(crate) fn from_grid(grid: &Grid) -> Result<Self, Vec<TableError>> {
        let rows = read_rows(TableName::Colour, &COLUMNS, grid, read_row)?;
        let (numbers, rows): (Vec<u32>, Vec<Row>) = rows.into_iter().unzip();
        let masks: Vec<u64> = rows
            .iter()
            .map(|row| row_mask(&COLOUR_COLUMNS, &row.tests))
            .collect();
        let conditions: Vec<_> = masks
            .iter()
            .map(|mask| RowConditions {
                mask: *mask,
                number: &Test::Any,
            })
            .collect();
        let coverage = check_coverage(&COLOUR_COLUMNS, &conditions);
        let errors = coverage_errors(TableName::Colour, &numbers, coverage.as_ref());
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
    let tests = row.word_tests(&COLOUR_COLUMNS);
    let colour = row.word("colour", Colour::from_word);
    let reason = row.reason();
    let visit_hours = row.hours("visit_hours");
    let notify = row.words("notify", Notify::from_word);
    let message_zh = row.text("message_zh");
    let message_en = row.text("message_en");
    Some(Row {
        rule: rule?,
        tests: tests?,
        colour: colour?,
        reason: reason?,
        visit_hours: visit_hours?,
        notify: notify?,
        message_zh: message_zh?,
        message_en: message_en?,
    })
}

fn word_text(test: &Test<u8>, column: usize) -> String {
    test_text(test, |index| {
        (COLOUR_COLUMNS[column].word_of)(*index).to_owned()
    })
}

impl Row {
    fn decision(&self) -> ColourDecision<'_> {
        ColourDecision {
            colour: self.colour,
            reason: self.reason,
            rule: &self.rule,
            visit_hours: self.visit_hours,
            notify: &self.notify,
            message_zh: &self.message_zh,
            message_en: &self.message_en,
        }
    }

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.rule.clone()];
        let tests = self.tests.iter().enumerate();
        cells.extend(tests.map(|(column, test)| word_text(test, column)));
        cells.extend([
            self.colour.to_string(),
            self.reason.to_string(),
            self.visit_hours
                .map_or_else(|| "-".to_owned(), |hours| hours.to_string()),
            crate::rule_set::list_text(&self.notify),
            self.message_zh.clone(),
            self.message_en.clone(),
        ]);
        cells
    }
}
