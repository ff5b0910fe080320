//! What a run measured, as one JSON object.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// What was read in answers, by name.
pub type Notes = BTreeMap<&'static str, u64>;

/// Counts and latencies of one generator thread, or of several added up.
#[derive(Debug)]
pub struct Tally {
    /// Requests sent.
    pub sent: u64,
    /// Answers 200.
    pub ok: u64,
    /// Answers 503: refused for now.
    pub refused: u64,
    /// Answers with any other status.
    pub other: u64,
    /// Connections that broke.
    pub broken: u64,
    /// Requests whose time came but that no connection was free for.
    pub unsent: u64,
    /// Microseconds from the intended send time to the answer, of answers 200.
    pub latency_us: Histogram<u64>,
    /// The same of answers 503.
    pub refused_us: Histogram<u64>,
    /// Microseconds between the intended and the real send time.
    pub lag_us: Histogram<u64>,
    /// Processor time of the generator.
    pub cpu: Duration,
    /// First answer that was neither 200 nor 503.
    pub first_other: Option<String>,
    /// What was read in the answers.
    pub notes: Notes,
}

impl Tally {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            sent: 0,
            ok: 0,
            refused: 0,
            other: 0,
            broken: 0,
            unsent: 0,
            latency_us: histogram(),
            refused_us: histogram(),
            lag_us: histogram(),
            cpu: Duration::ZERO,
            first_other: None,
            notes: Notes::new(),
        }
    }

    /// Adds another thread's tally.
    pub fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.ok += other.ok;
        self.refused += other.refused;
        self.other += other.other;
        self.broken += other.broken;
        self.unsent += other.unsent;
        self.cpu += other.cpu;
        for (name, count) in other.notes {
            *self.notes.entry(name).or_default() += count;
        }
        self.first_other = self.first_other.take().or(other.first_other);
        for (mine, theirs) in [
            (&mut self.latency_us, other.latency_us),
            (&mut self.refused_us, other.refused_us),
            (&mut self.lag_us, other.lag_us),
        ] {
            // Histograms of the same bounds always add.
            let _ = mine.add(theirs);
        }
    }

    /// The tally of a run of `elapsed`, `items` scans in each request.
    pub fn to_json(&self, elapsed: Duration, items: u64) -> Value {
        let seconds = elapsed.as_secs_f64().max(1e-9);
        let per_second = |count: u64| (count as f64 / seconds).round();
        json!({
            "seconds": round(seconds),
            "sent": self.sent,
            "ok": self.ok,
            "refused_503": self.refused,
            "other": self.other,
            "broken_connections": self.broken,
            "unsent": self.unsent,
            "sent_per_s": per_second(self.sent),
            "goodput_per_s": per_second(self.ok * items),
            "latency_ms": quantiles(&self.latency_us),
            "refused_latency_ms": quantiles(&self.refused_us),
            "send_lag_ms": quantiles(&self.lag_us),
            "generator_us_per_request": round(self.cpu.as_secs_f64() * 1e6 / self.sent.max(1) as f64),
            "generator_cores": round(self.cpu.as_secs_f64() / seconds),
            "first_other": self.first_other,
            "answers": self.notes,
        })
    }
}

/// From one microsecond to ten minutes, three digits.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000, 3).expect("the bounds are constant and valid")
}

/// The number behind `name` in a JSON text, for answers too many to parse.
pub fn number_after(body: &[u8], name: &[u8]) -> Option<u64> {
    let from = body.windows(name.len()).position(|window| window == name)? + name.len();
    let digits = body[from..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(None, |value, digit| {
        Some(value.unwrap_or(0) * 10 + u64::from(digit - b'0'))
    })
}

/// Records a duration, which the bounds clip.
pub fn record(histogram: &mut Histogram<u64>, duration: Duration) {
    histogram.saturating_record(duration.as_micros() as u64);
}

fn quantiles(histogram: &Histogram<u64>) -> Value {
    if histogram.is_empty() {
        return Value::Null;
    }
    let at = |quantile: f64| round(histogram.value_at_quantile(quantile) as f64 / 1000.0);
    json!({
        "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "p999": at(0.999),
        "max": round(histogram.max() as f64 / 1000.0), "mean": round(histogram.mean() / 1000.0),
    })
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Processor time that other guests took from this machine, and all time, in ticks.
#[derive(Clone, Copy, Debug, Default)]
pub struct MachineTime {
    stolen: u64,
    all: u64,
}

impl MachineTime {
    /// Reads `/proc/stat`; zero where there is none.
    pub fn read() -> Self {
        let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
        Self::parse(&text)
    }

    fn parse(text: &str) -> Self {
        let first = text.lines().next().unwrap_or_default();
        let ticks: Vec<u64> = first
            .split_whitespace()
            .skip(1)
            .filter_map(|word| word.parse().ok())
            .collect();
        // user nice system idle iowait irq softirq steal; guest time is part of user time.
        let all = ticks.iter().take(8).sum();
        Self {
            stolen: ticks.get(7).copied().unwrap_or(0),
            all,
        }
    }

    /// Percent of the machine's time stolen since `earlier`.
    pub fn steal_percent_since(self, earlier: Self) -> f64 {
        let all = self.all.saturating_sub(earlier.all).max(1);
        round(100.0 * self.stolen.saturating_sub(earlier.stolen) as f64 / all as f64)
    }
}

/// Processor time of the calling thread; zero where the kernel does not tell.
pub fn thread_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(
        text.split_whitespace()
            .next()
            .and_then(|word| word.parse().ok())
            .unwrap_or(0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steal_is_a_share_of_all_time() {
        let before = MachineTime::parse("cpu  100 0 100 700 0 0 0 100 50 0\n");
        let after = MachineTime::parse("cpu  150 0 150 750 0 0 0 150 90 0\n");
        assert!((after.steal_percent_since(before) - 25.0).abs() < 1e-9);
        assert!(
            MachineTime::parse("")
                .steal_percent_since(MachineTime::default())
                .abs()
                < 1e-9
        );
    }

    #[test]
    fn numbers_are_found_by_name() {
        let body = br#"{"accepted":97,"duplicates":0,"rejected":[]}"#;
        assert_eq!(number_after(body, b"\"accepted\":"), Some(97));
        assert_eq!(number_after(body, b"\"rejected\":"), None);
        assert_eq!(number_after(body, b"\"missing\":"), None);
    }

    #[test]
    fn tallies_add_up() {
        let (mut one, mut two) = (Tally::new(), Tally::new());
        (one.sent, one.ok, two.sent, two.refused) = (3, 3, 2, 2);
        record(&mut one.latency_us, Duration::from_millis(2));
        record(&mut two.latency_us, Duration::from_millis(4));
        one.add(two);
        let json = one.to_json(Duration::from_secs(1), 10);
        assert_eq!(json["sent"], 5);
        assert_eq!(json["goodput_per_s"], 30.0);
        // A histogram of three digits answers the upper end of its cell.
        assert_eq!(json["latency_ms"]["max"], 4.001);
    }
}
