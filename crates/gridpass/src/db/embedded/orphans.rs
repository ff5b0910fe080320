//! Ends server processes that an earlier life of ours left in the cluster.
//!
//! The caller holds the lock of the data directory, so whatever still works in
//! it belongs to nobody. Processes are known by a name that only servers of
//! this directory carry in their command line; a number read from an old file
//! alone might by now be a stranger's. (The working directory would be proof
//! too, but a container's root may not look at that of another account.)

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::ClusterError;

/// First line of it: the number of the main server process.
const PID_FILE: &str = "postmaster.pid";
const POLL: Duration = Duration::from_millis(20);

/// Waits for the remaining server processes that carry `cluster_name` to end,
/// more and more firmly, and removes a lock file that misleads.
///
/// # Errors
/// [`ClusterError::StillRunning`] when they cannot be ended.
pub async fn clear(cluster_dir: &Path, cluster_name: &str) -> Result<(), ClusterError> {
    // A fast shutdown writes everything out, which saves the recovery; an
    // immediate one leaves that to the next start; the last is for processes
    // that hang.
    let stages = [
        (Signal::INT, Duration::from_secs(10)),
        (Signal::QUIT, Duration::from_secs(5)),
        (Signal::KILL, Duration::from_secs(5)),
    ];
    for (signal, patience) in stages {
        let found = processes_of(cluster_name);
        if found.is_empty() {
            break;
        }
        let main = main_process(cluster_dir).filter(|pid| found.contains(pid));
        // The children of a live main process end with it. Without one they
        // are signalled themselves; INT would only cancel their statement.
        let (targets, signal) = match main {
            Some(pid) if signal != Signal::KILL => (vec![pid], signal),
            Some(_) => (found, Signal::KILL),
            None if signal == Signal::INT => (found, Signal::TERM),
            None => (found, signal),
        };
        tracing::warn!(?targets, "ending database processes of an earlier run");
        for pid in targets {
            // It may have ended since; the wait below tells.
            let _already_gone = Pid::from_raw(pid).map(|pid| kill_process(pid, signal));
        }
        if wait_until_gone(cluster_name, patience).await {
            break;
        }
    }
    if !processes_of(cluster_name).is_empty() {
        return Err(ClusterError::StillRunning {
            path: cluster_dir.to_owned(),
        });
    }
    remove_misleading_lock(cluster_dir)
}

/// PostgreSQL takes a lock file for valid when any process has its number, as
/// happens in a restarted container. Only then is the file removed; in every
/// other case PostgreSQL's own check is the better one.
fn remove_misleading_lock(cluster_dir: &Path) -> Result<(), ClusterError> {
    let taken_by_a_stranger = main_process(cluster_dir)
        .and_then(command_name)
        .is_some_and(|name| name != "postgres");
    if !taken_by_a_stranger {
        return Ok(());
    }
    let path = cluster_dir.join(PID_FILE);
    std::fs::remove_file(&path).map_err(ClusterError::io("remove", &path))
}

async fn wait_until_gone(cluster_name: &str, patience: Duration) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if processes_of(cluster_name).is_empty() {
            return true;
        }
        tokio::time::sleep(POLL).await;
    }
    false
}

fn main_process(cluster_dir: &Path) -> Option<i32> {
    let text = std::fs::read_to_string(cluster_dir.join(PID_FILE)).ok()?;
    text.lines().next()?.trim().parse().ok()
}

fn command_name(pid: i32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim().to_owned())
}

/// Numbers of the server processes, main and others, that carry the name.
fn processes_of(cluster_name: &str) -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            if command_name(pid)? != "postgres" {
                return None;
            }
            let arguments = std::fs::read(entry.path().join("cmdline")).ok()?;
            String::from_utf8_lossy(&arguments)
                .contains(cluster_name)
                .then_some(pid)
        })
        .collect()
}
