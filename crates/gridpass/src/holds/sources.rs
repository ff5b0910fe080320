//! Sources that are late, and what would follow from their silence alone.
//!
//! A source is heard of when an import of it ends that is not held, or a fact is recorded in its
//! name. While it is late, a colour that would change at a date only because of what this source
//! said earlier, and has not said anew, stays. When it is heard again, its people's dates are
//! looked at like anybody's.

use jiff::Timestamp;

use super::look::{Looking, district};
use super::model::{HoldKind, HoldStatus, Rhythm, SourceView, StepKind, TimeHold};
use super::store;
use crate::db::Client;
use crate::facts::{self, Due, Window};
use crate::http::error::ApiResult;

/// How a source with a rhythm stands; `None` without one.
///
/// # Errors
/// When the database does not answer.
pub async fn view(db: &Client, rhythm: &Rhythm, now: Timestamp) -> ApiResult<Option<SourceView>> {
    let Some(by_imports) = rhythm.at(now, rhythm.imported_at) else {
        return Ok(None);
    };
    if !by_imports.late {
        return Ok(Some(by_imports));
    }
    // Facts are only looked for where imports alone would make it late.
    let Some(every) = rhythm.every() else {
        return Ok(None);
    };
    let since = now.checked_sub(every + every / 2).unwrap_or(now);
    let fact = store::find_last_fact(db, &rhythm.source, since).await?;
    Ok(rhythm.at(now, fact.max(rhythm.imported_at)))
}

/// Holds what follows from the silence of sources, and ends the holds of those that were heard.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn look(looking: &Looking<'_>, known: &[TimeHold]) -> ApiResult<()> {
    let mut late = Vec::new();
    for rhythm in store::list_rhythms(looking.tx).await? {
        late.extend(
            view(looking.tx, &rhythm, looking.now)
                .await?
                .filter(|view| view.late),
        );
    }
    for hold in known.iter().filter(|hold| hold.kind == HoldKind::Source) {
        let source = hold.source.as_deref();
        if !late.iter().any(|view| Some(view.source.as_str()) == source) {
            facts::end_hold(looking.tx, looking.app, hold.hold_id, false).await?;
            looking.over(hold, StepKind::Heard).await?;
        }
    }
    for view in late {
        let own = |hold: &&TimeHold| hold.source.as_deref() == Some(view.source.as_str());
        match known.iter().find(own) {
            Some(hold) if hold.status == HoldStatus::Released => {}
            Some(hold) => {
                let flips = silence(looking, &view.source).await?;
                looking.hold(hold, &flips).await?;
            }
            None => begin(looking, &view).await?,
        }
    }
    Ok(())
}

async fn begin(looking: &Looking<'_>, view: &SourceView) -> ApiResult<()> {
    let hold = TimeHold {
        kind: HoldKind::Source,
        place_code: district(looking.app),
        source: Some(view.source.clone()),
        late_since: Some(view.late_at),
        ..looking.new_hold()
    };
    tracing::warn!(source = view.source, "a source is late");
    let flips = silence(looking, &view.source).await?;
    looking.begin(&hold, &flips).await
}

/// Whose colour would change only because a source has said nothing new.
async fn silence(looking: &Looking<'_>, source: &str) -> ApiResult<Vec<Due>> {
    let window = Window {
        hour: looking.hour,
        from: looking.hour,
        to: looking.until,
    };
    let due = facts::list_due_of(looking.tx, source, window).await?;
    facts::would_flip_by(looking.tx, &looking.rules, (source, due)).await
}
