//! The answer at the door to the question about stays in epidemic areas: a stay counts as
//! declared, and a no withdraws what was only declared. What two people answered for stays.

use gridpass_rules::FactBody;
use gridpass_rules::words::{Certainty, Risk};
use gridpass_types::ids::{PersonId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::areas;
use crate::db::Client;
use crate::facts::{self, Retract};
use crate::http::error::{ApiResult, FieldError};

/// Reason on record of a declared stay that the worker could not confirm.
pub const REASON_NOT_CONFIRMED: &str = "not_confirmed_at_door";

/// The answer to the question about stays in epidemic areas.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StayAnswer {
    /// Whether there was one; a stay when absent, as phones sent it before there was a no.
    #[serde(default = "yes")]
    pub found: bool,
    /// Division code of the area, 2 to 15 digits; with a stay and only then.
    #[serde(default)]
    pub area: Option<String>,
    /// Last day there; with a stay and only then.
    #[serde(default)]
    pub until: Option<Date>,
}

fn yes() -> bool {
    true
}

impl StayAnswer {
    /// The area and the last day there, when there was a stay.
    fn stay(&self) -> Option<(&str, Date)> {
        let found = (self.area.as_deref()?, self.until?);
        self.found.then_some(found)
    }

    /// What the stay counts as, when there was one.
    pub fn body(&self, certainty: Certainty) -> Option<FactBody> {
        let (area, until) = self.stay()?;
        Some(FactBody::Stay {
            area: area.to_owned(),
            risk: Risk::High,
            until,
            certainty,
        })
    }

    /// What is wrong with it: a stay names area and day, and the area is one that exists; a no
    /// names neither.
    pub fn fault(&self) -> Option<FieldError> {
        match (self.found, self.area.as_deref(), self.until) {
            (true, Some(area), Some(_)) if areas::is_known(area) => None,
            (true, Some(_), Some(_)) => Some(areas::unknown("epidemic_area_stay.area")),
            (false, None, None) => None,
            _ => Some(FieldError::new(
                "epidemic_area_stay",
                "stay_incomplete",
                "a stay names its area and last day; no stay names neither",
                "有旅居史时须填写地区和离开日期，没有时均不填写",
            )),
        }
    }
}

/// Who asked nobody heard no "no".
pub fn not_asked() -> FieldError {
    FieldError::new(
        "epidemic_area_stay",
        "stay_not_asked",
        "nobody was there to answer",
        "未见到本人，不能填写无旅居史",
    )
}

/// The live stays that a no withdraws: declared ones in areas of high risk, whoever wrote them
/// down.
///
/// # Errors
/// When the database does not answer.
pub async fn denied(
    tx: &Client,
    person_id: PersonId,
    (by, now): (StaffId, Timestamp),
) -> ApiResult<Vec<Retract>> {
    let mut facts = facts::load_facts(tx, &[person_id.get()]).await?;
    let mut facts = facts.remove(&person_id.get()).unwrap_or_default();
    facts.retain(|fact| {
        let live = fact.retracted_at.is_none_or(|end| now < end);
        live && is_declared(&fact.body)
    });
    facts.sort_unstable_by_key(|fact| fact.id);
    let withdraw = |fact: &gridpass_rules::Fact| Retract {
        fact_id: fact.id,
        by: Some(by.get()),
        reason: REASON_NOT_CONFIRMED.to_owned(),
    };
    Ok(facts.iter().map(withdraw).collect())
}

fn is_declared(body: &FactBody) -> bool {
    let FactBody::Stay {
        risk, certainty, ..
    } = body
    else {
        return false;
    };
    *risk == Risk::High && *certainty == Certainty::Declared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_about_a_stay_says_where_or_says_no() {
        let fault = |json: serde_json::Value| {
            let answer: StayAnswer = serde_json::from_value(json).unwrap();
            (
                answer.fault().map(|fault| fault.code),
                answer.stay().is_some(),
            )
        };
        let of = |code: &str| Some(code.to_owned());
        for (answer, wanted) in [
            (
                serde_json::json!({ "area": "42", "until": "2020-03-01" }),
                (None, true),
            ),
            (
                serde_json::json!({ "found": true, "area": "4201", "until": "2020-03-01" }),
                (None, true),
            ),
            (serde_json::json!({ "found": false }), (None, false)),
            (
                serde_json::json!({ "found": false, "area": "42", "until": "2020-03-01" }),
                (of("stay_incomplete"), false),
            ),
            (
                serde_json::json!({ "area": "42" }),
                (of("stay_incomplete"), false),
            ),
            (
                serde_json::json!({ "area": "99", "until": "2020-03-01" }),
                (of("area_unknown"), true),
            ),
        ] {
            assert_eq!(fault(answer.clone()), wanted, "{answer}");
        }
    }
}
