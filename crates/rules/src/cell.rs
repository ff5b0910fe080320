//! Cells: the unary tests of DMN that the tables use.
//!
//! `-` anything · `verified` equals · `in(a,b)` one of · `not(a)` none of · `>= 37.3`, `< 14`,
//! `[1..14]` and the half-open ranges for numbers. A missing number satisfies only `-`.

use std::fmt;

use gridpass_types::fold_width;

use crate::table_error::TableErrorCode;

/// What a cell is wrong about: the code and the text found.
pub(crate) type CellError = (TableErrorCode, String);

/// A test on a value of type `V`: the index of a word, or a number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test<V> {
    Any,
    Is(V),
    In(Vec<V>),
    Not(Vec<V>),
    Range(Range),
}

/// An interval of numbers; an open end is infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Range {
    pub(crate) low: Option<Bound>,
    pub(crate) high: Option<Bound>,
}

/// One end of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bound {
    pub(crate) value: f64,
    pub(crate) included: bool,
}

impl Range {
    pub(crate) fn contains(&self, number: f64) -> bool {
        let above = self
            .low
            .is_none_or(|low| number > low.value || (low.included && number == low.value));
        let below = self
            .high
            .is_none_or(|high| number < high.value || (high.included && number == high.value));
        above && below
    }

    fn is_empty(&self) -> bool {
        match (self.low, self.high) {
            (Some(low), Some(high)) => {
                low.value > high.value
                    || (low.value == high.value && !(low.included && high.included))
            }
            _ => false,
        }
    }
}

impl Test<f64> {
    /// Does a reading, or its absence, satisfy the test? What is no number counts as absent.
    pub(crate) fn holds(&self, number: Option<f64>) -> bool {
        if matches!(self, Self::Any) {
            return true;
        }
        let Some(number) = number.filter(|number| !number.is_nan()) else {
            return false;
        };
        match self {
            Self::Any => true,
            Self::Is(value) => number == *value,
            Self::In(values) => values.contains(&number),
            Self::Not(values) => !values.contains(&number),
            Self::Range(range) => range.contains(number),
        }
    }

    /// The numbers at which the test's answer may change.
    pub(crate) fn breakpoints(&self) -> Vec<f64> {
        match self {
            Self::Any => Vec::new(),
            Self::Is(value) => vec![*value],
            Self::In(values) | Self::Not(values) => values.clone(),
            Self::Range(range) => [range.low, range.high]
                .into_iter()
                .flatten()
                .map(|bound| bound.value)
                .collect(),
        }
    }
}

/// Reads a test on words; `value` finds a word of the column.
pub(crate) fn parse_word_test(
    cell: &str,
    value: impl Fn(&str) -> Option<u8>,
) -> Result<Test<u8>, CellError> {
    let text = folded(cell);
    let value =
        |word: &str| value(word).ok_or_else(|| (TableErrorCode::UnknownValue, word.to_owned()));
    if let Some(test) = parse_common(&text, &value)? {
        return Ok(test);
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if !text.chars().all(is_word) {
        return Err((TableErrorCode::BadTest, cell.to_owned()));
    }
    value(&text).map(Test::Is)
}

/// Reads a test on a number.
pub(crate) fn parse_number_test(cell: &str) -> Result<Test<f64>, CellError> {
    parse_ordered_test(cell, &parse_number)
}

/// Reads a test on values that have an order; `value` reads one.
pub(crate) fn parse_ordered_test(
    cell: &str,
    value: &impl Fn(&str) -> Result<f64, CellError>,
) -> Result<Test<f64>, CellError> {
    let text = folded(cell);
    if let Some(test) = parse_common(&text, value)? {
        return Ok(test);
    }
    for (sign, is_low, included) in [
        (">=", true, true),
        ("≥", true, true),
        ("<=", false, true),
        ("≤", false, true),
        (">", true, false),
        ("<", false, false),
    ] {
        if let Some(number) = text.strip_prefix(sign) {
            let bound = Some(Bound {
                value: value(number.trim())?,
                included,
            });
            let (low, high) = if is_low { (bound, None) } else { (None, bound) };
            return Ok(Test::Range(Range { low, high }));
        }
    }
    if let Some(test) = parse_range(&text, cell, value)? {
        return Ok(test);
    }
    value(&text).map(Test::Is)
}

/// `-`, `in(…)` and `not(…)`, which words and numbers share.
fn parse_common<V>(
    text: &str,
    value: &impl Fn(&str) -> Result<V, CellError>,
) -> Result<Option<Test<V>>, CellError> {
    if text.is_empty() {
        return Err((TableErrorCode::EmptyCell, String::new()));
    }
    if text == "-" {
        return Ok(Some(Test::Any));
    }
    for name in ["in", "not"] {
        let Some(rest) = text.strip_prefix(name).map(str::trim_start) else {
            continue;
        };
        let Some(list) = rest.strip_prefix('(').and_then(|r| r.strip_suffix(')')) else {
            continue;
        };
        let values: Vec<V> = list
            .split(',')
            .map(|item| value(item.trim()))
            .collect::<Result<_, _>>()?;
        return Ok(Some(match name {
            "in" => Test::In(values),
            _ => Test::Not(values),
        }));
    }
    Ok(None)
}

/// `[1..14]`, `[1..14)`, `(1..14]`, `(1..14)` and the same with outward brackets, `]1..14[`.
fn parse_range(
    text: &str,
    cell: &str,
    value: &impl Fn(&str) -> Result<f64, CellError>,
) -> Result<Option<Test<f64>>, CellError> {
    let Some((left, right)) = text.split_once("..") else {
        return Ok(None);
    };
    let bad = || (TableErrorCode::BadTest, cell.to_owned());
    let low_included = match left.chars().next() {
        Some('[') => true,
        Some('(' | ']') => false,
        _ => return Err(bad()),
    };
    let high_included = match right.chars().next_back() {
        Some(']') => true,
        Some(')' | '[') => false,
        _ => return Err(bad()),
    };
    // Brackets are one byte each.
    let (low, high) = (&left[1..], &right[..right.len() - 1]);
    let range = Range {
        low: Some(Bound {
            value: value(low.trim())?,
            included: low_included,
        }),
        high: Some(Bound {
            value: value(high.trim())?,
            included: high_included,
        }),
    };
    if range.is_empty() {
        return Err((TableErrorCode::EmptyRange, cell.to_owned()));
    }
    Ok(Some(Test::Range(range)))
}

/// A plain decimal: at most nine digits before the point and six behind it.
pub(crate) fn parse_number(text: &str) -> Result<f64, CellError> {
    let bad = || (TableErrorCode::BadNumber, text.to_owned());
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str, longest: usize| {
        (1..=longest).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !all_digits(whole, 9) || !all_digits(fraction, 6) {
        return Err(bad());
    }
    let number: f64 = text.parse().map_err(|_| bad())?;
    // Minus zero would be written differently from the zero it equals.
    Ok(if number == 0.0 { 0.0 } else { number })
}

/// Trimmed, with full-width characters of a Chinese keyboard made ASCII.
pub(crate) fn folded(cell: &str) -> String {
    let half: String = cell.chars().map(fold_width).collect();
    half.trim().to_owned()
}

/// Writes a test in its normal form; reading it again gives the same test.
pub(crate) fn test_text<V>(test: &Test<V>, value: impl Fn(&V) -> String) -> String {
    let list = |values: &[V]| values.iter().map(&value).collect::<Vec<_>>().join(",");
    match test {
        Test::Any => "-".to_owned(),
        Test::Is(single) => value(single),
        Test::In(values) => format!("in({})", list(values)),
        Test::Not(values) => format!("not({})", list(values)),
        Test::Range(range) => range.to_string(),
    }
}

impl Range {
    /// The interval with its values as `value` writes them.
    pub(crate) fn text(&self, value: &impl Fn(&f64) -> String) -> String {
        match (self.low, self.high) {
            (Some(low), Some(high)) => {
                let left = if low.included { '[' } else { '(' };
                let right = if high.included { ']' } else { ')' };
                format!("{left}{}..{}{right}", value(&low.value), value(&high.value))
            }
            (Some(low), None) => {
                let sign = if low.included { ">=" } else { ">" };
                format!("{sign} {}", value(&low.value))
            }
            (None, Some(high)) => {
                let sign = if high.included { "<=" } else { "<" };
                format!("{sign} {}", value(&high.value))
            }
            (None, None) => "-".to_owned(),
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(&f64::to_string))
    }
}

#[cfg(test)]
mod tests;
