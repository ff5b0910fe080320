//! Provinces and cities in which somebody may have stayed: the list that forms offer.
//!
//! It has every province; cities only of those whose cities were told apart in an epidemic
//! (Hubei) and single ones elsewhere. So a code below a province is known by its province, and in
//! Hubei by its city.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::http::error::FieldError;

/// Digits of a province, and of a city.
const PROVINCE_DIGITS: usize = 2;
const CITY_DIGITS: usize = 4;
/// The province of which every city is on the list.
const WHOLE: &str = "42";
/// What follows the name of a city or province in Chinese, the longest first.
const ENDINGS: [&str; 9] = [
    "土家族苗族自治州",
    "维吾尔自治区",
    "特别行政区",
    "壮族自治区",
    "回族自治区",
    "自治区",
    "自治州",
    "省",
    "市",
];

#[derive(Deserialize)]
struct Area {
    code: String,
    zh: String,
    en: String,
}

static AREAS: LazyLock<Vec<Area>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("areas.json")).expect("a test reads the file")
});

/// Whether a division code, from a province down, lies in one of them.
pub fn is_known(code: &str) -> bool {
    let digits = matches!(code.len(), 2 | 4 | 6 | 9 | 12 | 15);
    if !digits || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let whole = code.starts_with(WHOLE) && code.len() >= CITY_DIGITS;
    let known = &code[..if whole { CITY_DIGITS } else { PROVINCE_DIGITS }];
    AREAS.iter().any(|area| area.code == known)
}

/// The refusal of another code.
pub fn unknown(field: &str) -> FieldError {
    FieldError::new(
        field,
        "area_unknown",
        "no province or city of the list",
        "不在省市列表中",
    )
}

/// Stands for a place that no name of the list fits.
pub const ELSEWHERE: &str = "00";

/// The cities and provinces that a text names, in Chinese or English; a province only where none of
/// its cities is named, since a city says more.
pub fn named_in(text: &str) -> Vec<&'static str> {
    let lower = text.to_lowercase();
    let names =
        |area: &&Area| text.contains(short(&area.zh)) || lower.contains(&area.en.to_lowercase());
    let codes = AREAS.iter().filter(names).map(|area| area.code.as_str());
    let codes: Vec<&'static str> = codes.collect();
    let is_said_better = |code: &&str| {
        let mut others = codes.iter();
        others.any(|other| other.len() > code.len() && other.starts_with(*code))
    };
    let kept = codes.iter().copied();
    kept.filter(|code| !is_said_better(code)).collect()
}

/// A name as people write it: 武汉 for 武汉市.
fn short(name: &str) -> &str {
    let ending = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
    ending.unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_one_that_forms_offer() {
        let offered = include_str!("../../../web/packages/staff/src/areas.json");
        let read = |text| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(include_str!("areas.json")), read(offered));
    }

    #[test]
    fn codes_below_a_known_province_are_known() {
        for code in ["42", "4201", "420106", "44", "4403", "440310", "3301", "71"] {
            assert!(is_known(code), "{code}");
        }
        for code in ["", "4", "99", "9901", "4299", "42010", "4x", "四二", "05"] {
            assert!(!is_known(code), "{code}");
        }
    }

    #[test]
    fn a_city_is_found_by_its_name_as_people_write_it() {
        assert_eq!(named_in("武汉"), ["4201"]);
        assert_eq!(named_in("湖北省武汉市"), ["4201"]);
        assert_eq!(named_in("恩施"), ["4228"]);
        assert_eq!(named_in("湖北"), ["42"]);
        assert_eq!(named_in("广西"), ["45"]);
        assert_eq!(named_in("Wuhan, Guangxi"), ["4201", "45"]);
        assert!(named_in("some town").is_empty());
        assert!(!is_known(ELSEWHERE));
    }
}
