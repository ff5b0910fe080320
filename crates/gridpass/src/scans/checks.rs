//! The check on the spot that a yellow pass asks for, and what it leads to.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gridpass_rules::FactBody;
use gridpass_rules::words::{Certainty, Check, Risk};
use gridpass_types::clock::district_date;
use gridpass_types::ids::{GateId, PersonId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answers;
use super::cards::latest_scan;
use super::decide::TOPIC_COMMUNITY;
use super::model::{ScanKey, scan_time};
use super::store::checks as store;
use super::with_facts::SOURCE_GATE;
use crate::app::App;
use crate::areas;
use crate::audit;
use crate::db::Client;
use crate::facts::{self, Appended, ColourDecision, DecisionView, NewFact, decision_view};
use crate::gates::{self, Device};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;
use crate::jobs::outbox::{self, NewFollowUp};

/// Characters of the cities at most, and of the host's door.
const SHORT_CHARS_MAX: usize = 40;
/// A telephone has at least as many digits.
const NUMBER_DIGITS_MIN: usize = 7;

/// What was done so long ago is told later.
const TOLD_LATER: SignedDuration = SignedDuration::from_mins(1);

/// Stays of one travel card at most.
const STAYS_MAX: usize = 4;

/// Kind of the alert about somebody a guard holds.
const HELD: &str = "held_at_gate";
/// Cause of the visit about a stay that only the person or a travel card says.
const CAUSE_STAY: &str = "epidemic_area_declared";
/// Within which a grid worker asks about a stay that a travel card showed.
const STAY_VISIT_HOURS: u16 = 24;

/// What the operators' travel card on the traveller's own phone shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TravelHistory {
    /// No city in an epidemic area.
    None,
    /// At least one.
    Hit,
}

/// A check on the spot, resolved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GateCheckInput {
    /// Whom; somebody scanned at this gate within ten minutes before.
    pub person_id: PersonId,
    /// When; a gate whose network went meanwhile tells it later, up to seven days.
    pub at: Timestamp,
    /// Whether the person may go in.
    pub passed: bool,
    /// What the travel card shows; absent where it was not asked for.
    #[serde(default)]
    pub travel_history: Option<TravelHistory>,
    /// The cities it names, 1 to 40 characters; with a hit, and only then.
    #[serde(default)]
    pub travel_cities: Option<String>,
    /// The room or office of whoever was asked and agreed, 1 to 40 characters and no number of a
    /// phone; where a visitor's check asks for it, and only then.
    #[serde(default)]
    pub host: Option<String>,
}

impl GateCheckInput {
    /// The source of the fact. It keeps what was asked and answered and no more: the travel card,
    /// `none` or a hit and the cities, and at whose door a host agreed.
    ///
    /// # Errors
    /// 422 with the field.
    fn source(&self) -> ApiResult<String> {
        let card = match (self.travel_history, trimmed(self.travel_cities.as_deref())) {
            (None, None) => String::new(),
            (Some(TravelHistory::None), None) => "; travel card: none".to_owned(),
            (Some(TravelHistory::Hit), Some(cities)) if is_short_text(cities) => {
                format!("; travel card: hit {cities}")
            }
            _ => return Err(refused(CITIES_REFUSED)),
        };
        let consent = match trimmed(self.host.as_deref()) {
            None => String::new(),
            Some(host) if is_short_text(host) && !has_number(host) => {
                format!("; host consents: {host}")
            }
            Some(_) => return Err(refused(HOST_REFUSED)),
        };
        Ok(format!("{SOURCE_GATE}{card}{consent}"))
    }

    /// Nobody is let in to a host whom nobody asked.
    ///
    /// # Errors
    /// 422 with the field.
    fn check_host(&self, asked: &[Check]) -> ApiResult<()> {
        let needed = self.passed && asked.contains(&Check::HostConsent);
        if needed && trimmed(self.host.as_deref()).is_none() {
            return Err(refused(HOST_NEEDED));
        }
        Ok(())
    }
}

/// Field, code and words of a refusal.
type Refusal = [&'static str; 4];
const CITIES_REFUSED: Refusal = [
    "travel_cities",
    "travel_cities_invalid",
    "a hit names its cities, in 1 to 40 characters; nothing else does",
    "命中时须填写城市（1 至 40 个字符），其他情况不填",
];
const HOST_REFUSED: Refusal = [
    "host",
    "host_invalid",
    "a room or an office, in 1 to 40 characters; no number of a phone or a document",
    "请填写房号或部门（1 至 40 个字符），不要填电话或证件号码",
];
const HOST_NEEDED: Refusal = [
    "host",
    "host_needed",
    "a visitor goes in when a host agrees; name the room or office that was asked",
    "访客须经住户同意方可进入，请填写同意的房号或部门",
];

fn refused([field, code, en, zh]: Refusal) -> ApiError {
    ApiError::fields(vec![FieldError::new(field, code, en, zh)])
}

/// A text without what stands around it; a blank one says nothing.
fn trimmed(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// Whether a text holds as many digits in a row as a telephone has, however they are spaced or wide:
/// a third person's number is not kept in anybody's evidence.
fn has_number(text: &str) -> bool {
    let spaces = |c: char| c == '-' || c.is_whitespace();
    text.split(|c: char| !c.is_numeric() && !spaces(c))
        .any(|run| run.chars().filter(|c| c.is_numeric()).count() >= NUMBER_DIGITS_MIN)
}

impl GateCheckInput {
    /// The stays that a travel card with a hit shows: declared, one in each city it names, until the
    /// day before, since the card is a day late. What the guard wrote may be no city of the list; it is
    /// a stay all the same. Where the gate stands is no journey.
    fn stays(&self, at: Timestamp, district: &str) -> Vec<FactBody> {
        let hit = self.travel_history == Some(TravelHistory::Hit);
        let (true, Ok(until)) = (hit, district_date(at).yesterday()) else {
            return Vec::new();
        };
        let mut named = areas::named_in(self.travel_cities.as_deref().unwrap_or_default());
        named.retain(|area| !district.starts_with(area));
        named.truncate(STAYS_MAX);
        if named.is_empty() {
            named.push(areas::ELSEWHERE);
        }
        let stay = |area: &str| FactBody::Stay {
            area: area.to_owned(),
            risk: Risk::High,
            until,
            certainty: Certainty::Declared,
        };
        named.into_iter().map(stay).collect()
    }

    /// The check, and the stays that the travel card shows.
    fn facts(&self, device: &Device, at: Timestamp, district: &str) -> ApiResult<Found> {
        let source = self.source()?;
        let fact = |body| NewFact {
            body,
            source: source.clone(),
            recorded_by: Some(device.device_id.get()),
            grounds: None,
        };
        let passed = self.passed;
        Ok(Found {
            check: fact(FactBody::GateCheck { at, passed }),
            stays: self.stays(at, district).into_iter().map(fact).collect(),
        })
    }

    /// Who is told: of somebody held the community and the team, of a hit whoever calls at the
    /// door.
    fn follow_ups(
        &self,
        (gate_id, at): (GateId, Timestamp),
        decision: &ColourDecision,
        now: Timestamp,
    ) -> Vec<NewFollowUp> {
        let mut asked = Vec::new();
        if self.travel_history == Some(TravelHistory::Hit) {
            let cause = (CAUSE_STAY, STAY_VISIT_HOURS);
            let visit = facts::visit_needed(self.person_id, cause, Some(gate_id.get()), now);
            let dedupe_key = format!("{}|{gate_id}", visit.dedupe_key);
            asked.push(NewFollowUp {
                dedupe_key,
                ..visit
            });
        }
        if !self.passed {
            asked.push(NewFollowUp {
                person_id: self.person_id,
                topic: TOPIC_COMMUNITY,
                // One that waits at this gate is not raised again: see the handler of alerts.
                dedupe_key: format!("{HELD}|{gate_id}|{}", at.as_second()),
                payload: serde_json::json!({ "kind": HELD, "reason": decision.reason,
                    "gate_id": gate_id, "at": at }),
            });
        }
        asked
    }
}

fn is_short_text(text: &str) -> bool {
    (1..=SHORT_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// What a check found.
struct Found {
    check: NewFact,
    stays: Vec<NewFact>,
}

/// Records the check, and each stay that the travel card shows unless it may not count: what an
/// appeal found wrong stays so, and no guard's tap makes anybody red. Told again, nothing is new.
async fn record(
    tx: &Client,
    app: &App,
    person_id: PersonId,
    found: Option<Found>,
) -> ApiResult<Appended> {
    let Some(Found { check, stays }) = found else {
        return facts::append(tx, app, person_id, &[]).await;
    };
    let mut appended = facts::append(tx, app, person_id, &[check]).await?;
    for stay in stays {
        // Both refusals come before anything is written.
        match facts::append(tx, app, person_id, &[stay]).await {
            Ok(more) => appended = more,
            Err(error) if matches!(error.code(), Code::ResolvedOnAppeal | Code::RedNeedsTwo) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(appended)
}

/// Without a guard on duty nobody is decided about: what a guard did earlier is told, and no more.
///
/// # Errors
/// [`Code::ShiftNeeded`] for a check of now, or of a time when nobody was on duty.
async fn check_told_later(app: &App, device: &Device, at: Timestamp) -> ApiResult<()> {
    let db = app.db.client().await?;
    let earlier = at <= app.now() - TOLD_LATER;
    if earlier && gates::was_on_duty(&db, device.device_id, at).await? {
        return Ok(());
    }
    Err(Code::ShiftNeeded.into())
}

/// What the guard was to ask after a scan.
async fn asked_of(app: &App, scanned: &ScanKey) -> ApiResult<Vec<Check>> {
    let db = app.db.client().await?;
    let answer = answers::recall_one(app, &db, scanned).await?;
    Ok(answer.map(|answer| answer.checks).unwrap_or_default())
}

/// Stores a check and what follows from it; told again, it is the same one and nothing more follows.
async fn store_once(
    app: &App,
    device: &Device,
    (input, at): (&GateCheckInput, Timestamp),
    found: Found,
) -> ApiResult<Appended> {
    let now = app.now();
    let tx = app.db.tx().await?;
    let row = store::CheckRow {
        key: (input.person_id, at, device.gate_id),
        device_id: device.device_id,
        passed: input.passed,
        travel_history: input.travel_history.map(|found| found as i16),
    };
    let is_new = store::insert_gate_check(&tx, &row, now).await?;
    let found = is_new.then_some(found);
    let appended = record(&tx, app, input.person_id, found).await?;
    if is_new {
        let asked = input.follow_ups((device.gate_id, at), &appended.decision, now);
        outbox::insert(&tx, &asked, now).await?;
    }
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(appended)
}

/// Records a check on the spot as evidence; the answer says what follows for the person. Somebody
/// held is told to the community and the response team; a travel card that names an area becomes
/// a declared stay there, and a grid worker asks about it within a day. A visitor whose check asks for
/// a host's consent goes in only when the host is named. With the device's own token
/// a check is only told later, a minute at least, and nothing is answered about the person.
#[utoipa::path(post, path = "/api/v1/gate-checks", operation_id = "create_gate_check", tag = "scans",
    security(("device" = []), ("shift" = [])), request_body = GateCheckInput,
    responses((status = 201, body = DecisionView), (status = 204, description = "told later"), (status = 401, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn create_gate_check(
    State(app): State<App>,
    device: Device,
    extract::Json(input): extract::Json<GateCheckInput>,
) -> ApiResult<Response> {
    let at = scan_time(input.at, app.now())?;
    let found = input.facts(&device, at, &app.settings.district)?;
    audit::subject(input.person_id);
    let told_later = device.shift_id.is_none();
    if told_later {
        check_told_later(&app, &device, at).await?;
    }
    let scanned = latest_scan(&app, &device, input.person_id, at).await?;
    if !told_later {
        input.check_host(&asked_of(&app, &scanned).await?)?;
    }
    let appended = store_once(&app, &device, (&input, at), found).await?;
    if told_later {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let view = decision_view(&appended.decision, app.now(), appended.row.valid_until);
    Ok((StatusCode::CREATED, Json(view)).into_response())
}
