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
mod error;
mod launch;
mod orphans;
mod process;
mod settings;
mod supervisor;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::account::Account;
use self::binaries::Binaries;
use self::directory::Directory;
use self::launch::Launch;
use self::process::Server;
use super::connect_single;
use super::roles;

pub use self::error::ClusterError;

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

/// The cluster of a data directory that another process runs.
pub struct RunningCluster(Directory);

impl RunningCluster {
    /// Finds its socket below `data_dir`.
    ///
    /// # Errors
    /// [`ClusterError::Io`] when there is none.
    pub fn join(data_dir: &Path) -> Result<Self, ClusterError> {
        Ok(Self(Directory::open(data_dir.join(SOCKET_DIR), None)?))
    }

    /// How the owner connects, valid as long as this lives.
    pub fn config(&self) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host_path(self.0.address()).user(ROLE).dbname(ROLE);
        config
    }
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
            launch::init(&plan, &config.data_dir).await?;
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
        launch.write_settings().await?;
        let mut server = Server::start(&launch).await?;
        if let Err(error) = prepare_database(&launch.admin_config()).await {
            server.stop().await;
            return Err(error);
        }
        let (stop, stopped) = oneshot::channel();
        Ok(Self {
            connect: launch.config(ROLE, ROLE),
            stop: Some(stop),
            supervisor: tokio::spawn(supervisor::supervise(launch, server, stopped)),
        })
    }

    /// How the owner of the application's database connects, who is no
    /// superuser.
    pub fn config(&self) -> tokio_postgres::Config {
        self.connect.clone()
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

/// Makes the application's roles and database unless they exist. The lesser roles log in by
/// themselves here.
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
    roles::ensure(&client).await.map_err(ClusterError::Roles)?;
    let (engine, staff) = (roles::ENGINE, roles::STAFF);
    client
        .batch_execute(&format!(
            "ALTER ROLE {engine} LOGIN; ALTER ROLE {staff} LOGIN; GRANT {engine}, {staff} TO {ROLE}"
        ))
        .await?;
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
