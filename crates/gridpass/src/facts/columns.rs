//! Rows turned into columns, as `unnest` takes them: one statement writes any number.

use gridpass_rules::words::{Checked, Exempt};
use gridpass_types::ids::EmployerId;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use super::model::{NewFact, StateRow};

/// Facts by column.
pub(super) struct FactColumns<'a> {
    /// Whose.
    pub people: Vec<i64>,
    /// Identities.
    pub ids: Vec<i64>,
    /// Kinds.
    pub kinds: Vec<&'static str>,
    /// Bodies as JSON text.
    pub bodies: Vec<String>,
    /// Sources.
    pub sources: Vec<&'a str>,
    /// Who recorded each.
    pub recorded_by: Vec<Option<i64>>,
    /// Reasons of the closed list.
    pub reasons: Vec<Option<&'static str>>,
    /// Kinds of evidence.
    pub evidence_kinds: Vec<Option<&'static str>>,
    /// Numbers of the evidence.
    pub references: Vec<Option<&'a str>>,
    /// Who confirmed each.
    pub confirmed_by: Vec<Option<i64>>,
    /// When each is over by itself.
    pub until: Vec<Option<Timestamp>>,
    /// When all of them were recorded.
    pub recorded_at: Timestamp,
}

impl<'a> FactColumns<'a> {
    /// No facts yet.
    pub fn new(recorded_at: Timestamp) -> Self {
        Self {
            people: Vec::new(),
            ids: Vec::new(),
            kinds: Vec::new(),
            bodies: Vec::new(),
            sources: Vec::new(),
            recorded_by: Vec::new(),
            reasons: Vec::new(),
            evidence_kinds: Vec::new(),
            references: Vec::new(),
            confirmed_by: Vec::new(),
            until: Vec::new(),
            recorded_at,
        }
    }

    /// Adds a fact.
    pub fn push(&mut self, person_id: i64, fact_id: i64, fact: &'a NewFact) {
        let body = serde_json::to_string(&fact.body);
        self.people.push(person_id);
        self.ids.push(fact_id);
        self.kinds.push(fact.body.kind());
        self.bodies
            .push(body.expect("a fact's body has string keys only, so it always serialises"));
        self.sources.push(&fact.source);
        self.recorded_by.push(fact.recorded_by);
        let two = fact.two_people();
        self.reasons.push(two.map(|two| two.reason.as_str()));
        let shown = fact.shown();
        self.evidence_kinds
            .push(shown.map(|(kind, _)| kind.as_str()));
        self.references.push(shown.map(|(_, reference)| reference));
        self.confirmed_by
            .push(two.map(|two| two.confirmed_by.get()));
        self.until.push(two.and_then(|two| two.until));
    }
}

/// State rows by column, in the order of the table.
pub(super) struct StateColumns<'a> {
    people: Vec<i64>,
    serials: Vec<i32>,
    places: Vec<&'a str>,
    /// Case, quarantine, contact, health, stay, registry, residence, employment.
    codes: [Vec<i16>; 8],
    exempt: Vec<bool>,
    checked: Vec<bool>,
    enclosures: Vec<Option<i64>>,
    employers: Vec<String>,
    valid_from: Vec<Timestamp>,
    valid_until: Vec<Option<Timestamp>>,
    colours: Vec<i16>,
    rules: Vec<&'a str>,
    versions: Vec<i32>,
    changed_at: Vec<Timestamp>,
}

impl<'a> StateColumns<'a> {
    /// Turns rows into columns.
    pub fn new(rows: impl Iterator<Item = &'a StateRow> + Clone) -> Self {
        let code = |read: fn(&StateRow) -> i16| rows.clone().map(read).collect::<Vec<i16>>();
        Self {
            people: rows.clone().map(|row| row.person_id.get()).collect(),
            serials: rows.clone().map(|row| row.pass_serial.get()).collect(),
            places: rows.clone().map(|row| row.place_code.as_str()).collect(),
            codes: [
                code(|row| row.state.case.code()),
                code(|row| row.state.quarantine.code()),
                code(|row| row.state.contact.code()),
                code(|row| row.state.health.code()),
                code(|row| row.state.stay.code()),
                code(|row| row.state.registry.code()),
                code(|row| row.state.residence.code()),
                code(|row| row.state.employment.code()),
            ],
            exempt: rows
                .clone()
                .map(|row| row.state.exempt == Exempt::Yes)
                .collect(),
            checked: rows
                .clone()
                .map(|row| row.state.checked == Checked::Yes)
                .collect(),
            enclosures: rows
                .clone()
                .map(|row| row.state.enclosure.map(|id| id.get()))
                .collect(),
            employers: rows
                .clone()
                .map(|row| array_text(&row.state.employers))
                .collect(),
            valid_from: rows.clone().map(|row| row.valid_from).collect(),
            valid_until: rows.clone().map(|row| row.valid_until).collect(),
            colours: code(|row| row.colour.code()),
            rules: rows.clone().map(|row| row.rule_id.as_str()).collect(),
            versions: rows.clone().map(|row| row.rule_set_version.get()).collect(),
            changed_at: rows.map(|row| row.changed_at).collect(),
        }
    }

    /// The parameters of the writing statements.
    pub fn params(&self) -> [&(dyn ToSql + Sync); 21] {
        let [
            case,
            quarantine,
            contact,
            health,
            stay,
            registry,
            residence,
            employment,
        ] = &self.codes;
        [
            &self.people,
            &self.serials,
            &self.places,
            case,
            quarantine,
            contact,
            health,
            stay,
            &self.exempt,
            registry,
            residence,
            employment,
            &self.checked,
            &self.enclosures,
            &self.employers,
            &self.valid_from,
            &self.valid_until,
            &self.colours,
            &self.rules,
            &self.versions,
            &self.changed_at,
        ]
    }
}

/// An array as PostgreSQL writes it: arrays of arrays must be rectangular, so these
/// travel as text.
fn array_text(employers: &[EmployerId]) -> String {
    let ids: Vec<String> = employers.iter().map(ToString::to_string).collect();
    format!("{{{}}}", ids.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_read_as_postgres_writes_them() {
        assert_eq!(array_text(&[]), "{}");
        assert_eq!(
            array_text(&[EmployerId::new(3), EmployerId::new(42)]),
            "{3,42}"
        );
    }
}
