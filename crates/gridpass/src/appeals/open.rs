//! Opening an appeal: against the colour of now or a wrong detail, once for each cause.

use gridpass_types::ids::{AppealId, PersonId, StaffId};
use jiff::SignedDuration;

use super::model::{About, Appeal, AppealKind, AppealStatus, StepKind, kind_of};
use super::store::{self, StepRow};
use super::{owner, tell};
use crate::app::App;
use crate::db::Client;
use crate::divisions::{self, Desk, DutyLevel};
use crate::facts::{self, Cause};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, violates};
use crate::limits::{self, Limit};
use crate::notify::{self, AppealUnit, Notice, Words};
use crate::seal::Field;

/// An appeal to open.
pub struct NewAppeal<'a> {
    /// For whom.
    pub person_id: PersonId,
    /// Against what.
    pub about: About,
    /// The person's words.
    pub statement: &'a str,
    /// Staff at a counter.
    pub opened_by: Option<StaffId>,
}

/// Counts an appeal for the person's day.
pub async fn count(app: &App, person_id: PersonId) -> ApiResult<()> {
    let limit = Limit {
        kind: "appeals",
        uses_max: app.settings.appeals.per_person_day,
        window: SignedDuration::from_hours(24),
        code: Code::TooManyTries,
    };
    let key = app.sealer.lasting_digest("appeals", &person_id.to_string());
    limits::take(app, &limit, &key).await
}

/// Opens an appeal and names who has it, in the caller's transaction. The person is told.
pub async fn open(tx: &Client, app: &App, new: &NewAppeal<'_>) -> ApiResult<Appeal> {
    let mut appeal = prepare(tx, app, new).await?;
    place(tx, app, &mut appeal).await?;
    let id = appeal.appeal_id.get();
    let text = new.statement.as_bytes();
    let sealed = app
        .sealer
        .seal(Field::AppealStatement, id, text, &app.entropy);
    store::insert_appeal(tx, &appeal, &sealed)
        .await
        .map_err(one_open)?;
    step(tx, app, &appeal, (StepKind::Opened, new.opened_by, None)).await?;
    let notice = Notice::AppealOpened {
        unit: unit(tx, &appeal).await?,
        due_at: appeal.due_at,
    };
    notify::tell(tx, app, appeal.person_id, &notice).await?;
    tell(tx, &appeal).await?;
    Ok(appeal)
}

fn one_open(error: tokio_postgres::Error) -> ApiError {
    if violates(&error, "appeal_one_open_idx") {
        Code::AppealExists.into()
    } else {
        error.into()
    }
}

async fn prepare(tx: &Client, app: &App, new: &NewAppeal<'_>) -> ApiResult<Appeal> {
    let row = facts::lock_person(tx, new.person_id).await?;
    let against = against(tx, app, new).await?;
    let now = app.now();
    let mut appeal = Appeal {
        person_id: new.person_id,
        appeal_id: AppealId::new(app.ids.next()),
        place_code: row.place_code,
        kind: against.kind,
        cause: against.cause,
        rule: against.rule.as_ref().map(|(rule, _)| rule.clone()),
        rule_set_version: against.rule.map(|(_, version)| version),
        fact_ids: against.facts.fact_ids,
        set_by: against.facts.set_by,
        medical: against.facts.medical,
        desk: against.desk,
        level: against.desk.first_level(),
        owner_id: None,
        status: AppealStatus::Open,
        opened_at: now,
        opened_by: new.opened_by,
        due_at: now,
        missed: 0,
        provisional: None,
        provisional_at: None,
        decided_at: None,
        decided_by: None,
        decision_reason: None,
    };
    appeal.due_at = now + appeal.term(&app.settings.appeals);
    Ok(appeal)
}

/// What an appeal is against.
struct Against {
    kind: AppealKind,
    cause: String,
    rule: Option<(String, gridpass_types::ids::RuleSetVersion)>,
    facts: Cause,
    desk: Desk,
}

async fn against(tx: &Client, app: &App, new: &NewAppeal<'_>) -> ApiResult<Against> {
    let now = app.now();
    let (cause, kind, desk) = match new.about {
        About::Colour => return against_colour(tx, app, new.person_id).await,
        About::Residence => ("residence", Some("residence"), Desk::Community),
        About::Workplace => ("workplace", Some("employment"), Desk::Community),
        About::Name => ("name", None, Desk::DataDesk),
        About::Other => ("other", None, Desk::Community),
    };
    let facts = match kind {
        Some(kind) => facts::cause_of_detail(tx, new.person_id, (kind, now)).await?,
        None => Cause::default(),
    };
    Ok(Against {
        kind: AppealKind::Detail,
        cause: cause.to_owned(),
        rule: None,
        facts,
        desk,
    })
}

async fn against_colour(tx: &Client, app: &App, person_id: PersonId) -> ApiResult<Against> {
    let now = app.now();
    let replayed = facts::state_at(tx, app, person_id, now).await?;
    let (facts, _) = facts::cause_of_colour(tx, person_id, (&replayed, now)).await?;
    let decision = replayed.decision;
    Ok(Against {
        kind: kind_of(decision.colour).ok_or(Code::AppealNotNeeded)?,
        cause: decision.reason.as_str().to_owned(),
        rule: Some((decision.rule, decision.rule_set_version)),
        facts,
        desk: Desk::of(decision.reason),
    })
}

/// Finds an owner, at the lowest level at which there is somebody fit; without anybody it waits
/// where it belongs, and its clock runs.
async fn place(tx: &Client, app: &App, appeal: &mut Appeal) -> ApiResult<()> {
    let first = appeal.level;
    let mut level = Some(first);
    while let Some(at) = level {
        appeal.level = at;
        appeal.owner_id = owner::choose(tx, app, appeal).await?;
        if appeal.owner_id.is_some() {
            return Ok(());
        }
        level = at.above();
    }
    appeal.level = first;
    Ok(())
}

/// Writes a step that shows where the appeal stands now.
pub async fn step(
    tx: &Client,
    app: &App,
    appeal: &Appeal,
    (kind, by, detail): (StepKind, Option<StaffId>, Option<&str>),
) -> ApiResult<()> {
    let open = appeal.status == AppealStatus::Open;
    let row = StepRow {
        appeal_id: appeal.appeal_id,
        kind,
        at: app.now(),
        by,
        level: appeal.level,
        owner_id: appeal.owner_id,
        due_at: open.then_some(appeal.due_at),
        detail: detail.map(str::to_owned),
    };
    Ok(store::insert_step(tx, (appeal.person_id, app.ids.next()), &row).await?)
}

/// The unit that a person is told.
pub async fn unit(db: &Client, appeal: &Appeal) -> ApiResult<AppealUnit> {
    let duty: (Desk, DutyLevel) = (appeal.desk, appeal.level);
    let unit = divisions::responsible(db, &appeal.place_code, duty).await?;
    Ok(AppealUnit {
        name: Words {
            zh: unit.unit_zh,
            en: unit.unit_en,
        },
        phone: unit.phone,
    })
}
