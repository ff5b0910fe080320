//! SQL of what devices say of themselves.

use gridpass_types::ids::DeviceId;
use jiff::Timestamp;
use tokio_postgres::{Error, Row};

use crate::db::Client;
use crate::gates::model::DeviceReport;

/// Writes what a device says of itself over what it said before, unless that was the same and
/// after `fresh`.
pub async fn write_report(
    db: &Client,
    device_id: DeviceId,
    report: &DeviceReport,
    fresh: Timestamp,
) -> Result<(), Error> {
    let sql = "-- gates.write_report
        INSERT INTO device_report AS r (device_id, at, app_version, waiting, snapshot_as_of) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (device_id) DO UPDATE SET at = excluded.at, app_version = excluded.app_version,
            waiting = excluded.waiting, snapshot_as_of = excluded.snapshot_as_of
        WHERE r.at <= $6 OR (r.app_version, r.waiting) <> (excluded.app_version, excluded.waiting)";
    let statement = db.prepare_cached(sql).await?;
    db.execute(
        &statement,
        &[
            &device_id,
            &report.at,
            &report.app_version,
            &report.waiting,
            &report.snapshot_as_of,
            &fresh,
        ],
    )
    .await?;
    Ok(())
}

/// The report of a row that joins the table; `None` when the device never said anything.
pub fn report(row: &Row) -> Option<DeviceReport> {
    Some(DeviceReport {
        at: row.get::<_, Option<Timestamp>>("reported_at")?,
        app_version: row.get("app_version"),
        waiting: row.get("waiting"),
        snapshot_as_of: row.get("snapshot_as_of"),
    })
}
