//! Why a fact is refused: a stable code, the field, and one sentence in each language.

/// The reason a fact was refused. Carries the name of the field, never its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message_en())]
pub enum FactError {
    /// Outside 30 to 45 °C, or no number.
    Temperature,
    /// Lies in the future.
    InFuture(&'static str),
    /// Ends before it begins.
    PeriodEmpty(&'static str),
    /// Longer than a year.
    PeriodTooLong(&'static str),
    /// Only one of release time and reason is given.
    ReleaseIncomplete(&'static str),
    /// Completed before it began.
    ReleasedBeforeStart,
    /// No division code.
    Area,
    /// More than 20 symptoms, or one that is no word.
    Symptoms,
    /// No word.
    RegistrySource,
    /// More approvals than there can be.
    Approvals,
    /// No positive id.
    Id(&'static str),
}

impl FactError {
    /// Stable code of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Temperature => "fact_temperature",
            Self::InFuture(_) => "fact_in_future",
            Self::PeriodEmpty(_) => "fact_period_empty",
            Self::PeriodTooLong(_) => "fact_period_too_long",
            Self::ReleaseIncomplete(_) => "fact_release_incomplete",
            Self::ReleasedBeforeStart => "fact_released_before_start",
            Self::Area => "fact_area",
            Self::Symptoms => "fact_symptoms",
            Self::RegistrySource => "fact_registry_source",
            Self::Approvals => "fact_approvals",
            Self::Id(_) => "fact_id",
        }
    }

    /// The field the reason is about.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::InFuture(field)
            | Self::PeriodEmpty(field)
            | Self::PeriodTooLong(field)
            | Self::ReleaseIncomplete(field)
            | Self::Id(field) => field,
            Self::Temperature => "temperature",
            Self::ReleasedBeforeStart => "released_at",
            Self::Area => "area",
            Self::Symptoms => "symptoms",
            Self::RegistrySource => "registry_source",
            Self::Approvals => "approvals",
        }
    }

    /// The reason in English.
    #[must_use]
    pub const fn message_en(self) -> &'static str {
        match self {
            Self::Temperature => "a body temperature lies between 30 and 45 degrees Celsius",
            Self::InFuture(_) => "the time lies in the future",
            Self::PeriodEmpty(_) => "the end does not lie after the start",
            Self::PeriodTooLong(_) => "the period is longer than 366 days",
            Self::ReleaseIncomplete(_) => "a release needs both its time and its reason",
            Self::ReleasedBeforeStart => "an order cannot be completed before its first day",
            Self::Area => "not a division code of 2, 4, 6, 9, 12 or 15 digits",
            Self::Symptoms => "at most 20 symptoms of 1 to 40 characters each",
            Self::RegistrySource => "the registry's name has 1 to 40 characters",
            Self::Approvals => "more approvals than there can be",
            Self::Id(_) => "an id is a positive number",
        }
    }

    /// The reason in Chinese.
    #[must_use]
    pub const fn message_zh(self) -> &'static str {
        match self {
            Self::Temperature => "体温应在30至45摄氏度之间",
            Self::InFuture(_) => "时间晚于当前时间",
            Self::PeriodEmpty(_) => "结束时间应晚于开始时间",
            Self::PeriodTooLong(_) => "期限不能超过366天",
            Self::ReleaseIncomplete(_) => "解除隔离须同时填写时间和原因",
            Self::ReleasedBeforeStart => "隔离开始之前不能按期满解除",
            Self::Area => "不是有效的行政区划代码（2、4、6、9、12或15位数字）",
            Self::Symptoms => "症状最多20项，每项1至40个字",
            Self::RegistrySource => "来源名称应为1至40个字",
            Self::Approvals => "批准人数超出范围",
            Self::Id(_) => "编号应为正整数",
        }
    }
}
