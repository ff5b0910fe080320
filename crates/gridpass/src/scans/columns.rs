//! Scans and follow-ups by column, as the inserting statements take them.

use gridpass_rules::Action;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use super::decide::{FollowUp, Verdict};
use super::model::{Scan, ScanKey};

/// Scans by column. Rows are added in order of their keys, so that two transactions that
/// hold the same scans wait for each other instead of dying of a deadlock.
pub struct ScanColumns<'t> {
    people: Vec<i64>,
    at: Vec<Timestamp>,
    gates: Vec<i64>,
    devices: Vec<Option<i64>>,
    directions: Vec<i16>,
    colours: Vec<i16>,
    actions: Vec<i16>,
    rungs: Vec<i16>,
    shown_colours: Vec<Option<i16>>,
    temperatures: Vec<Option<i16>>,
    colour_rules: Vec<&'t str>,
    gate_rules: Vec<&'t str>,
    versions: Vec<i32>,
    gate_versions: Vec<Option<i32>>,
    minutes: Vec<i32>,
    cells: Vec<i16>,
    received_at: Timestamp,
    lane: i16,
    tally_id: i64,
}

/// What all scans of a transaction share.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// When the server took them.
    pub received_at: Timestamp,
    /// Lane of the batcher; 0 on one PostgreSQL.
    pub lane: i16,
    /// Identity of the tally row.
    pub tally_id: i64,
}

/// What an upload adds to a scan: what the gate did by itself.
#[derive(Clone, Copy, Debug)]
pub struct DoneOffline {
    /// What the gate showed, by code; nothing when a person was only written down.
    pub shown_colour: Option<i16>,
    /// What the guard did.
    pub action: Action,
}

impl<'t> ScanColumns<'t> {
    /// Room for this many scans.
    pub fn with_capacity(rows: usize, stamp: Stamp) -> Self {
        Self {
            people: Vec::with_capacity(rows),
            at: Vec::with_capacity(rows),
            gates: Vec::with_capacity(rows),
            devices: Vec::with_capacity(rows),
            directions: Vec::with_capacity(rows),
            colours: Vec::with_capacity(rows),
            actions: Vec::with_capacity(rows),
            rungs: Vec::with_capacity(rows),
            shown_colours: Vec::with_capacity(rows),
            temperatures: Vec::with_capacity(rows),
            colour_rules: Vec::with_capacity(rows),
            gate_rules: Vec::with_capacity(rows),
            versions: Vec::with_capacity(rows),
            gate_versions: Vec::with_capacity(rows),
            minutes: Vec::with_capacity(rows),
            cells: Vec::with_capacity(rows),
            received_at: stamp.received_at,
            lane: stamp.lane,
            tally_id: stamp.tally_id,
        }
    }

    /// Adds a scan.
    pub fn push(&mut self, scan: &Scan, verdict: &Verdict<'t>, offline: Option<DoneOffline>) {
        debug_assert!(
            self.at.is_empty()
                || self.last_key()
                    <= (
                        scan.key.person_id.get(),
                        scan.key.at,
                        scan.key.gate_id.get()
                    )
        );
        self.people.push(scan.key.person_id.get());
        self.at.push(scan.key.at);
        self.gates.push(scan.key.gate_id.get());
        self.devices.push(scan.device_id.map(|id| id.get()));
        self.directions.push(scan.direction.code());
        self.colours.push(verdict.colour.colour.code());
        let action = offline.map_or(verdict.gate.action, |done| done.action);
        self.actions.push(action.code());
        self.rungs.push(scan.rung.code());
        self.shown_colours
            .push(offline.and_then(|done| done.shown_colour));
        self.temperatures.push(scan.decicelsius);
        self.colour_rules.push(verdict.colour.rule);
        self.gate_rules.push(verdict.gate.rule);
        self.versions.push(verdict.colour_version.get());
        let other = verdict.other_gate_version();
        self.gate_versions.push(other.map(|version| version.get()));
        let minute = scan.key.at.as_second().div_euclid(60);
        self.minutes.push(i32::try_from(minute).unwrap_or(i32::MAX));
        self.cells.push(
            verdict.colour.colour.code() * 100
                + action.code() * 10
                + scan.direction.code() * 2
                + i16::from(scan.is_fever()),
        );
    }

    fn last_key(&self) -> (i64, Timestamp, i64) {
        let last = self.at.len() - 1;
        (self.people[last], self.at[last], self.gates[last])
    }

    /// How many scans there are.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Parameters of the statement that adds scans believed to be new: those of
    /// [`Self::params`], then minute and cell of each for the tally.
    pub fn params_with_cells(&self) -> Vec<&(dyn ToSql + Sync)> {
        let mut params = self.params().to_vec();
        params.extend([&self.minutes as &(dyn ToSql + Sync), &self.cells]);
        params
    }

    /// Parameters 1 to 17 of the inserting statements.
    pub fn params(&self) -> [&(dyn ToSql + Sync); 17] {
        [
            &self.people,
            &self.at,
            &self.gates,
            &self.devices,
            &self.directions,
            &self.colours,
            &self.actions,
            &self.rungs,
            &self.shown_colours,
            &self.temperatures,
            &self.colour_rules,
            &self.gate_rules,
            &self.received_at,
            &self.versions,
            &self.lane,
            &self.tally_id,
            &self.gate_versions,
        ]
    }
}

/// Follow-ups by column, each with the scan that causes it.
#[derive(Default)]
pub struct FollowColumns {
    people: Vec<i64>,
    at: Vec<Timestamp>,
    gates: Vec<i64>,
    topics: Vec<&'static str>,
    keys: Vec<String>,
    payloads: Vec<String>,
}

impl FollowColumns {
    /// Adds the follow-ups of a scan.
    pub fn extend(&mut self, key: &ScanKey, follow_ups: impl IntoIterator<Item = FollowUp>) {
        for each in follow_ups {
            self.people.push(key.person_id.get());
            self.at.push(key.at);
            self.gates.push(key.gate_id.get());
            self.topics.push(each.topic);
            self.keys.push(each.dedupe_key);
            self.payloads.push(each.payload);
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Whether anything but visits follows, which somebody waits for.
    pub fn has_alerts(&self) -> bool {
        self.topics.iter().any(|topic| topic.starts_with("alert."))
    }

    /// Parameters 20 to 23 of the statement that adds scans believed to be new.
    pub fn params_without_scans(&self) -> [&(dyn ToSql + Sync); 4] {
        [&self.people, &self.topics, &self.keys, &self.payloads]
    }

    /// Parameters 18 to 23 of the inserting statement.
    pub fn params(&self) -> [&(dyn ToSql + Sync); 6] {
        [
            &self.people,
            &self.at,
            &self.gates,
            &self.topics,
            &self.keys,
            &self.payloads,
        ]
    }
}
