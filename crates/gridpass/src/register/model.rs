//! Entries as they come in, the checks on them, and when to look again. Pure.

use gridpass_rules::{Action, Colour, Direction};
use gridpass_types::Sensitive;
use gridpass_types::document::DocumentType;
use gridpass_types::ids::{EmployerId, EnclosureId, GateId, PassSerial, PersonId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};
use crate::scans;

/// Entries taken at once.
pub const ENTRIES_MAX: usize = 200;
/// Characters of a name or a number.
const TEXT_CHARS_MAX: usize = 60;

/// Somebody written down at a gate.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntry {
    /// What the device calls the entry, 8 to 64 characters; the same is taken once.
    pub entry_key: String,
    /// When, by the device's clock; counts to the millisecond.
    pub at: Timestamp,
    /// Which way.
    pub direction: Direction,
    /// What the guard did.
    pub action: Action,
    /// Reading in degrees Celsius, rounded to tenths.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// What the snapshot said of the serial.
    #[serde(default)]
    pub shown_colour: Option<Colour>,
    /// Serial of the pass.
    #[serde(default)]
    pub pass_serial: Option<PassSerial>,
    /// Kind of document, if the guard knows it.
    #[serde(default)]
    pub document_type: Option<DocumentType>,
    /// Number of a document.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub document_number: Option<Sensitive<String>>,
    /// Name.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub name: Option<Sensitive<String>>,
    /// Phone.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Sensitive<String>>,
}

/// Entries of a device's register.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntries {
    /// The entries, at most 200.
    pub entries: Vec<NewEntry>,
}

/// What became of entries.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct EntriesView {
    /// Entries that were new.
    pub accepted: u64,
    /// Entries that were known already.
    pub duplicates: u64,
    /// Entries that cannot be taken; they spoil no others.
    #[serde(default)]
    pub rejected: Vec<RejectedEntry>,
}

/// An entry that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RejectedEntry {
    /// What the device calls it.
    pub entry_key: String,
    /// Stable code of the reason.
    pub code: String,
}

/// Somebody who was written down at a gate and whom nobody has found. Names nobody.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RegisterEntry {
    /// The gate.
    pub gate_id: GateId,
    /// The entry.
    pub entry_id: i64,
    /// Name of the gate.
    pub gate: String,
    /// When they came.
    pub at: Timestamp,
    /// Which way.
    pub direction: Direction,
    /// What the guard did.
    pub action: Action,
    /// Reading in degrees Celsius.
    pub temperature: Option<f64>,
    /// When the server was told; what was written goes two weeks later.
    pub received_at: Timestamp,
    /// Place of the gate.
    #[serde(skip)]
    pub place_code: String,
    /// The enclosure whose gate it is.
    #[serde(skip)]
    pub enclosure_id: Option<EnclosureId>,
    /// The employer whose gate it is.
    #[serde(skip)]
    pub employer_id: Option<EmployerId>,
    /// What was written.
    #[serde(skip)]
    pub details_sealed: Vec<u8>,
}

/// The same with what the guard wrote.
#[derive(Serialize, ToSchema)]
pub struct RegisterEntryText {
    /// The entry.
    pub entry: RegisterEntry,
    /// What was written.
    pub details: Details,
}

/// How looking for somebody ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegisterOutcome {
    /// It is known who it was.
    Known,
    /// Nobody can be found.
    NotFound,
}

/// Ending the search for somebody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleRegisterEntry {
    /// How it ended.
    pub outcome: RegisterOutcome,
    /// Who it was, exactly when that is known.
    #[serde(default)]
    pub person_id: Option<PersonId>,
}

/// What of an entry is sealed.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Details {
    /// Kind of document.
    pub document_type: Option<DocumentType>,
    /// Number of a document.
    pub document_number: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Phone.
    pub phone: Option<String>,
}

impl NewEntries {
    /// Refuses more than are taken at once.
    ///
    /// # Errors
    /// 422 with the field.
    pub fn validate(&self) -> ApiResult<()> {
        if self.entries.len() <= ENTRIES_MAX {
            return Ok(());
        }
        Err(ApiError::fields(vec![FieldError::new(
            "entries",
            "too_many_entries",
            "200 entries at most",
            "每次最多 200 条",
        )]))
    }
}

/// An entry as far as it can be judged by itself: when, and the reading in tenths of a degree.
pub type Checked = Result<(Timestamp, Option<i16>), &'static str>;

impl NewEntry {
    /// When it was and what was measured, or the code of what is wrong with it.
    pub fn check(&self, now: Timestamp) -> Checked {
        if !self.is_right() {
            return Err("entry_invalid");
        }
        let at = scans::scan_time(self.at, now).map_err(Code::as_str)?;
        let decicelsius = scans::decicelsius(self.temperature).map_err(Code::as_str)?;
        Ok((at, decicelsius))
    }

    /// A key of 8 to 64 characters; a serial, a number or a name; texts of at most 60 characters.
    fn is_right(&self) -> bool {
        let short = |text: &Option<Sensitive<String>>| {
            let text = text.as_ref().map_or("-", |text| text.expose().as_str());
            (1..=TEXT_CHARS_MAX).contains(&text.trim().chars().count())
                && !text.chars().any(char::is_control)
        };
        let texts = [&self.document_number, &self.name, &self.phone];
        let says_who = self.pass_serial.is_some() || texts[..2].iter().any(|text| text.is_some());
        (8..=64).contains(&self.entry_key.len())
            && self.entry_key.is_ascii()
            && says_who
            && texts.into_iter().all(short)
    }

    /// What of it is sealed.
    pub fn details(&self) -> Details {
        let text = |text: &Option<Sensitive<String>>| {
            text.as_ref().map(|text| text.expose().trim().to_owned())
        };
        Details {
            document_type: self.document_type,
            document_number: text(&self.document_number),
            name: text(&self.name),
            phone: text(&self.phone),
        }
    }
}

/// Tries after which an entry stays nobody's: two weeks, within which people are registered.
const TRIES_MAX: i16 = 18;

/// When an entry is looked at again after so many tries; `None` when that is over.
pub fn next_try(tries: i16, now: Timestamp) -> Option<Timestamp> {
    let pause = match tries {
        0..=2 => SignedDuration::from_mins(10),
        3..=5 => SignedDuration::from_hours(2),
        _ => SignedDuration::from_hours(24),
    };
    (tries < TRIES_MAX).then(|| now + pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_who_and_is_short() {
        let read = |who: serde_json::Value| {
            let mut entry = serde_json::json!({ "entry_key": "0123456789", "at": "2020-03-06T00:30:00Z",
                "direction": "in", "action": "check" });
            entry
                .as_object_mut()
                .unwrap()
                .extend(who.as_object().unwrap().clone());
            serde_json::from_value::<NewEntry>(entry)
                .unwrap()
                .is_right()
        };
        assert!(read(
            serde_json::json!({ "name": "张三", "phone": "13800138000" })
        ));
        assert!(read(serde_json::json!({ "pass_serial": 17 })));
        assert!(
            !read(serde_json::json!({ "phone": "13800138000" })),
            "a phone is nobody"
        );
        assert!(!read(serde_json::json!({ "name": " " })));
        assert!(!read(serde_json::json!({ "name": "x".repeat(61) })));
        assert!(!read(serde_json::json!({ "name": "a\nb" })));
    }

    #[test]
    fn looking_becomes_rarer_and_ends_after_two_weeks() {
        let now: Timestamp = "2020-03-06T00:30:00Z".parse().unwrap();
        let mut at = now;
        let mut tries = 0;
        while let Some(next) = next_try(tries, at) {
            assert!(next > at);
            (at, tries) = (next, tries + 1);
        }
        let days = at.duration_since(now).as_hours() / 24;
        assert!((12..=14).contains(&days), "{days}");
    }
}
