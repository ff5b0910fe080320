//! The privacy notice: every version there was, part of the binary.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

static NOTICES: LazyLock<Vec<PrivacyNotice>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("notices.json")).expect("a test reads the file")
});

/// A version of the notice.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrivacyNotice {
    /// Its number; each newer one is greater.
    pub version: i32,
    /// From which day it holds.
    pub from: Date,
    /// What it says.
    pub parts: Vec<NoticePart>,
}

/// A part of the notice.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticePart {
    /// Heading, in Chinese.
    pub title_zh: String,
    /// Heading, in English.
    pub title_en: String,
    /// Words, in Chinese.
    pub text_zh: String,
    /// Words, in English.
    pub text_en: String,
}

/// Every version, the newest first.
pub fn versions() -> &'static [PrivacyNotice] {
    &NOTICES
}

/// The version that holds now.
pub fn current() -> &'static PrivacyNotice {
    &NOTICES[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_go_down_and_say_something_in_both_languages() {
        assert!(!versions().is_empty());
        for pair in versions().windows(2) {
            assert!(pair[0].version > pair[1].version && pair[0].from >= pair[1].from);
        }
        for part in versions().iter().flat_map(|notice| &notice.parts) {
            for text in [&part.title_zh, &part.title_en, &part.text_zh, &part.text_en] {
                assert!(!text.trim().is_empty());
            }
            assert!(!part.text_en.contains('。') && part.text_zh.contains('。'));
        }
    }
}
