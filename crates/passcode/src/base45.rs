//! Base45 (RFC 9285) into a fixed buffer, refusing every text that no encoder makes.
//!
//! Own code because the `base45` crate cuts a too large last pair down to a byte, so that
//! several texts stand for the same bytes; here exactly one text stands for each.

/// The alphabet in order: the alphanumeric set of a QR code.
const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Value of each byte in the alphabet; 255 for bytes outside it.
const VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut index = 0;
    while index < ALPHABET.len() {
        values[ALPHABET[index] as usize] = index as u8;
        index += 1;
    }
    values
};

/// Appends the base45 text of `bytes` to `text`.
pub fn encode_into(bytes: &[u8], text: &mut String) {
    text.reserve(bytes.len().div_ceil(2) * 3);
    let digit = |value: u32| char::from(ALPHABET[(value % 45) as usize]);
    let (pairs, rest) = bytes.as_chunks::<2>();
    for pair in pairs {
        let value = u32::from(u16::from_be_bytes(*pair));
        text.push(digit(value));
        text.push(digit(value / 45));
        text.push(digit(value / 2025));
    }
    for &byte in rest {
        let value = u32::from(byte);
        text.push(digit(value));
        text.push(digit(value / 45));
    }
}

/// Decodes `text` into the front of `buffer` and returns that part; `None` if the text is
/// not what an encoder makes or if the buffer is too small.
pub fn decode_into<'a>(text: &[u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let (triples, rest) = text.as_chunks::<3>();
    let bytes_len = triples.len() * 2 + rest.len() / 2;
    let decoded = buffer.get_mut(..bytes_len)?;
    let (pairs, last) = decoded.as_chunks_mut::<2>();
    for (triple, pair) in triples.iter().zip(pairs) {
        let [low, middle, high] = triple.map(|byte| VALUES[usize::from(byte)]);
        // One test for all three: a byte outside the alphabet has all bits set.
        if low.max(middle).max(high) == u8::MAX {
            return None;
        }
        let value = u32::from(low) + 45 * u32::from(middle) + 2025 * u32::from(high);
        *pair = u16::try_from(value).ok()?.to_be_bytes();
    }
    match (rest, last) {
        ([], []) => {}
        ([low, high], [byte]) => {
            let [low, high] = [low, high].map(|&byte| VALUES[usize::from(byte)]);
            if low.max(high) == u8::MAX {
                return None;
            }
            *byte = u8::try_from(u32::from(low) + 45 * u32::from(high)).ok()?;
        }
        _ => return None,
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(bytes: &[u8]) -> String {
        let mut text = String::new();
        encode_into(bytes, &mut text);
        text
    }

    /// The examples of RFC 9285, sections 4.3 and 4.4.
    #[test]
    fn encodes_and_decodes_the_examples_of_the_standard() {
        for (bytes, text) in [
            ("AB", "BB8"),
            ("Hello!!", "%69 VD92EX0"),
            ("base-45", "UJCLQE7W581"),
            ("ietf!", "QED8WEX0"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            let mut buffer = [0; 16];
            assert_eq!(
                decode_into(text.as_bytes(), &mut buffer),
                Some(bytes.as_bytes())
            );
        }
    }

    #[test]
    fn refuses_what_no_encoder_makes() {
        let mut buffer = [0; 8];
        // A single character left over; lower case; too large a triple (65,536); too large
        // a pair (256); a byte beyond ASCII; a text longer than the buffer.
        for text in [
            &b"BB80"[..],
            b"bb8",
            b"GGW",
            b"V5",
            b"\xffB8",
            b"BB8BB8BB8BB8BB8",
        ] {
            assert_eq!(decode_into(text, &mut buffer), None, "{text:?}");
        }
        assert_eq!(decode_into(b"FGW", &mut buffer), Some(&[255, 255][..]));
        assert_eq!(decode_into(b"U5", &mut buffer), Some(&[255][..]));
        assert_eq!(decode_into(b"", &mut buffer), Some(&[][..]));
    }

    proptest! {
        #[test]
        fn agrees_with_the_base45_crate(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let text = encode(&bytes);
            prop_assert_eq!(&text, &::base45::encode(&bytes));
            let mut buffer = [0; 300];
            prop_assert_eq!(decode_into(text.as_bytes(), &mut buffer), Some(&bytes[..]));
        }

        #[test]
        fn one_text_for_each_value(text in "[0-9A-Z $%*+./:-]{0,40}") {
            let mut buffer = [0; 64];
            if let Some(bytes) = decode_into(text.as_bytes(), &mut buffer) {
                prop_assert_eq!(encode(bytes), text);
            }
        }
    }
}
