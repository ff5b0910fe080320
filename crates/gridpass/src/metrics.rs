//! Numbers for Prometheus. Labels are closed sets: never a person, never free text.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// One label that names a kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Kind {
    /// Which kind.
    pub kind: &'static str,
}

/// Every number the server keeps.
pub struct Metrics {
    registry: Registry,
    /// Scans decided and committed, by colour.
    pub scans: Family<Kind, Counter>,
    /// Scans refused before they reached the database, by error code.
    pub refusals: Family<Kind, Counter>,
    /// Scans waiting for a batch.
    pub scan_queue: Gauge,
    /// Scans a batch held.
    pub batch_size: Histogram,
    /// Seconds from the start of a batch to its commit.
    pub batch_seconds: Histogram,
    /// Follow-ups relayed, by topic.
    pub follow_ups: Family<Kind, Counter>,
    /// Delta rows folded into roll-ups, by roll-up.
    pub folded: Family<Kind, Counter>,
    /// Values brought to the newest sealing key, by column.
    pub resealed: Family<Kind, Counter>,
    /// Older keys that are still read with, by what they are for.
    pub keys_retiring: Family<Kind, Gauge>,
    /// Requests answered, by status class.
    pub requests: Family<Kind, Counter>,
    /// Text messages handed to the gateway, by outcome.
    pub texts: Family<Kind, Counter>,
    /// Whether the database answers: 1 or 0.
    pub database_up: Gauge,
    /// Connections of the pool, by `idle` or `in_use`.
    pub database_connections: Family<Kind, Gauge>,
}

impl Metrics {
    /// All numbers at zero.
    pub fn new() -> Self {
        let metrics = Self {
            scans: Family::default(),
            refusals: Family::default(),
            scan_queue: Gauge::default(),
            batch_size: Histogram::new([1.0, 4.0, 16.0, 64.0, 128.0, 256.0, 512.0]),
            batch_seconds: Histogram::new([
                0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0,
            ]),
            follow_ups: Family::default(),
            folded: Family::default(),
            resealed: Family::default(),
            keys_retiring: Family::default(),
            requests: Family::default(),
            texts: Family::default(),
            database_up: Gauge::default(),
            database_connections: Family::default(),
            registry: Registry::default(),
        };
        Self {
            registry: metrics.register(),
            ..metrics
        }
    }

    /// The numbers under the names they are read by.
    fn register(&self) -> Registry {
        let mut registry = Registry::with_prefix("gridpass");
        registry.register("scans", "Scans committed, by colour", self.scans.clone());
        registry.register(
            "scan_refusals",
            "Scans refused, by code",
            self.refusals.clone(),
        );
        registry.register(
            "scan_queue_depth",
            "Scans waiting for a batch",
            self.scan_queue.clone(),
        );
        registry.register(
            "scan_batch_size",
            "Scans in a batch",
            self.batch_size.clone(),
        );
        registry.register(
            "scan_batch_seconds",
            "Time of a batch",
            self.batch_seconds.clone(),
        );
        registry.register(
            "follow_ups",
            "Follow-ups relayed, by topic",
            self.follow_ups.clone(),
        );
        registry.register("folded", "Deltas folded into roll-ups", self.folded.clone());
        registry.register(
            "resealed",
            "Values sealed anew with the newest key, by column",
            self.resealed.clone(),
        );
        registry.register(
            "keys_retiring",
            "Older keys still read with",
            self.keys_retiring.clone(),
        );
        registry.register(
            "requests",
            "Requests answered, by status class",
            self.requests.clone(),
        );
        registry.register(
            "texts",
            "Text messages handed to the gateway, by outcome",
            self.texts.clone(),
        );
        registry.register(
            "database_up",
            "Whether the database answers",
            self.database_up.clone(),
        );
        let connections = self.database_connections.clone();
        registry.register(
            "database_connections",
            "Connections of the pool",
            connections,
        );
        registry
    }

    /// The text that Prometheus reads.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("writing to a String does not fail");
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
