//! Facts: append-only pieces of evidence about one person.
//!
//! The body is stored as JSON without id and times, so [`FactBody`] reads and writes alone. It
//! refuses unknown fields; [`FactBody::validate`] refuses values that cannot be.

mod error;

pub use error::FactError;

use gridpass_types::{EmployerId, EnclosureId, FactId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::de::Error as _;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::words::{
    CaseStatus, Certainty, ContactLevel, EmploymentStatus, EndReason, QuarantinePlace,
    RegistryStatus, ResidenceStatus, Risk,
};

/// Lowest believable body temperature in degrees Celsius.
pub const TEMPERATURE_CELSIUS_MIN: f64 = 30.0;

/// Highest believable body temperature in degrees Celsius.
pub const TEMPERATURE_CELSIUS_MAX: f64 = 45.0;

/// Longest quarantine order or exemption in days: longer ones are typing errors.
pub const PERIOD_DAYS_MAX: i32 = 366;

/// How far a device's clock may run ahead before its time counts as the future.
pub const CLOCK_AHEAD_MAX: SignedDuration = SignedDuration::from_mins(5);

const SYMPTOMS_MAX: usize = 20;
const WORD_CHARS_MAX: usize = 40;
const APPROVALS_MAX: u32 = 100;

/// One fact: a body with its id and the times between which it is live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fact {
    /// The id; of two facts recorded at the same instant the greater id is the later one.
    pub id: FactId,
    /// From this instant on the fact is live.
    pub recorded_at: Timestamp,
    /// From this instant on it is not live any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retracted_at: Option<Timestamp>,
    /// What it says.
    #[serde(flatten)]
    pub body: FactBody,
}

/// What a fact says, tagged by `kind`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(
    remote = "Self",
    tag = "kind",
    rename_all = "snake_case",
    deny_unknown_fields
)]
pub enum FactBody {
    /// A case report.
    Case {
        /// What was found.
        status: CaseStatus,
    },
    /// A quarantine order.
    Quarantine {
        /// Where it is served.
        place: QuarantinePlace,
        /// First day.
        start: Date,
        /// First day free.
        end: Date,
        /// When it was released before or after its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        released_at: Option<Timestamp>,
        /// Why it was released.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        end_reason: Option<EndReason>,
    },
    /// Contact with a case.
    Contact {
        /// How close.
        level: ContactLevel,
        /// Last day of exposure.
        last_exposed: Date,
    },
    /// A stay in some area.
    Stay {
        /// Division code of the area: a province (2 digits) down to a grid (15).
        area: String,
        /// Risk of the area at that time.
        risk: Risk,
        /// Last day there.
        until: Date,
        /// How sure it is.
        certainty: Certainty,
    },
    /// A health reading.
    Health {
        /// When it was taken.
        at: Timestamp,
        /// Body temperature in degrees Celsius.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        temperature: Option<f64>,
        /// Words for symptoms; none if empty.
        #[serde(default)]
        symptoms: Vec<String>,
    },
    /// A doctor's all-clear for the readings up to an instant.
    Clearance {
        /// Readings not after this instant are cleared.
        at: Timestamp,
    },
    /// Residence in an enclosure.
    Residence {
        /// Declared, verified or away.
        status: ResidenceStatus,
        /// The enclosure.
        enclosure: EnclosureId,
    },
    /// Employment with an employer.
    Employment {
        /// Declared, verified or left.
        status: EmploymentStatus,
        /// The employer.
        employer: EmployerId,
    },
    /// Comparison with a population registry.
    Registry {
        /// Agrees or differs.
        status: RegistryStatus,
        /// Which registry.
        registry_source: String,
    },
    /// An exemption.
    Exemption {
        /// From this instant on.
        from: Timestamp,
        /// Until this instant, not included.
        to: Timestamp,
        /// How many people approved it; it takes two.
        approvals: u32,
    },
    /// An on-the-spot check at a gate.
    GateCheck {
        /// When.
        at: Timestamp,
        /// Did the person pass it?
        passed: bool,
    },
    /// A kind of the catalogue: `kind` is its name, the fields stand beside it. What they may
    /// hold is said by the catalogue, so whoever records such a fact checks it there.
    #[serde(skip)]
    Catalogued {
        /// Name of the kind.
        kind: String,
        /// Its fields.
        fields: Map<String, Value>,
    },
}

impl Serialize for FactBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self::Catalogued { kind, fields } = self else {
            return Self::serialize(self, serializer);
        };
        let mut map = serializer.serialize_map(Some(fields.len() + 1))?;
        map.serialize_entry("kind", kind)?;
        for (key, value) in fields {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for FactBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Map::<String, Value>::deserialize(deserializer)?;
        match fields.get("kind") {
            Some(Value::String(kind)) if !Self::is_built_in(kind) => {
                let kind = kind.clone();
                fields.remove("kind");
                Ok(Self::Catalogued { kind, fields })
            }
            _ => Self::deserialize(Value::Object(fields)).map_err(D::Error::custom),
        }
    }
}

/// Kinds that are code.
const BUILT_IN: [&str; 11] = [
    "case",
    "quarantine",
    "contact",
    "stay",
    "health",
    "clearance",
    "residence",
    "employment",
    "registry",
    "exemption",
    "gate_check",
];

impl FactBody {
    /// Whether a kind is code and not of the catalogue.
    #[must_use]
    pub fn is_built_in(kind: &str) -> bool {
        BUILT_IN.contains(&kind)
    }

    /// The kind, as it stands in JSON.
    #[must_use]
    pub const fn kind(&self) -> &str {
        match self {
            Self::Catalogued { kind, .. } => kind.as_str(),
            Self::Case { .. } => "case",
            Self::Quarantine { .. } => "quarantine",
            Self::Contact { .. } => "contact",
            Self::Stay { .. } => "stay",
            Self::Health { .. } => "health",
            Self::Clearance { .. } => "clearance",
            Self::Residence { .. } => "residence",
            Self::Employment { .. } => "employment",
            Self::Registry { .. } => "registry",
            Self::Exemption { .. } => "exemption",
            Self::GateCheck { .. } => "gate_check",
        }
    }

    /// Refuses values that cannot be, as seen at `now`.
    ///
    /// # Errors
    /// The first thing wrong, with a stable code and the field it is in.
    pub fn validate(&self, now: Timestamp) -> Result<(), FactError> {
        match self {
            Self::Case { .. } | Self::Catalogued { .. } => Ok(()),
            Self::Quarantine {
                start,
                end,
                released_at,
                end_reason,
                ..
            } => validate_order((*start, *end), *released_at, *end_reason),
            Self::Contact { last_exposed, .. } => {
                not_a_future_day(*last_exposed, now, "last_exposed")
            }
            Self::Stay { area, until, .. } => {
                validate_area(area)?;
                not_a_future_day(*until, now, "until")
            }
            Self::Health {
                at,
                temperature,
                symptoms,
            } => {
                not_in_future(*at, now)?;
                temperature.map_or(Ok(()), validate_temperature)?;
                validate_symptoms(symptoms)
            }
            Self::Clearance { at } | Self::GateCheck { at, .. } => not_in_future(*at, now),
            Self::Residence { enclosure, .. } => positive(enclosure.get(), "enclosure"),
            Self::Employment { employer, .. } => positive(employer.get(), "employer"),
            Self::Registry {
                registry_source, ..
            } => require(is_word(registry_source), FactError::RegistrySource),
            Self::Exemption {
                from,
                to,
                approvals,
            } => {
                require(from < to, FactError::PeriodEmpty("to"))?;
                let longest = SignedDuration::from_hours(24 * i64::from(PERIOD_DAYS_MAX));
                require(
                    to.duration_since(*from) <= longest,
                    FactError::PeriodTooLong("to"),
                )?;
                require(*approvals <= APPROVALS_MAX, FactError::Approvals)
            }
        }
    }
}

/// Refuses a temperature no living person has, and what is no number.
///
/// # Errors
/// [`FactError::Temperature`] outside 30 to 45 °C.
pub fn validate_temperature(celsius: f64) -> Result<(), FactError> {
    let believable = (TEMPERATURE_CELSIUS_MIN..=TEMPERATURE_CELSIUS_MAX).contains(&celsius);
    require(believable, FactError::Temperature)
}

fn validate_order(
    (start, end): (Date, Date),
    released_at: Option<Timestamp>,
    end_reason: Option<EndReason>,
) -> Result<(), FactError> {
    require(start < end, FactError::PeriodEmpty("end"))?;
    require(
        gridpass_types::clock::days_between(start, end) <= PERIOD_DAYS_MAX,
        FactError::PeriodTooLong("end"),
    )?;
    match (released_at, end_reason) {
        (None, None) | (Some(_), Some(EndReason::Cancelled)) => Ok(()),
        // An observation that never began cannot have been completed.
        (Some(released_at), Some(EndReason::Completed)) => require(
            released_at >= gridpass_types::clock::start_of_day(start),
            FactError::ReleasedBeforeStart,
        ),
        (Some(_), None) => Err(FactError::ReleaseIncomplete("end_reason")),
        (None, Some(_)) => Err(FactError::ReleaseIncomplete("released_at")),
    }
}

fn validate_area(area: &str) -> Result<(), FactError> {
    let well_formed = matches!(area.len(), 2 | 4 | 6 | 9 | 12 | 15)
        && area.bytes().all(|b| b.is_ascii_digit())
        && !area.starts_with('0');
    require(well_formed, FactError::Area)
}

fn validate_symptoms(symptoms: &[String]) -> Result<(), FactError> {
    let well_formed = symptoms.len() <= SYMPTOMS_MAX && symptoms.iter().all(|s| is_word(s));
    require(well_formed, FactError::Symptoms)
}

fn is_word(text: &str) -> bool {
    let chars = text.chars().count();
    (1..=WORD_CHARS_MAX).contains(&chars)
        && text.trim() == text
        && !text.chars().any(char::is_control)
}

fn not_in_future(at: Timestamp, now: Timestamp) -> Result<(), FactError> {
    require(
        at.duration_since(now) <= CLOCK_AHEAD_MAX,
        FactError::InFuture("at"),
    )
}

fn not_a_future_day(day: Date, now: Timestamp, field: &'static str) -> Result<(), FactError> {
    let today = gridpass_types::clock::district_date(now);
    require(day <= today, FactError::InFuture(field))
}

fn positive(id: i64, field: &'static str) -> Result<(), FactError> {
    require(id > 0, FactError::Id(field))
}

const fn require(holds: bool, error: FactError) -> Result<(), FactError> {
    if holds { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests;
