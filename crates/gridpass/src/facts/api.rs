//! Recording and withdrawing evidence, and asking what follows from it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_rules::FactBody;
use gridpass_rules::words::Certainty;
use gridpass_types::ids::{FactId, PersonId};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::decision::decision_view;
use super::explain::ExplainedView;
use super::model::{AppendedView, FactInput, FactView, NewFact, RetractInput, SOURCE_ORDER};
use super::{Appended, Retract, Subject, store};
use crate::access::{AppendFacts, AppendMedicalFacts, ReadFacts};
use crate::app::App;
use crate::auth::{Authorised, Caller};
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};

/// Records a fact about a person.
#[utoipa::path(post, path = "/api/v1/people/{person_id}/facts", operation_id = "append_fact", tag = "facts",
    security(("staff" = [])), params(("person_id" = i64, Path,)), request_body = FactInput,
    responses((status = 201, body = AppendedView), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn append_fact(
    State(app): State<App>,
    person: Authorised<Subject, AppendFacts>,
    extract::Json(input): extract::Json<FactInput>,
) -> ApiResult<(StatusCode, Json<AppendedView>)> {
    require_for(&person.caller, &input.body)?;
    input.validate(app.now())?;
    let tx = person.tx(&app).await?;
    super::check_places(&tx, &input.body).await?;
    let fact = NewFact {
        body: input.body,
        source: input.source,
        recorded_by: Some(person.caller.staff_id.get()),
        grounds: None,
    };
    let appended = super::append(&tx, &app, person.entity.person_id, &[fact]).await?;
    tx.commit().await?;
    let fact_id = appended.fact_ids[0];
    Ok((StatusCode::CREATED, Json(view(fact_id, &appended))))
}

/// Evidence that a doctor answers for takes a permission of its own.
fn require_for(caller: &Caller, body: &FactBody) -> ApiResult<()> {
    let medical = match body {
        FactBody::Case { .. }
        | FactBody::Quarantine { .. }
        | FactBody::Contact { .. }
        | FactBody::Clearance { .. }
        | FactBody::Exemption { .. } => true,
        FactBody::Stay { certainty, .. } => *certainty == Certainty::Confirmed,
        FactBody::Health { .. }
        | FactBody::Residence { .. }
        | FactBody::Employment { .. }
        | FactBody::Registry { .. }
        | FactBody::GateCheck { .. } => false,
    };
    if medical {
        caller.require::<AppendMedicalFacts>()
    } else {
        Ok(())
    }
}

fn view(fact_id: FactId, appended: &Appended) -> AppendedView {
    AppendedView {
        fact_id,
        decision: decision_view(
            &appended.decision,
            appended.row.changed_at,
            appended.row.valid_until,
        ),
    }
}

/// A person's facts in the order of recording, retracted ones too.
#[utoipa::path(get, path = "/api/v1/people/{person_id}/facts", operation_id = "list_facts", tag = "facts",
    security(("staff" = [])), params(("person_id" = i64, Path,), PageQuery),
    responses((status = 200, body = Page<FactView>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list_facts(
    State(app): State<App>,
    person: Authorised<Subject, ReadFacts>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<FactView>>> {
    let db = person.tx(&app).await?;
    let limit = page.limit();
    let person_id = person.entity.person_id.get();
    let items = store::list_fact_views(&db, person_id, page.after(), limit).await?;
    Ok(Json(Page::new(items, limit, |item| item.fact.id.get())))
}

/// Withdraws a fact; it stays on record and counts no more.
#[utoipa::path(post, path = "/api/v1/people/{person_id}/facts/{fact_id}/retract", operation_id = "retract_fact",
    tag = "facts", security(("staff" = [])), request_body = RetractInput,
    params(("person_id" = i64, Path,), ("fact_id" = i64, Path,)),
    responses((status = 200, body = AppendedView), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn retract_fact(
    State(app): State<App>,
    found: Authorised<FactOfPerson, AppendFacts>,
    extract::Json(input): extract::Json<RetractInput>,
) -> ApiResult<Json<AppendedView>> {
    let fact = &found.entity;
    require_for(&found.caller, &fact.body)?;
    if fact.source == SOURCE_ORDER {
        return Err(Code::FactOfOrder.into());
    }
    input.validate()?;
    let retract = Retract {
        fact_id: fact.fact_id,
        by: Some(found.caller.staff_id.get()),
        reason: input.reason,
    };
    let tx = found.tx(&app).await?;
    let appended = super::retract(&tx, &app, fact.person_id, &retract).await?;
    tx.commit().await?;
    Ok(Json(view(fact.fact_id, &appended)))
}

/// A fact with the place of its person.
pub struct FactOfPerson {
    person_id: PersonId,
    fact_id: FactId,
    body: FactBody,
    source: String,
    place_code: String,
}

impl crate::auth::Entity for FactOfPerson {
    type Id = (i64, i64);

    async fn load(
        _app: &App,
        db: &Client,
        (person_id, fact_id): (i64, i64),
    ) -> ApiResult<Option<Self>> {
        let Some((fact, source)) = store::find_fact(db, person_id, fact_id).await? else {
            return Ok(None);
        };
        let row = store::list_states(db, &[person_id]).await?.pop();
        Ok(row.map(|row| Self {
            person_id: row.person_id,
            fact_id: fact.id,
            body: fact.body,
            source,
            place_code: row.place_code,
        }))
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn subject(&self) -> Option<PersonId> {
        Some(self.person_id)
    }
}

/// Which instant to ask for.
#[derive(Debug, Deserialize, IntoParams)]
pub struct AtQuery {
    /// A past instant; now when absent.
    pub at: Option<Timestamp>,
}

/// The colour of a person now or at any past instant, replayed from the facts known then
/// and the rules in force then, explained: in plain words for the person, with the facts for the
/// worker, with state and rows tried for the auditor.
#[utoipa::path(get, path = "/api/v1/people/{person_id}/decision", operation_id = "get_decision", tag = "facts",
    security(("staff" = [])), params(("person_id" = i64, Path,), AtQuery),
    responses((status = 200, body = ExplainedView), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn get_decision(
    State(app): State<App>,
    person: Authorised<Subject, ReadFacts>,
    extract::Query(query): extract::Query<AtQuery>,
) -> ApiResult<Json<ExplainedView>> {
    let now = app.now();
    let at = query.at.unwrap_or(now);
    if at > now {
        return Err(Code::TimeInFuture.into());
    }
    let db = person.tx(&app).await?;
    let person_id = person.entity.person_id;
    Ok(Json(super::explain(&db, &app, person_id, at).await?))
}
