//! What makes two pieces of evidence the same: so that what an appeal found wrong does not come
//! back by another door.
//!
//! Evidence with a number is that number: the same paper with another date on it is the same
//! paper. Evidence without one is its source and what it says. A call at the door, and the
//! person's own word, are new each time: somebody looked, or spoke, again.

use std::collections::{HashMap, HashSet};

use gridpass_rules::FactBody;
use gridpass_rules::red::EvidenceKind;
use gridpass_rules::words::{CaseStatus, RegistryStatus};
use gridpass_types::ids::PersonId;

use super::model::{FactView, NewFact};
use super::store::resolved as store;
use crate::app::App;
use crate::db::Client;
use crate::http::error::ApiResult;
use crate::seal::DIGEST_BYTES;

/// Source of facts that a call at a door found.
pub const SOURCE_VISIT: &str = "visit";
/// Sources that are the person's own word.
const OWN_WORD: [&str; 2] = ["holder", "counter"];
/// What the digests are for.
const PURPOSE: &str = "evidence";

/// What was shown, and its number.
type Shown<'a> = Option<(EvidenceKind, &'a str)>;

/// The words by which evidence is known again; `None` for what speaks for the person, and for
/// what is new each time.
fn key(body: &FactBody, source: &str, shown: Shown<'_>) -> Option<String> {
    if !burdens(body) {
        return None;
    }
    let kind = body.kind();
    if let Some((evidence, reference)) = shown {
        return Some(format!(
            "{kind}|{}|{}",
            evidence.as_str(),
            folded(reference)
        ));
    }
    if source == SOURCE_VISIT || OWN_WORD.contains(&source) {
        return None;
    }
    let said = said(body)?;
    Some(format!("{kind}|{}|{said}", folded(source)))
}

/// What a body says, without what a clerk may word otherwise.
fn said(body: &FactBody) -> Option<String> {
    Some(match body {
        FactBody::Case { status } => format!("{status:?}"),
        FactBody::Quarantine { start, .. } => start.to_string(),
        FactBody::Contact { last_exposed, .. } => last_exposed.to_string(),
        FactBody::Stay { area, until, .. } => format!("{area}|{until}"),
        FactBody::Health { at, .. } | FactBody::GateCheck { at, .. } => at.to_string(),
        FactBody::Residence { status, enclosure } => format!("{status:?}|{enclosure}"),
        FactBody::Employment { status, employer } => format!("{status:?}|{employer}"),
        FactBody::Registry { .. } => "conflict".to_owned(),
        FactBody::Clearance { .. } | FactBody::Exemption { .. } => return None,
    })
}

/// Whether a fact can stand against somebody; what speaks for a person is never held back.
fn burdens(body: &FactBody) -> bool {
    match body {
        FactBody::Case { status } => {
            matches!(status, CaseStatus::Confirmed | CaseStatus::Suspected)
        }
        FactBody::Quarantine { released_at, .. } => released_at.is_none(),
        FactBody::Registry { status, .. } => *status == RegistryStatus::Conflict,
        FactBody::GateCheck { passed, .. } => !passed,
        FactBody::Clearance { .. } | FactBody::Exemption { .. } => false,
        FactBody::Contact { .. }
        | FactBody::Stay { .. }
        | FactBody::Health { .. }
        | FactBody::Residence { .. }
        | FactBody::Employment { .. } => true,
    }
}

/// Blanks, brackets, case and full-width forms do not make another paper: letters and digits do,
/// and where a number ends.
fn folded(text: &str) -> String {
    let mut folded = String::new();
    let mut marked = false;
    for letter in text.chars().map(narrow) {
        if !letter.is_alphanumeric() {
            marked = true;
            continue;
        }
        let ends_number = folded.ends_with(|last: char| last.is_ascii_digit());
        if marked && ends_number && letter.is_ascii_digit() {
            folded.push('-');
        }
        marked = false;
        folded.extend(letter.to_lowercase());
    }
    folded
}

fn narrow(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        other => other,
    }
}

/// What stands for evidence in the database: without the key nobody can tell what it was.
fn digest(app: &App, person_id: PersonId, key: &str) -> [u8; DIGEST_BYTES] {
    let text = format!("{person_id}\0{key}");
    app.sealer.lasting_digest(PURPOSE, &text)
}

/// The digest of a recorded fact's evidence.
pub(super) fn of_recorded(
    app: &App,
    person_id: PersonId,
    view: &FactView,
) -> Option<[u8; DIGEST_BYTES]> {
    let shown = view.evidence_kind.zip(view.evidence_reference.as_deref());
    let key = key(&view.fact.body, &view.source, shown)?;
    Some(digest(app, person_id, &key))
}

/// Evidence about people that appeals found wrong.
#[derive(Default)]
pub struct Resolved(HashMap<i64, HashSet<Vec<u8>>>);

impl Resolved {
    /// Reads it for people; most have none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(db: &Client, people: &[i64]) -> ApiResult<Self> {
        Ok(Self(store::list_resolved(db, people).await?))
    }

    /// Whether a fact about to be recorded stands on such evidence.
    pub fn holds(&self, app: &App, person_id: PersonId, fact: &NewFact) -> bool {
        let shown = fact.shown();
        self.holds_evidence(app, person_id, (&fact.body, &fact.source, shown))
    }

    /// The same for evidence that is only proposed.
    pub fn holds_evidence(
        &self,
        app: &App,
        person_id: PersonId,
        (body, source, shown): (&FactBody, &str, Shown<'_>),
    ) -> bool {
        let Some(digests) = self.0.get(&person_id.get()) else {
            return false;
        };
        let key = key(body, source, shown);
        key.is_some_and(|key| digests.contains(&digest(app, person_id, &key)[..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(json: &str) -> FactBody {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_paper_is_its_number_however_it_is_typed() {
        let first = body(r#"{"kind":"contact","level":"close","last_exposed":"2020-03-01"}"#);
        let later = body(r#"{"kind":"contact","level":"secondary","last_exposed":"2020-03-02"}"#);
        let shown = |number| Some((EvidenceKind::Investigation, number));
        let one = key(&first, "red_proposal", shown("INV-7"));
        assert_eq!(one, key(&later, "quarantine", shown(" ｉｎｖ- 7")));
        assert_ne!(one, key(&first, "red_proposal", shown("INV-8")));
        assert_eq!(folded("流调〔2020〕17号"), folded("流调 [2020] 17 号"));
        assert_ne!(folded("坪隔2020-1-17"), folded("坪隔2020-11-7"));
        let other = Some((EvidenceKind::LabReport, "INV-7"));
        assert_ne!(one, key(&first, "red_proposal", other));
    }

    #[test]
    fn without_a_number_it_is_the_source_and_what_it_says() {
        let home = body(r#"{"kind":"residence","status":"verified","enclosure":7}"#);
        let other = body(r#"{"kind":"residence","status":"verified","enclosure":8}"#);
        let one = key(&home, "人口库", None);
        assert!(one.is_some());
        assert_eq!(one, key(&home, "人口库 ", None));
        assert_ne!(one, key(&other, "人口库", None));
        assert_ne!(one, key(&home, "公安库", None));
    }

    #[test]
    fn a_call_at_the_door_and_the_persons_word_are_new_each_time() {
        let home = body(r#"{"kind":"residence","status":"away","enclosure":7}"#);
        for source in ["visit", "holder", "counter"] {
            assert_eq!(key(&home, source, None), None);
        }
    }

    #[test]
    fn what_speaks_for_the_person_is_never_held_back() {
        for json in [
            r#"{"kind":"registry","status":"matched","registry_source":"人口库"}"#,
            r#"{"kind":"case","status":"ruled_out"}"#,
            r#"{"kind":"clearance","at":"2020-03-06T00:00:00Z"}"#,
            r#"{"kind":"quarantine","place":"home","start":"2020-03-01","end":"2020-03-15",
                "released_at":"2020-03-06T00:00:00Z","end_reason":"cancelled"}"#,
        ] {
            assert_eq!(key(&body(json), "x", None), None, "{json}");
        }
        let conflict = r#"{"kind":"registry","status":"conflict","registry_source":"人口库"}"#;
        assert!(key(&body(conflict), "人口库", None).is_some());
    }
}
