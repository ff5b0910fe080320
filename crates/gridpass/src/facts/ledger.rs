//! Changing a person's facts: the one way that state rows and tallies are written.
//!
//! Each change locks the person's row first and reads the facts after it, so two changes
//! of one person follow one another and the later sees the earlier. Rows of several people
//! are locked in order of identity. Facts, state row and tally are written in the caller's
//! transaction: there is no moment at which they disagree.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use gridpass_rules::{Colour, Fact, FactBody, State, derive};
use gridpass_types::ids::{FactId, PersonId};
use jiff::Timestamp;

use super::catalogued;
use super::columns::{FactColumns, StateColumns};
use super::decision::ColourDecision;
use super::guard::Guard;
use super::model::{BulkPerson, NewFact, StateRow};
use super::place::Places;
use super::{resolve, store, watched};
use crate::app::App;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::rules::{InForce, Scopes};

/// Locks asked for before the first is answered.
const LOCKS_IN_FLIGHT_MAX: usize = 64;

/// A fact to withdraw.
#[derive(Clone, Debug)]
pub struct Retract {
    /// Which fact.
    pub fact_id: FactId,
    /// Staff member who withdraws it; `None` for a clock.
    pub by: Option<i64>,
    /// Why; no personal data.
    pub reason: String,
}

/// What a change of facts led to.
#[derive(Clone, Debug)]
pub struct Appended {
    /// The facts recorded, in the order given.
    pub fact_ids: Vec<FactId>,
    /// The colour on record before.
    pub before: Colour,
    /// The state row as it is now.
    pub row: StateRow,
    /// The colour that follows.
    pub decision: ColourDecision,
}

/// A change of one person's facts.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    /// Whose.
    pub person_id: PersonId,
    /// Withdrawn first.
    pub retract: Option<&'a Retract>,
    /// Recorded then.
    pub facts: &'a [NewFact],
}

/// Applies changes; the answers come in order of person, one for each person.
pub(super) async fn apply(
    tx: &Client,
    app: &App,
    changes: &[Change<'_>],
) -> ApiResult<Vec<Appended>> {
    let mut by_person: BTreeMap<i64, Vec<&Change<'_>>> = BTreeMap::new();
    for change in changes {
        by_person
            .entry(change.person_id.get())
            .or_default()
            .push(change);
    }
    let people: Vec<i64> = by_person.keys().copied().collect();
    let mut rows = lock(tx, &people).await?;
    // Only now: what is read and stamped before the lock may be older than what another
    // transaction committed while we waited.
    let mut basis = Basis::load(tx, app, &rows, named_enclosures(changes)).await?;
    let now = basis.now;
    let new = changes.iter().flat_map(|change| change.facts);
    app.part::<Guard>().check(&basis.rules, new)?;
    resolve::check(tx, app, changes).await?;
    let before: Vec<Colour> = rows.iter().map(|row| row.colour).collect();
    let placed: Vec<String> = rows.iter().map(|row| row.place_code.clone()).collect();
    let mut columns = FactColumns::new(now);
    let mut appended = Vec::with_capacity(rows.len());
    for id in &people {
        let known = basis.facts.entry(*id).or_default();
        let mut fact_ids = Vec::new();
        for change in &by_person[id] {
            if let Some(retract) = change.retract {
                withdraw(tx, (*id, known), retract, now).await?;
            }
            for fact in change.facts {
                let fact_id = app.ids.next();
                columns.push(*id, fact_id, fact);
                known.push(recorded(fact_id, fact, now));
                fact_ids.push(FactId::new(fact_id));
                catalogued::check_count(fact, known, now)?;
            }
        }
        appended.push(fact_ids);
    }
    end_holds(tx, &mut rows, (now, Timestamp::MIN)).await?;
    let decisions = rewrite(tx, app, &mut rows, (&mut basis, &columns)).await?;
    check_numbers(tx, &before, &rows).await?;
    watched::bring_home(tx, app, &placed, &rows).await?;
    let joined = rows.into_iter().zip(decisions).zip(appended).zip(before);
    Ok(joined
        .map(|(((row, decision), fact_ids), before)| Appended {
            fact_ids,
            before,
            row,
            decision,
        })
        .collect())
}

/// Locks the rows of people one after the other in order of identity, so that two callers
/// who want some of the same rows wait for each other instead of dying of a deadlock.
async fn lock(tx: &Client, people: &[i64]) -> ApiResult<Vec<StateRow>> {
    stream::iter(people.to_vec())
        .map(|person_id| store::lock_state(tx, person_id))
        .buffered(LOCKS_IN_FLIGHT_MAX)
        .map(|row| row?.ok_or_else(|| Code::PersonUnknown.into()))
        .try_collect()
        .await
}

/// Nobody turns green whose number another record holds: first somebody decides whose it is.
async fn check_numbers(tx: &Client, before: &[Colour], rows: &[StateRow]) -> ApiResult<()> {
    let turned = before.iter().zip(rows).filter_map(|(before, row)| {
        let green = row.colour == Colour::Green && *before != Colour::Green;
        green.then_some(row.person_id.get())
    });
    let turned: Vec<i64> = turned.collect();
    if !turned.is_empty() && store::count_number_claims(tx, &turned).await? > 0 {
        return Err(Code::NumberClaimed.into());
    }
    Ok(())
}

fn recorded(fact_id: i64, fact: &NewFact, now: Timestamp) -> Fact {
    Fact {
        id: FactId::new(fact_id),
        recorded_at: now,
        retracted_at: fact.until(),
        body: fact.body.clone(),
    }
}

async fn withdraw(
    tx: &Client,
    (person_id, known): (i64, &mut [Fact]),
    retract: &Retract,
    now: Timestamp,
) -> ApiResult<()> {
    let fact = known
        .iter_mut()
        .find(|fact| fact.id == retract.fact_id)
        .ok_or(Code::NotFound)?;
    if fact.retracted_at.is_some_and(|at| at <= now) {
        return Err(Code::FactRetracted.into());
    }
    // Another node's clock may run a little ahead of ours.
    let at = now.max(fact.recorded_at);
    let change = store::Retraction {
        person_id,
        fact_id: retract.fact_id,
        by: retract.by,
        reason: &retract.reason,
        at,
    };
    store::retract_fact(tx, &change).await?;
    fact.retracted_at = Some(at);
    Ok(())
}

/// What a derivation stands on, read after the lock.
pub(super) struct Basis {
    facts: HashMap<i64, Vec<Fact>>,
    rules: Arc<Scopes>,
    places: Places,
    now: Timestamp,
}

impl Basis {
    /// Reads all of it in one go for locked rows; `enclosures` are those that facts about
    /// to be recorded name.
    pub async fn load(
        tx: &Client,
        app: &App,
        rows: &[StateRow],
        mut enclosures: Vec<i64>,
    ) -> ApiResult<Self> {
        let now = app.now();
        let people: Vec<i64> = rows.iter().map(|row| row.person_id.get()).collect();
        enclosures.extend(rows.iter().filter_map(StateRow::enclosure));
        let in_force = app.part::<InForce>();
        let (facts, rules, places) = tokio::try_join!(
            async { Ok::<_, ApiError>(store::list_facts(tx, &people).await?) },
            in_force.current(tx),
            async { Ok(Places::load(tx, &app.settings.district, &people, enclosures).await?) },
        )?;
        Ok(Self {
            facts,
            rules,
            places,
            now,
        })
    }
}

/// Enclosures that new facts name.
fn named_enclosures(changes: &[Change<'_>]) -> Vec<i64> {
    let facts = changes.iter().flat_map(|change| change.facts);
    facts
        .filter_map(|fact| match &fact.body {
            FactBody::Residence { enclosure, .. } => Some(enclosure.get()),
            _ => None,
        })
        .collect()
}

/// Ends what is held of people from dates after an instant on: of all dates when there is new
/// evidence about them.
pub(super) async fn end_holds(
    tx: &Client,
    rows: &mut [StateRow],
    (now, after): (Timestamp, Timestamp),
) -> ApiResult<()> {
    let is_ended = |row: &&mut StateRow| row.held_from.is_some_and(|from| from > after);
    let held = rows.iter_mut().filter(is_ended).map(|row| {
        row.held_from = None;
        row.person_id.get()
    });
    let people: Vec<i64> = held.collect();
    Ok(store::held::end_for(tx, &people, now).await?)
}

/// Derives locked rows anew and writes them with their tallies, and new facts with them. Rows
/// that are held stay so: other rules are asked about the instant before the date.
pub(super) async fn rewrite(
    tx: &Client,
    app: &App,
    rows: &mut [StateRow],
    (basis, columns): (&mut Basis, &FactColumns<'_>),
) -> ApiResult<Vec<ColourDecision>> {
    let mut tally = Tally::default();
    for row in rows.iter_mut() {
        tally.add(row, -1);
        let facts = basis.facts.get(&row.person_id.get());
        let counted_at = row.counted_at(basis.now);
        row.hold(derive(facts.map_or(&[], Vec::as_slice), counted_at));
    }
    // A withdrawn fact may bring an older residence back to light.
    let enclosures = rows.iter().filter_map(StateRow::enclosure).collect();
    basis.places.also_know(tx, enclosures).await?;
    let mut decisions = Vec::with_capacity(rows.len());
    for row in rows.iter_mut() {
        // The place first: which rules count follows from it.
        row.place_code = basis.places.of(row);
        decisions.push(colour(row, &basis.rules, basis.now));
        tally.add(row, 1);
    }
    let states = StateColumns::new(rows.iter());
    let (written, _, ()) = tokio::try_join!(
        store::update_states(tx, &states),
        store::insert_facts(tx, columns),
        tally.write(tx, app.ids.next()),
    )?;
    check_count(written, rows.len())?;
    Ok(decisions)
}

/// Colours a row by the rules in force where the person counts.
fn colour(row: &mut StateRow, rules: &Scopes, now: Timestamp) -> ColourDecision {
    let rules = rules.at(&row.place_code);
    let counted_at = row.counted_at(now);
    let decision = ColourDecision::of(rules, &row.state, counted_at);
    row.bound_by(rules.colour.changes(&row.state, counted_at));
    row.colour = decision.colour;
    row.rule_id = decision.rule.to_string();
    row.rule_set_version = decision.rule_set_version;
    row.changed_at = now;
    decision
}

/// Opens people who have no row yet, with their first facts; answers in the order given.
/// Nobody else can know these people, so nothing is locked.
pub(super) async fn open(
    tx: &Client,
    app: &App,
    people: &[BulkPerson],
) -> ApiResult<Vec<Appended>> {
    let now = app.now();
    let rules = app.part::<InForce>().current(tx).await?;
    let new = people.iter().flat_map(|person| &person.facts);
    app.part::<Guard>().check(&rules, new)?;
    let mut columns = FactColumns::new(now);
    let mut opened = Vec::with_capacity(people.len());
    for person in people {
        let mut facts = Vec::with_capacity(person.facts.len());
        for fact in &person.facts {
            let fact_id = app.ids.next();
            columns.push(person.person_id.get(), fact_id, fact);
            facts.push(recorded(fact_id, fact, now));
        }
        let mut row = blank(person, now);
        row.hold(derive(&facts, now));
        let fact_ids: Vec<FactId> = facts.iter().map(|fact| fact.id).collect();
        opened.push((fact_ids, row));
    }
    settle_places(tx, app, people, &mut opened).await?;
    let mut tally = Tally::default();
    let mut decisions = Vec::with_capacity(opened.len());
    for (_, row) in &mut opened {
        decisions.push(colour(row, &rules, now));
        tally.add(row, 1);
    }
    let states = StateColumns::new(opened.iter().map(|(_, row)| row));
    let (written, _, ()) = tokio::try_join!(
        store::insert_states(tx, &states),
        store::insert_facts(tx, &columns),
        tally.write(tx, app.ids.next()),
    )?;
    check_count(written, opened.len())?;
    let joined = opened.into_iter().zip(decisions);
    Ok(joined
        .map(|((fact_ids, row), decision)| Appended {
            fact_ids,
            before: row.colour,
            row,
            decision,
        })
        .collect())
}

async fn settle_places(
    tx: &Client,
    app: &App,
    people: &[BulkPerson],
    opened: &mut [(Vec<FactId>, StateRow)],
) -> ApiResult<()> {
    let homes = people
        .iter()
        .map(|person| (person.person_id.get(), person.place_code.clone()))
        .collect();
    let mut places = Places::with_homes(&app.settings.district, homes);
    let rows = opened.iter().map(|(_, row)| row);
    let enclosures = rows.filter_map(StateRow::enclosure).collect();
    places.also_know(tx, enclosures).await?;
    for (_, row) in opened {
        row.place_code = places.of(row);
    }
    Ok(())
}

fn blank(person: &BulkPerson, now: Timestamp) -> StateRow {
    StateRow {
        person_id: person.person_id,
        pass_serial: person.pass_serial,
        place_code: person.place_code.clone(),
        state: State::EMPTY,
        valid_from: Timestamp::UNIX_EPOCH,
        valid_until: None,
        colour: Colour::Yellow,
        rule_id: String::new(),
        rule_set_version: gridpass_types::ids::RuleSetVersion::new(0),
        changed_at: now,
        held_from: None,
    }
}

fn check_count(written: u64, wanted: usize) -> ApiResult<()> {
    if u64::try_from(wanted).is_ok_and(|wanted| wanted == written) {
        return Ok(());
    }
    Err(ApiError::internal(anyhow::anyhow!(
        "{written} state rows written instead of {wanted}"
    )))
}

/// Changes of the roll-up that one transaction makes.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<(String, i16), i32>);

impl Tally {
    /// Counts `people` (1 or -1) in the cell of a row.
    pub fn add(&mut self, row: &StateRow, people: i32) {
        *self
            .0
            .entry((row.place_code.clone(), row.cell()))
            .or_default() += people;
    }

    /// Writes what does not cancel out.
    pub async fn write(self, tx: &Client, tally_id: i64) -> Result<(), tokio_postgres::Error> {
        let changed: Vec<_> = self.0.iter().filter(|(_, delta)| **delta != 0).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let places: Vec<&str> = changed
            .iter()
            .map(|((place, _), _)| place.as_str())
            .collect();
        let cells: Vec<i16> = changed.iter().map(|((_, cell), _)| *cell).collect();
        let deltas: Vec<i32> = changed.iter().map(|(_, delta)| **delta).collect();
        store::insert_tally(tx, tally_id, (&places, &cells, &deltas)).await?;
        Ok(())
    }
}
