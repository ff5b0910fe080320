//! Why there is no cluster: one sentence each, saying what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::db::ConnectError;
use crate::db::roles::RolesError;

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
    /// The lesser roles could not be made.
    #[error(transparent)]
    Roles(RolesError),
}

impl ClusterError {
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}
