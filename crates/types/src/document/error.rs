//! Why a document number is refused: one stable code and one sentence in each language a reason.

/// The reason a document number was refused. Carries no part of the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message_en())]
pub enum DocumentError {
    /// Nothing was given.
    Empty,
    /// Wrong number of characters for this type of document.
    Length,
    /// A character that cannot stand where it stands.
    Characters,
    /// A 15-digit number of the first generation, invalid since 2013.
    OldFifteenDigits,
    /// The first two digits name no province.
    Province,
    /// A valid form, but of another type of document.
    TypeMismatch,
    /// The birth date is no day of the calendar.
    BirthDate,
    /// The birth date has not come yet.
    BirthInFuture,
    /// More than 130 years old.
    Age,
    /// The last character does not match the others.
    Checksum,
    /// Does not have the form printed on this type of document.
    Format,
}

impl DocumentError {
    /// Every reason, for documentation and tests.
    pub const ALL: &'static [Self] = &[
        Self::Empty,
        Self::Length,
        Self::Characters,
        Self::OldFifteenDigits,
        Self::Province,
        Self::TypeMismatch,
        Self::BirthDate,
        Self::BirthInFuture,
        Self::Age,
        Self::Checksum,
        Self::Format,
    ];

    /// Stable code of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "document_empty",
            Self::Length => "document_length",
            Self::Characters => "document_characters",
            Self::OldFifteenDigits => "document_old_15_digits",
            Self::Province => "document_province",
            Self::TypeMismatch => "document_type_mismatch",
            Self::BirthDate => "document_birth_date",
            Self::BirthInFuture => "document_birth_in_future",
            Self::Age => "document_age",
            Self::Checksum => "document_checksum",
            Self::Format => "document_format",
        }
    }

    /// What to tell the person, in English.
    #[must_use]
    pub const fn message_en(self) -> &'static str {
        match self {
            Self::Empty => "enter the document number",
            Self::Length => "the number has the wrong length for this document",
            Self::Characters => "the number contains a character that cannot stand there",
            Self::OldFifteenDigits => {
                "15-digit numbers have been invalid since 2013; enter the 18-digit number"
            }
            Self::Province => "the first two digits name no province",
            Self::TypeMismatch => "this is the number of another type of document",
            Self::BirthDate => "the birth date in the number is not a day of the calendar",
            Self::BirthInFuture => "the birth date in the number lies in the future",
            Self::Age => "the birth date in the number is more than 130 years ago",
            Self::Checksum => {
                "the last character does not match; check the number for a typing error"
            }
            Self::Format => "the number does not have the form printed on this document",
        }
    }

    /// What to tell the person, in Chinese.
    #[must_use]
    pub const fn message_zh(self) -> &'static str {
        match self {
            Self::Empty => "请填写证件号码",
            Self::Length => "证件号码位数不正确",
            Self::Characters => "证件号码含有不允许的字符",
            Self::OldFifteenDigits => "15位身份证号码已于2013年停用，请填写18位号码",
            Self::Province => "证件号码前两位不是有效的省级代码",
            Self::TypeMismatch => "该号码属于其他证件类型，请重新选择证件类型",
            Self::BirthDate => "证件号码中的出生日期不存在",
            Self::BirthInFuture => "证件号码中的出生日期晚于今天",
            Self::Age => "证件号码中的出生日期超过130年",
            Self::Checksum => "证件号码校验位不正确，请检查是否输错",
            Self::Format => "证件号码与该证件的号码格式不符",
        }
    }
}
