//! The second person, and where and when a version is in force.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::access::{ApproveRules, ReadRules};
use crate::app::App;
use crate::auth::{Caller, Staff};
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};
use crate::rules::life::{
    NewSchedule, NoteInput, RollBackInput, RulesInForce, Schedule, ScheduleQuery, StepView,
};
use crate::rules::model::RuleSetView;
use crate::rules::schedule::Decision;
use crate::rules::store::{drafts, schedules};
use crate::rules::{approve, schedule, views};

/// Approves what others wrote: checked, back-tested, by nobody of the writers' units. It never
/// changes again, and is signed.
#[utoipa::path(post, path = "/api/v1/rule-sets/{version}/approve", operation_id = "approve_rule_set", tag = "rules",
    security(("staff" = [])), params(("version" = i32, Path,)), request_body = NoteInput,
    responses((status = 200, body = RuleSetView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn approve_rule_set(
    State(app): State<App>,
    staff: Staff<ApproveRules>,
    extract::Path(version): extract::Path<i32>,
    extract::Json(input): extract::Json<NoteInput>,
) -> ApiResult<Json<RuleSetView>> {
    approve::approve(&app, &staff.caller, version, &input.note).await?;
    Ok(Json(views::get(&app.db.client().await?, version).await?))
}

/// Gives a version up: a draft by a maker, an approved one by an approver, none that is in force.
#[utoipa::path(post, path = "/api/v1/rule-sets/{version}/withdraw", operation_id = "withdraw_rule_set", tag = "rules",
    security(("staff" = [])), params(("version" = i32, Path,)), request_body = NoteInput,
    responses((status = 200, body = RuleSetView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn withdraw_rule_set(
    State(app): State<App>,
    staff: Staff<crate::access::WithdrawRules>,
    extract::Path(version): extract::Path<i32>,
    extract::Json(input): extract::Json<NoteInput>,
) -> ApiResult<Json<RuleSetView>> {
    approve::withdraw(&app, &staff.caller, version, &input.note).await?;
    Ok(Json(views::get(&app.db.client().await?, version).await?))
}

/// Every step in the life of a version, oldest first.
#[utoipa::path(get, path = "/api/v1/rule-sets/{version}/steps", operation_id = "list_rule_steps", tag = "rules",
    security(("staff" = [])), params(("version" = i32, Path,), PageQuery),
    responses((status = 200, body = Page<StepView>), (status = 403, body = Problem)))]
pub async fn list_rule_steps(
    State(app): State<App>,
    _staff: Staff<ReadRules>,
    extract::Path(version): extract::Path<i32>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<StepView>>> {
    let limit = page.limit();
    let db = app.db.client().await?;
    let items = drafts::list_steps(&db, version, page.after(), limit).await?;
    Ok(Json(Page::new(items, limit, |item| item.step_id)))
}

/// Gives an approved version a place and a time: the whole district or a division of it, at once
/// or later. What would flip too many people of a community is held for a decision.
#[utoipa::path(post, path = "/api/v1/rule-sets/{version}/schedules", operation_id = "schedule_rule_set", tag = "rules",
    security(("staff" = [])), params(("version" = i32, Path,)), request_body = NewSchedule,
    responses((status = 201, body = Schedule), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn schedule_rule_set(
    State(app): State<App>,
    staff: Staff<ApproveRules>,
    extract::Path(version): extract::Path<i32>,
    extract::Json(input): extract::Json<NewSchedule>,
) -> ApiResult<(StatusCode, Json<Schedule>)> {
    let schedule = schedule::create(&app, &staff.caller, version, &input).await?;
    Ok((StatusCode::CREATED, Json(schedule)))
}

/// Schedules, past ones too, oldest first.
#[utoipa::path(get, path = "/api/v1/rule-schedules", operation_id = "list_rule_schedules", tag = "rules",
    security(("staff" = [])), params(ScheduleQuery, PageQuery),
    responses((status = 200, body = Page<Schedule>), (status = 403, body = Problem)))]
pub async fn list_rule_schedules(
    State(app): State<App>,
    _staff: Staff<ReadRules>,
    extract::Query(query): extract::Query<ScheduleQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<Schedule>>> {
    let limit = page.limit();
    let db = app.db.client().await?;
    let items = schedules::list_schedules(&db, query.version, page.after(), limit).await?;
    Ok(Json(Page::new(items, limit, |item| item.schedule_id)))
}

/// Takes a schedule back before its time.
#[utoipa::path(post, path = "/api/v1/rule-schedules/{schedule_id}/cancel", operation_id = "cancel_rule_schedule",
    tag = "rules", security(("staff" = [])), params(("schedule_id" = i64, Path,)), request_body = NoteInput,
    responses((status = 200, body = Schedule), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn cancel_rule_schedule(
    State(app): State<App>,
    staff: Staff<ApproveRules>,
    extract::Path(id): extract::Path<i64>,
    extract::Json(input): extract::Json<NoteInput>,
) -> ApiResult<Json<Schedule>> {
    decide(&app, &staff.caller, (id, Decision::Cancel), &input).await
}

/// Lets a held schedule begin although it flips many people's colour.
#[utoipa::path(post, path = "/api/v1/rule-schedules/{schedule_id}/release", operation_id = "release_rule_schedule",
    tag = "rules", security(("staff" = [])), params(("schedule_id" = i64, Path,)), request_body = NoteInput,
    responses((status = 200, body = Schedule), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn release_rule_schedule(
    State(app): State<App>,
    staff: Staff<ApproveRules>,
    extract::Path(id): extract::Path<i64>,
    extract::Json(input): extract::Json<NoteInput>,
) -> ApiResult<Json<Schedule>> {
    decide(&app, &staff.caller, (id, Decision::Release), &input).await
}

/// Refuses a held schedule: nothing changes.
#[utoipa::path(post, path = "/api/v1/rule-schedules/{schedule_id}/reject", operation_id = "reject_rule_schedule",
    tag = "rules", security(("staff" = [])), params(("schedule_id" = i64, Path,)), request_body = NoteInput,
    responses((status = 200, body = Schedule), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn reject_rule_schedule(
    State(app): State<App>,
    staff: Staff<ApproveRules>,
    extract::Path(id): extract::Path<i64>,
    extract::Json(input): extract::Json<NoteInput>,
) -> ApiResult<Json<Schedule>> {
    decide(&app, &staff.caller, (id, Decision::Reject), &input).await
}

async fn decide(
    app: &App,
    caller: &Caller,
    decision: (i64, Decision),
    input: &NoteInput,
) -> ApiResult<Json<Schedule>> {
    let decided = schedule::decide(app, caller, decision, &input.note).await?;
    Ok(Json(decided))
}

/// What is in force where.
#[utoipa::path(get, path = "/api/v1/rules-in-force", operation_id = "get_rules_in_force", tag = "rules",
    security(("staff" = [])),
    responses((status = 200, body = RulesInForce), (status = 403, body = Problem)))]
pub async fn get_rules_in_force(
    State(app): State<App>,
    _staff: Staff<ReadRules>,
) -> ApiResult<Json<RulesInForce>> {
    Ok(Json(views::in_force(&app.db.client().await?).await?))
}

/// Returns a place to the version in force there before, from the next scan on at every node.
#[utoipa::path(post, path = "/api/v1/rules-in-force/roll-back", operation_id = "roll_back_rules", tag = "rules",
    security(("staff" = [])), request_body = RollBackInput,
    responses((status = 200, body = RulesInForce), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn roll_back_rules(
    State(app): State<App>,
    staff: Staff<ApproveRules>,
    extract::Json(input): extract::Json<RollBackInput>,
) -> ApiResult<Json<RulesInForce>> {
    schedule::roll_back(&app, &staff.caller, &input).await?;
    Ok(Json(views::in_force(&app.db.client().await?).await?))
}
