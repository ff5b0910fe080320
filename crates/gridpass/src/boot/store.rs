//! Data directory, secrets and database, opened in an order that leaves
//! nothing behind when one of them is refused.

use std::path::Path;

use crate::config::data_dir::{DataDir, DataDirError, DataDirPlan};
use crate::config::key_source::KeySource;
use crate::config::secrets::Secrets;
use crate::config::{DataConfig, Mode};
use crate::db::embedded::{EmbeddedCluster, EmbeddedConfig, RunningCluster, ServerPlan};
use crate::db::migrate::{MigrateReport, Migrations};
use crate::db::{Db, DbConfig, Logins, tls};
use crate::ids::Entropy;
use crate::seal::Suite;

use super::BootError;

/// An open, migrated database with its secrets.
pub struct Store {
    /// The database.
    pub db: Db,
    /// The master keys.
    pub secrets: Secrets,
    /// Where they come from.
    pub key_source: KeySource,
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
        let given = match KeySource::chosen(config)? {
            Some(source) => Some((source.load_suite(mode, config.suite).await?, source)),
            None => None,
        };
        let opening = Opening {
            config,
            mode,
            entropy,
            given,
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
                let key_source = KeySource::chosen(config)?.unwrap_or(KeySource::own(&path));
                let secrets = key_source
                    .load_or_create(true, (mode, config.suite), entropy)
                    .await?;
                let (address, joined) = match &config.database_url {
                    Some(url) => (read_url(url)?, None),
                    None => {
                        let running = RunningCluster::join(&path)?;
                        let logins = Logins::separate(running.config());
                        (DbConfig::new(logins), Some(running))
                    }
                };
                let db = Db::connect(address).await?;
                let migrated = migrate(&db).await?;
                Ok(Self {
                    db,
                    secrets,
                    key_source,
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

struct Opening<'a> {
    config: &'a DataConfig,
    mode: Mode,
    entropy: &'a Entropy,
    given: Option<(Secrets, KeySource)>,
}

impl Opening<'_> {
    async fn own_server(self, url: &str) -> Result<Store, BootError> {
        let config = read_url(url)?;
        // The directory holds nothing but the keys here, so a node that is
        // given them needs none, and several nodes need no lock.
        let plan = match self.given {
            Some(_) => None,
            None => Some(DataDirPlan::inspect(&self.config.data_dir)?),
        };
        let db = Db::connect(config).await?;
        let data_dir = plan.map(|plan| plan.claim(self.entropy)).transpose()?;
        let (secrets, key_source) = match (self.given, &data_dir) {
            (Some(given), _) => given,
            (None, dir) => {
                let dir = dir.as_ref().map_or(&*self.config.data_dir, DataDir::path);
                own_keys(dir, false, ((self.mode, self.config.suite), self.entropy)).await?
            }
        };
        let migrated = migrate(&db).await?;
        Ok(Store {
            db,
            secrets,
            key_source,
            migrated,
            server: ServerProcess::Own,
            _data_dir: data_dir,
        })
    }

    async fn private_server(self) -> Result<Store, BootError> {
        let plan = DataDirPlan::inspect(&self.config.data_dir)?;
        let server = ServerPlan::find(plan.path(), self.config.pg_bin.as_deref())?;
        let data_dir = plan.claim(self.entropy)?;
        let (secrets, key_source) = match self.given {
            Some(given) => given,
            None => {
                let how = ((self.mode, self.config.suite), self.entropy);
                own_keys(data_dir.path(), server.exists(), how).await?
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
                key_source,
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

/// The keys of the data directory, made when there is no database yet.
async fn own_keys(
    data_dir: &Path,
    database_exists: bool,
    (how, entropy): ((Mode, Option<Suite>), &Entropy),
) -> Result<(Secrets, KeySource), BootError> {
    let source = KeySource::own(data_dir);
    let secrets = source.load_or_create(database_exists, how, entropy).await?;
    Ok((secrets, source))
}

async fn migrate(db: &Db) -> Result<MigrateReport, BootError> {
    let migrations = Migrations::embedded()?;
    let client = db.owner().await?;
    Ok(migrations.run(&client).await?)
}

fn read_url(url: &str) -> Result<DbConfig, BootError> {
    let (connect, tls) =
        tls::read_address(url).map_err(|reason| BootError::DatabaseUrl { reason })?;
    Ok(DbConfig::new(Logins::through(connect)).with_tls(tls))
}
