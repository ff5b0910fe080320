//! One chunk of an import, written in one transaction with its counts.

use gridpass_types::ids::{PassSerial, RegistryImportId};

use super::compare::{KnownRow, without_doubles};
use super::directory::Directory;
use super::hold::{Breaker, Flips};
use super::model::{HoldView, RowOutcome};
use super::prepare::{Prepared, Ready};
use super::said::Said;
use super::store::{self, Counts, NotedRow};
use crate::app::App;
use crate::db::{Client, DbErrorKind};
use crate::facts::{self, BulkPerson};
use crate::http::error::ApiResult;
use crate::people;

/// Times a chunk is written anew after a deadlock with somebody else's transaction.
const TRIES_MAX: usize = 3;

/// What every chunk of an import shares.
pub(super) struct Target {
    /// The import.
    pub import_id: RegistryImportId,
    /// The registry's name.
    pub source: String,
    /// Whether unknown people are entered.
    pub creates_people: bool,
}

/// A chunk while it is written.
pub(super) struct Chunk<'a> {
    pub(super) tx: &'a Client,
    pub(super) app: &'a App,
    pub(super) directory: &'a Directory,
    pub(super) source: &'a str,
    creates_people: bool,
    pub(super) counts: Counts,
    pub(super) noted: Vec<NotedRow>,
    pub(super) flips: Flips,
}

/// What a file is written with, from chunk to chunk.
pub(super) struct Writer {
    pub(super) directory: Directory,
    pub(super) breaker: Breaker,
}

/// Writes a chunk; all of it or nothing. Gives the hold when nothing was written for one.
pub(super) async fn write(
    app: &App,
    target: &Target,
    writer: &mut Writer,
    rows: &[Prepared],
) -> ApiResult<Option<HoldView>> {
    let mut tries = 1;
    loop {
        match try_write(app, target, writer, rows).await {
            Err(error) if tries < TRIES_MAX && error.db_kind() == Some(DbErrorKind::Retry) => {
                tries += 1;
            }
            done => return done,
        }
    }
}

async fn try_write(
    app: &App,
    target: &Target,
    writer: &mut Writer,
    rows: &[Prepared],
) -> ApiResult<Option<HoldView>> {
    let tx = app.db.tx().await?;
    store::lock_chunks(&tx).await?;
    writer.directory.learn(&tx, rows).await?;
    let mut chunk = Chunk {
        tx: &tx,
        app,
        directory: &writer.directory,
        source: &target.source,
        creates_people: target.creates_people,
        counts: Counts::default(),
        noted: Vec::new(),
        flips: Flips::default(),
    };
    chunk.take(rows).await?;
    let Chunk {
        counts,
        noted,
        flips,
        ..
    } = chunk;
    let counted = (counts.rows, &flips);
    if let Some(hold) = writer.breaker.count(&tx, app, counted).await? {
        tx.rollback().await?;
        return Ok(Some(hold));
    }
    store::insert_rows(&tx, target.import_id, &noted).await?;
    store::insert_flips(&tx, (target.import_id, app.now()), flips.columns()).await?;
    store::add_counts(&tx, target.import_id, &counts).await?;
    tx.commit().await?;
    writer.breaker.committed(counts.rows);
    if counts.conflicts > 0 {
        app.work_waiting.notify_waiters();
    }
    Ok(None)
}

impl Chunk<'_> {
    async fn take(&mut self, rows: &[Prepared]) -> ApiResult<()> {
        let mut good = Vec::with_capacity(rows.len());
        for prepared in rows {
            self.counts.rows += 1;
            let refused = match &prepared.ready {
                Ok(row) => self.directory.refuse(row).or_else(|| {
                    good.push((prepared.number, row));
                    None
                }),
                Err(rejection) => Some(rejection.clone()),
            };
            if let Some(rejection) = refused {
                self.counts.rejected += 1;
                self.note(prepared.number, RowOutcome::Rejected, rejection.code);
                if let Some(noted) = self.noted.last_mut() {
                    noted.fields = rejection.fields;
                }
            }
        }
        for part in without_doubles(good) {
            self.take_part(&part).await?;
        }
        Ok(())
    }

    fn note(&mut self, number: i64, outcome: RowOutcome, code: &'static str) {
        self.noted.push(NotedRow {
            number,
            outcome,
            code,
            fields: vec!["document_number"],
            person_id: None,
        });
    }

    /// Takes rows of which no number stands twice.
    async fn take_part(&mut self, rows: &[(i64, &Ready)]) -> ApiResult<()> {
        let unknown = self.compare_known(rows).await?;
        if unknown.is_empty() {
            return Ok(());
        }
        if !self.creates_people {
            self.counts.missed += i64::try_from(unknown.len()).unwrap_or(i64::MAX);
            for (number, _) in unknown {
                self.note(number, RowOutcome::Missed, "person_unknown");
            }
            return Ok(());
        }
        let claimed_by_others = self.create(unknown).await?;
        let lost = self.compare_known(&claimed_by_others).await?;
        debug_assert!(lost.is_empty(), "a number that is claimed has a person");
        Ok(())
    }

    /// Compares the rows whose person is known and gives back the others.
    async fn compare_known<'r>(
        &mut self,
        rows: &[(i64, &'r Ready)],
    ) -> ApiResult<Vec<(i64, &'r Ready)>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let digests: Vec<&[u8]> = rows
            .iter()
            .flat_map(|(_, row)| &row.person.number_digests)
            .map(|(_, digest)| &digest[..])
            .collect();
        let found = store::list_known(self.tx, &digests).await?;
        let mut known = Vec::new();
        let mut unknown = Vec::new();
        for &(number, row) in rows {
            let mut digests = row.person.number_digests.iter();
            match digests.find_map(|(_, digest)| found.get(&digest[..])) {
                Some(&person_id) => known.push(KnownRow {
                    number,
                    row,
                    person_id,
                }),
                None => unknown.push((number, row)),
            }
        }
        self.compare(&known).await?;
        Ok(unknown)
    }

    /// Enters people; gives back rows whose number somebody else claimed meanwhile.
    async fn create<'r>(
        &mut self,
        rows: Vec<(i64, &'r Ready)>,
    ) -> ApiResult<Vec<(i64, &'r Ready)>> {
        let claims: Vec<_> = rows
            .iter()
            .map(|(_, row)| (&row.person.number_digests[..], row.person.person_id))
            .collect();
        let won = people::claim_numbers(self.tx, &claims).await?;
        let (mut mine, theirs): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .partition(|(_, row)| won.contains(&row.person.person_id.get()));
        let serials = people::serial_block(self.app, mine.len()).await?;
        // In order of identity, so that neighbouring rows go to neighbouring index pages.
        mine.sort_unstable_by_key(|(_, row)| row.person.person_id);
        let people: Vec<(PassSerial, &people::NewRow)> = serials
            .into_iter()
            .zip(mine.iter().map(|(_, row)| &row.person))
            .collect();
        people::insert_people(self.tx, &people, self.app.now()).await?;
        let states: Vec<BulkPerson> = people
            .iter()
            .zip(&mine)
            .map(|(&(pass_serial, person), (_, row))| BulkPerson {
                person_id: person.person_id,
                pass_serial,
                place_code: facts::home_place(self.app, person.grid_code.as_deref()),
                facts: Said::default().news((row, true), self.directory, self.source),
            })
            .collect();
        facts::open_people_bulk(self.tx, self.app, &states).await?;
        self.counts.created += i64::try_from(mine.len()).unwrap_or(i64::MAX);
        Ok(theirs)
    }
}
