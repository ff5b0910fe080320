//! Handlers of imports.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use gridpass_rules::FactBody;
use gridpass_rules::words::RegistryStatus;
use gridpass_types::ids::RegistryImportId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::chunk::{Target, Writer};
use super::directory::Directory;
use super::hold::{self, Breaker};
use super::import::{Incoming, run};
use super::model::{ImportRelease, ImportRowView, ImportView, RowOutcome};
use super::store;
use crate::access::{ImportRegistry, ReadImports, ReleaseImports};
use crate::app::App;
use crate::audit;
use crate::auth::{Caller, Staff};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};

/// What to import.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ImportQuery {
    /// The registry's name, 1 to 40 characters; facts carry it as their source.
    pub source: String,
    /// Whether unknown people are entered; false when absent.
    #[serde(default)]
    pub create: bool,
    /// The held import that this file is and that was released; each once.
    pub released: Option<i64>,
}

/// Streams a registry in. Known people are compared, unknown ones entered if asked; the same
/// file again changes nothing. What would flip too many colours of a community, or is ten times
/// its usual size, is held from there on.
#[utoipa::path(post, path = "/api/v1/registry-imports", operation_id = "import_registry", tag = "registry",
    security(("staff" = [])), params(ImportQuery), request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportView), (status = 403, body = Problem), (status = 415, body = Problem),
              (status = 422, body = Problem)))]
pub async fn import_registry(
    State(app): State<App>,
    staff: Staff<ImportRegistry>,
    extract::Query(query): extract::Query<ImportQuery>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Json<ImportView>> {
    check_request(&app, &query, &headers)?;
    let opened = Incoming::open(body).await?;
    let target = Target {
        import_id: RegistryImportId::new(app.ids.next()),
        source: query.source,
        creates_people: query.create,
    };
    audit::object(format!("registry_import/{}", target.import_id));
    let writer = begin(&app, &staff.caller, (&target, query.released)).await?;
    if let Some(held) = run(&app, &target, writer, opened).await? {
        hold::note(&app, target.import_id, &held).await?;
    }
    let db = app.db.client().await?;
    store::finish_import(&db, target.import_id, app.now()).await?;
    let found = store::find_import(&db, target.import_id.get()).await?;
    found.map(Json).ok_or_else(|| Code::NotFound.into())
}

/// Notes that an import begins, and what it is written with.
async fn begin(
    app: &App,
    caller: &Caller,
    (target, released): (&Target, Option<i64>),
) -> ApiResult<Writer> {
    let tx = app.db.tx().await?;
    if let Some(held) = released
        && !store::is_released(&tx, held, &target.source).await?
    {
        return Err(Code::ImportNotReleased.into());
    }
    let writer = Writer {
        directory: Directory::load(&tx, app, caller).await?,
        breaker: Breaker::new(&tx, &target.source, released.is_some()).await?,
    };
    let what = (target.source.as_str(), target.creates_people, released);
    store::insert_import(&tx, target.import_id, what, caller.staff_id, app.now()).await?;
    tx.commit().await?;
    Ok(writer)
}

fn check_request(app: &App, query: &ImportQuery, headers: &HeaderMap) -> ApiResult<()> {
    let csv = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/csv"));
    if !csv {
        return Err(ApiError::new(Code::UnsupportedMediaType).detail("send text/csv"));
    }
    let fact = FactBody::Registry {
        status: RegistryStatus::Matched,
        registry_source: query.source.clone(),
    };
    fact.validate(app.now()).map_err(|error| {
        let (en, zh) = (error.message_en(), error.message_zh());
        ApiError::fields(vec![FieldError::new("source", error.code(), en, zh)])
    })
}

/// Imports, oldest first, with why some wait.
#[utoipa::path(get, path = "/api/v1/registry-imports", operation_id = "list_registry_imports", tag = "registry",
    security(("staff" = [])), params(PageQuery),
    responses((status = 200, body = Page<ImportView>), (status = 403, body = Problem)))]
pub async fn list_registry_imports(
    State(app): State<App>,
    staff: Staff<ReadImports>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<ImportView>>> {
    let limit = page.limit();
    let db = staff.tx(&app).await?;
    let items = store::list_imports(&db, page.after(), limit).await?;
    Ok(Json(Page::new(items, limit, |item| item.import_id.get())))
}

/// Lets a held file be sent again, without limits and once; never by whoever sent it.
#[utoipa::path(post, path = "/api/v1/registry-imports/{import_id}/release", operation_id = "release_registry_import",
    tag = "registry", security(("staff" = [])), params(("import_id" = i64, Path,)), request_body = ImportRelease,
    responses((status = 200, body = ImportView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn release_registry_import(
    State(app): State<App>,
    staff: Staff<ReleaseImports>,
    extract::Path(import_id): extract::Path<i64>,
    extract::Json(input): extract::Json<ImportRelease>,
) -> ApiResult<Json<ImportView>> {
    input.validate()?;
    let tx = app.db.tx().await?;
    let sent_by = store::lock_held(&tx, import_id).await?;
    let sent_by = sent_by.ok_or(Code::NotFound)?;
    if sent_by == staff.caller.staff_id {
        return Err(Code::ImportSameAccount.into());
    }
    let by = (staff.caller.staff_id, input.note.trim());
    store::release_import(&tx, import_id, by, app.now()).await?;
    audit::object(format!("registry_import/{import_id}"));
    tx.commit().await?;
    let found = store::find_import(&*staff.tx(&app).await?, import_id).await?;
    found.map(Json).ok_or_else(|| Code::NotFound.into())
}

/// An import with its counts so far.
#[utoipa::path(get, path = "/api/v1/registry-imports/{import_id}", operation_id = "get_registry_import",
    tag = "registry", security(("staff" = [])), params(("import_id" = i64, Path,)),
    responses((status = 200, body = ImportView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_registry_import(
    State(app): State<App>,
    staff: Staff<ReadImports>,
    extract::Path(import_id): extract::Path<i64>,
) -> ApiResult<Json<ImportView>> {
    let found = store::find_import(&*staff.tx(&app).await?, import_id).await?;
    found.map(Json).ok_or_else(|| Code::NotFound.into())
}

/// Which rows to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct OutcomeQuery {
    /// `conflict`, `missed` or `rejected`; all when absent.
    pub outcome: Option<RowOutcome>,
}

/// Rows of an import that need somebody's eye, in order of the file; `after` is a row number.
#[utoipa::path(get, path = "/api/v1/registry-imports/{import_id}/rows", operation_id = "list_registry_import_rows",
    tag = "registry", security(("staff" = [])), params(("import_id" = i64, Path,), OutcomeQuery, PageQuery),
    responses((status = 200, body = Page<ImportRowView>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list_registry_import_rows(
    State(app): State<App>,
    staff: Staff<ImportRegistry>,
    extract::Path(import_id): extract::Path<i64>,
    extract::Query(query): extract::Query<OutcomeQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<ImportRowView>>> {
    let db = staff.tx(&app).await?;
    if store::find_import(&db, import_id).await?.is_none() {
        return Err(Code::NotFound.into());
    }
    let limit = page.limit();
    let items = store::list_rows(&db, import_id, query.outcome, page.after(), limit).await?;
    audit::subjects(items.iter().filter_map(|row| row.person_id));
    Ok(Json(Page::new(items, limit, |item| item.row_number)))
}
