//! What each role sees of each personal column: one place, read from `columns.toml`.
//!
//! Whoever is not named there for a column sees nothing of it. Views open a sealed field only
//! through [`show`], so what a role does not see is not even opened. Columns without a seal
//! are shown or not as a whole, by the permission of the operation that reads them; the file
//! names the same permission, and docs/masks.md prints all of it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gridpass_types::document::mask_number;
use gridpass_types::{PersonName, Phone};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::access::{Role, TABLE};
use crate::seal::{Field, Sealer, UnsealError};

/// The file, part of the binary.
const COLUMNS: &str = include_str!("../../../columns.toml");

/// Read once; a test reads it too, so a mistake in it does not get past the tests.
static MASKS: LazyLock<Masks> =
    LazyLock::new(|| Masks::parse(COLUMNS).expect("columns.toml is checked by a test"));

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// A member of staff.
    Staff(Role),
    /// The same, while a break-glass access to this one person is open.
    BreakGlass(Role),
    /// A gate's device, after a scan.
    Gate,
    /// The person's own phone.
    Holder,
}

impl Viewer {
    /// Every viewer, in the order of the printed table.
    pub fn all() -> impl Iterator<Item = Viewer> {
        let staff = Role::ALL.into_iter().map(Viewer::Staff);
        staff.chain([
            Viewer::Gate,
            Viewer::Holder,
            Viewer::BreakGlass(Role::TeamWorker),
        ])
    }

    /// Name as printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Viewer::Staff(role) => role.as_str(),
            Viewer::BreakGlass(_) => "break_glass",
            Viewer::Gate => "gate",
            Viewer::Holder => "holder",
        }
    }
}

/// How much of a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// As it is.
    Full,
    /// The family name: `张*`.
    Name,
    /// First and last characters: `4403**********0013`.
    Number,
    /// `138****1234`.
    Phone,
    /// Nothing.
    Hidden,
}

impl Mask {
    /// What is left of a value; `None` when nothing is, or when it is no such value.
    fn apply(self, clear: &str) -> Option<String> {
        match self {
            Mask::Full => Some(clear.to_owned()),
            Mask::Name => PersonName::parse(clear).ok().map(|name| name.masked()),
            Mask::Number => Some(mask_number(clear)),
            Mask::Phone => Phone::parse(clear).ok().map(|phone| phone.masked()),
            Mask::Hidden => None,
        }
    }
}

/// A sealed column that a view opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A person's name.
    Name,
    /// Number of the identity document.
    Number,
    /// Phone number.
    Phone,
    /// Building and room.
    Address,
    /// Standard address code of the room.
    AddressCode,
    /// Portrait.
    Photo,
}

impl Shown {
    fn column(self) -> &'static str {
        match self {
            Shown::Name => "name_sealed",
            Shown::Number => "document_number_sealed",
            Shown::Phone => "phone_sealed",
            Shown::Address => "address_sealed",
            Shown::AddressCode => "address_code_sealed",
            Shown::Photo => "photo_sealed",
        }
    }

    fn field(self) -> Field {
        match self {
            Shown::Name => Field::Name,
            Shown::Number => Field::DocumentNumber,
            Shown::Phone => Field::Phone,
            Shown::Address => Field::Address,
            Shown::AddressCode => Field::AddressCode,
            Shown::Photo => Field::Photo,
        }
    }

    /// What the viewer sees of it.
    pub fn mask(self, viewer: Viewer) -> Mask {
        MASKS.of("person", self.column(), viewer)
    }
}

/// Opens a person's sealed field as far as the viewer may see it.
///
/// # Errors
/// When it was sealed with another key or for another row.
pub fn show(
    sealer: &Sealer,
    viewer: Viewer,
    shown: Shown,
    (person_id, sealed): (i64, Option<&[u8]>),
) -> Result<Option<String>, UnsealError> {
    let (mask, Some(sealed)) = (shown.mask(viewer), sealed) else {
        return Ok(None);
    };
    if mask == Mask::Hidden {
        return Ok(None);
    }
    let clear = Zeroizing::new(sealer.open_text(shown.field(), person_id, sealed)?);
    Ok(mask.apply(&clear))
}

/// Whether the viewer sees a column as it is. For columns that are shown or not as a whole.
pub fn sees(viewer: Viewer, table: &str, column: &str) -> bool {
    MASKS.of(table, column, viewer) == Mask::Full
}

/// Personal columns with what each viewer sees of them: table, column, one mask a viewer in
/// the order of [`Viewer::all`].
pub fn table() -> Vec<(&'static str, &'static str, Vec<Mask>)> {
    let masks: &'static Masks = &MASKS;
    let rows = masks.0.iter().map(|((table, column), _)| {
        let seen = Viewer::all().map(|viewer| masks.of(table, column, viewer));
        (table.as_str(), column.as_str(), seen.collect())
    });
    rows.collect()
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
enum MaskError {
    #[error("columns.toml is not of its form: {0}")]
    Form(#[from] toml::de::Error),
    #[error("{0}: {1} is no role, permission, gate, holder or break_glass")]
    Audience(String, String),
    #[error("{0}: {1} is no mask: name, number or phone")]
    Mask(String, String),
    #[error("{0} is neither personal nor sensitive, so it names no viewers")]
    Class(String),
}

#[derive(Deserialize)]
struct Column {
    class: String,
    mask: Option<String>,
    #[serde(default)]
    masked_for: Vec<String>,
    #[serde(default)]
    full_for: Vec<String>,
}

struct Rule {
    mask: Mask,
    masked_for: Vec<Audience>,
    full_for: Vec<Audience>,
}

enum Audience {
    Roles(Vec<Role>),
    BreakGlass,
    Gate,
    Holder,
}

impl Audience {
    fn parse(word: &str) -> Option<Self> {
        let permission = TABLE.iter().find(|(name, _)| *name == word);
        match word {
            "gate" => Some(Self::Gate),
            "holder" => Some(Self::Holder),
            "break_glass" => Some(Self::BreakGlass),
            _ => Role::parse(word)
                .map(|role| vec![role])
                .or(permission.map(|(_, roles)| roles.to_vec()))
                .map(Self::Roles),
        }
    }

    fn has(&self, viewer: Viewer) -> bool {
        match (self, viewer) {
            (Self::Roles(roles), Viewer::Staff(role) | Viewer::BreakGlass(role)) => {
                roles.contains(&role)
            }
            (Self::BreakGlass, Viewer::BreakGlass(_))
            | (Self::Gate, Viewer::Gate)
            | (Self::Holder, Viewer::Holder) => true,
            _ => false,
        }
    }
}

struct Masks(BTreeMap<(String, String), Rule>);

impl Masks {
    fn parse(text: &str) -> Result<Self, MaskError> {
        let tables: BTreeMap<String, BTreeMap<String, Column>> = toml::from_str(text)?;
        let mut rules = BTreeMap::new();
        for (table, columns) in tables {
            for (name, column) in columns {
                let at = format!("{table}.{name}");
                let personal = column.class == "personal" || column.class == "sensitive";
                let silent = column.masked_for.is_empty() && column.full_for.is_empty();
                if !personal && !silent {
                    return Err(MaskError::Class(at));
                }
                if personal {
                    rules.insert((table.clone(), name), rule(&at, column)?);
                }
            }
        }
        Ok(Self(rules))
    }

    fn of(&self, table: &str, column: &str, viewer: Viewer) -> Mask {
        let rule = self.0.get(&(table.to_owned(), column.to_owned()));
        let Some(rule) = rule else {
            return Mask::Hidden;
        };
        let named = |audiences: &[Audience]| audiences.iter().any(|one| one.has(viewer));
        if named(&rule.full_for) {
            Mask::Full
        } else if named(&rule.masked_for) {
            rule.mask
        } else {
            Mask::Hidden
        }
    }
}

fn rule(at: &str, column: Column) -> Result<Rule, MaskError> {
    let mask = match column.mask.as_deref() {
        Some("name") => Mask::Name,
        Some("number") => Mask::Number,
        Some("phone") => Mask::Phone,
        None if column.masked_for.is_empty() => Mask::Hidden,
        other => {
            let other = other.unwrap_or("nothing").to_owned();
            return Err(MaskError::Mask(at.to_owned(), other));
        }
    };
    let audiences = |words: Vec<String>| {
        let parse = |word: String| {
            let read = Audience::parse(&word);
            read.ok_or_else(|| MaskError::Audience(at.to_owned(), word))
        };
        words.into_iter().map(parse).collect::<Result<Vec<_>, _>>()
    };
    Ok(Rule {
        mask,
        masked_for: audiences(column.masked_for)?,
        full_for: audiences(column.full_for)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_sound() {
        let masks = Masks::parse(COLUMNS).unwrap();
        for shown in [
            Shown::Name,
            Shown::Number,
            Shown::Phone,
            Shown::Address,
            Shown::Photo,
        ] {
            let key = ("person".to_owned(), shown.column().to_owned());
            assert!(masks.0.contains_key(&key), "{shown:?}");
        }
    }

    #[test]
    fn unknown_words_and_misplaced_viewers_are_refused() {
        let column = |rest: &str| format!("[t]\nc = {{ class = \"personal\", {rest} }}");
        for bad in [
            column("full_for = [\"root\"]"),
            column("mask = \"blur\", masked_for = [\"gate\"]"),
            column("masked_for = [\"gate\"]"),
            "[t]\nc = { class = \"public\", full_for = [\"gate\"] }".to_owned(),
        ] {
            assert!(Masks::parse(&bad).is_err(), "{bad}");
        }
        let good = column("mask = \"name\", masked_for = [\"gate\"], full_for = [\"ReadPeople\"]");
        let masks = Masks::parse(&good).unwrap();
        assert_eq!(masks.of("t", "c", Viewer::Gate), Mask::Name);
        let worker = Viewer::Staff(Role::GridWorker);
        assert_eq!(masks.of("t", "c", worker), Mask::Full);
        assert_eq!(masks.of("t", "c", Viewer::Holder), Mask::Hidden);
        assert_eq!(masks.of("t", "other", worker), Mask::Hidden);
    }

    #[test]
    fn each_mask_keeps_what_it_says() {
        assert_eq!(Mask::Name.apply("张小明"), Some("张*".into()));
        assert_eq!(Mask::Phone.apply("13812341234"), Some("138****1234".into()));
        let number = Mask::Number.apply("440399198001010013").unwrap();
        assert_eq!(number, "4403**********0013");
        assert_eq!(Mask::Hidden.apply("x"), None);
        assert_eq!(Mask::Full.apply("x"), Some("x".into()));
    }

    /// The three administrators and the onlooker see nobody.
    #[test]
    fn administrators_see_no_person() {
        for (table, column, seen) in super::table() {
            for (viewer, mask) in Viewer::all().zip(seen) {
                let blind = [
                    Role::AuditAdmin,
                    Role::SystemAdmin,
                    Role::Oversight,
                    Role::GateGuard,
                ];
                // The log is the audit administrator's, and names of staff are nobody's secret.
                let own = viewer == Viewer::Staff(Role::AuditAdmin) && table == "audit_entry";
                let open = table == "staff" || own;
                if blind.iter().any(|role| viewer == Viewer::Staff(*role)) && !open {
                    assert_eq!(
                        mask,
                        Mask::Hidden,
                        "{table}.{column} for {}",
                        viewer.as_str()
                    );
                }
            }
        }
    }

    #[test]
    fn columns_of_the_log_are_seen_by_those_who_search_it_for_people() {
        let sees = |role, column| sees(Viewer::Staff(role), "audit_entry", column);
        for column in ["subjects", "origin"] {
            assert!(sees(Role::AuditAdmin, column) && sees(Role::PrivacyOfficer, column));
            assert!(!sees(Role::Oversight, column) && !sees(Role::SystemAdmin, column));
        }
        assert!(!sees(Role::AuditAdmin, "no_such_column"));
    }
}
