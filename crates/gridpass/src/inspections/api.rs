//! Beginning, listing and ending inspections.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::ids::InspectionId;
use jiff::SignedDuration;

use super::model::{Inspection, InspectionEnd, InspectionQuery};
use super::store::{self, NewInspection};
use crate::access::InspectGates;
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Staff};
use crate::gates::GateView;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};

/// An inspection that nobody ended does not keep others away for longer.
const OPEN_MAX: SignedDuration = SignedDuration::from_hours(12);

/// Begins an inspection of a gate: from now on a specimen scanned there counts for it. The gate is not
/// told before it ended.
#[utoipa::path(post, path = "/api/v1/gates/{gate_id}/inspections", operation_id = "create_inspection", tag = "gates",
    security(("staff" = [])), params(("gate_id" = i64, Path)),
    responses((status = 201, body = Inspection), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn create_inspection(
    State(app): State<App>,
    gate: Authorised<GateView, InspectGates>,
) -> ApiResult<(StatusCode, Json<Inspection>)> {
    let tx = gate.tx(&app).await?;
    let (by, now) = (gate.caller.staff_id, app.now());
    let gate_id = gate.entity.gate_id;
    store::end_forgotten(&tx, (gate_id, now - OPEN_MAX), (by, now)).await?;
    let new = NewInspection {
        inspection_id: InspectionId::new(app.ids.next()),
        gate_id,
        started_at: now,
        started_by: by,
    };
    if !store::insert_inspection(&tx, &new).await? {
        return Err(Code::InspectionOpen.into());
    }
    audit::object(format!("inspection/{}", new.inspection_id));
    let made = store::find_inspection(&tx, new.inspection_id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made.ok_or(Code::NotFound)?)))
}

/// Inspections under a prefix within the caller's jurisdiction, newest first, and whether a specimen
/// was scanned.
#[utoipa::path(get, path = "/api/v1/inspections", operation_id = "list_inspections", tag = "gates",
    security(("staff" = [])), params(InspectionQuery, PageQuery),
    responses((status = 200, body = Page<Inspection>), (status = 403, body = Problem)))]
pub async fn list_inspections(
    State(app): State<App>,
    staff: Staff<InspectGates>,
    extract::Query(query): extract::Query<InspectionQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<Inspection>>> {
    let limit = page.limit();
    let items = match staff.caller.narrow(query.prefix.as_deref()) {
        Some(prefix) => {
            let db = staff.tx(&app).await?;
            store::list_inspections(&db, &prefix, page.after(), limit).await?
        }
        None => Vec::new(),
    };
    Ok(Json(Page::new(items, limit, |one| one.inspection_id.get())))
}

/// Ends an inspection and says what the guard did; the gate sees it from now on. Said again the same,
/// it is answered as before.
#[utoipa::path(post, path = "/api/v1/inspections/{inspection_id}/close", operation_id = "close_inspection",
    tag = "gates", security(("staff" = [])), params(("inspection_id" = i64, Path)), request_body = InspectionEnd,
    responses((status = 200, body = Inspection), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn close_inspection(
    State(app): State<App>,
    inspection: Authorised<Inspection, InspectGates>,
    extract::Json(input): extract::Json<InspectionEnd>,
) -> ApiResult<Json<Inspection>> {
    let tx = inspection.tx(&app).await?;
    let (by, before) = (inspection.caller.staff_id, inspection.entity);
    audit::object(format!("inspection/{}", before.inspection_id));
    let id = before.inspection_id;
    if !store::close_inspection(&tx, (id, input.result), (by, app.now())).await? {
        return match before.result {
            Some(result) if result == input.result => Ok(Json(before)),
            _ => Err(Code::InspectionClosed.into()),
        };
    }
    let ended = store::find_inspection(&tx, id).await?;
    tx.commit().await?;
    Ok(Json(ended.ok_or(Code::NotFound)?))
}
