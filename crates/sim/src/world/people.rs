//! One person, computed from their index alone. Twelve neighbours form a block
//! that divides into households by one of a few patterns, so that a person's
//! household, guardian and phone are known without walking through the others.

use super::{World, names};
use crate::random::{Purpose, Stream};

const BLOCK: u64 = 12;

/// Households of a block, one letter a member: Head, Spouse, Child, Elder, coTenant.
const ESTATE: [&[&str]; 3] = [
    &["HSC", "HSCE", "HS", "HSC"],
    &["HSCCE", "HSC", "HS", "HS"],
    &["HSCCEE", "HSC", "HSC"],
];
const VILLAGE: [&[&str]; 3] = [
    &["HSC", "HS", "H", "H", "HSC", "HS"],
    &["HTT", "HS", "HSC", "H", "H", "HS"],
    &["HSCC", "HSC", "HT", "H", "HS"],
];
const DORMITORY: [&[&str]; 1] = [&["HTTT", "HTTT", "HTTT"]];

/// Provinces people come from, with their share in thousandths (ours, after published
/// figures on migration to Shenzhen): Guangdong first, Hubei about seven in a hundred.
const ORIGINS: [(&str, u32); 16] = [
    ("440000", 380),
    ("430000", 130),
    ("420000", 70),
    ("450000", 90),
    ("360000", 75),
    ("510000", 60),
    ("410000", 55),
    ("500000", 30),
    ("350000", 25),
    ("340000", 20),
    ("520000", 20),
    ("610000", 12),
    ("370000", 10),
    ("330000", 8),
    ("230000", 8),
    ("650000", 7),
];

/// What the registry says of a person's home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Residence {
    /// A grid worker was at the door.
    Verified,
    /// The person named it.
    Declared,
    /// Nothing is known.
    Unknown,
}

impl Residence {
    /// The word of the import file; empty when nothing is known.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Declared => "declared",
            Self::Unknown => "",
        }
    }
}

/// A synthetic person.
#[derive(Clone, Debug)]
pub struct Person {
    /// Index in the world.
    pub index: u64,
    /// Full name.
    pub name: String,
    /// Resident ID number.
    pub number: String,
    /// Mobile number; a child's or elder's is that of the head of household.
    pub phone: String,
    /// Six-digit code of the province of origin.
    pub origin: &'static str,
    /// Index of the enclosure of the home.
    pub enclosure: usize,
    /// Code of the grid of the home.
    pub grid: String,
    /// Code of the household.
    pub household: String,
    /// Building and room.
    pub address: String,
    /// Index of the head of household who answers for a child or an elder.
    pub guardian: Option<u64>,
    /// Whether the person holds a pass.
    pub holder: bool,
    /// What is known of the home.
    pub residence: Residence,
    /// Index of the employer who has verified them.
    pub employer: Option<usize>,
}

/// Where a person stands in their household.
struct Place {
    enclosure: usize,
    block: u64,
    blocks: u64,
    household: usize,
    head: u64,
    role: u8,
}

impl World {
    /// Person `index`. Indexes from `totals.residents` on are newcomers: they
    /// live somewhere too, but no registry knows them and they hold no pass yet.
    pub fn person(&self, index: u64) -> Person {
        let place = self.place_of(index);
        let newcomer = index >= self.totals.residents;
        let rank = if newcomer {
            u64::MAX
        } else {
            self.ranks.place_of(index)
        };
        let employer = self.employer_of_rank(rank);
        // A verified worker is an adult, whatever the pattern of the household says.
        let role = if employer.is_some() && matches!(place.role, b'C' | b'E') {
            b'T'
        } else {
            place.role
        };
        let mut random = Stream::new(self.seed, Purpose::Person, index);
        let mut family = Stream::new(self.seed, Purpose::Person, (1 << 40) + place.head);
        let surname = names::surname(&mut family);
        let family_phone = super::documents::mobile(&mut family);
        let head_year = self
            .numbers
            .slot(place.head)
            .birth_year(1964, 1997, &mut family);
        let slot = self.numbers.slot(index);
        let birth_year = match role {
            b'H' => head_year,
            b'S' => slot.birth_year(head_year - 4, head_year + 4, &mut random),
            b'C' => slot.birth_year(2006, 2019, &mut random),
            b'E' => slot.birth_year(head_year - 34, head_year - 21, &mut random),
            _ => slot.birth_year(1975, 2001, &mut random),
        };
        let male = random.chance(0.53);
        let own = if matches!(role, b'H' | b'C') {
            surname
        } else {
            names::surname(&mut random)
        };
        let name = names::full_name(own, male, &mut random);
        let phone = if matches!(role, b'S' | b'T') {
            super::documents::mobile(&mut random)
        } else {
            family_phone
        };
        let enclosure = &self.enclosures[place.enclosure];
        let (building, room) = (
            place.block / 4 + 1,
            (place.block % 4 + 1) * 100 + place.household as u64 + 1,
        );
        Person {
            index,
            name,
            number: slot.number(birth_year, male),
            phone,
            origin: self.origin_of(&place, newcomer),
            enclosure: place.enclosure,
            grid: enclosure.grid_of_block(place.block, place.blocks),
            household: format!("{}-{building}-{room}", enclosure.code),
            address: format!("{building}栋{room}"),
            guardian: matches!(role, b'C' | b'E').then_some(place.head),
            holder: rank < self.totals.holders,
            residence: self.residence_of_rank(rank),
            employer,
        }
    }

    /// Children and elders whom resident `index` answers for.
    pub fn dependants_of(&self, index: u64) -> Vec<Person> {
        let neighbours = (index + 1)..(index + BLOCK).min(self.totals.residents);
        neighbours
            .map(|neighbour| self.person(neighbour))
            .filter(|person| person.guardian == Some(index))
            .collect()
    }

    /// A family comes from one province; newcomers of the return wave from Hubei more often.
    fn origin_of(&self, place: &Place, newcomer: bool) -> &'static str {
        let mut random = Stream::new(self.seed, Purpose::Person, (2 << 40) + place.head);
        if newcomer && random.chance(0.05) {
            "420000"
        } else {
            random.weighted::<&str>(&ORIGINS)
        }
    }

    fn place_of(&self, index: u64) -> Place {
        let residents = self.totals.residents;
        // A newcomer moves in next to somebody: the place of a resident, a household of their own.
        let at = if index < residents {
            index
        } else {
            (index * 7_919) % residents
        };
        let enclosure = self
            .enclosures
            .partition_point(|enclosure| enclosure.first_person + enclosure.people <= at);
        let here = &self.enclosures[enclosure];
        let (block, seat) = (
            (at - here.first_person) / BLOCK,
            (at - here.first_person) % BLOCK,
        );
        let blocks = here.people.div_ceil(BLOCK);
        if index >= residents {
            return Place {
                enclosure,
                block,
                blocks,
                household: 50 + (index % 40) as usize,
                head: index,
                role: b'H',
            };
        }
        let mut random = Stream::new(self.seed, Purpose::Block, (enclosure as u64) << 32 | block);
        let patterns: &[&[&str]] = match here.kind {
            "estate" => &ESTATE,
            "urban_village" => &VILLAGE,
            _ => &DORMITORY,
        };
        let pattern = random.pick(patterns);
        let mut left = seat as usize;
        for (household, members) in pattern.iter().enumerate() {
            if left < members.len() {
                let role = members.as_bytes()[left];
                return Place {
                    enclosure,
                    block,
                    blocks,
                    household,
                    head: at - left as u64,
                    role,
                };
            }
            left -= members.len();
        }
        // Patterns fill a block exactly, which a test checks; a seat beyond would be a household alone.
        Place {
            enclosure,
            block,
            blocks,
            household: 99,
            head: at,
            role: b'H',
        }
    }

    const fn residence_of_rank(&self, rank: u64) -> Residence {
        if rank < self.totals.verified {
            Residence::Verified
        } else if rank < self.totals.verified + self.totals.declared {
            Residence::Declared
        } else {
            Residence::Unknown
        }
    }

    /// Workers are spread evenly over the holders' ranks, exactly as many as there must be.
    fn employer_of_rank(&self, rank: u64) -> Option<usize> {
        let (holders, workers) = (self.totals.holders, self.totals.workers);
        if rank >= holders || (rank + 1) * workers / holders == rank * workers / holders {
            return None;
        }
        let worker = rank * workers / holders;
        Some(
            self.employers
                .partition_point(|employer| employer.first_worker + employer.workers <= worker),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fill_a_block() {
        for pattern in ESTATE.iter().chain(&VILLAGE).chain(&DORMITORY) {
            assert_eq!(
                pattern
                    .iter()
                    .map(|members| members.len() as u64)
                    .sum::<u64>(),
                BLOCK
            );
            assert!(pattern.iter().all(|members| members.starts_with('H')));
        }
        assert_eq!(ORIGINS.iter().map(|(_, share)| share).sum::<u32>(), 1_000);
    }

    #[test]
    fn a_person_is_the_same_whenever_asked() {
        let (one, two) = (
            World::grow(3, 0.01).expect("grows"),
            World::grow(3, 0.01).expect("grows"),
        );
        assert_eq!(
            format!("{:?}", one.person(4_321)),
            format!("{:?}", two.person(4_321))
        );
        let other = World::grow(4, 0.01).expect("grows");
        assert_ne!(one.person(4_321).number, other.person(4_321).number);
    }
}
