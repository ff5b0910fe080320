//! Facts add up to a state.
//!
//! Every comparison with time goes through [`Horizon`], which remembers the instants at which a
//! comparison would come out differently. So the state comes with the interval in which the same
//! facts give the same state, and nobody has to guess when to derive it again.

use gridpass_types::clock::start_of_day;
use gridpass_types::{EmployerId, EnclosureId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::FEVER_CELSIUS;
use crate::catalogue::Evidence;
use crate::fact::{Fact, FactBody};
use crate::state::State;
use crate::words::{
    Case, CaseStatus, Certainty, Checked, Contact, ContactLevel, Employment, EmploymentStatus,
    EndReason, Exempt, Health, Quarantine, QuarantinePlace, Registry, RegistryStatus, Residence,
    ResidenceStatus, Risk, Stay,
};

/// Contacts and stays count for 14 calendar days.
const EXPOSURE_WINDOW: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Health readings count for 72 hours.
const HEALTH_WINDOW: SignedDuration = SignedDuration::from_hours(72);

/// An on-the-spot check counts for 12 hours.
const CHECK_WINDOW: SignedDuration = SignedDuration::from_hours(12);

/// An exemption needs two approvals.
const APPROVALS_MIN: u32 = 2;

/// A state and the interval in which it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// What the live facts add up to.
    pub state: State,
    /// The latest boundary not after the instant asked for; `Timestamp::MIN` if there is none.
    pub valid_from: Timestamp,
    /// The first boundary after it; `None` if no boundary is left.
    pub valid_until: Option<Timestamp>,
}

/// Adds up the facts that are live at `now`.
///
/// The order of `facts` does not matter. For every instant in `valid_from..valid_until` the same
/// facts give the same state.
#[must_use]
pub fn derive(facts: &[Fact], now: Timestamp) -> Derived {
    let mut horizon = Horizon::new(now);
    let mut live: Vec<&Fact> = facts.iter().filter(|fact| horizon.is_live(fact)).collect();
    live.sort_unstable_by_key(|fact| (fact.recorded_at, fact.id));

    let mut sum = Sum {
        cleared_days: days_cleared_by_orders(&live, &mut horizon),
        cleared_readings: readings_cleared_by_doctor(&live),
        horizon,
        state: State::EMPTY,
        last_check: None,
        employers: LastBy::default(),
        registries: LastBy::default(),
    };
    for fact in &live {
        if let FactBody::Catalogued { kind, fields } = &fact.body {
            let evidence = Evidence::of(kind, fields, fact.recorded_at);
            sum.state.catalogued.push(evidence);
        }
        sum.add(&fact.body);
    }
    sum.finish()
}

/// The state while facts are added in the order of recording.
struct Sum<'f> {
    horizon: Horizon,
    /// Exposures up to and on this day are cleared.
    cleared_days: Option<Date>,
    /// Readings up to and at this instant are cleared.
    cleared_readings: Option<Timestamp>,
    state: State,
    last_check: Option<(Timestamp, bool)>,
    employers: LastBy<EmployerId, EmploymentStatus>,
    registries: LastBy<&'f str, RegistryStatus>,
}

impl<'f> Sum<'f> {
    fn add(&mut self, body: &'f FactBody) {
        match body {
            FactBody::Case { status } => self.state.case = case_of(*status),
            FactBody::Quarantine { place, .. } => {
                if self.horizon.order_is_live(body) {
                    self.state.quarantine = self.state.quarantine.max(quarantine_of(*place));
                }
            }
            FactBody::Contact {
                level,
                last_exposed,
            } => {
                if self.exposure_counts(*last_exposed) {
                    self.state.contact = self.state.contact.max(contact_of(*level));
                }
            }
            FactBody::Stay {
                risk,
                until,
                certainty,
                ..
            } => {
                if *risk == Risk::High && self.exposure_counts(*until) {
                    self.state.stay = self.state.stay.max(stay_of(*certainty));
                }
            }
            FactBody::Health {
                at,
                temperature,
                symptoms,
            } => self.add_reading(*at, health_of(*temperature, symptoms)),
            FactBody::Clearance { .. } | FactBody::Catalogued { .. } => {}
            FactBody::Residence { status, enclosure } => self.add_residence(*status, *enclosure),
            FactBody::Employment { status, employer } => self.employers.set(*employer, *status),
            FactBody::Registry {
                status,
                registry_source,
            } => self.registries.set(registry_source, *status),
            FactBody::Exemption {
                from,
                to,
                approvals,
            } => self.add_exemption(*from, *to, *approvals),
            FactBody::GateCheck { at, passed } => {
                if self.last_check.is_none_or(|(latest, _)| *at >= latest) {
                    self.last_check = Some((*at, *passed));
                }
            }
        }
    }

    fn exposure_counts(&mut self, last_day: Date) -> bool {
        let cleared = self.cleared_days.is_some_and(|until| last_day <= until);
        let window_end = later(start_of_day(last_day), EXPOSURE_WINDOW);
        !cleared && self.horizon.is_before(window_end)
    }

    fn add_reading(&mut self, at: Timestamp, reading: Health) {
        let cleared = self.cleared_readings.is_some_and(|until| at <= until);
        if !cleared && self.horizon.is_before(later(at, HEALTH_WINDOW)) {
            self.state.health = self.state.health.max(reading);
        }
    }

    fn add_residence(&mut self, status: ResidenceStatus, enclosure: EnclosureId) {
        let already_verified =
            self.state.residence == Residence::Verified && self.state.enclosure == Some(enclosure);
        self.state.residence = match status {
            ResidenceStatus::Declared if already_verified => return,
            ResidenceStatus::Declared => Residence::Declared,
            ResidenceStatus::Verified => Residence::Verified,
            ResidenceStatus::Away => Residence::Away,
        };
        self.state.enclosure = Some(enclosure);
    }

    fn add_exemption(&mut self, from: Timestamp, to: Timestamp, approvals: u32) {
        if approvals >= APPROVALS_MIN && self.horizon.reached(from) && self.horizon.is_before(to) {
            self.state.exempt = Exempt::Yes;
        }
    }

    fn finish(mut self) -> Derived {
        if let Some((at, true)) = self.last_check
            && self.horizon.is_before(later(at, CHECK_WINDOW))
        {
            self.state.checked = Checked::Yes;
        }
        self.state.employment = if self.employers.any(EmploymentStatus::Verified) {
            Employment::Verified
        } else if self.employers.any(EmploymentStatus::Declared) {
            Employment::Declared
        } else {
            Employment::None
        };
        self.state.registry = if self.registries.any(RegistryStatus::Conflict) {
            Registry::Conflict
        } else if self.registries.any(RegistryStatus::Matched) {
            Registry::Matched
        } else {
            Registry::None
        };
        let employed = |(employer, status): &(EmployerId, EmploymentStatus)| {
            (*status != EmploymentStatus::Left).then_some(*employer)
        };
        self.state.employers = self.employers.0.iter().filter_map(employed).collect();
        self.state.employers.sort_unstable();
        Derived {
            state: self.state,
            valid_from: self.horizon.from,
            valid_until: self.horizon.until,
        }
    }
}

/// "Now", and the nearest instants around it at which a comparison made so far changes.
struct Horizon {
    now: Timestamp,
    from: Timestamp,
    until: Option<Timestamp>,
}

impl Horizon {
    const fn new(now: Timestamp) -> Self {
        Self {
            now,
            from: Timestamp::MIN,
            until: None,
        }
    }

    /// Is it `boundary` or later?
    fn reached(&mut self, boundary: Timestamp) -> bool {
        if boundary <= self.now {
            self.from = self.from.max(boundary);
            return true;
        }
        self.until = Some(self.until.map_or(boundary, |until| until.min(boundary)));
        false
    }

    fn is_before(&mut self, boundary: Timestamp) -> bool {
        !self.reached(boundary)
    }

    fn is_live(&mut self, fact: &Fact) -> bool {
        let recorded = self.reached(fact.recorded_at);
        let retracted = fact.retracted_at.is_some_and(|at| self.reached(at));
        recorded && !retracted
    }

    fn order_is_live(&mut self, body: &FactBody) -> bool {
        let FactBody::Quarantine {
            start,
            end,
            released_at,
            ..
        } = body
        else {
            return false;
        };
        self.reached(start_of_day(*start))
            && self.is_before(start_of_day(*end))
            && !released_at.is_some_and(|at| self.reached(at))
    }

    /// Released as completed; or not released by now, and the first free day has come.
    ///
    /// An order cancelled after its end therefore counts as completed until it is cancelled, and
    /// clears nothing from then on.
    fn order_is_completed(
        &mut self,
        end: Date,
        released_at: Option<Timestamp>,
        end_reason: Option<EndReason>,
    ) -> bool {
        if released_at.is_some_and(|at| self.reached(at)) {
            return end_reason == Some(EndReason::Completed);
        }
        self.reached(start_of_day(end))
    }
}

/// Completed orders clear exposures up to and on their first day: the latest such day.
fn days_cleared_by_orders(live: &[&Fact], horizon: &mut Horizon) -> Option<Date> {
    let mut cleared_until = None;
    for fact in live {
        if let FactBody::Quarantine {
            start,
            end,
            released_at,
            end_reason,
            ..
        } = &fact.body
            && horizon.order_is_completed(*end, *released_at, *end_reason)
        {
            cleared_until = cleared_until.max(Some(*start));
        }
    }
    cleared_until
}

/// Readings not after this instant are cleared.
fn readings_cleared_by_doctor(live: &[&Fact]) -> Option<Timestamp> {
    live.iter()
        .filter_map(|fact| match fact.body {
            FactBody::Clearance { at } => Some(at),
            _ => None,
        })
        .max()
}

/// The last value for each key. People have a handful, so a list beats a map.
struct LastBy<K, V>(Vec<(K, V)>);

impl<K, V> Default for LastBy<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: PartialEq, V: PartialEq + Copy> LastBy<K, V> {
    fn set(&mut self, key: K, value: V) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, last)) => *last = value,
            None => self.0.push((key, value)),
        }
    }

    fn any(&self, value: V) -> bool {
        self.0.iter().any(|(_, last)| *last == value)
    }
}

const fn case_of(status: CaseStatus) -> Case {
    match status {
        CaseStatus::Suspected => Case::Suspected,
        CaseStatus::Confirmed => Case::Confirmed,
        CaseStatus::Recovered | CaseStatus::RuledOut => Case::None,
    }
}

pub(crate) const fn quarantine_of(place: QuarantinePlace) -> Quarantine {
    match place {
        QuarantinePlace::Home => Quarantine::Home,
        QuarantinePlace::Central => Quarantine::Central,
        QuarantinePlace::Hospital => Quarantine::Hospital,
    }
}

pub(crate) const fn contact_of(level: ContactLevel) -> Contact {
    match level {
        ContactLevel::Secondary => Contact::Secondary,
        ContactLevel::Close => Contact::Close,
    }
}

pub(crate) const fn stay_of(certainty: Certainty) -> Stay {
    match certainty {
        Certainty::Declared => Stay::Declared,
        Certainty::Confirmed => Stay::Confirmed,
    }
}

pub(crate) fn health_of(temperature: Option<f64>, symptoms: &[String]) -> Health {
    if temperature.is_some_and(|celsius| celsius >= FEVER_CELSIUS) {
        Health::Fever
    } else if symptoms.is_empty() {
        Health::Normal
    } else {
        Health::Symptoms
    }
}

/// `at + by`, or the end of time.
fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
