//! Lifting the masks, and looking at who did.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::ids::BreakGlassId;

use super::model::{Glass, GlassInput, GlassQuery, LIFE};
use super::store;
use crate::access::{BreakGlass, ReviewBreakGlass};
use crate::app::{App, LiveEvent};
use crate::audit;
use crate::auth::{Authorised, Caller, Staff, authorise};
use crate::db::Client;
use crate::events;
use crate::facts::Subject;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::seal::Field;

/// Lifts the masks of one person for half an hour, for the caller alone. The supervisors of
/// the place are told in the same transaction.
#[utoipa::path(post, path = "/api/v1/break-glass", operation_id = "open_break_glass", tag = "break_glass",
    security(("staff" = [])), request_body = GlassInput,
    responses((status = 201, body = Glass), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem)))]
pub async fn open_break_glass(
    State(app): State<App>,
    staff: Staff<BreakGlass>,
    extract::Json(input): extract::Json<GlassInput>,
) -> ApiResult<(StatusCode, Json<Glass>)> {
    let note = input.note()?;
    let person = authorise::<Subject>(&app, &staff.caller, input.person_id).await?;
    let glass = new(&app, &staff.caller, person, &input);
    let (field, id) = (Field::GlassNote, glass.glass_id.get());
    let sealed = app.sealer.seal(field, id, note.as_bytes(), &app.entropy);
    let tx = staff.caller.tx_on(&app, &glass).await?;
    store::insert_glass(&tx, &glass, &sealed).await?;
    tell(&tx, &glass, "open").await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(glass)))
}

fn new(app: &App, caller: &Caller, person: Subject, input: &GlassInput) -> Glass {
    let now = app.now();
    Glass {
        person_id: person.person_id,
        glass_id: BreakGlassId::new(app.ids.next()),
        place_code: person.place_code,
        opened_by: caller.staff_id,
        opened_by_name: None,
        reason: input.reason,
        note: None,
        opened_at: now,
        expires_at: now + LIFE,
        reviewed_at: None,
        reviewed_by: None,
    }
}

/// Tells open pages of supervisors.
async fn tell(tx: &Client, glass: &Glass, status: &str) -> ApiResult<()> {
    let body = serde_json::json!({ "glass_id": glass.glass_id, "status": status });
    let event = LiveEvent {
        topic: events::BREAK_GLASS,
        place_code: glass.place_code.clone(),
        body: body.to_string().into(),
    };
    Ok(events::notify(tx, &event).await?)
}

/// Accesses in the caller's jurisdiction with their reasons, oldest first.
#[utoipa::path(get, path = "/api/v1/break-glass", operation_id = "list_break_glass", tag = "break_glass",
    security(("staff" = [])), params(GlassQuery, PageQuery),
    responses((status = 200, body = Page<Glass>), (status = 403, body = Problem)))]
pub async fn list_break_glass(
    State(app): State<App>,
    staff: Staff<ReviewBreakGlass>,
    extract::Query(query): extract::Query<GlassQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<Glass>>> {
    let limit = page.limit();
    let db = staff.tx(&app).await?;
    let which = (staff.caller.jurisdiction.as_str(), query.reviewed);
    let rows = store::list_glass(&db, which, page.after(), limit).await?;
    audit::subjects(rows.iter().map(|(glass, _)| glass.person_id));
    let mut items = Vec::with_capacity(rows.len());
    for (mut glass, sealed) in rows {
        let id = glass.glass_id.get();
        glass.note = Some(app.sealer.open_text(Field::GlassNote, id, &sealed)?);
        items.push(glass);
    }
    Ok(Json(Page::new(items, limit, |item| item.glass_id.get())))
}

/// Says that a supervisor has looked at an access; nobody reviews their own.
#[utoipa::path(post, path = "/api/v1/break-glass/{person_id}/{glass_id}/review", operation_id = "review_break_glass",
    tag = "break_glass", security(("staff" = [])), params(("person_id" = i64, Path,), ("glass_id" = i64, Path,)),
    responses((status = 200, body = Glass), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn review_break_glass(
    State(app): State<App>,
    glass: Authorised<Glass, ReviewBreakGlass>,
) -> ApiResult<Json<Glass>> {
    let (by, id) = (glass.caller.staff_id, glass.entity.glass_id.get());
    if glass.entity.opened_by == by {
        return Err(Code::NotAllowed.into());
    }
    let tx = glass.tx(&app).await?;
    let reviewed = store::review_glass(&tx, &glass.entity, by, app.now()).await?;
    // A repeated call of whoever reviewed it is answered alike.
    if !reviewed && glass.entity.reviewed_by != Some(by) {
        return Err(Code::Conflict.into());
    }
    tell(&tx, &glass.entity, "reviewed").await?;
    let changed = store::find_glass(&tx, glass.entity.person_id.get(), id).await?;
    tx.commit().await?;
    changed.map(Json).ok_or_else(|| Code::NotFound.into())
}
