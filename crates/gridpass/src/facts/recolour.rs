//! Colouring everybody anew when the rules change, for the counts and the notices.
//!
//! No decision waits for this: a scan decides by the rules in force at that moment. People in
//! the same situation have the same colour, so the rules are asked once for each situation and
//! the rows are written in sets, some hundred pages of the table a transaction. A pass is
//! repeated until it finds nothing to change, and every transaction is over that may still have
//! written by the rules before. Whose colour changed is told so in the same transaction.

use std::collections::BTreeMap;
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
    done: bool,
}

/// One place with rules of its own.
struct Part {
    prefix: String,
    but: Vec<String>,
    rules: Arc<RuleSet>,
    mapping: Mapping,
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
        self.page = 0;
        // What is older than the change may still write by the rules before.
        self.done = self.plan.is_empty() && ended >= self.horizon;
        Ok(!self.plan.is_empty())
    }

    async fn do_batch(&mut self, tx: &Client, app: &App, part: &Part) -> ApiResult<()> {
        let end_page = self.page + store::BATCH_PAGES;
        let batch = Batch {
            prefix: &part.prefix,
            but: &part.but,
            mapping: &part.mapping,
            first_page: self.page,
            end_page,
            version: part.rules.version.get(),
            tally_id: app.ids.next(),
            now: app.now(),
            all: part.rules.colour.is_plain(),
        };
        let changed = store::recolour_pages(tx, &batch).await?;
        tell(tx, app, (&part.rules, &changed)).await?;
        count(app, changed.len());
        self.page = end_page;
        if end_page >= store::count_pages(tx).await? {
            self.plan.pop();
            self.page = 0;
        }
        Ok(())
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
    let all = rules.colour.is_plain();
    for situation in store::list_situations(db, (prefix, &but), all).await? {
        let decided = rules.decide_colour(&situation.state, at);
        if (decided.colour, decided.rule) != (situation.colour, &*situation.rule_id) {
            mapping.push(situation, (decided.colour, decided.rule));
        }
    }
    Ok(Part {
        prefix: prefix.to_owned(),
        but,
        rules: rules.clone(),
        mapping,
    })
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
