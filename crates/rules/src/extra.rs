//! Catalogued columns within a colour table: cells, classes and masks.
//!
//! What a column may hold falls into **classes** that no row can tell apart: `none`; for words one
//! each; for what has an order one at each point that some cell names, one between neighbours and
//! one beyond each end. A row keeps the classes its cell accepts as bits of a `u64`, so a
//! decision compares bits as for the columns that are built in, and allocates nothing.

use std::sync::Arc;

use jiff::Timestamp;

use crate::catalogue::Evidence;
use crate::catalogue::{Catalogue, KnownColumn, Measured};
use crate::catalogue::{Measure, measured_text, value_text};
use crate::cell::{CellError, Test, folded, parse_ordered_test, parse_word_test, test_text};
use crate::table_error::TableErrorCode;

mod parse;
mod sets;

pub(crate) use sets::{RowSet, RowSets};

/// Catalogued columns that one table may name at most.
pub(crate) const EXTRA_MAX: usize = 8;

/// Points that the cells of one column may name at most: every class has a bit.
const POINTS_MAX: usize = 31;

/// The class of each column, in their order.
pub(crate) type Classes = [u8; EXTRA_MAX];

/// A cell of a catalogued column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ExtraTest {
    /// On words, by place.
    Word(Test<u8>),
    /// On what has an order, and on its absence.
    Ordered { absent: bool, test: Test<f64> },
}

impl ExtraTest {
    fn holds(&self, measured: Measured) -> bool {
        match (self, measured) {
            (Self::Word(test), Measured::Word(place)) => crate::columns::word_holds(test, place),
            (Self::Word(test), _) => crate::columns::word_holds(test, 0),
            #[expect(clippy::cast_precision_loss, reason = "values are below 2^53")]
            (Self::Ordered { test, .. }, Measured::Int(value)) => test.holds(Some(value as f64)),
            (Self::Ordered { absent, .. }, _) => *absent,
        }
    }

    fn points(&self) -> Vec<i64> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "cells are read as whole numbers below 2^53"
        )]
        match self {
            Self::Word(_) => Vec::new(),
            Self::Ordered { test, .. } => test.breakpoints().iter().map(|v| *v as i64).collect(),
        }
    }
}

/// A catalogued column as a table uses it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExtraColumn {
    pub(crate) column: Arc<KnownColumn>,
    pub(crate) measure: Measure,
    /// Points that cells name, ascending.
    pub(crate) points: Vec<i64>,
    /// Classes that can be at all.
    pub(crate) possible: u64,
    /// Durations at which some row changes its mind.
    durations: Vec<i64>,
}

impl ExtraColumn {
    fn new(column: Arc<KnownColumn>, tests: &[&ExtraTest]) -> Option<Self> {
        let measure = column.measure();
        let mut points: Vec<i64> = tests.iter().flat_map(|test| test.points()).collect();
        points.sort_unstable();
        points.dedup();
        if points.len() > POINTS_MAX {
            return None;
        }
        let mut column = Self {
            column,
            measure,
            points,
            possible: 0,
            durations: Vec::new(),
        };
        for class in 0..column.class_count() {
            if column.sample(class).is_some() {
                column.possible |= 1 << class;
            }
        }
        Some(column)
    }

    pub(crate) fn key(&self) -> &str {
        &self.column.definition.key
    }

    fn class_count(&self) -> u8 {
        let count = match &self.measure {
            Measure::Words(words) => words.len(),
            _ => 2 * self.points.len() + 2,
        };
        u8::try_from(count).expect("words and points are bounded below 64 classes")
    }

    pub(crate) fn class_of(&self, measured: Measured) -> u8 {
        let place = match measured {
            Measured::None => 0,
            Measured::Word(place) => usize::from(place),
            Measured::Int(value) => match self.points.binary_search(&value) {
                Ok(point) => 2 * point + 2,
                Err(point) => 2 * point + 1,
            },
        };
        u8::try_from(place).unwrap_or(0)
    }

    /// A value of a class; `None` when there can be none.
    pub(crate) fn sample(&self, class: u8) -> Option<Measured> {
        if let Measure::Words(_) = self.measure {
            return Some(Measured::Word(class));
        }
        let counts = matches!(
            self.column.definition.operation,
            crate::catalogue::Operation::Count
        );
        if class == 0 {
            return (!counts).then_some(Measured::None);
        }
        let (step, min, max) = self.measure.span();
        let place = usize::from(class - 1) / 2;
        if class.is_multiple_of(2) {
            let point = self.points[place];
            let fits = (min..=max).contains(&point) && point.rem_euclid(step) == 0;
            return fits.then_some(Measured::Int(point));
        }
        // The first step after the point before, or the least there is.
        let low = place
            .checked_sub(1)
            .and_then(|before| self.points.get(before));
        let low = low.map_or(min, |point| (point.div_euclid(step) + 1) * step);
        let value =
            low.max(min.div_euclid(step) * step + if min.rem_euclid(step) == 0 { 0 } else { step });
        let below_next = self.points.get(place).is_none_or(|next| value < *next);
        (below_next && value <= max).then_some(Measured::Int(value))
    }

    fn mask(&self, test: &ExtraTest) -> u64 {
        let classes =
            (0..self.class_count()).filter_map(|class| Some((class, self.sample(class)?)));
        classes
            .filter(|(_, sample)| test.holds(*sample))
            .fold(0, |mask, (class, _)| mask | 1 << class)
    }

    /// Durations at which a row that accepted begins not to, or the other way round.
    fn note_durations(&mut self, masks: &[u64]) {
        if !matches!(self.measure, Measure::Duration(_)) {
            return;
        }
        let differs = |from: usize, to: usize| {
            masks
                .iter()
                .any(|mask| (mask >> from) & 1 != (mask >> to) & 1)
        };
        for (place, point) in self.points.iter().enumerate() {
            let at = 2 * place + 2;
            if differs(at - 1, at) {
                self.durations.push(*point);
            }
            if differs(at, at + 1) {
                self.durations.push(point + 1);
            }
        }
    }

    /// The words of a class, for the person who reads a fault.
    pub(crate) fn class_text(&self, class: u8) -> String {
        let sample = self.sample(class).unwrap_or(Measured::None);
        measured_text(&self.measure, sample)
    }
}

/// The catalogued columns of a table with the masks of its rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Extra {
    pub(crate) columns: Vec<ExtraColumn>,
    /// Row by row, one for each column.
    masks: Vec<u64>,
    tests: Vec<ExtraTest>,
}

impl Extra {
    /// Of columns and the cells of each row; `None` if cells name too many points.
    pub(crate) fn new(known: &[Arc<KnownColumn>], rows: Vec<Vec<ExtraTest>>) -> Option<Self> {
        let mut extra = Self::default();
        for (place, column) in known.iter().enumerate() {
            let tests: Vec<&ExtraTest> = rows.iter().map(|row| &row[place]).collect();
            let mut column = ExtraColumn::new(column.clone(), &tests)?;
            let masks: Vec<u64> = tests.iter().map(|test| column.mask(test)).collect();
            column.note_durations(&masks);
            extra.columns.push(column);
        }
        extra.tests = rows.into_iter().flatten().collect();
        extra.masks = extra
            .tests
            .iter()
            .enumerate()
            .map(|(place, test)| extra.columns[place % known.len()].mask(test))
            .collect();
        Some(extra)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The class of each column for what is known at an instant.
    pub(crate) fn classes(&self, evidence: &[Evidence], at: Timestamp) -> Classes {
        let mut classes = [0; EXTRA_MAX];
        let now = at.as_microsecond();
        for (class, column) in classes.iter_mut().zip(&self.columns) {
            *class = column.class_of(column.column.value(evidence, now));
        }
        classes
    }

    pub(crate) fn row_masks(&self, row: usize) -> &[u64] {
        let count = self.columns.len();
        &self.masks[row * count..(row + 1) * count]
    }

    pub(crate) fn accepts(&self, row: usize, classes: &Classes) -> bool {
        let masks = self.row_masks(row).iter().zip(classes);
        masks
            .into_iter()
            .all(|(mask, class)| mask >> class & 1 == 1)
    }

    /// The first column whose cell does not hold in a row.
    pub(crate) fn failed(&self, row: usize, classes: &Classes) -> Option<usize> {
        let mut masks = self.row_masks(row).iter().zip(classes);
        masks.position(|(mask, class)| mask >> class & 1 == 0)
    }

    /// The cells of a row, in the normal form.
    pub(crate) fn cells(&self, row: usize) -> Vec<String> {
        let columns = self.columns.iter().enumerate();
        columns.map(|(column, _)| self.cell(row, column)).collect()
    }

    pub(crate) fn cell(&self, row: usize, column: usize) -> String {
        let measure = &self.columns[column].measure;
        self.test(row, column).text(measure)
    }

    pub(crate) fn test(&self, row: usize, column: usize) -> &ExtraTest {
        &self.tests[row * self.columns.len() + column]
    }

    /// What a column holds, in words.
    pub(crate) fn actual(&self, column: usize, evidence: &[Evidence], at: Timestamp) -> String {
        let column = &self.columns[column];
        let measured = column.column.value(evidence, at.as_microsecond());
        measured_text(&column.measure, measured)
    }

    /// The last instant not after `at` and the first after it at which some class may have become
    /// another by itself.
    pub(crate) fn changes(
        &self,
        evidence: &[Evidence],
        at: Timestamp,
    ) -> (Option<Timestamp>, Option<Timestamp>) {
        let now = at.as_microsecond();
        let (mut last, mut next): (Option<i64>, Option<i64>) = (None, None);
        if !evidence.is_empty() {
            for column in &self.columns {
                let known = &column.column;
                let (before, after) = known.changes(evidence, now, &column.durations);
                last = last.max(before);
                next = [next, after].into_iter().flatten().min();
            }
        }
        let instant = |micros: i64| Timestamp::from_microsecond(micros).ok();
        (last.and_then(instant), next.and_then(instant))
    }
}

/// Columns of a header that the catalogue knows, in order of name.
pub(crate) fn named_columns(header: &[String], catalogue: &Catalogue) -> Vec<Arc<KnownColumn>> {
    let mut named: Vec<_> = header
        .iter()
        .filter_map(|name| catalogue.column(name).cloned())
        .collect();
    named.sort_by(|a, b| a.definition.key.cmp(&b.definition.key));
    named.dedup_by(|a, b| a.definition.key == b.definition.key);
    named
}
