//! Seals anew with the newest key whatever was sealed with an older one.
//!
//! Column by column, a bounded batch a transaction, in order of the rows' numbers. A batch
//! and its progress are one transaction, so the work goes on where it was whatever dies
//! when. Rows are locked while they are sealed anew; rows that somebody else has locked are
//! skipped and met in the next walk. When a walk through every column finds nothing, and no
//! node writes with the old key any more, the key is retired.

use std::time::Duration;

use anyhow::Context;

use super::columns::{COLUMNS, Column};
use super::store::{self, Progress, Value};
use crate::app::App;
use crate::db::Client;
use crate::jobs::Loop;
use crate::metrics::Kind;
use crate::seal::Which;

/// The loop.
pub(super) const LOOP: Loop = Loop {
    name: "seal anew",
    period: Duration::from_secs(30),
    round: |app| Box::pin(round(app)),
};

async fn round(app: App) -> anyhow::Result<bool> {
    let (retiring, number) = app.sealer.with_ring(|ring| {
        let number = ring.active_number(Which::Sealing);
        (ring.retiring(Which::Sealing), number)
    });
    let waiting = i64::try_from(retiring.len()).unwrap_or(i64::MAX);
    let kind = Kind { kind: "sealing" };
    app.metrics.keys_retiring.get_or_create(&kind).set(waiting);
    if retiring.is_empty() {
        return Ok(false);
    }
    for column in COLUMNS {
        let more = batch(&app, column, number)
            .await
            .with_context(|| format!("sealing {} anew", column.name))?;
        if more {
            return Ok(true);
        }
    }
    if !app
        .sealer
        .with_ring(|ring| ring.is_settled(Which::Sealing, app.now()))
    {
        return Ok(false);
    }
    if left_over(&app, number).await? == 0 {
        for generation in retiring {
            super::retire(&app, generation).await?;
        }
    }
    Ok(false)
}

/// Brings one batch of a column to the new key; true when more may follow.
async fn batch(app: &App, column: &Column, number: u8) -> anyhow::Result<bool> {
    let tx = app.db.tx().await?;
    if !store::lock_work(&tx, column.name).await? {
        return Ok(false);
    }
    let mut progress = store::find_progress(&tx, column.name, number.into()).await?;
    let met = store::lock_values(&tx, column, (progress.after, number)).await?;
    let Some(last) = met.last().map(|value| value.order) else {
        end_walk(app, &tx, column, progress).await?;
        tx.commit().await?;
        return Ok(false);
    };
    let all = met.len();
    let (old, fresh) = seal_anew(app, column, met);
    let moved = store::update_values(&tx, column, &old, &fresh).await?;
    progress.count(usize::try_from(moved)?, all);
    // Rows that were brought over are met no more; a batch of nothing but rows that do not
    // open must not be met again in this walk.
    progress.after = if moved == 0 { last + 1 } else { last };
    progress.finished = false;
    store::save_progress(&tx, column.name, &progress, app.now()).await?;
    tx.commit().await?;
    let kind = Kind { kind: column.name };
    app.metrics.resealed.get_or_create(&kind).inc_by(moved);
    Ok(true)
}

/// The next walk begins at the front.
async fn end_walk(
    app: &App,
    tx: &Client,
    column: &Column,
    mut progress: Progress,
) -> anyhow::Result<()> {
    if progress.after < 0 && progress.finished {
        return Ok(());
    }
    progress.after = -1;
    progress.finished = true;
    store::save_progress(tx, column.name, &progress, app.now()).await?;
    Ok(())
}

fn seal_anew(app: &App, column: &Column, met: Vec<Value>) -> (Vec<Value>, Vec<Vec<u8>>) {
    let opened = met.into_iter().filter_map(|value| {
        match app.sealer.open(column.field, value.id, &value.sealed) {
            Ok(plain) => {
                let plain = zeroize::Zeroizing::new(plain);
                let fresh = app.sealer.seal(column.field, value.id, &plain, &app.entropy);
                Some((value, fresh))
            }
            Err(error) => {
                tracing::error!(column = column.name, id = value.id, %error, "cannot seal a value anew");
                None
            }
        }
    });
    opened.unzip()
}

/// Values by older keys that are left in all columns.
async fn left_over(app: &App, number: u8) -> anyhow::Result<i64> {
    let db = app.db.client().await?;
    let mut left = 0;
    for column in COLUMNS {
        let counts = store::count_values(&db, column).await?;
        let older = counts.iter().filter(|(key, _)| *key < number);
        left += older.map(|(_, values)| values).sum::<i64>();
    }
    Ok(left)
}
