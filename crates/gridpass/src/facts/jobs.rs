//! Keeping state rows current when time passes, for the counts and the notices.
//!
//! No decision depends on this loop: a scan outside a row's interval derives from facts. It
//! keeps the roll-ups true: a row whose interval is over is derived again, and whoever has
//! another colour by that is told so in the same transaction. Batches are bounded, and rows that
//! somebody else has locked are left for the next round.

use std::collections::BTreeMap;

use gridpass_rules::Colour;
use gridpass_types::clock::hour_of;
use jiff::Timestamp;

use super::columns::FactColumns;
use super::decision::ColourDecision;
use super::ledger::{self, Basis};
use super::model::StateRow;
use super::store;
use crate::app::App;
use crate::db::Client;
use crate::http::error::ApiResult;
use crate::metrics::Kind;
use crate::notify::{self, ColourCause, Notice};

/// Rows derived anew in one transaction.
const REFRESH_ROWS_MAX: i64 = 500;
/// Digits of a community's code.
const COMMUNITY_DIGITS: usize = 12;

/// Derives rows whose interval was over at an instant; true when more may be waiting.
pub async fn refresh(app: App, until: Timestamp) -> anyhow::Result<bool> {
    let tx = app.db.tx().await?;
    let now = app.now();
    let mut rows = store::lock_expired(&tx, until.min(now), REFRESH_ROWS_MAX).await?;
    if rows.is_empty() {
        return Ok(false);
    }
    let dates: Vec<(i64, Timestamp)> = rows
        .iter()
        .filter_map(|row| Some((row.person_id.get(), row.valid_until?)))
        .collect();
    let before: Vec<(Colour, String)> = rows
        .iter()
        .map(|row| (row.colour, community(row)))
        .collect();
    let mut basis = Basis::load(&tx, &app, &rows, Vec::new()).await?;
    let no_facts = FactColumns::new(now);
    let decisions = ledger::rewrite(&tx, &app, &mut rows, (&mut basis, &no_facts)).await?;
    // What a person let through was decided, and makes nothing else of this hour too much.
    let decided = store::held::list_let_through(&tx, &dates).await?;
    let mut flips: BTreeMap<String, i64> = BTreeMap::new();
    for (row, ((before, community), decision)) in
        rows.iter().zip(before.into_iter().zip(&decisions))
    {
        tell(&tx, &app, row, (before, decision)).await?;
        if before != decision.colour && !decided.contains(&row.person_id.get()) {
            *flips.entry(community).or_default() += 1;
        }
    }
    if !flips.is_empty() {
        let communities: Vec<&str> = flips.keys().map(String::as_str).collect();
        let counts: Vec<i64> = flips.values().copied().collect();
        store::held::add_passed(&tx, hour_of(now), (&communities, &counts)).await?;
    }
    tx.commit().await?;
    count(&app, "states_refreshed", rows.len());
    Ok(true)
}

fn community(row: &StateRow) -> String {
    row.place_code[..COMMUNITY_DIGITS].to_owned()
}

async fn tell(
    tx: &Client,
    app: &App,
    row: &StateRow,
    (before, decision): (Colour, &ColourDecision),
) -> ApiResult<()> {
    if before == decision.colour {
        return Ok(());
    }
    let notice = Notice::ColourChanged {
        before,
        colour: decision.colour,
        cause: ColourCause::Time,
        message_zh: decision.message_zh.clone(),
        message_en: decision.message_en.clone(),
    };
    notify::tell(tx, app, row.person_id, &notice).await
}

fn count(app: &App, kind: &'static str, rows: usize) {
    let rows = u64::try_from(rows).unwrap_or(u64::MAX);
    app.metrics
        .folded
        .get_or_create(&Kind { kind })
        .inc_by(rows);
}
