//! Shadows as they are stored and as they go over the wire.

use gridpass_rules::{Action, Colour};
use gridpass_types::ids::{RuleSetVersion, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::error::{ApiError, ApiResult, FieldError, check_note};

/// A version that is evaluated beside what is in force.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Shadow {
    /// Identity.
    pub shadow_id: i64,
    /// The version.
    pub version: RuleSetVersion,
    /// Where it is taken to be in force; empty is the whole district.
    pub place_prefix: String,
    /// Share of the scans that are decided a second time.
    pub scan_percent: i16,
    /// Whether everybody there is counted by the colour they would have.
    pub count_people: bool,
    /// Why.
    pub note: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Who began it.
    pub started_by: StaffId,
    /// When it ended; absent while it runs.
    pub ended_at: Option<Timestamp>,
    /// Who ended it.
    pub ended_by: Option<StaffId>,
    /// Scans that the server took up to then are counted.
    pub scans_until: Timestamp,
    /// When people were last counted.
    pub people_counted_at: Option<Timestamp>,
    /// Division by which a caller is let in: the place, or the district.
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) reach: String,
}

/// Scans of one day and community by what was decided and what would have been.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ShadowScans {
    /// Day of the district.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// Community of the gate.
    pub division_code: String,
    /// Colour that was decided.
    pub colour: Colour,
    /// Action that was decided.
    pub action: Action,
    /// Colour by the shadow.
    pub shadow_colour: Colour,
    /// Action by the shadow.
    pub shadow_action: Action,
    /// How many of the sample.
    pub scans: i64,
}

/// People of one community, as last counted on a day.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ShadowPeople {
    /// Day of the district.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// Community where they count.
    pub division_code: String,
    /// Colour they have.
    pub colour: Colour,
    /// Colour by the shadow.
    pub shadow_colour: Colour,
    /// How many.
    pub people: i64,
}

/// A shadow with its counts.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ShadowView {
    /// The shadow.
    #[serde(flatten)]
    pub shadow: Shadow,
    /// Scans, by day and community.
    pub scans: Vec<ShadowScans>,
    /// People, by day and community.
    pub people: Vec<ShadowPeople>,
}

/// A shadow to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShadow {
    /// Subdistrict, community or grid; empty or absent is the whole district.
    #[serde(default)]
    pub place_prefix: String,
    /// Share of the scans in percent, 0 to 100.
    pub scan_percent: i16,
    /// Whether everybody there is counted by the colour they would have.
    pub count_people: bool,
    /// Why, 1 to 200 characters.
    pub note: String,
}

impl NewShadow {
    /// Checks the note, and that something is to be counted.
    ///
    /// # Errors
    /// 422 with the field.
    pub fn check(&self) -> ApiResult<()> {
        check_note(&self.note)?;
        if (0..=100).contains(&self.scan_percent) && (self.scan_percent > 0 || self.count_people) {
            return Ok(());
        }
        Err(ApiError::fields(vec![FieldError::new(
            "scan_percent",
            "scan_percent_invalid",
            "0 to 100 percent, and not 0 unless people are counted",
            "抽样比例应为 0 至 100；不统计人员时不得为 0",
        )]))
    }
}
