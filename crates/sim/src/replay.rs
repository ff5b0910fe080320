//! `replay`: the month from 10 February to 6 March 2020 on the server's simulated
//! clock. Who applies, scans, arrives and is isolated on which day follows from
//! the seed alone; after every day the server's numbers must add up.

mod cast;
mod day;
mod plan;
mod queue;
mod report;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use jiff::{Timestamp, civil, tz::TimeZone};
use serde_json::json;

use crate::api;
use crate::check::{self, Found};
use crate::client::Client;
use crate::crew::Crew;
use crate::load;
use crate::progress::Progress;
use crate::world::{World, shape};
use cast::Cast;
use day::Day;
use plan::MonthPlan;
use report::DayReport;

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub struct ReplayArgs {
    #[command(flatten)]
    pub server: crate::cli::ServerArgs,
    #[command(flatten)]
    pub admin: crate::cli::AdminArgs,
    /// Size of the district: 1 is 550,000 applicants and 6 million scans.
    #[arg(long, default_value_t = 0.01)]
    pub scale: f64,
    /// The same seed gives the same month.
    #[arg(long, default_value_t = 2020)]
    pub seed: u64,
    /// Days to replay, from 10 February on.
    #[arg(long, default_value_t = shape::DAYS)]
    pub days: usize,
    /// Calls under way at the same time.
    #[arg(long, default_value_t = 16)]
    pub clients: usize,
    /// Writes tokens, gates and keys here for later commands.
    #[arg(long)]
    pub state: Option<PathBuf>,
}

/// First day of the month replayed.
const FIRST_DAY: civil::Date = civil::date(2020, 2, 10);

/// The server's simulated clock, which anybody may move in demo mode.
struct SimulatedClock {
    server: Client,
    zone: TimeZone,
}

impl SimulatedClock {
    /// The instant of a local time on a day of the month.
    fn at(&self, day: usize, hour: i8, minute: i8) -> Result<Timestamp> {
        let date = FIRST_DAY.checked_add(jiff::Span::new().days(day as i64))?;
        Ok(date
            .at(hour, minute, 0, 0)
            .to_zoned(self.zone.clone())?
            .timestamp())
    }

    /// Moves the server to `now`.
    async fn set(&self, now: Timestamp) -> Result<()> {
        let set = self.server.put("/api/v1/clock", &json!({"now": now})).await;
        set.context("the server has no clock that can be moved; start it with --mode demo --simulated-clock 2020-02-10T00:00:00+08:00")
    }
}

/// Runs `replay`.
///
/// # Errors
/// When the server is not in demo mode, refuses something, or its numbers do not add up.
pub async fn run(args: &ReplayArgs, progress: &Progress) -> Result<()> {
    let started = Instant::now();
    let world = Arc::new(World::grow(args.seed, args.scale)?);
    let staff = Client::new(&args.server.staff)?;
    let clock = SimulatedClock {
        server: staff.clone(),
        zone: TimeZone::get("Asia/Shanghai").context("the time zone is unknown here")?,
    };
    clock.set(clock.at(0, 0, 5)?).await?;
    let admin = api::sign_in(&staff, &args.admin.admin, &args.admin.password).await?;
    let mut state = load::load_directory(&world, (&staff, &admin), progress).await?;
    state.scale = args.scale;
    state.public.clone_from(&args.server.public);
    state.staff.clone_from(&args.server.staff);
    if let Some(path) = &args.state {
        state.write(path)?;
    }
    let plan = MonthPlan::of(&world.totals);
    let mut cast = Cast::new(Arc::clone(&world));
    let mut crew = Crew::assemble(&state).await?;
    let mut month = DayReport::default();
    for day in 0..args.days.min(shape::DAYS) {
        let mut today = Day {
            number: day,
            world: &world,
            plan: &plan,
            crew: &mut crew,
            state: &state,
            cast: &mut cast,
            clients: args.clients,
        };
        let report = today.run(&clock).await?;
        month.add(&report);
        audit(&crew, &world, &month).await?;
        progress.note(format!(
            "{} {}",
            clock.at(day, 12, 0)?.to_zoned(clock.zone.clone()).date(),
            report.line(&month)
        ));
    }
    progress.result(format!(
        "replayed {} days in {:.0} s: {}; every day's numbers add up at every level",
        args.days.min(shape::DAYS),
        started.elapsed().as_secs_f64(),
        month.summary()
    ));
    Ok(())
}

/// The server must count exactly what it was sent, and every level must be the sum of the one below.
async fn audit(crew: &Crew, world: &World, month: &DayReport) -> Result<()> {
    let district = world.tree.district();
    let mut found = Found::default();
    check::people(&crew.desk, district, false, &mut found).await?;
    check::scans(&crew.desk, district, &mut found).await?;
    check::raw_rows(&crew.desk, &mut found).await?;
    let people = check::people_in(&crew.desk, district).await?;
    if people != month.people() {
        found.differences.push(format!(
            "{} people were entered, the server counts {people}",
            month.people()
        ));
    }
    let scans = check::scans_in(&crew.desk, district).await?;
    if scans != month.scans() {
        found.differences.push(format!(
            "{} scans were sent, the server counts {scans}",
            month.scans()
        ));
    }
    if let Some(first) = found.differences.first() {
        bail!(
            "{} of {} numbers do not add up, the first: {first}",
            found.differences.len(),
            found.compared
        );
    }
    Ok(())
}
