//! Reproducible randomness. A synthetic district must come out the same on
//! every machine and with every version of every library, and person number
//! 400,000 must be computable without computing the 399,999 before. So each
//! thing draws from its own stream, keyed by (seed, what it is, which one),
//! and choices "exactly n of m" go through a keyed permutation.

/// What a stream of random numbers is for; keeps the streams of one index apart.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub enum Purpose {
    /// An enclosure: its name, size, community.
    Enclosure = 1,
    /// An employer: its name, size, place.
    Employer = 2,
    /// A block of twelve neighbours: how it divides into households.
    Block = 3,
    /// A person: age, name, phone.
    Person = 4,
    /// The order in which people take up the pass.
    Rank = 5,
    /// Which document number a person gets.
    Document = 6,
    /// Background traffic.
    Traffic = 7,
    /// What a grid worker finds at the door.
    Visit = 8,
    /// Load generator choices.
    Bench = 9,
}

/// One stream of reproducible random numbers (SplitMix64, Steele et al. 2014).
#[derive(Clone, Debug)]
pub struct Stream(u64);

const fn mix(value: u64) -> u64 {
    let z = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Stream {
    /// The stream of item `index` for `purpose` in the world grown from `seed`.
    pub const fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        let keyed = mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15)) ^ mix(purpose as u64);
        Self(mix(keyed.wrapping_add(mix(index))))
    }

    /// The next 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number in `0..bound`; `bound` must be positive.
    pub const fn below(&mut self, bound: u64) -> u64 {
        ((self.bits() as u128 * bound as u128) >> 64) as u64
    }

    /// A number in `low..=high`.
    pub const fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }

    /// A number in `0.0..1.0`.
    pub const fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with the given probability.
    pub const fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One item of a non-empty slice.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// One item of a non-empty slice whose items carry weights.
    pub fn weighted<'a, T>(&mut self, items: &'a [(T, u32)]) -> &'a T {
        let total: u64 = items.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut left = self.below(total);
        for (item, weight) in items {
            let weight = u64::from(*weight);
            if left < weight {
                return item;
            }
            left -= weight;
        }
        &items[items.len() - 1].0
    }
}

/// A keyed permutation of `0..size` that can be read both ways: a four-round
/// Feistel network over the next even power of two, walked until it lands inside.
#[derive(Clone, Debug)]
pub struct Shuffle {
    size: u64,
    half_bits: u32,
    keys: [u64; 4],
}

impl Shuffle {
    /// The permutation of `0..size` for `purpose` in the world grown from `seed`.
    pub fn new(seed: u64, purpose: Purpose, size: u64) -> Self {
        let mut stream = Stream::new(seed, purpose, size);
        let bits = 64 - size.saturating_sub(1).leading_zeros();
        Self {
            size,
            half_bits: bits.div_ceil(2).max(1),
            keys: std::array::from_fn(|_| stream.bits()),
        }
    }

    /// How many items are permuted.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The place that item `index` is shuffled to.
    pub fn place_of(&self, index: u64) -> u64 {
        self.walk(index, |value| self.round_trip(value, [0, 1, 2, 3], false))
    }

    /// The item that is shuffled to `place`: the inverse of [`Shuffle::place_of`].
    pub fn item_at(&self, place: u64) -> u64 {
        self.walk(place, |value| self.round_trip(value, [3, 2, 1, 0], true))
    }

    fn walk(&self, start: u64, step: impl Fn(u64) -> u64) -> u64 {
        let mut value = step(start);
        // Ends, because the steps form a cycle through `start`, which is inside.
        while value >= self.size {
            value = step(value);
        }
        value
    }

    fn round_trip(&self, value: u64, order: [usize; 4], inverse: bool) -> u64 {
        let mask = (1_u64 << self.half_bits) - 1;
        let (mut left, mut right) = (value >> self.half_bits, value & mask);
        for round in order {
            if inverse {
                (left, right) = (right ^ (mix(left ^ self.keys[round]) & mask), left);
            } else {
                (left, right) = (right, left ^ (mix(right ^ self.keys[round]) & mask));
            }
        }
        (left << self.half_bits) | right
    }
}

/// Divides `total` in proportion to `weights`, exactly: the parts sum to
/// `total` (largest remainder, ties to the earlier part).
pub fn apportion(total: u64, weights: &[f64]) -> Vec<u64> {
    let sum: f64 = weights.iter().sum();
    let shares: Vec<f64> = weights
        .iter()
        .map(|weight| total as f64 * weight / sum)
        .collect();
    let mut parts: Vec<u64> = shares.iter().map(|share| share.floor() as u64).collect();
    let given: u64 = parts.iter().sum();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|a, b| {
        shares[*b]
            .fract()
            .total_cmp(&shares[*a].fract())
            .then(a.cmp(b))
    });
    for part in order
        .into_iter()
        .cycle()
        .take(total.saturating_sub(given) as usize)
    {
        parts[part] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_is_a_permutation_and_its_inverse_undoes_it() {
        for size in [1, 2, 3, 17, 1000, 4097] {
            let shuffle = Shuffle::new(7, Purpose::Rank, size);
            let mut seen = vec![false; size as usize];
            for index in 0..size {
                let place = shuffle.place_of(index);
                assert!(
                    !std::mem::replace(&mut seen[place as usize], true),
                    "{size}: {place} twice"
                );
                assert_eq!(shuffle.item_at(place), index);
            }
        }
    }

    #[test]
    fn parts_sum_to_the_whole() {
        let parts = apportion(1000, &[1.0, 1.0, 1.0, 0.0001]);
        assert_eq!(parts.iter().sum::<u64>(), 1000);
        assert_eq!(parts[..3], [334, 333, 333]);
    }

    #[test]
    fn streams_of_different_purpose_differ() {
        let one = Stream::new(1, Purpose::Person, 5).bits();
        assert_ne!(one, Stream::new(1, Purpose::Block, 5).bits());
        assert_ne!(one, Stream::new(2, Purpose::Person, 5).bits());
        assert_eq!(one, Stream::new(1, Purpose::Person, 5).bits());
    }
}
