//! What a load leaves behind for later commands: addresses, accounts, gates
//! with their devices, and the phones of enrolled holders. Written only when
//! `--state` names a file, readable by its owner only, because it holds keys.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

/// Everything later commands need.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// What the world was grown from.
    pub seed: u64,
    /// Size of the world.
    pub scale: f64,
    /// Address of the residents' listener.
    pub public: String,
    /// Address of the staff listener.
    pub staff: String,
    /// One account per role.
    pub accounts: Vec<Account>,
    /// Server's id of each enclosure, in the world's order.
    pub enclosures: Vec<i64>,
    /// Gates with their devices.
    pub gates: Vec<Gate>,
    /// Phones of enrolled holders.
    pub phones: Vec<Phone>,
}

/// A staff account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Role as the server names it.
    pub role: String,
    /// Name to sign in with.
    pub username: String,
    /// Password, made for this load.
    pub password: String,
    /// Division prefix it is responsible for.
    pub jurisdiction: String,
}

/// A gate and the device on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Gate {
    /// The server's id.
    pub gate_id: i64,
    /// Index of the enclosure, for an enclosure's gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enclosure: Option<usize>,
    /// Index of the employer, for an employer's gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employer: Option<usize>,
    /// Token of the device.
    pub device_token: String,
    /// Ed25519 seed of the device, base64url.
    pub device_key: String,
}

/// An enrolled holder's phone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Phone {
    /// Index of the person in the world.
    pub person: u64,
    /// Serial of the pass.
    pub serial: i64,
    /// Token of the phone; its second part is the person's id.
    pub token: String,
    /// Ed25519 seed of the phone, base64url.
    pub key: String,
    /// The credential, base64url.
    pub credential: String,
    /// Key of the online check, base64url.
    pub mac_key: String,
    /// When the credential ends.
    pub expires_at: jiff::Timestamp,
}

impl Phone {
    /// The server's id of the person, which the token carries.
    ///
    /// # Errors
    /// When the token is not of the form `gph1.<id>.<random>`.
    pub fn person_id(&self) -> Result<i64> {
        crate::api::person_id_of(&self.token)
    }
}

impl State {
    /// Reads a state file.
    ///
    /// # Errors
    /// When it does not exist or is of another form.
    pub fn read(path: &Path) -> Result<Self> {
        let file = std::fs::File::open(path).with_context(|| {
            format!(
                "{} cannot be opened; run `gridpass-sim load --state` first",
                path.display()
            )
        })?;
        serde_json::from_reader(std::io::BufReader::new(file))
            .with_context(|| format!("{} is not a state file of gridpass-sim", path.display()))
    }

    /// Writes a state file, whole or not at all.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let partial = path.with_extension("partial");
        let written = || -> Result<()> {
            let file = std::fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&partial)?;
            let mut out = std::io::BufWriter::new(file);
            serde_json::to_writer(&mut out, self)?;
            out.flush()?;
            std::fs::rename(&partial, path)?;
            Ok(())
        };
        written().with_context(|| format!("{} could not be written", path.display()))
    }

    /// The account of a role.
    ///
    /// # Errors
    /// When the load made none.
    pub fn account(&self, role: &str) -> Result<&Account> {
        let found = self.accounts.iter().find(|account| account.role == role);
        found.with_context(|| format!("the state file has no account for {role}; load again"))
    }
}

/// Bytes as base64url text.
pub fn to_base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Exactly `N` bytes from base64url text.
///
/// # Errors
/// When the text is something else.
pub fn from_base64<const N: usize>(text: &str) -> Result<[u8; N]> {
    let bytes = bytes_from_base64(text)?;
    bytes
        .try_into()
        .map_err(|_| anyhow::anyhow!("a key has the wrong length"))
}

/// Bytes from base64url text.
///
/// # Errors
/// When the text is something else.
pub fn bytes_from_base64(text: &str) -> Result<Vec<u8>> {
    BASE64.decode(text).context("a key is not base64url text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_as_written_and_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let path = std::env::temp_dir().join(format!("gridpass-sim-{}.json", std::process::id()));
        let state = State {
            seed: 7,
            scale: 0.5,
            enclosures: vec![1, 2],
            ..State::default()
        };
        state.write(&path).expect("writes");
        let back = State::read(&path).expect("reads");
        assert_eq!((back.seed, back.enclosures), (7, vec![1, 2]));
        assert_eq!(
            std::fs::metadata(&path)
                .expect("there")
                .permissions()
                .mode()
                & 0o777,
            0o600
        );
        std::fs::remove_file(&path).expect("removes");
    }

    #[test]
    fn keys_survive_base64() {
        assert_eq!(
            from_base64::<4>(&to_base64(&[1, 2, 3, 255])).expect("reads"),
            [1, 2, 3, 255]
        );
        assert!(from_base64::<5>(&to_base64(&[1, 2, 3, 255])).is_err());
    }
}
