//! Stops: all open visits of a household in one, with everybody who lives there, so that a phone
//! that keeps them can work without network. Who has said on a phone that they live behind the same
//! door is at the same stop; that makes nobody of its household.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use gridpass_rules::Colour;
use gridpass_rules::words::Residence;
use gridpass_types::clock::{district_date, start_of_day};
use gridpass_types::ids::{EnclosureId, PersonId, StaffId, VisitId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{VisitKind, purpose};
use super::store::stops::{self as rows, Member, OpenVisit, Wanted};
use crate::access::{Permission, ReadPeople, ReadVisits, Role};
use crate::app::App;
use crate::audit;
use crate::auth::{Caller, Staff};
use crate::db::Client;
use crate::facts::{self, StateRow};
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::masking::{self, Shown, Viewer};
use crate::people::Door;

/// Stops of a page unless asked otherwise, and at most.
const STOPS_MAX: u32 = 200;
/// People of a page at most; a household as large as a dormitory is cut there.
const PEOPLE_MAX: i64 = 4_000;

/// Which visits a lead looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Only {
    /// Past their time.
    Late,
    /// Nobody has them.
    Unassigned,
    /// Put before the lead.
    Escalated,
}

impl Only {
    /// Name as sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Unassigned => "unassigned",
            Self::Escalated => "escalated",
        }
    }
}

/// Which stops to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct StopQuery {
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
    /// The caller's own and those nobody has, instead of everybody's.
    #[serde(default)]
    pub mine: bool,
    /// Only those this member of staff has.
    pub assigned_to: Option<i64>,
    /// Only households with such a visit.
    #[param(inline)]
    pub only: Option<Only>,
    /// Only this stop, by its key.
    pub key: Option<i64>,
    /// Continue after this key.
    pub after: Option<i64>,
    /// Stops wanted, 1 to 200; 200 when absent.
    pub limit: Option<u32>,
}

/// A household with what is open there.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Stop {
    /// Number of the household or of the declared door, or of the person where neither is known.
    pub key: i64,
    /// Household, if one is known.
    pub household_id: Option<i64>,
    /// Leaf division whose grid worker goes.
    pub place_code: String,
    /// Enclosure.
    pub enclosure_id: Option<EnclosureId>,
    /// Its name.
    pub enclosure_name: Option<String>,
    /// The door, for whoever goes there.
    pub door: Option<Door>,
    /// Standard address code of the door, 25 digits, where one is known.
    pub address_code: Option<String>,
    /// Everybody known to live there, the oldest first.
    pub people: Vec<StopPerson>,
}

/// Somebody at a stop.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct StopPerson {
    /// Identity.
    pub person_id: PersonId,
    /// Name, as far as the caller's role sees it.
    pub name: Option<String>,
    /// Number of the document, masked.
    pub document_number: Option<String>,
    /// Phone, masked.
    pub phone: Option<String>,
    /// Year of birth.
    pub birth_year: Option<i16>,
    /// 0 unknown, 1 male, 2 female.
    pub sex: Option<i16>,
    /// Whether there is a photo.
    pub has_photo: bool,
    /// Colour as last counted; a scan derives it anew.
    pub colour: Option<Colour>,
    /// How far the residence is known.
    pub residence: Option<Residence>,
    /// What a worker who sees this has seen; comes back with the call.
    pub seen: Seen,
    /// Open visits, the most urgent first.
    pub visits: Vec<StopVisit>,
    /// When somebody called last.
    pub last_called_at: Option<Timestamp>,
    /// What came of it.
    pub last_outcome: Option<String>,
}

/// Versions of the fields that a call may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Last fact about the residence.
    #[serde(default)]
    pub residence: Option<i64>,
    /// When the address was corrected last.
    #[serde(default)]
    pub address: Option<Timestamp>,
}

/// An open visit at a stop.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct StopVisit {
    /// Identity.
    pub visit_id: VisitId,
    /// Reason code.
    pub cause: String,
    /// What it is for.
    pub kind: VisitKind,
    /// By when.
    pub due_at: Timestamp,
    /// Who goes.
    pub assigned_to: Option<StaffId>,
    /// How often nobody was there.
    pub tries: i16,
    /// Why it was not done the last time.
    pub try_reason: Option<String>,
    /// When the worker tries again.
    pub next_try_at: Option<Timestamp>,
    /// When it was put before the lead.
    pub escalated_at: Option<Timestamp>,
}

/// Stops, with how far the caller has come today.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct StopPage {
    /// The stops, in order of key.
    pub items: Vec<Stop>,
    /// Pass as `after` for the next page; absent on the last.
    pub next: Option<i64>,
    /// Doors where the caller asked somebody today.
    pub done_today: i64,
    /// Doors the caller tried in vain today.
    pub tried_today: i64,
    /// When this was read.
    pub as_of: Timestamp,
}

/// Open visits household by household. The phone sorts them by building, floor and room: these
/// are sealed, so the database cannot.
#[utoipa::path(get, path = "/api/v1/stops", operation_id = "list_stops", tag = "visits",
    security(("staff" = [])), params(StopQuery),
    responses((status = 200, body = StopPage), (status = 403, body = Problem)))]
pub async fn list_stops(
    State(app): State<App>,
    staff: Staff<ReadVisits>,
    extract::Query(query): extract::Query<StopQuery>,
) -> ApiResult<Json<StopPage>> {
    let now = app.now();
    let db = staff.tx(&app).await?;
    let me = staff.caller.staff_id;
    let limit = query.limit.unwrap_or(STOPS_MAX).clamp(1, STOPS_MAX);
    let keys = keys(&db, &staff.caller, (&query, limit), now).await?;
    let mut items = gather(&db, &app, staff.caller.role, &keys).await?;
    // A person and a household of the same number: the one without anything open is nobody's stop.
    items.retain(|stop| stop.people.iter().any(|one| !one.visits.is_empty()));
    let (done_today, tried_today) =
        rows::count_calls(&db, me, start_of_day(district_date(now))).await?;
    let full = keys.len() == limit as usize;
    Ok(Json(StopPage {
        items,
        next: keys.last().copied().filter(|_| full),
        done_today,
        tried_today,
        as_of: now,
    }))
}

async fn keys(
    db: &Client,
    caller: &Caller,
    (query, limit): (&StopQuery, u32),
    now: Timestamp,
) -> ApiResult<Vec<i64>> {
    let Some(prefix) = caller.narrow(query.prefix.as_deref()) else {
        return Ok(Vec::new());
    };
    let own = query.mine.then_some(caller.staff_id.get());
    let wanted = Wanted {
        prefix: &prefix,
        assigned_to: query.assigned_to.or(own),
        unassigned: query.mine,
        only: query.only,
        household: query.key,
        now,
    };
    let page = (query.after.unwrap_or(0), i64::from(limit));
    Ok(rows::list_keys(db, &wanted, page).await?)
}

/// Everybody and everything open behind these keys, also where nothing is.
pub(super) async fn gather(
    db: &Client,
    app: &App,
    role: Role,
    keys: &[i64],
) -> ApiResult<Vec<Stop>> {
    let mut members = rows::list_members(db, keys, PEOPLE_MAX).await?;
    // Not whose declared door does not count any more.
    members.retain(|member| keys.contains(&member.key().0));
    let people: Vec<PersonId> = members.iter().map(|member| member.person_id).collect();
    audit::subjects(people.iter().copied());
    let ids: Vec<i64> = people.iter().map(|id| id.get()).collect();
    let states = facts::read_states(db, &ids).await?;
    let states: BTreeMap<PersonId, StateRow> =
        states.into_iter().map(|row| (row.person_id, row)).collect();
    let mut visits: BTreeMap<PersonId, Vec<OpenVisit>> = BTreeMap::new();
    for visit in rows::list_open(db, &people).await? {
        visits.entry(visit.person_id).or_default().push(visit);
    }
    let mut stops: BTreeMap<(i64, bool), Stop> = BTreeMap::new();
    for member in members {
        let open = visits.remove(&member.person_id).unwrap_or_default();
        let state = states.get(&member.person_id);
        let key = member.key();
        let stop = stops.entry(key).or_insert_with(|| empty(key.0));
        add(app, role, stop, (member, state, open))?;
    }
    Ok(stops.into_values().collect())
}

/// A stop of which nothing is known yet.
pub(super) fn empty(key: i64) -> Stop {
    Stop {
        key,
        household_id: None,
        place_code: String::new(),
        enclosure_id: None,
        enclosure_name: None,
        door: None,
        address_code: None,
        people: Vec::new(),
    }
}

/// Adds somebody; the first who knows the door says where the stop is.
fn add(
    app: &App,
    role: Role,
    stop: &mut Stop,
    (member, state, open): (Member, Option<&StateRow>, Vec<OpenVisit>),
) -> ApiResult<()> {
    let id = member.person_id.get();
    let viewer = Viewer::Staff(role);
    // Columns without a seal are shown or not as a whole.
    let whole = ReadPeople::ROLES.contains(&role);
    stop.household_id = stop.household_id.or(member.household_id);
    let seen =
        |shown, sealed: Option<&[u8]>| masking::show(&app.sealer, viewer, shown, (id, sealed));
    if stop.door.is_none() {
        let address = seen(Shown::Address, member.address_sealed.as_deref())?;
        stop.door = address.map(|address| Door::parse(&address));
    }
    if stop.address_code.is_none() {
        stop.address_code = seen(Shown::AddressCode, member.address_code_sealed.as_deref())?;
    }
    if let (None, Some((enclosure_id, name))) = (stop.enclosure_id, &member.enclosure) {
        stop.enclosure_id = Some(*enclosure_id);
        stop.enclosure_name = Some(name.clone());
    }
    let counts = state.map(|row| &row.place_code);
    let place_code = open.first().map(|visit| &visit.place_code).or(counts);
    if let Some(place_code) = place_code.filter(|_| stop.place_code.is_empty()) {
        stop.place_code.clone_from(place_code);
    }
    stop.people.push(StopPerson {
        person_id: member.person_id,
        name: seen(Shown::Name, Some(&member.name_sealed))?,
        document_number: seen(Shown::Number, Some(&member.number_sealed))?,
        phone: seen(Shown::Phone, member.phone_sealed.as_deref())?,
        birth_year: member.birth_year.filter(|_| whole),
        sex: member.sex.filter(|_| whole),
        has_photo: member.has_photo && whole,
        colour: state.filter(|_| whole).map(|row| row.colour),
        residence: state.filter(|_| whole).map(|row| row.state.residence),
        seen: Seen {
            residence: member.residence_fact,
            address: member.address_changed_at,
        },
        visits: open.into_iter().map(visit_view).collect(),
        last_called_at: member.last_call.as_ref().map(|(at, _)| *at),
        last_outcome: member.last_call.map(|(_, outcome)| outcome),
    });
    Ok(())
}

fn visit_view(visit: OpenVisit) -> StopVisit {
    StopVisit {
        visit_id: visit.visit_id,
        kind: purpose(&visit.cause).kind(),
        cause: visit.cause,
        due_at: visit.due_at,
        assigned_to: visit.assigned_to,
        tries: visit.tries,
        try_reason: visit.try_reason,
        next_try_at: visit.next_try_at,
        escalated_at: visit.escalated_at,
    }
}
