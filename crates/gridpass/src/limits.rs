//! How often somebody may do something.
//!
//! Two kinds. What must hold for hours and on every node (codes for a phone, tries at a
//! document) is counted in the database, under a keyed digest, and counted before it is known
//! whether the request succeeds. What protects one node from one client in one second
//! (`budgets`) is counted in a table of fixed size in memory, without a lock.
//!
//! A limit answers 429 with the seconds to wait. Whether a person exists changes nothing.

mod budgets;
mod layer;
mod store;

use std::time::Duration;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::jobs::Loop;

pub use budgets::Budgets;
pub use layer::{Guard, Network, guard};

/// Rows removed in one statement.
const SWEEP_ROWS_MAX: i64 = 1000;

/// A limit that is counted in the database.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Name; the same key may be counted under several.
    pub kind: &'static str,
    /// Uses within the window; 0 lifts the limit.
    pub uses_max: u32,
    /// The window begins with the first use.
    pub window: SignedDuration,
    /// What to answer when it is used up.
    pub code: Code,
}

/// Counts a use, whatever becomes of the rest of the request.
///
/// # Errors
/// The limit's code when it is used up, with the time to wait if that is a 429 or a 503; or when the
/// database does not answer.
pub async fn take(app: &App, limit: &Limit, key: &[u8]) -> ApiResult<()> {
    if limit.uses_max == 0 {
        return Ok(());
    }
    let now = app.now();
    let db = app.db.client().await?;
    let count = store::count_use(&db, (limit.kind, key), now + limit.window, now).await?;
    if count.uses <= i64::from(limit.uses_max) {
        return Ok(());
    }
    let error = ApiError::new(limit.code);
    let says_when = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    if !says_when.contains(&limit.code.status()) {
        return Err(error);
    }
    let wait_s = count.ends_at.duration_since(now).as_secs() + 1;
    Err(error.retry_after(u32::try_from(wait_s).unwrap_or(u32::MAX)))
}

/// When a key was used first within a window: now, unless a window of it runs already. Whoever
/// asks within the window gets the same instant, on whichever node.
///
/// # Errors
/// When the database does not answer.
pub async fn first_use(
    app: &App,
    kind: &'static str,
    window: SignedDuration,
    key: &[u8],
) -> ApiResult<Timestamp> {
    let now = app.now();
    let db = app.db.client().await?;
    let count = store::count_use(&db, (kind, key), now + window, now).await?;
    Ok(count.ends_at - window)
}

/// Background work: removes counts whose window is over.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "limits",
        period: Duration::from_secs(600),
        round: |app| Box::pin(sweep(app)),
    }]
}

async fn sweep(app: App) -> anyhow::Result<bool> {
    let db = app.db.client().await?;
    let removed = store::delete_ended(&db, app.now(), SWEEP_ROWS_MAX).await?;
    Ok(removed > 0)
}
