//! One partition of `scan` for each day, made ahead of time.
//!
//! A partition is made apart and then attached, because creating it in place would wait
//! for, and hold up, every transaction that touches the table. A day that can hold no new
//! scan any more gets an index by gate, which the hot path never has to maintain.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use gridpass_types::clock::{district_date, start_of_day};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::model::AGE_MAX;
use super::store;
use crate::app::App;
use crate::db::DbError;

/// Days made ahead.
const DAYS_AHEAD: i64 = 8;
/// Days behind that may still get scans, and one more for the turn of the day.
const DAYS_BEHIND: i64 = 8;

/// Which days this node knows to have a partition.
#[derive(Default)]
pub struct Partitions(Mutex<BTreeSet<Date>>);

impl Partitions {
    /// Makes the partitions of all days that may get scans at `now`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn ensure(&self, app: &App) -> Result<(), DbError> {
        let wanted = days_around(app.now());
        let missing: Vec<Date> = {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            wanted
                .into_iter()
                .filter(|day| !known.contains(day))
                .collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let tx = app.db.tx().await?;
        store::lock_partitions(&tx).await?;
        for day in &missing {
            let from = start_of_day(*day);
            let to = from + SignedDuration::from_hours(24);
            store::make_partition(&tx, &name_of(*day), from, to).await?;
        }
        tx.commit().await?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(missing);
        Ok(())
    }

    /// Forgets what is known, for a partition that was missing after all.
    pub fn forget(&self) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.clear();
    }
}

fn days_around(now: Timestamp) -> Vec<Date> {
    let today = district_date(now);
    (-DAYS_BEHIND..=DAYS_AHEAD)
        .filter_map(|days| today.checked_add(days.days()).ok())
        .collect()
}

/// `scan_20200306`
fn name_of(day: Date) -> String {
    format!("scan_{}", day.strftime("%Y%m%d"))
}

/// Makes partitions ahead, and the index of a day that is closed.
pub async fn round(app: App) -> anyhow::Result<bool> {
    let partitions = app.part::<super::Ingest>();
    partitions.partitions.ensure(&app).await?;
    index_closed(&app).await?;
    Ok(false)
}

/// Gives the newest closed day its index by gate, once: nodes take turns, and who comes
/// second finds it there.
async fn index_closed(app: &App) -> Result<(), DbError> {
    let closed = district_date(app.now() - AGE_MAX - SignedDuration::from_hours(24));
    let tx = app.db.tx().await?;
    store::lock_partitions(&tx).await?;
    store::index_partition(&tx, &name_of(closed)).await?;
    tx.commit().await
}

/// Whether an error says that a scan's day has no partition.
pub fn is_missing(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|db| {
        *db.code() == tokio_postgres::error::SqlState::CHECK_VIOLATION && db.constraint().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_reach_from_the_oldest_scan_to_a_week_ahead() {
        let now: Timestamp = "2020-03-06T00:30:00Z".parse().unwrap();
        let days = days_around(now);
        assert_eq!(days.len(), 17);
        assert!(days.contains(&district_date(now - AGE_MAX)));
        assert_eq!(name_of(days[8]), "scan_20200306");
    }
}
