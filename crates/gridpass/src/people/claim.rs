//! One number, two people who gave it.
//!
//! A number belongs to one record. Whoever applies with it under another name, or from a phone
//! that is not the one held, is answered as if nobody held it: with a pass of their own that shows
//! what they typed and nothing else, and a visit. That record does not hold the number and cannot
//! become green. Who has seen the document decides: one person, whose phone is then written on
//! the record held; another person, whose right number is written down; or nobody's.
//!
//! The answer tells nobody whether a number is known, so the same statements are made either way.

use gridpass_types::PersonName;
use gridpass_types::ids::{PersonId, StaffId};

use super::claim_model::{DecisionInput, Outcome};
use super::create::{NewPerson, create_beside, new_row};
use super::enrol::{Enrolled, Enrolment, add, declare};
use super::model::{Details, read_number};
use super::record::Person;
use super::store::{self, Claim};
use super::{claim_numbers, correct_name, family, number_digests, taken_in};
use crate::app::App;
use crate::audit;
use crate::auth::Caller;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};
use crate::jobs::outbox;

/// Nobody's identity: what is asked of the holder of a number is asked of it where there is none.
const NOBODY: i64 = 0;
/// Records one phone may have claimed one number with.
const CLAIMS_OF_PHONE_MAX: i64 = 20;

/// Enrols who applies on a phone, in the caller's transaction: joins the record that agrees, or
/// makes one.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn enrol_on_phone(
    tx: &Client,
    app: &App,
    enrolment: &Enrolment,
) -> ApiResult<Enrolled> {
    let enrolled = match join_or_open(tx, app, enrolment).await? {
        Some(enrolled) => enrolled,
        // Another request got the number while we looked; it is committed now.
        None => {
            let second = join_or_open(tx, app, enrolment).await?;
            second.ok_or_else(|| ApiError::new(Code::Conflict))?
        }
    };
    audit::subject(enrolled.person_id);
    declare(tx, app, enrolled.person_id, enrolment).await?;
    Ok(enrolled)
}

async fn join_or_open(
    tx: &Client,
    app: &App,
    enrolment: &Enrolment,
) -> ApiResult<Option<Enrolled>> {
    let details = &enrolment.details;
    let holder = store::find_by_digests(tx, &number_digests(app, &details.number)).await?;
    let asked = holder.map_or(NOBODY, PersonId::get);
    // Two phones that enrol the same person at once follow one another from here.
    store::lock_person(tx, asked).await?;
    let mut known: Vec<Person> = store::find_person(tx, asked).await?.into_iter().collect();
    let phone = details.phone.as_ref();
    let phone = phone.map_or(Vec::new(), |phone| {
        app.sealer.digests("phone", phone.expose())
    });
    let phone: Vec<Vec<u8>> = phone.into_iter().map(Vec::from).collect();
    for claimed in store::list_claimed_by_phone(tx, asked, &phone, CLAIMS_OF_PHONE_MAX).await? {
        known.extend(store::find_person(tx, claimed.get()).await?);
    }
    for person in &known {
        if enrolment.is_proved(person.compare(app, details)?) {
            add(tx, app, person, enrolment).await?;
            let person_id = person.person_id;
            return Ok(Some(Enrolled {
                person_id,
                created: false,
            }));
        }
    }
    let opened = create_beside(tx, app, enrolment.as_new(app.now()), holder).await?;
    Ok(opened.map(|opened| Enrolled {
        person_id: opened.person_id,
        created: true,
    }))
}

/// Decides an open claim. The caller has checked who may; `held` and `applicant` are the records
/// that lie in the caller's jurisdiction.
///
/// # Errors
/// 409 `held_elsewhere` when the record to write to lies outside; 409 `already_enrolled` when the
/// right number is somebody's, too; 409 `conflict` when somebody was faster; 409 `ask_colleague` when
/// the caller has only just given the person a home; 422 for the fields.
pub(super) async fn decide(
    app: &App,
    (claim, caller): (&Claim, &Caller),
    (held, applicant): (Option<Person>, Option<Person>),
    input: &DecisionInput,
) -> ApiResult<()> {
    let elsewhere = || ApiError::new(Code::HeldElsewhere);
    let by = caller.staff_id;
    match input.outcome {
        Outcome::SamePerson => {
            let held = held.ok_or_else(elsewhere)?;
            hand_over(app, (&held, caller), claim, input).await?;
            close(app, claim, (Outcome::SamePerson, by)).await
        }
        Outcome::OtherNumber => {
            let applicant = applicant.ok_or_else(elsewhere)?;
            renumber(app, &applicant, by, input).await
        }
        Outcome::NotTheirs => close(app, claim, (Outcome::NotTheirs, by)).await,
    }
}

/// Writes the phone that applied on the record held, and the name if the document has another;
/// whoever showed the pass until now shows it no more. The person then applies on that phone.
///
/// A transaction of its own, before the claim ends: done again it changes nothing.
async fn hand_over(
    app: &App,
    (held, caller): (&Person, &Caller),
    claim: &Claim,
    input: &DecisionInput,
) -> ApiResult<()> {
    let name = input
        .name
        .as_ref()
        .map(|name| PersonName::parse(name.expose()));
    let name = name.transpose().map_err(|error| {
        let (en, zh) = (error.to_string(), error.message_zh());
        ApiError::fields(vec![FieldError::new("name", error.code(), en, zh)])
    })?;
    let tx = app.db.tx().await?;
    taken_in::check_alone(&tx, app, (held.person_id, caller)).await?;
    let gave = super::get(&tx, claim.applicant).await?.phone(app)?;
    let before = held.phone(app)?;
    match gave.as_ref().filter(|gave| Some(*gave) != before.as_ref()) {
        Some(phone) => family::write_phone(&tx, app, (held.person_id, phone)).await?,
        None => family::end_phone(&tx, app, held.person_id).await?,
    }
    if let Some(name) = &name {
        correct_name(&tx, app, held.person_id, name).await?;
    }
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(())
}

/// Ends a claim and the pass that was given for it.
async fn close(app: &App, claim: &Claim, (outcome, by): (Outcome, StaffId)) -> ApiResult<()> {
    let now = app.now();
    let tx = app.db.tx().await?;
    if !store::end_claim(&tx, claim.applicant, (outcome, by), now).await? {
        return Err(Code::Conflict.into());
    }
    store::expire_sessions(&tx, claim.applicant, now).await?;
    let void = family::carried_no_more(claim.applicant, app.ids.next());
    outbox::insert(&tx, &[void], now).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(())
}

/// Gives the applicant the number of the document that was seen.
async fn renumber(
    app: &App,
    applicant: &Person,
    by: StaffId,
    input: &DecisionInput,
) -> ApiResult<()> {
    let (Some(document_type), Some(number)) = (input.document_type, &input.document_number) else {
        return Err(number_needed());
    };
    let number = read_number(Some(document_type), number.expose(), app.now())?;
    let Some(number) = number.into_iter().next() else {
        return Err(number_needed());
    };
    let details = Details {
        name: applicant.name(app)?,
        number,
        phone: None,
    };
    let person_id = applicant.person_id;
    let row = new_row(
        (&app.sealer, &app.entropy),
        person_id,
        &NewPerson::of(details),
    );
    let tx = app.db.tx().await?;
    store::lock_person(&tx, person_id.get()).await?;
    if claim_numbers(&tx, &[(&row.number_digests[..], person_id)])
        .await?
        .is_empty()
    {
        return Err(Code::AlreadyEnrolled.into());
    }
    store::update_document(&tx, &row).await?;
    let outcome = (Outcome::OtherNumber, by);
    if !store::end_claim(&tx, person_id, outcome, app.now()).await? {
        return Err(Code::Conflict.into());
    }
    tx.commit().await?;
    Ok(())
}

fn number_needed() -> ApiError {
    ApiError::fields(vec![FieldError::new(
        "document_number",
        "document_needed",
        "give the kind and the number of the document that was seen",
        "请填写所见证件的类型和号码",
    )])
}
