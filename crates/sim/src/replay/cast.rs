//! Who is in the system by now, and what the gates know of them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::random::{Purpose, Shuffle, Stream};
use crate::world::World;
use crate::world::people::Person;

/// A person's place in the order of application. Arrivals follow behind all residents.
pub type Seat = u64;

/// What the gates' snapshot shows of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Green when last asked.
    Green,
    /// Yellow when last asked.
    Yellow,
    /// Red when last asked.
    Red,
}

impl Shown {
    /// The colour's word, as the server names it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Red => "red",
            Self::Yellow => "yellow",
        }
    }

    /// Reads the server's word.
    pub fn of(word: &str) -> Self {
        match word {
            "green" => Self::Green,
            "red" => Self::Red,
            _ => Self::Yellow,
        }
    }
}

/// What is known of somebody.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The server's id; 0 until a gate or an application told it.
    pub person_id: i64,
    /// Serial of the pass.
    pub serial: i64,
    /// What the gates show.
    pub shown: Shown,
}

/// Everybody, in the order in which they come.
pub struct Cast {
    world: Arc<World>,
    order: Shuffle,
    residents_in: u64,
    arrivals_in: u64,
    present: Vec<Seat>,
    fevers: Vec<(usize, Known)>,
    known: HashMap<Seat, Known>,
    seats: HashMap<i64, Seat>,
    /// Orders under way: day of release, order, and the person as the gates knew them before.
    pub orders: Vec<(usize, i64, Known)>,
    /// Id of the last visit that grid workers looked at.
    pub visits_seen: i64,
}

impl Cast {
    /// Nobody yet.
    pub fn new(world: Arc<World>) -> Self {
        let order = Shuffle::new(world.seed, Purpose::Traffic, world.totals.holders);
        Self {
            world,
            order,
            residents_in: 0,
            arrivals_in: 0,
            present: Vec::new(),
            fevers: Vec::new(),
            known: HashMap::new(),
            seats: HashMap::new(),
            orders: Vec::new(),
            visits_seen: 0,
        }
    }

    /// Seats of the next `count` residents to apply.
    pub fn admit_residents(&mut self, count: u64) -> Vec<Seat> {
        let first = self.residents_in;
        self.residents_in = (first + count).min(self.order.size());
        (first..self.residents_in).collect()
    }

    /// Seats of the next `count` arrivals.
    pub fn admit_arrivals(&mut self, count: u64) -> Vec<Seat> {
        let first = self.order.size() + self.arrivals_in;
        self.arrivals_in += count;
        (first..first + count).collect()
    }

    /// Rank of a resident's seat among the holders.
    pub fn rank(&self, seat: Seat) -> u64 {
        self.order.item_at(seat)
    }

    /// The person in a seat.
    pub fn person(&self, seat: Seat) -> Person {
        match seat.checked_sub(self.order.size()) {
            None => self.world.holder_at(self.rank(seat)),
            Some(arrival) => self.world.person(self.world.totals.residents + arrival),
        }
    }

    /// Counts people among those who are in the system: their list or application came in.
    pub fn enter(&mut self, seats: impl IntoIterator<Item = Seat>) {
        self.present.extend(seats);
    }

    /// Somebody who is in the system by now; there must be one.
    pub fn anybody(&self, random: &mut Stream) -> Seat {
        *random.pick(&self.present)
    }

    /// Those of a person's household, themselves included, whom a gate or an application told of.
    pub fn household(&self, seat: Seat) -> Vec<Known> {
        /// A household is at most this many neighbours wide.
        const WIDTH: u64 = 12;
        let person = self.person(seat);
        if person.index >= self.world.totals.residents {
            return self.known(seat).into_iter().collect();
        }
        let first = person.index.saturating_sub(WIDTH);
        let last = (person.index + WIDTH).min(self.world.totals.residents - 1);
        let mates =
            (first..=last).filter(|index| self.world.person(*index).household == person.household);
        mates
            .filter_map(|index| self.known(self.seat_of_resident(index)?))
            .collect()
    }

    fn seat_of_resident(&self, index: u64) -> Option<Seat> {
        let rank = self.world.rank_of(index);
        (rank < self.order.size()).then(|| self.order.place_of(rank))
    }

    /// What is known of a seat.
    pub fn known(&self, seat: Seat) -> Option<Known> {
        self.known.get(&seat).copied()
    }

    /// Remembers what a gate or an application told of a seat.
    pub fn learn(&mut self, seat: Seat, known: Known) {
        self.known.insert(seat, known);
        self.seats.insert(known.person_id, seat);
    }

    /// Brings the gates' snapshot of a person up to date.
    pub fn show(&mut self, person_id: i64, shown: Shown) {
        if let Some(known) = self
            .seats
            .get(&person_id)
            .and_then(|seat| self.known.get_mut(seat))
        {
            known.shown = shown;
        }
    }

    /// Turns a person red for a fever read on `day`, for the three days that a reading counts.
    pub fn turn_feverish(&mut self, person_id: i64, day: usize) {
        const DAYS: usize = 4;
        let before = self.seat_of(person_id).and_then(|seat| self.known(seat));
        if let Some(before) = before.filter(|known| known.shown != Shown::Red) {
            self.fevers.push((day + DAYS, before));
            self.show(person_id, Shown::Red);
        }
    }

    /// Gives those their colour back whose fever was long enough ago.
    pub fn recover(&mut self, day: usize) {
        let (over, still) = std::mem::take(&mut self.fevers)
            .into_iter()
            .partition(|fever| fever.0 <= day);
        self.fevers = still;
        for (_, before) in over {
            self.show(before.person_id, before.shown);
        }
    }

    /// The seat of a person whom a gate or an application told of.
    pub fn seat_of(&self, person_id: i64) -> Option<Seat> {
        self.seats.get(&person_id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residents_and_arrivals_are_different_people() {
        let world = Arc::new(World::grow(1, 0.01).expect("grows"));
        let mut cast = Cast::new(Arc::clone(&world));
        let seats: Vec<Seat> = cast
            .admit_residents(100)
            .into_iter()
            .chain(cast.admit_arrivals(50))
            .collect();
        let numbers: std::collections::HashSet<String> =
            seats.iter().map(|seat| cast.person(*seat).number).collect();
        assert_eq!(numbers.len(), 150);
        assert!(seats[..100].iter().all(|seat| cast.person(*seat).holder));
        assert!(seats[100..].iter().all(|seat| !cast.person(*seat).holder));
        let mut random = Stream::new(1, Purpose::Traffic, 1);
        cast.enter(seats[20..30].to_vec());
        assert!((0..1_000).all(|_| seats[20..30].contains(&cast.anybody(&mut random))));
    }

    #[test]
    fn a_household_is_found_as_far_as_it_is_known() {
        let world = Arc::new(World::grow(1, 0.01).expect("grows"));
        let mut cast = Cast::new(Arc::clone(&world));
        for seat in cast.admit_residents(world.totals.holders) {
            let person_id = seat as i64 + 1;
            cast.learn(
                seat,
                Known {
                    person_id,
                    serial: 0,
                    shown: Shown::Green,
                },
            );
        }
        let sizes: Vec<usize> = (0..300).map(|seat| cast.household(seat).len()).collect();
        assert!(sizes.iter().all(|size| (1..=6).contains(size)));
        assert!(sizes.iter().any(|size| *size > 2));
        for mate in cast.household(5) {
            let seat = cast.seat_of(mate.person_id).expect("known");
            assert_eq!(cast.person(seat).household, cast.person(5).household);
        }
    }

    #[test]
    fn what_a_gate_told_is_found_by_person_and_by_seat() {
        let world = Arc::new(World::grow(1, 0.01).expect("grows"));
        let mut cast = Cast::new(world);
        cast.learn(
            3,
            Known {
                person_id: 99,
                serial: 1,
                shown: Shown::Yellow,
            },
        );
        cast.show(99, Shown::Green);
        assert_eq!(cast.seat_of(99), Some(3));
        cast.turn_feverish(99, 1);
        cast.recover(4);
        assert_eq!(cast.known(3).map(|known| known.shown), Some(Shown::Red));
        cast.recover(5);
        assert_eq!(cast.known(3).map(|known| known.shown), Some(Shown::Green));
    }
}
