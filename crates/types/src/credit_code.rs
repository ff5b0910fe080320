//! Unified social credit codes (GB 32100): the identity of companies, schools and institutions.

use std::fmt;

use crate::fold::compact_upper;

/// The 31 characters of the code, in order of value; I, O, Z, S and V are left out.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Weights of the first 17 characters: powers of 3 modulo 31.
const WEIGHTS: [usize; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];

/// A checked unified social credit code. Public, not personal data.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CreditCode(String);

/// Why a text is not a unified social credit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeError {
    /// Not 18 characters.
    #[error("a unified social credit code has 18 characters")]
    Length,
    /// A character outside the code's alphabet.
    #[error("a unified social credit code has digits and capital letters without I, O, S, V, Z")]
    Characters,
    /// The last character does not match the others.
    #[error("the check character does not match; look for a typing error")]
    Checksum,
}

impl CreditCodeError {
    /// Stable code of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Length => "credit_code_length",
            Self::Characters => "credit_code_characters",
            Self::Checksum => "credit_code_checksum",
        }
    }

    /// What to tell the person, in Chinese.
    #[must_use]
    pub const fn message_zh(self) -> &'static str {
        match self {
            Self::Length => "统一社会信用代码应为18位",
            Self::Characters => "统一社会信用代码含有不允许的字符",
            Self::Checksum => "统一社会信用代码校验位不正确，请检查是否输错",
        }
    }
}

impl CreditCode {
    /// Reads what a person typed: width, case and spaces do not matter.
    ///
    /// # Errors
    /// When length, alphabet or check character are wrong.
    pub fn parse(raw: &str) -> Result<Self, CreditCodeError> {
        if raw.len() > 200 {
            return Err(CreditCodeError::Length);
        }
        let code = compact_upper(raw);
        if code.chars().count() != 18 {
            return Err(CreditCodeError::Length);
        }
        let mut values = [0; 18];
        for (value, c) in values.iter_mut().zip(code.bytes()) {
            *value = ALPHABET
                .iter()
                .position(|a| *a == c)
                .ok_or(CreditCodeError::Characters)?;
        }
        let sum: usize = values.iter().zip(WEIGHTS).map(|(v, w)| v * w).sum();
        if (31 - sum % 31) % 31 != values[17] {
            return Err(CreditCodeError::Checksum);
        }
        Ok(Self(code))
    }

    /// The code in its normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CreditCode {
    type Error = CreditCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<CreditCode> for String {
    fn from(code: CreditCode) -> Self {
        code.0
    }
}

impl std::str::FromStr for CreditCode {
    type Err = CreditCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CreditCode({})", self.0)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for CreditCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("Unified social credit code, GB 32100"))
            .pattern(Some("^[0-9A-HJ-NPQRTUWXY]{18}$"))
            .build()
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for CreditCode {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_published_example() {
        let code = CreditCode::parse("９１４４０３００ 71526726xg").unwrap();
        assert_eq!(code.as_str(), "9144030071526726XG");
    }

    #[test]
    fn refuses_typing_errors() {
        for (raw, reason) in [
            ("", CreditCodeError::Length),
            ("9144030071526726X", CreditCodeError::Length),
            ("9144030071526726XI", CreditCodeError::Characters),
            ("914403007152672６张G", CreditCodeError::Characters),
            ("9144030071526726XH", CreditCodeError::Checksum),
            ("9144030071526762XG", CreditCodeError::Checksum),
        ] {
            assert_eq!(CreditCode::parse(raw).unwrap_err(), reason, "{raw}");
        }
    }

    #[test]
    fn a_wrong_character_anywhere_is_noticed() {
        let good = "9144030071526726XG";
        for position in 0..18 {
            for &c in ALPHABET {
                let mut bytes = good.as_bytes().to_vec();
                bytes[position] = c;
                let text = String::from_utf8(bytes).unwrap();
                assert_eq!(CreditCode::parse(&text).is_ok(), text == good, "{text}");
            }
        }
    }
}
