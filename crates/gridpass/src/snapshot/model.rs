//! Packed colours, withdrawn passes, and the bytes in which both travel. Pure.
//!
//! The form of an answer, all numbers little-endian: `GPS1`, a byte that is 0 for everything and 1
//! for changes, three zero bytes; then in eight bytes each the version, the version it starts from
//! (0 for everything) and the milliseconds since 1970 of `as_of`; in four bytes each the number of
//! serials, of changed colours and of withdrawals. Then the colours: two bits a serial, or four bytes
//! a change. Then the withdrawals: in four bytes each the serial and the seconds before which phones'
//! and paper passes of it do not count.

use gridpass_types::Colour;
use jiff::Timestamp;

/// A serial that is nobody's.
pub const NOBODY: u8 = 3;
/// Bytes before the colours.
pub const HEAD_BYTES: usize = 44;
/// Bytes of a withdrawal.
const REVOCATION_BYTES: usize = 12;

/// Colours of all serials, two bits each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Colours {
    serials: u32,
    bytes: Vec<u8>,
}

impl Colours {
    /// As stored.
    pub fn from_parts(serials: i32, bytes: Vec<u8>) -> Self {
        Self {
            serials: serials.unsigned_abs(),
            bytes,
        }
    }

    /// Serials from 0 up to below this one.
    pub fn serials(&self) -> u32 {
        self.serials
    }

    /// Two bits a serial, the first in the lowest.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The code of a serial.
    pub fn get(&self, serial: u32) -> u8 {
        let byte = self.bytes.get(serial as usize / 4);
        byte.map_or(NOBODY, |byte| byte >> (serial % 4 * 2) & 3)
    }

    /// Writes a serial's colour; true when it was another.
    pub fn set(&mut self, serial: u32, colour: Colour) -> bool {
        let code = colour.code().unsigned_abs() as u8;
        if self.get(serial) == code {
            return false;
        }
        let place = serial as usize / 4;
        if place >= self.bytes.len() {
            self.bytes.resize(place + 1, 0xff);
        }
        let shift = serial % 4 * 2;
        self.bytes[place] = self.bytes[place] & !(3 << shift) | code << shift;
        self.serials = self.serials.max(serial + 1);
        true
    }
}

/// A withdrawn pass: its serial, and the seconds before which phones' and paper passes of it do not
/// count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revocation {
    /// Serial.
    pub serial: u32,
    /// For phones.
    pub phone_s: u32,
    /// For paper.
    pub paper_s: u32,
}

impl Revocation {
    /// From times; a time before 1970 withdraws nothing.
    pub fn new(serial: i32, phone: Timestamp, paper: Timestamp) -> Self {
        let seconds = |at: Timestamp| u32::try_from(at.as_second()).unwrap_or(0);
        Self {
            serial: serial.unsigned_abs(),
            phone_s: seconds(phone),
            paper_s: seconds(paper),
        }
    }

    /// As stored and sent.
    pub fn write(self, out: &mut Vec<u8>) {
        for part in [self.serial, self.phone_s, self.paper_s] {
            out.extend_from_slice(&part.to_le_bytes());
        }
    }
}

/// Withdrawals as stored and sent.
pub fn revocation_bytes(revocations: &[Revocation]) -> Vec<u8> {
    let mut out = Vec::with_capacity(revocations.len() * REVOCATION_BYTES);
    for one in revocations {
        one.write(&mut out);
    }
    out
}

/// Reads them back.
pub fn read_revocations(bytes: &[u8]) -> Vec<Revocation> {
    let number = |bytes: &[u8]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let one = |bytes: &[u8]| Revocation {
        serial: number(bytes),
        phone_s: number(&bytes[4..]),
        paper_s: number(&bytes[8..]),
    };
    bytes.chunks_exact(REVOCATION_BYTES).map(one).collect()
}

/// What one version changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The version that came of it.
    pub version: i64,
    /// Changed colours, four bytes each.
    pub colours: Vec<u8>,
    /// New withdrawals.
    pub revocations: Vec<u8>,
}

/// A changed colour in four bytes. Serials stay below 2^30: a billion people.
pub fn change_bytes(serial: u32, code: u8) -> [u8; 4] {
    (serial << 2 | u32::from(code)).to_le_bytes()
}

/// A snapshot as a node holds it.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Version.
    pub version: i64,
    /// Everything committed before this is in it.
    pub as_of: Timestamp,
    /// Colours.
    pub colours: Colours,
    /// Withdrawals.
    pub revocations: Vec<u8>,
    /// What the versions before changed, in order.
    pub changes: Vec<Change>,
}

impl Held {
    /// Everything.
    pub fn full(&self) -> Vec<u8> {
        let counts = [0, self.revocations.len() / REVOCATION_BYTES];
        self.answer((0, 0), counts, [self.colours.bytes(), &self.revocations])
    }

    /// What changed since a version; `None` when that is not known any more, or is more than
    /// everything.
    pub fn since(&self, version: i64) -> Option<Vec<u8>> {
        let first = self
            .changes
            .iter()
            .position(|change| change.version > version);
        let known = version == self.version
            || first.is_some_and(|first| first > 0 && self.changes[first - 1].version == version);
        let newer = &self.changes[first.unwrap_or(self.changes.len())..];
        let colours = newest_only(newer);
        let revocations: Vec<u8> = newer
            .iter()
            .flat_map(|one| one.revocations.clone())
            .collect();
        let smaller = colours.len() + revocations.len()
            < self.colours.bytes().len() + self.revocations.len()
            || newer.is_empty();
        let counts = [colours.len() / 4, revocations.len() / REVOCATION_BYTES];
        (known && smaller).then(|| self.answer((1, version), counts, [&colours, &revocations]))
    }

    fn answer(&self, (kind, since): (u8, i64), counts: [usize; 2], parts: [&[u8]; 2]) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD_BYTES + parts[0].len() + parts[1].len());
        out.extend_from_slice(b"GPS1");
        out.extend_from_slice(&[kind, 0, 0, 0]);
        for number in [self.version, since, self.as_of.as_millisecond()] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.colours.serials().to_le_bytes());
        for count in counts {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            out.extend_from_slice(&count.to_le_bytes());
        }
        for part in parts {
            out.extend_from_slice(part);
        }
        out
    }
}

/// Each serial once, with the colour it got last.
fn newest_only(changes: &[Change]) -> Vec<u8> {
    let mut latest = std::collections::BTreeMap::new();
    for change in changes {
        for bytes in change.colours.as_chunks::<4>().0 {
            let number = u32::from_le_bytes(*bytes);
            latest.insert(number >> 2, *bytes);
        }
    }
    latest.into_values().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held() -> Held {
        let mut held = Held {
            version: 10,
            ..Held::default()
        };
        for serial in 0..1000 {
            held.colours.set(serial, Colour::Green);
        }
        held.changes.push(Change {
            version: 10,
            ..Change::default()
        });
        held
    }

    fn step(held: &mut Held, serials: &[(u32, Colour)]) {
        held.version += 1;
        let mut colours = Vec::new();
        for (serial, colour) in serials {
            assert!(held.colours.set(*serial, *colour));
            colours.extend(change_bytes(*serial, held.colours.get(*serial)));
        }
        held.changes.push(Change {
            version: held.version,
            colours,
            revocations: Vec::new(),
        });
    }

    #[test]
    fn colours_take_two_bits_and_what_is_between_is_nobody() {
        let mut colours = Colours::default();
        assert!(colours.set(0, Colour::Green));
        assert!(colours.set(6, Colour::Red));
        assert!(!colours.set(6, Colour::Red));
        assert!(colours.set(5, Colour::Yellow));
        let codes: Vec<u8> = (0..9).map(|serial| colours.get(serial)).collect();
        assert_eq!(codes, [0, 3, 3, 3, 3, 1, 2, 3, 3]);
        assert_eq!((colours.serials(), colours.bytes().len()), (7, 2));
        for serial in 0..550_000 {
            colours.set(serial, Colour::Yellow);
        }
        assert_eq!(colours.bytes().len(), 137_500);
    }

    #[test]
    fn a_gate_gets_what_changed_since_its_version_each_serial_once() {
        let mut held = held();
        step(&mut held, &[(7, Colour::Red), (8, Colour::Yellow)]);
        step(&mut held, &[(7, Colour::Green)]);
        let answer = held.since(10).unwrap();
        assert_eq!(answer.len(), HEAD_BYTES + 8);
        assert_eq!(&answer[HEAD_BYTES..], &[28, 0, 0, 0, 33, 0, 0, 0]);
        assert_eq!(held.since(11).unwrap().len(), HEAD_BYTES + 4);
        assert_eq!(held.since(12).unwrap().len(), HEAD_BYTES);
        assert_eq!(held.since(9), None, "too old");
        assert_eq!(held.since(13), None, "of another server");
        assert_eq!(held.full().len(), HEAD_BYTES + 250);
        let many: Vec<_> = (100..200).map(|serial| (serial, Colour::Red)).collect();
        step(&mut held, &many);
        assert_eq!(held.since(12), None, "everything is less");
    }

    #[test]
    fn withdrawals_are_read_as_they_were_written() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let all = [
            Revocation::new(3, at(1_583_452_800), at(0)),
            Revocation::new(9, at(-5), at(7)),
        ];
        assert_eq!(all[1].phone_s, 0);
        assert_eq!(read_revocations(&revocation_bytes(&all)), all);
    }
}
