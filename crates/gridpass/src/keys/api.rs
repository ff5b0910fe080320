//! What the security administrator sees of the keys: never a key.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store;
use crate::access::ReadMasterKeys;
use crate::app::App;
use crate::auth::Staff;
use crate::http::error::{ApiResult, Problem};
use crate::seal::{KeyState, Which};

/// One generation of a master key.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct MasterKeyView {
    /// What it is for.
    pub which: Which,
    /// Its number, 1 to 255; sealed values carry it.
    pub number: u8,
    /// Where it stands.
    pub state: KeyState,
    /// From when it is written with.
    pub active_from: Timestamp,
    /// When it was found that nothing by it is left.
    pub retired_at: Option<Timestamp>,
    /// Names the key without telling it: 16 hexadecimal digits.
    pub fingerprint: String,
}

/// How far a column has come to the newest key.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct KeyWorkView {
    /// The column, or `person digests`.
    pub target: String,
    /// The generation that is taken into use.
    pub number: i16,
    /// Values brought to it.
    pub moved: i64,
    /// Values that did not open when they were met.
    pub failed: i64,
    /// Whether nothing by an older key was left at the end of the last walk.
    pub finished: bool,
    /// When this last changed.
    pub changed_at: Option<Timestamp>,
}

/// The master keys and the work on them.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct MasterKeysView {
    /// Every generation this node has, by kind and number.
    pub keys: Vec<MasterKeyView>,
    /// The last work on each column.
    pub work: Vec<KeyWorkView>,
}

/// The master keys, where each stands, and how far a change of one has come. No key is ever
/// shown.
#[utoipa::path(get, path = "/api/v1/master-keys", operation_id = "get_master_keys", tag = "operations",
    security(("staff" = [])),
    responses((status = 200, body = MasterKeysView), (status = 403, body = Problem)))]
pub async fn get_master_keys(
    State(app): State<App>,
    _staff: Staff<ReadMasterKeys>,
) -> ApiResult<Json<MasterKeysView>> {
    Ok(Json(view(&app).await?))
}

/// The keys as this node has them, and the work as the database has it.
pub(crate) async fn view(app: &App) -> ApiResult<MasterKeysView> {
    let db = app.db.client().await?;
    let rows = store::list_keys(&db).await?;
    let work = store::list_progress(&db).await?;
    let retired_at = |generation| {
        let mut rows = rows.iter();
        rows.find(|row| row.generation == generation)
            .and_then(|row| row.retired_at)
    };
    let keys = app.sealer.with_ring(|ring| {
        let standings = ring.standings().iter();
        standings
            .map(|one| MasterKeyView {
                which: one.generation.which,
                number: one.generation.number,
                state: one.state,
                active_from: one.active_from,
                retired_at: retired_at(one.generation),
                fingerprint: one
                    .fingerprint
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect(),
            })
            .collect()
    });
    let work = work.into_iter().map(|(target, progress)| KeyWorkView {
        target,
        number: progress.number,
        moved: progress.moved,
        failed: progress.failed,
        finished: progress.finished,
        changed_at: progress.changed_at,
    });
    Ok(MasterKeysView {
        keys,
        work: work.collect(),
    })
}
