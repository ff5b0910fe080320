//! The holder's side: what a phone does every 30 s, here for the simulator and for tests.

use std::sync::Arc;

use jiff::Timestamp;

use crate::credential::{Claims, seconds};
use crate::envelope::write_phone;
use crate::{Credential, CredentialId, IssueError, MacKey, SigningKey, Suite};

/// A phone with its key pair, its credential and the MAC key that came with it.
#[derive(Clone, Debug)]
pub struct Holder {
    key: SigningKey,
    /// By which the credential is signed.
    suite: Suite,
    credential: Arc<[u8]>,
    id: CredentialId,
    mac_key: MacKey,
}

impl Holder {
    /// A phone that received `credential` and `mac_key` from the server.
    ///
    /// # Errors
    /// [`IssueError::NotACredential`] if the bytes are none, [`IssueError::NotTheHolder`]
    /// if they name another key or are not for a phone.
    pub fn new(key: SigningKey, credential: &[u8], mac_key: MacKey) -> Result<Self, IssueError> {
        let read = Credential::from_bytes(credential)?;
        let (id, suite) = (read.id(), read.suite());
        let claims = Claims::parse(suite, credential).map_err(|_| IssueError::NotACredential)?;
        if claims.holder_key != Some(&key.public().to_bytes()) {
            return Err(IssueError::NotTheHolder);
        }
        Ok(Self {
            key,
            suite,
            credential: credential.into(),
            id,
            mac_key,
        })
    }

    /// The id of the credential it presents.
    #[must_use]
    pub const fn credential_id(&self) -> CredentialId {
        self.id
    }

    /// The text of the QR code to show at `time`.
    ///
    /// # Errors
    /// [`IssueError::TimeOutOfRange`] outside 1970 to 2106.
    pub fn present(&self, time: Timestamp) -> Result<String, IssueError> {
        let time_s = seconds(time).ok_or(IssueError::TimeOutOfRange)?;
        Ok(write_phone(
            self.suite,
            (&self.credential, &self.id),
            time_s,
            &self.mac_key,
            |message| self.key.sign(message),
        ))
    }
}
