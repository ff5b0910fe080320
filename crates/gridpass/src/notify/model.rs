//! What people are told: the templates, and their words in both languages.

use gridpass_rules::red::RedReason;
use gridpass_rules::words::EndReason;
use gridpass_types::clock::district_zone;
use gridpass_types::ids::PassSerial;
use gridpass_types::{Colour, Phone};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::own_words::{handed_over, home_entered, number_changed};

/// Something to tell a person. A variant holds what its words need and nothing personal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "template", rename_all = "snake_case")]
pub enum Notice {
    /// Another phone shows the pass now.
    PhoneReplaced {
        /// Since when.
        at: Timestamp,
    },
    /// The pass left a guardian's phone for one of its own.
    PassHandedOver {
        /// When.
        at: Timestamp,
    },
    /// Another mobile number is held from now on.
    NumberChanged {
        /// When.
        at: Timestamp,
    },
    /// Staff wrote down a home for the person, who had none on record.
    HomeEntered {
        /// When.
        at: Timestamp,
    },
    /// Two people of different units have recorded what turns the pass red.
    Stopped {
        /// Why.
        reason: RedReason,
        /// The unit that answers for it.
        unit: String,
        /// First day on which it counts no more, where that is known.
        until: Option<Date>,
    },
    /// An appeal was taken in.
    AppealOpened {
        /// Who has it.
        unit: AppealUnit,
        /// By when.
        due_at: Timestamp,
    },
    /// A deadline of an appeal passed; the level above has it now.
    AppealEscalated {
        /// Who has it.
        unit: AppealUnit,
        /// By when.
        due_at: Timestamp,
    },
    /// The last deadline of an appeal passed.
    AppealOverdue {
        /// Who still has to decide.
        unit: AppealUnit,
        /// Whether the cause is suspended until then.
        suspended: bool,
    },
    /// An appeal was decided.
    AppealDecided {
        /// In favour of the person.
        granted: bool,
        /// Why, from the closed list.
        reason: Words,
    },
    /// Somebody released the person from quarantine.
    OrderReleased {
        /// Completed, or taken back.
        end_reason: EndReason,
        /// The unit that did it.
        unit: String,
    },
    /// A daily check was due and is not there.
    CheckMissing {
        /// The day.
        day: Date,
        /// Whether it is the morning's; the evening's otherwise.
        morning: bool,
    },
    /// Something asked for was delivered or refused.
    NeedAnswered {
        /// What was asked for, in Chinese.
        what_zh: String,
        /// The same in English.
        what_en: String,
        /// Why it was refused, in both languages; delivered when absent.
        refused: Option<Words>,
    },
    /// The pass has another colour, without anybody having recorded anything.
    ColourChanged {
        /// Colour before.
        before: Colour,
        /// Colour now.
        colour: Colour,
        /// How that came about.
        cause: ColourCause,
        /// What the rule says to people, in Chinese.
        message_zh: String,
        /// What the rule says to people, in English.
        message_en: String,
    },
}

/// A unit that answers for an appeal, as the public is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppealUnit {
    /// Its name.
    pub name: Words,
    /// Its public phone.
    pub phone: Option<String>,
}

/// How a colour changed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColourCause {
    /// The rules changed.
    Rules,
    /// A term ended: a window of days, an order, a check.
    Time,
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
            Notice::PassHandedOver { .. } => "pass_handed_over",
            Notice::NumberChanged { .. } => "number_changed",
            Notice::HomeEntered { .. } => "home_entered",
            Notice::Stopped { .. } => "stopped",
            Notice::AppealOpened { .. } => "appeal_opened",
            Notice::AppealEscalated { .. } => "appeal_escalated",
            Notice::AppealOverdue { .. } => "appeal_overdue",
            Notice::AppealDecided { .. } => "appeal_decided",
            Notice::OrderReleased { .. } => "order_released",
            Notice::CheckMissing { .. } => "check_missing",
            Notice::NeedAnswered { .. } => "need_answered",
            Notice::ColourChanged { .. } => "colour_changed",
        }
    }

    /// Whether it is sent as a text message too: what must reach somebody who does not look.
    pub fn by_text(&self) -> bool {
        match self {
            Notice::PhoneReplaced { .. }
            | Notice::PassHandedOver { .. }
            | Notice::NumberChanged { .. }
            | Notice::HomeEntered { .. }
            | Notice::Stopped { .. }
            | Notice::AppealEscalated { .. }
            | Notice::AppealOverdue { .. }
            | Notice::AppealDecided { .. }
            | Notice::OrderReleased { .. }
            | Notice::CheckMissing { .. } => true,
            // Whoever opens an appeal sees it at once; whoever brings what was asked for rings.
            Notice::AppealOpened { .. } | Notice::NeedAnswered { .. } => false,
            // Green and yellow are read at the gate; red must be known before the door.
            Notice::ColourChanged { colour, .. } => *colour == Colour::Red,
        }
    }

    /// What the person reads.
    pub fn words(&self) -> Words {
        match self {
            Notice::Stopped {
                reason,
                unit,
                until,
            } => stopped(*reason, unit, *until),
            Notice::ColourChanged {
                before,
                colour,
                cause,
                message_zh,
                message_en,
            } => recoloured((*before, *colour), *cause, (message_zh, message_en)),
            Notice::AppealOpened { unit, due_at } => appeal_opened(unit, *due_at),
            Notice::AppealEscalated { unit, due_at } => appeal_escalated(unit, *due_at),
            Notice::AppealOverdue { unit, suspended } => appeal_overdue(unit, *suspended),
            Notice::AppealDecided { granted, reason } => appeal_decided(*granted, reason),
            Notice::PassHandedOver { at } => handed_over(*at),
            Notice::NumberChanged { at } => number_changed(*at),
            Notice::HomeEntered { at } => home_entered(*at),
            Notice::OrderReleased { end_reason, unit } => released(*end_reason, unit),
            Notice::CheckMissing { day, morning } => check_missing(*day, *morning),
            Notice::NeedAnswered {
                what_zh,
                what_en,
                refused,
            } => need_answered((what_zh, what_en), refused.as_ref()),
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

/// The end of an order, and the paper that may be asked for.
fn released(end_reason: EndReason, unit: &str) -> Words {
    match end_reason {
        EndReason::Completed => Words {
            zh: format!(
                "您的隔离观察已由{unit}解除。如需《解除隔离观察通知书》，请向社区索取，无需其他证明。"
            ),
            en: format!(
                "{unit} has released you from quarantine. If you need the end-of-observation notice, \
                 ask your community; no other paper is needed."
            ),
        },
        EndReason::Cancelled => Words {
            zh: format!("您的隔离决定已由{unit}撤销。"),
            en: format!("{unit} has cancelled your quarantine order."),
        },
    }
}

/// A reminder; missing a check is no offence.
fn check_missing(day: Date, morning: bool) -> Words {
    let (zh, en) = match morning {
        true => ("上午", "morning"),
        false => ("晚间", "evening"),
    };
    Words {
        zh: format!(
            "尚未收到您{day}{zh}的体温和症状登记，请在手机上填写，或致电社区工作者。身体不适请立即告知。"
        ),
        en: format!(
            "Your temperature and symptoms of the {en} of {day} have not arrived. Enter them on the phone, \
             or call your community worker. If you feel unwell, say so at once."
        ),
    }
}

fn need_answered((what_zh, what_en): (&str, &str), refused: Option<&Words>) -> Words {
    match refused {
        None => Words {
            zh: format!("您申请的{what_zh}已办理。"),
            en: format!("What you asked for was done: {what_en}."),
        },
        Some(why) => Words {
            zh: format!(
                "您申请的{what_zh}未能办理：{}。如有疑问请致电社区工作者。",
                why.zh
            ),
            en: format!(
                "What you asked for was not done: {what_en}. Why: {}. Call your community worker if this is wrong.",
                why.en
            ),
        },
    }
}

impl AppealUnit {
    /// Name and phone, in Chinese and English.
    fn words(&self) -> Words {
        match &self.phone {
            Some(phone) => Words {
                zh: format!("{}（电话 {phone}）", self.name.zh),
                en: format!("{} (phone {phone})", self.name.en),
            },
            None => self.name.clone(),
        }
    }
}

fn appeal_opened(unit: &AppealUnit, due_at: Timestamp) -> Words {
    let (unit, time) = (unit.words(), district_time(due_at));
    Words {
        zh: format!("您的申诉已受理，由{}办理，将于{time}前答复。", unit.zh),
        en: format!(
            "Your appeal was taken in. The {} has it and answers by {time}.",
            unit.en
        ),
    }
}

fn appeal_escalated(unit: &AppealUnit, due_at: Timestamp) -> Words {
    let (unit, time) = (unit.words(), district_time(due_at));
    Words {
        zh: format!(
            "您的申诉未在期限内答复，已转由上一级{}办理，将于{time}前答复。",
            unit.zh
        ),
        en: format!(
            "Your appeal was not answered in time. The {} above has it now and answers by {time}.",
            unit.en
        ),
    }
}

fn appeal_overdue(unit: &AppealUnit, suspended: bool) -> Words {
    let unit = unit.words();
    let (then_zh, then_en) = if suspended {
        (
            "在作出决定前，有争议的依据暂停使用",
            "until it is decided, the disputed evidence does not count",
        )
    } else {
        (
            "在作出决定前，现有状态暂时保持",
            "until it is decided, the present state stays",
        )
    };
    Words {
        zh: format!(
            "您的申诉已超过全部办理期限，{then_zh}。仍须由{}作出决定。",
            unit.zh
        ),
        en: format!(
            "Every deadline of your appeal has passed; {then_en}. The {} still has to decide.",
            unit.en
        ),
    }
}

fn appeal_decided(granted: bool, reason: &Words) -> Words {
    let (zh, en) = if granted {
        ("您的申诉已成立", "Your appeal was decided in your favour")
    } else {
        ("您的申诉未予支持", "Your appeal was not granted")
    };
    Words {
        zh: format!("{zh}：{}。详情请在通行证页面查看。", reason.zh),
        en: format!("{en}: {}. Read the details on your pass.", reason.en),
    }
}

/// What the pass was and is, why, and what the rule says about it.
fn recoloured(
    (before, colour): (Colour, Colour),
    cause: ColourCause,
    (message_zh, message_en): (&str, &str),
) -> Words {
    let zh = |colour| match colour {
        Colour::Green => "绿证",
        Colour::Yellow => "黄证",
        Colour::Red => "红证",
    };
    let (why_zh, why_en) = match cause {
        ColourCause::Rules => ("因防控规则调整", "because the rules changed"),
        ColourCause::Time => ("因期限已到", "because a term ended"),
    };
    let end_zh = if message_zh.ends_with('。') {
        ""
    } else {
        "。"
    };
    let end_en = if message_en.ends_with('.') { "" } else { "." };
    Words {
        zh: format!(
            "{why_zh}，您的通行证由{}变为{}：{message_zh}{end_zh}如有疑问请联系社区窗口。",
            zh(before),
            zh(colour)
        ),
        en: format!(
            "Your pass changed from {before} to {colour} {why_en}: {message_en}{end_en} \
             If this seems wrong, ask your community's counter."
        ),
    }
}

/// Why somebody is stopped, who answers for it, until when, and how to object.
fn stopped(reason: RedReason, unit: &str, until: Option<Date>) -> Words {
    let (why_zh, why_en) = match reason {
        RedReason::CaseConfirmed => ("确诊病例", "a confirmed case"),
        RedReason::CaseSuspected => ("疑似病例", "a suspected case"),
        RedReason::CloseContact => ("密切接触", "close contact with a case"),
        RedReason::SecondaryContact => ("次密切接触", "contact with a close contact"),
        RedReason::EpidemicArea => ("疫区旅居史", "a stay in an epidemic area"),
        RedReason::Fever => ("体温异常", "a high temperature"),
        RedReason::Symptoms => ("相关症状", "symptoms"),
    };
    let end_zh = until.map_or(String::new(), |day| format!("，至{day}解除"));
    let end_en = until.map_or(String::new(), |day| format!("; it ends on {day}"));
    Words {
        zh: format!(
            "您因{why_zh}被登记，通行证为红证{end_zh}。由{unit}提出并经另一单位确认，{unit}负责。如有异议，请向{unit}或社区窗口提出，查实有误即时撤销。"
        ),
        en: format!(
            "Your pass is red because of {why_en}{end_en}. {unit} proposed it, another unit confirmed it, and {unit} answers for it. \
             If this is wrong, tell {unit} or your community's counter; a mistake is taken back at once."
        ),
    }
}

/// A time as people of the district read it.
pub(super) fn district_time(at: Timestamp) -> String {
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
