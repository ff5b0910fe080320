//! What enrolment takes and what people see, with the checks on every field.

use gridpass_types::clock::district_date;
use gridpass_types::document::{DocumentError, DocumentNumber, DocumentType};
use gridpass_types::ids::{EnclosureId, HouseholdId, PassSerial, PersonId};
use gridpass_types::phone::PhoneError;
use gridpass_types::{Colour, PersonName, Phone, Sensitive};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::divisions::ResponsibleUnit;
use crate::facts::{DecisionView, PlainExplanation};
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Nobody is older, as document numbers have it.
const AGE_YEARS_MAX: i16 = 130;

/// The three fields, checked.
#[derive(Clone, Debug)]
pub struct Details {
    /// Name.
    pub name: PersonName,
    /// Document.
    pub number: DocumentNumber,
    /// Phone; some people have none.
    pub phone: Option<Phone>,
}

/// The three fields as typed, borrowed from an input.
pub(super) struct Typed<'a> {
    /// Name.
    pub name: &'a str,
    /// Type of the document.
    pub document_type: &'a str,
    /// Number of the document.
    pub document_number: &'a str,
    /// Phone.
    pub phone: Option<&'a str>,
}

impl Typed<'_> {
    /// Checks all of them; everything that is wrong is told at once.
    ///
    /// # Errors
    /// 422 with each field and its reason.
    pub fn check(&self, now: Timestamp) -> ApiResult<Details> {
        let mut wrong = Vec::new();
        let name = PersonName::parse(self.name).map_err(|error| {
            let (en, zh) = (error.to_string(), error.message_zh());
            wrong.push(FieldError::new("name", error.code(), en, zh));
        });
        let number = self.check_number(now, &mut wrong);
        let phone = self.phone.map(Phone::parse).transpose();
        let phone = phone.map_err(|error| wrong.push(phone_fault(&error)));
        match (name, number, phone) {
            (Ok(name), Some(number), Ok(phone)) => Ok(Details {
                name,
                number,
                phone,
            }),
            _ => Err(ApiError::fields(wrong)),
        }
    }

    fn check_number(&self, now: Timestamp, wrong: &mut Vec<FieldError>) -> Option<DocumentNumber> {
        let Some(document_type) = DocumentType::from_word(self.document_type) else {
            wrong.push(FieldError::new(
                "document_type",
                "document_type_unknown",
                "this kind of document is not known",
                "未知的证件类型",
            ));
            return None;
        };
        DocumentNumber::parse(document_type, self.document_number, district_date(now))
            .map_err(|error| wrong.push(number_field(error)))
            .ok()
    }
}

fn phone_fault(error: &PhoneError) -> FieldError {
    FieldError::new("phone", error.code(), error.to_string(), error.message_zh())
}

/// A refused phone, as the answer.
pub(super) fn phone_field(error: &PhoneError) -> ApiError {
    ApiError::fields(vec![phone_fault(error)])
}

/// A refused number's reason as a field error.
pub fn number_field(error: DocumentError) -> FieldError {
    FieldError::new(
        "document_number",
        error.code(),
        error.message_en(),
        error.message_zh(),
    )
}

/// Reads a typed number as one of its type, or as any type it can be of.
///
/// # Errors
/// 422 with the reason; without a type, the reason it is no resident's number.
pub fn read_number(
    document_type: Option<DocumentType>,
    number: &str,
    now: Timestamp,
) -> ApiResult<Vec<DocumentNumber>> {
    let today = district_date(now);
    let parse = |kind| DocumentNumber::parse(kind, number, today);
    let refused = |error| ApiError::fields(vec![number_field(error)]);
    if let Some(kind) = document_type {
        return parse(kind).map(|number| vec![number]).map_err(refused);
    }
    let found: Vec<DocumentNumber> = DocumentType::ALL
        .iter()
        .filter_map(|kind| parse(*kind).ok())
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    match parse(DocumentType::ResidentId) {
        Err(error) => Err(refused(error)),
        Ok(number) => Ok(vec![number]),
    }
}

/// What a resident sends to get a pass.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolInput {
    /// Name as on the document.
    #[schema(value_type = String)]
    pub name: Sensitive<String>,
    /// Kind of document.
    #[schema(value_type = DocumentType)]
    pub document_type: String,
    /// Number of the document.
    #[schema(value_type = String)]
    pub document_number: Sensitive<String>,
    /// Mobile number; `+852`, `+853` and `+886` too.
    #[schema(value_type = String)]
    pub phone: Sensitive<String>,
    /// Code that was sent to the phone for `enrol`.
    #[schema(value_type = String)]
    pub phone_code: Sensitive<String>,
    /// The challenge that was solved, where this installation asks for one.
    #[serde(default)]
    pub challenge: Option<String>,
    /// Its solution: a number in decimal.
    #[serde(default)]
    pub solution: Option<String>,
    /// Where the person lives, if in one of the enclosures.
    #[serde(default)]
    pub enclosure_id: Option<EnclosureId>,
}

/// What a counter or a grid worker enters for somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonInput {
    /// Name as on the document.
    #[schema(value_type = String)]
    pub name: Sensitive<String>,
    /// Kind of document.
    #[schema(value_type = DocumentType)]
    pub document_type: String,
    /// Number of the document.
    #[schema(value_type = String)]
    pub document_number: Sensitive<String>,
    /// Mobile number; people without one are equals.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Sensitive<String>>,
    /// Where the person lives, as the person says.
    #[serde(default)]
    pub enclosure_id: Option<EnclosureId>,
    /// Grid of the home, 15 digits.
    #[serde(default)]
    pub grid_code: Option<String>,
    /// Household of the person; who enters the same door of the same enclosure shares one when absent.
    #[serde(default)]
    pub household_id: Option<HouseholdId>,
    /// Building and room, 1 to 200 characters; stored sealed.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub address: Option<Sensitive<String>>,
    /// Standard address code of the room, 25 digits; stored sealed.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub address_code: Option<Sensitive<String>>,
}

/// Somebody whose pass is carried on the guardian's phone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DependantInput {
    /// Name as on the document.
    #[schema(value_type = String)]
    pub name: Sensitive<String>,
    /// Kind of document.
    #[schema(value_type = DocumentType)]
    pub document_type: String,
    /// Number of the document.
    #[schema(value_type = String)]
    pub document_number: Sensitive<String>,
    /// The dependant's own phone; the guardian's when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Sensitive<String>>,
    /// Code that was sent to the dependant's own phone for `dependant`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone_code: Option<Sensitive<String>>,
    /// Year of birth of a child whose document carries no birth date. It is what the guardian
    /// says: a grid worker who calls sees whether it is so.
    #[serde(default)]
    pub birth_year: Option<i16>,
}

impl DependantInput {
    /// The year of birth, if one was given and can be.
    ///
    /// # Errors
    /// 422 with the field.
    pub(super) fn checked_birth_year(&self, now: Timestamp) -> ApiResult<Option<i16>> {
        let this_year = district_date(now).year();
        let possible = |year: i16| (this_year - AGE_YEARS_MAX..=this_year).contains(&year);
        match self.birth_year {
            Some(year) if !possible(year) => Err(ApiError::fields(vec![FieldError::new(
                "birth_year",
                "birth_year_impossible",
                "nobody alive was born in this year",
                "出生年份有误",
            )])),
            given => Ok(given),
        }
    }
}

impl EnrolInput {
    pub(super) fn typed(&self) -> Typed<'_> {
        Typed {
            name: self.name.expose(),
            document_type: &self.document_type,
            document_number: self.document_number.expose(),
            phone: Some(self.phone.expose()),
        }
    }
}

impl PersonInput {
    pub(super) fn typed(&self) -> Typed<'_> {
        Typed {
            name: self.name.expose(),
            document_type: &self.document_type,
            document_number: self.document_number.expose(),
            phone: self.phone.as_ref().map(|phone| phone.expose().as_str()),
        }
    }
}

impl DependantInput {
    pub(super) fn typed(&self) -> Typed<'_> {
        Typed {
            name: self.name.expose(),
            document_type: &self.document_type,
            document_number: self.document_number.expose(),
            phone: self.phone.as_ref().map(|phone| phone.expose().as_str()),
        }
    }
}

/// Whom to look up: a number, with its type if known, or a pass serial.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchInput {
    /// Kind of document.
    #[serde(default)]
    pub document_type: Option<DocumentType>,
    /// Number of the document.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub document_number: Option<Sensitive<String>>,
    /// Serial of the pass.
    #[serde(default)]
    pub pass_serial: Option<PassSerial>,
}

/// A pass and the token of the phone that may show it.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct EnrolledView {
    /// Serial of the pass.
    pub pass_serial: PassSerial,
    /// Bearer token of this phone; earlier ones of the person do not count any more.
    pub holder_token: String,
    /// When the token ends at the latest.
    pub expires_at: Timestamp,
    /// Whether another phone showed the pass until now; it was told.
    pub replaced_phone: bool,
    /// The pass.
    pub pass: PassView,
}

/// For which instant an explanation is asked.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ExplanationQuery {
    /// A past instant; now when absent.
    pub at: Option<Timestamp>,
}

/// Why a pass has its colour.
#[derive(Debug, Serialize, ToSchema)]
pub struct PassExplanation {
    /// Serial of the pass.
    pub pass_serial: PassSerial,
    /// The decision.
    pub decision: DecisionView,
    /// What it means and what helps, in plain words.
    pub plain: PlainExplanation,
    /// The unit that answers for a colour that is not green, and its phone.
    pub responsible: Option<ResponsibleUnit>,
    /// Who set what the colour stands on; empty when evidence is missing.
    pub set_by: Vec<SetBy>,
    /// Whether an appeal can be opened against the colour of now.
    pub can_appeal: bool,
}

/// Who recorded a piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SetBy {
    /// What kind of evidence.
    pub kind: String,
    /// Where it came from.
    pub source: String,
    /// Units of those who recorded and confirmed it; none for a device or a registry.
    pub units: Vec<String>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// Whose colours, on this phone.
#[derive(Debug, Deserialize, IntoParams)]
pub struct HistoryQuery {
    /// Serial of a dependant's pass; the holder's own when absent.
    pub pass_serial: Option<PassSerial>,
}

/// What the holder shows: the pass with its colour as of now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PassView {
    /// Serial of the pass.
    pub pass_serial: PassSerial,
    /// Name.
    pub name: String,
    /// First and last four characters of the document's number.
    pub document_masked: String,
    /// Enclosure, once residence in it is declared or verified.
    pub residence: Option<String>,
    /// Employer, once employment there is declared or verified.
    pub workplace: Option<String>,
    /// Colour decided now.
    pub colour: Colour,
    /// Why, from the closed list.
    pub reason: gridpass_rules::Reason,
    /// What the person reads, in Chinese.
    pub message_zh: String,
    /// What the person reads, in English.
    pub message_en: String,
    /// Row of the colour table.
    pub rule: String,
    /// Version of the table.
    pub rule_set_version: gridpass_types::ids::RuleSetVersion,
    /// When the colour was decided.
    pub decided_at: Timestamp,
    /// When a date in the facts will change the state by itself, if any will.
    pub valid_until: Option<Timestamp>,
    /// Whether there is a photo to show.
    pub has_photo: bool,
    /// Whether the grid worker who has to call does not know the door yet.
    pub home_asked: bool,
    /// Of a pass that is carried: codes that phones got before this do not count any more, and a
    /// phone that has an older one asks again.
    pub codes_from: Option<Timestamp>,
    /// People whose passes this phone carries too.
    #[schema(no_recursion)]
    pub dependants: Vec<PassView>,
}

/// A person as far as the caller's role sees it (docs/masks.md).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PersonView {
    /// Identity.
    pub person_id: PersonId,
    /// Serial of the pass.
    pub pass_serial: PassSerial,
    /// Name.
    pub name: Option<String>,
    /// Kind of document.
    pub document_type: DocumentType,
    /// Number of the document.
    pub document_number: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Building and room.
    pub address: Option<String>,
    /// Standard address code of the room.
    pub address_code: Option<String>,
    /// Until when the caller sees what is masked otherwise, if an access is open.
    pub lifted_until: Option<Timestamp>,
    /// Year of birth, where the document tells.
    pub birth_year: Option<i16>,
    /// Sex, where the document tells.
    pub sex: Option<gridpass_types::document::Sex>,
    /// Two digits: province of origin.
    pub origin_province: Option<String>,
    /// Leaf division where the person counts.
    pub place_code: String,
    /// Grid of the home as far as it is known.
    pub grid_code: Option<String>,
    /// Household.
    pub household_id: Option<HouseholdId>,
    /// Enclosure, once residence in it is declared or verified.
    pub residence: Option<String>,
    /// Employer, once employment there is declared or verified.
    pub workplace: Option<String>,
    /// Whether there is a photo.
    pub has_photo: bool,
    /// Where the record came from.
    pub source: String,
    /// When first known.
    pub created_at: Timestamp,
    /// When the person applied; absent if only imported.
    pub enrolled_at: Option<Timestamp>,
    /// Colour as of now, with its reasons.
    pub decision: DecisionView,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2020-03-06T08:30:00+08:00".parse().unwrap()
    }

    #[test]
    fn a_number_without_a_type_is_tried_as_every_type() {
        let one = read_number(None, "440399198001010013", now()).unwrap();
        assert_eq!(one.len(), 1);
        let types: Vec<DocumentType> = read_number(None, "12345678", now())
            .unwrap()
            .iter()
            .map(DocumentNumber::document_type)
            .collect();
        assert!(types.contains(&DocumentType::TaiwanPermit));
        assert!(types.contains(&DocumentType::PassportForeign));
        assert!(read_number(None, "440399198001010014x", now()).is_err());
    }
}
