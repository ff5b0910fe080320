//! Paper passes: for people without a phone they are as good as one.
//!
//! A grid worker prints one, a household's or a building's; a relative prints those of the
//! people on their phone. Each newer paper voids the one before, whoever printed it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gridpass_passcode::{Credential, NewCredential};
use gridpass_types::ids::PersonId;

use super::issue::{after, now_shown, whole_second};
use super::keys::Keys;
use super::model::{
    OwnPaperInput, PAPER_LIFE_S, PaperOfHome, PaperPassView, PapersInput, PapersView,
};
use super::store;
use crate::access::IssuePaperPasses;
use crate::app::App;
use crate::audit;
use crate::auth::{Authorised, Staff};
use crate::db::{Client, Tx};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;
use crate::masking::{Shown, Viewer};
use crate::people::{self, Holder, Home, Person};

/// Papers one call issues at most: a page or two of cards.
const PAPERS_MAX: usize = 40;
/// People of a grid read at once while a building is looked for.
const CHUNK_ROWS: usize = 500;
/// Addresses opened in one call at most: several times the people of a grid.
const LOOKED_AT_MAX: usize = 5_000;
/// Characters of a building at most.
const BUILDING_CHARS_MAX: usize = 40;

/// Issues a paper pass for somebody without a phone; the one before no longer counts.
#[utoipa::path(post, path = "/api/v1/people/{person_id}/paper-passes", operation_id = "create_paper_pass", tag = "passes",
    security(("staff" = [])), params(("person_id" = i64, Path)),
    responses((status = 201, body = PaperPassView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn create_paper_pass(
    State(app): State<App>,
    person: Authorised<Person, IssuePaperPasses>,
) -> ApiResult<(StatusCode, Json<PaperPassView>)> {
    let person_id = person.entity.person_id;
    let credential = issue(person.tx(&app).await?, &app, person_id).await?;
    let paper = view(&*person.tx(&app).await?, &app, person_id, &credential).await?;
    Ok((StatusCode::CREATED, Json(paper)))
}

/// Issues paper passes for a household or for a building of a grid in the caller's
/// jurisdiction, at most 40 a call. Those before no longer count.
#[utoipa::path(post, path = "/api/v1/paper-passes", operation_id = "create_paper_passes", tag = "passes",
    security(("staff" = [])), request_body = PapersInput,
    responses((status = 201, body = PapersView), (status = 403, body = Problem), (status = 409, body = Problem),
              (status = 422, body = Problem)))]
pub async fn create_paper_passes(
    State(app): State<App>,
    staff: Staff<IssuePaperPasses>,
    extract::Json(input): extract::Json<PapersInput>,
) -> ApiResult<(StatusCode, Json<PapersView>)> {
    let mut found = {
        let db = staff.tx(&app).await?;
        find(&db, &app, &staff, &input).await?
    };
    let more = found.len() > PAPERS_MAX;
    found.truncate(PAPERS_MAX);
    // Said also when it is nobody.
    audit::subjects(found.iter().map(|person| person.person_id));
    let mut items = Vec::with_capacity(found.len());
    for person in found {
        let person_id = person.person_id;
        // A transaction each: nobody's row stays locked while others are printed.
        let credential = issue(staff.tx(&app).await?, &app, person_id).await?;
        let paper = view(&*staff.tx(&app).await?, &app, person_id, &credential).await?;
        items.push(PaperOfHome { person_id, paper });
    }
    let next = items.last().filter(|_| more).map(|item| item.person_id);
    Ok((StatusCode::CREATED, Json(PapersView { items, next })))
}

/// The people of the home that the caller covers, one more than is printed at once.
async fn find(
    db: &Client,
    app: &App,
    staff: &Staff<IssuePaperPasses>,
    input: &PapersInput,
) -> ApiResult<Vec<Person>> {
    let (home, building) = home_of(input)?;
    let viewer = Viewer::Staff(staff.caller.role);
    let mut found = Vec::new();
    let mut after = input.after.map_or(0, PersonId::get);
    for _ in 0..LOOKED_AT_MAX / CHUNK_ROWS {
        let rows_max = i64::try_from(CHUNK_ROWS).unwrap_or(i64::MAX);
        let chunk = people::list_at_home(db, home, (after, rows_max)).await?;
        let full = chunk.len() == CHUNK_ROWS;
        after = chunk.last().map_or(after, |person| person.person_id.get());
        for person in chunk {
            let here = match building {
                Some(building) => person
                    .shown(app, viewer, Shown::Address)?
                    .is_some_and(|address| is_in(&address, building)),
                None => true,
            };
            if here && staff.caller.covers(&person.place_code) {
                found.push(person);
            }
        }
        if !full || found.len() > PAPERS_MAX {
            return Ok(found);
        }
    }
    Err(Code::TooManyPapers.into())
}

/// Reads which home is meant.
fn home_of(input: &PapersInput) -> ApiResult<(Home<'_>, Option<&str>)> {
    let building = input.building.as_ref().map(|text| text.expose().trim());
    let short = |text: &str| (1..=BUILDING_CHARS_MAX).contains(&text.chars().count());
    let place = (input.grid_code.as_deref(), input.enclosure_id);
    match (input.household_id, place, building) {
        (Some(household), (None, None), None) => Ok((Home::Household(household.get()), None)),
        (None, (Some(grid), None), Some(building)) if short(building) => {
            Ok((Home::Grid(grid), Some(building)))
        }
        (None, (None, Some(enclosure)), Some(building)) if short(building) => {
            Ok((Home::Enclosure(enclosure), Some(building)))
        }
        _ => Err(ApiError::fields(vec![FieldError::new(
            "household_id",
            "household_or_building",
            "give a household, or an enclosure or a grid and a building of 1 to 40 characters",
            "请提供户编号，或围合区（或网格）与楼栋（1 至 40 个字符）",
        )])),
    }
}

/// Whether an address lies in a building: `3栋` holds `3栋1202`, and `1` does not hold `12栋`.
fn is_in(address: &str, building: &str) -> bool {
    let Some(rest) = address.trim().strip_prefix(building) else {
        return false;
    };
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    !(digit(building.chars().last()) && digit(rest.chars().next()))
}

/// Issues a paper pass to the holder, for the holder or a dependant; the one before no longer
/// counts.
#[utoipa::path(post, path = "/api/v1/pass/paper-passes", operation_id = "create_own_paper_pass", tag = "passes",
    security(("holder" = [])), request_body = OwnPaperInput,
    responses((status = 201, body = PaperPassView), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem)))]
pub async fn create_own_paper_pass(
    State(app): State<App>,
    holder: Holder,
    extract::Json(input): extract::Json<OwnPaperInput>,
) -> ApiResult<(StatusCode, Json<PaperPassView>)> {
    let person_id = people::in_care(&app, holder, input.pass_serial).await?;
    let credential = issue(app.db.tx().await?, &app, person_id).await?;
    let db = app.db.client().await?;
    let paper = view(&db, &app, person_id, &credential).await?;
    Ok((StatusCode::CREATED, Json(paper)))
}

/// Issues one and voids the one before.
async fn issue(tx: Tx, app: &App, person_id: PersonId) -> ApiResult<Credential> {
    let mut row = store::lock_pass(&tx, person_id).await?;
    let (serial, colour) = now_shown(&tx, app, person_id).await?;
    let at = whole_second(app.now())?.max(row.paper_not_before);
    let issued_at = after(at, row.paper_issued_at);
    row.paper_not_before = issued_at;
    row.paper_issued_at = Some(issued_at);
    let new = NewCredential::paper(person_id, serial, colour, PAPER_LIFE_S);
    let ring = app.part::<Keys>().ring();
    let credential = ring
        .issuer
        .issue(&new, issued_at)
        .map_err(ApiError::internal)?;
    store::update_pass(&tx, person_id, &row).await?;
    tx.commit().await?;
    Ok(credential)
}

async fn view(
    db: &Client,
    app: &App,
    person_id: PersonId,
    credential: &Credential,
) -> ApiResult<PaperPassView> {
    let qr = credential
        .paper_text()
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("a paper pass is printed")))?;
    Ok(PaperPassView {
        qr,
        expires_at: credential.expires_at(),
        pass: people::pass_view(db, app, person_id).await?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_building_is_the_beginning_of_an_address_and_no_part_of_a_number() {
        assert!(is_in("3栋1202", "3栋"));
        assert!(is_in(" 3栋", "3栋"));
        assert!(is_in("A座 5", "A座"));
        assert!(is_in("12栋1", "12栋"));
        assert!(!is_in("12栋1", "1"));
        assert!(!is_in("13栋1202", "3栋"));
        assert!(!is_in("", "3栋"));
    }
}
