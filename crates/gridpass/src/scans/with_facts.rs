//! A scan that brings evidence: a fever, a second reading that was none, or a check on the spot
//! that was passed.
//!
//! The evidence is recorded in the scan's own transaction, before the colour is derived.
//! The person's row is locked first, so that of two copies of the same scan the second
//! finds the first and records nothing.

use gridpass_rules::FactBody;
use gridpass_types::ids::FactId;

use super::columns::{FollowColumns, ScanColumns, Stamp};
use super::decide::{AtGate, decide, follow_ups};
use super::fever;
use super::model::{Scan, ScanView};
use super::second_reading;
use super::store::{self, Inserted};
use super::{Ingest, answers, check_shift, gate_of};
use crate::app::App;
use crate::db::Tx;
use crate::facts::{self, Grounds, NewFact};
use crate::gates::{Directory, Shifts};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::metrics::Kind;
use crate::rules::InForce;

/// Where facts recorded at gates come from.
pub const SOURCE_GATE: &str = "gate";

/// What a scan brings besides a reading.
#[derive(Clone, Copy, Debug)]
pub struct Brought {
    /// A check on the spot that was passed.
    pub checked_on_spot: bool,
    /// The reading is the second one.
    pub measured_again: bool,
    /// A serial was typed, which by itself proves nobody's presence.
    pub by_serial: bool,
}

/// Records a scan with its evidence. At most a few run at the same time.
///
/// # Errors
/// As for any scan; [`Code::Overloaded`] when too many wait.
pub async fn scan(app: &App, scan: &Scan, brought: Brought) -> ApiResult<ScanView> {
    let ingest = app.part::<Ingest>();
    let work = ingest.with_facts.take(record(app, scan, brought));
    let view = work.await?;
    if !view.duplicate {
        let kind = Kind {
            kind: view.colour.as_str(),
        };
        app.metrics.scans.get_or_create(&kind).inc();
    }
    Ok(view)
}

async fn record(app: &App, scan: &Scan, brought: Brought) -> ApiResult<ScanView> {
    app.part::<Ingest>().partitions.ensure(app).await?;
    let facts = brought_facts(app, scan, brought).await?;
    let tx = app.db.tx().await?;
    if !store::lock_person(&tx, scan.key.person_id).await? {
        return Err(Code::PersonUnknown.into());
    }
    if let Some(known) = answers::recall_one(app, &tx, &scan.key).await? {
        return Ok(known);
    }
    let first = match brought.measured_again {
        true => second_reading::find_first(&tx, scan).await?,
        false => None,
    };
    match decide_and_insert(app, &tx, scan, (&facts, first)).await {
        Ok(Some((view, alerts))) => {
            tx.commit().await?;
            if alerts {
                app.work_waiting.notify_waiters();
            }
            Ok(view)
        }
        Ok(None) => {
            // A copy without evidence went through the batcher meanwhile; ours is undone.
            tx.rollback().await?;
            recall(app, scan).await
        }
        Err(error) => Err(error),
    }
}

/// The fever and the check as evidence. Neither is any of somebody who was not shown: a serial alone
/// is typed by whoever can count. Nothing is locked yet, and a copy of a known scan counts for
/// nothing.
async fn brought_facts(app: &App, scan: &Scan, brought: Brought) -> ApiResult<Vec<NewFact>> {
    if !scan.is_fever() && !brought.checked_on_spot {
        return Ok(Vec::new());
    }
    let db = app.db.client().await?;
    let is_known = answers::recall_one(app, &db, &scan.key).await?.is_some();
    if is_known || (brought.by_serial && !fever::was_shown(&db, &scan.key).await?) {
        return Ok(Vec::new());
    }
    drop(db);
    let mut facts: Vec<NewFact> = fever::evidence(app, scan).await?.into_iter().collect();
    if brought.checked_on_spot {
        let body = FactBody::GateCheck {
            at: scan.key.at,
            passed: true,
        };
        facts.push(new_fact(scan, body));
    }
    Ok(facts)
}

/// A fact that a gate's device answers for.
pub fn new_fact(scan: &Scan, body: FactBody) -> NewFact {
    NewFact {
        body,
        source: SOURCE_GATE.to_owned(),
        recorded_by: scan.device_id.map(|id| id.get()),
        grounds: Some(Grounds::Device),
    }
}

/// The answer and whether an alert follows; `None` when the scan turned out to be known.
async fn decide_and_insert(
    app: &App,
    tx: &Tx,
    scan: &Scan,
    (facts, first): (&[NewFact], Option<FactId>),
) -> ApiResult<Option<(ScanView, bool)>> {
    let directory = app.part::<Directory>().current(app, tx).await?;
    let open = app.part::<Shifts>().current(tx).await?;
    check_shift(&open, scan, app.now())?;
    let rules = app.part::<InForce>().current(tx).await?;
    let subjects = store::list_subjects(tx, &[scan.key.person_id.get()]).await?;
    let subject = subjects.first().ok_or(Code::PersonUnknown)?;
    subject.check_shown(scan.shown)?;
    let at = AtGate {
        gate: gate_of(&directory, scan)?,
        direction: scan.direction,
        decicelsius: scan.decicelsius,
    };
    let person_id = scan.key.person_id;
    let appended = match first {
        Some(first) => {
            let retract = second_reading::withdrawal(first);
            facts::replace(tx, app, (person_id, &retract), facts).await?
        }
        None => facts::append(tx, app, person_id, facts).await?,
    };
    let deciding = rules.deciding(&appended.row.place_code, &at.gate.place_code);
    let verdict = decide(
        deciding,
        (&appended.row.state, appended.row.changed_at),
        &at,
    )
    .of(scan);
    let stamp = Stamp {
        received_at: app.now(),
        lane: 0,
        tally_id: app.ids.next(),
    };
    let mut columns = ScanColumns::with_capacity(1, stamp);
    columns.push(scan, &verdict, None);
    let mut caused = Vec::new();
    follow_ups(&verdict, &scan.key, scan.decicelsius, &mut caused);
    caused.extend(first.map(|_| second_reading::calm(&scan.key)));
    let mut follow = FollowColumns::default();
    follow.extend(&scan.key, caused);
    match store::insert_scans(tx, &columns, &follow).await? {
        Inserted::All => {
            let view = verdict.view(&scan.key, subject.pass_serial);
            Ok(Some((view, follow.has_alerts())))
        }
        Inserted::Only(_) => Ok(None),
    }
}

async fn recall(app: &App, scan: &Scan) -> ApiResult<ScanView> {
    let db = app.db.client().await?;
    let known = answers::recall_one(app, &db, &scan.key).await?;
    known.ok_or_else(|| ApiError::new(Code::Conflict))
}
