//! What is wrong with a rule table, and where: the rule maker sees row and column.

use std::fmt;

use gridpass_types::word_list;
use serde::Serialize;

word_list! {
    /// One of the two tables of a rule set.
    TableName {
        /// State to colour.
        Colour = 1, "colour";
        /// State and gate context to action.
        Gate = 2, "gate";
    }
}

word_list! {
    /// Stable code of what is wrong.
    TableErrorCode {
        /// Larger than a rule table can be.
        TooLarge = 1, "too_large";
        /// Not UTF-8 text.
        NotUtf8 = 2, "not_utf8";
        /// No CSV that can be read.
        BadCsv = 3, "bad_csv";
        /// No workbook that can be read.
        BadXlsx = 4, "bad_xlsx";
        /// The workbook has no sheet of this name.
        MissingSheet = 5, "missing_sheet";
        /// Nothing in it.
        Empty = 6, "empty";
        /// A column the table does not know.
        UnknownColumn = 7, "unknown_column";
        /// A column of the table is not there.
        MissingColumn = 8, "missing_column";
        /// The same column twice.
        DuplicateColumn = 9, "duplicate_column";
        /// More or fewer cells than the header has.
        CellCount = 10, "cell_count";
        /// A cell with nothing in it.
        EmptyCell = 11, "empty_cell";
        /// A cell longer than any can be.
        CellTooLong = 12, "cell_too_long";
        /// A test that is none of the known forms.
        BadTest = 13, "bad_test";
        /// A value the column does not know.
        UnknownValue = 14, "unknown_value";
        /// A reason that is not on the list, or not for this table.
        UnknownReason = 15, "unknown_reason";
        /// Not a number.
        BadNumber = 16, "bad_number";
        /// An interval that holds no number.
        EmptyRange = 17, "empty_range";
        /// Not a rule id.
        BadRuleId = 18, "bad_rule_id";
        /// The same rule id twice.
        DuplicateRule = 19, "duplicate_rule";
        /// A message with control characters.
        BadText = 20, "bad_text";
        /// The rows above decide everything this row could.
        UnreachableRow = 21, "unreachable_row";
        /// Some situation is decided by no row.
        MissingCatchAll = 22, "missing_catch_all";
        /// A cell that holds a formula's error or a date.
        BadCell = 23, "bad_cell";
        /// Not a day.
        BadDate = 24, "bad_date";
        /// Not a duration.
        BadDuration = 25, "bad_duration";
        /// More columns of the catalogue than a table may name.
        TooManyColumns = 26, "too_many_columns";
    }
}

impl TableErrorCode {
    const fn en(self) -> &'static str {
        match self {
            Self::TooLarge => "larger than a rule table can be",
            Self::NotUtf8 => "not UTF-8 text; save the file as CSV UTF-8",
            Self::BadCsv => "not readable as CSV",
            Self::BadXlsx => "not readable as an Excel workbook",
            Self::MissingSheet => "the workbook has no such sheet",
            Self::Empty => "the table is empty",
            Self::UnknownColumn => "unknown column",
            Self::MissingColumn => "missing column",
            Self::DuplicateColumn => "the column appears twice",
            Self::CellCount => "the row does not have as many cells as the header",
            Self::EmptyCell => "the cell is empty; write - for anything",
            Self::CellTooLong => "the cell is too long",
            Self::BadTest => "not a test; write -, a value, in(a,b), not(a), >= 37.3 or [1..14]",
            Self::UnknownValue => "unknown value",
            Self::UnknownReason => "not a known reason of this table",
            Self::BadNumber => "not a number",
            Self::EmptyRange => "no number lies in this range",
            Self::BadRuleId => "not a rule id: 1 to 20 letters and digits",
            Self::DuplicateRule => "the rule id appears twice",
            Self::BadText => "the text contains control characters",
            Self::UnreachableRow => "never reached: the rows above decide everything it describes",
            Self::MissingCatchAll => {
                "the table does not decide every situation; end with a catch-all row"
            }
            Self::BadCell => "the cell holds an error or a date, not text",
            Self::BadDate => "not a day; write it like 2020-03-01",
            Self::BadDuration => "not a duration; write whole hours or days, like 48h or 14d",
            Self::TooManyColumns => "a table may name 8 columns of the catalogue",
        }
    }

    const fn zh(self) -> &'static str {
        match self {
            Self::TooLarge => "文件过大",
            Self::NotUtf8 => "不是 UTF-8 文本，请另存为 CSV UTF-8",
            Self::BadCsv => "无法按 CSV 读取",
            Self::BadXlsx => "无法按 Excel 工作簿读取",
            Self::MissingSheet => "工作簿中没有该工作表",
            Self::Empty => "表格为空",
            Self::UnknownColumn => "未知的列",
            Self::MissingColumn => "缺少列",
            Self::DuplicateColumn => "列重复",
            Self::CellCount => "该行单元格数与表头不一致",
            Self::EmptyCell => "单元格为空；任意值请写 -",
            Self::CellTooLong => "单元格内容过长",
            Self::BadTest => "条件写法不正确，可写 -、取值、in(a,b)、not(a)、>= 37.3 或 [1..14]",
            Self::UnknownValue => "未知的取值",
            Self::UnknownReason => "不是该表允许的原因代码",
            Self::BadNumber => "不是数字",
            Self::EmptyRange => "该区间不包含任何数",
            Self::BadRuleId => "规则编号应为1至20个字母或数字",
            Self::DuplicateRule => "规则编号重复",
            Self::BadText => "文字含有控制字符",
            Self::UnreachableRow => "永远不会生效：上面的行已覆盖其全部情形",
            Self::MissingCatchAll => "存在没有任何一行判定的情形，末行应为兜底规则",
            Self::BadCell => "单元格是错误值或日期，应为文字",
            Self::BadDate => "不是日期，应写成 2020-03-01 的形式",
            Self::BadDuration => "不是时长，应写整小时或整天，如 48h 或 14d",
            Self::TooManyColumns => "一张表最多使用目录中的8列",
        }
    }
}

/// One thing wrong with a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TableError {
    /// Which table.
    pub table: TableName,
    /// Row as a spreadsheet counts, the header being 1; 0 if it is about the whole table.
    pub row: u32,
    /// The column's name; empty if it is about the whole row.
    pub column: String,
    /// Stable code.
    pub code: TableErrorCode,
    /// What is wrong, in English.
    pub message: String,
    /// What is wrong, in Chinese.
    pub message_zh: String,
}

impl TableError {
    /// An error at a cell; `detail` quotes what was found and may be empty.
    pub(crate) fn new(place: Place<'_>, code: TableErrorCode, detail: &str) -> Self {
        let short: String = detail.chars().take(80).collect();
        let with_detail = |text: &str, joint: &str| match short.as_str() {
            "" => text.to_owned(),
            short => format!("{text}{joint}{short}"),
        };
        Self {
            table: place.table,
            row: place.row,
            column: place.column.to_owned(),
            code,
            message: with_detail(code.en(), ": "),
            message_zh: with_detail(code.zh(), "："),
        }
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} table", self.table)?;
        if self.row > 0 {
            write!(f, ", row {}", self.row)?;
        }
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": {} ({})", self.message, self.code)
    }
}

/// Where in a table.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: TableName,
    pub(crate) row: u32,
    pub(crate) column: &'a str,
}

impl Place<'_> {
    /// The table as a whole.
    pub(crate) const fn whole(table: TableName) -> Self {
        Self {
            table,
            row: 0,
            column: "",
        }
    }
}
