//! Writing a version: begun, edited, checked. Nothing here decides anything yet.
//!
//! Only complete tables are stored, so whatever is stored can be tried and back-tested. An edit
//! of tables or cases takes a checked version back to a draft.

use gridpass_rules::cases::Case;
use gridpass_rules::{Catalogue, RuleSet, red};
use gridpass_types::ids::{RuleSetVersion, StaffId};

use super::life::{DraftStatus, Step, StepKind};
use super::model::{
    CaseFailure, CaseReport, FAULTS_TOLD_MAX, NewRuleSet, RuleSetEdit, TablesInput, TablesReport,
    table_problem,
};
use super::store::{self, Tables, drafts};
use crate::app::App;
use crate::auth::Caller;
use crate::catalogue;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, check_note};

/// Cases of a version at most.
const CASES_MAX: usize = 10_000;

/// Tables and cases that may be stored, in their canonical form.
pub struct Content {
    colour_csv: String,
    gate_csv: String,
    cases: String,
    content_sha256: Vec<u8>,
}

impl Content {
    /// Of tables that were read already.
    ///
    /// # Errors
    /// 422 when the tables would stop somebody on no ground, or a line is no case.
    pub fn of(rules: &RuleSet, cases: &str) -> ApiResult<Self> {
        if let Some(state) = red::groundless(rules) {
            let situation = serde_json::to_string(&state).unwrap_or_default();
            // Red follows from a closed list of reasons only.
            return Err(
                ApiError::new(Code::RuleGroundless).detail(format!("for example: {situation}"))
            );
        }
        check_cases(rules, cases)?;
        let (colour_csv, gate_csv) = super::csv(rules)?;
        Ok(Self {
            content_sha256: super::content_sha256(&colour_csv, &gate_csv).to_vec(),
            colour_csv,
            gate_csv,
            cases: cases.trim().to_owned(),
        })
    }

    fn read(both: (&str, &str), cases: &str, catalogue: &Catalogue) -> ApiResult<Self> {
        let both = (both.0.as_bytes(), both.1.as_bytes());
        let rules = RuleSet::from_csv_with(RuleSetVersion::new(0), both, catalogue)
            .map_err(|errors| table_problem(&errors))?;
        Self::of(&rules, cases)
    }
}

/// Refuses lines that are no cases.
fn check_cases(rules: &RuleSet, cases: &str) -> ApiResult<()> {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (line, text) in lines(cases) {
        count += 1;
        if let Err(error) = Case::parse(text, &rules.catalogue) {
            wrong.push(FieldError::new(
                format!("cases line {line}"),
                "case_invalid",
                error.to_string(),
                "不是有效的用例",
            ));
        }
    }
    if count > CASES_MAX {
        let (en, zh) = (
            format!("at most {CASES_MAX} cases"),
            format!("用例最多 {CASES_MAX} 条"),
        );
        wrong = vec![FieldError::new("cases", "too_many_cases", en, zh)];
    }
    wrong.truncate(FAULTS_TOLD_MAX);
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(ApiError::fields(wrong)),
    }
}

/// Lines that hold something, with their numbers.
fn lines(cases: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = cases.lines().enumerate();
    numbered
        .map(|(place, text)| (place + 1, text.trim_start_matches('\u{feff}').trim()))
        .filter(|(_, text)| !text.is_empty())
}

/// Runs cases; a line that is no case fails.
pub fn run_cases(rules: &RuleSet, cases: &str) -> CaseReport {
    let mut report = CaseReport::default();
    let mut fail = |failure: CaseFailure, failed: &mut usize| {
        *failed += 1;
        if *failed <= FAULTS_TOLD_MAX {
            report.failures.push(failure);
        }
    };
    let (mut passed, mut failed) = (0, 0);
    for (line, text) in lines(cases) {
        let mut failure = CaseFailure {
            line,
            id: String::new(),
            expected: None,
            got: None,
            problem: None,
        };
        match Case::parse(text, &rules.catalogue) {
            Err(error) => failure.problem = Some(error.to_string()),
            Ok(case) => {
                let got = case.run(rules);
                if got == case.expect {
                    passed += 1;
                    continue;
                }
                failure.id = case.id;
                failure.expected = Some(case.expect);
                failure.got = Some(got);
            }
        }
        fail(failure, &mut failed);
    }
    report.passed = passed;
    report.failed = failed;
    report
}

/// What is wrong with tables and cases, without storing anything.
pub fn report(input: &TablesInput, catalogue: &Catalogue) -> TablesReport {
    let both = (input.colour_csv.as_bytes(), input.gate_csv.as_bytes());
    match RuleSet::from_csv_with(RuleSetVersion::new(0), both, catalogue) {
        Ok(rules) => TablesReport {
            faults: Vec::new(),
            groundless: red::groundless(&rules),
            cases: run_cases(&rules, &input.cases),
        },
        Err(mut faults) => {
            faults.truncate(FAULTS_TOLD_MAX);
            TablesReport {
                faults,
                groundless: None,
                cases: CaseReport::default(),
            }
        }
    }
}

/// Begins a version from tables.
///
/// # Errors
/// 422 for the note, tables or cases; [`Code::RuleSetUnknown`] for what it is based on.
pub async fn begin(app: &App, caller: &Caller, input: NewRuleSet) -> ApiResult<RuleSetVersion> {
    check_note(&input.note)?;
    let tx = app.db.tx().await?;
    let (based_on, cases) = basis(&tx, app, input.based_on).await?;
    let cases = input.cases.unwrap_or(cases);
    let catalogue = catalogue::approved(&tx).await?;
    let content = Content::read((&input.colour_csv, &input.gate_csv), &cases, &catalogue)?;
    let version = insert(&tx, app, caller, (content, &input.note, based_on)).await?;
    tx.commit().await?;
    Ok(version)
}

/// Begins a version from a workbook that was read; its cases are those of the version in force.
///
/// # Errors
/// 422 for the note or the tables.
pub async fn begin_from_workbook(
    app: &App,
    caller: &Caller,
    (rules, note): (&RuleSet, &str),
) -> ApiResult<RuleSetVersion> {
    check_note(note)?;
    let tx = app.db.tx().await?;
    let (based_on, cases) = basis(&tx, app, None).await?;
    let content = Content::of(rules, &cases)?;
    let version = insert(&tx, app, caller, (content, note, based_on)).await?;
    tx.commit().await?;
    Ok(version)
}

/// The version that a new one is made from, with its cases.
async fn basis(tx: &Client, app: &App, named: Option<i32>) -> ApiResult<(RuleSetVersion, String)> {
    let version = match named {
        Some(version) => version,
        None => {
            let scopes = app.part::<super::InForce>().current(tx).await?;
            scopes.whole().version.get()
        }
    };
    let draft = drafts::find_draft(tx, version).await?;
    let draft = draft.ok_or(Code::RuleSetUnknown)?;
    Ok((draft.tables.version, draft.tables.cases))
}

async fn insert(
    tx: &Client,
    app: &App,
    caller: &Caller,
    (content, note, based_on): (Content, &str, RuleSetVersion),
) -> ApiResult<RuleSetVersion> {
    store::lock_rules(tx).await?;
    let version = RuleSetVersion::new(store::max_version(tx).await? + 1);
    let draft = new_draft(
        version,
        content,
        (note, Some(based_on)),
        (app, Some(caller.staff_id)),
    );
    drafts::insert_draft(tx, &draft).await?;
    let writer = (caller.staff_id, caller.unit.as_str());
    drafts::upsert_editor(tx, version, writer, draft.created_at).await?;
    note_step(tx, app, caller, (version, StepKind::Created, note)).await?;
    Ok(version)
}

pub(super) fn new_draft(
    version: RuleSetVersion,
    content: Content,
    (note, based_on): (&str, Option<RuleSetVersion>),
    (app, by): (&App, Option<StaffId>),
) -> drafts::Draft {
    let now = app.now();
    drafts::Draft {
        tables: Tables {
            version,
            colour_csv: content.colour_csv,
            gate_csv: content.gate_csv,
            cases: content.cases,
        },
        content_sha256: content.content_sha256,
        note: note.trim().to_owned(),
        based_on,
        revision: 1,
        status: DraftStatus::Draft,
        created_at: now,
        created_by: by,
        changed_at: now,
    }
}

/// Overwrites a draft. Other tables or cases take it back to the beginning.
///
/// # Errors
/// 422 for the note, tables or cases; [`Code::RuleSetClosed`], [`Code::RuleSetChanged`].
pub async fn edit(app: &App, caller: &Caller, version: i32, input: &RuleSetEdit) -> ApiResult<()> {
    check_note(&input.note)?;
    let tx = app.db.tx().await?;
    let catalogue = catalogue::approved(&tx).await?;
    let both = (input.colour_csv.as_str(), input.gate_csv.as_str());
    let content = Content::read(both, &input.cases, &catalogue)?;
    let mut draft = lock_open(&tx, version).await?;
    if draft.revision != input.revision {
        return Err(Code::RuleSetChanged.into());
    }
    let note = input.note.trim();
    let same =
        draft.content_sha256 == content.content_sha256 && draft.tables.cases == content.cases;
    if same && draft.note == note {
        return Ok(());
    }
    if !same {
        draft.status = DraftStatus::Draft;
    }
    draft.tables.colour_csv = content.colour_csv;
    draft.tables.gate_csv = content.gate_csv;
    draft.tables.cases = content.cases;
    draft.content_sha256 = content.content_sha256;
    draft.note = note.to_owned();
    draft.revision += 1;
    draft.changed_at = app.now();
    drafts::update_draft(&tx, &draft).await?;
    let writer = (caller.staff_id, caller.unit.as_str());
    drafts::upsert_editor(&tx, draft.tables.version, writer, draft.changed_at).await?;
    let step = (draft.tables.version, StepKind::Edited, note);
    note_step(&tx, app, caller, step).await?;
    tx.commit().await?;
    Ok(())
}

/// Runs a draft's cases; it is checked from then on if all of them pass.
///
/// # Errors
/// [`Code::RuleSetClosed`]; [`Code::RuleSetNoCases`] when there is none.
pub async fn check(app: &App, caller: &Caller, version: i32) -> ApiResult<CaseReport> {
    let tx = app.db.tx().await?;
    let mut draft = lock_open(&tx, version).await?;
    let rules = super::compile(&draft.tables, &catalogue::approved(&tx).await?)?;
    let report = run_cases(&rules, &draft.tables.cases);
    if report.passed + report.failed == 0 {
        return Err(Code::RuleSetNoCases.into());
    }
    let (status, kind) = match report.failed {
        0 => (DraftStatus::Checked, StepKind::Checked),
        _ => (DraftStatus::Draft, StepKind::CheckFailed),
    };
    draft.status = status;
    drafts::update_draft(&tx, &draft).await?;
    let note = format!("{} / {}", report.passed, report.passed + report.failed);
    note_step(&tx, app, caller, (draft.tables.version, kind, &note)).await?;
    tx.commit().await?;
    Ok(report)
}

async fn lock_open(tx: &Client, version: i32) -> ApiResult<drafts::Draft> {
    let draft = drafts::lock_draft(tx, version).await?;
    let draft = draft.ok_or(Code::RuleSetUnknown)?;
    match draft.status {
        DraftStatus::Draft | DraftStatus::Checked => Ok(draft),
        DraftStatus::Approved | DraftStatus::Withdrawn => Err(Code::RuleSetClosed.into()),
    }
}

/// Notes a step that is about no place.
pub(super) async fn note_step(
    tx: &Client,
    app: &App,
    caller: &Caller,
    (version, kind, note): (RuleSetVersion, StepKind, &str),
) -> ApiResult<()> {
    crate::audit::object(format!("rule_set/{version}"));
    let step = Step {
        version,
        kind,
        place_prefix: None,
        note: note.trim(),
        at: app.now(),
        by: Some((caller.staff_id, &caller.unit)),
    };
    Ok(drafts::insert_step(tx, app.ids.next(), &step).await?)
}
