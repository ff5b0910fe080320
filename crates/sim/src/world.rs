//! The synthetic district: who lives where, who works where, what is known of
//! whom. Everything follows from a seed and a scale; any person can be computed
//! alone, so a million people need no memory. Scale 1 is Pingshan on 6 March 2020.

pub mod documents;
pub mod employers;
pub mod enclosures;
pub mod names;
pub mod people;
pub mod registry;
pub mod shape;
pub mod tree;

use anyhow::{Result, bail};

use crate::random::{Purpose, Shuffle};
use documents::NumberSpace;
use employers::Employer;
use enclosures::Enclosure;
use tree::Tree;

/// How many of everything there are at a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// People in the population registry.
    pub residents: u64,
    /// Of these, people who hold a pass.
    pub holders: u64,
    /// Of the holders, people whose residence a grid worker verified.
    pub verified: u64,
    /// Of the holders, people who declared a residence nobody verified yet.
    pub declared: u64,
    /// Of the holders, people whose return to work was verified.
    pub workers: u64,
    /// Employers.
    pub employers: u64,
    /// Scans from 10 February to 6 March 2020.
    pub scans: u64,
    /// Of the scans, those of workers at their employer's gate.
    pub worker_scans: u64,
    /// People who arrive from elsewhere in the month.
    pub arrivals: u64,
    /// Households put under home quarantine in the month.
    pub quarantine_households: u64,
}

impl Totals {
    /// The totals of Pingshan times `scale`. Enclosures do not scale: a tenth of the people still
    /// live behind 233 fences.
    ///
    /// # Errors
    /// When the scale is not above zero, or so large that division 440399 has not enough numbers.
    pub fn at(scale: f64) -> Result<Self> {
        if !(scale.is_finite() && scale > 0.0) {
            bail!("the scale must be a number above 0; 1 is the whole district of Pingshan");
        }
        let times = |whole: f64| (whole * scale).round() as u64;
        let totals = Self {
            residents: times(733_000.0).max(300),
            holders: times(550_000.0).max(225),
            verified: times(458_000.0).max(187),
            declared: times(55_000.0).max(22),
            workers: times(101_300.0).max(41),
            employers: times(1_200.0).max(12),
            scans: times(6_000_000.0).max(2_400),
            worker_scans: times(1_480_000.0).max(590),
            arrivals: times(36_000.0).max(15),
            quarantine_households: times(82.0).max(3),
        };
        Ok(totals)
    }

    /// Everybody who can ever turn up: residents, arrivals of the month, and
    /// as many newcomers again for background traffic.
    pub const fn people_max(&self) -> u64 {
        self.residents + 2 * self.arrivals + 1_000
    }
}

/// A district grown from a seed.
#[derive(Clone, Debug)]
pub struct World {
    /// What it was grown from.
    pub seed: u64,
    /// How many of everything.
    pub totals: Totals,
    /// Divisions down to grids.
    pub tree: Tree,
    /// Fenced estates, villages, parks.
    pub enclosures: Vec<Enclosure>,
    /// Where people work.
    pub employers: Vec<Employer>,
    numbers: NumberSpace,
    ranks: Shuffle,
}

impl World {
    /// Grows the district of `seed` at `scale`.
    ///
    /// # Errors
    /// When the scale is out of range (see [`Totals::at`]).
    pub fn grow(seed: u64, scale: f64) -> Result<Self> {
        let totals = Totals::at(scale)?;
        let Some(numbers) = NumberSpace::new(seed, totals.people_max()) else {
            bail!(
                "division 440399 has not enough document numbers for scale {scale}; the largest is about 7"
            );
        };
        let mut tree = Tree::pingshan()?;
        let enclosures = enclosures::plan(seed, totals.residents, &mut tree);
        let employers = employers::plan(seed, &totals, &enclosures);
        let ranks = Shuffle::new(seed, Purpose::Rank, totals.residents);
        Ok(Self {
            seed,
            totals,
            tree,
            enclosures,
            employers,
            numbers,
            ranks,
        })
    }

    /// Rank of resident `index`; the inverse of [`World::holder_at`].
    pub fn rank_of(&self, index: u64) -> u64 {
        self.ranks.place_of(index)
    }

    /// The person who was `rank`-th to take up the pass; ranks below
    /// `totals.holders` hold one.
    pub fn holder_at(&self, rank: u64) -> people::Person {
        self.person(self.ranks.item_at(rank % self.totals.residents))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use people::Residence;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn scale_one_has_the_numbers_of_the_source() {
        let world = World::grow(1, 1.0).expect("grows");
        let kinds = world
            .enclosures
            .iter()
            .fold(HashMap::new(), |mut kinds, enclosure| {
                *kinds.entry(enclosure.kind).or_insert(0) += 1;
                kinds
            });
        assert_eq!(world.enclosures.len(), 233);
        assert_eq!(kinds["urban_village"], 170);
        assert_eq!(kinds["estate"], 48);
        assert_eq!(
            world.enclosures.iter().map(|e| e.people).sum::<u64>(),
            733_000
        );
        let people = (0..world.totals.residents).map(|index| world.person(index));
        let (mut holders, mut verified, mut declared, mut workers, mut hubei) = (0, 0, 0, 0, 0);
        for person in people {
            holders += u64::from(person.holder);
            verified += u64::from(person.residence == Residence::Verified);
            declared += u64::from(person.residence == Residence::Declared);
            workers += u64::from(person.employer.is_some());
            hubei += u64::from(person.origin == "420000");
        }
        assert_eq!((holders, verified, workers), (550_000, 458_000, 101_300));
        assert_eq!(declared, 55_000);
        assert!(
            (0.04..0.10).contains(&(hubei as f64 / 733_000.0)),
            "{hubei} from Hubei"
        );
    }

    #[test]
    fn numbers_are_unique_valid_and_synthetic() {
        let world = World::grow(5, 0.1).expect("grows");
        let mut seen = HashSet::new();
        for index in 0..world.totals.people_max() {
            let person = world.person(index);
            assert!(person.number.starts_with("440399"), "{}", person.number);
            let parsed = gridpass_types::DocumentNumber::parse(
                gridpass_types::DocumentType::ResidentId,
                &person.number,
                jiff::civil::date(2020, 2, 10),
            );
            assert!(parsed.is_ok(), "{}", person.number);
            assert!(
                gridpass_types::PersonName::parse(&person.name).is_ok(),
                "{}",
                person.name
            );
            assert!(
                gridpass_types::Phone::parse(&person.phone).is_ok(),
                "{}",
                person.phone
            );
            assert!(seen.insert(person.number));
        }
    }

    #[test]
    fn households_are_of_realistic_size_and_share_a_surname_and_phone() {
        let world = World::grow(1, 0.02).expect("grows");
        let mut homes: HashMap<String, Vec<people::Person>> = HashMap::new();
        for index in 0..world.totals.residents {
            let person = world.person(index);
            homes
                .entry(person.household.clone())
                .or_default()
                .push(person);
        }
        let average = world.totals.residents as f64 / homes.len() as f64;
        assert!((1.9..3.2).contains(&average), "{average}");
        let children = homes
            .values()
            .flatten()
            .filter(|person| &person.number[6..10] > "2005");
        let mut with_guardian = 0;
        for child in children {
            let head = homes[&child.household]
                .iter()
                .find(|person| person.guardian.is_none());
            assert!(child.guardian.is_some());
            with_guardian += u64::from(head.is_some_and(|head| head.phone == child.phone));
        }
        assert!(with_guardian > 100);
    }

    #[test]
    fn ranks_name_holders() {
        let world = World::grow(9, 0.01).expect("grows");
        assert!((0..world.totals.holders).all(|rank| world.holder_at(rank).holder));
        assert!(
            (world.totals.holders..world.totals.residents)
                .all(|rank| !world.holder_at(rank).holder)
        );
    }
}
