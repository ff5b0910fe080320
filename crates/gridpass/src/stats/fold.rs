//! Folding pending changes into the roll-ups.

use jiff::SignedDuration;

use super::store;
use super::sums::ScanSums;
use crate::app::App;
use crate::metrics::Kind;

/// Batches folded in one transaction.
const TALLIES_MAX: i64 = 1000;
/// How long minutes are kept, for live pages.
const MINUTES_LIFE: SignedDuration = SignedDuration::from_hours(48);

/// Folds pending scans; true when more may be pending.
pub async fn fold_scans(app: App) -> anyhow::Result<bool> {
    let tx = app.db.tx().await?;
    if !store::try_lock(&tx, store::FOLD_SCANS_LOCK).await? {
        return Ok(false);
    }
    let mut sums = ScanSums::default();
    let folded = store::take_scan_tallies(&tx, TALLIES_MAX, &mut sums).await?;
    if folded == 0 {
        tx.rollback().await?;
        return Ok(false);
    }
    store::add_scan_sums(&tx, &sums).await?;
    tx.commit().await?;
    app.metrics
        .folded
        .get_or_create(&Kind { kind: "scans" })
        .inc_by(folded.cast_unsigned());
    Ok(folded == TALLIES_MAX)
}

/// Folds pending changes of people; true when more may be pending.
pub async fn fold_people(app: App) -> anyhow::Result<bool> {
    let tx = app.db.tx().await?;
    if !store::try_lock(&tx, store::FOLD_PEOPLE_LOCK).await? {
        return Ok(false);
    }
    let folded = store::fold_people(&tx, TALLIES_MAX).await?;
    tx.commit().await?;
    app.metrics
        .folded
        .get_or_create(&Kind { kind: "people" })
        .inc_by(folded.cast_unsigned());
    Ok(folded == TALLIES_MAX)
}

/// Deletes minutes that no live page shows any more.
pub async fn sweep_minutes(app: App) -> anyhow::Result<bool> {
    store::delete_minutes_before(&app.db.client().await?, app.now() - MINUTES_LIFE).await?;
    Ok(false)
}
