//! What can go wrong with the database, sorted by what the caller can do.
//!
//! Handlers do not look at SQLSTATE codes; they ask for the [`DbErrorKind`].
//! No variant carries row values: PostgreSQL's DETAIL line, which may quote
//! personal data, is never part of the text.

use deadpool_postgres::PoolError;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;

/// A statement or a request for a connection failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Every connection of the pool stayed in use for the whole wait.
    #[error("no database connection became free in time")]
    Busy,
    /// The server is away, restarting, or not answering.
    #[error("the database is not available: {0}")]
    Unavailable(&'static str),
    /// The server answered with an error, or the connection broke.
    #[error("{}", describe(.0))]
    Postgres(#[source] tokio_postgres::Error),
}

/// What a caller can do about a [`DbError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DbErrorKind {
    /// Try again later: no connection was free.
    Busy,
    /// Try again later: the server is away.
    Unavailable,
    /// A unique or exclusion constraint of this name already holds the key.
    Conflict(String),
    /// A check constraint of this name refused the row.
    Refused(String),
    /// A foreign key of this name points at nothing.
    Missing(String),
    /// Serialization failure or deadlock: repeat the whole transaction.
    Retry,
    /// The statement ran into its time limit.
    TimedOut,
    /// A text holds what the database does not store, such as U+0000.
    BadText,
    /// A time lies beyond what the database counts.
    OutOfRange,
    /// A fault of ours.
    Internal,
}

impl DbError {
    /// Sorts the error by what can be done about it.
    pub fn kind(&self) -> DbErrorKind {
        match self {
            Self::Busy => DbErrorKind::Busy,
            Self::Unavailable(_) => DbErrorKind::Unavailable,
            Self::Postgres(error) => kind_of(error),
        }
    }

    /// True when the same call may succeed a little later.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self.kind(),
            DbErrorKind::Busy | DbErrorKind::Unavailable | DbErrorKind::Retry
        )
    }

    /// The name of the constraint when a unique key already exists.
    pub fn conflict(&self) -> Option<String> {
        match self.kind() {
            DbErrorKind::Conflict(constraint) => Some(constraint),
            _ => None,
        }
    }
}

impl From<tokio_postgres::Error> for DbError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl From<PoolError> for DbError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(deadpool_postgres::TimeoutType::Wait) => Self::Busy,
            PoolError::Timeout(_) => Self::Unavailable("connecting took too long"),
            PoolError::Closed => Self::Unavailable("this node is stopping"),
            PoolError::Backend(error) => Self::Postgres(error),
            PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                Self::Unavailable("a connection could not be prepared")
            }
        }
    }
}

fn kind_of(error: &tokio_postgres::Error) -> DbErrorKind {
    let Some(db) = error.as_db_error() else {
        // Without an answer from the server the connection itself broke,
        // unless we passed a wrong parameter or read a wrong column.
        let connection_broke = error.is_closed()
            || std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>());
        return if connection_broke {
            DbErrorKind::Unavailable
        } else {
            DbErrorKind::Internal
        };
    };
    let constraint = || db.constraint().unwrap_or_default().to_owned();
    let code = db.code();
    if *code == SqlState::UNIQUE_VIOLATION || *code == SqlState::EXCLUSION_VIOLATION {
        DbErrorKind::Conflict(constraint())
    } else if *code == SqlState::CHECK_VIOLATION || *code == SqlState::NOT_NULL_VIOLATION {
        DbErrorKind::Refused(constraint())
    } else if *code == SqlState::FOREIGN_KEY_VIOLATION {
        DbErrorKind::Missing(constraint())
    } else if *code == SqlState::T_R_SERIALIZATION_FAILURE
        || *code == SqlState::T_R_DEADLOCK_DETECTED
    {
        DbErrorKind::Retry
    } else if *code == SqlState::QUERY_CANCELED {
        DbErrorKind::TimedOut
    } else if *code == SqlState::CHARACTER_NOT_IN_REPERTOIRE
        || *code == SqlState::UNTRANSLATABLE_CHARACTER
    {
        DbErrorKind::BadText
    } else if *code == SqlState::DATETIME_FIELD_OVERFLOW {
        DbErrorKind::OutOfRange
    } else if is_absence(code) {
        DbErrorKind::Unavailable
    } else {
        DbErrorKind::Internal
    }
}

/// Starting up, shutting down, crashed, or out of connection slots.
fn is_absence(code: &SqlState) -> bool {
    [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::CONNECTION_FAILURE,
        SqlState::CONNECTION_DOES_NOT_EXIST,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ]
    .contains(code)
}

/// The message without the DETAIL line, which may quote values of the row.
fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

/// The database cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nobody listens there, or we were turned away.
    #[error(
        "the database at {address} cannot be used: {}; check DATABASE_URL and that the server is running",
        describe(source)
    )]
    Refused {
        /// Host, port and database, without a password.
        address: String,
        /// The driver's error.
        #[source]
        source: tokio_postgres::Error,
    },
    /// No answer within the time limit.
    #[error(
        "the database at {address} does not answer; check DATABASE_URL, the network and the server"
    )]
    Silent {
        /// Host, port and database, without a password.
        address: String,
    },
    /// The server is older than we support.
    #[error("the database server is PostgreSQL {found}, but 15 or newer is needed; upgrade it")]
    TooOld {
        /// The version the server reported.
        found: String,
    },
    /// Names and addresses need UTF-8.
    #[error(
        "the database uses the encoding {encoding}, but UTF8 is needed; create one with ENCODING 'UTF8'"
    )]
    NotUtf8 {
        /// The encoding the server reported.
        encoding: String,
    },
    /// The connection broke during the first question.
    #[error("the database closed the connection: {}", describe(.0))]
    Lost(#[source] tokio_postgres::Error),
}

impl ConnectError {
    /// True while a server is still starting or not listening yet.
    pub fn is_starting(&self) -> bool {
        match self {
            Self::Silent { .. } | Self::Lost(_) => true,
            Self::Refused { source, .. } => kind_of(source) == DbErrorKind::Unavailable,
            Self::TooOld { .. } | Self::NotUtf8 { .. } => false,
        }
    }
}

/// Host, port and database for people, never the password.
pub(super) fn describe_address(config: &tokio_postgres::Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "no host".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().or(config.get_user()).unwrap_or("?");
    format!("{host}:{port}/{database}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_never_shows_the_password() {
        let config: tokio_postgres::Config = "postgres://me:hunter2@db.example:6000/pass"
            .parse()
            .unwrap();
        assert_eq!(describe_address(&config), "db.example:6000/pass");
    }

    #[test]
    fn a_full_pool_is_busy_and_a_closed_one_is_unavailable() {
        let full = DbError::from(PoolError::Timeout(deadpool_postgres::TimeoutType::Wait));
        assert_eq!(full.kind(), DbErrorKind::Busy);
        assert!(full.is_temporary());
        assert_eq!(
            DbError::from(PoolError::Closed).kind(),
            DbErrorKind::Unavailable
        );
    }
}
