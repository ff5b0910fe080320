//! The family of a phone: who is on it and why, handing a pass over, leaving.
//!
//! A pass leaves a guardian's phone in three ways. The guardian takes it off. The dependant, on
//! a phone of their own, ends it. Or the guardian hands it over, when a child gets a phone: the
//! new phone proves itself by a code, becomes the one the child is known by, and the child
//! then applies on it with three fields like everybody else.

use gridpass_types::Phone;
use gridpass_types::ids::{PassSerial, PersonId};
use jiff::Timestamp;

use super::basis::{Basis, is_minor};
use super::family_model::{CarrierView, FamilyMemberView, HandOverPassInput};
use super::following::let_follow;
use super::holder::Holder;
use super::model::phone_field;
use super::moving::may_live_together;
use super::store::{self, PhoneAddition};
use crate::app::App;
use crate::audit;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::jobs::outbox::{self, NewFollowUp};
use crate::masking::{Shown, Viewer};
use crate::notify::{self, Notice};
use crate::phone_codes::{self, Purpose};
use crate::seal::Field;

/// The guardian in the payload of a follow-up.
const GUARDIAN: &str = "guardian_id";

/// Who is on a phone besides the holder.
pub(super) async fn members(app: &App, guardian: PersonId) -> ApiResult<Vec<FamilyMemberView>> {
    let db = app.db.client().await?;
    let holder = Holder {
        person_id: guardian,
    };
    let cared_for = list_in_care(&db, app, holder).await?;
    let mut members = Vec::new();
    for (dependant, basis, since) in store::list_links(&db, guardian).await? {
        audit::subject(dependant);
        let person = super::get(&db, dependant).await?;
        members.push(FamilyMemberView {
            pass_serial: person.pass_serial,
            name: person
                .shown(app, Viewer::Holder, Shown::Name)?
                .unwrap_or_default(),
            basis,
            since,
            own_phone: store::has_live_session(&db, dependant, app.now()).await?,
            in_care: cared_for.contains(&dependant),
        });
    }
    Ok(members)
}

/// Whose phones carry this person's pass. The names are those of family, who gave theirs.
pub(super) async fn carriers(app: &App, person_id: PersonId) -> ApiResult<Vec<CarrierView>> {
    let db = app.db.client().await?;
    let mut carriers = Vec::new();
    for carrier in store::list_carriers(&db, person_id).await? {
        audit::subject(carrier.guardian_id);
        let person = super::get(&db, carrier.guardian_id).await?;
        carriers.push(CarrierView {
            pass_serial: person.pass_serial,
            name: person.name(app)?.masked(),
            basis: carrier.basis,
            since: carrier.since,
        });
    }
    Ok(carriers)
}

/// Takes a dependant's pass off the guardian's phone; done already, it is done.
pub(super) async fn take_off(app: &App, guardian: PersonId, dependant: PersonId) -> ApiResult<()> {
    audit::subject(dependant);
    let now = app.now();
    // What counts comes first: from here on the guardian's phone is told nothing any more.
    let tx = app.db.tx().await?;
    store::unlink_dependant(&tx, (guardian, dependant), now).await?;
    tx.commit().await?;
    let tx = app.db.tx().await?;
    store::end_carrier(&tx, (dependant, guardian), now).await?;
    // A phone of their own has voided the guardian's code already.
    if !store::has_live_session(&tx, dependant, now).await? {
        let ended = ended_on((dependant, guardian), app.ids.next());
        outbox::insert(&tx, &[ended], now).await?;
    }
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(())
}

/// The code that a phone still shows has to end; `passes` does it.
pub(super) fn carried_no_more(dependant: PersonId, cause: i64) -> NewFollowUp {
    NewFollowUp {
        person_id: dependant,
        topic: super::TOPIC_CARRIED_NO_MORE,
        dedupe_key: cause.to_string(),
        payload: serde_json::json!({}),
    }
}

/// The code that one guardian's phone still shows has to end, and no other's; `passes` does it.
pub(super) fn ended_on((dependant, guardian): (PersonId, PersonId), cause: i64) -> NewFollowUp {
    NewFollowUp {
        payload: serde_json::json!({ GUARDIAN: guardian }),
        ..carried_no_more(dependant, cause)
    }
}

/// The guardian whose phone ends, where a follow-up of [`super::TOPIC_CARRIED_NO_MORE`] names one.
pub fn carrier_named(payload: &serde_json::Value) -> Option<PersonId> {
    payload[GUARDIAN].as_i64().map(PersonId::new)
}

/// Hands a child's pass over to a phone of its own. A grown-up's phone is written by a counter or a
/// grid worker, who sees them: who carries a pass by agreement does not say whose the new phone is.
///
/// # Errors
/// 409 `ask_at_counter` when it is no child in the guardian's care, 409 `has_own_phone` when there
/// is one already, 422 for the phone or its code.
pub(super) async fn hand_over(
    app: &App,
    (guardian, dependant): (PersonId, PersonId),
    input: &HandOverPassInput,
) -> ApiResult<()> {
    let phone = Phone::parse(input.phone.expose()).map_err(|error| phone_field(&error))?;
    if Some(&phone) == super::dependants::phone_of(app, guardian).await?.as_ref() {
        return Err(Code::PhoneOfGuardian.into());
    }
    if !is_child_of(&app.db.client().await?, app, (guardian, dependant)).await? {
        return Err(Code::AskAtCounter.into());
    }
    let code = input.phone_code.expose();
    let proof = phone_codes::check(app, &phone, Purpose::HandOver, code).await?;
    let tx = app.db.tx().await?;
    store::lock_person(&tx, dependant.get()).await?;
    if store::has_live_session(&tx, dependant, app.now()).await? {
        return Err(Code::HasOwnPhone.into());
    }
    proof.spend(&tx, app).await?;
    store::update_phone(&tx, dependant, &sealed(app, dependant, &phone)).await?;
    notify::tell(
        &tx,
        app,
        dependant,
        &Notice::PassHandedOver { at: app.now() },
    )
    .await?;
    tx.commit().await?;
    take_off(app, guardian, dependant).await
}

/// Whether somebody is carried as a child, and nobody entered them in another household.
async fn is_child_of(
    db: &Client,
    app: &App,
    (guardian, dependant): (PersonId, PersonId),
) -> ApiResult<bool> {
    let links = store::list_links(db, guardian).await?;
    let carried_as_child = |(id, basis, _): &(PersonId, Option<Basis>, Timestamp)| {
        *id == dependant && *basis == Some(Basis::Minor)
    };
    if !links.iter().any(carried_as_child) {
        return Ok(false);
    }
    let child = super::get(db, dependant).await?;
    if !is_minor(child.age_years(app, app.now())?) {
        return Ok(false);
    }
    let household = super::get(db, guardian).await?.household_id;
    Ok(child.household_id.is_none() || child.household_id == household)
}

/// Writes another phone of the holder in place of the one held. Both prove themselves: the
/// one before holds the token, the new one its code.
///
/// # Errors
/// 422 for the phone or its code.
pub(super) async fn change_phone(
    app: &App,
    person_id: PersonId,
    input: &HandOverPassInput,
) -> ApiResult<()> {
    let phone = Phone::parse(input.phone.expose()).map_err(|error| phone_field(&error))?;
    let code = input.phone_code.expose();
    let proof = phone_codes::check(app, &phone, Purpose::NewPhone, code).await?;
    let tx = app.db.tx().await?;
    proof.spend(&tx, app).await?;
    let_follow(&tx, app, person_id).await?;
    replace_phone(&tx, app, (person_id, &phone)).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok(())
}

/// Writes another phone in place of the one held, and tells the person at both.
///
/// # Errors
/// 404 `person_unknown`, or when the database does not answer.
pub(super) async fn replace_phone(
    tx: &Client,
    app: &App,
    (person_id, phone): (PersonId, &Phone),
) -> ApiResult<()> {
    store::lock_person(tx, person_id.get()).await?;
    // Told at the number held until now, so that a theft does not go unnoticed.
    tell_before(tx, app, person_id, app.now()).await?;
    store::update_phone(tx, person_id, &sealed(app, person_id, phone)).await?;
    Ok(())
}

/// Writes the phone that a counter or a grid worker was told in place of the one held. With another
/// number the phone that showed the passes so far is not trusted any more.
///
/// # Errors
/// 404 `person_unknown`, or when the database does not answer.
pub(super) async fn write_phone(
    tx: &Client,
    app: &App,
    (person_id, phone): (PersonId, &Phone),
) -> ApiResult<()> {
    let held = super::get(tx, person_id).await?.phone(app)?;
    replace_phone(tx, app, (person_id, phone)).await?;
    if held.as_ref() != Some(phone) {
        end_phone(tx, app, person_id).await?;
    }
    Ok(())
}

/// The phone that showed a person's passes opens nothing any more, and what it shows is void, of the
/// people it carries, too.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn end_phone(tx: &Client, app: &App, person_id: PersonId) -> ApiResult<()> {
    let now = app.now();
    store::revoke_sessions(tx, person_id, now).await?;
    let carried = store::list_dependants(tx, person_id).await?;
    let mut ends: Vec<NewFollowUp> = carried
        .into_iter()
        .map(|shown| ended_on((shown, person_id), app.ids.next()))
        .collect();
    ends.push(carried_no_more(person_id, app.ids.next()));
    outbox::insert(tx, &ends, now).await?;
    Ok(())
}

async fn tell_before(tx: &Client, app: &App, person_id: PersonId, at: Timestamp) -> ApiResult<()> {
    let notice = Notice::NumberChanged { at };
    if let Some(before) = super::get(tx, person_id).await?.phone(app)? {
        let worth_until = at + notify::NOTICE_LIFE;
        notify::text(tx, app, &before, &notice.words(), worth_until).await?;
    }
    notify::tell(tx, app, person_id, &notice).await
}

pub(super) fn sealed(app: &App, person_id: PersonId, phone: &Phone) -> PhoneAddition {
    let plain = phone.expose();
    let sealer = &app.sealer;
    let (digest_key, digest) = sealer.numbered_digests("phone", plain)[0];
    PhoneAddition {
        sealed: sealer.seal(
            Field::Phone,
            person_id.get(),
            plain.as_bytes(),
            &app.entropy,
        ),
        digest,
        digest_key,
    }
}

/// The holder, and who is in the holder's care: children under 18, unless somebody entered them in another
/// household, and people of the household who have no phone of their own to ask with. Who only
/// agreed to be carried is not.
///
/// # Errors
/// When the database does not answer.
pub async fn list_in_care(db: &Client, app: &App, holder: Holder) -> ApiResult<Vec<PersonId>> {
    let mut people = vec![holder.person_id];
    let links = store::list_links(db, holder.person_id).await?;
    if links.is_empty() {
        return Ok(people);
    }
    let household = super::get(db, holder.person_id).await?.household_id;
    for (dependant, basis, _) in links {
        let cared_for = match basis {
            Some(Basis::Minor) => {
                // Who has come of age decides for themselves; the pass stays on show.
                let child = super::get(db, dependant).await?;
                let entered = child.household_id;
                is_minor(child.age_years(app, app.now())?)
                    && (entered.is_none() || entered == household)
            }
            Some(Basis::Household) => {
                let entered = super::get(db, dependant).await?.household_id;
                entered.is_some()
                    && entered == household
                    && may_live_together(db, [holder.person_id, dependant]).await?
                    && !store::has_live_session(db, dependant, app.now()).await?
            }
            Some(Basis::Consent) | None => false,
        };
        if cared_for {
            people.push(dependant);
        }
    }
    Ok(people)
}

/// The holder, or somebody in the holder's care by serial; anybody else is not there.
///
/// # Errors
/// 404 `person_unknown`, or when the database does not answer.
pub async fn in_care(app: &App, holder: Holder, serial: Option<PassSerial>) -> ApiResult<PersonId> {
    let Some(serial) = serial else {
        return Ok(holder.person_id);
    };
    let db = app.db.client().await?;
    let asked = store::find_by_serial(&db, serial.get()).await?;
    let cared_for = list_in_care(&db, app, holder).await?;
    let asked = asked
        .filter(|id| cared_for.contains(id))
        .ok_or_else(|| ApiError::new(Code::PersonUnknown))?;
    audit::subject(asked);
    Ok(asked)
}

/// The dependant of a serial on the holder's phone; anybody else is not there.
pub(super) async fn dependant_of(
    app: &App,
    guardian: PersonId,
    serial: i32,
) -> ApiResult<PersonId> {
    let db = app.db.client().await?;
    let asked = store::find_by_serial(&db, serial).await?;
    let dependants = store::list_dependants(&db, guardian).await?;
    asked
        .filter(|id| dependants.contains(id))
        .ok_or_else(|| ApiError::new(Code::PersonUnknown))
}

/// The guardian of a serial who carries the holder's pass; anybody else is not there.
pub(super) async fn carrier_of(app: &App, person_id: PersonId, serial: i32) -> ApiResult<PersonId> {
    let db = app.db.client().await?;
    let asked = store::find_by_serial(&db, serial).await?;
    let carriers = store::list_carriers(&db, person_id).await?;
    asked
        .filter(|id| carriers.iter().any(|carrier| carrier.guardian_id == *id))
        .ok_or_else(|| ApiError::new(Code::PersonUnknown))
}
