//! Recording a check: the reading and the health fact that it is, in one transaction.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_rules::red::EvidenceKind;
use gridpass_types::clock::district_date;
use gridpass_types::ids::PersonId;

use super::model::{CheckView, DiaryView, NewCheck, Reading, RecordedCheck};
use super::store::{self, checks as rows};
use super::tell;
use crate::access::WorkObservation;
use crate::alerts::TOPIC_OBSERVATION;
use crate::app::App;
use crate::auth::{Authorised, Caller};
use crate::db::Client;
use crate::facts::{self, DecisionView, NewFact, Subject, decision_view};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::jobs::outbox::{self, NewFollowUp};
use crate::red;

/// Where facts of daily checks come from.
const SOURCE: &str = "daily_check";
/// Checks shown of a person at most: an order of four weeks and more.
pub(super) const DIARY_ROWS_MAX: i64 = 80;

/// Records temperature and symptoms of somebody under observation. The same instant sent again
/// is answered as before. A reading that would turn the pass red raises an alert and is proposed:
/// it counts once a person of another unit confirms.
#[utoipa::path(post, path = "/api/v1/people/{person_id}/daily-checks", operation_id = "record_check",
    tag = "observation", security(("staff" = [])), params(("person_id" = i64, Path,)), request_body = NewCheck,
    responses((status = 201, body = RecordedCheck), (status = 200, body = RecordedCheck), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn record_check(
    State(app): State<App>,
    person: Authorised<Subject, WorkObservation>,
    extract::Json(input): extract::Json<NewCheck>,
) -> ApiResult<(StatusCode, Json<RecordedCheck>)> {
    let reading = input.check(app.now())?;
    let tx = person.tx(&app).await?;
    let of = (person.entity.person_id, Some(&person.caller));
    let answer = record(&tx, &app, of, &reading).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(answer)
}

/// Checks of a person, newest first, and those that were missed.
#[utoipa::path(get, path = "/api/v1/people/{person_id}/daily-checks", operation_id = "get_diary", tag = "observation",
    security(("staff" = [])), params(("person_id" = i64, Path,)),
    responses((status = 200, body = DiaryView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_diary(
    State(app): State<App>,
    person: Authorised<Subject, WorkObservation>,
) -> ApiResult<Json<DiaryView>> {
    let db = person.tx(&app).await?;
    diary(&db, person.entity.person_id).await.map(Json)
}

/// A person's checks.
pub(super) async fn diary(db: &Client, person_id: PersonId) -> ApiResult<DiaryView> {
    Ok(DiaryView {
        checks: rows::list_checks(db, person_id, DIARY_ROWS_MAX).await?,
        missed: rows::list_missed(db, person_id, DIARY_ROWS_MAX).await?,
    })
}

/// Records a reading in the caller's transaction: of a member of staff, or of the person.
pub(super) async fn record(
    tx: &Client,
    app: &App,
    (person_id, caller): (PersonId, Option<&Caller>),
    reading: &Reading,
) -> ApiResult<(StatusCode, Json<RecordedCheck>)> {
    facts::lock_person(tx, person_id).await?;
    if let Some(known) = rows::find_check_at(tx, person_id, reading.at).await? {
        return again(tx, app, (person_id, known), reading).await;
    }
    // The day it was taken, although a night's reading counts for the evening before.
    let day = district_date(reading.at);
    let order = store::find_observing(tx, person_id, day).await?;
    let order = order.ok_or(Code::NotObserved)?;
    let (fact_id, decision) = evidence(tx, app, (person_id, caller), reading).await?;
    let alerted = fact_id.is_none();
    let check_id = app.ids.next();
    let by = caller.map(|caller| caller.staff_id);
    let row = rows::NewRow {
        person_id,
        check_id,
        order_id: order.order_id,
        reading,
        recorded_at: app.now(),
        recorded_by: by,
        fact_id,
    };
    rows::insert_check(tx, &row).await?;
    if alerted {
        alert(tx, app, (person_id, caller), (check_id, reading)).await?;
    }
    tell(tx, &order.place_code, ("check", check_id)).await?;
    let check = rows::find_check_at(tx, person_id, reading.at).await?;
    let check = check.ok_or(Code::NotFound)?;
    Ok((
        StatusCode::CREATED,
        Json(RecordedCheck {
            check,
            alerted,
            decision,
        }),
    ))
}

/// The same reading sent again; another one for the same instant is a mistake of somebody.
async fn again(
    tx: &Client,
    app: &App,
    (person_id, check): (PersonId, CheckView),
    reading: &Reading,
) -> ApiResult<(StatusCode, Json<RecordedCheck>)> {
    let sent = f64::from(reading.decicelsius) / 10.0;
    if (check.temperature - sent).abs() > 0.01 || check.symptoms != reading.symptoms {
        return Err(Code::CheckDiffers.into());
    }
    let alerted = check.fact_id.is_none();
    let decision = decision_now(tx, app, person_id).await?;
    Ok((
        StatusCode::OK,
        Json(RecordedCheck {
            check,
            alerted,
            decision,
        }),
    ))
}

async fn decision_now(tx: &Client, app: &App, person_id: PersonId) -> ApiResult<DecisionView> {
    let now = app.now();
    let replayed = facts::state_at(tx, app, person_id, now).await?;
    Ok(decision_view(&replayed.decision, now, replayed.valid_until))
}

/// The health fact of a reading; none when it would turn the pass red on one person's word.
async fn evidence(
    tx: &Client,
    app: &App,
    (person_id, caller): (PersonId, Option<&Caller>),
    reading: &Reading,
) -> ApiResult<(Option<gridpass_types::ids::FactId>, DecisionView)> {
    let body = reading.fact();
    facts::check_body(&body, app.now())?;
    if facts::leads_to_red(tx, app, &body).await? {
        return Ok((None, decision_now(tx, app, person_id).await?));
    }
    let fact = NewFact {
        body,
        source: SOURCE.to_owned(),
        recorded_by: caller.map(|caller| caller.staff_id.get()),
        grounds: None,
    };
    let appended = facts::append(tx, app, person_id, &[fact]).await?;
    let decision = decision_view(
        &appended.decision,
        appended.row.changed_at,
        appended.row.valid_until,
    );
    Ok((Some(appended.fact_ids[0]), decision))
}

/// Alerts the team at once, and proposes what staff measured. What the person reports takes a
/// doctor who looks: nobody is proposed on a report alone.
async fn alert(
    tx: &Client,
    app: &App,
    (person_id, caller): (PersonId, Option<&Caller>),
    (check_id, reading): (i64, &Reading),
) -> ApiResult<()> {
    let follow_up = NewFollowUp {
        person_id,
        topic: TOPIC_OBSERVATION,
        dedupe_key: check_id.to_string(),
        payload: serde_json::json!({ "kind": "fever_at_home", "reason": "fever", "at": reading.at }),
    };
    outbox::insert(tx, &[follow_up], app.now()).await?;
    let Some(caller) = caller else {
        return Ok(());
    };
    let found = red::Found {
        person_id,
        fact: reading.fact(),
        shown_by: EvidenceKind::DeviceReading,
        reference: format!("测温 {check_id}"),
    };
    match red::propose_found(tx, app, caller, found).await {
        // The alert stands; whoever answers it may propose.
        Err(error) if error.code() == Code::RedCapReached => Ok(()),
        other => other,
    }
}
