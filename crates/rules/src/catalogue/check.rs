//! Refusing entries that cannot be: names, bounds, and columns that do not fit their kind.

use super::fields::NUMBER_MAX;
use super::{Catalogue, CatalogueEntry, FactKind, Field, FieldType, Label, Operation, StateColumn};
use crate::columns::COLOUR_COLUMNS;
use crate::fact::FactBody;

const KEY_CHARS_MAX: usize = 40;
const NAME_CHARS_MAX: usize = 40;
const TEXT_CHARS_MAX: usize = 200;
const FIELDS_MAX: usize = 12;
/// A column's words and `none` have a bit each in a mask.
const WORDS_MAX: usize = 40;
const SOURCES_MAX: usize = 20;
const RETENTION_DAYS: std::ops::RangeInclusive<u16> = 1..=1_100;
const VALID_HOURS: std::ops::RangeInclusive<u32> = 1..=26_400;
const DECIMALS_MAX: u8 = 6;
/// Entries at most.
const ENTRIES_MAX: usize = 200;

/// Words that a cell reads otherwise.
const RESERVED: [&str; 6] = ["none", "no", "yes", "in", "not", "-"];
/// Keys that every fact has.
const FACT_KEYS: [&str; 7] = [
    "id",
    "kind",
    "source",
    "recorded_at",
    "retracted_at",
    "recorded_by",
    "facts",
];

/// One thing wrong with an entry or with the fields of a fact: field, code, words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field, with its path.
    pub field: String,
    /// Stable code.
    pub code: &'static str,
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

impl Fault {
    pub(crate) fn new(
        field: impl Into<String>,
        code: &'static str,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            code,
            en: en.into(),
            zh: zh.into(),
        }
    }
}

impl Catalogue {
    /// Everything that is wrong with an entry that is to be added.
    #[must_use]
    pub fn check(&self, entry: &CatalogueEntry) -> Vec<Fault> {
        let mut faults = Faults::default();
        faults.key("key", entry.key());
        if self.kinds.len() + self.columns.len() >= ENTRIES_MAX {
            faults.add("key", "entry_too_many", "the catalogue is full", "目录已满");
        }
        match entry {
            CatalogueEntry::Kind(kind) => {
                if FactBody::is_built_in(&kind.key) || self.kind(&kind.key).is_some() {
                    faults.taken("key");
                }
                faults.kind(kind);
            }
            CatalogueEntry::Column(column) => {
                let built_in = COLOUR_COLUMNS.iter().any(|known| known.name == column.key)
                    || crate::colour::OTHER_COLUMNS.contains(&column.key.as_str());
                if built_in || self.column(&column.key).is_some() {
                    faults.taken("key");
                }
                faults.column(column, self.kind(&column.kind));
            }
        }
        faults.0
    }
}

#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, field: &str, code: &'static str, en: &str, zh: &str) {
        self.0.push(Fault::new(field, code, en, zh));
    }

    fn taken(&mut self, field: &str) {
        self.add(
            field,
            "entry_key_taken",
            "the name is taken",
            "该名称已被使用",
        );
    }

    fn key(&mut self, field: &str, key: &str) {
        let well_formed = (1..=KEY_CHARS_MAX).contains(&key.len())
            && key.starts_with(|c: char| c.is_ascii_lowercase())
            && key
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !well_formed {
            self.add(
                field,
                "entry_key",
                "1 to 40 small letters, digits and _, beginning with a letter",
                "应为1至40个小写字母、数字或下划线，以字母开头",
            );
        }
    }

    fn label(&mut self, field: &str, label: &Label, chars_max: usize) {
        for (language, text) in [("zh", &label.zh), ("en", &label.en)] {
            let chars = text.trim().chars().count();
            if !(1..=chars_max).contains(&chars) || text.chars().any(char::is_control) {
                let en = format!("1 to {chars_max} characters");
                let zh = format!("应为1至{chars_max}个字符");
                self.0.push(Fault::new(
                    format!("{field}.{language}"),
                    "text_invalid",
                    en,
                    zh,
                ));
            }
        }
    }

    fn distinct<'k>(&mut self, field: &str, keys: impl Iterator<Item = &'k str>) {
        let mut keys: Vec<&str> = keys.collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            self.add(field, "entry_twice", "the same twice", "重复");
        }
    }

    fn within(&mut self, field: &str, holds: bool, en: &str, zh: &str) {
        if !holds {
            self.add(field, "entry_bounds", en, zh);
        }
    }

    fn kind(&mut self, kind: &FactKind) {
        self.label("name", &kind.name, NAME_CHARS_MAX);
        self.label("legal_basis", &kind.legal_basis, TEXT_CHARS_MAX);
        self.label("purpose", &kind.purpose, TEXT_CHARS_MAX);
        self.within(
            "retention_days",
            RETENTION_DAYS.contains(&kind.retention_days),
            "1 to 1100 days",
            "应为1至1100天",
        );
        self.within(
            "fields",
            (1..=FIELDS_MAX).contains(&kind.fields.len()),
            "1 to 12 fields",
            "应有1至12个字段",
        );
        self.distinct("fields", kind.fields.iter().map(|field| field.key.as_str()));
        for (place, field) in kind.fields.iter().enumerate() {
            self.field(&format!("fields.{place}"), field);
        }
        self.within(
            "sources",
            kind.sources.len() <= SOURCES_MAX,
            "at most 20 sources",
            "来源最多20个",
        );
        for (place, source) in kind.sources.iter().enumerate() {
            let chars = source.chars().count();
            let holds = (1..=TEXT_CHARS_MAX).contains(&chars)
                && source.trim() == source
                && !source.chars().any(char::is_control);
            self.within(
                &format!("sources.{place}"),
                holds && chars <= 80,
                "1 to 80 characters",
                "应为1至80个字符",
            );
        }
        if let Some(time) = &kind.time {
            let field = kind.field(time);
            let fits = field.is_some_and(|field| {
                !field.optional && matches!(field.value, FieldType::Date | FieldType::Instant)
            });
            self.within(
                "time",
                fits,
                "a day or an instant that every fact of the kind has",
                "应为每条事实必有的日期或时间字段",
            );
        }
    }

    fn field(&mut self, path: &str, field: &Field) {
        self.key(&format!("{path}.key"), &field.key);
        if FACT_KEYS.contains(&field.key.as_str()) {
            self.taken(&format!("{path}.key"));
        }
        self.label(&format!("{path}.name"), &field.name, NAME_CHARS_MAX);
        match &field.value {
            FieldType::Choice { words } => {
                let path = format!("{path}.value.words");
                self.within(
                    &path,
                    (1..=WORDS_MAX).contains(&words.len()),
                    "1 to 40 words",
                    "应有1至40个取值",
                );
                self.distinct(&path, words.iter().map(|word| word.key.as_str()));
                for (place, word) in words.iter().enumerate() {
                    self.key(&format!("{path}.{place}.key"), &word.key);
                    if RESERVED.contains(&word.key.as_str()) {
                        self.taken(&format!("{path}.{place}.key"));
                    }
                    self.label(&format!("{path}.{place}.name"), &word.name, NAME_CHARS_MAX);
                }
            }
            FieldType::Number {
                unit,
                min,
                max,
                decimals,
            } => {
                let path = format!("{path}.value");
                let bounded =
                    [min, max].iter().all(|bound| bound.abs() <= NUMBER_MAX) && min <= max;
                self.within(
                    &path,
                    bounded,
                    "from a smaller to a greater number of 9 digits",
                    "下限应不大于上限，最多9位数",
                );
                self.within(
                    &path,
                    *decimals <= DECIMALS_MAX,
                    "at most 6 decimals",
                    "小数位最多6位",
                );
                if !(unit.zh.is_empty() && unit.en.is_empty()) {
                    self.label(&format!("{path}.unit"), unit, NAME_CHARS_MAX);
                }
            }
            FieldType::Date | FieldType::Instant => {}
        }
    }

    fn column(&mut self, column: &StateColumn, kind: Option<&FactKind>) {
        self.label("name", &column.name, NAME_CHARS_MAX);
        if let Some(hours) = column.valid_hours {
            self.within(
                "valid_hours",
                VALID_HOURS.contains(&hours),
                "1 to 26400 hours",
                "应为1至26400小时",
            );
        }
        let Some(kind) = kind else {
            return self.add(
                "kind",
                "entry_kind_unknown",
                "no such approved kind",
                "没有这种已批准的事实",
            );
        };
        if let Some(filter) = &column.filter {
            let words = kind
                .field(&filter.field)
                .and_then(|field| match &field.value {
                    FieldType::Choice { words } => Some(words),
                    _ => None,
                });
            let known =
                |word: &String| words.is_some_and(|words| words.iter().any(|one| one.key == *word));
            let fits = !filter.words.is_empty() && filter.words.iter().all(known);
            self.within(
                "filter",
                fits,
                "words of a field that holds words",
                "应为取值字段中的取值",
            );
            self.distinct("filter", filter.words.iter().map(String::as_str));
        }
        let value = |field: &str| kind.field(field).map(|field| &field.value);
        let fits = match &column.operation {
            Operation::Last { field } => matches!(
                value(field),
                Some(FieldType::Choice { .. } | FieldType::Number { .. } | FieldType::Date)
            ),
            Operation::Greatest { field } | Operation::Least { field } => {
                matches!(
                    value(field),
                    Some(FieldType::Number { .. } | FieldType::Date)
                )
            }
            Operation::Count | Operation::Since { .. } | Operation::Exists => true,
        };
        self.within(
            "operation",
            fits,
            "the operation does not fit the field",
            "该算法不适用于这个字段",
        );
    }
}
