//! What leads see and do: how much is open with whom, handing out many visits at once, and the
//! list of a worker who is absent.
//!
//! Visits of different people are changed in transactions of their own; a call that breaks off
//! is sent again and goes on from there, since giving a visit to who has it changes nothing.

use std::collections::{BTreeMap, HashSet};

use axum::Json;
use axum::extract::State;
use gridpass_types::clock::{district_date, start_of_day};
use gridpass_types::ids::{PersonId, StaffId, VisitId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Visit, VisitStatus};
use super::store::leads::{self as rows, HandedVisit, Load, Open};
use super::{api, handlers, store};
use crate::access::{AssignVisits, Permission, ReadVisits, WorkVisits};
use crate::app::App;
use crate::audit;
use crate::auth::{Caller, Staff, authorise};
use crate::db::Client;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;
use crate::staff;

/// Visits handed out in one call.
const VISITS_MAX: usize = 500;
/// Colleagues who share an absent worker's list.
const SHARE_MAX: usize = 20;
/// Leaf divisions of an overview.
const PLACES_MAX: i64 = 1_000;

/// Below which division.
#[derive(Debug, Deserialize, IntoParams)]
pub struct LoadQuery {
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
}

/// How much is open.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct OpenCount {
    /// Open.
    pub open: i64,
    /// Past their time.
    pub late: i64,
    /// Nobody has them.
    pub unassigned: i64,
    /// Put before the lead.
    pub escalated: i64,
}

/// How much is open at a leaf division.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PlaceLoad {
    /// Its code.
    pub place_code: String,
    /// How much.
    #[serde(flatten)]
    pub count: OpenCount,
}

/// What a worker has.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct WorkerLoad {
    /// Account.
    pub staff_id: StaffId,
    /// Name of the colleague.
    pub display_name: String,
    /// Where the worker may work, the widest grant.
    pub jurisdiction: String,
    /// Open visits.
    pub open: i64,
    /// Past their time.
    pub late: i64,
    /// People asked since the day began.
    pub done_today: i64,
    /// When the last call came in today; absent when none did.
    pub last_call_at: Option<Timestamp>,
}

/// Visits below a division: how many, where, and with whom.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct VisitOverview {
    /// All of them.
    pub total: OpenCount,
    /// By leaf division.
    pub places: Vec<PlaceLoad>,
    /// By worker.
    pub workers: Vec<WorkerLoad>,
    /// When this was read.
    pub as_of: Timestamp,
}

/// How much is open where and with whom.
#[utoipa::path(get, path = "/api/v1/visits/load", operation_id = "get_visit_load", tag = "visits",
    security(("staff" = [])), params(LoadQuery),
    responses((status = 200, body = VisitOverview), (status = 403, body = Problem)))]
pub async fn get_visit_load(
    State(app): State<App>,
    staff: Staff<ReadVisits>,
    extract::Query(query): extract::Query<LoadQuery>,
) -> ApiResult<Json<VisitOverview>> {
    let now = app.now();
    let view = match staff.caller.narrow(query.prefix.as_deref()) {
        Some(prefix) => {
            let db = staff.tx(&app).await?;
            overview(&db, &prefix, now).await?
        }
        None => nothing(now),
    };
    Ok(Json(view))
}

async fn overview(db: &Client, prefix: &str, now: Timestamp) -> ApiResult<VisitOverview> {
    let places = rows::count_by_place(db, (prefix, now), PLACES_MAX).await?;
    let loads = rows::count_by_worker(db, (prefix, now)).await?;
    let mut loads: BTreeMap<StaffId, Load> = loads.into_iter().collect();
    let today = start_of_day(district_date(now));
    for (staff_id, done, last) in rows::count_done(db, (prefix, today)).await? {
        let load = loads.entry(staff_id).or_default();
        load.done_today = done;
        load.last_call_at = Some(last);
    }
    let with_work: Vec<StaffId> = loads.keys().copied().collect();
    let who = (WorkVisits::ROLES, prefix);
    let workers = staff::list_who_may(db, who, &with_work, now).await?;
    let workers = workers
        .into_iter()
        .map(|worker| worker_view(&worker, loads.get(&worker.staff_id).copied()))
        .collect();
    Ok(VisitOverview {
        total: sum(places.iter().map(|(_, open)| open)),
        places: places.into_iter().map(place_view).collect(),
        workers,
        as_of: now,
    })
}

fn nothing(now: Timestamp) -> VisitOverview {
    VisitOverview {
        total: OpenCount::default(),
        places: Vec::new(),
        workers: Vec::new(),
        as_of: now,
    }
}

fn sum<'a>(counts: impl Iterator<Item = &'a Open>) -> OpenCount {
    counts.fold(OpenCount::default(), |total, one| OpenCount {
        open: total.open + one.open,
        late: total.late + one.late,
        unassigned: total.unassigned + one.unassigned,
        escalated: total.escalated + one.escalated,
    })
}

fn place_view((place_code, open): (String, Open)) -> PlaceLoad {
    PlaceLoad {
        place_code,
        count: sum([open].iter()),
    }
}

fn worker_view(worker: &staff::Worker, load: Option<Load>) -> WorkerLoad {
    let load = load.unwrap_or_default();
    WorkerLoad {
        staff_id: worker.staff_id,
        display_name: worker.display_name.clone(),
        jurisdiction: worker.jurisdiction.clone(),
        open: load.open,
        late: load.late,
        done_today: load.done_today,
        last_call_at: load.last_call_at,
    }
}

/// A visit by its two numbers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitRef {
    /// Whose.
    pub person_id: PersonId,
    /// Which.
    pub visit_id: VisitId,
}

/// Many visits for one worker.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignManyInput {
    /// A grid worker or community lead of their places.
    pub staff_id: i64,
    /// The visits, at most 500.
    pub visits: Vec<VisitRef>,
}

/// How many were given to somebody, and which were not.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AssignedView {
    /// Given to somebody.
    pub assigned: i64,
    /// Not: ended meanwhile, or not in reach of the caller or of the worker.
    pub left: Vec<VisitRef>,
}

/// Gives many visits to one worker. Which could not be given is answered.
#[utoipa::path(post, path = "/api/v1/visits/assign", operation_id = "assign_visits", tag = "visits",
    security(("staff" = [])), request_body = AssignManyInput,
    responses((status = 200, body = AssignedView), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn assign_visits(
    State(app): State<App>,
    staff: Staff<AssignVisits>,
    extract::Json(input): extract::Json<AssignManyInput>,
) -> ApiResult<Json<AssignedView>> {
    bounded("visits", input.visits.len(), VISITS_MAX)?;
    let to = StaffId::new(input.staff_id);
    audit::subjects(input.visits.iter().map(|visit| visit.person_id));
    let mut view = AssignedView {
        assigned: 0,
        left: Vec::new(),
    };
    // One that is named twice is given once.
    let mut named = HashSet::new();
    let mut visits = input.visits;
    visits.retain(|visit| named.insert((visit.person_id, visit.visit_id)));
    for visit in visits {
        match assign(&app, &staff.caller, visit, to).await? {
            true => view.assigned += 1,
            false => view.left.push(visit),
        }
    }
    Ok(Json(view))
}

/// The list of a worker who is absent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverListInput {
    /// Who is absent.
    pub from: i64,
    /// Who takes over, 1 to 20; households are dealt out in turn.
    pub to: Vec<i64>,
    /// Only below this division; the caller's jurisdiction when absent.
    #[serde(default)]
    pub prefix: Option<String>,
}

/// Hands the open visits of an absent worker to colleagues, whole households in turn. At most
/// 500 visits in one call; call again while some are left.
#[utoipa::path(post, path = "/api/v1/visits/hand-over", operation_id = "hand_over_visits", tag = "visits",
    security(("staff" = [])), request_body = HandOverListInput,
    responses((status = 200, body = AssignedView), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn hand_over_visits(
    State(app): State<App>,
    staff: Staff<AssignVisits>,
    extract::Json(input): extract::Json<HandOverListInput>,
) -> ApiResult<Json<AssignedView>> {
    let to = others(&input)?;
    let from = StaffId::new(input.from);
    let listed = match staff.caller.narrow(input.prefix.as_deref()) {
        Some(prefix) => {
            let db = staff.tx(&app).await?;
            rows::list_assigned(&db, (&prefix, from), VISITS_MAX as i64).await?
        }
        None => Vec::new(),
    };
    audit::subjects(listed.iter().map(|visit| visit.person_id));
    let mut view = AssignedView {
        assigned: 0,
        left: Vec::new(),
    };
    for (visit, to) in deal(&listed, &to) {
        match assign(&app, &staff.caller, visit, to).await? {
            true => view.assigned += 1,
            false => view.left.push(visit),
        }
    }
    Ok(Json(view))
}

/// Whoever takes over, each once: somebody else than the one who is absent.
fn others(input: &HandOverListInput) -> ApiResult<Vec<i64>> {
    bounded("to", input.to.len(), SHARE_MAX)?;
    let mut named = HashSet::from([input.from]);
    let mut to = input.to.clone();
    to.retain(|one| named.insert(*one));
    if !to.is_empty() {
        return Ok(to);
    }
    Err(ApiError::fields(vec![FieldError::new(
        "to",
        "same_worker",
        "somebody else has to take over",
        "应移交给其他人员",
    )]))
}

/// Deals households out in turn; what belongs together stays together.
fn deal(listed: &[HandedVisit], to: &[i64]) -> Vec<(VisitRef, StaffId)> {
    let mut dealt = Vec::with_capacity(listed.len());
    let (mut turn, mut last) = (0, None);
    for visit in listed {
        if last.is_some_and(|last| last != visit.key) {
            turn += 1;
        }
        last = Some(visit.key);
        let which = VisitRef {
            person_id: visit.person_id,
            visit_id: visit.visit_id,
        };
        dealt.push((which, StaffId::new(to[turn % to.len()])));
    }
    dealt
}

/// Gives one open visit to somebody who may work it; false when that is not possible.
async fn assign(app: &App, caller: &Caller, visit: VisitRef, to: StaffId) -> ApiResult<bool> {
    let id = (visit.person_id.get(), visit.visit_id.get());
    let found = match authorise::<Visit>(app, caller, id).await {
        Ok(found) => found,
        Err(error) if error.code().status().is_client_error() => return Ok(false),
        Err(error) => return Err(error),
    };
    if found.status != VisitStatus::Open {
        return Ok(false);
    }
    if found.assigned_to == Some(to) {
        return Ok(true);
    }
    let tx = caller.tx_on(app, &found).await?;
    if !api::fits(&tx, &found, to, app.now()).await? {
        return Ok(false);
    }
    if !store::assign_visit(&tx, &found, to).await? {
        return Ok(false);
    }
    handlers::tell(&tx, found.place_code, found.visit_id, "open").await?;
    tx.commit().await?;
    Ok(true)
}

fn bounded(field: &str, count: usize, count_max: usize) -> ApiResult<()> {
    if (1..=count_max).contains(&count) {
        return Ok(());
    }
    Err(ApiError::fields(vec![FieldError::new(
        field,
        "count_invalid",
        format!("1 to {count_max}"),
        format!("应为 1 至 {count_max} 个"),
    )]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn households_are_dealt_out_whole() {
        let visit = |key, id| HandedVisit {
            person_id: PersonId::new(id),
            visit_id: VisitId::new(id),
            place_code: String::new(),
            key,
        };
        let listed = [visit(1, 1), visit(1, 2), visit(2, 3), visit(3, 4)];
        let to: Vec<i64> = deal(&listed, &[7, 8])
            .iter()
            .map(|(_, staff_id)| staff_id.get())
            .collect();
        assert_eq!(to, [7, 7, 8, 7]);
    }
}
