//! Measures what a check costs: one JSON line with the microseconds of one online check,
//! one offline check and one presentation, and of an offline check and an issue under the
//! suite `guomi`, each the best of several rounds.

use std::hint::black_box;
use std::io::{self, Write as _};
use std::time::Instant;

use gridpass_passcode::{
    Holder, IssueError, Issuer, KeySet, Limits, NewCredential, OfflineVerifier, OnlineVerifier,
    PassError, PublishedKey, ServerKey, ServerSecret, SigningKey, Suite,
};
use gridpass_types::{Colour, PassSerial, PersonId};
use jiff::{SignedDuration, Timestamp};

/// Distinct passes, so that nothing is measured from one hot cache line.
const PASSES: usize = 1_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now = Timestamp::from_second(1_583_454_600)?;
    let standard = Scene::new(Suite::Standard, now)?;
    let guomi = Scene::new(Suite::Guomi, now)?;
    let online = OnlineVerifier::new(standard.secret.clone());
    let limits = Limits::default();
    for text in &standard.texts {
        online.verify(text.as_bytes(), now, limits)?;
    }
    let verify_online_us = best_us(100, &standard.texts, |text| {
        online
            .verify(black_box(text.as_bytes()), now, limits)
            .is_ok()
    });
    let present_us = best_us(3, &standard.holders, |holder| {
        holder.present(black_box(now)).is_ok()
    });
    let new = NewCredential::paper(PersonId::new(7), PassSerial::new(8), Colour::Green, 60);
    let issue_sm2_us = best_us(3, &guomi.texts, |_| {
        guomi.issuer.issue(black_box(&new), now).is_ok()
    });
    let (verify_offline_us, verify_offline_sm2_us) = (standard.offline_us()?, guomi.offline_us()?);
    writeln!(
        io::stdout(),
        "{{\"verify_online_us\":{verify_online_us:.3},\"verify_offline_us\":{verify_offline_us:.1},\"present_us\":{present_us:.1},\"verify_offline_sm2_us\":{verify_offline_sm2_us:.1},\"issue_sm2_us\":{issue_sm2_us:.1}}}"
    )?;
    Ok(())
}

/// An issuer of one suite with phones that show their passes.
struct Scene {
    issuer: Issuer,
    secret: ServerSecret,
    offline: OfflineVerifier,
    holders: Vec<Holder>,
    texts: Vec<String>,
    now: Timestamp,
}

impl Scene {
    fn new(suite: Suite, now: Timestamp) -> Result<Self, Box<dyn std::error::Error>> {
        let day = SignedDuration::from_hours(24);
        let issuer = Issuer::new(ServerKey::from_bytes(suite, &[1; 32])?, "440310")?;
        let secret = ServerSecret::from_bytes(&[3; 32]);
        let published = PublishedKey::new(&issuer.public_key(), now - day, now + day);
        let holders = holders(&issuer, &secret, now)?;
        let present = |holder: &Holder| holder.present(now);
        let texts = holders.iter().map(present).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            offline: OfflineVerifier::new(KeySet::new([published])?),
            issuer,
            secret,
            holders,
            texts,
            now,
        })
    }

    /// What one offline check costs.
    fn offline_us(&self) -> Result<f64, PassError> {
        let limits = Limits::default();
        for text in &self.texts {
            self.offline.verify(text.as_bytes(), self.now, limits)?;
        }
        Ok(best_us(3, &self.texts, |text| {
            let text = black_box(text.as_bytes());
            self.offline.verify(text, self.now, limits).is_ok()
        }))
    }
}

/// Phones with credentials of realistic values.
fn holders(
    issuer: &Issuer,
    secret: &ServerSecret,
    now: Timestamp,
) -> Result<Vec<Holder>, IssueError> {
    (0..PASSES)
        .map(|index| {
            let mut seed = [2; 32];
            seed[..8].copy_from_slice(&index.to_le_bytes());
            let key = SigningKey::from_bytes(&seed);
            let serial = PassSerial::new(500_000 + index as i32);
            let person_id = PersonId::new((1 << 52) + index as i64);
            let new = NewCredential::phone(person_id, serial, Colour::Green, key.public());
            let credential = issuer.issue(&new, now)?;
            Holder::new(key, credential.bytes(), credential.mac_key(secret))
        })
        .collect()
}

/// Microseconds per item of the best of `rounds` rounds.
fn best_us<T>(rounds: u32, items: &[T], work: impl Fn(&T) -> bool) -> f64 {
    let round = |_| {
        let start = Instant::now();
        for item in items {
            black_box(work(item));
        }
        start.elapsed().as_secs_f64() * 1e6 / items.len() as f64
    };
    (0..rounds).map(round).fold(f64::INFINITY, f64::min)
}
