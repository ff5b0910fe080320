//! Making credentials: on the server only, never behind an open front end.

use gridpass_types::{Colour, PassForm, PassSerial, PersonId};
use jiff::Timestamp;

use crate::cbor::ID_MAX;
use crate::credential::{Claims, issuer_text, seconds};
use crate::{Credential, IssueError, PublicKey, ServerKey, ServerPublicKey};

/// How long the credential of a phone lives by default, in seconds.
pub const CREDENTIAL_LIFE_S: u32 = 24 * 60 * 60;

/// What a new credential is to say.
#[derive(Clone, Copy, Debug)]
pub struct NewCredential {
    /// The person; from 0 to 2^53 − 1.
    pub person_id: PersonId,
    /// The dense serial of the pass; not negative.
    pub serial: PassSerial,
    /// The colour now.
    pub colour: Colour,
    /// On what it will be shown. A phone's needs `holder_key`; the others take none.
    pub form: PassForm,
    /// The public key of the phone.
    pub holder_key: Option<PublicKey>,
    /// How long it is to live, in seconds.
    pub life_s: u32,
}

impl NewCredential {
    /// A credential for a phone, of the default life.
    #[must_use]
    pub const fn phone(
        person_id: PersonId,
        serial: PassSerial,
        colour: Colour,
        key: PublicKey,
    ) -> Self {
        Self {
            person_id,
            serial,
            colour,
            form: PassForm::Phone,
            holder_key: Some(key),
            life_s: CREDENTIAL_LIFE_S,
        }
    }

    /// A credential to print, living for `life_s` seconds.
    #[must_use]
    pub const fn paper(
        person_id: PersonId,
        serial: PassSerial,
        colour: Colour,
        life_s: u32,
    ) -> Self {
        Self {
            person_id,
            serial,
            colour,
            form: PassForm::Paper,
            holder_key: None,
            life_s,
        }
    }

    /// A specimen, living for `life_s` seconds and never valid.
    #[must_use]
    pub const fn specimen(
        person_id: PersonId,
        serial: PassSerial,
        colour: Colour,
        life_s: u32,
    ) -> Self {
        Self {
            person_id,
            serial,
            colour,
            form: PassForm::Specimen,
            holder_key: None,
            life_s,
        }
    }
}

/// Signs credentials with the key now in force.
#[derive(Clone, Debug)]
pub struct Issuer {
    key: ServerKey,
    name: Box<str>,
}

impl Issuer {
    /// An issuer that calls itself `name`, for example by its division code.
    ///
    /// # Errors
    /// [`IssueError::IssuerText`] if the name is empty, longer than 12 characters or has
    /// other characters than ASCII letters, digits, dots and hyphens.
    pub fn new(key: impl Into<ServerKey>, name: &str) -> Result<Self, IssueError> {
        let name = issuer_text(name.as_bytes()).ok_or(IssueError::IssuerText)?;
        Ok(Self {
            key: key.into(),
            name: name.into(),
        })
    }

    /// The public key under which its credentials verify.
    #[must_use]
    pub fn public_key(&self) -> ServerPublicKey {
        self.key.public()
    }

    /// Issues a credential that counts from `now` on.
    ///
    /// # Errors
    /// An [`IssueError`] for an id that is negative or beyond 53 bits, a time outside 1970 to 2106, an empty
    /// life, or a key that does not go with the form.
    pub fn issue(&self, new: &NewCredential, now: Timestamp) -> Result<Credential, IssueError> {
        if !(0..=ID_MAX).contains(&new.person_id.get()) || new.serial.get() < 0 {
            return Err(IssueError::IdOutOfRange);
        }
        if new.holder_key.is_some() != (new.form == PassForm::Phone) {
            return Err(IssueError::PublicKey);
        }
        if new.life_s == 0 {
            return Err(IssueError::LifeNotPositive);
        }
        let issued_at_s = seconds(now).ok_or(IssueError::TimeOutOfRange)?;
        let expires_at_s = issued_at_s
            .checked_add(new.life_s)
            .ok_or(IssueError::TimeOutOfRange)?;
        let holder_key = new.holder_key.map(|key| key.to_bytes());
        let claims = Claims {
            issuer: &self.name,
            key_id: self.key.public().id(),
            issued_at_s,
            expires_at_s,
            holder_key: holder_key.as_ref(),
            serial: new.serial,
            person_id: new.person_id,
            colour: new.colour,
            form: new.form,
        };
        Ok(claims.write(&self.key))
    }
}
