//! Which rows are open for each combination of classes.
//!
//! Checks over a whole table ask about every situation. Combinations of classes that leave the
//! same rows open are one case, so they are gathered first; real tables have a dozen.

use std::collections::HashMap;

use super::{Classes, EXTRA_MAX, Extra};

/// Combinations of classes looked at at most.
const COMBINATIONS_MAX: usize = 20_000;

/// Different sets of rows at most.
const SETS_MAX: usize = 200;

/// Rows by their bits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RowSet(Vec<u64>);

impl RowSet {
    pub(crate) fn contains(&self, row: usize) -> bool {
        self.0[row / 64] >> (row % 64) & 1 == 1
    }
}

/// Every combination of classes, and the set of rows that it leaves open.
pub(crate) struct RowSets {
    /// Classes, and the place of the set.
    pub(crate) combinations: Vec<(Classes, usize)>,
    pub(crate) sets: Vec<RowSet>,
    /// Classes of each column that can be.
    pub(crate) classes: Vec<Vec<u8>>,
}

impl RowSets {
    /// `None` if there are too many to look at.
    pub(crate) fn of(extra: &Extra, rows: usize) -> Option<Self> {
        let classes: Vec<Vec<u8>> = extra
            .columns
            .iter()
            .map(|column| {
                (0..64)
                    .filter(|class| column.possible >> class & 1 == 1)
                    .collect()
            })
            .collect();
        let mut count: usize = 1;
        for column in &classes {
            count = count.checked_mul(column.len())?;
            if count > COMBINATIONS_MAX {
                return None;
            }
        }
        let mut found = Self {
            combinations: Vec::with_capacity(count),
            sets: Vec::new(),
            classes,
        };
        let mut places: HashMap<RowSet, usize> = HashMap::new();
        for number in 0..count {
            let combination = found.combination(number);
            let set = open_rows(extra, rows, &combination);
            let next = places.len();
            let place = *places.entry(set.clone()).or_insert(next);
            if place == next {
                found.sets.push(set);
                if found.sets.len() > SETS_MAX {
                    return None;
                }
            }
            found.combinations.push((combination, place));
        }
        Some(found)
    }

    /// The combination of a number: the last column counts fastest.
    fn combination(&self, mut number: usize) -> Classes {
        let mut combination = [0; EXTRA_MAX];
        for (column, classes) in self.classes.iter().enumerate().rev() {
            combination[column] = classes[number % classes.len()];
            number /= classes.len();
        }
        combination
    }

    /// Pairs of combinations that differ in one column only: the classes of that column from and
    /// to, and the sets of both.
    pub(crate) fn steps(&self, column: usize) -> impl Iterator<Item = ((u8, usize), (u8, usize))> {
        let stride: usize = self.classes[column + 1..].iter().map(Vec::len).product();
        let width = self.classes[column].len();
        let at = move |number: usize| {
            let (classes, set) = &self.combinations[number];
            (classes[column], *set)
        };
        (0..self.combinations.len()).flat_map(move |number| {
            let place = number / stride % width;
            let first = number - place * stride;
            (0..width)
                .filter(move |other| *other != place)
                .map(move |other| (at(number), at(first + other * stride)))
        })
    }
}

fn open_rows(extra: &Extra, rows: usize, classes: &Classes) -> RowSet {
    let mut bits = vec![0; rows.div_ceil(64).max(1)];
    for row in (0..rows).filter(|row| extra.accepts(*row, classes)) {
        bits[row / 64] |= 1 << (row % 64);
    }
    RowSet(bits)
}
