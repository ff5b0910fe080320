//! Reading versions, and writing drafts.

pub mod life;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gridpass_rules::RuleSet;
use gridpass_types::ids::RuleSetVersion;

use super::model::{
    CheckedView, NewRuleSet, NoteQuery, RuleSetEdit, RuleSetView, RuleTablesView, TablesInput,
    TablesReport, WorkbookView, table_problem,
};
use super::store::drafts;
use super::trial::{CaseInput, CaseView};
use super::{approve, draft, views};
use crate::access::{ManageRules, ReadRules};
use crate::app::App;
use crate::auth::Staff;
use crate::catalogue;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};

const CSV: &str = "text/csv; charset=utf-8";
const XML: &str = "application/xml; charset=utf-8";
const JSON_LINES: &str = "application/x-ndjson";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Versions in order, drafts too, with where each stands.
#[utoipa::path(get, path = "/api/v1/rule-sets", operation_id = "list_rule_sets", tag = "rules",
    security(("staff" = [])), params(PageQuery),
    responses((status = 200, body = Page<RuleSetView>), (status = 403, body = Problem)))]
pub async fn list_rule_sets(
    State(app): State<App>,
    _staff: Staff<ReadRules>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<RuleSetView>>> {
    let limit = page.limit();
    let after = i32::try_from(page.after()).map_err(|_| ApiError::new(Code::BadQuery))?;
    let items = views::list(&app.db.client().await?, after, limit).await?;
    Ok(Json(Page::new(items, limit, |item| {
        i64::from(item.version.get())
    })))
}

/// Begins a version from two CSV tables. It decides nothing until it was checked, back-tested,
/// approved by somebody else and given a place and a time.
#[utoipa::path(post, path = "/api/v1/rule-sets", operation_id = "create_rule_set", tag = "rules",
    security(("staff" = [])), request_body = NewRuleSet,
    responses((status = 201, body = RuleSetView), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn create_rule_set(
    State(app): State<App>,
    staff: Staff<ManageRules>,
    extract::Json(input): extract::Json<NewRuleSet>,
) -> ApiResult<(StatusCode, Json<RuleSetView>)> {
    let version = draft::begin(&app, &staff.caller, input).await?;
    let view = views::get(&app.db.client().await?, version.get()).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Begins a version from a workbook with the sheets `colour` and `gate`; its cases are those of
/// the version in force.
#[utoipa::path(post, path = "/api/v1/rule-sets/import", operation_id = "import_rule_set", tag = "rules",
    security(("staff" = [])), params(NoteQuery),
    request_body(content = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    responses((status = 201, body = RuleSetView), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn import_rule_set(
    State(app): State<App>,
    staff: Staff<ManageRules>,
    extract::Query(query): extract::Query<NoteQuery>,
    body: extract::Body,
) -> ApiResult<(StatusCode, Json<RuleSetView>)> {
    let note = query.note.as_deref().unwrap_or("XLSX");
    let rules = read_workbook(&app, body.0.to_vec()).await?;
    let begun = draft::begin_from_workbook(&app, &staff.caller, (&rules, note)).await?;
    let view = views::get(&app.db.client().await?, begun.get()).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Unpacking a workbook takes a while; it must not hold up other requests.
async fn read_workbook(app: &App, bytes: Vec<u8>) -> ApiResult<RuleSet> {
    let catalogue = catalogue::approved(&app.db.client().await?).await?;
    let read = move || RuleSet::from_xlsx(RuleSetVersion::new(0), &bytes, &catalogue);
    let rules = tokio::task::spawn_blocking(read).await;
    let rules = rules.map_err(ApiError::internal)?;
    rules.map_err(|errors| table_problem(&errors))
}

/// A workbook as tables, for a draft that is being edited. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/rule-tables/read-workbook", operation_id = "read_rule_workbook", tag = "rules",
    security(("staff" = [])),
    request_body(content = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    responses((status = 200, body = WorkbookView), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn read_rule_workbook(
    State(app): State<App>,
    _staff: Staff<ManageRules>,
    body: extract::Body,
) -> ApiResult<Json<WorkbookView>> {
    let rules = read_workbook(&app, body.0.to_vec()).await?;
    let (colour_csv, gate_csv) = super::csv(&rules)?;
    Ok(Json(WorkbookView {
        colour_csv,
        gate_csv,
    }))
}

/// What is wrong with tables, cell by cell, and which cases fail. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/rule-tables/check", operation_id = "check_rule_tables", tag = "rules",
    security(("staff" = [])), request_body = TablesInput,
    responses((status = 200, body = TablesReport), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn check_rule_tables(
    State(app): State<App>,
    _staff: Staff<ReadRules>,
    extract::Json(input): extract::Json<TablesInput>,
) -> ApiResult<Json<TablesReport>> {
    let catalogue = catalogue::approved(&app.db.client().await?).await?;
    Ok(Json(draft::report(&input, &catalogue)))
}

/// A version with its content; `3.xlsx` gives version 3 as a workbook, `3.json` as it was
/// approved, signed.
#[utoipa::path(get, path = "/api/v1/rule-sets/{version}", operation_id = "get_rule_set", tag = "rules",
    security(("staff" = [])), params(("version" = String, Path, description = "number, number.xlsx or number.json")),
    responses((status = 200, body = RuleTablesView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn get_rule_set(
    State(app): State<App>,
    staff: Staff<ReadRules>,
    extract::Path(name): extract::Path<String>,
) -> ApiResult<Response> {
    let (number, ending) = name.split_once('.').unwrap_or((&name, ""));
    let version: i32 = number.parse().map_err(|_| Code::RuleSetUnknown)?;
    let db = app.db.client().await?;
    match ending {
        "" => {
            let view = views::get_tables(&db, version, &staff.caller).await?;
            Ok(Json::<RuleTablesView>(view).into_response())
        }
        "xlsx" => {
            let draft = drafts::find_draft(&db, version).await?;
            let draft = draft.ok_or(Code::RuleSetUnknown)?;
            let file = super::compile(&draft.tables, &catalogue::approved(&db).await?)?.to_xlsx();
            Ok(download(XLSX, &format!("rules-{version}.xlsx"), file))
        }
        "json" => {
            let signed = approve::find_signed(&db, &app, version).await?;
            let file = serde_json::to_vec_pretty(&signed).map_err(ApiError::internal)?;
            let name = format!("rules-{version}.json");
            Ok(download("application/json", &name, file))
        }
        _ => Err(Code::NotFound.into()),
    }
}

/// One part of a version: `colour.csv`, `gate.csv` or `cases.jsonl`.
#[utoipa::path(get, path = "/api/v1/rule-sets/{version}/{table}", operation_id = "get_rule_table", tag = "rules",
    security(("staff" = [])),
    params(("version" = i32, Path,), ("table" = String, Path, description = "colour.csv, gate.csv or cases.jsonl")),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_rule_table(
    State(app): State<App>,
    _staff: Staff<ReadRules>,
    extract::Path((version, table)): extract::Path<(i32, String)>,
) -> ApiResult<Response> {
    let draft = drafts::find_draft(&app.db.client().await?, version).await?;
    let tables = draft.ok_or(Code::RuleSetUnknown)?.tables;
    let (kind, text) = match table.as_str() {
        "colour.csv" => (CSV, tables.colour_csv),
        "gate.csv" => (CSV, tables.gate_csv),
        "cases.jsonl" => (JSON_LINES, tables.cases),
        _ => return Err(Code::NotFound.into()),
    };
    let file = format!("rules-{version}-{table}");
    Ok(download(kind, &file, text.into_bytes()))
}

/// A version as a DMN 1.3 model with two decision tables of hit policy FIRST.
#[utoipa::path(get, path = "/api/v1/rule-sets/{version}/dmn", operation_id = "get_rule_dmn", tag = "rules",
    security(("staff" = [])), params(("version" = i32, Path,)),
    responses((status = 200, body = String, content_type = "application/xml"), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
pub async fn get_rule_dmn(
    State(app): State<App>,
    _staff: Staff<ReadRules>,
    extract::Path(version): extract::Path<i32>,
) -> ApiResult<Response> {
    let rules = super::load(&app.db.client().await?, version).await?;
    let model = rules.ok_or(Code::RuleSetUnknown)?.to_dmn();
    let file = format!("rules-{version}.dmn");
    Ok(download(XML, &file, model.into_bytes()))
}

fn download(content_type: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, bytes).into_response()
}

/// Overwrites a draft. Other tables or cases take it back to the beginning of its life; a
/// revision that is not the newest is 409.
#[utoipa::path(put, path = "/api/v1/rule-sets/{version}", operation_id = "update_rule_set", tag = "rules",
    security(("staff" = [])), params(("version" = i32, Path,)), request_body = RuleSetEdit,
    responses((status = 200, body = RuleSetView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn update_rule_set(
    State(app): State<App>,
    staff: Staff<ManageRules>,
    extract::Path(version): extract::Path<i32>,
    extract::Json(input): extract::Json<RuleSetEdit>,
) -> ApiResult<Json<RuleSetView>> {
    draft::edit(&app, &staff.caller, version, &input).await?;
    Ok(Json(views::get(&app.db.client().await?, version).await?))
}

/// Runs a draft's cases. If all pass it is checked, until somebody edits it.
#[utoipa::path(post, path = "/api/v1/rule-sets/{version}/check", operation_id = "check_rule_set", tag = "rules",
    security(("staff" = [])), params(("version" = i32, Path,)),
    responses((status = 200, body = CheckedView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn check_rule_set(
    State(app): State<App>,
    staff: Staff<ManageRules>,
    extract::Path(version): extract::Path<i32>,
) -> ApiResult<Json<CheckedView>> {
    let cases = draft::check(&app, &staff.caller, version).await?;
    let view = views::get(&app.db.client().await?, version).await?;
    Ok(Json(CheckedView { view, cases }))
}

/// Tries a case on a version: what it would decide and why. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/rule-sets/{version}/evaluate", operation_id = "evaluate_case", tag = "rules",
    security(("staff" = [])), params(("version" = i32, Path,)), request_body = CaseInput,
    responses((status = 200, body = CaseView), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn evaluate_case(
    State(app): State<App>,
    _staff: Staff<ReadRules>,
    extract::Path(version): extract::Path<i32>,
    extract::Json(case): extract::Json<CaseInput>,
) -> ApiResult<Json<CaseView>> {
    let rules = super::load(&app.db.client().await?, version).await?;
    let rules = rules.ok_or(Code::RuleSetUnknown)?;
    Ok(Json(case.run(&rules)?))
}
