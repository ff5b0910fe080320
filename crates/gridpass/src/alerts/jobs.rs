//! Alerts that nobody answers go up: grid, community, subdistrict, district.

use super::handlers::{Told, tell};
use super::model::{AlertStatus, StepKind, level_above};
use super::store::steps;
use crate::app::App;
use crate::audit;

/// Alerts moved up in one transaction.
const ESCALATE_ROWS_MAX: i64 = 100;

/// Tells the next level up of alerts that nobody accepted, or got to, in time. The clock of the
/// step that was due runs again, so that each level has its time; at the district it ends, and
/// the alert stays there, late, until somebody closes it. True when more may be waiting.
pub async fn escalate(app: App) -> anyhow::Result<bool> {
    let tx = app.db.tx().await?;
    let now = app.now();
    let late = steps::lock_unanswered(&tx, now, ESCALATE_ROWS_MAX).await?;
    if late.is_empty() {
        return Ok(false);
    }
    let clocks = app.settings.response;
    for alert in &late {
        // Nothing above, as after an update that lowered the top: the clock only stops.
        let Some(level) = level_above(alert.level) else {
            steps::move_up(&tx, alert, (alert.level, None)).await?;
            continue;
        };
        let again = match alert.status {
            AlertStatus::Open => clocks.accept_max,
            AlertStatus::Accepted | AlertStatus::Closed => clocks.arrive_max,
        };
        let next = level_above(level).map(|_| now + again);
        steps::move_up(&tx, alert, (level, next)).await?;
        audit::subject(alert.person_id);
        let told = Told {
            step: StepKind::Escalated,
            level,
            by: None,
            expected_at: None,
        };
        tell(&tx, &app, alert, told)
            .await
            .map_err(|error| anyhow::anyhow!("telling of an alert: {error:?}"))?;
    }
    tx.commit().await?;
    Ok(true)
}
