//! Where somebody lives below the enclosure: building and room, sealed, and the household
//! that people of one door make.
//!
//! A household is only a number. Where a registry has no code of its own it is a keyed digest
//! of enclosure and door, so that people of the same door find each other although the address
//! itself is stored sealed.

use gridpass_types::AddressCode;
use gridpass_types::ids::{EnclosureId, PersonId, StaffId};

pub use super::door::Door;
use super::store;
use crate::app::App;
use crate::auth::Caller;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};
use crate::seal::Field;

/// Characters of an address at most.
const ADDRESS_CHARS_MAX: usize = 200;

/// An address corrected at the door.
pub struct Correction<'a> {
    /// The enclosure it lies in.
    pub enclosure_id: EnclosureId,
    /// Building and room.
    pub address: &'a str,
    /// Standard address code of that room; the code of the room before does not stay.
    pub address_code: Option<&'a str>,
    /// The household that lives there already, if the worker knows one.
    pub household_id: Option<i64>,
    /// Who corrects it.
    pub by: StaffId,
}

/// A household that is named for somebody.
pub struct NamedHousehold<'a> {
    /// Which.
    pub household_id: i64,
    /// For whom, where already known.
    pub person_id: Option<PersonId>,
    /// Where that person lives, as far as known.
    pub enclosure_id: Option<EnclosureId>,
    /// Building and room, as far as known.
    pub address: Option<&'a str>,
}

/// A household may be named that the door makes, that is the person's own, or of which somebody counts
/// in the caller's jurisdiction. None of it may be known to live in another enclosure. Whose home
/// is not known may be registered with the family.
///
/// # Errors
/// 422 `household_unknown`.
pub async fn check_household(
    db: &Client,
    app: &App,
    caller: &Caller,
    named: &NamedHousehold<'_>,
) -> ApiResult<()> {
    let door = named.enclosure_id.zip(named.address);
    let makes = door.and_then(|(enclosure, address)| household_of(app, enclosure, address));
    if makes == Some(named.household_id) {
        return Ok(());
    }
    let whose = (named.household_id, named.person_id);
    let known = match caller.narrow(None) {
        Some(prefix) => store::is_household(db, whose, (&prefix, named.enclosure_id)).await?,
        None => false,
    };
    match known {
        true => Ok(()),
        false => Err(Code::HouseholdUnknown.into()),
    }
}

/// Writes a corrected address in the caller's transaction.
///
/// # Errors
/// 422 with the field; [`Code::PersonUnknown`] when the person is not in reach.
pub async fn correct_address(
    tx: &Client,
    app: &App,
    person_id: PersonId,
    correction: &Correction<'_>,
) -> ApiResult<()> {
    let address = checked(Some(correction.address))?.unwrap_or_default();
    let household_id = correction
        .household_id
        .or_else(|| household_of(app, correction.enclosure_id, &address));
    let sealed = seal_address(app, person_id, &address);
    let code = checked_code(correction.address_code)?;
    let code = code.map(|code| seal_code(app, person_id, &code));
    let by = (app.now(), correction.by);
    match store::update_address(
        tx,
        (person_id, household_id),
        (&sealed, code.as_deref()),
        by,
    )
    .await?
    {
        true => Ok(()),
        false => Err(Code::PersonUnknown.into()),
    }
}

/// The household that people of a door make; none where the address tells no room, for then half a
/// building would be one.
pub fn household_of(app: &App, enclosure_id: EnclosureId, address: &str) -> Option<i64> {
    let told = !Door::parse(address).room.is_empty();
    told.then(|| door_number(app, enclosure_id, address))
}

/// The number of a door: the same for every way of writing it.
pub fn door_number(app: &App, enclosure_id: EnclosureId, address: &str) -> i64 {
    let door = format!("{enclosure_id}\0{}", Door::parse(address).key());
    let digest = app.sealer.lasting_digest("door", &door);
    let mut bits = [0; 8];
    bits.copy_from_slice(&digest[..8]);
    PersonId::from_random(u64::from_be_bytes(bits)).get()
}

/// An address as it is sealed for a person.
pub(super) fn seal_address(app: &App, person_id: PersonId, address: &str) -> Vec<u8> {
    let plain = address.as_bytes();
    app.sealer
        .seal(Field::Address, person_id.get(), plain, &app.entropy)
}

/// An address code as it is sealed for a person.
pub(super) fn seal_code(app: &App, person_id: PersonId, code: &AddressCode) -> Vec<u8> {
    let plain = code.expose().as_bytes();
    app.sealer
        .seal(Field::AddressCode, person_id.get(), plain, &app.entropy)
}

/// A standard address code, if one was given; refuses what cannot be one.
pub(super) fn checked_code(code: Option<&str>) -> ApiResult<Option<AddressCode>> {
    let Some(text) = code.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    AddressCode::parse(text).map(Some).map_err(|error| {
        ApiError::fields(vec![FieldError::new(
            "address_code",
            error.code(),
            error.to_string(),
            error.message_zh(),
        )])
    })
}

/// An address that has to be there, without blanks around it.
///
/// # Errors
/// 422 with the field.
pub fn checked_address(address: &str) -> ApiResult<String> {
    Ok(checked(Some(address))?.unwrap_or_default())
}

/// An address without blanks around it; refuses what cannot be one.
pub(super) fn checked(address: Option<&str>) -> ApiResult<Option<String>> {
    let Some(text) = address.map(str::trim) else {
        return Ok(None);
    };
    let fits = (1..=ADDRESS_CHARS_MAX).contains(&text.chars().count());
    if fits && !text.chars().any(char::is_control) {
        return Ok(Some(text.to_owned()));
    }
    Err(ApiError::fields(vec![FieldError::new(
        "address",
        "address_length",
        "1 to 200 characters",
        "地址应为 1 至 200 个字符",
    )]))
}
