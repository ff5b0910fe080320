//! From a grid of text to typed rows: columns found by name, cells read, every error collected.

use std::collections::HashSet;

use crate::catalogue::KnownColumn;
use crate::cell::{CellError, Test, parse_number_test, parse_word_test};
use crate::columns::WordColumn;
use crate::coverage::Coverage;
use crate::extra::ExtraTest;
use crate::grid::{Grid, GridRow};
use crate::reason::Reason;
use crate::table_error::{Place, TableError, TableErrorCode, TableName};

/// Longest rule id in characters.
const RULE_ID_CHARS_MAX: usize = 20;

/// Longest time for a visit in hours: two weeks.
const VISIT_HOURS_MAX: u16 = 336;

/// One row's cells in the order of the table's columns, and the errors found so far.
pub(crate) struct SheetRow<'a> {
    table: TableName,
    columns: &'a [&'a str],
    number: u32,
    cells: Vec<&'a str>,
    errors: &'a mut Vec<TableError>,
}

/// Reads every row of a grid with `read`. Rows that could not be read are only in the errors.
///
/// Rows come with their numbers, so that later checks can name them.
pub(crate) fn read_rows<R>(
    table: TableName,
    columns: &[&str],
    grid: &Grid,
    read: impl Fn(&mut SheetRow<'_>) -> Option<R>,
) -> Result<Vec<(u32, R)>, Vec<TableError>> {
    let mut errors = Vec::new();
    let Some(positions) = find_columns(table, columns, grid, &mut errors) else {
        return Err(errors);
    };
    let mut rows = Vec::new();
    let mut rule_ids = HashSet::new();
    for row in &grid.rows {
        let place = Place {
            table,
            row: row.number,
            column: "",
        };
        if has_extra_cells(grid, row) {
            errors.push(TableError::new(place, TableErrorCode::CellCount, ""));
            continue;
        }
        let cell = |position: &usize| row.cells.get(*position).map_or("", String::as_str);
        let cells: Vec<&str> = positions.iter().map(cell).collect();
        if !rule_ids.insert(cells[0]) {
            let place = Place {
                column: columns[0],
                ..place
            };
            let error = TableError::new(place, TableErrorCode::DuplicateRule, cells[0]);
            errors.push(error);
        }
        let mut sheet_row = SheetRow {
            table,
            columns,
            number: row.number,
            cells,
            errors: &mut errors,
        };
        if let Some(typed) = read(&mut sheet_row) {
            rows.push((row.number, typed));
        }
    }
    if grid.rows.is_empty() {
        errors.push(TableError::new(
            Place::whole(table),
            TableErrorCode::Empty,
            "",
        ));
    }
    if errors.is_empty() {
        Ok(rows)
    } else {
        Err(errors)
    }
}

/// The position of each column of the table in the grid.
fn find_columns(
    table: TableName,
    columns: &[&str],
    grid: &Grid,
    errors: &mut Vec<TableError>,
) -> Option<Vec<usize>> {
    let mut fail = |column: &str, code| {
        let place = Place {
            table,
            row: grid.header.number,
            column,
        };
        errors.push(TableError::new(place, code, column));
    };
    let header = &grid.header.cells;
    for (index, name) in header.iter().enumerate() {
        if name.is_empty() {
            continue;
        }
        if !columns.contains(&name.as_str()) {
            fail(name, TableErrorCode::UnknownColumn);
        } else if header[..index].contains(name) {
            fail(name, TableErrorCode::DuplicateColumn);
        }
    }
    let mut positions = Vec::new();
    for column in columns {
        match header.iter().position(|name| name == column) {
            Some(position) => positions.push(position),
            None => fail(column, TableErrorCode::MissingColumn),
        }
    }
    errors.is_empty().then_some(positions)
}

/// Text under no header would be lost on the way through, so it is refused.
fn has_extra_cells(grid: &Grid, row: &GridRow) -> bool {
    let under_no_header = |index: usize| grid.header.cells.get(index).is_none_or(String::is_empty);
    row.cells
        .iter()
        .enumerate()
        .any(|(index, cell)| !cell.is_empty() && under_no_header(index))
}

impl SheetRow<'_> {
    fn cell(&self, column: &str) -> &str {
        let position = self.columns.iter().position(|name| *name == column);
        position.map_or("", |position| self.cells[position])
    }

    fn take<V>(&mut self, column: &str, result: Result<V, CellError>) -> Option<V> {
        match result {
            Ok(value) => Some(value),
            Err((code, detail)) => {
                let place = Place {
                    table: self.table,
                    row: self.number,
                    column,
                };
                self.errors.push(TableError::new(place, code, &detail));
                None
            }
        }
    }

    /// The id of the rule.
    pub(crate) fn rule_id(&mut self) -> Option<String> {
        let id = self.cell("rule").to_owned();
        let well_formed = (1..=RULE_ID_CHARS_MAX).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
            && id.starts_with(|c: char| c.is_ascii_alphanumeric());
        let result = if well_formed {
            Ok(id)
        } else {
            Err((TableErrorCode::BadRuleId, id))
        };
        self.take("rule", result)
    }

    /// The tests of the word columns, in their order.
    pub(crate) fn word_tests(&mut self, columns: &[WordColumn]) -> Option<Vec<Test<u8>>> {
        let mut tests = Vec::new();
        for column in columns {
            let result = parse_word_test(self.cell(column.name), column.index_of);
            tests.extend(self.take(column.name, result));
        }
        (tests.len() == columns.len()).then_some(tests)
    }

    /// The test of a number column.
    pub(crate) fn number_test(&mut self, column: &str) -> Option<Test<f64>> {
        let result = parse_number_test(self.cell(column));
        self.take(column, result)
    }

    /// The test of a catalogued column.
    pub(crate) fn extra_test(&mut self, column: &KnownColumn) -> Option<ExtraTest> {
        let key = &column.definition.key;
        let result = ExtraTest::parse(&column.measure(), self.cell(key));
        self.take(key, result)
    }

    /// One word of a closed list.
    pub(crate) fn word<V>(&mut self, column: &str, find: fn(&str) -> Option<V>) -> Option<V> {
        let cell = self.cell(column);
        let result = match cell {
            "" => Err((TableErrorCode::EmptyCell, String::new())),
            word => find(word).ok_or_else(|| (TableErrorCode::UnknownValue, word.to_owned())),
        };
        self.take(column, result)
    }

    /// Words of a closed list, joined by commas; `-` for none.
    pub(crate) fn words<V: PartialEq>(
        &mut self,
        column: &str,
        find: fn(&str) -> Option<V>,
    ) -> Option<Vec<V>> {
        let cell = self.cell(column);
        let unknown = |word: &str| (TableErrorCode::UnknownValue, word.to_owned());
        let result = match cell {
            "" => Err((TableErrorCode::EmptyCell, String::new())),
            "-" => Ok(Vec::new()),
            list => {
                let find = |word: &str| find(word.trim()).ok_or_else(|| unknown(word));
                list.split(',').map(find).collect()
            }
        };
        self.take(column, result)
    }

    /// A reason of the closed list that may stand in this table.
    pub(crate) fn reason(&mut self) -> Option<Reason> {
        let cell = self.cell("reason");
        let result = Reason::from_word(cell)
            .filter(|reason| reason.may_stand_in(self.table))
            .ok_or_else(|| (TableErrorCode::UnknownReason, cell.to_owned()));
        self.take("reason", result)
    }

    /// Hours until a visit is due; `Some(None)` for `-`.
    pub(crate) fn hours(&mut self, column: &str) -> Option<Option<u16>> {
        let cell = self.cell(column);
        let result = match cell {
            "" => Err((TableErrorCode::EmptyCell, String::new())),
            "-" => Ok(None),
            number => match number.parse() {
                Ok(hours @ 1..=VISIT_HOURS_MAX) if !number.starts_with(['+', '0']) => {
                    Ok(Some(hours))
                }
                _ => Err((TableErrorCode::BadNumber, number.to_owned())),
            },
        };
        self.take(column, result)
    }

    /// A sentence.
    pub(crate) fn text(&mut self, column: &str) -> Option<String> {
        let text = self.cell(column).to_owned();
        let result = if text.is_empty() {
            Err((TableErrorCode::EmptyCell, String::new()))
        } else if text.chars().any(char::is_control) {
            Err((TableErrorCode::BadText, String::new()))
        } else {
            Ok(text)
        };
        self.take(column, result)
    }
}

/// Errors of rows that never decide and of situations that no row decides.
pub(crate) fn coverage_errors(
    table: TableName,
    row_numbers: &[u32],
    coverage: Option<&Coverage>,
) -> Vec<TableError> {
    let Some(coverage) = coverage else {
        let place = Place::whole(table);
        return vec![TableError::new(place, TableErrorCode::TooLarge, "")];
    };
    let at = |index: usize| Place {
        table,
        row: row_numbers.get(index).copied().unwrap_or(0),
        column: "",
    };
    let unreachable = coverage
        .unreachable
        .iter()
        .map(|index| TableError::new(at(*index), TableErrorCode::UnreachableRow, ""));
    let undecided = coverage.undecided.iter().map(|situation| {
        let last = at(row_numbers.len().saturating_sub(1));
        TableError::new(last, TableErrorCode::MissingCatchAll, situation)
    });
    unreachable.chain(undecided).collect()
}
