//! A connection of the batcher: statements prepared once, messages pipelined.
//!
//! A batch takes two round trips. The first carries `BEGIN` and both reads, the second the
//! insert and `COMMIT`: the server answers each in order, and a `COMMIT` after a failed
//! insert rolls back.

use deadpool_postgres::Object;
use futures_util::future::{join, join3};
use gridpass_types::ids::PersonId;
use std::collections::HashMap;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Statement};

use super::columns::{FollowColumns, ScanColumns};
use super::store::{
    ADD_SCANS, ADD_SCANS_AND_FOLLOW_UPS, INSERT_SCANS_AND_FOLLOW_UPS, Inserted, READ_SUBJECTS,
    READ_VERSIONS, Subject,
};
use crate::db::{Client, Db, DbError};

/// The hot path only looks rows up by key. A plan made while tables are still empty must
/// not scan them once they are full.
const SESSION: &str = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";

/// One connection and its statements.
pub struct Hot {
    client: Client,
    read_subjects: Statement,
    read_versions: Statement,
    add: Statement,
    add_and_follow: Statement,
    insert_and_follow: Statement,
}

/// What the first round trip brings.
pub struct FirstTrip {
    /// People of the batch; unknown ones are left out.
    pub subjects: HashMap<PersonId, Subject>,
    /// Version of the directory.
    pub directory: i64,
    /// Version of the rules.
    pub rules: i64,
    /// Version of the open shifts.
    pub shifts: i64,
}

impl Hot {
    /// Takes a connection of the hot pool and prepares the statements.
    pub async fn open(db: &Db) -> Result<Self, DbError> {
        let client = db.hot_client().await?;
        client.batch_execute(SESSION).await?;
        Ok(Self {
            read_subjects: client.prepare(READ_SUBJECTS).await?,
            read_versions: client.prepare(READ_VERSIONS).await?,
            add: client.prepare(ADD_SCANS).await?,
            add_and_follow: client.prepare(ADD_SCANS_AND_FOLLOW_UPS).await?,
            insert_and_follow: client.prepare(INSERT_SCANS_AND_FOLLOW_UPS).await?,
            client,
        })
    }

    /// The connection, for the rare statements within the same transaction.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Closes the connection instead of giving it back; the server rolls back.
    pub fn discard(self) {
        drop(Object::take(self.client));
    }

    /// Begins a transaction and reads what the batch needs.
    pub async fn begin_and_read(&self, people: &[i64]) -> Result<FirstTrip, Error> {
        let (begun, subjects, versions) = join3(
            self.client.batch_execute("BEGIN"),
            self.client.query(&self.read_subjects, &[&people]),
            self.client.query(&self.read_versions, &[]),
        )
        .await;
        begun?;
        let (subjects, versions) = (subjects?, versions?);
        let version = |at: usize| versions.get(at).map_or(0, |row: &Row| row.get(0));
        let subjects = subjects.iter().map(|row| {
            let subject = Subject::from_row(row);
            (subject.person_id, subject)
        });
        Ok(FirstTrip {
            subjects: subjects.collect(),
            directory: version(0),
            rules: version(1),
            shifts: version(2),
        })
    }

    /// Stores scans that are believed to be new and commits; what it returns is on disk.
    ///
    /// # Errors
    /// A violated unique key when one of them is known; nothing is stored then.
    pub async fn add_and_commit(
        &self,
        scans: &ScanColumns<'_>,
        follow: &FollowColumns,
    ) -> Result<Inserted, Error> {
        let mut params = scans.params_with_cells();
        let add = if follow.is_empty() {
            &self.add
        } else {
            params.extend(follow.params_without_scans());
            &self.add_and_follow
        };
        let add = self.client.execute(add, &params);
        let (added, committed) = join(add, self.client.batch_execute("COMMIT")).await;
        added?;
        committed?;
        Ok(Inserted::All)
    }

    /// Stores those scans that are not known and commits; what it returns is on disk.
    pub async fn insert_and_commit(
        &self,
        scans: &ScanColumns<'_>,
        follow: &FollowColumns,
    ) -> Result<Inserted, Error> {
        let params: Vec<&(dyn ToSql + Sync)> =
            scans.params().into_iter().chain(follow.params()).collect();
        let insert = self.client.query_one(&self.insert_and_follow, &params);
        let (inserted, committed) = join(insert, self.client.batch_execute("COMMIT")).await;
        let row = inserted?;
        committed?;
        Ok(Inserted::from_row(&row, scans.len()))
    }

    /// Ends a transaction that stored nothing.
    pub async fn rollback(&self) -> Result<(), Error> {
        self.client.batch_execute("ROLLBACK").await
    }
}
