//! The state: what a person's live facts add up to at one instant.

use gridpass_types::{EmployerId, EnclosureId};
use serde::{Deserialize, Serialize};

use crate::catalogue::Evidence;
use crate::words::{
    Case, Checked, Contact, Employment, Exempt, Health, Quarantine, Registry, Relation, Residence,
    Stay,
};

/// One value for each dimension the rules look at, and the places the person belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct State {
    /// Is the person a case?
    pub case: Case,
    /// Live quarantine order.
    pub quarantine: Quarantine,
    /// Contact with a case.
    pub contact: Contact,
    /// Health readings.
    pub health: Health,
    /// Stay in a high-risk area.
    pub stay: Stay,
    /// Exemption.
    pub exempt: Exempt,
    /// Comparison with the population registries.
    pub registry: Registry,
    /// Residence.
    pub residence: Residence,
    /// Employment over all employers.
    pub employment: Employment,
    /// On-the-spot check.
    pub checked: Checked,
    /// The enclosure the current residence names, also when the person moved away from it.
    pub enclosure: Option<EnclosureId>,
    /// Employers whose last live fact is declared or verified, ascending.
    pub employers: Vec<EmployerId>,
    /// Live facts of catalogued kinds, in the order of recording. A table that names columns of
    /// the catalogue makes of them what it needs, for the instant it decides for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub catalogued: Vec<Evidence>,
}

impl State {
    /// The state of a person about whom nothing is known.
    pub const EMPTY: Self = Self {
        case: Case::None,
        quarantine: Quarantine::None,
        contact: Contact::None,
        health: Health::None,
        stay: Stay::None,
        exempt: Exempt::No,
        registry: Registry::None,
        residence: Residence::None,
        employment: Employment::None,
        checked: Checked::No,
        enclosure: None,
        employers: Vec::new(),
        catalogued: Vec::new(),
    };

    /// What the person has to do with a gate of this enclosure and this employer.
    #[must_use]
    pub fn relation(
        &self,
        enclosure: Option<EnclosureId>,
        employer: Option<EmployerId>,
    ) -> Relation {
        let resident = matches!(self.residence, Residence::Declared | Residence::Verified);
        if resident && enclosure.is_some() && self.enclosure == enclosure {
            return Relation::LivesHere;
        }
        if employer.is_some_and(|employer| self.employers.contains(&employer)) {
            return Relation::WorksHere;
        }
        Relation::Visitor
    }
}

impl Default for State {
    fn default() -> Self {
        Self::EMPTY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn living_here_goes_before_working_here() {
        let state = State {
            residence: Residence::Declared,
            enclosure: Some(EnclosureId::new(1)),
            employers: vec![EmployerId::new(7)],
            ..State::EMPTY
        };
        let (e1, e2) = (Some(EnclosureId::new(1)), Some(EnclosureId::new(2)));
        let c7 = Some(EmployerId::new(7));
        assert_eq!(state.relation(e1, c7), Relation::LivesHere);
        assert_eq!(state.relation(e2, c7), Relation::WorksHere);
        assert_eq!(state.relation(e2, None), Relation::Visitor);
        assert_eq!(state.relation(None, None), Relation::Visitor);
        let away = State {
            residence: Residence::Away,
            ..state
        };
        assert_eq!(away.relation(e1, None), Relation::Visitor);
    }

    #[test]
    fn nobody_lives_at_a_gate_without_enclosure() {
        assert_eq!(State::EMPTY.relation(None, None), Relation::Visitor);
    }
}
