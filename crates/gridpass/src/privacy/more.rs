//! The rest of what is held about a person: what they asked for, said and were told.

use gridpass_types::ids::PersonId;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::api::{ROWS_MAX, held};
use super::model::{Because, Held, kept};
use super::store::more as store;
use crate::app::App;
use crate::appeals::{self, OwnAppeal};
use crate::db::Client;
use crate::declarations::{self, GivenAnswer};
use crate::http::error::ApiResult;
use crate::notify::{self, NoticeView};
use crate::seal::Field;

/// A reading of a daily check.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldReading {
    /// When it was taken.
    pub at: Timestamp,
    /// Degrees Celsius.
    pub temperature: f64,
    /// What the person felt.
    pub symptoms: Vec<String>,
    /// Whether the person sent it; somebody of the team took it otherwise.
    pub own: bool,
}

/// An opening of the door that was announced.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldOpening {
    /// What for.
    pub purpose: String,
    /// From when.
    pub from_at: Timestamp,
    /// Until when.
    pub until_at: Timestamp,
    /// When it was taken back.
    pub withdrawn_at: Option<Timestamp>,
}

/// Something that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldNeed {
    /// What.
    pub kind: String,
    /// The person's words.
    pub note: Option<String>,
    /// Where it stands.
    pub status: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

/// A paper that was issued.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldPaper {
    /// `observation_end`, `residence`, or `pass` for the newest pass on paper.
    pub kind: String,
    /// When.
    pub issued_at: Timestamp,
    /// By which unit; absent for a pass.
    pub unit: Option<String>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
}

/// A phone that carries or carried a pass of the family.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldLink {
    /// Whether the person's phone carries another's pass; the person's is carried otherwise.
    pub carries: bool,
    /// On what it stands: `consent`, `minor` or `household`.
    pub basis: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// A phone that may show the pass.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldPhone {
    /// When it was admitted.
    pub since: Timestamp,
    /// When it was ended; it ends by itself otherwise.
    pub ended_at: Option<Timestamp>,
}

/// What a person asked for, said and was told.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnMore {
    /// Appeals with what was written and answered.
    pub appeals: Held<OwnAppeal>,
    /// What the person was told.
    pub notices: Held<NoticeView>,
    /// What the person declared.
    pub declarations: Held<GivenAnswer>,
    /// Readings of daily checks.
    pub readings: Held<HeldReading>,
    /// Openings of the door that were announced.
    pub openings: Held<HeldOpening>,
    /// What was asked for during an observation.
    pub needs: Held<HeldNeed>,
    /// Papers that were issued.
    pub papers: Held<HeldPaper>,
    /// Phones that carry each other's pass.
    pub family: Held<HeldLink>,
    /// Phones that may show the pass.
    pub phones: Held<HeldPhone>,
}

/// Reads it.
pub async fn load(db: &Client, app: &App, id: PersonId) -> ApiResult<OwnMore> {
    // One more than is shown, to know whether there are more.
    let rows = i64::try_from(ROWS_MAX + 1).unwrap_or(i64::MAX);
    let (evidence, pass) = (Because::Evidence, Because::Pass);
    let mut needs = Vec::new();
    for (need_id, sealed, mut need) in store::list_needs(db, id, rows).await? {
        let open = |sealed: Vec<u8>| app.sealer.open_text(Field::NeedNote, need_id, &sealed);
        need.note = sealed.map(open).transpose()?;
        needs.push(need);
    }
    let appeals = appeals::list_of(db, app, id).await?;
    let declared = declarations::list_given(db, app, id, rows).await?;
    Ok(OwnMore {
        appeals: held(appeals, kept("appeal", "statement_sealed"), evidence),
        notices: held(
            notify::list(db, &[id]).await?,
            kept("notice", "parameters"),
            evidence,
        ),
        declarations: held(declared, kept("declaration", "answer_sealed"), evidence),
        readings: held(
            store::list_readings(db, id, rows).await?,
            kept("daily_check", "decicelsius"),
            evidence,
        ),
        openings: held(
            store::list_openings(db, id, rows).await?,
            kept("door_opening", "purpose"),
            evidence,
        ),
        needs: held(needs, kept("need", "kind"), evidence),
        papers: held(
            store::list_papers(db, id, rows).await?,
            kept("issued_paper", "kind"),
            evidence,
        ),
        family: held(
            store::list_links(db, id, rows).await?,
            kept("pass_carrier", "basis"),
            pass,
        ),
        phones: held(
            store::list_phones(db, id, rows).await?,
            kept("holder_session", "created_at"),
            pass,
        ),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    /// Tables with personal columns of somebody that the own data shows.
    const SHOWN: [&str; 17] = [
        "appeal",
        "appeal_evidence",
        "appeal_step",
        "daily_check",
        "declaration",
        "door_opening",
        "fact",
        "guardian_link",
        "issued_paper",
        "need",
        "notice",
        "pass_carrier",
        "person",
        "privacy_consent",
        "quarantine_order",
        "scan",
        "visit",
    ];

    /// Tables with personal columns of somebody that it does not show, and why.
    const NOT_SHOWN: [(&str, &str); 20] = [
        (
            "alert",
            "about an event that is shown: a reading, a check at a gate, an opening",
        ),
        ("alert_step", "what the team did about it"),
        (
            "appeal_evidence_chunk",
            "the files themselves, opened from the appeal",
        ),
        (
            "carrier_key",
            "keys of phones whose holders are shown as those who carry the pass",
        ),
        ("break_glass", "shown among who looked"),
        (
            "door_call",
            "how a visit went that is shown with its outcome",
        ),
        (
            "door_event",
            "a sensor's report; an unannounced one is shown as what followed",
        ),
        ("door_sensor", "a device on the door"),
        ("late_red", "a check at a gate that is shown"),
        ("gate_check", "a fact that is shown"),
        ("missed_check", "a reading that is not there"),
        (
            "number_claim",
            "whether another record holds the number, which who gave it must not learn",
        ),
        ("person_identifier", "a digest of the number that is shown"),
        (
            "person_state",
            "what the evidence adds up to; the pass and its explanation show it",
        ),
        ("quarantine_step", "changes of an order that is shown"),
        (
            "red_proposal",
            "nothing until a second unit confirms it; then it is evidence, which is shown",
        ),
        (
            "registry_import_row",
            "a line of a file; what it changed is evidence, which is shown",
        ),
        (
            "resolved_evidence",
            "a digest of evidence that an appeal found wrong",
        ),
        (
            "scan_proof",
            "the code that a check at a gate was made with; gone after its signature was checked",
        ),
        ("held_state", "a date that waits; the explanation says so"),
    ];

    /// A table about people is shown to them, or somebody said why not.
    #[test]
    fn everything_about_somebody_is_shown_or_has_a_reason() {
        let text = include_str!("../../../../columns.toml");
        let tables: BTreeMap<String, BTreeMap<String, toml::Table>> = toml::from_str(text).unwrap();
        let personal = |columns: &BTreeMap<String, toml::Table>| {
            let class = |column: &toml::Table| column["class"].as_str().map(str::to_owned);
            let of_people =
                |column| matches!(class(column).as_deref(), Some("personal" | "sensitive"));
            columns.contains_key("person_id") && columns.values().any(of_people)
        };
        for (table, columns) in &tables {
            let shown = SHOWN.contains(&table.as_str());
            let excused = NOT_SHOWN.iter().any(|(name, _)| name == table);
            assert!(!(shown && excused), "{table}");
            if personal(columns) {
                assert!(
                    shown || excused,
                    "{table}: show it in /pass/data, or say why not"
                );
            }
        }
        let named = SHOWN.iter().chain(NOT_SHOWN.iter().map(|(name, _)| name));
        for name in named {
            assert!(tables.contains_key(*name), "{name} is gone");
        }
    }
}
