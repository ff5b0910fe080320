//! From the body of an upload to scans in order, and what is known about their people.

use std::collections::HashMap;

use gridpass_rules::State;
use gridpass_types::ids::{PassSerial, PersonId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::model::{Rejected, Upload, UploadedScan, UploadedSpecimen};
use crate::app::App;
use crate::db::Tx;
use crate::facts;
use crate::gates::Device;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::json_problem;
use crate::scans::columns::DoneOffline;
use crate::scans::model::{Rung, Scan, ScanKey, Shown, decicelsius, scan_time};
use crate::scans::store::{self, Subject};

/// A scan as read, or why it cannot be.
pub type Readable = Result<UploadedScan, Code>;

/// An upload whose scans are looked at one by one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LooseUpload {
    batch_id: i64,
    scans: Vec<Value>,
    #[serde(default)]
    specimens: Vec<UploadedSpecimen>,
}

/// An upload as read.
pub struct Parsed {
    /// Number the device gave it.
    pub batch_id: i64,
    /// Its scans, each as far as it can be read.
    pub scans: Vec<Readable>,
    /// Its specimens.
    pub specimens: Vec<UploadedSpecimen>,
}

/// Reads a body. When a scan of it has not the form of one, the others are read one by one.
///
/// # Errors
/// When the body is no upload at all, or has too many scans.
pub fn parse(body: &[u8], scans_max: usize) -> ApiResult<Parsed> {
    let parsed = match serde_json::from_slice::<Upload>(body) {
        Ok(upload) => Parsed {
            batch_id: upload.batch_id,
            scans: upload.scans.into_iter().map(Ok).collect(),
            specimens: upload.specimens,
        },
        Err(error) if error.is_data() => parse_loosely(body)?,
        Err(error) => return Err(json_problem(body, &error)),
    };
    if parsed.scans.len().max(parsed.specimens.len()) > scans_max {
        return Err(ApiError::new(Code::UploadTooLarge));
    }
    Ok(parsed)
}

fn parse_loosely(body: &[u8]) -> ApiResult<Parsed> {
    let upload: LooseUpload =
        serde_json::from_slice(body).map_err(|error| json_problem(body, &error))?;
    let read = |scan| serde_json::from_value(scan).map_err(|_| Code::InvalidFields);
    Ok(Parsed {
        batch_id: upload.batch_id,
        scans: upload.scans.into_iter().map(read).collect(),
        specimens: upload.specimens,
    })
}

/// A scan that can be taken as far as it can be judged by itself.
pub struct KeptScan {
    /// Its place in the upload.
    pub index: usize,
    /// The scan.
    pub scan: Scan,
    /// Serial it says the pass has.
    pub serial: PassSerial,
    /// What the gate did.
    pub done: DoneOffline,
    /// What was shown, for the background check.
    pub presentation: Option<String>,
    /// The gate wrote down the number of a document that is the person's.
    pub is_vouched: bool,
}

/// An upload's scans in order of their keys, each once.
pub struct Kept {
    /// The scans.
    pub scans: Vec<KeptScan>,
    /// Those that cannot be taken.
    pub rejected: Vec<Rejected>,
    /// How many stood in the upload more than once.
    pub repeated: u64,
}

impl Kept {
    /// Checks each scan by itself.
    pub fn read(scans: Vec<Readable>, device: &Device, now: Timestamp) -> Self {
        let mut kept = Self {
            scans: Vec::with_capacity(scans.len()),
            rejected: Vec::new(),
            repeated: 0,
        };
        for (index, scan) in scans.into_iter().enumerate() {
            match scan.and_then(|scan| check((index, scan), device, now)) {
                Ok(scan) => kept.scans.push(scan),
                Err(code) => kept.reject(index, code),
            }
        }
        kept.scans.sort_by_key(|each| each.scan.key);
        let before = kept.scans.len();
        kept.scans.dedup_by_key(|each| each.scan.key);
        kept.repeated = (before - kept.scans.len()) as u64;
        kept
    }

    /// One scan that came in another way.
    pub fn one(scan: Scan, serial: PassSerial, (done, is_vouched): (DoneOffline, bool)) -> Self {
        Self {
            scans: vec![KeptScan {
                index: 0,
                scan,
                serial,
                done,
                presentation: None,
                is_vouched,
            }],
            rejected: Vec::new(),
            repeated: 0,
        }
    }

    fn reject(&mut self, index: usize, code: Code) {
        let code = code.as_str().to_owned();
        self.rejected.push(Rejected { index, code });
    }

    fn people(&self) -> Vec<i64> {
        let mut people: Vec<i64> = self
            .scans
            .iter()
            .map(|each| each.scan.key.person_id.get())
            .collect();
        people.dedup();
        people
    }
}

fn check(
    (index, sent): (usize, UploadedScan),
    device: &Device,
    now: Timestamp,
) -> Result<KeptScan, Code> {
    let rung = match sent.presentation {
        Some(_) => sent.rung.into(),
        None => Rung::OfflinePaper,
    };
    let scan = Scan {
        key: ScanKey {
            person_id: sent.person_id,
            at: scan_time(sent.at, now)?,
            gate_id: device.gate_id,
        },
        device_id: Some(device.device_id),
        shift_id: None,
        direction: sent.direction,
        rung,
        shown: Shown::Nothing,
        decicelsius: decicelsius(sent.temperature)?,
        shown_before: false,
    };
    if sent
        .presentation
        .as_ref()
        .is_some_and(|text| text.len() > gridpass_passcode::PASS_CHARS_MAX)
    {
        return Err(Code::PassTooLong);
    }
    let done = DoneOffline {
        shown_colour: Some(sent.shown_colour.code()),
        action: sent.action,
    };
    Ok(KeptScan {
        index,
        scan,
        serial: sent.pass_serial,
        done,
        presentation: sent.presentation,
        is_vouched: false,
    })
}

/// What counted at the time of a scan.
struct Then {
    state: State,
    valid_from: Timestamp,
    counted_at: Timestamp,
}

/// What is known about the people of an upload.
pub struct Known {
    subjects: HashMap<PersonId, Subject>,
    /// States of scans at whose time the stored one does not hold, by place.
    derived: HashMap<usize, Then>,
}

impl Known {
    /// Reads people and, where needed, their facts; rejects scans of people who are not
    /// known or whose serial is another.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(app: &App, tx: &Tx, kept: &mut Kept) -> ApiResult<Self> {
        let subjects = store::list_subjects(tx, &kept.people()).await?;
        let subjects: HashMap<PersonId, Subject> = subjects
            .into_iter()
            .map(|subject| (subject.person_id, subject))
            .collect();
        let mut rejected = Vec::new();
        kept.scans.retain(|each| {
            let refusal = match subjects.get(&each.scan.key.person_id) {
                None => Code::PersonUnknown,
                Some(subject) if subject.pass_serial != each.serial => Code::PassSerialWrong,
                Some(_) => return true,
            };
            rejected.push((each.index, refusal));
            false
        });
        for (index, code) in rejected {
            kept.reject(index, code);
        }
        let mut known = Self {
            subjects,
            derived: HashMap::new(),
        };
        known.derive_outdated(app, tx, kept).await?;
        Ok(known)
    }

    async fn derive_outdated(&mut self, app: &App, tx: &Tx, kept: &Kept) -> ApiResult<()> {
        let outdated = |each: &KeptScan| {
            let subject = self.subjects.get(&each.scan.key.person_id)?;
            let at = as_of(&each.scan, app.now());
            (!subject.holds_at(at)).then_some(at)
        };
        let places: Vec<(usize, Timestamp)> = kept
            .scans
            .iter()
            .enumerate()
            .filter_map(|(place, each)| Some((place, outdated(each)?)))
            .collect();
        if places.is_empty() {
            return Ok(());
        }
        let person_at = |place: usize| kept.scans[place].scan.key.person_id.get();
        let mut people: Vec<i64> = places.iter().map(|(place, _)| person_at(*place)).collect();
        people.dedup();
        let known = facts::load_known(tx, &people).await?;
        for (place, at) in places {
            let Some(known) = known.get(&person_at(place)) else {
                continue;
            };
            let derived = known.derive(at);
            let then = Then {
                state: derived.state,
                valid_from: derived.valid_from,
                counted_at: known.counted_at(at),
            };
            self.derived.insert(place, then);
        }
        Ok(())
    }

    /// The state that a scan is decided by, and the instant it is decided for.
    ///
    /// # Panics
    /// Never: scans of unknown people were rejected.
    pub fn state_of(&self, app: &App, (place, scan): (usize, &Scan)) -> (&State, Timestamp) {
        if let Some(then) = self.derived.get(&place) {
            return (&then.state, then.counted_at);
        }
        let subject = &self.subjects[&scan.key.person_id];
        (&subject.state, subject.counted_at(as_of(scan, app.now())))
    }

    /// Where the person of a scan counts now; the rules of that place decide.
    ///
    /// # Panics
    /// Never: scans of unknown people were rejected.
    pub fn place_of(&self, scan: &Scan) -> &str {
        self.subjects[&scan.key.person_id].place.as_str()
    }

    /// From when the state of a scan held, as far as a date says.
    pub fn red_since(&self, place: usize, scan: &Scan) -> Option<Timestamp> {
        let since = match self.derived.get(&place) {
            Some(then) => then.valid_from,
            None => self.subjects[&scan.key.person_id].valid_from,
        };
        Some(since).filter(|since| *since > Timestamp::UNIX_EPOCH)
    }
}

/// The instant a kept scan is decided for: its own; for a fever now, because the reading
/// that came with it is recorded only now.
fn as_of(scan: &Scan, now: Timestamp) -> Timestamp {
    if scan.is_fever() { now } else { scan.key.at }
}
