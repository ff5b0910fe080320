//! Answers as phones send them and as they are kept.

use gridpass_types::ids::PassSerial;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::Asked;

/// How the person comes to be here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Journey {
    /// Was here all the time.
    Stayed,
    /// Came here within the last 14 days.
    Arrived,
    /// Is away and comes back.
    Returning,
}

/// By what somebody travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// Train.
    Train,
    /// Aeroplane.
    Plane,
    /// Coach.
    Coach,
    /// Car.
    Car,
    /// Ship.
    Ship,
    /// Something else.
    Other,
}

/// A leg of a journey: one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    /// Division code of the place, from a province (2 digits) down; absent abroad.
    #[serde(default)]
    pub area: Option<String>,
    /// The place in words, 1 to 40 characters.
    pub place: String,
    /// First day there.
    pub from: Date,
    /// Last day there.
    pub until: Date,
    /// By what.
    pub by: Means,
    /// Train or flight, up to 12 characters.
    #[serde(default)]
    pub number: Option<String>,
}

/// An answer about travels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TravelAnswer {
    /// How the person comes to be here.
    pub journey: Journey,
    /// Every place of the last 14 days outside the district; at most 20 with the plans.
    #[serde(default)]
    pub legs: Vec<Leg>,
    /// Planned journeys.
    #[serde(default)]
    pub planned: Vec<Leg>,
}

/// What somebody may name: the list of the city's health declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeclaredSymptom {
    /// Fever, felt or measured at home.
    Fever,
    /// Like a cold: cough, sore throat, tiredness.
    ColdLike,
    /// Short of breath.
    ShortOfBreath,
    /// Nausea, vomiting, diarrhoea.
    Stomach,
    /// Palpitation.
    Palpitation,
    /// Conjunctivitis.
    Conjunctivitis,
    /// Something else.
    Other,
}

impl DeclaredSymptom {
    /// As facts name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fever => "fever",
            Self::ColdLike => "cold_like",
            Self::ShortOfBreath => "short_of_breath",
            Self::Stomach => "stomach",
            Self::Palpitation => "palpitation",
            Self::Conjunctivitis => "conjunctivitis",
            Self::Other => "other",
        }
    }
}

/// Whether somebody met a patient, as they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeclaredContact {
    /// No.
    #[default]
    No,
    /// Yes.
    Yes,
    /// They do not know.
    Unsure,
}

/// An answer about health.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredHealth {
    /// Symptoms; empty for none.
    pub symptoms: Vec<DeclaredSymptom>,
    /// Temperature measured at home, in degrees Celsius.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// Contact with a patient. A grid worker asks who says yes or does not know.
    #[serde(default)]
    pub contact: DeclaredContact,
}

/// One or both answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// About travels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub travel: Option<TravelAnswer>,
    /// About health.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<DeclaredHealth>,
}

impl Answer {
    /// Whether the person met a patient, or may have.
    pub fn met_a_patient(&self) -> bool {
        let contact = self.health.as_ref().map(|health| health.contact);
        contact.is_some_and(|contact| contact != DeclaredContact::No)
    }
}

/// An answer that was given.
#[derive(Debug, Serialize, ToSchema)]
pub struct GivenAnswer {
    /// When.
    pub answered_at: Timestamp,
    /// About travels.
    pub travel: Option<TravelAnswer>,
    /// About health.
    pub health: Option<DeclaredHealth>,
}

/// What a phone sends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclarationInput {
    /// Serial of a dependant's pass; the holder's own when absent.
    #[serde(default)]
    pub pass_serial: Option<PassSerial>,
    /// About travels.
    #[serde(default)]
    pub travel: Option<TravelAnswer>,
    /// About health.
    #[serde(default)]
    pub health: Option<DeclaredHealth>,
}

/// What is asked of somebody now, and what was answered before.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DeclarationView {
    /// Serial of the pass.
    pub pass_serial: PassSerial,
    /// Name.
    pub name: String,
    /// What is asked now; nothing when the rules need nothing.
    pub asked: Vec<Asked>,
    /// The last answer about travels, to begin with.
    pub travel: Option<TravelAnswer>,
    /// When it was given.
    pub travel_at: Option<Timestamp>,
    /// The last answer about health.
    pub health: Option<DeclaredHealth>,
    /// When it was given.
    pub health_at: Option<Timestamp>,
}
