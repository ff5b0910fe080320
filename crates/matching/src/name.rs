//! Names: a key under which equal names meet, and a comparison that forgives what clerks forgive.

use gridpass_types::PersonName;

/// Pairs of characters that registers use for one and the same surname or given name since the
/// simplification of characters. Either side may stand for the other.
const VARIANTS: &[(char, char)] = &[
    ('付', '傅'),
    ('肖', '萧'),
    ('闫', '阎'),
    ('兰', '蓝'),
    ('代', '戴'),
    ('丘', '邱'),
    ('于', '於'),
    ('余', '馀'),
    ('云', '雲'),
    ('叶', '葉'),
    ('谢', '謝'),
    ('郑', '鄭'),
    ('陈', '陳'),
    ('张', '張'),
    ('刘', '劉'),
    ('黄', '黃'),
    ('吴', '吳'),
    ('赵', '趙'),
    ('杨', '楊'),
    ('钟', '鍾'),
    ('钟', '锺'),
    ('温', '溫'),
    ('吕', '呂'),
    ('卢', '盧'),
    ('苏', '蘇'),
    ('蒋', '蔣'),
    ('邓', '鄧'),
    ('冯', '馮'),
    ('范', '範'),
    ('罗', '羅'),
    ('国', '國'),
    ('华', '華'),
    ('伟', '偉'),
    ('强', '強'),
    ('红', '紅'),
    ('丽', '麗'),
    ('凤', '鳳'),
    ('兴', '興'),
    ('晋', '晉'),
    ('峰', '峯'),
    ('群', '羣'),
    ('杰', '傑'),
    ('堃', '坤'),
    ('喆', '哲'),
    ('淼', '渺'),
];

/// How two names compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameAgreement {
    /// The same name, however it was typed.
    Same,
    /// One name written in two ways.
    Alike,
    /// Two names.
    Differs,
}

impl NameAgreement {
    /// Whether both may be one person's name.
    #[must_use]
    pub const fn agrees(self) -> bool {
        matches!(self, Self::Same | Self::Alike)
    }
}

/// The text by whose keyed digest equal names meet: without spaces, dots, hyphens, apostrophes
/// and variation selectors, letters in lower case.
#[must_use]
pub fn name_key(name: &PersonName) -> String {
    name.expose()
        .chars()
        .filter(|c| !is_joint(*c) && !is_selector(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Compares two names.
///
/// Alike are: character variants ([付 and 傅]); a rare character where the other has any other
/// one, since old registers could not write it; the words of a foreign name in another order;
/// a minority name cut after a middle dot.
///
/// [付 and 傅]: https://en.wikipedia.org/wiki/Variant_Chinese_characters
#[must_use]
pub fn compare_names(one: &PersonName, other: &PersonName) -> NameAgreement {
    let keys = (name_key(one), name_key(other));
    if keys.0 == keys.1 {
        NameAgreement::Same
    } else if characters_alike(&keys.0, &keys.1)
        || words_alike(one.expose(), other.expose())
        || cut_at_dot(one.expose(), other.expose())
    {
        NameAgreement::Alike
    } else {
        NameAgreement::Differs
    }
}

/// Same length and each character the same, a variant, or rare on one side; at least one
/// character is really the same, or two rare names would all be alike.
fn characters_alike(one: &str, other: &str) -> bool {
    let mut same = 0;
    let mut others = other.chars();
    for left in one.chars() {
        let Some(right) = others.next() else {
            return false;
        };
        if left == right {
            same += 1;
        } else if !(is_variant(left, right) || is_rare(left) != is_rare(right)) {
            return false;
        }
    }
    others.next().is_none() && same > 0
}

/// The same two or more Latin words in any order: passports put the surname first or last.
fn words_alike(one: &str, other: &str) -> bool {
    let words = |name: &str| {
        let mut words: Vec<String> = name
            .split(is_joint)
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        words.sort();
        words
    };
    let latin = |name: &str| name.chars().all(|c| c.is_ascii() || is_joint(c));
    let (left, right) = (words(one), words(other));
    latin(one) && latin(other) && left.len() > 1 && left == right
}

/// One is the other cut after a middle dot: registers with short fields keep the first part.
fn cut_at_dot(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let rest = long.strip_prefix(short);
    rest.is_some_and(|rest| rest.starts_with('·')) && short.chars().count() > 1
}

fn is_variant(left: char, right: char) -> bool {
    VARIANTS
        .iter()
        .any(|&(a, b)| (a, b) == (left, right) || (b, a) == (left, right))
}

/// Characters that old registers could not write: outside the basic plane, in private use, or
/// described by their parts.
const fn is_rare(c: char) -> bool {
    c as u32 > 0xffff
        || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{2ff0}'..='\u{2fff}')
        || matches!(c, '\u{3400}'..='\u{4dbf}')
}

const fn is_joint(c: char) -> bool {
    matches!(c, ' ' | '·' | '-' | '.' | '\'' | '’')
}

const fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(one: &str, other: &str) -> NameAgreement {
        let parse = |text| PersonName::parse(text).unwrap();
        let there = compare_names(&parse(one), &parse(other));
        let back = compare_names(&parse(other), &parse(one));
        assert_eq!(there, back, "{one} / {other}");
        there
    }

    #[test]
    fn typing_does_not_matter() {
        for (one, other) in [
            ("张三", " 张　三 "),
            ("买买提·吐尔逊", "买买提•吐尔逊"),
            ("JOHN SMITH", "Ｊｏｈｎ Smith"),
            ("Jean-Luc O'Hara", "JEAN LUC OHARA"),
        ] {
            assert_eq!(compared(one, other), NameAgreement::Same, "{one} / {other}");
        }
    }

    #[test]
    fn what_clerks_forgive_is_alike() {
        for (one, other) in [
            ("付强", "傅强"),
            ("王\u{20bb7}", "王吉"),
            ("王\u{e863}平", "王龙平"),
            ("SMITH JOHN", "John Smith"),
            ("买买提·吐尔逊", "买买提"),
        ] {
            assert_eq!(
                compared(one, other),
                NameAgreement::Alike,
                "{one} / {other}"
            );
        }
    }

    #[test]
    fn other_names_differ() {
        for (one, other) in [
            ("张三", "张四"),
            ("张三", "张三丰"),
            ("\u{20bb7}", "吉"),
            ("王", "王·吉"),
            ("John Smith", "Jane Smith"),
            ("李\u{20bb7}", "李\u{20bb8}"),
        ] {
            assert_eq!(
                compared(one, other),
                NameAgreement::Differs,
                "{one} / {other}"
            );
        }
    }
}
