//! Holds on passing time, sources and their rhythm.

use gridpass_types::ids::StaffId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::error::{ApiError, ApiResult, FieldError, check_note};

/// Imports that must have come before their rhythm is known by itself.
pub const RHYTHM_IMPORTS_MIN: i64 = 4;
/// A rhythm shorter than this is none: somebody tried an import a few times.
const RHYTHM_MIN: SignedDuration = SignedDuration::from_hours(1);
/// Hours that may be said to be a source's rhythm at most: a month.
const RHYTHM_HOURS_MAX: i16 = 744;
/// How long old colours may be kept before somebody is asked again.
const KEPT_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Why time is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// Too many people of a community would change in one hour.
    Passage,
    /// A source is late.
    Source,
}

/// Where a hold stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldStatus {
    /// Waits for a person; old colours stay.
    Held,
    /// A person keeps the old colours for a time.
    Kept,
    /// A person let the dates take effect.
    Released,
    /// Nothing is left to decide: the source was heard again, or everybody got new evidence.
    Over,
}

impl HoldKind {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passage => "passage",
            Self::Source => "source",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Passage, Self::Source]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

impl HoldStatus {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Kept => "kept",
            Self::Released => "released",
            Self::Over => "over",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Held, Self::Kept, Self::Released, Self::Over]
            .into_iter()
            .find(|status| status.as_str() == name)
    }

    /// Whether old colours stay.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Held | Self::Kept)
    }
}

/// A hold on passing time; names nobody.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TimeHold {
    /// Identity.
    pub hold_id: i64,
    /// Why.
    pub kind: HoldKind,
    /// The community, or the district for a source, as a leaf code.
    pub place_code: String,
    /// Beginning of the hour, for a passage.
    pub hour_at: Option<Timestamp>,
    /// The source that is late.
    pub source: Option<String>,
    /// Since when it is late.
    pub late_since: Option<Timestamp>,
    /// People of the community when it was held; 0 for a source.
    pub people: i64,
    /// People whose state was held, all in all.
    pub flips: i64,
    /// Of them those who still are: the others got new evidence, or it was decided.
    pub held_now: i64,
    /// Where it stands.
    pub status: HoldStatus,
    /// When it was noticed; for a passage usually before its hour.
    pub held_at: Timestamp,
    /// Until when the old colours are kept; then somebody is asked again.
    pub kept_until: Option<Timestamp>,
    /// When somebody last decided.
    pub decided_at: Option<Timestamp>,
    /// Who.
    pub decided_by: Option<StaffId>,
}

/// What happened to a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// It began.
    Held,
    /// Somebody keeps the old colours for a time.
    Kept,
    /// That time is over.
    AskedAgain,
    /// Somebody let the dates take effect.
    Released,
    /// The source was heard again.
    Heard,
    /// Nobody is held by it any more.
    Over,
}

impl StepKind {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Kept => "kept",
            Self::AskedAgain => "asked_again",
            Self::Released => "released",
            Self::Heard => "heard",
            Self::Over => "over",
        }
    }
}

/// A step on record.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HoldStepView {
    /// What happened: `held`, `kept`, `asked_again`, `released`, `heard` or `over`.
    pub kind: String,
    /// How many people were held then.
    pub people: i64,
    /// When.
    pub at: Timestamp,
    /// Who; absent for background work.
    pub by_staff: Option<StaffId>,
    /// Why, in that person's words; empty for background work.
    pub note: String,
}

/// A hold with its steps.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TimeHoldView {
    /// The hold.
    #[serde(flatten)]
    pub hold: TimeHold,
    /// What happened to it, oldest first.
    pub steps: Vec<HoldStepView>,
}

/// Which holds to list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct TimeHoldQuery {
    /// Only those in this place: `held`, `kept`, `released` or `over`.
    pub status: Option<HoldStatus>,
}

/// Why the dates take effect.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseHold {
    /// 1 to 200 characters; no names or numbers of people.
    pub note: String,
}

/// Until when the old colours are kept, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepHold {
    /// Then somebody is asked again; within seven days.
    pub until_at: Timestamp,
    /// 1 to 200 characters; no names or numbers of people.
    pub note: String,
}

impl KeepHold {
    /// Checks note and time.
    ///
    /// # Errors
    /// 422 with the field.
    pub fn check(&self, now: Timestamp) -> ApiResult<()> {
        check_note(&self.note)?;
        if self.until_at > now && self.until_at.duration_since(now) <= KEPT_MAX {
            return Ok(());
        }
        Err(ApiError::fields(vec![FieldError::new(
            "until_at",
            "until_out_of_range",
            "within the next seven days",
            "须在未来7天之内",
        )]))
    }
}

/// How often a source is to be heard of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRhythm {
    /// The source's name, as its facts carry it.
    pub source: String,
    /// Every so many hours, 1 to 744; absent to go by its imports again.
    pub every_hours: Option<i16>,
    /// Why, 1 to 200 characters.
    pub note: String,
}

impl NewRhythm {
    /// Checks the fields.
    ///
    /// # Errors
    /// 422 with the field.
    pub fn check(&self) -> ApiResult<()> {
        check_note(&self.note)?;
        let name = self.source.trim().chars().count();
        if !(1..=40).contains(&name) || self.source.chars().any(char::is_control) {
            return Err(ApiError::fields(vec![FieldError::new(
                "source",
                "text_invalid",
                "1 to 40 characters",
                "应为 1 至 40 个字符",
            )]));
        }
        if self
            .every_hours
            .is_none_or(|hours| (1..=RHYTHM_HOURS_MAX).contains(&hours))
        {
            return Ok(());
        }
        Err(ApiError::fields(vec![FieldError::new(
            "every_hours",
            "number_out_of_range",
            "1 to 744",
            "应为 1 至 744",
        )]))
    }
}

/// A source with its rhythm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SourceView {
    /// Its name.
    pub source: String,
    /// Seconds between two times it is usually heard of.
    pub every_s: i64,
    /// Whether somebody said so; else it is known by its imports.
    pub configured: bool,
    /// Why, if somebody said so.
    pub note: Option<String>,
    /// When it was last heard of; absent when it never was.
    pub heard_at: Option<Timestamp>,
    /// When it is late if it is not heard of again.
    pub late_at: Timestamp,
    /// Whether it is.
    pub late: bool,
}

/// What is known of a source's rhythm.
#[derive(Clone, Debug)]
pub struct Rhythm {
    /// Its name.
    pub source: String,
    /// As somebody said, with why and since when.
    pub configured: Option<(i16, String, Timestamp)>,
    /// Usual time between its imports.
    pub between_imports_s: Option<i64>,
    /// Its last import.
    pub imported_at: Option<Timestamp>,
}

impl Rhythm {
    /// How often it is heard of, if that is known.
    pub fn every(&self) -> Option<SignedDuration> {
        match &self.configured {
            Some((hours, ..)) => Some(SignedDuration::from_hours(i64::from(*hours))),
            None => self
                .between_imports_s
                .map(SignedDuration::from_secs)
                .filter(|every| *every >= RHYTHM_MIN),
        }
    }

    /// The source as it stands at `now`, when it was last heard of at `heard_at`; `None` without a
    /// rhythm. Late is half a rhythm over the time.
    pub fn at(&self, now: Timestamp, heard_at: Option<Timestamp>) -> Option<SourceView> {
        let every = self.every()?;
        let since = self.configured.as_ref().map(|(_, _, set_at)| *set_at);
        let from = heard_at.or(since)?;
        let late_at = from.checked_add(every + every / 2).ok()?;
        Some(SourceView {
            source: self.source.clone(),
            every_s: every.as_secs(),
            configured: self.configured.is_some(),
            note: self.configured.as_ref().map(|(_, note, _)| note.clone()),
            heard_at,
            late: late_at <= now,
            late_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ts(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn rhythm(configured: Option<i16>, between_imports_s: Option<i64>) -> Rhythm {
        Rhythm {
            source: "police".into(),
            configured: configured.map(|hours| (hours, "daily".into(), ts("2020-03-01T00:00:00Z"))),
            between_imports_s,
            imported_at: None,
        }
    }

    #[test]
    fn late_is_half_a_rhythm_over_the_time() {
        let daily = rhythm(None, Some(24 * 3600));
        let heard = Some(ts("2020-03-06T06:00:00Z"));
        let at = |text: &str| daily.at(ts(text), heard).unwrap();
        assert!(!at("2020-03-07T17:59:59Z").late);
        assert!(at("2020-03-07T18:00:00Z").late);
        assert_eq!(
            at("2020-03-07T18:00:00Z").late_at,
            ts("2020-03-07T18:00:00Z")
        );
    }

    #[test]
    fn what_somebody_said_goes_before_what_was_seen() {
        let said = rhythm(Some(2), Some(24 * 3600));
        assert_eq!(said.every().unwrap(), SignedDuration::from_hours(2));
        // Never heard of: counted from when somebody said so.
        let view = said.at(ts("2020-03-01T03:00:00Z"), None).unwrap();
        assert!(view.late && view.heard_at.is_none());
        assert!(
            rhythm(None, Some(60))
                .at(ts("2020-03-06T00:00:00Z"), None)
                .is_none()
        );
        assert!(rhythm(None, None).every().is_none());
    }
}
