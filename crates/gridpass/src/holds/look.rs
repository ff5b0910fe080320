//! Looking ahead: which dates would change whose colour, and whether that is too much.
//!
//! Every half a minute, one node looks at the dates of this hour and the next ones. Most hours end
//! with the count: fewer people have a date than may flip. Otherwise their states at the date are
//! derived, and where too many colours would change, these people's rows lose their end in the
//! same transaction. What was counted is remembered, so that the next look derives only rows
//! that were written since.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use gridpass_types::clock::hour_of;
use jiff::{SignedDuration, Timestamp};

use super::model::{HoldKind, HoldStatus, StepKind, TimeHold};
use super::{sources, store};
use crate::app::{App, LiveEvent};
use crate::db::{Client, Tx};
use crate::events;
use crate::facts::{self, Due, DueCount, Window};
use crate::http::error::ApiResult;
use crate::rules::{InForce, Scopes};

/// How often somebody looks.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// Full hours that are looked at beyond the one of now.
const AHEAD: SignedDuration = SignedDuration::from_hours(2);
/// Counts of hours are kept for so long.
const COUNTS_KEPT: SignedDuration = SignedDuration::from_hours(48);
/// Rows stamped so long before the last look may have been committed after it.
const IN_FLIGHT: SignedDuration = SignedDuration::from_secs(60);
/// Digits of a community's code.
const COMMUNITY_DIGITS: usize = 12;
/// Digits of a leaf code.
const LEAF_DIGITS: usize = 15;

/// How far this node has looked, and what it counted.
#[derive(Default)]
pub struct Watch(Mutex<Looked>);

#[derive(Clone, Default)]
struct Looked {
    at: Option<Timestamp>,
    until: Timestamp,
    /// The rules by which it was counted.
    epoch: i64,
    /// Flips by community and hour, an upper bound, and when they were counted.
    counted: HashMap<(String, Timestamp), (i64, Timestamp)>,
}

impl Watch {
    /// Dates before this instant were looked at, by this node.
    pub fn looked_until(&self) -> Timestamp {
        self.lock().until
    }

    fn begin(&self, now: Timestamp) -> Option<Looked> {
        let looked = self.lock();
        let fresh = |at: Timestamp| now.duration_since(at).abs() < LOOK_EVERY;
        let is_fresh = looked.at.is_some_and(fresh) && now < looked.until;
        (!is_fresh).then(|| looked.clone())
    }

    fn keep(&self, looked: Looked) {
        *self.lock() = looked;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Looked> {
        self.0.lock().expect("nothing panics while it holds this")
    }
}

/// One look.
pub(super) struct Looking<'a> {
    pub tx: &'a Tx,
    pub app: &'a App,
    pub rules: Arc<Scopes>,
    pub now: Timestamp,
    /// Beginning of this hour.
    pub hour: Timestamp,
    /// Dates before this instant are looked at.
    pub until: Timestamp,
}

/// Looks ahead unless that was done just now. Where another node is at it, that one does.
///
/// # Errors
/// When the database does not answer; dates then wait for the next look.
pub async fn look(app: &App) -> ApiResult<()> {
    let watch = app.part::<Watch>();
    let now = app.now();
    let Some(mut looked) = watch.begin(now) else {
        return Ok(());
    };
    let tx = app.db.tx().await?;
    if !store::try_lock_look(&tx).await? {
        return Ok(());
    }
    let hour = hour_of(now);
    let looking = Looking {
        rules: app.part::<InForce>().current(&tx).await?,
        tx: &tx,
        app,
        now,
        hour,
        until: hour + AHEAD + SignedDuration::from_hours(1),
    };
    if looked.epoch != looking.rules.epoch() {
        looked.counted.clear();
    }
    looked.counted.retain(|(_, counted), _| *counted >= hour);
    let known = store::list_known(&tx, hour).await?;
    sources::look(&looking, &known).await?;
    looking.passages(&known, &mut looked).await?;
    looking.ask_again(&known).await?;
    facts::forget_passed(&tx, hour - COUNTS_KEPT).await?;
    looked.at = Some(now);
    looked.until = looking.until;
    looked.epoch = looking.rules.epoch();
    tx.commit().await?;
    watch.keep(looked);
    Ok(())
}

impl Looking<'_> {
    async fn passages(&self, known: &[TimeHold], looked: &mut Looked) -> ApiResult<()> {
        let whole = Window {
            hour: self.hour,
            from: self.hour,
            to: self.until,
        };
        let mut passed = facts::passed_flips(self.tx, self.hour).await?;
        for count in facts::count_due(self.tx, whole).await? {
            let already = match count.hour == self.hour {
                true => passed.remove(&count.community).unwrap_or(0),
                false => 0,
            };
            let place_code = leaf(&count.community);
            let own = |hold: &&TimeHold| {
                hold.place_code == place_code && hold.hour_at == Some(count.hour)
            };
            match known.iter().find(own) {
                Some(hold) if hold.status.is_open() => {
                    let flips = self.flips(&count, Timestamp::UNIX_EPOCH).await?;
                    self.hold(hold, &flips).await?;
                }
                // Somebody let this hour take effect, or everybody had new evidence.
                Some(_) => {}
                None => self.passage(&count, (already, place_code), looked).await?,
            }
        }
        Ok(())
    }

    /// One community in one hour that nobody has decided about.
    async fn passage(
        &self,
        count: &DueCount,
        (already, place_code): (i64, String),
        looked: &mut Looked,
    ) -> ApiResult<()> {
        let limit = self.app.settings.hold;
        if already + count.due < i64::from(limit.people_min) {
            return Ok(());
        }
        let people = store::count_people(self.tx, &count.community).await?;
        if !limit.is_above(people, already + count.due) {
            return Ok(());
        }
        let key = (count.community.clone(), count.hour);
        if let Some((flips, at)) = looked.counted.get(&key).copied() {
            let since = self.flips(count, at - IN_FLIGHT).await?;
            let at_most = flips + i64::try_from(since.len()).unwrap_or(i64::MAX);
            if !limit.is_above(people, already + at_most) {
                looked.counted.insert(key, (at_most, self.now));
                return Ok(());
            }
        }
        let flips = self.flips(count, Timestamp::UNIX_EPOCH).await?;
        let counted = i64::try_from(flips.len()).unwrap_or(i64::MAX);
        looked.counted.insert(key, (counted, self.now));
        if !limit.is_above(people, already + counted) {
            return Ok(());
        }
        tracing::warn!(
            community = count.community,
            flips = counted,
            people,
            "a passage of time is held: it would flip too many people"
        );
        let hold = TimeHold {
            place_code,
            hour_at: Some(count.hour),
            people,
            ..self.new_hold()
        };
        self.begin(&hold, &flips).await
    }

    async fn flips(&self, count: &DueCount, changed_since: Timestamp) -> ApiResult<Vec<Due>> {
        let window = Window {
            hour: self.hour,
            from: count.hour,
            to: count.hour + SignedDuration::from_hours(1),
        };
        let wanted = (window, changed_since);
        let due = facts::list_due(self.tx, &count.community, wanted).await?;
        facts::would_flip(self.tx, &self.rules, due).await
    }

    /// A hold of a passage that begins now; the caller fills in what it is about.
    pub fn new_hold(&self) -> TimeHold {
        TimeHold {
            hold_id: self.app.ids.next(),
            kind: HoldKind::Passage,
            place_code: String::new(),
            hour_at: None,
            source: None,
            late_since: None,
            people: 0,
            flips: 0,
            held_now: 0,
            status: HoldStatus::Held,
            held_at: self.now,
            kept_until: None,
            decided_at: None,
            decided_by: None,
        }
    }

    /// Notes a new hold, holds people's states and tells those who decide.
    pub async fn begin(&self, hold: &TimeHold, flips: &[Due]) -> ApiResult<()> {
        store::insert_hold(self.tx, hold).await?;
        self.hold(hold, flips).await?;
        self.step(hold, StepKind::Held).await
    }

    /// Holds people's states.
    pub async fn hold(&self, hold: &TimeHold, flips: &[Due]) -> ApiResult<()> {
        if flips.is_empty() {
            return Ok(());
        }
        let wanted = (hold.hold_id, hold.source.as_deref());
        let held = facts::hold_states(self.tx, wanted, flips).await?;
        if held > 0 {
            let people = match hold.kind {
                HoldKind::Passage => {
                    let community = &hold.place_code[..COMMUNITY_DIGITS];
                    store::count_people(self.tx, community).await?
                }
                HoldKind::Source => hold.people,
            };
            store::add_flips(self.tx, hold.hold_id, (held, people)).await?;
            tell(self.tx, &hold.place_code).await?;
        }
        Ok(())
    }

    /// Asks again where the time is over for which somebody kept the old colours, and ends
    /// holds of passages that hold nobody any more.
    async fn ask_again(&self, known: &[TimeHold]) -> ApiResult<()> {
        let open = known.iter().filter(|hold| hold.status.is_open());
        let ids: Vec<i64> = open.clone().map(|hold| hold.hold_id).collect();
        let held = facts::count_held(self.tx, &ids).await?;
        for hold in open {
            let is_past = hold.hour_at.is_some_and(|hour| hour < self.hour);
            if is_past && !held.contains_key(&hold.hold_id) {
                self.over(hold, StepKind::Over).await?;
            } else if hold.kept_until.is_some_and(|until| until <= self.now) {
                let asked = TimeHold {
                    status: HoldStatus::Held,
                    kept_until: None,
                    ..hold.clone()
                };
                store::update_hold(self.tx, &asked).await?;
                self.step(&asked, StepKind::AskedAgain).await?;
            }
        }
        Ok(())
    }

    /// Ends a hold by itself.
    pub async fn over(&self, hold: &TimeHold, step: StepKind) -> ApiResult<()> {
        let over = TimeHold {
            status: HoldStatus::Over,
            kept_until: None,
            ..hold.clone()
        };
        store::update_hold(self.tx, &over).await?;
        self.step(&over, step).await
    }

    async fn step(&self, hold: &TimeHold, kind: StepKind) -> ApiResult<()> {
        let held = facts::count_held(self.tx, &[hold.hold_id]).await?;
        let people = held.get(&hold.hold_id).copied().unwrap_or(0);
        let step = (hold.hold_id, self.app.ids.next());
        store::insert_step(self.tx, step, (kind, people), (self.now, None, "")).await?;
        tell(self.tx, &hold.place_code).await
    }
}

/// Tells open pages that something about a hold changed.
pub(super) async fn tell(tx: &Client, place_code: &str) -> ApiResult<()> {
    let event = LiveEvent {
        topic: events::HOLDS,
        place_code: place_code.to_owned(),
        body: "{}".into(),
    };
    Ok(events::notify(tx, &event).await?)
}

/// The district as a leaf code: where a source's hold lies.
pub(super) fn district(app: &App) -> String {
    leaf(&app.settings.district)
}

fn leaf(division: &str) -> String {
    format!("{division:0<LEAF_DIGITS$}")
}
