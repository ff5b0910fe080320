//! What somebody can do about a colour: for each reason who has to act, and what helps.
//!
//! Kept as data in `rules/2020-03/advice.csv`, in Chinese and English, beside the reasons.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::reason::Reason;

const ADVICE_CSV: &str = include_str!("../../../rules/2020-03/advice.csv");

static ADVICE: LazyLock<Vec<Entry>> =
    LazyLock::new(|| read_advice(ADVICE_CSV).expect("the list is part of the program and tested"));

/// What to tell the person, beside the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Who has to act, in Chinese.
    pub who_zh: &'static str,
    /// Who has to act, in English.
    pub who_en: &'static str,
    /// What the person can do, in Chinese.
    pub do_zh: &'static str,
    /// What the person can do, in English.
    pub do_en: &'static str,
    /// How the colour lifts, in Chinese.
    pub lift_zh: &'static str,
    /// How the colour lifts, in English.
    pub lift_en: &'static str,
}

#[derive(Debug, Deserialize)]
struct Entry {
    reason: String,
    who_zh: String,
    who_en: String,
    do_zh: String,
    do_en: String,
    lift_zh: String,
    lift_en: String,
}

fn read_advice(csv: &str) -> Result<Vec<Entry>, csv::Error> {
    csv::Reader::from_reader(csv.as_bytes())
        .deserialize()
        .collect()
}

impl Reason {
    /// Advice for a reason of the colour table; `None` for one that only gates give.
    #[must_use]
    pub fn advice(self) -> Option<Advice> {
        let entry = ADVICE.iter().find(|entry| entry.reason == self.as_str())?;
        Some(Advice {
            who_zh: &entry.who_zh,
            who_en: &entry.who_en,
            do_zh: &entry.do_zh,
            do_en: &entry.do_en,
            lift_zh: &entry.lift_zh,
            lift_en: &entry.lift_en,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table_error::TableName;

    #[test]
    fn every_reason_of_a_colour_comes_with_advice() {
        for reason in Reason::all().filter(|reason| reason.may_stand_in(TableName::Colour)) {
            let advice = reason.advice();
            let advice = advice.unwrap_or_else(|| panic!("{reason} has no advice"));
            assert!(!advice.who_zh.is_ascii() && advice.who_en.is_ascii());
            assert!(!advice.do_zh.is_ascii() && advice.do_en.is_ascii());
            assert!(!advice.lift_zh.is_ascii() && advice.lift_en.is_ascii());
        }
        assert!(
            ADVICE
                .iter()
                .all(|entry| Reason::from_word(&entry.reason).is_some())
        );
    }
}
