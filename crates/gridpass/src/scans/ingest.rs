//! The batcher's sink: one transaction for a batch of scans.
//!
//! A batch that fails for a passing reason is tried once more on a fresh connection: if
//! the first attempt was committed after all, the second finds its rows and answers what
//! they say. A batch that fails for a reason of its own is done scan by scan, so that the
//! one at fault spares its neighbours.

use std::time::Instant;

use gridpass_batcher::{Sink, Slot};
use gridpass_rules::derive;
use gridpass_types::Colour;
use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;

use super::columns::{FollowColumns, ScanColumns, Stamp};
use super::decide::{AtGate, Verdict, decide};
use super::hot::{FirstTrip, Hot};
use super::model::{Scan, ScanKey, ScanView};
use super::store::{Expect, Inserted, is_known};
use super::{answers, partitions};
use crate::app::{App, WeakApp};
use crate::db::{DbError, DbErrorKind};
use crate::facts;
use crate::gates::{Directory, OpenShifts, Shifts, Snapshot};
use crate::http::code::Code;
use crate::http::error::ApiError;
use crate::metrics::Kind;
use crate::rules::{InForce, Scopes};

/// What a caller is told about one scan.
pub type Answer = Result<ScanView, Code>;

/// Batches that are looked through for known scans after one held such a scan. Whoever
/// sends again sends more than one; and one who does so on purpose must not cost every
/// batch a second transaction.
const WARY_BATCHES: u32 = 64;

/// Commits batches on a connection of its own.
pub struct ScanSink {
    app: WeakApp,
    lane: i16,
    hot: Option<Hot>,
    /// Batches still to be done as if they held known scans.
    wary_batches: u32,
    /// Counters by colour code, found once.
    counted: [Counter; 3],
}

impl ScanSink {
    /// The sink of a worker. It does not keep the application alive that owns it.
    pub fn new(app: WeakApp, counted: [Counter; 3], slot: Slot) -> Self {
        Self {
            app,
            lane: i16::try_from(slot.lane).unwrap_or(i16::MAX),
            hot: None,
            wary_batches: 0,
            counted,
        }
    }

    /// The counters of committed scans by colour code, found once.
    pub fn counters(app: &App) -> [Counter; 3] {
        [Colour::Green, Colour::Yellow, Colour::Red].map(|colour| {
            let kind = Kind {
                kind: colour.as_str(),
            };
            app.metrics.scans.get_or_create(&kind).clone()
        })
    }
}

impl Sink for ScanSink {
    type Item = Scan;
    type Answer = Answer;
    type Error = Code;

    async fn commit(&mut self, scans: Vec<Scan>) -> Result<Vec<Answer>, Code> {
        let app = self.app.upgrade().ok_or(Code::DatabaseUnavailable)?;
        let began = Instant::now();
        app.metrics.scan_queue.dec_by(scans.len() as i64);
        app.metrics.batch_size.observe(scans.len() as f64);
        let answers = self.try_twice(&app, &scans).await;
        app.metrics
            .batch_seconds
            .observe(began.elapsed().as_secs_f64());
        let answers = match answers {
            Err(Failure::OfItsOwn(_)) if scans.len() > 1 => self.one_by_one(&app, &scans).await,
            Err(failure) => return Err(failure.code()),
            Ok(answers) => answers,
        };
        for view in answers.iter().flatten().filter(|view| !view.duplicate) {
            self.counted[view.colour as usize].inc();
        }
        Ok(answers)
    }
}

/// Why a batch was not committed, by what can be done.
enum Failure {
    /// The database is away or would have it repeated.
    Passing(Code),
    /// A scan that was believed to be new is known.
    Known,
    /// Something in the batch, or a fault of ours.
    OfItsOwn(ApiError),
}

impl Failure {
    fn code(self) -> Code {
        match self {
            Self::Passing(code) => code,
            Self::Known => Code::Overloaded,
            Self::OfItsOwn(error) => {
                tracing::error!(?error, "a batch of scans failed");
                error.code()
            }
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        if partitions::is_missing(&error) {
            return Self::Passing(Code::Internal);
        }
        if is_known(&error) {
            return Self::Known;
        }
        DbError::from(error).into()
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        match error.kind() {
            DbErrorKind::Unavailable | DbErrorKind::Retry => {
                Self::Passing(Code::DatabaseUnavailable)
            }
            DbErrorKind::Busy | DbErrorKind::TimedOut => Self::Passing(Code::Overloaded),
            _ => Self::OfItsOwn(error.into()),
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        match error.code() {
            code @ (Code::DatabaseUnavailable | Code::Overloaded) => Self::Passing(code),
            _ => Self::OfItsOwn(error),
        }
    }
}

impl ScanSink {
    async fn try_twice(&mut self, app: &App, scans: &[Scan]) -> Result<Vec<Answer>, Failure> {
        let expect = self.expected();
        match self.attempt(app, scans, expect).await {
            Err(Failure::Passing(code)) => {
                tracing::warn!(code = code.as_str(), "a batch of scans is tried again");
                super::ensure_partitions(app).await?;
                self.attempt(app, scans, Expect::Any).await
            }
            Err(Failure::Known) => {
                self.wary_batches = WARY_BATCHES;
                self.attempt(app, scans, Expect::Any).await
            }
            other => other,
        }
    }

    /// New scans, unless a known one was sent lately: then more may follow.
    fn expected(&mut self) -> Expect {
        match self.wary_batches {
            0 => Expect::New,
            _ => {
                self.wary_batches -= 1;
                Expect::Any
            }
        }
    }

    async fn one_by_one(&mut self, app: &App, scans: &[Scan]) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(scans.len());
        for scan in scans {
            let one = self.try_twice(app, std::slice::from_ref(scan)).await;
            let answer = one.map(|mut answers| answers.pop().unwrap_or(Err(Code::Internal)));
            answers.push(answer.unwrap_or_else(|failure| Err(failure.code())));
        }
        answers
    }

    /// One transaction. The connection is kept only if it ended well.
    async fn attempt(
        &mut self,
        app: &App,
        scans: &[Scan],
        expect: Expect,
    ) -> Result<Vec<Answer>, Failure> {
        let hot = match self.hot.take() {
            Some(hot) if !hot.client().is_closed() => hot,
            _ => Hot::open(&app.db).await?,
        };
        match transact(app, &hot, scans, (self.lane, expect)).await {
            Ok(answers) => {
                self.hot = Some(hot);
                Ok(answers)
            }
            Err(Failure::Known) => {
                // The COMMIT behind the failed statement has rolled back.
                self.hot = Some(hot);
                Err(Failure::Known)
            }
            Err(failure) => {
                hot.discard();
                Err(failure)
            }
        }
    }
}

/// Scans of a batch in order of their keys, each once.
struct Plan<'s> {
    ordered: Vec<&'s Scan>,
    /// For each scan as it came, where its key stands in the order.
    places: Vec<usize>,
    people: Vec<i64>,
}

impl<'s> Plan<'s> {
    fn of(scans: &'s [Scan]) -> Self {
        let mut arrivals: Vec<usize> = (0..scans.len()).collect();
        // Stable: of two with the same key the one that came first counts.
        arrivals.sort_by_key(|arrival| scans[*arrival].key);
        let mut plan = Self {
            ordered: Vec::with_capacity(scans.len()),
            places: vec![0; scans.len()],
            people: Vec::with_capacity(scans.len()),
        };
        for arrival in arrivals {
            let scan = &scans[arrival];
            if plan.ordered.last().is_none_or(|last| last.key != scan.key) {
                plan.ordered.push(scan);
                plan.people.push(scan.key.person_id.get());
            }
            plan.places[arrival] = plan.ordered.len() - 1;
        }
        plan.people.dedup();
        plan
    }

    /// An answer for every scan in the order they came. A key that stands twice in the
    /// batch is answered twice, the second time as known.
    fn answer_all(&self, decided: Vec<Answer>) -> Vec<Answer> {
        if self.ordered.len() == self.places.len() {
            let mut decided: Vec<Option<Answer>> = decided.into_iter().map(Some).collect();
            let take = |place: &usize| decided[*place].take().unwrap_or(Err(Code::Internal));
            return self.places.iter().map(take).collect();
        }
        let mut answered = vec![false; decided.len()];
        let answer = |place: &usize| {
            let again = std::mem::replace(&mut answered[*place], true);
            decided[*place].clone().map(|view| ScanView {
                duplicate: view.duplicate || again,
                ..view
            })
        };
        self.places.iter().map(answer).collect()
    }
}

async fn transact(
    app: &App,
    hot: &Hot,
    scans: &[Scan],
    (lane, expect): (i16, Expect),
) -> Result<Vec<Answer>, Failure> {
    let ingest = app.part::<super::Ingest>();
    ingest.partitions.ensure(app).await?;
    let plan = Plan::of(scans);
    let mut trip = hot.begin_and_read(&plan.people).await?;
    let client = hot.client();
    let in_force = app.part::<InForce>();
    let rules = match in_force.cached(trip.rules) {
        Some(rules) => rules,
        None => in_force.current(client).await?,
    };
    let directory = app.part::<Directory>();
    let directory = match directory.cached(trip.directory) {
        Some(snapshot) => snapshot,
        None => directory.current(app, client).await?,
    };
    let open = app.part::<Shifts>();
    let open = match open.cached(trip.shifts) {
        Some(shifts) => shifts,
        None => open.current(client).await?,
    };
    // One instant for the states, the decisions and the record: a replay asks for the same.
    let now = app.now();
    refresh_outdated(hot, &mut trip, now).await?;

    let stamp = Stamp {
        received_at: now,
        lane,
        tally_id: app.ids.next(),
    };
    let mut columns = ScanColumns::with_capacity(plan.ordered.len(), stamp);
    let mut follow = FollowColumns::default();
    let mut asked = Vec::new();
    let mut decided: Vec<Answer> = Vec::with_capacity(plan.ordered.len());
    for scan in &plan.ordered {
        let verdict = judge((scan, now), &trip, (&directory, &open), &rules);
        if let Ok((verdict, _)) = &verdict {
            columns.push(scan, verdict, None);
            let visit = verdict.visit_cause(&scan.key);
            if let Some(cause) = visit.filter(|cause| !ingest.asked.contains(cause)) {
                asked.push(cause);
                follow.extend(&scan.key, verdict.visit(&scan.key));
            }
            follow.extend(&scan.key, verdict.alert(&scan.key, scan.decicelsius));
        }
        decided.push(verdict.map(|(verdict, serial)| verdict.view(&scan.key, serial)));
    }
    if columns.is_empty() {
        hot.rollback().await?;
    } else {
        let inserted = match expect {
            Expect::New => hot.add_and_commit(&columns, &follow).await?,
            Expect::Any => hot.insert_and_commit(&columns, &follow).await?,
        };
        if let Inserted::All = inserted {
            ingest.asked.remember(&asked);
        }
        recall_known(app, hot, (&plan, &inserted), &mut decided).await?;
        if follow.has_alerts() {
            app.work_waiting.notify_waiters();
        }
    }
    Ok(plan.answer_all(decided))
}

/// Derives anew the people whose stored state is not that of now: a date in their facts
/// has passed and the background refresh has not come to them yet.
async fn refresh_outdated(hot: &Hot, trip: &mut FirstTrip, now: Timestamp) -> Result<(), Failure> {
    let outdated: Vec<i64> = trip
        .subjects
        .values()
        .filter(|subject| !subject.holds_at(subject.changed_at.max(now)))
        .map(|subject| subject.person_id.get())
        .collect();
    if outdated.is_empty() {
        return Ok(());
    }
    let facts = facts::load_facts(hot.client(), &outdated).await?;
    for (person_id, facts) in facts {
        let person_id = gridpass_types::ids::PersonId::new(person_id);
        if let Some(subject) = trip.subjects.get_mut(&person_id) {
            subject.state = derive(&facts, subject.changed_at.max(now)).state;
        }
    }
    Ok(())
}

/// The verdict about one scan and the serial of the pass, or why there is none.
fn judge<'r>(
    (scan, now): (&Scan, Timestamp),
    trip: &FirstTrip,
    (directory, open): (&Snapshot, &OpenShifts),
    rules: &'r Scopes,
) -> Result<(Verdict<'r>, gridpass_types::ids::PassSerial), Code> {
    let gate = super::gate_of(directory, scan)?;
    super::check_shift(open, scan, now)?;
    let subject = trip
        .subjects
        .get(&scan.key.person_id)
        .ok_or(Code::PersonUnknown)?;
    subject.check_shown(scan.shown)?;
    let at = AtGate {
        gate,
        direction: scan.direction,
        decicelsius: scan.decicelsius,
    };
    let deciding = rules.deciding(subject.place.as_str(), &gate.place_code);
    let counted_at = subject.counted_at(subject.changed_at.max(now));
    let known = (&subject.state, counted_at);
    let verdict = decide(deciding, known, &at).of(scan);
    Ok((verdict, subject.pass_serial))
}

/// Puts the stored answer in the place of the decision for scans that were known already.
async fn recall_known(
    app: &App,
    hot: &Hot,
    (plan, inserted): (&Plan<'_>, &Inserted),
    decided: &mut [Answer],
) -> Result<(), Failure> {
    if let Inserted::All = inserted {
        return Ok(());
    }
    let keys = plan.ordered.iter().map(|scan| scan.key);
    let known: Vec<ScanKey> = keys
        .zip(decided.iter())
        .filter(|(key, answer)| answer.is_ok() && !inserted.contains(key))
        .map(|(key, _)| key)
        .collect();
    for (key, view) in answers::recall(app, hot.client(), &known).await? {
        if let Ok(place) = plan.ordered.binary_search_by_key(&key, |scan| scan.key) {
            decided[place] = Ok(view);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
