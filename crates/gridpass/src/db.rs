//! The database handle: pools, transactions, errors, and the way in.
//!
//! There are three pools on one server. Requests of staff use the staff pool,
//! whose role sees only what lies in the jurisdiction of the [`Scope`] it was
//! asked for; phones, jobs and imports share the general pool; the scan batcher
//! alone uses the hot pool, so that a slow report can never make a gate wait for
//! a connection. All are bounded, and a caller who cannot get a connection in
//! time is told so instead of queueing without end. See [`roles`] for who may do
//! what. Connections to an outside server are encrypted as its address asks.

pub mod embedded;
mod error;
mod listen;
pub mod migrate;
pub mod roles;
mod scope;
pub mod tls;
mod tx;

use std::sync::Arc;
use std::time::Duration;

pub use deadpool_postgres::Client;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};

pub use error::{ConnectError, DbError, DbErrorKind};
pub use listen::{ListenEvent, Listener};
pub use roles::Logins;
pub use scope::Scope;
pub use tx::Tx;

/// Oldest server that is accepted, as `server_version_num` counts (15.0).
pub const SERVER_VERSION_NUM_MIN: i32 = 150_000;

/// How long one attempt to connect or to ping may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// Where the database is and how much of it one node may use.
#[derive(Clone)]
pub struct DbConfig {
    /// Address and database, as parsed from a URL or given by the embedded
    /// cluster, once for each role.
    pub logins: Logins,
    /// Connections of the general pool.
    pub connections_max: usize,
    /// Connections of the staff pool.
    pub staff_connections_max: usize,
    /// Connections reserved for the scan batcher.
    pub hot_connections_max: usize,
    /// How long a caller waits for a free connection before it is told that
    /// the database is busy.
    pub acquire_timeout: Duration,
    /// How connections are encrypted, if the address asks for it.
    pub tls: tls::DatabaseTls,
    /// The server ends any statement of a pool that runs longer than this.
    pub statement_timeout: Duration,
}

impl DbConfig {
    /// The usual bounds for the given address: 20 general, 12 staff and 6 hot
    /// connections, 5 s to get one, 60 s for a statement.
    pub fn new(logins: Logins) -> Self {
        Self {
            logins,
            connections_max: 20,
            staff_connections_max: 12,
            hot_connections_max: 6,
            acquire_timeout: Duration::from_secs(5),
            tls: tls::unverified(),
            statement_timeout: Duration::from_secs(60),
        }
    }

    /// With another way to encrypt.
    #[must_use]
    pub fn with_tls(mut self, tls: tls::DatabaseTls) -> Self {
        self.tls = tls;
        self
    }

    /// A login with the session settings of a pooled connection.
    fn session(
        &self,
        login: &tokio_postgres::Config,
        application_name: &str,
    ) -> tokio_postgres::Config {
        let mut connect = login.clone();
        let mut options = String::new();
        if let Some(given) = connect.get_options() {
            options.push_str(given);
            options.push(' ');
        }
        // UTC inside, always; a forgotten transaction must not hold back
        // vacuum; compiling short statements costs more than it saves.
        options.push_str(&format!(
            "-c timezone=UTC -c jit=off -c statement_timeout={} \
             -c idle_in_transaction_session_timeout=60000",
            self.statement_timeout.as_millis()
        ));
        connect
            .options(options)
            .application_name(application_name)
            .connect_timeout(CONNECT_TIMEOUT);
        connect
    }
}

/// A cheap handle to the database; clones share the pools.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    general: Pool,
    staff: Pool,
    hot: Pool,
    config: DbConfig,
}

impl Db {
    /// Opens the pools after checking that the server answers and is new
    /// enough.
    ///
    /// # Errors
    /// [`ConnectError`] when the server cannot be reached, refuses us, or is
    /// older than [`SERVER_VERSION_NUM_MIN`].
    pub async fn connect(config: DbConfig) -> Result<Self, ConnectError> {
        let owner = &config.logins.owner;
        let client = connect_with(owner, config.tls.clone(), "gridpass check").await?;
        check_server_version(&client).await?;
        let (engine, staff) = (&config.logins.engine, &config.logins.staff);
        let hot = config.session(engine, "gridpass scans");
        let hot = pool(&config, hot, config.hot_connections_max);
        let general = config.session(engine, "gridpass");
        let general = pool(&config, general, config.connections_max);
        let staff = config.session(staff, "gridpass staff");
        let staff = pool(&config, staff, config.staff_connections_max);
        Ok(Self {
            inner: Arc::new(Inner {
                general,
                staff,
                hot,
                config,
            }),
        })
    }

    /// A connection of the general pool, under the engine's role, which sees
    /// everybody: for phones, devices and jobs. `prepare_cached` on it keeps a
    /// statement for the life of the connection.
    ///
    /// # Errors
    /// [`DbErrorKind::Busy`] when none became free in time,
    /// [`DbErrorKind::Unavailable`] when the server is away.
    pub async fn client(&self) -> Result<Client, DbError> {
        Ok(self.inner.general.get().await?)
    }

    /// A connection reserved for the scan batcher. Nothing else may ask for
    /// one.
    ///
    /// # Errors
    /// As [`Db::client`].
    pub async fn hot_client(&self) -> Result<Client, DbError> {
        Ok(self.inner.hot.get().await?)
    }

    /// Begins a transaction for a request of staff: it sees and changes what
    /// lies in the scope and nothing else, whatever its statements say.
    /// Dropping the handle without [`Tx::commit`] rolls back.
    ///
    /// # Errors
    /// As [`Db::client`].
    pub async fn staff(&self, scope: &Scope) -> Result<Tx, DbError> {
        Tx::begin_with(self.inner.staff.get().await?, &scope.begin()).await
    }

    /// Begins a transaction on a connection of the general pool. Dropping the
    /// handle without [`Tx::commit`] rolls back.
    ///
    /// # Errors
    /// As [`Db::client`].
    pub async fn tx(&self) -> Result<Tx, DbError> {
        Tx::begin(self.client().await?).await
    }

    /// Asks the server for a sign of life, for readiness.
    ///
    /// # Errors
    /// Any failure, or no answer within a second.
    pub async fn ping(&self) -> Result<(), DbError> {
        let answer = async {
            let client = self.client().await?;
            client.batch_execute("SELECT 1").await?;
            Ok(())
        };
        tokio::time::timeout(PING_TIMEOUT, answer)
            .await
            .unwrap_or(Err(DbError::Unavailable("no answer to a ping")))
    }

    /// A number for a process that begins to work on this database, 0 to 63, after which it
    /// starts again. See [`crate::ids::IdSource`].
    ///
    /// # Errors
    /// As [`Db::client`].
    pub async fn take_node_number(&self) -> Result<i64, DbError> {
        let client = self.client().await?;
        let row = client.query_one("SELECT nextval('node_number')", &[]);
        Ok(row.await?.get(0))
    }

    /// Subscribes to NOTIFY channels on a connection of its own, which
    /// reconnects by itself. See [`ListenEvent`] for what arrives.
    pub fn listen(&self, channels: &[&str]) -> Listener {
        let DbConfig { logins, tls, .. } = &self.inner.config;
        Listener::spawn((logins.engine.clone(), tls.clone()), channels)
    }

    /// A connection of the engine outside the pools, without a statement time
    /// limit: for long single tasks.
    ///
    /// # Errors
    /// [`ConnectError`] as in [`Db::connect`].
    pub async fn dedicated(
        &self,
        application_name: &str,
    ) -> Result<tokio_postgres::Client, ConnectError> {
        let DbConfig { logins, tls, .. } = &self.inner.config;
        connect_with(&logins.engine, tls.clone(), application_name).await
    }

    /// A connection of the owner, outside the pools: for migrations only.
    ///
    /// # Errors
    /// [`ConnectError`] as in [`Db::connect`].
    pub async fn owner(&self) -> Result<tokio_postgres::Client, ConnectError> {
        let DbConfig { logins, tls, .. } = &self.inner.config;
        connect_with(&logins.owner, tls.clone(), "gridpass migrate").await
    }

    /// Connections in use and open of the general, the hot and the staff pool,
    /// for metrics.
    pub fn pool_status(&self) -> [PoolStatus; 3] {
        let inner = &self.inner;
        [&inner.general, &inner.hot, &inner.staff].map(|pool| {
            let status = pool.status();
            PoolStatus {
                open: status.size,
                idle: status.available,
                waiting: status.waiting,
            }
        })
    }

    /// Closes the pools; every later request for a connection fails.
    pub fn close(&self) {
        self.inner.general.close();
        self.inner.staff.close();
        self.inner.hot.close();
    }
}

/// How busy one pool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    /// Connections open.
    pub open: usize,
    /// Open connections that nobody uses.
    pub idle: usize,
    /// Callers waiting for one.
    pub waiting: usize,
}

fn pool(config: &DbConfig, session: tokio_postgres::Config, connections_max: usize) -> Pool {
    let manager = Manager::from_config(
        session,
        config.tls.clone(),
        ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        },
    );
    Pool::builder(manager)
        .max_size(connections_max)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(config.acquire_timeout))
        .create_timeout(Some(CONNECT_TIMEOUT))
        .build()
        .expect("a runtime is given, which is the only thing build() asks for with timeouts")
}

/// One connection of its own, its driver running as a task until the client is
/// dropped.
async fn connect_single(
    config: &tokio_postgres::Config,
    application_name: &str,
) -> Result<tokio_postgres::Client, ConnectError> {
    connect_with(config, tls::unverified(), application_name).await
}

async fn connect_with(
    config: &tokio_postgres::Config,
    tls: tls::DatabaseTls,
    application_name: &str,
) -> Result<tokio_postgres::Client, ConnectError> {
    let mut config = config.clone();
    config
        .application_name(application_name)
        .connect_timeout(CONNECT_TIMEOUT);
    let connected = tokio::time::timeout(CONNECT_TIMEOUT, config.connect(tls)).await;
    let address = error::describe_address(&config);
    let (client, connection) = match connected {
        Ok(Ok(pair)) => pair,
        Ok(Err(source)) => return Err(ConnectError::Refused { address, source }),
        Err(_elapsed) => return Err(ConnectError::Silent { address }),
    };
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a dedicated database connection ended");
        }
    });
    Ok(client)
}

async fn check_server_version(client: &tokio_postgres::Client) -> Result<(), ConnectError> {
    let row = client
        .query_one(
            "SELECT current_setting('server_version_num')::int4, \
             current_setting('server_version'), current_setting('server_encoding')",
            &[],
        )
        .await
        .map_err(ConnectError::Lost)?;
    judge_server(row.get(0), row.get(1), row.get(2))
}

/// Whether a server of this version and encoding will do.
fn judge_server(number: i32, version: String, encoding: String) -> Result<(), ConnectError> {
    if number < SERVER_VERSION_NUM_MIN {
        return Err(ConnectError::TooOld { found: version });
    }
    if encoding != "UTF8" {
        return Err(ConnectError::NotUtf8 { encoding });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_and_other_encodings_are_refused() {
        let judge = |number, encoding: &str| judge_server(number, "x".into(), encoding.into());
        assert!(judge(150_000, "UTF8").is_ok());
        assert!(judge(180_001, "UTF8").is_ok());
        assert!(matches!(
            judge(149_999, "UTF8"),
            Err(ConnectError::TooOld { .. })
        ));
        assert!(matches!(
            judge(160_000, "LATIN1"),
            Err(ConnectError::NotUtf8 { .. })
        ));
    }
}
