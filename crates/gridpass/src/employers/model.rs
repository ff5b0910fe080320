//! Employers as they go over the wire, and the checks on new ones.

use gridpass_types::credit_code::CreditCode;
use gridpass_types::division::{DivisionCode, Level};
use gridpass_types::ids::{EmployerId, EnclosureId, GateId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::error::FieldError;

/// Characters of a registered name at most.
const NAME_CHARS_MAX: usize = 120;

/// What kind of employer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmployerKind {
    /// Company.
    Company,
    /// Construction site.
    ConstructionSite,
    /// School.
    School,
    /// Industrial park.
    IndustrialPark,
}

impl EmployerKind {
    /// Every kind.
    const ALL: [Self; 4] = [
        Self::Company,
        Self::ConstructionSite,
        Self::School,
        Self::IndustrialPark,
    ];

    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::ConstructionSite => "construction_site",
            Self::School => "school",
            Self::IndustrialPark => "industrial_park",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// An employer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EmployerView {
    /// Identity.
    pub employer_id: EmployerId,
    /// Registered name.
    pub name: String,
    /// Unified social credit code.
    pub credit_code: String,
    /// What kind of employer it is.
    pub kind: EmployerKind,
    /// Leaf division of its address, 15 digits.
    pub place_code: String,
    /// The enclosure it lies in, if any.
    pub enclosure_id: Option<EnclosureId>,
}

/// A gate of an employer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct EmployerGate {
    /// Identity.
    pub gate_id: GateId,
    /// Name as the guards call it.
    pub name: String,
}

/// An employer with its gates.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct EmployerDetail {
    /// The employer.
    #[serde(flatten)]
    pub employer: EmployerView,
    /// Its gates that are in use.
    pub gates: Vec<EmployerGate>,
}

/// An employer to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmployerInput {
    /// Registered name, 1 to 120 characters.
    pub name: String,
    /// Unified social credit code, 18 characters.
    pub credit_code: String,
    /// `company`, `construction_site`, `school` or `industrial_park`.
    #[schema(value_type = EmployerKind)]
    pub kind: String,
    /// Community (12 digits) or grid (15 digits) of its address.
    pub place_code: String,
    /// The enclosure it lies in.
    #[serde(default)]
    pub enclosure_id: Option<EnclosureId>,
}

/// An employer whose fields are checked one by one; whether its places exist is not known.
#[derive(Clone, Debug)]
pub struct NewEmployer {
    /// Registered name.
    pub name: String,
    /// Code.
    pub credit_code: CreditCode,
    /// Kind.
    pub kind: EmployerKind,
    /// The division named: a community or a grid.
    pub division: DivisionCode,
    /// Enclosure.
    pub enclosure_id: Option<EnclosureId>,
}

impl EmployerInput {
    /// Checks every field; all that is wrong comes back at once.
    ///
    /// # Errors
    /// The fields at fault.
    pub fn check(self) -> Result<NewEmployer, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let name = self.name.trim().to_owned();
        if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.contains(char::is_control)
        {
            wrong.push(FieldError::new(
                "name",
                "name_invalid",
                "1 to 120 characters",
                "名称应为 1 至 120 字",
            ));
        }
        let credit_code = CreditCode::parse(&self.credit_code).map_err(|error| {
            let (en, zh) = (error.to_string(), error.message_zh());
            wrong.push(FieldError::new("credit_code", error.code(), en, zh));
        });
        let kind = EmployerKind::parse(&self.kind);
        if kind.is_none() {
            wrong.push(FieldError::new(
                "kind",
                "kind_unknown",
                "this kind is not known",
                "未知的复工单位类型",
            ));
        }
        let division = named_division(&self.place_code);
        if division.is_none() {
            wrong.push(place_unknown());
        }
        match (credit_code, kind, division) {
            (Ok(credit_code), Some(kind), Some(division)) if wrong.is_empty() => Ok(NewEmployer {
                name,
                credit_code,
                kind,
                division,
                enclosure_id: self.enclosure_id,
            }),
            _ => Err(wrong),
        }
    }
}

/// The division a place code names; `…000` stands for a community whose grid is not known.
fn named_division(place_code: &str) -> Option<DivisionCode> {
    let code = DivisionCode::parse(place_code).ok()?;
    let community = code.at_level(Level::Community)?;
    Some(if code == community.leaf() {
        community
    } else {
        code
    })
}

/// The place is no known community or grid, or not the caller's.
pub fn place_unknown() -> FieldError {
    FieldError::new(
        "place_code",
        "division_unknown",
        "not a known community or grid",
        "未知的社区或网格",
    )
}

/// The enclosure is not known, or not the caller's.
pub fn enclosure_unknown() -> FieldError {
    FieldError::new(
        "enclosure_id",
        "enclosure_unknown",
        "this enclosure is not known",
        "未知的围合区",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> EmployerInput {
        EmployerInput {
            name: "坪山制造".into(),
            credit_code: "9144030071526726XG".into(),
            kind: "company".into(),
            place_code: "440310001001".into(),
            enclosure_id: None,
        }
    }

    #[test]
    fn every_field_is_checked_at_once() {
        let good = input().check().unwrap();
        assert_eq!(good.division.leaf().as_str(), "440310001001000");
        let bad = EmployerInput {
            name: " ".into(),
            credit_code: "9144030071526726XH".into(),
            kind: "castle".into(),
            place_code: "440310".into(),
            enclosure_id: None,
        };
        let wrong = bad.check().unwrap_err();
        let fields: Vec<&str> = wrong.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(fields, ["name", "credit_code", "kind", "place_code"]);
    }

    #[test]
    fn zeros_stand_for_a_community() {
        let codes = |text| named_division(text).map(|code| code.as_str().to_owned());
        assert_eq!(codes("440310001001000").unwrap(), "440310001001");
        assert_eq!(codes("440310001001002").unwrap(), "440310001001002");
        assert!(codes("440310001").is_none());
    }
}
