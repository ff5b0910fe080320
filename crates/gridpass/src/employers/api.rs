//! Handlers: register, list, look at an employer.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::ids::EmployerId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{
    EmployerDetail, EmployerInput, EmployerView, NewEmployer, enclosure_unknown, place_unknown,
};
use super::store;
use crate::access::{ManageEmployers, ReadDirectory};
use crate::app::App;
use crate::auth::{Authorised, Caller, Staff};
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem, violates};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::{directory, divisions};

/// Registers an employer within the caller's jurisdiction.
#[utoipa::path(post, path = "/api/v1/employers", operation_id = "create_employer", tag = "employers",
    security(("staff" = [])), request_body = EmployerInput,
    responses((status = 201, body = EmployerView), (status = 403, body = Problem), (status = 409, body = Problem),
              (status = 422, body = Problem)))]
pub async fn create_employer(
    State(app): State<App>,
    staff: Staff<ManageEmployers>,
    extract::Json(input): extract::Json<EmployerInput>,
) -> ApiResult<(StatusCode, Json<EmployerView>)> {
    let new = input.check().map_err(ApiError::fields)?;
    let tx = app.db.tx().await?;
    check_places(&tx, &staff.caller, &new).await?;
    let employer_id = EmployerId::new(app.ids.next());
    let inserted = store::insert_employer(&tx, employer_id, &new, app.now()).await;
    inserted.map_err(|error| {
        if violates(&error, store::CREDIT_CODE_KEY) {
            ApiError::new(Code::CreditCodeTaken)
        } else {
            ApiError::from(error)
        }
    })?;
    directory::bump(&tx).await?;
    tx.commit().await?;
    let view = EmployerView {
        employer_id,
        name: new.name,
        credit_code: new.credit_code.into(),
        kind: new.kind,
        place_code: new.division.leaf().into(),
        enclosure_id: new.enclosure_id,
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Division and enclosure must be known and in the jurisdiction; outside it they are as
/// unknown.
async fn check_places(db: &Client, caller: &Caller, new: &NewEmployer) -> ApiResult<()> {
    let mut wrong = Vec::new();
    let place = new.division.as_str();
    let known = divisions::list_known(db, &[place]).await?;
    if known.is_empty() || !caller.covers(place) {
        wrong.push(place_unknown());
    }
    if let Some(enclosure_id) = new.enclosure_id {
        let found = divisions::find_enclosure(db, enclosure_id).await?;
        if !found.is_some_and(|view| caller.covers(&view.community_code)) {
            wrong.push(enclosure_unknown());
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(ApiError::fields(wrong))
    }
}

/// Which employers to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct PrefixQuery {
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
    /// Part of the name.
    pub name: Option<String>,
}

/// Employers under a prefix within the caller's jurisdiction.
#[utoipa::path(get, path = "/api/v1/employers", operation_id = "list_employers", tag = "employers",
    security(("staff" = [])), params(PrefixQuery, PageQuery),
    responses((status = 200, body = Page<EmployerView>), (status = 403, body = Problem)))]
pub async fn list_employers(
    State(app): State<App>,
    staff: Staff<ReadDirectory>,
    extract::Query(query): extract::Query<PrefixQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<EmployerView>>> {
    let limit = page.limit();
    let items = match staff.caller.reach(query.prefix.as_deref()) {
        Some(reach) => {
            let db = app.db.client().await?;
            let which = (&reach, query.name.as_deref());
            store::list_employers(&db, which, page.after(), limit).await?
        }
        None => Vec::new(),
    };
    Ok(Json(Page::new(items, limit, |item| item.employer_id.get())))
}

/// One employer with its gates.
#[utoipa::path(get, path = "/api/v1/employers/{employer_id}", operation_id = "get_employer", tag = "employers",
    security(("staff" = [])), params(("employer_id" = i64, Path,)),
    responses((status = 200, body = EmployerDetail), (status = 404, body = Problem)))]
pub async fn get_employer(
    State(app): State<App>,
    employer: Authorised<EmployerView, ReadDirectory>,
) -> ApiResult<Json<EmployerDetail>> {
    let employer = employer.entity;
    let db = app.db.client().await?;
    let gates = store::list_gates(&db, employer.employer_id).await?;
    Ok(Json(EmployerDetail { employer, gates }))
}
