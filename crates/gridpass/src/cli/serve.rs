//! `gridpass serve`: runs until it is asked to stop.

use std::io::Write;
use std::time::Instant;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::CommandError;
use crate::boot::{Running, boot};
use crate::config::ServeConfig;
use crate::ids::Entropy;

/// Starts everything, says so on standard output, and stops in order on
/// SIGTERM or SIGINT. A signal during the start stops it too.
pub async fn serve(config: &ServeConfig, entropy: Entropy) -> Result<(), CommandError> {
    let begun = Instant::now();
    let mut signals = Signals::new()?;
    let mut running = tokio::select! {
        booted = boot(config, entropy) => booted?,
        // Dropping the start ends its child through the watchdog.
        name = signals.next() => {
            tracing::info!(signal = name, "asked to stop during the start");
            return Ok(());
        }
    };
    announce(&running, begun)?;
    let failed = tokio::select! {
        name = signals.next() => {
            tracing::info!(signal = name, "asked to stop; finishing what is under way");
            None
        }
        part = running.failed() => Some(part),
    };
    running.stop().await;
    match failed {
        None => {
            tracing::info!("stopped");
            Ok(())
        }
        Some(part) => Err(CommandError::Failed(part)),
    }
}

fn announce(running: &Running, begun: Instant) -> std::io::Result<()> {
    let scheme = running.scheme;
    let ready_ms = begun.elapsed().as_millis();
    tracing::info!(
        public_addr = %running.public_addr,
        staff_addr = %running.staff_addr,
        ready_ms = u64::try_from(ready_ms).unwrap_or(u64::MAX),
        "ready"
    );
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "gridpass is ready after {ready_ms} ms: residents {scheme}://{} staff {scheme}://{}",
        running.public_addr, running.staff_addr
    )?;
    out.flush()
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
