//! The form of a registry file: bytes to rows, rows to checked fields. Pure, so that it can
//! be fuzzed.

mod row;
mod split;

pub use row::{Column, Fault, Header, HeaderError, Row, check_row};
pub use split::{RawRow, RawRows, Splitter};
