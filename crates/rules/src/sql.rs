//! Tables as SQL: one expression that says which row decides.
//!
//! A back-test asks a table about a million people at once. So that the answer is the same as
//! the one at a gate, both are made of the same masks; a test compares them on a real server for
//! every state. The expression holds numbers and the caller's column names, never words of a
//! table, so nothing that somebody typed gets into a statement.

mod evidence;

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::cell::{Range, Test};
use crate::colour::ColourTable;
use crate::columns::{COLOUR_COLUMNS, COLUMN_BITS, GATE_COLUMNS, WordColumn};
use crate::gate::GateTable;

/// The columns of `person_state`, in the order of the colour table's conditions.
const STATE_COLUMNS: [Column; 9] = [
    Column::Code("case_status"),
    Column::Code("quarantine"),
    Column::Code("contact"),
    Column::Code("health"),
    Column::Code("stay"),
    Column::Flag("exempt"),
    Column::Code("registry"),
    Column::Code("residence"),
    Column::Code("employment"),
];

/// The columns of a situation at a gate, in the order of the gate table's conditions.
const SITUATION_COLUMNS: [Column; 5] = [
    Column::Code("colour"),
    Column::Code("area"),
    Column::Code("direction"),
    Column::Code("relation"),
    Column::Flag("checked"),
];

/// How a column holds its words.
#[derive(Clone, Copy)]
enum Column {
    /// The word's number.
    Code(&'static str),
    /// True for the word of number 1.
    Flag(&'static str),
}

impl ColourTable {
    /// An expression over the state columns of `person_state AS alias`, for an instant. Its value
    /// is an integer: `first` and the place of the deciding row, counted from 0.
    ///
    /// `alias` is put in as it is; it is the caller's own.
    #[must_use]
    pub fn to_sql(&self, alias: &str, first: i32, at: Timestamp) -> String {
        let classes = self.class_sql(alias, at);
        let rows = self.masks().iter().enumerate().map(|(row, mask)| {
            let mut tests = word_tests(*mask, alias, (&COLOUR_COLUMNS, &STATE_COLUMNS));
            let extra = self.extra();
            let columns = extra.columns.iter().zip(extra.row_masks(row));
            for ((column, mask), class) in columns.zip(&classes) {
                let taken: Vec<String> = (0..64_u8)
                    .filter(|bit| (column.possible & mask) >> bit & 1 == 1)
                    .map(|bit| bit.to_string())
                    .collect();
                if (column.possible & mask) != column.possible {
                    tests.push(match taken.is_empty() {
                        true => "false".to_owned(),
                        false => format!("{class} IN ({})", taken.join(", ")),
                    });
                }
            }
            tests
        });
        case_expression(rows.collect(), first)
    }

    /// An expression for each column of the catalogue that the header names, in order: the class
    /// of what the person's facts add up to, for [`ColourTable::decide_classes`]. While a date of
    /// a row is held, it is the class of just before it.
    #[must_use]
    pub fn class_sql(&self, alias: &str, at: Timestamp) -> Vec<String> {
        let columns = self.extra().columns.iter();
        columns
            .map(|column| evidence::class_sql(column, alias, at.as_microsecond()))
            .collect()
    }
}

impl GateTable {
    /// An expression over the columns `colour`, `area`, `direction`, `relation` (numbers),
    /// `checked` (boolean) and `temperature_decicelsius` (null without a reading) of `alias`. Its
    /// value is an integer: `first` and the place of the deciding row, counted from 0.
    #[must_use]
    pub fn to_sql(&self, alias: &str, first: i32) -> String {
        let rows = self.conditions().map(|(mask, temperature)| {
            let mut tests = word_tests(mask, alias, (&GATE_COLUMNS, &SITUATION_COLUMNS));
            // The same division and the same doubles as in memory, so the same answer.
            let number = format!("{alias}.temperature_decicelsius::float8 / 10");
            tests.extend(number_test(temperature, &number));
            tests
        });
        case_expression(rows.collect(), first)
    }
}

/// Rows are tried from the top; the last one takes everything, by the check of coverage.
fn case_expression(rows: Vec<Vec<String>>, first: i32) -> String {
    let mut sql = String::from("CASE");
    let last = rows.len().saturating_sub(1);
    for (number, tests) in (first..).zip(&rows[..last]) {
        let condition = match tests.is_empty() {
            true => "true".to_owned(),
            false => tests.join(" AND "),
        };
        write!(sql, " WHEN {condition} THEN {number}").expect("writing to a string");
    }
    let last = first + i32::try_from(last).expect("a table has a few hundred rows at most");
    if rows.len() < 2 {
        return last.to_string();
    }
    format!("{sql} ELSE {last} END")
}

/// One test for each column on which the row does not take every word.
fn word_tests(mask: u64, alias: &str, (words, columns): (&[WordColumn], &[Column])) -> Vec<String> {
    let mut tests = Vec::new();
    for (place, (column, stored)) in words.iter().zip(columns).enumerate() {
        let all = (column.all)();
        let taken: Vec<u8> = all
            .iter()
            .copied()
            .filter(|word| mask & (1 << (place * COLUMN_BITS + usize::from(*word))) != 0)
            .collect();
        if taken.len() < all.len() {
            tests.push(stored.test(alias, &taken));
        }
    }
    tests
}

impl Column {
    fn test(self, alias: &str, taken: &[u8]) -> String {
        match (self, taken) {
            (_, []) => "false".to_owned(),
            (Self::Flag(name), [1]) => format!("{alias}.{name}"),
            (Self::Flag(name), _) => format!("NOT {alias}.{name}"),
            (Self::Code(name), [one]) => format!("{alias}.{name} = {one}"),
            (Self::Code(name), several) => {
                let list: Vec<String> = several.iter().map(u8::to_string).collect();
                format!("{alias}.{name} IN ({})", list.join(", "))
            }
        }
    }
}

/// A comparison with null is not true, as an absent reading satisfies only `-`.
fn number_test(test: &Test<f64>, number: &str) -> Option<String> {
    let list = |values: &[f64]| {
        let values: Vec<String> = values.iter().map(|value| double(*value)).collect();
        values.join(", ")
    };
    match test {
        Test::Any => None,
        Test::Is(value) => Some(format!("{number} = {}", double(*value))),
        Test::In(values) => Some(format!("{number} IN ({})", list(values))),
        Test::Not(values) => Some(format!("{number} NOT IN ({})", list(values))),
        Test::Range(range) => Some(range_test(range, number)),
    }
}

fn range_test(range: &Range, number: &str) -> String {
    let mut bounds = Vec::new();
    if let Some(low) = range.low {
        let sign = if low.included { ">=" } else { ">" };
        bounds.push(format!("{number} {sign} {}", double(low.value)));
    }
    if let Some(high) = range.high {
        let sign = if high.included { "<=" } else { "<" };
        bounds.push(format!("{number} {sign} {}", double(high.value)));
    }
    match bounds.is_empty() {
        true => format!("{number} IS NOT NULL"),
        false => bounds.join(" AND "),
    }
}

fn double(value: f64) -> String {
    format!("'{value}'::float8")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use crate::default_rule_set;

    #[test]
    fn the_tables_in_force_as_expressions() {
        let rules = default_rule_set();
        let colour = rules.colour.to_sql("s", 0, Timestamp::UNIX_EPOCH);
        assert!(colour.starts_with(
            "CASE WHEN s.case_status IN (1, 2) THEN 0 WHEN s.quarantine IN (1, 2, 3) THEN 1"
        ));
        assert!(colour.contains(" WHEN s.exempt THEN 5 "));
        assert!(colour.ends_with(" WHEN s.employment = 1 THEN 13 ELSE 14 END"));
        let gate = rules.gate.to_sql("g", 100);
        assert!(gate.starts_with(
            "CASE WHEN g.temperature_decicelsius::float8 / 10 >= '37.3'::float8 THEN 100"
        ));
        assert!(gate.contains("WHEN g.area = 2 AND g.direction = 1 THEN 102"));
        assert!(gate.ends_with("ELSE 107 END"));
    }

    #[test]
    fn a_table_of_one_row_is_a_number() {
        let csv = "rule,temperature,colour,area,direction,relation,checked,action,reason,checks,notify\n\
            G1,-,-,-,-,-,-,check,yellow,-,-\n";
        let gate = crate::GateTable::from_csv(csv.as_bytes()).unwrap();
        assert_eq!(gate.to_sql("g", 7), "7");
    }
}
