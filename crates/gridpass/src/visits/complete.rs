//! The end of a visit: what was found becomes facts, and the pass follows.

use axum::Json;
use axum::extract::State;
use gridpass_rules::FactBody;
use gridpass_rules::red::EvidenceKind;
use gridpass_rules::words::{Certainty, RegistryStatus, ResidenceStatus};
use gridpass_types::ids::{EnclosureId, PersonId, StaffId};

use super::api::find;
use super::model::{CompleteInput, CompletedView, Visit, VisitOutcome, VisitStatus, purpose};
use super::store::{self, Ending};
use super::{SOURCE, handlers, stay};
use crate::access::WorkVisits;
use crate::app::App;
use crate::auth::{Authorised, Caller};
use crate::db::Client;
use crate::facts::{self, Appended, ColourDecision, NewFact, StateRow, decision_view};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;
use crate::people;
use crate::red;
use crate::seal::Field;

/// Ends a visit: records what was found and answers the colour that follows. A repeated
/// call of the same worker with the same outcome is answered alike.
#[utoipa::path(post, path = "/api/v1/visits/{person_id}/{visit_id}/complete", operation_id = "complete_visit",
    tag = "visits", security(("staff" = [])), request_body = CompleteInput,
    params(("person_id" = i64, Path,), ("visit_id" = i64, Path,)),
    responses((status = 200, body = CompletedView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn complete_visit(
    State(app): State<App>,
    visit: Authorised<Visit, WorkVisits>,
    extract::Json(input): extract::Json<CompleteInput>,
) -> ApiResult<Json<CompletedView>> {
    input.validate()?;
    let tx = visit.tx(&app).await?;
    let (caller, visit) = (visit.caller, visit.entity);
    let by = caller.staff_id;
    let row = facts::lock_person(&tx, visit.person_id).await?;
    // Loaded again under the lock: somebody may have ended it meanwhile.
    let visit = find(&tx, visit.person_id.get(), visit.visit_id).await?;
    if visit.status != VisitStatus::Open {
        let repeated = visit.outcome == Some(input.outcome) && visit.completed_by == Some(by);
        if !repeated {
            return Err(Code::VisitClosed.into());
        }
        let replayed = facts::state_at(&tx, &app, visit.person_id, app.now()).await?;
        return answer(&app, visit, (&replayed.decision, replayed.valid_until));
    }
    let appended = record(&tx, &app, (&visit, &row, by), &input).await?;
    propose_stay(&tx, &app, (&visit, &caller), &input).await?;
    end(&tx, &app, (&visit, by), &input).await?;
    let visit = find(&tx, visit.person_id.get(), visit.visit_id).await?;
    tx.commit().await?;
    answer(&app, visit, (&appended.decision, appended.row.valid_until))
}

fn answer(
    app: &App,
    visit: Visit,
    (decision, valid_until): (&ColourDecision, Option<jiff::Timestamp>),
) -> ApiResult<Json<CompletedView>> {
    Ok(Json(CompletedView {
        visit,
        decision: decision_view(decision, app.now(), valid_until),
    }))
}

/// Records what was found, and withdraws the declared stays that a no denies.
async fn record(
    tx: &Client,
    app: &App,
    (visit, row, by): (&Visit, &StateRow, StaffId),
    input: &CompleteInput,
) -> ApiResult<Appended> {
    let found = findings(tx, app, (visit, row, by), input).await?;
    let told = input.epidemic_area_stay.as_ref();
    let withdrawn = match told.is_some_and(|told| !told.found) {
        true => stay::denied(tx, visit.person_id, (by, app.now())).await?,
        false => Vec::new(),
    };
    let whose = (visit.person_id, &withdrawn[..]);
    let appended = facts::replace_all(tx, app, whose, &found).await?;
    match input.outcome {
        VisitOutcome::MovedOut => people::move_out(tx, app, (visit.person_id, by)).await?,
        VisitOutcome::VerifiedMovedIn => {
            let home = (visit.person_id, appended.row.state.enclosure);
            people::move_in(tx, app, home).await?;
            people::took_in(tx, app, (visit.person_id, by), &row.place_code).await?;
        }
        VisitOutcome::NotFound | VisitOutcome::Checked => {}
    }
    Ok(appended)
}

/// The facts that follow from what was found.
async fn findings(
    tx: &Client,
    app: &App,
    (visit, row, by): (&Visit, &StateRow, StaffId),
    input: &CompleteInput,
) -> ApiResult<Vec<NewFact>> {
    let mut bodies = Vec::new();
    let status = match input.outcome {
        VisitOutcome::VerifiedMovedIn => Some(ResidenceStatus::Verified),
        VisitOutcome::MovedOut => Some(ResidenceStatus::Away),
        VisitOutcome::NotFound | VisitOutcome::Checked => None,
    };
    if let Some(status) = status {
        let enclosure = input.enclosure_id.map(EnclosureId::new);
        let enclosure = enclosure.or(row.state.enclosure).ok_or_else(no_enclosure)?;
        bodies.push(FactBody::Residence { status, enclosure });
    }
    // Confirmed only once a second person has looked at it: see `propose_stay`.
    let answer = input.epidemic_area_stay.as_ref();
    bodies.extend(answer.and_then(|answer| answer.body(Certainty::Declared)));
    if input.outcome == VisitOutcome::VerifiedMovedIn && visit.cause == "identity_conflict" {
        bodies.extend(settled_conflicts(tx, visit.person_id).await?);
    }
    found(tx, app, bodies, by).await
}

/// What somebody found at a door, as facts, after each was checked.
pub(super) async fn found(
    tx: &Client,
    app: &App,
    bodies: Vec<FactBody>,
    by: StaffId,
) -> ApiResult<Vec<NewFact>> {
    let mut facts = Vec::with_capacity(bodies.len());
    for body in bodies {
        facts::check_body(&body, app.now())?;
        facts::check_places(tx, &body).await?;
        facts.push(NewFact {
            body,
            source: SOURCE.to_owned(),
            recorded_by: Some(by.get()),
            grounds: None,
        });
    }
    Ok(facts)
}

/// A stay that came to light at the door counts as declared at once and is proposed as
/// confirmed: one person's word makes nobody red, and a grid worker's is no exception.
async fn propose_stay(
    tx: &Client,
    app: &App,
    (visit, caller): (&Visit, &Caller),
    input: &CompleteInput,
) -> ApiResult<()> {
    let answer = input.epidemic_area_stay.as_ref();
    let Some(body) = answer.and_then(|answer| answer.body(Certainty::Confirmed)) else {
        return Ok(());
    };
    let found = red::Found {
        person_id: visit.person_id,
        fact: body,
        shown_by: EvidenceKind::Visit,
        reference: visit.visit_id.get().to_string(),
    };
    red::propose_found(tx, app, caller, found).await
}

pub(super) fn no_enclosure() -> ApiError {
    ApiError::fields(vec![FieldError::new(
        "enclosure_id",
        "enclosure_needed",
        "no residence is on record; name the enclosure",
        "尚无居住登记，请填写围合区",
    )])
}

/// Registers that disagreed: the worker has seen the person and the document, which
/// settles it until a register disagrees anew.
pub(super) async fn settled_conflicts(
    tx: &Client,
    person_id: PersonId,
) -> ApiResult<Vec<FactBody>> {
    let person_id = person_id.get();
    let mut facts = facts::load_facts(tx, &[person_id]).await?;
    let mut facts = facts.remove(&person_id).unwrap_or_default();
    facts.retain(|fact| fact.retracted_at.is_none());
    facts.sort_by_key(|fact| (fact.recorded_at, fact.id));
    let mut last = std::collections::BTreeMap::new();
    for fact in facts {
        if let FactBody::Registry {
            status,
            registry_source,
        } = fact.body
        {
            last.insert(registry_source, status);
        }
    }
    let conflicts = last
        .into_iter()
        .filter(|(_, status)| *status == RegistryStatus::Conflict);
    Ok(conflicts
        .map(|(registry_source, _)| FactBody::Registry {
            status: RegistryStatus::Matched,
            registry_source,
        })
        .collect())
}

/// Ends the visit, and after a finding every other open one of the same purpose.
async fn end(
    tx: &Client,
    app: &App,
    (visit, by): (&Visit, StaffId),
    input: &CompleteInput,
) -> ApiResult<()> {
    let note = input.note.as_deref().filter(|note| !note.is_empty());
    let visit_id = visit.visit_id.get();
    let note_sealed = note.map(|note| {
        let (field, plain) = (Field::VisitNote, note.as_bytes());
        app.sealer.seal(field, visit_id, plain, &app.entropy)
    });
    let at = app.now();
    let found = input.outcome.status() == VisitStatus::Done;
    for (id, cause, place_code) in store::list_open_of_person(tx, visit.person_id).await? {
        let this = id == visit.visit_id;
        let served = found && purpose(&cause) == purpose(&visit.cause);
        if !this && !served {
            continue;
        }
        let ending = Ending {
            person_id: visit.person_id,
            visit_id: id,
            outcome: input.outcome,
            at,
            by,
            note_sealed: note_sealed.as_deref().filter(|_| this),
            reason: None,
        };
        store::end_visit(tx, &ending).await?;
        handlers::tell(tx, place_code, id, input.outcome.status().as_str()).await?;
    }
    Ok(())
}
