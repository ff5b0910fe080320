//! On what it stands that a phone carries somebody else's pass. Pure.
//!
//! A pass shows where somebody lives and how they are. So there are three ways and no fourth:
//! they agree on their own phone, they are a child, or the registry or a grid worker has
//! entered both in one household.

use gridpass_types::ids::HouseholdId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Age in years from which somebody decides for themselves.
const ADULT_YEARS: i16 = 18;

/// What a guardian's phone carries a pass on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// They agreed, with a code on their own phone.
    Consent,
    /// They are a child.
    Minor,
    /// Both were entered in one household, by a registry or a grid worker.
    Household,
}

impl Basis {
    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Basis::Consent => "consent",
            Basis::Minor => "minor",
            Basis::Household => "household",
        }
    }

    /// Reads a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Basis::Consent, Basis::Minor, Basis::Household]
            .into_iter()
            .find(|basis| basis.as_str() == word)
    }

    /// The basis there is, the strongest first; `None` sends the family to a counter.
    pub fn of(
        consented: bool,
        age_years: Option<i16>,
        households: (Option<HouseholdId>, Option<HouseholdId>),
    ) -> Option<Self> {
        if consented {
            return Some(Basis::Consent);
        }
        if age_years.is_some_and(|age| age < ADULT_YEARS) {
            return Some(Basis::Minor);
        }
        let (guardian, dependant) = households;
        (guardian.is_some() && guardian == dependant).then_some(Basis::Household)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adult_agrees_or_lives_in_the_same_household() {
        let (one, other) = (Some(HouseholdId::new(1)), Some(HouseholdId::new(2)));
        let cases = [
            (true, Some(80), (None, None), Some(Basis::Consent)),
            (false, Some(17), (None, None), Some(Basis::Minor)),
            (false, Some(18), (None, None), None),
            (false, None, (None, None), None),
            (false, Some(80), (one, one), Some(Basis::Household)),
            (false, None, (one, one), Some(Basis::Household)),
            (false, Some(80), (one, other), None),
            (false, Some(80), (one, None), None),
        ];
        for (consented, age, households, basis) in cases {
            assert_eq!(Basis::of(consented, age, households), basis);
        }
        for basis in [Basis::Consent, Basis::Minor, Basis::Household] {
            assert_eq!(Basis::parse(basis.as_str()), Some(basis));
        }
    }
}
