//! `live`: background traffic for a demo. People scan with the rhythm of a day,
//! guards check yellow passes, grid workers call at doors, the response team
//! starts and ends quarantines, newcomers apply. Until Ctrl-C, or for a time.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use gridpass_passcode::{Holder, MacKey, SigningKey};
use jiff::{Timestamp, tz::TimeZone};
use tokio::task::JoinSet;

use crate::api;
use crate::bench::ServerClock;
use crate::client::refused_with;
use crate::crew::{Crew, Reading, Shown, temperature};
use crate::progress::Progress;
use crate::random::{Purpose, Stream};
use crate::state::{Phone, State, bytes_from_base64, from_base64};
use crate::world::World;
use crate::world::people::Person;
use crate::world::shape::HOURLY;

/// Scans under way at most; more would only queue in the server.
const SCANS_AT_ONCE: usize = 64;
/// Between two lines of progress.
const REPORT_EVERY: Duration = Duration::from_secs(10);
/// One scan in so many reads a fever.
const FEVER_ONE_IN: u64 = 4_000;

/// Arguments of `live`.
#[derive(Debug, clap::Args)]
pub struct LiveArgs {
    /// The state file of the load.
    #[arg(long)]
    pub state: PathBuf,
    /// Scans per second, averaged over a day.
    #[arg(long, default_value_t = 20.0)]
    pub rate: f64,
    /// The quietest hour has at least this share of the average, so that a demo at night moves too.
    #[arg(long, default_value_t = 0.4)]
    pub floor: f64,
    /// Stops after so many seconds; without it, at Ctrl-C.
    #[arg(long)]
    pub seconds: Option<u64>,
}

/// Runs `live`.
///
/// # Errors
/// When the server refuses something or is gone.
pub async fn run(args: &LiveArgs, progress: &Progress) -> Result<()> {
    anyhow::ensure!(
        args.rate > 0.0 && args.rate <= 10_000.0,
        "--rate must lie between 0 and 10000"
    );
    let state = State::read(&args.state)?;
    let town = Town::open(&state).await?;
    progress.note(format!(
        "live: {} scans/s on average at {} gates",
        args.rate,
        town.crew.gates()
    ));
    let until = args
        .seconds
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    tokio::select! {
        result = traffic(args, &town, until) => result?,
        result = chores(&town, until) => result?,
        result = report(&town, progress) => result?,
        _ = tokio::signal::ctrl_c() => {}
    }
    progress.note(town.counts.line());
    Ok(())
}

/// Everything the traffic needs.
struct Town {
    world: World,
    crew: Crew,
    phones: Vec<Phone>,
    /// Second in which each phone was shown last, since 1970.
    shown_at: Vec<AtomicI64>,
    clock: ServerClock,
    zone: TimeZone,
    counts: Counts,
}

/// What happened so far.
#[derive(Debug, Default)]
struct Counts {
    scans: AtomicU64,
    yellow: AtomicU64,
    red: AtomicU64,
    visits: AtomicU64,
    quarantines: AtomicU64,
    releases: AtomicU64,
    newcomers: AtomicU64,
    refused: AtomicU64,
}

impl Counts {
    fn line(&self) -> String {
        let of = |count: &AtomicU64| count.load(Relaxed);
        format!(
            "live: {} scans ({} yellow, {} red), {} visits, {} quarantines started, {} ended, {} newcomers, {} refused",
            of(&self.scans),
            of(&self.yellow),
            of(&self.red),
            of(&self.visits),
            of(&self.quarantines),
            of(&self.releases),
            of(&self.newcomers),
            of(&self.refused)
        )
    }
}

impl Town {
    async fn open(state: &State) -> Result<Arc<Self>> {
        let crew = Crew::assemble(state).await?;
        let now = api::server_time(&crew.desk).await?;
        Ok(Arc::new(Self {
            world: World::grow(state.seed, state.scale)?,
            crew,
            phones: state.phones.clone(),
            shown_at: state.phones.iter().map(|_| AtomicI64::new(0)).collect(),
            clock: ServerClock::new(now, Instant::now()),
            zone: TimeZone::get("Asia/Shanghai")
                .context("the time zone of the district is unknown here")?,
            counts: Counts::default(),
        }))
    }

    /// Whoever tries the demo works in it, too: a pass withdrawn, a visit taken, a code shown
    /// elsewhere. What the server refuses for that is counted, and the town goes on.
    fn bear(&self, done: Result<()>) -> Result<()> {
        match done {
            Err(error) if is_refusal(&error) => {
                self.counts.refused.fetch_add(1, Relaxed);
                Ok(())
            }
            other => other,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.clock.ms_at(Instant::now())).unwrap_or_default()
    }

    /// A phone that shows a new code at `at`: codes count in seconds, and the same one at two
    /// gates is a forwarded picture, which the server refuses.
    fn free_phone(&self, at: Timestamp, random: &mut Stream) -> Option<&Phone> {
        if self.phones.is_empty() {
            return None;
        }
        let index = random.below(self.phones.len() as u64) as usize;
        let before = self.shown_at[index].swap(at.as_second(), Relaxed);
        (before < at.as_second()).then(|| &self.phones[index])
    }

    /// Traffic of this hour against the average.
    fn factor(&self, floor: f64) -> f64 {
        let hour = self.now().to_zoned(self.zone.clone()).hour();
        (HOURLY[hour.unsigned_abs() as usize] * 24.0).max(floor)
    }
}

async fn traffic(args: &LiveArgs, town: &Arc<Town>, until: Option<Instant>) -> Result<()> {
    // Numbered from the clock, so that every start of the demo draws other people.
    let mut number = town.now().as_millisecond() as u64;
    let mut due = Instant::now();
    let mut under_way = JoinSet::new();
    while until.is_none_or(|until| Instant::now() < until) {
        let mut random = Stream::new(town.world.seed, Purpose::Traffic, number);
        number += 1;
        // Exponential gaps: people do not arrive in step.
        let gap = -(1.0 - random.unit()).ln() / (args.rate * town.factor(args.floor));
        due = (due + Duration::from_secs_f64(gap)).max(Instant::now() - Duration::from_secs(1));
        tokio::time::sleep_until(due.into()).await;
        while under_way.len() >= SCANS_AT_ONCE {
            finish_one(town, &mut under_way).await?;
        }
        while let Some(done) = under_way.try_join_next() {
            town.bear(done.context("a scan broke down")?)?;
        }
        let town = Arc::clone(town);
        under_way.spawn(async move { one_scan(&town, random).await });
    }
    while !under_way.is_empty() {
        finish_one(town, &mut under_way).await?;
    }
    Ok(())
}

async fn finish_one(town: &Town, under_way: &mut JoinSet<Result<()>>) -> Result<()> {
    match under_way.join_next().await {
        Some(done) => town.bear(done.context("a scan broke down")?),
        None => Ok(()),
    }
}

/// Whether the server understood and refused: 4xx, but not for want of a sign-in.
fn is_refusal(error: &anyhow::Error) -> bool {
    (400..500).any(|status| status != 401 && refused_with(error, status))
}

/// Somebody comes to a gate: by phone if they have one, else by number; a yellow pass is
/// looked into on the spot and shown again.
async fn one_scan(town: &Town, mut random: Stream) -> Result<()> {
    let at = town.now();
    let phone = if random.chance(0.5) {
        town.free_phone(at, &mut random)
    } else {
        None
    };
    let (person, shown) = match phone {
        Some(phone) => (town.world.person(phone.person), present(phone, at)?),
        None => {
            let person = town
                .world
                .holder_at(random.below(town.world.totals.holders));
            let shown = Shown::Number(person.number.clone());
            (person, shown)
        }
    };
    let gate = gate_for(town, &person, &mut random)?;
    let guard = town.crew.guard(gate);
    let reading = Reading {
        at,
        inward: random.chance(0.5),
        decidegrees: temperature(&mut random, FEVER_ONE_IN),
    };
    let scan = guard.scan(&shown, reading).await?;
    town.counts.scans.fetch_add(1, Relaxed);
    match scan.colour.as_str() {
        "red" => drop(town.counts.red.fetch_add(1, Relaxed)),
        "yellow" => drop(town.counts.yellow.fetch_add(1, Relaxed)),
        _ => {}
    }
    if scan.colour == "yellow" && scan.action == "check" {
        tokio::time::sleep(Duration::from_millis(800)).await;
        guard
            .check(scan.person_id, town.now(), random.chance(0.97))
            .await?;
        let again = Reading {
            at: town.now(),
            ..reading
        };
        guard.scan(&Shown::Number(person.number), again).await?;
        town.counts.scans.fetch_add(1, Relaxed);
    }
    Ok(())
}

/// Most pass their own gate, workers half the time their employer's, a few visit.
fn gate_for(town: &Town, person: &Person, random: &mut Stream) -> Result<usize> {
    if random.chance(0.04) {
        return Ok(random.below(town.crew.gates() as u64) as usize);
    }
    match town.crew.work_gate(person).filter(|_| random.chance(0.5)) {
        Some(gate) => Ok(gate),
        None => town.crew.home_gate(person, random),
    }
}

fn present(phone: &Phone, at: Timestamp) -> Result<Shown> {
    let key = SigningKey::from_bytes(&from_base64(&phone.key)?);
    let mac_key = MacKey::from_bytes(&from_base64(&phone.mac_key)?);
    let holder = Holder::new(key, &bytes_from_base64(&phone.credential)?, mac_key)
        .context("a credential in the state file cannot be used")?;
    if phone.expires_at <= at {
        anyhow::bail!(
            "the credentials in the state file have ended; run `gridpass-sim enrol --renew`"
        );
    }
    Ok(Shown::Presentation(
        holder
            .present(at)
            .context("a presentation could not be signed")?,
    ))
}

/// The slower work: newcomers, visits, quarantine.
async fn chores(town: &Arc<Town>, until: Option<Instant>) -> Result<()> {
    let first = town.now().as_millisecond() as u64;
    let mut in_quarantine: VecDeque<(i64, i64)> = VecDeque::new();
    let mut visits_seen = 0;
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    for second in 0_u64.. {
        ticks.tick().await;
        if until.is_some_and(|until| Instant::now() >= until) {
            break;
        }
        let mut random = Stream::new(town.world.seed, Purpose::Visit, first + second);
        if second % 3 == 0 {
            town.bear(newcomer(town, &mut random).await)?;
        }
        if second % 5 == 1 {
            town.bear(visits(town, &mut visits_seen, &mut random).await)?;
        }
        if second % 75 == 10 {
            town.bear(quarantine(town, &mut in_quarantine, &mut random).await)?;
        }
        if in_quarantine.len() > 8 && second % 75 == 20 {
            let Some((person_id, order_id)) = in_quarantine.pop_front() else {
                continue;
            };
            let released = town.crew.release(person_id, order_id).await;
            town.bear(released.map(|ended| {
                let ended = u64::from(ended);
                town.counts.releases.fetch_add(ended, Relaxed);
            }))?;
        }
    }
    Ok(())
}

/// Somebody just arrived: applies, names a home, and goes through its gate.
async fn newcomer(town: &Town, random: &mut Stream) -> Result<()> {
    let totals = town.world.totals;
    let person = town
        .world
        .person(totals.residents + random.below(2 * totals.arrivals));
    api::enrol(
        &town.crew.public,
        &person,
        Some(town.crew.enclosure_id(&person)),
    )
    .await?;
    town.counts.newcomers.fetch_add(1, Relaxed);
    let guard = town.crew.guard(town.crew.home_gate(&person, random)?);
    let reading = Reading {
        at: town.now(),
        inward: true,
        decidegrees: temperature(random, FEVER_ONE_IN),
    };
    let scan = guard.scan(&Shown::Number(person.number), reading).await?;
    town.counts.scans.fetch_add(1, Relaxed);
    if scan.action == "check" {
        guard.check(scan.person_id, town.now(), true).await?;
    }
    Ok(())
}

/// A grid worker ends a few of the open visits.
async fn visits(town: &Town, seen: &mut i64, random: &mut Stream) -> Result<()> {
    const A_ROUND: usize = 5;
    let open = town.crew.open_visits(*seen, A_ROUND).await?;
    // At the end of the list the round begins anew.
    *seen = if open.len() < A_ROUND {
        0
    } else {
        open.last().map_or(0, |visit| visit.visit_id)
    };
    for visit in open {
        if random.chance(0.6) {
            // Of some people no home is on record; the worker finds them somewhere.
            let enclosure = visit
                .enclosure_id
                .unwrap_or_else(|| town.crew.any_enclosure(random));
            let ended = town.crew.verify_home(&visit, enclosure).await?;
            town.counts.visits.fetch_add(u64::from(ended), Relaxed);
        }
    }
    Ok(())
}

/// The response team isolates somebody at home.
async fn quarantine(
    town: &Town,
    orders: &mut VecDeque<(i64, i64)>,
    random: &mut Stream,
) -> Result<()> {
    let person = town
        .world
        .holder_at(random.below(town.world.totals.holders));
    let guard = town.crew.guard(town.crew.home_gate(&person, random)?);
    let reading = Reading {
        at: town.now(),
        inward: true,
        decidegrees: temperature(random, u64::MAX),
    };
    let scan = guard.scan(&Shown::Number(person.number), reading).await?;
    town.counts.scans.fetch_add(1, Relaxed);
    let today = town.now().to_zoned(town.zone.clone()).date();
    if let Some(order_id) = town.crew.quarantine(scan.person_id, today).await? {
        town.counts.quarantines.fetch_add(1, Relaxed);
        orders.push_back((scan.person_id, order_id));
    }
    Ok(())
}

async fn report(town: &Town, progress: &Progress) -> Result<()> {
    loop {
        tokio::time::sleep(REPORT_EVERY).await;
        progress.note(town.counts.line());
    }
}
