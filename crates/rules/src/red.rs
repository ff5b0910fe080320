//! What can make a pass red: a closed list of grounds, and which of them do by the table in force.
//!
//! The list says for each ground what may be shown as evidence and how long it may hold. Which
//! grounds a colour table turns red is not written down a second time: [`RedValues`] asks the
//! table, by trying every situation with and without each value. So a table that makes symptoms
//! red makes them a matter of two people from that version on, and a table that would turn
//! somebody red on no ground of the list at all is found out by [`groundless`].

mod columns;

use columns::RedColumn;

use gridpass_types::word_list;

use crate::catalogue::Evidence;
use crate::derive::{contact_of, health_of, quarantine_of, stay_of};
use crate::fact::FactBody;
use crate::rule_set::RuleSet;
use crate::state::State;
use crate::words::{
    Case, CaseStatus, Certainty, Contact, ContactLevel, Employment, Exempt, Health, Quarantine,
    Registry, Residence, Risk, Stay,
};
use gridpass_types::Colour;
use jiff::Timestamp;

word_list! {
    /// The closed list of epidemiological reasons for which somebody may be stopped.
    RedReason {
        /// A case confirmed by a laboratory.
        CaseConfirmed = 1, "case_confirmed";
        /// A suspected case.
        CaseSuspected = 2, "case_suspected";
        /// Close contact with a case.
        CloseContact = 3, "close_contact";
        /// Contact of a close contact.
        SecondaryContact = 4, "secondary_contact";
        /// A confirmed stay in an epidemic area.
        EpidemicArea = 5, "epidemic_area";
        /// A body temperature of 37.3 °C or more.
        Fever = 6, "fever";
        /// Symptoms of the disease.
        Symptoms = 7, "symptoms";
    }
}

word_list! {
    /// What may be shown for a reason. A reference names the paper; free text is no evidence.
    EvidenceKind {
        /// Number of a laboratory's report.
        LabReport = 1, "lab_report";
        /// Number of an epidemiological investigation.
        Investigation = 2, "investigation";
        /// Number of a quarantine order's paper.
        OrderDocument = 3, "order_document";
        /// A registry import of this system.
        RegistryImport = 4, "registry_import";
        /// Device and number of a reading.
        DeviceReading = 5, "device_reading";
        /// A grid worker's call at the door, recorded in this system.
        Visit = 6, "visit";
    }
}

/// How long a fact may count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// Until a day chosen when it is entered, this many days ahead at most.
    Chosen {
        /// Days at most; also what holds when nobody chooses.
        days_max: i32,
    },
    /// As long as the rules count it: 14 days from the last exposure, 72 hours from a reading.
    ByRule,
    /// Until the order's end, this many days ahead at most.
    OrderEnd {
        /// Days from the day of entry to the first free day at most.
        days_max: i32,
    },
}

/// One line of the closed list.
#[derive(Clone, Copy, Debug)]
pub struct Ground {
    /// The reason.
    pub reason: RedReason,
    /// What may be shown for it.
    pub evidence: &'static [EvidenceKind],
    /// How long a fact on this ground may count.
    pub lasts: Lasts,
}

/// Days that a quarantine order may reach ahead at most; longer ones are extended, by two people
/// again.
pub const ORDER_DAYS_MAX: i32 = 28;

/// Days that a case counts at most without being entered again.
pub const CASE_DAYS_MAX: i32 = 30;

/// The closed list. Nothing else makes a pass red.
pub const GROUNDS: [Ground; 7] = [
    Ground {
        reason: RedReason::CaseConfirmed,
        evidence: &[EvidenceKind::LabReport],
        lasts: Lasts::Chosen {
            days_max: CASE_DAYS_MAX,
        },
    },
    Ground {
        reason: RedReason::CaseSuspected,
        evidence: &[EvidenceKind::LabReport, EvidenceKind::Investigation],
        lasts: Lasts::Chosen {
            days_max: CASE_DAYS_MAX,
        },
    },
    Ground {
        reason: RedReason::CloseContact,
        evidence: &[EvidenceKind::Investigation, EvidenceKind::RegistryImport],
        lasts: Lasts::ByRule,
    },
    Ground {
        reason: RedReason::SecondaryContact,
        evidence: &[EvidenceKind::Investigation, EvidenceKind::RegistryImport],
        lasts: Lasts::ByRule,
    },
    Ground {
        reason: RedReason::EpidemicArea,
        evidence: &[
            EvidenceKind::Investigation,
            EvidenceKind::RegistryImport,
            EvidenceKind::Visit,
        ],
        lasts: Lasts::ByRule,
    },
    Ground {
        reason: RedReason::Fever,
        evidence: &[EvidenceKind::DeviceReading],
        lasts: Lasts::ByRule,
    },
    Ground {
        reason: RedReason::Symptoms,
        evidence: &[EvidenceKind::Investigation],
        lasts: Lasts::ByRule,
    },
];

/// What may be shown for a quarantine order, whatever its reason: the order's own paper.
pub const ORDER_EVIDENCE: &[EvidenceKind] = &[EvidenceKind::OrderDocument];

impl RedReason {
    /// The line of the closed list.
    #[must_use]
    pub fn ground(self) -> Ground {
        GROUNDS[usize::from(self as u8) - 1]
    }
}

/// The reason that a fact is recorded for; `None` when it can make nobody red. An order carries
/// its reason beside it, so it has none of its own here.
#[must_use]
pub fn reason_of(body: &FactBody) -> Option<RedReason> {
    match body {
        FactBody::Case { status } => match status {
            CaseStatus::Confirmed => Some(RedReason::CaseConfirmed),
            CaseStatus::Suspected => Some(RedReason::CaseSuspected),
            CaseStatus::Recovered | CaseStatus::RuledOut => None,
        },
        FactBody::Contact { level, .. } => Some(match level {
            ContactLevel::Close => RedReason::CloseContact,
            ContactLevel::Secondary => RedReason::SecondaryContact,
        }),
        FactBody::Stay {
            risk: Risk::High,
            certainty: Certainty::Confirmed,
            ..
        } => Some(RedReason::EpidemicArea),
        FactBody::Health {
            temperature,
            symptoms,
            ..
        } => match health_of(*temperature, symptoms) {
            Health::Fever => Some(RedReason::Fever),
            Health::Symptoms => Some(RedReason::Symptoms),
            Health::Normal | Health::None => None,
        },
        _ => None,
    }
}

/// What a fact would contribute on its best day, alone.
fn contribution(body: &FactBody) -> State {
    let mut state = State::EMPTY;
    match body {
        FactBody::Case { status } => {
            state.case = match status {
                CaseStatus::Confirmed => Case::Confirmed,
                CaseStatus::Suspected => Case::Suspected,
                CaseStatus::Recovered | CaseStatus::RuledOut => Case::None,
            }
        }
        FactBody::Quarantine {
            place,
            released_at: None,
            ..
        } => state.quarantine = quarantine_of(*place),
        FactBody::Contact { level, .. } => state.contact = contact_of(*level),
        FactBody::Stay {
            risk: Risk::High,
            certainty,
            ..
        } => state.stay = stay_of(*certainty),
        FactBody::Health {
            temperature,
            symptoms,
            ..
        } => state.health = health_of(*temperature, symptoms),
        _ => {}
    }
    state
}

/// What a table turns red: values of the state, bit by bit, one byte for each of case,
/// quarantine, contact, health and stay; and changes of catalogued columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RedValues {
    values: [u8; 5],
    columns: Vec<RedColumn>,
}

impl RedValues {
    /// Tries every situation of a table with and without each value: a value leads to red if
    /// somewhere its presence is what turns the pass red. So for catalogued columns, class by
    /// class.
    ///
    /// # Panics
    /// Never: a table was checked to have few enough sets of rows.
    #[must_use]
    pub fn of(rules: &RuleSet) -> Self {
        let sets = rules.colour.row_sets().expect("checked tables are bounded");
        let situations = situations();
        let red = |state: &State, set: usize| {
            rules.colour.colour_among(state, &sets.sets[set]) == Colour::Red
        };
        let mut values = [0; 5];
        let mut reds: Vec<Vec<bool>> = Vec::with_capacity(sets.sets.len());
        for set in 0..sets.sets.len() {
            let is_red: Vec<bool> = situations.iter().map(|state| red(state, set)).collect();
            for (state, _) in situations.iter().zip(&is_red).filter(|(_, red)| **red) {
                for (dimension, value) in dimensions(state).into_iter().enumerate() {
                    let bit = 1 << value;
                    if value != 0
                        && values[dimension] & bit == 0
                        && !red(&without(state, dimension), set)
                    {
                        values[dimension] |= bit;
                    }
                }
            }
            reds.push(is_red);
        }
        Self {
            values,
            columns: RedColumn::of_all(rules, &sets, &reds),
        }
    }

    /// Whether a fact can turn a pass red.
    #[must_use]
    pub fn leads(&self, body: &FactBody) -> bool {
        if let FactBody::Catalogued { kind, fields } = body {
            let evidence = Evidence::of(kind, fields, Timestamp::UNIX_EPOCH);
            return self.columns.iter().any(|column| column.leads(&evidence));
        }
        let values = dimensions(&contribution(body));
        values
            .into_iter()
            .zip(self.values)
            .any(|(value, bits)| value != 0 && bits & (1 << value) != 0)
    }
}

/// A situation that a table turns red on no ground of the closed list, if there is one.
#[must_use]
pub fn groundless(rules: &RuleSet) -> Option<State> {
    let sets = rules.colour.row_sets()?.sets;
    let is_red = |state: &State| {
        let mut colours = sets.iter().map(|set| rules.colour.colour_among(state, set));
        colours.any(|colour| colour == Colour::Red)
    };
    situations().into_iter().find(|state| {
        let grounded = state.case != Case::None
            || state.quarantine != Quarantine::None
            || state.contact != Contact::None
            || state.stay == Stay::Confirmed
            || matches!(state.health, Health::Symptoms | Health::Fever);
        !grounded && is_red(state)
    })
}

fn dimensions(state: &State) -> [u8; 5] {
    [
        state.case as u8,
        state.quarantine as u8,
        state.contact as u8,
        state.health as u8,
        state.stay as u8,
    ]
}

fn without(state: &State, dimension: usize) -> State {
    let mut state = state.clone();
    match dimension {
        0 => state.case = Case::None,
        1 => state.quarantine = Quarantine::None,
        2 => state.contact = Contact::None,
        3 => state.health = Health::None,
        _ => state.stay = Stay::None,
    }
    state
}

/// Every situation the colour table can tell apart.
fn situations() -> Vec<State> {
    macro_rules! spread {
        ($states:ident, $field:ident, $list:ty) => {
            $states = $states
                .iter()
                .flat_map(|state: &State| {
                    <$list>::ALL.iter().map(move |value| State {
                        $field: *value,
                        ..state.clone()
                    })
                })
                .collect::<Vec<State>>();
        };
    }
    let mut states = vec![State::EMPTY];
    spread!(states, case, Case);
    spread!(states, quarantine, Quarantine);
    spread!(states, contact, Contact);
    spread!(states, health, Health);
    spread!(states, stay, Stay);
    spread!(states, exempt, Exempt);
    spread!(states, registry, Registry);
    spread!(states, residence, Residence);
    spread!(states, employment, Employment);
    states
}

/// Characters of a reference at least and at most.
const REFERENCE_CHARS: std::ops::RangeInclusive<usize> = 4..=40;

/// Why a reference is no reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not 4 to 40 letters, digits and the marks of document numbers.
    #[error("not 4 to 40 letters, digits and marks of a document number")]
    Form,
    /// Fewer digits than the number of such a paper has.
    #[error("too few digits for the number of such a paper")]
    Digits,
    /// Looks like a phone or document number of a person.
    #[error("looks like the number of a person or a phone")]
    Person,
}

/// Whether a text can be the number of such a paper. It cannot be told from here that the paper
/// exists; that is what the second person looks at.
///
/// # Errors
/// What is wrong with it.
pub fn check_reference(kind: EvidenceKind, text: &str) -> Result<(), ReferenceError> {
    let marks = "-_/.:# 〔〕[]()（）";
    let well_formed = REFERENCE_CHARS.contains(&text.chars().count())
        && text.trim() == text
        && text
            .chars()
            .all(|char| char.is_alphanumeric() || marks.contains(char));
    if !well_formed {
        return Err(ReferenceError::Form);
    }
    let digits_min = match kind {
        EvidenceKind::LabReport => 6,
        EvidenceKind::Investigation | EvidenceKind::OrderDocument | EvidenceKind::DeviceReading => {
            4
        }
        EvidenceKind::RegistryImport | EvidenceKind::Visit => {
            let id = text.parse::<i64>().is_ok_and(|id| id > 0);
            return if id {
                Ok(())
            } else {
                Err(ReferenceError::Form)
            };
        }
    };
    let runs: Vec<&str> = text
        .split(|char: char| !char.is_ascii_digit())
        .filter(|run| !run.is_empty())
        .collect();
    if runs.iter().map(|run| run.len()).sum::<usize>() < digits_min {
        return Err(ReferenceError::Digits);
    }
    let person = |run: &&str| {
        run.len() >= 17 || (run.len() == 11 && run.starts_with('1') && !run.starts_with("10"))
    };
    if runs.iter().any(person) {
        return Err(ReferenceError::Person);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
