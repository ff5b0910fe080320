//! Which facts of catalogued kinds can turn a pass red.
//!
//! A fact moves a column from one class to another. It leads to red if in some situation the pass
//! is red after such a move and was not before. Which moves a fact can make follows from the
//! column's operation: a count only grows, the greatest value only rises, the time since the
//! latest begins anew at nothing.

use std::collections::HashMap;

use crate::catalogue::{Datum, Evidence, Measured, Operation};
use crate::extra::{ExtraColumn, RowSets};
use crate::rule_set::RuleSet;

/// A catalogued column with the moves that turn a pass red.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RedColumn {
    column: ExtraColumn,
    /// For each class the classes, as bits, to which a move turns some situation red.
    moves: [u64; 64],
}

impl RedColumn {
    /// Of every column of a table; `reds` says for each set of rows which situations are red.
    pub(super) fn of_all(rules: &RuleSet, sets: &RowSets, reds: &[Vec<bool>]) -> Vec<Self> {
        let mut known: HashMap<(usize, usize), bool> = HashMap::new();
        let mut turns_red = |from: usize, to: usize| {
            *known.entry((from, to)).or_insert_with(|| {
                let mut both = reds[from].iter().zip(&reds[to]);
                both.any(|(before, after)| !before && *after)
            })
        };
        let columns = rules.colour.extra().columns.iter().enumerate();
        columns
            .map(|(place, column)| {
                let mut moves = [0; 64];
                for ((from, before), (to, after)) in sets.steps(place) {
                    if turns_red(before, after) {
                        moves[usize::from(from)] |= 1 << to;
                    }
                }
                Self {
                    column: column.clone(),
                    moves,
                }
            })
            .collect()
    }

    /// Whether recording this fact can make a move that turns a pass red.
    pub(super) fn leads(&self, fact: &Evidence) -> bool {
        if !self.column.column.takes(fact) {
            return false;
        }
        let any_to = |to: u8| self.moves.iter().any(|to_bits| to_bits >> to & 1 == 1);
        let value = self.value_class(fact);
        match (&self.column.column.definition.operation, value) {
            (Operation::Exists, _) => self.moves[0] != 0,
            (Operation::Count, _) => (0..64).any(|from| above(self.moves[from], from) != 0),
            // At once, or later where somebody without such a fact would not be red.
            (Operation::Since { .. }, _) => {
                any_to(self.column.class_of(Measured::Int(0))) || self.moves[0] != 0
            }
            (Operation::Last { .. }, Some(to)) => any_to(to),
            (Operation::Greatest { .. }, Some(to)) => {
                (0..to).any(|from| self.moves[usize::from(from)] >> to & 1 == 1)
            }
            (Operation::Least { .. }, Some(to)) => (0..64_u8)
                .filter(|from| *from == 0 || *from > to)
                .any(|from| self.moves[usize::from(from)] >> to & 1 == 1),
            (_, None) => false,
        }
    }

    /// The class of the value that the fact brings.
    fn value_class(&self, fact: &Evidence) -> Option<u8> {
        let field = self.column.column.field()?;
        match fact.fields.get(field)? {
            Datum::Int(value) => Some(self.column.class_of(Measured::Int(*value))),
            Datum::Word(word) => {
                let place = match &self.column.measure {
                    crate::catalogue::Measure::Words(words) => {
                        words.iter().position(|one| one == word)
                    }
                    _ => None,
                };
                place.and_then(|place| u8::try_from(place).ok())
            }
        }
    }
}

/// The bits above a place.
const fn above(bits: u64, place: usize) -> u64 {
    if place >= 63 { 0 } else { bits >> (place + 1) }
}
