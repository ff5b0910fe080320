//! Entering a person whose number is not known yet.

use gridpass_matching::name_key;
use gridpass_types::AddressCode;
use gridpass_types::ids::{PassSerial, PersonId};
use jiff::Timestamp;

use super::claim_numbers;
use super::model::Details;
use super::serials::Serials;
use super::store::{self, NewRow, Sealed};
use crate::app::App;
use crate::db::Client;
use crate::facts::{self, NewPersonState};
use crate::http::error::ApiResult;
use crate::ids::Entropy;
use crate::seal::{Field, Sealer};

/// A person to enter.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Name, document, phone.
    pub details: Details,
    /// Building and room.
    pub address: Option<String>,
    /// Standard address code of the room.
    pub address_code: Option<AddressCode>,
    /// Two digits: province a registry names as origin; the document's when absent.
    pub origin_province: Option<String>,
    /// Grid of the home, 15 digits, known to the tree.
    pub grid_code: Option<String>,
    /// Household.
    pub household_id: Option<i64>,
    /// Where the record comes from: `holder`, `counter` or a registry's name.
    pub source: String,
    /// Year of birth as somebody says it, for documents that do not tell.
    pub birth_year: Option<i16>,
    /// When the person applied; `None` for people only imported.
    pub enrolled_at: Option<Timestamp>,
}

impl NewPerson {
    /// Somebody of whom no more than the details is known.
    pub(super) fn of(details: Details) -> Self {
        Self {
            details,
            address: None,
            address_code: None,
            origin_province: None,
            grid_code: None,
            household_id: None,
            source: String::new(),
            birth_year: None,
            enrolled_at: None,
        }
    }
}

/// A person just entered.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// Identity.
    pub person_id: PersonId,
    /// Serial of the pass.
    pub pass_serial: PassSerial,
}

/// Enters a person with an empty state, in the caller's transaction; `None` when the number
/// belongs to somebody already.
///
/// # Errors
/// When the database does not answer, or serials have run out.
pub async fn create(tx: &Client, app: &App, new: NewPerson) -> ApiResult<Option<Opened>> {
    create_beside(tx, app, new, None).await
}

/// As [`create`]; beside somebody who holds the number, the new record does not hold it and
/// claims it. The statements are the same, so that nobody can tell by the time it takes.
pub(super) async fn create_beside(
    tx: &Client,
    app: &App,
    new: NewPerson,
    holder: Option<PersonId>,
) -> ApiResult<Option<Opened>> {
    let person_id = PersonId::new(app.entropy.person_id());
    let mut row = new_row((&app.sealer, &app.entropy), person_id, &new);
    let claim = (&row.number_digests[..], person_id);
    let claims = holder.map_or(vec![claim], |_| Vec::new());
    if claim_numbers(tx, &claims).await?.is_empty() && holder.is_none() {
        return Ok(None);
    }
    row.pass_serial = app.part::<Serials>().next(app).await?;
    store::insert_person(tx, &row, app.now()).await?;
    let claim = (person_id, row.pass_serial, holder);
    store::insert_claim(tx, claim, app.now()).await?;
    let state = NewPersonState {
        person_id,
        pass_serial: row.pass_serial,
        place_code: facts::home_place(app, row.grid_code.as_deref()),
    };
    facts::open_person(tx, app, state).await?;
    Ok(Some(Opened {
        person_id,
        pass_serial: row.pass_serial,
    }))
}

/// Seals and digests a person's fields. The serial is still to be given.
pub(crate) fn new_row(
    (sealer, entropy): (&Sealer, &Entropy),
    person_id: PersonId,
    new: &NewPerson,
) -> NewRow {
    let id = person_id.get();
    let seal = |field, text: &str| sealer.seal(field, id, text.as_bytes(), entropy);
    let Details {
        name,
        number,
        phone,
    } = &new.details;
    NewRow {
        person_id,
        pass_serial: PassSerial::new(0),
        document_type: number.document_type().as_str(),
        // First, so that a key that changes meanwhile leaves the older number, which the
        // job that digests anew looks for.
        number_digests: sealer.numbered_digests("document", &number.digest_input()),
        name_digest: sealer.digest("name", &name_key(name)),
        phone_digest: phone
            .as_ref()
            .map(|phone| sealer.digest("phone", phone.expose())),
        sealed: Sealed {
            number: seal(Field::DocumentNumber, number.expose()),
            name: seal(Field::Name, name.expose()),
            phone: phone
                .as_ref()
                .map(|phone| seal(Field::Phone, phone.expose())),
            address: new
                .address
                .as_deref()
                .map(|address| seal(Field::Address, address)),
            address_code: new
                .address_code
                .as_ref()
                .map(|code| seal(Field::AddressCode, code.expose())),
        },
        birth_year: number
            .birth_date()
            .map(|date| date.year())
            .or(new.birth_year),
        sex: number.sex().map_or(0, |sex| sex.code()),
        origin_province: new
            .origin_province
            .clone()
            .or_else(|| number.origin_province().map(str::to_owned)),
        grid_code: new.grid_code.clone(),
        household_id: new.household_id,
        source: new.source.clone(),
        enrolled_at: new.enrolled_at,
    }
}
