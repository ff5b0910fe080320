//! A private PostgreSQL cluster, so that one command is a whole installation.
//!
//! With no `DATABASE_URL`, gridpass keeps a cluster of its own in its data
//! directory and runs the system's `postgres` as a child on a Unix socket. The
//! child is watched and started again when it dies; it ends when we end, even
//! when we are killed. Why there is no library for this: ADR 0002.
//!
//! Inside the data directory: `postgres/` is the cluster, `run/` holds the
//! socket. Both belong to the server's account and have mode 0700.

mod account;
mod binaries;
mod directory;
mod orphans;
mod process;
mod settings;
mod supervisor;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sha2::{Digest, Sha256};
use tokio::process::Command;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use self::account::Account;
use self::binaries::Binaries;
use self::directory::Directory;
use self::process::Server;
use self::settings::{Machine, Settings};
use super::{ConnectError, connect_single};

/// Where the cluster lies inside the data directory.
pub const CLUSTER_DIR: &str = "postgres";
/// Where its socket lies.
pub const SOCKET_DIR: &str = "run";
/// Where a cluster is made before it gets its name, so that an interrupted
/// initdb never looks like a cluster.
const FRESH_DIR: &str = "postgres.new";

/// The role that owns the application's database, and the database's name.
const ROLE: &str = "gridpass";
/// The role initdb makes, for what only a superuser may.
const ADMIN: &str = "postgres";

/// What to run and where.
#[derive(Debug, Clone)]
pub struct EmbeddedConfig {
    /// The data directory: claimed, locked and canonical.
    pub data_dir: PathBuf,
    /// The identity of the data directory, from its marker.
    pub cluster_id: String,
    /// Server settings that win over ours, for tests and experiments.
    pub settings: Vec<(String, String)>,
}

/// How the cluster fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterStatus {
    /// It takes connections.
    Ready,
    /// It ended by itself and is being started again.
    Restarting,
    /// It was stopped.
    Stopped,
}

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No server programs anywhere.
    #[error(
        "no PostgreSQL server was found in {looked}; install PostgreSQL 15 or newer \
         (Debian: apt-get install postgresql), name its directory in GRIDPASS_PG_BIN, \
         or name a running server in DATABASE_URL"
    )]
    NoServer {
        /// The places that were searched.
        looked: String,
    },
    /// Only an old server.
    #[error(
        "the PostgreSQL server in {} is version {major}, but 15 or newer is needed; \
         install a newer one or name its directory in GRIDPASS_PG_BIN", dir.display()
    )]
    ServerTooOld {
        /// Where it is.
        dir: PathBuf,
        /// Its major version.
        major: u32,
    },
    /// The cluster belongs to another major version.
    #[error(
        "the data in {} was written by PostgreSQL {data}, but the server found in {} is version \
         {server}; install PostgreSQL {data} or name its directory in GRIDPASS_PG_BIN",
        path.display(), dir.display()
    )]
    WrongMajor {
        /// The cluster.
        path: PathBuf,
        /// The version that wrote it.
        data: u32,
        /// Where the server is.
        dir: PathBuf,
        /// The server's version.
        server: u32,
    },
    /// The cluster lacks its first file.
    #[error(
        "the database in {} is damaged ({reason}); restore it from a backup \
         or choose an empty directory with --data-dir", path.display()
    )]
    Damaged {
        /// The cluster.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Root has no other account to run the server under.
    #[error(
        "PostgreSQL refuses to run as root and there is neither an account postgres nor nobody; \
         create one (useradd --system postgres) or start gridpass under an ordinary account"
    )]
    NoAccount,
    /// The cluster was copied by root.
    #[error(
        "the database in {} belongs to root, under which PostgreSQL refuses to run; \
         give it back with: chown -R {name}: {}", path.display(), path.display()
    )]
    OwnedByRoot {
        /// The cluster.
        path: PathBuf,
        /// The account it should belong to.
        name: &'static str,
    },
    /// initdb failed.
    #[error("a new database could not be made in {}: {reason}", path.display())]
    InitFailed {
        /// Where.
        path: PathBuf,
        /// What initdb said.
        reason: String,
    },
    /// The server ended before it was ready.
    #[error(
        "the database in {} does not start: {reason}; repair it, restore it from a backup, \
         or choose an empty directory with --data-dir", path.display()
    )]
    StartFailed {
        /// The cluster.
        path: PathBuf,
        /// The server's last words.
        reason: String,
    },
    /// The server neither ended nor became ready.
    #[error("the database in {} was not ready after {waited_s} s; look at the disk and try again", path.display())]
    NotReady {
        /// The cluster.
        path: PathBuf,
        /// How long we waited, in seconds.
        waited_s: u64,
    },
    /// Processes of an earlier run cannot be ended.
    #[error("database processes of an earlier run still work in {} and cannot be ended; end them by hand", path.display())]
    StillRunning {
        /// The cluster.
        path: PathBuf,
    },
    /// A program of the server cannot be run.
    #[error("{} could not be started: {source}; check that this account may run it", program.display())]
    Spawn {
        /// The program's directory.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file system said no.
    #[error("could not {what} {}: {source}; check who owns it and the free space", path.display())]
    Io {
        /// What was tried, as a verb.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The server runs but the application's database could not be made.
    #[error("the application's database could not be prepared: {0}")]
    Prepare(#[from] ConnectError),
    /// As [`ClusterError::Prepare`], in a statement.
    #[error("the application's database could not be prepared: {0}")]
    PrepareStatement(#[from] tokio_postgres::Error),
}

impl ClusterError {
    fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

/// The programs and the account fit the data directory; nothing was touched.
#[derive(Debug, Clone)]
pub struct ServerPlan {
    binaries: Binaries,
    account: Option<Account>,
    exists: bool,
}

impl ServerPlan {
    /// Looks for the server and at what is in `data_dir`, without touching
    /// anything. `data_dir` need not exist.
    ///
    /// # Errors
    /// [`ClusterError`] when no fitting server or account is there, or the
    /// cluster is visibly damaged.
    pub fn find(data_dir: &Path, server_bin: Option<&Path>) -> Result<Self, ClusterError> {
        let cluster = data_dir.join(CLUSTER_DIR);
        let exists = cluster.exists();
        let data = exists.then(|| read_major(&cluster)).transpose()?;
        let binaries = Binaries::find(server_bin, data)?;
        if let Some(data) = data
            && data != binaries.major
        {
            return Err(ClusterError::WrongMajor {
                path: cluster,
                data,
                dir: binaries.dir,
                server: binaries.major,
            });
        }
        let account = Account::choose(&cluster)?;
        Ok(Self {
            binaries,
            account,
            exists,
        })
    }

    /// Whether there is a cluster already.
    pub fn exists(&self) -> bool {
        self.exists
    }
}

/// How to reach the cluster of `data_dir` that another process runs.
pub fn running_config(data_dir: &Path) -> tokio_postgres::Config {
    let mut config = tokio_postgres::Config::new();
    config
        .host_path(data_dir.join(SOCKET_DIR))
        .user(ROLE)
        .dbname(ROLE);
    config
}

fn read_major(cluster: &Path) -> Result<u32, ClusterError> {
    let damaged = |reason: String| ClusterError::Damaged {
        path: cluster.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(cluster.join("PG_VERSION"))
        .map_err(|error| damaged(format!("PG_VERSION: {error}")))?;
    text.trim()
        .parse()
        .map_err(|_| damaged("PG_VERSION is not a version".to_owned()))
}

/// A running cluster.
pub struct EmbeddedCluster {
    connect: tokio_postgres::Config,
    admin: tokio_postgres::Config,
    status: watch::Receiver<ClusterStatus>,
    stop: Option<oneshot::Sender<()>>,
    supervisor: JoinHandle<()>,
}

impl EmbeddedCluster {
    /// Makes the cluster if there is none, starts it, and makes sure that the
    /// application's role and database exist.
    ///
    /// # Errors
    /// [`ClusterError`]; nothing keeps running then.
    pub async fn start(plan: ServerPlan, config: &EmbeddedConfig) -> Result<Self, ClusterError> {
        let cluster_path = config.data_dir.join(CLUSTER_DIR);
        if !plan.exists {
            init(&plan, &config.data_dir).await?;
        }
        let launch = Launch {
            cluster_name: cluster_name(&config.cluster_id, &cluster_path),
            cluster: Directory::open(cluster_path, plan.account)?,
            socket: Directory::create(config.data_dir.join(SOCKET_DIR), plan.account)?,
            binaries: plan.binaries,
            account: plan.account,
        };
        orphans::clear(launch.cluster.path(), &launch.cluster_name).await?;
        for name in [".s.PGSQL.5432", ".s.PGSQL.5432.lock"] {
            launch.socket.remove(name)?;
        }
        launch.write_settings(config).await?;
        let mut server = Server::start(&launch).await?;
        if let Err(error) = prepare_database(&launch.admin_config()).await {
            server.stop().await;
            return Err(error);
        }
        let (status_sender, status) = watch::channel(ClusterStatus::Ready);
        let (stop, stopped) = oneshot::channel();
        Ok(Self {
            connect: launch.config(ROLE, ROLE),
            admin: launch.admin_config(),
            status,
            stop: Some(stop),
            supervisor: tokio::spawn(supervisor::supervise(
                launch,
                server,
                stopped,
                status_sender,
            )),
        })
    }

    /// How the application connects: as the owner of its database, who is no
    /// superuser.
    pub fn config(&self) -> tokio_postgres::Config {
        self.connect.clone()
    }

    /// A superuser's way in, for tests and tools.
    pub fn admin_config(&self) -> tokio_postgres::Config {
        self.admin.clone()
    }

    /// Follows how the cluster fares.
    pub fn status(&self) -> watch::Receiver<ClusterStatus> {
        self.status.clone()
    }

    /// Stops the server and waits until it has ended. Dropping the cluster
    /// stops it too, without waiting.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // A supervisor that is gone has already stopped the server.
            let _gone = stop.send(());
        }
        if let Err(error) = self.supervisor.await {
            tracing::error!(%error, "the supervisor of the database server failed");
        }
    }
}

/// All that is needed to start the server again.
struct Launch {
    binaries: Binaries,
    account: Option<Account>,
    cluster: Directory,
    socket: Directory,
    cluster_name: String,
}

impl Launch {
    fn command(&self, program: &str) -> Command {
        command(&self.binaries.program(program), self.account)
    }

    fn bare_command(&self, program: &Path) -> Command {
        command(program, self.account)
    }

    fn config(&self, user: &str, database: &str) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        let path = if self.socket.is_path_short() {
            self.socket.path().to_owned()
        } else {
            self.socket.name()
        };
        config.host_path(path).user(user).dbname(database);
        config
    }

    fn admin_config(&self) -> tokio_postgres::Config {
        self.config(ADMIN, "postgres")
    }

    fn spawn_error(&self, source: io::Error) -> ClusterError {
        ClusterError::Spawn {
            program: self.binaries.dir.clone(),
            source,
        }
    }

    async fn write_settings(&self, config: &EmbeddedConfig) -> Result<(), ClusterError> {
        let settings = Settings {
            machine: Machine::inspect(self.cluster.path()),
            socket_dir: &self.socket.name(),
            lz4: self.has_lz4().await?,
            more: &config.settings,
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
async fn init(plan: &ServerPlan, data_dir: &Path) -> Result<(), ClusterError> {
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

/// Makes the application's role and database unless they exist.
async fn prepare_database(admin: &tokio_postgres::Config) -> Result<(), ClusterError> {
    let client = connect_single(admin, "gridpass prepare").await?;
    let found = client
        .query_one(
            "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1), \
             EXISTS (SELECT FROM pg_database WHERE datname = $1)",
            &[&ROLE],
        )
        .await?;
    if !found.get::<_, bool>(0) {
        client
            .batch_execute(&format!("CREATE ROLE {ROLE} LOGIN"))
            .await?;
    }
    if !found.get::<_, bool>(1) {
        client
            .batch_execute(&format!("CREATE DATABASE {ROLE} OWNER {ROLE}"))
            .await?;
    }
    Ok(())
}

/// A name that only servers of this directory carry, also among copies of it.
fn cluster_name(cluster_id: &str, cluster: &Path) -> String {
    let mut digest = Sha256::new();
    digest.update(cluster_id.as_bytes());
    digest.update(cluster.as_os_str().as_encoded_bytes());
    let short: String = digest.finalize()[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("gridpass-{short}")
}
