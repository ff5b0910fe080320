//! Appeals as staff and as the person see them.

use std::collections::HashMap;

use gridpass_types::ids::{AppealId, PersonId, StaffId};

use super::model::{Appeal, AppealStatus};
use super::store::{self, Listed, StepRow};
use super::wire::{AppealDetail, AppealOwner, AppealStep, AppealView, OwnAppeal, OwnStep};
use crate::app::App;
use crate::auth::Caller;
use crate::db::Client;
use crate::divisions;
use crate::facts;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::masking::{self, Shown, Viewer};
use crate::seal::Field;
use crate::staff;

type Names = HashMap<i64, (String, String)>;

/// Appeals of a list.
pub async fn listed(
    db: &Client,
    app: &App,
    (caller, rows): (&Caller, Vec<Listed>),
) -> ApiResult<Vec<AppealView>> {
    let owners: Vec<i64> = rows
        .iter()
        .filter_map(|row| row.appeal.owner_id.map(StaffId::get))
        .collect();
    let names = staff::names_of(db, &owners).await?;
    rows.into_iter()
        .map(|row| one(app, caller, (row, &names)))
        .collect()
}

fn one(app: &App, caller: &Caller, (row, names): (Listed, &Names)) -> ApiResult<AppealView> {
    let appeal = row.appeal;
    let viewer = Viewer::Staff(caller.role);
    let sealed = (appeal.person_id.get(), row.name_sealed.as_deref());
    let name = masking::show(&app.sealer, viewer, Shown::Name, sealed)?;
    let now = app.now();
    let open = appeal.status == AppealStatus::Open;
    let grant = appeal.grant_hindrance(caller).filter(|_| open);
    Ok(AppealView {
        pass_serial: row.pass_serial,
        name,
        owner: appeal.owner_id.map(|id| owner(id, names)),
        mine: open && appeal.owner_id == Some(caller.staff_id),
        late: appeal.is_late(now),
        hindrance: appeal.hindrance(caller).map(Code::as_str),
        grant_hindrance: grant.map(Code::as_str),
        person_id: appeal.person_id,
        appeal_id: appeal.appeal_id,
        place_code: appeal.place_code,
        kind: appeal.kind,
        cause: appeal.cause,
        medical: appeal.medical,
        desk: appeal.desk,
        level: appeal.level,
        status: appeal.status,
        opened_at: appeal.opened_at,
        at_counter: appeal.opened_by.is_some(),
        due_at: appeal.due_at,
        missed: appeal.missed,
        provisional: appeal.provisional,
        decided_at: appeal.decided_at,
        decision_reason: appeal.decision_reason,
    })
}

fn owner(staff_id: StaffId, names: &Names) -> AppealOwner {
    let known = names.get(&staff_id.get());
    AppealOwner {
        staff_id,
        name: known.map(|(name, _)| name.clone()),
        unit: known.map(|(_, unit)| unit.clone()),
        open: None,
    }
}

/// One appeal with all that belongs to it.
pub async fn detail(
    db: &Client,
    app: &App,
    (caller, asked): (&Caller, &Appeal),
) -> ApiResult<AppealDetail> {
    let (person, id) = ([asked.person_id], [asked.appeal_id]);
    let rows = store::list_of_people(db, &person, LIST_ROWS_MAX).await?;
    let row = rows
        .into_iter()
        .find(|row| row.appeal.appeal_id == asked.appeal_id)
        .ok_or(Code::NotFound)?;
    let appeal = row.appeal.clone();
    let steps = store::list_steps(db, &person, &id).await?;
    let staff = steps.iter().flat_map(|step| [step.by, step.owner_id]);
    let ids: Vec<i64> = staff
        .chain([appeal.owner_id])
        .flatten()
        .map(StaffId::get)
        .collect();
    let names = staff::names_of(db, &ids).await?;
    let texts = texts(db, app, &appeal).await?;
    let evidence = store::evidence::list_evidence(db, &person, &id).await?;
    let duty = (appeal.desk, appeal.level);
    Ok(AppealDetail {
        appeal: one(app, caller, (row, &names))?,
        statement: texts.0,
        decision_text: texts.1,
        responsible: divisions::responsible(db, &appeal.place_code, duty).await?,
        facts: facts::list_by_id(db, appeal.person_id, &appeal.fact_ids).await?,
        steps: steps.into_iter().map(|row| step(row, &names)).collect(),
        evidence: evidence.into_iter().map(|(_, view)| view).collect(),
    })
}

fn step(row: StepRow, names: &Names) -> AppealStep {
    AppealStep {
        kind: row.kind,
        at: row.at,
        by: row.by.map(|id| owner(id, names)),
        level: row.level,
        owner: row.owner_id.map(|id| owner(id, names)),
        due_at: row.due_at,
        detail: row.detail,
    }
}

/// The words of both sides, opened.
async fn texts(db: &Client, app: &App, appeal: &Appeal) -> ApiResult<(String, Option<String>)> {
    let sealed = store::get_texts(db, appeal).await?;
    let id = appeal.appeal_id.get();
    let open = |field, sealed: &[u8]| app.sealer.open_text(field, id, sealed);
    let statement = open(Field::AppealStatement, &sealed.statement)?;
    let decision = sealed.decision.as_deref();
    let decision = decision.map(|sealed| open(Field::AppealDecision, sealed));
    Ok((statement, decision.transpose()?))
}

/// Appeals that a phone is shown at most.
pub const LIST_ROWS_MAX: i64 = 100;

/// The appeals of everybody on a phone, newest first.
pub async fn own(db: &Client, app: &App, people: &[PersonId]) -> ApiResult<Vec<OwnAppeal>> {
    let rows = store::list_of_people(db, people, LIST_ROWS_MAX).await?;
    let ids: Vec<AppealId> = rows.iter().map(|row| row.appeal.appeal_id).collect();
    let mut steps: HashMap<AppealId, Vec<OwnStep>> = HashMap::new();
    for row in store::list_steps(db, people, &ids).await? {
        steps.entry(row.appeal_id).or_default().push(OwnStep {
            kind: row.kind,
            at: row.at,
            level: row.level,
            due_at: row.due_at,
        });
    }
    let mut shown: HashMap<AppealId, Vec<_>> = HashMap::new();
    for (id, view) in store::evidence::list_evidence(db, people, &ids).await? {
        shown.entry(id).or_default().push(view);
    }
    let mut own = Vec::with_capacity(rows.len());
    for row in rows {
        let id = row.appeal.appeal_id;
        let mut view = own_one(db, app, row).await?;
        view.steps = steps.remove(&id).unwrap_or_default();
        view.evidence = shown.remove(&id).unwrap_or_default();
        own.push(view);
    }
    Ok(own)
}

async fn own_one(db: &Client, app: &App, row: Listed) -> ApiResult<OwnAppeal> {
    let appeal = row.appeal;
    let (statement, decision_text) = texts(db, app, &appeal).await?;
    let duty = (appeal.desk, appeal.level);
    let responsible = divisions::responsible(db, &appeal.place_code, duty).await?;
    let words = appeal.decision_reason.map(|reason| reason.words());
    let serial = row.pass_serial;
    Ok(OwnAppeal {
        late: appeal.is_late(app.now()),
        appeal_id: appeal.appeal_id,
        pass_serial: serial.ok_or_else(|| ApiError::new(Code::PersonUnknown))?,
        kind: appeal.kind,
        cause: appeal.cause,
        status: appeal.status,
        statement,
        level: appeal.level,
        responsible,
        opened_at: appeal.opened_at,
        due_at: appeal.due_at,
        missed: appeal.missed,
        provisional: appeal.provisional,
        decided_at: appeal.decided_at,
        decision_reason: appeal.decision_reason,
        reason_zh: words.as_ref().map(|words| words.zh.clone()),
        reason_en: words.map(|words| words.en),
        decision_text,
        steps: Vec::new(),
        evidence: Vec::new(),
    })
}
