//! The job that links committed entries into the chain.
//!
//! Requests do not wait for each other at the head of a chain: they insert an entry and a row
//! in `audit_pending`, both or neither. This job takes those rows away and writes the links in
//! the same transaction. Whatever commits late is still pending, so nothing is left out;
//! whatever is linked is not pending any more, so nothing is linked twice. One node at a time
//! does it.

use std::collections::HashMap;

use gridpass_ledger::{Link, leaf};

use super::entry::Entry;
use super::keys::Keys;
use super::store::{self, NewLink};
use crate::app::App;

/// Entries linked in one transaction.
const BATCH_ENTRIES_MAX: i64 = 1000;

/// Links what waits, a batch at most; true when it linked some.
pub async fn round(app: App) -> anyhow::Result<bool> {
    let tx = app.db.tx().await?;
    if !store::try_lock_chain(&tx).await? {
        return Ok(false);
    }
    let taken = store::take_pending(&tx, BATCH_ENTRIES_MAX).await?;
    if taken.is_empty() {
        // At once rather than on drop: the lock is for whoever comes next.
        tx.rollback().await?;
        return Ok(false);
    }
    let entries = store::list_entries(&tx, &taken).await?;
    let key = |e: &Entry| (e.entry_id, e.at);
    let leaves: HashMap<_, _> = entries.iter().map(|e| (key(e), e.leaf())).collect();
    let mut chain = store::find_head(&tx).await?;
    let mut links = Vec::with_capacity(taken.len());
    for (entry, at) in taken {
        let found = leaves.get(&(entry, at)).copied();
        // An entry that is gone already keeps its place, so that the proof names it.
        let leaf = found.unwrap_or_else(|| leaf(&entry.to_be_bytes()));
        if found.is_none() {
            tracing::error!(entry, "an audit entry is gone before it was linked");
        }
        chain.append(&leaf);
        let link = Link {
            seq: chain.seq,
            entry,
            leaf,
            hash: chain.head,
            found,
        };
        links.push(NewLink { link, at });
    }
    store::insert_links(&tx, &links, &app.part::<Keys>().newest()).await?;
    tx.commit().await?;
    Ok(true)
}
