//! What the present request or job has said about itself, until it is written down.

use std::borrow::Cow;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use gridpass_types::ids::{DeviceId, PersonId, StaffId};

use super::entry::{Entry, New};
use super::keys::Keys;
use super::layer::Named;
use super::operations::{Kind, Operation, Purpose};
use super::store;
use crate::app::App;
use crate::auth::Caller;
use crate::db::{Client, DbError};
use crate::http::code::Code;

/// People one entry names; more become several entries.
const SUBJECTS_MAX: usize = 1000;

tokio::task_local! {
    static CURRENT: Arc<Context>;
}

/// Who acts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// `staff`, `holder`, `device`, `system` or `nobody`.
    pub kind: &'static str,
    /// Identity; 0 for the system and for callers not signed in.
    pub id: i64,
    /// Organisation, of staff.
    pub unit: Option<String>,
    /// Role, of staff.
    pub role: Option<&'static str>,
    /// Jurisdiction, of staff; of an account that acts in no role yet, the place that answers
    /// for it; empty otherwise.
    pub jurisdiction: String,
}

impl Actor {
    /// A member of staff.
    pub fn staff(caller: &Caller) -> Self {
        Self {
            kind: "staff",
            id: caller.staff_id.get(),
            unit: Some(caller.unit.clone()),
            role: Some(caller.role.as_str()),
            jurisdiction: caller.jurisdiction.clone(),
        }
    }

    /// An account whose session has not finished signing in, so that it acts in no role yet.
    pub fn account(staff_id: StaffId, unit: Option<&str>, home: String) -> Self {
        Self {
            unit: unit.map(str::to_owned),
            jurisdiction: home,
            ..Self::of("staff", staff_id.get())
        }
    }

    /// The phone of a person.
    pub fn holder(person_id: PersonId) -> Self {
        Self::of("holder", person_id.get())
    }

    /// A gate's device.
    pub fn device(device_id: DeviceId) -> Self {
        Self::of("device", device_id.get())
    }

    /// Jobs and commands.
    pub fn system() -> Self {
        Self::of("system", 0)
    }

    /// A caller who is not signed in.
    pub fn nobody() -> Self {
        Self::of("nobody", 0)
    }

    fn of(kind: &'static str, id: i64) -> Self {
        Self {
            kind,
            id,
            ..Self::default()
        }
    }
}

/// Where a request comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    /// Network address.
    pub address: Option<String>,
    /// Beginning of the session's digest.
    pub session: Option<String>,
}

/// One request or job.
pub(super) struct Context {
    app: App,
    action: Cow<'static, str>,
    kind: Kind,
    purpose: Purpose,
    origin: Origin,
    draft: Mutex<Draft>,
}

#[derive(Default)]
struct Draft {
    actor: Option<Actor>,
    /// Named and not written yet.
    subjects: Vec<i64>,
    /// Named and on record.
    recorded: Vec<i64>,
    named: bool,
    object: Option<String>,
    reference: Option<String>,
    /// The newest entry that is committed.
    written: Option<i64>,
}

impl Context {
    /// A request of an operation.
    pub fn request(
        app: App,
        operation: &'static Operation,
        origin: Origin,
        named: Named,
    ) -> Arc<Self> {
        let draft = Draft {
            named: named.person.is_some(),
            subjects: named.person.iter().map(|person| person.get()).collect(),
            object: named.object,
            ..Draft::default()
        };
        Arc::new(Self {
            app,
            action: operation.id.into(),
            kind: operation.kind,
            purpose: operation.purpose,
            origin,
            draft: Mutex::new(draft),
        })
    }

    /// Runs `work` with this context.
    pub async fn run<T>(self: Arc<Self>, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    fn with<T>(&self, change: impl FnOnce(&mut Draft) -> T) -> T {
        change(&mut self.draft.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the handler said whose data it is, also when it is nobody's.
    pub fn has_named(&self) -> bool {
        self.with(|draft| draft.named)
    }

    /// Whether a change's entry is committed.
    pub fn is_written(&self) -> bool {
        self.with(|draft| draft.written.is_some())
    }

    /// Whether people were named who are not on record yet.
    pub fn has_waiting(&self) -> bool {
        self.with(|draft| !draft.subjects.is_empty())
    }

    /// The entries to write: one for each thousand people, at least one.
    fn entries(&self, result: &'static str, code: Option<&'static str>) -> Vec<New> {
        self.with(|draft| {
            let actor = draft.actor.clone().unwrap_or_else(Actor::nobody);
            let mut parts: Vec<&[i64]> = draft.subjects.chunks(SUBJECTS_MAX).collect();
            if parts.is_empty() {
                parts.push(&[]);
            }
            let entry = |part: &&[i64]| New {
                entry_id: self.app.ids.next(),
                at: self.app.now(),
                actor: actor.clone(),
                purpose: self.purpose.as_str().to_owned(),
                action: self.action.to_string(),
                subjects: part.to_vec(),
                object: draft.object.clone(),
                result,
                code,
                origin: self.origin.address.clone(),
                session: self.origin.session.clone(),
                reference: draft.reference.clone(),
            };
            parts.iter().map(entry).collect()
        })
    }

    /// Writes entries in the caller's transaction; they count once that is committed and
    /// [`Written::committed`] was called.
    async fn write(
        self: &Arc<Self>,
        db: &Client,
        result: &'static str,
        code: Option<&'static str>,
    ) -> Result<Written, DbError> {
        let keys = self.app.part::<Keys>();
        let mut written = Written {
            context: self.clone(),
            people: 0,
            last: 0,
        };
        for mut new in self.entries(result, code) {
            written.people += new.subjects.len();
            // Two nodes may give the same identity in the same millisecond.
            while !store::insert_entry(db, &new, &keys.newest()).await? {
                let [low, high] = self.app.entropy.bytes();
                new.entry_id = self.app.ids.next() + i64::from(u16::from_le_bytes([low, high]));
            }
            written.last = new.entry_id;
        }
        Ok(written)
    }

    /// Writes and commits on its own: reads, refusals and repeated answers.
    pub async fn write_alone(
        self: &Arc<Self>,
        result: &'static str,
        code: Option<&'static str>,
    ) -> Result<(), DbError> {
        let db = self.app.db.client().await?;
        // One statement is one transaction; only pages beyond a thousand people have more.
        let written = self.write(&db, result, code).await?;
        written.committed();
        Ok(())
    }
}

/// Entries in a transaction that is not committed yet.
pub(crate) struct Written {
    context: Arc<Context>,
    people: usize,
    last: i64,
}

impl Written {
    /// The transaction is committed: these people are on record.
    pub(crate) fn committed(self) {
        self.context.with(|draft| {
            let people = self.people.min(draft.subjects.len());
            let recorded: Vec<i64> = draft.subjects.drain(..people).collect();
            draft.recorded.extend(recorded);
            draft.written = Some(self.last);
        });
    }
}

/// Writes the present change's entry in its own transaction, just before it commits. Nothing
/// is written outside a request or job, for reads, and a second time for the same people.
pub(crate) async fn before_commit(db: &Client) -> Result<Option<Written>, DbError> {
    let Ok(context) = CURRENT.try_with(Arc::clone) else {
        return Ok(None);
    };
    let (written, waiting, object) = context.with(|draft| {
        let waiting = !draft.subjects.is_empty();
        (draft.written.is_some(), waiting, draft.object.is_some())
    });
    let wanted = match context.kind {
        Kind::Change | Kind::Manage => !written || waiting,
        Kind::Job => waiting || (object && !written),
        Kind::Supervise => false,
        Kind::Read | Kind::Plain | Kind::Exempt(_) => false,
    };
    if !wanted {
        return Ok(None);
    }
    let written = context.write(db, "done", None).await;
    written.map(Some).map_err(|error| {
        tracing::error!(%error, action = %context.action, "the audit entry of a change cannot be written");
        DbError::Unavailable("the audit log cannot be written")
    })
}

/// Runs a job or command under its name; what it changes is recorded as the system's doing
/// when it names people or a thing.
pub async fn as_job<T>(
    app: &App,
    name: impl Into<Cow<'static, str>>,
    work: impl Future<Output = T>,
) -> T {
    let context = Context {
        app: app.clone(),
        action: name.into(),
        kind: Kind::Job,
        purpose: Purpose::Administration,
        origin: Origin::default(),
        draft: Mutex::default(),
    };
    context.with(|draft| draft.actor = Some(Actor::system()));
    Arc::new(context).run(work).await
}

fn note(change: impl FnOnce(&mut Draft)) {
    // Outside a request nobody asks for a record.
    let _outside = CURRENT.try_with(|context| context.with(change));
}

/// Says who calls. Costs nothing where no entry is kept.
pub fn actor(who: impl FnOnce() -> Actor) {
    note(|draft| draft.actor = Some(who()));
}

/// Says whose data is shown or changed.
pub fn subject(person_id: PersonId) {
    subjects([person_id]);
}

/// Says whose data is shown or changed; an empty list says that it is nobody's. What cannot
/// be a person's identity is left out: whoever puts a document number into an address shall
/// not have it kept here.
pub fn subjects(people: impl IntoIterator<Item = PersonId>) {
    note(|draft| {
        draft.named = true;
        for person in people {
            let id = person.get();
            if !(1..=PersonId::MAX.get()).contains(&id) {
                continue;
            }
            if !draft.subjects.contains(&id) && !draft.recorded.contains(&id) {
                draft.subjects.push(id);
            }
        }
    });
}

/// Writes at once that somebody's data was refused: one call may be about several people, and what
/// becomes of the others is not said of this one. Names the person if nobody has.
///
/// # Errors
/// When the entry cannot be written; then nothing may be answered.
pub async fn refused(person_id: PersonId, code: Code) -> Result<(), DbError> {
    subject(person_id);
    let Ok(context) = CURRENT.try_with(Arc::clone) else {
        return Ok(());
    };
    let others = context.with(|draft| {
        let all = std::mem::take(&mut draft.subjects);
        let (mine, others): (Vec<i64>, Vec<i64>) =
            all.into_iter().partition(|id| *id == person_id.get());
        draft.subjects = mine;
        others
    });
    let written = match context.has_waiting() {
        true => context.write_alone("refused", Some(code.as_str())).await,
        // No person's identity, or named on record before.
        false => Ok(()),
    };
    context.with(|draft| draft.subjects = others);
    written
}

/// Says which other thing it is about, as `kind/identity`.
pub fn object(thing: impl Into<String>) {
    note(|draft| draft.object = Some(thing.into()));
}

/// Names what allowed it: a break-glass grant or an approval.
pub fn reference(what: impl Into<String>) {
    note(|draft| draft.reference = Some(what.into()));
}

/// Whether the present request only shows something.
pub fn is_reading() -> bool {
    let reading = |context: &Arc<Context>| matches!(context.kind, Kind::Read | Kind::Supervise);
    CURRENT.try_with(reading).unwrap_or(false)
}

/// Whom and what the present request has named so far.
pub fn named() -> (Vec<i64>, Option<String>) {
    let named = CURRENT.try_with(|context| {
        context.with(|draft| {
            let people = draft.recorded.iter().chain(&draft.subjects);
            (people.copied().collect(), draft.object.clone())
        })
    });
    named.unwrap_or_default()
}

/// Takes the present request along into a task of its own.
pub fn carry<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let current = CURRENT.try_with(Arc::clone).ok();
    async move {
        match current {
            Some(context) => context.run(work).await,
            None => work.await,
        }
    }
}

/// The newest committed entry of the present request.
pub fn entry_of() -> Option<i64> {
    let entry = CURRENT.try_with(|context| context.with(|draft| draft.written));
    entry.ok().flatten()
}

/// Says that an earlier answer is given again: the same caller, the same people.
///
/// # Errors
/// When the database does not answer.
pub async fn repeats(db: &Client, entry_id: i64) -> Result<(), DbError> {
    let Some(first) = store::find_entry(db, entry_id).await? else {
        return Ok(());
    };
    note(|draft| draft.take_over(first));
    Ok(())
}

/// Says whom an earlier answer showed that is given again, and which other thing it is about.
pub fn repeats_showing(people: Vec<i64>, thing: Option<String>) {
    note(|draft| {
        draft.named = true;
        draft.subjects = people;
        draft.object = thing;
    });
}

impl Draft {
    fn take_over(&mut self, first: Entry) {
        self.named = true;
        self.actor = Some(first.actor());
        self.subjects = first.subjects;
        self.object = first.object;
    }
}
