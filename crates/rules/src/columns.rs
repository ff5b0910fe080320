//! The word columns of the two tables, and how a row's tests on them become one mask.
//!
//! Every column has four bits of a `u64`, one for each word. A situation sets one bit a column; a
//! row keeps the bits its cells accept. The row applies if no bit of the situation is missing.

use crate::cell::Test;
use crate::state::State;
use crate::words::{
    AreaStatus, Case, Checked, Contact, Direction, Employment, Exempt, Health, Quarantine,
    Registry, Relation, Residence, Stay,
};
use gridpass_types::Colour;

/// Bits a column has in a mask; no word list of a column has a greater code than 3.
pub(crate) const COLUMN_BITS: usize = 4;

/// A condition column whose cells test words.
pub(crate) struct WordColumn {
    pub(crate) name: &'static str,
    pub(crate) index_of: fn(&str) -> Option<u8>,
    pub(crate) word_of: fn(u8) -> &'static str,
    /// Indices of all words.
    pub(crate) all: fn() -> Vec<u8>,
}

macro_rules! column {
    ($name:literal, $list:ty) => {
        WordColumn {
            name: $name,
            index_of: |word| <$list>::from_word(word).map(|value| value as u8),
            word_of: |index| <$list>::from_code(i16::from(index)).map_or("", <$list>::as_str),
            all: || <$list>::ALL.iter().map(|value| *value as u8).collect(),
        }
    };
}

/// Condition columns of the colour table, in order.
pub(crate) const COLOUR_COLUMNS: [WordColumn; 9] = [
    column!("case", Case),
    column!("quarantine", Quarantine),
    column!("contact", Contact),
    column!("health", Health),
    column!("stay", Stay),
    column!("exempt", Exempt),
    column!("registry", Registry),
    column!("residence", Residence),
    column!("employment", Employment),
];

/// Word columns of the gate table, in order; the temperature comes before them.
pub(crate) const GATE_COLUMNS: [WordColumn; 5] = [
    column!("colour", Colour),
    column!("area", AreaStatus),
    column!("direction", Direction),
    column!("relation", Relation),
    column!("checked", Checked),
];

/// The indices of a state in the order of [`COLOUR_COLUMNS`].
pub(crate) const fn state_words(state: &State) -> [u8; 9] {
    [
        state.case as u8,
        state.quarantine as u8,
        state.contact as u8,
        state.health as u8,
        state.stay as u8,
        state.exempt as u8,
        state.registry as u8,
        state.residence as u8,
        state.employment as u8,
    ]
}

/// The mask of one situation: one bit a column.
pub(crate) const fn situation<const N: usize>(words: [u8; N]) -> u64 {
    let mut mask = 0;
    let mut column = 0;
    while column < N {
        mask |= 1 << (column * COLUMN_BITS + words[column] as usize);
        column += 1;
    }
    mask
}

/// Does a row accept a situation?
pub(crate) const fn accepts(row: u64, situation: u64) -> bool {
    situation & !row == 0
}

/// Does a row accept what a situation has in one column?
pub(crate) const fn accepts_in_column(row: u64, situation: u64, column: usize) -> bool {
    let bits = 0b1111 << (column * COLUMN_BITS);
    (situation & bits) & !row == 0
}

/// The mask of a row from its tests.
pub(crate) fn row_mask(columns: &[WordColumn], tests: &[Test<u8>]) -> u64 {
    let mut mask = 0;
    for (index, (column, test)) in columns.iter().zip(tests).enumerate() {
        for word in (column.all)() {
            if word_holds(test, word) {
                mask |= 1 << (index * COLUMN_BITS + usize::from(word));
            }
        }
    }
    mask
}

pub(crate) fn word_holds(test: &Test<u8>, word: u8) -> bool {
    match test {
        Test::Any => true,
        Test::Is(value) => *value == word,
        Test::In(values) => values.contains(&word),
        Test::Not(values) => !values.contains(&word),
        // Words have no order; the parser makes no range of them.
        Test::Range(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_fits_its_bits() {
        for column in COLOUR_COLUMNS.iter().chain(&GATE_COLUMNS) {
            for word in (column.all)() {
                assert!(usize::from(word) < COLUMN_BITS, "{}", column.name);
                assert_eq!((column.index_of)((column.word_of)(word)), Some(word));
            }
        }
    }

    #[test]
    fn the_order_of_words_is_the_order_of_columns() {
        let state = State {
            residence: Residence::Away,
            health: Health::Fever,
            ..State::EMPTY
        };
        let words = state_words(&state);
        let position = |name| COLOUR_COLUMNS.iter().position(|c| c.name == name).unwrap();
        assert_eq!(words[position("residence")], Residence::Away as u8);
        assert_eq!(words[position("health")], Health::Fever as u8);
        assert_eq!(words.iter().filter(|w| **w != 0).count(), 2);
    }
}
