//! `gridpass keys`: which master keys there are, a new one, and an end to an old one.
//!
//! Works beside running servers: they read the keys' source again every few seconds. What it
//! prints never holds a key.

use std::io::Write;

use clap::{Args, Subcommand, ValueEnum};
use gridpass_types::clock::{Clock, SystemClock};
use jiff::SignedDuration;

use super::CommandError;
use crate::assemble::Assembled;
use crate::audit;
use crate::boot::{self, BootError, Store};
use crate::config::{DataConfig, SiteConfig};
use crate::ids::Entropy;
use crate::keys;
use crate::passes;
use crate::seal::{Generation, KeyState, Ring, Which};

/// What can be done with the keys.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Show every generation: what for, number, state, from when, fingerprint
    List(Place),
    /// Show the same, with how far a change has come and how many values each key holds
    Status(Place),
    /// Make a new key that is taken into use a few minutes from now
    Rotate {
        #[command(flatten)]
        place: Place,
        /// Which key
        #[arg(long, value_enum)]
        which: WhichKey,
        /// Minutes until it is written with; every node must have it by then
        #[arg(long, default_value_t = 5, value_name = "MINUTES")]
        lead: u16,
    },
    /// Remove a retired key from its file for good; older backups need it
    Forget {
        #[command(flatten)]
        place: Place,
        /// Which key
        #[arg(long, value_enum)]
        which: WhichKey,
        /// Its number
        #[arg(long)]
        number: u8,
    },
}

/// Which installation.
#[derive(Args)]
pub struct Place {
    #[command(flatten)]
    data: DataConfig,
    #[command(flatten)]
    site: SiteConfig,
}

/// A key by name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhichKey {
    /// Seals personal fields
    Sealing,
    /// Keys the digests by which sealed fields are looked up
    Digest,
    /// The secret from which the phones' MAC keys derive
    Pass,
    /// Signs credentials; kept in the database
    Signing,
    /// Signs the audit log's digests and keys its MACs; kept in the database
    Audit,
}

impl WhichKey {
    fn master(self) -> Result<Which, CommandError> {
        match self {
            Self::Sealing => Ok(Which::Sealing),
            Self::Digest => Ok(Which::Digest),
            Self::Pass => Ok(Which::Pass),
            Self::Signing => Err(CommandError::Keys(
                "signing keys are kept in the database and end by themselves".to_owned(),
            )),
            Self::Audit => Err(CommandError::Keys(
                "audit keys are kept in the database for good: older entries are proved with them"
                    .to_owned(),
            )),
        }
    }
}

/// Does it.
pub async fn run(command: KeysCommand, entropy: Entropy) -> Result<(), CommandError> {
    let place = match &command {
        KeysCommand::List(place) | KeysCommand::Status(place) => place,
        KeysCommand::Rotate { place, .. } | KeysCommand::Forget { place, .. } => place,
    };
    let store = Store::open_or_join(&place.data, place.site.mode, &entropy).await?;
    let outcome = run_on(&command, &store, entropy).await;
    store.close().await;
    let text = outcome?;
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

async fn run_on(
    command: &KeysCommand,
    store: &Store,
    entropy: Entropy,
) -> Result<String, CommandError> {
    match command {
        KeysCommand::List(place) => list(&open(place, store, entropy).await?, false).await,
        KeysCommand::Status(place) => list(&open(place, store, entropy).await?, true).await,
        KeysCommand::Rotate {
            place,
            which: WhichKey::Signing,
            ..
        } => rotate_signing(&open(place, store, entropy).await?).await,
        KeysCommand::Rotate {
            place,
            which: WhichKey::Audit,
            ..
        } => rotate_audit(&open(place, store, entropy).await?).await,
        KeysCommand::Rotate { which, lead, .. } => rotate(store, which.master()?, *lead, &entropy),
        KeysCommand::Forget { which, number, .. } => {
            let generation = Generation {
                which: which.master()?,
                number: *number,
            };
            forget(store, generation).await
        }
    }
}

async fn open(place: &Place, store: &Store, entropy: Entropy) -> Result<Assembled, CommandError> {
    Ok(boot::application(&place.site, store, entropy).await?)
}

async fn list(assembled: &Assembled, with_values: bool) -> Result<String, CommandError> {
    let app = &assembled.app;
    let told = |error: crate::http::error::ApiError| CommandError::Keys(error.to_string());
    let view = keys::view(app).await.map_err(told)?;
    let mut text = String::from("which    number  state     active from           fingerprint\n");
    for key in &view.keys {
        text.push_str(&format!(
            "{:<8} {:>6}  {:<8}  {:<20}  {}\n",
            key.which.as_str(),
            key.number,
            key.state.as_str(),
            key.active_from.to_string(),
            key.fingerprint
        ));
    }
    if with_values {
        for work in &view.work {
            let done = if work.finished { "done" } else { "under way" };
            text.push_str(&format!(
                "to key {}: {} {}, {} moved, {} failed\n",
                work.number, work.target, done, work.moved, work.failed
            ));
        }
        for (column, number, values) in keys::count_values(app).await.map_err(told)? {
            text.push_str(&format!("{column}: {values} values by key {number}\n"));
        }
    }
    Ok(text)
}

fn rotate(
    store: &Store,
    which: Which,
    lead: u16,
    entropy: &Entropy,
) -> Result<String, CommandError> {
    let now = SystemClock.now();
    let ring = Ring::new(&store.secrets, &[], now);
    let mut of = ring.standings().iter();
    let waiting = |one: &&crate::seal::Standing| {
        one.generation.which == which && one.state == KeyState::Pending
    };
    if let Some(pending) = of.find(waiting) {
        return Err(CommandError::Keys(format!(
            "{} {} is not in use yet; wait until {}",
            which.as_str(),
            pending.generation.number,
            pending.active_from
        )));
    }
    let mut secrets = store.secrets.clone();
    let from = now + SignedDuration::from_mins(lead.into());
    let number = secrets.add(which, from, entropy).map_err(BootError::from)?;
    store.key_source.store(&secrets).map_err(BootError::from)?;
    Ok(format!(
        "{} {number} is made and will be written with from {from} on.\n\
         Every node must have it by then: back up {} now, and copy it to nodes that do not share it.\n",
        which.as_str(),
        store.key_source
    ))
}

async fn rotate_signing(assembled: &Assembled) -> Result<String, CommandError> {
    let app = &assembled.app;
    let rotated = app.part::<passes::Keys>().rotate(app).await;
    rotated.map_err(|error| CommandError::Keys(error.to_string()))?;
    Ok("a new signing key signs from now on; what the older ones signed counts until it runs out\n".to_owned())
}

async fn rotate_audit(assembled: &Assembled) -> Result<String, CommandError> {
    let app = &assembled.app;
    let keys = app.part::<audit::Keys>();
    let rotated = audit::as_job(app, "command/keys_rotate", keys.rotate(app)).await;
    let number = rotated.map_err(|error| CommandError::Keys(error.to_string()))?;
    Ok(format!(
        "audit key {number} writes and signs from now on, on servers that run within a minute; \
         the older ones stay published and prove what they signed\n"
    ))
}

async fn forget(store: &Store, generation: Generation) -> Result<String, CommandError> {
    let failed = |error: String| CommandError::Keys(error);
    let db = store
        .db
        .client()
        .await
        .map_err(|error| failed(error.to_string()))?;
    let rows = keys::store::list_keys(&db).await;
    let rows = rows.map_err(|error| failed(crate::db::DbError::from(error).to_string()))?;
    let mut rows = rows.iter();
    let name = format!("{} {}", generation.which.as_str(), generation.number);
    if !rows.any(|row| row.generation == generation && row.retired_at.is_some()) {
        return Err(failed(format!(
            "{name} is not retired, so something may still need it; see gridpass keys status"
        )));
    }
    let mut secrets = store.secrets.clone();
    secrets.forget(generation.which, generation.number);
    store.key_source.store(&secrets).map_err(BootError::from)?;
    Ok(format!("{name} is gone from {}\n", store.key_source))
}
