//! SQL of how long appeals take.

use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::appeals::stats::AppealCounts;
use crate::db::Client;

/// Counts of a place and of each place below it, in one statement, so that they add up. The
/// place's own row comes with no code.
pub async fn count_appeals(
    db: &Client,
    (prefix, digits): (&str, i32),
    (since, now): (Timestamp, Timestamp),
) -> Result<Vec<(Option<String>, AppealCounts)>, Error> {
    let sql = "-- appeals.count_appeals
        SELECT c.code, d.name, c.opened, c.open, c.late, c.granted, c.rejected, c.withdrawn, c.median_s, c.p90_s
        FROM (SELECT left(place_code, $2) AS code, count(*) AS opened,
                     count(*) FILTER (WHERE status = 'open') AS open,
                     count(*) FILTER (WHERE status = 'open' AND (missed > 0 OR due_at <= $4)) AS late,
                     count(*) FILTER (WHERE status = 'granted') AS granted,
                     count(*) FILTER (WHERE status = 'rejected') AS rejected,
                     count(*) FILTER (WHERE status = 'withdrawn') AS withdrawn,
                     percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - opened_at)::bigint)
                         FILTER (WHERE decided_by IS NOT NULL) AS median_s,
                     percentile_disc(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - opened_at)::bigint)
                         FILTER (WHERE decided_by IS NOT NULL) AS p90_s
              FROM appeal WHERE starts_with(place_code, $1) AND opened_at >= $3
              GROUP BY GROUPING SETS ((left(place_code, $2)), ())) c
        LEFT JOIN division d ON d.division_code = c.code ORDER BY c.code NULLS FIRST";
    let rows = db
        .query(
            &db.prepare_cached(sql).await?,
            &[&prefix, &digits, &since, &now],
        )
        .await?;
    let read = |row: &Row| {
        let counts = AppealCounts {
            name: row.get(1),
            opened: row.get(2),
            open: row.get(3),
            late: row.get(4),
            granted: row.get(5),
            rejected: row.get(6),
            withdrawn: row.get(7),
            median_s: row.get(8),
            p90_s: row.get(9),
        };
        (row.get(0), counts)
    };
    Ok(rows.iter().map(read).collect())
}
