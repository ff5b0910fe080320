//! What gates hold between two uploads.

use std::collections::HashMap;

use super::cast::Seat;
use super::plan::SHIFTS;
use crate::crew::Reading;
use crate::random::Stream;
use crate::upload::{KeptScan, SCANS_MAX};
use crate::world::shape::HOURLY;

/// Scans of one shift, sorted by how they reach the server.
#[derive(Default)]
pub struct Scans {
    /// Who, at which gate, with what reading: sent at once.
    pub online: Vec<(Seat, usize, Reading)>,
    /// By gate: kept until its upload.
    pub kept: HashMap<usize, Vec<KeptScan>>,
}

/// Scans that go to the server together.
pub struct Upload {
    /// Which gate's.
    pub gate: usize,
    /// Number that the device gives them.
    pub batch_id: i64,
    /// The scans.
    pub scans: Vec<KeptScan>,
}

/// Cuts what the gates kept into uploads, in the same order whatever the order of drawing.
pub fn cut_uploads(kept: HashMap<usize, Vec<KeptScan>>, first_batch_id: i64) -> Vec<Upload> {
    let mut gates: Vec<(usize, Vec<KeptScan>)> = kept.into_iter().collect();
    gates.sort_unstable_by_key(|(gate, _)| *gate);
    let mut uploads = Vec::new();
    for (gate, mut scans) in gates {
        scans.sort_unstable_by_key(|scan| (scan.person_id, scan.at_ms));
        // The same person at the same gate in the same millisecond would be one scan.
        for place in 1..scans.len() {
            let before = scans[place - 1];
            if before.person_id == scans[place].person_id && before.at_ms >= scans[place].at_ms {
                scans[place].at_ms = before.at_ms + 1;
            }
        }
        for (part, chunk) in scans.chunks(SCANS_MAX).enumerate() {
            let batch_id = first_batch_id + part as i64 + 1;
            uploads.push(Upload {
                gate,
                batch_id,
                scans: chunk.to_vec(),
            });
        }
    }
    uploads
}

/// A moment of a shift, in milliseconds since midnight, by the hours of the day.
pub fn moment_of(shift: usize, random: &mut Stream) -> i64 {
    const HOUR_MS: u64 = 3_600_000;
    let hours = SHIFTS[shift].clone();
    let total: f64 = HOURLY[hours.clone()].iter().sum();
    let mut left = random.unit() * total;
    let hour = hours.clone().find(|hour| {
        left -= HOURLY[*hour];
        left < 0.0
    });
    (hour.unwrap_or(hours.end - 1) as u64 * HOUR_MS + random.below(HOUR_MS)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    #[test]
    fn uploads_keep_every_scan_apart() {
        let scan = KeptScan {
            person_id: 1,
            serial: 1,
            at_ms: 5,
            inward: true,
            decidegrees: 365,
            shown: "green",
        };
        let kept = HashMap::from([(7, vec![scan; 2_500]), (3, vec![scan])]);
        let uploads = cut_uploads(kept, 100);
        let sizes: Vec<_> = uploads
            .iter()
            .map(|upload| (upload.gate, upload.batch_id, upload.scans.len()))
            .collect();
        assert_eq!(
            sizes,
            [(3, 101, 1), (7, 101, 1_000), (7, 102, 1_000), (7, 103, 500)]
        );
        let times: std::collections::HashSet<i64> = uploads[1..]
            .iter()
            .flat_map(|upload| &upload.scans)
            .map(|scan| scan.at_ms)
            .collect();
        assert_eq!(times.len(), 2_500);
    }

    #[test]
    fn moments_lie_in_their_shift_and_crowd_in_the_rush_hour() {
        let mut random = Stream::new(1, Purpose::Traffic, 1);
        let moments: Vec<i64> = (0..10_000)
            .map(|_| moment_of(0, &mut random) / 3_600_000)
            .collect();
        assert!(moments.iter().all(|hour| (0..9).contains(hour)));
        let rush = moments.iter().filter(|hour| **hour >= 7).count();
        assert!((7_900..8_700).contains(&rush), "{rush}");
    }
}
