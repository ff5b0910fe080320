//! Puts the parts together: the only place that knows every slice.

use std::sync::Arc;

use axum::Router;
use gridpass_types::clock::{Clock, ManualClock, SystemClock};

use crate::app::{App, AppBuilder, Settings};
use crate::audit;
use crate::db::Db;
use crate::events::Feed;
use crate::http::idempotency::{self, Callers};
use crate::ids::Entropy;
use crate::jobs::Loop;
use crate::jobs::outbox::Handlers;
use crate::keys::{self, Keeper};
use crate::limits;
use crate::notify::{self, Gateway, Texts};
use crate::oversight;
use crate::people;
use crate::phone_codes;
use crate::router;
use crate::seal::{Ring, Sealer};
use crate::{
    alerts, appeals, backtest, divisions, duty, facts, gates, holds, observation, passes,
    quarantine, red, register, rules, scans, shadow, snapshot, staff, stats, visits,
};

/// What the outside gives.
pub struct Given {
    /// The database, migrated.
    pub db: Db,
    /// A clock that is moved by hand; `None` takes the system's.
    pub simulated_clock: Option<ManualClock>,
    /// Randomness.
    pub entropy: Entropy,
    /// The master keys.
    pub keeper: Keeper,
    /// Settings.
    pub settings: Settings,
    /// Way out for text messages, if there is one.
    pub gateway: Option<Box<dyn Gateway>>,
    /// The identity provider that staff may sign in through, or none.
    pub provider: staff::Provider,
}

/// A server that only lacks its listeners.
pub struct Assembled {
    /// Shared state.
    pub app: App,
    /// Routes of the public listener.
    pub public: Router,
    /// Routes of the staff listener.
    pub staff: Router,
    /// Background work, not started yet.
    pub loops: Vec<Loop>,
}

/// Puts the parts together.
///
/// # Errors
/// When the database cannot be read or prepared.
pub async fn assemble(given: Given) -> anyhow::Result<Assembled> {
    let clock: Arc<dyn Clock> = match &given.simulated_clock {
        Some(manual) => Arc::new(manual.clone()),
        None => Arc::new(SystemClock),
    };
    let sealer = Sealer::new(Ring::new(&given.keeper.secrets(), &[], clock.now()));
    let mut builder = AppBuilder::new(given.db, clock, given.entropy, sealer, given.settings);
    let node = builder.inner().db.take_node_number().await?;
    builder = builder.as_node(node);
    keys::apply(builder.inner(), &given.keeper).await?;
    if let Some(manual) = given.simulated_clock {
        builder = builder.with(Arc::new(manual));
    }
    let feed = Feed::start(&builder.inner().db, builder.inner().events.clone());
    let pass_keys = passes::Keys::open(builder.inner()).await;
    let pass_keys =
        pass_keys.map_err(|error| anyhow::anyhow!("opening the pass keys: {error:?}"))?;
    let audit_keys = audit::Keys::open(builder.inner()).await;
    let audit_keys =
        audit_keys.map_err(|error| anyhow::anyhow!("opening the audit keys: {error:?}"))?;
    let app = builder
        .with(Arc::new(audit_keys))
        .with(Arc::new(pass_keys))
        .with(Arc::new(given.keeper))
        .with(Arc::new(gates::Directory::default()))
        .with(Arc::new(gates::Shifts::default()))
        .with(Arc::new(scans::Ingest::default()))
        .with(Arc::new(snapshot::Snapshots::default()))
        .with(Arc::new(feed))
        .with(Arc::new(handlers()))
        .with(Arc::new(callers()))
        .with(Arc::new(rules::InForce::default()))
        .with(Arc::new(facts::recolour::Recolouring::default()))
        .with(Arc::new(
            facts::recolour_catalogued::RecolouringCatalogued::default(),
        ))
        .with(Arc::new(facts::Guard::default()))
        .with(Arc::new(holds::Watch::default()))
        .with(Arc::new(divisions::Enclosures::default()))
        .with(Arc::new(people::Serials::default()))
        .with(Arc::new(Texts::new(given.gateway)))
        .with(Arc::new(given.provider))
        .with(Arc::new(phone_codes::Shown::default()))
        .build();
    audit::start(&app).await?;
    rules::ensure_first(&app).await?;
    scans::start(&app).await?;
    // Before the first scan: dates that came while nobody ran are looked at first.
    let looked = holds::look(&app).await;
    looked.map_err(|error| anyhow::anyhow!("looking at dates: {error:?}"))?;
    let (public, staff) = router::build(&app);
    Ok(Assembled {
        app,
        public,
        staff,
        loops: loops(),
    })
}

/// Handlers of follow-ups, by topic.
fn handlers() -> Handlers {
    let handlers = alerts::handlers::register(Handlers::default());
    let handlers = visits::handlers::register(handlers);
    let handlers = passes::register(handlers);
    let handlers = people::register(handlers);
    notify::register(handlers)
}

/// Tokens by which callers with an `Idempotency-Key` are known.
fn callers() -> Callers {
    let callers = people::register(Callers::default());
    observation::register(gates::register(callers))
}

/// Background work of every slice.
fn loops() -> Vec<Loop> {
    let mut loops = vec![Loop {
        name: "outbox relay",
        period: std::time::Duration::from_millis(500),
        round: |app| Box::pin(crate::jobs::outbox::relay(app)),
    }];
    loops.extend(keys::loops());
    loops.extend(people::loops());
    loops.extend(gates::loops());
    loops.extend(passes::loops());
    loops.extend(scans::loops());
    loops.extend(duty::loops());
    loops.extend(snapshot::loops());
    loops.extend(register::loops());
    loops.extend(rules::loops());
    loops.extend(shadow::loops());
    loops.extend(facts::loops());
    loops.extend(holds::loops());
    loops.extend(backtest::loops());
    loops.extend(alerts::loops());
    loops.extend(visits::loops());
    loops.extend(quarantine::loops());
    loops.extend(observation::loops());
    loops.extend(notify::loops());
    loops.extend(red::loops());
    loops.extend(appeals::loops());
    loops.extend(phone_codes::loops());
    loops.extend(limits::loops());
    loops.extend(idempotency::loops());
    loops.extend(stats::loops());
    loops.extend(oversight::loops());
    // Last: what the others caused is linked in the same round.
    loops.extend(audit::loops());
    loops
}
