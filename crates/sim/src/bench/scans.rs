//! Scans by presentation: every request is made and signed before the run; when
//! it is sent, only the 24 characters of `at` are written over.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use gridpass_passcode::{Holder, MacKey, SigningKey};
use jiff::Timestamp;

use super::clock::{AT_BLANK, AT_CHARS, AtWriter, ServerClock};
use super::engine::Work;
use super::summary::Notes;
use crate::random::{Purpose, Stream};
use crate::state::{Phone, bytes_from_base64, from_base64};

/// A presentation counts from 30 s before to 90 s after the server's clock; a slice
/// of a run stays well inside.
const SLICE: Duration = Duration::from_secs(90);
/// How far into a slice its presentations are dated at most.
const SIGNED_AHEAD: Duration = Duration::from_secs(20);

/// One holder's request.
struct Prepared {
    bytes: Vec<u8>,
    at_offset: usize,
    last_ms: i64,
}

/// Requests of one thread: for each slice of the run one per holder.
pub struct ScanWork {
    clock: ServerClock,
    started: Option<Instant>,
    slices: Vec<Vec<Prepared>>,
    next: usize,
    at: AtWriter,
    answers: u64,
}

/// What scans are made of.
pub struct Cast<'a> {
    /// Whose.
    pub phones: &'a [Phone],
    /// Where, by the tokens of the guards on duty; each holder keeps to one gate.
    pub guards: &'a [String],
    /// `host:port` for the Host header.
    pub host: &'a str,
    /// Path of the operation.
    pub path: &'a str,
    /// Seed of the temperatures.
    pub seed: u64,
}

impl ScanWork {
    /// Makes and signs the requests of a run of `length` that begins about now.
    ///
    /// # Errors
    /// When a phone's credential cannot be used, or ends before the run does.
    pub fn prepare(cast: &Cast<'_>, clock: ServerClock, length: Duration) -> Result<Self> {
        let start_ms = clock.ms_at(Instant::now());
        let end_ms = start_ms + length.as_millis() as i64;
        let holders = cast
            .phones
            .iter()
            .map(|phone| holder(phone, end_ms))
            .collect::<Result<Vec<_>>>()?;
        let slices = length.as_secs_f64() / SLICE.as_secs_f64();
        let mut prepared = Vec::new();
        for slice in 0..slices.ceil().max(1.0) as u32 {
            let ahead = SLICE * slice + SIGNED_AHEAD.min(length / 2);
            let signed_at = Timestamp::from_millisecond(start_ms + ahead.as_millis() as i64)?;
            let requests =
                cast.phones
                    .iter()
                    .zip(&holders)
                    .enumerate()
                    .map(|(index, (phone, holder))| {
                        let presentation = holder
                            .present(signed_at)
                            .context("a presentation could not be signed")?;
                        let guard =
                            &cast.guards[(phone.person % cast.guards.len() as u64) as usize];
                        Ok(request(cast, guard, &presentation, index))
                    });
            prepared.push(requests.collect::<Result<Vec<_>>>()?);
        }
        Ok(Self {
            clock,
            started: None,
            slices: prepared,
            next: 0,
            at: AtWriter::default(),
            answers: 0,
        })
    }
}

impl Work for ScanWork {
    fn next(&mut self, now: Instant) -> Option<&[u8]> {
        let started = *self.started.get_or_insert(now);
        let slice = ((now - started).as_secs() / SLICE.as_secs()) as usize;
        let slice = slice.min(self.slices.len() - 1);
        let prepared = &mut self.slices[slice];
        let index = self.next % prepared.len();
        self.next = index + 1;
        let request = &mut prepared[index];
        // The same person at the same gate in the same millisecond would be the same scan.
        let ms = self.clock.ms_at(now).max(request.last_ms + 1);
        request.last_ms = ms;
        self.at.write(
            ms,
            &mut request.bytes[request.at_offset..request.at_offset + AT_CHARS],
        );
        Some(&request.bytes)
    }

    /// One answer in sixteen is read: that all are as expected shows in them as well.
    fn seen(&mut self, body: &[u8], notes: &mut Notes) {
        self.answers += 1;
        if !self.answers.is_multiple_of(16) {
            return;
        }
        const WORDS: [(&str, &[u8]); 4] = [
            ("sampled_pass", b"\"action\":\"pass\""),
            ("sampled_check", b"\"action\":\"check\""),
            ("sampled_stop", b"\"action\":\"stop\""),
            ("sampled_duplicate", b"\"duplicate\":true"),
        ];
        for (name, word) in WORDS {
            *notes.entry(name).or_default() +=
                u64::from(body.windows(word.len()).any(|window| window == word));
        }
    }
}

fn holder(phone: &Phone, end_ms: i64) -> Result<Holder> {
    if phone.expires_at.as_millisecond() <= end_ms {
        bail!(
            "the credentials in the state file end before the run does; run `gridpass-sim enrol --renew` first"
        );
    }
    let key = SigningKey::from_bytes(&from_base64(&phone.key)?);
    let mac_key = MacKey::from_bytes(&from_base64(&phone.mac_key)?);
    let credential = bytes_from_base64(&phone.credential)?;
    Holder::new(key, &credential, mac_key).context("a credential in the state file cannot be used")
}

fn request(cast: &Cast<'_>, guard: &str, presentation: &str, index: usize) -> Prepared {
    let mut random = Stream::new(cast.seed, Purpose::Bench, index as u64);
    let decidegrees = 360 + random.below(10);
    let direction = if index.is_multiple_of(2) { "in" } else { "out" };
    // The alphabet of base45 holds nothing that JSON escapes.
    let head = format!(r#"{{"presentation":"{presentation}","at":""#);
    let body = format!(
        r#"{head}{AT_BLANK}","direction":"{direction}","temperature":{}.{}}}"#,
        decidegrees / 10,
        decidegrees % 10
    );
    let headers = headers(cast.path, cast.host, guard, body.len());
    let at_offset = headers.len() + head.len();
    let bytes = [headers.as_bytes(), body.as_bytes()].concat();
    Prepared {
        bytes,
        at_offset,
        last_ms: 0,
    }
}

/// Head of a JSON POST by a device; the empty line that ends it included.
pub fn headers(path: &str, host: &str, token: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridpass_passcode::{Limits, OnlineVerifier};

    fn cast_of_one(server_now: Timestamp) -> (Phone, OnlineVerifier) {
        let (phone, _, verifier) = super::super::testing::phone_and_gate(server_now);
        (phone, verifier)
    }

    #[test]
    fn a_request_is_valid_json_with_a_presentation_the_server_accepts() {
        let now: Timestamp = "2020-03-06T00:30:00Z".parse().expect("a time");
        let (phone, verifier) = cast_of_one(now);
        let clock = ServerClock::new(now, Instant::now());
        let phones = [phone];
        let guards = ["gpg1.9.x".to_owned()];
        let cast = Cast {
            phones: &phones,
            guards: &guards,
            host: "127.0.0.1:1",
            path: "/api/v1/scans",
            seed: 1,
        };
        let mut work = ScanWork::prepare(&cast, clock, Duration::from_secs(200)).expect("prepares");
        let mut seen = std::collections::HashSet::new();
        let started = Instant::now();
        for seconds in [0, 0, 89, 91, 150, 199] {
            let moment = started + Duration::from_secs(seconds);
            let request =
                String::from_utf8(work.next(moment).expect("endless").to_vec()).expect("text");
            let (head, body) = request.split_once("\r\n\r\n").expect("a head");
            assert!(head.contains(&format!("content-length: {}", body.len())));
            let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
            let at: Timestamp = body["at"].as_str().expect("at").parse().expect("a time");
            assert!(seen.insert(at), "{at} twice");
            assert!((at.as_second() - now.as_second() - seconds as i64).abs() <= 1);
            let text = body["presentation"].as_str().expect("presentation");
            verifier
                .verify(text.as_bytes(), at, Limits::default())
                .unwrap_or_else(|error| panic!("at {seconds} s: {error}"));
        }
    }

    #[test]
    fn a_credential_that_ends_too_early_is_refused_with_what_to_do() {
        let now: Timestamp = "2020-03-06T00:30:00Z".parse().expect("a time");
        let (mut phone, _) = cast_of_one(now);
        phone.expires_at = now;
        let cast = Cast {
            phones: &[phone],
            guards: &["gpg1.9.x".to_owned()],
            host: "x",
            path: "/",
            seed: 1,
        };
        let clock = ServerClock::new(now, Instant::now());
        let error = ScanWork::prepare(&cast, clock, Duration::from_secs(1))
            .err()
            .expect("refuses");
        assert!(error.to_string().contains("enrol --renew"));
    }
}
