//! Enrolment: the first time a number is seen it makes a person; later it must agree.
//!
//! A known number is joined on a phone when the name agrees and the phone, which a code has just
//! proved, is the one held: from a register, a counter or a door. Name and number alone are
//! known to many and open nothing: who applies with them gets a record beside it
//! ([`super::claim`]). A guardian or a counter is refused instead, with one and the same answer.

use gridpass_matching::Agreement;
use gridpass_rules::words::{Quarantine, Residence, ResidenceStatus};
use gridpass_rules::{FactBody, State};
use gridpass_types::AddressCode;
use gridpass_types::ids::{EnclosureId, PersonId, StaffId};
use jiff::Timestamp;

use super::create::{NewPerson, create};
use super::model::Details;
use super::store::{self, Addition, PhoneAddition};
use super::{number_digests, record::Person};
use crate::app::App;
use crate::audit;
use crate::db::Client;
use crate::facts::{self, NewFact};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::jobs::outbox;
use crate::seal::Field;

/// An enrolment whose fields are checked.
pub(super) struct Enrolment {
    /// Name, document, phone.
    pub details: Details,
    /// Where the person lives, as the person says.
    pub enclosure_id: Option<EnclosureId>,
    /// Grid of the home.
    pub grid_code: Option<String>,
    /// Household.
    pub household_id: Option<i64>,
    /// Building and room.
    pub address: Option<String>,
    /// Standard address code of the room.
    pub address_code: Option<AddressCode>,
    /// Who entered it; `None` for the person.
    pub entered_by: Option<StaffId>,
    /// A guardian gives the details, and others have entered both in one household.
    pub same_household: bool,
    /// Year of birth as a guardian says it, where the document does not tell.
    pub birth_year: Option<i16>,
}

impl Enrolment {
    /// An enrolment by the person or a guardian.
    pub fn by_holder(details: Details, enclosure_id: Option<EnclosureId>) -> Self {
        Self {
            details,
            enclosure_id,
            grid_code: None,
            household_id: None,
            address: None,
            address_code: None,
            entered_by: None,
            same_household: false,
            birth_year: None,
        }
    }

    /// The person to enter, where nobody holds the number.
    pub fn as_new(&self, now: Timestamp) -> NewPerson {
        NewPerson {
            address: self.address.clone(),
            address_code: self.address_code.clone(),
            grid_code: self.grid_code.clone(),
            household_id: self.household_id,
            source: self.source().to_owned(),
            birth_year: self.birth_year,
            enrolled_at: Some(now),
            ..NewPerson::of(self.details.clone())
        }
    }

    /// The same person without a home: nothing of a door that is not taken is written.
    fn without_home(&self) -> Self {
        Self {
            entered_by: self.entered_by,
            same_household: self.same_household,
            birth_year: self.birth_year,
            ..Self::by_holder(self.details.clone(), None)
        }
    }

    /// Whether whoever gives these details may go on with the record held.
    pub fn is_proved(&self, held: Agreement) -> bool {
        match self.entered_by {
            Some(_) => held.may_be_filled(),
            // A guardian's phone is not the person's: it is not compared.
            None if self.same_household => held.is_match(),
            None => held.proves_holder(),
        }
    }

    fn source(&self) -> &'static str {
        if self.entered_by.is_some() {
            "counter"
        } else {
            "holder"
        }
    }
}

/// A person who is enrolled now.
pub(super) struct Enrolled {
    /// Who.
    pub person_id: PersonId,
    /// Whether the number was not known before.
    pub created: bool,
}

/// Enrols in the caller's transaction, and asks for a visit if the colour does.
///
/// # Errors
/// 409 `already_enrolled`, to a phone `ask_at_counter`, when the details do not agree with what is held.
pub(super) async fn enrol(tx: &Client, app: &App, enrolment: &Enrolment) -> ApiResult<Enrolled> {
    let digests = number_digests(app, &enrolment.details.number);
    let enrolled = match store::find_by_digests(tx, &digests).await? {
        Some(person_id) => join(tx, app, person_id, enrolment).await?,
        None => match open(tx, app, enrolment).await? {
            Some(enrolled) => enrolled,
            // Another request claimed the number while we looked; it is committed now.
            None => {
                let found = store::find_by_digests(tx, &digests).await?;
                let person_id = found.ok_or_else(|| ApiError::new(Code::Conflict))?;
                join(tx, app, person_id, enrolment).await?
            }
        },
    };
    audit::subject(enrolled.person_id);
    declare(tx, app, enrolled.person_id, enrolment).await?;
    Ok(enrolled)
}

async fn open(tx: &Client, app: &App, enrolment: &Enrolment) -> ApiResult<Option<Enrolled>> {
    let opened = create(tx, app, enrolment.as_new(app.now())).await?;
    Ok(opened.map(|opened| Enrolled {
        person_id: opened.person_id,
        created: true,
    }))
}

/// Enrols somebody whose number is known: the details must agree, and fill what was missing.
async fn join(
    tx: &Client,
    app: &App,
    person_id: PersonId,
    enrolment: &Enrolment,
) -> ApiResult<Enrolled> {
    // Two phones that enrol the same person at once follow one another from here.
    store::lock_person(tx, person_id.get()).await?;
    let found = store::find_person(tx, person_id.get()).await?;
    let person = found.ok_or_else(|| ApiError::new(Code::Conflict))?;
    if !enrolment.is_proved(person.compare(app, &enrolment.details)?) {
        // Staff may know that somebody is held; a phone is told where to go, and no more.
        let code = match enrolment.entered_by {
            Some(_) => Code::AlreadyEnrolled,
            None => Code::AskAtCounter,
        };
        return Err(code.into());
    }
    let states = facts::read_states(tx, &[person_id.get()]).await?;
    let elsewhere = states.iter().any(|row| {
        let kept = kept_home(&row.state);
        kept.is_some_and(|home| enrolment.enclosure_id.is_some_and(|given| given != home))
    });
    match elsewhere {
        true => add(tx, app, &person, &enrolment.without_home()).await?,
        false => add(tx, app, &person, enrolment).await?,
    }
    Ok(Enrolled {
        person_id,
        created: false,
    })
}

pub(super) async fn add(
    tx: &Client,
    app: &App,
    person: &Person,
    enrolment: &Enrolment,
) -> ApiResult<()> {
    let id = person.person_id;
    let phone = enrolment.details.phone.as_ref().map(|phone| {
        let plain = phone.expose();
        let sealed = app
            .sealer
            .seal(Field::Phone, id.get(), plain.as_bytes(), &app.entropy);
        let (digest_key, digest) = app.sealer.numbered_digests("phone", plain)[0];
        PhoneAddition {
            sealed,
            digest,
            digest_key,
        }
    });
    let address_sealed = enrolment
        .address
        .as_deref()
        .map(|address| super::address::seal_address(app, id, address));
    let code = enrolment.address_code.as_ref();
    let code_sealed = code.map(|code| super::address::seal_code(app, id, code));
    let addition = Addition {
        person_id: id,
        address_sealed: address_sealed.as_deref(),
        address_code_sealed: code_sealed.as_deref(),
        phone,
        grid_code: enrolment.grid_code.as_deref(),
        household_id: enrolment.household_id,
        enrolled_at: Some(app.now()),
    };
    Ok(store::add_to_person(tx, &addition).await?)
}

/// The home that no form moves: what somebody has verified at a door, and the door that the team
/// watches. For these there is a correction. Who has moved out has none.
pub(super) fn kept_home(state: &State) -> Option<EnclosureId> {
    let kept = match state.residence {
        Residence::Verified => true,
        Residence::Declared => state.quarantine != Quarantine::None,
        Residence::None | Residence::Away => false,
    };
    state.enclosure.filter(|_| kept)
}

/// Records where the person says to live, unless that is what is held, and writes the
/// follow-ups of the colour that results.
pub(super) async fn declare(
    tx: &Client,
    app: &App,
    person_id: PersonId,
    enrolment: &Enrolment,
) -> ApiResult<()> {
    let states = facts::read_states(tx, &[person_id.get()]).await?;
    let keeps = states.iter().any(|row| kept_home(&row.state).is_some());
    let lives_there = |enclosure| {
        states.iter().any(|row| {
            let known = matches!(
                row.state.residence,
                Residence::Declared | Residence::Verified
            );
            known && row.state.enclosure == Some(enclosure)
        })
    };
    let declared = enrolment
        .enclosure_id
        .filter(|enclosure| !keeps && !lives_there(*enclosure));
    let new: Vec<NewFact> = declared
        .map(|enclosure| NewFact {
            body: FactBody::Residence {
                status: ResidenceStatus::Declared,
                enclosure,
            },
            source: enrolment.source().to_owned(),
            recorded_by: enrolment.entered_by.map(StaffId::get),
            grounds: None,
        })
        .into_iter()
        .collect();
    for fact in &new {
        facts::check_places(tx, &fact.body).await?;
    }
    let appended = facts::append(tx, app, person_id, &new).await?;
    let follow_ups = facts::follow_ups(person_id, &appended.decision, None, app.now());
    outbox::insert(tx, &follow_ups, app.now()).await?;
    Ok(())
}
