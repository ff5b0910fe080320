//! Who stands at the gate: by a presentation, a paper pass, a number or a serial.

use gridpass_passcode::{Limits, PassError, Presented};
use gridpass_types::PassForm;
use gridpass_types::ids::{GateId, PersonId};
use jiff::Timestamp;

use super::decide::{self, TOPIC_RED};
use super::model::{Rung, Scan, ScanInput, ScanKey, ScanView, Shown, decicelsius, scan_time};
use super::replay::{Seen, Showing};
use super::{Ingest, answers};
use crate::app::App;
use crate::gates::{Device, Directory, GateInfo};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::jobs::outbox::{self, NewFollowUp};
use crate::passes::{Keys, code_of};
use crate::people;

/// What became of a scan's input.
pub enum Read {
    /// A scan to decide.
    New(Scan),
    /// A scan that is stored: its presentation is past, but it was not when it was sent
    /// first.
    Known(ScanView),
}

/// Checks a device's scan and finds the person.
///
/// # Errors
/// A code of its own for everything that can be wrong; nothing is stored then.
pub async fn read(app: &App, device: &Device, input: &ScanInput) -> ApiResult<Read> {
    let now = app.now();
    let at = scan_time(input.at, now)?;
    let decicelsius = decicelsius(input.temperature)?;
    input.check_who()?;
    let scan = |person_id, rung, shown| Scan {
        key: ScanKey {
            person_id,
            at,
            gate_id: device.gate_id,
        },
        device_id: Some(device.device_id),
        shift_id: device.shift_id,
        direction: input.direction,
        rung,
        shown,
        decicelsius,
        shown_before: false,
    };
    let Some(text) = &input.presentation else {
        let person_id = find(app, input).await?;
        let rung = match input.document_number {
            Some(_) => Rung::Number,
            None => Rung::Serial,
        };
        return Ok(Read::New(scan(person_id, rung, Shown::Nothing)));
    };
    let presented = match verify(app, text, now).await {
        Ok(presented) => presented,
        Err(error) => return known_or(app, (device, text, at), error).await,
    };
    let mut scan = match presented.form {
        PassForm::Paper => scan(
            presented.person_id,
            Rung::Paper,
            Shown::Paper(presented.issued_at),
        ),
        _ => scan(
            presented.person_id,
            Rung::Presentation,
            Shown::Phone(presented.issued_at, presented.holder_key),
        ),
    };
    let again = check_replay(app, &presented, &scan, now).await?;
    // A guard who has just looked measures again, or has checked.
    scan.shown_before = again && !input.measured_again && !input.checked_on_spot;
    Ok(Read::New(scan))
}

async fn find(app: &App, input: &ScanInput) -> ApiResult<PersonId> {
    let db = app.db.client().await?;
    let found = match (&input.document_number, input.pass_serial) {
        (Some(number), _) => {
            people::find_by_number(&db, app, input.document_type, number.expose()).await?
        }
        (None, Some(serial)) => people::find_by_serial(&db, serial.get()).await?,
        (None, None) => None,
    };
    found.ok_or_else(|| Code::PersonUnknown.into())
}

/// Checks what was shown: a phone's by its MAC, paper by the issuer's signature. A key that
/// another node has just made is looked up once.
async fn verify(app: &App, text: &str, now: Timestamp) -> Result<Presented, PassError> {
    let keys = app.part::<Keys>();
    let checked = keys
        .ring()
        .online
        .verify(text.as_bytes(), now, Limits::default());
    if checked != Err(PassError::KeyUnknown) {
        return checked;
    }
    let Ok(db) = app.db.client().await else {
        return checked;
    };
    match keys.reload(app, &db).await {
        Ok(ring) => ring.online.verify(text.as_bytes(), now, Limits::default()),
        Err(_) => checked,
    }
}

/// A presentation that is too old now may belong to a scan that was sent in time and is
/// sent again because the answer was lost.
async fn known_or(
    app: &App,
    (device, text, at): (&Device, &str, Timestamp),
    error: PassError,
) -> ApiResult<Read> {
    let past = matches!(
        error,
        PassError::PresentationExpired | PassError::CredentialExpired
    );
    let refused = || ApiError::new(code_of(error));
    if !past {
        return Err(refused());
    }
    let then = verify(app, text, at).await.map_err(|_| refused())?;
    let key = ScanKey {
        person_id: then.person_id,
        at,
        gate_id: device.gate_id,
    };
    let db = app.db.client().await?;
    let known = answers::recall_one(app, &db, &key).await?;
    known.map(Read::Known).ok_or_else(refused)
}

/// Whether a presentation was shown at this gate before. Refuses one that was shown at another, and
/// tells the response team; not where one walks from gate to gate while a code counts.
async fn check_replay(
    app: &App,
    presented: &Presented,
    scan: &Scan,
    now: Timestamp,
) -> ApiResult<bool> {
    let Some(presented_at) = presented.presented_at else {
        return Ok(false);
    };
    let showing = Showing {
        presented_at,
        gate: scan.key.gate_id,
        direction: scan.direction,
        at: scan.key.at,
    };
    let window = &app.part::<Ingest>().replays;
    match window.admit(&presented.credential_id, &showing, now) {
        Seen::First => Ok(false),
        Seen::Again => Ok(true),
        Seen::At(first) if is_neighbour(app, first, scan.key.gate_id) => {
            Err(Code::PresentationNearby.into())
        }
        Seen::At(_) => {
            alarm(app, &scan.key, now).await?;
            Err(Code::PresentationReplayed.into())
        }
    }
}

/// Whether two gates are of one enclosure or one employer: estate and building, seconds apart.
fn is_neighbour(app: &App, one: GateId, other: GateId) -> bool {
    let directory = app.part::<Directory>().latest();
    let (Some(one), Some(other)) = (directory.gate(one), directory.gate(other)) else {
        return false;
    };
    let same = |one: Option<i64>, other: Option<i64>| one.is_some() && one == other;
    let enclosure = |gate: &GateInfo| gate.enclosure_id.map(|id| id.get());
    let employer = |gate: &GateInfo| gate.employer_id.map(|id| id.get());
    same(enclosure(one), enclosure(other)) || same(employer(one), employer(other))
}

async fn alarm(app: &App, key: &ScanKey, now: Timestamp) -> ApiResult<()> {
    let reason = Code::PresentationReplayed.as_str();
    let alert = decide::alert(TOPIC_RED, "replayed_presentation", reason, key);
    let row = NewFollowUp {
        person_id: key.person_id,
        topic: alert.topic,
        dedupe_key: alert.dedupe_key,
        payload: serde_json::from_str(&alert.payload).map_err(ApiError::internal)?,
    };
    let db = app.db.client().await?;
    outbox::insert(&db, &[row], now).await?;
    app.work_waiting.notify_waiters();
    Ok(())
}
