//! What was shown to gates without network, checked once more.
//!
//! The gate checked both signatures when it let the person in, but nobody watched the
//! gate. What does not verify as of the time of the scan, or names somebody else, becomes
//! an alert.

use gridpass_passcode::Limits;
use gridpass_types::ids::{GateId, PersonId};
use jiff::Timestamp;

use super::decide::{self, TOPIC_RED};
use super::model::ScanKey;
use super::store;
use crate::app::App;
use crate::jobs::outbox::{self, NewFollowUp};
use crate::passes::{KeyRing, Keys};

/// Proofs checked in one round: some 50 ms of one core.
const PROOFS_MAX: i64 = 500;

/// What was shown at a scan.
pub struct Proof {
    /// The scan.
    pub key: ScanKey,
    /// The text of the QR code.
    pub presentation: Vec<u8>,
}

impl Proof {
    /// A row of the store: person, time, gate and text.
    pub fn new(person_id: PersonId, at: Timestamp, gate_id: GateId, presentation: Vec<u8>) -> Self {
        Self {
            key: ScanKey {
                person_id,
                at,
                gate_id,
            },
            presentation,
        }
    }

    /// The code of what is wrong with it, if anything is.
    pub fn fault(&self, ring: &KeyRing) -> Option<&'static str> {
        match ring
            .offline
            .verify(&self.presentation, self.key.at, Limits::default())
        {
            Ok(presented) if presented.person_id == self.key.person_id => None,
            Ok(_) => Some("another_person"),
            Err(error) => Some(error.code()),
        }
    }
}

/// Checks what waits; true when something did, since alerts may follow from it.
pub async fn round(app: App) -> anyhow::Result<bool> {
    let tx = app.db.tx().await?;
    let proofs = store::take_proofs(&tx, PROOFS_MAX).await?;
    if proofs.is_empty() {
        return Ok(false);
    }
    let ring = app.part::<Keys>().ring();
    let checking = tokio::task::spawn_blocking(move || forged(&proofs, &ring));
    let alerts = checking.await??;
    outbox::insert(&tx, &alerts, app.now()).await?;
    tx.commit().await?;
    Ok(true)
}

fn forged(proofs: &[Proof], ring: &KeyRing) -> anyhow::Result<Vec<NewFollowUp>> {
    let mut alerts = Vec::new();
    for proof in proofs {
        if let Some(fault) = proof.fault(ring) {
            let alert = decide::alert(TOPIC_RED, "forged_proof", fault, &proof.key);
            alerts.push(NewFollowUp {
                person_id: proof.key.person_id,
                topic: alert.topic,
                dedupe_key: alert.dedupe_key,
                payload: serde_json::from_str(&alert.payload)?,
            });
        }
    }
    Ok(alerts)
}
