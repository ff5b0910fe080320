//! Where somebody says they live: the estate, and building and room, so that a grid worker finds
//! the door. It is a declaration. It puts nobody into a household, because a household lets people
//! carry each other's pass: people of one door are only one stop. It does not touch what a grid
//! worker has verified, nor the door that somebody under observation is watched at. Who is ordered
//! to stay at home before a home is known says it here, and the order follows.

use axum::Json;
use axum::extract::State;
use gridpass_rules::FactBody;
use gridpass_rules::words::{Residence, ResidenceStatus};
use gridpass_types::Sensitive;
use gridpass_types::ids::{EnclosureId, PassSerial, PersonId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::address::{checked, household_of, seal_address};
use super::enrol::kept_home;
use super::holder::Holder;
use super::model::PassView;
use super::store;
use super::view::single_pass_view;
use crate::app::App;
use crate::facts::{self, NewFact};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;
use crate::jobs::outbox;
use crate::limits::{self, Limit};
use crate::masking::{Shown, Viewer};

/// Source of what people say themselves.
const SOURCE: &str = "holder";
/// Characters of an address that a resident types, at most.
const OWN_CHARS_MAX: usize = 40;
/// Homes one phone may name within a day: a family of eight with some corrections.
const HOMES: Limit = Limit {
    kind: "own_homes",
    uses_max: 20,
    window: jiff::SignedDuration::from_hours(24),
    code: Code::TooManyEntries,
};

/// Where somebody says they live.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnHomeInput {
    /// Serial of the pass of a child or of somebody of the household; the holder's own when absent.
    #[serde(default)]
    pub pass_serial: Option<PassSerial>,
    /// The enclosure.
    pub enclosure_id: EnclosureId,
    /// Building and room, 1 to 40 characters; sealed.
    #[schema(value_type = String)]
    pub address: Sensitive<String>,
}

/// Takes where the holder, or somebody in the holder's care, says they live; a grid worker calls
/// there. A home that was verified is corrected by an appeal or a correction instead.
#[utoipa::path(put, path = "/api/v1/pass/home", operation_id = "set_own_home", tag = "people",
    security(("holder" = [])), request_body = OwnHomeInput,
    responses((status = 200, body = PassView), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn set_own_home(
    State(app): State<App>,
    holder: Holder,
    extract::Json(input): extract::Json<OwnHomeInput>,
) -> ApiResult<Json<PassView>> {
    let address = own_address(input.address.expose())?;
    let key = app.sealer.digest(HOMES.kind, &holder.person_id.to_string());
    limits::take(&app, &HOMES, &key).await?;
    let person_id = super::in_care(&app, holder, input.pass_serial).await?;
    declare(&app, person_id, (input.enclosure_id, &address)).await?;
    single_pass_view(&app, person_id).await.map(Json)
}

/// Building and room as a resident types them: a worker reads them in a list of doors.
fn own_address(text: &str) -> ApiResult<String> {
    let address = checked(Some(text))?.unwrap_or_default();
    if address.chars().count() <= OWN_CHARS_MAX {
        return Ok(address);
    }
    Err(ApiError::fields(vec![FieldError::new(
        "address",
        "address_length",
        "1 to 40 characters",
        "地址应为 1 至 40 个字符",
    )]))
}

async fn declare(
    app: &App,
    person_id: PersonId,
    (enclosure, address): (EnclosureId, &str),
) -> ApiResult<()> {
    let now = app.now();
    let tx = app.db.tx().await?;
    let row = facts::lock_person(&tx, person_id).await?;
    if row.state.residence == Residence::Verified {
        return Err(Code::HomeVerified.into());
    }
    // The team watches the door that the order was given for; where none was known, it waits for it.
    if let Some(home) = kept_home(&row.state) {
        let person = super::get(&tx, person_id).await?;
        let has_door = person.shown(app, Viewer::Holder, Shown::Address)?.is_some();
        if has_door || home != enclosure {
            return Err(Code::HomeUnderOrder.into());
        }
    }
    let body = FactBody::Residence {
        status: ResidenceStatus::Declared,
        enclosure,
    };
    facts::check_places(&tx, &body).await?;
    // Who moved out keeps the enclosure they left; coming back is news.
    let lives = row.state.residence == Residence::Declared;
    let known = lives && row.state.enclosure == Some(enclosure);
    let new: Vec<NewFact> = (!known)
        .then(|| NewFact {
            body,
            source: SOURCE.to_owned(),
            recorded_by: None,
            grounds: None,
        })
        .into_iter()
        .collect();
    let sealed = seal_address(app, person_id, address);
    let door = household_of(app, enclosure, address).map(|number| (number, enclosure));
    store::update_own_address(&tx, person_id, (&sealed, door), now).await?;
    let appended = facts::append(&tx, app, person_id, &new).await?;
    let follow_ups = facts::follow_ups(person_id, &appended.decision, None, now);
    outbox::insert(&tx, &follow_ups, now).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(())
}
