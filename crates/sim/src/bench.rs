//! `bench`: the load generator. It fires only at a loopback address, is bounded
//! in count and time, and prints one JSON object.

mod clock;
mod engine;
mod scans;
mod summary;
#[cfg(test)]
pub mod testing;
mod upload;
mod wire;

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::client::Client;
use crate::progress::Progress;
use crate::state::State;
pub use clock::ServerClock;
use engine::{Outcome, Pace, Plan, Work};
use scans::{Cast, ScanWork};
use summary::{MachineTime, Tally};
use upload::{Cut, UploadWork};

const SECONDS_MAX: f64 = 600.0;
const CLIENTS_MAX: usize = 4096;
const RATE_MAX: f64 = 1_000_000.0;
const UPLOAD_SCANS_MAX: u64 = 20_000_000;
const THREADS_MAX: usize = 8;
/// The server takes kept scans for a week.
const SPREAD_HOURS_MAX: f64 = 160.0;

/// When requests are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// Every client sends as soon as it was answered.
    Closed,
    /// Sends are due at a fixed rate, whatever the server does.
    Open,
}

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// The state file, with gates and phones.
    #[arg(long)]
    pub state: PathBuf,
    /// When requests are sent.
    #[arg(long, value_enum, default_value_t = Mode::Closed)]
    pub mode: Mode,
    /// Connections, each with one request under way at most.
    #[arg(long, default_value_t = 256)]
    pub clients: usize,
    /// Requests per second in open mode.
    #[arg(long, default_value_t = 20_000.0)]
    pub rate: f64,
    /// Seconds measured.
    #[arg(long, default_value_t = 10.0)]
    pub seconds: f64,
    /// Seconds before the measurement.
    #[arg(long, default_value_t = 2.0)]
    pub warmup: f64,
    /// People who scan, of those with phones in the state file; 0 is all.
    #[arg(long, default_value_t = 0)]
    pub people: usize,
    /// Generator threads; more than one takes the server's cores.
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// Offline uploads instead of single scans.
    #[arg(long, conflicts_with = "empty")]
    pub upload: bool,
    /// Scans in an upload.
    #[arg(long, default_value_t = 100)]
    pub batch: usize,
    /// Scans to upload in all; the run ends with them.
    #[arg(long, default_value_t = 1_000_000)]
    pub scans: u64,
    /// How far back uploaded scans lie, in hours. Scans from before the load find people about
    /// whom nothing was known yet: yellow, with a visit for each.
    #[arg(long, default_value_t = 0.02)]
    pub spread_hours: f64,
    /// Empty answers (`GET /api/v1/time`) instead of scans: the ceiling of HTTP itself.
    #[arg(long)]
    pub empty: bool,
    /// Path of the scan operation, to measure another implementation of it.
    #[arg(long, default_value = "/api/v1/scans")]
    pub path: String,
}

/// Runs `bench`.
///
/// # Errors
/// When the target is not this machine, the bounds are exceeded, or the server refuses.
pub fn run(args: &BenchArgs, progress: &Progress) -> Result<()> {
    check_bounds(args)?;
    raise_file_limit(args.clients)?;
    let state = State::read(&args.state)?;
    let (target, host) = loopback(&state.staff)?;
    let before = MachineTime::read();
    let (kind, mut summary) = if args.upload {
        (
            "upload",
            run_upload(args, &state, (target, &host), progress)?,
        )
    } else if args.empty {
        ("empty", run_empty(args, (target, &host))?)
    } else {
        ("scans", run_scans(args, &state, (target, &host), progress)?)
    };
    summary["steal_percent"] = MachineTime::read().steal_percent_since(before).into();
    summary["kind"] = kind.into();
    summary["mode"] = if args.mode == Mode::Open {
        "open"
    } else {
        "closed"
    }
    .into();
    summary["clients"] = args.clients.into();
    summary["threads"] = args.threads.into();
    if args.mode == Mode::Open {
        summary["rate_per_s"] = args.rate.into();
    }
    progress.result(serde_json::to_string_pretty(&summary)?);
    Ok(())
}

/// Lets this process hold as many connections as asked for, within the machine's hard limit.
fn raise_file_limit(connections: usize) -> Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    /// Files open besides connections, with room to spare.
    const OTHER_FILES: u64 = 64;
    let wanted = connections as u64 + OTHER_FILES;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    limit.current = Some(limit.maximum.map_or(wanted, |maximum| maximum.min(wanted)));
    let raised = setrlimit(Resource::Nofile, limit);
    if raised.is_err() || limit.current < Some(wanted) {
        bail!("this machine does not let a process open {wanted} files; use fewer --clients");
    }
    Ok(())
}

fn check_bounds(args: &BenchArgs) -> Result<()> {
    let within = |value: f64, max: f64| value.is_finite() && value > 0.0 && value <= max;
    if !within(args.seconds, SECONDS_MAX) || !(0.0..=60.0).contains(&args.warmup) {
        bail!("--seconds must lie between 0 and {SECONDS_MAX}, --warmup between 0 and 60");
    }
    if !(1..=CLIENTS_MAX).contains(&args.clients) || !(1..=THREADS_MAX).contains(&args.threads) {
        bail!(
            "--clients must lie between 1 and {CLIENTS_MAX}, --threads between 1 and {THREADS_MAX}"
        );
    }
    if !within(args.rate, RATE_MAX) {
        bail!("--rate must lie between 0 and {RATE_MAX}");
    }
    if !(1..=crate::upload::SCANS_MAX).contains(&args.batch)
        || !(1..=UPLOAD_SCANS_MAX).contains(&args.scans)
    {
        bail!(
            "--batch must lie between 1 and {}, --scans between 1 and {UPLOAD_SCANS_MAX}",
            crate::upload::SCANS_MAX
        );
    }
    if !within(args.spread_hours, SPREAD_HOURS_MAX) {
        bail!("--spread-hours must lie between 0 and {SPREAD_HOURS_MAX}");
    }
    Ok(())
}

/// The address behind `base`, which must be this machine: a load generator that
/// can be pointed elsewhere is a weapon.
fn loopback(base: &str) -> Result<(SocketAddr, String)> {
    let host = base
        .strip_prefix("http://")
        .map(|rest| rest.trim_end_matches('/'));
    let host = host.with_context(|| format!("{base} is not an http:// address"))?;
    let with_port = if host.contains(':') {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    let addresses: Vec<SocketAddr> = with_port
        .to_socket_addrs()
        .with_context(|| format!("{host} is not an address"))?
        .collect();
    match addresses.first() {
        Some(first) if addresses.iter().all(|address| address.ip().is_loopback()) => {
            Ok((*first, host.to_owned()))
        }
        _ => bail!("{host} is not this machine; bench fires only at a loopback address"),
    }
}

/// The server's clock, read once over the ordinary client.
fn read_clock(base: &str) -> Result<ServerClock> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let now = runtime.block_on(async { crate::api::server_time(&Client::new(base)?).await })?;
    Ok(ServerClock::new(now, Instant::now()))
}

/// Tokens of guards who are on duty at every gate.
fn go_on_duty(state: &State) -> Result<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(crate::shifts::open_all(state))
}

fn plan(args: &BenchArgs, target: SocketAddr) -> Plan {
    let pace = match args.mode {
        Mode::Closed => Pace::Closed,
        Mode::Open => Pace::Open {
            per_second: args.rate / args.threads as f64,
        },
    };
    Plan {
        target,
        connections: (args.clients / args.threads).max(1),
        pace,
        warmup: Duration::from_secs_f64(args.warmup),
        measured: Duration::from_secs_f64(args.seconds),
    }
}

/// Runs one plan on several threads, each with its own work.
fn on_threads<W: Work + Send + 'static>(plan: Plan, works: Vec<W>) -> Result<Outcome> {
    let threads: Vec<_> = works
        .into_iter()
        .map(|work| std::thread::spawn(move || engine::run(plan, work)))
        .collect();
    let mut all = Outcome {
        tally: Tally::new(),
        elapsed: Duration::ZERO,
    };
    for thread in threads {
        let Ok(outcome) = thread.join() else {
            bail!("a generator thread broke down")
        };
        let outcome = outcome?;
        all.tally.add(outcome.tally);
        all.elapsed = all.elapsed.max(outcome.elapsed);
    }
    Ok(all)
}

fn run_scans(
    args: &BenchArgs,
    state: &State,
    at: (SocketAddr, &str),
    progress: &Progress,
) -> Result<Value> {
    let clock = read_clock(&state.staff)?;
    let wanted = if args.people == 0 {
        state.phones.len()
    } else {
        args.people
    };
    let phones = state
        .phones
        .get(..wanted)
        .filter(|phones| !phones.is_empty())
        .with_context(|| {
            format!(
                "the state file has {} phones; run `gridpass-sim enrol --count {}` first",
                state.phones.len(),
                wanted.max(1)
            )
        })?;
    let plan = plan(args, at.0);
    let guards = go_on_duty(state)?;
    let started = Instant::now();
    let shares = phones.chunks(phones.len().div_ceil(args.threads));
    let works = shares.enumerate().map(|(thread, phones)| {
        let cast = Cast {
            phones,
            guards: &guards,
            host: at.1,
            path: &args.path,
            seed: thread as u64,
        };
        ScanWork::prepare(&cast, clock, plan.warmup + plan.measured)
    });
    let works = works.collect::<Result<Vec<_>>>()?;
    progress.note(format!(
        "signed the presentations of {} people in {:.1} s",
        phones.len(),
        started.elapsed().as_secs_f64()
    ));
    let outcome = on_threads(plan, works)?;
    let mut summary = outcome.tally.to_json(outcome.elapsed, 1);
    summary["people"] = phones.len().into();
    Ok(summary)
}

struct EmptyWork(Vec<u8>);

impl Work for EmptyWork {
    fn next(&mut self, _now: Instant) -> Option<&[u8]> {
        Some(&self.0)
    }
}

fn run_empty(args: &BenchArgs, (target, host): (SocketAddr, &str)) -> Result<Value> {
    let request = format!("GET /api/v1/time HTTP/1.1\r\nhost: {host}\r\n\r\n").into_bytes();
    let works = (0..args.threads)
        .map(|_| EmptyWork(request.clone()))
        .collect();
    let outcome = on_threads(plan(args, target), works)?;
    Ok(outcome.tally.to_json(outcome.elapsed, 1))
}

/// Uploads in rounds: bodies are prepared, sent, and prepared again, and only the sending is timed.
fn run_upload(
    args: &BenchArgs,
    state: &State,
    at: (SocketAddr, &str),
    progress: &Progress,
) -> Result<Value> {
    if state.phones.is_empty() || state.gates.is_empty() {
        bail!("the state file has no phones; run `gridpass-sim enrol` first");
    }
    let clock = read_clock(&state.staff)?;
    let mut left = args.scans.div_ceil(args.batch as u64);
    let mut tally = Tally::new();
    let mut elapsed = Duration::ZERO;
    // Numbers of uploads come from the clock, so that a second run does not repeat them.
    let mut batch_id = clock.ms_at(Instant::now()) * 1000;
    let plan = Plan {
        warmup: Duration::ZERO,
        ..plan(args, at.0)
    };
    while left > 0 && elapsed < plan.measured {
        let cut = Cut {
            batch: args.batch,
            uploads: left,
            newest_ms: clock.ms_at(Instant::now()) - 1000,
            spread_ms: (args.spread_hours * 3_600_000.0) as i64,
            first_batch_id: batch_id,
        };
        let work = UploadWork::prepare(&state.phones, &state.gates, at.1, cut)?;
        let prepared = work.len();
        let outcome = on_threads(
            Plan {
                measured: plan.measured - elapsed,
                ..plan
            },
            vec![work],
        )?;
        left = left.saturating_sub(prepared);
        batch_id += prepared as i64;
        elapsed += outcome.elapsed;
        tally.add(outcome.tally);
        let sent = (tally.sent * args.batch as u64, elapsed.as_secs_f64());
        progress.note(format!(
            "uploaded {} scans in {:.1} s of sending",
            sent.0, sent.1
        ));
    }
    let mut summary = tally.to_json(elapsed, args.batch as u64);
    summary["batch"] = json!(args.batch);
    summary["scans_uploaded"] = json!(tally.notes.get("accepted"));
    summary["goodput_per_s"] = json!(
        tally.notes.get("accepted").copied().unwrap_or(0) as f64 / elapsed.as_secs_f64().max(1e-9)
    );
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_fired_at() {
        assert!(loopback("http://127.0.0.1:8081").is_ok());
        assert!(loopback("http://[::1]:8081/").is_ok());
        for elsewhere in [
            "http://192.0.2.1:80",
            "http://10.0.0.1:8081",
            "https://127.0.0.1",
            "http://0.0.0.0:1",
        ] {
            assert!(loopback(elsewhere).is_err(), "{elsewhere}");
        }
    }
}
