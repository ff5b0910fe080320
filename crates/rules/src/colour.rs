//! The colour table: from a state to a colour with its reason and what follows.

use std::sync::Arc;

use gridpass_types::Colour;
use jiff::Timestamp;
use serde::Serialize;

use crate::catalogue::{Catalogue, KnownColumn};
use crate::cell::{Test, test_text};
use crate::columns::{
    COLOUR_COLUMNS, accepts, accepts_in_column, row_mask, situation, state_words,
};
use crate::coverage::{RowConditions, check_coverage_in};
use crate::extra::{Classes, EXTRA_MAX, Extra, ExtraTest, RowSet, RowSets, named_columns};
use crate::grid::{Grid, read_csv, read_xlsx, write_csv, write_xlsx};
use crate::reason::Reason;
use crate::rule_set::{Explanation, FailedCell, RuleTrial};
use crate::sheet::{SheetRow, coverage_errors, read_rows};
use crate::state::State;
use crate::table_error::{Place, TableError, TableErrorCode, TableName};
use crate::words::Notify;

/// Columns before the conditions and after them; columns of the catalogue stand between.
pub(crate) const OTHER_COLUMNS: [&str; 7] = [
    "rule",
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
    /// Columns of the catalogue that the header names.
    extra: Extra,
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
        Self::from_csv_with(bytes, &Catalogue::default())
    }

    /// Reads a table from CSV that may name columns of the catalogue.
    ///
    /// # Errors
    /// Everything found wrong, with row and column.
    pub fn from_csv_with(bytes: &[u8], catalogue: &Catalogue) -> Result<Self, Vec<TableError>> {
        let grid = read_csv(TableName::Colour, bytes).map_err(|error| vec![error])?;
        Self::from_grid(&grid, catalogue)
    }

    /// Reads a table from the sheet `colour` of a workbook, or its first sheet.
    ///
    /// # Errors
    /// Everything found wrong, with row and column.
    pub fn from_xlsx(bytes: &[u8]) -> Result<Self, Vec<TableError>> {
        let grid = read_xlsx(TableName::Colour, bytes, true).map_err(|error| vec![error])?;
        Self::from_grid(&grid, &Catalogue::default())
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
        let named: Vec<_> = self.extra_keys().collect();
        let header = columns(&named).into_iter().map(str::to_owned).collect();
        let rows = self.rows.iter().enumerate();
        std::iter::once(header)
            .chain(rows.map(|(place, row)| row.cells(self.extra.cells(place))))
            .collect()
    }

    /// The first row whose cells all hold decides.
    #[must_use]
    pub fn decide(&self, state: &State, at: Timestamp) -> ColourDecision<'_> {
        self.rows[self.deciding_row(state, at)].decision()
    }

    /// The place of the row that decides at an instant, counted from 0. Allocates nothing.
    #[must_use]
    pub fn deciding_row(&self, state: &State, at: Timestamp) -> usize {
        let classes = match self.extra.is_empty() {
            true => [0; EXTRA_MAX],
            false => self.extra.classes(&state.catalogued, at),
        };
        self.row_for(state, &classes)
    }

    /// As [`ColourTable::decide`], with the class of each catalogued column as
    /// [`ColourTable::class_sql`] gives it.
    #[must_use]
    pub fn decide_classes(&self, state: &State, classes: &[i16]) -> ColourDecision<'_> {
        let mut known = [0; EXTRA_MAX];
        for (known, class) in known.iter_mut().zip(classes) {
            *known = u8::try_from(*class).unwrap_or(0);
        }
        self.rows[self.row_for(state, &known)].decision()
    }

    fn row_for(&self, state: &State, classes: &Classes) -> usize {
        let situation = situation(state_words(state));
        let mut masks = self.masks.iter().enumerate();
        let deciding = masks
            .position(|(row, mask)| accepts(*mask, situation) && self.extra.accepts(row, classes));
        // The table was checked to decide every state, so the last row is never a fallback.
        deciding.unwrap_or(self.rows.len() - 1)
    }

    /// The last instant not after `at` and the first after it at which time alone may let another
    /// row decide about a state that stays as it is: a fact stops counting, or a duration that a
    /// cell names is reached.
    #[must_use]
    pub fn changes(&self, state: &State, at: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        self.extra.changes(&state.catalogued, at)
    }

    /// What the catalogue's columns in the header hold at an instant, in order: name and value as
    /// a cell would write it.
    #[must_use]
    pub fn column_values(&self, state: &State, at: Timestamp) -> Vec<(String, String)> {
        let columns = self.extra.columns.iter().enumerate();
        columns
            .map(|(place, column)| {
                let actual = self.extra.actual(place, &state.catalogued, at);
                (column.key().to_owned(), actual)
            })
            .collect()
    }

    /// Names of the catalogue's columns in the header, in order.
    pub fn extra_keys(&self) -> impl Iterator<Item = &str> {
        self.extra.columns.iter().map(|column| column.key())
    }

    /// Whether the header names no column of the catalogue.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.extra.is_empty()
    }

    pub(crate) const fn extra(&self) -> &Extra {
        &self.extra
    }

    /// The sets of rows that the classes leave open; `None` when there are too many, which a
    /// checked table has not.
    pub(crate) fn row_sets(&self) -> Option<RowSets> {
        RowSets::of(&self.extra, self.rows.len())
    }

    /// The colour of a state among the rows of a set.
    pub(crate) fn colour_among(&self, state: &State, open: &RowSet) -> Colour {
        let situation = situation(state_words(state));
        let mut masks = self.masks.iter().enumerate();
        let deciding =
            masks.position(|(row, mask)| open.contains(row) && accepts(*mask, situation));
        self.rows[deciding.unwrap_or(self.rows.len() - 1)].colour
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
    pub fn explain(&self, state: &State, at: Timestamp) -> Explanation<ColourDecision<'_>> {
        let words = state_words(state);
        let situation = situation(words);
        let classes = self.extra.classes(&state.catalogued, at);
        let mut trace = Vec::new();
        for (place, (row, mask)) in self.rows.iter().zip(&self.masks).enumerate() {
            let built_in = (0..words.len())
                .find(|column| !accepts_in_column(*mask, situation, *column))
                .map(|column| FailedCell {
                    column: COLOUR_COLUMNS[column].name.to_owned(),
                    cell: word_text(&row.tests[column], column),
                    actual: (COLOUR_COLUMNS[column].word_of)(words[column]).to_owned(),
                });
            let failed = built_in.or_else(|| {
                let column = self.extra.failed(place, &classes)?;
                Some(FailedCell {
                    column: self.extra.columns[column].key().to_owned(),
                    cell: self.extra.cell(place, column),
                    actual: self.extra.actual(column, &state.catalogued, at),
                })
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
            decision: self.decide(state, at),
            trace,
        }
    }

    pub(crate) fn from_grid(grid: &Grid, catalogue: &Catalogue) -> Result<Self, Vec<TableError>> {
        let known = named_columns(&grid.header.cells, catalogue);
        if known.len() > EXTRA_MAX {
            return Err(vec![too_much(
                grid.header.number,
                TableErrorCode::TooManyColumns,
            )]);
        }
        let names: Vec<&str> = known
            .iter()
            .map(|one| one.definition.key.as_str())
            .collect();
        let rows = read_rows(TableName::Colour, &columns(&names), grid, |row| {
            read_row(row, &known)
        })?;
        let (numbers, rows): (Vec<u32>, Vec<(Row, Vec<ExtraTest>)>) = rows.into_iter().unzip();
        let (rows, tests): (Vec<Row>, Vec<Vec<ExtraTest>>) = rows.into_iter().unzip();
        let extra = Extra::new(&known, tests);
        let extra = extra.ok_or_else(|| vec![too_much(0, TableErrorCode::TooLarge)])?;
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
        let coverage = RowSets::of(&extra, rows.len())
            .and_then(|sets| check_coverage_in(&COLOUR_COLUMNS, &conditions, (&extra, &sets)));
        let errors = coverage_errors(TableName::Colour, &numbers, coverage.as_ref());
        if errors.is_empty() {
            Ok(Self { rows, masks, extra })
        } else {
            Err(errors)
        }
    }
}

/// Reads all cells before giving up on a row, so that every error of it is reported.
fn read_row(row: &mut SheetRow<'_>, known: &[Arc<KnownColumn>]) -> Option<(Row, Vec<ExtraTest>)> {
    let rule = row.rule_id();
    let tests = row.word_tests(&COLOUR_COLUMNS);
    let extra: Vec<Option<ExtraTest>> = known.iter().map(|one| row.extra_test(one)).collect();
    let colour = row.word("colour", Colour::from_word);
    let reason = row.reason();
    let visit_hours = row.hours("visit_hours");
    let notify = row.words("notify", Notify::from_word);
    let message_zh = row.text("message_zh");
    let message_en = row.text("message_en");
    let row = Row {
        rule: rule?,
        tests: tests?,
        colour: colour?,
        reason: reason?,
        visit_hours: visit_hours?,
        notify: notify?,
        message_zh: message_zh?,
        message_en: message_en?,
    };
    Some((row, extra.into_iter().collect::<Option<_>>()?))
}

/// The header: the rule, the conditions with those of the catalogue last, then what is decided.
fn columns<'c>(extra: &[&'c str]) -> Vec<&'c str> {
    let conditions = COLOUR_COLUMNS.iter().map(|column| column.name);
    let mut names: Vec<&str> = OTHER_COLUMNS[..1]
        .iter()
        .copied()
        .chain(conditions)
        .collect();
    names.extend(extra);
    names.extend(&OTHER_COLUMNS[1..]);
    names
}

fn too_much(row: u32, code: TableErrorCode) -> TableError {
    let place = Place {
        table: TableName::Colour,
        row,
        column: "",
    };
    TableError::new(place, code, "")
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

    fn cells(&self, extra: Vec<String>) -> Vec<String> {
        let mut cells = vec![self.rule.clone()];
        let tests = self.tests.iter().enumerate();
        cells.extend(tests.map(|(column, test)| word_text(test, column)));
        cells.extend(extra);
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
