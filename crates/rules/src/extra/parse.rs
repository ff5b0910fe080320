//! Cells of catalogued columns: words, numbers, days and durations, and `none`.

use super::{
    CellError, ExtraTest, Measure, TableErrorCode, Test, folded, parse_ordered_test,
    parse_word_test, test_text, value_text,
};
use crate::catalogue::{HOUR, day_number, millionths, read_date};
use crate::cell::{Range, parse_number};

/// Longest duration in hours: some thirty years.
const HOURS_MAX: i64 = 270_000;

/// The word for the absence of facts.
const NONE: &str = "none";

impl ExtraTest {
    /// Reads a cell of a column.
    pub(crate) fn parse(measure: &Measure, cell: &str) -> Result<Self, CellError> {
        if let Measure::Words(words) = measure {
            let place = |word: &str| {
                let place = words.iter().position(|known| known == word)?;
                u8::try_from(place).ok()
            };
            return parse_word_test(cell, place).map(Self::Word);
        }
        let text = folded(cell);
        if text == NONE {
            return Ok(Self::ordered(true, Test::In(Vec::new())));
        }
        let (named, rest) = without_none(&text);
        let Some(rest) = rest else {
            return match named {
                Some(List::Not) => Ok(Self::ordered(false, ANYTHING)),
                _ => Ok(Self::ordered(true, Test::In(Vec::new()))),
            };
        };
        let test = parse_ordered_test(&rest, &|text: &str| read_value(measure, text))?;
        let absent = match named {
            Some(list) => list == List::In,
            None => test == Test::Any,
        };
        Ok(Self::ordered(absent, test))
    }

    const fn ordered(absent: bool, test: Test<f64>) -> Self {
        Self::Ordered { absent, test }
    }

    /// The cell in its normal form; reading it again gives the same test.
    pub(crate) fn text(&self, measure: &Measure) -> String {
        let (absent, test) = match (self, measure) {
            (Self::Word(test), Measure::Words(words)) => {
                return test_text(test, |place| words[usize::from(*place)].clone());
            }
            (Self::Word(_), _) => return String::new(),
            (Self::Ordered { absent, test }, _) => (*absent, test),
        };
        let value = |value: &f64| value_text(measure, *value);
        match test {
            Test::In(values) if absent && values.is_empty() => NONE.to_owned(),
            Test::Is(_) | Test::In(_) if absent => {
                let list = test_text(test, value);
                let list = list.trim_start_matches("in(").trim_end_matches(')');
                format!("in({NONE},{list})")
            }
            Test::Range(Range {
                low: None,
                high: None,
            }) => format!("not({NONE})"),
            Test::Range(range) => range.text(&value),
            _ => test_text(test, value),
        }
    }
}

/// Whatever there is, if there is something.
const ANYTHING: Test<f64> = Test::Range(Range {
    low: None,
    high: None,
});

#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    In,
    Not,
}

/// Takes `none` out of a list: which list it was, and the cell without it; `None` when nothing is
/// left of it.
fn without_none(text: &str) -> (Option<List>, Option<String>) {
    for (name, list) in [("in", List::In), ("not", List::Not)] {
        let inner = text
            .strip_prefix(name)
            .map(str::trim_start)
            .and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
        let Some(inner) = inner else { continue };
        let items: Vec<&str> = inner.split(',').map(str::trim).collect();
        let others: Vec<&str> = items.iter().copied().filter(|item| *item != NONE).collect();
        if others.len() == items.len() {
            return (None, Some(text.to_owned()));
        }
        let rest = (!others.is_empty()).then(|| format!("{name}({})", others.join(",")));
        return (Some(list), rest);
    }
    (None, Some(text.to_owned()))
}

fn read_value(measure: &Measure, text: &str) -> Result<f64, CellError> {
    #[expect(clippy::cast_precision_loss, reason = "values are below 2^53")]
    let double = |value: i64| value as f64;
    match measure {
        Measure::Day => match read_date(text) {
            Some(date) => Ok(double(day_number(date))),
            None => Err((TableErrorCode::BadDate, text.to_owned())),
        },
        Measure::Duration(_) => match read_duration(text) {
            Some(micros) => Ok(double(micros)),
            None => Err((TableErrorCode::BadDuration, text.to_owned())),
        },
        Measure::Number { .. } | Measure::Words(_) => {
            parse_number(text).map(|number| double(millionths(number)))
        }
    }
}

/// `48h` or `14d`: whole hours, or whole days of 24 hours.
fn read_duration(text: &str) -> Option<i64> {
    let (number, hours) = match text.strip_suffix('d') {
        Some(number) => (number, 24),
        None => (text.strip_suffix('h')?, 1),
    };
    let digits = (1..=6).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let count: i64 = digits.then(|| number.parse().ok())??;
    let hours = count * hours;
    (hours <= HOURS_MAX).then_some(hours * HOUR)
}
