//! Many people from one file, for example the contact list of a train.
//!
//! Each row is answered for itself. Within the cap its proposals wait for a second person like
//! any other. Above the cap, ten times the usual size, empty where lists usually are not, or about
//! too many people of a community, the whole list is held: nothing of it can even be confirmed until
//! somebody above, of another unit, has seen how many it would stop, where and why, and has
//! approved. Then each person still needs the confirmation of another unit.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::collections::HashSet;

use super::list_model::{
    ListAnswer, ListQuery, ListRow, ListStatus, NewListQuery, RedList, RowAnswer,
};
use super::model::{PROPOSAL_LIFE, Proposal, ProposalQuery, ProposalStatus};
use super::store::{self, lists as list_store};
use super::{confirm, list_hold, propose};
use crate::access::{ApproveRedLists, ConfirmRed, ReadRedLists, SubmitRedLists};
use crate::app::{App, LiveEvent};
use crate::audit;
use crate::auth::{Authorised, Caller, Staff, authorise};
use crate::db::{Client, Tx};
use crate::divisions::read_rows;
use crate::events;
use crate::facts::Subject;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::people;

/// Rows of a file at most; a train has fewer close contacts.
const ROWS_MAX: usize = 500;

/// Sends in a list: CSV with `document_number,kind,value,day,area,evidence_kind,evidence_reference`.
/// Each row is answered; above the cap the whole list is held. With `dry_run` nothing is stored.
#[utoipa::path(post, path = "/api/v1/red-lists", operation_id = "submit_red_list", tag = "red",
    security(("staff" = [])), params(NewListQuery), request_body(content = String, content_type = "text/csv"),
    responses((status = 201, body = ListAnswer), (status = 200, body = ListAnswer), (status = 403, body = Problem),
              (status = 422, body = Problem)))]
pub async fn submit_red_list(
    State(app): State<App>,
    staff: Staff<SubmitRedLists>,
    extract::Query(query): extract::Query<NewListQuery>,
    body: extract::Body,
) -> ApiResult<(StatusCode, Json<ListAnswer>)> {
    let rows = read_rows::<ListRow>(&body.0)?;
    let tx = app.db.tx().await?;
    let answer = take(&tx, &app, &staff.caller, rows).await?;
    if query.dry_run || answer.list.is_none() {
        tx.rollback().await?;
        return Ok((StatusCode::OK, Json(answer)));
    }
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Checks and enters the rows of a list; an empty one only where lists of the unit usually are not.
async fn take(tx: &Tx, app: &App, caller: &Caller, rows: Vec<ListRow>) -> ApiResult<ListAnswer> {
    let usual = list_store::find_usual_people(tx, &caller.unit).await?;
    if (rows.is_empty() && usual.is_none()) || rows.len() > ROWS_MAX {
        return Err(ApiError::new(Code::CsvInvalid).detail(format!("1 to {ROWS_MAX} rows")));
    }
    let empty = rows.is_empty();
    let (answers, proposals) = check_rows(tx, app, caller, rows).await?;
    let list = match empty {
        true => Some(list_hold::enter_empty(tx, app, caller, usual.unwrap_or(0)).await?),
        false => list_hold::enter(tx, app, caller, (proposals, usual)).await?,
    };
    let impact = match &list {
        Some(list) => Some(list_store::impact(tx, list.list_id).await?),
        None => None,
    };
    Ok(ListAnswer {
        list,
        impact,
        rows: answers,
    })
}

/// Rows that can be proposed, and an answer for each row.
async fn check_rows(
    tx: &Client,
    app: &App,
    caller: &Caller,
    rows: Vec<ListRow>,
) -> ApiResult<(Vec<RowAnswer>, Vec<Proposal>)> {
    let mut answers = Vec::with_capacity(rows.len());
    let mut proposals: Vec<Proposal> = Vec::with_capacity(rows.len());
    let mut seen = HashSet::new();
    for (index, row) in rows.iter().enumerate() {
        let code = match check_row(tx, app, caller, row).await {
            Ok(proposal) if seen.insert((proposal.person_id, proposal.reason)) => {
                proposals.push(proposal);
                None
            }
            Ok(_) => Some(Code::ProposalExists),
            // Trouble of ours is not the row's.
            Err(error) if error.code().status().is_server_error() => return Err(error),
            Err(error) => Some(error.code()),
        };
        answers.push(RowAnswer {
            row: index + 2,
            accepted: code.is_none(),
            code: code.map(Code::as_str),
            message: code.map(Code::title),
            message_zh: code.map(Code::title_zh),
        });
    }
    Ok((answers, proposals))
}

async fn check_row(tx: &Client, app: &App, caller: &Caller, row: &ListRow) -> ApiResult<Proposal> {
    let found = people::find_by_number(tx, app, None, &row.document_number).await?;
    let person_id = found.ok_or(Code::PersonUnknown)?;
    // Somebody elsewhere is unknown here, as everywhere.
    let person = authorise::<Subject>(app, caller, person_id.get()).await;
    let person = person.map_err(|_| ApiError::new(Code::PersonUnknown))?;
    let input = row.input(person_id.get())?;
    let proposal = propose::prepare(tx, app, caller, (&person, input)).await?;
    if store::is_open_for(tx, &proposal).await? {
        return Err(Code::ProposalExists.into());
    }
    Ok(proposal)
}

/// Tells open inboxes that a list came or was answered.
pub(super) async fn tell(tx: &Client, list: &RedList) -> Result<(), tokio_postgres::Error> {
    let body = serde_json::json!({ "list_id": list.list_id, "status": list.status });
    let event = LiveEvent {
        topic: events::RED,
        place_code: list.place_code.clone(),
        body: body.to_string().into(),
    };
    events::notify(tx, &event).await
}

/// The longest beginning that all codes share; `None` without codes.
pub(super) fn common_prefix<'a>(mut codes: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut prefix = codes.next()?.to_owned();
    for code in codes {
        while !code.starts_with(&prefix) {
            prefix.pop();
        }
    }
    // A division ends after 6, 9, 12 or 15 digits.
    let whole = [15, 12, 9, 6]
        .into_iter()
        .find(|digits| prefix.len() >= *digits);
    prefix.truncate(whole.unwrap_or(0));
    Some(prefix)
}

/// Lists within the caller's jurisdiction, oldest first.
#[utoipa::path(get, path = "/api/v1/red-lists", operation_id = "list_red_lists", tag = "red",
    security(("staff" = [])), params(ListQuery, PageQuery),
    responses((status = 200, body = Page<RedList>), (status = 403, body = Problem)))]
pub async fn list_red_lists(
    State(app): State<App>,
    staff: Staff<ReadRedLists>,
    extract::Query(query): extract::Query<ListQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<RedList>>> {
    let (limit, now) = (page.limit(), app.now());
    let db = app.db.client().await?;
    let wanted = (staff.caller.jurisdiction.as_str(), query.status);
    let lists = list_store::list_lists(&db, wanted, page.after(), limit).await?;
    let seen = |list: RedList| list.seen_by(&staff.caller, now);
    // Counts and places; whose they are is said when one list is opened.
    audit::subjects([]);
    let items: Vec<RedList> = lists.into_iter().map(seen).collect();
    Ok(Json(Page::new(items, limit, |item| item.list_id.get())))
}

/// A list with what it would do: how many, where, why, and what colour they are now.
#[utoipa::path(get, path = "/api/v1/red-lists/{list_id}", operation_id = "get_red_list", tag = "red",
    security(("staff" = [])), params(("list_id" = i64, Path,)),
    responses((status = 200, body = ListAnswer), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_red_list(
    State(app): State<App>,
    list: Authorised<RedList, ReadRedLists>,
) -> ApiResult<Json<ListAnswer>> {
    let db = app.db.client().await?;
    let impact = list_store::impact(&db, list.entity.list_id).await?;
    audit::subjects(list_store::list_people(&db, list.entity.list_id).await?);
    Ok(Json(ListAnswer {
        list: Some(list.entity.seen_by(&list.caller, app.now())),
        impact: Some(impact),
        rows: Vec::new(),
    }))
}

/// Approves a held list: from now on its proposals wait for a second person like any other.
#[utoipa::path(post, path = "/api/v1/red-lists/{list_id}/approve", operation_id = "approve_red_list", tag = "red",
    security(("staff" = [])), params(("list_id" = i64, Path,)),
    responses((status = 200, body = RedList), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn approve_red_list(
    State(app): State<App>,
    list: Authorised<RedList, ApproveRedLists>,
) -> ApiResult<Json<RedList>> {
    answer(&app, (list.entity, &list.caller), ListStatus::Open).await
}

/// Refuses a held list: it is over, and nothing has changed.
#[utoipa::path(post, path = "/api/v1/red-lists/{list_id}/refuse", operation_id = "refuse_red_list", tag = "red",
    security(("staff" = [])), params(("list_id" = i64, Path,)),
    responses((status = 200, body = RedList), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn refuse_red_list(
    State(app): State<App>,
    list: Authorised<RedList, ApproveRedLists>,
) -> ApiResult<Json<RedList>> {
    answer(&app, (list.entity, &list.caller), ListStatus::Refused).await
}

async fn answer(
    app: &App,
    (asked, caller): (RedList, &Caller),
    status: ListStatus,
) -> ApiResult<Json<RedList>> {
    let tx = app.db.tx().await?;
    let found = list_store::lock_list(&tx, asked.list_id.get()).await?;
    let mut list = found.ok_or(Code::NotFound)?;
    let now = app.now();
    if let Some(code) = list.hindrance(caller, now) {
        return Err(code.into());
    }
    list.status = status;
    list.approved_at = Some(now);
    list.approved_by = Some(caller.staff_id);
    list.approved_unit = Some(caller.unit.clone());
    list_store::answer_list(&tx, &list).await?;
    if status == ListStatus::Open {
        list_store::free_proposals(&tx, list.list_id, now + PROPOSAL_LIFE).await?;
    } else {
        list_store::end_proposals(&tx, &list).await?;
    }
    tell(&tx, &list).await?;
    tx.commit().await?;
    Ok(Json(list.seen_by(caller, now)))
}

/// Confirms the open proposals of a list that lie in the caller's jurisdiction, each in a
/// transaction of its own; answers those that could not be.
#[utoipa::path(post, path = "/api/v1/red-lists/{list_id}/confirm", operation_id = "confirm_red_list", tag = "red",
    security(("staff" = [])), params(("list_id" = i64, Path,)),
    responses((status = 200, body = ListAnswer), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn confirm_red_list(
    State(app): State<App>,
    list: Authorised<RedList, ConfirmRed>,
) -> ApiResult<Json<ListAnswer>> {
    let (list, caller) = (list.entity, list.caller);
    let open = open_of(&app, &list, &caller).await?;
    let mut rows = Vec::with_capacity(open.len());
    for (index, proposal) in open.iter().enumerate() {
        let code = match confirm::confirm(&app, proposal, &caller).await {
            Ok(_) => None,
            Err(error) if error.code().status().is_server_error() => return Err(error),
            Err(error) => Some(error.code()),
        };
        rows.push(RowAnswer {
            row: index + 2,
            accepted: code.is_none(),
            code: code.map(Code::as_str),
            message: code.map(Code::title),
            message_zh: code.map(Code::title_zh),
        });
    }
    Ok(Json(ListAnswer {
        list: Some(list.seen_by(&caller, app.now())),
        impact: None,
        rows,
    }))
}

async fn open_of(app: &App, list: &RedList, caller: &Caller) -> ApiResult<Vec<Proposal>> {
    let query = ProposalQuery {
        status: None,
        prefix: None,
        person_id: None,
        list_id: Some(list.list_id.get()),
    };
    let limit = i64::try_from(ROWS_MAX).map_err(ApiError::internal)?;
    let db = app.db.client().await?;
    let wanted = (caller.jurisdiction.as_str(), ProposalStatus::Open, &query);
    let rows = store::list_proposals(&db, wanted, 0, limit).await?;
    Ok(rows.into_iter().map(|(proposal, _)| proposal).collect())
}

#[cfg(test)]
mod tests {
    use super::common_prefix;

    #[test]
    fn a_list_lies_where_all_its_people_do() {
        let of = |codes: &[&str]| common_prefix(codes.iter().copied());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["440310001001005"]).unwrap(), "440310001001005");
        assert_eq!(
            of(&["440310001001005", "440310001001006"]).unwrap(),
            "440310001001"
        );
        assert_eq!(
            of(&["440310001001005", "440310001002001"]).unwrap(),
            "440310001"
        );
        assert_eq!(of(&["440310001001005", "440311001002001"]).unwrap(), "");
    }
}
