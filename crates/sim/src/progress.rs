//! Lines for the person watching: progress on standard error, results on
//! standard output. The two never mix, so the output can be piped.

use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const BETWEEN_TICKS: Duration = Duration::from_secs(2);

/// Where progress and results go.
pub struct Progress {
    notes: Mutex<Box<dyn Write + Send>>,
    results: Mutex<Box<dyn Write + Send>>,
    last_tick: Mutex<Instant>,
}

impl Progress {
    /// To the terminal.
    pub fn to_terminal() -> Self {
        Self {
            notes: Mutex::new(Box::new(std::io::stderr())),
            results: Mutex::new(Box::new(std::io::stdout())),
            last_tick: Mutex::new(Instant::now()),
        }
    }

    /// A line of progress.
    pub fn note(&self, line: impl std::fmt::Display) {
        write_line(&self.notes, &line);
    }

    /// A line of progress that may be left out when another came a moment ago.
    pub fn tick(&self, line: impl FnOnce() -> String) {
        let Ok(mut last) = self.last_tick.lock() else {
            return;
        };
        if last.elapsed() >= BETWEEN_TICKS {
            *last = Instant::now();
            write_line(&self.notes, &line());
        }
    }

    /// A line of the result.
    pub fn result(&self, line: impl std::fmt::Display) {
        write_line(&self.results, &line);
    }
}

/// A closed pipe is no reason to stop the work, so a failed write is passed over.
fn write_line(out: &Mutex<Box<dyn Write + Send>>, line: &dyn std::fmt::Display) {
    if let Ok(mut out) = out.lock() {
        let _ = writeln!(out, "{line}");
        let _ = out.flush();
    }
}
