//! Handlers of declarations.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::ids::PersonId;

use super::answer::{Answer, DeclarationInput, DeclarationView, GivenAnswer};
use super::model::{Asked, facts_of, faults};
use super::store::{self, AnswerRow};
use crate::app::App;
use crate::audit;
use crate::db::Client;
use crate::facts::{self, DecisionView, NewFact, decision_view};
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::jobs::outbox;
use crate::masking::{Shown, Viewer};
use crate::people::{self, Holder};
use crate::seal::Field;

/// Source of what people say themselves.
const SOURCE: &str = "holder";

/// Why somebody calls who says to have met a patient, and within how many hours.
const CONTACT_CAUSE: &str = "contact_declared";
const CONTACT_HOURS: u16 = 24;

/// What is asked now of everybody on the phone, with what was answered before.
#[utoipa::path(get, path = "/api/v1/pass/declarations", operation_id = "list_own_declarations", tag = "declarations",
    security(("holder" = [])),
    responses((status = 200, body = Vec<DeclarationView>), (status = 401, body = Problem)))]
pub async fn list_own_declarations(
    State(app): State<App>,
    holder: Holder,
) -> ApiResult<Json<Vec<DeclarationView>>> {
    let db = app.db.client().await?;
    let mut views = Vec::new();
    for person_id in people::list_in_care(&db, &app, holder).await? {
        audit::subject(person_id);
        views.push(asked_of(&db, &app, person_id).await?);
    }
    Ok(Json(views))
}

async fn asked_of(db: &Client, app: &App, person_id: PersonId) -> ApiResult<DeclarationView> {
    let now = app.now();
    let person = people::get(db, person_id).await?;
    let replayed = facts::state_at(db, app, person_id, now).await?;
    let mut asked = Vec::new();
    let mut last = [None, None];
    for (place, kind) in [Asked::Travel, Asked::Health].into_iter().enumerate() {
        last[place] = last_answer(db, app, person_id, kind).await?;
        let holds = last[place]
            .as_ref()
            .is_some_and(|(at, answer)| now < kind.holds_until(*at, answer));
        if !holds && kind.is_needed(&replayed.rules, (&replayed.state, replayed.counted_at)) {
            asked.push(kind);
        }
    }
    let [travel, health] = last;
    let at = |last: &Option<(jiff::Timestamp, Answer)>| last.as_ref().map(|(at, _)| *at);
    Ok(DeclarationView {
        pass_serial: person.pass_serial,
        name: person
            .shown(app, Viewer::Holder, Shown::Name)?
            .unwrap_or_default(),
        asked,
        travel_at: at(&travel),
        health_at: at(&health),
        travel: travel.and_then(|(_, answer)| answer.travel),
        health: health.and_then(|(_, answer)| answer.health),
    })
}

/// Every answer of a person, opened.
pub(super) async fn given(
    db: &Client,
    app: &App,
    person_id: PersonId,
    rows_max: i64,
) -> ApiResult<Vec<GivenAnswer>> {
    let rows = store::list_declarations(db, person_id, rows_max).await?;
    let open = |row: AnswerRow| {
        let answer = opened(app, &row)?;
        Ok(GivenAnswer {
            answered_at: row.answered_at,
            travel: answer.travel,
            health: answer.health,
        })
    };
    rows.into_iter().map(open).collect()
}

fn opened(app: &App, row: &AnswerRow) -> ApiResult<Answer> {
    let field = Field::Declaration;
    let clear = app
        .sealer
        .open(field, row.declaration_id, &row.answer_sealed)?;
    serde_json::from_slice(&clear).map_err(ApiError::internal)
}

async fn last_answer(
    db: &Client,
    app: &App,
    person_id: PersonId,
    kind: Asked,
) -> ApiResult<Option<(jiff::Timestamp, Answer)>> {
    let Some(row) = store::find_last(db, person_id, kind).await? else {
        return Ok(None);
    };
    Ok(Some((row.answered_at, opened(app, &row)?)))
}

/// Takes the answers of the holder or of somebody on the phone; answers with the colour that
/// follows.
#[utoipa::path(post, path = "/api/v1/pass/declarations", operation_id = "create_own_declaration", tag = "declarations",
    security(("holder" = [])), request_body = DeclarationInput,
    responses((status = 201, body = DecisionView), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem)))]
pub async fn create_own_declaration(
    State(app): State<App>,
    holder: Holder,
    extract::Json(input): extract::Json<DeclarationInput>,
) -> ApiResult<(StatusCode, Json<DecisionView>)> {
    let answer = Answer {
        travel: input.travel,
        health: input.health,
    };
    let wrong = faults(&answer, app.now());
    if !wrong.is_empty() {
        return Err(ApiError::fields(wrong));
    }
    let person_id = people::in_care(&app, holder, input.pass_serial).await?;
    let view = take(&app, person_id, &answer).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Keeps the answer and records what counts of it, in one transaction.
async fn take(app: &App, person_id: PersonId, answer: &Answer) -> ApiResult<DecisionView> {
    let now = app.now();
    let tx = app.db.tx().await?;
    keep(&tx, app, person_id, answer).await?;
    let areas = store::areas::list(&tx).await?;
    let new: Vec<NewFact> = facts_of(answer, &areas, now)
        .into_iter()
        .map(|body| NewFact {
            body,
            source: SOURCE.to_owned(),
            recorded_by: None,
            grounds: None,
        })
        .collect();
    let appended = facts::append(&tx, app, person_id, &new).await?;
    let mut follow_ups = facts::follow_ups(person_id, &appended.decision, None, now);
    if answer.met_a_patient() {
        // Their word is no evidence: somebody asks when and where, and records what is right.
        let cause = (CONTACT_CAUSE, CONTACT_HOURS);
        follow_ups.push(facts::visit_needed(person_id, cause, None, now));
    }
    outbox::insert(&tx, &follow_ups, now).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(decision_view(
        &appended.decision,
        now,
        appended.row.valid_until,
    ))
}

/// Keeps each answer whole, in the caller's transaction.
async fn keep(tx: &Client, app: &App, person_id: PersonId, answer: &Answer) -> ApiResult<()> {
    let travel = answer.travel.clone().map(|travel| {
        (
            Asked::Travel,
            Answer {
                travel: Some(travel),
                health: None,
            },
        )
    });
    let health = answer.health.clone().map(|health| {
        (
            Asked::Health,
            Answer {
                travel: None,
                health: Some(health),
            },
        )
    });
    for (kind, answer) in [travel, health].into_iter().flatten() {
        let declaration_id = app.ids.next();
        let plain = serde_json::to_vec(&answer).map_err(ApiError::internal)?;
        let sealed = app
            .sealer
            .seal(Field::Declaration, declaration_id, &plain, &app.entropy);
        let row = AnswerRow {
            declaration_id,
            answered_at: app.now(),
            answer_sealed: sealed,
        };
        store::insert_declaration(tx, person_id, kind, &row).await?;
    }
    Ok(())
}
