//! The roles under which the database is used.
//!
//! The **owner** makes and changes the schema and is not used while the server runs. The
//! **engine** answers gates and phones and does the jobs: no DDL, and what is append-only
//! stays so. **Staff** is the role of requests of staff: row-level security shows it only
//! what lies in the caller's jurisdiction. Roles belong to the whole server, so several
//! databases on one share them; their rights are those each database gives.
//!
//! In the private cluster the lesser roles log in themselves, on a socket that only we reach:
//! a session of theirs can never become the owner. On an operator's server there is one
//! login; each connection takes its role when it begins. `RESET ROLE` goes back to that
//! role and not to the login. `SET ROLE NONE` would go to the login; but nobody can send
//! it: every statement is a literal of this program with parameters, which tidy checks.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};

/// Gates, phones and jobs.
pub const ENGINE: &str = "gridpass_engine";
/// Requests of staff.
pub const STAFF: &str = "gridpass_staff";

/// How to connect under each role.
#[derive(Clone)]
pub struct Logins {
    /// For migrations.
    pub owner: Config,
    /// For gates, phones and jobs.
    pub engine: Config,
    /// For requests of staff.
    pub staff: Config,
}

impl Logins {
    /// One login that is a member of the lesser roles; a connection takes its role when it
    /// begins.
    pub fn through(owner: Config) -> Self {
        let taking = |role: &str| {
            let mut config = owner.clone();
            let given = config.get_options().unwrap_or_default();
            let options = format!("{given} -c role={role}");
            config.options(options.trim());
            config
        };
        Self {
            engine: taking(ENGINE),
            staff: taking(STAFF),
            owner,
        }
    }

    /// Three logins of a server that asks for no password: the private one.
    pub fn separate(owner: Config) -> Self {
        let of = |role: &str| {
            let mut config = owner.clone();
            config.user(role);
            config
        };
        Self {
            engine: of(ENGINE),
            staff: of(STAFF),
            owner,
        }
    }
}

/// Why the roles are not there.
#[derive(Debug, thiserror::Error)]
pub enum RolesError {
    /// The login may not make roles.
    #[error(
        "the database login {login} may not make the roles gridpass_engine and gridpass_staff; \
         have an administrator run once: CREATE ROLE gridpass_engine; CREATE ROLE gridpass_staff; \
         GRANT gridpass_engine, gridpass_staff TO \"{login}\""
    )]
    NotAllowed {
        /// Who we are on that server.
        login: String,
    },
    /// The server did not answer.
    #[error("the database roles cannot be looked up: {0}")]
    Lookup(#[from] tokio_postgres::Error),
}

/// Makes the lesser roles unless they exist, and makes the login a member of them.
///
/// # Errors
/// [`RolesError::NotAllowed`] with what an administrator must run.
pub async fn ensure(client: &Client) -> Result<(), RolesError> {
    for role in [ENGINE, STAFF] {
        let row = client
            .query_one(
                "SELECT r.oid IS NOT NULL, coalesce(pg_has_role(r.oid, 'USAGE'), false)
                 FROM (SELECT) AS one LEFT JOIN pg_roles r ON r.rolname = $1",
                &[&role],
            )
            .await?;
        let (exists, member): (bool, bool) = (row.get(0), row.get(1));
        if !exists {
            let made = client.batch_execute(&format!("CREATE ROLE {role}")).await;
            allowed(client, made).await?;
        }
        if !member {
            let grant = format!("GRANT {role} TO CURRENT_USER");
            let granted = client.batch_execute(&grant).await;
            allowed(client, granted).await?;
        }
    }
    Ok(())
}

/// A role that another node has just made is fine.
async fn allowed(
    client: &Client,
    done: Result<(), tokio_postgres::Error>,
) -> Result<(), RolesError> {
    let Err(error) = done else {
        return Ok(());
    };
    let code = error.code();
    if code == Some(&SqlState::DUPLICATE_OBJECT) || code == Some(&SqlState::UNIQUE_VIOLATION) {
        return Ok(());
    }
    if code == Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
        let row = client.query_one("SELECT current_user", &[]).await?;
        return Err(RolesError::NotAllowed { login: row.get(0) });
    }
    Err(error.into())
}
