//! Uploads of gates that were without network: whole bodies, signed before the
//! run, each sent once.

use std::time::Instant;

use anyhow::Result;

use super::engine::Work;
use super::scans::headers;
use super::summary::{Notes, number_after};
use crate::random::{Purpose, Stream};
use crate::state::{Gate, Phone};
use crate::upload::{DeviceKey, KeptScan, body};

/// Bytes of prepared bodies at most; more scans are prepared in rounds.
const PREPARED_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Bodies that wait to be sent.
pub struct UploadWork {
    requests: Vec<Vec<u8>>,
    next: usize,
}

/// How uploads are cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Scans in an upload.
    pub batch: usize,
    /// Uploads still wanted.
    pub uploads: u64,
    /// The newest scan, in milliseconds since 1970.
    pub newest_ms: i64,
    /// How far back the oldest lies.
    pub spread_ms: i64,
    /// Number of the first upload; they never repeat.
    pub first_batch_id: i64,
}

impl UploadWork {
    /// Prepares as many uploads as are wanted or fit in memory. Gates take turns; the
    /// scans of one upload are of different people at times that nobody else has.
    ///
    /// # Errors
    /// When the state file's keys cannot be used.
    pub fn prepare(phones: &[Phone], gates: &[Gate], host: &str, cut: Cut) -> Result<Self> {
        let keys = gates
            .iter()
            .map(DeviceKey::of)
            .collect::<Result<Vec<_>>>()?;
        let ids = phones
            .iter()
            .map(Phone::person_id)
            .collect::<Result<Vec<_>>>()?;
        let (mut requests, mut bytes) = (Vec::new(), 0);
        while (requests.len() as u64) < cut.uploads && bytes < PREPARED_BYTES_MAX {
            let batch_id = cut.first_batch_id + requests.len() as i64;
            let gate = batch_id as usize % gates.len();
            let body = body(batch_id, &scans(phones, &ids, batch_id, cut))?;
            let signature = format!(
                "content-type: application/json\r\nx-device-signature: {}\r\n",
                keys[gate].sign(&body)
            );
            let head = headers(
                "/api/v1/scans/batch",
                host,
                &gates[gate].device_token,
                body.len(),
            );
            let head = head.replace("content-type: application/json\r\n", &signature);
            bytes += head.len() + body.len();
            requests.push([head.into_bytes(), body].concat());
        }
        Ok(Self { requests, next: 0 })
    }

    /// How many uploads are prepared.
    pub const fn len(&self) -> u64 {
        self.requests.len() as u64
    }
}

fn scans(phones: &[Phone], ids: &[i64], batch_id: i64, cut: Cut) -> Vec<KeptScan> {
    let mut random = Stream::new(0, Purpose::Bench, batch_id as u64);
    let first = (batch_id as usize).wrapping_mul(cut.batch) % phones.len();
    (0..cut.batch)
        .map(|place| {
            let index = (first + place) % phones.len();
            KeptScan {
                person_id: ids[index],
                serial: phones[index].serial,
                // Random milliseconds of a long time: two scans of a person at one gate all but never collide.
                at_ms: cut.newest_ms - random.below(cut.spread_ms as u64) as i64,
                inward: place % 2 == 0,
                decidegrees: 360 + random.below(10),
                shown: "green",
            }
        })
        .collect()
}

impl Work for UploadWork {
    fn next(&mut self, _now: Instant) -> Option<&[u8]> {
        let request = self.requests.get(self.next)?;
        self.next += 1;
        Some(request)
    }

    fn seen(&mut self, body: &[u8], notes: &mut Notes) {
        for (name, field) in [
            ("accepted", &b"\"accepted\":"[..]),
            ("duplicates", b"\"duplicates\":"),
        ] {
            *notes.entry(name).or_default() += number_after(body, field).unwrap_or(0);
        }
    }
}
