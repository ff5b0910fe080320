//! Divisions and enclosures as they go over the wire, and the reading of import files.

use std::collections::{BTreeMap, BTreeSet};

use gridpass_rules::AreaStatus;
use gridpass_types::division::{DivisionCode, Level};
use gridpass_types::ids::EnclosureId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Faulty rows that are told at most.
const FAULTS_TOLD_MAX: usize = 100;
/// Characters of a name at most.
pub const NAME_CHARS_MAX: usize = 80;

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DivisionView {
    /// Hierarchical code.
    pub code: String,
    /// Name as shown; the register's 居委会 is dropped from community names.
    pub name: String,
    /// Level.
    pub level: Level,
    /// Code one level up.
    pub parent: Option<String>,
    /// Public phone of the unit that answers for it; an import leaves it alone.
    pub phone: Option<String>,
}

/// What an import did.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// Rows that were new.
    pub created: u64,
    /// Rows that changed something.
    pub updated: u64,
    /// Rows that were there already.
    pub unchanged: u64,
}

/// What kind of place an enclosure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EnclosureKind {
    /// Fenced estate.
    Estate,
    /// Urban village.
    UrbanVillage,
    /// Industrial park.
    IndustrialPark,
    /// Construction site.
    Site,
    /// School.
    School,
    /// Dormitory.
    Dormitory,
    /// Anything else with a fence and a gate.
    Other,
}

impl EnclosureKind {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Estate => "estate",
            Self::UrbanVillage => "urban_village",
            Self::IndustrialPark => "industrial_park",
            Self::Site => "site",
            Self::School => "school",
            Self::Dormitory => "dormitory",
            Self::Other => "other",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        use EnclosureKind::{Dormitory, Estate, IndustrialPark, Other, School, Site, UrbanVillage};
        [
            Estate,
            UrbanVillage,
            IndustrialPark,
            Site,
            School,
            Dormitory,
            Other,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }
}

/// An enclosure.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EnclosureView {
    /// Identity.
    pub enclosure_id: EnclosureId,
    /// Short code used in imports.
    pub code: Option<String>,
    /// Name as posted at its gate.
    pub name: String,
    /// What kind of place it is.
    pub kind: EnclosureKind,
    /// The community it lies in.
    pub community_code: String,
    /// Normal, controlled or sealed.
    pub area_status: AreaStatus,
    /// Office phone or post of the responsible cadre.
    pub contact: Option<String>,
}

/// An enclosure by name, for the form that residents fill in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PublicEnclosure {
    /// Identity.
    pub enclosure_id: EnclosureId,
    /// Name.
    pub name: String,
}

/// An enclosure to enter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEnclosure {
    /// Name, 1 to 80 characters.
    pub name: String,
    /// Kind.
    pub kind: EnclosureKind,
    /// Community it lies in, 12 digits.
    pub community_code: String,
    /// Status; normal when absent.
    #[serde(default)]
    pub area_status: Option<AreaStatus>,
    /// Office contact.
    #[serde(default)]
    pub contact: Option<String>,
    /// Short code for imports.
    #[serde(default)]
    pub code: Option<String>,
}

/// Changes to an enclosure; absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnclosureChange {
    /// New name.
    #[serde(default)]
    pub name: Option<String>,
    /// New status.
    #[serde(default)]
    pub area_status: Option<AreaStatus>,
    /// New contact.
    #[serde(default)]
    pub contact: Option<String>,
}

/// A row of a division file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DivisionRow {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Level word.
    pub level: String,
    /// Parent code; empty at the root.
    pub parent: String,
}

/// A row of an enclosure file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnclosureRow {
    /// Short code, unique.
    pub code: String,
    /// Name.
    pub name: String,
    /// Kind word.
    pub kind: String,
    /// Community, 12 digits.
    pub community_code: String,
}

/// Reads every row of a CSV file, or tells all rows that cannot be read. A file without one is an
/// empty file, a wrong one, or one whose header is missing: not "nothing to do".
pub fn read_some_rows<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<Vec<T>> {
    let rows = read_rows(bytes)?;
    let mut faults = Faults::default();
    if rows.is_empty() {
        let said = ("there is no row below the header", "标题行下没有数据行");
        faults.add((0, "row"), "rows_missing", said);
    }
    faults.done(rows)
}

/// The same where a file without rows means something.
pub fn read_rows<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<Vec<T>> {
    let text = std::str::from_utf8(bytes).map_err(|_| ApiError::new(Code::BadUtf8))?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut faults = Faults::default();
    for (index, row) in reader.deserialize().enumerate() {
        match row {
            Ok(row) => rows.push(row),
            Err(error) => faults.add(
                (index, "row"),
                "row_unreadable",
                (csv_words(&error), "行格式有误"),
            ),
        }
    }
    faults.done(rows)
}

/// What is wrong with a row, without its values.
fn csv_words(error: &csv::Error) -> &'static str {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { .. } => {
            "the row has more or fewer columns than the header"
        }
        csv::ErrorKind::Deserialize { .. } => "a column is missing, unknown or of the wrong form",
        _ => "the row cannot be read",
    }
}

/// Collects faulty rows of a file.
#[derive(Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// Adds a fault of the data row `index` (0 is the row below the header).
    pub fn add(&mut self, (index, column): (usize, &str), code: &str, (en, zh): (&str, &str)) {
        if self.0.len() < FAULTS_TOLD_MAX {
            self.0.push(FieldError::new(
                format!("row {}, {column}", index + 2),
                code,
                en,
                zh,
            ));
        }
    }

    /// The value when there were no faults, else all of them.
    pub fn done<T>(self, value: T) -> ApiResult<T> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(ApiError::new(Code::CsvInvalid).with_fields(self.0))
        }
    }
}

/// Checks a division file as a whole: codes, levels, and that each parent is in the file
/// or in `known`. Rows come back in order of level, so that parents go in first.
pub fn check_tree(
    rows: Vec<DivisionRow>,
    known: &BTreeMap<String, DivisionView>,
) -> ApiResult<Vec<DivisionView>> {
    let mut faults = Faults::default();
    let mut tree: BTreeMap<(usize, String), DivisionView> = BTreeMap::new();
    let in_file: BTreeSet<String> = rows.iter().map(|row| row.code.clone()).collect();
    let is_there = |code: &str| in_file.contains(code) || known.contains_key(code);
    for (index, row) in rows.into_iter().enumerate() {
        let Ok(code) = DivisionCode::parse(&row.code) else {
            faults.add(
                (index, "code"),
                "division_code_invalid",
                (
                    "not 4, 6, 9, 12 or 15 digits",
                    "行政区划代码应为 4、6、9、12 或 15 位数字",
                ),
            );
            continue;
        };
        let parent = code.parent().map(|parent| parent.as_str().to_owned());
        let orphan = parent.as_deref().is_some_and(|parent| !is_there(parent));
        check_row(&mut faults, index, &row, (&code, parent.as_deref(), orphan));
        let view = DivisionView {
            name: shown_name(&row.name),
            level: code.level(),
            parent: parent.filter(|_| !orphan),
            phone: known.get(&row.code).and_then(|view| view.phone.clone()),
            code: row.code,
        };
        if tree
            .insert((view.code.len(), view.code.clone()), view)
            .is_some()
        {
            faults.add(
                (index, "code"),
                "code_twice",
                ("the code stands twice", "代码重复"),
            );
        }
    }
    faults.done(tree.into_values().collect())
}

/// What can be wrong with one row whose code can be read.
fn check_row(
    faults: &mut Faults,
    index: usize,
    row: &DivisionRow,
    (code, parent, orphan): (&DivisionCode, Option<&str>, bool),
) {
    let level = code.level();
    if level.as_str() != row.level {
        faults.add(
            (index, "level"),
            "level_mismatch",
            (
                "the level does not fit the code's length",
                "级别与代码长度不符",
            ),
        );
    }
    if !(1..=NAME_CHARS_MAX).contains(&row.name.chars().count()) {
        faults.add(
            (index, "name"),
            "name_invalid",
            ("1 to 80 characters", "名称应为 1 至 80 字"),
        );
    }
    // A district run on its own has no row for its city.
    if orphan && level > Level::District {
        faults.add(
            (index, "parent"),
            "parent_unknown",
            ("the parent is neither here nor known", "上级区划不存在"),
        );
    }
    let named = !row.parent.is_empty() && level != Level::City;
    if named && parent != Some(row.parent.as_str()) {
        faults.add(
            (index, "parent"),
            "parent_mismatch",
            (
                "the parent is not the code's prefix",
                "上级区划与代码前缀不符",
            ),
        );
    }
}

fn shown_name(name: &str) -> String {
    name.strip_suffix("居委会").unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shipped_trees_are_sound() {
        for file in [
            include_str!("../../../../data/divisions/pingshan.csv"),
            include_str!("../../../../data/divisions/shenzhen.csv"),
        ] {
            let rows = read_rows::<DivisionRow>(file.as_bytes()).unwrap();
            let count = rows.len();
            let tree = check_tree(rows, &BTreeMap::new()).unwrap();
            assert_eq!(tree.len(), count);
            assert!(tree.iter().all(|node| !node.name.ends_with("居委会")));
        }
    }

    #[test]
    fn faulty_rows_are_told_with_row_and_column() {
        let file = "code,name,level,parent\n440310,坪山区,district,\n440310001001,六联社区居委会,community,440310001\n44,x,city,\n";
        let rows = read_rows::<DivisionRow>(file.as_bytes()).unwrap();
        let error = check_tree(rows, &BTreeMap::new()).unwrap_err();
        assert_eq!(error.code(), Code::CsvInvalid);
        let text = format!("{error:?}");
        assert!(
            text.contains("row 3, parent") && text.contains("row 4, code"),
            "{text}"
        );
    }
}
