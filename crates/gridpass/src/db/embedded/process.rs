//! One run of the server: start it, wait until it answers, stop it.
//!
//! The server gets a process group of its own, so that Ctrl-C reaches it only
//! through us, after the requests have been drained. A small shell beside it
//! reads from a pipe that we hold: when we are killed, however hard, the pipe
//! closes and the shell asks the server to stop.

use std::collections::VecDeque;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr};
use tokio::time::timeout;

use super::launch::Launch;
use super::{ClusterError, settings};
use crate::db::connect_single;

/// Lines of the server's log kept for the sentence of a failure.
const LOG_LINES_KEPT: usize = 40;
const READY_POLL: Duration = Duration::from_millis(10);
/// Recovery after a crash replays at most a checkpoint's distance of log.
const READY_TIMEOUT: Duration = Duration::from_secs(600);
const STOP_FAST_TIMEOUT: Duration = Duration::from_secs(30);
const STOP_IMMEDIATE_TIMEOUT: Duration = Duration::from_secs(5);

const WATCHDOG: &str = r#"read -r _; [ "$(cat "/proc/$1/comm")" = postgres ] && kill -INT "$1""#;

/// A running server.
pub struct Server {
    child: Child,
    /// Held for its open standard input; see the head of this file.
    watchdog: Child,
    log: Log,
}

impl Server {
    /// Starts the server and waits until it takes connections.
    ///
    /// # Errors
    /// [`ClusterError::StartFailed`] with the server's own last words.
    pub async fn start(launch: &Launch) -> Result<Self, ClusterError> {
        let mut child = launch
            .command("postgres")
            .arg("-D")
            .arg(launch.cluster.name())
            .arg("-c")
            .arg(format!(
                "config_file={}",
                launch.cluster.name().join(settings::FILE).display()
            ))
            .arg("-c")
            .arg(format!("cluster_name={}", launch.cluster_name))
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| launch.spawn_error(source))?;
        let log = Log::default();
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(forward(stderr, log.clone()));
        }
        let watchdog = launch
            .bare_command(Path::new("/bin/sh"))
            .args(["-c", WATCHDOG, "gridpass-watchdog"])
            .arg(child.id().unwrap_or_default().to_string())
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|source| launch.spawn_error(source))?;
        let mut server = Self {
            child,
            watchdog,
            log,
        };
        server.wait_until_ready(launch).await?;
        Ok(server)
    }

    async fn wait_until_ready(&mut self, launch: &Launch) -> Result<(), ClusterError> {
        let begun = Instant::now();
        let mut patience_told = false;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.start_error(launch, status).await);
            }
            match connect_single(&launch.admin_config(), "gridpass start").await {
                Ok(_client) => return Ok(()),
                Err(error) if error.is_starting() => {}
                Err(error) => {
                    return Err(ClusterError::StartFailed {
                        path: launch.cluster.path().to_owned(),
                        reason: error.to_string(),
                    });
                }
            }
            if begun.elapsed() > READY_TIMEOUT {
                self.stop().await;
                return Err(ClusterError::NotReady {
                    path: launch.cluster.path().to_owned(),
                    waited_s: READY_TIMEOUT.as_secs(),
                });
            }
            if !patience_told && begun.elapsed() > Duration::from_secs(3) {
                patience_told = true;
                tracing::info!("the database is recovering from its log, please wait");
            }
            tokio::time::sleep(READY_POLL).await;
        }
    }

    async fn start_error(&self, launch: &Launch, status: ExitStatus) -> ClusterError {
        // The last lines may still be in the pipe.
        tokio::time::sleep(Duration::from_millis(50)).await;
        ClusterError::StartFailed {
            path: launch.cluster.path().to_owned(),
            reason: self.log.last_words().unwrap_or_else(|| status.to_string()),
        }
    }

    /// Waits until the server ends by itself.
    pub async fn wait(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }

    /// Ends the server: open transactions are rolled back, everything is
    /// written out. Takes firmer means when it does not listen.
    pub async fn stop(&mut self) {
        let stages = [
            (Signal::INT, STOP_FAST_TIMEOUT),
            (Signal::QUIT, STOP_IMMEDIATE_TIMEOUT),
            (Signal::KILL, STOP_IMMEDIATE_TIMEOUT),
        ];
        for (signal, patience) in stages {
            let Some(pid) = self
                .child
                .id()
                .and_then(|id| Pid::from_raw(id.cast_signed()))
            else {
                break;
            };
            // The child is ours and not yet waited for, so the number is its own.
            if let Err(error) = kill_process(pid, signal) {
                tracing::warn!(%error, "the database server could not be signalled");
            }
            if timeout(patience, self.child.wait()).await.is_ok() {
                break;
            }
            tracing::warn!(?signal, "the database server does not stop, insisting");
        }
        self.end_watchdog().await;
    }

    /// Ends the shell that watches over us, before its server's number could
    /// belong to another process.
    pub async fn end_watchdog(&mut self) {
        if let Err(error) = self.watchdog.kill().await {
            tracing::debug!(%error, "the watchdog had already ended");
        }
    }
}

/// The last lines the server wrote, shared with the task that reads them.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LOG_LINES_KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// The line that says why the server ended, if there is one.
    fn last_words(&self) -> Option<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let grave = |line: &&String| line.starts_with("FATAL:") || line.starts_with("PANIC:");
        let line = lines.iter().find(grave).or(lines.back())?;
        Some(without_severity(line).to_owned())
    }
}

/// `FATAL:  could not …` without its first word.
pub fn without_severity(line: &str) -> &str {
    match line.split_once(":  ") {
        Some((severity, message)) if severity.bytes().all(|b| b.is_ascii_uppercase()) => message,
        _ => line,
    }
}

/// Passes the server's log on to ours.
async fn forward(stderr: ChildStderr, log: Log) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.starts_with("FATAL:") || line.starts_with("PANIC:") {
            tracing::debug!(target: "gridpass::postgres", "{line}");
        } else {
            tracing::trace!(target: "gridpass::postgres", "{line}");
        }
        log.push(line);
    }
}
