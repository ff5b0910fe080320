//! The server's settings, in a file of our own that every start rewrites.
//!
//! `postgresql.conf` of initdb is left alone and not read, so that an upgrade
//! of gridpass changes the settings. `ALTER SYSTEM` and a file `local.conf`
//! beside it still win, for an operator who knows better.
//!
//! The numbers come from the hot path: many small commits, each waited for.
//! Durability is full (fsync, full pages, synchronous commit); what is tuned
//! is the distance between checkpoints, because their full-page images decide
//! the slowest scans, and memory.

use std::fmt::Write;
use std::path::Path;

/// Name of the settings file in the cluster's directory.
pub const FILE: &str = "gridpass.conf";
/// Name of the access file, which initdb wrote and we replace.
pub const ACCESS_FILE: &str = "pg_hba.conf";

/// Only the socket, which lies in a directory of mode 0700: who reaches it
/// could read the files of the cluster anyway.
pub const ACCESS: &str = "# Written by gridpass at each start.\nlocal all all trust\n";

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// What the machine offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Memory we may count on, in bytes.
    pub memory_bytes: u64,
    /// Free space where the cluster lies, in bytes.
    pub disk_free_bytes: u64,
}

impl Machine {
    /// Looks at memory (the container's limit when it is lower) and disk.
    pub fn inspect(cluster_dir: &Path) -> Self {
        let total = std::fs::read_to_string("/proc/meminfo")
            .ok()
            .and_then(|text| parse_memory_total(&text))
            .unwrap_or(2 * GIB);
        let limit = std::fs::read_to_string("/sys/fs/cgroup/memory.max")
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(u64::MAX);
        let disk_free_bytes = rustix::fs::statvfs(cluster_dir)
            .map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
        Self {
            memory_bytes: total.min(limit),
            disk_free_bytes,
        }
    }

    /// An eighth of the memory, at most 2 GiB: the application and the page
    /// cache need the rest.
    fn shared_buffers_mib(&self) -> u64 {
        (self.memory_bytes / 8).clamp(64 * MIB, 2 * GIB) / MIB
    }

    /// As much log between checkpoints as the disk bears, for fewer of them.
    fn wal_max_mib(&self) -> u64 {
        match self.disk_free_bytes {
            free if free >= 40 * GIB => 8 * 1024,
            free if free >= 10 * GIB => 4 * 1024,
            _ => 1024,
        }
    }
}

/// What decides the text of the settings file.
pub struct Settings<'a> {
    /// Memory and disk.
    pub machine: Machine,
    /// The directory of the socket, as the server names it.
    pub socket_dir: &'a Path,
    /// The server was built with LZ4.
    pub lz4: bool,
}

impl Settings<'_> {
    /// The text of [`FILE`].
    pub fn text(&self) -> String {
        let mut text = String::from(
            "# Written by gridpass at each start; put settings of your own into local.conf.\n",
        );
        let memory_mib = self.machine.memory_bytes / MIB;
        let wal_max_mib = self.machine.wal_max_mib();
        let computed = [
            (
                "unix_socket_directories",
                self.socket_dir.display().to_string(),
            ),
            (
                "wal_compression",
                if self.lz4 { "lz4" } else { "on" }.to_owned(),
            ),
            (
                "shared_buffers",
                format!("{}MB", self.machine.shared_buffers_mib()),
            ),
            (
                "effective_cache_size",
                format!("{}MB", (memory_mib / 2).max(64)),
            ),
            (
                "maintenance_work_mem",
                format!("{}MB", (memory_mib / 16).clamp(64, 512)),
            ),
            ("max_wal_size", format!("{wal_max_mib}MB")),
            ("min_wal_size", format!("{}MB", wal_max_mib / 4)),
        ];
        let fixed = FIXED
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        for (name, value) in fixed.chain(computed) {
            push(&mut text, name, &value);
        }
        text.push_str("include_if_exists = 'local.conf'\n");
        text
    }
}

fn push(text: &mut String, name: &str, value: &str) {
    let value = value.replace('\'', "''");
    writeln!(text, "{name} = '{value}'").expect("writing to a String does not fail");
}

const FIXED: [(&str, &str); 38] = [
    // The socket is the only way in.
    ("listen_addresses", ""),
    ("port", "5432"),
    ("unix_socket_permissions", "0700"),
    ("ssl", "off"),
    ("max_connections", "60"),
    // An acknowledged scan is on disk.
    ("fsync", "on"),
    ("full_page_writes", "on"),
    ("synchronous_commit", "on"),
    ("wal_level", "replica"),
    ("wal_buffers", "32MB"),
    // Checkpoints are rare and spread out.
    ("checkpoint_timeout", "15min"),
    ("checkpoint_completion_target", "0.9"),
    ("bgwriter_delay", "100ms"),
    ("bgwriter_lru_maxpages", "400"),
    // Solid-state disks, short queries, few cores.
    ("random_page_cost", "1.1"),
    ("effective_io_concurrency", "100"),
    ("work_mem", "16MB"),
    ("jit", "off"),
    ("huge_pages", "try"),
    ("max_locks_per_transaction", "256"),
    ("max_parallel_workers_per_gather", "1"),
    // Queues and counters churn, so vacuum comes early and works steadily.
    ("autovacuum", "on"),
    ("autovacuum_naptime", "20s"),
    ("autovacuum_vacuum_scale_factor", "0.05"),
    ("autovacuum_analyze_scale_factor", "0.02"),
    ("autovacuum_vacuum_cost_limit", "1000"),
    ("autovacuum_max_workers", "2"),
    // The log goes to gridpass. Errors of statements may quote personal data
    // and are answered to the caller anyway; they stay out of it.
    ("log_destination", "stderr"),
    ("logging_collector", "off"),
    ("log_line_prefix", ""),
    ("log_min_messages", "log"),
    ("log_min_error_statement", "panic"),
    ("log_error_verbosity", "terse"),
    ("log_parameter_max_length", "0"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("lc_messages", "C"),
    ("default_text_search_config", "pg_catalog.simple"),
];

fn parse_memory_total(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_log_follow_the_machine() {
        let small = Machine {
            memory_bytes: GIB,
            disk_free_bytes: GIB,
        };
        assert_eq!(
            (small.shared_buffers_mib(), small.wal_max_mib()),
            (128, 1024)
        );
        let large = Machine {
            memory_bytes: 256 * GIB,
            disk_free_bytes: 1000 * GIB,
        };
        assert_eq!(
            (large.shared_buffers_mib(), large.wal_max_mib()),
            (2048, 8192)
        );
        assert_eq!(
            parse_memory_total("MemFree: 1 kB\nMemTotal:       24679876 kB\n"),
            Some(24_679_876 * 1024)
        );
    }

    #[test]
    fn values_are_quoted_and_the_operators_file_comes_last() {
        let settings = Settings {
            machine: Machine {
                memory_bytes: GIB,
                disk_free_bytes: 0,
            },
            socket_dir: Path::new("/odd'dir"),
            lz4: true,
        };
        let text = settings.text();
        assert!(text.contains("unix_socket_directories = '/odd''dir'\n"));
        assert!(text.contains("wal_compression = 'lz4'\n"));
        assert!(text.ends_with("include_if_exists = 'local.conf'\n"));
    }
}
