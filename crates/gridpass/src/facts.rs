//! Facts: recorded evidence about people, and the state and colour that follow from it.
//!
//! Invariants: a fact is appended or retracted, never edited; the state row and the
//! roll-up's tally are written here and nowhere else, in the transaction that changes the
//! facts; a state row is what `derive` makes of the person's facts at any instant of its
//! interval; a fact that can turn a pass red is refused unless a device measured it or two
//! people answer for it; evidence that an appeal found wrong records nothing again; nobody
//! sets a colour; whose colour changes with time or with the rules is told so; where a passage
//! of time is held, the state just before it stays until somebody decides or the person gets new
//! evidence.

mod api;
mod catalogued;
mod cause;
mod colours;
mod columns;
pub mod decision;
mod evidence;
mod explain;
mod guard;
mod held;
mod history;
mod jobs;
mod ledger;
pub mod model;
mod place;
pub mod recolour;
pub mod recolour_catalogued;
mod replay;
mod resolve;
pub mod store;
mod watched;

use std::collections::HashMap;
use std::time::Duration;

use gridpass_rules::{Fact, FactBody};
use gridpass_types::ids::PersonId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;
use crate::auth::Entity;
use crate::db::Client;
use crate::http::code::Code;
use crate::http::error::ApiResult;
use crate::jobs::Loop;
use crate::rules::InForce;

pub use catalogued::kept_until;
pub use cause::is_medical;
pub use colours::{ReadUpTo, each_colour_since};
pub use decision::{
    ColourDecision, DecisionView, TOPIC_VISIT, decision_view, follow_ups, visit_needed,
};
pub use evidence::{Resolved, SOURCE_VISIT};
pub use explain::{ExplainedView, PlainExplanation, explain, plain};
pub use guard::Guard;
pub use held::{
    Due, DueCount, HeldState, Known, Window, count_due, count_held, end_hold, forget_passed,
    hold_states, list_due, list_due_of, load_known, passed_flips, would_flip, would_flip_by,
};
pub use history::{ChangeCause, ColourSpan, history};
pub use jobs::refresh;
pub use ledger::{Appended, Retract};
pub use model::{
    BulkPerson, FactView, Grounds, NewFact, NewPersonState, SOURCE_ORDER, StateRow, TwoPeople,
    check_body, counted_at, evidence,
};
pub use replay::{Replayed, state_at};
pub use resolve::{
    Cause, REASON_GRANTED, REASON_SUSPENDED, Resolution, cause_of_colour, cause_of_detail,
    list_by_id, list_of_source, reinstate, resolve,
};

use ledger::Change;

/// Routes of the staff listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(api::append_fact, api::list_facts))
        .routes(routes!(api::retract_fact))
        .routes(routes!(api::get_decision))
}

/// Background work: keeps colours current for the counts when the rules change. What passing
/// time does is kept current by `holds`, which looks first whether it may.
pub fn loops() -> Vec<Loop> {
    vec![
        Loop {
            name: "recolouring",
            period: Duration::from_secs(2),
            round: |app| Box::pin(recolour::round(app)),
        },
        Loop {
            name: "recolouring by catalogued facts",
            period: Duration::from_secs(2),
            round: |app| Box::pin(recolour_catalogued::round(app)),
        },
    ]
}

/// Gives a person a state row without facts, counted in the roll-up.
///
/// # Errors
/// When the database refuses, for example because the person has a row.
pub async fn open_person(tx: &Client, app: &App, person: NewPersonState) -> ApiResult<()> {
    let person = BulkPerson {
        person_id: person.person_id,
        pass_serial: person.pass_serial,
        place_code: person.place_code,
        facts: Vec::new(),
    };
    ledger::open(tx, app, &[person]).await?;
    Ok(())
}

/// Gives many people state rows with their first facts: one set of statements for all of
/// them. Answers in the order given. A few thousand at a time keep memory small.
///
/// # Errors
/// When the database refuses, for example because a person has a row.
pub async fn open_people_bulk(
    tx: &Client,
    app: &App,
    people: &[BulkPerson],
) -> ApiResult<Vec<Appended>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    ledger::open(tx, app, people).await
}

/// Records facts of one person and derives the state anew, in the caller's transaction.
/// The person's state row stays locked until it ends. The caller has validated the facts.
///
/// # Errors
/// [`Code::PersonUnknown`] when the person has no state row.
pub async fn append(
    tx: &Client,
    app: &App,
    person_id: PersonId,
    facts: &[NewFact],
) -> ApiResult<Appended> {
    let change = Change {
        person_id,
        retract: None,
        facts,
    };
    apply_one(tx, app, change).await
}

/// Records facts of several people; the answers come in order of person, one for each.
/// Rows are locked in order of identity, so callers cannot deadlock each other as long as
/// each makes one such call in its transaction.
///
/// # Errors
/// [`Code::PersonUnknown`] when one of them has no state row.
pub async fn append_many(
    tx: &Client,
    app: &App,
    facts: &[(PersonId, Vec<NewFact>)],
) -> ApiResult<Vec<Appended>> {
    let changes: Vec<Change<'_>> = facts
        .iter()
        .map(|(person_id, facts)| Change {
            person_id: *person_id,
            retract: None,
            facts,
        })
        .collect();
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    ledger::apply(tx, app, &changes).await
}

/// Withdraws a fact and derives the state anew.
///
/// # Errors
/// [`Code::NotFound`] when the person has no such fact, [`Code::FactRetracted`] when it is
/// withdrawn already.
pub async fn retract(
    tx: &Client,
    app: &App,
    person_id: PersonId,
    retract: &Retract,
) -> ApiResult<Appended> {
    replace(tx, app, (person_id, retract), &[]).await
}

/// Withdraws a fact and records others in its stead, with one derivation.
///
/// # Errors
/// As [`retract`].
pub async fn replace(
    tx: &Client,
    app: &App,
    (person_id, retract): (PersonId, &Retract),
    facts: &[NewFact],
) -> ApiResult<Appended> {
    let change = Change {
        person_id,
        retract: Some(retract),
        facts,
    };
    apply_one(tx, app, change).await
}

/// Withdraws several facts and records others, with one derivation.
///
/// # Errors
/// As [`retract`].
pub async fn replace_all(
    tx: &Client,
    app: &App,
    (person_id, retracts): (PersonId, &[Retract]),
    facts: &[NewFact],
) -> ApiResult<Appended> {
    let mut changes: Vec<Change<'_>> = retracts
        .iter()
        .map(|retract| Change {
            person_id,
            retract: Some(retract),
            facts: &[],
        })
        .collect();
    changes.push(Change {
        person_id,
        retract: None,
        facts,
    });
    let mut appended = ledger::apply(tx, app, &changes).await?;
    appended.pop().ok_or_else(|| Code::PersonUnknown.into())
}

async fn apply_one(tx: &Client, app: &App, change: Change<'_>) -> ApiResult<Appended> {
    let mut appended = ledger::apply(tx, app, &[change]).await?;
    appended.pop().ok_or_else(|| Code::PersonUnknown.into())
}

/// Whether a fact can turn a pass red by the rules in force.
///
/// # Errors
/// When the database does not answer.
pub async fn leads_to_red(db: &Client, app: &App, body: &FactBody) -> ApiResult<bool> {
    let rules = app.part::<InForce>().current(db).await?;
    Ok(app.part::<Guard>().leads(&rules, body))
}

/// Locks one person's state row until the caller's transaction ends. Slices that change
/// rows of their own together with facts take this lock first, so that they wait for each
/// other in one order.
///
/// # Errors
/// [`Code::PersonUnknown`] when the person has no state row.
pub async fn lock_person(tx: &Client, person_id: PersonId) -> ApiResult<StateRow> {
    let row = store::lock_state(tx, person_id.get()).await?;
    row.ok_or_else(|| Code::PersonUnknown.into())
}

/// State rows of people, in no order; unknown people are left out.
///
/// # Errors
/// When the database does not answer.
pub async fn read_states(db: &Client, people: &[i64]) -> ApiResult<Vec<StateRow>> {
    Ok(store::list_states(db, people).await?)
}

/// All facts of people, retracted ones too.
///
/// # Errors
/// When the database does not answer.
pub async fn load_facts(db: &Client, people: &[i64]) -> ApiResult<HashMap<i64, Vec<Fact>>> {
    Ok(store::list_facts(db, people).await?)
}

/// Where a person counts while no residence is known: the home grid if one is, else
/// somewhere in the district.
pub fn home_place(app: &App, grid_code: Option<&str>) -> String {
    grid_code.map_or_else(|| place::leaf(&app.settings.district), str::to_owned)
}

/// Refuses facts that name an enclosure or an employer nobody knows.
///
/// # Errors
/// [`Code::EnclosureUnknown`] or [`Code::EmployerUnknown`].
pub async fn check_places(db: &Client, body: &FactBody) -> ApiResult<()> {
    let (enclosures, employers) = match body {
        FactBody::Residence { enclosure, .. } => (vec![enclosure.get()], Vec::new()),
        FactBody::Employment { employer, .. } => (Vec::new(), vec![employer.get()]),
        _ => return Ok(()),
    };
    match store::find_unknown_places(db, &enclosures, &employers).await? {
        (true, _) => Err(Code::EnclosureUnknown.into()),
        (_, true) => Err(Code::EmployerUnknown.into()),
        (false, false) => Ok(()),
    }
}

/// A person as far as facts go: who it is and where the person counts. Slices that people
/// stand on authorise by it; everybody else takes the person.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The person.
    pub person_id: PersonId,
    /// Leaf division where the person counts.
    pub place_code: String,
}

impl Entity for Subject {
    type Id = i64;

    async fn load(_app: &App, db: &Client, id: i64) -> ApiResult<Option<Self>> {
        let row = read_states(db, &[id]).await?.pop();
        Ok(row.map(|row| Self {
            person_id: row.person_id,
            place_code: row.place_code,
        }))
    }

    fn place_code(&self) -> &str {
        &self.place_code
    }

    fn subject(&self) -> Option<PersonId> {
        Some(self.person_id)
    }
}
