//! Quarantine orders as they go over the wire.

use gridpass_rules::FactBody;
use gridpass_rules::red::ORDER_DAYS_MAX;
use gridpass_rules::words::{EndReason, QuarantinePlace};
use gridpass_types::clock::{days_between, district_date, start_of_day};
use gridpass_types::ids::{FactId, HouseholdId, PersonId, QuarantineOrderId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ground::ReleaseGround;
use crate::facts::{self, DecisionView};
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Being served, or about to begin.
    Live,
    /// Over.
    Released,
}

impl OrderStatus {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Released => "released",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Live, Self::Released]
            .into_iter()
            .find(|status| status.as_str() == name)
    }
}

/// A quarantine order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct QuarantineOrder {
    /// Who is quarantined.
    pub person_id: PersonId,
    /// Identity.
    pub order_id: QuarantineOrderId,
    /// The fact that speaks for the order.
    pub fact_id: FactId,
    /// Name, masked; on lists only.
    pub name: Option<String>,
    /// Leaf division whose team watches.
    pub place_code: String,
    /// Where it is served.
    pub place: QuarantinePlace,
    /// First day.
    pub start: Date,
    /// First day free.
    pub end: Date,
    /// Where it stands.
    pub status: OrderStatus,
    /// Why it was ordered, from the closed list; orders from before it have words of their own.
    pub reason: String,
    /// Number of the paper order.
    pub document: Option<String>,
    /// Household it is counted with.
    pub household_id: Option<HouseholdId>,
    /// When it was entered.
    pub created_at: Timestamp,
    /// Who entered it.
    pub created_by: StaffId,
    /// When it was released.
    pub released_at: Option<Timestamp>,
    /// How it ended.
    pub end_reason: Option<EndReason>,
}

impl QuarantineOrder {
    /// Whether the order is over at `now`: released, or past its last day.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.status == OrderStatus::Released || self.end <= district_date(now)
    }

    /// What its fact says.
    pub fn body(&self) -> FactBody {
        FactBody::Quarantine {
            place: self.place,
            start: self.start,
            end: self.end,
            released_at: self.released_at,
            end_reason: self.end_reason,
        }
    }
}

/// A step of an order that two people answer for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An order begins.
    Start(NewOrder),
    /// Its end moves to a later day.
    Extend(ExtendOrder),
    /// It is served elsewhere.
    Transfer(TransferOrder),
}

/// How the person was told of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderMeans {
    /// The paper was handed over.
    OfficialDocument,
    /// Told by word first; the paper follows.
    Verbal,
}

impl OrderMeans {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OfficialDocument => "official_document",
            Self::Verbal => "verbal",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::OfficialDocument, Self::Verbal]
            .into_iter()
            .find(|means| means.as_str() == name)
    }
}

/// The paper of an order or of a change of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderPaper {
    /// Day on the paper; not after the day it is proposed.
    pub date: Date,
    /// How the person was told.
    pub means: OrderMeans,
}

impl OrderPaper {
    /// A paper is not from the future.
    ///
    /// # Errors
    /// 422 with the field.
    pub fn check(paper: Option<Self>, now: Timestamp) -> ApiResult<()> {
        if paper.is_none_or(|paper| paper.date <= district_date(now)) {
            return Ok(());
        }
        Err(ApiError::fields(vec![FieldError::new(
            "paper.date",
            "paper_in_future",
            "lies in the future",
            "文书日期不能晚于今天",
        )]))
    }
}

/// What was done to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStepKind {
    /// It began.
    Started,
    /// Its end moved to a later day.
    Extended,
    /// It moved to another place.
    Transferred,
    /// Somebody released the person.
    Released,
    /// It reached its end by itself.
    Completed,
}

impl OrderStepKind {
    /// Name as stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Extended => "extended",
            Self::Transferred => "transferred",
            Self::Released => "released",
            Self::Completed => "completed",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Started,
            Self::Extended,
            Self::Transferred,
            Self::Released,
            Self::Completed,
        ]
        .into_iter()
        .find(|step| step.as_str() == name)
    }
}

/// One step of an order: what it was from then on, on which paper, by whom.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OrderStep {
    /// What was done.
    pub step: OrderStepKind,
    /// Where the order is served from then on.
    pub place: QuarantinePlace,
    /// First day free from then on.
    pub end: Date,
    /// Number of the paper.
    pub document: Option<String>,
    /// Day on the paper.
    pub document_date: Option<Date>,
    /// How the person was told.
    pub means: Option<OrderMeans>,
    /// How it ended.
    pub end_reason: Option<EndReason>,
    /// Why somebody ended it before its time.
    pub ground: Option<ReleaseGround>,
    /// When.
    pub at: Timestamp,
    /// Who proposed it, or released; absent when the order reached its end.
    pub by: Option<StaffId>,
    /// Name of the account; on lists only.
    pub by_name: Option<String>,
    /// The second person.
    pub confirmed_by: Option<StaffId>,
    /// Name of that account; on lists only.
    pub confirmed_by_name: Option<String>,
}

impl OrderStep {
    /// The step of an order that reached its end and that nobody took: the rules say it, not a
    /// row.
    pub fn completed(order: &QuarantineOrder) -> Self {
        Self {
            step: OrderStepKind::Completed,
            place: order.place,
            end: order.end,
            document: None,
            document_date: None,
            means: None,
            end_reason: Some(EndReason::Completed),
            ground: None,
            at: start_of_day(order.end),
            by: None,
            confirmed_by: None,
            by_name: None,
            confirmed_by_name: None,
        }
    }
}

/// An order to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Where.
    pub place: QuarantinePlace,
    /// First day.
    pub start: Date,
    /// First day free; at most 28 days ahead.
    pub end: Date,
    /// The paper behind it, beyond its number, which is the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<OrderPaper>,
}

impl NewOrder {
    /// Checks the dates as seen at `now`.
    ///
    /// # Errors
    /// 422 with the fields.
    pub fn validate(&self, now: Timestamp) -> ApiResult<()> {
        check_end(self.end, now)?;
        OrderPaper::check(self.paper, now)?;
        facts::check_body(&self.body(), now)
    }

    /// What its fact says.
    pub fn body(&self) -> FactBody {
        FactBody::Quarantine {
            place: self.place,
            start: self.start,
            end: self.end,
            released_at: None,
            end_reason: None,
        }
    }
}

/// A later end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendOrder {
    /// Which order.
    pub order_id: QuarantineOrderId,
    /// First day free, after the present one; at most 28 days ahead.
    pub end: Date,
    /// The paper behind it, beyond its number, which is the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<OrderPaper>,
}

/// Another place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferOrder {
    /// Which order.
    pub order_id: QuarantineOrderId,
    /// Where it is served from now on.
    pub place: QuarantinePlace,
    /// The paper behind it, beyond its number, which is the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<OrderPaper>,
}

/// An end is ahead, and not so far that nobody would look at the order again.
pub(super) fn check_end(end: Date, now: Timestamp) -> ApiResult<()> {
    let days = days_between(district_date(now), end);
    if (1..=ORDER_DAYS_MAX).contains(&days) {
        return Ok(());
    }
    Err(ApiError::fields(vec![FieldError::new(
        "end",
        "end_out_of_range",
        format!("1 to {ORDER_DAYS_MAX} days ahead"),
        format!("应在今后 1 至 {ORDER_DAYS_MAX} 天内"),
    )]))
}

/// Which orders to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct OrderQuery {
    /// Where they stand; live ones when absent.
    pub status: Option<OrderStatus>,
    /// Code prefix; the caller's jurisdiction when absent.
    pub prefix: Option<String>,
    /// Only those of this person.
    pub person_id: Option<i64>,
}

/// An order after a change, with what follows.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct OrderView {
    /// The order.
    pub order: QuarantineOrder,
    /// The colour that follows.
    pub decision: DecisionView,
}

/// A page of orders, with how many people and households the whole list holds.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct OrderPage {
    /// The orders.
    pub items: Vec<QuarantineOrder>,
    /// Pass as `after` for the next page; absent on the last.
    pub next: Option<i64>,
    /// People in the whole list.
    pub persons: i64,
    /// Households in the whole list; a person of no known household counts as one.
    pub households: i64,
}
