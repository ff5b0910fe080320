//! The loops that send. One thread, many connections, one request under way on
//! each. Closed loop: every connection sends as soon as it was answered. Open
//! loop: sends are due at fixed times whatever the server does; latency counts
//! from the time a send was due, so waiting for a free connection is not hidden.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::summary::{Notes, Tally, record, thread_cpu};
use super::wire::{Answer, Connection};

/// Breaks of connections in a row after which the target is given up.
const BREAKS_MAX: u32 = 20;
/// Unexpected answers, with none good among them, after which a run is given up.
const REFUSALS_MAX: u64 = 200;
/// How long after the end sends that were due before it are still made, if connections are free.
const GRACE: Duration = Duration::from_millis(50);
/// How long answers still under way at the end are waited for.
const DRAIN: Duration = Duration::from_secs(15);

/// Makes requests.
pub trait Work {
    /// The next request, ready to send at `now`; `None` when there are no more.
    fn next(&mut self, now: Instant) -> Option<&[u8]>;

    /// Looks into an answer and notes what it says. Called for every answer 200, so it must be cheap.
    fn seen(&mut self, body: &[u8], notes: &mut Notes) {
        let _ = (body, notes);
    }
}

/// When requests are sent.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// As soon as a connection is free.
    Closed,
    /// So many per second, whatever the server does.
    Open {
        /// Requests per second of this thread.
        per_second: f64,
    },
}

/// What one thread does.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Where to.
    pub target: SocketAddr,
    /// How many connections.
    pub connections: usize,
    /// When.
    pub pace: Pace,
    /// How long the run is not measured, at its beginning.
    pub warmup: Duration,
    /// How long it is measured.
    pub measured: Duration,
}

/// What one thread did.
pub struct Outcome {
    /// Counts and latencies.
    pub tally: Tally,
    /// Time measured; shorter than planned when the work ran out.
    pub elapsed: Duration,
}

/// Runs a plan on the calling thread.
///
/// # Errors
/// When the target does not answer, or answers nothing but refusals that no load explains.
pub fn run<W: Work + 'static>(plan: Plan, work: W) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, drive(plan, work))
}

async fn drive<W: Work + 'static>(plan: Plan, work: W) -> Result<Outcome> {
    let mut connections = Vec::with_capacity(plan.connections);
    for _ in 0..plan.connections.max(1) {
        match Connection::open(plan.target).await {
            Ok(connection) => connections.push(connection),
            Err(error) => bail!("nothing answers at {}: {error}", plan.target),
        }
    }
    let run = Rc::new(Run::new(plan, work));
    let cpu_before = thread_cpu();
    let mut tasks: Vec<_> = connections
        .into_iter()
        .map(|connection| tokio::task::spawn_local(serve(Rc::clone(&run), connection)))
        .collect();
    tasks.push(tokio::task::spawn_local(tick(Rc::clone(&run))));
    let deadline = tokio::time::Instant::from_std(run.end + DRAIN);
    for task in tasks {
        if tokio::time::timeout_at(deadline, task).await.is_err() {
            run.tally.borrow_mut().broken += 1;
        }
    }
    run.finish(thread_cpu().saturating_sub(cpu_before))
}

/// State that the connections of a thread share.
struct Run<W> {
    plan: Plan,
    start: Instant,
    measured_from: Instant,
    end: Instant,
    work: RefCell<W>,
    exhausted: Cell<bool>,
    next_slot: Cell<u64>,
    idle: RefCell<Vec<Waker>>,
    tally: RefCell<Tally>,
    sent_in_all: Cell<u64>,
    breaks: Cell<u32>,
    last_answer: Cell<Instant>,
}

impl<W: Work> Run<W> {
    fn new(plan: Plan, work: W) -> Self {
        let start = Instant::now();
        let measured_from = start + plan.warmup;
        Self {
            plan,
            start,
            measured_from,
            end: measured_from + plan.measured,
            work: RefCell::new(work),
            exhausted: Cell::new(false),
            next_slot: Cell::new(0),
            idle: RefCell::default(),
            tally: RefCell::new(Tally::new()),
            sent_in_all: Cell::new(0),
            breaks: Cell::new(0),
            last_answer: Cell::new(measured_from),
        }
    }

    fn is_over(&self, now: Instant) -> bool {
        let ended = match self.plan.pace {
            Pace::Closed => now >= self.end,
            Pace::Open { per_second } => {
                self.due(self.next_slot.get(), per_second) >= self.end || now >= self.end + GRACE
            }
        };
        ended || self.exhausted.get() || self.breaks.get() >= BREAKS_MAX || self.is_hopeless()
    }

    fn is_hopeless(&self) -> bool {
        let tally = self.tally.borrow();
        tally.other >= REFUSALS_MAX && tally.ok == 0
    }

    /// When slot `slot` of the open loop is due.
    fn due(&self, slot: u64, per_second: f64) -> Instant {
        self.start + Duration::from_secs_f64(slot as f64 / per_second)
    }

    /// Waits for a turn to send; answers when the send was due, or `None` at the end.
    async fn turn(&self) -> Option<Instant> {
        loop {
            let now = Instant::now();
            if self.is_over(now) {
                return None;
            }
            let Pace::Open { per_second } = self.plan.pace else {
                return Some(now);
            };
            let due = self.due(self.next_slot.get(), per_second);
            if due <= now {
                self.next_slot.set(self.next_slot.get() + 1);
                if self.due(self.next_slot.get(), per_second) <= now {
                    self.wake_one();
                }
                return Some(due);
            }
            self.park().await;
        }
    }

    /// Sleeps until somebody wakes this connection; waking for nothing does no harm.
    async fn park(&self) {
        let mut parked = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut parked, true) {
                return Poll::Ready(());
            }
            self.idle.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn wake_one(&self) {
        let waker = self.idle.borrow_mut().pop();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn record(&self, due: Instant, connection: &Connection, answer: Answer) {
        let now = Instant::now();
        self.breaks.set(0);
        let counts = match self.plan.pace {
            Pace::Open { .. } => due >= self.measured_from,
            Pace::Closed => due >= self.measured_from && now < self.end,
        };
        if !counts {
            return;
        }
        self.last_answer.set(now);
        let tally = &mut *self.tally.borrow_mut();
        tally.sent += 1;
        match answer.status {
            200 => {
                tally.ok += 1;
                self.work
                    .borrow_mut()
                    .seen(connection.body(answer), &mut tally.notes);
                record(&mut tally.latency_us, now - due);
            }
            503 => {
                tally.refused += 1;
                record(&mut tally.refused_us, now - due);
            }
            status => {
                tally.other += 1;
                if tally.first_other.is_none() {
                    let body = String::from_utf8_lossy(connection.body(answer));
                    tally.first_other = Some(format!(
                        "{status} {}",
                        body.chars().take(300).collect::<String>()
                    ));
                }
            }
        }
    }

    fn finish(&self, cpu: Duration) -> Result<Outcome> {
        let mut tally = std::mem::replace(&mut *self.tally.borrow_mut(), Tally::new());
        if self.breaks.get() >= BREAKS_MAX {
            bail!("{} breaks every connection", self.plan.target);
        }
        if tally.other >= REFUSALS_MAX && tally.ok == 0 {
            bail!(
                "the server refuses every request: {}",
                tally.first_other.unwrap_or_default()
            );
        }
        tally.cpu = cpu.mul_f64(tally.sent as f64 / self.sent_in_all.get().max(1) as f64);
        if let Pace::Open { per_second } = self.plan.pace {
            self.count_unsent(per_second, &mut tally);
        }
        let ran_out = self.exhausted.get();
        let elapsed = if ran_out {
            self.last_answer.get() - self.measured_from
        } else {
            self.plan.measured
        };
        Ok(Outcome { tally, elapsed })
    }

    /// Sends that were due but for which no connection came free: each waited at least until the end.
    fn count_unsent(&self, per_second: f64, tally: &mut Tally) {
        let mut slot = self.next_slot.get();
        while self.due(slot, per_second) < self.end && !self.exhausted.get() {
            tally.unsent += 1;
            record(&mut tally.latency_us, self.end - self.due(slot, per_second));
            slot += 1;
        }
    }
}

/// Wakes idle connections when sends come due, and all of them at the end.
async fn tick<W: Work>(run: Rc<Run<W>>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    while !run.is_over(Instant::now()) {
        ticks.tick().await;
        // The first one woken wakes the next if more is due.
        run.wake_one();
    }
    for waker in run.idle.take() {
        waker.wake();
    }
}

async fn serve<W: Work>(run: Rc<Run<W>>, mut connection: Connection) {
    while let Some(due) = run.turn().await {
        match exchange(&run, &mut connection, due).await {
            Ok(Some(answer)) => run.record(due, &connection, answer),
            Ok(None) => return,
            Err(_) => {
                run.tally.borrow_mut().broken += 1;
                run.breaks.set(run.breaks.get() + 1);
                tokio::time::sleep(Duration::from_millis(20)).await;
                // A failed attempt shows as the next break.
                let _ = connection.reopen().await;
            }
        }
    }
}

async fn exchange<W: Work>(
    run: &Run<W>,
    connection: &mut Connection,
    due: Instant,
) -> io::Result<Option<Answer>> {
    let now = Instant::now();
    let rest = {
        let mut work = run.work.borrow_mut();
        let Some(request) = work.next(now) else {
            run.exhausted.set(true);
            return Ok(None);
        };
        let rest = connection.send_now(request)?;
        (!rest.is_empty()).then(|| rest.to_vec())
    };
    run.sent_in_all.set(run.sent_in_all.get() + 1);
    if due >= run.measured_from {
        record(&mut run.tally.borrow_mut().lag_us, now - due);
    }
    if let Some(rest) = rest {
        connection.send_rest(&rest).await?;
    }
    connection.receive().await.map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    struct Fixed(u64);

    impl Work for Fixed {
        fn next(&mut self, _now: Instant) -> Option<&[u8]> {
            self.0 = self.0.checked_sub(1)?;
            Some(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        }
    }

    /// A server on a thread of its own that answers after `delay` with `status`.
    fn server(delay: Duration, status: &'static str) -> SocketAddr {
        let (send, receive) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
                    .await
                    .expect("a free port");
                send.send(listener.local_addr().expect("bound"))
                    .expect("sent");
                while let Ok((mut stream, _)) = listener.accept().await {
                    tokio::spawn(async move {
                        let mut buffer = [0; 1024];
                        while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                            tokio::time::sleep(delay).await;
                            let answer =
                                format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok");
                            if stream.write_all(answer.as_bytes()).await.is_err() {
                                break;
                            }
                        }
                    });
                }
            });
        });
        receive.recv().expect("started")
    }

    fn plan(target: SocketAddr, connections: usize, pace: Pace) -> Plan {
        Plan {
            target,
            connections,
            pace,
            warmup: Duration::ZERO,
            measured: Duration::from_millis(300),
        }
    }

    #[test]
    fn work_that_runs_out_ends_the_run() {
        let target = server(Duration::ZERO, "200 OK");
        let outcome = run(plan(target, 4, Pace::Closed), Fixed(100)).expect("runs");
        assert_eq!((outcome.tally.sent, outcome.tally.ok), (100, 100));
        assert_eq!(outcome.tally.latency_us.len(), 100);
    }

    #[test]
    fn an_open_loop_counts_waiting_for_a_connection() {
        // One connection, 20 ms a request, 200 a second wanted: most of them cannot be sent.
        let target = server(Duration::from_millis(20), "200 OK");
        let outcome = run(
            plan(target, 1, Pace::Open { per_second: 200.0 }),
            Fixed(1_000),
        )
        .expect("runs");
        let tally = outcome.tally;
        assert_eq!(tally.sent + tally.unsent, 60);
        assert!(tally.unsent > 30, "{}", tally.unsent);
        assert_eq!(tally.latency_us.len(), 60);
        assert!(tally.latency_us.value_at_quantile(0.9) > 100_000);
    }

    #[test]
    fn an_open_loop_that_keeps_up_sends_everything() {
        let target = server(Duration::ZERO, "200 OK");
        let pace = Pace::Open { per_second: 500.0 };
        let outcome = run(plan(target, 16, pace), Fixed(1_000)).expect("runs");
        assert_eq!((outcome.tally.sent, outcome.tally.unsent), (150, 0));
    }

    #[test]
    fn refusals_without_any_success_stop_the_run() {
        let target = server(Duration::ZERO, "401 Unauthorized");
        let error = run(plan(target, 8, Pace::Closed), Fixed(100_000))
            .err()
            .expect("gives up");
        assert!(
            error.to_string().contains("refuses every request: 401"),
            "{error}"
        );
    }

    #[test]
    fn overload_is_counted_apart() {
        let target = server(Duration::ZERO, "503 Service Unavailable");
        let outcome = run(plan(target, 2, Pace::Closed), Fixed(50)).expect("runs");
        assert_eq!((outcome.tally.refused, outcome.tally.ok), (50, 0));
    }
}
