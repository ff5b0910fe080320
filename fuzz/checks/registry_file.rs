//! What must hold for a registry file whatever bytes come in. Shared by the fuzz target and
//! by the test that replays the corpus, so that both assert the same.

use gridpass::registry::file::{Header, RawRow, RawRows, Splitter, check_row};
use jiff::civil::{Date, date};

/// Longest input worth looking at, in bytes.
const INPUT_BYTES_MAX: usize = 64 * 1024;
const TODAY: Date = date(2020, 3, 6);

/// What a file came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the header was accepted.
    pub header: bool,
    /// Rows whose fields were all in order.
    pub good: usize,
    /// Rows refused.
    pub refused: usize,
}

/// Splits the input whole, cut in two and byte by byte, and checks every row. Panics if a
/// law is broken.
pub fn check(data: &[u8]) -> Outcome {
    let data = &data[..data.len().min(INPUT_BYTES_MAX)];
    let whole = split([data].into_iter());
    let seen: Vec<_> = whole.iter().map(describe).collect();
    let cut = data
        .first()
        .map_or(0, |first| usize::from(*first) % data.len());
    let (head, tail) = data.split_at(cut);
    assert_eq!(
        seen,
        describe_all(&split([head, tail].into_iter())),
        "cut at {cut}"
    );
    assert_eq!(seen, describe_all(&split(data.chunks(1))), "byte by byte");
    for (index, row) in whole.iter().enumerate() {
        assert_eq!(row.number, index as i64 + 1, "a row was lost");
        assert!(
            !row.too_long || row.fields_len() == 0,
            "a skipped row was kept"
        );
    }
    read(&whole)
}

fn read(rows: &RawRows) -> Outcome {
    let mut outcome = Outcome {
        header: false,
        good: 0,
        refused: 0,
    };
    let mut rows = rows.iter();
    let Some(Ok(header)) = rows.next().map(Header::read) else {
        return outcome;
    };
    outcome.header = true;
    for row in rows {
        match check_row(&header, row, TODAY) {
            Ok(read) => {
                assert!(!read.name.expose().is_empty());
                assert!(!read.number.expose().is_empty());
                outcome.good += 1;
            }
            Err(faults) => {
                assert!(!faults.is_empty(), "refused without a reason");
                outcome.refused += 1;
            }
        }
    }
    outcome
}

fn split<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> RawRows {
    let mut splitter = Splitter::default();
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        splitter.push(piece);
    }
    splitter.finish();
    splitter.take()
}

fn describe_all(rows: &RawRows) -> Vec<(i64, bool, Vec<Vec<u8>>)> {
    rows.iter().map(describe).collect()
}

fn describe(row: RawRow<'_>) -> (i64, bool, Vec<Vec<u8>>) {
    (
        row.number,
        row.too_long,
        row.fields().map(<[u8]>::to_vec).collect(),
    )
}
