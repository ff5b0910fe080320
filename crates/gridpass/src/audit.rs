//! Who did what with whose data, in a log that shows when somebody changed it.
//!
//! - Each operation is declared in [`operations`]: whether it changes or shows personal data,
//!   and what for. One layer around the API ([`layer`]) records the calls; the extractors say
//!   who calls, and handlers say **whose** data, with [`subject`] and [`subjects`].
//! - **A change and its entry are one transaction**: [`crate::db::Tx::commit`] writes the entry
//!   before it commits. **A read's entry is committed before the answer leaves**; if it cannot
//!   be written the answer is 503 and nothing is shown. Refused attempts are entries too.
//! - Entries are rows that are only ever inserted, each with a MAC of the server's key. A job
//!   links them into a chain, in batches, twice a second (`linking`); each day's digest is
//!   signed and published ([`digests`]); [`verify`] proves all of it.
//! - Scans and what a gate shows after them have no entries: the scan is the record.
//!
//! An entry holds identities and codes, no name, number, phone or free text.

mod context;
pub mod digests;
mod entry;
mod export;
mod keys;
pub mod layer;
mod linking;
pub mod operations;
mod store;
pub mod verify;

use std::time::Duration;

use crate::app::App;
use crate::jobs::Loop;

pub(crate) use context::before_commit;
pub use context::{
    Actor, actor, as_job, carry, entry_of, is_reading, named, object, reference, refused, repeats,
    repeats_showing, subject, subjects,
};
pub use entry::{Entry, read as read_entry};
pub use export::{export, verify_file};
pub use keys::Keys;

/// How long an entry waits for its link at most, unless the server is stopped meanwhile: the
/// pause between two rounds of the job.
const LINK_PERIOD: Duration = Duration::from_millis(500);
/// How often it is looked whether a day can be closed, and partitions made ahead.
const DAY_PERIOD: Duration = Duration::from_secs(60);

/// Background work.
pub fn loops() -> Vec<Loop> {
    vec![
        Loop {
            name: "audit links",
            period: LINK_PERIOD,
            round: |app| Box::pin(linking::round(app)),
        },
        Loop {
            name: "audit digests",
            period: DAY_PERIOD,
            round: |app| Box::pin(digests::round(app)),
        },
    ]
}

/// Makes the partitions that the first entries need.
///
/// # Errors
/// When the database refuses.
pub async fn start(app: &App) -> anyhow::Result<()> {
    digests::make_months(app).await
}
