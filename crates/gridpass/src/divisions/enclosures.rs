//! Enclosures: entering, changing, sealing, and a cache of all of them.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_types::division::{DivisionCode, Level};
use gridpass_types::ids::EnclosureId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{
    self, EnclosureChange, EnclosureKind, EnclosureRow, EnclosureView, Faults, ImportReport,
    NAME_CHARS_MAX, NewEnclosure, PublicEnclosure,
};
use super::store;
use crate::access::{ChangeAreaStatus, ManageDivisions, Permission, ReadDirectory};
use crate::app::App;
use crate::auth::{Authorised, Caller, Staff};
use crate::db::Client;
use crate::directory;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract::{self, Body, Json as JsonBody};
use crate::http::page::{Page, PageQuery};

/// Enclosures that a search answers at most.
const SEARCH_RESULTS_MAX: i64 = 20;

/// Every enclosure in memory, read anew when the directory's version changes.
#[derive(Default)]
pub struct Enclosures(RwLock<Held>);

#[derive(Default)]
struct Held {
    version: i64,
    by_id: Arc<HashMap<EnclosureId, EnclosureView>>,
}

impl Enclosures {
    /// All enclosures as of now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn current(
        &self,
        db: &Client,
    ) -> ApiResult<Arc<HashMap<EnclosureId, EnclosureView>>> {
        let version = directory::version(db).await?;
        if let Some(held) = self.held(version) {
            return Ok(held);
        }
        let all = store::list_all_enclosures(db).await?;
        let by_id: Arc<HashMap<_, _>> = Arc::new(
            all.into_iter()
                .map(|view| (view.enclosure_id, view))
                .collect(),
        );
        let mut held = self
            .0
            .write()
            .expect("no thread panics while it swaps a pointer");
        *held = Held {
            version,
            by_id: by_id.clone(),
        };
        Ok(by_id)
    }

    fn held(&self, version: i64) -> Option<Arc<HashMap<EnclosureId, EnclosureView>>> {
        let held = self
            .0
            .read()
            .expect("no thread panics while it swaps a pointer");
        (held.version == version).then(|| held.by_id.clone())
    }
}

/// Enters an enclosure within the caller's jurisdiction.
#[utoipa::path(post, path = "/api/v1/enclosures", operation_id = "create_enclosure", tag = "divisions",
    security(("staff" = [])), request_body = NewEnclosure,
    responses((status = 201, body = EnclosureView), (status = 422, body = Problem)))]
pub async fn create_enclosure(
    State(app): State<App>,
    staff: Staff<ManageDivisions>,
    JsonBody(input): JsonBody<NewEnclosure>,
) -> ApiResult<(StatusCode, Json<EnclosureView>)> {
    check_name(&input.name)?;
    let tx = app.db.tx().await?;
    check_community(&tx, &staff.caller, &input.community_code).await?;
    let id = EnclosureId::new(app.ids.next());
    store::insert_enclosure(&tx, id, &input, app.now())
        .await
        .map_err(code_taken)?;
    store::note_areas(&tx, app.now()).await?;
    directory::bump(&tx).await?;
    let view = store::find_enclosure(&tx, id.get())
        .await?
        .ok_or(Code::Internal)?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(view)))
}

fn code_taken(error: tokio_postgres::Error) -> ApiError {
    if crate::http::error::violates(&error, "enclosure_code_key") {
        let taken = FieldError::new(
            "code",
            "code_taken",
            "an enclosure with this code exists",
            "围合区编号已存在",
        );
        return ApiError::fields(vec![taken]);
    }
    error.into()
}

fn check_name(name: &str) -> ApiResult<()> {
    if (1..=NAME_CHARS_MAX).contains(&name.trim().chars().count()) {
        return Ok(());
    }
    Err(ApiError::fields(vec![FieldError::new(
        "name",
        "name_invalid",
        "1 to 80 characters",
        "名称应为 1 至 80 字",
    )]))
}

/// The community must be known, and in the jurisdiction (else it is as if unknown).
async fn check_community(db: &Client, caller: &Caller, code: &str) -> ApiResult<()> {
    let community = DivisionCode::parse(code)
        .ok()
        .filter(|code| code.level() == Level::Community);
    let found = match community {
        Some(code) if caller.covers(code.as_str()) => {
            store::find_division(db, code.as_str()).await?
        }
        _ => None,
    };
    found
        .map(|_| ())
        .ok_or_else(|| Code::DivisionUnknown.into())
}

/// Imports enclosures from CSV (`code,name,kind,community_code`): whole or not at all.
#[utoipa::path(post, path = "/api/v1/enclosures/import", operation_id = "import_enclosures", tag = "divisions",
    security(("staff" = [])), request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportReport), (status = 422, body = Problem)))]
pub async fn import_enclosures(
    State(app): State<App>,
    staff: Staff<ManageDivisions>,
    body: Body,
) -> ApiResult<Json<ImportReport>> {
    let rows = model::read_some_rows::<EnclosureRow>(&body.0)?;
    let tx = app.db.tx().await?;
    let rows = check_rows(&tx, &staff.caller, rows).await?;
    let ids: Vec<i64> = rows.iter().map(|_| app.ids.next()).collect();
    let created = store::upsert_enclosures(&tx, &rows, &ids, app.now()).await?;
    store::note_areas(&tx, app.now()).await?;
    directory::bump(&tx).await?;
    tx.commit().await?;
    Ok(Json(ImportReport {
        created,
        updated: rows.len() as u64 - created,
        unchanged: 0,
    }))
}

async fn check_rows(
    db: &Client,
    caller: &Caller,
    rows: Vec<EnclosureRow>,
) -> ApiResult<Vec<NewEnclosure>> {
    let communities = store::list_divisions(
        db,
        &caller.jurisdiction,
        Some(Level::Community),
        "",
        i64::MAX,
    )
    .await?;
    let communities: std::collections::HashSet<String> =
        communities.into_iter().map(|view| view.code).collect();
    let mut faults = Faults::default();
    let mut seen = std::collections::HashSet::new();
    let mut checked = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        if !communities.contains(&row.community_code) {
            faults.add(
                (index, "community_code"),
                "division_unknown",
                ("this community is not known", "未知的社区"),
            );
        }
        if row.code.is_empty() || !seen.insert(row.code.clone()) {
            faults.add(
                (index, "code"),
                "code_twice",
                ("the code is empty or stands twice", "编号为空或重复"),
            );
        }
        if check_name(&row.name).is_err() {
            faults.add(
                (index, "name"),
                "name_invalid",
                ("1 to 80 characters", "名称应为 1 至 80 字"),
            );
        }
        let Some(kind) = EnclosureKind::parse(&row.kind) else {
            faults.add(
                (index, "kind"),
                "kind_unknown",
                ("this kind is not known", "未知的围合区类型"),
            );
            continue;
        };
        let (name, community_code, code) = (row.name, row.community_code, Some(row.code));
        checked.push(NewEnclosure {
            name,
            kind,
            community_code,
            area_status: None,
            contact: None,
            code,
        });
    }
    faults.done(checked)
}

/// Which enclosures to list.
#[derive(Deserialize, IntoParams)]
pub struct PrefixQuery {
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
    /// Part of the name.
    pub name: Option<String>,
}

/// Enclosures under a prefix within the caller's jurisdiction.
#[utoipa::path(get, path = "/api/v1/enclosures", operation_id = "list_enclosures", tag = "divisions",
    security(("staff" = [])), params(PrefixQuery, PageQuery), responses((status = 200, body = Page<EnclosureView>)))]
pub async fn list_enclosures(
    State(app): State<App>,
    staff: Staff<ReadDirectory>,
    extract::Query(query): extract::Query<PrefixQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<EnclosureView>>> {
    let limit = page.limit();
    let items = match staff.caller.reach(query.prefix.as_deref()) {
        Some(reach) => {
            let which = (&reach, query.name.as_deref());
            store::list_enclosures(&app.db.client().await?, which, page.after(), limit).await?
        }
        None => Vec::new(),
    };
    Ok(Json(Page::new(items, limit, |item| {
        item.enclosure_id.get()
    })))
}

/// One enclosure.
#[utoipa::path(get, path = "/api/v1/enclosures/{enclosure_id}", operation_id = "get_enclosure", tag = "divisions",
    security(("staff" = [])), params(("enclosure_id" = i64, Path)),
    responses((status = 200, body = EnclosureView), (status = 404, body = Problem)))]
pub async fn get_enclosure(
    enclosure: Authorised<EnclosureView, ReadDirectory>,
) -> Json<EnclosureView> {
    Json(enclosure.entity)
}

/// Changes an enclosure: name and contact by those who keep the directory, the area's
/// status also by the subdistrict.
#[utoipa::path(patch, path = "/api/v1/enclosures/{enclosure_id}", operation_id = "update_enclosure", tag = "divisions",
    security(("staff" = [])), params(("enclosure_id" = i64, Path)), request_body = EnclosureChange,
    responses((status = 200, body = EnclosureView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn update_enclosure(
    State(app): State<App>,
    enclosure: Authorised<EnclosureView, ReadDirectory>,
    JsonBody(change): JsonBody<EnclosureChange>,
) -> ApiResult<Json<EnclosureView>> {
    let Authorised {
        entity: mut view,
        caller,
        ..
    } = enclosure;
    let is = |roles: &[_]| roles.contains(&caller.role);
    if change.area_status.is_some() && !is(ChangeAreaStatus::ROLES) {
        return Err(Code::NotAllowed.into());
    }
    if (change.name.is_some() || change.contact.is_some()) && !is(ManageDivisions::ROLES) {
        return Err(Code::NotAllowed.into());
    }
    if let Some(name) = change.name {
        check_name(&name)?;
        view.name = name;
    }
    view.area_status = change.area_status.unwrap_or(view.area_status);
    view.contact = change.contact.or(view.contact);
    let tx = app.db.tx().await?;
    store::update_enclosure(&tx, &view, app.now()).await?;
    store::note_areas(&tx, app.now()).await?;
    directory::bump(&tx).await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// What a resident typed.
#[derive(Deserialize, IntoParams)]
pub struct SearchQuery {
    /// Part of the name, at least one character.
    query: String,
}

/// Enclosures by part of their name, for the form that residents fill in. Names on
/// gates are public; who lives there is not.
#[utoipa::path(get, path = "/api/v1/enclosures/public", operation_id = "find_public_enclosures", tag = "divisions",
    params(SearchQuery), responses((status = 200, body = Vec<PublicEnclosure>)))]
pub async fn find_public_enclosures(
    State(app): State<App>,
    extract::Query(search): extract::Query<SearchQuery>,
) -> ApiResult<Json<Vec<PublicEnclosure>>> {
    let text = search.query.trim();
    if text.is_empty() {
        return Ok(Json(Vec::new()));
    }
    Ok(Json(
        store::search_enclosures(&app.db.client().await?, text, SEARCH_RESULTS_MAX).await?,
    ))
}
