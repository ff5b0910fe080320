//! The few CBOR forms the pass code uses (RFC 8949), written and read in their shortest
//! encoding only, as §4.2.1 asks of deterministic encoders.

use gridpass_types::PersonId;

use crate::PassError;

/// Greatest id of a person or a gate, 2^53 − 1: what JavaScript holds exactly.
pub(crate) const ID_MAX: i64 = PersonId::MAX.get();

/// Major type of an unsigned integer.
const UINT: u8 = 0;
/// Major type of a byte string.
const BYTES: u8 = 2;
/// Major type of a text string.
const TEXT: u8 = 3;

/// Appends the head of a data item: its major type (0 to 7) and its argument.
fn write_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    let width = match argument {
        0..24 => {
            out.push(major | argument as u8);
            return;
        }
        24..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8_usize,
    };
    out.push(major | (24 + width.trailing_zeros() as u8));
    out.extend_from_slice(&argument.to_be_bytes()[8 - width..]);
}

/// Appends an unsigned integer.
pub(crate) fn write_uint(out: &mut Vec<u8>, value: u64) {
    write_head(out, UINT, value);
}

/// Appends an integer that its maker has checked not to be negative.
pub(crate) fn write_int(out: &mut Vec<u8>, value: i64) {
    write_uint(out, value.unsigned_abs());
}

/// Appends a byte string.
pub(crate) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_head(out, BYTES, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a text string.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    write_head(out, TEXT, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// A walk over bytes that must hold exactly the expected items.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Starts at the front of `bytes`.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `len` bytes as they are.
    #[inline]
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], PassError> {
        let (front, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(PassError::Malformed)?;
        self.rest = rest;
        Ok(front)
    }

    /// The next `N` bytes as an array.
    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], PassError> {
        let (front, rest) = self.rest.split_first_chunk().ok_or(PassError::Malformed)?;
        self.rest = rest;
        Ok(front)
    }

    /// Steps over bytes that must be exactly these.
    #[inline]
    pub(crate) fn expect(&mut self, bytes: &[u8]) -> Result<(), PassError> {
        self.rest = self.rest.strip_prefix(bytes).ok_or(PassError::Malformed)?;
        Ok(())
    }

    /// Steps over `bytes` if they come next, and says whether they did.
    #[inline]
    pub(crate) fn accept(&mut self, bytes: &[u8]) -> bool {
        self.expect(bytes).is_ok()
    }

    /// The argument of a head of the given major type, in its shortest form only.
    #[inline]
    fn head(&mut self, major: u8) -> Result<u64, PassError> {
        let [first] = *self.array()?;
        if first >> 5 != major {
            return Err(PassError::Malformed);
        }
        let (argument, least) = match first & 0x1f {
            info @ 0..24 => (u64::from(info), 0),
            24 => (u64::from(u8::from_be_bytes(*self.array()?)), 24),
            25 => (u64::from(u16::from_be_bytes(*self.array()?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(*self.array()?)), 1 << 16),
            27 => (u64::from_be_bytes(*self.array()?), 1 << 32),
            _ => return Err(PassError::Malformed),
        };
        if argument < least {
            return Err(PassError::Malformed);
        }
        Ok(argument)
    }

    /// An unsigned integer no greater than `max`.
    #[inline]
    pub(crate) fn uint(&mut self, max: u64) -> Result<u64, PassError> {
        let value = self.head(UINT)?;
        if value > max {
            return Err(PassError::Malformed);
        }
        Ok(value)
    }

    /// An unsigned integer of at most 32 bits.
    #[inline]
    pub(crate) fn uint32(&mut self) -> Result<u32, PassError> {
        u32::try_from(self.head(UINT)?).map_err(|_| PassError::Malformed)
    }

    /// An id of a person or a gate: at most [`ID_MAX`].
    #[inline]
    pub(crate) fn id(&mut self) -> Result<i64, PassError> {
        let value = self.head(UINT)?.cast_signed();
        if (0..=ID_MAX).contains(&value) {
            Ok(value)
        } else {
            Err(PassError::Malformed)
        }
    }

    /// A serial: at most 31 bits.
    #[inline]
    pub(crate) fn serial(&mut self) -> Result<i32, PassError> {
        i32::try_from(self.head(UINT)?).map_err(|_| PassError::Malformed)
    }

    /// The code of a word in a closed list.
    #[inline]
    pub(crate) fn code(&mut self) -> Result<i16, PassError> {
        i16::try_from(self.head(UINT)?).map_err(|_| PassError::Malformed)
    }

    /// A byte string.
    #[inline]
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], PassError> {
        let len = usize::try_from(self.head(BYTES)?).map_err(|_| PassError::Malformed)?;
        self.take(len)
    }

    /// A byte string of exactly `N` bytes.
    #[inline]
    pub(crate) fn bytes_exact<const N: usize>(&mut self) -> Result<&'a [u8; N], PassError> {
        self.bytes()?.try_into().map_err(|_| PassError::Malformed)
    }

    /// The bytes of a text string; the caller checks their alphabet.
    #[inline]
    pub(crate) fn text(&mut self) -> Result<&'a [u8], PassError> {
        let len = usize::try_from(self.head(TEXT)?).map_err(|_| PassError::Malformed)?;
        self.take(len)
    }

    /// Ends the walk: nothing may be left.
    #[inline]
    pub(crate) fn end(self) -> Result<(), PassError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(PassError::Malformed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciborium::Value;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn integers_agree_with_ciborium(value in prop_oneof![0..70_000_u64, any::<u64>()]) {
            let mut ours = Vec::new();
            write_uint(&mut ours, value);
            let mut theirs = Vec::new();
            ciborium::into_writer(&Value::from(value), &mut theirs).unwrap();
            prop_assert_eq!(&ours, &theirs);
            let mut cursor = Cursor::new(&ours);
            prop_assert_eq!(cursor.uint(u64::MAX), Ok(value));
            prop_assert_eq!(cursor.end(), Ok(()));
        }

        #[test]
        fn an_accepted_head_is_the_one_we_write(bytes in prop::collection::vec(any::<u8>(), 0..10)) {
            let mut cursor = Cursor::new(&bytes);
            if let Ok(value) = cursor.uint(u64::MAX) {
                let mut written = Vec::new();
                write_uint(&mut written, value);
                prop_assert!(bytes.starts_with(&written));
            }
        }
    }

    #[test]
    fn refuses_longer_forms_and_wrong_types() {
        for bytes in [
            &[0x18, 0x17][..],
            &[0x19, 0, 0xff],
            &[0x1a, 0, 0, 0xff, 0xff],
            &[0x1f],
            &[0x20],
            &[],
        ] {
            assert_eq!(Cursor::new(bytes).uint(u64::MAX), Err(PassError::Malformed));
        }
        assert_eq!(
            Cursor::new(&[0x1b, 0, 0, 0, 0, 1, 2, 3, 4]).uint(u64::MAX),
            Err(PassError::Malformed)
        );
        assert_eq!(
            Cursor::new(&[0x43, 1, 2]).bytes(),
            Err(PassError::Malformed)
        );
        assert_eq!(
            Cursor::new(&[0x5b, 255, 255, 255, 255, 255, 255, 255, 255]).bytes(),
            Err(PassError::Malformed)
        );
    }
}
