//! The scans of the last days, decided twice: what would have happened at the gates.
//!
//! States of the past are not stored; each is derived from the facts as they were known at the
//! scan. That costs more than a count, so above a bound the scans of one in so many people are
//! taken. Identities are random, so this is a fair sample, and a person's scans stay together.

use std::collections::BTreeMap;

use gridpass_rules::Action;
use gridpass_types::clock::DISTRICT_OFFSET_SECONDS;
use gridpass_types::ids::GateId;
use jiff::Timestamp;

use super::card::{ActionMove, GateImpact, GateLoad, QuarterLoad};
use super::compared::{Compared, InPlaces};
use super::model::Assumptions;
use super::past::{Gates, PastScan};
use super::population::rounded;
use super::store;
use crate::db::Client;
use crate::facts;
use crate::http::error::ApiResult;

/// Scans that are decided, about; with more of them people are sampled.
const SCANS_MAX: i64 = 200_000;
/// People read at a time.
const PEOPLE_CHUNK: i64 = 2_000;
/// Gates on the card.
const GATES_MAX: usize = 30;
/// Seconds of a quarter of an hour, and quarters of a day.
const QUARTER_S: i64 = 900;
const DAY_S: i64 = 86_400;

/// Which scans.
pub struct Window {
    /// From this instant on.
    pub from: Timestamp,
    /// Up to this one, not included.
    pub to: Timestamp,
    /// Days between them.
    pub days: i16,
}

/// Decides scans; made at the start, fed page by page.
pub struct PastScans<'a> {
    window: Window,
    compared: &'a Compared,
    seconds: [f64; 3],
    gates: Gates,
    one_in: i64,
    after: i64,
    decided: i64,
    left_out: i64,
    moves: BTreeMap<(Action, Action), i64>,
    loads: BTreeMap<i64, BTreeMap<i64, Load>>,
}

/// Scans and seconds in one quarter of an hour of the day.
#[derive(Clone, Copy, Default)]
struct Load {
    scans: i64,
    before_s: f64,
    after_s: f64,
}

impl<'a> PastScans<'a> {
    /// Reads the gates and decides how many people to take.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open(
        db: &Client,
        compared: &'a Compared,
        (window, assumptions): (Window, &Assumptions),
    ) -> ApiResult<Self> {
        let scans = store::count_scans(db, window.from, window.to).await?;
        Ok(Self {
            compared,
            seconds: [
                assumptions.pass_seconds,
                assumptions.check_seconds,
                assumptions.stop_seconds,
            ]
            .map(f64::from),
            gates: Gates::load(db).await?,
            one_in: 1 + (scans - 1).max(0) / SCANS_MAX,
            after: 0,
            decided: 0,
            left_out: 0,
            moves: BTreeMap::new(),
            loads: BTreeMap::new(),
            window,
        })
    }

    /// Decides the scans of the next people; how far it has come, 0 to 1, or `None` at the end.
    /// Identities are spread evenly below 2^53.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next_page(&mut self, db: &Client) -> ApiResult<Option<f64>> {
        let people = store::list_people(db, self.after, self.one_in, PEOPLE_CHUNK).await?;
        let Some((last, _)) = people.last() else {
            return Ok(None);
        };
        self.after = *last;
        let ids: Vec<i64> = people.iter().map(|(person_id, _)| *person_id).collect();
        let scans = store::list_scans(db, &ids, (self.window.from, self.window.to)).await?;
        let mut scanned: Vec<i64> = scans.iter().map(|scan| scan.person_id).collect();
        scanned.dedup();
        let known = facts::load_known(db, &scanned).await?;
        let places: BTreeMap<i64, String> = people.into_iter().collect();
        for scan in &scans {
            let Some(known) = known.get(&scan.person_id) else {
                continue;
            };
            let home = places.get(&scan.person_id).map_or("", String::as_str);
            let counted_at = known.counted_at(scan.decided_for());
            self.add(scan, (&scan.state(known), counted_at, home));
        }
        Ok(Some(self.after as f64 / (1_i64 << 53) as f64))
    }

    fn add(
        &mut self,
        scan: &PastScan,
        (state, counted_at, home): (&gridpass_rules::State, Timestamp, &str),
    ) {
        let decide = |places: &InPlaces| {
            let colour = places.of(home).decide_colour(state, counted_at).colour;
            let context = self.gates.context(scan, state, colour)?;
            let gate = self.gates.get(scan.gate_id)?;
            Some(places.of(&gate.place_code).decide_gate(&context).action)
        };
        let (Some(before), Some(after)) = (
            decide(self.compared.before()),
            decide(self.compared.after()),
        ) else {
            self.left_out += 1;
            return;
        };
        self.decided += 1;
        *self.moves.entry((before, after)).or_default() += 1;
        let seconds = |action: Action| self.seconds[action as usize];
        let (before_s, after_s) = (seconds(before), seconds(after));
        let of_day = (scan.at.as_second() + DISTRICT_OFFSET_SECONDS).rem_euclid(DAY_S);
        let gate = self.loads.entry(scan.gate_id).or_default();
        let load = gate.entry(of_day / QUARTER_S).or_default();
        load.scans += 1;
        load.before_s += before_s;
        load.after_s += after_s;
    }

    /// Scans decided, and of these how many with another action.
    pub fn totals(&self) -> (i64, i64) {
        let changed = self.moves.iter().filter(|((from, to), _)| from != to);
        (self.decided, changed.map(|(_, scans)| scans).sum())
    }

    /// The card's part about gates.
    pub fn impact(self) -> GateImpact {
        let a_day = self.one_in as f64 / f64::from(self.window.days.max(1));
        let mut gates: Vec<GateLoad> = self
            .loads
            .iter()
            .filter_map(|(gate_id, quarters)| self.gate_load(*gate_id, quarters, a_day))
            .collect();
        let added = |gate: &GateLoad| gate.minutes_after - gate.minutes_before;
        gates.sort_by(|a, b| added(b).total_cmp(&added(a)));
        gates.truncate(GATES_MAX);
        GateImpact {
            from: self.window.from,
            to: self.window.to,
            decided: self.decided,
            one_in: self.one_in,
            left_out: self.left_out,
            moves: self
                .moves
                .into_iter()
                .map(|((from, to), scans)| ActionMove { from, to, scans })
                .collect(),
            gates,
        }
    }

    fn gate_load(
        &self,
        gate_id: i64,
        quarters: &BTreeMap<i64, Load>,
        a_day: f64,
    ) -> Option<GateLoad> {
        let gate = self.gates.get(gate_id)?;
        let sum = |of: fn(&Load) -> f64| quarters.values().map(of).sum::<f64>();
        let minutes = |seconds: f64| rounded(seconds / 60.0 * a_day);
        let changed = quarters
            .iter()
            .filter(|(_, load)| (load.after_s - load.before_s).abs() > f64::EPSILON);
        Some(GateLoad {
            gate_id: GateId::new(gate_id),
            name: gate.name.clone(),
            enclosure_id: gate.enclosure_id,
            place_code: gate.place_code.clone(),
            scans_per_day: rounded(sum(|load| load.scans as f64) * a_day),
            minutes_before: minutes(sum(|load| load.before_s)),
            minutes_after: minutes(sum(|load| load.after_s)),
            quarters: changed
                .map(|(quarter, load)| QuarterLoad {
                    time: format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15),
                    scans: rounded(load.scans as f64 * a_day),
                    added_minutes: minutes(load.after_s - load.before_s),
                })
                .collect(),
        })
    }
}
