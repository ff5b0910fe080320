//! Beginning, reading and ending shadows.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::model::{NewShadow, Shadow, ShadowView};
use super::store;
use crate::access::{ReadRules, ShadowRules};
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Entity, Staff};
use crate::db::Client;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::rules;

impl Entity for Shadow {
    type Id = i64;

    async fn load(app: &App, db: &Client, id: i64) -> ApiResult<Option<Self>> {
        let mut found = store::find_shadow(db, id).await?;
        if let Some(shadow) = &mut found {
            shadow.reach = match shadow.place_prefix.as_str() {
                "" => app.settings.district.clone(),
                prefix => prefix.to_owned(),
            };
        }
        Ok(found)
    }

    fn place_code(&self) -> &str {
        &self.reach
    }
}

/// Evaluates an approved version beside what is in force, and counts; nothing is acted on.
#[utoipa::path(post, path = "/api/v1/rule-sets/{version}/shadows", operation_id = "start_rule_shadow", tag = "rules",
    security(("staff" = [])), params(("version" = i32, Path,)), request_body = NewShadow,
    responses((status = 201, body = Shadow), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn start_rule_shadow(
    State(app): State<App>,
    staff: Staff<ShadowRules>,
    extract::Path(version): extract::Path<i32>,
    extract::Json(input): extract::Json<NewShadow>,
) -> ApiResult<(StatusCode, Json<Shadow>)> {
    input.check()?;
    let tx = staff.tx(&app).await?;
    let place_prefix = rules::named_place(&tx, &app, &staff.caller, &input.place_prefix).await?;
    let version = rules::require_approved(&tx, version).await?;
    let shadow = Shadow {
        shadow_id: app.ids.next(),
        version,
        place_prefix,
        scan_percent: input.scan_percent,
        count_people: input.count_people,
        note: input.note.trim().to_owned(),
        started_at: app.now(),
        started_by: staff.caller.staff_id,
        ended_at: None,
        ended_by: None,
        scans_until: app.now(),
        people_counted_at: None,
        reach: String::new(),
    };
    audit::object(format!("rule_shadow/{}", shadow.shadow_id));
    store::insert_shadow(&tx, &shadow).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(shadow)))
}

/// Shadows, past ones too, oldest first.
#[utoipa::path(get, path = "/api/v1/rule-shadows", operation_id = "list_rule_shadows", tag = "rules",
    security(("staff" = [])), params(PageQuery),
    responses((status = 200, body = Page<Shadow>), (status = 403, body = Problem)))]
pub async fn list_rule_shadows(
    State(app): State<App>,
    staff: Staff<ReadRules>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<Shadow>>> {
    let limit = page.limit();
    let db = staff.tx(&app).await?;
    let items = store::list_shadows(&db, page.after(), limit).await?;
    Ok(Json(Page::new(items, limit, |item| item.shadow_id)))
}

/// A shadow with its counts by day and community within the caller's jurisdiction.
#[utoipa::path(get, path = "/api/v1/rule-shadows/{shadow_id}", operation_id = "get_rule_shadow", tag = "rules",
    security(("staff" = [])), params(("shadow_id" = i64, Path,)),
    responses((status = 200, body = ShadowView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_rule_shadow(
    State(app): State<App>,
    found: Authorised<Shadow, ReadRules>,
) -> ApiResult<Json<ShadowView>> {
    let db = found.tx(&app).await?;
    let shadow = found.entity;
    let prefix = &found.caller.jurisdiction;
    let scans = store::list_scans(&db, shadow.shadow_id, prefix).await?;
    let people = store::list_people(&db, shadow.shadow_id, prefix).await?;
    Ok(Json(ShadowView {
        shadow,
        scans,
        people,
    }))
}

/// Ends a shadow; its counts stay.
#[utoipa::path(post, path = "/api/v1/rule-shadows/{shadow_id}/end", operation_id = "end_rule_shadow", tag = "rules",
    security(("staff" = [])), params(("shadow_id" = i64, Path,)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn end_rule_shadow(
    State(app): State<App>,
    found: Authorised<Shadow, ShadowRules>,
) -> ApiResult<StatusCode> {
    let tx = found.tx(&app).await?;
    let by = (app.now(), found.caller.staff_id);
    store::end_shadow(&tx, found.entity.shadow_id, by).await?;
    audit::object(format!("rule_shadow/{}", found.entity.shadow_id));
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
