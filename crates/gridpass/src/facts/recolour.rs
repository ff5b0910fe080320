//! Colouring everybody anew when the rules change, for the counts and the notices.
//!
//! No decision waits for this: a scan decides by the rules in force at that moment. People in
//! the same situation have the same colour, so the rules are asked once for each situation and
//! the rows are written in sets, some hundred pages of the table a transaction. Where most people
//! change, pages are gone through in slices: each transaction changes only so many rows of a page
//! as there is room for beside them, so that no index is written. A pass is
//! repeated until it finds nothing to change, and every transaction is over that may still have
//! written by the rules before. Whose colour changed is told so in the same transaction.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use gridpass_rules::RuleSet;
use gridpass_types::Colour;
use gridpass_types::ids::PersonId;
use jiff::Timestamp;

use super::store::recolour::{self as store, Batch, Mapping, Recoloured};
use crate::app::App;
use crate::db::{Client, Tx};
use crate::http::error::ApiResult;
use crate::metrics::Kind;
use crate::notify::{self, ColourCause, Notice};
use crate::rules::{InForce, Scopes};

/// How far this node has come in colouring rows anew.
#[derive(Default)]
pub struct Recolouring(Mutex<Progress>);

#[derive(Clone, Default)]
struct Progress {
    /// The change of the rules that is followed.
    epoch: i64,
    /// Transactions from here on know of it.
    horizon: i64,
    /// What is left to do in this pass.
    plan: Vec<Arc<Part>>,
    /// Next page for the last part of the plan.
    page: i64,
    /// Next slice of the people there.
    slice: i32,
    done: bool,
}

/// One place with rules of its own.
struct Part {
    prefix: String,
    but: Vec<String>,
    rules: Arc<RuleSet>,
    mapping: Mapping,
    /// In how many slices each page is gone through.
    slices: i32,
}

/// Does a batch of colouring; true when more may be waiting.
pub async fn round(app: App) -> anyhow::Result<bool> {
    let recolouring = app.part::<Recolouring>();
    let client = app.db.client().await?;
    let scopes = app.part::<InForce>().current(&client).await?;
    let mut progress = recolouring.begin(scopes.epoch());
    if progress.done {
        return Ok(false);
    }
    let tx = Tx::begin(client).await?;
    if !store::try_lock_recolour(&tx).await? {
        return Ok(false);
    }
    let more = match progress.plan.last().cloned() {
        None => progress.make_plan(&tx, &scopes, app.now()).await?,
        Some(part) => {
            progress.do_batch(&tx, &app, &part).await?;
            true
        }
    };
    tx.commit().await?;
    recolouring.keep(progress);
    Ok(more)
}

impl Progress {
    /// Looks what is to be changed; false when nothing is, now.
    async fn make_plan(&mut self, db: &Client, scopes: &Scopes, now: Timestamp) -> ApiResult<bool> {
        let (ended, begun) = store::transactions(db).await?;
        if self.horizon == 0 {
            self.horizon = begun;
        }
        let parts = scopes.parts().chain([("", scopes.whole())]);
        for (prefix, rules) in parts {
            let part = plan(db, scopes, (prefix, rules), now).await?;
            if !part.mapping.is_empty() {
                self.plan.push(Arc::new(part));
            }
        }
        (self.page, self.slice) = (0, 0);
        // What is older than the change may still write by the rules before.
        self.done = self.plan.is_empty() && ended >= self.horizon;
        Ok(!self.plan.is_empty())
    }

    /// Two connections share the pages, so that the database works on both while this waits.
    /// When one fails the batch is done again; what the other did is not found to change then.
    async fn do_batch(&mut self, tx: &Client, app: &App, part: &Part) -> ApiResult<()> {
        let end_page = self.page + store::BATCH_PAGES * i64::from(part.slices);
        let middle = i64::midpoint(self.page, end_page);
        let beside = Tx::begin(app.db.client().await?).await?;
        let (one, other) = tokio::join!(
            self.colour_pages(tx, app, (part, self.page..middle)),
            self.colour_pages(&beside, app, (part, middle..end_page)),
        );
        let changed = one? + other?;
        beside.commit().await?;
        count(app, changed);
        self.slice += 1;
        if self.slice < part.slices {
            return Ok(());
        }
        (self.page, self.slice) = (end_page, 0);
        if end_page >= store::count_pages(tx).await? {
            self.plan.pop();
            self.page = 0;
        }
        Ok(())
    }

    /// Colours this slice of some pages and tells whose colour changed; how many rows it wrote.
    async fn colour_pages(
        &self,
        tx: &Client,
        app: &App,
        (part, pages): (&Part, Range<i64>),
    ) -> ApiResult<usize> {
        let batch = Batch {
            prefix: &part.prefix,
            but: &part.but,
            mapping: &part.mapping,
            first_page: pages.start,
            end_page: pages.end,
            slice: (self.slice, part.slices),
            version: part.rules.version.get(),
            tally_id: app.ids.next(),
            now: app.now(),
            all: part.rules.colour.is_plain(),
        };
        let changed = store::recolour_pages(tx, &batch).await?;
        tell(tx, app, (&part.rules, &changed)).await?;
        Ok(changed.len())
    }
}

async fn plan(
    db: &Client,
    scopes: &Scopes,
    (prefix, rules): (&str, &Arc<RuleSet>),
    at: Timestamp,
) -> ApiResult<Part> {
    let narrower = scopes.parts().map(|(other, _)| other);
    let but: Vec<String> = narrower
        .filter(|other| other.len() > prefix.len() && other.starts_with(prefix))
        .map(|other| format!("{other}%"))
        .collect();
    let mut mapping = Mapping::default();
    // People with catalogued facts are looked at one by one where the table asks about them.
    let everybody = rules.colour.is_plain();
    let (mut all, mut changed) = (0, 0);
    for situation in store::list_situations(db, (prefix, &but), everybody).await? {
        let decided = rules.decide_colour(&situation.state, at);
        all += situation.people;
        if (decided.colour, decided.rule) != (situation.colour, &*situation.rule_id) {
            changed += situation.people;
            mapping.push(situation, (decided.colour, decided.rule));
        }
    }
    Ok(Part {
        prefix: prefix.to_owned(),
        but,
        rules: rules.clone(),
        mapping,
        slices: slices(all, changed),
    })
}

/// So many slices that the rows a transaction changes of a page find room on it.
fn slices(all: i64, changed: i64) -> i32 {
    let share_percent = changed * 100 / all.max(1);
    let rounds = (share_percent + store::ROOM_PERCENT - 1) / store::ROOM_PERCENT;
    i32::try_from(rounds).map_or(1, |slices| slices.max(1))
}

/// Tells people whose colour is another now; not those whom only another row of the table
/// gives the same.
async fn tell(
    tx: &Client,
    app: &App,
    (rules, changed): (&RuleSet, &[Recoloured]),
) -> ApiResult<()> {
    let mut groups: BTreeMap<(Colour, Colour, &str), Vec<PersonId>> = BTreeMap::new();
    for one in changed.iter().filter(|one| one.before != one.colour) {
        let group = (one.before, one.colour, one.rule_id.as_str());
        groups.entry(group).or_default().push(one.person_id);
    }
    for ((before, colour, rule), people) in groups {
        let Some(row) = rules.colour.find(rule) else {
            continue;
        };
        let notice = Notice::ColourChanged {
            before,
            colour,
            cause: ColourCause::Rules,
            message_zh: row.message_zh.to_owned(),
            message_en: row.message_en.to_owned(),
        };
        notify::tell_many(tx, app, &people, &notice).await?;
    }
    Ok(())
}

impl Recolouring {
    /// Where to go on after this change; a newer change starts at the beginning.
    fn begin(&self, epoch: i64) -> Progress {
        let mut progress = self.0.lock().expect("nothing panics while it holds this");
        if progress.epoch != epoch {
            *progress = Progress {
                epoch,
                ..Progress::default()
            };
        }
        progress.clone()
    }

    fn keep(&self, done: Progress) {
        let mut progress = self.0.lock().expect("nothing panics while it holds this");
        if progress.epoch == done.epoch {
            *progress = done;
        }
    }
}

fn count(app: &App, rows: usize) {
    let kind = Kind {
        kind: "states_recoloured",
    };
    let rows = u64::try_from(rows).unwrap_or(u64::MAX);
    app.metrics.folded.get_or_create(&kind).inc_by(rows);
}

#[cfg(test)]
mod tests {
    use super::slices;

    #[test]
    fn a_page_is_gone_through_in_as_many_slices_as_it_takes() {
        assert_eq!(slices(0, 0), 1);
        assert_eq!(slices(1_000_000, 50_000), 1);
        assert_eq!(slices(1_000_000, 200_000), 1);
        assert_eq!(slices(1_000_000, 210_000), 2);
        assert_eq!(slices(1_000_000, 1_000_000), 5);
    }
}
