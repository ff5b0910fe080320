//! The end of an appeal. In favour, what caused it is taken back in the same transaction, and
//! the same evidence never causes it again; against, what was suspended counts again.

use gridpass_types::PersonName;
use gridpass_types::ids::StaffId;

use super::model::{Appeal, AppealKind, AppealStatus, DecisionReason, Provisional, StepKind};
use super::wire::{DecideInput, check_text};
use super::{open, store, tell};
use crate::app::App;
use crate::auth::Caller;
use crate::db::Client;
use crate::facts::{self, REASON_GRANTED, Resolution, visit_needed};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};
use crate::jobs::outbox;
use crate::notify::{self, Notice};
use crate::people;
use crate::quarantine;
use crate::seal::Field;

/// Hours within which a grid worker calls after an appeal.
const VISIT_HOURS: u16 = 24;

/// Decides, or answers the same decision of the same caller alike.
pub async fn decide(
    app: &App,
    asked: &Appeal,
    (caller, input): (&Caller, &DecideInput),
) -> ApiResult<()> {
    let text = check_text("text", &input.text)?;
    let name = check_fit(asked, input)?;
    let tx = caller.tx_on(app, asked).await?;
    facts::lock_person(&tx, asked.person_id).await?;
    let mut appeal = lock(&tx, asked).await?;
    let same = appeal.decision_reason == Some(input.reason);
    if same && appeal.decided_by == Some(caller.staff_id) {
        return Ok(());
    }
    if let Some(code) = appeal.hindrance(caller) {
        return Err(code.into());
    }
    if input.reason.grants() {
        if let Some(code) = appeal.grant_hindrance(caller) {
            return Err(code.into());
        }
        grant(&tx, app, &appeal, (caller.staff_id, input.reason)).await?;
        if let Some(name) = &name {
            people::correct_name(&tx, app, appeal.person_id, name).await?;
        }
    } else {
        reject(&tx, app, &appeal).await?;
    }
    let by = (Some(caller.staff_id), Some(input.reason));
    end(&tx, app, &mut appeal, (by, Some(text))).await?;
    let notice = Notice::AppealDecided {
        granted: input.reason.grants(),
        reason: input.reason.words(),
    };
    notify::tell(&tx, app, appeal.person_id, &notice).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(())
}

/// Refuses reasons that do not fit what the appeal is against; gives the right name, if one was
/// given.
fn check_fit(appeal: &Appeal, input: &DecideInput) -> ApiResult<Option<PersonName>> {
    let detail = appeal.kind == AppealKind::Detail;
    let by_facts = !appeal.fact_ids.is_empty();
    let fits = match input.reason {
        DecisionReason::EvidenceWrong | DecisionReason::WrongPerson | DecisionReason::Outdated => {
            by_facts
        }
        DecisionReason::DetailCorrected => detail,
        DecisionReason::VisitOrdered => !by_facts || detail,
        DecisionReason::EvidenceConfirmed
        | DecisionReason::TermRuns
        | DecisionReason::NothingShown => true,
    };
    if !fits {
        return Err(unfit("reason"));
    }
    let naming = appeal.cause == "name" && input.reason == DecisionReason::DetailCorrected;
    match &input.correct_name {
        Some(_) if !naming => Err(unfit("correct_name")),
        None if naming => Err(unfit("correct_name")),
        Some(name) => PersonName::parse(name.expose())
            .map(Some)
            .map_err(|_| unfit("correct_name")),
        None => Ok(None),
    }
}

fn unfit(field: &str) -> ApiError {
    ApiError::fields(vec![FieldError::new(
        field,
        "decision_unfit",
        "does not fit what the appeal is against",
        "与申诉事项不符",
    )])
}

/// Takes back what caused the appeal, and has a grid worker look where evidence is missing now.
async fn grant(
    tx: &Client,
    app: &App,
    appeal: &Appeal,
    (by, reason): (StaffId, DecisionReason),
) -> ApiResult<()> {
    let person_id = appeal.person_id;
    let mut fact_ids = appeal.fact_ids.clone();
    // What is wrong with an order is wrong with every paper it ever stood on.
    let orders = quarantine::whole_of(tx, person_id, &fact_ids).await?;
    fact_ids.extend(orders.fact_ids);
    if orders.live {
        quarantine::cancel_live(tx, app, (person_id, by)).await?;
    }
    let resolution = Resolution {
        appeal_id: appeal.appeal_id,
        fact_ids: &fact_ids,
        by: Some(by),
        reason: REASON_GRANTED,
    };
    let changed = facts::resolve(tx, app, person_id, &resolution).await?;
    let mut follow_ups = match &changed {
        Some(changed) => facts::follow_ups(person_id, &changed.decision, None, app.now()),
        None => Vec::new(),
    };
    if reason == DecisionReason::VisitOrdered {
        let cause = match appeal.cause.as_str() {
            "residence" | "other" | "name" => "residence_unverified",
            "workplace" => "employment_unverified",
            reason => reason,
        };
        let mut visit = visit_needed(person_id, (cause, VISIT_HOURS), None, app.now());
        // Somebody may have called already today; this one is asked for anew.
        visit.dedupe_key = format!("appeal|{}", appeal.appeal_id);
        follow_ups.push(visit);
    }
    Ok(outbox::insert(tx, &follow_ups, app.now()).await?)
}

/// What a clock suspended counts again.
async fn reject(tx: &Client, app: &App, appeal: &Appeal) -> ApiResult<()> {
    if appeal.provisional == Some(Provisional::SuspendCause) {
        let of = (appeal.appeal_id, &appeal.fact_ids[..]);
        facts::reinstate(tx, app, appeal.person_id, of).await?;
    }
    Ok(())
}

/// Takes an appeal back, for the person; what was suspended counts again.
pub async fn withdraw(app: &App, asked: &Appeal) -> ApiResult<()> {
    let tx = app.db.tx().await?;
    facts::lock_person(&tx, asked.person_id).await?;
    let mut appeal = lock(&tx, asked).await?;
    if appeal.status == AppealStatus::Withdrawn {
        return Ok(());
    }
    if appeal.status != AppealStatus::Open {
        return Err(Code::AppealClosed.into());
    }
    reject(&tx, app, &appeal).await?;
    end(&tx, app, &mut appeal, ((None, None), None)).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes how it ended, with its step, and tells open inboxes.
async fn end(
    tx: &Client,
    app: &App,
    appeal: &mut Appeal,
    ((by, reason), text): ((Option<StaffId>, Option<DecisionReason>), Option<&str>),
) -> ApiResult<()> {
    let (status, kind) = match reason.map(DecisionReason::grants) {
        Some(true) => (AppealStatus::Granted, StepKind::Granted),
        Some(false) => (AppealStatus::Rejected, StepKind::Rejected),
        None => (AppealStatus::Withdrawn, StepKind::Withdrawn),
    };
    appeal.status = status;
    appeal.decided_at = Some(app.now());
    appeal.decided_by = by;
    appeal.decision_reason = reason;
    let id = appeal.appeal_id.get();
    let seal = |text: &str| {
        let text = text.as_bytes();
        app.sealer
            .seal(Field::AppealDecision, id, text, &app.entropy)
    };
    let sealed = text.map(seal);
    store::end_appeal(tx, appeal, sealed.as_deref()).await?;
    let detail = reason.map(DecisionReason::as_str);
    open::step(tx, app, appeal, (kind, by, detail)).await?;
    tell(tx, appeal).await
}

/// The appeal as it stands, locked.
pub async fn lock(tx: &Client, asked: &Appeal) -> ApiResult<Appeal> {
    let found = store::lock_appeal(tx, asked).await?;
    found.ok_or_else(|| Code::NotFound.into())
}
