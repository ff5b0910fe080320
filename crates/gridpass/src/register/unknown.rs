//! Who was written down and found nowhere: the community reads what the guard wrote, and says who it
//! was or that nobody can be found.
//!
//! The list names nobody. What was written is opened one entry at a time, and each opening stands
//! in the log. It goes as soon as somebody has said so, and after two weeks in any case.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::ids::{EmployerId, EnclosureId, PersonId};

use super::job::{By, became_of, written};
use super::model::{
    Details, RegisterEntry, RegisterEntryText, RegisterOutcome, SettleRegisterEntry,
};
use super::store::{self, unknown};
use crate::access::SettleRegister;
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Entity, Staff, authorise};
use crate::db::Client;
use crate::facts::Subject;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::seal::Field;

impl Entity for RegisterEntry {
    type Id = (i64, i64);

    async fn load(_app: &App, db: &Client, key: (i64, i64)) -> ApiResult<Option<Self>> {
        Ok(unknown::find_entry(db, key).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn enclosure_id(&self) -> Option<EnclosureId> {
        self.enclosure_id
    }

    fn employer_id(&self) -> Option<EmployerId> {
        self.employer_id
    }
}

/// People written down at gates of the jurisdiction whom nobody has found, oldest first. Names nobody.
#[utoipa::path(get, path = "/api/v1/register-entries", operation_id = "list_register_entries", tag = "gates",
    security(("staff" = [])), params(PageQuery),
    responses((status = 200, body = Page<RegisterEntry>), (status = 403, body = Problem)))]
pub async fn list_register_entries(
    State(app): State<App>,
    staff: Staff<SettleRegister>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<RegisterEntry>>> {
    let limit = page.limit();
    let db = staff.tx(&app).await?;
    let entries = match staff.caller.reach(None) {
        Some(reach) => unknown::list_entries(&db, &reach, (page.after(), limit)).await?,
        None => Vec::new(),
    };
    Ok(Json(Page::new(entries, limit, |entry| entry.entry_id)))
}

/// What a guard wrote down about somebody who was not found. Each look is logged.
#[utoipa::path(get, path = "/api/v1/gates/{gate_id}/register-entries/{register_entry_id}", operation_id = "get_register_entry",
    tag = "gates", security(("staff" = [])), params(("gate_id" = i64, Path,), ("register_entry_id" = i64, Path,)),
    responses((status = 200, body = RegisterEntryText), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_register_entry(
    State(app): State<App>,
    entry: Authorised<RegisterEntry, SettleRegister>,
) -> ApiResult<Json<RegisterEntryText>> {
    let entry = entry.entity;
    // Nobody knows whose data it is; the log names the entry.
    audit::subjects([]);
    audit::object(format!("gate_register/{}", entry.entry_id));
    let opened = app.sealer.open(
        Field::RegisterDetails,
        entry.entry_id,
        &entry.details_sealed,
    )?;
    let details: Details = serde_json::from_slice(&opened).map_err(ApiError::internal)?;
    Ok(Json(RegisterEntryText { entry, details }))
}

/// Says who it was: the entry becomes a scan of the moment it was written. Or that nobody can be found.
/// What was written goes either way.
#[utoipa::path(post, path = "/api/v1/gates/{gate_id}/register-entries/{register_entry_id}/settle",
    operation_id = "settle_register_entry", tag = "gates", security(("staff" = [])),
    params(("gate_id" = i64, Path,), ("register_entry_id" = i64, Path,)), request_body = SettleRegisterEntry,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn settle_register_entry(
    State(app): State<App>,
    entry: Authorised<RegisterEntry, SettleRegister>,
    extract::Json(input): extract::Json<SettleRegisterEntry>,
) -> ApiResult<StatusCode> {
    let who = named(&input)?;
    audit::subjects([]);
    if let Some(person_id) = who {
        authorise::<Subject>(&app, &entry.caller, person_id.get()).await?;
    }
    audit::object(format!("gate_register/{}", entry.entity.entry_id));
    let tx = app.db.tx().await?;
    let key = (entry.entity.gate_id.get(), entry.entity.entry_id);
    let due = unknown::lock_entry(&tx, key).await?;
    let due = due.ok_or(Code::Conflict)?;
    let became = match who {
        // The lead's word alone: a fever that was written down alarms, and colours nobody.
        Some(person_id) => {
            let who = (person_id, By::Hearsay);
            became_of(&app, &tx, written(&due, who)?).await?
        }
        None => "nobody",
    };
    store::end_entry(&tx, &due, became).await?;
    let by = (entry.caller.staff_id, app.now());
    unknown::note_settled(&tx, &due, by).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(StatusCode::NO_CONTENT)
}

/// The person who is named, exactly when somebody is known.
fn named(input: &SettleRegisterEntry) -> ApiResult<Option<PersonId>> {
    match (input.outcome, input.person_id) {
        (RegisterOutcome::Known, Some(person_id)) => Ok(Some(person_id)),
        (RegisterOutcome::NotFound, None) => Ok(None),
        _ => Err(Code::InvalidFields.into()),
    }
}
