//! Who is under observation today, and whose check is not there.

use axum::Json;
use axum::extract::State;
use gridpass_types::clock::district_date;

use super::model::{
    DayPart, ObservedPage, ObservedPerson, ObservedQuery, Slot, SlotState, SlotView, day_number,
};
use super::store::{self, ObservedRow, SlotRow};
use crate::access::WorkObservation;
use crate::app::App;
use crate::audit;
use crate::auth::Staff;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::masking::{self, Shown, Viewer};

/// People under observation today under a prefix within the caller's jurisdiction, with this
/// day's two checks, and how many people and households they are.
#[utoipa::path(get, path = "/api/v1/observation", operation_id = "list_observed", tag = "observation",
    security(("staff" = [])), params(ObservedQuery, PageQuery),
    responses((status = 200, body = ObservedPage), (status = 403, body = Problem)))]
pub async fn list_observed(
    State(app): State<App>,
    staff: Staff<WorkObservation>,
    extract::Query(query): extract::Query<ObservedQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<ObservedPage>> {
    let found = find(&app, &staff, (&query, &page)).await?;
    audit::subjects(found.items.iter().map(|item| item.person_id));
    Ok(Json(found))
}

/// The page that a caller asks for.
async fn find(
    app: &App,
    staff: &Staff<WorkObservation>,
    (query, page): (&ObservedQuery, &PageQuery),
) -> ApiResult<ObservedPage> {
    let (limit, now) = (page.limit(), app.now());
    let (day, asked) = (district_date(now), Slot::asked_at(now));
    let checked = Slot::day_at(now);
    let mut rows = Vec::new();
    let mut counts = store::Counts::default();
    if let Some(prefix) = staff.caller.narrow(query.prefix.as_deref()) {
        let db = staff.tx(app).await?;
        let which = store::Which {
            prefix: &prefix,
            day,
            checked,
            asked,
            missing: query.missing.unwrap_or(false),
            now,
        };
        rows = store::list_observed(&db, &which, (page.after(), limit)).await?;
        counts = store::count_observed(&db, &which).await?;
    }
    let viewer = Viewer::Staff(staff.caller.role);
    let items: ApiResult<Vec<ObservedPerson>> =
        rows.into_iter().map(|row| view(app, viewer, row)).collect();
    let Page { items, next } = Page::new(items?, limit, |item| item.order_id.get());
    Ok(ObservedPage {
        items,
        next,
        persons: counts.persons,
        households: counts.households,
        missing: counts.missing,
        day: checked,
        part: asked.map(|slot| slot.part),
    })
}

fn view(app: &App, viewer: Viewer, row: ObservedRow) -> ApiResult<ObservedPerson> {
    let now = app.now();
    let person_id = row.person_id.get();
    let seen = |shown, sealed: Option<&[u8]>| {
        masking::show(&app.sealer, viewer, shown, (person_id, sealed))
    };
    let since = row.created_at;
    let slot = |part, found: SlotRow| {
        let slot = Slot {
            day: Slot::day_at(now),
            part,
        };
        SlotView {
            state: SlotState::of(slot, found.temperature.is_some(), (since, now)),
            due_at: slot.due_at(),
            temperature: found.temperature,
            symptoms: found.symptoms,
        }
    };
    Ok(ObservedPerson {
        person_id: row.person_id,
        order_id: row.order_id,
        name: seen(Shown::Name, row.name_sealed.as_deref())?,
        address: seen(Shown::Address, row.address_sealed.as_deref())?,
        enclosure_name: row.enclosure_name,
        household_id: row.household_id,
        place_code: row.place_code,
        place: row.place,
        start: row.start,
        end: row.end,
        day_number: day_number(row.start, now),
        morning: slot(DayPart::Morning, row.morning),
        evening: slot(DayPart::Evening, row.evening),
        needs_open: row.needs_open,
        door_open_until: row.door_open_until,
    })
}
