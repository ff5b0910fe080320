//! Making the snapshot: one node at a time, from what changed since the last.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::Snapshots;
use super::model::{
    Change, Colours, Held, Revocation, change_bytes, read_revocations, revocation_bytes,
};
use super::store::{self, Mark};
use crate::app::App;
use crate::db::{Client, Tx};
use crate::facts;
use crate::http::error::ApiResult;
use crate::passes;

/// Pause between two readings, at least.
const PAUSE_MS: i64 = 10_000;
/// A reading may cost one part in so many of the time.
const COST_PARTS: i64 = 40;
/// How long changes are kept.
const CHANGES_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Makes the snapshot when its time has come, and takes over what another node made.
pub async fn round(app: App) -> anyhow::Result<bool> {
    let db = app.db.client().await?;
    let mark = store::find_mark(&db).await?;
    if mark.as_ref().is_none_or(|mark| is_due(mark, app.now())) {
        let tx = Tx::begin(db).await?;
        if store::try_lock(&tx).await? {
            make(&app, &tx)
                .await
                .map_err(|error| anyhow::anyhow!("making the snapshot: {error:?}"))?;
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        let db = app.db.client().await?;
        return take_over(&app, &db).await;
    }
    take_over(&app, &db).await
}

fn is_due(mark: &Mark, now: Timestamp) -> bool {
    let pause_ms = PAUSE_MS.max(i64::from(mark.took_ms) * COST_PARTS);
    now.duration_since(mark.as_of) >= SignedDuration::from_millis(pause_ms)
}

async fn make(app: &App, tx: &Client) -> ApiResult<()> {
    let (began, now) = (Instant::now(), app.now());
    let before = store::find_mark(tx).await?;
    if before.as_ref().is_some_and(|mark| !is_due(mark, now)) {
        // Another node was faster.
        return Ok(());
    }
    let (mut colours, known) = match &before {
        Some(_) => store::get_colours(tx).await?,
        None => (Colours::default(), Vec::new()),
    };
    let mut changed = Vec::new();
    let since = before.as_ref().map(|mark| mark.read_up_to);
    let read_up_to = facts::each_colour_since(tx, app, (since, now), |serial, colour| {
        let serial = serial.unsigned_abs();
        if colours.set(serial, colour) {
            changed.extend_from_slice(&change_bytes(serial, colours.get(serial)));
        }
    })
    .await?;
    let (revocations, new) = withdrawn(tx, now, &known).await?;
    let last = before.as_ref().map_or(0, |mark| mark.version);
    let unchanged = before.is_some() && changed.is_empty() && new.is_empty();
    let mark = Mark {
        // Milliseconds: a database restored from a backup still goes on above what gates hold.
        version: if unchanged {
            last
        } else {
            now.as_millisecond().max(last + 1)
        },
        as_of: now,
        took_ms: i32::try_from(began.elapsed().as_millis()).unwrap_or(i32::MAX),
        read_up_to,
    };
    if unchanged {
        return Ok(store::update_mark(tx, &mark).await?);
    }
    store::put_snapshot(tx, &mark, (&colours, &revocations)).await?;
    let change = Change {
        version: mark.version,
        colours: if before.is_some() {
            changed
        } else {
            Vec::new()
        },
        revocations: new,
    };
    store::insert_change(tx, &change, now).await?;
    Ok(store::delete_changes_before(tx, now - CHANGES_LIFE).await?)
}

/// All withdrawals, and those that are not among the known.
async fn withdrawn(tx: &Client, now: Timestamp, known: &[u8]) -> ApiResult<(Vec<u8>, Vec<u8>)> {
    let rows = passes::revocations(tx, now).await?;
    let read = |(serial, phone, paper)| Revocation::new(serial, phone, paper);
    let all: Vec<Revocation> = rows.into_iter().map(read).collect();
    let known = read_revocations(known);
    let is_new = |one: &&Revocation| known.binary_search(one).is_err();
    let new: Vec<Revocation> = all.iter().filter(is_new).copied().collect();
    Ok((revocation_bytes(&all), revocation_bytes(&new)))
}

/// Reads what this node does not hold yet.
async fn take_over(app: &App, db: &Client) -> anyhow::Result<bool> {
    let snapshots = app.part::<Snapshots>();
    let Some(mark) = store::find_mark(db).await? else {
        return Ok(false);
    };
    let held = snapshots.latest();
    let newer = match held {
        Some(held) if held.version == mark.version => Held {
            as_of: mark.as_of,
            ..Held::clone(&held)
        },
        _ => {
            let (colours, revocations) = store::get_colours(db).await?;
            Held {
                version: mark.version,
                as_of: mark.as_of,
                colours,
                revocations,
                changes: store::list_changes(db, 0).await?,
            }
        }
    };
    snapshots.take(newer);
    Ok(false)
}
