//! Which rule set decides where, before and after, with every row numbered. Pure.
//!
//! A rule set may be in force in named divisions only; of two that cover a place the one of the
//! longer prefix decides. Rows are numbered over all tables, so that a statement answers with two
//! numbers a person and the words are looked up here.

use std::sync::Arc;

use gridpass_rules::{ColourDecision, RuleSet, State};
use gridpass_types::ids::RuleSetVersion;
use jiff::Timestamp;

use crate::rules::Scopes;

/// Numbers given to the rows of one table; no table has so many rows.
const ROWS_MAX: usize = 10_000;

/// Which rule set decides where: prefixes of division codes, the longest first.
#[derive(Clone)]
pub struct InPlaces(Vec<(String, Arc<RuleSet>)>);

impl InPlaces {
    /// What is in force.
    pub fn in_force(scopes: &Scopes) -> Self {
        let parts = scopes
            .parts()
            .map(|(prefix, rules)| (prefix.to_owned(), rules.clone()));
        let whole = (String::new(), scopes.whole().clone());
        Self(parts.chain([whole]).collect())
    }

    /// One rule set everywhere.
    #[cfg(test)]
    pub fn everywhere(rules: Arc<RuleSet>) -> Self {
        Self(vec![(String::new(), rules)])
    }

    /// The same with another rule set in these divisions; everywhere when there are none. Where a
    /// longer prefix has a rule set of its own, that one stays.
    #[must_use]
    pub fn with(&self, rules: &Arc<RuleSet>, divisions: &[String]) -> Self {
        let mut places = self.0.clone();
        let everywhere = [String::new()];
        let divisions = match divisions {
            [] => &everywhere[..],
            some => some,
        };
        for division in divisions {
            places.retain(|(prefix, _)| prefix != division);
            places.push((division.clone(), rules.clone()));
        }
        places.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Self(places)
    }

    /// The rule set of a place.
    ///
    /// # Panics
    /// Never: the empty prefix is always there.
    pub fn of(&self, place_code: &str) -> &Arc<RuleSet> {
        let found = self
            .0
            .iter()
            .find(|(prefix, _)| place_code.starts_with(prefix.as_str()));
        &found.expect("one rule set is in force everywhere").1
    }
}

/// What is in force and what would be.
pub struct Compared {
    before: InPlaces,
    after: InPlaces,
    sets: Vec<Arc<RuleSet>>,
}

impl Compared {
    /// Numbers the rows of both.
    pub fn new(before: InPlaces, after: InPlaces) -> Self {
        let mut sets: Vec<Arc<RuleSet>> = Vec::new();
        for (_, rules) in before.0.iter().chain(&after.0) {
            if !sets.iter().any(|known| Arc::ptr_eq(known, rules)) {
                sets.push(rules.clone());
            }
        }
        Self {
            before,
            after,
            sets,
        }
    }

    /// What is in force.
    pub fn before(&self) -> &InPlaces {
        &self.before
    }

    /// What would be.
    pub fn after(&self) -> &InPlaces {
        &self.after
    }

    /// Versions of what is in force.
    pub fn versions_before(&self) -> Vec<RuleSetVersion> {
        let mut versions: Vec<RuleSetVersion> = self
            .before
            .0
            .iter()
            .map(|(_, rules)| rules.version)
            .collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }

    /// Two expressions over `person_state AS alias`, for an instant: the number of the row that decides, and of
    /// the one that would.
    pub fn to_sql(&self, alias: &str, at: Timestamp) -> (String, String) {
        (
            self.expression(&self.before, alias, at),
            self.expression(&self.after, alias, at),
        )
    }

    /// What a numbered row says, and the rule set it stands in.
    pub fn decision(&self, number: i32) -> Option<(&RuleSet, ColourDecision<'_>)> {
        let number = usize::try_from(number).ok()?;
        let rules = self.sets.get(number / ROWS_MAX)?;
        Some((rules, rules.colour.row(number % ROWS_MAX)?))
    }

    /// The numbers of the rows that decide a state at a place.
    pub fn numbers(&self, place_code: &str, state: &State, at: Timestamp) -> (i32, i32) {
        let number = |rules: &Arc<RuleSet>| self.first(rules) + row_number(rules, state, at);
        (
            number(self.before.of(place_code)),
            number(self.after.of(place_code)),
        )
    }

    /// The number of a rule's row on one side, if the side has it.
    pub fn find(&self, side: Side, rule: &str) -> Vec<i32> {
        let places = match side {
            Side::Before => &self.before,
            Side::After => &self.after,
        };
        let mut found = Vec::new();
        for (_, rules) in &places.0 {
            let rows = (0..).map_while(|place| rules.colour.row(place));
            let rows = (0..).zip(rows).filter(|(_, row)| row.rule == rule);
            found.extend(rows.map(|(place, _): (i32, _)| self.first(rules) + place));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn first(&self, rules: &Arc<RuleSet>) -> i32 {
        let place = self.sets.iter().position(|known| Arc::ptr_eq(known, rules));
        let first = place.unwrap_or_default() * ROWS_MAX;
        i32::try_from(first).expect("a few rule sets of a few rows")
    }

    /// Prefixes are digits: they were read as division codes.
    fn expression(&self, places: &InPlaces, alias: &str, at: Timestamp) -> String {
        let mut sql = String::new();
        let mut open = 0;
        for (prefix, rules) in &places.0 {
            let table = rules.colour.to_sql(alias, self.first(rules), at);
            if prefix.is_empty() {
                sql += &table;
                break;
            }
            sql += &format!("CASE WHEN {alias}.place_code LIKE '{prefix}%' THEN {table} ELSE ");
            open += 1;
        }
        sql + &" END".repeat(open)
    }
}

/// Before or after.
#[derive(Clone, Copy)]
pub enum Side {
    /// What is in force.
    Before,
    /// What would be.
    After,
}

fn row_number(rules: &RuleSet, state: &State, at: Timestamp) -> i32 {
    i32::try_from(rules.colour.deciding_row(state, at)).expect("a few rows")
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridpass_rules::default_rule_set;

    #[test]
    fn the_longest_prefix_decides() {
        let [one, two, three] = [(); 3].map(|()| Arc::new(default_rule_set()));
        let before = InPlaces::everywhere(one.clone()).with(&two, &["440310001".into()]);
        let after = before.with(&three, &[]);
        let is = |place: &str, rules| Arc::ptr_eq(after.of(place), rules);
        assert!(is("440310001002000", &two), "the staged street stays");
        assert!(is("440310002001000", &three));
        let after = before.with(&three, &["440310001".into()]);
        assert!(Arc::ptr_eq(after.of("440310001002000"), &three));
        assert!(Arc::ptr_eq(after.of("440310002001000"), &one));
    }

    #[test]
    fn rows_are_numbered_over_all_tables() {
        let (one, two) = (Arc::new(default_rule_set()), Arc::new(default_rule_set()));
        let before = InPlaces::everywhere(one);
        let after = before.with(&two, &["440310001".into()]);
        let compared = Compared::new(before, after);
        let (here, there) = ("440310001002000", "440310002001000");
        assert_eq!(
            compared.numbers(here, &State::EMPTY, Timestamp::UNIX_EPOCH),
            (14, 10_014)
        );
        assert_eq!(
            compared.numbers(there, &State::EMPTY, Timestamp::UNIX_EPOCH),
            (14, 14)
        );
        assert_eq!(compared.decision(10_014).unwrap().1.rule, "A15");
        assert!(compared.decision(15).is_none() && compared.decision(-1).is_none());
        assert_eq!(compared.find(Side::After, "A15"), [14, 10_014]);
        assert_eq!(compared.find(Side::Before, "A15"), [14]);
        let (before, after) = compared.to_sql("s", Timestamp::UNIX_EPOCH);
        assert!(before.ends_with("ELSE 14 END"));
        assert!(after.starts_with("CASE WHEN s.place_code LIKE '440310001%' THEN CASE WHEN"));
        assert!(after.ends_with("ELSE 14 END END"));
    }
}
