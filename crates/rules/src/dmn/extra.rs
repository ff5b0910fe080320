//! Columns of the catalogue in a DMN model: words, numbers, days and durations; absence is null.

use super::{quoted, word_type};
use crate::catalogue::{HOUR, Measure, value_text};
use crate::cell::{Test, test_text};
use crate::extra::{Extra, ExtraColumn, ExtraTest};

pub(super) fn type_of(column: &ExtraColumn) -> String {
    match &column.measure {
        Measure::Words(_) => format!("t_{}", column.key()),
        Measure::Number { .. } => "number".to_owned(),
        Measure::Day => "date".to_owned(),
        Measure::Duration(_) => "dayTimeDuration".to_owned(),
    }
}

pub(super) fn item_definition(xml: &mut String, column: &ExtraColumn) {
    if let Measure::Words(words) = &column.measure {
        let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        word_type(xml, &type_of(column), &words.join(", "));
    }
}

/// The input entries of a row.
pub(super) fn entries(extra: &Extra, row: usize) -> Vec<String> {
    let columns = extra.columns.iter().enumerate();
    columns
        .map(|(place, column)| entry(&column.measure, extra.test(row, place)))
        .collect()
}

fn entry(measure: &Measure, test: &ExtraTest) -> String {
    match (test, measure) {
        (ExtraTest::Word(test), Measure::Words(words)) => {
            let word = |place: &u8| quoted(&words[usize::from(*place)]);
            list_or_text(test, &test_text(test, word))
        }
        (ExtraTest::Word(_), _) => "-".to_owned(),
        (ExtraTest::Ordered { absent, test }, _) => ordered(measure, *absent, test),
    }
}

/// FEEL writes a list of values without `in`.
fn list_or_text<V>(test: &Test<V>, text: &str) -> String {
    let inner = text
        .strip_prefix("in(")
        .and_then(|rest| rest.strip_suffix(')'));
    match (test, inner) {
        (Test::In(_), Some(inner)) => inner.replace(',', ", "),
        _ => text.to_owned(),
    }
}

/// An absent value satisfies only what says so; in FEEL it would satisfy `not(…)`, so null is
/// excluded.
fn ordered(measure: &Measure, absent: bool, test: &Test<f64>) -> String {
    let value = |value: &f64| literal(measure, *value);
    let list = |values: &[f64]| values.iter().map(value).collect::<Vec<_>>();
    match test {
        Test::Any => "-".to_owned(),
        Test::Is(one) if absent => format!("null, {}", value(one)),
        Test::Is(one) => value(one),
        Test::In(values) => {
            let mut values = list(values);
            if absent {
                values.insert(0, "null".to_owned());
            }
            values.join(", ")
        }
        Test::Not(values) => format!("not(null, {})", list(values).join(", ")),
        Test::Range(range) if range.low.is_none() && range.high.is_none() => "not(null)".to_owned(),
        Test::Range(range) => range.text(&value),
    }
}

fn literal(measure: &Measure, value: f64) -> String {
    match measure {
        Measure::Day => format!("date(\"{}\")", value_text(measure, value)),
        #[expect(clippy::cast_precision_loss, reason = "an hour is far below 2^53")]
        Measure::Duration(_) => format!("duration(\"PT{}H\")", value / HOUR as f64),
        Measure::Number { .. } | Measure::Words(_) => value_text(measure, value),
    }
}
