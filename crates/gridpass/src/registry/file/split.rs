//! Splits a CSV file into rows while it arrives.
//!
//! Takes any cut of the bytes and gives the same rows (RFC 4180, with LF or CRLF, quotes, and
//! a byte order mark). A row that is too long or has too many columns is marked and skipped
//! without being held. Blank lines are no rows.

use csv_core::{ReadRecordResult, Reader};

/// Bytes of a row at most; real ones have some 150.
pub const ROW_BYTES_MAX: usize = 8 * 1024;
/// Columns of a row at most; the form knows twelve.
pub const COLUMNS_MAX: usize = 64;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Rows cut out of the file, in one piece of memory.
#[derive(Debug, Default)]
pub struct RawRows {
    bytes: Vec<u8>,
    field_ends: Vec<usize>,
    rows: Vec<Span>,
}

#[derive(Debug)]
struct Span {
    number: i64,
    start: usize,
    fields: std::ops::Range<usize>,
    too_long: bool,
}

/// A row whose fields are still bytes.
#[derive(Clone, Copy, Debug)]
pub struct RawRow<'a> {
    /// Row in the file, the header being row 1.
    pub number: i64,
    /// Whether it had more bytes or columns than allowed; its fields are not there then.
    pub too_long: bool,
    bytes: &'a [u8],
    start: usize,
    ends: &'a [usize],
}

impl<'a> RawRow<'a> {
    /// How many fields it has.
    pub fn fields_len(&self) -> usize {
        self.ends.len()
    }

    /// Its fields in order.
    pub fn fields(&self) -> impl Iterator<Item = &'a [u8]> {
        let (bytes, ends) = (self.bytes, self.ends);
        let starts = std::iter::once(self.start).chain(ends.iter().copied());
        starts
            .zip(ends.iter().copied())
            .map(move |(start, end)| &bytes[start..end])
    }
}

impl RawRows {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows in order.
    pub fn iter(&self) -> impl Iterator<Item = RawRow<'_>> {
        self.rows.iter().map(|span| RawRow {
            number: span.number,
            too_long: span.too_long,
            bytes: &self.bytes,
            start: span.start,
            ends: &self.field_ends[span.fields.clone()],
        })
    }
}

/// Where the splitter stands in a file.
pub struct Splitter {
    reader: Reader,
    /// The file's first bytes, until it is clear whether they are a mark.
    head: Option<Vec<u8>>,
    buffer: Vec<u8>,
    ends: Vec<usize>,
    buffered: usize,
    ended: usize,
    too_long: bool,
    next_number: i64,
    rows: RawRows,
}

impl Default for Splitter {
    fn default() -> Self {
        Self {
            reader: Reader::new(),
            head: Some(Vec::new()),
            buffer: vec![0; ROW_BYTES_MAX],
            ends: vec![0; COLUMNS_MAX],
            buffered: 0,
            ended: 0,
            too_long: false,
            next_number: 1,
            rows: RawRows::default(),
        }
    }
}

impl Splitter {
    /// Takes the next bytes of the file. Never empty bytes: those would mean the end.
    pub fn push(&mut self, bytes: &[u8]) {
        let Some(mut head) = self.head.take() else {
            return self.split(bytes);
        };
        head.extend_from_slice(bytes);
        if head.len() < BOM.len() && BOM.starts_with(&head) {
            self.head = Some(head);
            return;
        }
        self.split(head.strip_prefix(BOM).unwrap_or(&head));
    }

    /// The file has ended; its last row needs no line break.
    pub fn finish(&mut self) {
        if let Some(head) = self.head.take() {
            self.split(&head);
        }
        // The last row may come out first, and skipping a long one takes several steps.
        while !matches!(self.step(&[]).1, ReadRecordResult::End) {}
    }

    /// How many rows wait to be taken.
    pub fn ready(&self) -> usize {
        self.rows.len()
    }

    /// Takes the first complete row alone, for the header.
    pub fn take_first(&mut self) -> RawRows {
        let mut rows = self.take();
        let rest = rows.rows.split_off(rows.rows.len().min(1));
        if !rest.is_empty() {
            self.rows = RawRows {
                bytes: rows.bytes.clone(),
                field_ends: rows.field_ends.clone(),
                rows: rest,
            };
        }
        rows
    }

    /// Takes the rows that are complete.
    pub fn take(&mut self) -> RawRows {
        std::mem::take(&mut self.rows)
    }

    fn split(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (read, _) = self.step(bytes);
            bytes = &bytes[read..];
        }
    }

    /// One step of the reader; answers how many bytes it read.
    fn step(&mut self, bytes: &[u8]) -> (usize, ReadRecordResult) {
        let (result, read, written, ended) = self.reader.read_record(
            bytes,
            &mut self.buffer[self.buffered..],
            &mut self.ends[self.ended..],
        );
        self.buffered += written;
        self.ended += ended;
        match result {
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                self.too_long = true;
                self.buffered = 0;
                self.ended = 0;
            }
            ReadRecordResult::Record => self.end_row(),
            ReadRecordResult::InputEmpty | ReadRecordResult::End => {}
        }
        (read, result)
    }

    fn end_row(&mut self) {
        let start = self.rows.bytes.len();
        let first = self.rows.field_ends.len();
        if !self.too_long {
            self.rows
                .bytes
                .extend_from_slice(&self.buffer[..self.buffered]);
            let ends = self.ends[..self.ended].iter().map(|end| start + end);
            self.rows.field_ends.extend(ends);
        }
        self.rows.rows.push(Span {
            number: self.next_number,
            start,
            fields: first..self.rows.field_ends.len(),
            too_long: self.too_long,
        });
        self.next_number += 1;
        self.buffered = 0;
        self.ended = 0;
        self.too_long = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as text; too long ones are `None`.
    fn rows(pieces: &[&[u8]]) -> Vec<(i64, Option<Vec<String>>)> {
        let mut splitter = Splitter::default();
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            splitter.push(piece);
        }
        splitter.finish();
        let read = |row: RawRow<'_>| {
            let fields: Vec<String> = row
                .fields()
                .map(|field| String::from_utf8_lossy(field).into_owned())
                .collect();
            (row.number, (!row.too_long).then_some(fields))
        };
        splitter.take().iter().map(read).collect()
    }

    #[test]
    fn every_cut_gives_the_same_rows() {
        let file = "\u{feff}a,b\r\n1,\"x, \"\"y\"\"\r\nz\"\r\n\r\n2,张三\n3,".as_bytes();
        let whole = rows(&[file]);
        let expected: Vec<(i64, Option<Vec<String>>)> = vec![
            (1, Some(vec!["a".into(), "b".into()])),
            (2, Some(vec!["1".into(), "x, \"y\"\r\nz".into()])),
            (3, Some(vec!["2".into(), "张三".into()])),
            (4, Some(vec!["3".into(), String::new()])),
        ];
        assert_eq!(whole, expected);
        for cut in 0..file.len() {
            assert_eq!(rows(&[&file[..cut], &file[cut..]]), whole, "cut at {cut}");
        }
        let single: Vec<&[u8]> = file.chunks(1).collect();
        assert_eq!(rows(&single), whole);
    }

    #[test]
    fn long_rows_are_skipped_and_the_next_is_read() {
        let long = "x".repeat(ROW_BYTES_MAX + 1);
        let wide = ",".repeat(COLUMNS_MAX);
        let file = format!("a\n{long}\nb\n{wide}\nc\n");
        let read = rows(&[file.as_bytes()]);
        let fields: Vec<Option<usize>> = read
            .iter()
            .map(|(_, fields)| fields.as_ref().map(Vec::len))
            .collect();
        assert_eq!(fields, [Some(1), None, Some(1), None, Some(1)]);
        assert_eq!(read[4].0, 5);
    }

    #[test]
    fn nothing_is_no_row() {
        assert!(rows(&[]).is_empty());
        assert!(rows(&[b"\n\r\n\n"]).is_empty());
        assert!(rows(&["\u{feff}".as_bytes()]).is_empty());
    }
}
