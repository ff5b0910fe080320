//! What makes two pieces of evidence the same: so that what an appeal found wrong does not come
//! back by another door.
//!
//! Evidence with a number is that number: the same paper with another date on it is the same
//! paper. Evidence without one is its source and what it says. A stay somewhere is the place and
//! the days, whoever says it and however it is worded: the travel card that was wrong today shows
//! the same tomorrow, and the railway's list and the police's say it once more. A call at the
//! door, and the person's own word, are new each time: somebody looked, or spoke, again; so is a
//! paper of another number that two people answer for.

use std::collections::{HashMap, HashSet};

use gridpass_rules::FactBody;
use gridpass_rules::red::EvidenceKind;
use gridpass_rules::words::{CaseStatus, RegistryStatus};
use gridpass_types::ids::PersonId;
use jiff::civil::Date;

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
/// How sources of gates begin.
const SOURCE_GATE: &str = "gate";
/// Days that the operators' travel card names, the last one with them.
const TRAVEL_CARD_DAYS: i64 = 14;
/// Days by which two sources may differ about the same stay.
const DAYS_APART: i64 = 1;
/// What the digests are for.
const PURPOSE: &str = "evidence";

/// What was shown, and its number.
type Shown<'a> = Option<(EvidenceKind, &'a str)>;

/// The words by which evidence is known again; none for what speaks for the person, and for what
/// is new each time.
fn asked(body: &FactBody, source: &str, shown: Shown<'_>) -> Vec<String> {
    let mut keys: Vec<String> = key(body, source, shown).into_iter().collect();
    keys.extend(key_before(body, shown));
    if let Some(stay) = Stay::of(body).filter(|_| keeps_days(source, shown)) {
        keys.extend(stay.asked(days(source)));
    }
    keys
}

/// The words under which evidence that an appeal found wrong is noted: a stay also with the days
/// about it, because clerks and registers are a day apart.
fn noted(body: &FactBody, source: &str, shown: Shown<'_>) -> Vec<String> {
    let mut keys: Vec<String> = key(body, source, shown).into_iter().collect();
    if let Some(stay) = Stay::of(body).filter(|_| !is_new_each_time(source)) {
        keys.extend(stay.noted(days(source)));
    }
    keys
}

fn key(body: &FactBody, source: &str, shown: Shown<'_>) -> Option<String> {
    if !burdens(body) {
        return None;
    }
    let kind = body.kind();
    if let Some((evidence, reference)) = shown {
        return Some(format!(
            "{kind}|{}|{}",
            evidence.as_str(),
            folded_number(reference)
        ));
    }
    if is_new_each_time(source) {
        return None;
    }
    let said = said(body)?;
    Some(format!("{kind}|{}|{said}", folded(source)))
}

/// The words under which papers were noted while 第 and 号 still counted: what an appeal found wrong then
/// stays wrong.
fn key_before(body: &FactBody, shown: Shown<'_>) -> Option<String> {
    let (evidence, reference) = shown.filter(|_| burdens(body))?;
    let (kind, number) = (body.kind(), folded(reference));
    Some(format!("{kind}|{}|{number}", evidence.as_str()))
}

fn is_new_each_time(source: &str) -> bool {
    source == SOURCE_VISIT || OWN_WORD.contains(&source)
}

/// Whether a stay is known again by its days: not when two people answer for a paper.
fn keeps_days(source: &str, shown: Shown<'_>) -> bool {
    let by_row = |(evidence, _)| evidence == EvidenceKind::RegistryImport;
    !is_new_each_time(source) && shown.is_none_or(by_row)
}

/// Days that a source shows before the last one: a gate's guard reads a travel card, which names
/// where somebody was within two weeks.
fn days(source: &str) -> i64 {
    match source.starts_with(SOURCE_GATE) {
        true => TRAVEL_CARD_DAYS - 1,
        false => 0,
    }
}

/// A stay, for comparing by place and days.
struct Stay<'a> {
    area: &'a str,
    until: Date,
}

impl<'a> Stay<'a> {
    fn of(body: &'a FactBody) -> Option<Self> {
        let FactBody::Stay { area, until, .. } = body else {
            return None;
        };
        // `4201` and `420100` are one city, `42` and `420000` one province.
        let mut area = area.as_str();
        while let Some(wider) = area.strip_suffix("00") {
            area = wider;
        }
        Some(Self {
            area,
            until: *until,
        })
    }

    /// The place and whatever it lies in.
    fn with_wider(&self) -> impl Iterator<Item = &'a str> {
        let area = self.area;
        (2..=area.len())
            .step_by(2)
            .filter_map(|end| area.get(..end))
    }

    fn asked(&self, before: i64) -> Vec<String> {
        let mut keys = Vec::new();
        for day in span(self.until, before, 0) {
            keys.extend(
                self.with_wider()
                    .map(|area| format!("stay|in {area}|{day}")),
            );
            keys.push(format!("stay|about {}|{day}", self.area));
        }
        keys
    }

    fn noted(&self, before: i64) -> Vec<String> {
        let mut keys = Vec::new();
        for day in span(self.until, before.max(DAYS_APART), DAYS_APART) {
            keys.push(format!("stay|in {}|{day}", self.area));
            keys.extend(
                self.with_wider()
                    .map(|area| format!("stay|about {area}|{day}")),
            );
        }
        keys
    }
}

fn span(until: Date, before: i64, after: i64) -> impl Iterator<Item = Date> {
    (-before..=after).filter_map(move |by| until.checked_add(jiff::Span::new().days(by)).ok())
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
        FactBody::Catalogued { fields, .. } => serde_json::to_string(fields).ok()?,
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
        | FactBody::Employment { .. }
        | FactBody::Catalogued { .. } => true,
    }
}

/// Blanks, brackets, case and full-width forms do not make another paper: letters and digits do,
/// and where a number ends.
fn folded(text: &str) -> String {
    fold(text, |letter| !letter.is_alphanumeric())
}

/// The same for the number of a paper: 第 before it and 号 behind it may be left out.
fn folded_number(text: &str) -> String {
    let around = |letter| matches!(letter, '第' | '号' | '號');
    fold(text, |letter| !letter.is_alphanumeric() || around(letter))
}

fn fold(text: &str, is_mark: impl Fn(char) -> bool) -> String {
    let mut folded = String::new();
    let mut marked = false;
    for letter in text.chars().map(narrow) {
        if is_mark(letter) {
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

/// The digests of a recorded fact's evidence.
pub(super) fn of_recorded(
    app: &App,
    person_id: PersonId,
    view: &FactView,
) -> Vec<[u8; DIGEST_BYTES]> {
    let shown = view.evidence_kind.zip(view.evidence_reference.as_deref());
    let keys = noted(&view.fact.body, &view.source, shown);
    keys.iter().map(|key| digest(app, person_id, key)).collect()
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

    /// Whether a fact can stand on evidence that is known again at all. What speaks for the
    /// person, a call at the door and the person's own word cannot: nothing is read for them.
    pub fn concerns(fact: &NewFact) -> bool {
        !asked(&fact.body, &fact.source, fact.shown()).is_empty()
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
        let keys = asked(body, source, shown);
        keys.iter()
            .any(|key| digests.contains(&digest(app, person_id, key)[..]))
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
        for same in [
            "坪隔2026-1101",
            "坪隔2026-1101 号",
            "坪隔〔2026〕1101号",
            "坪隔〔2026〕第1101号",
            "第坪隔2026-1101號",
        ] {
            assert_eq!(folded_number(same), "坪隔2026-1101", "{same}");
        }
        assert_ne!(folded_number("坪隔2026第1号101"), "坪隔2026-1101");
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

    fn stay(area: &str, until: &str) -> FactBody {
        body(&format!(
            r#"{{"kind":"stay","area":"{area}","risk":"high","until":"{until}","certainty":"declared"}}"#
        ))
    }

    /// Whether the second stay is known again after the first was found wrong.
    fn again(first: (&str, &str, &str), second: (&str, &str, &str)) -> bool {
        let noted = noted(&stay(first.0, first.1), first.2, None);
        let asked = asked(&stay(second.0, second.1), second.2, None);
        asked.iter().any(|key| noted.contains(key))
    }

    #[test]
    fn a_stay_is_its_place_and_days_whoever_says_it() {
        let card = "gate; travel card: hit 湖北武汉";
        let wrong = ("4201", "2020-03-05", card);
        for same in [
            (
                "4201",
                "2020-03-05",
                "gate; travel card: hit 武汉市; host consents",
            ),
            ("4201", "2020-03-06", card),
            ("4201", "2020-03-18", "gate"),
            ("420100", "2020-03-05", "铁路"),
            ("420100", "2020-02-21", "公安库"),
            ("42", "2020-03-05", card),
            ("420106", "2020-03-05", "公安库"),
        ] {
            assert!(again(wrong, same), "{same:?}");
        }
        for new in [
            ("4201", "2020-03-20", "gate"),
            ("420100", "2020-03-07", "铁路"),
            ("420100", "2020-02-19", "公安库"),
            ("4202", "2020-03-05", card),
            ("44", "2020-03-05", card),
        ] {
            assert!(!again(wrong, new), "{new:?}");
        }
        let dated = ("420100", "2020-03-01", "公安库");
        assert!(again(dated, ("420100", "2020-03-02", "电话核查")));
        assert!(
            !again(dated, ("420100", "2020-03-03", "公安库")),
            "he went again"
        );
        assert!(
            again(dated, ("4201", "2020-03-05", "gate")),
            "the card still shows it"
        );
    }

    #[test]
    fn a_stay_that_somebody_found_or_two_people_answer_for_is_new() {
        let wrong = noted(&stay("4201", "2020-03-05"), "gate", None);
        let known = |keys: Vec<String>| keys.iter().any(|key| wrong.contains(key));
        let same = stay("4201", "2020-03-05");
        for source in ["visit", "holder", "counter"] {
            assert!(asked(&same, source, None).is_empty(), "{source}");
        }
        let paper = Some((EvidenceKind::Investigation, "INV-9"));
        assert!(!known(asked(&same, "red_proposal", paper)));
        let row = Some((EvidenceKind::RegistryImport, "row"));
        assert!(known(asked(&same, "police", row)));
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
