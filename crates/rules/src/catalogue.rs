//! The catalogue: kinds of facts and columns of the state that are data, not code.
//!
//! A **kind** says which fields a fact has, on what legal basis it is kept, for how long, and who
//! may record it. A **column** says what the live facts of one kind add up to, by one of a few
//! operations. Rule tables name a column in their header and test it like one that is built in.
//! An entry never changes once it is approved, so a name always means the same.

mod check;
mod evaluate;
mod fields;

use std::sync::Arc;

use gridpass_types::word_list;
use serde::{Deserialize, Serialize};

pub use check::Fault;
pub use fields::Datum;

pub(crate) use evaluate::{HOUR, Measure, Measured, measured_text, value_text};
pub(crate) use fields::{day_number, millionths, read_date};

word_list! {
    /// Whose permission it takes to record a fact of a kind.
    Recorder {
        /// Whoever may record facts.
        Everybody = 1, "everybody";
        /// Whoever may record facts that a doctor answers for.
        Medical = 2, "medical";
    }
}

word_list! {
    /// What the time since a fact is written in.
    SinceUnit {
        /// Hours.
        Hours = 1, "hours";
        /// Days of 24 hours.
        Days = 2, "days";
    }
}

/// Words in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CatalogueLabel))]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// One word that a field may hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CatalogueWord))]
#[serde(deny_unknown_fields)]
pub struct ChoiceWord {
    /// The word as it stands in facts and cells.
    pub key: String,
    /// As people read it.
    pub name: Label,
}

/// What a field holds. There is no free text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CatalogueFieldType))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum FieldType {
    /// One word of a list.
    Choice {
        /// The list.
        words: Vec<ChoiceWord>,
    },
    /// A number within bounds.
    Number {
        /// Its unit; empty when it has none.
        unit: Label,
        /// Least.
        min: f64,
        /// Greatest.
        max: f64,
        /// Places behind the point, 0 to 6.
        decimals: u8,
    },
    /// A day.
    Date,
    /// An instant.
    Instant,
}

/// A field of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CatalogueField))]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name in facts.
    pub key: String,
    /// As people read it.
    pub name: Label,
    /// What it holds.
    pub value: FieldType,
    /// Whether a fact may come without.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// A kind of facts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FactKind {
    /// Its name, as `kind` of a fact.
    pub key: String,
    /// As people read it.
    pub name: Label,
    /// What a fact of it says.
    pub fields: Vec<Field>,
    /// The field that says when it happened: a day or an instant; when it was recorded, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The law it is collected under.
    pub legal_basis: Label,
    /// What for.
    pub purpose: Label,
    /// Days after which a fact counts no more by itself.
    pub retention_days: u16,
    /// Who may record it.
    pub recorded_by: Recorder,
    /// Sources that may be named; any when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
}

/// Which facts of the kind count for a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CatalogueFilter))]
#[serde(deny_unknown_fields)]
pub struct FactFilter {
    /// A field that holds words.
    pub field: String,
    /// The words that count.
    pub words: Vec<String>,
}

/// What the live facts add up to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CatalogueOperation))]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// The field's value in the latest fact that has it.
    Last {
        /// The field.
        field: String,
    },
    /// How many there are; none is 0.
    Count,
    /// The greatest value of a field with an order.
    Greatest {
        /// The field.
        field: String,
    },
    /// The least value of a field with an order.
    Least {
        /// The field.
        field: String,
    },
    /// The time since the latest.
    Since {
        /// What it is written in.
        unit: SinceUnit,
    },
    /// Whether there is one.
    Exists,
}

/// A column of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StateColumn {
    /// Its name in the header of a table.
    pub key: String,
    /// As people read it.
    pub name: Label,
    /// Kind of the facts it looks at.
    pub kind: String,
    /// Which of them count; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<FactFilter>,
    /// What they add up to.
    pub operation: Operation,
    /// Hours after which a fact counts no more for this column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_hours: Option<u32>,
}

/// One entry: a kind or a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum CatalogueEntry {
    /// A kind of facts.
    Kind(FactKind),
    /// A column of the state.
    Column(StateColumn),
}

impl CatalogueEntry {
    /// The name of what is defined.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Kind(kind) => &kind.key,
            Self::Column(column) => &column.key,
        }
    }

    /// `kind` or `column`.
    #[must_use]
    pub const fn sort(&self) -> &'static str {
        match self {
            Self::Kind(_) => "kind",
            Self::Column(_) => "column",
        }
    }
}

/// A column with the kind it looks at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KnownColumn {
    pub(crate) definition: StateColumn,
    pub(crate) kind: Arc<FactKind>,
}

/// Approved entries. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    kinds: Arc<Vec<Arc<FactKind>>>,
    columns: Arc<Vec<Arc<KnownColumn>>>,
}

impl Catalogue {
    /// A catalogue of entries that were approved in this order.
    ///
    /// # Errors
    /// The name of the first entry that is not valid after those before it.
    pub fn of(entries: impl IntoIterator<Item = CatalogueEntry>) -> Result<Self, String> {
        let mut catalogue = Self::default();
        for entry in entries {
            let key = entry.key().to_owned();
            if let Some(fault) = catalogue.check(&entry).into_iter().next() {
                return Err(format!("{key}: {}: {}", fault.field, fault.en));
            }
            catalogue.push(entry);
        }
        Ok(catalogue)
    }

    /// Reads a JSON array of entries.
    ///
    /// # Errors
    /// What is wrong with it, in English.
    pub fn from_json(bytes: &[u8]) -> Result<Self, String> {
        let entries: Vec<CatalogueEntry> =
            serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        Self::of(entries)
    }

    fn push(&mut self, entry: CatalogueEntry) {
        match entry {
            CatalogueEntry::Kind(kind) => Arc::make_mut(&mut self.kinds).push(Arc::new(kind)),
            CatalogueEntry::Column(definition) => {
                let Some(kind) = self.kinds.iter().find(|kind| kind.key == definition.kind) else {
                    return;
                };
                let kind = kind.clone();
                let column = Arc::new(KnownColumn { definition, kind });
                Arc::make_mut(&mut self.columns).push(column);
            }
        }
    }

    /// A kind by its name.
    #[must_use]
    pub fn kind(&self, key: &str) -> Option<&FactKind> {
        let kinds = self.kinds.iter();
        kinds.map(AsRef::as_ref).find(|kind| kind.key == key)
    }

    pub(crate) fn column(&self, key: &str) -> Option<&Arc<KnownColumn>> {
        self.columns
            .iter()
            .find(|column| column.definition.key == key)
    }

    /// The entries that tables need which name these columns, kinds first, in order of name:
    /// always the same for the same columns.
    #[must_use]
    pub fn needed_for(&self, columns: &[&str]) -> Vec<CatalogueEntry> {
        let mut named: Vec<_> = columns.iter().filter_map(|key| self.column(key)).collect();
        named.sort_by_key(|column| &column.definition.key);
        let mut kinds: Vec<_> = named.iter().map(|column| &column.kind).collect();
        kinds.sort_by_key(|kind| &kind.key);
        kinds.dedup_by_key(|kind| &kind.key);
        let kinds = kinds
            .into_iter()
            .map(|kind| CatalogueEntry::Kind(kind.as_ref().clone()));
        let columns = named
            .into_iter()
            .map(|column| CatalogueEntry::Column(column.definition.clone()));
        kinds.chain(columns).collect()
    }
}

/// What a live fact of a catalogued kind says, in the narrow form of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CataloguedEvidence))]
pub struct Evidence {
    /// Its kind.
    #[serde(rename = "k")]
    pub kind: String,
    /// When it was recorded, in microseconds of 1970.
    #[serde(rename = "r")]
    pub recorded_at: i64,
    /// Its fields.
    #[serde(rename = "f")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub fields: std::collections::BTreeMap<String, Datum>,
}

#[cfg(test)]
mod tests;
