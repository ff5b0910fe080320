//! Standard address codes (标准地址编码): the 25 digits that a city's address register gives to
//! each room. Their inner order is the register's own business; here they are a name for a door.

use std::fmt;

use zeroize::Zeroize;

use crate::fold::compact_upper;

/// Digits of a code.
const DIGITS: usize = 25;

/// A checked address code. Says where somebody lives, so it is kept out of logs.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AddressCode(String);

/// Why a text is not an address code. Carries no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressCodeError {
    /// Not 25 digits.
    #[error("an address code has 25 digits")]
    Digits,
}

impl AddressCodeError {
    /// Stable code of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Digits => "address_code_digits",
        }
    }

    /// What to tell the person, in Chinese.
    #[must_use]
    pub const fn message_zh(self) -> &'static str {
        match self {
            Self::Digits => "标准地址编码应为 25 位数字",
        }
    }
}

impl AddressCode {
    /// Reads what a person typed or a register sent: width and spaces do not matter.
    ///
    /// # Errors
    /// When it is not 25 digits, or nothing but zeros.
    pub fn parse(raw: &str) -> Result<Self, AddressCodeError> {
        let code = compact_upper(raw);
        let digits = code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit());
        if digits && code.bytes().any(|byte| byte != b'0') {
            return Ok(Self(code));
        }
        Err(AddressCodeError::Digits)
    }

    /// The digits, for sealing and for who may see them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AddressCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressCode(…)")
    }
}

impl Drop for AddressCode {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_five_digits_in_any_width_are_a_code() {
        let code = "4403990010010010001000101";
        assert_eq!(AddressCode::parse(code).unwrap().expose(), code);
        let wide = " ４４０３９９００１００１００１０００１０００１０１ ";
        assert_eq!(AddressCode::parse(wide).unwrap().expose(), code);
        let spaced = "440399 001001 001 0001 000101";
        assert_eq!(AddressCode::parse(spaced).unwrap().expose(), code);
    }

    #[test]
    fn anything_else_is_refused_and_never_printed() {
        let long = "44039900100100100010001011";
        for bad in [
            "",
            "4403990010010010001",
            long,
            "440399001001001000100010X",
            &"0".repeat(25),
        ] {
            assert_eq!(
                AddressCode::parse(bad),
                Err(AddressCodeError::Digits),
                "{bad}"
            );
        }
        let code = AddressCode::parse("4403990010010010001000101").unwrap();
        assert!(!format!("{code:?}").contains("4403"));
    }
}
