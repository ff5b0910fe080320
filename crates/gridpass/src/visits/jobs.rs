//! What happens to visits by itself: the late ones are put before the lead.

use gridpass_types::ids::VisitId;

use super::{handlers, store};
use crate::app::App;

/// Visits put before the lead in one transaction.
const ESCALATE_ROWS_MAX: i64 = 200;

/// Puts visits before the community's lead whose time is over. True when more may be waiting.
///
/// # Errors
/// When the database does not answer.
pub async fn escalate(app: App) -> anyhow::Result<bool> {
    let tx = app.db.tx().await?;
    let late = store::leads::escalate(&tx, app.now(), ESCALATE_ROWS_MAX).await?;
    for (place_code, visit_id) in &late {
        handlers::tell(&tx, place_code.clone(), VisitId::new(*visit_id), "late").await?;
    }
    tx.commit().await?;
    Ok(i64::try_from(late.len()).is_ok_and(|count| count == ESCALATE_ROWS_MAX))
}
