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
}
