//! The credential: a CBOR Web Token (RFC 8392) in a COSE_Sign1 (RFC 9052), of one fixed shape.
//!
//! The person's number is in the private claim and not in `sub`, because RFC 8392 types
//! `sub` as text, which would cost eight bytes more.

use std::fmt;

use jiff::Timestamp;

use crate::cbor::{Cursor, write_bytes, write_int, write_text, write_uint};
use crate::suite::{PHONE, Suite};
use crate::{IssueError, KeyId, MacKey, PassError, ServerKey, ServerSecret, envelope};
use gridpass_types::{Colour, PassForm, PassSerial, PersonId};

/// Longest issuer text, in bytes.
const ISSUER_BYTES_MAX: usize = 12;

/// Tag 18 and the head of an array of four: a COSE_Sign1.
pub(crate) const COSE_SIGN1: [u8; 2] = [0xd2, 0x84];

/// The claim `cnf` up to the key's 32 bytes: label 8, map of one, label 1 (COSE_Key), map of
/// three: `kty` 1 is OKP (1), `crv` −1 is Ed25519 (6), `x` −2 is a byte string of 32
/// (RFC 8747, §3.2; RFC 9053, §7.2).
const CNF_HEAD: [u8; 11] = [8, 0xa1, 1, 0xa3, 1, 1, 0x20, 6, 0x21, 0x58, 0x20];

/// The private claim −65537 up to its values: an array of serial, person, colour and form.
const PASS_HEAD: [u8; 6] = [0x3a, 0, 1, 0, 0, 0x84];

/// Names a credential: the first 16 bytes of the SHA-256 of its exact bytes.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CredentialId(pub [u8; 16]);

impl CredentialId {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let digest = PHONE.digest(bytes);
        Self(*digest.first_chunk().expect("a digest has 32 bytes"))
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialId({self})")
    }
}

/// A credential of valid shape, as the issuer made it or as it came back from storage.
#[derive(Clone)]
pub struct Credential {
    bytes: Box<[u8]>,
    suite: Suite,
    id: CredentialId,
    form: PassForm,
    issued_at_s: u32,
    expires_at_s: u32,
}

impl Credential {
    /// A stored credential. Its signature is not checked.
    ///
    /// # Errors
    /// [`IssueError::NotACredential`] if the bytes do not have the shape of one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IssueError> {
        // Its header names the algorithm, so it is one of at most one suite.
        let read = |suite| Some((suite, Claims::parse(suite, bytes).ok()?));
        let (suite, claims) = Suite::ALL
            .into_iter()
            .find_map(read)
            .ok_or(IssueError::NotACredential)?;
        Ok(Self {
            bytes: bytes.into(),
            suite,
            id: CredentialId::of(bytes),
            form: claims.form,
            issued_at_s: claims.issued_at_s,
            expires_at_s: claims.expires_at_s,
        })
    }

    /// The exact bytes, to hand to the holder and to store.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The id of these bytes.
    #[must_use]
    pub const fn id(&self) -> CredentialId {
        self.id
    }

    /// By which suite it is signed.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// On what it is shown.
    #[must_use]
    pub const fn form(&self) -> PassForm {
        self.form
    }

    /// When it was issued.
    #[must_use]
    pub fn issued_at(&self) -> Timestamp {
        timestamp(self.issued_at_s)
    }

    /// The first moment at which it does not count any more.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        timestamp(self.expires_at_s)
    }

    /// The key with which the holder's phone makes its MACs.
    #[must_use]
    pub fn mac_key(&self, secret: &ServerSecret) -> MacKey {
        secret.mac_key(&self.id)
    }

    /// The text of the QR code to print; `None` for the credential of a phone, which only
    /// counts together with a presentation.
    #[must_use]
    pub fn paper_text(&self) -> Option<String> {
        (self.form != PassForm::Phone).then(|| envelope::write_paper(self.suite, &self.bytes))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("id", &self.id)
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

/// What a credential says, read from its bytes.
#[derive(Clone, Copy)]
pub(crate) struct Claims<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) key_id: KeyId,
    pub(crate) issued_at_s: u32,
    pub(crate) expires_at_s: u32,
    /// The phone's public key; present exactly in the form `Phone`.
    pub(crate) holder_key: Option<&'a [u8; 32]>,
    pub(crate) serial: PassSerial,
    pub(crate) person_id: PersonId,
    pub(crate) colour: Colour,
    pub(crate) form: PassForm,
}

impl<'a> Claims<'a> {
    /// The claims of a credential of the given suite; the signature is not checked.
    #[inline]
    pub(crate) fn parse(suite: Suite, credential: &'a [u8]) -> Result<Self, PassError> {
        let mut outer = Cursor::new(credential);
        outer.expect(&COSE_SIGN1)?;
        let mut header = Cursor::new(outer.bytes()?);
        header.expect(&[0xa2, 1])?;
        header.expect(suite.cose_algorithm())?;
        header.expect(&[4])?;
        let key_id = KeyId(*header.bytes_exact()?);
        header.end()?;
        outer.expect(&[0xa0])?;
        let payload = outer.bytes()?;
        outer.bytes_exact::<64>()?;
        outer.end()?;
        Self::parse_payload(key_id, payload)
    }

    #[inline]
    fn parse_payload(key_id: KeyId, payload: &'a [u8]) -> Result<Self, PassError> {
        let mut walk = Cursor::new(payload);
        let [map] = *walk.array()?;
        walk.expect(&[1])?;
        let issuer = issuer_text(walk.text()?).ok_or(PassError::Malformed)?;
        walk.expect(&[4])?;
        let expires_at_s = walk.uint32()?;
        walk.expect(&[6])?;
        let issued_at_s = walk.uint32()?;
        let holder_key = if walk.accept(&CNF_HEAD) {
            Some(walk.array()?)
        } else {
            None
        };
        walk.expect(&PASS_HEAD)?;
        let serial = PassSerial::new(walk.serial()?);
        let person_id = PersonId::new(walk.id()?);
        let colour = Colour::from_code(walk.code()?).ok_or(PassError::Malformed)?;
        let form = PassForm::from_code(walk.code()?).ok_or(PassError::Malformed)?;
        walk.end()?;
        // The map names its own length, and only a phone's credential names a key.
        let named = 4 + u8::from(holder_key.is_some());
        if map != 0xa0 | named
            || holder_key.is_some() != (form == PassForm::Phone)
            || expires_at_s <= issued_at_s
        {
            return Err(PassError::Malformed);
        }
        Ok(Self {
            issuer,
            key_id,
            issued_at_s,
            expires_at_s,
            holder_key,
            serial,
            person_id,
            colour,
            form,
        })
    }

    /// The payload of a credential that says this.
    fn write_payload(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(96);
        out.push(0xa4 + u8::from(self.holder_key.is_some()));
        out.push(1);
        write_text(&mut out, self.issuer);
        out.push(4);
        write_uint(&mut out, self.expires_at_s.into());
        out.push(6);
        write_uint(&mut out, self.issued_at_s.into());
        if let Some(key) = self.holder_key {
            out.extend_from_slice(&CNF_HEAD);
            out.extend_from_slice(key);
        }
        out.extend_from_slice(&PASS_HEAD);
        write_int(&mut out, self.serial.get().into());
        write_int(&mut out, self.person_id.get());
        write_int(&mut out, self.colour.code().into());
        write_int(&mut out, self.form.code().into());
        out
    }

    /// The credential that says this, signed with `key`.
    pub(crate) fn write(&self, key: &ServerKey) -> Credential {
        let mut header = vec![0xa2, 1];
        header.extend_from_slice(key.suite().cose_algorithm());
        header.push(4);
        write_bytes(&mut header, &self.key_id.0);
        let payload = self.write_payload();
        let signature = key.sign(&sig_structure(&header, &payload));
        let mut out = Vec::with_capacity(192);
        out.extend_from_slice(&COSE_SIGN1);
        write_bytes(&mut out, &header);
        out.push(0xa0);
        write_bytes(&mut out, &payload);
        write_bytes(&mut out, &signature);
        Credential {
            id: CredentialId::of(&out),
            bytes: out.into(),
            suite: key.suite(),
            form: self.form,
            issued_at_s: self.issued_at_s,
            expires_at_s: self.expires_at_s,
        }
    }
}

/// What the issuer signed of a credential that [`Claims::parse`] accepted, and its signature.
pub(crate) fn signed_part(credential: &[u8]) -> Result<(Vec<u8>, &[u8; 64]), PassError> {
    let mut walk = Cursor::new(credential);
    walk.expect(&COSE_SIGN1)?;
    let header = walk.bytes()?;
    walk.expect(&[0xa0])?;
    let payload = walk.bytes()?;
    Ok((sig_structure(header, payload), walk.bytes_exact()?))
}

/// The `Sig_structure` of RFC 9052, §4.4: what a COSE_Sign1 signature is made over.
pub(crate) fn sig_structure(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    out.push(0x84);
    write_text(&mut out, "Signature1");
    write_bytes(&mut out, protected);
    write_bytes(&mut out, &[]);
    write_bytes(&mut out, payload);
    out
}

/// Issuer text of an allowed length and alphabet.
pub(crate) fn issuer_text(bytes: &[u8]) -> Option<&str> {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    if bytes.is_empty() || bytes.len() > ISSUER_BYTES_MAX || !bytes.iter().all(is_allowed) {
        return None;
    }
    std::str::from_utf8(bytes).ok()
}

/// Whole seconds since 1970, if they fit in 32 bits.
pub(crate) fn seconds(time: Timestamp) -> Option<u32> {
    u32::try_from(time.as_second()).ok()
}

/// The moment of a number of seconds since 1970.
pub(crate) fn timestamp(seconds: u32) -> Timestamp {
    Timestamp::from_second(seconds.into()).expect("32 bits of seconds end in 2106")
}
