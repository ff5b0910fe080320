//! On what it stands that a phone carries somebody else's pass. Pure.
//!
//! A pass shows where somebody lives and how they are. So there are three ways and no fourth:
//! they agree on their own phone, the registry or a grid worker has entered both in one
//! household, or they are a child whom nobody has entered but by this guardian's phone. An age
//! alone says nothing about whose child it is.

use gridpass_types::ids::HouseholdId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Age in years from which somebody decides for themselves.
const ADULT_YEARS: i16 = 18;

/// Whether an age is that of somebody for whom a guardian decides; one that is not known is not.
pub(super) fn is_minor(age_years: Option<i16>) -> bool {
    age_years.is_some_and(|age| age < ADULT_YEARS)
}

/// What a guardian's phone carries a pass on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// They agreed, with a code on their own phone.
    Consent,
    /// They are a child that is new here, or one known by the guardian's own number.
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
    pub fn of(link: &Link) -> Option<Self> {
        let is_child = is_minor(link.age_years);
        let in_one_household = link.in_one_household();
        // A child with a phone is a child: the guardian still has to be able to act for it.
        if is_child && (in_one_household || link.nobody_elses) {
            Some(Basis::Minor)
        } else if link.consented {
            Some(Basis::Consent)
        } else {
            in_one_household.then_some(Basis::Household)
        }
    }
}

/// What is known of a guardian and somebody whose pass the phone shall carry.
pub struct Link {
    /// A code on the dependant's own phone was right.
    pub consented: bool,
    /// The dependant's age, if the document says it.
    pub age_years: Option<i16>,
    /// Nobody has the number, or its record is reached by the guardian's phone.
    pub nobody_elses: bool,
    /// The households of the guardian and the dependant.
    pub households: (Option<HouseholdId>, Option<HouseholdId>),
    /// One of them has moved out, or their homes are in two enclosures.
    pub apart: bool,
}

impl Link {
    /// Whether somebody entered both in one household, and nothing says that they left it.
    pub fn in_one_household(&self) -> bool {
        let (guardian, dependant) = self.households;
        guardian.is_some() && guardian == dependant && !self.apart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age_is_minor(age_years: Option<i16>) -> bool {
        age_years.is_some_and(|age| age < ADULT_YEARS)
    }

    #[test]
    fn an_adult_agrees_and_a_child_is_of_the_household_or_new() {
        let (one, other) = (Some(HouseholdId::new(1)), Some(HouseholdId::new(2)));
        let cases = [
            (true, Some(80), false, (None, None), Some(Basis::Consent)),
            (false, Some(17), true, (None, None), Some(Basis::Minor)),
            (true, Some(10), true, (None, None), Some(Basis::Minor)),
            (true, Some(10), false, (None, None), Some(Basis::Consent)),
            (false, Some(17), false, (one, one), Some(Basis::Minor)),
            (false, Some(17), false, (None, None), None),
            (false, Some(17), false, (one, other), None),
            (false, Some(18), true, (None, None), None),
            (false, None, true, (None, None), None),
            (false, Some(80), false, (one, one), Some(Basis::Household)),
            (false, None, false, (one, one), Some(Basis::Household)),
            (false, Some(80), false, (one, other), None),
            (false, Some(80), false, (one, None), None),
        ];
        for (consented, age_years, nobody_elses, households, basis) in cases {
            let link = Link {
                consented,
                age_years,
                nobody_elses,
                households,
                apart: false,
            };
            assert_eq!(Basis::of(&link), basis);
            // A former tenant of the same door is none of the household.
            let moved = Link {
                apart: true,
                ..link
            };
            let left = basis
                .filter(|_| moved.consented || (moved.nobody_elses && age_is_minor(age_years)));
            assert_eq!(Basis::of(&moved), left);
        }
        for basis in [Basis::Consent, Basis::Minor, Basis::Household] {
            assert_eq!(Basis::parse(basis.as_str()), Some(basis));
        }
    }
}
