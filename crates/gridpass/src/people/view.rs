//! What holders and staff see of a person, with the colour as of now.

use gridpass_rules::words::{Quarantine, Residence};
use gridpass_rules::{Colour, State};
use gridpass_types::ids::{PersonId, StaffId};
use jiff::{SignedDuration, Timestamp};

use super::model::{PassExplanation, PassView, PersonView, SetBy};
use super::record::Person;
use super::store;
use crate::app::App;
use crate::audit;
use crate::auth::Caller;
use crate::break_glass;
use crate::db::Client;
use crate::divisions::{self, Desk, Enclosures};
use crate::employers;
use crate::facts::{self, FactView, Replayed, decision_view};
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult};
use crate::masking::{Shown, Viewer};

/// A person's pass, and those of the dependants on the same phone. The colour is derived
/// from the facts at this moment; nothing stored is shown as one.
///
/// # Errors
/// [`Code::PersonUnknown`], or when the database does not answer.
pub async fn pass_view(db: &Client, app: &App, person_id: PersonId) -> ApiResult<PassView> {
    let mut view = single(db, app, person_id).await?;
    for dependant in store::list_dependants(db, person_id).await? {
        let mut carried = single(db, app, dependant).await?;
        carried.codes_from = store::find_codes_from(db, dependant).await?;
        view.dependants.push(carried);
    }
    Ok(view)
}

/// A person's pass alone.
///
/// # Errors
/// As [`pass_view`].
pub(super) async fn single_pass_view(app: &App, person_id: PersonId) -> ApiResult<PassView> {
    single(&app.db.client().await?, app, person_id).await
}

async fn single(db: &Client, app: &App, person_id: PersonId) -> ApiResult<PassView> {
    let found = store::find_person(db, person_id.get()).await?;
    let person = found.ok_or_else(|| ApiError::new(Code::PersonUnknown))?;
    audit::subject(person_id);
    let now = app.now();
    let replayed = facts::state_at(db, app, person_id, now).await?;
    let places = Places::of(db, app, &replayed.state).await?;
    let Replayed { decision, .. } = replayed;
    let seen = |shown| {
        let text = person.shown(app, Viewer::Holder, shown)?;
        Ok::<_, ApiError>(text.unwrap_or_default())
    };
    Ok(PassView {
        pass_serial: person.pass_serial,
        name: seen(Shown::Name)?,
        document_masked: seen(Shown::Number)?,
        residence: places.residence,
        workplace: places.workplace,
        colour: decision.colour,
        reason: decision.reason,
        message_zh: decision.message_zh,
        message_en: decision.message_en,
        rule: decision.rule,
        rule_set_version: decision.rule_set_version,
        decided_at: now,
        valid_until: replayed.valid_until,
        has_photo: person.has_photo,
        codes_from: None,
        home_asked: match replayed.state.residence {
            Residence::Verified => false,
            // The door that is held is the one they left.
            Residence::Away => true,
            // Nobody watches a home that nobody knows.
            Residence::None if replayed.state.quarantine != Quarantine::None => true,
            Residence::None | Residence::Declared => {
                person.shown(app, Viewer::Holder, Shown::Address)?.is_none()
            }
        },
        dependants: Vec::new(),
    })
}

/// Why a pass has its colour at an instant, for the phone that shows it. Only the colour of `now`
/// can be appealed against.
///
/// # Errors
/// As [`pass_view`].
pub(super) async fn pass_explanation(
    db: &Client,
    app: &App,
    person_id: PersonId,
    (at, now): (Timestamp, Timestamp),
) -> ApiResult<PassExplanation> {
    audit::subject(person_id);
    let found = store::find_person(db, person_id.get()).await?;
    let person = found.ok_or_else(|| ApiError::new(Code::PersonUnknown))?;
    let replayed = facts::state_at(db, app, person_id, at).await?;
    let coloured = replayed.decision.colour != Colour::Green;
    let (_, views) = facts::cause_of_colour(db, person_id, &replayed).await?;
    let duty = Desk::of(replayed.decision.reason);
    let responsible = match coloured {
        true => {
            let duty = (duty, duty.first_level());
            Some(divisions::responsible(db, &person.place_code, duty).await?)
        }
        false => None,
    };
    let mut plain = facts::plain(&replayed);
    // Without any evidence the state began nowhere; the visit was asked for when the person came.
    if let (None, Some(hours)) = (plain.by, replayed.decision.visit_hours) {
        let since = person.enrolled_at.unwrap_or(person.created_at);
        plain.by = since
            .checked_add(SignedDuration::from_hours(i64::from(hours)))
            .ok();
    }
    Ok(PassExplanation {
        pass_serial: person.pass_serial,
        plain,
        decision: decision_view(&replayed.decision, at, replayed.valid_until),
        responsible,
        set_by: match coloured {
            true => set_by(db, &views).await?,
            false => Vec::new(),
        },
        can_appeal: coloured && at == now,
    })
}

/// The units behind evidence; never a person's name.
async fn set_by(db: &Client, views: &[FactView]) -> ApiResult<Vec<SetBy>> {
    let who = |view: &FactView| {
        let confirmed = view.confirmed_by.map(StaffId::get);
        view.recorded_by.into_iter().chain(confirmed)
    };
    let staff: Vec<i64> = views.iter().flat_map(who).collect();
    let units = crate::staff::units_of(db, &staff).await?;
    let set_by = |view: &FactView| SetBy {
        kind: view.fact.body.kind().to_owned(),
        source: view.source.clone(),
        units: who(view).filter_map(|id| units.get(&id).cloned()).collect(),
        recorded_at: view.fact.recorded_at,
    };
    Ok(views.iter().map(set_by).collect())
}

/// A person as the caller sees it; more of it while a break-glass access is open.
///
/// # Errors
/// When a field does not open, or the database does not answer.
pub(super) async fn person_view(
    db: &Client,
    app: &App,
    (person, caller): (&Person, &Caller),
) -> ApiResult<PersonView> {
    let now = app.now();
    let by = caller.staff_id;
    let lifted_until = break_glass::lifted_until(db, person.person_id, by, now).await?;
    if lifted_until.is_some() {
        audit::reference("break_glass");
    }
    let viewer = match lifted_until {
        Some(_) => Viewer::BreakGlass(caller.role),
        None => Viewer::Staff(caller.role),
    };
    let replayed = facts::state_at(db, app, person.person_id, now).await?;
    let places = Places::of(db, app, &replayed.state).await?;
    Ok(PersonView {
        person_id: person.person_id,
        pass_serial: person.pass_serial,
        name: person.shown(app, viewer, Shown::Name)?,
        document_type: person.document_type,
        document_number: person.shown(app, viewer, Shown::Number)?,
        phone: person.shown(app, viewer, Shown::Phone)?,
        address: person.shown(app, viewer, Shown::Address)?,
        address_code: person.shown(app, viewer, Shown::AddressCode)?,
        lifted_until,
        birth_year: person.birth_year,
        sex: person.sex,
        origin_province: person.origin_province.clone(),
        place_code: person.place_code.clone(),
        grid_code: person.grid_code.clone(),
        household_id: person.household_id,
        residence: places.residence,
        workplace: places.workplace,
        has_photo: person.has_photo,
        source: person.source.clone(),
        created_at: person.created_at,
        enrolled_at: person.enrolled_at,
        decision: decision_view(&replayed.decision, now, replayed.valid_until),
    })
}

/// Names of the places a state speaks of.
pub(super) struct Places {
    /// Enclosure, while residence in it is declared or verified.
    pub residence: Option<String>,
    /// The first employer.
    pub workplace: Option<String>,
}

impl Places {
    /// Looks the names up.
    pub async fn of(db: &Client, app: &App, state: &State) -> ApiResult<Self> {
        let lives = matches!(state.residence, Residence::Declared | Residence::Verified);
        let residence = match state.enclosure.filter(|_| lives) {
            Some(enclosure) => {
                let all = app.part::<Enclosures>().current(db).await?;
                all.get(&enclosure).map(|view| view.name.clone())
            }
            None => None,
        };
        let workplace = match state.employers.first() {
            Some(employer) => employers::find_name(db, *employer).await?,
            None => None,
        };
        Ok(Self {
            residence,
            workplace,
        })
    }
}
