//! Fields of facts: reading them, and refusing what they cannot hold.

use gridpass_types::clock::{district_date, start_of_day};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Evidence, FactKind, Fault, Field, FieldType};
use crate::fact::CLOCK_AHEAD_MAX;

/// Millionths in a whole: numbers are compared as whole numbers of millionths, here and in SQL.
pub(crate) const MILLIONTHS: f64 = 1_000_000.0;

/// Greatest absolute value of a number.
pub(crate) const NUMBER_MAX: f64 = 999_999_999.0;

/// What a field holds, in the narrow form of the state: a word; or a whole number of millionths,
/// of days since 1970 or of microseconds since 1970, as the field's type says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Datum {
    /// A number, a day or an instant.
    Int(i64),
    /// A word.
    Word(String),
}

impl Datum {
    /// Days and instants are told from words by their form: no word begins with a digit.
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_f64().map(|number| Self::Int(millionths(number))),
            Value::String(text) => Some(match (read_date(text), text.parse::<Timestamp>()) {
                (Some(date), _) => Self::Int(day_number(date)),
                (None, Ok(at)) => Self::Int(at.as_microsecond()),
                (None, Err(_)) => Self::Word(text.clone()),
            }),
            _ => None,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "numbers are bounded far below 2^53 millionths; a cast saturates"
)]
pub(crate) fn millionths(number: f64) -> i64 {
    (number * MILLIONTHS).round() as i64
}

/// A day as `2020-03-01`, and nothing else.
pub(crate) fn read_date(text: &str) -> Option<Date> {
    let date = (text.len() == 10).then(|| text.parse::<Date>().ok())??;
    (date.year() >= 1900).then_some(date)
}

/// Days since 1970-01-01.
pub(crate) fn day_number(date: Date) -> i64 {
    i64::from(gridpass_types::clock::days_between(
        jiff::civil::date(1970, 1, 1),
        date,
    ))
}

/// When a day begins in the district, in microseconds.
pub(crate) fn day_start(day: i64) -> i64 {
    day * 86_400_000_000 - gridpass_types::clock::DISTRICT_OFFSET_SECONDS * 1_000_000
}

impl Evidence {
    /// Of a fact's kind and fields.
    pub(crate) fn of(kind: &str, fields: &Map<String, Value>, recorded_at: Timestamp) -> Self {
        let fields = fields.iter();
        Self {
            kind: kind.to_owned(),
            recorded_at: recorded_at.as_microsecond(),
            fields: fields
                .filter_map(|(key, value)| Some((key.clone(), Datum::of(value)?)))
                .collect(),
        }
    }
}

impl FactKind {
    pub(crate) fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// Everything that is wrong with the fields of a fact, as seen at `now`.
    #[must_use]
    pub fn faults(&self, fields: &Map<String, Value>, now: Timestamp) -> Vec<Fault> {
        let mut faults = Vec::new();
        for key in fields.keys().filter(|key| self.field(key).is_none()) {
            let fault = Fault::new(key, "fact_field_unknown", "no such field", "没有这个字段");
            faults.push(fault);
        }
        for field in &self.fields {
            match fields.get(&field.key) {
                None | Some(Value::Null) if field.optional => {}
                None | Some(Value::Null) => faults.push(Fault::new(
                    &field.key,
                    "fact_field_missing",
                    "the field is missing",
                    "缺少该字段",
                )),
                Some(value) => faults.extend(field.fault(value, now)),
            }
        }
        faults
    }

    /// Whether a source may be named.
    #[must_use]
    pub fn takes_source(&self, source: &str) -> bool {
        self.sources.is_empty() || self.sources.iter().any(|known| known == source.trim())
    }
}

impl Field {
    fn fault(&self, value: &Value, now: Timestamp) -> Option<Fault> {
        let fault = |code, en: String, zh: String| Some(Fault::new(&self.key, code, en, zh));
        match (&self.value, value) {
            (FieldType::Choice { words }, Value::String(word))
                if words.iter().any(|known| known.key == *word) =>
            {
                None
            }
            (FieldType::Choice { words }, _) => {
                let list: Vec<&str> = words.iter().map(|word| word.key.as_str()).collect();
                let list = list.join(", ");
                let (en, zh) = (format!("one of {list}"), format!("应为其中之一：{list}"));
                fault("fact_field_word", en, zh)
            }
            (
                FieldType::Number {
                    min, max, decimals, ..
                },
                value,
            ) => {
                let fits = value.as_f64().is_some_and(|number| {
                    let scaled = number * 10_f64.powi(i32::from(*decimals));
                    (*min..=*max).contains(&number) && (scaled - scaled.round()).abs() < 1e-6
                });
                if fits {
                    return None;
                }
                let en = format!("a number from {min} to {max} with {decimals} decimals at most");
                let zh = format!("应为 {min} 至 {max} 之间的数，小数位不超过 {decimals} 位");
                fault("fact_field_number", en, zh)
            }
            (FieldType::Date, value) => match value.as_str().and_then(read_date) {
                Some(day) if day <= district_date(now) => None,
                Some(_) => self.in_future(),
                None => fault(
                    "fact_field_date",
                    "a day like 2020-03-01".to_owned(),
                    "应为日期，如 2020-03-01".to_owned(),
                ),
            },
            (FieldType::Instant, value) => {
                let text = value.as_str();
                match text.and_then(|text| text.parse::<Timestamp>().ok()) {
                    Some(at) if at < start_of_day(jiff::civil::date(1900, 1, 1)) => {
                        self.in_future()
                    }
                    Some(at) if at.duration_since(now) <= CLOCK_AHEAD_MAX => None,
                    Some(_) => self.in_future(),
                    None => fault(
                        "fact_field_instant",
                        "an instant like 2020-03-01T08:00:00+08:00".to_owned(),
                        "应为时间，如 2020-03-01T08:00:00+08:00".to_owned(),
                    ),
                }
            }
        }
    }

    fn in_future(&self) -> Option<Fault> {
        Some(Fault::new(
            &self.key,
            "fact_in_future",
            "the time lies in the future or far in the past",
            "时间晚于当前时间，或过于久远",
        ))
    }
}
