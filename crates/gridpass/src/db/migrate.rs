//! The schema, moved forward.
//!
//! Files `migrations/NNNN_name.sql` are part of the binary. Each is applied
//! once, in order, in a transaction of its own, one statement a call, under an
//! advisory lock so that two nodes that start together do not race. A file
//! never changes once it has been applied anywhere: its checksum is kept, and
//! a difference is refused. So is a database that is ahead of this binary.

mod split;

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};
use tokio_postgres::Client;

use super::roles::{self, RolesError};

pub use split::{SplitError, Statement, split};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../migrations");

/// The key of the advisory lock that guards migrating ("gridpass" in ASCII).
const LOCK_KEY: i64 = 0x6772_6964_7061_7373;

/// How long a node waits while another one migrates.
const LOCK_TIMEOUT_MS: u32 = 300_000;

/// One file of `migrations/`.
#[derive(Debug, Clone)]
pub struct Migration {
    /// Its number, from 1, without gaps.
    pub version: i32,
    /// The words after the number, in snake case.
    pub name: String,
    /// The text of the file.
    pub sql: String,
    /// SHA-256 of the text, in lower-case hexadecimal.
    pub checksum: String,
}

/// All migrations this binary knows, in order.
#[derive(Debug, Clone)]
pub struct Migrations(Vec<Migration>);

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrateReport {
    /// The versions applied by this run, in order.
    pub applied: Vec<i32>,
    /// The version of the schema now; 0 when it is empty.
    pub version: i32,
}

/// Why the schema was not moved.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database was used by a newer binary.
    #[error(
        "the database schema is at version {found}, but this gridpass knows only up to {known}; \
         start the newer gridpass that wrote it"
    )]
    TooNew {
        /// The highest version in the database.
        found: i32,
        /// The highest version of this binary.
        known: i32,
    },
    /// A file was edited after it had been applied.
    #[error(
        "migration {version:04}_{name} is not the one that was applied to this database; \
         use the gridpass that applied it, or restore the file (migrations are append-only)"
    )]
    Changed {
        /// Its number.
        version: i32,
        /// Its name in this binary.
        name: String,
    },
    /// The record of applied migrations has a hole.
    #[error(
        "the database schema lacks migration {version:04} although later ones were applied; \
         restore the database from a backup"
    )]
    Gap {
        /// The number that is missing.
        version: i32,
    },
    /// Another node has been migrating for too long.
    #[error("another gridpass has been migrating this database for minutes; wait for it or end it")]
    Locked,
    /// A file has a wrong name or number.
    #[error("the migration file {file} is unusable: {reason}")]
    File {
        /// The file's name.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A statement failed; its whole file was rolled back.
    #[error("migration {file} failed at line {line}: {}", describe(source))]
    Statement {
        /// The file's name.
        file: String,
        /// The line of the statement, from 1.
        line: usize,
        /// The driver's error.
        #[source]
        source: tokio_postgres::Error,
    },
    /// The roles that migrations give rights to are not there.
    #[error(transparent)]
    Roles(#[from] RolesError),
    /// Reading or writing the record failed.
    #[error("the record of migrations cannot be used: {}", describe(.0))]
    Record(#[from] tokio_postgres::Error),
}

impl Migrations {
    /// The files that were in `migrations/` when this binary was built.
    ///
    /// # Errors
    /// [`MigrateError::File`] for a wrong name or number.
    pub fn embedded() -> Result<Self, MigrateError> {
        let files = FILES.files().filter_map(|file| {
            let name = file.path().to_str()?;
            name.ends_with(".sql")
                .then(|| Some((name.to_owned(), file.contents_utf8()?.to_owned())))?
        });
        Self::from_files(files)
    }

    /// Orders and checks `(file name, text)` pairs.
    ///
    /// # Errors
    /// [`MigrateError::File`] unless the names are `NNNN_snake_case.sql` with
    /// numbers from 1 without gaps, and each text can be cut into statements.
    pub fn from_files(
        files: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, MigrateError> {
        let mut migrations = files
            .into_iter()
            .map(|(file, sql)| parse_file(file, sql))
            .collect::<Result<Vec<_>, _>>()?;
        migrations.sort_by_key(|migration| migration.version);
        for (migration, expected) in migrations.iter().zip(1..) {
            if migration.version != expected {
                return Err(MigrateError::File {
                    file: migration.file(),
                    reason: format!("number {expected:04} was expected next"),
                });
            }
        }
        Ok(Self(migrations))
    }

    /// The highest version; 0 when there is none.
    pub fn version(&self) -> i32 {
        self.0.last().map_or(0, |migration| migration.version)
    }

    /// Brings the schema behind `client` up to [`Migrations::version`].
    ///
    /// # Errors
    /// [`MigrateError`]; the schema is then as it was after the last file that
    /// succeeded, and is not touched at all when it is too new or altered.
    pub async fn run(&self, client: &Client) -> Result<MigrateReport, MigrateError> {
        // A too-new database is refused before anything is written, even the
        // table of records.
        self.pending(client).await?;
        lock(client).await?;
        let outcome = self.run_locked(client).await;
        // The lock belongs to the session; when this fails, so did the session.
        let unlocked = client
            .execute("SELECT pg_advisory_unlock($1)", &[&LOCK_KEY])
            .await;
        let report = outcome?;
        unlocked?;
        Ok(report)
    }

    async fn run_locked(&self, client: &Client) -> Result<MigrateReport, MigrateError> {
        roles::ensure(client).await?;
        client.batch_execute(CREATE_RECORD).await?;
        for comment in COMMENT_RECORD {
            client.batch_execute(comment).await?;
        }
        let pending = self.pending(client).await?;
        for migration in pending {
            apply(client, migration).await?;
            tracing::info!(
                version = migration.version,
                name = migration.name,
                "migrated the schema"
            );
        }
        Ok(MigrateReport {
            applied: pending.iter().map(|migration| migration.version).collect(),
            version: self.version(),
        })
    }

    /// The migrations that are still to be applied.
    async fn pending(&self, client: &Client) -> Result<&[Migration], MigrateError> {
        let exists: bool = client
            .query_one("SELECT to_regclass('schema_migration') IS NOT NULL", &[])
            .await?
            .get(0);
        if !exists {
            return Ok(&self.0);
        }
        let applied = client
            .query(
                "SELECT version, checksum FROM schema_migration ORDER BY version",
                &[],
            )
            .await?;
        let found = applied.last().map_or(0, |row| row.get(0));
        if found > self.version() {
            return Err(MigrateError::TooNew {
                found,
                known: self.version(),
            });
        }
        for (row, migration) in applied.iter().zip(&self.0) {
            if row.get::<_, i32>(0) != migration.version {
                return Err(MigrateError::Gap {
                    version: migration.version,
                });
            }
            if row.get::<_, &str>(1) != migration.checksum {
                return Err(MigrateError::Changed {
                    version: migration.version,
                    name: migration.name.clone(),
                });
            }
        }
        Ok(&self.0[applied.len()..])
    }
}

impl Migration {
    fn file(&self) -> String {
        format!("{:04}_{}.sql", self.version, self.name)
    }
}

const CREATE_RECORD: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    version integer PRIMARY KEY CHECK (version > 0),
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)";

const COMMENT_RECORD: [&str; 5] = [
    "COMMENT ON TABLE schema_migration IS 'which migrations this database has had'",
    "COMMENT ON COLUMN schema_migration.version IS 'number of the file, from 1'",
    "COMMENT ON COLUMN schema_migration.name IS 'words after the number'",
    "COMMENT ON COLUMN schema_migration.checksum IS 'SHA-256 of the file, hexadecimal'",
    "COMMENT ON COLUMN schema_migration.applied_at IS 'when it was applied, by the server clock'",
];

fn parse_file(file: String, sql: String) -> Result<Migration, MigrateError> {
    let refuse = |reason: &str| MigrateError::File {
        file: file.clone(),
        reason: reason.to_owned(),
    };
    let (number, name) = file
        .strip_suffix(".sql")
        .and_then(|stem| stem.split_once('_'))
        .ok_or_else(|| refuse("the name is not NNNN_name.sql"))?;
    let snake = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if number.len() != 4 || name.is_empty() || !name.bytes().all(snake) {
        return Err(refuse("the name is not NNNN_snake_case.sql"));
    }
    let version = number
        .parse()
        .map_err(|_| refuse("the number is not four digits"))?;
    split(&sql).map_err(|error| refuse(&error.to_string()))?;
    Ok(Migration {
        version,
        name: name.to_owned(),
        checksum: hex(&Sha256::digest(sql.as_bytes())),
        sql,
    })
}

async fn lock(client: &Client) -> Result<(), MigrateError> {
    client
        .batch_execute(&format!("SET lock_timeout = {LOCK_TIMEOUT_MS}"))
        .await?;
    let locked = client
        .execute("SELECT pg_advisory_lock($1)", &[&LOCK_KEY])
        .await;
    client.batch_execute("RESET lock_timeout").await?;
    match locked {
        Ok(_) => Ok(()),
        Err(error)
            if error.code() == Some(&tokio_postgres::error::SqlState::LOCK_NOT_AVAILABLE) =>
        {
            Err(MigrateError::Locked)
        }
        Err(error) => Err(error.into()),
    }
}

/// Runs one file and records it, or leaves no trace of it.
async fn apply(client: &Client, migration: &Migration) -> Result<(), MigrateError> {
    client.batch_execute("BEGIN").await?;
    let outcome = apply_statements(client, migration).await;
    let end = if outcome.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    let ended = client.batch_execute(end).await;
    outcome?;
    Ok(ended?)
}

async fn apply_statements(client: &Client, migration: &Migration) -> Result<(), MigrateError> {
    let statements = split(&migration.sql).map_err(|error| MigrateError::File {
        file: migration.file(),
        reason: error.to_string(),
    })?;
    for statement in statements {
        client
            .batch_execute(statement.text)
            .await
            .map_err(|source| MigrateError::Statement {
                file: migration.file(),
                line: statement.line,
                source,
            })?;
    }
    client
        .execute(
            "INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3)",
            &[&migration.version, &migration.name, &migration.checksum],
        )
        .await?;
    Ok(())
}

fn describe(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), |db| db.message().to_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migrations(files: &[(&str, &str)]) -> Result<Migrations, MigrateError> {
        Migrations::from_files(
            files
                .iter()
                .map(|(file, sql)| ((*file).to_owned(), (*sql).to_owned())),
        )
    }

    #[test]
    fn the_files_of_this_binary_are_well_formed() {
        Migrations::embedded().unwrap();
    }

    #[test]
    fn files_are_ordered_by_number() {
        let found = migrations(&[("0002_b.sql", "SELECT 2"), ("0001_a.sql", "SELECT 1")]).unwrap();
        assert_eq!(found.version(), 2);
        assert_eq!(found.0[0].name, "a");
    }

    #[test]
    fn wrong_names_numbers_and_texts_are_refused() {
        for files in [
            &[("1_a.sql", "SELECT 1")][..],
            &[("0001_Bad.sql", "SELECT 1")],
            &[("0001_.sql", "SELECT 1")],
            &[("0002_a.sql", "SELECT 1")],
            &[("0001_a.sql", "SELECT 1"), ("0001_b.sql", "SELECT 1")],
            &[("0001_a.sql", "SELECT 'open")],
        ] {
            let refused = migrations(files);
            assert!(
                matches!(refused, Err(MigrateError::File { .. })),
                "{files:?}"
            );
        }
    }
}
