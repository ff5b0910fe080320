//! The master keys at work: taken into use, followed by what is sealed, and retired.
//!
//! A new key is added at the keys' source. Every node reads the source again every few
//! seconds, opens with the new key at once and seals with it from its time on. Then jobs
//! bring every sealed value and every digest to it, and when nothing by the old key is left
//! the database says so: it is retired, and no node opens anything with it any more.

mod api;
pub mod columns;
mod reseal;
pub mod store;

use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::{App, Inner};
use crate::config::Mode;
use crate::config::key_source::KeySource;
use crate::config::secrets::Secrets;
use crate::http::error::ApiResult;
use crate::jobs::Loop;
use crate::seal::{Generation, KeyState, Ring};

pub(crate) use api::view;
pub use store::{Progress, find_progress, lock_work, save_progress};

/// How often a node looks whether the keys changed.
const REFRESH: Duration = Duration::from_secs(10);
/// How often it asks a command for them, which may be slow.
const REFRESH_COMMAND: Duration = Duration::from_secs(60);

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(api::get_master_keys))
}

/// Background work.
pub fn loops() -> Vec<Loop> {
    vec![
        Loop {
            name: "master keys",
            period: REFRESH,
            round: |app| Box::pin(refresh(app)),
        },
        reseal::LOOP,
    ]
}

/// The master keys of this node and where they come from.
pub struct Keeper {
    secrets: RwLock<Arc<Secrets>>,
    source: Option<(KeySource, Mode)>,
    read_at: RwLock<Instant>,
}

impl Keeper {
    /// Keys that were read from a source.
    pub fn new(secrets: Secrets, source: KeySource, mode: Mode) -> Self {
        Self {
            source: Some((source, mode)),
            ..Self::fixed(secrets)
        }
    }

    /// Keys without a source, which only [`Keeper::replace`] changes.
    pub fn fixed(secrets: Secrets) -> Self {
        Self {
            secrets: RwLock::new(Arc::new(secrets)),
            source: None,
            read_at: RwLock::new(Instant::now()),
        }
    }

    /// The keys as this node read them last.
    pub fn secrets(&self) -> Arc<Secrets> {
        self.secrets
            .read()
            .expect("no thread panics while it swaps a pointer")
            .clone()
    }

    /// Takes keys that were read anew.
    pub fn replace(&self, secrets: Secrets) {
        *self
            .secrets
            .write()
            .expect("no thread panics while it swaps a pointer") = Arc::new(secrets);
    }

    async fn read_source(&self) -> anyhow::Result<()> {
        let Some((source, mode)) = &self.source else {
            return Ok(());
        };
        let pause = match source {
            KeySource::Command(_) => REFRESH_COMMAND,
            _ => Duration::ZERO,
        };
        let expect = "no thread panics while it reads a clock";
        if self.read_at.read().expect(expect).elapsed() < pause {
            return Ok(());
        }
        *self.read_at.write().expect(expect) = Instant::now();
        self.replace(source.load(*mode).await?);
        Ok(())
    }
}

async fn refresh(app: App) -> anyhow::Result<bool> {
    let keeper = app.part::<Keeper>();
    let before = keeper.secrets();
    keeper.read_source().await?;
    if let Err(error) = apply(&app, &keeper).await {
        // The keys before are known to be good.
        keeper.replace(Secrets::clone(&before));
        return Err(error);
    }
    Ok(false)
}

/// Takes the keeper's keys into use, as of now and of what the database knows of them.
///
/// # Errors
/// When the database does not answer, when a key is another than the one the database was
/// sealed with, when one that is still needed is missing, or when the newest is retired.
pub async fn apply(app: &Inner, keeper: &Keeper) -> anyhow::Result<()> {
    let now = app.clock.now();
    let secrets = keeper.secrets();
    let ring = Ring::new(&secrets, &[], now);
    let db = app.db.client().await?;
    let known = store::list_keys(&db).await?;
    let standings = ring.standings();
    for row in &known {
        let generation = row.generation;
        let name = format!("{} {}", generation.which.as_str(), generation.number);
        let given = standings.iter().find(|one| one.generation == generation);
        match given {
            Some(given) if given.fingerprint[..] != row.fingerprint[..] => bail!(
                "the key {name} is not the one that this database was sealed with; give the keys that belong to it"
            ),
            None if row.retired_at.is_none() => {
                bail!("the key {name} is missing, and what it sealed is still there; put it back")
            }
            Some(given) if row.retired_at.is_some() && given.state == KeyState::Active => {
                bail!("the key {name} is retired, and no newer one is given; give the newest keys")
            }
            _ => {}
        }
    }
    let is_new =
        |one: &&crate::seal::Standing| known.iter().all(|row| row.generation != one.generation);
    for new in standings.iter().filter(is_new) {
        store::insert_key(&db, new, now)
            .await
            .context("noting a new key")?;
        tracing::info!(
            which = new.generation.which.as_str(),
            number = new.generation.number,
            "a new master key"
        );
    }
    let retired: Vec<Generation> = known
        .iter()
        .filter(|row| row.retired_at.is_some())
        .map(|row| row.generation)
        .collect();
    let ring = Ring::new(&secrets, &retired, now);
    for one in ring.standings() {
        // Pass secrets run out by themselves; the database learns of it here.
        if one.state == KeyState::Retired && !retired.contains(&one.generation) {
            store::retire_key(&db, one.generation, now).await?;
        }
    }
    ensure!(
        !ring.pass_secrets().is_empty(),
        "there is no pass secret in force"
    );
    app.sealer.replace(ring);
    Ok(())
}

/// Says that nothing by this key is left; no node opens anything with it any more.
///
/// # Errors
/// When the database does not answer.
pub async fn retire(app: &App, generation: Generation) -> ApiResult<()> {
    let db = app.db.client().await?;
    store::retire_key(&db, generation, app.now()).await?;
    drop(db);
    let (which, number) = (generation.which.as_str(), generation.number);
    tracing::info!(
        which,
        number,
        "a master key is retired: nothing by it is left"
    );
    apply(app, &app.part::<Keeper>()).await?;
    Ok(())
}

/// How many values each sealed column holds by each key number: column, number, values.
///
/// # Errors
/// When the database does not answer.
pub async fn count_values(app: &App) -> ApiResult<Vec<(&'static str, u8, i64)>> {
    let db = app.db.client().await?;
    let mut all = Vec::new();
    for column in columns::COLUMNS {
        let counts = store::count_values(&db, column).await?;
        all.extend(
            counts
                .into_iter()
                .map(|(number, values)| (column.name, number, values)),
        );
    }
    Ok(all)
}
