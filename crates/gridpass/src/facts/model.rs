//! The state row, new facts, and what goes over the wire.

use gridpass_rules::catalogue::Evidence;
use gridpass_rules::red::{EvidenceKind, RedReason};
use gridpass_rules::words::{
    Case, Checked, Contact, Employment, Exempt, Health, Quarantine, Registry, Residence, Stay,
};
use gridpass_rules::{Colour, Derived, Fact, FactBody, State};
use gridpass_types::ids::{
    EmployerId, EnclosureId, FactId, PassSerial, PersonId, RuleSetVersion, StaffId,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use utoipa::ToSchema;

use crate::areas;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Characters of a source's name at most.
const SOURCE_CHARS_MAX: usize = 80;
/// Reason on record of a fact whose time was limited when it was recorded.
pub(super) const REASON_EXPIRY: &str = "expiry";
/// Characters of the reason of a retraction at most.
const REASON_CHARS_MAX: usize = 200;
/// Source of facts that a quarantine order answers for: they change through the order only.
pub const SOURCE_ORDER: &str = "quarantine_order";

/// A person who has no state row yet.
#[derive(Clone, Debug)]
pub struct NewPersonState {
    /// The person.
    pub person_id: PersonId,
    /// Dense number of the pass.
    pub pass_serial: PassSerial,
    /// Where the person counts while no residence is known: [`super::home_place`].
    pub place_code: String,
}

/// A person of an import who has no state row yet, with the facts the import brings.
#[derive(Clone, Debug)]
pub struct BulkPerson {
    /// The person.
    pub person_id: PersonId,
    /// Dense number of the pass.
    pub pass_serial: PassSerial,
    /// The home grid if known, else the district: [`super::home_place`].
    pub place_code: String,
    /// Facts to record.
    pub facts: Vec<NewFact>,
}

/// A fact to record.
#[derive(Clone, Debug)]
pub struct NewFact {
    /// What it says.
    pub body: FactBody,
    /// Where the evidence came from.
    pub source: String,
    /// Staff member or device; `None` for the person or a registry.
    pub recorded_by: Option<i64>,
    /// On what it stands; a fact that leads to red is refused without.
    pub grounds: Option<Grounds>,
}

/// On what a fact stands. What leads to red stands on a device or on two people; there is no
/// third way.
#[derive(Clone, Debug)]
pub enum Grounds {
    /// A device measured it; nobody typed it.
    Device,
    /// Two people of different units answer for it.
    TwoPeople(TwoPeople),
    /// A row of a registry's file, by the digest of what it says. Turns nobody red: it only
    /// says which evidence a conflict stands on.
    RegistryRow(String),
    /// Nothing that would do for red: a fact of a catalogued kind, which counts until then.
    KeptUntil(Timestamp),
}

/// A reason of the closed list with its evidence, and the second person.
#[derive(Clone, Debug)]
pub struct TwoPeople {
    /// The reason.
    pub reason: RedReason,
    /// What was shown.
    pub evidence: EvidenceKind,
    /// Its number.
    pub reference: String,
    /// Who confirmed; never who recorded.
    pub confirmed_by: StaffId,
    /// From when on the fact counts no more by itself; `None` when its own dates say so.
    pub until: Option<Timestamp>,
}

impl NewFact {
    /// What was shown for it, and its number.
    pub(super) fn shown(&self) -> Option<(EvidenceKind, &str)> {
        match &self.grounds {
            Some(Grounds::TwoPeople(two)) => Some((two.evidence, &two.reference)),
            Some(Grounds::RegistryRow(row)) => Some((EvidenceKind::RegistryImport, row)),
            Some(Grounds::Device | Grounds::KeptUntil(_)) | None => None,
        }
    }

    /// The second person's part, if there is one.
    pub(super) fn two_people(&self) -> Option<&TwoPeople> {
        match &self.grounds {
            Some(Grounds::TwoPeople(two)) => Some(two),
            _ => None,
        }
    }

    /// From when on it counts no more by itself, when that was said.
    pub(super) fn until(&self) -> Option<Timestamp> {
        match &self.grounds {
            Some(Grounds::TwoPeople(two)) => two.until,
            Some(Grounds::KeptUntil(until)) => Some(*until),
            Some(Grounds::Device | Grounds::RegistryRow(_)) | None => None,
        }
    }
}

/// What the live facts of a person add up to, as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StateRow {
    /// The person.
    pub person_id: PersonId,
    /// Dense number of the pass.
    pub pass_serial: PassSerial,
    /// Leaf division where the person counts, 15 digits.
    pub place_code: String,
    /// The state.
    pub state: State,
    /// From when the state holds; 1970-01-01 when always.
    pub valid_from: Timestamp,
    /// Until when it holds, not included; `None` when no date changes it.
    pub valid_until: Option<Timestamp>,
    /// Colour when last derived; for counts only.
    pub colour: Colour,
    /// Row of the colour table that gave the colour.
    pub rule_id: String,
    /// Version that gave the colour.
    pub rule_set_version: RuleSetVersion,
    /// When the row was last written.
    pub changed_at: Timestamp,
    /// The date that does not take effect while it is held.
    pub held_from: Option<Timestamp>,
}

impl StateRow {
    /// Reads a row whose first columns are those of `person_state` in the table's order.
    ///
    /// # Panics
    /// When the columns are others, or a code is outside the table's CHECK.
    pub fn from_row(row: &Row) -> Self {
        debug_assert_eq!(row.columns()[22].name(), "held_from");
        let employers: Vec<i64> = row.get(14);
        let state = State {
            case: word(row, 3, Case::from_code),
            quarantine: word(row, 4, Quarantine::from_code),
            contact: word(row, 5, Contact::from_code),
            health: word(row, 6, Health::from_code),
            stay: word(row, 7, Stay::from_code),
            exempt: if row.get(8) { Exempt::Yes } else { Exempt::No },
            registry: word(row, 9, Registry::from_code),
            residence: word(row, 10, Residence::from_code),
            employment: word(row, 11, Employment::from_code),
            checked: if row.get(12) {
                Checked::Yes
            } else {
                Checked::No
            },
            enclosure: row.get::<_, Option<i64>>(13).map(EnclosureId::new),
            employers: employers.into_iter().map(EmployerId::new).collect(),
            catalogued: evidence(row, 21),
        };
        Self {
            person_id: row.get(0),
            pass_serial: row.get(1),
            place_code: row.get(2),
            state,
            valid_from: row.get(15),
            valid_until: row.get(16),
            colour: word(row, 17, Colour::from_code),
            rule_id: row.get(18),
            rule_set_version: row.get(19),
            changed_at: row.get(20),
            held_from: row.get(22),
        }
    }

    /// The instant whose dates count at `at`: that one, or the one just before a date that is
    /// held.
    pub fn counted_at(&self, at: Timestamp) -> Timestamp {
        counted_at(self.held_from, at)
    }

    /// Whether the stored state is that of the instant `at`; if not, derive from facts.
    pub fn holds_at(&self, at: Timestamp) -> bool {
        self.valid_from <= at && self.valid_until.is_none_or(|until| at < until)
    }

    /// Bounds the row by what lets another row of the colour table decide: the last such instant
    /// and the next.
    pub(super) fn bound_by(&mut self, (last, next): (Option<Timestamp>, Option<Timestamp>)) {
        self.valid_from = last.map_or(self.valid_from, |last| self.valid_from.max(last));
        if self.held_from.is_none() {
            self.valid_until = [self.valid_until, next].into_iter().flatten().min();
        }
    }

    /// The cell of the roll-up the person counts in.
    pub fn cell(&self) -> i16 {
        self.colour.code() * 100 + self.state.residence.code() * 10 + self.state.quarantine.code()
    }

    /// The enclosure of the residence on record.
    pub(super) fn enclosure(&self) -> Option<i64> {
        self.state.enclosure.map(|id| id.get())
    }

    /// Takes over what was derived; a row that is held has no end.
    pub(super) fn hold(&mut self, derived: Derived) {
        self.state = derived.state;
        self.valid_from = derived.valid_from.max(Timestamp::UNIX_EPOCH);
        self.valid_until = derived.valid_until.filter(|_| self.held_from.is_none());
    }
}

/// The instant whose dates count at `at` while the date `held_from` does not take effect.
pub fn counted_at(held_from: Option<Timestamp>, at: Timestamp) -> Timestamp {
    held_from.map_or(at, |from| at.min(just_before(from)))
}

/// The last instant before another.
pub(super) fn just_before(at: Timestamp) -> Timestamp {
    at.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(at)
}

/// The live facts of catalogued kinds in a column of `person_state`; most people have none.
///
/// # Panics
/// When the column is another, or holds what this slice does not write.
pub fn evidence(row: &Row, at: usize) -> Vec<Evidence> {
    let stored: Option<Json<Vec<Evidence>>> = row.get(at);
    stored.map_or_else(Vec::new, |Json(evidence)| evidence)
}

/// The word of a code.
///
/// # Panics
/// When the code is outside the table's CHECK.
pub(super) fn word<T>(row: &Row, at: usize, read: fn(i16) -> Option<T>) -> T {
    read(row.get(at)).expect("a CHECK keeps the code within the word list")
}

/// A fact to record, as sent: the kind, its fields, and where the evidence came from.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct FactInput {
    /// Where the evidence came from, 1 to 80 characters.
    pub source: String,
    /// What it says.
    #[serde(flatten)]
    pub body: FactBody,
}

impl FactInput {
    /// Checks source and body as seen at `now`.
    ///
    /// # Errors
    /// 422 with the field at fault.
    pub fn validate(&self, now: Timestamp) -> ApiResult<()> {
        let source = check_text("source", &self.source, SOURCE_CHARS_MAX);
        let body = fault(&self.body, now);
        let wrong: Vec<FieldError> = [source.err(), body].into_iter().flatten().collect();
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(ApiError::new(Code::FactInvalid).with_fields(wrong))
        }
    }
}

/// Refuses what a fact cannot say, as seen at `now`.
///
/// # Errors
/// 422 with the field.
pub fn check_body(body: &FactBody, now: Timestamp) -> ApiResult<()> {
    match fault(body, now) {
        Some(wrong) => Err(ApiError::new(Code::FactInvalid).with_fields(vec![wrong])),
        None => Ok(()),
    }
}

/// What is wrong with a body; a stay has to be somewhere that exists.
fn fault(body: &FactBody, now: Timestamp) -> Option<FieldError> {
    match (body.validate(now), body) {
        (Err(error), _) => Some(fact_field(error)),
        (Ok(()), FactBody::Stay { area, .. }) if !areas::is_known(area) => {
            Some(areas::unknown("area"))
        }
        (Ok(()), _) => None,
    }
}

/// A refused fact's reason as a field error.
fn fact_field(error: gridpass_rules::FactError) -> FieldError {
    FieldError::new(
        error.field(),
        error.code(),
        error.message_en(),
        error.message_zh(),
    )
}

/// Refuses empty, overlong and control characters.
fn check_text(field: &str, text: &str, chars_max: usize) -> Result<(), FieldError> {
    let chars = text.trim().chars().count();
    if (1..=chars_max).contains(&chars) && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(FieldError::new(
        field,
        "text_invalid",
        format!("1 to {chars_max} characters"),
        format!("应为 1 至 {chars_max} 个字符"),
    ))
}

/// Why a fact is withdrawn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetractInput {
    /// The reason, 1 to 200 characters; no names or numbers of people.
    pub reason: String,
}

impl RetractInput {
    /// Checks the reason.
    ///
    /// # Errors
    /// 422 with the field.
    pub fn validate(&self) -> ApiResult<()> {
        check_text("reason", &self.reason, REASON_CHARS_MAX)
            .map_err(|wrong| ApiError::fields(vec![wrong]))
    }
}

/// A recorded fact.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct FactView {
    /// The fact.
    #[serde(flatten)]
    pub fact: Fact,
    /// Where the evidence came from.
    pub source: String,
    /// Staff member or device; absent for the person or a registry.
    pub recorded_by: Option<i64>,
    /// Who retracted it.
    pub retracted_by: Option<StaffId>,
    /// Why it was retracted.
    pub retract_reason: Option<String>,
    /// Reason of the closed list, for a fact that leads to red.
    pub reason: Option<RedReason>,
    /// What was shown for it.
    pub evidence_kind: Option<EvidenceKind>,
    /// Its number.
    pub evidence_reference: Option<String>,
    /// The second person.
    pub confirmed_by: Option<StaffId>,
}

/// Facts that were recorded or changed, with what follows from them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AppendedView {
    /// The fact concerned.
    pub fact_id: FactId,
    /// What follows.
    pub decision: super::decision::DecisionView,
}
