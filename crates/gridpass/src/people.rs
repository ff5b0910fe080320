//! People: enrolment, what is held about them, their phones and photos.
//!
//! Invariants: a document number belongs to one person, whoever enters it first and however
//! often, and who else gives it is answered as if nobody held it, until somebody sees the
//! document; names, numbers, phones, addresses and photos are stored sealed and found by keyed
//! digest; a person's serial is dense and never given twice; who knows a number but not the
//! rest learns nothing about the person; one person has one phone.

mod address;
mod api;
mod apply;
mod basis;
mod card;
mod challenge;
mod claim;
mod claim_api;
mod claim_model;
mod correct;
mod create;
mod dependants;
mod door;
mod enrol;
mod family;
mod family_api;
mod family_model;
mod following;
mod holder;
mod model;
mod moving;
mod own_home;
mod phone_api;
mod photo;
mod photo_api;
mod record;
mod rekey;
mod serials;
mod store;
mod taken_in;
mod view;

use std::collections::{HashMap, HashSet};

use axum::extract::DefaultBodyLimit;
use gridpass_matching::compare_names;
use gridpass_types::document::{DocumentNumber, DocumentType};
use gridpass_types::ids::{EnclosureId, PassSerial, PersonId};
use gridpass_types::{PersonName, Phone};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::audit;
use crate::db::Client;
use crate::divisions;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::http::idempotency::Callers;
use crate::jobs::Loop;
use crate::jobs::outbox::Handlers;

pub use address::{
    Correction, Door, NamedHousehold, check_household, checked_address, correct_address,
    door_number, household_of,
};
pub use basis::Basis;
pub use card::{PersonCard, card};
pub use correct::correct_name;
pub(crate) use create::new_row;
pub use create::{NewPerson, Opened, create};
pub use family::{carrier_named, in_care, list_in_care};
pub use holder::{HOLDER_TOKEN_PREFIX, Holder};
pub use model::{Details, PassView};
pub use moving::{move_in, move_out};
pub use photo::{Jpeg, photo, redraw};
pub use record::Person;
pub(crate) use record::open_name;
pub use serials::{Serials, block as serial_block};
pub(crate) use store::{BulkAddition, NewRow, insert_people};
pub use taken_in::took_in;
pub use view::pass_view;

/// People of one phone that are compared with a name.
const SHARE_A_PHONE_MAX: i64 = 20;

/// Background work.
pub fn loops() -> Vec<Loop> {
    vec![rekey::LOOP]
}

/// Adds the handlers of this slice's topics.
pub fn register_handlers(handlers: Handlers) -> Handlers {
    following::register(moving::register(handlers))
}

/// Outbox topic: a guardian's phone shows this person's pass no more.
pub const TOPIC_CARRIED_NO_MORE: &str = "pass.carried_no_more";

/// Tells whose key a call of a phone has.
pub fn register(callers: Callers) -> Callers {
    callers.with(HOLDER_TOKEN_PREFIX, |app, token| {
        Box::pin(async move {
            let person_id = holder::admitted(&app, &token).await?;
            Ok(audit::Actor::holder(person_id))
        })
    })
}

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(photos(
            OpenApiRouter::new().routes(routes!(photo_api::put_photo, photo_api::get_photo)),
        ))
        .routes(routes!(api::create_person))
        .routes(routes!(api::search_people))
        .routes(routes!(api::get_person))
        .routes(routes!(phone_api::put_person_phone))
        .routes(routes!(
            claim_api::list_number_claims,
            claim_api::decide_number_claim
        ))
}

/// Routes of the public listener.
pub fn public_router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(photos(OpenApiRouter::new().routes(routes!(
            photo_api::put_own_photo,
            photo_api::get_own_photo,
            photo_api::delete_own_photo
        ))))
        .routes(routes!(api::enrol_person))
        .routes(routes!(challenge::get_enrol_challenge))
        .routes(routes!(api::get_pass))
        .routes(routes!(api::get_pass_explanation))
        .routes(routes!(api::get_pass_history))
        .routes(routes!(api::list_own_notices))
        .routes(routes!(api::add_dependant))
        .routes(routes!(family_api::get_family))
        .routes(routes!(family_api::remove_dependant))
        .routes(routes!(family_api::hand_over_pass))
        .routes(routes!(family_api::leave_carrier))
        .routes(routes!(family_api::change_own_phone))
        .routes(routes!(own_home::set_own_home))
        .routes(routes!(api::end_own_phone))
}

fn photos(routes: OpenApiRouter<App>) -> OpenApiRouter<App> {
    routes.layer(DefaultBodyLimit::max(photo::INPUT_BYTES_MAX))
}

/// The person a document number belongs to. Without a type, every type the number could be
/// of is tried, residents' cards first: a guard types what stands on the card.
///
/// # Errors
/// 422 with the field and the reason when the number cannot be one of its type, or of any.
pub async fn find_by_number(
    db: &Client,
    app: &App,
    document_type: Option<DocumentType>,
    number: &str,
) -> ApiResult<Option<PersonId>> {
    let digests: Vec<Vec<u8>> = model::read_number(document_type, number, app.now())?
        .iter()
        .flat_map(|number| number_digests(app, number))
        .collect();
    Ok(store::find_by_digests(db, &digests).await?)
}

/// The person of a pass serial.
///
/// # Errors
/// When the database does not answer.
pub async fn find_by_serial(db: &Client, serial: i32) -> ApiResult<Option<PersonId>> {
    Ok(store::find_by_serial(db, serial).await?)
}

/// The one person of a name who is reached by a phone; nobody when several fit, or none.
///
/// # Errors
/// When the database does not answer.
pub async fn find_by_name_and_phone(
    db: &Client,
    app: &App,
    (name, phone): (&PersonName, &Phone),
) -> ApiResult<Option<PersonId>> {
    let digests = app.sealer.digests("phone", phone.expose());
    let digests: Vec<Vec<u8>> = digests.into_iter().map(Vec::from).collect();
    let mut fits = Vec::new();
    for person_id in store::list_by_phone(db, &digests, SHARE_A_PHONE_MAX).await? {
        let held = get(db, person_id).await?.name(app)?;
        if compare_names(&held, name).agrees() {
            fits.push(person_id);
        }
    }
    Ok(Some(fits)
        .filter(|fits| fits.len() == 1)
        .map(|fits| fits[0]))
}

/// A person, or 404 `person_unknown`.
///
/// # Errors
/// As said; or when the database does not answer.
pub async fn get(db: &Client, person_id: PersonId) -> ApiResult<Person> {
    let found = store::find_person(db, person_id.get()).await?;
    found.ok_or_else(|| Code::PersonUnknown.into())
}

/// The holder, or a dependant of the holder by serial; anybody else is not there. Names the
/// person in the audit log.
///
/// # Errors
/// 404 `person_unknown`.
pub async fn on_phone(
    app: &App,
    holder: Holder,
    serial: Option<PassSerial>,
) -> ApiResult<PersonId> {
    let Some(serial) = serial else {
        return Ok(holder.person_id);
    };
    let db = app.db.client().await?;
    let asked = store::find_by_serial(&db, serial.get()).await?;
    let dependants = store::list_dependants(&db, holder.person_id).await?;
    let asked = asked
        .filter(|id| *id == holder.person_id || dependants.contains(id))
        .ok_or_else(|| ApiError::new(Code::PersonUnknown))?;
    audit::subject(asked);
    Ok(asked)
}

/// A number somebody claims: key and digest, under each digest key in use.
pub(crate) type Claim<'a> = (&'a [(i16, [u8; 16])], PersonId);

/// Whether the person shows the pass on a phone of their own.
///
/// # Errors
/// When the database does not answer.
pub async fn has_own_phone(db: &Client, app: &App, person_id: PersonId) -> ApiResult<bool> {
    Ok(store::has_live_session(db, person_id, app.now()).await?)
}

/// Whom to print for.
#[derive(Clone, Copy, Debug)]
pub enum Home<'a> {
    /// Everybody of a household.
    Household(i64),
    /// Everybody who counts in a grid.
    Grid(&'a str),
    /// Everybody whose residence is in an enclosure, declared or verified.
    Enclosure(EnclosureId),
}

/// People of a home after an identity, in order of identity, as far as the connection sees them.
///
/// # Errors
/// When the database does not answer.
pub async fn list_at_home(
    db: &Client,
    home: Home<'_>,
    (after, rows_max): (i64, i64),
) -> ApiResult<Vec<Person>> {
    Ok(match home {
        Home::Household(id) => store::list_household(db, id, (after, rows_max)).await?,
        Home::Grid(code) => store::list_below(db, (code, None), (after, rows_max)).await?,
        Home::Enclosure(id) => {
            let found = divisions::find_enclosure(db, id).await?;
            let community = found.ok_or(Code::EnclosureUnknown)?.community_code;
            store::list_below(db, (&community, Some(id)), (after, rows_max)).await?
        }
    })
}

/// Claims numbers for people in the caller's transaction; answers which people got theirs.
/// A number belongs to whoever holds it under every digest key in use, so that nodes that
/// write with different keys cannot give one number to two people.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn claim_numbers(tx: &Client, claims: &[Claim<'_>]) -> ApiResult<HashSet<i64>> {
    let mut rows: Vec<store::IdentifierRow> = claims
        .iter()
        .flat_map(|(digests, person_id)| {
            digests
                .iter()
                .map(|(digest_key, digest)| (*digest, *digest_key, *person_id))
        })
        .collect();
    // In order of digest: two transactions that claim the same numbers cannot wait for each
    // other in a circle.
    rows.sort_unstable();
    let mut missing: HashMap<i64, usize> = claims
        .iter()
        .map(|(digests, person_id)| (person_id.get(), digests.len()))
        .collect();
    let mut got = HashSet::new();
    for person_id in store::claim_numbers(tx, &rows).await? {
        got.insert(person_id);
        missing.entry(person_id).and_modify(|rows| *rows -= 1);
    }
    let (won, partly): (HashSet<i64>, HashSet<i64>) = got
        .into_iter()
        .partition(|person_id| missing.get(person_id) == Some(&0));
    if !partly.is_empty() {
        let partly: Vec<i64> = partly.into_iter().collect();
        store::release_numbers(tx, &partly).await?;
    }
    Ok(won)
}

/// Fills what was not known of people; what is held stays.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn add_to_people(
    tx: &Client,
    mut additions: Vec<store::BulkAddition>,
) -> ApiResult<()> {
    additions.sort_unstable_by_key(|addition| addition.person_id);
    Ok(store::add_to_people(tx, &additions).await?)
}

/// Keyed digests by which a document number is found.
pub(crate) fn number_digests(app: &App, number: &DocumentNumber) -> Vec<Vec<u8>> {
    let digests = app.sealer.digests("document", &number.digest_input());
    digests.into_iter().map(Vec::from).collect()
}
