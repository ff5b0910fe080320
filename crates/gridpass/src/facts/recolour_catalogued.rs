//! Colouring people with catalogued facts anew when rules come into force that ask about them.
//!
//! [`super::recolour`] writes rows in sets, because people in the same situation have the same
//! colour. What a table makes of catalogued facts is each person's own, and so is the instant at
//! which a duration it names is reached. These people are few; their rows are derived anew one by
//! one, which also sets until when each row holds. As there, a pass is repeated until every
//! transaction is over that may still have written by the rules before.

use std::sync::Mutex;

use gridpass_types::Colour;

use super::columns::FactColumns;
use super::ledger::{self, Basis};
use super::store::{catalogued as store, recolour::transactions};
use crate::app::App;
use crate::db::{Client, Tx};
use crate::http::error::ApiResult;
use crate::notify::{self, ColourCause, Notice};
use crate::rules::{InForce, Scopes};

/// Rows derived anew in one transaction.
const ROWS_MAX: i64 = 500;

/// How far this node has come.
#[derive(Default)]
pub struct RecolouringCatalogued(Mutex<Progress>);

#[derive(Clone, Copy, Default)]
struct Progress {
    /// The change of the rules that is followed.
    epoch: i64,
    /// Transactions from here on know of it.
    horizon: i64,
    /// Which of the places with rules of their own this pass is at.
    part: usize,
    /// The last person there who was coloured.
    after: i64,
    /// Whether this pass has found anybody.
    found: bool,
    done: bool,
}

/// Does a batch; true when more may be waiting.
pub async fn round(app: App) -> anyhow::Result<bool> {
    let part = app.part::<RecolouringCatalogued>();
    let client = app.db.client().await?;
    let scopes = app.part::<InForce>().current(&client).await?;
    let mut progress = part.begin(scopes.epoch());
    if progress.done {
        return Ok(false);
    }
    let tx = Tx::begin(client).await?;
    let (ended, begun) = transactions(&tx).await?;
    if progress.horizon == 0 {
        progress.horizon = begun;
    }
    let more = batch(&tx, &app, &scopes, &mut progress).await?;
    tx.commit().await?;
    progress.done = !more && ended >= progress.horizon;
    part.keep(progress);
    Ok(more)
}

/// Derives the next rows that were coloured by another version; false when a whole pass found
/// none.
async fn batch(
    tx: &Client,
    app: &App,
    scopes: &Scopes,
    progress: &mut Progress,
) -> ApiResult<bool> {
    let parts = scopes.parts().chain([("", scopes.whole())]);
    let asking = parts.filter(|(_, rules)| !rules.colour.is_plain());
    for (prefix, rules) in asking.skip(progress.part) {
        let narrower = scopes.parts().map(|(other, _)| other);
        let but: Vec<String> = narrower
            .filter(|other| other.len() > prefix.len() && other.starts_with(prefix))
            .map(|other| format!("{other}%"))
            .collect();
        let version = rules.version.get();
        let next = (progress.after, ROWS_MAX);
        let mut rows = store::lock_behind(tx, (prefix, &but), version, next).await?;
        let Some(last) = rows.last() else {
            (progress.part, progress.after) = (progress.part + 1, 0);
            continue;
        };
        (progress.after, progress.found) = (last.person_id.get(), true);
        let before: Vec<Colour> = rows.iter().map(|row| row.colour).collect();
        // A date to come is another one by other rules: it is looked at anew.
        let now = app.now();
        ledger::end_holds(tx, &mut rows, (now, now)).await?;
        let mut basis = Basis::load(tx, app, &rows, Vec::new()).await?;
        let no_facts = FactColumns::new(now);
        let decisions = ledger::rewrite(tx, app, &mut rows, (&mut basis, &no_facts)).await?;
        for (row, (before, decision)) in rows.iter().zip(before.into_iter().zip(&decisions)) {
            if before != decision.colour {
                let notice = Notice::ColourChanged {
                    before,
                    colour: decision.colour,
                    cause: ColourCause::Rules,
                    message_zh: decision.message_zh.clone(),
                    message_en: decision.message_en.clone(),
                };
                notify::tell(tx, app, row.person_id, &notice).await?;
            }
        }
        return Ok(true);
    }
    // From the beginning: some were left out, or written meanwhile by the rules before.
    (progress.part, progress.after) = (0, 0);
    Ok(std::mem::take(&mut progress.found))
}

impl RecolouringCatalogued {
    /// Where to go on after this change; a newer change starts at the beginning.
    fn begin(&self, epoch: i64) -> Progress {
        let mut progress = self.0.lock().expect("nothing panics while it holds this");
        if progress.epoch != epoch {
            *progress = Progress {
                epoch,
                ..Progress::default()
            };
        }
        *progress
    }

    fn keep(&self, done: Progress) {
        let mut progress = self.0.lock().expect("nothing panics while it holds this");
        if progress.epoch == done.epoch {
            *progress = done;
        }
    }
}
