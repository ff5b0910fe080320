//! Imports as they go over the wire.

use gridpass_types::document::DocumentError;
use gridpass_types::ids::{PersonId, RegistryImportId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::ToSchema;

use crate::http::error::{ApiResult, check_note};

/// What became of a row that needs an eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// The person is known and disagrees.
    Conflict,
    /// The person is unknown and was not entered.
    Missed,
    /// The row could not be read.
    Rejected,
}

impl RowOutcome {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::Missed => "missed",
            Self::Rejected => "rejected",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Conflict, Self::Missed, Self::Rejected]
            .into_iter()
            .find(|outcome| outcome.as_str() == name)
    }
}

/// An import with its counts; `rows` is the sum of the five below it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ImportView {
    /// Identity.
    pub import_id: RegistryImportId,
    /// The registry's name.
    pub source: String,
    /// Whether unknown people are entered.
    pub creates_people: bool,
    /// Rows read, without the header.
    pub rows: i64,
    /// Rows whose person was known and agreed.
    pub matched: i64,
    /// Rows that entered a new person.
    pub created: i64,
    /// Rows whose person was known and disagreed.
    pub conflicts: i64,
    /// Rows whose person was unknown and not entered.
    pub missed: i64,
    /// Rows that could not be read.
    pub rejected: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; absent while it runs or when it broke off.
    pub finished_at: Option<Timestamp>,
    /// How long it took in seconds, once it ended.
    pub seconds: Option<f64>,
    /// Why it waits for a person, if it does or did.
    pub held: Option<HoldView>,
    /// The held import that this one carries out after its release.
    pub releases: Option<RegistryImportId>,
}

/// Why a held file may be sent again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRelease {
    /// 1 to 200 characters; no names or numbers of people.
    pub note: String,
}

impl ImportRelease {
    /// Checks the note.
    ///
    /// # Errors
    /// 422 with the field.
    pub fn validate(&self) -> ApiResult<()> {
        check_note(&self.note)
    }
}

/// Why nothing of a file was taken from some row on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// It would flip the colour of too many people of a community.
    Flips,
    /// It has ten times as many rows as usual.
    Size,
    /// It has no rows where there usually are some.
    Empty,
}

impl HoldReason {
    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            HoldReason::Flips => "flips",
            HoldReason::Size => "size",
            HoldReason::Empty => "empty",
        }
    }

    fn read(word: &str) -> Self {
        match word {
            "flips" => HoldReason::Flips,
            "size" => HoldReason::Size,
            _ => HoldReason::Empty,
        }
    }
}

/// A hold on an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldView {
    /// Why.
    pub reason: HoldReason,
    /// The community, when it is held for flips.
    pub community: Option<String>,
    /// Flips there, or rows of the file so far.
    pub count: i64,
    /// People there, or the usual number of rows.
    pub of: i64,
    /// Since when.
    pub held_at: Option<Timestamp>,
    /// When a second person let the file be sent again.
    pub released_at: Option<Timestamp>,
    /// That person.
    pub released_by: Option<StaffId>,
}

impl HoldView {
    /// A hold that is not noted yet.
    pub fn new(reason: HoldReason, count: i64, of: i64) -> Self {
        Self {
            reason,
            community: None,
            count,
            of,
            held_at: None,
            released_at: None,
            released_by: None,
        }
    }

    fn from_row(row: &Row) -> Option<Self> {
        let reason: Option<&str> = row.get("hold_reason");
        let number = |name| row.get::<_, Option<i64>>(name).unwrap_or(0);
        Some(Self {
            reason: HoldReason::read(reason?),
            community: row.get("held_community"),
            count: number("held_count"),
            of: number("held_of"),
            held_at: row.get("held_at"),
            released_at: row.get("released_at"),
            released_by: row.get("released_by"),
        })
    }
}

impl ImportView {
    /// Reads the columns of `registry.find_import`.
    pub(super) fn from_row(row: &Row) -> Self {
        let started_at: Timestamp = row.get("started_at");
        let finished_at: Option<Timestamp> = row.get("finished_at");
        Self {
            import_id: row.get("import_id"),
            source: row.get("source"),
            creates_people: row.get("creates_people"),
            rows: row.get("rows_read"),
            matched: row.get("matched"),
            created: row.get("created"),
            conflicts: row.get("conflicts"),
            missed: row.get("missed"),
            rejected: row.get("rejected"),
            started_at,
            finished_at,
            seconds: finished_at.map(|end| end.duration_since(started_at).as_secs_f64()),
            held: HoldView::from_row(row),
            releases: row.get("releases"),
        }
    }
}

/// A row that needs somebody's eye: where it stands and why, never what it says.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ImportRowView {
    /// Row in the file, the header being row 1.
    pub row_number: i64,
    /// What became of it.
    pub outcome: RowOutcome,
    /// Stable code of the first reason.
    pub code: String,
    /// Columns concerned.
    pub fields: Vec<String>,
    /// The reason in English.
    pub detail: String,
    /// The reason in Chinese.
    pub detail_zh: String,
    /// The person, if known.
    pub person_id: Option<PersonId>,
}

impl ImportRowView {
    /// Reads the columns of `registry.list_rows`.
    pub(super) fn from_row(row: &Row) -> Option<Self> {
        let code: String = row.get("code");
        let (detail, detail_zh) = words(&code);
        Some(Self {
            row_number: row.get("row_number"),
            outcome: RowOutcome::parse(row.get("outcome"))?,
            fields: row.get("fields"),
            detail: detail.to_owned(),
            detail_zh: detail_zh.to_owned(),
            person_id: row.get("person_id"),
            code,
        })
    }
}

/// Words for the codes of rows.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "name_differs",
        "the name differs from the one held",
        "姓名与已有信息不一致",
    ),
    (
        "person_unknown",
        "nobody is known under this number",
        "该证件号码未登记",
    ),
    ("row_too_long", "the row is too long", "行过长"),
    (
        "row_columns",
        "the row has more or fewer columns than the header",
        "列数与表头不符",
    ),
    (
        "row_bad_utf8",
        "the row is not valid UTF-8",
        "该行不是有效的 UTF-8 文本",
    ),
    (
        "document_type_unknown",
        "this kind of document is not known",
        "未知的证件类型",
    ),
    ("name_empty", "the name is missing", "缺少姓名"),
    ("name_length", "the name is too long", "姓名过长"),
    (
        "name_characters",
        "the name contains a character that stands in no name",
        "姓名含有不允许的字符",
    ),
    ("phone_empty", "the phone is missing", "缺少手机号码"),
    (
        "phone_characters",
        "a phone number consists of digits",
        "手机号码只能包含数字",
    ),
    (
        "phone_format",
        "this is no mobile number",
        "不是有效的手机号码",
    ),
    (
        "origin_invalid",
        "not a 2, 4 or 6 digit division code",
        "籍贯代码应为 2、4 或 6 位数字",
    ),
    (
        "residence_status_unknown",
        "not declared, verified or away",
        "居住状态应为 declared、verified 或 away",
    ),
    (
        "enclosure_missing",
        "a residence needs its enclosure",
        "缺少围合区编号",
    ),
    (
        "enclosure_unknown",
        "this enclosure is not known",
        "未知的围合区",
    ),
    ("grid_unknown", "this grid is not known", "未知的网格"),
    (
        "household_length",
        "the household's code is too long",
        "户编号过长",
    ),
    ("address_length", "the address is too long", "地址过长"),
    (
        "address_code_digits",
        "an address code has 25 digits",
        "标准地址编码应为 25 位数字",
    ),
    (
        "credit_code_length",
        "a unified social credit code has 18 characters",
        "统一社会信用代码应为18位",
    ),
    (
        "credit_code_characters",
        "the credit code has a character that is not allowed",
        "统一社会信用代码含有不允许的字符",
    ),
    (
        "credit_code_checksum",
        "the credit code's check character does not match",
        "统一社会信用代码校验位不正确",
    ),
    (
        "employer_missing",
        "an employment needs its employer",
        "缺少复工单位代码",
    ),
    (
        "employer_unknown",
        "this employer is not known",
        "未知的复工单位",
    ),
    (
        "employment_status_unknown",
        "not declared, verified or left",
        "就业状态应为 declared、verified 或 left",
    ),
];

fn words(code: &str) -> (&'static str, &'static str) {
    let document = DocumentError::ALL.iter().find(|error| error.code() == code);
    if let Some(error) = document {
        return (error.message_en(), error.message_zh());
    }
    WORDS.iter().find(|(known, ..)| *known == code).map_or(
        ("the row cannot be taken", "该行无法识别"),
        |(_, en, zh)| (en, zh),
    )
}
