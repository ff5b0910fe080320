//! Handlers: search of the log, and the person's own view of it.

use axum::Json;
use axum::extract::State;
use gridpass_types::ids::PersonId;

use super::model::{EntryQuery, EntryView, LookView, LookupView, role_words};
use super::store;
use crate::access::{ReadPeople, Role, SearchAudit};
use crate::app::App;
use crate::audit::Entry;
use crate::audit::operations::Purpose;
use crate::auth::{Authorised, Staff};
use crate::db::Client;
use crate::facts::Subject;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery, capped};
use crate::masking::{self, Viewer};
use crate::people::Holder;

/// Entries of the audit log, newest first, of callers within the jurisdiction. The search is
/// an entry itself. Oversight sees what was done and how often, and no person.
#[utoipa::path(get, path = "/api/v1/audit/entries", operation_id = "search_audit_entries", tag = "oversight",
    security(("staff" = [])), params(EntryQuery),
    responses((status = 200, body = Page<EntryView>), (status = 403, body = Problem)))]
pub async fn search_audit_entries(
    State(app): State<App>,
    staff: Staff<SearchAudit>,
    extract::Query(query): extract::Query<EntryQuery>,
) -> ApiResult<Json<Page<EntryView>>> {
    let seen = Seen::by(staff.caller.role);
    if !seen.people && query.subject.is_some() {
        return Err(Code::NotAllowed.into());
    }
    crate::audit::object(search_object(&query));
    let limit = capped(query.limit);
    let found = match staff.caller.narrow(query.prefix.as_deref()) {
        Some(prefix) => {
            let db = app.db.client().await?;
            store::search_entries(&db, &query, &prefix, limit).await?
        }
        None => Vec::new(),
    };
    let items = found.into_iter().map(|entry| view(entry, seen)).collect();
    Ok(Json(Page::new(items, limit, |item: &EntryView| {
        item.entry_id
    })))
}

/// What was searched for, as the search's own entry keeps it.
fn search_object(query: &EntryQuery) -> String {
    let of = |name: &str, id: Option<i64>| id.map(|id| format!("{name}/{id}"));
    let place = query.prefix.as_ref().filter(|prefix| !prefix.is_empty());
    let parts = [
        of("subject", query.subject),
        of("actor", query.actor_id),
        place.map(|prefix| format!("place/{prefix}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "search".to_owned()
    } else {
        parts.join(" ")
    }
}

/// Which personal columns of an entry a role sees, by `columns.toml`.
#[derive(Clone, Copy)]
struct Seen {
    people: bool,
    origin: bool,
}

impl Seen {
    fn by(role: Role) -> Self {
        let sees = |column| masking::sees(Viewer::Staff(role), "audit_entry", column);
        Self {
            people: sees("subjects"),
            origin: sees("origin"),
        }
    }
}

fn view(entry: Entry, seen: Seen) -> EntryView {
    let is_person = entry.actor == "holder";
    EntryView {
        entry_id: entry.entry_id,
        at: entry.at,
        actor_id: Some(entry.actor_id).filter(|_| seen.people || !is_person),
        actor: entry.actor,
        unit: entry.unit,
        role: entry.role,
        purpose: entry.purpose,
        action: entry.action,
        people: u32::try_from(entry.subjects.len()).unwrap_or(u32::MAX),
        subjects: if seen.people {
            entry.subjects
        } else {
            Vec::new()
        },
        object: entry.object.filter(|_| seen.people),
        result: entry.result,
        code: entry.code,
        origin: entry.origin.filter(|_| seen.origin),
        session: entry.session,
        reference: entry.reference,
    }
}

/// Who looked at the holder's data or changed it, newest first: unit, role, purpose and time.
/// `after` continues with older ones.
#[utoipa::path(get, path = "/api/v1/pass/lookups", operation_id = "list_own_lookups", tag = "oversight",
    security(("holder" = [])), params(PageQuery),
    responses((status = 200, body = Page<LookView>), (status = 401, body = Problem)))]
pub async fn list_own_lookups(
    State(app): State<App>,
    holder: Holder,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<LookView>>> {
    let db = app.db.client().await?;
    let found = looks_at(&db, holder.person_id, &page).await?;
    Ok(Json(found.map(look)))
}

/// Who looked at a person's data or changed it, newest first: unit, role, purpose and time, as
/// the person sees it too. `after` continues with older ones.
#[utoipa::path(get, path = "/api/v1/people/{person_id}/lookups", operation_id = "list_lookups", tag = "oversight",
    security(("staff" = [])), params(("person_id" = i64, Path,), PageQuery),
    responses((status = 200, body = Page<LookupView>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list_lookups(
    State(app): State<App>,
    person: Authorised<Subject, ReadPeople>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<LookupView>>> {
    let db = app.db.client().await?;
    let found = looks_at(&db, person.entity.person_id, &page).await?;
    Ok(Json(found.map(lookup)))
}

async fn looks_at(db: &Client, person: PersonId, page: &PageQuery) -> ApiResult<Page<Entry>> {
    let limit = page.limit();
    let before = page.after.unwrap_or(i64::MAX);
    let found = store::list_looks_at(db, person.get(), before, limit).await?;
    Ok(Page::new(found, limit, |entry| entry.entry_id))
}

fn lookup(entry: Entry) -> LookupView {
    LookupView {
        at: entry.at,
        unit: named_unit(entry.unit),
        role: entry.role,
        purpose: entry.purpose,
        changed: entry.result == "done",
    }
}

/// Accounts without an organisation count as one of their own, which tells nobody anything.
fn named_unit(unit: Option<String>) -> Option<String> {
    unit.filter(|unit| !unit.starts_with('#'))
}

fn look(entry: Entry) -> LookView {
    let role = entry.role.as_deref().and_then(Role::parse);
    let (role, role_zh) = role_words(role);
    let purpose = Purpose::ALL
        .into_iter()
        .find(|purpose| purpose.as_str() == entry.purpose)
        .unwrap_or(Purpose::Administration);
    LookView {
        at: entry.at,
        unit: named_unit(entry.unit),
        role: role.to_owned(),
        role_zh: role_zh.to_owned(),
        purpose: purpose.words().to_owned(),
        purpose_zh: purpose.words_zh().to_owned(),
        changed: entry.result == "done",
    }
}
