//! A guard on duty with a device, as the device shows it: the token of the open shift.
//!
//! A device's own token lies on the device in the open, so it opens nothing about people. The
//! shift's token is given when a guard signs in and kept sealed under their PIN. Digests of all
//! open shifts are in memory, so a scan asks nothing more; the database is asked only about one
//! this node has not heard of. An end reaches other nodes as a barred device does: by a version
//! that scans read inside their own transaction.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, RwLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gridpass_types::ids::{DeviceId, ShiftId};
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq;

use super::device::{self, Device};
use super::directory::Directory;
use super::store::shifts::{self as store, NewToken, OpenToken};
use crate::app::App;
use crate::db::Client;
use crate::directory;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::seal::token_digest;

/// Prefix of the tokens of shifts; the device's number follows, then the secret.
pub const SHIFT_TOKEN_PREFIX: &str = "gpg1.";
/// A shift is over after this, whatever happens.
pub const SHIFT_MAX: SignedDuration = SignedDuration::from_hours(12);
/// Tokens remembered as over.
const OVER_MAX: usize = 4096;
/// For how long it is known who was on duty when: as long as gates may tell things later, and a day.
const KEPT: SignedDuration = SignedDuration::from_hours(8 * 24);

/// A device with a guard on duty, as the extractor proves. Whatever shows a person, or decides
/// about one now, takes this.
pub struct OnDuty(pub Device);

impl FromRequestParts<App> for OnDuty {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let device = Device::from_request_parts(parts, app).await?;
        match device.shift_id {
            Some(_) => Ok(Self(device)),
            None => Err(Code::ShiftNeeded.into()),
        }
    }
}

/// The open shifts as of a version.
#[derive(Default)]
pub struct OpenShifts {
    version: i64,
    by_device: HashMap<DeviceId, OpenToken>,
}

impl OpenShifts {
    /// The shift whose token has this digest, if it still counts.
    fn admit(&self, device_id: DeviceId, digest: &[u8; 32], now: Timestamp) -> Option<ShiftId> {
        let open = self.by_device.get(&device_id)?;
        let same = bool::from(open.digest.ct_eq(digest));
        (same && now < open.ends_at).then_some(open.shift_id)
    }

    /// Whether a shift still counts as of this version.
    ///
    /// # Errors
    /// [`Code::ShiftNeeded`] when it does not.
    pub fn check(
        &self,
        (device_id, shift_id): (DeviceId, ShiftId),
        now: Timestamp,
    ) -> Result<(), Code> {
        let open = self.by_device.get(&device_id);
        let counts = open.is_some_and(|open| open.shift_id == shift_id && now < open.ends_at);
        if counts {
            Ok(())
        } else {
            Err(Code::ShiftNeeded)
        }
    }
}

/// Tokens whose shift the database has said is over. None ever counts again, so a device that goes on
/// showing one asks the database once. Forgotten as a whole when there are too many.
#[derive(Default)]
struct Over(Mutex<HashSet<[u8; 32]>>);

impl Over {
    fn is_known(&self, digest: &[u8; 32]) -> bool {
        let known = self.0.lock().expect("no thread panics while it looks");
        known.contains(digest)
    }

    fn remember(&self, digest: [u8; 32]) {
        let mut known = self.0.lock().expect("no thread panics while it looks");
        if known.len() >= OVER_MAX {
            known.clear();
        }
        known.insert(digest);
    }
}

/// The latest open shifts this node has read.
#[derive(Default)]
pub struct Shifts {
    open: RwLock<Arc<OpenShifts>>,
    over: Over,
}

impl Shifts {
    fn latest(&self) -> Arc<OpenShifts> {
        self.open
            .read()
            .expect("no thread panics while it swaps a pointer")
            .clone()
    }

    /// The shifts of exactly this version, if this node has it.
    pub fn cached(&self, version: i64) -> Option<Arc<OpenShifts>> {
        Some(self.latest()).filter(|shifts| shifts.version == version)
    }

    /// The shifts as of now; reads them anew when the version changed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn current(&self, db: &Client) -> Result<Arc<OpenShifts>, tokio_postgres::Error> {
        // The version first: what is read after it is at least as new.
        let version = directory::shifts_version(db).await?;
        if let Some(shifts) = self.cached(version) {
            return Ok(shifts);
        }
        let by_device = store::list_open(db).await?.into_iter().collect();
        let shifts = Arc::new(OpenShifts { version, by_device });
        let mut held = self
            .open
            .write()
            .expect("no thread panics while it swaps a pointer");
        if held.version < shifts.version {
            *held = shifts.clone();
        }
        Ok(shifts)
    }
}

/// The device of a shift's token, with the shift.
///
/// # Errors
/// [`Code::ShiftNeeded`] when the shift has ended or never was; for the device itself as
/// [`device::admitted`].
pub(super) async fn admitted(app: &App, token: &str) -> ApiResult<Device> {
    let id = device::device_id(token, SHIFT_TOKEN_PREFIX).ok_or(Code::NotSignedIn)?;
    let digest = token_digest(token);
    let shifts = app.part::<Shifts>();
    let now = app.now();
    let known = shifts.latest().admit(id, &digest, now);
    let gates = app.part::<Directory>();
    let snapshot = gates.latest();
    if let (Some(shift_id), Some(_)) = (known, snapshot.device(id)) {
        return Ok(snapshot.admitted(id)?.on_duty(shift_id));
    }
    if snapshot.device(id).is_some() && shifts.over.is_known(&digest) {
        // A barred device learns that it is, and wipes itself.
        snapshot.admitted(id)?;
        return Err(Code::ShiftNeeded.into());
    }
    // This node has not heard of the shift, or of the device.
    let db = app.db.client().await?;
    let snapshot = gates.current(app, &db).await?;
    if snapshot.device(id).is_none() {
        return Err(Code::NotSignedIn.into());
    }
    let device = snapshot.admitted(id)?;
    match shifts.current(&db).await?.admit(id, &digest, now) {
        Some(shift_id) => Ok(device.on_duty(shift_id)),
        None => {
            shifts.over.remember(digest);
            Err(Code::ShiftNeeded.into())
        }
    }
}

/// Begins a shift on a device in the caller's transaction; the one before ends. The token is
/// answered here and never again.
///
/// # Errors
/// When the database does not answer.
pub async fn begin_shift(
    tx: &Client,
    app: &App,
    (device_id, shift_id): (DeviceId, ShiftId),
    now: Timestamp,
) -> ApiResult<String> {
    let secret = URL_SAFE_NO_PAD.encode(app.entropy.bytes::<24>());
    let token = format!("{SHIFT_TOKEN_PREFIX}{device_id}.{secret}");
    store::end_token(tx, device_id, now).await?;
    let new = NewToken {
        shift_id,
        device_id,
        digest: &token_digest(&token),
        started_at: now,
        ends_at: now + SHIFT_MAX,
    };
    store::insert_token(tx, &new).await?;
    directory::bump_shifts(tx).await?;
    Ok(token)
}

/// Ends what a device may do for a guard, in the caller's transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn end_shift(tx: &Client, device_id: DeviceId, now: Timestamp) -> ApiResult<()> {
    store::end_token(tx, device_id, now).await?;
    directory::bump_shifts(tx).await?;
    Ok(())
}

/// Makes this node know what was just committed.
///
/// # Errors
/// When the database does not answer.
pub async fn refresh_shifts(app: &App) -> ApiResult<()> {
    let db = app.db.client().await?;
    app.part::<Shifts>().current(&db).await?;
    Ok(())
}

/// Whether a guard was on duty with a device at a time of the last days.
///
/// # Errors
/// When the database does not answer.
pub async fn was_on_duty(db: &Client, device_id: DeviceId, at: Timestamp) -> ApiResult<bool> {
    Ok(store::was_on_duty(db, device_id, at).await?)
}

/// From when to when guards were on duty with a device, within some days.
#[derive(Clone, Debug, Default)]
pub struct Duty(Vec<(Timestamp, Timestamp)>);

impl Duty {
    /// Reads the shifts of a device that touch these times, both included.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(
        db: &Client,
        device_id: DeviceId,
        between: (Timestamp, Timestamp),
    ) -> ApiResult<Self> {
        Ok(Self(store::list_duty(db, device_id, between).await?))
    }

    /// Whether a guard was on duty at a time.
    pub fn covers(&self, at: Timestamp) -> bool {
        self.0.iter().any(|(from, to)| *from <= at && at <= *to)
    }
}

/// Background work: what is over long ago is forgotten.
pub(super) async fn sweep(app: App) -> anyhow::Result<bool> {
    let db = app.db.client().await?;
    let now = app.now();
    store::sweep(&db, (now, now - KEPT)).await?;
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_remembered_within_bounds() {
        let over = Over::default();
        assert!(!over.is_known(&[1; 32]));
        over.remember([1; 32]);
        assert!(over.is_known(&[1; 32]) && !over.is_known(&[2; 32]));
        for n in 0..2 * OVER_MAX {
            let mut digest = [7; 32];
            digest[..8].copy_from_slice(&n.to_le_bytes());
            over.remember(digest);
        }
        assert!(over.0.lock().unwrap().len() <= OVER_MAX);
    }

    #[test]
    fn duty_covers_both_ends() {
        let at = |second: i64| Timestamp::from_second(1_583_454_600 + second).unwrap();
        let duty = Duty(vec![(at(10), at(20)), (at(40), at(50))]);
        for (second, covers) in [(9, false), (10, true), (20, true), (21, false), (45, true)] {
            assert_eq!(duty.covers(at(second)), covers, "{second}");
        }
        assert!(!Duty::default().covers(at(10)));
    }

    #[test]
    fn a_token_counts_for_its_device_until_its_time_is_over() {
        let at = |second: i64| Timestamp::from_second(1_583_454_600 + second).unwrap();
        let (device, shift) = (DeviceId::new(7), ShiftId::new(70));
        let open = OpenToken {
            shift_id: shift,
            digest: [1; 32],
            ends_at: at(100),
        };
        let shifts = OpenShifts {
            version: 1,
            by_device: [(device, open)].into(),
        };
        assert_eq!(shifts.admit(device, &[1; 32], at(99)), Some(shift));
        assert_eq!(shifts.admit(device, &[1; 32], at(100)), None, "over");
        assert_eq!(shifts.admit(device, &[2; 32], at(0)), None, "another token");
        assert_eq!(shifts.admit(DeviceId::new(8), &[1; 32], at(0)), None);
        assert_eq!(shifts.check((device, shift), at(99)), Ok(()));
        let other = (device, ShiftId::new(71));
        assert_eq!(shifts.check(other, at(0)), Err(Code::ShiftNeeded));
        assert_eq!(
            shifts.check((device, shift), at(100)),
            Err(Code::ShiftNeeded)
        );
    }
}
