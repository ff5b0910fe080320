//! What a code is for, and the words it is sent with.

use gridpass_types::{Phone, Sensitive};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::error::{ApiError, ApiResult, FieldError};
use crate::ids::Entropy;
use crate::notify::Words;

/// Codes there are: six digits.
const CODES: u32 = 1_000_000;

/// What a code may be used for; one sent for another purpose is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Getting a pass on this phone: for the first time, or in place of another phone.
    Enrol,
    /// Letting a guardian's phone carry the pass of this phone's owner.
    Dependant,
    /// Letting a dependant's pass go over to this phone.
    HandOver,
    /// Holding this number in place of the one before.
    NewPhone,
}

impl Purpose {
    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Enrol => "enrol",
            Purpose::Dependant => "dependant",
            Purpose::HandOver => "hand_over",
            Purpose::NewPhone => "new_phone",
        }
    }

    /// The text message. It says what the code does, so that nobody gives it away unknowingly.
    pub fn words(self, code: &str) -> Words {
        match self {
            Purpose::Enrol => Words {
                zh: format!(
                    "验证码{code}，用于在手机上领取电子通行证，5分钟内有效。工作人员不会向您索要。"
                ),
                en: format!(
                    "{code} is your code for getting your pass on a phone, valid for 5 minutes. No official will ask you for it."
                ),
            },
            Purpose::Dependant => Words {
                zh: format!(
                    "验证码{code}，用于把您的电子通行证交由家人的手机代办，5分钟内有效。只告诉您的家人。"
                ),
                en: format!(
                    "{code} lets a relative's phone carry your pass, valid for 5 minutes. Tell it to nobody but them."
                ),
            },
            Purpose::HandOver => Words {
                zh: format!(
                    "验证码{code}，用于把您的电子通行证从家人手机转到本机，5分钟内有效。只告诉您的家人。"
                ),
                en: format!(
                    "{code} moves your pass from a relative's phone to this one, valid for 5 minutes. Tell it to nobody but them."
                ),
            },
            Purpose::NewPhone => Words {
                zh: format!(
                    "验证码{code}，用于把本机号码登记为您电子通行证的手机号，5分钟内有效。工作人员不会向您索要。"
                ),
                en: format!(
                    "{code} makes this the mobile number of your pass, valid for 5 minutes. No official will ask you for it."
                ),
            },
        }
    }
}

/// Six digits, all equally likely.
pub fn new_code(entropy: &Entropy) -> String {
    // The largest multiple of a million below 2^32; what lies above would favour small codes.
    let fair = u32::MAX - u32::MAX % CODES;
    loop {
        let drawn = u32::from_le_bytes(entropy.bytes());
        if drawn < fair {
            return format!("{:06}", drawn % CODES);
        }
    }
}

/// Whom to send a code, and what for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneCodeInput {
    /// Mobile number; `+852`, `+853` and `+886` too.
    #[schema(value_type = String)]
    pub phone: Sensitive<String>,
    /// What it will be used for.
    pub purpose: Purpose,
}

impl PhoneCodeInput {
    /// The phone.
    ///
    /// # Errors
    /// 422 with the reason.
    pub fn phone(&self) -> ApiResult<Phone> {
        Phone::parse(self.phone.expose()).map_err(|error| {
            let (en, zh) = (error.to_string(), error.message_zh());
            ApiError::fields(vec![FieldError::new("phone", error.code(), en, zh)])
        })
    }
}

/// A code is on its way, whoever has the phone.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PhoneCodeView {
    /// Until when it counts.
    pub expires_at: Timestamp,
    /// Seconds after which another one may be asked for.
    pub resend_after_s: i64,
}

/// The code itself; in a demo only.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ShownCodeView {
    /// Six digits.
    pub code: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_six_digits_and_spread() {
        let entropy = Entropy::seeded(1);
        let codes: std::collections::BTreeSet<String> =
            (0..1000).map(|_| new_code(&entropy)).collect();
        assert!(codes.len() > 990);
        assert!(codes.iter().all(|code| code.len() == 6));
        assert!(codes.iter().any(|code| code.starts_with('0')));
    }
}
