//! Entering, reading, trying and activating rule sets.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gridpass_rules::{RuleSet, State as PersonState, red};
use gridpass_types::ids::{RuleSetVersion, StaffId};

use super::model::{
    CaseInput, CaseView, NewRuleSet, NoteQuery, RuleSetView, RuleTablesView, check_note,
    table_problem,
};
use super::store;
use crate::access::{ManageRules, ReadRules};
use crate::app::App;
use crate::auth::Staff;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};

const CSV: &str = "text/csv; charset=utf-8";
const XML: &str = "application/xml; charset=utf-8";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Versions in order, with which one is in force.
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
    let items = store::list_rule_sets(&app.db.client().await?, after, limit).await?;
    Ok(Json(Page::new(items, limit, |item| {
        i64::from(item.version.get())
    })))
}

/// Enters a rule set from two CSV tables as the next version. It decides nothing until it
/// is activated.
#[utoipa::path(post, path = "/api/v1/rule-sets", operation_id = "create_rule_set", tag = "rules",
    security(("staff" = [])), request_body = NewRuleSet,
    responses((status = 201, body = RuleSetView), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn create_rule_set(
    State(app): State<App>,
    staff: Staff<ManageRules>,
    extract::Json(input): extract::Json<NewRuleSet>,
) -> ApiResult<(StatusCode, Json<RuleSetView>)> {
    check_note(&input.note)?;
    let (colour, gate) = (input.colour_csv.as_bytes(), input.gate_csv.as_bytes());
    let rules = RuleSet::from_csv(RuleSetVersion::new(0), colour, gate)
        .map_err(|errors| table_problem(&errors))?;
    enter(&app, rules, (&input.note, staff.caller.staff_id)).await
}

/// Enters a rule set from a workbook with the sheets `colour` and `gate`.
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
    check_note(note)?;
    // Unpacking a workbook takes a while; it must not hold up other requests.
    let read =
        tokio::task::spawn_blocking(move || RuleSet::from_xlsx(RuleSetVersion::new(0), &body.0));
    let rules = read.await.map_err(ApiError::internal)?;
    let rules = rules.map_err(|errors| table_problem(&errors))?;
    enter(&app, rules, (note, staff.caller.staff_id)).await
}

async fn enter(
    app: &App,
    rules: RuleSet,
    (note, by): (&str, StaffId),
) -> ApiResult<(StatusCode, Json<RuleSetView>)> {
    if let Some(state) = red::groundless(&rules) {
        return Err(groundless(&state));
    }
    let tx = app.db.tx().await?;
    let rules = super::insert_next(&tx, rules, (note, app.now(), Some(by))).await?;
    let view = find(&tx, rules.version.get()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Red follows from a closed list of reasons only, so no table may stop somebody without one.
fn groundless(state: &PersonState) -> ApiError {
    let situation = serde_json::to_string(state).unwrap_or_default();
    ApiError::new(Code::RuleGroundless).detail(format!("for example: {situation}"))
}

async fn find(db: &crate::db::Client, version: i32) -> ApiResult<RuleSetView> {
    let mut found = store::list_rule_sets(db, version - 1, 1).await?;
    found
        .pop()
        .filter(|view| view.version.get() == version)
        .ok_or_else(|| Code::RuleSetUnknown.into())
}

/// A version with its tables; `3.xlsx` gives version 3 as a workbook.
#[utoipa::path(get, path = "/api/v1/rule-sets/{version}", operation_id = "get_rule_set", tag = "rules",
    security(("staff" = [])), params(("version" = String, Path, description = "number, or number.xlsx")),
    responses((status = 200, body = RuleTablesView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_rule_set(
    State(app): State<App>,
    _staff: Staff<ReadRules>,
    extract::Path(name): extract::Path<String>,
) -> ApiResult<Response> {
    let (number, workbook) = match name.strip_suffix(".xlsx") {
        Some(number) => (number, true),
        None => (name.as_str(), false),
    };
    let version: i32 = number.parse().map_err(|_| Code::RuleSetUnknown)?;
    let db = app.db.client().await?;
    let tables = store::find_tables(&db, version).await?;
    let tables = tables.ok_or(Code::RuleSetUnknown)?;
    if workbook {
        let file = super::compile(&tables)?.to_xlsx();
        return Ok(download(XLSX, &format!("rules-{version}.xlsx"), file));
    }
    Ok(Json(RuleTablesView {
        version: tables.version,
        colour_csv: tables.colour_csv,
        gate_csv: tables.gate_csv,
    })
    .into_response())
}

/// One table of a version as CSV: `colour.csv` or `gate.csv`.
#[utoipa::path(get, path = "/api/v1/rule-sets/{version}/{table}", operation_id = "get_rule_table", tag = "rules",
    security(("staff" = [])),
    params(("version" = i32, Path,), ("table" = String, Path, description = "colour.csv or gate.csv")),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_rule_table(
    State(app): State<App>,
    _staff: Staff<ReadRules>,
    extract::Path((version, table)): extract::Path<(i32, String)>,
) -> ApiResult<Response> {
    let tables = store::find_tables(&app.db.client().await?, version).await?;
    let tables = tables.ok_or(Code::RuleSetUnknown)?;
    let csv = match table.as_str() {
        "colour.csv" => tables.colour_csv,
        "gate.csv" => tables.gate_csv,
        _ => return Err(Code::NotFound.into()),
    };
    let file = format!("rules-{version}-{table}");
    Ok(download(CSV, &file, csv.into_bytes()))
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

/// Puts a version into force: it decides from the next scan on, on every node. Activating
/// what is in force changes nothing.
#[utoipa::path(post, path = "/api/v1/rule-sets/{version}/activate", operation_id = "activate_rule_set", tag = "rules",
    security(("staff" = [])), params(("version" = i32, Path,)),
    responses((status = 200, body = RuleSetView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn activate_rule_set(
    State(app): State<App>,
    staff: Staff<ManageRules>,
    extract::Path(version): extract::Path<i32>,
) -> ApiResult<Json<RuleSetView>> {
    let tx = app.db.tx().await?;
    store::lock_rules(&tx).await?;
    let found = find(&tx, version).await?;
    if found.in_force {
        return Ok(Json(found));
    }
    let activation = (app.now(), Some(staff.caller.staff_id));
    store::insert_activation(&tx, app.ids.next(), found.version, activation).await?;
    let view = find(&tx, version).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(Json(view))
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
