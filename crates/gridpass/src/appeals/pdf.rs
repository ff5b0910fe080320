//! PDFs that somebody shows: refused when they hold more than pages, and stripped of what they
//! say about whoever made them.
//!
//! A PDF can carry programs, forms that send themselves, and other files. The names by which it
//! does are looked for everywhere, also inside compressed object streams and written with
//! escapes; what cannot be looked into is refused. Metadata (author, program, dates, XMP, the
//! places in embedded photos, keys of the maker's own) is blanked where it stands, and so is what
//! would happen on opening, so that no offset of the file moves.

mod quiet;

use std::io::{Read, Write};
use std::ops::Range;

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

/// Bytes that all object streams of a file may have together, inflated.
const INFLATED_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Streams of a file at most; a scan of a hundred pages has some hundred.
const STREAMS_MAX: usize = 20_000;
/// How far before its data a stream's dictionary is looked for.
const DICTIONARY_BYTES_MAX: usize = 64 * 1024;
/// Bytes at the end in which the file must say that it ends.
const TAIL_BYTES: usize = 2048;

/// Names of what makes a PDF more than pages.
const ACTIVE: [&[u8]; 15] = [
    b"JavaScript",
    b"Launch",
    b"EmbeddedFile",
    b"EmbeddedFiles",
    b"Filespec",
    b"Collection",
    b"RichMedia",
    b"Rendition",
    b"Movie",
    b"Sound",
    b"XFA",
    b"SubmitForm",
    b"ImportData",
    b"GoToE",
    b"GoToR",
];
/// Keys whose text says who made the file, with what and when.
const TELLING: [&[u8]; 9] = [
    b"Author",
    b"Creator",
    b"Producer",
    b"Title",
    b"Subject",
    b"Keywords",
    b"CreationDate",
    b"ModDate",
    b"Company",
];
/// Encodings of a stream other than the one that is looked into.
const OTHER_FILTERS: [&[u8]; 8] = [
    b"ASCIIHexDecode",
    b"ASCII85Decode",
    b"LZWDecode",
    b"RunLengthDecode",
    b"BrotliDecode",
    b"DCTDecode",
    b"JBIG2Decode",
    b"Crypt",
];
/// What begins a telling segment of a JPEG inside a PDF.
const SEGMENTS: [&[u8]; 3] = [
    b"Exif\0\0",
    b"http://ns.adobe.com/xap/1.0/\0",
    b"Photoshop 3.0\0",
];

/// Why a PDF is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// It holds programs, forms or other files.
    #[error("holds more than pages")]
    Active,
    /// It is damaged, locked, or built so that it cannot be checked.
    #[error("cannot be checked")]
    Unreadable,
}

/// Whether an upload says that it is a PDF.
pub fn is_pdf(upload: &[u8]) -> bool {
    upload.starts_with(b"%PDF-1.") || upload.starts_with(b"%PDF-2.")
}

/// The same pages without metadata.
///
/// # Errors
/// [`PdfError`].
pub fn clean(upload: &[u8]) -> Result<Vec<u8>, PdfError> {
    let tail = &upload[upload.len().saturating_sub(TAIL_BYTES)..];
    let whole = is_pdf(upload) && find(tail, b"%%EOF", 0).is_some();
    if !whole || find(tail, b"startxref", 0).is_none() {
        return Err(PdfError::Unreadable);
    }
    check_names(upload)?;
    let mut cleaned = upload.to_vec();
    let streams = streams(upload)?;
    let mut budget = INFLATED_BYTES_MAX;
    for stream in &streams {
        clean_stream(&mut cleaned, stream, &mut budget)?;
    }
    blank_texts(&mut cleaned);
    quiet::forget_maker(&mut cleaned);
    quiet::still(&mut cleaned);
    blank_between(&mut cleaned, b"<?xpacket begin", b"<?xpacket end");
    blank_between(&mut cleaned, b"<x:xmpmeta", b"</x:xmpmeta>");
    blank_segments(&mut cleaned);
    Ok(cleaned)
}

/// A stream: its dictionary and its data.
struct Stream {
    names: Vec<Vec<u8>>,
    data: Range<usize>,
}

impl Stream {
    fn has(&self, name: &[u8]) -> bool {
        self.names.iter().any(|one| one == name)
    }

    /// Whether it holds objects: by its type, or by the two keys without which none can be read.
    fn holds_objects(&self) -> bool {
        self.has(b"ObjStm") || (self.has(b"First") && self.has(b"N"))
    }
}

fn streams(file: &[u8]) -> Result<Vec<Stream>, PdfError> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = find(file, b"stream", from) {
        from = at + b"stream".len();
        let rest = &file[from..];
        let line = match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\n' | b'\r', ..] => 1,
            _ => continue,
        };
        if file[..at].ends_with(b"end") {
            continue;
        }
        let start = from + line;
        let end = find(file, b"endstream", start).ok_or(PdfError::Unreadable)?;
        let earliest = at.saturating_sub(DICTIONARY_BYTES_MAX);
        let before = &file[earliest..at];
        let dictionary = rfind(before, b"obj").map_or(before, |place| &before[place..]);
        found.push(Stream {
            names: names(dictionary).map(|(name, _)| name).collect(),
            data: start..end,
        });
        if found.len() > STREAMS_MAX {
            return Err(PdfError::Unreadable);
        }
        from = end + b"endstream".len();
    }
    Ok(found)
}

fn clean_stream(file: &mut [u8], stream: &Stream, budget: &mut u64) -> Result<(), PdfError> {
    if stream.has(b"Metadata") && stream.has(b"XML") {
        file[stream.data.clone()].fill(b' ');
        return Ok(());
    }
    if !stream.holds_objects() || !stream.has(b"Filter") {
        return Ok(());
    }
    let other = OTHER_FILTERS.iter().any(|filter| stream.has(filter));
    if !stream.has(b"FlateDecode") || other || stream.has(b"DecodeParms") {
        return Err(PdfError::Unreadable);
    }
    let packed = &mut file[stream.data.clone()];
    let mut objects = inflate(packed, budget)?;
    check_names(&objects)?;
    let before = objects.clone();
    blank_texts(&mut objects);
    quiet::forget_maker(&mut objects);
    quiet::still(&mut objects);
    if objects == before {
        return Ok(());
    }
    // Blanks pack better than words, so what is packed anew finds room where it was; readers
    // end where the packed data says.
    let again = deflate(&objects)?;
    let room = packed.get_mut(..again.len()).ok_or(PdfError::Unreadable)?;
    room.copy_from_slice(&again);
    packed[again.len()..].fill(0);
    Ok(())
}

fn inflate(packed: &[u8], budget: &mut u64) -> Result<Vec<u8>, PdfError> {
    let mut objects = Vec::new();
    let mut reader = ZlibDecoder::new(packed).take(*budget + 1);
    let read = reader.read_to_end(&mut objects);
    let read = read.map_err(|_| PdfError::Unreadable)? as u64;
    *budget = budget.checked_sub(read).ok_or(PdfError::Unreadable)?;
    Ok(objects)
}

fn deflate(objects: &[u8]) -> Result<Vec<u8>, PdfError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(objects).and_then(|()| encoder.finish());
    written.map_err(|_| PdfError::Unreadable)
}

fn check_names(bytes: &[u8]) -> Result<(), PdfError> {
    for (name, _) in names(bytes) {
        if name == b"Encrypt" {
            return Err(PdfError::Unreadable);
        }
        if ACTIVE.contains(&&name[..]) {
            return Err(PdfError::Active);
        }
    }
    Ok(())
}

/// Every name with where it ends, escapes resolved; long ones are cut, none of ours is long.
fn names(bytes: &[u8]) -> impl Iterator<Item = (Vec<u8>, usize)> + '_ {
    const NAME_BYTES_MAX: usize = 40;
    let mut from = 0;
    std::iter::from_fn(move || {
        let slash = from + bytes[from..].iter().position(|byte| *byte == b'/')?;
        let mut at = slash + 1;
        let mut name = Vec::new();
        while let Some(&byte) = bytes.get(at) {
            if is_delimiter(byte) || name.len() >= NAME_BYTES_MAX {
                break;
            }
            let escaped = (byte == b'#').then(|| bytes.get(at + 1..at + 3)).flatten();
            match escaped.and_then(hex) {
                Some(plain) => {
                    name.push(plain);
                    at += 3;
                }
                None => {
                    name.push(byte);
                    at += 1;
                }
            }
        }
        from = at;
        Some((name, at))
    })
}

fn is_delimiter(byte: u8) -> bool {
    byte <= b' ' || b"()<>[]{}/%".contains(&byte)
}

fn hex(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok()?;
    u8::from_str_radix(text, 16).ok()
}

/// Blanks the texts of telling keys, also where a key names another object as its text.
fn blank_texts(bytes: &mut [u8]) {
    let ends: Vec<usize> = names(bytes)
        .filter(|(name, _)| TELLING.contains(&&name[..]))
        .map(|(_, end)| end)
        .collect();
    for end in ends {
        let start = skip_blanks(bytes, end);
        if blank_text(bytes, start) {
            continue;
        }
        if let Some(object) = referred(&bytes[start..]) {
            let mut from = 0;
            while let Some(at) = find(bytes, &object, from) {
                from = at + object.len();
                let own = at == 0 || !bytes[at - 1].is_ascii_digit();
                if own {
                    let text = skip_blanks(bytes, from);
                    blank_text(bytes, text);
                }
            }
        }
    }
}

/// `12 0 R` → `12 0 obj`.
fn referred(bytes: &[u8]) -> Option<Vec<u8>> {
    const REFERENCE_BYTES_MAX: usize = 24;
    let head = &bytes[..bytes.len().min(REFERENCE_BYTES_MAX)];
    let text: String = head.iter().map(|byte| char::from(*byte)).collect();
    let mut words = text.split_ascii_whitespace();
    let (number, generation, letter) = (words.next()?, words.next()?, words.next()?);
    let digits = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_reference = digits(number) && digits(generation) && letter.starts_with('R');
    is_reference.then(|| format!("{number} {generation} obj").into_bytes())
}

fn skip_blanks(bytes: &[u8], from: usize) -> usize {
    let blanks = bytes[from..].iter().take_while(|byte| **byte <= b' ');
    from + blanks.count()
}

/// Blanks the string that begins at `start`; false when none does.
fn blank_text(bytes: &mut [u8], start: usize) -> bool {
    let inside = match bytes.get(start..) {
        Some([b'(', ..]) => literal_end(bytes, start + 1),
        Some([b'<', next, ..]) if *next != b'<' => {
            let rest = &bytes[start + 1..];
            rest.iter()
                .position(|byte| *byte == b'>')
                .map(|length| start + 1 + length)
        }
        _ => None,
    };
    let Some(end) = inside else {
        return false;
    };
    bytes[start + 1..end].fill(b' ');
    true
}

/// Where the closing parenthesis of a literal string stands.
fn literal_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut open = 1;
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'(' => open += 1,
            b')' => {
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn blank_between(bytes: &mut [u8], begin: &[u8], end: &[u8]) {
    let mut from = 0;
    while let Some(start) = find(bytes, begin, from) {
        let until = find(bytes, end, start).map_or(bytes.len(), |at| at + end.len());
        bytes[start..until].fill(b' ');
        from = until;
    }
}

/// Blanks segments of embedded JPEGs that say where and with what a photo was taken.
fn blank_segments(bytes: &mut [u8]) {
    for segment in SEGMENTS {
        let mut from = 0;
        while let Some(at) = find(bytes, segment, from) {
            from = at + segment.len();
            let head = at.checked_sub(4).map(|head| &bytes[head..at]);
            let Some([0xff, 0xe1 | 0xed, high, low]) = head else {
                continue;
            };
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let end = (at - 2).saturating_add(length).min(bytes.len());
            if end > at {
                bytes[at..end].fill(0);
            }
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let first = *wanted.first()?;
    let mut at = 0;
    while let Some(step) = rest[at..].iter().position(|byte| *byte == first) {
        at += step;
        if rest[at..].starts_with(wanted) {
            return Some(from + at);
        }
        at += 1;
    }
    None
}

fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .rposition(|window| window == wanted)
}

#[cfg(test)]
mod tests;
