//! Scans of the past with all that decided them, for back-tests and replays.
//!
//! A scan's record says who, where, when and how warm. The rest is known from elsewhere: the
//! facts, which are never edited; the gates; and how enclosures were managed at the time.

use std::collections::HashMap;

use gridpass_rules::{AreaStatus, Colour, Direction, FEVER_CELSIUS, GateContext, State};
use gridpass_types::Rung;
use gridpass_types::ids::{EmployerId, EnclosureId};
use jiff::Timestamp;

use super::store;
use crate::db::Client;
use crate::facts::Known;
use crate::http::error::ApiResult;

/// A recorded scan.
#[derive(Clone, Debug)]
pub struct PastScan {
    /// Who.
    pub person_id: i64,
    /// When, by the device's clock.
    pub at: Timestamp,
    /// Where.
    pub gate_id: i64,
    /// When the server took it.
    pub received_at: Timestamp,
    /// Version that decided the colour.
    pub rule_set_version: i32,
    /// Version that decided the action, where it was another.
    pub gate_rule_set_version: Option<i32>,
    /// In or out.
    pub direction: Direction,
    /// How the person was known.
    pub rung: Rung,
    /// Reading in tenths of a degree Celsius.
    pub decicelsius: Option<i16>,
    /// Colour on record.
    pub colour: i16,
    /// Action on record; for an offline scan what the gate did.
    pub action: i16,
    /// Rows on record.
    pub rules: (String, String),
}

impl PastScan {
    /// Whether the gate was without network: the scan came in an upload, later.
    pub fn is_offline(&self) -> bool {
        matches!(self.rung, Rung::Snapshot | Rung::Code | Rung::OfflinePaper)
    }

    /// The reading in degrees Celsius.
    pub fn celsius(&self) -> Option<f64> {
        self.decicelsius.map(|tenths| f64::from(tenths) / 10.0)
    }

    /// The instant the scan was decided for. Online that is when the server took it; an upload is
    /// decided as of the scan's own time, but for a fever, whose reading is recorded only then.
    pub fn decided_for(&self) -> Timestamp {
        let fever = self.celsius().is_some_and(|read| read >= FEVER_CELSIUS);
        match self.is_offline() && !fever {
            true => self.at,
            false => self.received_at,
        }
    }

    /// What a person's facts added up to when the scan was decided.
    pub fn state(&self, known: &Known) -> State {
        known.derive(self.decided_for()).state
    }
}

/// A gate as the back-test knows it.
#[derive(Clone, Debug)]
pub struct PastGate {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place_code: String,
    /// Whose gate it is, if an enclosure's.
    pub enclosure_id: Option<EnclosureId>,
    /// Whose gate it is, if an employer's.
    pub employer_id: Option<EmployerId>,
}

/// All gates, and how enclosures were managed at any time.
pub struct Gates {
    gates: HashMap<i64, PastGate>,
    /// By enclosure, in order of time.
    areas: HashMap<i64, Vec<(Timestamp, AreaStatus)>>,
}

impl Gates {
    /// Reads them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(db: &Client) -> ApiResult<Self> {
        Ok(Self {
            gates: store::list_gates(db).await?,
            areas: store::list_areas(db).await?,
        })
    }

    /// A gate.
    pub fn get(&self, gate_id: i64) -> Option<&PastGate> {
        self.gates.get(&gate_id)
    }

    /// What the gate knew when the scan was taken; `None` when the gate is not known.
    pub fn context(&self, scan: &PastScan, state: &State, colour: Colour) -> Option<GateContext> {
        let gate = self.get(scan.gate_id)?;
        Some(GateContext {
            colour,
            area: self.area(gate, scan.received_at),
            direction: scan.direction,
            relation: state.relation(gate.enclosure_id, gate.employer_id),
            checked: state.checked,
            temperature: scan.celsius(),
        })
    }

    fn area(&self, gate: &PastGate, at: Timestamp) -> AreaStatus {
        let known = gate
            .enclosure_id
            .and_then(|id| self.areas.get(&id.get()))
            .map_or(&[][..], Vec::as_slice);
        let last = known.iter().rev().find(|(since, _)| *since <= at);
        last.map_or(AreaStatus::Normal, |(_, status)| *status)
    }
}
