//! Words of what others wrote down about a person's own phone and home, which a theft would change.

use jiff::Timestamp;

use super::model::{Words, district_time};

/// A pass that left a guardian's phone.
pub(super) fn handed_over(at: Timestamp) -> Words {
    let time = district_time(at);
    Words {
        zh: format!(
            "您的电子通行证已于{time}从代办人手机转出。请用本机号码填写姓名、证件号码领取，即可在本机出示。"
        ),
        en: format!(
            "Your pass left your relative's phone on {time}. Apply on this phone with your name and document number to show it here."
        ),
    }
}

/// Another number is held.
pub(super) fn number_changed(at: Timestamp) -> Words {
    let time = district_time(at);
    Words {
        zh: format!("您在电子通行证登记的手机号已于{time}变更。如非本人操作，请立即联系社区窗口。"),
        en: format!(
            "The mobile number of your pass was changed on {time}. If this was not you, tell your community's counter at once."
        ),
    }
}

/// Staff gave the person a home.
pub(super) fn home_entered(at: Timestamp) -> Words {
    let time = district_time(at);
    Words {
        zh: format!(
            "工作人员已于{time}为您登记住址，请在手机上核对。如非本人办理，请在手机上改填住址，并立即联系社区窗口。"
        ),
        en: format!(
            "Staff wrote down a home for you on {time}; look at it on your phone. If this was not you, enter your own home there and tell your community's counter at once."
        ),
    }
}
