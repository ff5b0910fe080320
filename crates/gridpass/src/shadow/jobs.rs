//! Counting what a shadow would have decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use gridpass_rules::{Fact, GateContext, RuleSet, derive};
use gridpass_types::clock::district_date;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::model::Shadow;
use super::store::{self, Counts, Decided};
use crate::app::App;
use crate::db::Client;
use crate::facts;
use crate::gates::{Directory, Snapshot};
use crate::http::error::ApiResult;
use crate::rules::{self, InForce, Scopes};

/// A scan that the server took so long ago is committed, or will never be.
const SETTLED: SignedDuration = SignedDuration::from_secs(30);
/// Scans decided a second time in one transaction.
const SCANS_MAX: i64 = 2_000;
/// How often people are counted.
const PEOPLE_EVERY: SignedDuration = SignedDuration::from_mins(10);
/// Digits of a community's code.
const COMMUNITY_DIGITS: usize = 12;

/// Day, community, and four codes: what was decided, and what the shadow would have.
type Cell = (Date, String, [i16; 4]);

/// Does one part of one shadow's work; true when more may be waiting.
pub async fn round(app: App) -> anyhow::Result<bool> {
    let now = app.now();
    let settled = now - SETTLED;
    let tx = app.db.tx().await?;
    let due = store::lock_due(&tx, settled, now - PEOPLE_EVERY).await?;
    let Some(mut shadow) = due else {
        return Ok(false);
    };
    let by_shadow = rules::at_version(&tx, &app, shadow.version.get()).await?;
    let in_force = app.part::<InForce>().current(&tx).await?;
    if shadow.scan_percent > 0 && shadow.scans_until < settled {
        let beside = Beside {
            prefix: &shadow.place_prefix,
            by_shadow: &by_shadow,
            in_force: &in_force,
        };
        let until = count_scans(&tx, &app, (&shadow, settled), &beside).await?;
        shadow.scans_until = until;
    }
    let recently = |at: Timestamp| at >= now - PEOPLE_EVERY;
    if shadow.count_people && !shadow.people_counted_at.is_some_and(recently) {
        count_people(&tx, &shadow, &by_shadow, now).await?;
        shadow.people_counted_at = Some(now);
    }
    store::update_progress(&tx, &shadow).await?;
    tx.commit().await?;
    Ok(true)
}

/// What is decided by: the shadow in its place, what is in force elsewhere.
struct Beside<'a> {
    prefix: &'a str,
    by_shadow: &'a RuleSet,
    in_force: &'a Scopes,
}

impl Beside<'_> {
    fn at(&self, place_code: &str) -> &RuleSet {
        match place_code.starts_with(self.prefix) {
            true => self.by_shadow,
            false => self.in_force.at(place_code),
        }
    }
}

/// Decides the next scans a second time; gives up to when that is done.
async fn count_scans(
    tx: &Client,
    app: &App,
    (shadow, settled): (&Shadow, Timestamp),
    beside: &Beside<'_>,
) -> ApiResult<Timestamp> {
    let span = (shadow.scans_until, settled);
    let mut scans = store::list_decided(tx, span, shadow.scan_percent, SCANS_MAX).await?;
    let mut until = settled;
    if i64::try_from(scans.len()).is_ok_and(|count| count == SCANS_MAX) {
        // Scans of one batch were taken at the same time and are counted together.
        let last = scans.last().map_or(settled, |scan| scan.received_at);
        if scans.first().is_some_and(|first| first.received_at < last) {
            scans.retain(|scan| scan.received_at < last);
            until = scans.last().map_or(settled, |scan| scan.received_at);
        } else {
            until = last;
        }
    }
    let mut people: Vec<i64> = scans.iter().map(|scan| scan.person_id.get()).collect();
    people.sort_unstable();
    people.dedup();
    let mut known = facts::load_facts(tx, &people).await?;
    let places: BTreeMap<i64, String> = facts::read_states(tx, &people)
        .await?
        .into_iter()
        .map(|row| (row.person_id.get(), row.place_code))
        .collect();
    let directory: Arc<Snapshot> = app.part::<Directory>().current(app, tx).await?;
    let mut cells: BTreeMap<Cell, i64> = BTreeMap::new();
    for scan in &scans {
        let facts = known.entry(scan.person_id.get()).or_default();
        let place = places.get(&scan.person_id.get());
        let place = place.map_or("", String::as_str);
        if let Some(cell) = decide(beside, scan, (facts, place), &directory) {
            *cells.entry(cell).or_default() += 1;
        }
    }
    store::add_scans(tx, shadow.shadow_id, &columns(cells)).await?;
    Ok(until)
}

/// What a scan counts as; `None` when neither the person nor the gate is in the shadow's place,
/// or the gate is not there any more.
fn decide(
    beside: &Beside<'_>,
    scan: &Decided,
    (facts, place): (&[Fact], &str),
    directory: &Snapshot,
) -> Option<Cell> {
    let gate = directory.gate(scan.gate_id)?;
    if !place.starts_with(beside.prefix) && !gate.place_code.starts_with(beside.prefix) {
        return None;
    }
    let state = derive(facts, scan.received_at).state;
    let colour = beside
        .at(place)
        .decide_colour(&state, scan.received_at)
        .colour;
    let context = GateContext {
        colour,
        area: gate.area,
        direction: scan.direction,
        relation: state.relation(gate.enclosure_id, gate.employer_id),
        checked: state.checked,
        temperature: scan.decicelsius.map(|tenths| f64::from(tenths) / 10.0),
    };
    let action = beside.at(&gate.place_code).decide_gate(&context).action;
    let codes = [
        scan.colour.code(),
        scan.action.code(),
        colour.code(),
        action.code(),
    ];
    let community = gate.place_code[..COMMUNITY_DIGITS].to_owned();
    Some((district_date(scan.at), community, codes))
}

async fn count_people(
    tx: &Client,
    shadow: &Shadow,
    by_shadow: &RuleSet,
    now: Timestamp,
) -> ApiResult<()> {
    let day = district_date(now);
    let mut cells: BTreeMap<Cell, i64> = BTreeMap::new();
    let place = (shadow.place_prefix.as_str(), now);
    for alike in rules::count_alike(tx, by_shadow, place).await? {
        let colour = alike.colour_by(by_shadow);
        let community = alike.place_code[..COMMUNITY_DIGITS].to_owned();
        let codes = [alike.colour, 0, colour.code(), 0];
        *cells.entry((day, community, codes)).or_default() += alike.people;
    }
    store::delete_people(tx, shadow.shadow_id, day).await?;
    store::insert_people(tx, (shadow.shadow_id, day), &columns(cells)).await?;
    Ok(())
}

fn columns(cells: BTreeMap<Cell, i64>) -> Counts {
    let mut counts = Counts::default();
    for ((day, division, codes), count) in cells {
        counts.days.push(day);
        counts.divisions.push(division);
        for (column, code) in counts.codes.iter_mut().zip(codes) {
            column.push(code);
        }
        counts.counts.push(count);
    }
    counts
}
