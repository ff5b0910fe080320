//! What is started, how, and under whom; and the making of a new cluster.

use std::io;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::account::Account;
use super::binaries::Binaries;
use super::directory::Directory;
use super::settings::{self, Machine, Settings};
use super::{ADMIN, CLUSTER_DIR, ClusterError, FRESH_DIR, ServerPlan};

/// All that is needed to start the server again.
pub struct Launch {
    /// The programs.
    pub binaries: Binaries,
    /// Under whom they run.
    pub account: Option<Account>,
    /// The cluster.
    pub cluster: Directory,
    /// Where its socket lies.
    pub socket: Directory,
    /// A name that only servers of this directory carry.
    pub cluster_name: String,
}

impl Launch {
    /// One of the server's programs, ready to be given arguments.
    pub fn command(&self, program: &str) -> Command {
        command(&self.binaries.program(program), self.account)
    }

    /// Any program, under the account of the server.
    pub fn bare_command(&self, program: &Path) -> Command {
        command(program, self.account)
    }

    /// How to connect as `user` to `database`.
    pub fn config(&self, user: &str, database: &str) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config
            .host_path(self.socket.address())
            .user(user)
            .dbname(database);
        config
    }

    /// How to connect as the superuser.
    pub fn admin_config(&self) -> tokio_postgres::Config {
        self.config(ADMIN, "postgres")
    }

    /// The sentence for a program that does not start.
    pub fn spawn_error(&self, source: io::Error) -> ClusterError {
        ClusterError::Spawn {
            program: self.binaries.dir.clone(),
            source,
        }
    }

    /// Writes our settings and who may connect.
    ///
    /// # Errors
    /// [`ClusterError::Io`], [`ClusterError::Spawn`].
    pub async fn write_settings(&self) -> Result<(), ClusterError> {
        let settings = Settings {
            machine: Machine::inspect(self.cluster.path()),
            socket_dir: &self.socket.name(),
            lz4: self.has_lz4().await?,
        };
        self.cluster.write(settings::FILE, &settings.text())?;
        self.cluster.write(settings::ACCESS_FILE, settings::ACCESS)
    }

    /// Whether the server was built with LZ4: it refuses the setting if not.
    async fn has_lz4(&self) -> Result<bool, ClusterError> {
        let status = self
            .command("postgres")
            .arg("-D")
            .arg(self.cluster.name())
            .args(["-C", "wal_compression", "-c", "wal_compression=lz4"])
            .stderr(Stdio::null())
            .status()
            .await
            .map_err(|source| self.spawn_error(source))?;
        Ok(status.success())
    }
}

/// A command under the server's account, with a small environment and a
/// process group of its own.
fn command(program: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LC_ALL", "C")
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(account) = account {
        // Supplementary groups are dropped along with root.
        command.uid(account.uid).gid(account.gid);
    }
    command
}

/// Makes an empty cluster and gives it its name only when it is complete.
///
/// # Errors
/// [`ClusterError::InitFailed`] with what initdb said.
pub async fn init(plan: &ServerPlan, data_dir: &Path) -> Result<(), ClusterError> {
    let fresh = data_dir.join(FRESH_DIR);
    let locales = ["C.UTF-8", "C"];
    let mut reason = String::new();
    for locale in locales {
        match std::fs::remove_dir_all(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(ClusterError::io("remove", &fresh)(error));
            }
            _ => {}
        }
        let directory = Directory::create(fresh.clone(), plan.account)?;
        let output = command(&plan.binaries.program("initdb"), plan.account)
            .arg("-D")
            .arg(directory.name())
            .args(["--encoding=UTF8", "--auth=trust", "--data-checksums"])
            .args(["--no-instructions", "--username", ADMIN])
            .arg(format!("--locale={locale}"))
            .stderr(Stdio::piped())
            .output()
            .await
            .map_err(|source| ClusterError::Spawn {
                program: plan.binaries.dir.clone(),
                source,
            })?;
        if output.status.success() {
            let path = data_dir.join(CLUSTER_DIR);
            return std::fs::rename(&fresh, &path).map_err(ClusterError::io("rename", &fresh));
        }
        let said = String::from_utf8_lossy(&output.stderr);
        reason = said
            .lines()
            .find(|line| line.contains("error:") || line.contains("FATAL"))
            .unwrap_or("initdb failed")
            .trim()
            .to_owned();
        if !reason.contains("locale") {
            break;
        }
    }
    Err(ClusterError::InitFailed {
        path: data_dir.to_owned(),
        reason,
    })
}
