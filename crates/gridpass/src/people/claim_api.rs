//! Handlers of numbers that two people gave.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::ids::PersonId;

use super::claim::decide;
use super::claim_model::{ClaimSide, DecisionInput, NumberClaimView};
use super::record::Person;
use super::store::{self, Claim};
use crate::access::EnterPeople;
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Caller};
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::masking::{Shown, Viewer};

/// Claims shown of one person; five a day are possible.
const CLAIMS_MAX: i64 = 50;

/// Who gave this person's number on a phone without being known to be this person, or whose
/// number this person gave. Waits for somebody who sees the document.
#[utoipa::path(get, path = "/api/v1/people/{person_id}/number-claims", operation_id = "list_number_claims", tag = "people",
    security(("staff" = [])), params(("person_id" = i64, Path,)),
    responses((status = 200, body = Vec<NumberClaimView>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list_number_claims(
    State(app): State<App>,
    person: Authorised<Person, EnterPeople>,
) -> ApiResult<Json<Vec<NumberClaimView>>> {
    let db = person.tx(&app).await?;
    let claims = store::list_open_claims(&db, person.entity.person_id, CLAIMS_MAX).await?;
    let mut views = Vec::with_capacity(claims.len());
    for claim in claims {
        views.push(view(&db, &app, (&claim, &person.caller)).await?);
    }
    Ok(Json(views))
}

async fn view(
    db: &Client,
    app: &App,
    (claim, caller): (&Claim, &Caller),
) -> ApiResult<NumberClaimView> {
    let applicant = in_reach(db, claim.applicant, caller).await?;
    let held = in_reach(db, claim.held, caller).await?;
    let side = |person: Option<Person>| person.map(|one| shown(app, caller, &one)).transpose();
    Ok(NumberClaimView {
        pass_serial: claim.pass_serial,
        claimed_at: claim.claimed_at,
        applicant: side(applicant)?,
        held: side(held)?,
    })
}

/// A person, if the caller's jurisdiction reaches there.
async fn in_reach(db: &Client, person_id: PersonId, caller: &Caller) -> ApiResult<Option<Person>> {
    let found = store::find_person(db, person_id.get()).await?;
    let reached = found.filter(|person| caller.covers(&person.place_code));
    if reached.is_some() {
        audit::subject(person_id);
    }
    Ok(reached)
}

fn shown(app: &App, caller: &Caller, person: &Person) -> ApiResult<ClaimSide> {
    let viewer = Viewer::Staff(caller.role);
    Ok(ClaimSide {
        person_id: person.person_id,
        pass_serial: person.pass_serial,
        name: person.shown(app, viewer, Shown::Name)?,
        phone: person.shown(app, viewer, Shown::Phone)?,
        source: person.source.clone(),
        created_at: person.created_at,
    })
}

/// Decides to whom a number belongs, by the document that was seen. For one and the same person
/// the phone that applied is written on the record held, and the person applies once more.
#[utoipa::path(post, path = "/api/v1/people/{person_id}/number-claims", operation_id = "decide_number_claim", tag = "people",
    security(("staff" = [])), params(("person_id" = i64, Path,)), request_body = DecisionInput,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn decide_number_claim(
    State(app): State<App>,
    person: Authorised<Person, EnterPeople>,
    extract::Json(input): extract::Json<DecisionInput>,
) -> ApiResult<StatusCode> {
    let db = person.tx(&app).await?;
    let claims = store::list_open_claims(&db, person.entity.person_id, CLAIMS_MAX).await?;
    let asked = |claim: &Claim| claim.pass_serial == input.pass_serial;
    let claim = claims.into_iter().find(asked);
    let claim = claim.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let held = in_reach(&db, claim.held, &person.caller).await?;
    let applicant = in_reach(&db, claim.applicant, &person.caller).await?;
    drop(db);
    decide(&app, (&claim, &person.caller), (held, applicant), &input).await?;
    Ok(StatusCode::NO_CONTENT)
}
