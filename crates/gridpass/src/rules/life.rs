//! The life of a version, as it is stored and as it goes over the wire. Pure.
//!
//! ```text
//! draft → checked → back-tested → approved → scheduled → in force → superseded
//!   ↑________|__________| an edit        ↘ held ↗            ↘ withdrawn
//! ```

use gridpass_types::ids::{RuleSetVersion, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::HoldLimit;

/// Communities told of in a hold at most.
const COMMUNITIES_TOLD_MAX: usize = 20;

macro_rules! stored_words {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $meaning:literal])* $variant:ident $word:literal;)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[doc = $meaning])* $variant),* }

        impl $name {
            /// As stored and sent.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// As stored.
            ///
            /// # Panics
            /// Never: a CHECK keeps the column within these words.
            pub fn read(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)*
                    other => unreachable!("{other} is outside the column's CHECK"),
                }
            }
        }
    };
}

stored_words! {
    /// How far the work on a version has come.
    DraftStatus {
        /// Being written.
        Draft "draft";
        /// All its cases pass as it stands.
        Checked "checked";
        /// Approved by a second person; does not change any more.
        Approved "approved";
        /// Given up.
        Withdrawn "withdrawn";
    }
}

stored_words! {
    /// Where a schedule stands.
    ScheduleStatus {
        /// Its time has not come.
        Scheduled "scheduled";
        /// It would flip too many people at once and waits for a person; the version before decides.
        Held "held";
        /// It decides.
        InForce "in_force";
        /// It decided until its time was over, it was replaced or rolled back.
        Ended "ended";
        /// Taken back before it began.
        Cancelled "cancelled";
        /// Held and refused.
        Rejected "rejected";
    }
}

/// Where a version stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleSetStatus {
    /// Being written.
    Draft,
    /// All its cases pass as it stands.
    Checked,
    /// Checked, and exactly these tables were back-tested.
    BackTested,
    /// Approved by a second person; in force nowhere yet.
    Approved,
    /// To be in force from a time on.
    Scheduled,
    /// Waits for a person, because it would flip too many people at once.
    Held,
    /// Decides somewhere.
    InForce,
    /// Decided once, nowhere now.
    Superseded,
    /// Given up.
    Withdrawn,
}

/// What happened to a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Begun.
    Created,
    /// Edited.
    Edited,
    /// All cases passed.
    Checked,
    /// Some case failed.
    CheckFailed,
    /// Approved.
    Approved,
    /// Given up.
    Withdrawn,
    /// Given a time and a place.
    Scheduled,
    /// Taken back before it began.
    Cancelled,
    /// In force.
    Started,
    /// Held.
    Held,
    /// Released from a hold.
    Released,
    /// Refused in a hold.
    Rejected,
    /// Taken back while in force.
    RolledBack,
    /// Its time was over.
    Ended,
}

impl StepKind {
    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Edited => "edited",
            Self::Checked => "checked",
            Self::CheckFailed => "check_failed",
            Self::Approved => "approved",
            Self::Withdrawn => "withdrawn",
            Self::Scheduled => "scheduled",
            Self::Cancelled => "cancelled",
            Self::Started => "started",
            Self::Held => "held",
            Self::Released => "released",
            Self::Rejected => "rejected",
            Self::RolledBack => "rolled_back",
            Self::Ended => "ended",
        }
    }
}

/// A step to note.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Of which version.
    pub version: RuleSetVersion,
    /// What happened.
    pub kind: StepKind,
    /// Where, if it is about a place.
    pub place_prefix: Option<&'a str>,
    /// Why.
    pub note: &'a str,
    /// When.
    pub at: Timestamp,
    /// By whom and of which unit; `None` for background work.
    pub by: Option<(StaffId, &'a str)>,
}

/// A step in the life of a version.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct StepView {
    /// Identity; grows with time.
    pub step_id: i64,
    /// What happened: created, edited, checked, check_failed, approved, withdrawn, scheduled,
    /// cancelled, started, held, released, rejected, rolled_back or ended.
    pub step: String,
    /// Where, if it is about a place; empty is the whole district.
    pub place_prefix: Option<String>,
    /// Why.
    pub note: String,
    /// When.
    pub taken_at: Timestamp,
    /// By whom; absent for background work.
    pub taken_by: Option<StaffId>,
    /// Unit of that person then.
    pub unit: Option<String>,
}

/// Where and when an approved version is to be in force.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Schedule {
    /// Identity.
    pub schedule_id: i64,
    /// The version.
    pub version: RuleSetVersion,
    /// Division; empty is the whole district.
    pub place_prefix: String,
    /// From when.
    pub from_at: Timestamp,
    /// Until when, not included; absent until it is replaced.
    pub until_at: Option<Timestamp>,
    /// Whether divisions within, which have a version of their own, follow too.
    pub also_narrower: bool,
    /// Where it stands.
    pub status: ScheduleStatus,
    /// Why.
    pub note: String,
    /// Whom it would flip, if it was held for that.
    pub flips: Option<Flips>,
    /// When it was entered.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: StaffId,
    /// When it was cancelled, released or rejected.
    pub decided_at: Option<Timestamp>,
    /// By whom.
    pub decided_by: Option<StaffId>,
}

/// How many people's colour a change would flip.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Flips {
    /// People under the place.
    pub people: i64,
    /// Of them those whose colour would change.
    pub flips: i64,
    /// Communities above the limit, hardest hit first; twenty at most.
    pub communities: Vec<CommunityFlips>,
    /// How many communities are above the limit.
    pub above: usize,
}

/// The same of one community.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommunityFlips {
    /// Its code.
    pub division_code: String,
    /// People who count there.
    pub people: i64,
    /// Of them those whose colour would change.
    pub flips: i64,
}

impl Flips {
    /// Adds up communities, and keeps those above the limit.
    pub fn of(communities: impl IntoIterator<Item = CommunityFlips>, limit: &HoldLimit) -> Self {
        let mut sum = Self::default();
        for each in communities {
            sum.people += each.people;
            sum.flips += each.flips;
            if limit.is_above(each.people, each.flips) {
                sum.communities.push(each);
            }
        }
        sum.above = sum.communities.len();
        sum.communities.sort_by(|a, b| {
            b.flips
                .cmp(&a.flips)
                .then(a.division_code.cmp(&b.division_code))
        });
        sum.communities.truncate(COMMUNITIES_TOLD_MAX);
        sum
    }
}

/// Where a version is to be in force, and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSchedule {
    /// Subdistrict, community or grid; empty or absent is the whole district.
    #[serde(default)]
    pub place_prefix: String,
    /// From when; now if absent.
    #[serde(default)]
    pub from_at: Option<Timestamp>,
    /// Until when, not included; until it is replaced if absent.
    #[serde(default)]
    pub until_at: Option<Timestamp>,
    /// Whether divisions within, which have another version of their own, follow too. Those
    /// with the same version always do.
    #[serde(default)]
    pub also_narrower: bool,
    /// Why, 1 to 200 characters.
    pub note: String,
}

/// Why a step is taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteInput {
    /// 1 to 200 characters.
    pub note: String,
}

/// Where to return to the version before, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBackInput {
    /// Division that has a version of its own; empty or absent is the whole district.
    #[serde(default)]
    pub place_prefix: String,
    /// Why, 1 to 200 characters.
    pub note: String,
}

/// Which schedules.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ScheduleQuery {
    /// Of this version only.
    pub version: Option<i32>,
}

/// What is in force in one place.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct InForceView {
    /// Division; empty is the whole district. The longest that fits a place decides.
    pub place_prefix: String,
    /// The version.
    pub version: RuleSetVersion,
    /// Since when.
    pub since: Timestamp,
    /// Who put it into force; absent for background work and the first start.
    pub activated_by: Option<StaffId>,
    /// What a roll-back would return to; absent when there is nothing before, or when the place
    /// would follow the division around it again.
    pub before: Option<RuleSetVersion>,
}

/// Everything that is in force.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RulesInForce {
    /// How often it changed.
    pub epoch: i64,
    /// Places, the whole district first.
    pub places: Vec<InForceView>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn community(code: &str, people: i64, flips: i64) -> CommunityFlips {
        CommunityFlips {
            division_code: code.to_owned(),
            people,
            flips,
        }
    }

    #[test]
    fn communities_above_the_limit_are_told_hardest_hit_first() {
        let limit = HoldLimit {
            share_percent: 5,
            people_min: 50,
        };
        let flips = Flips::of(
            [
                community("1", 10_000, 499),
                community("2", 1_000, 60),
                community("3", 1_000, 700),
            ],
            &limit,
        );
        assert_eq!((flips.people, flips.flips, flips.above), (12_000, 1_259, 2));
        assert_eq!(flips.communities[0].division_code, "3");
    }

    #[test]
    fn words_are_read_as_they_are_stored() {
        for status in [
            ScheduleStatus::Scheduled,
            ScheduleStatus::Held,
            ScheduleStatus::InForce,
            ScheduleStatus::Ended,
            ScheduleStatus::Cancelled,
            ScheduleStatus::Rejected,
        ] {
            assert_eq!(ScheduleStatus::read(status.as_str()), status);
            let sent = serde_json::to_value(status).unwrap();
            assert_eq!(sent, status.as_str());
        }
    }
}
