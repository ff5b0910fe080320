//! Why an order may end before its time: a closed list. An order that runs its course needs no
//! ground and nobody; it is over by the rules.

use gridpass_rules::red::{EvidenceKind, check_reference};
use gridpass_rules::words::EndReason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Why an order ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseGround {
    /// A doctor discharges the person; completed, with the number of the paper.
    MedicalDischarge,
    /// The order was wrong from the beginning; cancelled.
    OrderedInError,
    /// The exposure it was for turned out to be none; cancelled.
    ExposureRuledOut,
    /// Another authority has taken the person over; cancelled.
    TakenOver,
}

impl ReleaseGround {
    const ALL: [Self; 4] = [
        Self::MedicalDischarge,
        Self::OrderedInError,
        Self::ExposureRuledOut,
        Self::TakenOver,
    ];

    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MedicalDischarge => "medical_discharge",
            Self::OrderedInError => "ordered_in_error",
            Self::ExposureRuledOut => "exposure_ruled_out",
            Self::TakenOver => "taken_over",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.as_str() == name)
    }
}

/// How an order ends before its last day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRelease {
    /// Completed clears the exposures before it, and only a doctor's discharge completes an order
    /// before its time; cancelled clears nothing.
    pub end_reason: EndReason,
    /// Why, from the closed list.
    #[serde(default)]
    pub ground: Option<ReleaseGround>,
    /// Number of the paper; with a medical discharge and only then.
    #[serde(default)]
    pub document: Option<String>,
}

impl OrderRelease {
    /// The ground of ending an order that is not over yet.
    ///
    /// # Errors
    /// [`Code::OrderNotOver`] when it would count as completed without a doctor's discharge;
    /// 422 with the field.
    pub fn ground(&self) -> ApiResult<ReleaseGround> {
        match (self.end_reason, self.ground) {
            (EndReason::Completed, Some(ReleaseGround::MedicalDischarge)) => {
                let number = self.document.as_deref().unwrap_or_default();
                check_reference(EvidenceKind::OrderDocument, number).map_err(|error| {
                    let zh =
                        "应为诊断证明编号（4 至 40 个字符，不得填写姓名、证件号、电话或说明文字）";
                    field("document", "document_needed", &error.to_string(), zh)
                })?;
                Ok(ReleaseGround::MedicalDischarge)
            }
            (EndReason::Completed, _) => Err(Code::OrderNotOver.into()),
            (EndReason::Cancelled, None | Some(ReleaseGround::MedicalDischarge)) => Err(field(
                "ground",
                "ground_needed",
                "name the ground from the closed list",
                "请选择法定撤销事由",
            )),
            (EndReason::Cancelled, Some(_)) if self.document.is_some() => Err(field(
                "document",
                "document_unfit",
                "only a medical discharge has a paper",
                "仅医学解除须填写证明编号",
            )),
            (EndReason::Cancelled, Some(ground)) => Ok(ground),
        }
    }
}

fn field(name: &str, code: &str, en: &str, zh: &str) -> ApiError {
    ApiError::fields(vec![FieldError::new(name, code, en, zh)])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stored_names_are_sent_names() {
        for ground in ReleaseGround::ALL {
            assert_eq!(serde_json::to_value(ground).unwrap(), ground.as_str());
            assert_eq!(ReleaseGround::parse(ground.as_str()), Some(ground));
        }
    }

    #[test]
    fn only_a_discharge_with_its_paper_completes_an_order_before_its_time() {
        for (release, wanted) in [
            (json!({ "end_reason": "completed" }), Err("order_not_over")),
            (
                json!({ "end_reason": "completed", "ground": "taken_over" }),
                Err("order_not_over"),
            ),
            (
                json!({ "end_reason": "completed", "ground": "medical_discharge" }),
                Err("invalid_fields"),
            ),
            (
                json!({ "end_reason": "completed", "ground": "medical_discharge", "document": "诊断2020-0317" }),
                Ok(ReleaseGround::MedicalDischarge),
            ),
            (json!({ "end_reason": "cancelled" }), Err("invalid_fields")),
            (
                json!({ "end_reason": "cancelled", "ground": "medical_discharge" }),
                Err("invalid_fields"),
            ),
            (
                json!({ "end_reason": "cancelled", "ground": "ordered_in_error" }),
                Ok(ReleaseGround::OrderedInError),
            ),
            (
                json!({ "end_reason": "cancelled", "ground": "ordered_in_error", "document": "诊断2020-0317" }),
                Err("invalid_fields"),
            ),
        ] {
            let input: OrderRelease = serde_json::from_value(release.clone()).unwrap();
            let ground = input.ground().map_err(|error| error.code().as_str());
            assert_eq!(ground, wanted, "{release}");
        }
    }
}
