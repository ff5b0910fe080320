//! Codes of administrative divisions: a jurisdiction is a prefix of its parts' codes.
//!
//! Six digits name a district (GB/T 2260), nine a subdistrict, twelve a community (the statistical
//! code), and GridPass appends three for the grid. Four digits name a city, which the tree of a
//! whole city needs as its root.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

crate::word_list! {
    /// A level of the division tree, from the city down.
    Level {
        /// 市, four digits.
        City = 0, "city";
        /// 区, six digits.
        District = 1, "district";
        /// 街道, nine digits.
        Subdistrict = 2, "subdistrict";
        /// 社区, twelve digits.
        Community = 3, "community";
        /// 网格, fifteen digits.
        Grid = 4, "grid";
    }
}

impl Level {
    /// Number of digits in a code of this level.
    #[must_use]
    pub const fn digits(self) -> usize {
        match self {
            Self::City => 4,
            Self::District => 6,
            Self::Subdistrict => 9,
            Self::Community => 12,
            Self::Grid => 15,
        }
    }

    /// The level above; `None` for a city.
    #[must_use]
    pub const fn above(self) -> Option<Self> {
        match self {
            Self::City => None,
            Self::District => Some(Self::City),
            Self::Subdistrict => Some(Self::District),
            Self::Community => Some(Self::Subdistrict),
            Self::Grid => Some(Self::Community),
        }
    }

    /// The level below; `None` for a grid.
    #[must_use]
    pub const fn below(self) -> Option<Self> {
        match self {
            Self::City => Some(Self::District),
            Self::District => Some(Self::Subdistrict),
            Self::Subdistrict => Some(Self::Community),
            Self::Community => Some(Self::Grid),
            Self::Grid => None,
        }
    }
}

/// The code of one division. Ordered by text, so a division comes right before its parts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DivisionCode {
    // Unused digits are zero bytes, which sort before every digit.
    digits: [u8; 15],
    level: Level,
}

/// Why a text is not a division code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DivisionCodeError {
    /// Not 4, 6, 9, 12 or 15 characters.
    #[error("a division code has 4, 6, 9, 12 or 15 digits")]
    Length,
    /// Something other than ASCII digits, or a leading zero.
    #[error("a division code consists of digits and does not start with 0")]
    Characters,
}

impl DivisionCodeError {
    /// Stable code of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Length => "division_length",
            Self::Characters => "division_characters",
        }
    }
}

impl DivisionCode {
    /// Reads a code.
    ///
    /// # Errors
    /// When the text has another length than a level's, or anything but digits.
    pub fn parse(text: &str) -> Result<Self, DivisionCodeError> {
        let level = Level::ALL
            .iter()
            .copied()
            .find(|level| level.digits() == text.len())
            .ok_or(DivisionCodeError::Length)?;
        if !text.bytes().all(|b| b.is_ascii_digit()) || text.starts_with('0') {
            return Err(DivisionCodeError::Characters);
        }
        let mut digits = [0; 15];
        digits[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { digits, level })
    }

    /// The level of the division.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The code as text, 4 to 15 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[..self.level.digits()]).unwrap_or_default()
    }

    /// The division one level up; a district's is its city, a city has none.
    ///
    /// Whether that division is in the tree is for the tree to say: a district run on its own has
    /// no row for its city.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.level.above().map(|level| self.cut(level))
    }

    /// The division of `level` that this one lies in, or itself; `None` if it is above `level`.
    #[must_use]
    pub fn at_level(&self, level: Level) -> Option<Self> {
        (level <= self.level).then(|| self.cut(level))
    }

    /// True if `other` is this division or lies in it.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other.as_str().starts_with(self.as_str())
    }

    /// The grid-level code that stands for "in this division, grid unknown": zeros appended.
    #[must_use]
    pub fn leaf(&self) -> Self {
        let mut digits = self.digits;
        digits[self.level.digits()..].fill(b'0');
        Self {
            digits,
            level: Level::Grid,
        }
    }

    fn cut(self, level: Level) -> Self {
        let mut digits = self.digits;
        digits[level.digits()..].fill(0);
        Self { digits, level }
    }
}

impl FromStr for DivisionCode {
    type Err = DivisionCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for DivisionCode {
    type Error = DivisionCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<DivisionCode> for String {
    fn from(code: DivisionCode) -> Self {
        code.as_str().to_owned()
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DivisionCode({})", self.as_str())
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for DivisionCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "Division code: 4 (city), 6 (district), 9 (subdistrict), 12 (community) or 15 (grid) digits",
            ))
            .pattern(Some(r"^[1-9]\d{3}(\d{2}(\d{3}(\d{3}(\d{3})?)?)?)?$"))
            .build()
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for DivisionCode {}

#[cfg(feature = "postgres")]
mod sql {
    //! A division code is a `text` column.

    use super::DivisionCode;
    use bytes::BytesMut;
    use postgres_types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
    use std::error::Error;

    impl ToSql for DivisionCode {
        fn to_sql(
            &self,
            ty: &Type,
            out: &mut BytesMut,
        ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
            self.as_str().to_sql(ty, out)
        }

        fn accepts(ty: &Type) -> bool {
            <&str as ToSql>::accepts(ty)
        }

        to_sql_checked!();
    }

    impl<'a> FromSql<'a> for DivisionCode {
        fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
            Ok(Self::parse(<&str as FromSql<'a>>::from_sql(ty, raw)?)?)
        }

        fn accepts(ty: &Type) -> bool {
            <&str as FromSql<'a>>::accepts(ty)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> DivisionCode {
        DivisionCode::parse(text).unwrap()
    }

    #[test]
    fn walks_up_by_cutting_digits() {
        let grid = code("440310001001007");
        let up: Vec<_> = std::iter::successors(Some(grid), DivisionCode::parent)
            .map(String::from)
            .collect();
        assert_eq!(
            up,
            [
                "440310001001007",
                "440310001001",
                "440310001",
                "440310",
                "4403"
            ]
        );
        assert_eq!(grid.at_level(Level::District), Some(code("440310")));
        assert_eq!(code("440310").at_level(Level::Grid), None);
    }

    #[test]
    fn contains_is_a_prefix() {
        assert!(code("440310").contains(&code("440310001001")));
        assert!(code("440310").contains(&code("440310")));
        assert!(!code("440310001").contains(&code("440310")));
        assert!(!code("440310001").contains(&code("440310002001")));
    }

    #[test]
    fn a_leaf_fills_up_with_zeros() {
        assert_eq!(code("440310001").leaf().as_str(), "440310001000000");
        assert_eq!(code("440310001001007").leaf(), code("440310001001007"));
    }

    #[test]
    fn refuses_what_is_no_code() {
        for text in ["", "44031", "4403100010010071"] {
            assert_eq!(DivisionCode::parse(text), Err(DivisionCodeError::Length));
        }
        for text in ["44031x", "040310", "４４"] {
            assert_eq!(
                DivisionCode::parse(text),
                Err(DivisionCodeError::Characters)
            );
        }
        assert!(serde_json::from_str::<DivisionCode>("\"44\"").is_err());
        assert_eq!(
            serde_json::to_string(&code("440310")).unwrap(),
            "\"440310\""
        );
    }

    #[test]
    fn sorts_parents_before_their_parts() {
        let mut codes = [
            code("440310002"),
            code("440310001001"),
            code("440310"),
            code("440310001"),
        ];
        codes.sort();
        let texts: Vec<_> = codes.iter().map(DivisionCode::as_str).collect();
        assert_eq!(texts, ["440310", "440310001", "440310001001", "440310002"]);
    }
}
