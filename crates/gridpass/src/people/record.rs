//! A person as stored: opened field by field, and only where the field is used.

use gridpass_matching::{Agreement, compare};
use gridpass_types::clock::district_date;
use gridpass_types::document::{DocumentNumber, DocumentType, Sex};
use gridpass_types::ids::{HouseholdId, PassSerial, PersonId};
use gridpass_types::{PersonName, Phone};
use jiff::Timestamp;
use tokio_postgres::Row;

use super::model::Details;
use super::store;
use crate::app::App;
use crate::auth::Entity;
use crate::db::Client;
use crate::http::error::{ApiError, ApiResult};
use crate::masking::{self, Shown, Viewer};
use crate::seal::{Field, Sealer};

/// A person. Names, numbers and phones are still sealed.
#[derive(Clone)]
pub struct Person {
    /// Identity.
    pub person_id: PersonId,
    /// Serial of the pass.
    pub pass_serial: PassSerial,
    /// Leaf division where the person counts, 15 digits.
    pub place_code: String,
    /// Kind of document.
    pub document_type: DocumentType,
    /// Year of birth, where the document tells.
    pub birth_year: Option<i16>,
    /// Sex, where the document tells.
    pub sex: Option<Sex>,
    /// Two digits: province of origin.
    pub origin_province: Option<String>,
    /// Grid of the home as far as it is known.
    pub grid_code: Option<String>,
    /// Household.
    pub household_id: Option<HouseholdId>,
    /// Whether there is a photo.
    pub has_photo: bool,
    /// Whether staff took it.
    pub photo_by_staff: bool,
    /// Where the record came from.
    pub source: String,
    /// When first known.
    pub created_at: Timestamp,
    /// When the person applied.
    pub enrolled_at: Option<Timestamp>,
    number_sealed: Vec<u8>,
    name_sealed: Vec<u8>,
    phone_sealed: Option<Vec<u8>>,
    address_sealed: Option<Vec<u8>>,
    address_code_sealed: Option<Vec<u8>>,
}

impl Person {
    /// Reads the columns of [`store::find_person`]; `None` for a document type that was
    /// never written.
    pub(super) fn from_row(row: &Row) -> Option<Self> {
        Some(Self {
            person_id: row.get("person_id"),
            pass_serial: row.get("pass_serial"),
            place_code: row.get("place_code"),
            document_type: DocumentType::from_word(row.get("document_type"))?,
            birth_year: row.get("birth_year"),
            sex: row.get::<_, Option<i16>>("sex").and_then(Sex::from_code),
            origin_province: row.get("origin_province"),
            grid_code: row.get("grid_code"),
            household_id: row.get("household_id"),
            has_photo: row.get("has_photo"),
            photo_by_staff: row.get("photo_by_staff"),
            source: row.get("source"),
            created_at: row.get("created_at"),
            enrolled_at: row.get("enrolled_at"),
            number_sealed: row.get("document_number_sealed"),
            name_sealed: row.get("name_sealed"),
            phone_sealed: row.get("phone_sealed"),
            address_sealed: row.get("address_sealed"),
            address_code_sealed: row.get("address_code_sealed"),
        })
    }

    /// The name in clear.
    ///
    /// # Errors
    /// When it was sealed with another key or for another row.
    pub fn name(&self, app: &App) -> ApiResult<PersonName> {
        open_name(&app.sealer, self.person_id, &self.name_sealed)
    }

    /// A field as far as the viewer may see it; what the viewer does not see is not opened.
    ///
    /// # Errors
    /// As [`Person::name`].
    pub fn shown(&self, app: &App, viewer: Viewer, shown: Shown) -> ApiResult<Option<String>> {
        let sealed = match shown {
            Shown::Name => Some(&self.name_sealed),
            Shown::Number => Some(&self.number_sealed),
            Shown::Phone => self.phone_sealed.as_ref(),
            Shown::Address => self.address_sealed.as_ref(),
            Shown::AddressCode => self.address_code_sealed.as_ref(),
            Shown::Photo => None,
        };
        let value = (self.person_id.get(), sealed.map(Vec::as_slice));
        Ok(masking::show(&app.sealer, viewer, shown, value)?)
    }

    /// The phone in clear.
    ///
    /// # Errors
    /// As [`Person::name`].
    pub fn phone(&self, app: &App) -> ApiResult<Option<Phone>> {
        self.phone_sealed
            .as_deref()
            .map(|sealed| open_phone(&app.sealer, self.person_id, sealed))
            .transpose()
    }

    /// The age in years at an instant, where the document tells; else by the year of birth that
    /// somebody said, as if it were the first of January, so that nobody stays a child too long.
    ///
    /// # Errors
    /// As [`Person::name`].
    pub fn age_years(&self, app: &App, at: Timestamp) -> ApiResult<Option<i16>> {
        let (id, sealed) = (self.person_id.get(), &self.number_sealed);
        let text = app.sealer.open_text(Field::DocumentNumber, id, sealed)?;
        let text = zeroize::Zeroizing::new(text);
        let today = district_date(at);
        let number = DocumentNumber::parse(self.document_type, &text, today).map_err(unreadable)?;
        let said = self.birth_year.map(|year| today.year() - year);
        Ok(number.age_years(today).or(said))
    }

    /// How details somebody gave compare with what is held.
    ///
    /// # Errors
    /// As [`Person::name`].
    pub fn compare(&self, app: &App, given: &Details) -> ApiResult<Agreement> {
        let (name, phone) = (self.name(app)?, self.phone(app)?);
        Ok(compare(
            gridpass_matching::Details {
                name: &name,
                phone: phone.as_ref(),
            },
            gridpass_matching::Details {
                name: &given.name,
                phone: given.phone.as_ref(),
            },
        ))
    }
}

/// Opens a sealed name.
pub(crate) fn open_name(
    sealer: &Sealer,
    person_id: PersonId,
    sealed: &[u8],
) -> ApiResult<PersonName> {
    let text = zeroize::Zeroizing::new(sealer.open_text(Field::Name, person_id.get(), sealed)?);
    PersonName::parse(&text).map_err(unreadable)
}

/// Opens a sealed phone.
pub(crate) fn open_phone(sealer: &Sealer, person_id: PersonId, sealed: &[u8]) -> ApiResult<Phone> {
    let text = zeroize::Zeroizing::new(sealer.open_text(Field::Phone, person_id.get(), sealed)?);
    Phone::parse(&text).map_err(unreadable)
}

/// Only checked values are sealed, so this is a fault of ours; the error names no value.
fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> ApiError {
    ApiError::internal(anyhow::Error::new(error).context("a sealed field is not what was sealed"))
}

impl Entity for Person {
    type Id = i64;

    async fn load(_app: &App, db: &Client, id: i64) -> ApiResult<Option<Self>> {
        Ok(store::find_person(db, id).await?)
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn subject(&self) -> Option<PersonId> {
        Some(self.person_id)
    }
}
