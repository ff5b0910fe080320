//! Data directory, secrets and database, opened in an order that leaves
//! nothing behind when one of them is refused.

use crate::config::data_dir::{DataDir, DataDirError, DataDirPlan};
use crate::config::secrets::Secrets;
use crate::config::{DataConfig, Mode};
use crate::db::embedded::{EmbeddedCluster, EmbeddedConfig, RunningCluster, ServerPlan};
use crate::db::migrate::{MigrateReport, Migrations};
use crate::db::{Db, DbConfig, Logins};
use crate::ids::Entropy;

use super::BootError;

/// An open, migrated database with its secrets.
pub struct Store {
    /// The database.
    pub db: Db,
    /// The master secrets.
    pub secrets: Secrets,
    /// What opening it did to the schema.
    pub migrated: MigrateReport,
    server: ServerProcess,
    /// Holds the lock of the directory until the cluster has stopped.
    _data_dir: Option<DataDir>,
}

impl Store {
    /// Opens the operator's own server or the private one, and migrates it.
    ///
    /// # Errors
    /// [`BootError`]; nothing keeps running then.
    pub async fn open(
        config: &DataConfig,
        mode: Mode,
        entropy: &Entropy,
    ) -> Result<Self, BootError> {
        let given_secrets = config
            .secrets_file
            .as_deref()
            .map(|file| Secrets::load_given(file, mode))
            .transpose()?;
        let opening = Opening {
            config,
            mode,
            entropy,
            given_secrets,
        };
        match &config.database_url {
            Some(url) => opening.own_server(url).await,
            None => opening.private_server().await,
        }
    }

    /// As [`Store::open`]; when a server of this data directory is running,
    /// works on its database beside it instead of refusing.
    ///
    /// # Errors
    /// [`BootError`].
    pub async fn open_or_join(
        config: &DataConfig,
        mode: Mode,
        entropy: &Entropy,
    ) -> Result<Self, BootError> {
        match Self::open(config, mode, entropy).await {
            Err(BootError::DataDir(DataDirError::InUse { path, .. })) => {
                let secrets = match &config.secrets_file {
                    Some(file) => Secrets::load_given(file, mode)?,
                    None => Secrets::load_or_create(&path, true, mode, entropy)?,
                };
                let (logins, joined) = match &config.database_url {
                    Some(url) => (Logins::through(parse_url(url)?), None),
                    None => {
                        let running = RunningCluster::join(&path)?;
                        (Logins::separate(running.config()), Some(running))
                    }
                };
                let db = Db::connect(DbConfig::new(logins)).await?;
                let migrated = migrate(&db).await?;
                Ok(Self {
                    db,
                    secrets,
                    migrated,
                    server: joined.map_or(ServerProcess::Own, ServerProcess::Joined),
                    _data_dir: None,
                })
            }
            other => other,
        }
    }

    /// Closes the pools and stops the private server, if there is one.
    pub async fn close(self) {
        self.db.close();
        match self.server {
            ServerProcess::Private(cluster) => cluster.stop().await,
            ServerProcess::Joined(running) => drop(running),
            ServerProcess::Own => {}
        }
    }
}

/// Whose the database server is.
enum ServerProcess {
    /// The operator's, found through its URL.
    Own,
    /// Ours; we stop it.
    Private(Box<EmbeddedCluster>),
    /// That of another gridpass on this data directory.
    Joined(RunningCluster),
}

/// Where the secrets come from when the operator brings the server.
enum SecretsSource {
    Given(Secrets),
    DataDir(DataDirPlan),
}

struct Opening<'a> {
    config: &'a DataConfig,
    mode: Mode,
    entropy: &'a Entropy,
    given_secrets: Option<Secrets>,
}

impl Opening<'_> {
    async fn own_server(self, url: &str) -> Result<Store, BootError> {
        let logins = Logins::through(parse_url(url)?);
        // The directory holds nothing but the secrets here, so a node that is
        // given them needs none, and several nodes need no lock.
        let source = match self.given_secrets {
            Some(secrets) => SecretsSource::Given(secrets),
            None => SecretsSource::DataDir(DataDirPlan::inspect(&self.config.data_dir)?),
        };
        let db = Db::connect(DbConfig::new(logins)).await?;
        let (secrets, data_dir) = match source {
            SecretsSource::Given(secrets) => (secrets, None),
            SecretsSource::DataDir(plan) => {
                let dir = plan.claim(self.entropy)?;
                let secrets = Secrets::load_or_create(dir.path(), false, self.mode, self.entropy)?;
                (secrets, Some(dir))
            }
        };
        let migrated = migrate(&db).await?;
        Ok(Store {
            db,
            secrets,
            migrated,
            server: ServerProcess::Own,
            _data_dir: data_dir,
        })
    }

    async fn private_server(self) -> Result<Store, BootError> {
        let plan = DataDirPlan::inspect(&self.config.data_dir)?;
        let server = ServerPlan::find(plan.path(), self.config.pg_bin.as_deref())?;
        let data_dir = plan.claim(self.entropy)?;
        let secrets = match self.given_secrets {
            Some(secrets) => secrets,
            None => {
                Secrets::load_or_create(data_dir.path(), server.exists(), self.mode, self.entropy)?
            }
        };
        let embedded = EmbeddedConfig {
            data_dir: data_dir.path().to_owned(),
            cluster_id: data_dir.cluster_id().to_owned(),
        };
        let cluster = EmbeddedCluster::start(server, &embedded).await?;
        let opened = async {
            let db = Db::connect(DbConfig::new(Logins::separate(cluster.config()))).await?;
            let migrated = migrate(&db).await?;
            Ok((db, migrated))
        };
        match opened.await {
            Ok((db, migrated)) => Ok(Store {
                db,
                secrets,
                migrated,
                server: ServerProcess::Private(Box::new(cluster)),
                _data_dir: Some(data_dir),
            }),
            Err(error) => {
                cluster.stop().await;
                Err(error)
            }
        }
    }
}

async fn migrate(db: &Db) -> Result<MigrateReport, BootError> {
    let migrations = Migrations::embedded()?;
    let client = db.owner().await?;
    Ok(migrations.run(&client).await?)
}

fn parse_url(url: &str) -> Result<tokio_postgres::Config, BootError> {
    url.parse()
        .map_err(|error: tokio_postgres::Error| BootError::DatabaseUrl {
            reason: std::error::Error::source(&error)
                .map_or_else(|| error.to_string(), ToString::to_string),
        })
}
