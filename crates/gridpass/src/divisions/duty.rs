//! Who answers for something in a place, as the public is told: a unit and its phone.
//!
//! What a pass's colour stands on decides the kind of unit; the place and the level decide
//! which one. A division without a phone of its own is reached by the one above.

use axum::Json;
use axum::extract::State;
use gridpass_rules::Reason;
use gridpass_types::division::DivisionCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::DivisionView;
use super::store;
use crate::access::SetPublicPhones;
use crate::app::App;
use crate::auth::Staff;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, Problem};
use crate::http::extract;

/// Characters of a phone, as the table has it.
const PHONE_CHARS: std::ops::RangeInclusive<usize> = 3..=24;

/// A kind of unit that answers for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Desk {
    /// The community, and what is above it.
    Community,
    /// The response team (三位一体小组).
    Team,
    /// The data desk (数据统计组), which owns registers.
    DataDesk,
}

impl Desk {
    /// Every desk.
    pub const ALL: [Desk; 3] = [Desk::Community, Desk::Team, Desk::DataDesk];

    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Desk::Community => "community",
            Desk::Team => "team",
            Desk::DataDesk => "data_desk",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|desk| desk.as_str() == name)
    }

    /// Which desk answers for a colour of this reason.
    pub fn of(reason: Reason) -> Self {
        match reason.as_str() {
            "case" | "quarantine" | "close_contact" | "fever" | "epidemic_area"
            | "secondary_contact" | "symptoms" => Desk::Team,
            "identity_conflict" => Desk::DataDesk,
            _ => Desk::Community,
        }
    }

    /// The lowest level at which there is one.
    pub fn first_level(self) -> DutyLevel {
        match self {
            Desk::Community | Desk::Team => DutyLevel::Community,
            Desk::DataDesk => DutyLevel::District,
        }
    }
}

/// A level of the administration that answers for something.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DutyLevel {
    /// A community.
    Community,
    /// A subdistrict.
    Subdistrict,
    /// The district.
    District,
}

impl DutyLevel {
    /// As stored.
    pub fn code(self) -> i16 {
        match self {
            DutyLevel::Community => 0,
            DutyLevel::Subdistrict => 1,
            DutyLevel::District => 2,
        }
    }

    /// Reads a stored number.
    pub fn from_code(code: i16) -> Option<Self> {
        [Self::Community, Self::Subdistrict, Self::District]
            .into_iter()
            .find(|level| level.code() == code)
    }

    /// Digits of a division of this level.
    pub fn digits(self) -> usize {
        match self {
            DutyLevel::Community => 12,
            DutyLevel::Subdistrict => 9,
            DutyLevel::District => 6,
        }
    }

    /// The level of a division, by its code.
    fn of(code: &str) -> Self {
        match code.len() {
            0..=6 => Self::District,
            7..=9 => Self::Subdistrict,
            _ => Self::Community,
        }
    }

    /// One level up; `None` from the last.
    pub fn above(self) -> Option<Self> {
        Self::from_code(self.code() + 1)
    }
}

/// The unit that answers for something, as a person is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResponsibleUnit {
    /// Its name, in Chinese.
    pub unit_zh: String,
    /// Its name, in English.
    pub unit_en: String,
    /// Its public phone, or that of the division above; absent while none is entered.
    pub phone: Option<String>,
}

/// The unit that answers at a place.
///
/// # Errors
/// When the database does not answer.
pub async fn responsible(
    db: &Client,
    place_code: &str,
    (desk, level): (Desk, DutyLevel),
) -> ApiResult<ResponsibleUnit> {
    let level = level.max(desk.first_level());
    let around = store::list_around(db, place_code).await?;
    Ok(unit(&around, (desk, level)))
}

/// Of the divisions around a place, from the top down.
fn unit(around: &[DivisionView], (desk, level): (Desk, DutyLevel)) -> ResponsibleUnit {
    let reached: Vec<&DivisionView> = around
        .iter()
        .filter(|division| division.code.len() <= level.digits())
        .collect();
    let nearest = reached.last();
    let name = nearest.map_or("", |division| division.name.as_str());
    // Where only the district is known, it is not an office of a community that answers.
    let level = nearest.map_or(level, |division| level.max(DutyLevel::of(&division.code)));
    let phone = reached
        .iter()
        .rev()
        .find_map(|division| division.phone.clone());
    let (suffix_zh, suffix_en) = match (desk, level) {
        (Desk::DataDesk, _) => ("数据统计组", "data desk"),
        (Desk::Team, DutyLevel::Community) => ("三位一体小组", "response team"),
        (_, DutyLevel::Community) => ("居委会", "community office"),
        (_, DutyLevel::Subdistrict) => ("办事处", "subdistrict office"),
        (_, DutyLevel::District) => ("防控指挥部", "district headquarters"),
    };
    ResponsibleUnit {
        unit_zh: format!("{name}{suffix_zh}"),
        unit_en: format!("{name} {suffix_en}").trim().to_owned(),
        phone,
    }
}

/// The public phone of a division.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneInput {
    /// 3 to 24 of digits, blanks, hyphens and a plus in front; absent or null takes it away.
    #[serde(default)]
    pub phone: Option<String>,
}

impl PhoneInput {
    fn check(self) -> ApiResult<Option<String>> {
        let Some(phone) = self.phone else {
            return Ok(None);
        };
        let phone = phone.trim();
        let mut bytes = phone.bytes();
        let head = bytes
            .next()
            .is_some_and(|b| b.is_ascii_digit() || b == b'+');
        let tail = bytes.all(|b| b.is_ascii_digit() || b == b' ' || b == b'-');
        if head && tail && PHONE_CHARS.contains(&phone.len()) {
            return Ok(Some(phone.to_owned()));
        }
        Err(ApiError::fields(vec![FieldError::new(
            "phone",
            "phone_invalid",
            "3 to 24 of digits, blanks and hyphens",
            "应为 3 至 24 位数字、空格或连字符",
        )]))
    }
}

/// Sets the phone that the public is told for a division of the caller's jurisdiction.
#[utoipa::path(put, path = "/api/v1/divisions/{code}/phone", operation_id = "set_division_phone", tag = "divisions",
    security(("staff" = [])), params(("code" = String, Path)), request_body = PhoneInput,
    responses((status = 200, body = DivisionView), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem)))]
pub async fn set_division_phone(
    State(app): State<App>,
    staff: Staff<SetPublicPhones>,
    extract::Path(code): extract::Path<String>,
    extract::Json(input): extract::Json<PhoneInput>,
) -> ApiResult<Json<DivisionView>> {
    let code = DivisionCode::parse(&code).map_err(|_| Code::NotFound)?;
    if !staff.caller.covers(code.as_str()) {
        return Err(Code::NotFound.into());
    }
    let phone = input.check()?;
    let tx = app.db.tx().await?;
    store::update_phone(&tx, code.as_str(), phone.as_deref()).await?;
    let found = store::find_division(&tx, code.as_str()).await?;
    tx.commit().await?;
    found.map(Json).ok_or_else(|| Code::NotFound.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridpass_types::division::Level;

    fn division(code: &str, name: &str, level: Level, phone: Option<&str>) -> DivisionView {
        DivisionView {
            code: code.to_owned(),
            name: name.to_owned(),
            level,
            parent: None,
            phone: phone.map(str::to_owned),
        }
    }

    #[test]
    fn the_unit_is_of_the_level_and_its_phone_of_the_nearest_above() {
        let around = [
            division("440310", "坪山区", Level::District, Some("12345")),
            division("440310001", "坪山街道", Level::Subdistrict, None),
            division("440310001001", "六联社区", Level::Community, Some("0755-1")),
        ];
        let at = |desk, level| {
            let unit = unit(&around, (desk, level));
            (unit.unit_zh, unit.phone.unwrap())
        };
        let of = |name: &str, phone: &str| (name.to_owned(), phone.to_owned());
        assert_eq!(
            at(Desk::Team, DutyLevel::Community),
            of("六联社区三位一体小组", "0755-1")
        );
        assert_eq!(
            at(Desk::Community, DutyLevel::Subdistrict),
            of("坪山街道办事处", "12345")
        );
        assert_eq!(
            at(Desk::DataDesk, DutyLevel::District),
            of("坪山区数据统计组", "12345")
        );
    }

    #[test]
    fn phones_are_phones() {
        let check = |phone: &str| {
            PhoneInput {
                phone: Some(phone.to_owned()),
            }
            .check()
        };
        for good in ["12345", "0755-2833 0000", "+86 755 28330000"] {
            assert_eq!(check(good).unwrap().as_deref(), Some(good));
        }
        for bad in ["", "12", "<b>", "电话12345", "1234567890123456789012345"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_place_known_only_above_has_the_office_above() {
        let around = [division("440310", "坪山区", Level::District, None)];
        for desk in [Desk::Community, Desk::Team] {
            let unit = unit(&around, (desk, DutyLevel::Community));
            assert_eq!(unit.unit_zh, "坪山区防控指挥部");
            assert_eq!(unit.unit_en, "坪山区 district headquarters");
        }
    }
}
