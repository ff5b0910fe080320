//! Handlers of a person's own data.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use gridpass_types::document::Sex;
use gridpass_types::ids::PersonId;
use jiff::SignedDuration;

use super::model::{
    AcceptInput, Because, CorrectionInput, CorrectionView, Held, HeldField, OwnDataQuery,
    OwnDataView, check_version, kept,
};
use super::{more, notice, store};
use crate::app::App;
use crate::db::Client;
use crate::facts;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract;
use crate::jobs::outbox;
use crate::masking::{Shown, Viewer};
use crate::people::{self, Holder, Person};

/// Records of each kind shown at most.
pub(super) const ROWS_MAX: usize = 500;
/// How far back checks at gates are held.
const CHECKS_SPAN: SignedDuration = SignedDuration::from_hours(60 * 24);
/// Hours within which a grid worker calls for a correction.
const CORRECTION_HOURS: u16 = 72;

/// Everything that is held about the holder, or about a child or somebody of the household on
/// the same phone: from which source, until when, and why it cannot be removed before.
#[utoipa::path(get, path = "/api/v1/pass/data", operation_id = "get_own_data", tag = "privacy",
    security(("holder" = [])), params(OwnDataQuery),
    responses((status = 200, body = OwnDataView), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn get_own_data(
    State(app): State<App>,
    holder: Holder,
    extract::Query(query): extract::Query<OwnDataQuery>,
) -> ApiResult<Json<OwnDataView>> {
    let person_id = people::in_care(&app, holder, query.pass_serial).await?;
    let db = app.db.client().await?;
    let person = people::get(&db, person_id).await?;
    own_data(&db, &app, &person).await.map(Json)
}

async fn own_data(db: &Client, app: &App, person: &Person) -> ApiResult<OwnDataView> {
    let id = person.person_id;
    // One more than is shown, to know whether there are more.
    let rows = i64::try_from(ROWS_MAX + 1).unwrap_or(i64::MAX);
    let since = app.now() - CHECKS_SPAN;
    Ok(OwnDataView {
        pass_serial: person.pass_serial,
        made_at: app.now(),
        source: person.source.clone(),
        created_at: person.created_at,
        enrolled_at: person.enrolled_at,
        fields: fields(app, person)?,
        facts: held(
            store::list_facts(db, id, rows).await?,
            kept("fact", "body"),
            Because::Evidence,
        ),
        visits: held(
            store::list_visits(db, id, rows).await?,
            kept("visit", "outcome"),
            Because::Evidence,
        ),
        orders: held(
            store::list_orders(db, id, rows).await?,
            kept("quarantine_order", "place"),
            Because::Evidence,
        ),
        checks: held(
            store::list_checks(db, id, (since, rows)).await?,
            kept("scan", "colour"),
            Because::Tracing,
        ),
        consents: store::list_consents(db, id).await?,
        more: more::load(db, app, id).await?,
    })
}

pub(super) fn held<T>(mut items: Vec<T>, kept: String, because: Because) -> Held<T> {
    let more = items.len() > ROWS_MAX;
    items.truncate(ROWS_MAX);
    Held {
        items,
        more,
        kept,
        because,
    }
}

fn word_of(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "female",
        Sex::Male => "male",
    }
}

/// The fields of a person's record, as far as a phone shows them.
fn fields(app: &App, person: &Person) -> ApiResult<Vec<HeldField>> {
    let seen = |shown| person.shown(app, Viewer::Holder, shown);
    let text = |value: Option<i64>| value.map(|value| value.to_string());
    let sex = person.sex.map(|sex| word_of(sex).to_owned());
    let photo = person.has_photo.then(|| "yes".to_owned());
    let (pass, evidence) = (Some(Because::Pass), Some(Because::Evidence));
    let of = |field: &str, column, value, because| HeldField {
        field: field.to_owned(),
        value,
        kept: kept("person", column),
        because,
    };
    let household = text(person.household_id.map(|id| id.get()));
    Ok(vec![
        of("name", "name_sealed", seen(Shown::Name)?, pass),
        of(
            "document_number",
            "document_number_sealed",
            seen(Shown::Number)?,
            pass,
        ),
        of("phone", "phone_sealed", seen(Shown::Phone)?, pass),
        of("address", "address_sealed", seen(Shown::Address)?, evidence),
        of(
            "address_code",
            "address_code_sealed",
            seen(Shown::AddressCode)?,
            evidence,
        ),
        of("grid", "grid_code", person.grid_code.clone(), evidence),
        of("household", "household_id", household, evidence),
        of(
            "birth_year",
            "birth_year",
            text(person.birth_year.map(i64::from)),
            pass,
        ),
        of("sex", "sex", sex, pass),
        of(
            "origin",
            "origin_province",
            person.origin_province.clone(),
            evidence,
        ),
        of("photo", "photo_sealed", photo, None),
    ])
}

/// The privacy notice in plain words: every version, the newest first.
#[utoipa::path(get, path = "/api/v1/privacy-notice", operation_id = "get_privacy_notice", tag = "privacy",
    responses((status = 200, body = Vec<notice::PrivacyNotice>)))]
pub async fn get_privacy_notice() -> impl IntoResponse {
    let cache = [(header::CACHE_CONTROL, "public, max-age=300")];
    (cache, Json(notice::versions()))
}

/// Keeps that the holder accepted the notice that holds now.
#[utoipa::path(put, path = "/api/v1/pass/privacy-consent", operation_id = "accept_privacy_notice", tag = "privacy",
    security(("holder" = [])), request_body = AcceptInput,
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn accept_privacy_notice(
    State(app): State<App>,
    holder: Holder,
    extract::Json(input): extract::Json<AcceptInput>,
) -> ApiResult<StatusCode> {
    check_version(input.version, notice::current().version)?;
    let tx = app.db.tx().await?;
    store::insert_consent(&tx, holder.person_id, input.version, app.now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for a correction: a grid worker calls and records what is right. The number itself is
/// corrected at a counter, where the document is.
#[utoipa::path(post, path = "/api/v1/pass/corrections", operation_id = "request_correction", tag = "privacy",
    security(("holder" = [])), request_body = CorrectionInput,
    responses((status = 202, body = CorrectionView), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem)))]
pub async fn request_correction(
    State(app): State<App>,
    holder: Holder,
    extract::Json(input): extract::Json<CorrectionInput>,
) -> ApiResult<(StatusCode, Json<CorrectionView>)> {
    let person_id: PersonId = people::in_care(&app, holder, input.pass_serial).await?;
    let now = app.now();
    let cause = (input.what.cause(), CORRECTION_HOURS);
    let visit = facts::visit_needed(person_id, cause, None, now);
    let tx = app.db.tx().await?;
    outbox::insert(&tx, &[visit], now).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    let due_at = now + SignedDuration::from_hours(CORRECTION_HOURS.into());
    Ok((StatusCode::ACCEPTED, Json(CorrectionView { due_at })))
}
