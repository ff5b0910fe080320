//! Asking for a back-test and reading what it found.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_rules::RuleSet;
use gridpass_types::ids::RuleSetVersion;

use super::model::{Asked, BackTestView, BackTestsQuery, NewBackTest, check, read_digest};
use super::store::{self, Wanted};
use crate::access::{ReadRules, RunBackTests};
use crate::app::App;
use crate::auth::{Caller, Staff};
use crate::catalogue;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, capped};
use crate::rules;

/// Tries a rule set on the live people and on the scans of the last days. Nothing of either is
/// touched. The answer comes at once; read the back-test again until it is done.
#[utoipa::path(post, path = "/api/v1/back-tests", operation_id = "run_back_test", tag = "rules",
    security(("staff" = [])), request_body = NewBackTest,
    responses((status = 202, body = BackTestView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem)))]
pub async fn run_back_test(
    State(app): State<App>,
    staff: Staff<RunBackTests>,
    extract::Json(input): extract::Json<NewBackTest>,
) -> ApiResult<(StatusCode, Json<BackTestView>)> {
    let asked = read(&app, &staff.caller, input).await?;
    let tx = app.db.tx().await?;
    let id = app.ids.next();
    store::insert(&tx, id, &asked, (app.now(), staff.caller.staff_id)).await?;
    let view = store::find(&tx, id).await?.ok_or(Code::Internal)?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok((StatusCode::ACCEPTED, Json(view)))
}

async fn read(app: &App, caller: &Caller, input: NewBackTest) -> ApiResult<Asked> {
    let (scan_days, divisions) = check(&input, caller)?;
    let rules = match (input.version, &input.colour_csv, &input.gate_csv) {
        (Some(version), ..) => {
            let db = app.db.client().await?;
            rules::at_version(&db, app, version).await?
        }
        (None, Some(colour), Some(gate)) => {
            let catalogue = catalogue::approved(&app.db.client().await?).await?;
            let both = (colour.as_bytes(), gate.as_bytes());
            let read = RuleSet::from_csv_with(RuleSetVersion::new(0), both, &catalogue);
            Arc::new(read.map_err(|errors| rules::table_problem(&errors))?)
        }
        _ => return Err(Code::RuleSetUnknown.into()),
    };
    Ok(Asked {
        version: input.version.map(RuleSetVersion::new),
        rules,
        divisions,
        scan_days,
        assumptions: input.assumptions,
    })
}

/// Back-tests, the newest first, without their cards.
#[utoipa::path(get, path = "/api/v1/back-tests", operation_id = "list_back_tests", tag = "rules",
    security(("staff" = [])), params(BackTestsQuery),
    responses((status = 200, body = Page<BackTestView>), (status = 403, body = Problem)))]
pub async fn list_back_tests(
    State(app): State<App>,
    _staff: Staff<ReadRules>,
    extract::Query(query): extract::Query<BackTestsQuery>,
) -> ApiResult<Json<Page<BackTestView>>> {
    let limit = capped(query.limit);
    let digest = query.content_sha256.as_deref().map(read_digest);
    let wanted = Wanted {
        version: query.version,
        content_sha256: digest.transpose()?,
        before: query.after.unwrap_or(i64::MAX),
        limit,
    };
    let items = store::list(&app.db.client().await?, &wanted).await?;
    Ok(Json(Page::new(items, limit, |item| item.back_test_id)))
}

/// One back-test with its impact card. Small counts outside the caller's jurisdiction are not
/// shown.
#[utoipa::path(get, path = "/api/v1/back-tests/{back_test_id}", operation_id = "get_back_test", tag = "rules",
    security(("staff" = [])), params(("back_test_id" = i64, Path,)),
    responses((status = 200, body = BackTestView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_back_test(
    State(app): State<App>,
    staff: Staff<ReadRules>,
    extract::Path(back_test_id): extract::Path<i64>,
) -> ApiResult<Json<BackTestView>> {
    let found = store::find(&app.db.client().await?, back_test_id).await?;
    let mut view = found.ok_or(Code::NotFound)?;
    let card = view.card.take();
    view.card = card.map(|card| card.shown_to(&staff.caller, &view.divisions));
    Ok(Json(view))
}
