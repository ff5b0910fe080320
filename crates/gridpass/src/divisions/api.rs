//! The tree: import and look-ups.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use gridpass_types::division::{DivisionCode, Level};
use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{self, DivisionRow, DivisionView, ImportReport};
use super::store;
use crate::access::{ManageDivisions, ReadDirectory};
use crate::app::App;
use crate::auth::Staff;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract::{self, Body};
use crate::http::page::capped;

/// Divisions one import may bring: a province has some 30,000 communities.
const DIVISIONS_MAX: i64 = 100_000;

/// Imports the tree from CSV (`code,name,level,parent`): whole or not at all.
#[utoipa::path(post, path = "/api/v1/divisions/import", operation_id = "import_divisions", tag = "divisions",
    security(("staff" = [])), request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportReport), (status = 422, body = Problem)))]
pub async fn import_divisions(
    State(app): State<App>,
    _staff: Staff<ManageDivisions>,
    body: Body,
) -> ApiResult<Json<ImportReport>> {
    let rows = model::read_some_rows::<DivisionRow>(&body.0)?;
    let tx = app.db.tx().await?;
    let known = store::list_divisions(&tx, "", None, "", DIVISIONS_MAX).await?;
    let known: BTreeMap<_, _> = known
        .into_iter()
        .map(|view| (view.code.clone(), view))
        .collect();
    let tree = model::check_tree(rows, &known)?;
    let changed: Vec<&DivisionView> = tree
        .iter()
        .filter(|view| known.get(&view.code) != Some(*view))
        .collect();
    let created = changed
        .iter()
        .filter(|view| !known.contains_key(&view.code))
        .count() as u64;
    store::upsert_divisions(&tx, &changed, app.now()).await?;
    tx.commit().await?;
    let updated = changed.len() as u64 - created;
    Ok(Json(ImportReport {
        created,
        updated,
        unchanged: tree.len() as u64 - created - updated,
    }))
}

/// Which divisions to list.
#[derive(Deserialize, IntoParams)]
pub struct DivisionQuery {
    /// Code prefix; everything when absent.
    prefix: Option<String>,
    /// One level only.
    level: Option<Level>,
    /// Continue after this code.
    after: Option<String>,
    /// Items wanted, 1 to 1000.
    limit: Option<u32>,
}

/// Divisions under a prefix, in order of code. The tree is public knowledge, so
/// everybody signed in sees all of it.
#[utoipa::path(get, path = "/api/v1/divisions", operation_id = "list_divisions", tag = "divisions",
    security(("staff" = [])), params(DivisionQuery), responses((status = 200, body = Vec<DivisionView>)))]
pub async fn list_divisions(
    State(app): State<App>,
    _staff: Staff<ReadDirectory>,
    extract::Query(query): extract::Query<DivisionQuery>,
) -> ApiResult<Json<Vec<DivisionView>>> {
    let db = app.db.client().await?;
    let prefix = query.prefix.as_deref().unwrap_or("");
    let after = query.after.as_deref().unwrap_or("");
    Ok(Json(
        store::list_divisions(&db, prefix, query.level, after, capped(query.limit)).await?,
    ))
}

/// One division.
#[utoipa::path(get, path = "/api/v1/divisions/{code}", operation_id = "get_division", tag = "divisions",
    security(("staff" = [])), params(("code" = String, Path)),
    responses((status = 200, body = DivisionView), (status = 404, body = Problem)))]
pub async fn get_division(
    State(app): State<App>,
    _staff: Staff<ReadDirectory>,
    extract::Path(code): extract::Path<String>,
) -> ApiResult<Json<DivisionView>> {
    let code = DivisionCode::parse(&code).map_err(|_| Code::NotFound)?;
    let found = store::find_division(&app.db.client().await?, code.as_str()).await?;
    found.map(Json).ok_or_else(|| Code::NotFound.into())
}
