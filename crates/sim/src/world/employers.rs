//! Employers: a few very large, most small, each with a valid credit code, a
//! place in the district, and its share of the verified workers.

use super::enclosures::Enclosure;
use super::{Totals, documents, names};
use crate::random::{Purpose, Stream, apportion};

/// Employers with a gate of their own at most: the largest ones.
const GATED_EMPLOYERS_MAX: usize = 120;

/// A company, construction site, school or park that people return to.
#[derive(Clone, Debug)]
pub struct Employer {
    /// Registered name.
    pub name: String,
    /// Unified social credit code.
    pub credit_code: String,
    /// Kind as the server names it.
    pub kind: &'static str,
    /// Leaf division of its address.
    pub place_code: String,
    /// Index of the enclosure it lies in, if it lies in one.
    pub enclosure: Option<usize>,
    /// Number of its first worker.
    pub first_worker: u64,
    /// How many verified workers it has.
    pub workers: u64,
    /// Whether it runs a gate.
    pub gated: bool,
}

/// Plans all employers and divides the workers among them.
pub fn plan(seed: u64, totals: &Totals, enclosures: &[Enclosure]) -> Vec<Employer> {
    let count = totals.employers as usize;
    // Sizes fall as one over rank to the 0.9, which gives one giant and a long tail.
    let weights: Vec<f64> = (0..count)
        .map(|rank| 1.0 / ((rank + 3) as f64).powf(0.9))
        .collect();
    let workers = apportion(totals.workers, &weights);
    let parks: Vec<usize> = (0..enclosures.len())
        .filter(|index| {
            matches!(
                enclosures[*index].kind,
                "industrial_park" | "site" | "school"
            )
        })
        .collect();
    let mut first_worker = 0;
    let mut employers = Vec::with_capacity(count);
    for (index, workers) in workers.into_iter().enumerate() {
        let mut random = Stream::new(seed, Purpose::Employer, index as u64);
        let enclosure = random.chance(0.3).then(|| *random.pick(&parks));
        let home = &enclosures
            [enclosure.unwrap_or_else(|| random.below(enclosures.len() as u64) as usize)];
        let kind = match enclosure.map(|index| enclosures[index].kind) {
            Some("site") => "construction_site",
            Some("school") => "school",
            _ if random.chance(0.06) => "construction_site",
            _ if random.chance(0.04) => "school",
            _ if random.chance(0.03) => "industrial_park",
            _ => "company",
        };
        let name = match kind {
            "construction_site" => format!("{}项目部", home.name),
            "school" => format!("{}学校", home.name.trim_end_matches("学校")),
            "industrial_park" => format!("{}产业园", home.name),
            _ => names::firm(&mut random),
        };
        employers.push(Employer {
            name,
            credit_code: documents::credit_code(seed, index as u64),
            kind,
            place_code: home.grid_of_block(random.below(home.grids), home.grids),
            enclosure,
            first_worker,
            workers,
            gated: index < GATED_EMPLOYERS_MAX,
        });
        first_worker += workers;
    }
    employers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;

    #[test]
    fn workers_are_divided_exactly_and_the_largest_have_gates() {
        let world = World::grow(1, 1.0).expect("grows");
        assert_eq!(world.employers.len(), 1_200);
        assert_eq!(
            world
                .employers
                .iter()
                .map(|employer| employer.workers)
                .sum::<u64>(),
            101_300
        );
        assert!(world.employers[0].workers > 2_000);
        assert_eq!(
            world
                .employers
                .iter()
                .filter(|employer| employer.gated)
                .count(),
            GATED_EMPLOYERS_MAX
        );
        assert!(
            world
                .employers
                .iter()
                .all(|employer| employer.place_code.len() == 15)
        );
    }
}
