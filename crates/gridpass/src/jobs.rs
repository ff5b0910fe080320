//! Background work: loops that run every so often, and the relay of follow-ups.
//!
//! What a person-keyed write causes elsewhere is a row in `outbox`, written in the same
//! transaction. The relay hands each row to its topic's handler inside a transaction that
//! also marks the row done, so a follow-up happens exactly once whatever dies when.
//! Jobs that need no person are loops: idempotent, woken by a timer or a signal.

pub mod outbox;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::app::App;

/// Longest pause after repeated failures.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// The background work of a node; dropping it stops all of it.
#[derive(Default)]
pub struct Jobs {
    tasks: JoinSet<()>,
}

impl Jobs {
    /// Runs `work` every `period`, and at once when `wake` is notified. `work` says
    /// whether more is waiting, in which case it runs again without a pause.
    pub fn every<F, W>(&mut self, app: &App, name: &'static str, period: Duration, wake: Arc<Notify>, work: W)
    where
        F: Future<Output = anyhow::Result<bool>> + Send,
        W: Fn(App) -> F + Send + Sync + 'static,
    {
        let app = app.clone();
        self.tasks.spawn(async move {
            let mut pause = period;
            loop {
                match work(app.clone()).await {
                    Ok(true) => {
                        pause = period;
                        tokio::task::yield_now().await;
                        continue;
                    }
                    Ok(false) => pause = period,
                    Err(error) => {
                        pause = (pause * 2).min(PAUSE_MAX);
                        tracing::warn!(job = name, error = %error, "job failed, will try again");
                    }
                }
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = wake.notified() => {}
                }
            }
        });
    }
}
