//! Why a start failed: one sentence that says what to do, and an exit code.
//!
//! The codes follow the old `sysexits.h`, so that a service manager or a
//! script can tell "try again" from "call somebody".

use std::io;
use std::net::SocketAddr;

use super::tls::TlsError;
use crate::config::data_dir::DataDirError;
use crate::config::secrets::SecretsError;
use crate::db::ConnectError;
use crate::db::embedded::ClusterError;
use crate::db::migrate::MigrateError;
use crate::db::roles::RolesError;
use crate::notify::GatewayConfigError;
use crate::staff::ProviderConfigError;

/// The data is damaged.
const DATA_ERROR: u8 = 65;
/// A service we need is not there.
const UNAVAILABLE: u8 = 69;
/// A fault of ours or of the machine.
const INTERNAL: u8 = 70;
/// A program of the system is missing.
const SYSTEM_FILE: u8 = 72;
/// Something could not be created or written.
const CANNOT_CREATE: u8 = 73;
/// A port is taken or forbidden.
const NO_LISTENER: u8 = 74;
/// Trying again later may help.
const TRY_LATER: u8 = 75;
/// Program and data are of different versions.
const VERSION: u8 = 76;
/// This account may not do it.
const NO_PERMISSION: u8 = 77;
/// The configuration is wrong.
const CONFIG: u8 = 78;

/// Why a start failed.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// Another program listens there.
    #[error(
        "the address {address} is taken by another program; stop it or choose another address with {flag}"
    )]
    PortTaken {
        /// The address.
        address: SocketAddr,
        /// The flag that changes it.
        flag: &'static str,
    },
    /// The system does not let us listen there.
    #[error("cannot listen on {address}: {source}; choose another address with {flag}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The flag that changes it.
        flag: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A listener does not know its own address.
    #[error("a listener failed: {0}")]
    Listener(#[source] io::Error),
    /// Public and staff side on one address.
    #[error(
        "--public-addr and --staff-addr are the same; they must differ, so that no page of one can act on the other"
    )]
    SameAddress,
    /// A clock that is moved by hand, with real people.
    #[error("--simulated-clock works only with --mode demo; leave it out in production")]
    SimulatedClockInProduction,
    /// No usable way to send text messages.
    #[error(transparent)]
    Texts(#[from] GatewayConfigError),
    /// The identity provider is misconfigured.
    #[error(transparent)]
    IdentityProvider(#[from] ProviderConfigError),
    /// Not a database address.
    #[error(
        "DATABASE_URL cannot be read ({reason}); write it as postgres://user:password@host:5432/database"
    )]
    DatabaseUrl {
        /// What the parser says; never the address itself.
        reason: String,
    },
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The master secrets cannot be used.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The TLS certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The private database cannot be used.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The schema cannot be brought up to date.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The application does not come together on this database.
    #[error("the application cannot start on this database: {0:#}")]
    Assemble(#[source] anyhow::Error),
}

impl BootError {
    /// The code the process exits with; never 0.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::PortTaken { .. } | Self::Bind { .. } | Self::Listener(_) => NO_LISTENER,
            Self::SameAddress
            | Self::SimulatedClockInProduction
            | Self::Texts(_)
            | Self::IdentityProvider(_)
            | Self::DatabaseUrl { .. } => CONFIG,
            Self::DataDir(error) => data_dir_code(error),
            Self::Secrets(error) => secrets_code(error),
            Self::Tls(_) => CONFIG,
            Self::Cluster(error) => cluster_code(error),
            Self::Connect(ConnectError::TooOld { .. } | ConnectError::NotUtf8 { .. }) => VERSION,
            Self::Connect(_) => UNAVAILABLE,
            Self::Migrate(error) => migrate_code(error),
            Self::Assemble(_) => INTERNAL,
        }
    }
}

fn data_dir_code(error: &DataDirError) -> u8 {
    match error {
        DataDirError::Foreign { .. } => CONFIG,
        DataDirError::Damaged { .. } => DATA_ERROR,
        DataDirError::TooNew { .. } => VERSION,
        DataDirError::InUse { .. } => TRY_LATER,
        DataDirError::Io { source, .. } => io_code(source),
    }
}

fn secrets_code(error: &SecretsError) -> u8 {
    match error {
        SecretsError::Missing { .. } | SecretsError::Unusable { .. } => DATA_ERROR,
        SecretsError::Exposed { .. } => NO_PERMISSION,
        SecretsError::DemoKeys { .. }
        | SecretsError::Ambiguous(..)
        | SecretsError::ReadOnly(_)
        | SecretsError::OtherSuite { .. }
        | SecretsError::TooMany => CONFIG,
        SecretsError::Command { .. } => UNAVAILABLE,
        SecretsError::Io { source, .. } => io_code(source),
    }
}

fn cluster_code(error: &ClusterError) -> u8 {
    match error {
        ClusterError::NoServer { .. } | ClusterError::NoAccount => SYSTEM_FILE,
        ClusterError::ServerTooOld { .. } | ClusterError::WrongMajor { .. } => VERSION,
        ClusterError::Damaged { .. } | ClusterError::StartFailed { .. } => DATA_ERROR,
        ClusterError::OwnedByRoot { .. } => NO_PERMISSION,
        ClusterError::InitFailed { .. } => CANNOT_CREATE,
        ClusterError::NotReady { .. } | ClusterError::StillRunning { .. } => TRY_LATER,
        ClusterError::Spawn { source, .. } | ClusterError::Io { source, .. } => io_code(source),
        ClusterError::Prepare(_) | ClusterError::PrepareStatement(_) | ClusterError::Roles(_) => {
            UNAVAILABLE
        }
    }
}

fn migrate_code(error: &MigrateError) -> u8 {
    match error {
        MigrateError::TooNew { .. } | MigrateError::Changed { .. } => VERSION,
        MigrateError::Gap { .. } => DATA_ERROR,
        MigrateError::Locked => TRY_LATER,
        MigrateError::File { .. } | MigrateError::Statement { .. } => INTERNAL,
        MigrateError::Roles(RolesError::NotAllowed { .. }) => NO_PERMISSION,
        MigrateError::Roles(RolesError::Lookup(_)) | MigrateError::Record(_) => UNAVAILABLE,
    }
}

fn io_code(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::PermissionDenied {
        NO_PERMISSION
    } else {
        CANNOT_CREATE
    }
}
