//! What a PDF would do when it is opened is taken away, and what its maker added to say of itself.
//!
//! Both are done in place: a key that is written over is one that no reader knows, and a text that
//! is blanked stays as long as it was.

use super::{blank_text, find, names, referred, rfind, skip_blanks};

/// Keys of what happens by itself: on opening, on turning a page.
const BY_ITSELF: [&[u8]; 2] = [b"OpenAction", b"AA"];
/// Keys that only the dictionary has which says who made the file, and with what.
const MAKER: [&[u8]; 2] = [b"Producer", b"Creator"];

/// Takes away what happens without a hand.
pub fn still(bytes: &mut [u8]) {
    let ends: Vec<usize> = named(bytes, &BY_ITSELF);
    for end in ends {
        let slash = bytes[..end].iter().rposition(|byte| *byte == b'/');
        if let Some(slash) = slash {
            bytes[slash + 1..end].fill(b'X');
        }
    }
}

/// Blanks every text of the dictionary about the maker, also under keys of the maker's own.
pub fn forget_maker(bytes: &mut [u8]) {
    for end in named(bytes, &MAKER) {
        if let Some(start) = rfind(&bytes[..end], b"<<") {
            blank_dictionary(bytes, start);
        }
    }
    for end in named(bytes, &[b"Info"]) {
        let start = skip_blanks(bytes, end);
        let Some(object) = referred(&bytes[start..]) else {
            continue;
        };
        let mut from = 0;
        while let Some(at) = find(bytes, &object, from) {
            from = at + object.len();
            let own = at == 0 || !bytes[at - 1].is_ascii_digit();
            if own && let Some(start) = find(bytes, b"<<", from) {
                blank_dictionary(bytes, start);
            }
        }
    }
}

fn named(bytes: &[u8], wanted: &[&[u8]]) -> Vec<usize> {
    names(bytes)
        .filter(|(name, _)| wanted.contains(&&name[..]))
        .map(|(_, end)| end)
        .collect()
}

/// Blanks the texts of the dictionary that begins at `start`, up to its end.
fn blank_dictionary(bytes: &mut [u8], start: usize) {
    let mut at = start + b"<<".len();
    while at < bytes.len() && !bytes[at..].starts_with(b">>") {
        let opens = bytes[at] == b'(' || (bytes[at] == b'<' && !bytes[at..].starts_with(b"<<"));
        let text = at;
        at += 1;
        if opens && blank_text(bytes, text) {
            // Blanked, nothing in it closes it but its end.
            let close = if bytes[text] == b'(' { b')' } else { b'>' };
            let length = bytes[at..].iter().position(|byte| *byte == close);
            at += length.map_or(0, |length| length + 1);
        }
    }
}
