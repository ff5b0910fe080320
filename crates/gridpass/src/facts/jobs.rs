//! Keeping state rows current when time passes or the rules change, for the counts.
//!
//! No decision depends on these loops: a scan outside a row's interval derives from facts,
//! and colours are decided anew each time. They keep the roll-ups true: a row whose
//! interval is over is derived again, a row coloured by an older rule set is coloured again.
//! Batches are bounded, and rows that somebody else has locked are left for the next round.

use std::sync::Mutex;

use gridpass_types::ids::RuleSetVersion;

use super::columns::{FactColumns, StateColumns};
use super::ledger::{self, Basis, Tally};
use super::store;
use crate::app::App;
use crate::db::Tx;
use crate::metrics::Kind;
use crate::rules::InForce;

/// Rows derived anew in one transaction.
const REFRESH_ROWS_MAX: i64 = 500;
/// Rows coloured anew in one transaction.
const RECOLOUR_ROWS_MAX: i64 = 2_000;

/// How far this node has come in colouring rows anew.
#[derive(Default)]
pub struct Recolouring(Mutex<Progress>);

#[derive(Clone, Copy, Default)]
struct Progress {
    version: Option<RuleSetVersion>,
    after: i64,
    done: bool,
}

/// Derives rows whose interval is over; true when more may be waiting.
pub async fn refresh(app: App) -> anyhow::Result<bool> {
    let tx = app.db.tx().await?;
    let now = app.now();
    let mut rows = store::lock_expired(&tx, now, REFRESH_ROWS_MAX).await?;
    if rows.is_empty() {
        return Ok(false);
    }
    let mut basis = Basis::load(&tx, &app, &rows, Vec::new()).await?;
    let no_facts = FactColumns::new(now);
    ledger::rewrite(&tx, &app, &mut rows, (&mut basis, &no_facts)).await?;
    tx.commit().await?;
    count(&app, "states_refreshed", rows.len());
    Ok(true)
}

/// Colours rows that an older rule set coloured; true when more may be waiting. One pass
/// over the table follows each change of the rules, and one the start of a node.
pub async fn recolour(app: App) -> anyhow::Result<bool> {
    let recolouring = app.part::<Recolouring>();
    let client = app.db.client().await?;
    let rules = app.part::<InForce>().current(&client).await?;
    let version = rules.version;
    let progress = recolouring.begin(version);
    if progress.done {
        return Ok(false);
    }
    let tx = Tx::begin(client).await?;
    let mut rows =
        store::lock_stale_colours(&tx, version.get(), progress.after, RECOLOUR_ROWS_MAX).await?;
    let now = app.now();
    let mut tally = Tally::default();
    for row in &mut rows {
        tally.add(row, -1);
        ledger::colour(row, &rules, now);
        tally.add(row, 1);
    }
    if !rows.is_empty() {
        store::update_states(&tx, &StateColumns::new(rows.iter())).await?;
        tally.write(&tx, app.ids.next()).await?;
    }
    tx.commit().await?;
    count(&app, "states_recoloured", rows.len());
    recolouring.advance(version, rows.last().map(|row| row.person_id.get()));
    Ok(!rows.is_empty())
}

impl Recolouring {
    /// Where to go on for this version; a new version starts at the beginning.
    fn begin(&self, version: RuleSetVersion) -> Progress {
        let mut progress = self.0.lock().expect("nothing panics while it holds this");
        if progress.version != Some(version) {
            *progress = Progress {
                version: Some(version),
                ..Progress::default()
            };
        }
        *progress
    }

    fn advance(&self, version: RuleSetVersion, last: Option<i64>) {
        let mut progress = self.0.lock().expect("nothing panics while it holds this");
        if progress.version == Some(version) {
            match last {
                Some(last) => progress.after = last,
                None => progress.done = true,
            }
        }
    }
}

fn count(app: &App, kind: &'static str, rows: usize) {
    let rows = u64::try_from(rows).unwrap_or(u64::MAX);
    app.metrics
        .folded
        .get_or_create(&Kind { kind })
        .inc_by(rows);
}
