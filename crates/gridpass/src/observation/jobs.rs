//! Checks that were due and are not there.

use super::model::{DayPart, Slot};
use super::store::checks::{Missed, insert_missed};
use super::tell;
use crate::alerts::TOPIC_OBSERVATION;
use crate::app::App;
use crate::audit;
use crate::db::Tx;
use crate::jobs::outbox::{self, NewFollowUp};
use crate::notify::{self, Notice};

/// People found in one transaction.
const MISSED_ROWS_MAX: i64 = 200;

/// Writes down who missed the check that was due last, and the one before it in case nobody
/// looked meanwhile. Each is reminded; whoever missed two in a row becomes an alert, so that
/// somebody rings or goes there. True when more may be waiting.
pub async fn find_missed(app: App) -> anyhow::Result<bool> {
    let last = Slot::last_due(app.now());
    let mut more = false;
    // The older one first: whether it was missed decides what the newer one causes.
    for slot in [last.before(), last] {
        let tx = app.db.tx().await?;
        let missed = insert_missed(&tx, slot, app.now(), MISSED_ROWS_MAX).await?;
        more |= !missed.is_empty();
        for one in &missed {
            follow(&tx, &app, one, slot)
                .await
                .map_err(|error| anyhow::anyhow!("following a missed check: {error:?}"))?;
        }
        tx.commit().await?;
        if !missed.is_empty() {
            // Until nobody is left for the older one, the newer one has to wait.
            break;
        }
    }
    Ok(more)
}

async fn follow(
    tx: &Tx,
    app: &App,
    missed: &Missed,
    slot: Slot,
) -> crate::http::error::ApiResult<()> {
    let (person_id, now) = (missed.person_id, app.now());
    audit::subject(person_id);
    let notice = Notice::CheckMissing {
        day: slot.day,
        morning: slot.part == DayPart::Morning,
    };
    notify::tell(tx, app, person_id, &notice).await?;
    if missed.again {
        let follow_up = NewFollowUp {
            person_id,
            topic: TOPIC_OBSERVATION,
            dedupe_key: format!("missed|{}|{}", slot.day, slot.part.as_str()),
            payload: serde_json::json!({
                "kind": "checks_missed", "reason": "checks_missed", "at": slot.due_at(),
            }),
        };
        outbox::insert(tx, &[follow_up], now).await?;
    }
    // A miss has no identity but the person's, and an event names nobody.
    tell(tx, &missed.place_code, ("missed", 0)).await?;
    Ok(())
}
