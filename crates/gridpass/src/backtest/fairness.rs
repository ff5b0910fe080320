//! Whether a group is hit harder than everybody. Pure.
//!
//! A rule that names nobody may still fall on one age or one origin. That is for people to judge;
//! what is said here is only how large the difference is.

use super::card::{FairnessWarning, Group, PeopleImpact};
use super::provinces;

/// Groups smaller than this are not compared: a share of them says little.
const GROUP_MIN: i64 = 50;
/// As many of a group must be hit at least.
const HIT_MIN: i64 = 5;

/// Groups whose share of stricter colours is more than `harder_than` times the average.
pub fn warnings(people: &PeopleImpact, harder_than: f64) -> Vec<FairnessWarning> {
    let Some(average) = share(&people.total) else {
        return Vec::new();
    };
    let mut warnings = Vec::new();
    for (dimension, groups) in [("age", &people.by_age), ("origin", &people.by_origin)] {
        for group in groups {
            let Some(share) = share(group).filter(|_| is_large(group)) else {
                continue;
            };
            if share > harder_than * average {
                warnings.push(warning(dimension, group, (share, average)));
            }
        }
    }
    warnings
}

fn is_large(group: &Group) -> bool {
    group.people >= Some(GROUP_MIN) && group.stricter >= Some(HIT_MIN)
}

fn share(group: &Group) -> Option<f64> {
    let people = group.people.filter(|people| *people > 0)?;
    Some(group.stricter? as f64 / people as f64)
}

fn warning(dimension: &str, group: &Group, (share, average): (f64, f64)) -> FairnessWarning {
    let times = share / average;
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    let (who, who_zh) = match (dimension, group.key.as_str()) {
        (_, "") => (
            "People of unknown age or origin".into(),
            "年龄或户籍不明者".into(),
        ),
        ("age", band) => (format!("People aged {band}"), format!("{band} 岁人群")),
        (_, code) => {
            let (zh, en) = provinces::name(code).unwrap_or((code, code));
            (format!("People from {en}"), format!("户籍{zh}的人员"))
        }
    };
    FairnessWarning {
        dimension: dimension.to_owned(),
        key: group.key.clone(),
        share,
        average,
        message: format!(
            "{who} would get a stricter colour {times:.1} times as often as everybody: {} % against {} %.",
            percent(share),
            percent(average)
        ),
        message_zh: format!(
            "{who_zh}变为更严颜色的比例是总体的 {times:.1} 倍：{}% 对 {}%。",
            percent(share),
            percent(average)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(key: &str, people: i64, stricter: i64) -> Group {
        Group {
            key: key.into(),
            people: Some(people),
            stricter: Some(stricter),
            ..Group::default()
        }
    }

    #[test]
    fn only_large_differences_of_large_groups_are_told() {
        let people = PeopleImpact {
            total: group("", 1_000, 50),
            moves: Vec::new(),
            kinds: Vec::new(),
            by_street: Vec::new(),
            by_community: Vec::new(),
            by_enclosure: Vec::new(),
            by_age: vec![group("60-69", 100, 20), group("80+", 10, 9)],
            by_origin: vec![group("42", 60, 7), group("44", 840, 34)],
            derived_anew: 0,
            left_out: 0,
        };
        let found = warnings(&people, 2.0);
        let keys: Vec<&str> = found.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["60-69", "42"]);
        assert_eq!(
            found[0].message,
            "People aged 60-69 would get a stricter colour 4.0 times as often as everybody: 20.0 % against 5.0 %."
        );
        assert!(warnings(&people, 5.0).is_empty());
    }
}
