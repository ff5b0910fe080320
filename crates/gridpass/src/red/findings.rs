//! What looks like red by list, for the privacy officer and oversight to look into.

use axum::Json;
use axum::extract::State;
use gridpass_types::clock::district_date;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::detect::detect;
use super::lists::common_prefix;
use super::store::findings as store;
use crate::access::ReviewRed;
use crate::app::App;
use crate::auth::{Authorised, Entity, Staff};
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::http::page::{Page, PageQuery};

/// How far back patterns are looked for.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A lead; names no person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RedFinding {
    /// Identity.
    pub finding_id: i64,
    /// Which pattern: `one_evidence`, `nothing_in_common`, `burst`, `whole_place`,
    /// `undone_soon` or `rubber_stamp`.
    pub pattern: String,
    /// Evidence, account, unit, enclosure or employer it is about.
    pub subject: String,
    /// Longest division prefix that holds everybody concerned.
    pub place_code: String,
    /// Day of the newest red in it.
    pub day: Date,
    /// How odd, 1 to 100.
    pub score: i16,
    /// How many people.
    pub people: i32,
    /// When it was found.
    pub found_at: Timestamp,
    /// When somebody had looked into it.
    pub closed_at: Option<Timestamp>,
    /// What came of it.
    pub outcome: Option<String>,
}

impl Entity for RedFinding {
    type Id = i64;

    async fn load(_app: &App, db: &Client, finding_id: i64) -> ApiResult<Option<Self>> {
        Ok(store::find_finding(db, finding_id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }
}

/// What came of a lead.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingOutcome {
    /// There is an honest reason.
    Explained,
    /// Handed to those who look into it.
    PassedOn,
}

/// Closing a lead.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseFindingInput {
    /// What came of it.
    pub outcome: FindingOutcome,
}

/// Which leads.
#[derive(Debug, Deserialize, IntoParams)]
pub struct FindingQuery {
    /// Closed ones instead of open ones.
    #[serde(default)]
    pub closed: bool,
}

/// Leads within the caller's jurisdiction, in the order in which they were found.
#[utoipa::path(get, path = "/api/v1/red-findings", operation_id = "list_red_findings", tag = "red",
    security(("staff" = [])), params(FindingQuery, PageQuery),
    responses((status = 200, body = Page<RedFinding>), (status = 403, body = Problem)))]
pub async fn list_red_findings(
    State(app): State<App>,
    staff: Staff<ReviewRed>,
    extract::Query(query): extract::Query<FindingQuery>,
    extract::Query(page): extract::Query<PageQuery>,
) -> ApiResult<Json<Page<RedFinding>>> {
    let limit = page.limit();
    let db = app.db.client().await?;
    let wanted = (staff.caller.jurisdiction.as_str(), query.closed);
    let items = store::list_findings(&db, wanted, page.after(), limit).await?;
    Ok(Json(Page::new(items, limit, |item| item.finding_id)))
}

/// Says what came of a lead.
#[utoipa::path(post, path = "/api/v1/red-findings/{finding_id}/close", operation_id = "close_red_finding", tag = "red",
    security(("staff" = [])), params(("finding_id" = i64, Path,)), request_body = CloseFindingInput,
    responses((status = 200, body = RedFinding), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn close_red_finding(
    State(app): State<App>,
    finding: Authorised<RedFinding, ReviewRed>,
    extract::Json(input): extract::Json<CloseFindingInput>,
) -> ApiResult<Json<RedFinding>> {
    let outcome = match input.outcome {
        FindingOutcome::Explained => "explained",
        FindingOutcome::PassedOn => "passed_on",
    };
    let (by, id) = (finding.caller.staff_id, finding.entity.finding_id);
    let tx = app.db.tx().await?;
    if !store::close_finding(&tx, id, (by, app.now(), outcome)).await? {
        return Err(Code::ProposalDecided.into());
    }
    let closed = store::find_finding(&tx, id).await?.ok_or(Code::NotFound)?;
    tx.commit().await?;
    Ok(Json(closed))
}

/// Looks for patterns among the reds of the last week and keeps what is new. Finding the same
/// again on the same day only raises its score. Nothing else follows from a finding.
pub async fn look(app: App) -> anyhow::Result<bool> {
    let now = app.now();
    let db = app.db.client().await?;
    let events = store::list_events(&db, now - LOOK_BACK).await?;
    let crowds = store::crowds(&db, &events).await?;
    for found in detect(&events, &crowds) {
        let place_code = common_prefix(found.places.iter().map(String::as_str));
        let row = store::NewFinding {
            finding_id: app.ids.next(),
            day: district_date(found.newest),
            place_code: &place_code.unwrap_or_default(),
            found: &found,
            found_at: now,
        };
        store::insert_finding(&db, &row).await?;
    }
    Ok(false)
}
