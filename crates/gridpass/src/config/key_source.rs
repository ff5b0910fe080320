//! Where the master keys come from: a file, the environment, or a command that prints
//! them, for a hardware module or a vault.
//!
//! Keys are never an argument, so they are on no process list; they are in no log and in
//! no error. The command is run without a shell and without our own secrets in its
//! environment; what it prints is limited in size and time.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

use super::secrets::{Secrets, SecretsError};
use super::{DataConfig, Mode};
use crate::ids::Entropy;
use crate::seal::Suite;

/// Name of the file in the data directory.
pub const FILE: &str = "secrets.toml";
/// Environment variable that may hold the keys themselves.
pub const VARIABLE: &str = "GRIDPASS_KEYS";
/// How long the command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// What the command may print.
const OUTPUT_BYTES_MAX: u64 = 256 * 1024;

/// Where the master keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The file of the data directory; ours to write.
    Own(PathBuf),
    /// A file the operator names; written only by `gridpass keys`.
    Given(PathBuf),
    /// The variable [`VARIABLE`].
    Environment,
    /// A program with its arguments.
    Command(Vec<String>),
}

impl KeySource {
    /// The source the operator chose; `None` leaves the file of the data directory.
    ///
    /// # Errors
    /// [`SecretsError::Ambiguous`] when several are chosen.
    pub fn chosen(config: &DataConfig) -> Result<Option<Self>, SecretsError> {
        let file = config.secrets_file.clone().map(Self::Given);
        let command = config
            .keys_command
            .as_deref()
            .map(|line| Self::Command(line.split_whitespace().map(str::to_owned).collect()));
        let variable = std::env::var_os(VARIABLE)
            .filter(|value| !value.is_empty())
            .map(|_| Self::Environment);
        let mut given = [
            ("--secrets-file", file),
            ("--keys-command", command),
            (VARIABLE, variable),
        ]
        .into_iter()
        .filter_map(|(name, source)| source.map(|source| (name, source)));
        match (given.next(), given.next()) {
            (Some((one, _)), Some((other, _))) => Err(SecretsError::Ambiguous(one, other)),
            (first, _) => Ok(first.map(|(_, source)| source)),
        }
    }

    /// The file of a data directory.
    pub fn own(data_dir: &Path) -> Self {
        Self::Own(data_dir.join(FILE))
    }

    /// Whether `gridpass keys` can add a key there.
    ///
    /// # Errors
    /// [`SecretsError::ReadOnly`] otherwise.
    pub fn writable(&self) -> Result<&Path, SecretsError> {
        match self {
            Self::Own(path) | Self::Given(path) => Ok(path),
            Self::Environment | Self::Command(_) => Err(SecretsError::ReadOnly(self.to_string())),
        }
    }

    /// Reads and checks the keys.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub async fn load(&self, mode: Mode) -> Result<Secrets, SecretsError> {
        let text = match self {
            Self::Own(path) => read_file(path, 0o077)?,
            Self::Given(path) => read_file(path, 0o007)?,
            Self::Environment => Zeroizing::new(std::env::var(VARIABLE).unwrap_or_default()),
            Self::Command(words) => run(words, COMMAND_TIMEOUT).await?,
        };
        let from = self.to_string();
        Secrets::parse(&text, &from)?.checked(&from, mode)
    }

    /// Reads the file of a data directory, or makes it when there is no database yet
    /// (`database_exists` is false).
    ///
    /// # Errors
    /// [`SecretsError`].
    pub async fn load_or_create(
        &self,
        database_exists: bool,
        (mode, suite): (Mode, Option<Suite>),
        entropy: &Entropy,
    ) -> Result<Secrets, SecretsError> {
        if let Self::Own(path) = self
            && !path.exists()
        {
            if database_exists {
                return Err(SecretsError::Missing { path: path.clone() });
            }
            let secrets = match mode {
                Mode::Demo => Secrets::demo(),
                Mode::Production => Secrets::random(entropy),
            };
            let secrets = secrets.with_suite(suite.unwrap_or_default());
            self.store(&secrets)?;
            return Ok(secrets);
        }
        self.load_suite(mode, suite).await
    }

    /// As [`KeySource::load`], and the keys must be for this suite, if one is asked for.
    ///
    /// # Errors
    /// As [`KeySource::load`], and [`SecretsError::OtherSuite`].
    pub async fn load_suite(
        &self,
        mode: Mode,
        suite: Option<Suite>,
    ) -> Result<Secrets, SecretsError> {
        let secrets = self.load(mode).await?;
        let found = secrets.suite();
        match suite.is_some_and(|suite| suite != found) {
            true => Err(SecretsError::OtherSuite {
                from: self.to_string(),
                found: found.as_str(),
            }),
            false => Ok(secrets),
        }
    }

    /// Writes the keys where they come from, in one step.
    ///
    /// # Errors
    /// [`SecretsError::ReadOnly`], [`SecretsError::Io`].
    pub fn store(&self, secrets: &Secrets) -> Result<(), SecretsError> {
        let path = self.writable()?;
        write_file(path, &secrets.to_text()).map_err(|source| SecretsError::Io {
            path: path.to_owned(),
            source,
        })
    }
}

impl std::fmt::Display for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Own(path) | Self::Given(path) => write!(f, "the file {}", path.display()),
            Self::Environment => write!(f, "the environment variable {VARIABLE}"),
            // The program alone: an argument may be a password of the vault.
            Self::Command(words) => {
                let program = words.first().map_or("", String::as_str);
                write!(f, "the command {program}")
            }
        }
    }
}

fn read_file(path: &Path, forbidden: u32) -> Result<Zeroizing<String>, SecretsError> {
    let io = |source| SecretsError::Io {
        path: path.to_owned(),
        source,
    };
    let metadata = std::fs::metadata(path).map_err(io)?;
    if metadata.permissions().mode() & forbidden != 0 {
        return Err(SecretsError::Exposed {
            path: path.to_owned(),
        });
    }
    std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(io)
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    let fresh = path.with_extension("toml.new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

async fn run(words: &[String], limit: Duration) -> Result<Zeroizing<String>, SecretsError> {
    let failed = |reason: String| SecretsError::Command { reason };
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| failed("is empty".to_owned()))?;
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .env_remove(VARIABLE)
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("cannot be started: {}", error.kind())))?;
    let mut printed = Zeroizing::new(Vec::new());
    let out = child.stdout.take();
    let finished = async {
        if let Some(out) = out {
            out.take(OUTPUT_BYTES_MAX).read_to_end(&mut printed).await?;
        }
        child.wait().await
    };
    let status = tokio::time::timeout(limit, finished)
        .await
        .map_err(|_| failed(format!("did not end within {} s", limit.as_secs())))?
        .map_err(|error| failed(format!("broke off: {}", error.kind())))?;
    if !status.success() {
        return Err(failed(format!("failed ({status})")));
    }
    let text = std::str::from_utf8(&printed).map_err(|_| failed("printed no text".to_owned()))?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(script: &str) -> KeySource {
        KeySource::Command(vec!["sh".into(), "-c".into(), script.into()])
    }

    #[tokio::test]
    async fn made_once_protected_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let source = KeySource::own(dir.path());
        let entropy = Entropy::seeded(7);
        let load = |exists| source.load_or_create(exists, (Mode::Production, None), &entropy);
        assert!(matches!(
            load(true).await,
            Err(SecretsError::Missing { .. })
        ));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        let first = load(false).await.unwrap();
        assert!(first == load(true).await.unwrap());
        let path = source.writable().unwrap().to_owned();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        for (bits, own, given) in [(0o640, false, true), (0o604, false, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(bits)).unwrap();
            let given_source = KeySource::Given(path.clone());
            for (source, fine) in [(&source, own), (&given_source, given)] {
                match source.load(Mode::Production).await {
                    Ok(_) => assert!(fine),
                    Err(error) => assert!(!fine && matches!(error, SecretsError::Exposed { .. })),
                }
            }
        }
    }

    #[tokio::test]
    async fn a_command_prints_the_keys_and_its_failures_tell_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = Secrets::random(&Entropy::seeded(3));
        let vault = dir.path().join("vault");
        std::fs::write(&vault, secrets.to_text().as_bytes()).unwrap();
        let source = command(&format!("cat {}", vault.display()));
        assert!(source.load(Mode::Production).await.unwrap() == secrets);
        assert!(matches!(source.writable(), Err(SecretsError::ReadOnly(_))));
        for (script, said) in [
            ("echo secretish; exit 3", "failed (exit status: 3)"),
            ("echo secretish", "line 1 is not as expected"),
            ("true", "there is no [[sealing]]"),
        ] {
            let error = command(script).load(Mode::Production).await.unwrap_err();
            let text = error.to_string();
            assert!(text.contains(said), "{text}");
            assert!(
                !text.contains("secretish") && !text.contains("echo"),
                "{text}"
            );
        }
        let nothing = KeySource::Command(vec!["/no/such/program".into()]);
        let text = nothing
            .load(Mode::Production)
            .await
            .unwrap_err()
            .to_string();
        assert!(text.contains("cannot be started"), "{text}");
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_given_up() {
        let words = ["sleep", "30"].map(str::to_owned);
        let begun = std::time::Instant::now();
        let error = run(&words, Duration::from_millis(50)).await.unwrap_err();
        assert!(error.to_string().contains("did not end"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(20));
    }

    #[tokio::test]
    async fn production_refuses_demo_keys_from_every_source() {
        let dir = tempfile::tempdir().unwrap();
        let own = KeySource::own(dir.path());
        own.store(&Secrets::demo()).unwrap();
        let path = own.writable().unwrap().to_owned();
        let printed = command(&format!("cat {}", path.display()));
        for source in [own, KeySource::Given(path), printed] {
            source.load(Mode::Demo).await.unwrap();
            let refused = source.load(Mode::Production).await;
            assert!(
                matches!(refused, Err(SecretsError::DemoKeys { .. })),
                "{source}"
            );
        }
    }
}
