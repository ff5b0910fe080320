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

use super::chunk::Target;
use super::directory::Directory;
use super::import::{Incoming, run};
use super::model::{ImportRowView, ImportView, RowOutcome};
use super::store;
use crate::access::ImportRegistry;
use crate::app::App;
use crate::audit;
use crate::auth::Staff;
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
}

/// Streams a registry in. Known people are compared, unknown ones entered if asked; the same
/// file again changes nothing.
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
    let tx = app.db.tx().await?;
    let directory = Directory::load(&tx, &app, &staff.caller).await?;
    let what = (target.source.as_str(), target.creates_people);
    let by = staff.caller.staff_id;
    store::insert_import(&tx, target.import_id, what, by, app.now()).await?;
    tx.commit().await?;
    run(&app, &target, directory, opened).await?;
    let db = app.db.client().await?;
    store::finish_import(&db, target.import_id, app.now()).await?;
    let found = store::find_import(&db, target.import_id.get()).await?;
    found.map(Json).ok_or_else(|| Code::NotFound.into())
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

/// An import with its counts so far.
#[utoipa::path(get, path = "/api/v1/registry-imports/{import_id}", operation_id = "get_registry_import",
    tag = "registry", security(("staff" = [])), params(("import_id" = i64, Path,)),
    responses((status = 200, body = ImportView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_registry_import(
    State(app): State<App>,
    staff: Staff<ImportRegistry>,
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
