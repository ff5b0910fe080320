//! Uploads of gates that were without network.
//!
//! The device's key signs the body as a whole. Every scan is decided as of its own time,
//! from the facts as they are known now; somebody who was let in although red by then is
//! recorded and reported. The same upload again is answered the same and counted once; a
//! scan that cannot be taken is named by its place and spoils no other.

mod fevers;
mod late_red;
mod model;
mod read;
mod specimens;
mod store;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::try_join;
use gridpass_passcode::PublicKey;
use gridpass_types::ids::DeviceId;
use sha2::{Digest, Sha256};

use super::asked::{Asked, VisitCause};
use super::columns::{DoneOffline, FollowColumns, ScanColumns, Stamp};
use super::decide::{AtGate, TOPIC_RED, Verdict, decide, late_red_alert};
use super::model::Scan;
use super::second_reading;
use super::store::{Expect, Inserted, add_scans, insert_scans};
use super::{Ingest, count_refusal};
use crate::app::App;
use crate::db::Tx;
use crate::gates::{Device, Directory, GateInfo, Snapshot};
use crate::http::code::Code;
use crate::http::error::{ApiResult, Problem};
use crate::http::extract::Body;
use crate::metrics::Kind;
use crate::rules::{InForce, Scopes};
use fevers::{Evidence, Reading};
use late_red::LateReds;
use model::{Upload, UploadView};
use read::{Kept, KeptScan, Known};

/// Scans of an upload at most.
const SCANS_MAX: usize = 1000;

/// Takes the scans that a gate kept while it was without network.
#[utoipa::path(post, path = "/api/v1/scans/batch", operation_id = "upload_scans", tag = "scans",
    security(("device" = []), ("shift" = [])), request_body = Upload,
    params(("x-device-signature" = String, Header, description = "base64url of the Ed25519 signature of the body by the device's key")),
    responses((status = 200, body = UploadView), (status = 401, body = Problem), (status = 409, body = Problem),
              (status = 413, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn upload_scans(
    State(app): State<App>,
    device: Device,
    headers: HeaderMap,
    Body(body): Body,
) -> ApiResult<Json<UploadView>> {
    let answer = take(&app, &device, &headers, &body).await;
    if let Err(error) = &answer {
        count_refusal(&app, error.code());
    }
    answer.map(Json)
}

async fn take(
    app: &App,
    device: &Device,
    headers: &HeaderMap,
    body: &[u8],
) -> ApiResult<UploadView> {
    let key = device_key(app, device).await?;
    check_signature(&key, headers, body)?;
    let parsed = read::parse(body, SCANS_MAX)?;
    let kept = Kept::read(parsed.scans, device, app.now());
    let sent = Sent {
        device,
        batch_id: parsed.batch_id,
        body_sha256: Sha256::digest(body).into(),
        specimens: specimens::genuine(app, parsed.specimens).await?,
    };
    let ingest = app.part::<Ingest>();
    ingest.partitions.ensure(app).await?;
    let stored = ingest.uploads.take(async {
        let evidence = fevers::evidence(app, &kept, device.device_id).await?;
        let what = (kept, evidence.clone());
        if let Some(answer) = store_or_recall(app, &sent, what, Expect::New).await? {
            return Ok(Some(answer));
        }
        // Some of its scans came in another way before.
        let parsed = read::parse(body, SCANS_MAX)?;
        let kept = Kept::read(parsed.scans, device, app.now());
        store_or_recall(app, &sent, (kept, evidence), Expect::Any).await
    });
    stored.await?.ok_or_else(|| Code::Conflict.into())
}

async fn device_key(app: &App, device: &Device) -> ApiResult<PublicKey> {
    let directory = app.part::<Directory>();
    let key_in = |snapshot: &crate::gates::Snapshot| {
        let info = snapshot.device(device.device_id);
        info.and_then(|info| info.public_key)
    };
    if let Some(key) = key_in(&directory.latest()) {
        return Ok(key);
    }
    // It may have been registered at another node a moment ago.
    let db = app.db.client().await?;
    let fresh = directory.current(app, &db).await?;
    key_in(&fresh).ok_or_else(|| Code::DeviceKeyMissing.into())
}

fn check_signature(key: &PublicKey, headers: &HeaderMap, body: &[u8]) -> ApiResult<()> {
    let given = headers.get("x-device-signature");
    let given = given.and_then(|value| URL_SAFE_NO_PAD.decode(value.as_bytes()).ok());
    let given = given.and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
    let right = given.is_some_and(|signature| key.has_signed(body, &signature));
    if right {
        Ok(())
    } else {
        Err(Code::DeviceSignatureInvalid.into())
    }
}

/// An upload as sent.
struct Sent<'a> {
    device: &'a Device,
    batch_id: i64,
    body_sha256: [u8; 32],
    /// When genuine specimens were scanned.
    specimens: Vec<jiff::Timestamp>,
}

/// The answer to an upload; `None` when its scans are not what they were expected to be,
/// and nothing was stored.
async fn store_or_recall(
    app: &App,
    sent: &Sent<'_>,
    kept: (Kept, Evidence),
    expect: Expect,
) -> ApiResult<Option<UploadView>> {
    let tx = app.db.tx().await?;
    if let Some(answer) = recall(&tx, sent).await? {
        return Ok(Some(answer));
    }
    let (directory, rules) = versions(app, &tx).await?;
    let by = By {
        device_id: sent.device.device_id,
        gate: directory.gate_of(sent.device.device_id)?,
        rules: &rules,
    };
    let Some(mut stored) = store_all(app, &tx, (by, expect), kept).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let device = (sent.device.gate_id, sent.device.device_id);
    for at in &sent.specimens {
        let counted = super::store::checks::insert_specimen(&tx, device, *at).await?;
        stored.answer.specimens += u64::from(counted);
    }
    let row = store::UploadRow {
        device_id: sent.device.device_id,
        batch_id: sent.batch_id,
        body_sha256: &sent.body_sha256,
    };
    if !store::insert_upload(&tx, &row, &stored.answer, app.now()).await? {
        // The same upload was sent twice at once; the other one won, ours is undone.
        tx.rollback().await?;
        let db = app.db.client().await?;
        return recall(&db, sent).await;
    }
    tx.commit().await?;
    for (colour, count) in stored.by_colour {
        let kind = Kind { kind: colour };
        app.metrics.scans.get_or_create(&kind).inc_by(count);
    }
    if stored.alerts {
        app.work_waiting.notify_waiters();
    }
    app.part::<Ingest>().asked.remember(&stored.asked);
    Ok(Some(stored.answer))
}

/// The answer given to this very upload before.
async fn recall(db: &crate::db::Client, sent: &Sent<'_>) -> ApiResult<Option<UploadView>> {
    let found = store::find_upload(db, sent.device.device_id, sent.batch_id).await?;
    match found {
        Some((body_sha256, answer)) if body_sha256 == sent.body_sha256 => Ok(Some(answer)),
        Some(_) => Err(Code::UploadBatchReused.into()),
        None => Ok(None),
    }
}

/// By which device, at which gate, and by which rules.
#[derive(Clone, Copy)]
struct By<'d> {
    device_id: DeviceId,
    gate: &'d GateInfo,
    rules: &'d Scopes,
}

/// Directory and rules as of this transaction.
async fn versions(app: &App, tx: &Tx) -> ApiResult<(Arc<Snapshot>, Arc<Scopes>)> {
    let (directory, in_force) = (app.part::<Directory>(), app.part::<InForce>());
    // Sent one after the other without waiting: one round trip.
    try_join(directory.current(app, tx), in_force.current(tx)).await
}

/// Stores one scan that a gate wrote down, in the caller's transaction: what the gate did, and
/// whether it wrote down the person's own number.
///
/// # Errors
/// When it cannot be taken, or the database does not answer.
pub async fn store_one(app: &App, tx: &Tx, scan: Scan, done: (DoneOffline, bool)) -> ApiResult<()> {
    let (directory, rules) = versions(app, tx).await?;
    let by = By {
        device_id: scan.device_id.ok_or(Code::GateUnknown)?,
        gate: directory.gate(scan.key.gate_id).ok_or(Code::GateUnknown)?,
        rules: &rules,
    };
    let people = [scan.key.person_id.get()];
    let known = super::store::list_subjects(tx, &people).await?;
    let subject = known.first().ok_or(Code::PersonUnknown)?;
    let kept = Kept::one(scan, subject.pass_serial, done);
    let evidence = fevers::evidence(app, &kept, by.device_id).await?;
    store_all(app, tx, (by, Expect::Any), (kept, evidence)).await?;
    Ok(())
}

/// What storing an upload led to.
struct StoredUpload {
    answer: UploadView,
    by_colour: [(&'static str, u64); 3],
    alerts: bool,
    asked: Vec<VisitCause>,
}

async fn store_all(
    app: &App,
    tx: &Tx,
    (by, expect): (By<'_>, Expect),
    (mut kept, evidence): (Kept, Evidence),
) -> ApiResult<Option<StoredUpload>> {
    let By { gate, rules, .. } = by;
    let settled = fevers::settle(app, tx, &kept, evidence).await?;
    let known = Known::read(app, tx, &mut kept).await?;
    let stamp = Stamp {
        received_at: app.now(),
        lane: 0,
        tally_id: app.ids.next(),
    };
    let mut decided = Decided::with_capacity(kept.scans.len(), stamp);
    for (place, each) in kept.scans.iter().enumerate() {
        let at = AtGate {
            gate,
            direction: each.scan.direction,
            decicelsius: each.scan.decicelsius,
        };
        let deciding = rules.deciding(known.place_of(&each.scan), &gate.place_code);
        let verdict = decide(deciding, known.state_of(app, (place, &each.scan)), &at);
        let since = known.red_since(place, &each.scan);
        let reading = settled.reading_of(&each.scan.key);
        let verdict = (&verdict, since, reading);
        decided.add(&app.part::<Ingest>().asked, each, verdict);
    }
    let Some(inserted) = decided.insert(tx, expect).await? else {
        return Ok(None);
    };
    decided.late.keep_only(&inserted);
    store::insert_late_reds(tx, &decided.late, app.now()).await?;
    store::insert_proofs(tx, &kept, &inserted, by.device_id).await?;
    Ok(Some(summary(kept, decided, &inserted)))
}

/// The scans of an upload as decided, in their order, and what follows from them.
struct Decided<'t> {
    columns: ScanColumns<'t>,
    follow: FollowColumns,
    late: LateReds,
    colours: Vec<gridpass_types::Colour>,
    asked: Vec<VisitCause>,
}

impl<'t> Decided<'t> {
    fn with_capacity(scans: usize, stamp: Stamp) -> Self {
        Self {
            columns: ScanColumns::with_capacity(scans, stamp),
            follow: FollowColumns::default(),
            late: LateReds::default(),
            colours: Vec::with_capacity(scans),
            asked: Vec::new(),
        }
    }

    /// Adds a scan with its verdict, and since when the person would have been red.
    fn add(
        &mut self,
        asked: &Asked,
        each: &KeptScan,
        (verdict, since, reading): (&Verdict<'t>, Option<jiff::Timestamp>, Reading),
    ) {
        let key = &each.scan.key;
        self.columns.push(&each.scan, verdict, Some(each.done));
        self.colours.push(verdict.colour.colour);
        let visit = verdict.visit_cause(key);
        if let Some(cause) = visit.filter(|cause| !asked.contains(cause)) {
            self.asked.push(cause);
            self.follow.extend(key, verdict.visit(key));
        }
        if reading == Reading::TakesBack {
            // At its own time the first fever still stood; by this very reading it does not.
            self.follow.extend(key, [second_reading::calm(key)]);
            return;
        }
        // A fever that a second reading took back alarms nobody.
        let stands = reading == Reading::Stands;
        let decicelsius = each.scan.decicelsius.filter(|_| stands);
        let alert = verdict.alert(key, decicelsius);
        if late_red::was_let_in(verdict, &each.done) {
            let reason = verdict.colour.reason.as_str();
            self.late.push(each, reason, since);
            // One alert about one person is enough, and this one says more.
            let other = alert.filter(|alert| alert.topic != TOPIC_RED);
            self.follow.extend(key, other);
            self.follow
                .extend(key, [late_red_alert(reason, since, key)]);
        } else {
            self.follow.extend(key, alert);
        }
    }

    /// Stores them; `None` when one that was believed to be new is known.
    async fn insert(&self, tx: &Tx, expect: Expect) -> ApiResult<Option<Inserted>> {
        if self.columns.is_empty() {
            return Ok(Some(Inserted::All));
        }
        Ok(match expect {
            Expect::Any => Some(insert_scans(tx, &self.columns, &self.follow).await?),
            Expect::New => {
                let added = add_scans(tx, &self.columns, &self.follow).await?;
                added.then_some(Inserted::All)
            }
        })
    }
}

fn summary(kept: Kept, decided: Decided<'_>, inserted: &Inserted) -> StoredUpload {
    let mut by_colour = gridpass_types::Colour::ALL
        .iter()
        .map(|colour| (colour.as_str(), 0));
    let mut by_colour = [(); 3].map(|()| by_colour.next().unwrap_or(("", 0)));
    let mut accepted = 0;
    for (each, colour) in kept.scans.iter().zip(&decided.colours) {
        if inserted.contains(&each.scan.key) {
            accepted += 1;
            by_colour[*colour as usize].1 += 1;
        }
    }
    let mut rejected = kept.rejected;
    rejected.sort_by_key(|each| each.index);
    StoredUpload {
        answer: UploadView {
            accepted,
            duplicates: kept.repeated + kept.scans.len() as u64 - accepted,
            rejected,
            late_reds: decided.late.views,
            specimens: 0,
        },
        by_colour,
        alerts: decided.follow.has_alerts(),
        asked: match inserted {
            Inserted::All => decided.asked,
            Inserted::Only(_) => Vec::new(),
        },
    }
}
