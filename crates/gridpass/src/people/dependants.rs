//! One phone, several people: children and old people on a guardian's phone.
//!
//! Whoever adds a dependant stands on one of three things ([`Basis`]): a code on the
//! dependant's own phone, that both were entered in one household by somebody else, or that it
//! is a child nobody else has entered. A dependant without a phone of their own is reached by
//! the guardian's, which has proved itself; it is compared with what is held unless the
//! household speaks for them, so that both parents can carry a child.

use gridpass_types::Phone;
use gridpass_types::clock::district_date;
use gridpass_types::ids::PersonId;
use jiff::SignedDuration;

use super::apply::{count_at_document, count_try, guardian_key};
use super::basis::{Basis, Link};
use super::enrol::{Enrolment, enrol};
use super::model::{DependantInput, Details};
use super::moving::may_live_together;
use super::record::Person;
use super::{number_digests, store};
use crate::app::App;
use crate::audit;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};
use crate::phone_codes::{self, Proof, Purpose};

/// Dependants one phone may carry.
const DEPENDANTS_MAX: usize = 8;
/// How long a place on a phone is kept for who is being entered, should nobody give it back.
const SEAT_KEPT: SignedDuration = SignedDuration::from_mins(1);

/// Enrols a dependant and puts the pass on the guardian's phone; again changes nothing.
///
/// # Errors
/// 409 `ask_at_counter` when the details do not agree with what is held or the link stands on
/// nothing, 409 `too_many_dependants`, 422 when it is the guardian or the code is wrong, 429.
pub(super) async fn add(
    app: &App,
    guardian: PersonId,
    input: &DependantInput,
) -> ApiResult<PersonId> {
    let mut details = input.typed().check(app.now())?;
    let birth_year = input.checked_birth_year(app.now())?;
    let holder = super::get(&app.db.client().await?, guardian).await?;
    let held = holder.phone(app)?;
    let code = input.phone_code.as_ref().map_or("", |code| code.expose());
    let proof = match &details.phone {
        Some(own) if Some(own) != held.as_ref() => {
            Some(phone_codes::check(app, own, Purpose::Dependant, code).await?)
        }
        _ => None,
    };
    details.phone = details.phone.or(held);
    count_try(app, &guardian_key(app, guardian)).await?;
    let seat = seat_of(app, &details);
    take_seat(app, (guardian, seat), &details).await?;
    let entered = enter(app, (&holder, seat), (&details, birth_year), proof).await;
    if !matches!(entered, Ok((_, true))) {
        let tx = app.db.tx().await?;
        store::delete_seat(&tx, (guardian, seat)).await?;
        tx.commit().await?;
    }
    entered.map(|(dependant, _)| dependant)
}

/// The place of somebody on a guardian's phone: of the same number it is the same one, and below
/// zero nobody has an identity.
fn seat_of(app: &App, details: &Details) -> i64 {
    let digest = app
        .sealer
        .lasting_digest("seat", &details.number.digest_input());
    let mut bits = [0; 8];
    bits.copy_from_slice(&digest[..8]);
    -PersonId::from_random(u64::from_be_bytes(bits)).get()
}

/// Keeps a place before anybody is entered, under the lock of the guardian: of many at the same
/// moment each sees how many there are, and who is refused leaves nothing behind. Who is carried
/// already needs none.
async fn take_seat(
    app: &App,
    (guardian, seat): (PersonId, i64),
    details: &Details,
) -> ApiResult<()> {
    let now = app.now();
    let tx = app.db.tx().await?;
    store::lock_person(&tx, guardian.get()).await?;
    let known = store::find_by_digests(&tx, &number_digests(app, &details.number)).await?;
    if known == Some(guardian) {
        return Err(own_number());
    }
    let linked = store::list_dependants(&tx, guardian).await?;
    if known.is_some_and(|known| linked.contains(&known)) {
        return Ok(());
    }
    store::delete_past_seats(&tx, guardian, now).await?;
    let kept = store::count_seats(&tx, (guardian, seat)).await?;
    if linked.len() + usize::try_from(kept).unwrap_or(usize::MAX) >= DEPENDANTS_MAX {
        return Err(Code::TooManyDependants.into());
    }
    store::insert_seat(&tx, (guardian, seat), (now, now + SEAT_KEPT)).await?;
    tx.commit().await?;
    Ok(())
}

/// Enters the dependant and takes the place; whether it was taken.
async fn enter(
    app: &App,
    (guardian, seat): (&Person, i64),
    (details, birth_year): (&Details, Option<i16>),
    proof: Option<Proof>,
) -> ApiResult<(PersonId, bool)> {
    let opened = open(app, guardian, (details, birth_year), proof).await;
    if let Err(error) = &opened
        && error.code() == Code::AskAtCounter
    {
        count_at_document(app, details).await?;
    }
    let (dependant, basis) = opened?;
    let Some(basis) = basis else {
        return Ok((dependant, false));
    };
    link(app, (guardian.person_id, seat), dependant, basis).await?;
    Ok((dependant, true))
}

/// Two transactions, of the dependant and of the guardian, who may live on different servers.
/// The dependant's note comes first: nobody is carried who cannot see it.
async fn link(
    app: &App,
    (guardian, seat): (PersonId, i64),
    dependant: PersonId,
    basis: Basis,
) -> ApiResult<()> {
    audit::subject(dependant);
    let tx = app.db.tx().await?;
    store::note_carrier(&tx, (dependant, guardian), basis, app.now()).await?;
    tx.commit().await?;
    let tx = app.db.tx().await?;
    store::lock_person(&tx, guardian.get()).await?;
    store::delete_seat(&tx, (guardian, seat)).await?;
    let linked = store::list_dependants(&tx, guardian).await?;
    if !linked.contains(&dependant) {
        if linked.len() >= DEPENDANTS_MAX {
            drop(tx);
            let tx = app.db.tx().await?;
            store::end_carrier(&tx, (dependant, guardian), app.now()).await?;
            tx.commit().await?;
            return Err(Code::TooManyDependants.into());
        }
        store::link_dependant(&tx, (guardian, dependant), basis, app.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The dependant, and on what a new link stands; without a basis it is linked already.
async fn open(
    app: &App,
    guardian: &Person,
    (details, birth_year): (&Details, Option<i16>),
    proof: Option<Proof>,
) -> ApiResult<(PersonId, Option<Basis>)> {
    let tx = app.db.tx().await?;
    let digests = number_digests(app, &details.number);
    let known = store::find_by_digests(&tx, &digests).await?;
    let linked = store::list_dependants(&tx, guardian.person_id).await?;
    let already = known.is_some_and(|known| linked.contains(&known));
    let mut link = link_of(&tx, app, (guardian, known), (details, proof.is_some())).await?;
    // What is said of an age counts where the document does not tell, and of nobody who is known.
    let today = district_date(app.now());
    let said = birth_year.filter(|_| known.is_none());
    link.age_years = link.age_years.or(said.map(|year| today.year() - year));
    let basis = Basis::of(&link).filter(|_| !already);
    if basis.is_none() && !already {
        // The same answer as for a name that does not agree: it does not tell whether the
        // number is known.
        return Err(Code::AskAtCounter.into());
    }
    if let Some(proof) = &proof {
        proof.spend(&tx, app).await?;
    }
    let enrolment = Enrolment {
        same_household: proof.is_none() && link.in_one_household(),
        birth_year: said,
        ..Enrolment::by_holder(details.clone(), None)
    };
    let enrolled = enrol(&tx, app, &enrolment).await?;
    tx.commit().await?;
    app.work_waiting.notify_waiters();
    Ok((enrolled.person_id, basis))
}

/// What is known of the two.
async fn link_of(
    tx: &Client,
    app: &App,
    (guardian, known): (&Person, Option<PersonId>),
    (details, consented): (&Details, bool),
) -> ApiResult<Link> {
    let held = match known {
        Some(known) => store::find_person(tx, known.get()).await?,
        None => None,
    };
    let reached = match &held {
        Some(held) => held.phone(app)?,
        None => None,
    };
    let together = match &held {
        Some(held) => may_live_together(tx, [guardian.person_id, held.person_id]).await?,
        None => true,
    };
    Ok(Link {
        apart: !together,
        consented,
        age_years: match &held {
            Some(held) => held.age_years(app, app.now())?,
            None => details.number.age_years(district_date(app.now())),
        },
        nobody_elses: held.is_none() || (reached.is_some() && reached == guardian.phone(app)?),
        households: (
            guardian.household_id,
            held.and_then(|held| held.household_id),
        ),
    })
}

/// The phone in clear that a person is reached by.
pub(super) async fn phone_of(app: &App, person_id: PersonId) -> ApiResult<Option<Phone>> {
    let db = app.db.client().await?;
    super::get(&db, person_id).await?.phone(app)
}

fn own_number() -> ApiError {
    ApiError::fields(vec![FieldError::new(
        "document_number",
        "dependant_is_guardian",
        "this is the number of the phone's own pass",
        "该证件号码属于本机持有人",
    )])
}
