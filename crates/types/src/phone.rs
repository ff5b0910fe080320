//! Phone numbers of the mainland, Hong Kong, Macao and Taiwan.
//!
//! A phone is a way to reach people, not an identity: children and old people share a guardian's.

use std::fmt;

use zeroize::Zeroize;

use crate::fold::compact_upper;

crate::word_list! {
    /// Where a mobile number belongs.
    PhoneRegion {
        /// Mainland, +86.
        Mainland = 1, "mainland";
        /// Hong Kong, +852.
        HongKong = 2, "hong_kong";
        /// Macao, +853.
        Macao = 3, "macao";
        /// Taiwan, +886.
        Taiwan = 4, "taiwan";
    }
}

impl PhoneRegion {
    const fn calling_code(self) -> &'static str {
        match self {
            Self::Mainland => "86",
            Self::HongKong => "852",
            Self::Macao => "853",
            Self::Taiwan => "886",
        }
    }

    fn admits(self, national: &[u8]) -> bool {
        match self {
            Self::Mainland => {
                national.len() == 11 && national[0] == b'1' && matches!(national[1], b'3'..=b'9')
            }
            Self::HongKong => national.len() == 8 && matches!(national[0], b'4'..=b'9'),
            Self::Macao => national.len() == 8 && national[0] == b'6',
            Self::Taiwan => national.len() == 9 && national[0] == b'9',
        }
    }
}

/// Why a text is not a phone number. Carries no part of the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Nothing was given.
    #[error("enter a phone number")]
    Empty,
    /// Contains something other than digits and the usual separators.
    #[error("a phone number consists of digits")]
    Characters,
    /// No mobile number of the mainland, Hong Kong, Macao or Taiwan.
    #[error("not a mobile number of the mainland, Hong Kong (+852), Macao (+853) or Taiwan (+886)")]
    Format,
}

impl PhoneError {
    /// Stable code of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "phone_empty",
            Self::Characters => "phone_characters",
            Self::Format => "phone_format",
        }
    }

    /// What to tell the person, in Chinese.
    #[must_use]
    pub const fn message_zh(self) -> &'static str {
        match self {
            Self::Empty => "请填写手机号码",
            Self::Characters => "手机号码只能包含数字",
            Self::Format => "不是有效的手机号码；港澳台号码请加 +852、+853 或 +886",
        }
    }
}

/// A checked mobile number. Wiped on drop; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone {
    region: PhoneRegion,
    e164: String,
}

impl Phone {
    /// Reads what a person typed. A number without a calling code is a mainland number.
    ///
    /// # Errors
    /// When the text is empty, holds other characters than digits and separators, or is no mobile
    /// number of the four regions.
    pub fn parse(raw: &str) -> Result<Self, PhoneError> {
        if raw.chars().nth(40).is_some() {
            return Err(PhoneError::Format);
        }
        let mut compact = compact_upper(raw);
        compact.retain(|c| !matches!(c, '-' | '(' | ')' | '.' | '‐' | '–' | '—'));
        if compact.is_empty() {
            return Err(PhoneError::Empty);
        }
        let explicit = compact
            .strip_prefix('+')
            .or_else(|| compact.strip_prefix("00"));
        let digits = explicit.unwrap_or(&compact);
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PhoneError::Characters);
        }
        if explicit.is_none() && PhoneRegion::Mainland.admits(digits.as_bytes()) {
            return Ok(Self::new(PhoneRegion::Mainland, digits));
        }
        for &region in PhoneRegion::ALL {
            let Some(national) = digits.strip_prefix(region.calling_code()) else {
                continue;
            };
            // Taiwan numbers are often written with their trunk zero behind the calling code.
            let national = match region {
                PhoneRegion::Taiwan => national.strip_prefix('0').unwrap_or(national),
                _ => national,
            };
            if region.admits(national.as_bytes()) {
                return Ok(Self::new(region, national));
            }
        }
        Err(PhoneError::Format)
    }

    /// Where the number belongs.
    #[must_use]
    pub const fn region(&self) -> PhoneRegion {
        self.region
    }

    /// The number in clear in E.164 form, `+8613800001234`.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.e164
    }

    /// The number with its middle hidden: `138****1234`, and for the shorter numbers of the other
    /// regions `+852 51****34`.
    #[must_use]
    pub fn masked(&self) -> String {
        let calling_code = self.region.calling_code();
        let national = &self.e164[1 + calling_code.len()..];
        let (head, tail) = match self.region {
            PhoneRegion::Mainland => (3, 4),
            _ => (2, 2),
        };
        let middle = "*".repeat(national.len() - head - tail);
        let shown = format!(
            "{}{middle}{}",
            &national[..head],
            &national[national.len() - tail..]
        );
        match self.region {
            PhoneRegion::Mainland => shown,
            _ => format!("+{calling_code} {shown}"),
        }
    }

    fn new(region: PhoneRegion, national: &str) -> Self {
        Self {
            region,
            e164: format!("+{}{national}", region.calling_code()),
        }
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.e164.zeroize();
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({}, [redacted])", self.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_usual_spellings() {
        for (raw, e164) in [
            ("13800001234", "+8613800001234"),
            ("+86 138-0000-1234", "+8613800001234"),
            ("8613800001234", "+8613800001234"),
            ("００８６　１３８００００１２３４", "+8613800001234"),
            ("+852 5123 4567", "+85251234567"),
            ("00853 61234567", "+85361234567"),
            ("+886 0912 345 678", "+886912345678"),
            ("+886 912 345 678", "+886912345678"),
        ] {
            assert_eq!(Phone::parse(raw).unwrap().expose(), e164, "{raw}");
        }
    }

    #[test]
    fn refuses_other_numbers() {
        for (raw, reason) in [
            ("", PhoneError::Empty),
            ("- ()", PhoneError::Empty),
            ("12800001234", PhoneError::Format),
            ("1380000123", PhoneError::Format),
            ("51234567", PhoneError::Format),
            ("+85231234567", PhoneError::Format),
            ("+15551234567", PhoneError::Format),
            ("138O0001234", PhoneError::Characters),
            ("+", PhoneError::Format),
        ] {
            assert_eq!(Phone::parse(raw).unwrap_err(), reason, "{raw}");
        }
        assert_eq!(
            Phone::parse(&"1".repeat(10_000)).unwrap_err(),
            PhoneError::Format
        );
    }

    #[test]
    fn hides_the_middle() {
        let phone = Phone::parse("13800001234").unwrap();
        assert_eq!(phone.masked(), "138****1234");
        assert!(!format!("{phone:?}").contains("138"));
        assert_eq!(
            Phone::parse("+85251234567").unwrap().masked(),
            "+852 51****67"
        );
    }
}
