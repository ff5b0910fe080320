//! Back-tests that were asked for, one after the other on each node.
//!
//! A node claims one, says now and then how far it is, and stores the card. One that a node left
//! behind is taken over by another; it begins anew, because nothing of it is stored before its
//! end.

use std::sync::Arc;

use gridpass_types::clock::district_date;
use jiff::{SignedDuration, ToSpan};

use super::card::ImpactCard;
use super::compared::{Compared, InPlaces};
use super::fairness;
use super::past_scans::{PastScans, Window};
use super::population;
use super::store::{self, Claimed, Finished, Names, Scope};
use crate::app::App;
use crate::catalogue;
use crate::db::{Client, Tx};
use crate::divisions::Enclosures;
use crate::http::error::ApiResult;
use crate::rules::InForce;

/// A node that has not been heard of for so long is taken to be gone.
const CLAIM_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// How far a back-test is once the people are counted.
const PERCENT_PEOPLE: f64 = 20.0;

/// Runs the next back-test; true when there may be another.
///
/// # Errors
/// When the database does not answer.
pub async fn run_waiting(app: App) -> anyhow::Result<bool> {
    let db = app.db.client().await?;
    let now = app.now();
    let claimed = store::claim(&db, now, now - CLAIM_LIFE).await?;
    drop(db);
    let Some(work) = claimed else {
        return Ok(false);
    };
    let outcome = run(&app, &work).await;
    let db = app.db.client().await?;
    match outcome {
        Ok(finished) => store::finish(&db, work.back_test_id, &finished, app.now()).await?,
        Err(error) => {
            tracing::warn!(
                back_test = work.back_test_id,
                ?error,
                "a back-test broke off"
            );
            store::fail(&db, work.back_test_id, app.now()).await?;
        }
    }
    Ok(true)
}

async fn run(app: &App, work: &Claimed) -> ApiResult<Finished> {
    let at = app.now();
    let compared = compare(app, work).await?;
    let tx = read_only(app).await?;
    let scope = Scope::new(at, &work.divisions, i32::from(district_date(at).year()));
    let population = population::count(&tx, &compared, &scope).await?;
    let names = names(app, &tx).await?;
    let workers = store::count_workers(&tx, at).await?;
    tx.rollback().await?;
    say(app, work, PERCENT_PEOPLE).await?;

    let people = population.impact(&compared, &names);
    let load = (&names, workers.as_slice(), work.assumptions.visits_per_day);
    let (total, changed) = population.totals(&compared);
    let mut finished = Finished {
        people: total,
        changed,
        scans: 0,
        scans_changed: 0,
        card: ImpactCard {
            at,
            compared_with: compared.versions_before(),
            visits: population.visits(&compared, load),
            warnings: fairness::warnings(&people, work.assumptions.harder_than),
            people,
            gates: None,
        },
    };
    if work.scan_days > 0 {
        add_gates(app, (work, &compared), &mut finished).await?;
    }
    Ok(finished)
}

async fn add_gates(
    app: &App,
    (work, compared): (&Claimed, &Compared),
    finished: &mut Finished,
) -> ApiResult<()> {
    let to = finished.card.at;
    let hours = i64::from(work.scan_days) * 24;
    let window = Window {
        from: to - hours.hours(),
        to,
        days: work.scan_days,
    };
    let db = app.db.client().await?;
    let mut scans = PastScans::open(&db, compared, (window, &work.assumptions)).await?;
    while let Some(share) = scans.next_page(&db).await? {
        let percent = PERCENT_PEOPLE + share * (99.0 - PERCENT_PEOPLE);
        store::say(&db, work.back_test_id, percent as i16, app.now()).await?;
    }
    (finished.scans, finished.scans_changed) = scans.totals();
    finished.card.gates = Some(scans.impact());
    Ok(())
}

/// What is in force now, and the same with what is tried.
pub(super) async fn compare(app: &App, work: &Claimed) -> ApiResult<Compared> {
    let db = app.db.client().await?;
    let in_force = app.part::<InForce>().current(&db).await?;
    let before = InPlaces::in_force(&in_force);
    let tried = Arc::new(work.rules(&catalogue::approved(&db).await?)?);
    let after = before.with(&tried, &work.divisions);
    Ok(Compared::new(before, after))
}

/// One snapshot in which nothing can be written.
async fn read_only(app: &App) -> ApiResult<Tx> {
    let tx = app.db.tx().await?;
    store::make_read_only(&tx).await?;
    Ok(tx)
}

async fn names(app: &App, db: &Client) -> ApiResult<Names> {
    let enclosures = app.part::<Enclosures>().current(db).await?;
    Ok(Names {
        divisions: store::list_division_names(db).await?,
        enclosures: enclosures
            .values()
            .map(|view| {
                let place = (view.name.clone(), view.community_code.clone());
                (view.enclosure_id.get(), place)
            })
            .collect(),
    })
}

async fn say(app: &App, work: &Claimed, percent: f64) -> ApiResult<()> {
    let db = app.db.client().await?;
    store::say(&db, work.back_test_id, percent as i16, app.now()).await?;
    Ok(())
}
