//! People for whom a rule set would change something, as far as the caller may see them.
//!
//! They are looked up when asked for and not stored with the card: a record that is kept for good
//! names nobody.

use axum::Json;
use axum::extract::State;
use gridpass_types::ids::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::card::RuleRef;
use super::compared::{Compared, Side};
use super::population::{age_band, rule_ref};
use super::store::{self, ExampleRow, Scope};
use super::{jobs, model::BackTestStatus};
use crate::access::{Permission, ReadPeople, RunBackTests};
use crate::app::App;
use crate::audit;
use crate::auth::{Caller, Staff};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::masking::{self, Shown, Viewer};
use gridpass_types::clock::district_date;

/// Examples at most.
const EXAMPLES_MAX: i64 = 20;

/// Which examples.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ExamplesQuery {
    /// Rule that decides now.
    pub rule_before: String,
    /// Rule that would decide.
    pub rule_after: String,
    /// Examples wanted, 1 to 20; 5 when absent.
    pub limit: Option<i64>,
}

/// Somebody for whom something would change.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ExampleView {
    /// Identity, for those who may look people up.
    pub person_id: Option<PersonId>,
    /// Name as far as the caller may see it.
    pub name: Option<String>,
    /// Community where the person counts.
    pub community_code: String,
    /// Age band; empty when unknown.
    pub age: String,
    /// Rule that decides now.
    pub from: RuleRef,
    /// Rule that would decide.
    pub to: RuleRef,
}

/// Examples of one kind of change, by what is in force now, within the caller's jurisdiction.
#[utoipa::path(get, path = "/api/v1/back-tests/{back_test_id}/examples", operation_id = "list_back_test_examples",
    tag = "rules", security(("staff" = [])), params(("back_test_id" = i64, Path,), ExamplesQuery),
    responses((status = 200, body = Vec<ExampleView>), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn list_back_test_examples(
    State(app): State<App>,
    staff: Staff<RunBackTests>,
    extract::Path(back_test_id): extract::Path<i64>,
    extract::Query(query): extract::Query<ExamplesQuery>,
) -> ApiResult<Json<Vec<ExampleView>>> {
    let (compared, scope) = asked(&app, back_test_id).await?;
    let kind = (
        compared.find(Side::Before, &query.rule_before),
        compared.find(Side::After, &query.rule_after),
    );
    let limit = query.limit.unwrap_or(5).clamp(1, EXAMPLES_MAX);
    let db = staff.tx(&app).await?;
    let rows =
        store::list_examples(&db, &compared.to_sql("s", scope.at), (&scope, &kind, limit)).await?;
    audit::subjects(rows.iter().map(|row| row.person_id));
    let view = |row: &ExampleRow| shown(&app, &staff.caller, (row, &compared));
    let views = rows.iter().map(view).collect::<ApiResult<Vec<_>>>()?;
    Ok(Json(views.into_iter().flatten().collect()))
}

/// What a back-test that is done compares, as of now.
async fn asked(app: &App, back_test_id: i64) -> ApiResult<(Compared, Scope)> {
    let found = store::find_tables(&app.db.client().await?, back_test_id).await?;
    let (tried, status) = found.ok_or(Code::NotFound)?;
    if status != BackTestStatus::Done {
        return Err(Code::BackTestNotDone.into());
    }
    let now = app.now();
    let year = i32::from(district_date(now).year());
    let scope = Scope::new(now, &tried.divisions, year);
    Ok((jobs::compare(app, &tried).await?, scope))
}

fn shown(
    app: &App,
    caller: &Caller,
    (row, compared): (&ExampleRow, &Compared),
) -> ApiResult<Option<ExampleView>> {
    let rules = rule_ref(compared, row.before).zip(rule_ref(compared, row.after));
    let Some((from, to)) = rules else {
        return Ok(None);
    };
    let viewer = Viewer::Staff(caller.role);
    let sealed = (row.person_id.get(), row.name_sealed.as_deref());
    let looks_up = ReadPeople::ROLES.contains(&caller.role);
    Ok(Some(ExampleView {
        person_id: looks_up.then_some(row.person_id),
        name: masking::show(&app.sealer, viewer, Shown::Name, sealed)?,
        community_code: row.place_code.chars().take(12).collect(),
        age: age_band(row.age).to_owned(),
        from,
        to,
    }))
}
