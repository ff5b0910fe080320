//! One phone, several people: children and old people on a guardian's phone.
//!
//! Whoever adds a dependant proves as much as an enrolment does. A dependant without a phone
//! of their own is reached by the guardian's, which has proved itself and is compared and
//! stored. A phone of their own proves itself by a code, or whoever knew its number could put
//! its owner's pass on their own phone.

use gridpass_types::Phone;
use gridpass_types::ids::PersonId;

use super::apply::{count_try, guardian_key};
use super::enrol::{Enrolment, enrol};
use super::model::{DependantInput, Details};
use super::{number_digests, store};
use crate::app::App;
use crate::audit;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};
use crate::phone_codes::{self, Proof, Purpose};

/// Dependants one phone may carry.
const DEPENDANTS_MAX: usize = 8;

/// Enrols a dependant and puts the pass on the guardian's phone; again changes nothing.
///
/// # Errors
/// 409 `ask_at_counter` when the details do not agree with what is held, 409
/// `too_many_dependants`, 422 when it is the guardian or the code is wrong, 429.
pub(super) async fn add(
    app: &App,
    guardian: PersonId,
    input: &DependantInput,
) -> ApiResult<PersonId> {
    let mut details = input.typed().check(app.now())?;
    let held = phone_of(app, guardian).await?;
    let code = input.phone_code.as_ref().map_or("", |code| code.expose());
    let proof = match &details.phone {
        Some(own) if Some(own) != held.as_ref() => {
            Some(phone_codes::check(app, own, Purpose::Dependant, code).await?)
        }
        _ => None,
    };
    details.phone = details.phone.or(held);
    count_try(app, &guardian_key(app, guardian), &details).await?;
    let dependant = open(app, guardian, details, proof).await?;
    if dependant == guardian {
        return Err(own_number());
    }
    // A transaction of its own: guardian and dependant may live on different servers.
    let tx = app.db.tx().await?;
    audit::subject(dependant);
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

async fn phone_of(app: &App, guardian: PersonId) -> ApiResult<Option<Phone>> {
    let db = app.db.client().await?;
    let found = store::find_person(&db, guardian.get()).await?;
    let holder = found.ok_or_else(|| ApiError::new(Code::PersonUnknown))?;
    holder.phone(app)
}

async fn open(
    app: &App,
    guardian: PersonId,
    details: Details,
    proof: Option<Proof>,
) -> ApiResult<PersonId> {
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
    if let Some(proof) = &proof {
        proof.spend(&tx, app).await?;
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
