//! One phone, several people: children and old people on a guardian's phone.
//!
//! Whoever adds a dependant proves as much as an enrolment does. A dependant without a phone
//! of their own is reached by the guardian's, so that is compared and stored.

use gridpass_types::ids::PersonId;

use super::enrol::{Enrolment, enrol};
use super::model::Details;
use super::{number_digests, store};
use crate::app::App;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Dependants one phone may carry.
const DEPENDANTS_MAX: usize = 8;

/// Enrols a dependant and puts the pass on the guardian's phone; again changes nothing.
///
/// # Errors
/// 409 `already_enrolled` when the details do not agree with what is held, 409
/// `too_many_dependants`, 422 when it is the guardian.
pub(super) async fn add(app: &App, guardian: PersonId, details: Details) -> ApiResult<PersonId> {
    let dependant = open(app, guardian, details).await?;
    if dependant == guardian {
        return Err(own_number());
    }
    // A transaction of its own: guardian and dependant may live on different servers.
    let tx = app.db.tx().await?;
    store::lock_person(&tx, guardian.get()).await?;
    let linked = store::list_dependants(&tx, guardian).await?;
    if !linked.contains(&dependant) {
        if linked.len() >= DEPENDANTS_MAX {
            return Err(Code::TooManyDependants.into());
        }
        store::link_dependant(&tx, guardian, dependant, app.now()).await?;
    }
    tx.commit().await?;
    Ok(dependant)
}

async fn open(app: &App, guardian: PersonId, mut details: Details) -> ApiResult<PersonId> {
    let tx = app.db.tx().await?;
    let digests = number_digests(app, &details.number);
    let known = store::find_by_digests(&tx, &digests).await?;
    if known == Some(guardian) {
        return Err(own_number());
    }
    // Before anything is entered: a full phone must not leave strangers behind.
    let linked = store::list_dependants(&tx, guardian).await?;
    if linked.len() >= DEPENDANTS_MAX && known.is_none_or(|known| !linked.contains(&known)) {
        return Err(Code::TooManyDependants.into());
    }
    if details.phone.is_none() {
        let found = store::find_person(&tx, guardian.get()).await?;
        let holder = found.ok_or_else(|| ApiError::new(Code::PersonUnknown))?;
        details.phone = holder.phone(app)?;
    }
    let enrolled = enrol(&tx, app, &Enrolment::by_holder(details, None)).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(enrolled.person_id)
}

fn own_number() -> ApiError {
    ApiError::fields(vec![FieldError::new(
        "document_number",
        "dependant_is_guardian",
        "this is the number of the phone's own pass",
        "该证件号码属于本机持有人",
    )])
}
