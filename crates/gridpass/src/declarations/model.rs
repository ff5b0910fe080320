//! What is asked, when an answer holds, and which facts follow from it. Pure.

use gridpass_rules::words::{Certainty, Health, Risk, Stay};
use gridpass_rules::{FactBody, RuleSet, State};
use gridpass_types::clock::district_date;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Answer, DeclaredSymptom, HealthAnswer, Journey, Leg};
use super::risk::RiskArea;
use crate::http::error::FieldError;

/// How far back stays count, in days; as long an answer about travels holds.
const TRAVEL_DAYS: i64 = 14;
/// How long an answer about health holds: as long as the rules count a reading.
const HEALTH_HOURS: i64 = 72;
/// Legs of an answer at most.
const LEGS_MAX: usize = 20;
/// Characters of a place at most.
const PLACE_CHARS_MAX: usize = 40;
/// Characters of a train's or flight's number at most.
const NUMBER_CHARS_MAX: usize = 12;
/// How far ahead a plan may lie, in days.
const PLAN_DAYS_MAX: i64 = 366;
/// From which temperature on somebody has a fever, in degrees Celsius.
const FEVER_CELSIUS: f64 = 37.3;

/// What may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Where the person was in the last 14 days, and plans to go.
    Travel,
    /// How the person is.
    Health,
}

impl Asked {
    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Asked::Travel => "travel",
            Asked::Health => "health",
        }
    }

    /// Whether the rules would decide otherwise by the answer: only then it is asked.
    pub fn is_needed(self, rules: &RuleSet, state: &State) -> bool {
        let with = |state: State| rules.decide_colour(&state).rule.to_owned();
        let answers: Vec<State> = match self {
            // What is confirmed is not asked.
            Asked::Travel if state.stay == Stay::Confirmed => return false,
            Asked::Travel => [Stay::None, Stay::Declared]
                .map(|stay| State {
                    stay,
                    ..state.clone()
                })
                .into(),
            // Nor is what was measured.
            Asked::Health if state.health == Health::Fever => return false,
            Asked::Health => [Health::Normal, Health::Symptoms]
                .map(|health| State {
                    health,
                    ..state.clone()
                })
                .into(),
        };
        let mut decided = answers.into_iter().map(with);
        let first = decided.next();
        decided.any(|rule| Some(&rule) != first.as_ref())
    }

    /// Until when an answer of `at` holds.
    pub fn holds_until(self, at: Timestamp, answer: &Answer) -> Timestamp {
        let longest = match self {
            Asked::Travel => at + SignedDuration::from_hours(TRAVEL_DAYS * 24),
            Asked::Health => at + SignedDuration::from_hours(HEALTH_HOURS),
        };
        // Once a planned journey has begun, what was answered before it is old.
        let departures = answer.travel.iter().flat_map(|travel| &travel.planned);
        let begins = departures
            .filter_map(|leg| {
                leg.from
                    .to_zoned(gridpass_types::clock::district_zone())
                    .ok()
            })
            .map(|begin| begin.timestamp());
        begins.chain([longest]).min().unwrap_or(longest)
    }
}

/// Every field of an answer that is at fault as seen at `now`.
pub fn faults(answer: &Answer, now: Timestamp) -> Vec<FieldError> {
    let today = district_date(now);
    let mut wrong = Vec::new();
    if answer.travel.is_none() && answer.health.is_none() {
        wrong.push(fault(
            "travel",
            "answer_missing",
            ("answer something", "请填写至少一项"),
        ));
    }
    if let Some(travel) = &answer.travel {
        if travel.legs.len() + travel.planned.len() > LEGS_MAX {
            wrong.push(fault(
                "legs",
                "too_many_legs",
                ("at most 20 places", "最多填写 20 个地点"),
            ));
        }
        let named = [
            ("legs", &travel.legs, true),
            ("planned", &travel.planned, false),
        ];
        for (list, legs, past) in named {
            for (at, leg) in legs.iter().enumerate().take(LEGS_MAX) {
                wrong.extend(leg_faults(leg, &format!("{list}.{at}"), (past, today)));
            }
        }
        let none = travel.legs.is_empty() && travel.journey != Journey::Stayed;
        if none {
            wrong.push(fault(
                "legs",
                "legs_missing",
                ("name the places you were in", "请填写去过的地方"),
            ));
        }
    }
    let temperature = answer.health.as_ref().and_then(|health| health.temperature);
    if temperature.is_some_and(|celsius| !(34.0..=43.0).contains(&celsius)) {
        let words = ("between 34 and 43 degrees", "体温应在 34 至 43 度之间");
        wrong.push(fault("temperature", "temperature_invalid", words));
    }
    wrong
}

fn leg_faults(leg: &Leg, name: &str, (past, today): (bool, Date)) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    let chars = leg.place.trim().chars().count();
    if !(1..=PLACE_CHARS_MAX).contains(&chars) || leg.place.chars().any(char::is_control) {
        let words = ("1 to 40 characters", "应为 1 至 40 个字符");
        wrong.push(fault(&format!("{name}.place"), "place_invalid", words));
    }
    let number = leg.number.as_deref().unwrap_or("A");
    let plain = number.chars().all(|c| c.is_ascii_alphanumeric());
    if !plain || !(1..=NUMBER_CHARS_MAX).contains(&number.len()) {
        let words = (
            "letters and digits of the train or flight",
            "应为车次或航班号",
        );
        wrong.push(fault(&format!("{name}.number"), "number_invalid", words));
    }
    let area = leg.area.as_deref().unwrap_or("11");
    let digits = area.bytes().all(|b| b.is_ascii_digit()) && !area.starts_with('0');
    if !digits || !matches!(area.len(), 2 | 4 | 6 | 9 | 12 | 15) {
        let words = ("choose a place of the list", "请从列表中选择地区");
        wrong.push(fault(&format!("{name}.area"), "area_invalid", words));
    }
    let earliest = today.saturating_sub(60.days());
    let latest = today.saturating_add(PLAN_DAYS_MAX.days());
    let fits = match past {
        true => leg.from >= earliest && leg.until <= today,
        false => leg.from >= today && leg.until <= latest,
    };
    if leg.from > leg.until || !fits {
        let words = ("these days do not fit", "日期不正确");
        wrong.push(fault(&format!("{name}.from"), "days_invalid", words));
    }
    wrong
}

fn fault(field: &str, code: &'static str, (en, zh): (&str, &str)) -> FieldError {
    FieldError::new(field, code, en, zh)
}

/// The facts of an answer: a declared stay for each leg in an area of risk, and one reading.
pub fn facts_of(answer: &Answer, areas: &[RiskArea], now: Timestamp) -> Vec<FactBody> {
    let since = district_date(now).saturating_sub(TRAVEL_DAYS.days());
    let legs = answer.travel.iter().flat_map(|travel| &travel.legs);
    let counting = legs.filter(|leg| leg.until > since);
    let stays = counting.filter_map(|leg| {
        let area = leg.area.as_deref()?;
        areas
            .iter()
            .any(|risk| risk.meets(area, leg))
            .then(|| FactBody::Stay {
                area: area.to_owned(),
                risk: Risk::High,
                until: leg.until,
                certainty: Certainty::Declared,
            })
    });
    let readings = answer.health.iter().map(|health| reading(health, now));
    stays.chain(readings).collect()
}

fn reading(health: &HealthAnswer, now: Timestamp) -> FactBody {
    let measured = health.temperature;
    let hot = measured.is_some_and(|celsius| celsius >= FEVER_CELSIUS);
    let mut symptoms = health.symptoms.clone();
    // Measured at home by oneself it is a symptom: only what a gate measures is a fever.
    if hot {
        symptoms.push(DeclaredSymptom::Fever);
    }
    symptoms.sort_unstable();
    symptoms.dedup();
    FactBody::Health {
        at: now,
        temperature: measured.filter(|_| !hot),
        symptoms: symptoms.iter().map(|one| one.as_str().to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::{DeclaredContact, Means, TravelAnswer};
    use super::*;
    use gridpass_rules::default_rule_set;
    use gridpass_rules::words::{Case, Residence};

    fn now() -> Timestamp {
        "2020-03-06T08:30:00+08:00".parse().unwrap()
    }

    fn leg(area: &str, from: &str, until: &str) -> Leg {
        Leg {
            area: Some(area.to_owned()),
            place: "武汉".to_owned(),
            from: from.parse().unwrap(),
            until: until.parse().unwrap(),
            by: Means::Train,
            number: Some("G1012".to_owned()),
        }
    }

    fn travel(legs: Vec<Leg>, planned: Vec<Leg>) -> Answer {
        let journey = match legs.is_empty() {
            true => Journey::Stayed,
            false => Journey::Arrived,
        };
        Answer {
            travel: Some(TravelAnswer {
                journey,
                legs,
                planned,
            }),
            health: None,
        }
    }

    fn hubei() -> Vec<RiskArea> {
        vec![RiskArea {
            area_code: "4201".to_owned(),
            name_zh: "武汉".to_owned(),
            name_en: "Wuhan".to_owned(),
            since: "2020-01-23".parse().unwrap(),
            until: None,
        }]
    }

    #[test]
    fn only_what_would_change_the_decision_is_asked() {
        let rules = default_rule_set();
        let resident = State {
            residence: Residence::Verified,
            ..State::EMPTY
        };
        assert!(Asked::Travel.is_needed(&rules, &resident));
        assert!(Asked::Health.is_needed(&rules, &resident));
        let case = State {
            case: Case::Confirmed,
            ..State::EMPTY
        };
        assert!(!Asked::Travel.is_needed(&rules, &case));
        assert!(!Asked::Health.is_needed(&rules, &case));
        let measured = State {
            health: Health::Fever,
            ..resident.clone()
        };
        assert!(!Asked::Health.is_needed(&rules, &measured));
        // Who declared a stay is decided by it whatever the symptoms are.
        let declared = State {
            stay: Stay::Declared,
            ..resident
        };
        assert!(!Asked::Health.is_needed(&rules, &declared));
    }

    #[test]
    fn a_stay_counts_in_an_area_of_risk_within_its_days() {
        let counts = |leg: Leg| facts_of(&travel(vec![leg], Vec::new()), &hubei(), now()).len();
        assert_eq!(counts(leg("420102", "2020-02-20", "2020-02-28")), 1);
        assert_eq!(
            counts(leg("42", "2020-02-20", "2020-02-28")),
            1,
            "perhaps there"
        );
        assert_eq!(counts(leg("43", "2020-02-20", "2020-02-28")), 0);
        assert_eq!(
            counts(leg("4201", "2020-02-01", "2020-02-21")),
            0,
            "14 days ago"
        );
        assert_eq!(
            counts(leg("4201", "2020-01-01", "2020-01-20")),
            0,
            "before the risk"
        );
    }

    #[test]
    fn nobody_turns_red_by_their_own_word() {
        let health = |temperature, symptoms: &[DeclaredSymptom]| {
            let health = Some(HealthAnswer {
                symptoms: symptoms.to_vec(),
                temperature,
                contact: DeclaredContact::No,
            });
            facts_of(
                &Answer {
                    travel: None,
                    health,
                },
                &[],
                now(),
            )
            .remove(0)
        };
        let FactBody::Health {
            temperature,
            symptoms,
            ..
        } = health(Some(38.5), &[DeclaredSymptom::ColdLike])
        else {
            panic!("a reading")
        };
        assert_eq!(
            (temperature, symptoms),
            (None, vec!["fever".to_owned(), "cold_like".to_owned()])
        );
        let FactBody::Health {
            temperature,
            symptoms,
            ..
        } = health(Some(36.6), &[])
        else {
            panic!("a reading")
        };
        assert_eq!((temperature, symptoms.len()), (Some(36.6), 0));
    }

    #[test]
    fn answers_hold_for_their_days_and_until_a_planned_journey() {
        let stayed = travel(Vec::new(), Vec::new());
        let days = |asked: Asked, answer: &Answer| {
            asked
                .holds_until(now(), answer)
                .duration_since(now())
                .as_hours()
        };
        assert_eq!(days(Asked::Travel, &stayed), 14 * 24);
        assert_eq!(days(Asked::Health, &stayed), 72);
        let leaving = travel(Vec::new(), vec![leg("43", "2020-03-08", "2020-03-09")]);
        assert_eq!(days(Asked::Travel, &leaving), 39);
    }

    #[test]
    fn every_fault_is_said_with_its_place() {
        let codes = |answer: &Answer| -> Vec<String> {
            let wrong = faults(answer, now());
            wrong.into_iter().map(|fault| fault.code).collect()
        };
        assert!(codes(&travel(Vec::new(), Vec::new())).is_empty());
        assert!(
            codes(&travel(
                vec![leg("42", "2020-02-20", "2020-02-28")],
                Vec::new()
            ))
            .is_empty()
        );
        assert_eq!(codes(&Answer::default()), ["answer_missing"]);
        let mut bad = leg("4", "2020-03-08", "2020-03-07");
        bad.place = " ".to_owned();
        bad.number = Some("高铁".to_owned());
        assert_eq!(
            codes(&travel(vec![bad], Vec::new())),
            [
                "place_invalid",
                "number_invalid",
                "area_invalid",
                "days_invalid"
            ]
        );
        let past = leg("42", "2020-02-20", "2020-02-28");
        assert_eq!(codes(&travel(Vec::new(), vec![past])), ["days_invalid"]);
    }
}
