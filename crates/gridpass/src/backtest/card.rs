//! The impact card: counts that say what a rule set would change, for whom, and at what cost.
//!
//! It is stored whole. Whoever reads it sees small counts (1 to 4) of their own jurisdiction only:
//! elsewhere such a row is emptied, and a second one with it when the first could be found by
//! subtracting from the total.

use gridpass_rules::{Action, Colour, Reason};
use gridpass_types::ids::{EnclosureId, GateId, RuleSetVersion};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;

/// Counts from here on are shown to everybody who may read the card.
const SHOWN_MIN: i64 = 5;

/// What a rule set would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImpactCard {
    /// The instant that was decided for.
    pub at: Timestamp,
    /// Versions in force that it was compared with.
    pub compared_with: Vec<RuleSetVersion>,
    /// People by what happens to their colour.
    pub people: PeopleImpact,
    /// Visits that grid workers would have to make.
    pub visits: VisitImpact,
    /// What would have happened at the gates; absent when no scans were asked for.
    pub gates: Option<GateImpact>,
    /// Groups that would be hit harder than the average.
    pub warnings: Vec<FairnessWarning>,
}

/// People by what happens to their colour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PeopleImpact {
    /// All of them.
    pub total: Group,
    /// From colour to colour, also where it stays.
    pub moves: Vec<ColourMove>,
    /// From rule to rule, where rule, colour, reason or visit differs; the most frequent first.
    pub kinds: Vec<RuleMove>,
    /// By street (subdistrict).
    pub by_street: Vec<Group>,
    /// By community.
    pub by_community: Vec<Group>,
    /// By enclosure people live in, those with most changes.
    pub by_enclosure: Vec<Group>,
    /// By age band.
    pub by_age: Vec<Group>,
    /// By province of origin.
    pub by_origin: Vec<Group>,
    /// How many rows were out of date and were derived from the facts for this.
    pub derived_anew: i64,
    /// How many such rows were too many and are not in the counts.
    pub left_out: i64,
}

/// People of one group. A count is absent where it is small and not the reader's business.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    /// Code of a division, number of an enclosure, age band, two digits of a province; empty for
    /// unknown and for the total.
    pub key: String,
    /// Division that decides whose jurisdiction it is; absent for what is no place here.
    pub place_code: Option<String>,
    /// Name of the place or province, in Chinese.
    pub name: Option<String>,
    /// How many people there are.
    pub people: Option<i64>,
    /// By colour now.
    pub before: Option<PeopleByColour>,
    /// By colour then.
    pub after: Option<PeopleByColour>,
    /// Whose colour differs.
    pub changed: Option<i64>,
    /// Whose colour gets stricter.
    pub stricter: Option<i64>,
    /// Whose colour gets milder.
    pub milder: Option<i64>,
    /// From which colour to which, where it differs.
    pub moves: Vec<ColourMove>,
}

/// People by colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PeopleByColour {
    /// Green.
    pub green: i64,
    /// Yellow.
    pub yellow: i64,
    /// Red.
    pub red: i64,
}

/// People who go from one colour to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ColourMove {
    /// Colour now.
    pub from: Colour,
    /// Colour then.
    pub to: Colour,
    /// How many.
    pub people: Option<i64>,
}

/// People for whom one rule decides now and another then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleMove {
    /// Rule that decides now.
    pub from: RuleRef,
    /// Rule that would decide.
    pub to: RuleRef,
    /// How many.
    pub people: Option<i64>,
}

/// A row of a colour table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleRef {
    /// Version; 0 for tables that were sent along.
    pub version: RuleSetVersion,
    /// Row.
    pub rule: String,
    /// Colour it gives.
    pub colour: Colour,
    /// Why.
    pub reason: Reason,
    /// Hours within which a grid worker has to call.
    pub visit_hours: Option<u16>,
}

/// Visits that grid workers would have to make.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VisitImpact {
    /// By community, those with most added visits.
    pub by_community: Vec<VisitLoad>,
    /// By grid, those with most added visits.
    pub by_grid: Vec<VisitLoad>,
    /// In all.
    pub total: VisitLoad,
}

/// Visits at one place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VisitLoad {
    /// Code of the division; empty for all.
    pub place_code: String,
    /// Its name.
    pub name: Option<String>,
    /// People whose colour asks for a visit now.
    pub before: Option<i64>,
    /// People whose colour would ask for one.
    pub after: Option<i64>,
    /// Of these, people whose colour asks for none now.
    pub added: Option<i64>,
    /// Grid workers whose jurisdiction lies in the division.
    pub workers: i64,
    /// Days these need for the added visits alone; absent without workers or where the count is.
    pub days: Option<f64>,
}

/// What would have happened at the gates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GateImpact {
    /// Scans from this instant on.
    pub from: Timestamp,
    /// Up to this one.
    pub to: Timestamp,
    /// Scans that were decided anew by both.
    pub decided: i64,
    /// The scans of one in so many people were decided; 1 is all of them. Minutes are for all.
    pub one_in: i64,
    /// Scans that could not be decided: their gate is not known any more.
    pub left_out: i64,
    /// From action to action, also where it stays.
    pub moves: Vec<ActionMove>,
    /// Gates with most added minutes.
    pub gates: Vec<GateLoad>,
}

/// Scans that go from one action to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActionMove {
    /// By what is in force now.
    pub from: Action,
    /// By what was tried.
    pub to: Action,
    /// How many of those decided.
    pub scans: i64,
}

/// Minutes at one gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GateLoad {
    /// The gate.
    pub gate_id: GateId,
    /// Its name.
    pub name: String,
    /// Its enclosure, if it is one's.
    pub enclosure_id: Option<EnclosureId>,
    /// Where it is.
    pub place_code: String,
    /// Scans a day.
    pub scans_per_day: f64,
    /// Minutes a day that guards and people spend on them now.
    pub minutes_before: f64,
    /// Minutes a day they would.
    pub minutes_after: f64,
    /// Quarters of an hour of the day in which minutes are added or saved, in order.
    pub quarters: Vec<QuarterLoad>,
}

/// A quarter of an hour at a gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuarterLoad {
    /// When it begins, `08:15`.
    pub time: String,
    /// Scans in it on an average day.
    pub scans: f64,
    /// Minutes added in it on an average day.
    pub added_minutes: f64,
}

/// A group that would be hit harder than the average.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FairnessWarning {
    /// `age` or `origin`.
    pub dimension: String,
    /// Key of the group.
    pub key: String,
    /// Share of the group whose colour gets stricter, 0 to 1.
    pub share: f64,
    /// The same share of everybody.
    pub average: f64,
    /// What that means, in English.
    pub message: String,
    /// What that means, in Chinese.
    pub message_zh: String,
}

impl ImpactCard {
    /// The card as a caller may see it; `divisions` are those it is about.
    pub fn shown_to(mut self, caller: &Caller, divisions: &[String]) -> Self {
        let whole = match divisions {
            [] => caller.covers(""),
            some => some.iter().all(|division| caller.covers(division)),
        };
        let people = &mut self.people;
        for groups in [
            &mut people.by_street,
            &mut people.by_community,
            &mut people.by_enclosure,
            &mut people.by_age,
            &mut people.by_origin,
        ] {
            suppress(groups, |group| match &group.place_code {
                Some(place) => caller.covers(place),
                None => whole,
            });
        }
        suppress(std::slice::from_mut(&mut people.total), |_| whole);
        suppress(&mut people.moves, |_| whole);
        suppress(&mut people.kinds, |_| whole);
        let visits = &mut self.visits;
        for loads in [&mut visits.by_community, &mut visits.by_grid] {
            suppress(loads, |load| caller.covers(&load.place_code));
        }
        suppress(std::slice::from_mut(&mut visits.total), |_| whole);
        if !whole {
            let hidden = |warning: &FairnessWarning| self.people.is_hidden(warning);
            self.warnings.retain(|warning| !hidden(warning));
        }
        self
    }
}

impl PeopleImpact {
    /// Whether the group a warning is about is not shown.
    fn is_hidden(&self, warning: &FairnessWarning) -> bool {
        let mut groups = self.by_age.iter().chain(&self.by_origin);
        groups.any(|group| group.key == warning.key && group.people.is_none())
    }
}

/// A row of counts that may have to be emptied.
trait Counts {
    /// Every count of it.
    fn counts(&self) -> Vec<i64>;
    /// Takes the counts away.
    fn empty(&mut self);
}

impl Counts for Group {
    fn counts(&self) -> Vec<i64> {
        let colours = [self.before, self.after].into_iter().flatten();
        let mut counts: Vec<i64> = colours
            .flat_map(|by| [by.green, by.yellow, by.red])
            .collect();
        counts.extend(
            [self.people, self.changed, self.stricter, self.milder]
                .iter()
                .flatten(),
        );
        counts.extend(self.moves.iter().filter_map(|one| one.people));
        counts
    }

    fn empty(&mut self) {
        *self = Self {
            key: std::mem::take(&mut self.key),
            place_code: self.place_code.take(),
            name: self.name.take(),
            ..Self::default()
        };
    }
}

impl Counts for ColourMove {
    fn counts(&self) -> Vec<i64> {
        self.people.into_iter().collect()
    }

    fn empty(&mut self) {
        self.people = None;
    }
}

impl Counts for RuleMove {
    fn counts(&self) -> Vec<i64> {
        self.people.into_iter().collect()
    }

    fn empty(&mut self) {
        self.people = None;
    }
}

impl Counts for VisitLoad {
    fn counts(&self) -> Vec<i64> {
        [self.before, self.after, self.added]
            .into_iter()
            .flatten()
            .collect()
    }

    fn empty(&mut self) {
        (self.before, self.after, self.added, self.days) = (None, None, None, None);
    }
}

/// Empties rows with a small count that are not the reader's; if that is one row alone, the
/// smallest other one goes with it, or it could be had by subtraction.
fn suppress<T: Counts>(rows: &mut [T], is_readers: impl Fn(&T) -> bool) {
    let is_small = |count: &i64| (1..SHOWN_MIN).contains(count);
    let hide: Vec<bool> = rows
        .iter()
        .map(|row| !is_readers(row) && row.counts().iter().any(is_small))
        .collect();
    let mut emptied = 0;
    for (row, hide) in rows.iter_mut().zip(&hide) {
        if *hide {
            row.empty();
            emptied += 1;
        }
    }
    if emptied != 1 {
        return;
    }
    let others = rows.iter_mut().zip(hide).filter(|(_, hide)| !hide);
    let size = |row: &T| row.counts().iter().copied().max().unwrap_or_default();
    let next = others
        .map(|(row, _)| row)
        .filter(|row| size(row) > 0 && !is_readers(row))
        .min_by_key(|row| size(row));
    if let Some(row) = next {
        row.empty();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(key: &str, people: i64, changed: i64) -> Group {
        Group {
            key: key.into(),
            people: Some(people),
            changed: Some(changed),
            ..Group::default()
        }
    }

    #[test]
    fn small_counts_of_others_go_and_take_the_next_with_them() {
        let mut rows = vec![
            group("a", 900, 3),
            group("b", 700, 20),
            group("c", 800, 0),
            group("mine", 9, 1),
        ];
        suppress(&mut rows, |row| row.key == "mine");
        let shown: Vec<Option<i64>> = rows.iter().map(|row| row.people).collect();
        assert_eq!(shown, [None, None, Some(800), Some(9)]);
    }

    #[test]
    fn two_small_counts_hide_each_other() {
        let mut rows = vec![group("a", 900, 3), group("b", 700, 4), group("c", 800, 0)];
        suppress(&mut rows, |_| false);
        let shown: Vec<Option<i64>> = rows.iter().map(|row| row.people).collect();
        assert_eq!(shown, [None, None, Some(800)]);
        suppress(&mut rows, |_| false);
        assert_eq!(rows[2].people, Some(800), "what is shown already stays");
    }
}
