//! Background work: loops that run every so often, and the relay of follow-ups.
//!
//! What a person-keyed write causes elsewhere is a row in `outbox`, written in the same
//! transaction. The relay hands each row to its topic's handler inside a transaction that
//! also marks the row done, so a follow-up happens exactly once whatever dies when.
//! Jobs that need no person are loops: idempotent, woken by a timer or a signal.

pub mod outbox;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::app::App;
use crate::audit;

/// Longest pause after repeated failures.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Rounds after which settling gives up: two loops that feed each other would be a mistake.
const SETTLE_ROUNDS_MAX: usize = 1000;

/// What one round of a loop does; it says whether more is waiting.
pub type Round = Pin<Box<dyn Future<Output = anyhow::Result<bool>> + Send>>;

/// Background work that runs every so often, and at once when follow-ups were written.
#[derive(Clone)]
pub struct Loop {
    /// Name in the log.
    pub name: &'static str,
    /// Pause between rounds when nothing is waiting.
    pub period: Duration,
    /// One round; idempotent, true when more is waiting.
    pub round: fn(App) -> Round,
}

/// The background work of a node; dropping it stops all of it.
pub struct Jobs {
    tasks: JoinSet<()>,
}

impl Jobs {
    /// Starts every loop.
    pub fn start(app: &App, loops: &[Loop]) -> Self {
        let mut tasks = JoinSet::new();
        for each in loops {
            tasks.spawn(run(app.clone(), each.clone()));
        }
        Self { tasks }
    }

    /// Waits until every loop ended, which only happens when one panicked.
    pub async fn watch(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn run(app: App, each: Loop) {
    let mut pause = each.period;
    loop {
        match audit::as_job(&app, each.name, (each.round)(app.clone())).await {
            Ok(true) => {
                pause = each.period;
                tokio::task::yield_now().await;
                continue;
            }
            Ok(false) => pause = each.period,
            Err(error) => {
                pause = (pause * 2).min(PAUSE_MAX);
                tracing::warn!(job = each.name, error = %error, "job failed, will try again");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = app.work_waiting.notified() => {}
        }
    }
}

/// Runs every loop until none has anything left: for tests and for simulations that
/// move the clock.
pub async fn settle(app: &App, loops: &[Loop]) -> anyhow::Result<()> {
    for _ in 0..SETTLE_ROUNDS_MAX {
        let mut more = false;
        for each in loops {
            more |= audit::as_job(app, each.name, (each.round)(app.clone())).await?;
        }
        if !more {
            return Ok(());
        }
    }
    anyhow::bail!("background work does not come to an end")
}
