//! Proposals that nobody answered.

use super::{propose, store};
use crate::app::App;

/// Proposals that lapse in one transaction.
const LAPSE_ROWS_MAX: i64 = 200;

/// Says on proposals and held lists whose day is over that they have lapsed. They could not be confirmed from
/// that instant on anyway; the row only says so. True when more may be waiting.
pub async fn lapse(app: App) -> anyhow::Result<bool> {
    let tx = app.db.tx().await?;
    let lapsed = store::lapse_proposals(&tx, app.now(), LAPSE_ROWS_MAX).await?;
    store::lists::lapse_lists(&tx, app.now()).await?;
    for proposal in &lapsed {
        propose::tell(&tx, proposal).await?;
    }
    tx.commit().await?;
    Ok(!lapsed.is_empty())
}
