//! Rule tables as grids of text: reading and writing CSV and XLSX.
//!
//! Input is hostile until shown otherwise: sizes are bounded before anything is unpacked, and
//! workbook cells are streamed, so that one cell in the last row of a sheet costs nothing.

use std::io::{Cursor, Read};

use calamine::{Data, DataRef, Reader, Xlsx};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use crate::table_error::{Place, TableError, TableErrorCode, TableName};

/// Greatest size of a CSV file in bytes.
const CSV_BYTES_MAX: usize = 512 * 1024;

/// Greatest size of a workbook in bytes.
const XLSX_BYTES_MAX: usize = 128 * 1024;

/// Greatest size of a workbook's files in bytes once unpacked: deflate packs up to 1,000 : 1.
const XLSX_UNPACKED_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Greatest number of files in a workbook.
const XLSX_FILES_MAX: usize = 200;

/// Greatest number of cells read of a workbook, empty ones with a format included.
const XLSX_CELLS_MAX: usize = 200_000;

/// Greatest number of rules in a table.
const ROWS_MAX: usize = 200;

/// Greatest number of columns looked at.
const COLUMNS_MAX: usize = 64;

/// Greatest number of characters in a cell.
const CELL_CHARS_MAX: usize = 500;

/// A header and rows of trimmed cells; rows without any text are left out.
#[derive(Debug)]
pub(crate) struct Grid {
    pub(crate) header: GridRow,
    pub(crate) rows: Vec<GridRow>,
}

/// One row with its number as a spreadsheet counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct GridRow {
    pub(crate) number: u32,
    pub(crate) cells: Vec<String>,
}

/// Reads CSV: UTF-8 with or without a byte order mark, any line ends, blank lines ignored.
pub(crate) fn read_csv(table: TableName, bytes: &[u8]) -> Result<Grid, TableError> {
    let fail = |code, detail: &str| TableError::new(Place::whole(table), code, detail);
    if bytes.len() > CSV_BYTES_MAX {
        return Err(fail(TableErrorCode::TooLarge, ""));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| fail(TableErrorCode::NotUtf8, ""))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // One kind of line end, so that rows can be counted as a spreadsheet counts them.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = LineCounter::new(&text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut collector = Collector::new(table);
    for record in reader.records() {
        let record = record.map_err(|_| fail(TableErrorCode::BadCsv, ""))?;
        let number = lines.line_of(record.position().map_or(0, csv::Position::byte));
        for (column, cell) in record.iter().enumerate() {
            collector.put(number, column, cell)?;
        }
    }
    collector.finish()
}

/// The line a record begins on. The reader's own count stops before the blank lines it skips.
struct LineCounter<'t> {
    text: &'t [u8],
    byte: usize,
    line: u32,
}

impl<'t> LineCounter<'t> {
    const fn new(text: &'t str) -> Self {
        Self {
            text: text.as_bytes(),
            byte: 0,
            line: 1,
        }
    }

    /// Line of the first record at or after a byte; bytes must not decrease from call to call.
    fn line_of(&mut self, byte: u64) -> u32 {
        let start = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(c) = self.text.get(self.byte) {
            let is_line_end = *c == b'\n';
            if self.byte >= start && !is_line_end {
                break;
            }
            self.line += u32::from(is_line_end);
            self.byte += 1;
        }
        self.line
    }
}

/// Reads one sheet of a workbook: the one named like the table, or the first if `only` is set and
/// there is no such sheet.
pub(crate) fn read_xlsx(table: TableName, bytes: &[u8], only: bool) -> Result<Grid, TableError> {
    let fail = |code, detail: &str| TableError::new(Place::whole(table), code, detail);
    if bytes.len() > XLSX_BYTES_MAX {
        return Err(fail(TableErrorCode::TooLarge, ""));
    }
    let bad = || fail(TableErrorCode::BadXlsx, "");
    if !unpacks_within_bounds(bytes).map_err(|_| bad())? {
        return Err(fail(TableErrorCode::TooLarge, ""));
    }
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| bad())?;
    let names = workbook.sheet_names();
    let named = names.iter().find(|name| name.as_str() == table.as_str());
    let sheet = match (named, names.first()) {
        (Some(name), _) => name,
        (None, Some(first)) if only => first,
        _ => return Err(fail(TableErrorCode::MissingSheet, table.as_str())),
    };
    let mut cells = workbook.worksheet_cells_reader(sheet).map_err(|_| bad())?;
    let mut collector = Collector::new(table);
    let mut cells_left = XLSX_CELLS_MAX;
    while let Some(cell) = cells.next_cell().map_err(|_| bad())? {
        cells_left = cells_left
            .checked_sub(1)
            .ok_or_else(|| fail(TableErrorCode::TooLarge, ""))?;
        let (row, column) = cell.get_position();
        let number = row.saturating_add(1);
        match cell_text(cell.get_value()) {
            Some(text) => collector.put(number, column as usize, &text)?,
            None => {
                let place = Place {
                    table,
                    row: number,
                    column: "",
                };
                return Err(TableError::new(place, TableErrorCode::BadCell, ""));
            }
        }
    }
    collector.finish()
}

/// Unpacks every file into nothing and counts, since the sizes a packed file states may be lies.
fn unpacks_within_bounds(bytes: &[u8]) -> zip::result::ZipResult<bool> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    if archive.len() > XLSX_FILES_MAX {
        return Ok(false);
    }
    let mut left = XLSX_UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let file = archive.by_index(index)?;
        // One byte more than is left tells "just fits" from "goes on".
        let unpacked = std::io::copy(&mut file.take(left + 1), &mut std::io::sink())?;
        match left.checked_sub(unpacked) {
            Some(rest) => left = rest,
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// The text of a workbook cell; `None` for errors, dates and truth values, which no table has.
fn cell_text(value: &DataRef<'_>) -> Option<String> {
    match Data::from(value.clone()) {
        Data::Empty => Some(String::new()),
        Data::String(text) => Some(text),
        Data::Int(number) => Some(number.to_string()),
        Data::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Gathers cells row by row within the bounds of a rule table.
struct Collector {
    table: TableName,
    rows: Vec<GridRow>,
}

impl Collector {
    const fn new(table: TableName) -> Self {
        Self {
            table,
            rows: Vec::new(),
        }
    }

    fn put(&mut self, number: u32, column: usize, cell: &str) -> Result<(), TableError> {
        let cell = cell.trim();
        let place = Place {
            table: self.table,
            row: number,
            column: "",
        };
        if cell.chars().nth(CELL_CHARS_MAX).is_some() {
            return Err(TableError::new(place, TableErrorCode::CellTooLong, cell));
        }
        if cell.is_empty() && column >= COLUMNS_MAX {
            return Ok(());
        }
        if column >= COLUMNS_MAX {
            return Err(TableError::new(place, TableErrorCode::TooLarge, ""));
        }
        // A workbook may list its rows in any order.
        let known = match self.rows.last() {
            Some(last) if last.number == number => Some(self.rows.len() - 1),
            _ => self.rows.iter().position(|row| row.number == number),
        };
        let index = match known {
            Some(index) => index,
            None if cell.is_empty() => return Ok(()),
            None if self.rows.len() > ROWS_MAX => {
                return Err(TableError::new(place, TableErrorCode::TooLarge, ""));
            }
            None => {
                self.rows.push(GridRow {
                    number,
                    cells: Vec::new(),
                });
                self.rows.len() - 1
            }
        };
        let cells = &mut self.rows[index].cells;
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        cell.clone_into(&mut cells[column]);
        Ok(())
    }

    fn finish(mut self) -> Result<Grid, TableError> {
        self.rows.sort_by_key(|row| row.number);
        let mut rows = self.rows.into_iter();
        let Some(header) = rows.next() else {
            let place = Place::whole(self.table);
            return Err(TableError::new(place, TableErrorCode::Empty, ""));
        };
        Ok(Grid {
            header,
            rows: rows.collect(),
        })
    }
}

/// Writes rows of text as CSV with line feeds, quoting only where needed.
pub(crate) fn write_csv(rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer
            .write_record(row)
            .expect("rows of one table have equal lengths, and memory does not fail");
    }
    writer.into_inner().expect("memory does not fail")
}

/// Writes named sheets as a workbook. The same rows always give the same bytes.
pub(crate) fn write_xlsx(sheets: &[(TableName, Vec<Vec<String>>)]) -> Vec<u8> {
    build_xlsx(sheets).expect("sheet names are valid, rows and cells are within Excel's bounds")
}

fn build_xlsx(sheets: &[(TableName, Vec<Vec<String>>)]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // A fixed date instead of the present keeps the output a function of the input.
    let created = ExcelDateTime::from_ymd(2020, 3, 6)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    // Text format keeps Excel from reading `-` and `>= 37.3` as formulas or dates when edited.
    let text = Format::new().set_num_format("@");
    let head = Format::new().set_num_format("@").set_bold();
    for (name, rows) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name.as_str())?;
        sheet.set_freeze_panes(1, 1)?;
        for (row, cells) in (0u32..).zip(rows) {
            for (column, cell) in (0u16..).zip(cells) {
                let format = if row == 0 { &head } else { &text };
                sheet.write_string_with_format(row, column, cell, format)?;
            }
        }
        sheet.autofit();
    }
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(text: &str) -> Grid {
        read_csv(TableName::Gate, text.as_bytes()).unwrap()
    }

    #[test]
    fn csv_as_spreadsheets_write_it() {
        let grid = csv("\u{feff}a,b\r\n\r\n1, 2 \r\n,,\r\n\"x\",\"y,\"\"z\"\"\"\r\n");
        assert_eq!(grid.header.cells, ["a", "b"]);
        let rows: Vec<_> = grid
            .rows
            .iter()
            .map(|r| (r.number, r.cells.clone()))
            .collect();
        assert_eq!(rows[0], (3, vec!["1".to_owned(), "2".to_owned()]));
        assert_eq!(rows[1], (5, vec!["x".to_owned(), "y,\"z\"".to_owned()]));
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn csv_that_is_none_is_refused() {
        let code = |bytes: &[u8]| read_csv(TableName::Gate, bytes).unwrap_err().code;
        assert_eq!(code(b""), TableErrorCode::Empty);
        assert_eq!(code(b"\n\n"), TableErrorCode::Empty);
        assert_eq!(code(&[0xb9, 0xe6]), TableErrorCode::NotUtf8);
        assert_eq!(
            code(&vec![b'a'; CSV_BYTES_MAX + 1]),
            TableErrorCode::TooLarge
        );
        assert_eq!(code(&[b'a'; 501]), TableErrorCode::CellTooLong);
        assert_eq!(code("a\n".repeat(300).as_bytes()), TableErrorCode::TooLarge);
    }

    #[test]
    fn a_cell_far_away_costs_nothing() {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.write_string(1_048_575, 16_383, "x").unwrap();
        let bytes = workbook.save_to_buffer().unwrap();
        let code = read_xlsx(TableName::Gate, &bytes, true).unwrap_err().code;
        assert_eq!(code, TableErrorCode::TooLarge);
    }

    #[test]
    fn a_workbook_that_unpacks_without_end_is_refused() {
        let mut bytes = Vec::new();
        let mut archive = zip::ZipWriter::new(Cursor::new(&mut bytes));
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file("xl/sharedStrings.xml", options).unwrap();
        let zeros = vec![b' '; 1024 * 1024];
        for _ in 0..20 {
            std::io::Write::write_all(&mut archive, &zeros).unwrap();
        }
        archive.finish().unwrap();
        assert!(bytes.len() < XLSX_BYTES_MAX, "{} bytes packed", bytes.len());
        let code = read_xlsx(TableName::Gate, &bytes, true).unwrap_err().code;
        assert_eq!(code, TableErrorCode::TooLarge);
    }

    #[test]
    fn numbers_typed_into_a_workbook_are_text_again() {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.write_string(0, 0, "h").unwrap();
        sheet.write_number(2, 0, 24).unwrap();
        sheet.write_number(3, 0, 37.3).unwrap();
        let bytes = workbook.save_to_buffer().unwrap();
        let grid = read_xlsx(TableName::Colour, &bytes, true).unwrap();
        let cells: Vec<_> = grid
            .rows
            .iter()
            .map(|r| (r.number, r.cells[0].as_str()))
            .collect();
        assert_eq!(cells, [(3, "24"), (4, "37.3")]);
        assert_eq!(
            read_xlsx(TableName::Colour, &bytes, false)
                .unwrap_err()
                .code,
            TableErrorCode::MissingSheet
        );
    }

    #[test]
    fn the_same_rows_give_the_same_workbook() {
        let rows = vec![vec!["a".to_owned()], vec![">= 37.3".to_owned()]];
        let write = || write_xlsx(&[(TableName::Gate, rows.clone())]);
        assert_eq!(write(), write());
    }
}
