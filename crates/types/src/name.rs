//! Names of people: never ASCII only, with the middle dot of minority and foreign names and with
//! characters outside the basic plane.

use std::fmt;

use zeroize::Zeroize;

use crate::fold::{fold_width, is_invisible};

/// Longest name in characters.
pub const NAME_CHARS_MAX: usize = 50;

/// Why a text is not a name. Carries no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but spaces.
    #[error("enter a name")]
    Empty,
    /// More than 50 characters.
    #[error("a name has at most 50 characters")]
    Length,
    /// Control characters, digits or marks that stand in no name.
    #[error("the name contains a character that stands in no name")]
    Characters,
}

impl NameError {
    /// Stable code of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "name_empty",
            Self::Length => "name_length",
            Self::Characters => "name_characters",
        }
    }

    /// What to tell the person, in Chinese.
    #[must_use]
    pub const fn message_zh(self) -> &'static str {
        match self {
            Self::Empty => "请填写姓名",
            Self::Length => "姓名最多50个字",
            Self::Characters => "姓名含有不允许的字符",
        }
    }
}

/// A person's name in its normal form. Wiped on drop; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonName(String);

impl PersonName {
    /// Reads what a person typed: spaces at the ends go, runs of spaces become one, none stay
    /// around a middle dot, full-width letters and the many kinds of middle dot are made one.
    ///
    /// # Errors
    /// When nothing is left, it is longer than [`NAME_CHARS_MAX`], or a character stands in no name.
    pub fn parse(raw: &str) -> Result<Self, NameError> {
        // Four bytes a character and as much again for spaces bound the work on hostile input.
        if raw.len() > NAME_CHARS_MAX * 8 {
            return Err(NameError::Length);
        }
        let mut name = String::with_capacity(raw.len());
        for c in raw
            .chars()
            .map(fold_name_char)
            .filter(|c| !is_invisible(*c))
        {
            if c.is_control() && !c.is_whitespace() || !c.is_whitespace() && stands_in_no_name(c) {
                return Err(NameError::Characters);
            }
            match c {
                '\t' | '\n' | '\r' => return Err(NameError::Characters),
                c if c.is_whitespace() => {
                    if !name.is_empty() && !name.ends_with([' ', '·']) {
                        name.push(' ');
                    }
                }
                '·' => {
                    name.truncate(name.trim_end().len());
                    if !name.ends_with('·') {
                        name.push('·');
                    }
                }
                c => name.push(c),
            }
        }
        name.truncate(name.trim_end().len());
        if name.chars().all(|c| c == '·') {
            return Err(NameError::Empty);
        }
        if name.chars().count() > NAME_CHARS_MAX {
            return Err(NameError::Length);
        }
        Ok(Self(name))
    }

    /// The name in clear. Every call is a place where personal data is used.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The first character and one star, however long the name is: `张*`.
    #[must_use]
    pub fn masked(&self) -> String {
        let first = self.0.chars().next().unwrap_or('*');
        format!("{first}*")
    }
}

/// Full-width forms become ASCII and every kind of middle dot becomes `·` (U+00B7).
const fn fold_name_char(c: char) -> char {
    match c {
        '\u{2022}' | '\u{2027}' | '\u{2219}' | '\u{22c5}' | '\u{2e31}' | '\u{30fb}'
        | '\u{ff65}' | '\u{ff0e}' | '\u{25cf}' | '\u{387}' => '·',
        _ => fold_width(c),
    }
}

/// Letters of any script, combining marks, private-use characters (rare characters wait there for
/// their code point) and the few marks of names; no digits, no other punctuation.
fn stands_in_no_name(c: char) -> bool {
    // Hyphens and dashes, apostrophes of several keyboards, and the dot between Tibetan syllables.
    let mark = matches!(
        c,
        '·' | '-' | '\'' | '.' | '’' | '‘' | '\u{2bb}' | '\u{2bc}' | '\u{2010}'..='\u{2013}' | '\u{f0b}' | '\u{f0c}'
            | '\u{300}'..='\u{36f}'
    );
    // Ideographic description, variation selectors and private use planes.
    let rare = matches!(
        c,
        '\u{3007}' | '\u{2ff0}'..='\u{2fff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'
            | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10fffd}'
    );
    !(mark || rare || c.is_alphabetic())
}

impl Drop for PersonName {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_kind_of_name() {
        for (raw, name) in [
            ("张三", "张三"),
            ("　张三 ", "张三"),
            ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
            ("迪丽 · 热巴", "迪丽·热巴"),
            ("Ｊｏｈｎ　 Smith", "John Smith"),
            ("O'Brien-Jones Jr.", "O'Brien-Jones Jr."),
            ("𠮷田㛃", "𠮷田㛃"),
            ("\u{e863}某", "\u{e863}某"),
            ("〇一", "〇一"),
        ] {
            assert_eq!(PersonName::parse(raw).unwrap().expose(), name, "{raw}");
        }
    }

    #[test]
    fn refuses_what_is_no_name() {
        for (raw, reason) in [
            ("", NameError::Empty),
            (" 　", NameError::Empty),
            ("··", NameError::Empty),
            ("张\u{0}三", NameError::Characters),
            ("张\n三", NameError::Characters),
            ("张三1", NameError::Characters),
            ("=cmd()", NameError::Characters),
            ("<b>", NameError::Characters),
        ] {
            assert_eq!(PersonName::parse(raw).unwrap_err(), reason, "{raw:?}");
        }
        assert!(PersonName::parse(&"张".repeat(50)).is_ok());
        assert_eq!(
            PersonName::parse(&"张".repeat(51)).unwrap_err(),
            NameError::Length
        );
        assert_eq!(
            PersonName::parse(&"x".repeat(100_000)).unwrap_err(),
            NameError::Length
        );
    }

    #[test]
    fn the_mask_tells_neither_name_nor_length() {
        assert_eq!(PersonName::parse("欧阳修文").unwrap().masked(), "欧*");
        assert!(!format!("{:?}", PersonName::parse("张三").unwrap()).contains('张'));
    }
}
