//! The rules once more, word by word and without any cleverness: what `derive` is compared with.

use crate::fact::{Fact, FactBody};
use crate::state::State;
use crate::words::*;
use gridpass_types::EmployerId;
use gridpass_types::clock::district_zone;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

fn today(now: Timestamp) -> Date {
    now.to_zoned(district_zone()).date()
}

fn days(day: Date, now: Timestamp) -> i32 {
    (today(now) - day).get_days()
}

fn by_then(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| at <= now)
}

/// The live facts, earliest recorded first.
fn live(facts: &[Fact], now: Timestamp) -> Vec<&Fact> {
    let mut live = Vec::new();
    for fact in facts {
        if fact.recorded_at <= now && !by_then(fact.retracted_at, now) {
            live.push(fact);
        }
    }
    live.sort_by(|a, b| a.recorded_at.cmp(&b.recorded_at).then(a.id.cmp(&b.id)));
    live
}

fn is_cleared(live: &[&Fact], last_day: Date, now: Timestamp) -> bool {
    live.iter().any(|fact| match &fact.body {
        FactBody::Quarantine {
            start,
            end,
            released_at,
            end_reason,
            ..
        } => {
            let completed = if by_then(*released_at, now) {
                *end_reason == Some(EndReason::Completed)
            } else {
                today(now) >= *end
            };
            completed && last_day <= *start
        }
        _ => false,
    })
}

fn quarantine(live: &[&Fact], now: Timestamp) -> Quarantine {
    let served_at = |wanted: QuarantinePlace| {
        live.iter().any(|fact| match &fact.body {
            FactBody::Quarantine {
                place,
                start,
                end,
                released_at,
                ..
            } => {
                *place == wanted
                    && *start <= today(now)
                    && today(now) < *end
                    && !by_then(*released_at, now)
            }
            _ => false,
        })
    };
    if served_at(QuarantinePlace::Hospital) {
        Quarantine::Hospital
    } else if served_at(QuarantinePlace::Central) {
        Quarantine::Central
    } else if served_at(QuarantinePlace::Home) {
        Quarantine::Home
    } else {
        Quarantine::None
    }
}

fn exposures(live: &[&Fact], now: Timestamp) -> (Contact, Stay) {
    let has = |close: ContactLevel| {
        live.iter().any(|fact| {
            matches!(&fact.body, FactBody::Contact { level, last_exposed }
            if *level == close && days(*last_exposed, now) < 14 && !is_cleared(live, *last_exposed, now))
        })
    };
    let stayed = |how: Certainty| {
        live.iter().any(|fact| {
            matches!(&fact.body, FactBody::Stay { risk: Risk::High, until, certainty, .. }
            if *certainty == how && days(*until, now) < 14 && !is_cleared(live, *until, now))
        })
    };
    let contact = match (has(ContactLevel::Close), has(ContactLevel::Secondary)) {
        (true, _) => Contact::Close,
        (false, true) => Contact::Secondary,
        (false, false) => Contact::None,
    };
    let stay = match (stayed(Certainty::Confirmed), stayed(Certainty::Declared)) {
        (true, _) => Stay::Confirmed,
        (false, true) => Stay::Declared,
        (false, false) => Stay::None,
    };
    (contact, stay)
}

fn health(live: &[&Fact], now: Timestamp) -> Health {
    let mut readings = Vec::new();
    for fact in live {
        if let FactBody::Health {
            at,
            temperature,
            symptoms,
        } = &fact.body
        {
            let cleared = live.iter().any(
                |other| matches!(&other.body, FactBody::Clearance { at: until } if at <= until),
            );
            if now < *at + 72.hours() && !cleared {
                readings.push((temperature.unwrap_or(0.0), symptoms));
            }
        }
    }
    if readings.iter().any(|(celsius, _)| *celsius >= 37.3) {
        Health::Fever
    } else if readings.iter().any(|(_, symptoms)| !symptoms.is_empty()) {
        Health::Symptoms
    } else if readings.is_empty() {
        Health::None
    } else {
        Health::Normal
    }
}

fn employment(live: &[&Fact]) -> (Employment, Vec<EmployerId>) {
    let last = |wanted: EmployerId| {
        live.iter().rev().find_map(|fact| match &fact.body {
            FactBody::Employment { status, employer } if *employer == wanted => Some(*status),
            _ => None,
        })
    };
    let mut current = Vec::new();
    let mut best = Employment::None;
    for id in 0..10 {
        let employer = EmployerId::new(id);
        match last(employer) {
            Some(EmploymentStatus::Verified) => {
                best = Employment::Verified;
                current.push(employer);
            }
            Some(EmploymentStatus::Declared) => {
                best = best.max(Employment::Declared);
                current.push(employer);
            }
            Some(EmploymentStatus::Left) | None => {}
        }
    }
    (best, current)
}

fn registry(live: &[&Fact]) -> Registry {
    let last = |wanted: &str| {
        live.iter().rev().find_map(|fact| match &fact.body {
            FactBody::Registry {
                status,
                registry_source,
            } if registry_source == wanted => Some(*status),
            _ => None,
        })
    };
    let lasts = [last("population"), last("police")];
    if lasts.contains(&Some(RegistryStatus::Conflict)) {
        Registry::Conflict
    } else if lasts.contains(&Some(RegistryStatus::Matched)) {
        Registry::Matched
    } else {
        Registry::None
    }
}

/// The state by the letter of the rules.
pub(super) fn state_at(facts: &[Fact], now: Timestamp) -> State {
    let live = live(facts, now);
    let mut state = State {
        quarantine: quarantine(&live, now),
        health: health(&live, now),
        registry: registry(&live),
        ..State::EMPTY
    };
    (state.contact, state.stay) = exposures(&live, now);
    (state.employment, state.employers) = employment(&live);
    let mut check = None;
    for fact in &live {
        match &fact.body {
            FactBody::Case { status } => {
                state.case = match status {
                    CaseStatus::Suspected => Case::Suspected,
                    CaseStatus::Confirmed => Case::Confirmed,
                    CaseStatus::Recovered | CaseStatus::RuledOut => Case::None,
                }
            }
            FactBody::Residence { status, enclosure } => match status {
                ResidenceStatus::Verified => {
                    (state.residence, state.enclosure) = (Residence::Verified, Some(*enclosure));
                }
                ResidenceStatus::Away => {
                    (state.residence, state.enclosure) = (Residence::Away, Some(*enclosure));
                }
                ResidenceStatus::Declared => {
                    let keeps = (Residence::Verified, Some(*enclosure));
                    if (state.residence, state.enclosure) != keeps {
                        (state.residence, state.enclosure) =
                            (Residence::Declared, Some(*enclosure));
                    }
                }
            },
            FactBody::Exemption {
                from,
                to,
                approvals,
            } if *from <= now && now < *to && *approvals >= 2 => state.exempt = Exempt::Yes,
            FactBody::GateCheck { at, passed } => match check {
                Some((latest, _)) if latest > *at => {}
                _ => check = Some((*at, *passed)),
            },
            _ => {}
        }
    }
    if let Some((at, true)) = check
        && now < at + 12.hours()
    {
        state.checked = Checked::Yes;
    }
    state
}
