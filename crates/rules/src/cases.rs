//! Golden cases: facts, a gate and a scan, with the decision expected.
//!
//! One case a line in JSON. The same cases run in tests, in the rule lab and by
//! `gridpass rules test`, without server or database.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::path::Path;

use gridpass_types::{EmployerId, EnclosureId, FactId, RuleSetVersion};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::FEVER_CELSIUS;
use crate::catalogue::Catalogue;
use crate::derive::derive;
use crate::fact::{Fact, FactBody};
use crate::gate::GateContext;
use crate::rule_set::RuleSet;
use crate::words::{AreaStatus, Direction};

/// Longest case in bytes.
const LINE_BYTES_MAX: u64 = 1024 * 1024;

/// Fields of a fact that do not matter to a decision.
const PROVENANCE: [&str; 2] = ["recorded_by", "source"];

/// One case, read and ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its name.
    pub id: String,
    /// The instant of the scan.
    pub now: Timestamp,
    /// The person's facts.
    pub facts: Vec<Fact>,
    /// The gate's enclosure.
    pub enclosure: Option<EnclosureId>,
    /// The gate's employer.
    pub employer: Option<EmployerId>,
    /// How the gate's enclosure is managed.
    pub area: AreaStatus,
    /// In or out.
    pub direction: Direction,
    /// The scan's reading in degrees Celsius.
    pub temperature: Option<f64>,
    /// What is to come out.
    pub expect: Outcome,
}

/// What a case expects, or what came out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Outcome {
    /// Colour.
    pub colour: String,
    /// Reason of the colour.
    pub reason: String,
    /// Rule of the colour table.
    pub rule: String,
    /// Action at the gate.
    pub action: String,
    /// Rule of the gate table.
    pub gate_rule: String,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "colour={} reason={} rule={} action={} gate_rule={}",
            self.colour, self.reason, self.rule, self.action, self.gate_rule
        )
    }
}

/// Why a line is no case.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// Not JSON of the form of a case.
    #[error("not a case: {0}")]
    Json(#[from] serde_json::Error),
    /// A fact that is no object or lacks its id or time.
    #[error("fact {0} is not an object with id and recorded_at")]
    Fact(usize),
    /// A fact whose kind or fields the catalogue does not know.
    #[error("fact {0}: {1}")]
    Kind(usize, String),
}

#[derive(Deserialize)]
struct RawCase {
    id: String,
    now: Timestamp,
    facts: Vec<Map<String, Value>>,
    gate: RawGate,
    scan: RawScan,
    expect: Outcome,
}

#[derive(Deserialize)]
struct RawGate {
    #[serde(default)]
    enclosure: Value,
    #[serde(default)]
    employer: Value,
    area: AreaStatus,
}

#[derive(Deserialize)]
struct RawScan {
    direction: Direction,
    temperature: Option<f64>,
}

/// Gives the names of enclosures or employers numbers, in the order of their first appearance.
#[derive(Default)]
struct Interner(HashMap<String, i64>);

impl Interner {
    /// The number of a name; `None` for null. Numbers and texts are different names.
    fn intern(&mut self, name: &Value) -> Option<i64> {
        if name.is_null() {
            return None;
        }
        let next = i64::try_from(self.0.len()).unwrap_or(i64::MAX - 1) + 1;
        Some(*self.0.entry(name.to_string()).or_insert(next))
    }
}

impl Case {
    /// Reads one line; facts may be of kinds of the catalogue.
    ///
    /// # Errors
    /// When the line is no JSON of the form of a case, or a fact is of no known kind.
    pub fn parse(line: &str, catalogue: &Catalogue) -> Result<Self, CaseError> {
        let raw: RawCase = serde_json::from_str(line)?;
        let mut enclosures = Interner::default();
        let mut employers = Interner::default();
        let facts = raw
            .facts
            .into_iter()
            .enumerate()
            .map(|(index, fact)| read_fact(index, fact, &mut enclosures, &mut employers))
            .collect::<Result<Vec<Fact>, _>>()?;
        for (index, fact) in facts.iter().enumerate() {
            check_kind(&fact.body, catalogue, raw.now)
                .map_err(|problem| CaseError::Kind(index, problem))?;
        }
        Ok(Self {
            id: raw.id,
            now: raw.now,
            facts,
            enclosure: enclosures.intern(&raw.gate.enclosure).map(EnclosureId::new),
            employer: employers.intern(&raw.gate.employer).map(EmployerId::new),
            area: raw.gate.area,
            direction: raw.scan.direction,
            temperature: raw.scan.temperature,
            expect: raw.expect,
        })
    }

    /// Decides the case, as a scan would: a feverish reading becomes a fact before the colour is
    /// derived.
    #[must_use]
    pub fn run(&self, rules: &RuleSet) -> Outcome {
        let mut facts = self.facts.clone();
        facts.extend(self.fever_fact());
        let state = derive(&facts, self.now).state;
        let colour = rules.decide_colour(&state, self.now);
        let gate = rules.decide_gate(&GateContext {
            colour: colour.colour,
            area: self.area,
            direction: self.direction,
            relation: state.relation(self.enclosure, self.employer),
            checked: state.checked,
            temperature: self.temperature,
        });
        Outcome {
            colour: colour.colour.to_string(),
            reason: colour.reason.to_string(),
            rule: colour.rule.to_owned(),
            action: gate.action.to_string(),
            gate_rule: gate.rule.to_owned(),
        }
    }

    fn fever_fact(&self) -> Option<Fact> {
        let temperature = self
            .temperature
            .filter(|celsius| *celsius >= FEVER_CELSIUS)?;
        let last_id = self.facts.iter().map(|fact| fact.id.get()).max();
        Some(Fact {
            id: FactId::new(last_id.unwrap_or(0).saturating_add(1)),
            recorded_at: self.now,
            retracted_at: None,
            body: FactBody::Health {
                at: self.now,
                temperature: Some(temperature),
                symptoms: Vec::new(),
            },
        })
    }
}

/// Refuses a kind that the catalogue does not know, and fields that it cannot have.
fn check_kind(body: &FactBody, catalogue: &Catalogue, now: Timestamp) -> Result<(), String> {
    let FactBody::Catalogued { kind, fields } = body else {
        return Ok(());
    };
    let known = catalogue.kind(kind);
    let known = known.ok_or_else(|| format!("unknown kind {kind}"))?;
    match known.faults(fields, now).into_iter().next() {
        Some(fault) => Err(format!("{}: {}", fault.field, fault.en)),
        None => Ok(()),
    }
}

fn read_fact(
    index: usize,
    mut fact: Map<String, Value>,
    enclosures: &mut Interner,
    employers: &mut Interner,
) -> Result<Fact, CaseError> {
    for field in PROVENANCE {
        fact.remove(field);
    }
    for (field, interner) in [("enclosure", enclosures), ("employer", employers)] {
        if let Some(number) = fact.get(field).and_then(|name| interner.intern(name)) {
            fact.insert(field.to_owned(), Value::from(number));
        }
    }
    let mut take = |field: &str| fact.remove(field).unwrap_or(Value::Null);
    let id: Option<FactId> = serde_json::from_value(take("id"))?;
    let recorded_at: Option<Timestamp> = serde_json::from_value(take("recorded_at"))?;
    let retracted_at = serde_json::from_value(take("retracted_at"))?;
    let (Some(id), Some(recorded_at)) = (id, recorded_at) else {
        return Err(CaseError::Fact(index));
    };
    Ok(Fact {
        id,
        recorded_at,
        retracted_at,
        body: serde_json::from_value(Value::Object(fact))?,
    })
}

/// How a run went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Cases that came out as expected.
    pub passed: usize,
    /// One line for each case that did not, with expected and got.
    pub failures: Vec<String>,
}

impl Report {
    /// Did every case come out as expected?
    #[must_use]
    pub const fn all_passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failure in &self.failures {
            writeln!(f, "{failure}")?;
        }
        writeln!(f, "{} passed, {} failed", self.passed, self.failures.len())
    }
}

/// Runs every case of a JSON-lines file; blank lines are skipped, a line that is no case fails.
///
/// # Errors
/// When the reader fails or a line is longer than a mebibyte.
pub fn run_cases(rules: &RuleSet, mut reader: impl BufRead) -> io::Result<Report> {
    let mut report = Report::default();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = reader
            .by_ref()
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        if !line.ends_with(b"\n") && line.len() as u64 == LINE_BYTES_MAX {
            let message = format!("line {number} is longer than a case can be");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        match Case::parse(text, &rules.catalogue) {
            Err(error) => report.failures.push(format!("FAIL line {number}: {error}")),
            Ok(case) => {
                let got = case.run(rules);
                if got == case.expect {
                    report.passed += 1;
                } else {
                    let Case { id, expect, .. } = case;
                    let failure = format!("FAIL {id}: expected {expect}; got {got}");
                    report.failures.push(failure);
                }
            }
        }
    }
    Ok(report)
}

/// The command `gridpass rules test`: reads the catalogue if there is one, both tables and the
/// cases, writes one line for each failure and the totals. Returns whether everything passed.
///
/// # Errors
/// When a file cannot be read or `out` cannot be written. Tables that are refused are written to
/// `out`, error by error, and count as not passed.
pub fn test_command(
    colour: &Path,
    gate: &Path,
    (cases, catalogue): (&Path, Option<&Path>),
    out: &mut dyn Write,
) -> io::Result<bool> {
    let catalogue = match catalogue {
        None => Catalogue::default(),
        Some(path) => match Catalogue::from_json(&read_file(path)?) {
            Ok(catalogue) => catalogue,
            Err(problem) => {
                writeln!(out, "catalogue: {problem}")?;
                return Ok(false);
            }
        },
    };
    let rules = RuleSet::from_csv_with(
        RuleSetVersion::new(0),
        (&read_file(colour)?, &read_file(gate)?),
        &catalogue,
    );
    let rules = match rules {
        Ok(rules) => rules,
        Err(errors) => {
            for error in errors {
                writeln!(out, "{error}")?;
            }
            return Ok(false);
        }
    };
    let file = std::fs::File::open(cases).map_err(|error| name_file(cases, &error))?;
    let report = run_cases(&rules, io::BufReader::new(file))?;
    write!(out, "{report}")?;
    out.flush()?;
    Ok(report.all_passed())
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| name_file(path, &error))
}

fn name_file(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
