//! The serial on a paper: its number and a MAC, in letters and digits that people can read out.
//!
//! `GPP-XXXXX-XXXXXX-YYYYYYYY`: eleven characters of the number and eight (40 bits) of a keyed
//! digest over number, person and kind. Whoever makes up a serial hits a right one once in 2^40
//! tries, and the number of tries is limited.

use gridpass_types::ids::PersonId;

use super::model::PaperKind;
use crate::seal::Sealer;

/// Crockford's alphabet: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX: &str = "GPP";
const NUMBER_CHARS: usize = 11;
const MAC_CHARS: usize = 8;

/// The serial of a paper.
pub fn write(sealer: &Sealer, paper_id: i64, of: (PersonId, PaperKind)) -> String {
    let number = encode(paper_id.cast_unsigned(), NUMBER_CHARS);
    let mac = mac(sealer, paper_id, of);
    let (head, tail) = number.split_at(5);
    format!("{PREFIX}-{head}-{tail}-{mac}")
}

/// A serial that was read: the paper's number, and its MAC.
#[derive(Debug, PartialEq, Eq)]
pub struct Serial {
    /// Number of the paper.
    pub paper_id: i64,
    mac: String,
}

impl Serial {
    /// Reads what somebody typed or scanned; hyphens and spaces do not matter, and letters that
    /// look like digits are taken for them.
    pub fn read(text: &str) -> Option<Self> {
        let plain: String = text
            .chars()
            .filter(|char| !matches!(char, '-' | ' ' | '－'))
            .map(|char| match char.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        let body = plain.strip_prefix(PREFIX)?;
        if !body.is_ascii() || body.len() != NUMBER_CHARS + MAC_CHARS {
            return None;
        }
        let (number, mac) = body.split_at(NUMBER_CHARS);
        let paper_id = i64::try_from(decode(number)?).ok().filter(|id| *id > 0)?;
        Some(Self {
            paper_id,
            mac: mac.to_owned(),
        })
    }

    /// Whether it is the serial of this paper.
    pub fn fits(&self, sealer: &Sealer, of: (PersonId, PaperKind)) -> bool {
        // Every byte is compared: how long it takes says nothing.
        let right = mac(sealer, self.paper_id, of);
        let pairs = right.bytes().zip(self.mac.bytes());
        right.len() == self.mac.len() && pairs.fold(0, |wrong, (a, b)| wrong | (a ^ b)) == 0
    }
}

/// Outlives every change of the digest key: papers are kept for years.
fn mac(sealer: &Sealer, paper_id: i64, (person_id, kind): (PersonId, PaperKind)) -> String {
    let value = format!("{paper_id}|{person_id}|{}", kind.as_str());
    let digest = sealer.lasting_digest("paper", &value);
    let mut bits = [0; 8];
    bits[3..].copy_from_slice(&digest[..5]);
    encode(u64::from_be_bytes(bits), MAC_CHARS)
}

fn encode(mut value: u64, chars: usize) -> String {
    let mut text = vec![ALPHABET[0]; chars];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(value % 32) as usize];
        value /= 32;
    }
    text.into_iter().map(char::from).collect()
}

fn decode(text: &str) -> Option<u64> {
    text.bytes().try_fold(0_u64, |value, byte| {
        let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
        value.checked_mul(32)?.checked_add(digit as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::secrets::Secrets;
    use crate::seal::Ring;

    fn sealer(digest_key: u8) -> Sealer {
        let secrets = Secrets::single([1; 32], [digest_key; 32], [3; 32]);
        Sealer::new(Ring::new(&secrets, &[], jiff::Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn a_serial_is_read_as_people_write_it_and_fits_one_paper_only() {
        let (here, elsewhere) = (sealer(2), sealer(4));
        let of = (PersonId::new(77), PaperKind::Residence);
        let paper_id = (1 << 53) - 1;
        let serial = write(&here, paper_id, of);
        assert_eq!(serial.len(), 3 + 1 + 5 + 1 + 6 + 1 + 8);
        for typed in [
            serial.clone(),
            serial.to_lowercase(),
            serial.replace('-', " "),
            serial.replace('0', "O").replace('1', "l"),
        ] {
            let read = Serial::read(&typed).unwrap();
            assert_eq!(read.paper_id, paper_id);
            assert!(read.fits(&here, of), "{typed}");
            assert!(!read.fits(&elsewhere, of));
            assert!(!read.fits(&here, (PersonId::new(78), of.1)));
            assert!(!read.fits(&here, (of.0, PaperKind::ObservationEnd)));
        }
    }

    #[test]
    fn what_is_no_serial_is_not_read() {
        for text in [
            "",
            "GPP-",
            "GPP-00000-000000-00000000",
            "GPQ-00000-000001-00000000",
            "GPP-00000-000001-0000000U",
            "电子证明",
        ] {
            let read = Serial::read(text);
            assert!(
                read.is_none_or(
                    |serial| !serial.fits(&sealer(2), (PersonId::new(1), PaperKind::Residence))
                ),
                "{text}"
            );
        }
        assert!(Serial::read("GPP-ZZZZZ-ZZZZZZ-00000000").is_some_and(|s| s.paper_id > 0));
    }
}
