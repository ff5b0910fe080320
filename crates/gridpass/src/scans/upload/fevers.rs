//! The fevers of an upload, and second readings that took one back.
//!
//! A gate without network measures as one with it does. A fever is evidence when a guard was on
//! duty with the device at its time, and something was shown with it, or with the scan of the same
//! person just before; otherwise it alarms, and that is all. A normal reading takes nothing back
//! unless a guard was on duty. The two readings of one person may come by different ways: the fever online and the second
//! one in an upload, or each in an upload of its own, in either order.

use std::collections::{BTreeMap, BTreeSet};

use gridpass_types::ids::{DeviceId, GateId, PersonId};
use jiff::Timestamp;

use super::read::{Kept, KeptScan};
use crate::app::App;
use crate::db::{Client, Tx};
use crate::facts::{self, NewFact};
use crate::gates::Duty;
use crate::http::error::ApiResult;
use crate::passes::Keys;
use crate::scans::model::ScanKey;
use crate::scans::proofs::Proof;
use crate::scans::second_reading::{self, AGAIN_WITHIN, Place, Readings, SPEAKS_OF};
use crate::scans::{fever, readings, store};

/// What the readings of an upload are worth, as found before anything is locked.
#[derive(Clone, Default)]
pub struct Evidence {
    /// Facts that fevers lead to, by scan.
    facts: BTreeMap<ScanKey, NewFact>,
    /// When a guard was on duty with the device.
    duty: Duty,
}

/// The evidence of the upload's fevers, before anything is locked. Those that are known or that
/// a second reading takes back are not counted for the device.
///
/// # Errors
/// When the database does not answer.
pub async fn evidence(app: &App, kept: &Kept, device_id: DeviceId) -> ApiResult<Evidence> {
    let mut evidence = Evidence::default();
    let Some((gate_id, between)) = span(kept) else {
        return Ok(evidence);
    };
    let db = app.db.client().await?;
    evidence.duty = Duty::read(&db, device_id, between).await?;
    let fevers = list_standing(&db, kept, (gate_id, between), &evidence.duty).await?;
    if fevers.is_empty() {
        return Ok(evidence);
    }
    let counting = list_counting(app, &db, kept, fevers).await?;
    drop(db);
    for each in counting {
        if let Some(fact) = fever::evidence(app, &each.scan).await? {
            evidence.facts.insert(each.scan.key, fact);
        }
    }
    Ok(evidence)
}

/// The fevers that a guard on duty measured and that no second reading takes back.
async fn list_standing<'k>(
    db: &Client,
    kept: &'k Kept,
    (gate_id, between): (GateId, (Timestamp, Timestamp)),
    duty: &Duty,
) -> ApiResult<Vec<&'k KeptScan>> {
    let mut fevers: Vec<&KeptScan> = kept
        .scans
        .iter()
        .filter(|each| each.scan.is_fever() && duty.covers(each.scan.key.at))
        .collect();
    if fevers.is_empty() {
        return Ok(fevers);
    }
    let people: BTreeSet<i64> = fevers
        .iter()
        .map(|each| each.scan.key.person_id.get())
        .collect();
    let people: Vec<i64> = people.into_iter().collect();
    let stored = readings::list(db, &people, between).await?;
    fevers.retain(|each| {
        let ScanKey { person_id, at, .. } = each.scan.key;
        let mut all = stored.get(&person_id).cloned().unwrap_or_default();
        all.append(&mut readings_in(kept, person_id, duty));
        second_reading::taking_back(&all, (at, gate_id)).is_none()
    });
    Ok(fevers)
}

/// Those that are new and of somebody who stood there.
async fn list_counting<'k>(
    app: &App,
    db: &Client,
    kept: &Kept,
    fevers: Vec<&'k KeptScan>,
) -> ApiResult<Vec<&'k KeptScan>> {
    let keys: Vec<ScanKey> = fevers.iter().map(|each| each.scan.key).collect();
    let stored = store::list_stored(db, &keys).await?;
    let mut counting = Vec::new();
    for each in fevers {
        let key = &each.scan.key;
        if stored.iter().any(|stored| stored.key == *key) {
            continue;
        }
        if each.is_vouched || is_proved(app, kept, key) || fever::was_shown(db, key).await? {
            counting.push(each);
        }
    }
    Ok(counting)
}

/// Whether what was shown last of this person in the upload, at this scan or a moment before,
/// verifies as of its own time.
fn is_proved(app: &App, kept: &Kept, key: &ScanKey) -> bool {
    let of_person = |each: &&KeptScan| each.scan.key.person_id == key.person_id;
    let shown = kept.scans.iter().rev().filter(of_person).find_map(|each| {
        let ScanKey { at, .. } = each.scan.key;
        let lately = at == key.at || second_reading::is_recent(at, key.at);
        let text = each.presentation.as_ref().filter(|_| lately)?;
        Some(Proof::new(
            key.person_id,
            at,
            key.gate_id,
            text.clone().into_bytes(),
        ))
    });
    shown.is_some_and(|proof| proof.fault(&app.part::<Keys>().ring()).is_none())
}

/// What the upload measured of somebody. A fever is one whoever says so; a normal reading takes one
/// back, so it counts only of a time when a guard was on duty.
fn readings_in(kept: &Kept, person_id: PersonId, duty: &Duty) -> Readings {
    let of_person = |each: &&KeptScan| each.scan.key.person_id == person_id;
    let measured = |each: &KeptScan| {
        let _reading = each.scan.decicelsius?;
        let ScanKey { at, gate_id, .. } = each.scan.key;
        let is_fever = each.scan.is_fever();
        (is_fever || duty.covers(at)).then_some(((at, gate_id), is_fever))
    };
    kept.scans
        .iter()
        .filter(of_person)
        .filter_map(measured)
        .collect()
}

/// What a scan's reading came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Nothing but itself.
    Stands,
    /// A fever that a second reading took back: it alarms nobody.
    TakenBack,
    /// A second reading that took back a fever which was known before.
    TakesBack,
}

/// What became of the upload's readings.
#[derive(Default)]
pub struct Settled {
    taken_back: BTreeSet<ScanKey>,
    calmed: BTreeSet<ScanKey>,
}

impl Settled {
    /// What the reading of a scan came to.
    pub fn reading_of(&self, key: &ScanKey) -> Reading {
        if self.taken_back.contains(key) {
            Reading::TakenBack
        } else if self.calmed.contains(key) {
            Reading::TakesBack
        } else {
            Reading::Stands
        }
    }
}

/// Records the evidence, and withdraws what a second reading takes back, before anything is
/// decided. People are locked one after the other in order, so that two uploads cannot wait for
/// each other.
///
/// # Errors
/// When the database does not answer.
pub async fn settle(app: &App, tx: &Tx, kept: &Kept, mut evidence: Evidence) -> ApiResult<Settled> {
    let mut settled = Settled::default();
    let Some((gate_id, between)) = span(kept) else {
        return Ok(settled);
    };
    let people = lock_measured(tx, kept, (gate_id, between)).await?;
    if people.is_empty() {
        return Ok(settled);
    }
    let ids: Vec<i64> = people.iter().map(|person_id| person_id.get()).collect();
    let stored = readings::list(tx, &ids, between).await?;
    let mut facts = Vec::new();
    for person_id in people {
        let own = readings_in(kept, person_id, &evidence.duty);
        let known = stored.get(&person_id).cloned().unwrap_or_default();
        let person = Person {
            person_id,
            gate_id,
            own: &own,
            known: &known,
        };
        let new = person.settle(&mut settled, &mut evidence.facts);
        if !new.is_empty() {
            facts.push((person_id, new));
        }
        person.withdraw(app, tx, &mut settled).await?;
    }
    facts::append_many(tx, app, &facts).await?;
    Ok(settled)
}

/// Where the upload measured, and from when to when readings bear on its own.
fn span(kept: &Kept) -> Option<(GateId, (Timestamp, Timestamp))> {
    let mut measured = kept
        .scans
        .iter()
        .filter(|each| each.scan.decicelsius.is_some())
        .map(|each| each.scan.key);
    let first = measured.next()?;
    let (from, to) = measured.fold((first.at, first.at), |(from, to), key| {
        (from.min(key.at), to.max(key.at))
    });
    Some((first.gate_id, (from - SPEAKS_OF, to + AGAIN_WITHIN)))
}

/// Locks whoever had a fever in the upload, or before a reading of it; unknown people are left out.
async fn lock_measured(
    tx: &Client,
    kept: &Kept,
    (gate_id, between): (GateId, (Timestamp, Timestamp)),
) -> ApiResult<BTreeSet<PersonId>> {
    let (mut feverish, mut normal) = (BTreeSet::new(), BTreeSet::new());
    for each in &kept.scans {
        let person_id = each.scan.key.person_id;
        match each.scan.decicelsius {
            Some(_) if each.scan.is_fever() => feverish.insert(person_id),
            Some(_) => normal.insert(person_id),
            None => continue,
        };
    }
    let normal: Vec<i64> = normal.iter().map(|person_id| person_id.get()).collect();
    feverish.extend(store::list_feverish(tx, gate_id, &normal, between).await?);
    let mut locked = BTreeSet::new();
    for person_id in feverish {
        if store::lock_person(tx, person_id).await? {
            locked.insert(person_id);
        }
    }
    Ok(locked)
}

/// One person's readings: those of the upload at its gate, and those that are stored, of every gate.
struct Person<'r> {
    person_id: PersonId,
    gate_id: GateId,
    own: &'r Readings,
    known: &'r Readings,
}

impl Person<'_> {
    fn key(&self, at: Timestamp) -> ScanKey {
        ScanKey {
            person_id: self.person_id,
            at,
            gate_id: self.gate_id,
        }
    }

    fn all(&self) -> Readings {
        self.known
            .iter()
            .chain(self.own)
            .map(|(place, is)| (*place, *is))
            .collect()
    }

    /// The evidence of the upload's fevers that stand and are new; the others are noted.
    fn settle(
        &self,
        settled: &mut Settled,
        evidence: &mut BTreeMap<ScanKey, NewFact>,
    ) -> Vec<NewFact> {
        let all = self.all();
        let mut facts = Vec::new();
        for (place, _) in self.own.iter().filter(|(_, is_fever)| **is_fever) {
            let key = self.key(place.0);
            if second_reading::taking_back(&all, *place).is_some() {
                settled.taken_back.insert(key);
            } else if !self.known.contains_key(place) {
                facts.extend(evidence.remove(&key));
            }
        }
        facts
    }

    /// Withdraws a stored fever that a reading of the upload takes back.
    async fn withdraw(&self, app: &App, tx: &Tx, settled: &mut Settled) -> ApiResult<()> {
        let all = self.all();
        let new = |at: &Timestamp| {
            let place = (*at, self.gate_id);
            self.own.contains_key(&place) && !self.known.contains_key(&place)
        };
        let here = |(place, is_fever): &(&Place, &bool)| **is_fever && place.1 == self.gate_id;
        for (place, _) in self.known.iter().filter(here) {
            let Some(again) = second_reading::taking_back(&all, *place).filter(new) else {
                continue;
            };
            if let Some(first) = second_reading::find_fact(tx, self.person_id, place.0).await? {
                let retract = second_reading::withdrawal(first);
                facts::retract(tx, app, self.person_id, &retract).await?;
            }
            settled.calmed.insert(self.key(again));
        }
        Ok(())
    }
}
