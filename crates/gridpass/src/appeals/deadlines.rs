//! What happens when nobody decides in time: one level up for each deadline that passes; when
//! the last has passed, the provisional outcome, which is as little as can be.

use super::decide::lock;
use super::model::{Appeal, AppealStatus, Provisional, StepKind};
use super::{open, owner, store, tell};
use crate::app::App;
use crate::audit;
use crate::db::Client;
use crate::facts::{self, REASON_SUSPENDED, Resolution};
use crate::http::error::ApiResult;
use crate::notify::{self, Notice};

/// Appeals looked at in one round.
const ROWS_MAX: i64 = 100;

/// Moves what is due; true when more may be waiting.
pub async fn round(app: App) -> anyhow::Result<bool> {
    let due = {
        let db = app.db.client().await?;
        store::list_due(&db, app.now(), ROWS_MAX).await?
    };
    let some = !due.is_empty();
    let mut failed = false;
    for appeal in &due {
        // One that cannot be moved must not hold up those behind it.
        let moved = audit::as_job(&app, "appeal deadline", pass(&app, appeal)).await;
        if let Err(error) = moved {
            tracing::warn!(
                appeal = appeal.appeal_id.get(),
                ?error,
                "an appeal is not moved on"
            );
            failed = true;
        }
    }
    Ok(some && !failed)
}

async fn pass(app: &App, asked: &Appeal) -> ApiResult<()> {
    let tx = app.db.tx().await?;
    facts::lock_person(&tx, asked.person_id).await?;
    let mut appeal = lock(&tx, asked).await?;
    let waits = appeal.status == AppealStatus::Open && appeal.provisional.is_none();
    if !waits || appeal.due_at > app.now() {
        return Ok(());
    }
    audit::subject(appeal.person_id);
    audit::object(format!("appeal/{}", appeal.appeal_id));
    appeal.missed += 1;
    match appeal.level.above() {
        Some(above) => {
            appeal.level = above;
            escalate(&tx, app, &mut appeal).await?;
        }
        None => overdue(&tx, app, &mut appeal).await?,
    }
    tell(&tx, &appeal).await?;
    tx.commit().await?;
    Ok(())
}

/// The level above has its own full term: a server that was away for long does not take it.
async fn escalate(tx: &Client, app: &App, appeal: &mut Appeal) -> ApiResult<()> {
    appeal.owner_id = owner::choose(tx, app, appeal).await?;
    appeal.due_at = app.now() + appeal.term(&app.settings.appeals);
    store::update_owner(tx, appeal).await?;
    store::update_missed(tx, appeal).await?;
    open::step(tx, app, appeal, (StepKind::Escalated, None, None)).await?;
    let notice = Notice::AppealEscalated {
        unit: open::unit(tx, appeal).await?,
        due_at: appeal.due_at,
    };
    notify::tell(tx, app, appeal.person_id, &notice).await
}

async fn overdue(tx: &Client, app: &App, appeal: &mut Appeal) -> ApiResult<()> {
    let outcome = appeal.outcome(&app.settings.appeals);
    appeal.provisional = Some(outcome);
    appeal.provisional_at = Some(app.now());
    store::update_missed(tx, appeal).await?;
    if outcome == Provisional::SuspendCause {
        let resolution = Resolution {
            appeal_id: appeal.appeal_id,
            fact_ids: &appeal.fact_ids,
            by: None,
            reason: REASON_SUSPENDED,
        };
        facts::resolve(tx, app, appeal.person_id, &resolution).await?;
    }
    // What it rests on: the deadlines that passed, and the setting that says what follows.
    audit::reference(format!("appeal_overdue/{}", outcome.as_str()));
    let detail = Some(outcome.as_str());
    open::step(tx, app, appeal, (StepKind::Provisional, None, detail)).await?;
    let notice = Notice::AppealOverdue {
        unit: open::unit(tx, appeal).await?,
        suspended: outcome == Provisional::SuspendCause,
    };
    notify::tell(tx, app, appeal.person_id, &notice).await
}
