//! Employers from a file: whole or not at all, and again without doubling.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use gridpass_types::ids::EnclosureId;
use serde::Deserialize;

use super::model::{EmployerInput, NewEmployer, enclosure_unknown, place_unknown};
use super::store;
use crate::access::ManageEmployers;
use crate::app::App;
use crate::auth::{Caller, Staff};
use crate::db::Client;
use crate::directory;
use crate::divisions::{self, Enclosures, Faults, ImportReport, read_some_rows};
use crate::http::error::{ApiResult, FieldError, Problem};
use crate::http::extract::Body;

/// A row of an employer file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmployerRow {
    name: String,
    credit_code: String,
    kind: String,
    place_code: String,
    #[serde(default)]
    enclosure_id: Option<i64>,
}

/// Imports employers from CSV (`name,credit_code,kind,place_code[,enclosure_id]`), by credit
/// code: whole or not at all.
#[utoipa::path(post, path = "/api/v1/employers/import", operation_id = "import_employers", tag = "employers",
    security(("staff" = [])), request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportReport), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn import_employers(
    State(app): State<App>,
    staff: Staff<ManageEmployers>,
    body: Body,
) -> ApiResult<Json<ImportReport>> {
    let rows = read_some_rows::<EmployerRow>(&body.0)?;
    let tx = app.db.tx().await?;
    let rows = check_rows(&tx, &app, &staff.caller, rows).await?;
    let ids: Vec<i64> = rows.iter().map(|_| app.ids.next()).collect();
    let done = store::upsert_employers(&tx, &rows, &ids, app.now()).await?;
    directory::bump(&tx).await?;
    tx.commit().await?;
    Ok(Json(ImportReport {
        created: done.created,
        updated: done.updated,
        unchanged: rows.len() as u64 - done.created - done.updated,
    }))
}

async fn check_rows(
    db: &Client,
    app: &App,
    caller: &Caller,
    rows: Vec<EmployerRow>,
) -> ApiResult<Vec<NewEmployer>> {
    let mut faults = Faults::default();
    let tell = |faults: &mut Faults, index: usize, wrong: &FieldError| {
        let (en, zh) = (&wrong.message, &wrong.message_zh);
        faults.add((index, &wrong.field), &wrong.code, (en, zh));
    };
    let mut checked = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        let input = EmployerInput {
            name: row.name,
            credit_code: row.credit_code,
            kind: row.kind,
            place_code: row.place_code,
            enclosure_id: row.enclosure_id.map(EnclosureId::new),
        };
        match input.check() {
            Ok(new) => checked.push((index, new)),
            Err(wrong) => wrong
                .iter()
                .for_each(|field| tell(&mut faults, index, field)),
        }
    }
    let codes: Vec<&str> = checked
        .iter()
        .map(|(_, new)| new.division.as_str())
        .collect();
    let known: HashSet<String> = divisions::list_known(db, &codes)
        .await?
        .into_iter()
        .collect();
    let enclosures = app.part::<Enclosures>().current(db).await?;
    let mut seen = HashSet::new();
    for (index, new) in &checked {
        let place = new.division.as_str();
        if !known.contains(place) || !caller.covers(place) {
            tell(&mut faults, *index, &place_unknown());
        }
        let enclosure = new.enclosure_id.map(|id| enclosures.get(&id));
        if enclosure
            .is_some_and(|found| !found.is_some_and(|view| caller.covers(&view.community_code)))
        {
            tell(&mut faults, *index, &enclosure_unknown());
        }
        if !seen.insert(new.credit_code.as_str()) {
            faults.add(
                (*index, "credit_code"),
                "code_twice",
                ("the code stands twice", "统一社会信用代码重复"),
            );
        }
    }
    faults.done(checked.into_iter().map(|(_, new)| new).collect())
}
