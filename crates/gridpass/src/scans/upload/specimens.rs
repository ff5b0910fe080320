//! Specimens that inspectors showed a gate without network: the gate refused them, and they show
//! that the guard did scan.

use gridpass_passcode::{Limits, PassError};
use jiff::Timestamp;

use super::model::UploadedSpecimen;
use crate::app::App;
use crate::http::error::{ApiError, ApiResult};
use crate::passes::{KeyRing, Keys};
use crate::scans::model::scan_time;

/// When those were scanned that are signed as specimens and lie in time; whatever else was sent as
/// one counts for nothing.
pub async fn genuine(app: &App, sent: Vec<UploadedSpecimen>) -> ApiResult<Vec<Timestamp>> {
    if sent.is_empty() {
        return Ok(Vec::new());
    }
    let (ring, now) = (app.part::<Keys>().ring(), app.now());
    // A signature each: some 50 ms of one core at most.
    let checking = tokio::task::spawn_blocking(move || times_of(&ring, &sent, now));
    checking.await.map_err(ApiError::internal)
}

fn times_of(ring: &KeyRing, sent: &[UploadedSpecimen], now: Timestamp) -> Vec<Timestamp> {
    let genuine = sent.iter().filter(|one| {
        let verdict = ring
            .offline
            .verify(one.presentation.as_bytes(), one.at, Limits::default());
        verdict == Err(PassError::Specimen)
    });
    genuine
        .filter_map(|one| scan_time(one.at, now).ok())
        .collect()
}
