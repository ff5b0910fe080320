//! Red by list: patterns that honest work rarely makes. Pure; cases in `detect_cases.json`.
//!
//! A finding is a lead for somebody to look at, never a penalty, and names no person. It says
//! which account, unit, evidence or place it is about, how many people, and why it is odd.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gridpass_rules::red::EvidenceKind;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// A confirmed red.
#[derive(Clone, Debug)]
pub struct RedEvent {
    /// Whom.
    pub person_id: i64,
    /// When it was confirmed.
    pub at: Timestamp,
    /// What was shown.
    pub evidence: EvidenceKind,
    /// Its number.
    pub reference: String,
    /// Who proposed it.
    pub proposed_by: i64,
    /// That person's unit.
    pub proposed_unit: String,
    /// Who confirmed it.
    pub confirmed_by: i64,
    /// Seconds between proposal and confirmation.
    pub waited_s: i64,
    /// Where the person counted.
    pub place_code: String,
    /// Where the person lives.
    pub enclosure: Option<i64>,
    /// Where the person works.
    pub employers: Vec<i64>,
    /// When somebody took it back, if somebody did.
    pub undone_at: Option<Timestamp>,
}

/// How many people are known by enclosure and by employer.
#[derive(Clone, Debug, Default)]
pub struct Crowds {
    /// Residents.
    pub enclosures: HashMap<i64, i64>,
    /// Staff.
    pub employers: HashMap<i64, i64>,
}

/// What is odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// More people on one paper than such a paper is about.
    OneEvidence,
    /// People on one paper who share neither home nor work with anybody on it.
    NothingInCommon,
    /// Many by one account within an hour.
    Burst,
    /// Most of an enclosure or an employer within a day.
    WholePlace,
    /// One unit's reds taken back within two days.
    UndoneSoon,
    /// One account confirms another's within a minute, again and again.
    RubberStamp,
}

impl Pattern {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneEvidence => "one_evidence",
            Self::NothingInCommon => "nothing_in_common",
            Self::Burst => "burst",
            Self::WholePlace => "whole_place",
            Self::UndoneSoon => "undone_soon",
            Self::RubberStamp => "rubber_stamp",
        }
    }
}

/// A lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is odd.
    pub pattern: Pattern,
    /// What it is about: `lab_report PCR-…`, `account 7`, `unit …`, `enclosure 12`, `employer 9`.
    pub subject: String,
    /// How odd, 1 to 100.
    pub score: i16,
    /// How many people.
    pub people: usize,
    /// The newest red in it.
    pub newest: Timestamp,
    /// Division codes of the people.
    pub places: BTreeSet<String>,
}

/// People that a paper of a kind is about at most before somebody should look.
const fn people_per_paper(kind: EvidenceKind) -> usize {
    match kind {
        EvidenceKind::LabReport | EvidenceKind::DeviceReading | EvidenceKind::Visit => 1,
        EvidenceKind::OrderDocument => 8,
        EvidenceKind::Investigation => 30,
        EvidenceKind::RegistryImport => 100,
    }
}

const STRANGERS_PEOPLE_MIN: usize = 5;
const BURST_PEOPLE_MIN: usize = 15;
const BURST_WINDOW: SignedDuration = SignedDuration::from_hours(1);
const PLACE_PEOPLE_MIN: i64 = 10;
const PLACE_WINDOW: SignedDuration = SignedDuration::from_hours(24);
const UNDONE_MIN: usize = 3;
const UNDONE_WINDOW: SignedDuration = SignedDuration::from_hours(48);
const STAMP_MIN: usize = 5;
const STAMP_SECONDS_MAX: i64 = 60;

/// All findings among confirmed reds, the oddest first.
pub fn detect(events: &[RedEvent], crowds: &Crowds) -> Vec<Finding> {
    let mut found = Vec::new();
    for ((kind, reference), group) in by(events, |event| {
        (event.evidence as u8, event.reference.clone())
    }) {
        let Some(evidence) = EvidenceKind::from_code(i16::from(kind)) else {
            continue;
        };
        let subject = format!("{} {reference}", evidence.as_str());
        found.extend(one_evidence(evidence, &subject, &group));
        found.extend(nothing_in_common(&subject, &group));
    }
    for (account, group) in by(events, |event| event.proposed_by) {
        found.extend(burst(&format!("account {account}"), &group));
    }
    found.extend(whole_places(events, crowds));
    for (unit, group) in by(events, |event| event.proposed_unit.clone()) {
        found.extend(undone_soon(&format!("unit {unit}"), &group));
    }
    for ((first, second), group) in by(events, |event| (event.proposed_by, event.confirmed_by)) {
        found.extend(rubber_stamp(
            &format!("accounts {first} and {second}"),
            &group,
        ));
    }
    found.sort_by_key(|finding| (-finding.score, finding.pattern));
    found
}

fn by<K: Ord>(events: &[RedEvent], key: impl Fn(&RedEvent) -> K) -> BTreeMap<K, Vec<&RedEvent>> {
    let mut groups: BTreeMap<K, Vec<&RedEvent>> = BTreeMap::new();
    for event in events {
        groups.entry(key(event)).or_default().push(event);
    }
    groups
}

fn people(group: &[&RedEvent]) -> usize {
    let distinct: BTreeSet<i64> = group.iter().map(|event| event.person_id).collect();
    distinct.len()
}

fn finding(pattern: Pattern, subject: &str, score: usize, group: &[&RedEvent]) -> Option<Finding> {
    let newest = group.iter().map(|event| event.at).max()?;
    Some(Finding {
        pattern,
        subject: subject.to_owned(),
        score: i16::try_from(score.clamp(1, 100)).unwrap_or(100),
        people: people(group),
        newest,
        places: group.iter().map(|event| event.place_code.clone()).collect(),
    })
}

/// The more people above what the paper can be about, the odder; twice as many is certain.
fn one_evidence(kind: EvidenceKind, subject: &str, group: &[&RedEvent]) -> Option<Finding> {
    let (limit, many) = (people_per_paper(kind), people(group));
    if many <= limit {
        return None;
    }
    let score = 40 + 60 * (many - limit) / limit.max(1);
    finding(Pattern::OneEvidence, subject, score, group)
}

/// A train's passengers share nothing either, so this alone scores low.
fn nothing_in_common(subject: &str, group: &[&RedEvent]) -> Option<Finding> {
    let many = people(group);
    if many < STRANGERS_PEOPLE_MIN {
        return None;
    }
    let mut homes: HashMap<i64, usize> = HashMap::new();
    let mut works: HashMap<i64, usize> = HashMap::new();
    for event in group {
        if let Some(enclosure) = event.enclosure {
            *homes.entry(enclosure).or_default() += 1;
        }
        for employer in &event.employers {
            *works.entry(*employer).or_default() += 1;
        }
    }
    let alone = |event: &&&RedEvent| {
        let at_home = event.enclosure.is_some_and(|id| homes[&id] > 1);
        !at_home && !event.employers.iter().any(|id| works[id] > 1)
    };
    let strangers = group.iter().filter(alone).count();
    if strangers * 10 < group.len() * 8 {
        return None;
    }
    let score = 20 + 30 * strangers / group.len();
    finding(Pattern::NothingInCommon, subject, score, group)
}

fn burst(subject: &str, group: &[&RedEvent]) -> Option<Finding> {
    let busiest = busiest_window(group, BURST_WINDOW);
    if people(&busiest) < BURST_PEOPLE_MIN {
        return None;
    }
    let score = 30 + 2 * people(&busiest);
    finding(Pattern::Burst, subject, score, &busiest)
}

/// The events of the window of that length that holds the most.
fn busiest_window<'a>(group: &[&'a RedEvent], length: SignedDuration) -> Vec<&'a RedEvent> {
    let mut sorted = group.to_vec();
    sorted.sort_by_key(|event| event.at);
    let mut best = (0, 0);
    let mut first = 0;
    for (last, event) in sorted.iter().enumerate() {
        while event.at.duration_since(sorted[first].at) > length {
            first += 1;
        }
        if last + 1 - first > best.1 - best.0 {
            best = (first, last + 1);
        }
    }
    sorted[best.0..best.1].to_vec()
}

fn whole_places(events: &[RedEvent], crowds: &Crowds) -> Vec<Finding> {
    let mut groups: BTreeMap<(&str, i64), Vec<&RedEvent>> = BTreeMap::new();
    for event in events {
        if let Some(enclosure) = event.enclosure {
            groups
                .entry(("enclosure", enclosure))
                .or_default()
                .push(event);
        }
        for employer in &event.employers {
            groups
                .entry(("employer", *employer))
                .or_default()
                .push(event);
        }
    }
    let odd = |((what, id), group): ((&str, i64), Vec<&RedEvent>)| {
        let known = if what == "enclosure" {
            crowds.enclosures.get(&id)
        } else {
            crowds.employers.get(&id)
        };
        let known = usize::try_from(*known.filter(|known| **known >= PLACE_PEOPLE_MIN)?).ok()?;
        let day = busiest_window(&group, PLACE_WINDOW);
        let share = 100 * people(&day) / known;
        if share < 50 {
            return None;
        }
        finding(Pattern::WholePlace, &format!("{what} {id}"), share, &day)
    };
    groups.into_iter().filter_map(odd).collect()
}

fn undone_soon(subject: &str, group: &[&RedEvent]) -> Option<Finding> {
    let soon = |event: &&RedEvent| {
        event
            .undone_at
            .is_some_and(|at| at.duration_since(event.at) <= UNDONE_WINDOW)
    };
    let undone: Vec<&RedEvent> = group.iter().copied().filter(soon).collect();
    if undone.len() < UNDONE_MIN || undone.len() * 10 < group.len() * 3 {
        return None;
    }
    let score = 30 + 70 * undone.len() / group.len();
    finding(Pattern::UndoneSoon, subject, score, &undone)
}

fn rubber_stamp(subject: &str, group: &[&RedEvent]) -> Option<Finding> {
    let quick = |event: &&RedEvent| event.waited_s <= STAMP_SECONDS_MAX;
    let stamped: Vec<&RedEvent> = group.iter().copied().filter(quick).collect();
    if stamped.len() < STAMP_MIN {
        return None;
    }
    let score = 30 + 3 * stamped.len();
    finding(Pattern::RubberStamp, subject, score, &stamped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    /// Reds that share everything but person and time.
    #[derive(Deserialize)]
    struct Group {
        people: i64,
        evidence: EvidenceKind,
        reference: String,
        by: i64,
        unit: String,
        every_s: i64,
        waited_s: i64,
        #[serde(default)]
        enclosure: Option<i64>,
        #[serde(default)]
        undone_after_h: Option<i64>,
    }

    #[derive(Deserialize)]
    struct Case {
        name: String,
        reds: Vec<Group>,
        #[serde(default)]
        residents: HashMap<i64, i64>,
        expect: Vec<String>,
    }

    fn events(case: &Case) -> Vec<RedEvent> {
        let start: Timestamp = "2020-03-06T08:00:00+08:00".parse().unwrap();
        let mut events = Vec::new();
        for (number, group) in (1..).zip(&case.reds) {
            for n in 0..group.people {
                let at = start + SignedDuration::from_secs(n * group.every_s);
                events.push(RedEvent {
                    person_id: number * 1000 + n,
                    at,
                    evidence: group.evidence,
                    reference: group.reference.replace('#', &n.to_string()),
                    proposed_by: group.by,
                    proposed_unit: group.unit.clone(),
                    confirmed_by: 99,
                    waited_s: group.waited_s,
                    place_code: "440310001001005".into(),
                    enclosure: group.enclosure,
                    employers: Vec::new(),
                    undone_at: group
                        .undone_after_h
                        .map(|hours| at + SignedDuration::from_hours(hours)),
                });
            }
        }
        events
    }

    #[test]
    fn patterns_are_found_and_honest_work_is_not() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("detect_cases.json")).unwrap();
        assert!(cases.len() >= 10);
        for case in &cases {
            let crowds = Crowds {
                enclosures: case.residents.clone(),
                employers: HashMap::new(),
            };
            let found = detect(&events(case), &crowds);
            let names: BTreeSet<&str> = found.iter().map(|one| one.pattern.as_str()).collect();
            let expected: BTreeSet<&str> = case.expect.iter().map(String::as_str).collect();
            assert_eq!(names, expected, "{}", case.name);
            assert!(found.iter().all(|one| (1..=100).contains(&one.score)));
        }
    }
}
