//! Where and when a version is in force: scheduled, started, held, rolled back.
//!
//! What decides is the newest activation of each place. A start notes what it replaces, so
//! that a roll-back goes back step by step and never to and fro. Every change is made under the
//! lock on the rules and counts the epoch up in its own transaction.

use gridpass_types::ids::StaffId;
use jiff::Timestamp;

use super::life::{
    DraftStatus, Flips, NewSchedule, RollBackInput, Schedule, ScheduleStatus, Step, StepKind,
};
use super::store::{self, Activation, ActivationKind, NewActivation, drafts, schedules};
use super::{flips, place};
use crate::app::{App, LiveEvent};
use crate::auth::Caller;
use crate::db::{Client, Tx};
use crate::events;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError, check_note};

/// Who changes something, and of which unit; `None` is background work.
type By<'a> = Option<(StaffId, &'a str)>;

/// Gives an approved version a place and a time; in force at once if no later time is named.
///
/// # Errors
/// 422 for the fields, 404 outside the caller's jurisdiction, [`Code::RuleSetNotApproved`],
/// [`Code::RuleSetInForce`].
pub async fn create(
    app: &App,
    caller: &Caller,
    version: i32,
    input: &NewSchedule,
) -> ApiResult<Schedule> {
    check_note(&input.note)?;
    let now = app.now();
    let from_at = input.from_at.map_or(now, |at| at.max(now));
    check_until(input.until_at, from_at)?;
    let tx = app.db.tx().await?;
    let place_prefix = place::named(&tx, app, caller, &input.place_prefix).await?;
    store::lock_rules(&tx).await?;
    let version = super::require_approved(&tx, version).await?;
    let mut schedule = Schedule {
        schedule_id: app.ids.next(),
        version,
        place_prefix,
        from_at,
        until_at: input.until_at,
        also_narrower: input.also_narrower,
        status: ScheduleStatus::Scheduled,
        note: input.note.trim().to_owned(),
        flips: None,
        created_at: now,
        created_by: caller.staff_id,
        decided_at: None,
        decided_by: None,
    };
    schedules::insert_schedule(&tx, &schedule).await?;
    let by = Some((caller.staff_id, caller.unit.as_str()));
    note(
        &tx,
        app,
        (&schedule, StepKind::Scheduled, &schedule.note),
        by,
    )
    .await?;
    if from_at <= now {
        let places = store::list_activations(&tx).await?;
        if in_force_at(&places, &schedule.place_prefix) == Some(schedule.version) {
            return Err(Code::RuleSetInForce.into());
        }
        start(&tx, app, (&mut schedule, false), by).await?;
    }
    commit(tx, app).await?;
    Ok(schedule)
}

fn check_until(until_at: Option<Timestamp>, from_at: Timestamp) -> ApiResult<()> {
    if until_at.is_none_or(|until| until > from_at) {
        return Ok(());
    }
    Err(ApiError::fields(vec![FieldError::new(
        "until_at",
        "until_before_from",
        "it has to end after it begins",
        "结束时间须晚于开始时间",
    )]))
}

async fn commit(tx: Tx, app: &App) -> ApiResult<()> {
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(())
}

/// The version that a place has of its own.
fn in_force_at(
    places: &[Activation],
    place_prefix: &str,
) -> Option<gridpass_types::ids::RuleSetVersion> {
    let own = places.iter().find(|one| one.place_prefix == place_prefix);
    own.and_then(|own| own.version)
}

/// Puts a schedule's version into force, or holds it when it would flip too many people. The
/// caller holds the lock on the rules.
async fn start(
    tx: &Client,
    app: &App,
    (schedule, released): (&mut Schedule, bool),
    by: By<'_>,
) -> ApiResult<()> {
    let places = store::list_activations(tx).await?;
    if !released {
        let counted = flips::count(tx, app, schedule, &places).await?;
        if counted.above > 0 {
            return hold(tx, app, (schedule, counted), by).await;
        }
    }
    let prefix = schedule.place_prefix.clone();
    let own = places.iter().find(|one| one.place_prefix == prefix);
    let when = (app.now(), by.map(|(staff_id, _)| staff_id));
    let mut activation = NewActivation {
        activation_id: app.ids.next(),
        place_prefix: &prefix,
        version: Some(schedule.version),
        kind: ActivationKind::Start,
        schedule_id: Some(schedule.schedule_id),
        back_to: own.map(|own| own.activation_id),
        by: when,
    };
    if own.and_then(|own| own.version) != Some(schedule.version) {
        store::insert_activation(tx, &activation).await?;
    }
    for narrower in places.iter().filter(|one| schedule.takes_in(one)) {
        activation.activation_id = app.ids.next();
        activation.place_prefix = &narrower.place_prefix;
        activation.version = None;
        activation.kind = ActivationKind::TakenIn;
        activation.back_to = Some(narrower.activation_id);
        store::insert_activation(tx, &activation).await?;
        schedules::end_others(tx, &narrower.place_prefix, None).await?;
    }
    schedules::end_others(tx, &prefix, Some(schedule.schedule_id)).await?;
    schedule.status = ScheduleStatus::InForce;
    schedules::update_schedule(tx, schedule).await?;
    note(tx, app, (schedule, StepKind::Started, &schedule.note), by).await?;
    tell(tx, app, &prefix).await
}

impl Schedule {
    /// Whether a division within, which has a version of its own, follows this start.
    pub(super) fn takes_in(&self, narrower: &Activation) -> bool {
        narrower.place_prefix.len() > self.place_prefix.len()
            && narrower.place_prefix.starts_with(&self.place_prefix)
            && narrower.version.is_some()
            && (self.also_narrower || narrower.version == Some(self.version))
    }
}

async fn hold(
    tx: &Client,
    app: &App,
    (schedule, counted): (&mut Schedule, Flips),
    by: By<'_>,
) -> ApiResult<()> {
    let numbers = format!(
        "{} / {}; > {} % ({})",
        counted.flips, counted.people, app.settings.hold.share_percent, counted.above
    );
    tracing::warn!(
        version = schedule.version.get(),
        flips = counted.flips,
        people = counted.people,
        "a change of the rules is held: it would flip too many people"
    );
    schedule.status = ScheduleStatus::Held;
    schedule.flips = Some(counted);
    schedules::update_schedule(tx, schedule).await?;
    note(tx, app, (schedule, StepKind::Held, &numbers), by).await?;
    tell(tx, app, &schedule.place_prefix).await
}

/// What a person decides about a schedule that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It will not begin; it was not held.
    Cancel,
    /// It begins although it flips many.
    Release,
    /// It does not.
    Reject,
}

/// Decides about a schedule that waits for its time or is held.
///
/// # Errors
/// 404 outside the caller's jurisdiction, [`Code::RuleScheduleDecided`].
pub async fn decide(
    app: &App,
    caller: &Caller,
    (schedule_id, decision): (i64, Decision),
    why: &str,
) -> ApiResult<Schedule> {
    check_note(why)?;
    let tx = app.db.tx().await?;
    store::lock_rules(&tx).await?;
    let schedule = schedules::find_schedule(&tx, schedule_id).await?;
    let mut schedule = schedule.ok_or(Code::NotFound)?;
    place::require(app, caller, &schedule.place_prefix)?;
    let (waits, ends, step) = match decision {
        Decision::Cancel => (
            ScheduleStatus::Scheduled,
            ScheduleStatus::Cancelled,
            StepKind::Cancelled,
        ),
        Decision::Release => (
            ScheduleStatus::Held,
            ScheduleStatus::InForce,
            StepKind::Released,
        ),
        Decision::Reject => (
            ScheduleStatus::Held,
            ScheduleStatus::Rejected,
            StepKind::Rejected,
        ),
    };
    if schedule.status != waits {
        return Err(Code::RuleScheduleDecided.into());
    }
    let by = Some((caller.staff_id, caller.unit.as_str()));
    schedule.status = ends;
    schedule.decided_at = Some(app.now());
    schedule.decided_by = Some(caller.staff_id);
    schedules::update_schedule(&tx, &schedule).await?;
    note(&tx, app, (&schedule, step, why), by).await?;
    if decision == Decision::Release {
        start(&tx, app, (&mut schedule, true), by).await?;
    }
    tell(&tx, app, &schedule.place_prefix).await?;
    commit(tx, app).await?;
    Ok(schedule)
}

/// Returns a place to the version in force there before; one person may, at once: what it
/// returns to was approved by two.
///
/// # Errors
/// 422 for the note, 404 outside the caller's jurisdiction or where no version is in force of
/// its own, [`Code::RuleNothingBefore`].
pub async fn roll_back(app: &App, caller: &Caller, input: &RollBackInput) -> ApiResult<()> {
    check_note(&input.note)?;
    let tx = app.db.tx().await?;
    let prefix = place::named(&tx, app, caller, &input.place_prefix).await?;
    store::lock_rules(&tx).await?;
    let by = Some((caller.staff_id, caller.unit.as_str()));
    let changed = step_back(
        &tx,
        app,
        (&prefix, ActivationKind::RolledBack),
        (by, &input.note),
    );
    changed.await?;
    commit(tx, app).await
}

/// What a roll-back of a place returns to: the activation before, unless its version was given
/// up meanwhile. `None` when nothing was in force there of its own.
///
/// # Errors
/// When the database does not answer.
pub async fn before(db: &Client, current: &Activation) -> ApiResult<Option<Activation>> {
    let mut back_to = current.back_to;
    while let Some(id) = back_to {
        let Some(found) = store::find_activation(db, id).await? else {
            break;
        };
        let Some(version) = found.version else {
            return Ok(None);
        };
        let draft = drafts::find_draft(db, version.get()).await?;
        if draft.is_some_and(|draft| draft.status == DraftStatus::Approved) {
            return Ok(Some(found));
        }
        back_to = found.back_to;
    }
    Ok(None)
}

async fn step_back(
    tx: &Client,
    app: &App,
    (prefix, kind): (&str, ActivationKind),
    (by, why): (By<'_>, &str),
) -> ApiResult<()> {
    let places = store::list_activations(tx).await?;
    let current = places.iter().find(|one| one.place_prefix == prefix);
    let current = current.filter(|one| one.version.is_some());
    let current = current.ok_or(Code::NotFound)?;
    let target = before(tx, current).await?;
    if prefix.is_empty() && target.is_none() {
        return Err(Code::RuleNothingBefore.into());
    }
    let activation = NewActivation {
        activation_id: app.ids.next(),
        place_prefix: prefix,
        version: target.as_ref().and_then(|target| target.version),
        kind,
        schedule_id: None,
        back_to: target.and_then(|target| target.back_to),
        by: (app.now(), by.map(|(staff_id, _)| staff_id)),
    };
    store::insert_activation(tx, &activation).await?;
    restore_narrower(tx, app, (current, &places), &activation).await?;
    schedules::end_others(tx, prefix, None).await?;
    if let Some(version) = current.version {
        let step = match kind {
            ActivationKind::Ended => StepKind::Ended,
            _ => StepKind::RolledBack,
        };
        let step = Step {
            version,
            kind: step,
            place_prefix: Some(prefix),
            note: why.trim(),
            at: app.now(),
            by,
        };
        drafts::insert_step(tx, app.ids.next(), &step).await?;
        crate::audit::object(format!("rule_set/{version}"));
    }
    tell(tx, app, prefix).await
}

/// Gives divisions back the version of their own that the start took from them; not the one
/// that is taken back.
async fn restore_narrower(
    tx: &Client,
    app: &App,
    (current, places): (&Activation, &[Activation]),
    done: &NewActivation<'_>,
) -> ApiResult<()> {
    let Some(schedule_id) = current.schedule_id else {
        return Ok(());
    };
    let taken_in = places.iter().filter(|one| {
        one.place_prefix != current.place_prefix
            && one.version.is_none()
            && one.schedule_id == Some(schedule_id)
    });
    for place in taken_in {
        let Some(back_to) = place.back_to else {
            continue;
        };
        let own = store::find_activation(tx, back_to).await?;
        let Some(own) = own.filter(|own| own.version != current.version) else {
            continue;
        };
        let activation = NewActivation {
            activation_id: app.ids.next(),
            place_prefix: &place.place_prefix,
            version: own.version,
            back_to: own.back_to,
            ..done.clone()
        };
        store::insert_activation(tx, &activation).await?;
    }
    Ok(())
}

/// Begins and ends schedules whose time has come, one at a time; true when one was.
pub async fn due(app: App) -> anyhow::Result<bool> {
    let db = app.db.client().await?;
    let waiting = schedules::list_due(&db, app.now()).await?;
    drop(db);
    if waiting.is_empty() {
        return Ok(false);
    }
    let tx = app.db.tx().await?;
    store::lock_rules(&tx).await?;
    // Another node may have been first while we waited.
    let waiting = schedules::list_due(&tx, app.now()).await?;
    let Some(mut schedule) = waiting.into_iter().next() else {
        return Ok(true);
    };
    match schedule.status {
        ScheduleStatus::Scheduled => start(&tx, &app, (&mut schedule, false), None).await?,
        _ => end(&tx, &app, &mut schedule).await?,
    }
    commit(tx, &app).await?;
    Ok(true)
}

async fn end(tx: &Client, app: &App, schedule: &mut Schedule) -> ApiResult<()> {
    let places = store::list_activations(tx).await?;
    let is_current = places.iter().any(|one| {
        one.place_prefix == schedule.place_prefix && one.schedule_id == Some(schedule.schedule_id)
    });
    schedule.status = ScheduleStatus::Ended;
    schedules::update_schedule(tx, schedule).await?;
    if !is_current {
        return Ok(());
    }
    let place = (schedule.place_prefix.as_str(), ActivationKind::Ended);
    match step_back(tx, app, place, (None, &schedule.note)).await {
        // Everything before was given up meanwhile: some rules have to decide, so these stay.
        Err(error) if error.code() == Code::RuleNothingBefore => {
            note(tx, app, (schedule, StepKind::Ended, &schedule.note), None).await
        }
        done => done,
    }
}

async fn note(
    tx: &Client,
    app: &App,
    (schedule, kind, note): (&Schedule, StepKind, &str),
    by: By<'_>,
) -> ApiResult<()> {
    crate::audit::object(format!("rule_schedule/{}", schedule.schedule_id));
    let step = Step {
        version: schedule.version,
        kind,
        place_prefix: Some(&schedule.place_prefix),
        note: note.trim(),
        at: app.now(),
        by,
    };
    Ok(drafts::insert_step(tx, app.ids.next(), &step).await?)
}

/// Tells the other makers and approvers that something changed in a place.
pub(super) async fn tell(tx: &Client, app: &App, prefix: &str) -> ApiResult<()> {
    let event = LiveEvent {
        topic: events::RULES,
        place_code: place::leaf(app, prefix),
        body: serde_json::json!({ "place_prefix": prefix })
            .to_string()
            .into(),
    };
    Ok(events::notify(tx, &event).await?)
}
