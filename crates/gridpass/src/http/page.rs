//! Seek paging: `after` names the last item seen, `limit` is capped.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Items a page holds unless asked otherwise.
const LIMIT_DEFAULT: u32 = 100;
/// Items a page holds at most.
pub const LIMIT_MAX: u32 = 1000;

/// Paging by identity.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct PageQuery {
    /// Continue after this identity; start at the beginning when absent.
    pub after: Option<i64>,
    /// Items wanted, 1 to 1000; 100 when absent.
    pub limit: Option<u32>,
}

impl PageQuery {
    /// Where to start.
    pub fn after(&self) -> i64 {
        self.after.unwrap_or(0)
    }

    /// How many, capped.
    pub fn limit(&self) -> i64 {
        capped(self.limit)
    }
}

/// A limit within bounds.
pub fn capped(limit: Option<u32>) -> i64 {
    i64::from(limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX))
}

/// A page of items; `next` continues it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Pass as `after` for the next page; absent on the last.
    pub next: Option<i64>,
}

impl<T> Page<T> {
    /// A page; there is a next one when it is full.
    pub fn new(items: Vec<T>, limit: i64, id: impl Fn(&T) -> i64) -> Self {
        let full = i64::try_from(items.len()).is_ok_and(|count| count >= limit);
        let next = if full { items.last().map(id) } else { None };
        Self { items, next }
    }

    /// The same page with each item made into something else.
    pub fn map<U>(self, view: impl Fn(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(view).collect(),
            next: self.next,
        }
    }
}
