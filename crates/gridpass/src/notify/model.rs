//! What people are told: the templates, and their words in both languages.

use gridpass_types::Phone;
use gridpass_types::clock::district_zone;
use gridpass_types::ids::PassSerial;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something to tell a person. A variant holds what its words need and nothing personal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "template", rename_all = "snake_case")]
pub enum Notice {
    /// Another phone shows the pass now.
    PhoneReplaced {
        /// Since when.
        at: Timestamp,
    },
}

/// The same words in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Notice {
    /// Name of the template, as stored and sent.
    pub fn template(&self) -> &'static str {
        match self {
            Notice::PhoneReplaced { .. } => "phone_replaced",
        }
    }

    /// Whether it is sent as a text message too: what must reach somebody who does not look.
    pub fn by_text(&self) -> bool {
        match self {
            Notice::PhoneReplaced { .. } => true,
        }
    }

    /// What the person reads.
    pub fn words(&self) -> Words {
        match self {
            Notice::PhoneReplaced { at } => {
                let time = district_time(*at);
                Words {
                    zh: format!(
                        "您的电子通行证已于{time}换到另一部手机，原手机不再有效。如非本人操作，请立即联系社区窗口。"
                    ),
                    en: format!(
                        "Your pass moved to another phone on {time}; the phone before no longer counts. \
                         If this was not you, tell your community's counter at once."
                    ),
                }
            }
        }
    }
}

/// A time as people of the district read it.
fn district_time(at: Timestamp) -> String {
    at.to_zoned(district_zone())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

/// A notice as the person reads it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct NoticeView {
    /// Identity.
    pub notice_id: i64,
    /// Whose pass it is about: the holder's own or a dependant's.
    pub pass_serial: PassSerial,
    /// Which template; new ones may come.
    pub template: String,
    /// When the person was told.
    pub created_at: Timestamp,
    /// The words, in Chinese.
    pub text_zh: String,
    /// The words, in English.
    pub text_en: String,
}

/// What a text message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// A one-time code; of use for minutes.
    Code,
    /// The words of a notice.
    Notice,
}

impl TextKind {
    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            TextKind::Code => "code",
            TextKind::Notice => "notice",
        }
    }
}

/// A text message for the gateway.
#[derive(Clone, Debug)]
pub struct TextMessage {
    /// The same message has the same number, however often it is sent.
    pub message_id: i64,
    /// What it is about.
    pub kind: TextKind,
    /// Whom to send it to.
    pub phone: Phone,
    /// What to send; the gateway chooses the language.
    pub words: Words,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_stored_by_template_and_read_in_the_districts_time() {
        let notice = Notice::PhoneReplaced {
            at: "2020-03-06T00:30:00Z".parse().unwrap(),
        };
        let stored = serde_json::to_value(&notice).unwrap();
        assert_eq!(stored["template"], notice.template());
        assert_eq!(serde_json::from_value::<Notice>(stored).unwrap(), notice);
        assert!(notice.words().zh.contains("2020-03-06 08:30"));
        assert!(notice.words().en.contains("2020-03-06 08:30"));
    }
}
