//! Orders that reach their end.

use gridpass_types::clock::district_date;

use super::store;
use crate::app::App;

/// Orders finished in one statement.
const FINISH_ROWS_MAX: i64 = 500;

/// Says on the rows of live orders whose first free day has begun that they are completed.
/// The rules count them as completed from that instant on by themselves, so no fact changes
/// and no colour waits for this. True when more may be waiting.
pub async fn finish(app: App) -> anyhow::Result<bool> {
    let db = app.db.client().await?;
    let finished = store::finish_orders(&db, district_date(app.now()), FINISH_ROWS_MAX).await?;
    Ok(finished > 0)
}
