//! The 233 enclosures: 170 urban villages, 48 estates, and 15 parks,
//! dormitories, sites and schools, spread over the communities with the
//! residents of the whole district divided among them.

use std::collections::HashSet;

use super::names;
use super::tree::Tree;
use crate::random::{Purpose, Stream, apportion};

/// Residents of one grid in the real district; a grid worker's ground.
const PEOPLE_PER_GRID: u64 = 1_500;
/// Residents at scale 1, by which grids are cut whatever the scale.
const RESIDENTS_AT_SCALE_ONE: u64 = 733_000;

/// How many of each kind there are, with the weight of one and the endings of its name.
const KINDS: [(&str, usize, f64, &[&str]); 6] = [
    (
        "urban_village",
        170,
        3.4,
        &["村", "老村", "新村", "居民小组", "围"],
    ),
    (
        "estate",
        48,
        2.4,
        &["花园", "雅苑", "华府", "家园", "公馆", "名邸"],
    ),
    ("dormitory", 5, 2.6, &["人才公寓", "员工宿舍区"]),
    ("industrial_park", 6, 0.6, &["工业园", "科技园"]),
    ("site", 2, 0.5, &["项目工地"]),
    ("school", 2, 0.4, &["学校"]),
];

/// A fenced place with gates, and the people behind the fence.
#[derive(Clone, Debug)]
pub struct Enclosure {
    /// Code used in imports, `PS001` …
    pub code: String,
    /// Name as posted at its gate.
    pub name: String,
    /// Kind as the server names it.
    pub kind: &'static str,
    /// Code of its community.
    pub community: String,
    /// Number of its first grid within the community.
    pub first_grid: u64,
    /// How many grids it spans.
    pub grids: u64,
    /// Index of its first resident.
    pub first_person: u64,
    /// How many people live in it.
    pub people: u64,
}

impl Enclosure {
    /// Code of the grid that block `block` of its residents lies in.
    pub fn grid_of_block(&self, block: u64, blocks: u64) -> String {
        let grid = self.first_grid + block * self.grids / blocks.max(1);
        format!("{}{grid:03}", self.community)
    }

    /// How many gates it has: one, or more for the large.
    pub const fn gates(&self) -> u64 {
        1 + self.grids / 2
    }
}

/// Plans all enclosures for `residents` people and adds their grids to the tree.
pub fn plan(seed: u64, residents: u64, tree: &mut Tree) -> Vec<Enclosure> {
    let mut kinds: Vec<usize> = KINDS
        .iter()
        .enumerate()
        .flat_map(|(kind, (_, count, ..))| std::iter::repeat_n(kind, *count))
        .collect();
    // Villages and estates alternate through the district rather than filling it from one end.
    let shuffle = crate::random::Shuffle::new(seed, Purpose::Enclosure, kinds.len() as u64);
    kinds = (0..kinds.len() as u64)
        .map(|place| kinds[shuffle.item_at(place) as usize])
        .collect();
    let weights: Vec<f64> = kinds
        .iter()
        .enumerate()
        .map(|(index, kind)| {
            let mut random = Stream::new(seed, Purpose::Enclosure, index as u64);
            // From a third to three times the usual size, most near it.
            KINDS[*kind].2 * (random.unit() + random.unit() - 1.0).exp()
        })
        .collect();
    let people = apportion(residents, &weights);
    let real_size = apportion(RESIDENTS_AT_SCALE_ONE, &weights);
    let communities = tree.communities.clone();
    let mut taken = HashSet::new();
    let mut enclosures = Vec::with_capacity(kinds.len());
    let mut first_person = 0;
    for (index, kind) in kinds.iter().enumerate() {
        let (kind, _, _, endings) = KINDS[*kind];
        let mut random = Stream::new(seed, Purpose::Enclosure, 10_000 + index as u64);
        let community = communities[index * communities.len() / kinds.len()].clone();
        let grids = (real_size[index] / PEOPLE_PER_GRID).max(1);
        let place = names::place(endings, &mut taken, &mut random);
        enclosures.push(Enclosure {
            code: format!("PS{:03}", index + 1),
            name: format!("{}{place}", tree.short_name(&community)),
            kind,
            first_grid: tree.add_grids(&community, grids),
            community,
            grids,
            first_person,
            people: people[index],
        });
        first_person += people[index];
    }
    enclosures
}
