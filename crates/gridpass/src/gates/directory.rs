//! Every gate and device in memory, as of a version of the directory.
//!
//! The version is read inside the transaction that uses the snapshot, so what a scan is
//! decided by is never older than the scan.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use gridpass_passcode::{GateSecret, PublicKey};
use gridpass_rules::AreaStatus;
use gridpass_types::ids::{DeviceId, EmployerId, EnclosureId, GateId};
use subtle::ConstantTimeEq;

use super::device::Device;
use super::model::Lane;
use super::store;
use crate::app::App;
use crate::db::Client;
use crate::directory;
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::seal::Field;

/// A gate as scans need it.
#[derive(Clone, Debug)]
pub struct GateInfo {
    /// Identity.
    pub gate_id: GateId,
    /// Name as the guards call it.
    pub name: Arc<str>,
    /// Leaf division code; 15 digits.
    pub place_code: Arc<str>,
    /// The enclosure whose gate it is.
    pub enclosure_id: Option<EnclosureId>,
    /// Its name.
    pub enclosure_name: Option<Arc<str>>,
    /// The employer whose gate it is.
    pub employer_id: Option<EmployerId>,
    /// Its name.
    pub employer_name: Option<Arc<str>>,
    /// How the enclosure is managed; normal for an employer's own gate.
    pub area: AreaStatus,
    /// Its lanes.
    pub lanes: Arc<[Lane]>,
    /// Whether the gate is open.
    pub active: bool,
    /// Key of its rotating code.
    pub(super) secret: GateSecret,
}

#[cfg(test)]
impl GateInfo {
    /// A gate for tests of pure logic.
    pub fn for_tests(gate_id: GateId, enclosure_id: Option<EnclosureId>, area: AreaStatus) -> Self {
        Self {
            gate_id,
            name: "gate".into(),
            place_code: "440310001001000".into(),
            enclosure_id,
            enclosure_name: None,
            employer_id: None,
            employer_name: None,
            area,
            lanes: [].into(),
            active: true,
            secret: GateSecret::from_bytes(&[0; 32]),
        }
    }
}

/// A device as admitting it needs it.
#[derive(Clone, Debug)]
pub struct DeviceInfo {
    /// The device as handlers see it.
    pub device: Device,
    /// SHA-256 of its token.
    pub(super) token_digest: [u8; 32],
    /// Its key for uploads.
    pub public_key: Option<PublicKey>,
    /// False once it was revoked.
    pub active: bool,
}

/// The directory as of a version.
#[derive(Default)]
pub struct Snapshot {
    /// The version; grows with each change.
    pub version: i64,
    gates: HashMap<GateId, GateInfo>,
    devices: HashMap<DeviceId, DeviceInfo>,
}

impl Snapshot {
    /// A gate by identity; closed ones too.
    pub fn gate(&self, id: GateId) -> Option<&GateInfo> {
        self.gates.get(&id)
    }

    /// A device by identity; revoked ones too.
    pub fn device(&self, id: DeviceId) -> Option<&DeviceInfo> {
        self.devices.get(&id)
    }

    /// The gate of a device that is admitted as of this version.
    ///
    /// # Errors
    /// [`Code::DeviceRevoked`] when it is not: such a device wipes itself.
    /// [`Code::GateClosed`] when it is, but its gate is closed: that may be opened again.
    pub fn gate_of(&self, device: DeviceId) -> Result<&GateInfo, Code> {
        let admitted = self.device(device).filter(|info| info.active);
        let info = admitted.ok_or(Code::DeviceRevoked)?;
        let gate = self.gate(info.device.gate_id);
        gate.filter(|gate| gate.active).ok_or(Code::GateClosed)
    }

    /// The device whose token has this digest.
    ///
    /// # Errors
    /// [`Code::NotSignedIn`] when there is none, else as [`Snapshot::gate_of`].
    pub fn admit(&self, id: DeviceId, token_digest: &[u8; 32]) -> Result<&Device, Code> {
        let info = self.device(id).ok_or(Code::NotSignedIn)?;
        if !bool::from(info.token_digest.ct_eq(token_digest)) {
            return Err(Code::NotSignedIn);
        }
        self.admitted(id)
    }

    /// A device, if it is admitted.
    ///
    /// # Errors
    /// As [`Snapshot::gate_of`].
    pub(super) fn admitted(&self, id: DeviceId) -> Result<&Device, Code> {
        self.gate_of(id)?;
        let info = self.device(id).ok_or(Code::DeviceRevoked)?;
        Ok(&info.device)
    }
}

/// The latest snapshot this node has read.
#[derive(Default)]
pub struct Directory(RwLock<Arc<Snapshot>>);

impl Directory {
    /// What this node read last, without asking the database.
    pub fn latest(&self) -> Arc<Snapshot> {
        self.0
            .read()
            .expect("no thread panics while it swaps a pointer")
            .clone()
    }

    /// The snapshot of exactly this version, if this node has it: for callers that read
    /// the version inside their own transaction.
    pub fn cached(&self, version: i64) -> Option<Arc<Snapshot>> {
        Some(self.latest()).filter(|snapshot| snapshot.version == version)
    }

    /// The snapshot as of now; reads the database anew when the version changed.
    ///
    /// # Errors
    /// When the database cannot be read or a gate's secret does not open.
    pub async fn current(&self, app: &App, db: &Client) -> ApiResult<Arc<Snapshot>> {
        // The version first: what is read after it is at least as new.
        let version = directory::version(db).await?;
        if let Some(snapshot) = self.cached(version) {
            return Ok(snapshot);
        }
        let snapshot = Arc::new(read(app, db, version).await?);
        let mut held = self
            .0
            .write()
            .expect("no thread panics while it swaps a pointer");
        if held.version < snapshot.version {
            *held = snapshot.clone();
        }
        Ok(snapshot)
    }
}

async fn read(app: &App, db: &Client, version: i64) -> ApiResult<Snapshot> {
    let mut lanes = store::list_all_lanes(db).await?;
    let mut gates = HashMap::new();
    for row in store::list_all_gates(db).await? {
        let sealed = &row.code_secret_sealed;
        let secret = app
            .sealer
            .open(Field::GateCodeSecret, row.gate_id.get(), sealed)?;
        let secret: [u8; 32] = secret.try_into().map_err(|_| {
            crate::http::error::ApiError::internal(anyhow::anyhow!(
                "a gate's secret has a wrong length"
            ))
        })?;
        let info = GateInfo {
            gate_id: row.gate_id,
            name: row.name.into(),
            place_code: row.place_code.into(),
            enclosure_id: row.enclosure_id,
            enclosure_name: row.enclosure_name.map(Into::into),
            employer_id: row.employer_id,
            employer_name: row.employer_name.map(Into::into),
            area: row.area,
            lanes: lanes.remove(&row.gate_id).unwrap_or_default().into(),
            active: row.active,
            secret: GateSecret::from_bytes(&secret),
        };
        gates.insert(info.gate_id, info);
    }
    let devices = store::list_all_devices(db).await?;
    let devices = devices
        .into_iter()
        .map(|info| (info.device.device_id, info));
    Ok(Snapshot {
        version,
        gates,
        devices: devices.collect(),
    })
}
