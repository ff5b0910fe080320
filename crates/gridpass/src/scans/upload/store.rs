//! SQL of uploads.

use gridpass_types::ids::DeviceId;
use jiff::Timestamp;
use tokio_postgres::Error;
use tokio_postgres::types::Json;

use super::late_red::LateReds;
use super::model::UploadView;
use super::read::Kept;
use crate::db::Client;
use crate::scans::store::Inserted;

/// An upload to remember.
pub struct UploadRow<'a> {
    /// The device.
    pub device_id: DeviceId,
    /// Number the device gave it.
    pub batch_id: i64,
    /// Digest of the body.
    pub body_sha256: &'a [u8],
}

/// Digest and answer of an upload that was taken.
pub async fn find_upload(
    db: &Client,
    device_id: DeviceId,
    batch_id: i64,
) -> Result<Option<(Vec<u8>, UploadView)>, Error> {
    let sql = "-- scans.find_upload
        SELECT body_sha256, answer FROM upload_batch WHERE device_id = $1 AND batch_id = $2";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&device_id, &batch_id]).await?;
    row.map(|row| Ok((row.get(0), row.try_get::<_, Json<UploadView>>(1)?.0)))
        .transpose()
}

/// Remembers an upload; `false` when it is there.
pub async fn insert_upload(
    db: &Client,
    row: &UploadRow<'_>,
    answer: &UploadView,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "-- scans.insert_upload
        INSERT INTO upload_batch (device_id, batch_id, body_sha256, answer, received_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    let inserted = db
        .execute(
            &statement,
            &[
                &row.device_id,
                &row.batch_id,
                &row.body_sha256,
                &Json(answer),
                &now,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// Records people let in who were red by then.
pub async fn insert_late_reds(db: &Client, late: &LateReds, now: Timestamp) -> Result<(), Error> {
    if late.keys.is_empty() {
        return Ok(());
    }
    let people: Vec<i64> = late.keys.iter().map(|key| key.person_id.get()).collect();
    let at: Vec<Timestamp> = late.keys.iter().map(|key| key.at).collect();
    let gates: Vec<i64> = late.keys.iter().map(|key| key.gate_id.get()).collect();
    let since: Vec<Option<Timestamp>> = late.views.iter().map(|view| view.red_since).collect();
    let reasons: Vec<&str> = late.views.iter().map(|view| view.reason.as_str()).collect();
    let sql = "-- scans.insert_late_reds
        INSERT INTO late_red (person_id, at, gate_id, red_since, reason, recorded_at)
        SELECT p, a, g, s, r, $6
        FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::timestamptz[], $5::text[]) AS u (p, a, g, s, r)
        ON CONFLICT DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&people, &at, &gates, &since, &reasons, &now])
        .await?;
    Ok(())
}

/// Keeps what was shown, for the background check, of those scans that were new.
pub async fn insert_proofs(
    db: &Client,
    kept: &Kept,
    inserted: &Inserted,
    device_id: DeviceId,
) -> Result<(), Error> {
    let (mut people, mut at, mut gates, mut shown) = (vec![], vec![], vec![], vec![]);
    for each in &kept.scans {
        let key = &each.scan.key;
        if let Some(text) = each
            .presentation
            .as_ref()
            .filter(|_| inserted.contains(key))
        {
            people.push(key.person_id.get());
            at.push(key.at);
            gates.push(key.gate_id.get());
            shown.push(text.as_bytes());
        }
    }
    if people.is_empty() {
        return Ok(());
    }
    let sql = "-- scans.insert_proofs
        INSERT INTO scan_proof (person_id, at, gate_id, device_id, presentation)
        SELECT p, a, g, $5, s
        FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bytea[]) AS u (p, a, g, s)
        ON CONFLICT DO NOTHING";
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, &[&people, &at, &gates, &shown, &device_id])
        .await?;
    Ok(())
}
