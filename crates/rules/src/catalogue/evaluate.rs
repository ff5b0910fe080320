//! What a column's facts add up to at an instant, and when that changes by itself.

use jiff::Timestamp;

use super::fields::{MILLIONTHS, day_start, millionths};
use super::{Datum, Evidence, FieldType, KnownColumn, Operation, SinceUnit};

/// Microseconds in an hour.
pub(crate) const HOUR: i64 = 3_600_000_000;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measured {
    /// No fact counts.
    None,
    /// A word by its place in the list; 0 is `none`, or `no`.
    Word(u8),
    /// A number in millionths, a day since 1970, or a duration in microseconds.
    Int(i64),
}

/// How a column is written and compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Measure {
    /// Words; the first stands for the absence of facts.
    Words(Vec<String>),
    /// Numbers in millionths, in steps, within bounds.
    Number { step: i64, min: i64, max: i64 },
    /// Days.
    Day,
    /// Durations.
    Duration(SinceUnit),
}

/// Greatest duration and greatest count: far more than there will be, exact as a double.
const INT_MAX: i64 = 1 << 52;

impl Measure {
    /// Step, least and greatest value of what has an order.
    pub(crate) const fn span(&self) -> (i64, i64, i64) {
        match self {
            Self::Words(_) => (1, 0, 0),
            Self::Number { step, min, max } => (*step, *min, *max),
            // 1900-01-01 to 2199.
            Self::Day => (1, -25_567, 84_000),
            Self::Duration(_) => (1, 0, INT_MAX),
        }
    }
}

impl KnownColumn {
    /// How the column is written and compared.
    pub(crate) fn measure(&self) -> Measure {
        let words = |first: &str, rest: Vec<String>| {
            Measure::Words(std::iter::once(first.to_owned()).chain(rest).collect())
        };
        match &self.definition.operation {
            Operation::Exists => words("no", vec!["yes".to_owned()]),
            Operation::Count => Measure::Number {
                step: millionths(1.0),
                min: 0,
                max: INT_MAX,
            },
            Operation::Since { unit } => Measure::Duration(*unit),
            Operation::Last { field }
            | Operation::Greatest { field }
            | Operation::Least { field } => {
                match self.kind.field(field).map(|field| &field.value) {
                    Some(FieldType::Choice { words: list }) => {
                        words("none", list.iter().map(|word| word.key.clone()).collect())
                    }
                    Some(FieldType::Number {
                        min, max, decimals, ..
                    }) => Measure::Number {
                        step: 10_i64.pow(6_u32.saturating_sub(u32::from(*decimals))),
                        min: millionths(*min),
                        max: millionths(*max),
                    },
                    _ => Measure::Day,
                }
            }
        }
    }

    /// The field whose value counts.
    pub(crate) fn field(&self) -> Option<&str> {
        match &self.definition.operation {
            Operation::Last { field }
            | Operation::Greatest { field }
            | Operation::Least { field } => Some(field),
            Operation::Count | Operation::Since { .. } | Operation::Exists => None,
        }
    }

    /// Whether facts of this kind with these fields count at all.
    pub(crate) fn takes(&self, evidence: &Evidence) -> bool {
        let filtered = self.definition.filter.as_ref().is_none_or(|filter| {
            matches!(evidence.fields.get(&filter.field), Some(Datum::Word(word)) if filter.words.contains(word))
        });
        let has_field = self
            .field()
            .is_none_or(|field| evidence.fields.contains_key(field));
        evidence.kind == self.kind.key && filtered && has_field
    }

    /// Microseconds for which a fact counts, if not for good.
    pub(crate) fn valid(&self) -> Option<i64> {
        self.definition
            .valid_hours
            .map(|hours| i64::from(hours) * HOUR)
    }

    /// When what a fact says happened.
    fn moment(&self, evidence: &Evidence) -> i64 {
        let Some(key) = &self.kind.time else {
            return evidence.recorded_at;
        };
        let is_day = matches!(
            self.kind.field(key).map(|field| &field.value),
            Some(FieldType::Date)
        );
        match evidence.fields.get(key) {
            Some(Datum::Int(day)) if is_day => day_start(*day),
            Some(Datum::Int(at)) => *at,
            _ => evidence.recorded_at,
        }
    }

    /// Facts that count, those whose time is over too, with their moments; in the order of
    /// recording.
    fn moments<'e>(&self, evidence: &'e [Evidence]) -> impl Iterator<Item = (i64, &'e Evidence)> {
        let taken = evidence.iter().filter(|evidence| self.takes(evidence));
        taken.map(|evidence| (self.moment(evidence), evidence))
    }

    /// What the facts add up to at `now`, in microseconds.
    pub(crate) fn value(&self, evidence: &[Evidence], now: i64) -> Measured {
        let valid = self.valid();
        let mut live = self
            .moments(evidence)
            .filter(|(at, _)| valid.is_none_or(|valid| now < at.saturating_add(valid)));
        let int = |evidence: &Evidence, field: &str| match evidence.fields.get(field) {
            Some(Datum::Int(value)) => Some(*value),
            _ => None,
        };
        let found = match &self.definition.operation {
            Operation::Exists => return Measured::Word(u8::from(live.next().is_some())),
            Operation::Count => {
                let count = i64::try_from(live.count()).unwrap_or(i64::MAX);
                Some(count.saturating_mul(millionths(1.0)))
            }
            Operation::Since { .. } => live.map(|(at, _)| (now - at).max(0)).min(),
            Operation::Greatest { field } => live.filter_map(|(_, fact)| int(fact, field)).max(),
            Operation::Least { field } => live.filter_map(|(_, fact)| int(fact, field)).min(),
            Operation::Last { field } => {
                let last = live.max_by_key(|(at, _)| *at).map(|(_, fact)| fact);
                match last.and_then(|fact| fact.fields.get(field)) {
                    Some(Datum::Word(word)) => return self.word(field, word),
                    Some(Datum::Int(value)) => Some(*value),
                    None => None,
                }
            }
        };
        found.map_or(Measured::None, Measured::Int)
    }

    fn word(&self, field: &str, word: &str) -> Measured {
        let Some(FieldType::Choice { words }) = self.kind.field(field).map(|field| &field.value)
        else {
            return Measured::None;
        };
        let place = words.iter().position(|known| known.key == word);
        place.map_or(Measured::None, |place| {
            Measured::Word(u8::try_from(place + 1).unwrap_or(0))
        })
    }

    /// The instants around `now` at which a fact stops counting, or the time since the latest
    /// reaches one of these durations: the last that is not after it, and the first that is.
    pub(crate) fn changes(
        &self,
        evidence: &[Evidence],
        now: i64,
        durations: &[i64],
    ) -> (Option<i64>, Option<i64>) {
        let valid = self.valid();
        let (mut last, mut next): (Option<i64>, Option<i64>) = (None, None);
        for (at, _) in self.moments(evidence) {
            for wait in durations.iter().copied().chain(valid) {
                let change = at.saturating_add(wait);
                if change <= now {
                    last = last.max(Some(change));
                } else {
                    next = Some(next.map_or(change, |next| next.min(change)));
                }
            }
        }
        (last, next)
    }
}

/// Writes a value of a measure as a cell would.
pub(crate) fn value_text(measure: &Measure, value: f64) -> String {
    match measure {
        Measure::Words(_) => String::new(),
        Measure::Number { .. } => (value / MILLIONTHS).to_string(),
        Measure::Day => day_text(value),
        Measure::Duration(unit) => duration_text(*unit, value),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "days are whole numbers far below 2^53; a cast saturates"
)]
fn day_text(value: f64) -> String {
    let start = Timestamp::from_microsecond(day_start(value as i64));
    start.map_or_else(
        |_| String::new(),
        |start| gridpass_types::clock::district_date(start).to_string(),
    )
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "durations are whole microseconds below 2^53; a cast saturates"
)]
fn duration_text(unit: SinceUnit, value: f64) -> String {
    let micros = value as i64;
    let (hours, rest) = (micros / HOUR, micros % HOUR);
    let minutes = rest / (HOUR / 60);
    match unit {
        SinceUnit::Days if hours % 24 == 0 && minutes == 0 => format!("{}d", hours / 24),
        _ if minutes == 0 => format!("{hours}h"),
        _ => format!("{hours}h{minutes:02}m"),
    }
}

/// Writes what a column holds.
pub(crate) fn measured_text(measure: &Measure, measured: Measured) -> String {
    match (measure, measured) {
        (Measure::Words(words), Measured::None) => words[0].clone(),
        (Measure::Words(words), Measured::Word(place)) => {
            let word = words.get(usize::from(place));
            word.cloned().unwrap_or_default()
        }
        #[expect(clippy::cast_precision_loss, reason = "values are below 2^53")]
        (measure, Measured::Int(value)) => value_text(measure, value as f64),
        (_, Measured::None | Measured::Word(_)) => "none".to_owned(),
    }
}
