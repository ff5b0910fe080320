//! Keeps the key ring fresh: notices keys of other nodes, and makes a new key in time.

use std::time::Duration;

use super::keys::Keys;
use crate::app::App;
use crate::jobs::Loop;

/// How often keys made by other nodes are looked for. Shorter than the ten minutes in
/// which a rotated key stays in force.
const REFRESH: Duration = Duration::from_secs(60);

/// Background work.
pub fn loops() -> Vec<Loop> {
    vec![Loop {
        name: "pass keys",
        period: REFRESH,
        round: |app| Box::pin(refresh(app)),
    }]
}

async fn refresh(app: App) -> anyhow::Result<bool> {
    let keys = app.part::<Keys>();
    let told = |error| anyhow::anyhow!("refreshing the pass keys: {error:?}");
    let db = app.db.client().await?;
    keys.reload(&app, &db).await.map_err(told)?;
    drop(db);
    if keys.renewal_is_due(app.sealer.signing_suite(), app.now()) {
        keys.rotate(&app).await.map_err(told)?;
    }
    Ok(false)
}
