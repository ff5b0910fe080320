//! Look-ups that stand out, for the privacy officer.

use axum::Json;
use axum::extract::State;

use super::model::{Finding, FindingQuery, FindingStatus, ResolveInput};
use super::store;
use crate::access::ReviewLookups;
use crate::app::App;
use crate::auth::{Authorised, Staff};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::masking::{self, Viewer};
use crate::seal::Field;

/// Members of staff whose look-ups of a day stand out, newest first: leads to check, never a
/// penalty. `after` continues with older ones.
#[utoipa::path(get, path = "/api/v1/lookup-findings", operation_id = "list_lookup_findings", tag = "oversight",
    security(("staff" = [])), params(FindingQuery, PageQuery),
    responses((status = 200, body = Page<Finding>), (status = 403, body = Problem)))]
pub async fn list_lookup_findings(
    State(app): State<App>,
    staff: Staff<ReviewLookups>,
    extract::Query(query): extract::Query<FindingQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<Finding>>> {
    let limit = page.limit();
    let status = query.status.unwrap_or(FindingStatus::Open);
    let which = (staff.caller.jurisdiction.as_str(), status);
    let db = app.db.client().await?;
    let rows = store::list_findings(&db, which, page.after.unwrap_or(i64::MAX), limit).await?;
    let mut items = Vec::with_capacity(rows.len());
    let viewer = Viewer::Staff(staff.caller.role);
    let seen = masking::sees(viewer, "lookup_finding", "note_sealed");
    for (mut finding, sealed) in rows {
        if let Some(sealed) = sealed.filter(|_| seen) {
            let id = finding.finding_id;
            finding.note = Some(app.sealer.open_text(Field::FindingNote, id, &sealed)?);
        }
        items.push(finding);
    }
    Ok(Json(Page::new(items, limit, |item| item.finding_id)))
}

/// Decides on a finding: explained, or handed on. Nothing else follows from it here.
#[utoipa::path(post, path = "/api/v1/lookup-findings/{finding_id}/resolve", operation_id = "resolve_lookup_finding",
    tag = "oversight", security(("staff" = [])), params(("finding_id" = i64, Path)), request_body = ResolveInput,
    responses((status = 200, body = Finding), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn resolve_lookup_finding(
    State(app): State<App>,
    finding: Authorised<Finding, ReviewLookups>,
    extract::Json(input): extract::Json<ResolveInput>,
) -> ApiResult<Json<Finding>> {
    input.validate()?;
    let (by, id) = (finding.caller.staff_id, finding.entity.finding_id);
    let note = input.note.trim();
    let sealed = app
        .sealer
        .seal(Field::FindingNote, id, note.as_bytes(), &app.entropy);
    let tx = app.db.tx().await?;
    let decision = (input.status, &sealed[..]);
    if !store::resolve_finding(&tx, id, decision, (by, app.now())).await? {
        return Err(Code::Conflict.into());
    }
    let found = store::find_finding(&tx, id).await?;
    tx.commit().await?;
    let mut finding = found.ok_or(Code::NotFound)?;
    finding.note = Some(note.to_owned());
    Ok(Json(finding))
}
