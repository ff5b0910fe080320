//! The master secrets of an installation, in a file of mode 0600.
//!
//! They are made once, at the first start, and everything sealed depends on
//! them: a data directory that has a database but no secrets is refused rather
//! than given new ones. A demo gets keys that anybody can compute, so that it
//! is repeatable; production refuses exactly those.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Mode;
use crate::ids::Entropy;

/// Name of the file in the data directory.
pub const FILE: &str = "secrets.toml";
const FILE_FRESH: &str = "secrets.toml.new";
const NAMES: [&str; 3] = ["sealing_key", "digest_key", "pass_secret"];

/// Three independent keys of 32 random bytes.
#[derive(Zeroize, ZeroizeOnDrop, PartialEq, Eq)]
pub struct Secrets {
    /// Seals personal fields.
    pub sealing_key: [u8; 32],
    /// Keys the digests by which sealed fields are looked up.
    pub digest_key: [u8; 32],
    /// The server secret from which the phones' MAC keys derive.
    pub pass_secret: [u8; 32],
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// Why there are no usable secrets.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The database is there, the keys are not.
    #[error(
        "{} is missing although a database exists beside it, and new keys could not open what \
         the old ones sealed; restore the file from your backup", path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Not the expected content.
    #[error("the secrets file {} is unusable: {reason}; restore it from your backup", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong, never a value.
        reason: String,
    },
    /// Readable for others.
    #[error("the secrets file {0} can be read by other accounts; protect it with: chmod 600 {0}", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// Demo keys in production.
    #[error(
        "the secrets file {} holds the published keys of the demo, which production refuses; \
         start production with a new --data-dir", path.display()
    )]
    DemoKeys {
        /// The file.
        path: PathBuf,
    },
    /// The file system said no.
    #[error("the secrets file {} cannot be used: {source}; check who owns it", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl Secrets {
    /// Reads a file the operator names; it is never written.
    ///
    /// # Errors
    /// [`SecretsError`] except `Missing` and `Exposed`.
    pub fn load_given(path: &Path, mode: Mode) -> Result<Self, SecretsError> {
        Self::read(path)?.checked(path, mode)
    }

    /// Reads the file in `data_dir`, or makes it when there is no database yet
    /// (`database_exists` is false).
    ///
    /// # Errors
    /// [`SecretsError`].
    pub fn load_or_create(
        data_dir: &Path,
        database_exists: bool,
        mode: Mode,
        entropy: &Entropy,
    ) -> Result<Self, SecretsError> {
        let path = data_dir.join(FILE);
        let permissions = match std::fs::metadata(&path) {
            Ok(metadata) => metadata.permissions(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if database_exists {
                    return Err(SecretsError::Missing { path });
                }
                let secrets = match mode {
                    Mode::Demo => Self::demo(),
                    Mode::Production => Self::random(entropy),
                };
                secrets
                    .write(data_dir)
                    .map_err(|source| SecretsError::Io { path, source })?;
                return Ok(secrets);
            }
            Err(source) => return Err(SecretsError::Io { path, source }),
        };
        if permissions.mode() & 0o077 != 0 {
            return Err(SecretsError::Exposed { path });
        }
        Self::read(&path)?.checked(&path, mode)
    }

    /// The keys every demo has; no secret at all.
    pub fn demo() -> Self {
        Self::from_keys(NAMES.map(|name| {
            Sha256::digest(format!("gridpass demo, synthetic people only: {name}")).into()
        }))
    }

    fn random(entropy: &Entropy) -> Self {
        Self::from_keys(NAMES.map(|_| entropy.bytes()))
    }

    fn from_keys([sealing_key, digest_key, pass_secret]: [[u8; 32]; 3]) -> Self {
        Self {
            sealing_key,
            digest_key,
            pass_secret,
        }
    }

    fn keys(&self) -> [&[u8; 32]; 3] {
        [&self.sealing_key, &self.digest_key, &self.pass_secret]
    }

    fn checked(self, path: &Path, mode: Mode) -> Result<Self, SecretsError> {
        let demo = Self::demo();
        let published = self.keys().iter().any(|key| demo.keys().contains(key));
        if published && mode == Mode::Production {
            return Err(SecretsError::DemoKeys {
                path: path.to_owned(),
            });
        }
        let [a, b, c] = self.keys();
        let constant = |key: &[u8; 32]| key.iter().all(|byte| *byte == key[0]);
        if a == b || b == c || a == c || constant(a) || constant(b) || constant(c) {
            return Err(SecretsError::Unusable {
                path: path.to_owned(),
                reason: "the three keys must be random and different".to_owned(),
            });
        }
        Ok(self)
    }

    fn read(path: &Path) -> Result<Self, SecretsError> {
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|source| SecretsError::Io {
                path: path.to_owned(),
                source,
            })?;
        let unusable = |reason: String| SecretsError::Unusable {
            path: path.to_owned(),
            reason,
        };
        let table: toml::Table = text
            .parse()
            .map_err(|_| unusable("it is not TOML".to_owned()))?;
        let mut keys = [[0; 32]; 3];
        for (name, key) in NAMES.into_iter().zip(&mut keys) {
            *key = table
                .get(name)
                .and_then(toml::Value::as_str)
                .and_then(from_hex)
                .ok_or_else(|| unusable(format!("{name} is not 64 hexadecimal digits")))?;
        }
        Ok(Self::from_keys(keys))
    }

    fn write(&self, data_dir: &Path) -> io::Result<()> {
        let mut text = Zeroizing::new(String::from(
            "# Master secrets of this gridpass. Keep a copy apart from the database's backup:\n\
             # without them nothing that was sealed can be read again.\n",
        ));
        for (name, key) in NAMES.into_iter().zip(self.keys()) {
            let hex: Zeroizing<String> =
                Zeroizing::new(key.iter().map(|byte| format!("{byte:02x}")).collect());
            text.push_str(&format!("{name} = \"{}\"\n", hex.as_str()));
        }
        let fresh = data_dir.join(FILE_FRESH);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&fresh, data_dir.join(FILE))?;
        File::open(data_dir)?.sync_all()
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(dir: &Path, exists: bool, mode: Mode) -> Result<Secrets, SecretsError> {
        Secrets::load_or_create(dir, exists, mode, &Entropy::seeded(7))
    }

    #[test]
    fn made_once_protected_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let first = load(dir.path(), false, Mode::Production).unwrap();
        let again = load(dir.path(), true, Mode::Production).unwrap();
        assert!(first == again);
        let path = dir.path().join(FILE);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let refused = load(dir.path(), true, Mode::Production);
        assert!(matches!(refused, Err(SecretsError::Exposed { .. })));
    }

    #[test]
    fn lost_secrets_are_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let refused = load(dir.path(), true, Mode::Production);
        assert!(matches!(refused, Err(SecretsError::Missing { .. })));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn production_refuses_demo_keys_also_from_a_given_file() {
        let dir = tempfile::tempdir().unwrap();
        load(dir.path(), false, Mode::Demo).unwrap();
        load(dir.path(), true, Mode::Demo).unwrap();
        let path = dir.path().join(FILE);
        for refused in [
            load(dir.path(), true, Mode::Production),
            Secrets::load_given(&path, Mode::Production),
        ] {
            assert!(matches!(refused, Err(SecretsError::DemoKeys { .. })));
        }
    }

    #[test]
    fn weak_and_torn_files_are_refused_without_quoting_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("given.toml");
        let zeros = NAMES.map(|name| format!("{name} = \"{}\"\n", "00".repeat(32)));
        for text in [&zeros.concat(), "sealing_key = \"secretish\"", "=", ""] {
            std::fs::write(&path, text).unwrap();
            let refused = Secrets::load_given(&path, Mode::Production).unwrap_err();
            assert!(matches!(refused, SecretsError::Unusable { .. }));
            assert!(!refused.to_string().contains("secretish"));
        }
    }
}
