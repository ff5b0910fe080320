//! The closed list of reason codes, kept as data in `rules/2020-03/reasons.csv`.
//!
//! A rule table may give no other reason. Each reason has a stored number, words in Chinese and
//! English, and the table it may stand in.

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::table_error::TableName;

const REASONS_CSV: &str = include_str!("../../../rules/2020-03/reasons.csv");

static REASONS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    read_reasons(REASONS_CSV).expect("the list is part of the program and tested")
});

struct Entry {
    code: i16,
    word: String,
    table: Option<TableName>,
    zh: String,
    en: String,
}

/// A reason from the closed list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Reason(u16);

impl Reason {
    /// Every reason known today.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).zip(REASONS.iter()).map(|(index, _)| Self(index))
    }

    /// The reason for a word; `None` if it is not on the list.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::all().find(|reason| reason.entry().word == word)
    }

    /// The reason for a stored number; `None` if it was never given out.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::all().find(|reason| reason.entry().code == code)
    }

    /// The number that stands for the reason in the database.
    #[must_use]
    pub fn code(self) -> i16 {
        self.entry().code
    }

    /// The word as it stands in the tables and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        &self.entry().word
    }

    /// The reason in Chinese.
    #[must_use]
    pub fn zh(self) -> &'static str {
        &self.entry().zh
    }

    /// The reason in English.
    #[must_use]
    pub fn en(self) -> &'static str {
        &self.entry().en
    }

    /// May a rule of this table give the reason?
    #[must_use]
    pub fn may_stand_in(self, table: TableName) -> bool {
        self.entry().table.is_none_or(|only| only == table)
    }

    fn entry(self) -> &'static Entry {
        // A `Reason` is only ever made from an index of the list.
        &REASONS[usize::from(self.0)]
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reason({})", self.as_str())
    }
}

/// The word is not on the list of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a known reason")]
pub struct UnknownReason;

impl TryFrom<String> for Reason {
    type Error = UnknownReason;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        Self::from_word(&word).ok_or(UnknownReason)
    }
}

impl From<Reason> for &'static str {
    fn from(reason: Reason) -> Self {
        reason.as_str()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Reason {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("Reason of a decision, from a closed list"))
            .enum_values(Some(Self::all().map(Self::as_str)))
            .build()
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Reason {}

fn read_reasons(text: &str) -> Option<Vec<Entry>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut entries = Vec::new();
    for record in reader.records() {
        let record = record.ok()?;
        let table = match record.get(2)? {
            "both" => None,
            word => Some(TableName::from_word(word)?),
        };
        entries.push(Entry {
            code: record.get(0)?.parse().ok()?,
            word: record.get(1)?.to_owned(),
            table,
            zh: record.get(3)?.to_owned(),
            en: record.get(4)?.to_owned(),
        });
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_list_is_well_formed() {
        let entries = read_reasons(REASONS_CSV).unwrap();
        let codes: HashSet<_> = entries.iter().map(|e| e.code).collect();
        let words: HashSet<_> = entries.iter().map(|e| e.word.as_str()).collect();
        assert_eq!((codes.len(), words.len()), (entries.len(), entries.len()));
        for entry in &entries {
            assert!(entry.code > 0 && !entry.zh.is_empty() && !entry.en.is_empty());
            assert!(
                entry
                    .word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'_')
            );
        }
    }

    #[test]
    fn reasons_are_words_on_the_wire_and_numbers_in_store() {
        let fever = Reason::from_word("fever").unwrap();
        assert_eq!(serde_json::to_string(&fever).unwrap(), "\"fever\"");
        assert_eq!(Reason::from_code(fever.code()), Some(fever));
        assert_eq!((fever.zh(), fever.en()), ("体温异常", "high temperature"));
        assert!(serde_json::from_str::<Reason>("\"mood\"").is_err());
        assert!(fever.may_stand_in(TableName::Gate) && fever.may_stand_in(TableName::Colour));
        assert!(
            !Reason::from_word("case")
                .unwrap()
                .may_stand_in(TableName::Gate)
        );
    }
}
