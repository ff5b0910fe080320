//! Width folding: keyboards and spreadsheets in Chinese produce full-width digits, letters and
//! spaces, which mean the same as the ASCII ones.

/// The half-width form of a full-width character; every other character is returned as it is.
#[must_use]
pub const fn fold_width(c: char) -> char {
    match c {
        '\u{3000}' | '\u{a0}' | '\u{2007}' | '\u{202f}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => match char::from_u32(c as u32 - 0xfee0) {
            Some(folded) => folded,
            None => c,
        },
        _ => c,
    }
}

/// Words of doors as traditional characters and habit write them, and the plain form.
const PLACE_WORDS: [(&str, &str); 6] = [
    ("棟", "栋"),
    ("樓", "楼"),
    ("層", "层"),
    ("號", "号"),
    ("單元", "单元"),
    ("#楼", "号楼"),
];

/// A part of an address in plain form: width folded, without blanks and invisible marks, its words
/// simplified. The web's `plainPlace` does the same.
#[must_use]
pub fn fold_place(raw: &str) -> String {
    let folded: String = raw
        .chars()
        .map(fold_width)
        .filter(|c| !c.is_whitespace() && !is_invisible(*c))
        .collect();
    PLACE_WORDS
        .iter()
        .fold(folded, |text, (word, plain)| text.replace(word, plain))
}

/// Folds width, drops spaces and invisible marks, and upper-cases ASCII letters.
pub(crate) fn compact_upper(raw: &str) -> String {
    raw.chars()
        .map(fold_width)
        .filter(|c| !c.is_whitespace() && !is_invisible(*c))
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// Marks that copying from web pages and chat leaves behind: zero-width and direction marks.
pub(crate) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_full_width_text() {
        assert_eq!(compact_upper("４４０３ ９９　ｘ\u{200b}x"), "440399XX");
        assert_eq!(fold_width('张'), '张');
    }

    #[test]
    fn places_are_folded_to_one_spelling() {
        for written in [
            "７棟１單元３０１號",
            " 7栋 1单元\u{200b} 301号",
            "7栋1單元301號",
        ] {
            assert_eq!(fold_place(written), "7栋1单元301号");
        }
        assert_eq!(fold_place("７＃樓"), "7号楼");
    }
}
