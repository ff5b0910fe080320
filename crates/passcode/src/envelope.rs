//! The envelope: what the characters of a QR code hold.
//!
//! The first number names the suite, and thereby the version of everything inside; the
//! length of the array tells a phone's pass from a printed one.

use gridpass_types::PassForm;

use crate::cbor::{Cursor, write_bytes, write_uint};
use crate::credential::{COSE_SIGN1, Claims, sig_structure};
use crate::suite::{EDDSA, Suite};
use crate::{CredentialId, MacKey, PASS_CHARS_MAX, PASS_PREFIX, PassError, base45};

/// Bytes that the longest pass text can hold.
pub(crate) const PASS_BYTES_MAX: usize = PASS_CHARS_MAX * 2 / 3;

/// Head of an array of two: suite and credential, the printed form.
const PAPER: u8 = 0x82;
/// Head of an array of five: suite, time, MAC, signature and credential, the phone's form.
const PHONE: u8 = 0x85;

/// A pass as it was shown, taken apart; nothing is verified but the shape.
pub(crate) struct Envelope<'a> {
    pub(crate) suite: Suite,
    pub(crate) credential: &'a [u8],
    pub(crate) claims: Claims<'a>,
    /// What the phone adds; `None` for a printed pass.
    pub(crate) proof: Option<Proof<'a>>,
}

/// The phone's proof that it shows the pass now.
pub(crate) struct Proof<'a> {
    pub(crate) time_s: u32,
    pub(crate) mac: &'a [u8; 10],
    pub(crate) signature: &'a [u8; 64],
}

impl<'a> Envelope<'a> {
    /// Takes the text of a pass apart, decoding it into `buffer`.
    #[inline]
    pub(crate) fn parse(
        text: &[u8],
        buffer: &'a mut [u8; PASS_BYTES_MAX],
    ) -> Result<Self, PassError> {
        let body = text
            .strip_prefix(PASS_PREFIX.as_bytes())
            .ok_or(PassError::NotAPass)?;
        if text.len() > PASS_CHARS_MAX {
            return Err(PassError::TooLong);
        }
        let bytes = base45::decode_into(body, buffer).ok_or(PassError::Malformed)?;
        let mut walk = Cursor::new(bytes);
        let [array] = *walk.array()?;
        if array != PAPER && array != PHONE {
            return Err(PassError::Malformed);
        }
        let suite = Suite::of(walk.uint(u64::MAX)?).ok_or(PassError::SuiteUnknown)?;
        let proof = if array == PHONE {
            Some(Proof::parse(&mut walk)?)
        } else {
            None
        };
        let credential = walk.bytes()?;
        walk.end()?;
        let claims = Claims::parse(suite, credential)?;
        if proof.is_some() != (claims.form == PassForm::Phone) {
            return Err(PassError::Malformed);
        }
        Ok(Self {
            suite,
            credential,
            claims,
            proof,
        })
    }
}

impl<'a> Proof<'a> {
    #[inline]
    fn parse(walk: &mut Cursor<'a>) -> Result<Self, PassError> {
        let time_s = walk.uint32()?;
        let mac = walk.bytes_exact()?;
        walk.expect(&COSE_SIGN1)?;
        if walk.bytes()? != PROTECTED {
            return Err(PassError::Malformed);
        }
        // No unprotected header; the payload is detached (nil).
        walk.expect(&[0xa0, 0xf6])?;
        let signature = walk.bytes_exact()?;
        Ok(Self {
            time_s,
            mac,
            signature,
        })
    }
}

/// The protected header of a presentation: the phone's algorithm alone.
const PROTECTED: [u8; 3] = [0xa1, 1, EDDSA];

/// The detached payload of a presentation: an array of the time and the credential's id.
#[inline]
pub(crate) fn payload(time_s: u32, id: &CredentialId) -> Vec<u8> {
    let mut out = Vec::with_capacity(23);
    out.push(0x82);
    write_uint(&mut out, time_s.into());
    write_bytes(&mut out, &id.0);
    out
}

/// What the phone signs of a presentation.
pub(crate) fn to_be_signed(payload: &[u8]) -> Vec<u8> {
    sig_structure(&PROTECTED, payload)
}

/// The text of a printed pass.
pub(crate) fn write_paper(suite: Suite, credential: &[u8]) -> String {
    let mut out = vec![PAPER, suite.envelope_version()];
    write_bytes(&mut out, credential);
    text(&out)
}

/// The text of a phone's pass at `time_s`, signed by `sign`.
pub(crate) fn write_phone(
    suite: Suite,
    credential: (&[u8], &CredentialId),
    time_s: u32,
    mac_key: &MacKey,
    sign: impl FnOnce(&[u8]) -> [u8; 64],
) -> String {
    let (bytes, id) = credential;
    let payload = payload(time_s, id);
    let signature = sign(&to_be_signed(&payload));
    let mac = mac_key.presentation_mac(&payload, &signature);
    let mut out = Vec::with_capacity(PASS_BYTES_MAX);
    out.extend_from_slice(&[PHONE, suite.envelope_version()]);
    write_uint(&mut out, time_s.into());
    write_bytes(&mut out, &mac);
    out.extend_from_slice(&COSE_SIGN1);
    write_bytes(&mut out, &PROTECTED);
    out.extend_from_slice(&[0xa0, 0xf6]);
    write_bytes(&mut out, &signature);
    write_bytes(&mut out, bytes);
    text(&out)
}

fn text(envelope: &[u8]) -> String {
    let mut text = String::with_capacity(PASS_CHARS_MAX);
    text.push_str(PASS_PREFIX);
    base45::encode_into(envelope, &mut text);
    text
}
