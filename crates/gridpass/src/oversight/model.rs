//! Looks, and what stands out about them.

use std::collections::{BTreeMap, BTreeSet};

use gridpass_types::ids::StaffId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::Role;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Operations by which staff look one person up. Lists of tasks are not among them: whom they
/// show follows from the tasks.
pub const LOOKS: [&str; 7] = [
    "get_decision",
    "get_person",
    "get_photo",
    "list_facts",
    "list_lookups",
    "list_person_scans",
    "search_people",
];
/// Points from which a day becomes a finding.
pub const SCORE_MIN: u16 = 30;
/// More people than a grid worker with a full list of doors meets in a day.
const PEOPLE_DAY_MAX: u32 = 150;
/// More people than a counter serves in an hour.
const PEOPLE_HOUR_MAX: u32 = 40;
/// People outside the tasks that are normal in a day: callers, passers-by, mistakes.
const UNLINKED_MAX: u32 = 10;
/// Looks at one person outside the tasks that are normal in a day.
const REPEATS_MAX: u32 = 5;
/// Looks at night that are normal.
const OFF_HOURS_MAX: u32 = 20;
/// Characters of a note.
const NOTE_CHARS_MAX: usize = 500;

/// What stands out about a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OddReason {
    /// Very many different people in the day.
    ManyPeople,
    /// Very many different people within an hour.
    ManyInAnHour,
    /// People with whom no task connects the looker.
    OutsideTasks,
    /// The same person again and again, without a task.
    SamePerson,
    /// At night.
    OffHours,
}

impl OddReason {
    const ALL: [OddReason; 5] = [
        OddReason::ManyPeople,
        OddReason::ManyInAnHour,
        OddReason::OutsideTasks,
        OddReason::SamePerson,
        OddReason::OffHours,
    ];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            OddReason::ManyPeople => "many_people",
            OddReason::ManyInAnHour => "many_in_an_hour",
            OddReason::OutsideTasks => "outside_tasks",
            OddReason::SamePerson => "same_person",
            OddReason::OffHours => "off_hours",
        }
    }

    /// Reads a stored code.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// Looks of one member of staff at one person within one hour of the day.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Looks {
    /// Hour of the day in the district, 0 to 23.
    pub hour: i32,
    /// The person.
    pub person_id: i64,
    /// How many.
    pub count: i64,
}

/// A day of one member of staff in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Behaviour {
    /// Different people.
    pub people: u32,
    /// Different people in the busiest hour.
    pub people_hour_max: u32,
    /// Different people with whom no task connects the looker.
    pub unlinked: u32,
    /// Most looks at one of those.
    pub repeats_max: u32,
    /// Looks between 22:00 and 06:00.
    pub off_hours: u32,
}

impl Behaviour {
    /// Sums up a day; `linked` are the people whom a task connects with the looker.
    pub fn of(looks: &[Looks], linked: &BTreeSet<i64>) -> Self {
        let mut hours: BTreeMap<i32, BTreeSet<i64>> = BTreeMap::new();
        let mut people: BTreeMap<i64, i64> = BTreeMap::new();
        let mut off_hours = 0;
        for look in looks {
            hours.entry(look.hour).or_default().insert(look.person_id);
            *people.entry(look.person_id).or_default() += look.count;
            if !(6..22).contains(&look.hour) {
                off_hours += look.count;
            }
        }
        let unlinked = people.iter().filter(|(person, _)| !linked.contains(person));
        let repeats = unlinked.clone().map(|(_, count)| *count).max();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let sum = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            people: number(people.len()),
            people_hour_max: number(hours.values().map(BTreeSet::len).max().unwrap_or(0)),
            unlinked: number(unlinked.count()),
            repeats_max: sum(repeats.unwrap_or(0)),
            off_hours: sum(off_hours),
        }
    }

    /// Points and what they are for. A limit that is just passed counts 30 for people outside
    /// one's tasks, 20 or 10 for what may have a plain cause; each further multiple counts again,
    /// three times at most.
    pub fn score(&self) -> (u16, Vec<OddReason>) {
        let measures = [
            (OddReason::ManyPeople, self.people, PEOPLE_DAY_MAX, 20),
            (
                OddReason::ManyInAnHour,
                self.people_hour_max,
                PEOPLE_HOUR_MAX,
                20,
            ),
            (OddReason::OutsideTasks, self.unlinked, UNLINKED_MAX, 30),
            (OddReason::SamePerson, self.repeats_max, REPEATS_MAX, 30),
            (OddReason::OffHours, self.off_hours, OFF_HOURS_MAX, 10),
        ];
        let (mut score, mut reasons) = (0, Vec::new());
        for (reason, found, limit, points) in measures {
            if found > limit {
                let times = u16::try_from(found / limit).unwrap_or(u16::MAX).min(3);
                score += points * times;
                reasons.push(reason);
            }
        }
        (score, reasons)
    }
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingStatus {
    /// Nobody has decided.
    Open,
    /// There was a good reason.
    Explained,
    /// Handed on to whoever is responsible for the member of staff.
    Escalated,
}

impl FindingStatus {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            FindingStatus::Open => "open",
            FindingStatus::Explained => "explained",
            FindingStatus::Escalated => "escalated",
        }
    }

    /// Reads a stored status.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Open, Self::Explained, Self::Escalated];
        all.into_iter().find(|status| status.as_str() == text)
    }
}

/// A member of staff whose look-ups of a day stand out: a lead to check, never a penalty.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Finding {
    /// Identity.
    pub finding_id: i64,
    /// Whose look-ups.
    pub staff_id: StaffId,
    /// Name colleagues know.
    pub display_name: String,
    /// Organisation.
    pub unit: Option<String>,
    /// Role.
    pub role: Role,
    /// Jurisdiction.
    pub jurisdiction: String,
    /// Day of the district.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// Points.
    pub score: i16,
    /// What stands out.
    pub reasons: Vec<OddReason>,
    /// The day in numbers.
    pub behaviour: Behaviour,
    /// Where it stands.
    pub status: FindingStatus,
    /// Note of whoever decided.
    pub note: Option<String>,
    /// Who decided.
    pub decided_by: Option<StaffId>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// When it was found.
    pub created_at: Timestamp,
}

/// Which findings.
#[derive(Debug, Deserialize, IntoParams)]
pub struct FindingQuery {
    /// Where they stand; open ones when absent.
    pub status: Option<FindingStatus>,
}

/// A decision on a finding.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveInput {
    /// `explained` or `escalated`.
    pub status: FindingStatus,
    /// Why, 1 to 500 characters.
    pub note: String,
}

impl ResolveInput {
    /// # Errors
    /// 422 with the field.
    pub fn validate(&self) -> ApiResult<()> {
        let mut wrong = Vec::new();
        if self.status == FindingStatus::Open {
            let (en, zh) = ("explained or escalated", "请选择“已说明”或“上报”");
            wrong.push(FieldError::new("status", "status_invalid", en, zh));
        }
        if self.note.trim().is_empty() || self.note.chars().count() > NOTE_CHARS_MAX {
            let (en, zh) = ("1 to 500 characters", "1 至 500 个字符");
            wrong.push(FieldError::new("note", "note_invalid", en, zh));
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(ApiError::fields(wrong))
        }
    }
}

/// Which entries of the log.
#[derive(Debug, Deserialize, IntoParams)]
pub struct EntryQuery {
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Up to this time, not included.
    pub to: Option<Timestamp>,
    /// Member of staff, person or device that acted.
    pub actor_id: Option<i64>,
    /// Operation, job or command.
    pub action: Option<String>,
    /// Code prefix of the jurisdiction that callers acted in; the searcher's when absent.
    pub prefix: Option<String>,
    /// Person concerned; not for oversight.
    pub subject: Option<i64>,
    /// `shown`, `done`, `unchanged` or `refused`.
    pub result: Option<String>,
    /// The `next` of the page before.
    pub after: Option<i64>,
    /// Entries wanted, 1 to 1000; 100 when absent.
    pub limit: Option<u32>,
}

/// An entry of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryView {
    /// Identity.
    pub entry_id: i64,
    /// When.
    pub at: Timestamp,
    /// Kind of caller: `staff`, `holder`, `device`, `system` or `nobody`.
    pub actor: String,
    /// Which one; left out where oversight would learn who a person is.
    pub actor_id: Option<i64>,
    /// Organisation of the member of staff.
    pub unit: Option<String>,
    /// Role of the member of staff.
    pub role: Option<String>,
    /// What for.
    pub purpose: String,
    /// Operation, job or command.
    pub action: String,
    /// People concerned; empty for oversight.
    pub subjects: Vec<i64>,
    /// How many people it concerns.
    pub people: u32,
    /// Other thing concerned.
    pub object: Option<String>,
    /// `shown`, `done`, `unchanged` or `refused`.
    pub result: String,
    /// Error code of a refusal.
    pub code: Option<String>,
    /// Network address; not for oversight.
    pub origin: Option<String>,
    /// Beginning of the session's digest.
    pub session: Option<String>,
    /// Break-glass or approval that allowed it.
    pub reference: Option<String>,
}

/// Somebody's look at the holder's data, as the holder sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LookView {
    /// When.
    pub at: Timestamp,
    /// Organisation.
    pub unit: Option<String>,
    /// Role of whoever looked, in English.
    pub role: String,
    /// The same in Chinese.
    pub role_zh: String,
    /// What for, in English.
    pub purpose: String,
    /// The same in Chinese.
    pub purpose_zh: String,
    /// Whether something was changed, not only looked at.
    pub changed: bool,
}

/// Somebody's look at a person's data, as staff who may see the person see it: never who it was.
#[derive(Debug, Serialize, ToSchema)]
pub struct LookupView {
    /// When.
    pub at: Timestamp,
    /// Organisation.
    pub unit: Option<String>,
    /// Role in which somebody acted.
    pub role: Option<String>,
    /// What for.
    pub purpose: String,
    /// Whether something was changed, not only looked at.
    pub changed: bool,
}

/// A role in words that a resident knows.
pub fn role_words(role: Option<Role>) -> (&'static str, &'static str) {
    match role {
        Some(Role::GridWorker) => ("grid worker", "网格员"),
        Some(Role::TeamWorker) => (
            "community worker of the response team",
            "三位一体小组社区工作者",
        ),
        Some(Role::TeamDoctor) => ("doctor of the response team", "三位一体小组医生"),
        Some(Role::TeamPolice) => ("police officer of the response team", "三位一体小组民警"),
        Some(Role::CommunityLead) => ("community office", "社区负责人"),
        Some(Role::SubdistrictOfficer) => ("subdistrict office", "街道工作人员"),
        Some(Role::GateGuard) => ("gate guard", "卡口值守人员"),
        Some(Role::DataDesk) => ("data desk", "数据统计组"),
        Some(Role::EmployerManager) => ("employer", "复工单位"),
        Some(Role::PrivacyOfficer) => ("privacy officer", "个人信息保护负责人"),
        Some(Role::AuditAdmin) => ("audit administrator", "审计管理员"),
        Some(Role::Oversight) => ("oversight", "监督人员"),
        Some(_) => ("administrator", "系统管理人员"),
        None => ("staff", "工作人员"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        looks: Vec<(i32, i64, i64)>,
        #[serde(default)]
        spread: Option<(i32, i64)>,
        linked: Vec<i64>,
        score: u16,
        reasons: Vec<OddReason>,
    }

    #[test]
    fn the_cases_score_as_they_say() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("cases.json")).unwrap();
        assert!(cases.len() >= 8);
        for case in cases {
            let look = |(hour, person_id, count)| Looks {
                hour,
                person_id,
                count,
            };
            let mut looks: Vec<Looks> = case.looks.into_iter().map(look).collect();
            if let Some((hour, people)) = case.spread {
                looks.extend((1..=people).map(|person| look((hour, 1000 + person, 1))));
            }
            let linked: BTreeSet<i64> = case
                .linked
                .iter()
                .flat_map(|id| match id {
                    -1 => 1000..3000,
                    id => *id..*id + 1,
                })
                .collect();
            let found = Behaviour::of(&looks, &linked).score();
            assert_eq!(found, (case.score, case.reasons), "{}", case.name);
        }
    }
}
