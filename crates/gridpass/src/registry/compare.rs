//! Known people: compared with what the registry says, never overwritten.

use std::collections::HashMap;

use gridpass_matching::{compare_names, name_key};
use gridpass_rules::FactBody;
use gridpass_rules::words::RegistryStatus;
use gridpass_types::AddressCode;
use gridpass_types::ids::PersonId;

use super::chunk::Chunk;
use super::model::RowOutcome;
use super::prepare::Ready;
use super::said::Said;
use super::store::{self, Held, NotedRow};
use crate::app::App;
use crate::facts::{self, Grounds, NewFact, Resolved};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::jobs::outbox;
use crate::people;
use crate::seal::Field;

/// Why a grid worker calls when a registry disagrees, and within how many hours.
const CONFLICT_VISIT: (&str, u16) = ("identity_conflict", 24);

/// A row of a person who is known.
pub(super) struct KnownRow<'a> {
    /// Row in the file.
    pub number: i64,
    /// What it says.
    pub row: &'a Ready,
    /// Whose number it is.
    pub person_id: PersonId,
}

impl Chunk<'_> {
    /// Compares rows with the people held, one row a person.
    pub(super) async fn compare(&mut self, rows: &[KnownRow<'_>]) -> ApiResult<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let people: Vec<i64> = rows.iter().map(|row| row.person_id.get()).collect();
        let held = store::list_held(self.tx, &people).await?;
        let said = Said::load(self.tx, self.source, &people).await?;
        let resolved = Resolved::load(self.tx, &people).await?;
        let nothing = Said::default();
        let mut news: Vec<(PersonId, Vec<NewFact>)> = Vec::new();
        let mut visits = Vec::new();
        let mut additions = Vec::new();
        for known in rows {
            let id = known.person_id.get();
            let held = held.get(&id).ok_or_else(|| ApiError::new(Code::Conflict))?;
            let agrees = agrees(self.app, known, held)?;
            let said = said.get(&id).unwrap_or(&nothing);
            let mut facts = said.news((known.row, agrees), self.directory, self.source);
            name_evidence(self.app, known.row, (self.source, &mut facts));
            let before = facts.len();
            facts.retain(|fact| !resolved.holds(self.app, known.person_id, fact));
            self.count(known, (agrees, facts.len() < before));
            if agrees {
                additions.extend(addition(self.app, known, held));
            } else if !facts.is_empty() {
                visits.push(facts::visit_needed(
                    known.person_id,
                    CONFLICT_VISIT,
                    None,
                    self.app.now(),
                ));
            }
            if !facts.is_empty() {
                news.push((known.person_id, facts));
            }
        }
        // People before their states, as enrolment locks them.
        people::add_to_people(self.tx, additions).await?;
        let changed = facts::append_many(self.tx, self.app, &news).await?;
        self.flips.add(&changed);
        outbox::insert(self.tx, &visits, self.app.now()).await?;
        Ok(())
    }

    /// A row that an appeal has found wrong disagrees, whatever it says, and records nothing.
    fn count(&mut self, known: &KnownRow<'_>, (agrees, resolved): (bool, bool)) {
        if agrees && !resolved {
            self.counts.matched += 1;
            return;
        }
        let (code, field) = match resolved {
            true => (Code::ResolvedOnAppeal.as_str(), "document_number"),
            false => ("name_differs", "name"),
        };
        self.counts.conflicts += 1;
        self.noted.push(NotedRow {
            number: known.number,
            outcome: RowOutcome::Conflict,
            code,
            fields: vec![field],
            person_id: Some(known.person_id.get()),
        });
    }
}

/// Says which row a conflict stands on, so that the same row is known again after an appeal and
/// another name in it is not.
fn name_evidence(app: &App, row: &Ready, (source, facts): (&str, &mut [NewFact])) {
    for fact in facts {
        let FactBody::Registry {
            status: RegistryStatus::Conflict,
            ..
        } = fact.body
        else {
            continue;
        };
        let said = format!("{source}\0{}", name_key(&row.name));
        let digest = app.sealer.lasting_digest("registry_row", &said);
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        fact.grounds = Some(Grounds::RegistryRow(digits));
    }
}

/// Whether the row speaks of the person held. Equal digests spare opening the name, which
/// is the rule; phones are shared and change, so another phone is no conflict.
fn agrees(app: &App, known: &KnownRow<'_>, held: &Held) -> ApiResult<bool> {
    if held.name_digest == known.row.person.name_digest {
        return Ok(true);
    }
    let name = people::open_name(&app.sealer, known.person_id, &held.name_sealed)?;
    Ok(compare_names(&name, &known.row.name).agrees())
}

/// What the row knows that is not held.
fn addition(app: &App, known: &KnownRow<'_>, held: &Held) -> Option<people::BulkAddition> {
    let [has_grid, has_household, has_origin, has_address, has_code] = held.has;
    let person = &known.row.person;
    let id = known.person_id.get();
    let seal = |address: &String| {
        app.sealer
            .seal(Field::Address, id, address.as_bytes(), &app.entropy)
    };
    let code = |code: &AddressCode| {
        let plain = code.expose().as_bytes();
        app.sealer.seal(Field::AddressCode, id, plain, &app.entropy)
    };
    let addition = people::BulkAddition {
        person_id: id,
        grid_code: person.grid_code.clone().filter(|_| !has_grid),
        household_id: person.household_id.filter(|_| !has_household),
        origin_province: person.origin_province.clone().filter(|_| !has_origin),
        address_sealed: known
            .row
            .address
            .as_ref()
            .filter(|_| !has_address)
            .map(seal),
        address_code_sealed: known
            .row
            .address_code
            .as_ref()
            .filter(|_| !has_code)
            .map(code),
    };
    let something = addition.grid_code.is_some()
        || addition.household_id.is_some()
        || addition.origin_province.is_some()
        || addition.address_sealed.is_some()
        || addition.address_code_sealed.is_some();
    something.then_some(addition)
}

/// Splits rows of a chunk so that no number stands twice in a part: the second row of a
/// number meets what the first one left.
pub(super) fn without_doubles<'a>(rows: Vec<(i64, &'a Ready)>) -> Vec<Vec<(i64, &'a Ready)>> {
    let mut seen: HashMap<[u8; 16], usize> = HashMap::new();
    let mut parts: Vec<Vec<(i64, &'a Ready)>> = Vec::new();
    for (number, row) in rows {
        let times = seen.entry(row.person.number_digests[0].1).or_default();
        if parts.len() == *times {
            parts.push(Vec::new());
        }
        parts[*times].push((number, row));
        *times += 1;
    }
    parts
}
