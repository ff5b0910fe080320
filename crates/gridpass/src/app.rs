//! What every handler and job is given: database, clock, randomness, keys, numbers.
//!
//! The platform knows no slice. A slice that needs shared state of its own (a cache,
//! the scan batcher) puts it into [`App`] at boot and takes it out by type.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Weak};

use gridpass_types::clock::{Clock, ManualClock};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, broadcast};

use crate::config::Limits;
use crate::db::Db;
use crate::ids::{Entropy, IdSource};
use crate::metrics::Metrics;
use crate::seal::Sealer;

/// Events that a slow listener may lag behind before it is told to read anew.
const EVENTS_BACKLOG_MAX: usize = 1024;

/// Settings that slices read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The district (6 digits) whose people are counted here when their home is unknown.
    pub district: String,
    /// Issuer name in credentials.
    pub issuer: String,
    /// Demo mode: synthetic people, a clock that can be moved, shown tokens.
    pub demo: bool,
    /// Folder with the built web apps (`pass/dist`, `resident/dist`, `gate/dist`, `field/dist`, `console/dist`).
    pub web_dir: std::path::PathBuf,
    /// Where phones reach the pass, if that was said.
    pub pass_url: Option<String>,
    /// Browsers reach us by TLS only, and are told to use nothing else.
    pub tls_only: bool,
    /// Offer the slow path that benchmarks compare with.
    pub bench_baseline: bool,
    /// People whom one member of staff may propose to stop within an hour; more are held.
    pub red_people_per_hour: u32,
    /// From how many people on a change of colours waits for a person.
    pub hold: HoldLimit,
    /// How often residents and clients may do something.
    pub limits: Limits,
    /// What signing in takes, and how long it lasts.
    pub sign_in: SignIn,
    /// How long an alert may wait before the next level up is told.
    pub response: ResponseClocks,
    /// How long appeals may take, and what holds when nobody answers.
    pub appeals: AppealTerms,
}

/// How long an alert may wait before the next level up is told.
#[derive(Clone, Copy, Debug)]
pub struct ResponseClocks {
    /// Until somebody accepts it.
    pub accept_max: SignedDuration,
    /// From accepting until somebody is there.
    pub arrive_max: SignedDuration,
}

impl Default for ResponseClocks {
    /// Five minutes to accept, half an hour to arrive.
    fn default() -> Self {
        Self {
            accept_max: SignedDuration::from_mins(5),
            arrive_max: SignedDuration::from_mins(30),
        }
    }
}

/// How long appeals may take at each level, and what holds when the last deadline passes.
#[derive(Clone, Copy, Debug)]
pub struct AppealTerms {
    /// Against a red pass.
    pub red: SignedDuration,
    /// Against a yellow pass.
    pub yellow: SignedDuration,
    /// Against a wrong detail.
    pub detail: SignedDuration,
    /// Whether a register's conflict is suspended then. Nothing else ever is: medical evidence
    /// does not fall by a clock.
    pub suspend_conflicts: bool,
    /// Appeals one person may open within a day; 0 is no limit.
    pub per_person_day: u32,
}

impl Default for AppealTerms {
    /// A day, two days, three days; a conflict is suspended; ten a day.
    fn default() -> Self {
        Self {
            red: SignedDuration::from_hours(24),
            yellow: SignedDuration::from_hours(48),
            detail: SignedDuration::from_hours(72),
            suspend_conflicts: true,
            per_person_day: 10,
        }
    }
}

/// What signing in takes, and how long it lasts.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Whether an account without a second factor can do nothing but set one up.
    pub factor_required: bool,
    /// How long a session may be idle before it ends.
    pub idle_max: SignedDuration,
}

/// From how many people on a change of colours waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldLimit {
    /// Share of a community in percent.
    pub share_percent: u8,
    /// And at least so many people.
    pub people_min: u32,
}

impl HoldLimit {
    /// Whether this many flips among people of one community are too many to happen unseen.
    pub fn is_above(&self, people: i64, flips: i64) -> bool {
        flips >= i64::from(self.people_min)
            && flips.saturating_mul(100) >= people.saturating_mul(i64::from(self.share_percent))
    }
}

/// Something that happened, for live pages. Names and codes only, no personal data.
#[derive(Clone, Debug)]
pub struct LiveEvent {
    /// `alert`, `held`, `visit`, `red`, `appeal`, `rules` or `stats`.
    pub topic: &'static str,
    /// Division concerned, 15 digits; a listener sees its jurisdiction only.
    pub place_code: String,
    /// JSON body.
    pub body: Arc<str>,
}

/// Handle to everything shared; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// A handle that does not keep the application alive: for workers that it owns itself.
#[derive(Clone)]
pub struct WeakApp(Weak<Inner>);

impl WeakApp {
    /// The application, unless it is gone.
    pub fn upgrade(&self) -> Option<App> {
        self.0.upgrade().map(App)
    }
}

/// What [`App`] holds; made once at boot.
pub struct Inner {
    /// The database.
    pub db: Db,
    /// The clock; never read the system's directly.
    pub clock: Arc<dyn Clock>,
    /// Wakes the background loops: follow-ups were written or the clock was moved.
    pub work_waiting: Notify,
    /// Identities.
    pub ids: Arc<IdSource>,
    /// Randomness.
    pub entropy: Arc<Entropy>,
    /// Field sealing and digests.
    pub sealer: Sealer,
    /// Settings.
    pub settings: Settings,
    /// Numbers for Prometheus.
    pub metrics: Metrics,
    /// Live events of this node.
    pub events: broadcast::Sender<LiveEvent>,
    parts: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Collects the parts of an [`App`].
pub struct AppBuilder(Inner);

impl AppBuilder {
    /// Starts from what the platform needs.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        entropy: Entropy,
        sealer: Sealer,
        settings: Settings,
    ) -> Self {
        Self(Inner {
            db,
            ids: Arc::new(IdSource::new(clock.clone(), 0)),
            clock,
            work_waiting: Notify::new(),
            entropy: Arc::new(entropy),
            sealer,
            settings,
            metrics: Metrics::new(),
            events: broadcast::channel(EVENTS_BACKLOG_MAX).0,
            parts: HashMap::new(),
        })
    }

    /// Gives the process its own number, see [`IdSource`].
    #[must_use]
    pub fn as_node(mut self, node: i64) -> Self {
        self.0.ids = Arc::new(IdSource::new(self.0.clock.clone(), node));
        self
    }

    /// What is there so far, for parts that need it while they are made.
    pub fn inner(&self) -> &Inner {
        &self.0
    }

    /// Adds a slice's shared state.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, part: Arc<T>) -> Self {
        self.0.parts.insert(TypeId::of::<T>(), part);
        self
    }

    /// Finishes.
    pub fn build(self) -> App {
        App(Arc::new(self.0))
    }
}

impl App {
    /// A handle that does not keep the application alive.
    pub fn downgrade(&self) -> WeakApp {
        WeakApp(Arc::downgrade(&self.0))
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock that a demo may move; `None` on a real one.
    pub fn simulated_clock(&self) -> Option<Arc<ManualClock>> {
        let part = self.parts.get(&TypeId::of::<ManualClock>()).cloned();
        part.and_then(|part| part.downcast::<ManualClock>().ok())
    }

    /// A slice's shared state.
    ///
    /// # Panics
    /// When boot did not put it in: a mistake of the program, found by any test.
    pub fn part<T: Any + Send + Sync>(&self) -> Arc<T> {
        let part = self.parts.get(&TypeId::of::<T>()).cloned();
        part.and_then(|part| part.downcast::<T>().ok())
            .unwrap_or_else(|| panic!("boot did not provide {}", std::any::type_name::<T>()))
    }

    /// Tells live pages; nobody listening is fine.
    pub fn publish(&self, event: LiveEvent) {
        let _nobody_listens = self.events.send(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_people_and_small_shares_are_not_held() {
        let limit = HoldLimit {
            share_percent: 5,
            people_min: 50,
        };
        assert!(!limit.is_above(100, 49), "few");
        assert!(!limit.is_above(10_000, 499), "a small share");
        assert!(limit.is_above(1_000, 50));
        assert!(limit.is_above(50, 50));
    }
}
