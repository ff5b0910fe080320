//! A transaction that owns its connection.
//!
//! The driver's own transaction borrows the client, which forces two lines and
//! a lifetime on every caller. This one can be returned and passed on. It
//! derefs to the client, so that a store function taking
//! `&impl GenericClient` accepts `&*tx`.

use std::ops::Deref;

use deadpool_postgres::{Client, ClientWrapper, Object};

use super::DbError;

/// An open transaction; rolled back when dropped without [`Tx::commit`].
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Tx {
    client: Option<Client>,
}

impl Tx {
    /// Begins a transaction on `client`.
    ///
    /// # Errors
    /// [`DbError::Postgres`] when the connection is broken.
    pub async fn begin(client: Client) -> Result<Self, DbError> {
        Self::begin_with(client, "BEGIN").await
    }

    /// As [`Tx::begin`], with settings that hold until it ends; one round trip.
    pub(super) async fn begin_with(client: Client, statements: &str) -> Result<Self, DbError> {
        // The guard exists before BEGIN is sent: a caller that goes away while
        // the answer is under way must not return an open transaction.
        let tx = Self {
            client: Some(client),
        };
        tx.batch_execute(statements).await?;
        Ok(tx)
    }

    /// Commits, with the audit entry of the request that makes the change; when this
    /// returns, the server has both on disk.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when the entry cannot be written, or when another call took the
    /// request's `Idempotency-Key` over: nothing is changed then.
    /// [`DbError::Postgres`]; the changes may or may not have been committed
    /// when the connection broke during the answer.
    pub async fn commit(mut self) -> Result<(), DbError> {
        let entry = crate::audit::before_commit(&self).await?;
        crate::http::idempotency::mark_committed(&self).await?;
        self.batch_execute("COMMIT").await?;
        if let Some(entry) = entry {
            entry.committed();
        }
        // Only now may the connection go back without a rollback.
        drop(self.client.take());
        Ok(())
    }

    /// Rolls back and returns the connection.
    ///
    /// # Errors
    /// [`DbError::Postgres`] when the connection broke; the server rolls back
    /// by itself then.
    pub async fn rollback(mut self) -> Result<(), DbError> {
        self.batch_execute("ROLLBACK").await?;
        drop(self.client.take());
        Ok(())
    }
}

impl Deref for Tx {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.client
            .as_ref()
            .expect("the client leaves only in commit, rollback and drop, which consume self")
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else {
            return;
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    if client.batch_execute("ROLLBACK").await.is_err() {
                        discard(client);
                    }
                });
            }
            Err(_no_runtime) => discard(client),
        }
    }
}

/// Takes the connection out of the pool and closes it; the server rolls back.
fn discard(client: Client) {
    let wrapper: ClientWrapper = Object::take(client);
    drop(wrapper);
}
