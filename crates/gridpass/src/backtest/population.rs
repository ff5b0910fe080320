//! The live population, decided twice: two statements that add up everybody.
//!
//! The rows of `person_state` are taken as they stand. A row whose time is over (the background
//! refresh has not come to it yet) would be decided on a state that does not hold any more; such
//! rows are left out of the statements, derived from their facts here, and added.

use std::collections::BTreeMap;

use gridpass_rules::{Colour, derive};
use jiff::Timestamp;

use super::card::{
    ColourMove, Group, PeopleByColour, PeopleImpact, RuleMove, RuleRef, VisitImpact, VisitLoad,
};
use super::compared::Compared;
use super::provinces;
use super::store::{self, PlaceRow, Scope, TraitRow};
use crate::db::Client;
use crate::facts;
use crate::http::error::ApiResult;

/// Rows out of date that are derived at most; there are few, unless the refresh stands still.
const DERIVED_MAX: usize = 20_000;
/// Rows derived at a time.
const DERIVED_CHUNK: usize = 2_000;
/// Enclosures on the card.
const ENCLOSURES_MAX: usize = 100;
/// Kinds of changes on the card.
const KINDS_MAX: usize = 100;
/// Grids on the card, and communities.
const LOADS_MAX: usize = 200;
/// Digits of a street and of a community.
const STREET_DIGITS: usize = 9;
const COMMUNITY_DIGITS: usize = 12;
/// Lower bounds of the age bands after the first, in years; a statement numbers them.
pub const AGE_BOUNDS: [i32; 6] = [14, 18, 40, 60, 70, 80];
/// The bands by that number.
const AGE_BANDS: [&str; 7] = ["0-13", "14-17", "18-39", "40-59", "60-69", "70-79", "80+"];

/// Everybody, added up.
#[derive(Default)]
pub struct Population {
    places: Vec<PlaceRow>,
    traits: Vec<TraitRow>,
    derived_anew: i64,
    left_out: i64,
}

/// Adds everybody up who counts in `scope`, in the caller's read-only transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn count(db: &Client, compared: &Compared, scope: &Scope) -> ApiResult<Population> {
    let expressions = compared.to_sql("s");
    let mut population = Population {
        places: store::count_places(db, &expressions, scope).await?,
        traits: store::count_traits(db, &expressions, scope).await?,
        ..Population::default()
    };
    let stale = store::list_stale(db, scope).await?;
    let (derived, left) = stale.split_at(stale.len().min(DERIVED_MAX));
    population.left_out = left.len() as i64;
    for chunk in derived.chunks(DERIVED_CHUNK) {
        population
            .add_derived(db, compared, (chunk, scope.at))
            .await?;
    }
    Ok(population)
}

/// The band of the number that a statement gives.
pub fn age_band(number: Option<i32>) -> &'static str {
    let place = number.and_then(|number| usize::try_from(number).ok());
    place.and_then(|place| AGE_BANDS.get(place)).unwrap_or(&"")
}

impl Population {
    async fn add_derived(
        &mut self,
        db: &Client,
        compared: &Compared,
        (people, at): (&[store::StaleRow], Timestamp),
    ) -> ApiResult<()> {
        let ids: Vec<i64> = people.iter().map(|row| row.person_id).collect();
        let known = facts::load_facts(db, &ids).await?;
        for row in people {
            let facts = known.get(&row.person_id).map_or(&[][..], Vec::as_slice);
            let state = derive(facts, at).state;
            let (before, after) = compared.numbers(&row.place_code, &state);
            self.places.push(PlaceRow {
                place_code: row.place_code.clone(),
                enclosure_id: row.enclosure_id,
                before,
                after,
                people: 1,
            });
            self.traits.push(TraitRow {
                age: row.age,
                origin: row.origin.clone(),
                before,
                after,
                people: 1,
            });
            self.derived_anew += 1;
        }
        Ok(())
    }

    /// How many people there are, and how many of them change their colour.
    pub fn totals(&self, compared: &Compared) -> (i64, i64) {
        let mut tally = Tally::default();
        for row in &self.places {
            tally.add(compared, (row.before, row.after), row.people);
        }
        (tally.people, tally.changed)
    }

    /// The card's part about people.
    pub fn impact(&self, compared: &Compared, names: &store::Names) -> PeopleImpact {
        let by = |key: &dyn Fn(&PlaceRow) -> Option<String>| {
            let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
            for row in &self.places {
                if let Some(key) = key(row) {
                    let tally = tallies.entry(key).or_default();
                    tally.add(compared, (row.before, row.after), row.people);
                }
            }
            tallies
        };
        let division = |(code, tally): (String, Tally)| {
            let name = names.divisions.get(&code).cloned();
            tally.group(code.clone(), Some(code), name)
        };
        let prefix =
            |digits: usize| by(&move |row| row.place_code.get(..digits).map(str::to_owned));
        let enclosures = by(&|row| row.enclosure_id.map(|id| id.to_string()));
        let mut by_enclosure: Vec<Group> = enclosures
            .into_iter()
            .map(|(key, tally)| {
                let known = key
                    .parse()
                    .ok()
                    .and_then(|id: i64| names.enclosures.get(&id));
                let (name, community) = known.cloned().unzip();
                tally.group(key, community, name)
            })
            .collect();
        by_enclosure.sort_by_key(|group| std::cmp::Reverse(group.changed));
        by_enclosure.truncate(ENCLOSURES_MAX);
        let total = by(&|_| Some(String::new())).remove("").unwrap_or_default();
        let moves = total.moves.clone();
        PeopleImpact {
            total: total.group(String::new(), None, None),
            moves: moves.into_iter().map(colour_move).collect(),
            kinds: self.kinds(compared),
            by_street: prefix(STREET_DIGITS).into_iter().map(division).collect(),
            by_community: prefix(COMMUNITY_DIGITS).into_iter().map(division).collect(),
            by_enclosure,
            by_age: self.by_trait(compared, |row| (age_band(row.age).to_owned(), None)),
            by_origin: self.by_trait(compared, origin),
            derived_anew: self.derived_anew,
            left_out: self.left_out,
        }
    }

    /// Groups by a key with its name.
    fn by_trait(
        &self,
        compared: &Compared,
        key: impl Fn(&TraitRow) -> (String, Option<String>),
    ) -> Vec<Group> {
        let mut tallies: BTreeMap<(String, Option<String>), Tally> = BTreeMap::new();
        for row in &self.traits {
            let tally = tallies.entry(key(row)).or_default();
            tally.add(compared, (row.before, row.after), row.people);
        }
        let groups = tallies.into_iter();
        groups
            .map(|((key, name), tally)| tally.group(key, None, name))
            .collect()
    }

    /// From rule to rule, where anything differs; the most frequent first.
    fn kinds(&self, compared: &Compared) -> Vec<RuleMove> {
        let mut counts: BTreeMap<(i32, i32), i64> = BTreeMap::new();
        for row in &self.places {
            *counts.entry((row.before, row.after)).or_default() += row.people;
        }
        let kind = |((before, after), people): ((i32, i32), i64)| {
            let (from, to) = (rule_ref(compared, before)?, rule_ref(compared, after)?);
            let same = RuleRef {
                version: to.version,
                ..from.clone()
            } == to;
            (!same).then_some(RuleMove {
                from,
                to,
                people: Some(people),
            })
        };
        let mut kinds: Vec<RuleMove> = counts.into_iter().filter_map(kind).collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.people));
        kinds.truncate(KINDS_MAX);
        kinds
    }

    /// The card's part about visits.
    pub fn visits(
        &self,
        compared: &Compared,
        (names, workers, per_day): (&store::Names, &[(String, i64)], u16),
    ) -> VisitImpact {
        let loads = |digits: usize| {
            let mut loads: BTreeMap<&str, VisitLoad> = BTreeMap::new();
            for row in &self.places {
                let code = row.place_code.get(..digits).unwrap_or_default();
                let load = loads.entry(code).or_default();
                load.add(compared, row);
            }
            let mut loads: Vec<VisitLoad> = loads
                .into_iter()
                .map(|(code, load)| load.at(code, (names, workers, per_day)))
                .collect();
            loads.sort_by_key(|load| std::cmp::Reverse((load.added, load.after)));
            loads.truncate(LOADS_MAX);
            loads
        };
        VisitImpact {
            by_community: loads(COMMUNITY_DIGITS),
            by_grid: loads(COMMUNITY_DIGITS + 3),
            total: loads(0).pop().unwrap_or_default(),
        }
    }
}

impl VisitLoad {
    fn add(&mut self, compared: &Compared, row: &PlaceRow) {
        let asks = |number| {
            let decided = compared.decision(number);
            decided.is_some_and(|(_, decision)| decision.visit_hours.is_some())
        };
        let (before, after) = (asks(row.before), asks(row.after));
        let count = |slot: &mut Option<i64>, holds: bool| {
            *slot.get_or_insert(0) += if holds { row.people } else { 0 };
        };
        count(&mut self.before, before);
        count(&mut self.after, after);
        count(&mut self.added, after && !before);
    }

    fn at(
        mut self,
        code: &str,
        (names, workers, per_day): (&store::Names, &[(String, i64)], u16),
    ) -> Self {
        let inside = workers.iter().filter(|(reach, _)| reach.starts_with(code));
        self.workers = inside.map(|(_, count)| count).sum();
        let a_day = self.workers * i64::from(per_day);
        self.days = self
            .added
            .filter(|_| a_day > 0)
            .map(|added| rounded(added as f64 / a_day as f64));
        code.clone_into(&mut self.place_code);
        self.name = names.divisions.get(code).cloned();
        self
    }
}

/// To a tenth.
pub fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// The province of origin with its name.
fn origin(row: &TraitRow) -> (String, Option<String>) {
    let code = row.origin.clone().unwrap_or_default();
    let name = provinces::name(&code).map(|(zh, _)| zh.to_owned());
    (code, name)
}

/// A numbered row as the card names it.
pub fn rule_ref(compared: &Compared, number: i32) -> Option<RuleRef> {
    let (rules, decision) = compared.decision(number)?;
    Some(RuleRef {
        version: rules.version,
        rule: decision.rule.to_owned(),
        colour: decision.colour,
        reason: decision.reason,
        visit_hours: decision.visit_hours,
    })
}

fn colour_move(((from, to), people): ((Colour, Colour), i64)) -> ColourMove {
    ColourMove {
        from,
        to,
        people: Some(people),
    }
}

/// People of one group while they are added up.
#[derive(Clone, Default)]
struct Tally {
    people: i64,
    changed: i64,
    stricter: i64,
    milder: i64,
    before: PeopleByColour,
    after: PeopleByColour,
    moves: BTreeMap<(Colour, Colour), i64>,
}

impl Tally {
    fn add(&mut self, compared: &Compared, (before, after): (i32, i32), people: i64) {
        let colour = |number| {
            compared
                .decision(number)
                .map(|(_, decision)| decision.colour)
        };
        let (Some(from), Some(to)) = (colour(before), colour(after)) else {
            return;
        };
        self.people += people;
        *self.before.of(from) += people;
        *self.after.of(to) += people;
        *self.moves.entry((from, to)).or_default() += people;
        match from.code().cmp(&to.code()) {
            std::cmp::Ordering::Equal => return,
            std::cmp::Ordering::Less => self.stricter += people,
            std::cmp::Ordering::Greater => self.milder += people,
        }
        self.changed += people;
    }

    fn group(self, key: String, place_code: Option<String>, name: Option<String>) -> Group {
        Group {
            key,
            place_code,
            name,
            people: Some(self.people),
            before: Some(self.before),
            after: Some(self.after),
            changed: Some(self.changed),
            stricter: Some(self.stricter),
            milder: Some(self.milder),
            moves: self
                .moves
                .into_iter()
                .filter(|((from, to), _)| from != to)
                .map(colour_move)
                .collect(),
        }
    }
}

impl PeopleByColour {
    fn of(&mut self, colour: Colour) -> &mut i64 {
        match colour {
            Colour::Green => &mut self.green,
            Colour::Yellow => &mut self.yellow,
            Colour::Red => &mut self.red,
        }
    }
}
