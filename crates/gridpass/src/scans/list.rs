//! Single scans, of a gate or of a person, for the response team that follows one up.

use axum::Json;
use axum::extract::State;
use gridpass_rules::{Action, Direction};
use gridpass_types::Colour;
use gridpass_types::ids::GateId;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio_postgres::Row;
use utoipa::IntoParams;

use super::model::{PersonScan, RecordedScan, RecordedScans, Rung};
use super::store::{self, ListQuery};
use crate::access::ReadScans;
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Staff, authorise};
use crate::facts::Subject;
use crate::gates::GateView;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery, capped};

/// What is listed unless asked otherwise.
const SPAN_DEFAULT: SignedDuration = SignedDuration::from_hours(1);
/// The longest span of one question: a day, so that no question reads a whole month.
const SPAN_MAX: SignedDuration = SignedDuration::from_hours(24);
/// How far back one person's checks are shown: as far as the rules count contacts and stays.
const PERSON_SPAN: SignedDuration = SignedDuration::from_hours(14 * 24);
/// A gate's clock may be ahead of the server's; such a check is shown all the same.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// Which scans to list.
#[derive(Deserialize, IntoParams)]
pub struct ScansQuery {
    /// The gate.
    gate_id: i64,
    /// From this time on; an hour before `to` when absent.
    from: Option<Timestamp>,
    /// Up to this time, not included; now when absent. At most a day after `from`.
    to: Option<Timestamp>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Items wanted, 1 to 1000; 100 when absent.
    limit: Option<u32>,
}

/// Scans of a gate in the caller's jurisdiction, newest first.
#[utoipa::path(get, path = "/api/v1/scans", operation_id = "list_scans", tag = "scans",
    security(("staff" = [])), params(ScansQuery),
    responses((status = 200, body = RecordedScans), (status = 400, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
pub async fn list_scans(
    State(app): State<App>,
    staff: Staff<ReadScans>,
    extract::Query(query): extract::Query<ScansQuery>,
) -> ApiResult<Json<RecordedScans>> {
    let gate = authorise::<GateView>(&app, &staff.caller, query.gate_id).await?;
    let query = list_query(&query, gate.gate_id, app.now())?;
    let rows = store::list_scans(&*staff.tx(&app).await?, &query).await?;
    let items: Vec<RecordedScan> = rows.iter().filter_map(recorded).collect();
    audit::subjects(items.iter().map(|scan| scan.person_id));
    let full = i64::try_from(rows.len()).is_ok_and(|count| count >= query.limit);
    let next = items.last().filter(|_| full).map(place);
    Ok(Json(RecordedScans { items, next }))
}

fn list_query(query: &ScansQuery, gate_id: GateId, now: Timestamp) -> ApiResult<ListQuery> {
    let to = query.to.unwrap_or(now);
    let from = query.from.or_else(|| to.checked_sub(SPAN_DEFAULT).ok());
    let from = from.filter(|from| *from <= to && to.duration_since(*from) <= SPAN_MAX);
    let after = query.after.as_deref().map(read_place);
    Ok(ListQuery {
        gate_id,
        from: from.ok_or(Code::BadQuery)?,
        to,
        after: after
            .unwrap_or(Some((to, i64::MAX)))
            .ok_or(Code::BadQuery)?,
        limit: capped(query.limit),
    })
}

/// Where a page ends: `<milliseconds since 1970>-<person>`.
fn place(scan: &RecordedScan) -> String {
    format!("{}-{}", scan.at.as_millisecond(), scan.person_id)
}

fn read_place(text: &str) -> Option<(Timestamp, i64)> {
    let (at, person_id) = text.split_once('-')?;
    let at = Timestamp::from_millisecond(at.parse().ok()?).ok()?;
    Some((at, person_id.parse().ok()?))
}

/// A row as staff see it; the table's checks keep every code known.
fn recorded(row: &Row) -> Option<RecordedScan> {
    let shown: Option<i16> = row.get("shown_colour");
    Some(RecordedScan {
        person_id: row.get("person_id"),
        at: row.get("at"),
        received_at: row.get("received_at"),
        device_id: row.get("device_id"),
        direction: Direction::from_code(row.get("direction"))?,
        colour: Colour::from_code(row.get("colour"))?,
        action: Action::from_code(row.get("action"))?,
        rung: Rung::from_code(row.get("rung"))?,
        shown_colour: shown.and_then(Colour::from_code),
        rule: row.get("colour_rule"),
        gate_rule: row.get("gate_rule"),
    })
}

/// Checks of one person in the last 14 days at gates of the caller's jurisdiction, newest first.
/// `after` continues with older ones.
#[utoipa::path(get, path = "/api/v1/people/{person_id}/scans", operation_id = "list_person_scans", tag = "scans",
    security(("staff" = [])), params(("person_id" = i64, Path,), PageQuery),
    responses((status = 200, body = Page<PersonScan>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list_person_scans(
    State(app): State<App>,
    person: Authorised<Subject, ReadScans>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<PersonScan>>> {
    let (now, limit) = (app.now(), page.limit());
    let before = page
        .after
        .map_or(Ok(Timestamp::MAX), Timestamp::from_millisecond);
    let before = before.map_err(|_| Code::BadQuery)?.min(now + AHEAD);
    let span = (now - PERSON_SPAN, before);
    let db = person.tx(&app).await?;
    let rows = store::list_person_scans(&db, person.entity.person_id, span, limit).await?;
    let items: Vec<PersonScan> = rows.iter().filter_map(of_person).collect();
    Ok(Json(Page::new(items, limit, |scan| {
        scan.at.as_millisecond()
    })))
}

fn of_person(row: &Row) -> Option<PersonScan> {
    Some(PersonScan {
        at: row.get("at"),
        gate_id: row.get("gate_id"),
        gate_name: row.get("name"),
        direction: Direction::from_code(row.get("direction"))?,
        colour: Colour::from_code(row.get("colour"))?,
        action: Action::from_code(row.get("action"))?,
    })
}
