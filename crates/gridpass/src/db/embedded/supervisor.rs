//! Keeps the server alive while gridpass runs.
//!
//! When the server ends by itself (killed, out of memory), what it left behind
//! is cleared and it is started again, with a growing pause when that fails.
//! The pools reconnect by themselves; readiness says "not ready" meanwhile,
//! because a ping fails.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::launch::Launch;
use super::process::Server;
use super::{ClusterError, orphans};

const BACK_OFF_MIN: Duration = Duration::from_millis(50);
const BACK_OFF_MAX: Duration = Duration::from_secs(5);
/// A server that lived this long is started again without a pause.
const STEADY: Duration = Duration::from_secs(30);

/// Watches over `server` until `stop` says so or is dropped, then stops it.
pub async fn supervise(launch: Launch, mut server: Server, mut stop: oneshot::Receiver<()>) {
    let mut back_off = BACK_OFF_MIN;
    loop {
        let begun = Instant::now();
        let reason = tokio::select! {
            reason = server.wait() => reason,
            _ = &mut stop => {
                server.stop().await;
                return;
            }
        };
        server.end_watchdog().await;
        tracing::error!(
            reason,
            "the database server ended by itself, starting it again"
        );
        if begun.elapsed() > STEADY {
            back_off = BACK_OFF_MIN;
        }
        server = loop {
            let pause_or_stop = tokio::select! {
                () = tokio::time::sleep(back_off) => None,
                _ = &mut stop => Some(()),
            };
            if pause_or_stop.is_some() {
                return;
            }
            back_off = (back_off * 2).min(BACK_OFF_MAX);
            match restart(&launch).await {
                Ok(server) => break server,
                Err(error) => tracing::error!(%error, "the database server did not start"),
            }
        };
        tracing::info!("the database server is back");
    }
}

async fn restart(launch: &Launch) -> Result<Server, ClusterError> {
    orphans::clear(launch.cluster.path(), &launch.cluster_name).await?;
    Server::start(launch).await
}
